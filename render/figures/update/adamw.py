"""AdamW in pictures: one parameter's gradient on its way through both averages, the direction that comes of it for
gradients of any size, and the parameter's move."""

from __future__ import annotations

import math

from calc.ledger import Entry
from render.figures.drawing import Scale
from render.figures.kit import Index, Pen, Sketch
from render.figures.traced import by_sign, largest, least, log10, plain

ROW = 25
MOST = 60  # gradients that the picture of directions shows
TINY = 1e-300
HIGHEST = 1.15  # a direction that the picture has room for; later steps may take a longer one
SPARE, TOUCH = 2, 1e-9  # marks of an axis beyond its ends; how near to an end one still stands on it


class Moved(Pen):
    """The worked parameter's cell of w_q."""

    def averages(self) -> str:
        """The worked gradient, what each average takes of it, and what bias correction makes of that."""
        g, part, index = self._worked()
        groups = [
            [(first, words, "gradient"), (part(a), f"average {a}", "update"),
             (part(f"{a}_hat"), f"{a}, corrected", "update")]
            for first, words, a in ((g, "gradient", "m"), (part("squared"), "its square", "v"))
        ]  # fmt: skip
        d = self.sketch(6 * ROW + 22)
        for k, rows in enumerate(groups):
            reach = largest(*[abs(self.value(entry, index)) for entry, _, _ in rows], TINY)
            scale, top = Scale(-reach, reach, 110, 270), k * (3 * ROW + 16)
            d.line((scale(0), top), (scale(0), top + 3 * ROW - 4), "faint")
            for i, (entry, words, kind) in enumerate(rows):
                y, value = top + i * ROW, self.value(entry, index)
                d.text(0, y + 15, words, kind)
                d.bar(scale(0), y + 3, scale(value) - scale(0), 15, kind)
                d.number(358, y + 15, entry, index, anchor="end")
        self._first()
        said = {name: self.said(part(name), index) for name in ("squared", "m", "v", "m_hat", "v_hat")}
        return d.done(
            f"The gradient {self.said(g, index)} and its square {said['squared']} beside what the averages take of "
            f"them, m {said['m']} and v {said['v']}, and the corrected averages, {said['m_hat']} and {said['v_hat']}, "
            "as bars.",
            f"{self.of_layer()}One gradient at the first step. The averages take in a share of it; the "
            "correction gives it back whole. Each group of three bars has its own scale.",
        )

    def directions(self) -> str:
        """The direction's size for gradients of every size, with this tensor's own gradients on the curve."""
        page, (g, part, _) = self.page, self._worked()
        self._first()
        eps, u = page.e("adamw.eps"), part("direction")
        epsilon = self.value(eps)
        floor = log10(epsilon)
        top, bottom = floor + 2.0, floor - 2.0
        some = bool(g.value.any())
        if some:
            weak, strong = self.ranked(g, 0), self.ranked(g, 1)
            top = largest(top, log10(abs(self.value(g, strong))) + 0.3)
            bottom = least(bottom, log10(abs(self.value(g, weak))) - 0.3)
        x, y = Scale(bottom, top, 26, 350), Scale(0, 1, 150, 30)
        d = self.sketch(214)
        d.line((26, y(0)), (352, y(0)), "thin")
        d.line((26, y(1)), (352, y(1)), "faint")
        low, high = math.ceil(plain(bottom)), math.floor(plain(top))
        marks = []
        for k in range(low - SPARE, high + SPARE + 1):  # the spare ones have no length, unless the axis comes to them
            seen = by_sign(least(k - bottom, top - k) + TOUCH, 4.0, 0.0)
            at = least(largest(x(k), x.start), x.end)
            marks.append(((at, y(0)), (at, y(0) + seen)))
        d.threads(marks, "thin")
        d.text(28, y(1) - 7, "the whole learning rate", "small faint")
        d.text(350, y(0) - 5, "no move", "small faint", "end")  # under the curve, which begins at the left
        points = [bottom + (top - bottom) * k / 60 for k in range(61)]
        d.curve([(x(p), y(10**p / (10**p + epsilon))) for p in points], "update")
        d.line((x(floor), y(0)), (x(floor), y(0.5)), "dashed")
        self._label(d, x(floor), y(0) + 18, "epsilon", eps, (), "middle")
        if some:
            kept = {str(cell): cell for cell in (self.ranked(g, k / (MOST - 1)) for k in range(MOST))}.values()
            dots = [(x(log10(abs(self.value(g, cell)))), y(least(abs(self.value(u, cell)), HIGHEST))) for cell in kept]
            d.dots(dots, "gradient", g.name, radius=2.5)
            # Under the dots, in two lines, away from epsilon's own label.
            d.text(350, y(0) + 34, "this tensor's gradients, from the weakest", "small gradient", "end")
            with page.recorder.written():  # other cells may become the weakest and the strongest
                ends = [tuple(map(int, cell)) for cell in (weak, strong)]
            d.number(204, y(0) + 52, g, ends[0], "small", "end")
            d.text(210, y(0) + 52, "to the strongest", "small gradient")
            d.number(350, y(0) + 52, g, ends[1], "small", "end")
            told = f"This tensor's gradients, from {self.said(g, weak)} to {self.said(g, strong)}, are dots on it."
        else:
            told = "This tensor's gradients are all zero, so none is on the curve."
        return d.done(
            "A curve over the gradient's size, in powers of ten: the step's size rises from nothing, through "
            f"half at epsilon, {self.said(eps)}, to the whole learning rate. {told}",
            f"{self.of_layer()}How far the first step goes, by the size of the gradient. To the right, each mark of "
            "the axis is ten times the one before." + (" Each dot is a gradient of this tensor." if some else ""),
        )

    def own_move(self) -> str:
        """The worked parameter on a number line: before, after the decay, after the step."""
        page, (g, part, index) = self.page, self._worked()
        old = page.w("attention.w_q")
        rows = ((old, "before", "value"), (part("kept"), "decayed", "update"), (part("new"), "after", "update"))
        places = [self.value(entry, index) for entry, _, _ in rows]
        low, high = least(*places), largest(*places)
        room = (high - low) or 1.0
        x = Scale(low - 0.12 * room, high + 0.12 * room, 74, 268)
        d = self.sketch(3 * 34 + 22)
        for i, ((entry, words, kind), place) in enumerate(zip(rows, places, strict=True)):
            y = 16 + i * 34
            d.line((70, y), (272, y), "faint")
            d.text(0, y + 4, words, kind)
            if i:
                before = x(places[i - 1])
                d.line((before, y - 34), (before, y), "dashed")
                way = x(place) - before
                if abs(way) > 6:
                    d.line((before, y), (x(place) - by_sign(way, 5, -5), y), "update", arrow=True)
            d.dot(x(place), y, kind, 4, entry.name)
            d.number(358, y + 4, entry, index, anchor="end")
        far = least(abs(low), abs(high)) - room
        toward = self.signed(by_sign(far, places[0], 0), "left", "right", "")
        d.text(171, 3 * 34 + 10, self.signed(far, "zero lies far to the ", "") + toward, "small faint", "middle")
        return d.done(
            f"The parameter before the step, {self.said(old, index)}, after the decay, "
            f"{self.said(part('kept'), index)}, and after the step, {self.said(part('new'), index)}, on a number line.",
            f"{self.of_layer()}One parameter on a number line: the decay first, then the step against the gradient "
            f"{page.num(g)}.",
        )

    def _first(self) -> None:
        """Note that the words of a picture are those of the first step."""
        with self.page.recorder.written():
            int(self.value(self.page.e("adamw.t")))

    def _worked(self) -> tuple[Entry, _Parts, Index]:
        page = self.page
        weight = page.w("attention.w_q")
        return page.grad(weight), _Parts(self, weight.name), (page.at["D"], page.at["C"])

    def _label(self, d: Sketch, x: float, y: float, words: str, entry: Entry, index: Index, anchor: str) -> None:
        d.text(x - 4, y, words, "small", "end" if anchor == "middle" else anchor)
        d.number(x + 2, y, entry, index, "small", "start")


class _Parts:
    """The entries of one parameter's update, by the last part of their names."""

    def __init__(self, pen: Pen, name: str) -> None:
        self._pen, self._name = pen, name

    def __call__(self, part: str) -> Entry:
        return self._pen.page.e(f"adamw.{self._name}.{part}")
