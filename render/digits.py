"""The one way from a value to digits. Every table, formula and sentence goes through `Digits`.

A number that is exact and short is printed as it is. Any other is rounded to the configured number of significant
digits; within 1e-12 relative of a rounding tie it gets more digits, so that the last bit of a float64 never decides a
digit.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np

from calc.config import Config
from calc.exact import Exact, terminating
from calc.ledger import Entry, Ledger

MINUS = "−"
MINUS_INFINITY = "−∞"
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_LEAST_EXPONENT = -3  # 0.001234 is written out, 1.234×10⁻⁴ is not
_LEAST_EXACT_EXPONENT = -5  # a short exact decimal is easier to read written out: 0.000625
_MOST_FILLED = 3  # decimals that an exact table may have to be filled up
_LONGEST = 15  # as many significant digits as a float64 surely has
_TIE = 10**4  # 1e-12 relative, in units of the 17th significant digit of a number that starts with 1


class Printed:
    """Digits as they stand on a page. What only worked lines ask for is computed when it is asked."""

    __slots__ = ("_number", "_true", "_unit", "text")

    def __init__(
        self, text: str, number: Fraction | int, true: float | Fraction | None = None, unit: int | None = None
    ) -> None:
        """`number` is what the text writes, `true` the value that it stands for (None: the number itself). What was
        rounded counts in units of its last digit, ten to the power of `unit`."""
        self.text, self._number, self._true, self._unit = text, number, true, unit

    @property
    def value(self) -> Fraction:
        """The number that the text writes."""
        return Fraction(self._number) * (Fraction(10) ** self._unit if self._unit else 1)

    @property
    def exact(self) -> bool:
        """Whether that is known to be the true value: never of a float64, whose last bits differ between machines."""
        return self._true is None or (isinstance(self._true, Fraction) and self.value == self._true)

    @property
    def half(self) -> Fraction:
        """Half a unit of the last digit; 0 where nothing was rounded."""
        return Fraction(0) if self._unit is None else Fraction(10) ** self._unit / 2

    @property
    def infinite(self) -> bool:
        return self.text == MINUS_INFINITY


class Digits:
    """Digits of a ledger's cells, to the configuration's number of significant digits."""

    def __init__(self, ledger: Ledger, config: Config) -> None:
        self.ledger, self.significant = ledger, config.display.digits
        self.exact = Exact(ledger)
        self._filled: dict[str, int] = {}
        self._printed: dict[tuple[str, tuple[int, ...], int], Printed] = {}

    def text(self, entry: Entry, index: tuple[int, ...] = ()) -> str:
        """The cell's digits, as every page prints them."""
        return self.printed(entry, index).text

    def printed(self, entry: Entry, index: tuple[int, ...] = (), more: int = 0) -> Printed:
        """The cell with `more` significant digits than usual: the guard digits of a worked equation's operands."""
        key = (entry.name, index, more)
        if key not in self._printed:
            self._printed[key] = self._print(entry, index, self.significant + more)
        return self._printed[key]

    def asked(self) -> set[str]:
        """The names of the entries whose digits somebody has asked for."""
        return {name for name, _, _ in self._printed}

    def _print(self, entry: Entry, index: tuple[int, ...], significant: int) -> Printed:
        value = float(entry.value[index])
        if value == float("-inf"):
            return Printed(MINUS_INFINITY, 0)
        exact = self.exact.cell(entry, index)
        if exact is None:
            return rounded(value, significant)
        if entry.value.dtype.kind == "i":
            return Printed(whole(int(exact)), exact)
        short = terminating(exact, max(self.significant + 2, significant))
        if short is None:
            return rounded(exact, significant)
        return Printed(written(short, places=self._places(entry)), exact)

    def _places(self, entry: Entry) -> int:
        """Decimals to which an exact table is filled up with zeros, so that its points stand in line; 0 for none."""
        if entry.name not in self._filled:
            exact = self.exact.values(entry)
            places = 0 if exact is None or not entry.axes else max(map(_decimals, np.ravel(exact)), default=0)
            self._filled[entry.name] = places if places <= _MOST_FILLED else 0
        return self._filled[entry.name]


def whole(number: int) -> str:
    """A whole number, with commas where it has five digits or more."""
    text = f"{abs(number):,}" if abs(number) >= 10_000 else str(abs(number))
    return text if number >= 0 else MINUS + text


def rounded(value: float | Fraction, significant: int) -> Printed:
    """The value to that many significant digits, or to as many more as it takes to stand clear of a rounding tie."""
    if value == 0:
        return Printed("0", 0)
    for digits in range(min(significant, _LONGEST), _LONGEST + 1):
        mantissa, exponent, tie = _rounded(value, digits)
        if not tie:
            break
    text = _laid_out(str(mantissa).rstrip("0"), exponent, digits)
    if value < 0:
        return Printed(MINUS + text, -mantissa, value, exponent - digits + 1)
    return Printed(text, mantissa, value, exponent - digits + 1)


def _rounded(value: float | Fraction, digits: int) -> tuple[int, int, bool]:
    """The mantissa of `digits` digits, the decimal exponent of its first digit, and whether the value is near a tie."""
    if isinstance(value, Fraction):
        with localcontext() as context:
            context.prec = 40
            text = f"{abs(Decimal(value.numerator) / Decimal(value.denominator)):.16e}"
    else:
        text = f"{abs(value):.16e}"
    head, power = text.split("e")
    all_digits, exponent = int(head.replace(".", "")), int(power)
    scale = 10 ** (17 - digits)
    mantissa, tail = divmod(all_digits, scale)
    tie = abs(2 * tail - scale) <= 2 * _TIE * (all_digits // 10**16 + 1)
    mantissa += 2 * tail > scale
    if mantissa == 10**digits:
        mantissa, exponent = mantissa // 10, exponent + 1
    return mantissa, exponent, tie


def _decimals(x: Fraction) -> int:
    """How many decimals write the number exactly, or one too many to fill up."""
    of = x.denominator
    return next((places for places in range(_MOST_FILLED + 1) if 10**places % of == 0), _MOST_FILLED + 1)


def written(number: Decimal, significant: int | None = None, places: int = 0) -> str:
    """A decimal written out, or with a power of ten where it is small or has more places than digits. `significant`
    keeps the zeros at its end; without it they go."""
    if number == 0:
        return "0"
    sign = MINUS if number < 0 else ""
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    return sign + _laid_out(digits, number.adjusted(), significant, places)


def _laid_out(digits: str, exponent: int, significant: int | None, places: int = 0) -> str:
    """The digits, whose first one counts 10 to the power of `exponent`, with their point: as `written` says."""
    if significant is not None:
        digits = digits.ljust(significant, "0")
    least = _LEAST_EXACT_EXPONENT if significant is None else _LEAST_EXPONENT
    if exponent < least or (significant is not None and exponent >= significant) or exponent > 8:
        point = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{digits[0]}{point}×10{str(exponent).translate(_SUPERSCRIPT)}"
    if exponent < 0:
        return f"0.{('0' * (-exponent - 1) + digits).ljust(places, '0')}"
    digits = digits.ljust(exponent + 1 + places, "0")
    point = f".{digits[exponent + 1 :]}" if len(digits) > exponent + 1 else ""
    return f"{digits[: exponent + 1]}{point}"
