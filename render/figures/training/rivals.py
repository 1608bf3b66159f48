"""Four optimizers in pictures: their losses, and what two ways of decaying take off a weight."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from calc.race import STEPS
from render.figures.drawing import Point, Scale
from render.figures.kit import Pen, Sketch

if TYPE_CHECKING:
    from render.page import Page

LEFT, RIGHT, TOP, BOTTOM = 12.0, 350.0, 56.0, 234.0
LOWEST = -5.0  # the power of ten at which the pictures of losses end, however small a loss becomes
MOST = 240  # cells that are drawn as dots
Series = Sequence[float]


class Rivals(Pen):
    """Other runs than the walk's step do not follow what a reader changes, so nothing here is traced."""

    def tracks(self, run: Page, named: Mapping[str, str], steps: int = STEPS) -> str:
        """The losses of the first `steps` steps of some trainings as lines, by the names of their entries:
        "losses.sgd.times_1" called "SGD"."""
        lines = {words: run.e(name).value.tolist()[: steps + 1] for name, words in named.items()}
        d = self.sketch(BOTTOM + 36)
        x, y = Scale(0, steps, LEFT, RIGHT), _heights(list(lines.values()))
        _frame(d, y)
        for k, (words, losses) in enumerate(lines.items()):
            at = LEFT + (k % 2) * 164
            d.line((at, 8 + 16 * (k // 2)), (at + 42, 8 + 16 * (k // 2)), f"track-{k}")
            d.text(at + 48, 12 + 16 * (k // 2), words, "small")
            points = [(x(n), _within(y, loss)) for n, loss in enumerate(losses)]
            d.curve(points, f"track-{k}")
            if len(losses) - 1 < x.high:
                _cross(d, points[-1])
        last = "the end" if steps == STEPS else f"step {steps}"
        for name, anchor, place in (("the start", "start", LEFT), ("steps", "middle", 181.0), (last, "end", RIGHT)):
            d.text(place, BOTTOM + 16, name, "small faint", anchor)
        cut = [words for words, losses in lines.items() if len(losses) - 1 < x.high]
        ends = f" A cross is where a number overflows: {run.series(cut)}." if cut else ""
        low = " What falls below the lowest mark is drawn there." if _below(lines.values()) else ""
        first = run.e(next(iter(named)))
        d.text(LEFT, TOP - 6, "from", "small faint")
        d.number(LEFT + 28, TOP - 6, first, (0,), "small", "start", run)
        return d.done(
            f"The loss after each step as a line, one for each of {run.series(list(lines))}. {_order(lines)}{ends}",
            "The loss after each step, in nats. Each mark of the upright axis is ten times the one below it."
            f"{ends}{low}",
        )

    def decays(self, run: Page, name: str) -> str:
        """What share of a weight each decay takes off, over the size of what Adam takes for the gradient: L2's share
        falls, AdamW's is the same for all."""
        roots, shares = (run.e(f"adam_l2.{name}.{part}").value.ravel() for part in ("root", "share"))
        level = math.log10(run.val(run.e("adamw.lr_times_decay")))
        cells = np.flatnonzero(roots)
        known = sorted((math.log10(roots[i]), math.log10(shares[i])) for i in cells.tolist())
        known = known[:: 1 + len(known) // MOST]
        across, up = [one for one, _ in known] or [0.0], [two for _, two in known] or [level]
        x = Scale(min(across) - 0.2, max(across) + 0.2, LEFT, RIGHT)
        y = Scale(min(level, *up) - 0.3, max(level, *up) + 0.3, 190, 24)
        d = self.sketch(218)
        d.line((LEFT, 190), (RIGHT, 190), "thin")
        d.line((LEFT, 24), (LEFT, 190), "thin")
        for power in range(math.ceil(y.low), math.floor(y.high) + 1):
            d.line((LEFT - 4, y(power)), (LEFT, y(power)), "thin")
        for power in range(math.ceil(x.low), math.floor(x.high) + 1):
            d.line((x(power), 190), (x(power), 194), "thin")
        d.line((LEFT, y(level)), (RIGHT, y(level)), "track-1")
        d.text(LEFT + 6, y(level) - 6, "AdamW", "small strong")
        d.number(LEFT + 50, y(level) - 6, run.e("adamw.lr_times_decay"), (), "small", "start", run)
        d.dots([(x(one), y(two)) for one, two in known], "update", "", 2.2)
        d.text(RIGHT, 40, "Adam with L2: a dot for each weight", "small update", "end")
        d.text(RIGHT, 210, "size of gradient and pull together", "small gradient", "end")
        return d.done(
            "The share of a weight that decay takes off, over the size of its gradient and pull together, both in "
            "powers of ten. Dots for Adam with L2 fall along a line: ten times the gradient, a tenth of the share. "
            "AdamW's line is level.",
            "What share of each weight its decay takes off in the first step, upright, by the size of gradient and "
            "pull together. Both axes go in powers of ten."
            + (" Not every weight is drawn." if len(cells) > MOST else ""),
        )


def _heights(lines: Sequence[Series]) -> Scale:
    """From powers of ten to places, for all losses that have room."""
    logs = [math.log10(loss) for losses in lines for loss in losses if loss > 0]
    low, high = max(min(logs), LOWEST), max(logs)
    return Scale(math.floor(low), max(high, math.floor(low) + 1) + 0.05, BOTTOM, TOP)


def _within(y: Scale, loss: float) -> float:
    return y(max(math.log10(loss), y.low)) if loss > 0 else y.start


def _below(lines: Iterable[Series]) -> bool:
    return any(loss < 10**LOWEST for losses in lines for loss in losses)


def _frame(d: Sketch, y: Scale) -> None:
    d.line((LEFT, BOTTOM), (RIGHT, BOTTOM), "thin")
    d.line((LEFT, TOP), (LEFT, BOTTOM), "thin")
    for power in range(math.ceil(y.low), math.floor(y.high) + 1):
        d.line((LEFT - 4, y(power)), (LEFT, y(power)), "thin")


def _cross(d: Sketch, at: Point) -> None:
    x, y = at
    for way in (-4, 4):
        d.line((x - 4, y - way), (x + 4, y + way), "update")


def _order(lines: Mapping[str, Series]) -> str:
    """Which line ends lowest, and so on, in words."""
    whole = max(map(len, lines.values()))
    ends = sorted((losses[-1], words) for words, losses in lines.items() if len(losses) == whole)
    names = [words for _, words in ends]
    return f"From the lowest end up: {', '.join(names)}." if len(names) > 1 else ""
