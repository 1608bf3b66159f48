"""The ledger: every elementary operation of a training step, in order, with its operands and its result.

`put` computes the value from the operands, so an operation and its number cannot disagree; only inputs are `given`.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from calc import symbols
from calc.operations import OPERATIONS, Array, Axes, AxesError, Prepared, letters, shown

ZERO_BOUND = 1e-12  # what is zero by mathematics may be this far from it in float64
SUMS = {"dot", "add", "sub", "sum", "mean"}
SUSPECT = 1e-13  # of a tensor's largest entry: below this a cell is looked at
RESIDUE = 4 * float(np.finfo(np.float64).eps)  # of the sum of magnitudes: what rounding may leave of a zero
_ROOT = Path(__file__).resolve().parent.parent


class LedgerError(ValueError):
    """An entry that cannot be made: its name, its axes or its value is wrong."""


class NotFinite(LedgerError):
    """A number that float64 cannot hold: the configuration's spread, rates or sizes are too large."""


class Operand:
    """A value with named axes that an operation can take."""

    __slots__ = ("axes", "entry", "value")
    axes: Axes
    entry: Entry
    value: Array

    def relabel(self, axes: str) -> Operand:
        """The same value with other letters, such as a position read as key: `x.relabel("S D")`."""
        view, new = Operand(), letters(axes)
        if self.axes and self.axes[0] == "B" and new[0] != "B":
            new = ("B", *new)
        if len(new) != len(self.axes):
            raise LedgerError(f"{self.entry.name}: has axes {shown(self.axes)} and cannot be read as {shown(new)}")
        view.axes, view.entry, view.value = new, self.entry, self.value
        return view


class Entry(Operand):
    """One operation and its result.

    `name` is its address, `symbol` its LaTeX, `axes` a letter for each axis, `op` one of OPERATIONS, `operands` the
    entries it was made of and `operand_axes` the letters they were read with, `attrs` a constant, an index or the
    like, `value` float64 (int64 for ids and counts) and read-only, `zeros` where it is zero by mathematics, `stage`
    the part of the step, `source` file and line.
    """

    __slots__ = ("attrs", "name", "op", "operand_axes", "operands", "source", "stage", "symbol", "zeros")
    name: str
    symbol: str
    op: str
    operands: tuple[Entry, ...]
    operand_axes: tuple[Axes, ...]
    attrs: Mapping[str, Any]
    zeros: Array | None
    stage: str
    source: tuple[str, int]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def __repr__(self) -> str:
        return f"<{self.name}[{' '.join(self.axes)}] = {self.op}({', '.join(o.name for o in self.operands)})>"


