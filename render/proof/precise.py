"""The true values of a ledger: the whole recorded program run again at fifty digits, from the decimals that its inputs
were written as. 0.1 is one tenth here, and pi is pi."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np

from calc.ledger import Entry, Ledger
from calc.operations import OPERATIONS, Array, Attrs, Axes, Prepare, Prepared, Sizes, elementwise, reduction

DIGITS = 50
_IDS = ("gather", "scatter_add", "pick", "one_hot")  # whose last operand numbers rows or columns


class UnknownInput(ValueError):
    """An input that stands for a number which no decimal writes, and which this replay does not know."""


class Replay:
    """Runs a ledger's operations on arrays of high-precision numbers."""

    def __init__(self, digits: int = DIGITS) -> None:
        # A context of its own: mpmath's precision is otherwise one for the whole process.
        self.context: Any = mpmath.mp.clone()
        self.context.dps = digits
        self._number = np.frompyfunc(lambda x: self.context.mpf(x if isinstance(x, int) else repr(float(x))), 1, 1)
        c = self.context
        functions: dict[str, Prepare] = {
            name: elementwise(name, np.frompyfunc(function, 1, 1))
            for name, function in {"exp": c.exp, "log": c.log, "sqrt": c.sqrt, "erfc": c.erfc}.items()
        }
        self._own: dict[str, Prepare] = functions | {
            "power": elementwise("power", np.frompyfunc(c.power, 2, 1)),
            "mask": elementwise("mask", np.frompyfunc(lambda x, allowed: x if allowed else -c.inf, 2, 1)),
            "max": reduction("max", np.maximum.reduce),
            "scatter_add": self._scatter_add,
        }

    def values(self, ledger: Ledger) -> dict[str, Array]:
        """Every value by its entry's name: arrays of `mpf` objects, and int64 for ids and counts."""
        values: dict[str, Array] = {}
        for entry in ledger:
            values[entry.name] = self._given(entry) if entry.op == "given" else self._made(entry, values, ledger.sizes)
        return values

    def numbers(self, array: Any) -> Array:
        """The array's cells as high-precision numbers, each the decimal that it is written as."""
        array = np.asarray(array)
        whole = array.dtype.kind in "iub"
        cells = self._number(array.astype(object) if whole else array)
        return np.asarray(cells, dtype=object)

    def _given(self, entry: Entry) -> Array:
        exact = entry.attrs.get("exact")
        if exact == "pi":
            return np.asarray(+self.context.pi, dtype=object)
        if exact is not None:
            raise UnknownInput(f"{entry.name}: stands for {exact!r}, which the replay does not know")
        return entry.value if entry.value.dtype.kind == "i" else self.numbers(entry.value)

    def _made(self, entry: Entry, values: Mapping[str, Array], sizes: Sizes) -> Array:
        operands = [values[operand.name] for operand in entry.operands]
        if entry.value.dtype.kind != "i":  # whole numbers are ids and counts, unless they are calculated with
            numbers = len(operands) - (entry.op in _IDS)
            operands = [self.numbers(a) if i < numbers and a.dtype != object else a for i, a in enumerate(operands)]
        attrs = dict(entry.attrs)
        if "constant" in attrs:
            attrs["constant"] = self.numbers(attrs["constant"])[()]
        prepare = self._own.get(entry.op, OPERATIONS[entry.op].prepare)
        result = prepare(entry.operand_axes, entry.axes, sizes, attrs)(*operands)
        if entry.value.dtype.kind == "i":
            return np.asarray(result, dtype=np.int64)
        cells = result if isinstance(result, np.ndarray) else np.asarray(result, dtype=object)
        return cells if cells.dtype == object else self.numbers(cells)

    def _scatter_add(self, operands: tuple[Axes, ...], result: Axes, sizes: Sizes, attrs: Attrs) -> Prepared:
        """As the engine's, which checks the axes, but onto zeros of high precision."""
        OPERATIONS["scatter_add"].prepare(operands, result, sizes, attrs)
        front = tuple(range(len(operands[0]) - len(operands[1]) - len(result[1:])))

        def function(rows: Array, numbers: Array, out: None) -> Array:
            total = np.full([sizes[letter] for letter in result], self.context.zero, dtype=object)
            np.add.at(total, numbers, np.add.reduce(rows, axis=front) if front else rows)
            return total

        return Prepared(function)
