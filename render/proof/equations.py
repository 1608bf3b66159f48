"""Printed arithmetic closes: every worked line, evaluated from the numbers that it prints, gives the number that it
prints as its result.

The line is read from the HTML's own structure, by no code that wrote it. Sums, products and quotients are exact
fractions; functions are taken to 60 digits.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

import mpmath

from render.proof.reading import Element, Line, Page, numeral
from render.proof.report import Check, counted

_GUARDED = 60
_TOKEN = re.compile(
    r"(?P<number>\d[\d,]*(?:\.\d+)?(?:×10⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|∞)|(?P<word>[a-z]+)|(?P<sign>[+−·()²;=≈])|[\s\u00a0]+"
)
_ELIDED = re.compile(r"… \([\d,]+ more\) …")
_RELATIONS = ("=", "≈")
_KNOWN = {("exp", 0): 1, ("ln", 1): 0, ("erfc", 0): 1}


class Unreadable(ValueError):
    """A line that is no arithmetic that a reader could follow."""


class Value(NamedTuple):
    """What a part comes to, and whether that is exact. A number may be minus infinity, which is a float."""

    number: Fraction | float
    exact: bool = True


class Printed(NamedTuple):
    """A number as it stands in the line, without its sign, and half a unit of its last digit."""

    number: Fraction | float
    half: Fraction


class Form(NamedTuple):
    """A fraction, a root or an exponent: parts that are set by the layout and not by signs."""

    name: str
    parts: tuple[list[Item], ...]


class Word(str):
    """A function's name."""


Item = Printed | Form | Word | str
Rounded = Callable[[Element], bool]  # whether a bound number's digits are rounded, not all that there are


def _none(number: Element) -> bool:
    return False


@dataclass
class Outcome:
    """What evaluating a line found: nothing wrong, or why not."""

    relation: str = ""
    wrong: str = ""
    elided: bool = False


@dataclass
class Evaluator:
    """Evaluates lines; keeps a precision of its own."""

    context: Any = field(default_factory=mpmath.mp.clone)

    def __post_init__(self) -> None:
        self.context.dps = _GUARDED

    def line(self, element: Element, rounded: Rounded | None = None) -> Outcome:
        """Whether the line closes: exactly where it says `=`, to half a unit of the last printed digit where `≈`.

        Rounded numbers may be equal by chance, as in 0.8161 − 0.6660 and 0.1501. `=` promises more: that it holds
        whatever the digits are that are not shown. So a line with `=` must still hold when every rounded number is
        moved, equal ones alike and without a change of order or sign, as a line that only copies or compares does.
        """
        if _ELIDED.search(element.text):
            return Outcome(elided=True)
        try:
            outcome = self._closes(list(_items(element, _none)))
            promises = rounded and outcome.relation == "=" and not outcome.wrong
            if promises and self._closes(list(_items(element, rounded or _none))).wrong:
                outcome.wrong = "says = of rounded numbers, which are equal as far as they are shown and no further"
        except (Unreadable, ZeroDivisionError, OverflowError) as error:
            return Outcome(wrong=f"cannot be evaluated: {error}")
        return outcome

    def _closes(self, items: list[Item]) -> Outcome:
        sides: list[list[Item]] = [[]]
        relations: list[str] = []
        for item in items:
            if isinstance(item, str) and item in _RELATIONS:
                relations.append(item)
                sides.append([])
            else:
                sides[-1].append(item)
        if not relations:
            raise Unreadable("it has no = or ≈")
        values = [_Reader(side, self).whole() for side in sides]
        for left, right, relation, side in zip(values, values[1:], relations, sides[1:], strict=False):
            wrong = _differs(left, right, relation, side)
            if wrong:
                return Outcome(relation, wrong)
        return Outcome(relations[-1])

    def function(self, name: str, x: Value) -> Value:
        """A function of a number: exact where its value is a rational number that is known, else to 60 digits."""
        if x.number == -math.inf and name == "exp":
            return Value(Fraction(0), x.exact)
        if isinstance(x.number, float):
            raise Unreadable(f"{name} of {x.number}")
        known = _KNOWN.get((name, int(x.number))) if x.number.denominator == 1 else None
        if known is not None:
            return Value(Fraction(known), x.exact)
        if (name == "sqrt" and x.number < 0) or (name == "ln" and x.number <= 0):
            raise Unreadable(f"{name} of {float(x.number)}")
        if name == "sqrt":
            root = Fraction(math.isqrt(x.number.numerator), math.isqrt(x.number.denominator))
            if root * root == x.number:
                return Value(root, x.exact)
        c = self.context
        function = {"exp": c.exp, "ln": c.log, "sqrt": c.sqrt, "erfc": c.erfc}[name]
        y = function(c.mpf(x.number.numerator) / x.number.denominator)
        mantissa, exponent = map(int, y.man_exp)
        return Value(Fraction(mantissa if y > 0 else -mantissa) * Fraction(2) ** exponent, False)