class Tape:
    """Runs the layers' code and keeps nothing: the same `put` and `grad` as the ledger, for many steps at speed.

    `sizes` gives the length of each axis. An axis B in front of an operand is kept in front of every result that has
    positions (T or S) and summed over in every other, so that no layer speaks of batches.
    """

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.sizes = dict(sizes)
        self._functions: dict[Any, Prepared] = {}

    def put(
        self,
        name: str,
        symbol: str | None,
        axes: str | Axes,
        op: str,
        *operands: Operand,
        zeros: Array | None = None,
        **attrs: Any,
    ) -> Entry:
        """The result of `op` on the operands, under `name` in the present scope.

        `symbol` None means that it has no letter of its own and is written as its formula. Raises LedgerError where
        the declared axes are not what the operation gives, or the value is not finite.
        """
        return self._compute(name, letters(axes) if isinstance(axes, str) else axes, op, operands, attrs)

    def grad(
        self, of: Entry, op: str, *operands: Operand, via: str | None = None, zeros: Array | None = None, **attrs: Any
    ) -> Entry:
        """The gradient of the loss with respect to `of`, or the part of it that comes by way of the consumer `via`."""
        return self._compute(_gradient(of, via), of.axes, op, operands, attrs)

    def given(self, name: str, symbol: str, axes: str | Axes, value: Any, **attrs: Any) -> Entry:
        """An input: a parameter, ids, or a constant of the configuration."""
        entry = Entry()
        entry.name, entry.symbol, entry.value = name, symbol, np.asarray(value)
        entry.axes, entry.entry = letters(axes) if isinstance(axes, str) else axes, entry
        return entry

    @contextmanager
    def scope(self, name: str = "", mark: str = "") -> Iterator[None]:
        """Names inside start with `name` and a dot, where one is given; letters inside carry `mark` as a
        superscript."""
        yield

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Entries inside belong to this part of the step; a stage inside a stage is joined to it by a dot."""
        yield

    def _compute(
        self, name: str, axes: Axes, op: str, operands: tuple[Operand, ...], attrs: Mapping[str, Any]
    ) -> Entry:
        entry = Entry()
        entry.name, entry.symbol, entry.entry = name, "", entry
        entry.axes = axes = self._batched(axes, operands)
        key = (op, axes, *[operand.axes for operand in operands])
        function = self._functions.get(key) if not attrs else None
        if function is None:
            function = self._functions[key] = self._prepare(name, op, axes, operands, attrs)
        entry.value = self._apply(entry, op, function, operands)
        return entry

    def _apply(self, entry: Entry, op: str, prepared: Prepared, operands: tuple[Operand, ...]) -> Array:
        value: Array = prepared(*[operand.value for operand in operands])
        return value

    def _batched(self, axes: Axes, operands: tuple[Operand, ...]) -> Axes:
        if "B" in self.sizes and ("T" in axes or "S" in axes) and axes[0] != "B":
            for operand in operands:
                if operand.axes and operand.axes[0] == "B":
                    return ("B", *axes)
        return axes

    def _prepare(
        self, name: str, op: str, axes: Axes, operands: tuple[Operand, ...], attrs: Mapping[str, Any]
    ) -> Prepared:
        if op not in OPERATIONS:
            raise LedgerError(f"{name}: no operation {op!r}; nearest: {', '.join(nearest(op, OPERATIONS))}")
        wanted = OPERATIONS[op].operands
        if (wanted is None and len(operands) < 2) or (wanted is not None and len(operands) != wanted):
            raise LedgerError(f"{name}: {op} takes {wanted or 'two or more'} operands, but {len(operands)} came")
        try:
            return OPERATIONS[op].prepare(tuple(operand.axes for operand in operands), axes, self.sizes, attrs)
        except AxesError as error:
            raise LedgerError(f"{name}: {error}") from None
        except KeyError as error:
            raise LedgerError(f"{name}: the axis or attribute {error} is not known here") from None


class Ledger(Tape):
    """Keeps every entry, in order, under its name."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        super().__init__(sizes)
        self._entries: dict[str, Entry] = {}
        self._prefix = self._mark = ""
        self._stage = ""

    # --- making entries ---

    def put(
        self,
        name: str,
        symbol: str | None,
        axes: str | Axes,
        op: str,
        *operands: Operand,
        zeros: Array | None = None,
        **attrs: Any,
    ) -> Entry:
        declared = letters(axes) if isinstance(axes, str) else axes
        if symbol is None:
            symbol = symbols.expression(op, [operand.entry.symbol for operand in operands], attrs)
        else:
            symbol = symbols.marked(symbol, self._mark)
        return self._keep(self._prefix + name, symbol, declared, op, operands, attrs, zeros, sys._getframe(1))

    def grad(
        self, of: Entry, op: str, *operands: Operand, via: str | None = None, zeros: Array | None = None, **attrs: Any
    ) -> Entry:
        symbol = symbols.gradient(of.symbol, via)
        return self._keep(_gradient(of, via), symbol, of.axes, op, operands, attrs, zeros, sys._getframe(1))

    def given(self, name: str, symbol: str, axes: str | Axes, value: Any, **attrs: Any) -> Entry:
        entry = Entry()
        entry.axes = letters(axes) if isinstance(axes, str) else axes
        array = np.array(value)
        entry.value = array.astype(np.int64 if array.dtype.kind in "iub" else np.float64)
        return self._file(
            entry, self._prefix + name, symbols.marked(symbol, self._mark), "given", (), attrs, None, sys._getframe(1)
        )

    def _keep(
        self,
        name: str,
        symbol: str,
        axes: Axes,
        op: str,
        operands: tuple[Operand, ...],
        attrs: Mapping[str, Any],
        zeros: Array | None,
        frame: Any,
    ) -> Entry:
        for operand in operands:
            if self._entries.get(operand.entry.name) is not operand.entry:
                raise LedgerError(f"{name}: its operand {operand.entry.name} is not an entry of this ledger")
        entry = self._compute(name, axes, op, operands, attrs)
        value = np.array(entry.value, order="C")  # its own memory, never a view of an operand
        read = tuple(operand.axes for operand in operands)
        entry.value = self._settled(op, value, read, axes, [operand.value for operand in operands], attrs)
        return self._file(entry, name, symbol, op, operands, attrs, zeros, frame)

    def _settled(
        self,
        op: str,
        value: Array,
        read: tuple[Axes, ...],
        axes: Axes,
        operands: Sequence[Array],
        attrs: Mapping[str, Any],
    ) -> Array:
        """The value with 0 where a sum's terms cancel to less than their own rounding error.

        No digit of such a residue is right: the true value is 0 or cannot be told from it, and the residue differs from
        machine to machine. The error is bounded by the same sum of the terms' magnitudes.
        """
        if op not in SUMS or value.dtype != np.float64 or not np.all(np.isfinite(value)):
            return value
        sizes = np.abs(value)
        if not np.any((sizes > 0) & (sizes < SUSPECT * sizes.max(initial=0.0))) and value.ndim:
            return value
        function = OPERATIONS["add" if op == "sub" else op].prepare(read, axes, self.sizes, attrs)
        terms = function(*[np.abs(operand) for operand in operands])
        return np.where(sizes <= RESIDUE * terms, 0.0, value)

    def _file(
        self,
        entry: Entry,
        name: str,
        symbol: str,
        op: str,
        operands: tuple[Operand, ...],
        attrs: Mapping[str, Any],
        zeros: Array | None,
        frame: Any,
    ) -> Entry:
        if name in self._entries:
            raise LedgerError(f"{name}: this name is taken; an entry is made once")
        try:
            shape = tuple(self.sizes[letter] for letter in entry.axes)
        except KeyError as error:
            raise LedgerError(f"{name}: the axis {error} has no size here") from None
        if entry.value.shape != shape:
            raise LedgerError(f"{name}: axes {shown(entry.axes)} are {shape}, but the value is {entry.value.shape}")
        if entry.value.size and not entry.value.max() < np.inf:  # one pass finds both nan and +inf; -inf is the mask's
            raise NotFinite(f"{name}: not a finite number; the weights, their spread or a rate are too large")
        if op in ("exp", "erfc") and np.any((entry.value == 0) & np.isfinite(operands[0].value)):
            raise NotFinite(f"{name}: too small for float64, so it would be shown as 0; a smaller init.spread helps")
        if zeros is not None:
            zeros = np.broadcast_to(zeros, shape)
            if np.abs(entry.value[zeros]).max(initial=0.0) > ZERO_BOUND:
                raise LedgerError(f"{name}: declared zero by mathematics, but is not")
        entry.value.flags.writeable = False
        entry.name, entry.symbol, entry.op, entry.attrs = name, symbol, op, dict(attrs)
        entry.operands = tuple(operand.entry for operand in operands)
        entry.operand_axes = tuple(operand.axes for operand in operands)
        entry.entry, entry.zeros, entry.stage = entry, zeros, self._stage
        entry.source = (_relative(frame.f_code.co_filename), frame.f_lineno)
        self._entries[name] = entry
        return entry

    @contextmanager
    def scope(self, name: str = "", mark: str = "") -> Iterator[None]:
        before = self._prefix, self._mark
        self._prefix, self._mark = self._prefix + (f"{name}." if name else ""), self._mark + mark
        try:
            yield
        finally:
            self._prefix, self._mark = before

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        before = self._stage
        self._stage = f"{before}.{name}" if before else name
        try:
            yield
        finally:
            self._stage = before

    # --- reading ---

    def __getitem__(self, name: str) -> Entry:
        try:
            return self._entries[name]
        except KeyError:
            raise KeyError(f"no entry {name!r}; nearest: {', '.join(self.nearest(name)) or 'none'}") from None

    def find(self, name: str) -> Entry | None:
        """The entry with that name, or None."""
        return self._entries.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def nearest(self, name: str) -> list[str]:
        return nearest(name, self._entries)

    def stages(self) -> list[str]:
        """The parts of the step, in order."""
        return list(dict.fromkeys(entry.stage for entry in self))

    def users(self) -> dict[str, list[Entry]]:
        """For each entry's name, the entries that take it as an operand."""
        users: dict[str, list[Entry]] = {name: [] for name in self._entries}
        for entry in self:
            for operand in dict.fromkeys(entry.operands):
                users[operand.name].append(entry)
        return users

    def replay(self, given: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """Every value computed again from the inputs, or from others in their place."""
        values: dict[str, Array] = {}
        for entry in self:
            if entry.op == "given":
                values[entry.name] = np.asarray((given or {}).get(entry.name, entry.value))
                continue
            function = OPERATIONS[entry.op].prepare(entry.operand_axes, entry.axes, self.sizes, entry.attrs)
            operands = [values[operand.name] for operand in entry.operands]
            value = np.asarray(function(*operands), order="C")  # as it was kept: BLAS sums by layout
            values[entry.name] = self._settled(entry.op, value, entry.operand_axes, entry.axes, operands, entry.attrs)
        return values


def _gradient(of: Entry, via: str | None) -> str:
    return f"grad.{of.name}" + (f".via.{via}" if via else "")


@cache
def _relative(filename: str) -> str:
    """A source file as it is named from the project's root: calc/attention.py."""
    path = Path(filename).resolve()
    return path.relative_to(_ROOT).as_posix() if path.is_relative_to(_ROOT) else path.name


def nearest(name: str, names: Any) -> list[str]:
    """The up to three known names most like `name`."""
    return difflib.get_close_matches(name, list(names), n=3, cutoff=0.4)
