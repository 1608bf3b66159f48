"""Every printed digit: each number that a page binds to a ledger is the true value, correctly rounded to as many digits
as are printed."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calc.config import Config
from calc.exact import Exact
from calc.ledger import Entry, Ledger
from calc.operations import Array
from calc.step import training_step
from render.proof.precise import DIGITS, Replay
from render.proof.reading import MINUS_INFINITY, Element, Number, Numeral, Page, Table, address, numeral
from render.proof.report import Check, counted

NEAR = 12  # decimals: within 1e-12 relative of a rounding tie, more digits are printed
SAME = 40  # decimals to which a value at fifty digits and a printed decimal agree, if that decimal is exact
Archive = Callable[[str], Mapping[str, Array] | None]  # the values of another ledger of the site, by its name
Index = tuple[int, ...]


class Truth:
    """A configuration's ledger and its true values."""

    def __init__(self, config: Config, ledger: Ledger | None = None) -> None:
        self.config = config
        self.ledger = ledger or training_step(config)
        self.replay = Replay()
        self.values = self.replay.values(self.ledger)
        self._exact = Exact(self.ledger)

    def is_zero(self, entry: Entry, index: Index) -> bool:
        """Whether the cell is zero by the ledger's own account: computed so, exactly so, or declared."""
        return self._exact.cell(entry, index) == 0


@dataclass
class Tie:
    """How near a printed value came to a rounding tie, relative to the value, and where."""

    distance: float = float("inf")
    name: str = ""

    def near(self, distance: float, ref: str, index: Index) -> None:
        if distance < self.distance:
            self.distance, self.name = distance, address(ref, ",".join(map(str, index)))


@dataclass
class Tally:
    """What was seen on the way."""

    numbers: int = 0
    exact: int = 0
    tables: int = 0
    lines: int = 0
    foreign: int = 0  # bound to another ledger, known as float64 only
    longer: int = 0  # more digits than configured, since the value is near a tie or a line needs guard digits
    ties: int = 0  # within NEAR of a tie at the configured digits, and so printed in full or with more
    cells: set[tuple[str, Index]] = field(default_factory=set)
    nearest: Tie = field(default_factory=Tie)


