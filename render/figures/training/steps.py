"""Many steps in pictures: the probabilities of the right words, and how fast gradients, averages and moves fade."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from calc import later
from render.figures.drawing import Scale
from render.figures.kit import Pen, Sketch, shown_of, some

if TYPE_CHECKING:
    from render.page import Page

MOST, ROW, TRACK = 12, 26, 56
LEFT, RIGHT = 34.0, 352.0
TINY = 1e-300
APART = 14  # units that two labels of the axis need between them


class Steps(Pen):
    """Other runs than the walk's step do not follow what a reader changes, so nothing here is traced."""

    def targets(self, runs: Sequence[Page]) -> str:
        """The probability of the right next word at each position: a column for the walk's step and each run."""
        runs, page, positions = [self.page, *runs], self.page, some(self.page.n("T"), MOST, self.page.at["T"])
        d = self.sketch(ROW * len(positions) + 24)
        self.as_built(page.e("loss"), page.e("after.loss"))
        columns = Scale(0, len(runs), 122, 362)
        for k, run in enumerate(runs):
            d.text(columns(k), 12, "step", "small")
            d.number(columns(k) + 26, 12, run.e("adamw.t"), (), "small", "start", run)
        for row, t in enumerate(positions):
            y = 24 + ROW * row
            d.word(0, y + 13, page.tables.tokens[t])
            d.text(56, y + 13, "→", "faint", "middle")
            d.word(66, y + 13, page.tables.words[int(page.e("inputs.targets").value[t])], "strong")
            for k, run in enumerate(runs):
                share = float(run.e("output.target_probs").value[t])
                d.box(columns(k), y + 2, TRACK, 14, "muted", radius=0)
                if TRACK * share >= 0.1:
                    d.box(columns(k), y + 2, TRACK * share, 14, "value", radius=0)
        first, last = (self._lowest(run) for run in (runs[0], runs[-1]))
        return d.done(
            "A row for each position, a bar for each step: the probability of the right next word. The lowest goes "
            f"from {first} to {last}.",
            "The probability of the right next word, before each of these steps. A full bar is a probability of one."
            + shown_of(len(positions), page.n("T"), "positions"),
        )

    def fading(self, pace: Page) -> str:
        """Above, the gradient and its remembered size over the steps; below, the direction beside the decay's pull."""
        gradient, size, direction, pull = (
            [float(v) for v in pace.e(f"pace.{name}").value] for name in ("gradient", "size", "direction", "pull")
        )
        x, d = Scale(1, len(gradient), LEFT, RIGHT), self.sketch(330)
        logs = [[math.log10(max(v, TINY)) for v in row] for row in (gradient, size)]
        low, high = min(map(min, logs)), max(map(max, logs))
        y = Scale(low - 0.1, high + 0.1, 150, 22)
        d.text(0, 12, "size, each line of the grid a tenth of the one above", "small faint")
        for power in range(math.ceil(y.low), math.floor(y.high) + 1):
            d.line((LEFT, y(power)), (RIGHT, y(power)), "faint")
        self._row(d, x, y, logs[0], "gradient")
        self._row(d, x, y, logs[1], "update")
        middle = len(gradient) // 2
        d.text(RIGHT, y(logs[1][middle]) - 8, "its remembered size", "small update", "end")
        # The words stand to the left of the middle, below whatever the curve does there.
        under = max(y(v) for k, v in enumerate(logs[0], 1) if x(middle) - 74 < x(k) < x(middle))
        d.text(x(middle) - 6, min(under + 14, 146), "the gradient", "small gradient halo", "end")
        self._axis(d, x, 150)
        y = Scale(0.0, max(*direction, *pull) * 1.06, 290, 206)
        d.text(0, 194, "move, in learning rates", "small faint")
        self._row(d, x, y, direction, "update")
        self._row(d, x, y, pull, "value dashed")
        d.text(x(len(pull) // 4), y(direction[len(pull) // 4]) - 8, "by the direction", "small update")
        d.text(RIGHT, y(pull[-1]) - 8, "by the decay", "small value", "end")
        self._axis(d, x, 290)
        d.text(RIGHT, 326, "step", "small", "end")
        return d.done(
            "Two plots over the steps: above, the gradient and the size that the second average remembers"
            + (", which falls less" if gradient[-1] / gradient[0] < size[-1] / size[0] else "")
            + "; below, what the direction and the decay move.",
            "Root mean squares over all parameters. Above, the gradient and the size by which AdamW divides. Below, "
            "what the direction and the decay move, in units of the learning rate.",
        )

    def _lowest(self, run: Page) -> str:
        probs = run.e("output.target_probs")
        return run.digits.text(probs, (int(probs.value.argmin()),))

    def _row(self, d: Sketch, x: Scale, y: Scale, values: Sequence[float], kind: str) -> None:
        d.curve([(x(n + 1), y(v)) for n, v in enumerate(values)], kind)

    def _axis(self, d: Sketch, x: Scale, bottom: float) -> None:
        """A line with marks at the steps that the page shows, where they have room."""
        d.line((LEFT, bottom), (RIGHT, bottom), "thin")
        last = -math.inf
        for number in (1, *later.SHOWN):
            if x(number) - last > APART:
                d.line((x(number), bottom), (x(number), bottom + 4), "thin")
                d.text(x(number), bottom + 18, str(number), "small", "middle")
                last = x(number)
