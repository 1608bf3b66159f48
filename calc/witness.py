"""A second way to every gradient: the recorded forward pass, run with complex numbers.

Move a number by i h and the loss moves by i h times its derivative, with nothing subtracted and so nothing lost: at
h = 1e-30 the derivative is as exact as the loss itself (Squire and Trapp, 1998, "Using complex variables to estimate
derivatives of real functions", equation 5). It sees any slip of the backward pass, in parameters and in everything
between them and the loss; it cannot see a slip of the forward pass, whose derivative it takes as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from calc.erfc import erfc
from calc.ledger import Entry, Ledger
from calc.operations import OPERATIONS, Array

H = 1e-30
BOUND = 1e-12  # of a gradient's largest entry
# Of the step's largest gradient: a smaller largest entry counts as this, for it may be what large terms have left.
FLOOR = 1e-4
DIRECTIONS = 2


class Disagreement(ValueError):
    """A gradient of the ledger is not the derivative of the ledger's loss."""


class Row(NamedTuple):
    """One gradient's check: `error` is the largest difference relative to the gradient's largest entry."""

    name: str
    shape: tuple[int, ...]
    largest: float
    error: float

    @property
    def holds(self) -> bool:
        return self.error <= BOUND


class Forward:
    """The recorded way from the inputs to one entry, as a function that can be run again with some entries moved."""

    def __init__(self, led: Ledger, result: str = "loss") -> None:
        wanted = {result}
        for entry in reversed(list(led)):
            if entry.name in wanted:
                wanted.update(operand.name for operand in entry.operands)
        self.entries = [entry for entry in led if entry.name in wanted]
        self.result = result
        self._functions = {entry.name: _function(led, entry) for entry in self.entries if entry.op != "given"}
        below: dict[str, set[str]] = {entry.name: {entry.name} for entry in self.entries}
        for entry in self.entries:
            for operand in entry.operands:
                below[operand.name].add(entry.name)
        for entry in reversed(self.entries):
            below[entry.name].update(*[below[name] for name in below[entry.name] if name != entry.name])
        self._below = below

    def __contains__(self, name: str) -> bool:
        return name in self._below

    def slope(self, name: str, direction: Array) -> float:
        """How fast the result grows as the entry `name` moves along `direction`, an array of the entry's shape."""
        values: dict[str, Any] = {}
        for entry in self.entries:
            if entry.name == name:
                values[name] = entry.value + 1j * H * direction
            elif entry.name in self._below[name]:
                operands = [values.get(operand.name, operand.value) for operand in entry.operands]
                values[entry.name] = self._functions[entry.name](*operands)
        return float(np.imag(values[self.result]) / H) if self.result in values else 0.0


def _function(led: Ledger, entry: Entry) -> Any:
    if entry.op == "erfc":
        return _complex_erfc
    return OPERATIONS[entry.op].prepare(entry.operand_axes, entry.axes, led.sizes, entry.attrs)


def _complex_erfc(z: Array) -> Array:
    """erfc along the imaginary direction, to first order in it: its derivative is -2 exp(-x^2) / sqrt(pi)."""
    x = np.real(z)
    slope = (-2.0 / np.sqrt(np.pi)) * np.exp(-x * x)
    return np.asarray(erfc(x) + 1j * np.imag(z) * slope)


def gradients(led: Ledger) -> dict[str, Entry]:
    """Every entry that has its whole gradient in the ledger, with that gradient, by the entry's name."""
    found = {entry.name.removeprefix("grad."): entry for entry in led if entry.name.startswith("grad.")}
    return {name: gradient for name, gradient in found.items() if name in led and name != "loss"}


def along_directions(led: Ledger, seed: int = 0, number: int = DIRECTIONS) -> list[Row]:
    """A row for every gradient in the ledger, held along random directions: each cell moves by 1/2 to 1, up or down.

    One wrong cell shows with half its error or more. Were all moves of one size, several wrong cells could cancel.
    """
    forward, generator, floor = Forward(led), np.random.default_rng(seed), _floor(led)
    rows = []
    for name, gradient in gradients(led).items():
        errors = []
        for _ in range(number):
            direction = generator.uniform(0.5, 1.0, gradient.shape) * generator.choice([-1.0, 1.0], gradient.shape)
            errors.append(abs(forward.slope(name, direction) - float(np.sum(gradient.value * direction))))
        rows.append(_row(gradient, float(np.max(errors)), floor))  # nan, where there is one
    return rows


def cell_by_cell(led: Ledger, names: Mapping[str, Entry] | None = None) -> list[Row]:
    """A row for every parameter's gradient, or for those named, each of whose cells is held by itself."""
    forward, floor = Forward(led), _floor(led)
    chosen = gradients(led) if names is None else names
    rows = []
    for name, gradient in chosen.items():
        if names is None and not led[name].attrs.get("parameter"):
            continue
        slopes = np.empty(gradient.shape)
        for index in np.ndindex(gradient.shape):
            direction = np.zeros(gradient.shape)
            direction[index] = 1.0
            slopes[index] = forward.slope(name, direction)
        rows.append(_row(gradient, float(np.max(np.abs(slopes - gradient.value))), floor))
    return rows


def _floor(led: Ledger) -> float:
    return FLOOR * max(float(np.abs(gradient.value).max(initial=0.0)) for gradient in gradients(led).values())


def _row(gradient: Entry, error: float, floor: float) -> Row:
    """Relative to the largest entry; a gradient that is zero by mathematics is held absolutely."""
    largest = float(np.abs(gradient.value).max(initial=0.0))
    return Row(gradient.name, gradient.shape, largest, error / max(largest, floor) if largest else error)


def hold(led: Ledger) -> list[Row]:
    """The check of every build: the rows of `along_directions`. Raises Disagreement, naming the gradient and how far it
    is off."""
    rows = along_directions(led)
    for row in rows:
        if not row.holds:
            raise Disagreement(f"{row.name}: off by {row.error:.1e} of its largest entry from the complex step's slope")
    return rows
