"""The run over the corpus in pictures: its losses, what is left above the floor, and a schedule's learning rates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from render.figures.drawing import Scale
from render.figures.kit import Pen, Sketch

if TYPE_CHECKING:
    from render.page import Page

LEFT, RIGHT, TOP, BOTTOM = 8.0, 352.0, 26.0, 196.0
ROOM = 8.0  # around the outermost points
TINY = 1e-12


class Lessons(Pen):
    """Other runs than the walk's step do not follow what a reader changes, so nothing here is traced."""

    def lessons(self, run: Page) -> str:
        """The loss of every epoch on a logarithmic scale, over the floor."""
        losses, found = run.e("course.losses"), run.e("floor.loss")
        values, least = [float(v) for v in losses.value], found if found.value else None
        d, x = self.sketch(BOTTOM + 40), _across(len(values))
        y = _upright([values, [float(least.value)]] if least is not None else [values])
        self._lesson_axis(d, x, len(values), "epoch")
        d.curve([(x(n), y(_log(v))) for n, v in enumerate(values)], "value")
        d.dots([(x(n), y(_log(v))) for n, v in enumerate(values)], "value", losses.name, 1.6)
        if least is not None:
            level = y(_log(float(least.value)))
            d.line((LEFT, level), (RIGHT, level), "dashed")
            d.text(LEFT, level + 14, "the floor", "small")
            d.number(LEFT + 54, level + 14, least, (), "small", "start", run)
        d.number(x(0) + 6, y(_log(values[0])) + 1, losses, (0,), "strong", "start", run)
        if len(values) > 1:
            d.number(RIGHT, y(_log(values[-1])) - 8, losses, (len(values) - 1,), "strong", "end", run)
        first, last = (run.digits.text(losses, (n,)) for n in (0, len(values) - 1))
        floor = "" if least is None else f" The floor, {run.digits.text(least)}, is a dashed line below it."
        return d.done(
            f"The loss over the epochs, from {first} in the first to {last} in the last.{floor}",
            "The loss of each epoch, in nats, on a logarithmic scale: the same distance downward is always the same "
            "share of the loss.",
        )

    def above(self, run: Page) -> str:
        """What is left above the floor, with weight decay and without it, on a logarithmic scale."""
        both = [run.e("decay.above"), run.e("decay.undecayed_above")]
        rows = [[float(v) for v in entry.value] for entry in both]
        d, x, y = self.sketch(BOTTOM + 40), _across(len(rows[0])), _upright(rows, decade=True)
        d.text(0, 12, "above the floor; each line a tenth of the one above", "small faint")
        for power in range(math.ceil(y.low), math.floor(y.high) + 1):
            d.line((LEFT, y(power)), (RIGHT, y(power)), "faint")
        self._lesson_axis(d, x, len(rows[0]), "epoch")
        for entry, row, kind in zip(both, rows, ("value", "update dashed"), strict=True):
            d.curve([(x(n), y(_log(v))) for n, v in enumerate(row)], kind)
            d.dot(x(len(row) - 1), y(_log(row[-1])), kind.split()[0], 3, entry.name)
        for at, (kind, words) in enumerate((("value", "with weight decay"), ("update dashed", "without"))):
            left = x(0) + 14 + at * 130
            d.line((left, BOTTOM - 12), (left + 22, BOTTOM - 12), kind)
            d.text(left + 28, BOTTOM - 8, words, f"small {kind.split()[0]}")
        ends = [run.digits.text(run.e(f"decay.{name}")) for name in ("left", "undecayed_left")]
        return d.done(
            f"Two lines over the epochs: the loss less the floor, with weight decay and without it. With it the run "
            f"ends {ends[0]} above the floor, without it {ends[1]}.",
            "The loss of each epoch less the floor, on a logarithmic scale, for the run and for the same run without "
            "weight decay.",
        )

    def rates(self, run: Page) -> str:
        """The learning rate of every step of a schedule."""
        rates, top = run.e("schedule.rates"), run.e("schedule.lr")
        values = [float(v) for v in rates.value]
        d, x = self.sketch(168), _across(len(values))
        y = Scale(0.0, max(float(top.value), *values), 132, 30)
        d.line((LEFT, y(float(top.value))), (RIGHT, y(float(top.value))), "dashed")
        d.number(RIGHT, y(float(top.value)) - 7, top, (), "", "end", run)
        d.text(RIGHT - 44, y(float(top.value)) - 7, "the rate of model.toml", "small faint", "end")
        d.curve([(x(n), y(v)) for n, v in enumerate(values)], "update")
        self._lesson_axis(d, x, len(values), "step", 132)
        return d.done(
            f"The learning rate over {len(values)} steps, beside the configured rate, {run.digits.text(top)}.",
            "The learning rate of each step. The dashed line is the rate of the configuration, the axis below it zero.",
        )

    def _lesson_axis(self, d: Sketch, x: Scale, count: int, what: str, bottom: float = BOTTOM) -> None:
        d.line((LEFT, bottom), (RIGHT, bottom), "thin")
        for n in sorted({0, (count - 1) // 2, count - 1}):
            d.line((x(n), bottom), (x(n), bottom + 4), "thin")
            anchor = "start" if n == 0 and count > 1 else "end" if n == count - 1 and count > 1 else "middle"
            d.text(x(n), bottom + 18, f"{what} {n + 1}", "small", anchor)


def _across(count: int) -> Scale:
    return Scale(0, max(1, count - 1), LEFT + ROOM, RIGHT - ROOM)


def _upright(rows: Sequence[Sequence[float]], decade: bool = False) -> Scale:
    logs = [_log(v) for row in rows for v in row]
    low, high = min(logs), max(logs)
    return Scale(math.floor(low) if decade else low - 0.12, high + 0.05, BOTTOM - (24 if decade else 4), TOP)


def _log(value: float) -> float:
    return math.log10(max(value, TINY))
