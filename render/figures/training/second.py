"""The second step in pictures: where the directions lie, and what two gradients make of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from calc.ledger import Ledger
from calc.operations import Array
from calc.two_gradients import FAR
from render.figures.drawing import Point, Scale
from render.figures.kit import Pen, Sketch

if TYPE_CHECKING:
    from render.page import Page

BINS = 21  # an odd number, so that no direction, half of it and all of it lie in the middle of a bar
REACH = 1.05  # a direction is rarely longer than the learning rate; what is, stands in the outermost bar
MOST = 320  # cells that are drawn as dots


class Second(Pen):
    """Other runs than the walk's step do not follow what a reader changes, so what lies beside one stays as built."""

    def spread(self, runs: Sequence[Page]) -> str:
        """How the directions of all parameters with a gradient are spread: a row of bars for the walk's step and each
        of the runs."""
        runs = [self.page, *runs]
        d, room = self.sketch(84 * len(runs) + 22), 58
        self.as_built(self.page.e("loss"), self.page.e("after.loss"))
        x = Scale(-REACH, REACH, 62, 352)
        for row, run in enumerate(runs):
            bottom = 84 * row + room + 12
            shares = _shares(run.ledger)
            y = Scale(0.0, float(shares.max(initial=0.0)), 0, room)
            d.text(0, bottom - 20, "step", "small")
            d.number(26, bottom - 20, run.e("adamw.t"), (), "small", "start", run)
            d.line((x(-REACH), bottom), (x(REACH), bottom), "thin")
            width = (x.end - x.start) / BINS
            bars = [(x.start + i * width + 1, y(share)) for i, share in enumerate(shares.tolist()) if share]
            _bars(d, bars, width - 2, bottom)
        below = 84 * len(runs) + 12
        for at, words in ((-1.0, "up"), (0.0, "no step"), (1.0, "down")):
            d.text(x(at), below, words, "small faint", "middle")
        return d.done(
            f"Bars for {self._steps(runs)}: how many parameters have a direction of each size, from one "
            "learning rate up to one learning rate down.",
            "The directions of all parameters that have a gradient. At the ends a parameter moves by the whole "
            "learning rate, in the middle not at all. Each row has its own height.",
        )

    def two_gradients(self, pair: Page) -> str:
        """The direction at the second step as a curve over the second gradient, in units of the first; each cell of the
        tensor is a dot."""
        d = self.sketch(236)
        g1, g2 = (pair.e(f"gradients.{which}").value.ravel() for which in ("first", "second"))
        u = pair.e("two.direction").value.ravel() * np.sign(g1)
        x, y = Scale(-FAR, FAR, 24, 352), Scale(-1.1, 1.1, 186, 16)
        d.line((x(-FAR), y(0)), (x(FAR), y(0)), "thin")
        d.line((x(0), y(-1.1)), (x(0), y(1.1)), "thin")
        for level, words in ((1.0, "the whole learning rate"), (-1.0, "the same, the other way")):
            d.line((x(-FAR), y(level)), (x(FAR), y(level)), "faint")
            d.text(x(-FAR) + 2, y(level) + (14 if level > 0 else -6), words, "small faint")
        ratios, heights = (pair.e(f"curve.{name}").value.tolist() for name in ("second", "direction"))
        d.curve([(x(r), y(min(max(v, -1.1), 1.1))) for r, v in zip(ratios, heights, strict=True)], "update")
        known = [(float(b / a), float(v)) for a, b, v in zip(g1, g2, u, strict=True) if a and abs(b) <= FAR * abs(a)]
        stride = 1 + len(known) // MOST
        d.dots([(x(r), y(v)) for r, v in known[::stride]], "gradient", "", 2.2)
        for r, words in ((-1.0, "opposite"), (0.0, "none"), (1.0, "the same")):
            d.line((x(r), 190), (x(r), 195), "thin")
            d.text(x(r), 208, words, "small", "middle")
        d.text(352, 226, "the second gradient, beside the first", "small gradient", "end")
        return d.done(
            "A curve over the second gradient, measured by the first. It is at the whole learning rate where both are "
            "the same, at zero where the second undoes what the average keeps of the first, and on the other side of "
            "it where the second is stronger than that.",
            "The direction of the second step, in the sense of the first gradient. Each dot is a cell of the output "
            + ("weights, not every one" if stride > 1 else "weights")
            + ". Where the second gradient is still larger, they lie outside the picture.",
        )

    def _steps(self, runs: Sequence[Page]) -> str:
        return self.page.series([f"step {run.digits.text(run.e('adamw.t'))}" for run in runs])


def _shares(ledger: Ledger) -> Array:
    """How many of the parameters with a gradient have a direction in each bin, as shares."""
    names = [entry.name for entry in ledger if entry.attrs.get("parameter")]
    gradients = np.concatenate([ledger[f"grad.{name}"].value.ravel() for name in names])
    directions = np.concatenate([ledger[f"adamw.{name}.direction"].value.ravel() for name in names])
    own = directions[gradients != 0].clip(-REACH, REACH)
    counts, _ = np.histogram(own, BINS, (-REACH, REACH))
    return np.asarray(counts / max(1, own.size))


def _bars(d: Sketch, bars: Sequence[Point], width: float, bottom: float) -> None:
    for x, height in bars:
        d.box(x, bottom - max(height, 1.0), width, max(height, 1.0), "update", radius=0)