class Holder:
    """Holds numbers against their true values and tallies what it sees. Numbers bound to another ledger (`data-ledger`)
    are held against the float64 values that `archive` gives for its name."""

    def __init__(self, truth: Truth, archive: Archive | None = None) -> None:
        self.truth, self.archive = truth, archive or (lambda name: None)
        self.check, self.tally = Check("digits"), Tally()
        self._archives: dict[str, Mapping[str, Array] | None] = {}

    def is_rounded(self, element: Element) -> bool:
        """Whether the digits of a bound number are not all that its value has."""
        a = element.attributes
        values = self._known(a.get("data-ledger", ""), a.get("data-ref", ""))
        printed, index = numeral(element.text.strip()), _index(a.get("data-index", ""))
        if values is None or printed is None or not _fits(index, values.shape):
            return False  # a fault, and found as one where digits are held
        value = values[index]
        if not printed.units or isinstance(value, np.integer):
            return False
        if isinstance(value, float):
            return abs(value - float(f"{printed.units}e{printed.power}")) > 10.0**-NEAR * abs(value)
        off, _, size = _distances(value, *printed)
        return bool(off * 10**SAME > size)

    def single(self, number: Number) -> None:
        """A number that names its own cell."""
        values = self._values(number)
        if values is not None:
            index = _index(number.index)
            if index is None or not _fits(index, values.shape):
                what = f"{address(number.ref, number.index)}: no cell of a value of shape {values.shape}"
                self.check.fault(number.where, what)
                return
            self._hold(number, index, values[index])

    def table(self, table: Table) -> None:
        """Each cell of a table: the cells of its slice in order, or those that name themselves."""
        if table.slice is None:
            for cell in table.cells:
                self.single(cell)
            return
        values = self._values(table)
        if values is None:
            return
        try:
            indices = list(sliced(table.slice, values.shape))
        except (ValueError, IndexError):
            self.check.fault(table.where, f"{table.ref}: no slice {table.slice} of a value of shape {values.shape}")
            return
        if len(indices) != len(table.cells):
            what = f"{table.ref}: {len(table.cells)} cells in the table of a slice of {len(indices)}"
            self.check.fault(table.where, what)
            return
        for index, cell in zip(indices, table.cells, strict=True):
            self._hold(cell, index, values[index])

    def _values(self, bound: Number | Table) -> Array | None:
        """The true values of the entry that something is bound to, or of another ledger its float64 values."""
        values = self._known(bound.ledger, bound.ref)
        if values is None:
            of = f"ledger {bound.ledger}" if bound.ledger else "ledger"
            self.check.fault(bound.where, f"{bound.ref}: no such name in the {of}")
        return values

    def _known(self, ledger: str, ref: str) -> Array | None:
        if not ledger:
            return self.truth.values.get(ref)
        if ledger not in self._archives:
            self._archives[ledger] = self.archive(ledger)
        return (self._archives[ledger] or {}).get(ref)

    def _hold(self, number: Number, index: Index, value: Any) -> None:
        text = number.text.strip()
        self.tally.numbers += 1
        self.tally.tables += number.kind == "table"
        self.tally.lines += number.kind == "line"
        if number.ledger:
            self.tally.foreign += 1
            wrong = _wrong_float(text, value)
        else:
            self.tally.cells.add((number.ref, index))
            wrong = self._wrong(text, number.ref, index, value)
        if wrong:
            self.check.fault(number.where, f"{address(number.ref, ','.join(map(str, index)))}: prints {text}, {wrong}")

    def _wrong(self, text: str, ref: str, index: Index, value: Any) -> str:
        """What is wrong with the text, or nothing."""
        if isinstance(value, np.integer):
            self.tally.exact += 1
            printed = numeral(text)
            right = printed is not None and printed.power == 0 and printed.units == value
            return "" if right else f"but the value is {int(value)}"
        if value == float("-inf") or text == MINUS_INFINITY:
            self.tally.exact += 1
            return "" if text == MINUS_INFINITY and value == float("-inf") else f"but the value is {_shown(value)}"
        printed = numeral(text)
        if printed is None:
            return "which is no number"
        if not printed.units:
            self.tally.exact += 1
            zero = abs(value) < 10.0**-SAME and self.truth.is_zero(self.truth.ledger[ref], index)
            return "" if zero else f"but the value is {_shown(value)}"
        off, half, size = _distances(value, *printed)
        tie = half - off
        if tie * 10**SAME < -size:
            return f"but the value is {_shown(value)}"
        digits = self.truth.config.display.digits
        if off * 10**SAME <= size:
            self.tally.exact += 1
            self.tally.ties += _ties(printed.units, digits)
            return ""
        if printed.significant < digits:
            return f"fewer than {digits} digits of {_shown(value)}"
        # So many digits that each value is this near to a tie: then being the right digits is all that can be asked.
        resolved = half * 10**NEAR > 10 * size
        if tie * 10**NEAR < size and resolved:
            return f"within 1e-{NEAR} of a rounding tie: {_shown(value)}"
        if printed.significant == digits:
            self.tally.nearest.near(tie / size, ref, index)
        else:
            self.tally.longer += 1
            self.tally.ties += _near_tie(value, printed, digits)
        return ""


def _index(text: str) -> Index | None:
    """An index as a page writes it: `0,2,1`, or nothing for a single number. None where it is no such thing."""
    parts = text.split(",") if text else []
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else None


def _fits(index: Index | None, shape: tuple[int, ...]) -> bool:
    """Whether an index names one cell of a value of that shape."""
    return index is not None and len(index) == len(shape) and all(map(operator.lt, index, shape))


