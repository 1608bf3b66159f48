"""The gradients, checked by the loss alone: a parameter is moved a little both ways, and the loss's
difference over the distance (a central difference) must be what the backward pass gives for it.

This sees the slips of a backward pass, but none of a forward pass that the backward pass agrees with, and
none of the optimizer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from calc import model, parameters, step
from calc.ledger import LedgerError, Tape
from calc.operations import Array

if TYPE_CHECKING:
    from calc.config import Config

# Chosen by measurement. A central difference errs by the curve's bend, which grows with the square of the
# step, and by the loss's rounding, which grows as the step shrinks. At 1e-5 they are about equal: together
# 5e-10 of a tensor's largest gradient at the default size, and below 1e-7 over seeds, widths of 4 to 32,
# one to four layers and spreads of 0.1 to 1. The bound leaves room above that; slips of a backward pass are
# above 1e-3. Very small weights, and deep models of large ones, bend more sharply: there, a cell that
# misses the bound is measured again with the smaller steps, which brings no wrong gradient nearer.
STEPS = (1e-5, 1e-6, 1e-7)
BOUND = 1e-6
ROUNDINGS = 16  # units of the loss's last digit between which it cannot tell; the measured worst is 4
FLOOR = 1e-12  # a smaller largest gradient counts as this
EVERY_CELL_UP_TO = 20_000
CELLS_OF_EACH = 64


class Row(NamedTuple):
    """One tensor's check. `largest` is its largest |gradient|, `error` the largest difference relative to
    that, `cells` how many of its cells were compared."""

    name: str
    shape: tuple[int, ...]
    largest: float
    error: float
    holds: bool
    cells: int


def gradient_check(config: Config, values: Mapping[str, Array] | None = None) -> list[Row]:
    """A row for each parameter, at the configuration's first weights or at `values`.

    Every cell is compared; in a model of more than EVERY_CELL_UP_TO parameters, CELLS_OF_EACH cells of each
    tensor, drawn from one seeded generator. Raises LedgerError where the loss is not finite.
    """
    layers, sizes, init = config.model.layers, step.axis_sizes(config), config.init
    if values is None:
        values = parameters.draw(layers, sizes, init.seed, init.spread, init.decimals)
    weights = {name: np.array(value, dtype=np.float64) for name, value in values.items()}  # ours to move
    tape = Tape(sizes)
    inputs, entries = step.read(tape, config), parameters.give(tape, layers, weights)

    def loss() -> float:
        return float(model.forward(tape, entries, inputs, layers).loss.loss.value)

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        before = loss()
        if not math.isfinite(before):
            raise LedgerError("loss: not a finite number; the weights, their spread or a rate are too large")
        gradients = model.backward(tape, model.forward(tape, entries, inputs, layers), entries, inputs)
        # Below what the loss can tell apart, a difference is no fault: gradients that are zero by
        # mathematics, or nearly, are held to this absolute bound.
        unresolved = ROUNDINGS * float(np.spacing(max(1.0, before))) / STEPS[0]
        generator = np.random.default_rng(init.seed)
        few = sum(value.size for value in weights.values()) > EVERY_CELL_UP_TO
        rows = []
        for name, value in weights.items():
            gradient = gradients[name].value.reshape(-1)
            largest = float(np.abs(gradient).max())
            cells = generator.permutation(value.size)[:CELLS_OF_EACH] if few else np.arange(value.size)
            allowed = BOUND * largest + unresolved
            worst = max(difference(loss, value.reshape(-1), gradient, cell, allowed) for cell in cells)
            error = worst / max(largest, FLOOR)
            rows.append(Row(name, value.shape, largest, error, worst <= allowed, len(cells)))
    return rows


def difference(loss: Callable[[], float], values: Array, gradient: Array, cell: int, allowed: float) -> float:
    """How far a cell's gradient is from the central difference: by the first of STEPS where that is no more
    than is allowed, else by the one that comes nearest. What is not a number is infinitely far."""
    here, nearest = values[cell], math.inf
    for distance in STEPS:
        values[cell] = above = here + distance
        high = loss()
        values[cell] = below = here - distance
        low = loss()
        values[cell] = here
        off = abs((high - low) / (above - below) - gradient[cell])
        nearest = min(nearest, float(off)) if math.isfinite(off) else nearest
        if nearest <= allowed:
            break
    return nearest
