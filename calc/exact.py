"""Which values are exact, and what they are: sums and products of decimal inputs, followed as fractions.

The nearest float64 of 0.46 is not 0.46. What comes of decimal inputs by rational operations alone has a true value
that can be written down, and the pages print that value. Everything after a root, an exponential or a logarithm is a
float64 and is printed as its rounded digits.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calc.ledger import Entry, Ledger
from calc.operations import OPERATIONS, Array

RATIONAL = {
    "given", "dot", "add", "sub", "mul", "div", "add_constant", "mul_constant", "neg", "copy", "sum", "mean", "square",
    "power", "gather", "scatter_add", "pick", "one_hot", "causal_mask", "identity", "select", "split", "join", "repeat",
    "size", "count",
}  # fmt: skip

Fractions = NDArray[np.object_]
_fractions = np.frompyfunc(lambda x: Fraction(repr(float(x))), 1, 1)
_floats = np.frompyfunc(float, 1, 1)
_whole = np.frompyfunc(lambda x: Fraction(int(x)), 1, 1)


class Exact:
    """The exact values of a ledger's entries, where they have them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[str, Fractions | None] = {}

    def values(self, entry: Entry) -> Fractions | None:
        """The entry's cells as fractions, in its shape, or None where some operation on the way was not rational."""
        if entry.name not in self._known:
            self._known[entry.name] = self._compute(entry)
        return self._known[entry.name]

    def cell(self, entry: Entry, index: tuple[int, ...]) -> Fraction | None:
        """One cell as a fraction, or None. Zero by mathematics is exact wherever it stands."""
        values = self.values(entry)
        if values is not None:
            found: Fraction = values[index]
            return found
        is_zero = entry.value[index] == 0 or (entry.zeros is not None and entry.zeros[index])
        return Fraction(0) if is_zero else None

    def nearest(self, entry: Entry) -> Array:
        """The entry's values, each the float64 nearest to its true value where that is known: 0.46 for 0.36 + 0.1."""
        exact = self.values(entry)
        if exact is None or entry.value.dtype.kind == "i":
            return entry.value
        return np.asarray(_floats(exact), dtype=np.float64)

    def _compute(self, entry: Entry) -> Fractions | None:
        if entry.op not in RATIONAL or entry.attrs.get("exact") or entry.attrs.get("carried"):
            return None
        if entry.op in ("given", "one_hot", "causal_mask", "identity", "size", "count"):
            cells = _whole(entry.value) if entry.value.dtype.kind == "i" else _fractions(entry.value)
            return np.asarray(cells, dtype=object)
        operands: list[Any] = []
        for place, operand in enumerate(entry.operands):
            if place and entry.op in ("gather", "scatter_add", "pick"):
                operands.append(operand.value)  # ids, not numbers to calculate with
                continue
            known = self.values(operand)
            if known is None:
                return None
            operands.append(known)
        if entry.op == "power":
            operands[1] = entry.operands[1].value  # a whole number
        attrs = {key: _constant(value) if key == "constant" else value for key, value in entry.attrs.items()}
        function = OPERATIONS[entry.op].prepare(entry.operand_axes, entry.axes, self._ledger.sizes, attrs)
        if entry.op == "scatter_add":
            cells = np.full(entry.shape, Fraction(0), dtype=object)
            np.add.at(cells, operands[1], operands[0])
            return cells
        return np.asarray(function(*operands), dtype=object)


def _constant(value: float) -> Fraction:
    return Fraction(repr(float(value)))


def terminating(x: Fraction, most: int) -> Decimal | None:
    """The fraction as a decimal of at most `most` significant digits, or None where it has more or never ends."""
    rest, twos, fives = x.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    whole = x.numerator * 10**places // x.denominator
    text = str(abs(whole)).rstrip("0")
    return Decimal(whole).scaleb(-places) if len(text) <= most else None
