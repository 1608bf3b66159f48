"""The picture of layer norm: the worked row's features on number lines, shifted and then stretched."""

from __future__ import annotations

from calc.ledger import Entry
from render.figures.drawing import Scale
from render.figures.kit import Pen, Sketch
from render.figures.traced import largest, least

LEFT, RIGHT = 14.0, 346.0


class NormPictures(Pen):
    """The worked row's features on number lines, shifted and then stretched."""

    def norm(self) -> str:
        """The worked row as it comes in, without its mean, divided by its spread, and after gain and bias."""
        page = self.page
        t, feature = page.at["T"], page.at["D"]
        mean, std = page.w("ln_1.mean"), page.w("ln_1.std")
        x = mean.operands[0]
        rows = [
            (x, "the row as it comes in"),
            (page.w("ln_1.centered"), "shifted: its mean taken off"),
            (page.w("ln_1.normalized"), "divided by its spread"),
            (page.w("ln_1.out"), "after gain and bias"),
        ]
        values = [self.row(entry, (t,)) for entry, _ in rows]
        reach = largest(*[abs(v) for row in values for v in row]) * 1.04
        scale = Scale(-reach, reach, LEFT, RIGHT)
        d = self.sketch(300)
        d.line((scale(0), 8), (scale(0), 292), "thin dashed")
        lines = [42.0 + 76 * i for i in range(len(rows))]
        for above, below, y in zip(values, values[1:], lines, strict=False):
            pairs = zip(above, below, strict=True)
            d.threads([((scale(a), y + 4), (scale(b), y + 72)) for a, b in pairs])
        for (entry, label), row, y in zip(rows, values, lines, strict=True):
            d.line((4, y), (356, y), "thin")
            d.text(4, y - 28, label, "faint halo")
            d.dots([(scale(v), y) for v in row], "points value", entry.name)
            self._mark(d, scale(row[feature]), y, entry, (t, feature))
        middle = scale(self.value(mean, (t,)))
        d.line((middle, lines[0] - 9), (middle, lines[0] + 9), "value")
        d.text(4, lines[0] + 21, "mean", "small halo")
        d.number(44, lines[0] + 21, mean, (t,), "small halo", "start")
        # Behind the points: as far to each side as the spread, which the division makes one.
        spread = scale(self.value(std, (t,))) - scale(0)
        d.line((scale(0) - spread, lines[1] + 10), (scale(0) + spread, lines[1] + 10), "value")
        d.text(4, lines[1] + 21, "spread", "small halo")
        d.number(54, lines[1] + 21, std, (t,), "small halo", "start")
        told = [self.said(entry, (t, feature)) for entry, _ in rows]
        return d.done(
            f"Four number lines with the {page.n('D')} features of {self.placed(t)}. Feature {feature} is {told[0]} in "
            f"the row that comes in, whose mean is {self.said(mean, (t,))}; {told[1]} without the mean; {told[2]} "
            f"after the division by the spread, {self.said(std, (t,))}; and {told[3]} after gain and bias.",
            f"{self.of_layer()}The features of {page.position(t)}, all on one scale, with zero at the dashed line. "
            f"The ringed point is feature {feature}.",
        )

    def _mark(self, d: Sketch, x: float, y: float, entry: Entry, index: tuple[int, int]) -> None:
        d.dot(x, y, "value ring", 4.5, entry.name)
        place = least(largest(x, 24), 336)
        d.number(place, y - 9, entry, index, "strong halo")
