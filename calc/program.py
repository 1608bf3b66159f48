"""The recorded program of a ledger, without its numbers: what is planted in a step is planted here, as an edit of its
lines, and the step is run again. The layers know nothing of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from calc import symbols
from calc.ledger import Entry, Ledger, LedgerError, nearest
from calc.operations import OPERATIONS, Array, Axes, letters

_READ = re.compile(r"([^\[\]]+)(?:\[([^\[\]]*)\])?")


@dataclass(frozen=True)
class Line:
    """One entry of the program. `symbol` is None where it has no letter of its own, so that it follows an edit of its
    operands; `reads` are the letters that the operands are read with; `value` is an input's."""

    name: str
    symbol: str | None
    axes: Axes
    op: str
    operands: tuple[str, ...] = ()
    reads: tuple[Axes, ...] = ()
    attrs: Mapping[str, Any] | None = None
    stage: str = ""
    value: Array | None = None
    zeros: Array | None = None


class Program:
    """The lines of a ledger, in order. Operands are written by name, with other letters in brackets where they are
    read so: `layers.0.attention.w_q[C D]` is the transpose of what it is called."""

    def __init__(self, sizes: Mapping[str, int], lines: Mapping[str, Line]) -> None:
        self.sizes, self.lines = dict(sizes), dict(lines)

    @classmethod
    def of(cls, led: Ledger, without: tuple[str, ...] = ()) -> Program:
        """A ledger's program, without the stages whose name starts with one of `without`."""
        lines = [_line(entry) for entry in led if not entry.stage.startswith(without or ("\0",))]
        return cls(led.sizes, {line.name: line for line in lines})

    def copy(self) -> Program:
        """A program of its own, to be edited."""
        return Program(self.sizes, self.lines)

    def write(self, name: str, op: str, *operands: str, axes: str | None = None, **attrs: Any) -> None:
        """Write another operation in a line's place; its name, letter and, unless told, axes stay."""
        old = self._known(name)
        names, reads = self._operands(operands)
        made = letters(axes) if axes is not None else old.axes
        self.lines[name] = replace(old, axes=made, op=op, operands=names, reads=reads, attrs=attrs, zeros=None)

    def insert(
        self, before: str, name: str, symbol: str | None, axes: str, op: str, *operands: str, **attrs: Any
    ) -> None:
        """Write a new line in front of another one."""
        names, reads = self._operands(operands)
        line = Line(name, symbol, letters(axes), op, names, reads, attrs, self._known(before).stage)
        self._put_before(before, line)

    def give(self, before: str, name: str, symbol: str, axes: str, value: Any) -> None:
        """Write a new input in front of a line."""
        stage = self._known(before).stage
        self._put_before(before, Line(name, symbol, letters(axes), "given", stage=stage, value=np.asarray(value)))

    def run(self) -> Ledger:
        """The program's ledger. Raises ValueError where a line's axes, or NumPy's shapes, do not fit."""
        led = Ledger(self.sizes)
        for line in self.lines.values():
            with led.stage(line.stage):
                if line.op == "given":
                    led.given(line.name, line.symbol or "", line.axes, line.value, **(line.attrs or {}))
                    continue
                operands = [led[o].relabel(" ".join(r)) for o, r in zip(line.operands, line.reads, strict=True)]
                led.put(line.name, line.symbol, line.axes, line.op, *operands, zeros=line.zeros, **(line.attrs or {}))
        return led

    def _known(self, name: str) -> Line:
        if name not in self.lines:
            raise LedgerError(f"no line {name!r} in the program; nearest: {', '.join(nearest(name, self.lines))}")
        return self.lines[name]

    def _operands(self, written: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[Axes, ...]]:
        names, reads = [], []
        for text in written:
            found = _READ.fullmatch(text)
            assert found, text
            names.append(found[1])
            reads.append(letters(found[2]) if found[2] is not None else self._known(found[1]).axes)
        return tuple(names), tuple(reads)

    def _put_before(self, before: str, line: Line) -> None:
        if line.name in self.lines:
            raise LedgerError(f"{line.name}: the program has a line of that name; write() replaces it")
        lines: dict[str, Line] = {}
        for name, other in self.lines.items():
            if name == before:
                lines[line.name] = line
            lines[name] = other
        self.lines = lines


class Replay:
    """Some of a ledger's values from other inputs, many times: the lines that they need are prepared once."""

    def __init__(self, led: Ledger, wanted: Iterable[str]) -> None:
        needed = set(wanted)
        lines: list[Entry] = []
        for entry in reversed(list(led)):
            if entry.name in needed:
                needed.update(operand.name for operand in entry.operands)
                lines.insert(0, entry)
        self._given = {entry.name: entry.value for entry in lines if entry.op == "given"}
        self._calls = [
            (entry.name, OPERATIONS[entry.op].prepare(entry.operand_axes, entry.axes, led.sizes, entry.attrs),
             [operand.name for operand in entry.operands])
            for entry in lines if entry.op != "given"
        ]  # fmt: skip

    def __call__(self, given: Mapping[str, Array]) -> dict[str, Array]:
        """Every value that was needed, with these in place of the inputs of that name."""
        values = {**self._given, **given}
        for name, function, operands in self._calls:
            values[name] = function(*[values[operand] for operand in operands])
        return values


def _line(entry: Entry) -> Line:
    value = entry.value if entry.op == "given" else None
    operands = tuple(operand.name for operand in entry.operands)
    symbol = None if _letterless(entry) else entry.symbol
    return Line(
        entry.name, symbol, entry.axes, entry.op, operands, entry.operand_axes, entry.attrs, entry.stage, value,
        entry.zeros,
    )  # fmt: skip


def _letterless(entry: Entry) -> bool:
    """Whether the entry's symbol is the formula of its operation."""
    if entry.op == "given" or not entry.operands:
        return False
    try:
        return entry.symbol == symbols.expression(entry.op, [o.symbol for o in entry.operands], entry.attrs)
    except ValueError:  # an operation that is never written as a formula
        return False
