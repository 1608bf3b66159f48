"""Two computations of one training step, array by array: how far apart they are, and whether that is rounding."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

BOUND = 1e-12  # relative to an array's largest entry; absolute for what is zero by mathematics
FLOOR = 1e-12  # a smaller largest entry counts as this

Array = NDArray[Any]


class Row(NamedTuple):
    """One array's comparison. `largest` is its largest magnitude, `error` the largest difference relative to that,
    `residue` the largest magnitude that the other side has where this one is zero by mathematics
    (None where it nowhere is), `fault` what is wrong or ""."""

    name: str
    shape: tuple[int, ...]
    largest: float
    error: float
    residue: float | None
    fault: str


class Step(NamedTuple):
    """What one side computed: arrays by the export's names, and where it is zero by mathematics."""

    arrays: Mapping[str, Array]
    zeros: Mapping[str, Array]
    lr: float
    eps: float


def names(parameters: list[str]) -> list[str]:
    """The arrays that are compared, in the order of the step."""
    gradients, new = [f"grad.{name}" for name in parameters], [f"adamw.{name}.new" for name in parameters]
    return ["logits", "loss", *gradients, *new, "after.loss"]


def compare(parameters: list[str], ours: Step, theirs: Mapping[str, Array]) -> list[Row]:
    """A row for each array that either side should have; one that a side lacks, or has too much, is a fault."""
    wanted = names(parameters)
    rows = [_missing(name, ours, theirs) or _row(name, ours, theirs) for name in wanted]
    extra = [name for name in theirs if name not in wanted]
    return rows + [Row(name, np.shape(theirs[name]), math.nan, math.inf, None, "is not expected") for name in extra]


def compare_stages(ours: Step, found: Iterable[tuple[str, str, Array]]) -> list[Row]:
    """A row for each array that a stage's function returned: (function, the entry's name, array)."""
    return [
        row._replace(name=f"{function}: {name}")
        for function, name, array in found
        for row in [_missing(name, ours, {name: array}) or _row(name, ours, {name: array})]
    ]


def _missing(name: str, ours: Step, theirs: Mapping[str, Array]) -> Row | None:
    for side, arrays in (("the engine", ours.arrays), ("PyTorch", theirs)):
        if name not in arrays:
            return Row(name, (), math.nan, math.inf, None, f"{side} does not have it")
    here, there = np.shape(ours.arrays[name]), np.shape(theirs[name])
    if here != there:
        return Row(name, here, math.nan, math.inf, None, f"is {here} in the engine and {there} in PyTorch")
    return None


def _row(name: str, ours: Step, theirs: Mapping[str, Array]) -> Row:
    mine, other = ours.arrays[name], theirs[name]
    hidden = (mine == -np.inf) & (other == -np.inf)  # a masked score, on both sides
    mine, other = np.where(hidden, 0.0, mine), np.where(hidden, 0.0, other)
    largest = float(np.abs(mine).max(initial=0.0))
    if not (np.isfinite(mine).all() and np.isfinite(other).all()):
        return Row(name, mine.shape, largest, math.inf, None, "holds what is not a number")
    apart = np.abs(other - mine)
    zero = (mine == 0) | ours.zeros.get(name, False)
    scale = max(largest, FLOOR)
    room = BOUND * np.where(zero, 1.0, scale) + magnified(name, ours, theirs)
    error = float(np.where(zero, 0.0, apart).max(initial=0.0)) / scale
    residue = float(np.abs(other[zero]).max()) if zero.any() else None
    beyond = apart - room
    if not (beyond > 0).any():
        return Row(name, mine.shape, largest, error, residue, "")
    at = tuple(int(i) for i in np.unravel_index(int(beyond.argmax()), mine.shape))
    where = f" at {list(at)}" if at else ""
    fault = f"{mine[at]:.17g} in the engine and {other[at]:.17g} in PyTorch{where}"
    return Row(name, mine.shape, largest, error, residue, fault)


def magnified(name: str, ours: Step, theirs: Mapping[str, Array]) -> Array | float:
    """How far apart two new parameters may be because their gradients are, each within its own bound.

    At the first step AdamW moves a parameter by lr g / (|g| + eps). Where g is not far above eps this changes by
    lr eps / (|g| + eps)^2 for each unit of g, so rounding in g is magnified by up to lr / eps, a million at the usual
    rates; elsewhere by next to nothing.
    """
    gradient = f"grad.{name.removeprefix('adamw.').removesuffix('.new')}"
    if not name.startswith("adamw.") or gradient not in theirs:
        return 0.0
    g, other = ours.arrays[gradient], theirs[gradient]
    if g.shape != other.shape:
        return 0.0
    slope = ours.lr * ours.eps / (np.minimum(np.abs(g), np.abs(other)) + ours.eps) ** 2
    return np.asarray(slope * np.abs(other - g))


def kept(rows: list[Row]) -> float:
    """The bound that holds for all of them as they stand: BOUND, or the next power of ten above the largest error."""
    worst = max((row.error for row in rows), default=0.0)
    return BOUND if worst <= BOUND else 10.0 ** math.ceil(math.log10(worst))
