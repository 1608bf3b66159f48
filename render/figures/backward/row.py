"""Pictures of what happens to one row of a gradient: layer norm takes two directions out of it, and a diagonal Jacobian
multiplies number by number."""

from __future__ import annotations

from collections.abc import Sequence

from calc.ledger import Entry
from render.figures.drawing import Scale, fixed
from render.figures.kit import Pen, Sketch, shown_of, some
from render.figures.traced import by_sign, largest, least

MOST = 64  # numbers of a strip


class RowGradientPictures(Pen):
    """One row, number beside number."""

    def lost_directions(self, norm: str, normalized: Entry) -> str:
        """The row of the worked position's gradient behind a layer norm, its mean, its part along the normalized row,
        and what is left. `norm` is the start of the names of the backward pass: backward.ln_f."""
        page, t = self.page, self.page.at["T"]
        g = page.grad(normalized)
        mean, stretch, left = (page.e(f"{norm}.{name}") for name in ("mean", "stretch", "difference"))
        features = some(page.n("D"), MOST, page.at["D"])
        flat = [self.value(mean, (t,))] * page.n("D")
        rows = (("g", g, self.row(g, (t,))), ("its mean", mean, flat), ("along x̂", stretch, self.row(stretch, (t,))),
                ("what is left", left, self.row(left, (t,))))  # fmt: skip
        heights = [largest(*map(abs, values)) for _, _, values in rows]
        highest = largest(*heights) or 1.0
        low = largest(*heights[1:3])
        own = by_sign(highest / 4 - low, (low or 1.0) * 1.6, highest)  # of the middle ones, or nothing could be seen
        with page.recorder.written():
            small = low < highest / 4
        d = self.sketch(300)
        d.text(354, 12, f"feature {page.at['D']}", "small", "end")
        for i, (words, entry, values) in enumerate(rows):
            middle = 52 + 68 * i
            kind = "gradient" if i in (0, 3) else "soft-gradient"
            d.text(0, middle + 4, ("", "−", "−", "=")[i], "strong")
            d.text(13, middle + 4, words, "small strong" if i in (0, 3) else "small")
            shown = [values[feature] for feature in features]
            self._strip(d, shown, middle, own if i in (1, 2) else highest, kind, features.index(page.at["D"]))
            index = (t,) if entry is mean else (t, page.at["D"])
            d.number(356, middle + 4, entry, index, "small", "end")
        return d.done(
            f"Four strips of bars, one bar for each feature of {self.placed(t)}: the gradient g that comes in, its "
            "mean, its "
            "part along the normalized row, and g less the two. At the worked feature they are "
            f"{self.said(g, (t, page.at['D']))}, {self.said(mean, (t,))}, {self.said(stretch, (t, page.at['D']))} and "
            f"{self.said(left, (t, page.at['D']))}.",
            f"The row of {page.tok(t)}. Layer norm undoes any lift of a row and, but for the small constant, any "
            "stretch. So "
            "the parts of the gradient that ask for a lift or a stretch are taken out."
            + (" The two middle strips are small and have a scale of their own." if small else "")
            + shown_of(len(features), page.n("D"), "features"),
        )

    def _strip(self, d: Sketch, values: Sequence[float], middle: float, reach: float, kind: str, worked: int) -> None:
        """Bars up and down from a line, as one element, and a frame around the worked one."""
        wide = 214 / len(values)
        y = Scale(-reach, reach, 28, -28)
        d.line((82, middle), (296, middle), "thin")
        pieces = []
        for i, value in enumerate(values):
            left, top = fixed(82 + i * wide), fixed(least(middle, middle + y(value)))
            w, h = fixed(wide * 0.8), fixed(abs(y(value)))
            pieces.append(f"M{left} {top}h{w}v{h}h-{w}z")
        d.marks(pieces, kind)
        d.box(82 + worked * wide - 1, middle - 29, wide * 0.8 + 2, 58, "ring none")

    def diagonal(self) -> str:
        """The Jacobian of GELU at the worked row: slopes on the diagonal, nothing beside it."""
        page, t = self.page, self.page.at["T"]
        slopes, f = page.e("unfolded.gelu.diagonal"), page.at["F"]
        units = some(page.n("F"), 32, f)
        step = 150 / len(units)
        d = self.sketch(196)
        d.box(105, 24, 150, 150, "gradient-edge")
        d.text(180, 14, "into: hidden unit f′ →", "small", "middle")
        d.text(98, 36, "out of:", "small", "end")
        d.text(98, 50, "unit f ↓", "small", "end")
        d.tiles(
            slopes, [((unit,), 105 + i * step, 24 + i * step) for i, unit in enumerate(units)], step + 0.4, step + 0.4
        )
        d.text(222, 66, "all", "faint", "middle")
        d.text(222, 80, "zero", "faint", "middle")
        d.text(138, 136, "all", "faint", "middle")
        d.text(138, 150, "zero", "faint", "middle")
        place = units.index(f) * step
        # The worked cell is framed: a mark in front of its number would read as a minus.
        d.box(104 + place, 23 + place, step + 2, step + 2, "ring none")
        d.number(264, max(34.0, 28 + place + step / 2), slopes, (f,), "small gradient", "start")
        return d.done(
            f"A square table of {page.n('F')} by {page.n('F')} hidden units for {self.placed(t)}. Only the cells of "
            "its "
            f"diagonal are not zero: they hold the slopes. At unit {f} the slope is {self.said(slopes, (f,))}.",
            "Each output of GELU hears its own input and no other, so its Jacobian is zero beside the diagonal. "
            f"Row times Jacobian multiplies each number by its own slope. Framed, with its slope: hidden unit {f}."
            + shown_of(len(units), page.n("F"), "hidden units"),
        )