def _distances(value: Any, units: int, power: int) -> tuple[int, int, int]:
    """How far the value is from `units` times ten to `power`, half of a step of that, and the value's size, as whole
    numbers of one common measure: nothing is rounded in a check of rounding.

    Below a power of ten the steps are a tenth: 0.9996 has four digits of its own, and 1.000 is not how to round it.
    """
    mantissa, exponent = map(int, value.man_exp)
    mine = 10 ** max(0, 2 - power) << max(0, exponent)
    theirs = 10 ** max(0, power - 2) << max(0, -exponent)
    size, printed = mantissa * mine, 100 * abs(units) * theirs
    off = abs(size - printed) if (value > 0) == (units > 0) else size + printed
    below = size < printed and str(abs(units)).strip("0") == "1"
    return off, (5 if below else 50) * theirs, size


def _ties(units: int, digits: int) -> bool:
    """Whether an exact decimal lies on a rounding tie at so many digits."""
    kept = str(abs(units)).rstrip("0")
    return kept[digits:] == "5"


def _near_tie(value: Any, printed: Numeral, digits: int) -> bool:
    """Whether the value, printed with more digits, is within NEAR of a tie at `digits`."""
    more = printed.significant - digits
    tie = (abs(printed.units) // 10**more * 10 + 5) * (1 if printed.units > 0 else -1)
    off, _, size = _distances(value, tie, printed.power + more - 1)
    return bool(off * 10**NEAR <= size)


def sliced(slice_: str, shape: tuple[int, ...]) -> Iterable[Index]:
    """The indices of a slice such as `0,:,:`, in order. ValueError or IndexError where it is none of the shape."""
    parts = [part.strip() for part in slice_.split(",")] if slice_ else []
    if len(parts) != len(shape):
        raise ValueError(slice_)
    chosen = [range(n) if part == ":" else [range(n)[int(part)]] for part, n in zip(parts, shape, strict=True)]
    return itertools.product(*chosen)


def _wrong_float(text: str, value: Any) -> str:
    """As the rest, where all that is known of a value is its float64: a tie or the last of sixteen digits passes."""
    x = float(value)
    if x == float("-inf") or text == MINUS_INFINITY:
        return "" if text == MINUS_INFINITY and x == float("-inf") else f"but the value is {x!r}"
    printed = numeral(text)
    if printed is None:
        return "which is no number"
    unit = 10.0**printed.power
    near = abs(x - printed.units * unit) <= 0.5 * unit * (1 + 1e-6) and bool(printed.units) == bool(x)
    exact = x == float(f"{printed.units}e{printed.power}")
    return "" if exact or (near and printed.significant >= 3) else f"but the value is {x!r}"


def _shown(value: Any) -> str:
    return f"{value.context.nstr(value, 20)}…".replace("-", "−")


def check(pages: Iterable[Page], holder: Holder) -> Check:
    """Holds every bound number of the pages against its true value."""
    result, tally = holder.check, holder.tally
    for page in pages:
        before = tally.numbers
        for number in page.numbers:
            holder.single(number)
        for table in page.tables:
            holder.table(table)
        if tally.numbers > before:
            result.pages[page.name] = tally.numbers - before
    entries = len({ref for ref, _ in tally.cells})
    result.counts = {
        "numbers": tally.numbers, "tables": tally.tables, "lines": tally.lines, "cells": len(tally.cells),
        "entries": entries, "exact": tally.exact, "longer": tally.longer, "ties": tally.ties, "foreign": tally.foreign,
    }  # fmt: skip
    nearest = f"{tally.nearest.distance:.1e} of its value away ({tally.nearest.name})" if tally.nearest.name else "none"
    parts = [
        f"{counted(tally.numbers, 'number')} on {counted(len(result.pages), 'page')} "
        f"({tally.tables:,} in tables, {tally.lines:,} in worked lines)",
        f"{counted(len(tally.cells), 'cell')} of {counted(entries, 'entry', 'entries')}, held at {DIGITS} digits",
        f"{tally.exact:,} exact, {tally.longer:,} rounded to more digits than usual",
        f"{counted(tally.ties, 'rounding tie')} printed in full; the nearest to a tie of the others: {nearest}",
    ]
    if tally.foreign:
        parts.append(f"{counted(tally.foreign, 'number')} of other ledgers, held as float64")
    result.says = "; ".join(parts)
    return result
