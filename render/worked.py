"""One cell worked in full: its operation with this step's numbers, and the number that comes of it.

A worked line closes: its printed operands, evaluated exactly, give its printed result to the last digit. Operands get
the guard digits that this takes. `=` stands where nothing was lost to rounding (the digits are exact, a number is only
moved, or the result is exactly known and the printed operands give it), `≈` everywhere else.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import mpmath

from calc.ledger import Entry
from render.digits import MINUS_INFINITY, Digits, Printed
from render.digits import whole as with_commas

Index = tuple[int, ...]


class DoesNotClose(ValueError):
    """A worked line whose printed operands do not give its printed result at any number of digits."""


@dataclass(frozen=True)
class Cell:
    """A number of the ledger."""

    entry: Entry
    index: Index


@dataclass(frozen=True)
class Plain:
    """A number that belongs to the formula itself; None is minus infinity."""

    text: str
    value: Fraction | None


@dataclass(frozen=True)
class Call:
    """An operation on parts. `name` is one of sum, product, difference, quotient, neg, max, power, square or a
    function."""

    name: str
    parts: tuple[Part, ...]


Part = Cell | Plain | Call
FUNCTIONS: dict[str, Callable[[mpmath.mpf], mpmath.mpf]] = {
    "exp": mpmath.exp, "ln": mpmath.log, "sqrt": mpmath.sqrt, "erfc": mpmath.erfc,
}  # fmt: skip
_EXACTLY = {("exp", Fraction(0)): 1, ("ln", Fraction(1)): 0, ("erfc", Fraction(0)): 1}
_MOST_GUARD = 11
_CANCELLED = Fraction(1, 10**12)


class Worker:
    """Worked lines of a ledger's cells, as the text of a `worked` fence; of another run's ledger, with its name."""

    def __init__(self, digits: Digits, longest_sum: int, run: str = "") -> None:
        self.digits, self.longest_sum, self.run = digits, longest_sum, run

    def fence(self, entry: Entry, index: Index) -> str:
        """The fence for one cell: a name for each entry in it, a blank line, and the line."""
        expression = expand(entry, index)
        aliases = dict(zip(_names(expression), _aliases(), strict=False))
        aliases[entry.name] = "r"
        line = self.line(expression, Cell(entry, index), aliases)
        of = f" @{self.run}" if self.run else ""
        header = "\n".join(f"{alias} = {name}{of}" for name, alias in aliases.items())
        return f"~~~worked\n{header}\n\n{line}\n~~~"

    def line(self, expression: Part, result: Cell, aliases: Mapping[str, str]) -> str:
        """`operands ≈ result`, with as many digits of the operands as it takes."""
        printed = self.digits.printed(result.entry, result.index)
        found = self.closing(expression, printed)
        if found is None:
            raise DoesNotClose(f"{result.entry.name}{list(result.index)}: the worked line does not close")
        more, equal = found
        right = _bound(printed.text, result, aliases)
        return f"{self.text(expression, more, aliases)} {'=' if equal else '≈'} {right}"

    def closing(self, expression: Part, printed: Printed) -> tuple[int, bool] | None:
        """The guard digits with which an expression gives a printed result, and whether nothing was lost to rounding;
        None where no number of them does it."""
        for more in range(_MOST_GUARD + 1):
            value, exact = self.evaluate(expression, more)
            # Where terms cancel to 0 as far as float64 can tell, digits of theirs never do so to the last one.
            cancels = printed.value == 0 and more == _MOST_GUARD
            off = _CANCELLED if cancels else printed.half
            if printed.infinite if value is None else abs(value - printed.value) <= off:
                certain = exact or printed.exact or self._moves(expression)
                return more, value is None or (certain and value == printed.value)
        return None

    def _moves(self, part: Part) -> bool:
        """Whether the line only moves one number: a copy, the largest of several, a sum with nothing else in it."""
        if not isinstance(part, Call):
            return isinstance(part, Cell)
        if part.name in ("sum", "product"):
            neutral = Fraction(part.name == "product")
            rest = [p for p in part.parts if self.evaluate(p, 0) != (neutral, True)]
            return len(rest) <= 1 and all(map(self._moves, rest))
        if part.name == "difference" and (Fraction(0), True) in [self.evaluate(p, 0) for p in part.parts]:
            return any(map(self._moves, part.parts))  # nothing taken off, or taken off nothing
        return part.name in ("max", "neg") and all(map(self._moves, part.parts))

    def evaluate(self, part: Part, more: int) -> tuple[Fraction | None, bool]:
        """The value of the printed text, exactly (functions to 50 digits), and whether it is exact. None is minus
        infinity."""
        if isinstance(part, Plain):
            return part.value, True
        if isinstance(part, Cell):
            printed = self._printed(part, more)
            return (None, True) if printed.infinite else (printed.value, printed.exact)
        known = [self.evaluate(p, more) for p in part.parts]
        exact = all(e for _, e in known)
        values = [v for v, _ in known if v is not None]
        if len(values) < len(known) and part.name != "max":
            return (Fraction(0), True) if part.name == "exp" else (None, True)
        return _apply(part.name, values, exact)

    def text(self, part: Part, more: int, aliases: Mapping[str, str]) -> str:
        """The part as it is written in the fence."""
        if isinstance(part, Plain):
            return part.text
        if isinstance(part, Cell):
            return _bound(self._printed(part, more).text, part, aliases)
        texts = [self._inside(part.name, i, p, more, aliases) for i, p in enumerate(part.parts)]
        match part.name:
            case "sum":
                if len(texts) > self.longest_sum:
                    half = self.longest_sum // 2
                    texts = [*texts[:half], f"… ({len(texts) - 2 * half} more) …", *texts[-half:]]
                return " + ".join(texts) or "0"
            case "product":
                return " · ".join(texts)
            case "difference":
                return " − ".join(texts)
            case "quotient":
                return f"frac({'; '.join(texts)})"
            case "neg":
                return (
                    f"−({texts[0].removeprefix('(').removesuffix(')')})"  # apart, or the sign would be the number's own
                )
            case "square":
                return f"{texts[0]}²"
            case name:
                return f"{name}({'; '.join(texts)})"

    def _inside(self, name: str, place: int, part: Part, more: int, aliases: Mapping[str, str]) -> str:
        """The part, in parentheses where a sign or a sum beside it would be misread."""
        text = self.text(part, more, aliases)
        if name in ("quotient", "max", "power", *FUNCTIONS):
            return text
        if isinstance(part, Call):
            if part.name == "product" and place and text.startswith("−"):
                first, times, rest = text.partition(" · ")
                return f"({first}){times}{rest}"
            is_sum = part.name in ("sum", "difference", "neg")
            return f"({text})" if is_sum and (name in ("product", "neg", "square") or place) else text
        negative = text.startswith("−")
        return f"({text})" if negative and (place or name in ("neg", "square")) else text

    def _printed(self, cell: Cell, more: int) -> Printed:
        return self.digits.printed(cell.entry, cell.index, more)


def _apply(name: str, values: list[Fraction], exact: bool) -> tuple[Fraction, bool]:
    match name:
        case "sum":
            return sum(values, Fraction(0)), exact
        case "product":
            product = Fraction(1)
            for value in values:
                product *= value
            return product, exact
        case "difference":
            return values[0] - values[1], exact
        case "quotient":
            return values[0] / values[1], exact
        case "neg":
            return -values[0], exact
        case "square":
            return values[0] ** 2, exact
        case "max":
            return max(values), exact
        case "power":
            return values[0] ** int(values[1]), exact
        case function:
            return _function(function, values[0], exact)


def _function(name: str, x: Fraction, exact: bool) -> tuple[Fraction, bool]:
    """The function to 50 digits; exact only where its value is a rational number that is known."""
    if (name, x) in _EXACTLY:
        return Fraction(_EXACTLY[name, x]), exact
    with mpmath.workdps(50):
        y = FUNCTIONS[name](mpmath.mpf(x.numerator) / x.denominator)
        value = Fraction(mpmath.nstr(y, 50, min_fixed=0, max_fixed=0)) if y else Fraction(0)
    if name == "sqrt":
        nearest = value.limit_denominator(10**9)
        if nearest * nearest == x:
            return nearest, exact
    return value, False


def _bound(text: str, cell: Cell, aliases: Mapping[str, str]) -> str:
    index = ",".join(map(str, cell.index))
    return f"{text}{{{aliases[cell.entry.name]}{' ' + index if index else ''}}}"


def _aliases() -> Iterator[str]:
    """a, b, c ... without r, which is the result; then a1, b1 ..."""
    for round_ in itertools.count():
        yield from (f"{letter}{round_ or ''}" for letter in "abcdefghijklmnopqstuvwxyz")


def _names(part: Part) -> list[str]:
    """The entries of an expression, in order of first appearance."""
    if isinstance(part, Cell):
        return [part.entry.name]
    if isinstance(part, Plain):
        return []
    return list(dict.fromkeys(name for p in part.parts for name in _names(p)))


def whole(number: int) -> Plain:
    return Plain(with_commas(number), Fraction(number))


def expand(entry: Entry, index: Index) -> Part:
    """The operation that made one cell, on the cells it was made of."""
    where = dict(zip(entry.axes, index, strict=True))

    def cell(place: int, at: Mapping[str, int] = where) -> Cell:
        operand, axes = entry.operands[place], entry.operand_axes[place]
        return Cell(operand, tuple(at[a] for a in axes))

    def runs() -> list[dict[str, int]]:
        """Where the summed letters go, all of them."""
        sizes = dict(
            pair for operand, axes in zip(entry.operands, entry.operand_axes, strict=True)
            for pair in zip(axes, operand.shape, strict=True)
        )  # fmt: skip
        free = [a for a in sizes if a not in where]
        return [where | dict(zip(free, at, strict=True)) for at in itertools.product(*[range(sizes[a]) for a in free])]

    cells = [cell(place) for place in range(len(entry.operands))] if entry.op in _BY_CELL else []
    match entry.op:
        case "dot":
            return Call("sum", tuple(Call("product", (cell(0, at), cell(1, at))) for at in runs()))
        case "sum":
            return Call("sum", tuple(cell(0, at) for at in runs()))
        case "max":
            return Call("max", tuple(cell(0, at) for at in runs()))
        case "mean":
            terms = tuple(cell(0, at) for at in runs())
            return Call("quotient", (Call("sum", terms), whole(len(terms))))
        case "add" | "sub" | "mul" | "div" | "neg" | "square" | "power":
            return Call(_BY_CELL[entry.op], tuple(cells))
        case "exp" | "log" | "sqrt" | "erfc":
            return Call(_BY_CELL[entry.op], tuple(cells))
        case "add_constant":
            return Call("sum", (cells[0], _constant(entry)))
        case "mul_constant":
            return Call("product", (_constant(entry), cells[0]))
        case "copy" | "repeat":
            return cells[0]
        case "mask":
            return cells[0] if cells[1].entry.value[cells[1].index] else Plain(MINUS_INFINITY, None)
        case "gather":
            row = int(entry.operands[1].value[tuple(where[a] for a in entry.operand_axes[1])])
            return Cell(entry.operands[0], (row, *index[len(entry.operand_axes[1]) :]))
        case "pick":
            column = int(entry.operands[1].value[index])
            return Cell(entry.operands[0], (*index, column))
        case "scatter_add":
            ids = entry.operands[1].value
            rows = [at for at in itertools.product(*map(range, ids.shape)) if ids[at] == index[0]]
            return Call("sum", tuple(Cell(entry.operands[0], (*row, *index[1:])) for row in rows))
        case "select":
            return cell(0, where | entry.attrs["at"])
        case "split":
            *batch, head, position, channel = index
            width = entry.shape[-1]
            return Cell(entry.operands[0], (*batch, position, head * width + channel))
        case "join":
            *batch, position, column = index
            width = entry.operands[0].shape[-1]
            return Cell(entry.operands[0], (*batch, column // width, position, column % width))
        case "size":
            return whole(entry.operands[0].value.size)
        case "one_hot" | "causal_mask" | "identity":
            return whole(int(entry.value[index]))
        case "count":
            return Call("sum", tuple(whole(n) for n in entry.attrs["parts"].values()))
        case op:
            raise ValueError(f"no worked line for the operation {op!r}")


_BY_CELL = {
    "add": "sum", "sub": "difference", "mul": "product", "div": "quotient", "neg": "neg", "square": "square",
    "power": "power", "exp": "exp", "log": "ln", "sqrt": "sqrt", "erfc": "erfc", "add_constant": "", "mul_constant": "",
    "copy": "", "mask": "", "repeat": "",
}  # fmt: skip


def _constant(entry: Entry) -> Plain:
    value = Fraction(repr(float(entry.attrs["constant"])))
    text = str(value.numerator) if value.denominator == 1 else f"{float(value):g}"
    return Plain(f"({text})".replace("-", "−") if value < 0 else text, value)
