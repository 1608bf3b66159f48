"""Numbers that remember how they were made, so that a picture can be drawn again of other numbers.

A picture reads the ledger's cells as `Traced` floats. They are numbers like others; what is computed of them remembers
the operation and its operands. Where a picture's code decides by one (`if value > 0`), the decision is noted: the
picture can be drawn again in the same way as long as all of its decisions fall out alike.

What takes floats and knows nothing of this (`max`, `math.sqrt`) forgets, so this module has its own.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from typing import Any, Protocol, SupportsIndex

How = tuple[Any, ...]  # an operation's name and its operands: numbers, words or other traced numbers


class Notes(Protocol):
    """Where decisions are noted."""

    def decided(self, how: How) -> None:
        """`how` is true of the built numbers."""

    def mark(self, text: str, *how: Any) -> str:
        """What stands in a drawing for something that was built as `text`."""


class Traced(float):
    """A float, how it was made, and where decisions by it are noted."""

    __slots__ = ("how", "notes")
    __array_ufunc__ = None  # so that a NumPy number leaves an operation to this class
    how: How
    notes: Notes

    def __new__(cls, value: float, how: How, notes: Notes) -> Traced:
        made = super().__new__(cls, value)
        made.how, made.notes = how, notes
        return made

    def __add__(self, other: float) -> Traced:
        return made("+", plain(self) + plain(other), self, other)

    def __radd__(self, other: float) -> Traced:
        return made("+", plain(other) + plain(self), other, self)

    def __sub__(self, other: float) -> Traced:
        return made("-", plain(self) - plain(other), self, other)

    def __rsub__(self, other: float) -> Traced:
        return made("-", plain(other) - plain(self), other, self)

    def __mul__(self, other: float) -> Traced:
        return made("*", plain(self) * plain(other), self, other)

    def __rmul__(self, other: float) -> Traced:
        return made("*", plain(other) * plain(self), other, self)

    def __truediv__(self, other: float) -> Traced:
        return made("/", plain(self) / plain(other), self, other)

    def __rtruediv__(self, other: float) -> Traced:
        return made("/", plain(other) / plain(self), other, self)

    def __pow__(self, power: float, mod: None = None) -> Any:
        return made("pow", plain(self) ** plain(power), self, power)

    def __rpow__(self, base: float, mod: None = None) -> Any:
        return made("pow", plain(base) ** plain(self), base, self)

    def __neg__(self) -> Traced:
        return made("neg", -plain(self), self)

    def __abs__(self) -> Traced:
        return made("abs", abs(plain(self)), self)

    # --- decisions ---

    def __lt__(self, other: float) -> bool:
        return self._decided("<", ">=", other, operator.lt)

    def __le__(self, other: float) -> bool:
        return self._decided("<=", ">", other, operator.le)

    def __gt__(self, other: float) -> bool:
        return self._decided(">", "<=", other, operator.gt)

    def __ge__(self, other: float) -> bool:
        return self._decided(">=", "<", other, operator.ge)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | float) and self._decided("==", "!=", other, operator.eq)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(plain(self))

    def __bool__(self) -> bool:
        return self != 0

    def __float__(self) -> float:
        """The number alone: what is drawn of it holds for this number only."""
        self.notes.decided(("==", self, plain(self)))
        return plain(self)

    def __int__(self) -> int:
        return int(float(self))

    def __floor__(self) -> int:
        return math.floor(float(self))

    def __ceil__(self) -> int:
        return math.ceil(float(self))

    def __round__(self, digits: SupportsIndex | None = None) -> Any:
        return round(float(self), digits)

    def _decided(self, yes: str, no: str, other: float, holds: Callable[[float, float], bool]) -> bool:
        answer = holds(plain(self), plain(other))
        self.notes.decided((yes if answer else no, self, other))
        return answer


class Word(str):
    """A word of the vocabulary that may become another one: `id` is its number there."""

    __slots__ = ("id",)
    id: Traced

    def __new__(cls, word: str, number: Traced) -> Word:
        made = super().__new__(cls, word)
        made.id = number
        return made


def plain(x: float) -> float:
    """The number alone."""
    return float.__float__(x) if isinstance(x, Traced) else float(x)


def made(op: str, value: float, *of: Any) -> Traced:
    """The number that an operation makes of its operands, of which one is traced."""
    return Traced(value, (op, *of), next(x.notes for x in of if isinstance(x, Traced)))


def largest(*values: float) -> float:
    """The largest of some numbers."""
    return _of("largest", max(map(plain, values)), *values)


def least(*values: float) -> float:
    """The least of some numbers."""
    return _of("least", min(map(plain, values)), *values)


def total(values: Iterable[float]) -> float:
    """The sum of some numbers."""
    found = list(values)
    return _of("total", sum(map(plain, found)), *found)


def place_of_largest(values: Iterable[Traced]) -> Traced:
    """The place of the largest of some numbers, of the first where several are."""
    found = list(values)
    numbers = [plain(value) for value in found]
    return made("place_of_largest", numbers.index(max(numbers)), *found)


def by_sign(x: float, above: float, below: float) -> float:
    """One number where `x` is above zero, and another where it is not."""
    return _of("sign", plain(above if plain(x) > 0 else below), x, above, below, below)


def sqrt(x: float) -> float:
    return _of("sqrt", math.sqrt(plain(x)), x)


def exp(x: float) -> float:
    return _of("exp", math.exp(plain(x)), x)


def log(x: float) -> float:
    return _of("log", math.log(plain(x)), x)


def log10(x: float) -> float:
    return _of("log10", math.log10(plain(x)), x)


def sin(x: float) -> float:
    return _of("sin", math.sin(plain(x)), x)


def cos(x: float) -> float:
    return _of("cos", math.cos(plain(x)), x)


def acos(x: float) -> float:
    return _of("acos", math.acos(plain(x)), x)


def erfc(x: float) -> float:
    return _of("erfc", math.erfc(plain(x)), x)


def ceil(x: float) -> float:
    return _of("ceil", math.ceil(plain(x)), x)


def _of(op: str, value: float, *of: float) -> float:
    return made(op, value, *of) if any(isinstance(x, Traced) for x in of) else value
