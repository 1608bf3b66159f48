"""The loss, accounted for, in pictures: what each tensor was to bring, the balance, and the loss along the way."""

from __future__ import annotations

from collections.abc import Sequence

from calc.along import ALONE, WAY
from calc.ledger import Entry
from render.figures.drawing import Point, Scale
from render.figures.kit import Pen, Sketch
from render.figures.traced import by_sign, largest, least

ROW = 20
MOST = 40  # tensors that have a bar each; of more, the worked layer's and those of no layer
TOP, BOTTOM, LEFT, RIGHT = 24.0, 196.0, 12.0, 348.0  # of a plot


class Accounted(Pen):
    """The predicted change by tensor, and curves of the loss."""

    def predicted_bars(self) -> str:
        """A bar for each tensor: the change of the loss that its gradient predicts."""
        page = self.page
        tensors = self.accounted
        entries = [page.e(f"account.{p.name}.predicted") for p in tensors]
        values = [self.value(e) for e in entries]
        x = Scale(least(0.0, *values), largest(0.0, *values), 160, 290)
        d = self.sketch(ROW * len(tensors) + 4)
        d.line((x(0), 0), (x(0), ROW * len(tensors)), "faint")
        for i, (p, entry, value) in enumerate(zip(tensors, entries, values, strict=True)):
            y = i * ROW
            d.text(0, y + 14, p.name.removeprefix("layers."), "small")
            d.bar(x(0), y + 4, x(value) - x(0), 13, "update")
            d.number(358, y + 14, entry, (), "small", "end")
        with page.recorder.spoken():
            most = min(range(len(values)), key=values.__getitem__)
        left_out = len(page.parameters) - len(tensors)
        return d.done(
            f"A bar for each parameter tensor. The longest one to the side of a falling loss is {tensors[most].name}, "
            f"{self.said(entries[most])}.",
            "The change of the loss that each tensor's move was to bring, in nats. Bars to the left make it smaller."
            + (f" The {left_out} tensors of the other layers are left out." if left_out else ""),
        )

    @property
    def accounted(self) -> list[Entry]:
        """The tensors that the bars show."""
        page = self.page
        if len(page.parameters) <= MOST:
            return page.parameters
        own = f"layers.{page.layer}."
        return [p for p in page.parameters if p.name.startswith(own) or not p.name.startswith("layers.")]

    def balance(self) -> str:
        """From the loss before to the loss after, by way of what the gradients predict."""
        page = self.page
        before, after, end = page.e("loss"), page.e("after.loss"), page.e("account.tangent")
        change, left = page.e("account.predicted"), page.ledger.find("account.remainder")
        first, foretold, last = (self.value(entry) for entry in (before, end, after))
        rows: list[tuple[str, Entry, float, float, str]] = [
            ("loss before", before, 0.0, first, "value"),
            ("predicted", change, first, foretold, "update"),
        ]
        if left is not None:
            rows.append(("remainder", left, foretold, last, "gradient"))
        rows.append(("loss after", after, 0.0, last, "value"))
        x = Scale(least(0.0, first, foretold, last), largest(0.0, first, foretold, last), 80, 290)
        d = self.sketch(len(rows) * 30 + 4)
        d.line((x(0), 0), (x(0), len(rows) * 30), "faint")
        for i, (words, entry, start, stop, kind) in enumerate(rows):
            y = i * 30
            d.text(0, y + 19, words, kind)
            d.bar(x(start), y + 5, x(stop) - x(start), 20, kind)
            if i + 1 < len(rows):
                d.line((x(stop), y + 25), (x(stop), y + 35), "dashed")
            d.number(358, y + 19, entry, (), "", "end")
        spoken = f"; the remainder of {self.said(left)} leads back" if left is not None else ""
        return d.done(
            f"From the loss before the step, {self.said(before)}, the prediction of {self.said(change)} leads to "
            f"{self.said(end)}{spoken}; the loss after the step is {self.said(after)}.",
            "The account as bars, in nats. Each change starts where the bar above it ends; the last is what is left.",
        )

    def along_the_step(self) -> str:
        """The loss from the old weights to the new ones and beyond, with the slope at both ends."""
        page, shares = self.page, [float(share) for share in WAY]
        losses = [self.along(loss, share) for loss, share in zip(page.along.way, shares, strict=True)]
        start, end = page.e("loss"), page.e("after.loss")
        first, last = self.value(start), self.value(end)
        slope = page.recorder.leaf(float(page.along.ledger["end.slope"].value), "slope_along", 1)
        y = self._heights(losses, self.value(page.e("account.tangent")))
        x = Scale(shares[0], shares[-1], LEFT + 14, RIGHT)
        d = self.sketch(244)
        self._frame(d)
        d.line((x(1), TOP), (x(1), BOTTOM), "dashed thin")
        self._straight(d, x, y, (0.0, first), self.value(page.e("account.predicted")), (0.0, shares[-1]))
        d.curve([(x(share), y(loss)) for share, loss in zip(shares, losses, strict=True)], "value")
        self._straight(d, x, y, (1.0, last), slope, (0.75, 1.25))
        self._point(d, x(0), y(first), "before", start, "start")
        d.dot(x(1), y(last), "update", 4, end.name)
        aside = y(last) + by_sign(-slope, -10, 20)  # above a curve that falls on, below one that rises
        d.text(x(1) + 8, aside, "after", "small")
        d.number(x(1) + 38, aside, end, (), "small", "start")
        d.text(x(1), BOTTOM + 16, "the whole step", "small", "middle")
        d.text(x(0), BOTTOM + 16, "no step", "small", "middle" if x(0) > 30 else "start")
        d.text(RIGHT, BOTTOM + 36, "straight lines: the slopes", "small update", "end")
        return d.done(
            f"The loss along the step: from {self.said(start)} with no step taken to {self.said(end)} after the whole "
            "step, and half a step beyond, with its tangent at the start and at the end of the step.",
            "All parameters move together, from where they were to half a step too far. The curve is the loss.",
        )

    def along_one(self) -> str:
        """The loss along one parameter, with its tangent and AdamW's step."""
        page, times = self.page, [float(k) for k in ALONE]  # of the move
        loss, old, new = page.e("loss"), page.e("account.one.old"), page.e("account.one.new")
        move, level = self.value(page.e("account.one.move")), self.value(loss)
        tensor, index = old.operands[0], [old.attrs["at"][axis] for axis in old.operands[0].axes]
        known = zip(page.along.alone, times, strict=True)
        losses = [self.nudged(found, tensor, index, move * k) for found, k in known]
        y = self._heights(losses, least(*losses))
        # Larger values of the parameter to the right.
        x = Scale(times[0], times[-1], by_sign(-move, RIGHT, LEFT), by_sign(-move, LEFT, RIGHT))
        d = self.sketch(250)
        self._frame(d)
        self._straight(d, x, y, (0.0, level), self.value(page.e("account.one.predicted")), (times[0], times[-1]))
        d.curve([(x(k), y(found)) for k, found in zip(times, losses, strict=True)], "value")
        d.line((x(0), y(level)), (x(0), BOTTOM), "dashed thin")
        d.line((x(1), y(level)), (x(1), BOTTOM), "dashed thin")
        d.dot(x(0), y(level), "value", 3.5, loss.name)
        d.area([(x(0), BOTTOM + 4), (x(0), BOTTOM + 14), (x(1), BOTTOM + 9)], "update")  # too short for more than a tip
        side = self.signed(-move, "end", "start")
        d.text(x(1) + by_sign(-move, -8, 8), BOTTOM + 13, "AdamW's move", "small update", side)
        d.text(LEFT, BOTTOM + 34, "from", "small")
        d.number(LEFT + 30, BOTTOM + 34, old, (), "small", "start")
        d.text(LEFT + 110, BOTTOM + 34, "to", "small")
        d.number(LEFT + 126, BOTTOM + 34, new, (), "small", "start")
        d.text(RIGHT, BOTTOM + 34, "straight line: the gradient", "small gradient", "end")
        d.text(RIGHT, BOTTOM + 50, "larger values of the parameter to the right", "small faint", "end")
        return d.done(
            f"The loss as a curve over one parameter, with its tangent at the parameter's value {self.said(old)}. "
            f"AdamW's move to {self.said(new)} is a short way along it.",
            "One parameter moves, all others stay. The curve is the loss; the short arrow below it is the move.",
        )

    def _heights(self, losses: Sequence[float], wanted: float) -> Scale:
        """From losses to places: the curve, and below it as much of `wanted` as does not press it flat."""
        low, high = least(*losses), largest(*losses)
        low = least(low, largest(wanted, low - (high - low)))
        room = 0.06 * (high - low)
        return Scale(low - room, high + room, BOTTOM, TOP)

    def _straight(self, d: Sketch, x: Scale, y: Scale, through: Point, slope: float, span: tuple[float, float]) -> None:
        """A straight line through a point, as far as it stays within the plot."""
        at, level = through
        # Where it would leave the plot, above and below.
        above, below = (y.low + (y.high - y.low) * (edge - BOTTOM) / (TOP - BOTTOM) for edge in (TOP - 4, BOTTOM))
        ways = [at + (edge - level) / slope for edge in (above, below)] if slope else [*span]
        ends = [largest(span[0], least(*ways)), least(span[1], largest(*ways))]
        first, last = ((x(s), y(level + slope * (s - at))) for s in ends)
        d.line(first, last, "update" if span[1] <= 2 else "gradient")

    def _frame(self, d: Sketch) -> None:
        d.line((LEFT, BOTTOM), (RIGHT, BOTTOM), "thin")
        d.line((LEFT, TOP), (LEFT, BOTTOM), "thin")
        d.text(LEFT, TOP - 10, "loss", "small value")

    def _point(self, d: Sketch, x: float, y: float, words: str, entry: Entry, anchor: str) -> None:
        d.dot(x, y, "value", 4, entry.name)
        d.text(x + 10, y + 2, words, "small", anchor)
        d.number(x + 50, y + 2, entry, (), "small", anchor)
