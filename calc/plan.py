"""A tape whose calls can be run again, for many steps at speed: the layers' own code is run once for a batch's shapes,
and after that nothing is left of it but NumPy's calls, each on memory that it keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from calc.ledger import Entry, LedgerError, Operand, Tape
from calc.operations import OPERATIONS, Array, Axes, Function, Prepared, copied, shown

Memory = dict[tuple[str, tuple[int, ...]], Array]


class Plan(Tape):
    """Computes as a tape does and keeps each call, with its operands' and its result's memory; `run` calls them again.

    An input that is given as an array is read again by every run: new numbers are written into that array. Any other
    input is a constant, and so is what is made of constants alone; it is computed once. An entry's `value` holds what
    the last run made. `bytes` counts the memory of the results.
    """

    def __init__(self, sizes: Mapping[str, int]) -> None:
        super().__init__(sizes)
        self.bytes = 0
        self._calls: list[Callable[[], Any]] = []
        self._changing: set[Entry] = set()
        self._places: Mapping[str, Array] = {}
        self._shared: Memory | None = None

    def __len__(self) -> int:
        return len(self._calls)

    def run(self) -> None:
        """Every call again, in order."""
        for call in self._calls:
            call()

    @contextmanager
    def into(self, places: Mapping[str, Array], shared: Memory | None = None) -> Iterator[None]:
        """What is made inside under one of these names is written to that memory, which is contiguous. It may be an
        operand's that no call reads afterwards. Raises LedgerError where a product's axes come in another order than
        their cells.

        What is made under other names is kept in `shared`, where there is one: plans that run one after the other, and
        read nothing of each other, so make do with one memory.
        """
        self._places, self._shared = places, shared
        try:
            yield
        finally:
            self._places, self._shared = {}, None

    def given(self, name: str, symbol: str, axes: str | Axes, value: Any, **attrs: Any) -> Entry:
        entry = super().given(name, symbol, axes, value, **attrs)
        if isinstance(value, np.ndarray):
            self._changing.add(entry)
        return entry

    def _apply(self, entry: Entry, op: str, prepared: Prepared, operands: tuple[Operand, ...]) -> Array:
        if OPERATIONS[op].integer or not any(operand.entry in self._changing for operand in operands):
            return super()._apply(entry, op, prepared, operands)  # a constant; integers are counts, of shapes alone
        self._changing.add(entry)
        views = prepared.views or (None,) * len(operands)
        arrays = [self._lined_up(view, operand.value) for view, operand in zip(views, operands, strict=True)]
        if (prepared.call is None or op == "copy") and entry.name not in self._places:
            return arrays[0]  # the same numbers, so the same memory
        call: Function = prepared.call or copied
        made = np.asarray(call(*arrays, None))
        out = self._memory(entry.name, made)
        if out is made:
            self.bytes += out.nbytes
        else:
            np.copyto(out, made)
        self._calls.append(partial(call, *arrays, out))
        value: Array = prepared.result(out) if prepared.result else out
        if entry.name in self._places and not value.flags.c_contiguous:
            raise LedgerError(
                f"{entry.name}: {op} gives {shown(entry.axes)} turned, which cannot be written to its place"
            )
        return value

    def _memory(self, name: str, made: Array) -> Array:
        """Where a result that has been `made` will stand."""
        if name in self._places:
            return self._places[name].reshape(made.shape)
        return made if self._shared is None else self._shared.setdefault((name, made.shape), made)

    def _lined_up(self, view: Function | None, array: Array) -> Array:
        if view is None:
            return array
        lined_up: Array = view(array)
        if not np.may_share_memory(lined_up, array):  # a copy, where no view has its order: every run makes it again
            self._calls.append(lambda: np.copyto(lined_up, view(array)))
        return lined_up