def _differs(left: Value, right: Value, relation: str, side: list[Item]) -> str:
    """What is wrong with `left relation right`, or nothing. `side` is the right side as it is printed."""
    if left.number == right.number and (relation == "≈" or (left.exact and right.exact)):
        return ""
    shown = f"the left side is {_shown(left.number)}"
    if relation == "=":
        return f"{shown}, which is not equal to the right side"
    printed = side[-1]
    if not isinstance(printed, Printed) or side[:-1] not in ([], ["−"]):
        raise Unreadable("after ≈ stands no single number")
    if isinstance(left.number, float) or isinstance(right.number, float) or not right.number:
        return shown  # only zero is about zero
    if abs(left.number - right.number) <= printed.half:
        return ""
    return f"{shown}, farther than half a unit of the last digit"


def _shown(x: Fraction | float) -> str:
    if isinstance(x, float):
        return str(x).replace("-", "−").replace("inf", "∞")
    text = mpmath.nstr(mpmath.mpf(x.numerator) / x.denominator, 12)
    return str(text).replace("-", "−")


# ------------------------------------------------------------------------------------------------ from HTML to items


def _items(element: Element, bent: Rounded) -> Iterator[Item]:
    """What a line is made of, from left to right, with the numbers that `bent` names out of their places."""
    for child in element.children:
        if isinstance(child, str):
            yield from _tokens(child)
        elif child.tag == "span" and "n" in child.classes:
            yield from _number(child, bent)
        elif child.tag == "span" and "frac" in child.classes:
            above, _, below = _parts(child, "span", "i", "span")
            yield Form("frac", (list(_items(above, bent)), list(_items(below, bent))))
        elif child.tag == "span" and "radical" in child.classes:
            sign, *rest = child.children
            if sign != "√" or len(rest) != 1 or not isinstance(rest[0], Element):
                raise Unreadable(f"a root that is written {child.text!r}")
            yield Form("sqrt", (list(_items(rest[0], bent)),))
        elif child.tag == "sup":
            yield Form("power", (list(_items(child, bent)),))
        else:
            raise Unreadable(f"<{child.tag}> in a line")


def _parts(element: Element, *tags: str) -> list[Element]:
    parts = [child for child in element.children if isinstance(child, Element)]
    if len(parts) != len(element.children) or [part.tag for part in parts] != list(tags):
        raise Unreadable(f"a fraction that is written {element.text!r}")
    return parts


def _number(element: Element, bent: Rounded) -> list[Item]:
    """A bound number: a sign, perhaps, and one number."""
    *sign, printed = list(_tokens(element.text)) or [""]
    if not isinstance(printed, Printed) or sign not in ([], ["−"]):
        raise Unreadable(f"{element.text!r} where a number is bound")
    if isinstance(printed.number, Fraction) and bent(element):
        printed = printed._replace(number=printed.number + printed.number**3 / 7)
    return [*sign, printed]


def _tokens(text: str) -> Iterator[Item]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise Unreadable(f"{text[at : at + 20]!r}")
        at = found.end()
        if found["number"] == "∞":
            yield Printed(math.inf, Fraction(0))
        elif found["number"]:
            written = numeral(found["number"])
            if written is None:
                raise Unreadable(f"{found['number']!r}, which is no number")
            unit = Fraction(10) ** written.power
            yield Printed(written.units * unit, unit / 2)
        elif found["word"]:
            yield Word(found["word"])
        elif found["sign"]:
            yield found["sign"]


# ------------------------------------------------------------------------------------------------------ evaluation


@dataclass
class _Reader:
    """Reads items as school does: a sign of its own stands only where an expression begins, so `2 + −3` is refused, and
    `−3²` is minus nine."""

    items: list[Item]
    evaluator: Evaluator
    at: int = 0

    def whole(self) -> Value:
        value = self._sum()
        if self.at < len(self.items):
            raise Unreadable(f"{_name(self.items[self.at])} where the expression should end")
        return value

    def _next(self, *signs: str) -> str:
        """The sign that comes next, taken, if it is one of these; else nothing."""
        item = self.items[self.at] if self.at < len(self.items) else None
        if isinstance(item, str) and not isinstance(item, Word) and item in signs:
            self.at += 1
            return item
        return ""

    def _sum(self) -> Value:
        negative = self._next("−")
        total = self._product()
        if negative:
            total = Value(-total.number, total.exact)
        while sign := self._next("+", "−"):
            term = self._product()
            number = total.number + term.number if sign == "+" else total.number - term.number
            total = Value(number, total.exact and term.exact)
        return total

    def _product(self) -> Value:
        product = self._factor()
        while self._next("·"):
            factor = self._factor()
            product = Value(product.number * factor.number, product.exact and factor.exact)
        return product

    def _factor(self) -> Value:
        value = self._atom()
        while True:
            item = self.items[self.at] if self.at < len(self.items) else None
            if isinstance(item, Form) and item.name == "power":
                self.at += 1
                exponent = _Reader(item.parts[0], self.evaluator).whole()
            elif self._next("²"):
                exponent = Value(Fraction(2))
            else:
                return value
            if isinstance(exponent.number, float) or exponent.number.denominator != 1:
                raise Unreadable("an exponent that is no whole number")
            if isinstance(value.number, float):
                raise Unreadable("a power of infinity")
            value = Value(value.number ** int(exponent.number), value.exact and exponent.exact)

    def _atom(self) -> Value:
        if self._next("("):
            return self._parts()[0]
        item = self.items[self.at] if self.at < len(self.items) else None
        self.at += 1
        if isinstance(item, Printed):
            return Value(item.number)
        if isinstance(item, Form) and item.name != "power":
            parts = [_Reader(part, self.evaluator).whole() for part in item.parts]
            if item.name == "sqrt":
                return self.evaluator.function("sqrt", parts[0])
            return Value(parts[0].number / parts[1].number, parts[0].exact and parts[1].exact)
        if isinstance(item, Word):
            return self._call(item)
        raise Unreadable(f"{_name(item)} where a number should stand")

    def _call(self, name: str) -> Value:
        if not self._next("("):
            raise Unreadable(f"{name!r} without a parenthesis")
        if name == "max":
            parts = self._parts(several=True)
            return Value(max(part.number for part in parts), all(part.exact for part in parts))
        if name not in ("exp", "ln", "erfc"):
            raise Unreadable(f"the function {name!r}")
        return self.evaluator.function(name, self._parts()[0])

    def _parts(self, several: bool = False) -> list[Value]:
        """Expressions up to the closing parenthesis, whose opening one is taken."""
        parts = [self._sum()]
        while several and self._next(";"):
            parts.append(self._sum())
        if not self._next(")"):
            raise Unreadable("a parenthesis that is not closed")
        return parts


def _name(item: Item | None) -> str:
    if item is None:
        return "nothing"
    return repr(str(item)) if isinstance(item, str) else "a number" if isinstance(item, Printed) else f"a {item.name}"


# ------------------------------------------------------------------------------------------------------- the check


def check(pages: Iterable[Page], rounded: Rounded | None = None) -> Check:
    """Evaluates every worked line of the pages. Where it is known which bound numbers are rounded, `=` is held to
    what it promises."""
    result, evaluator = Check("equations"), Evaluator()
    counts = {"lines": 0, "equal": 0, "rounded": 0, "elided": 0}
    for page in pages:
        for line in page.lines:
            _hold(line, evaluator.line(line.element, rounded), counts, result)
        if page.lines:
            result.pages[page.name] = len(page.lines)
    result.counts = counts
    result.says = (
        f"{counted(counts['lines'], 'worked line')} on {counted(len(result.pages), 'page')}, evaluated as printed: "
        f"{counts['equal']:,} equal, {counts['rounded']:,} to half a unit of the last digit, "
        f"{counts['elided']:,} elided and so not evaluated"
    )
    return result


def _hold(line: Line, outcome: Outcome, counts: dict[str, int], result: Check) -> None:
    counts["lines"] += 1
    if outcome.elided:
        counts["elided"] += 1
    elif outcome.wrong:
        result.fault(line.where, f"{line.name}: {outcome.wrong}")
    else:
        counts["equal" if outcome.relation == "=" else "rounded"] += 1
