"""Worked lines, read as a reader reads them: the printed text goes through an evaluator of its own, and must close."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from html import unescape
from typing import Any, TypeAlias

import mpmath
import numpy as np
import pytest

from calc.ledger import Entry, Ledger
from calc.operations import OPERATIONS
from render import fences
from render.digits import Digits
from render.pages import Site
from render.worked import DoesNotClose, Worker
from tests.configurations import CONFIGURATIONS, computed, configured

INFINITE = mpmath.mpf("-inf")
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
TOKEN = re.compile(
    r" *(?:(?P<number>(?:[\d,]+(?:\.\d+)?)(?:×10(?P<power>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))?|∞)"
    r"(?:\{(?P<alias>[a-z]\w*)(?: (?P<index>[\d,]+))?\})?|(?P<word>[a-z]+)|(?P<sign>[+−·()²;=≈]))"
)
Value: TypeAlias = "Fraction | mpmath.mpf"  # a fraction as long as no function or infinity came in


@dataclass
class Number:
    """A number that stands in a line: the cell it is bound to, its value and half a unit of its last digit."""

    cell: tuple[str, tuple[int, ...]] | None
    value: Value
    half: Fraction


@dataclass
class Reader:
    """Reads a worked fence's line and evaluates it to 50 digits. A sign may stand only where an expression begins, as
    in school: `2 + −3` is refused."""

    fence: str
    names: dict[str, str] = field(default_factory=dict)
    numbers: list[Number] = field(default_factory=list)

    def __post_init__(self) -> None:
        start, *header, blank, line, end = self.fence.split("\n")
        assert (start, blank, end) == ("~~~worked", "", "~~~")
        self.names = dict(h.split(" = ") for h in header)
        self.line = line
        self.elided = re.search(r"… \(\d+ more\) …", line)
        self.tokens = list(self._tokens()) if not self.elided else []
        self.at = 0

    def _tokens(self) -> Iterator[re.Match[str]]:
        at = 0
        while at < len(self.line):
            token = TOKEN.match(self.line, at)
            assert token, f"cannot read {self.line[at:]!r}"
            at = token.end()
            yield token

    def closes(self) -> bool:
        """Whether the left side gives the right one: exactly where `=` says so, else to half a last digit."""
        left = self._sum()
        relation = self._take("=≈")
        right = self._sum()
        assert self.at == len(self.tokens), self.line
        result = self.numbers[-1]
        assert abs(result.value) == abs(right)
        if left == right:
            return True
        if INFINITE in (left, right):
            return False
        with mpmath.workdps(50):
            off = abs(exact(left) - exact(right))
        return off <= (Fraction(1, 10**45) * abs(exact(right)) if relation == "=" else result.half)

    def _peek(self, signs: str) -> bool:
        return self.at < len(self.tokens) and (self.tokens[self.at]["sign"] or "?") in signs

    def _take(self, signs: str) -> str:
        assert self._peek(signs), f"{signs} expected at {self.at}: {self.line}"
        self.at += 1
        return self.tokens[self.at - 1]["sign"]

    def _sum(self) -> Value:
        negative = self._peek("−") and self._take("−")
        total = self._product()
        total = -total if negative else total
        while self._peek("+−"):
            adds = self._take("+−") == "+"
            assert not self._peek("−"), f"two signs in a row: {self.line}"
            term = self._product()
            total = total + term if adds else total - term
        return total

    def _product(self) -> Value:
        product = self._factor()
        while self._peek("·"):
            self._take("·")
            assert not self._peek("−"), f"two signs in a row: {self.line}"
            product = product * self._factor()
        return product

    def _factor(self) -> Value:
        token = self.tokens[self.at]
        if token["sign"] == "(":
            value = self._parts()[0]
        else:
            self.at += 1
            value = self._call(token["word"]) if token["word"] else self._number(token)
        if self._peek("²"):
            self._take("²")
            value = value**2
        return value

    def _parts(self) -> list[Value]:
        self._take("(")
        parts = [self._sum()]
        while self._take(";)") == ";":
            parts.append(self._sum())
        return parts

    def _call(self, name: str) -> Value:
        parts = self._parts()
        if name == "max":
            return max(parts, key=float)
        if name == "frac":
            return parts[0] / parts[1]
        if name == "power":
            return parts[0] ** int(parts[1])
        function = {"exp": mpmath.exp, "ln": mpmath.log, "sqrt": mpmath.sqrt, "erfc": mpmath.erfc}[name]
        with mpmath.workdps(60):
            x = parts[0] if parts[0] == INFINITE else mpmath.mpf(parts[0].numerator) / parts[0].denominator
            return exact(function(x))

    def _number(self, token: re.Match[str]) -> Value:
        negative = self.at > 1 and self.tokens[self.at - 2]["sign"] == "−" and self._is_sign(self.at - 2)
        power = int((token["power"] or "0").translate(SUPERSCRIPTS))
        text = token["number"].partition("×")[0].replace(",", "")
        value = mpmath.inf if text == "∞" else Fraction(text) * Fraction(10) ** power
        half = Fraction(10) ** (power - len(text.partition(".")[2])) / 2
        cell = None
        if token["alias"]:
            index = token["index"]
            cell = (self.names[token["alias"]], tuple(map(int, index.split(","))) if index else ())
        self.numbers.append(Number(cell, -value if negative else value, half))
        return value

    def _is_sign(self, at: int) -> bool:
        """Whether the minus is the number's own: it begins an expression and stands right at its number."""
        token, after = self.tokens[at], self.tokens[at + 1]
        return token.end() == after.start() and self.line[after.start()] != " "


def exact(x: Value) -> Fraction:
    """An mpf is a fraction with a power of two below."""
    if isinstance(x, Fraction):
        return x
    sign, mantissa, power, _ = x._mpf_
    whole = Fraction(-int(mantissa) if sign else int(mantissa))
    return whole * 2 ** int(power) if power > 0 else whole / 2 ** -int(power)


def is_right(number: Number, ledger: Ledger, digits: Digits) -> bool:
    """Whether a bound number is its cell's value, rounded to the digits it is printed with."""
    assert number.cell
    name, index = number.cell
    entry = ledger[name]
    assert len(index) == len(entry.axes)
    x = float(entry.value[index])
    if x == float("-inf"):
        return bool(number.value == INFINITE)
    if entry.zeros is not None and entry.zeros[index]:
        return bool(number.value == 0)
    nearest = float(digits.exact.nearest(entry)[index])
    return float(number.value) == nearest or abs(number.value - Fraction(x)) <= number.half * (1 + Fraction(1, 10**5))


def faults(worker: Worker, ledger: Ledger, entry: Entry, index: tuple[int, ...]) -> str:
    """What is wrong with the worked line of a cell; nothing where it is right."""
    fence = worker.fence(entry, index)
    reader = Reader(fence)
    if set(reader.names.values()) - {entry.name} - {operand.name for operand in entry.operands}:
        return f"names what is no operand: {fence}"
    if reader.elided:
        return ""
    if not reader.closes():
        return f"does not close: {fence}"
    if reader.numbers[-1].cell != (entry.name, index):
        return f"has another result: {fence}"
    wrong = [n for n in reader.numbers if n.cell and not is_right(n, ledger, worker.digits)]
    return f"has wrong digits at {wrong[0].cell}: {fence}" if wrong else ""


# A whole step


@pytest.mark.parametrize("name", [name for name in CONFIGURATIONS if name != "odd words"])
def test_every_line_closes(name: str) -> None:
    """The worked cell of every entry, and cells drawn at random."""
    config, ledger = computed(name)
    site = Site(ledger, config)
    drawn = random.Random(5)
    found = []
    for entry in ledger:
        if entry.op == "given":
            continue
        cells = {tuple(site.at[axis] for axis in entry.axes), tuple(drawn.randrange(n) for n in entry.shape)}
        found += [what for index in cells if (what := faults(site.worker, ledger, entry, index))]
    assert not found, "\n".join(found[:5])


@pytest.mark.parametrize("digits", [3, 5, 8])
def test_lines_close_at_other_numbers_of_digits(digits: int) -> None:
    _, ledger = computed("narrow")
    site = Site(ledger, configured(CONFIGURATIONS["narrow"] | {"display.digits": digits}))
    found = [
        what for entry in ledger if entry.op != "given"
        if (what := faults(site.worker, ledger, entry, tuple(site.at[axis] for axis in entry.axes)))
    ]  # fmt: skip
    assert not found, "\n".join(found[:5])


# Line by line


def laid(**values: Any) -> Ledger:
    """A ledger with these vectors on D, or scalars."""
    led = Ledger({"D": 3, "T": 2, "S": 2, "V": 4, "H": 2, "K": 2, "C": 4})
    for name, value in values.items():
        led.given(name, name, "D" if np.ndim(value) else "", value)
    return led


def line(led: Ledger, entry: Entry, *index: int, longest: int = 128) -> str:
    """The one line of an entry's fence, which is right by the evaluator's account too."""
    digits = Digits(led, configured({}))
    worker = Worker(digits, longest)
    assert not faults(worker, led, entry, index)
    return worker.fence(entry, index).split("\n")[-2]


def test_a_fence_names_its_operands_in_order_and_the_result_r() -> None:
    led = laid(x=[0.5, 2.0, -1.0], y=[0.25, 0.5, 4.0])
    total = led.put("z", "z", "D", "add", led["y"], led["x"], led["y"])
    fence = Worker(Digits(led, configured({})), 128).fence(total, (1,))
    assert fence == "~~~worked\na = y\nb = x\nr = z\n\n0.50{a 1} + 2.0{b 1} + 0.50{a 1} = 3{r 1}\n~~~"


def test_lines_of_single_operations() -> None:
    led = laid(x=[0.5, -2.0, 3.0], y=[0.25, -0.5, 4.0], two=2, c=2.0, d=-0.7)
    x, y = led["x"], led["y"]

    def shown(op: str, *operands: Entry, axes: str = "D", **attrs: Any) -> str:
        entry = led.put(f"{op}{len(led)}", "z", axes, op, *operands, **attrs)
        return line(led, entry, *([1] if axes else []))

    assert shown("sub", x, y) == "−2.0{a 1} − (−0.50{b 1}) = −1.50{r 1}"
    assert shown("mul", x, y) == "−2.0{a 1} · (−0.50{b 1}) = 1.000{r 1}"
    assert shown("div", x, y) == "frac(−2.0{a 1}; −0.50{b 1}) = 4.00{r 1}"
    assert shown("div", x, led["d"]) == "frac(−2.0{a 1}; −0.7{b}) ≈ 2.857{r 1}"
    assert shown("neg", x) == "−(−2.0{a 1}) = 2.0{r 1}"
    assert shown("square", x) == "(−2.0{a 1})² = 4.00{r 1}"
    assert shown("power", x, led["two"]) == "power(−2.0{a 1}; 2{b}) = 4.00{r 1}"
    assert shown("add_constant", x, constant=1.0) == "−2.0{a 1} + 1 = −1.0{r 1}"
    assert shown("mul_constant", x, constant=-0.5) == "(−0.5) · (−2.0{a 1}) = 1.00{r 1}"
    assert shown("exp", x) == "exp(−2.0{a 1}) ≈ 0.1353{r 1}"
    assert shown("erfc", x) == "erfc(−2.0{a 1}) ≈ 1.995{r 1}"
    assert shown("max", x, axes="") == "max(0.5{a 0}; −2.0{a 1}; 3.0{a 2}) = 3.000{r}"
    assert shown("mean", x, axes="") == "frac(0.5{a 0} + (−2.0{a 1}) + 3.0{a 2}; 3) = 0.5{r}"
    assert shown("dot", x, y, axes="") == (
        "0.5{a 0} · 0.25{b 0} + (−2.0{a 1}) · (−0.50{b 1}) + 3.0{a 2} · 4.00{b 2} = 13.125{r}"
    )
    assert shown("sqrt", led["c"], axes="") == "sqrt(2{a}) ≈ 1.414{r}"
    assert shown("size", x, axes="") == "3 = 3{r}"


def test_functions_are_exact_only_where_they_are() -> None:
    led = laid(x=[0.0, 1.0, 4.0])
    x = led["x"]
    assert line(led, led.put("e", "e", "D", "exp", x), 0) == "exp(0{a 0}) = 1.000{r 0}"
    assert line(led, led.put("f", "f", "D", "erfc", x), 0) == "erfc(0{a 0}) = 1.000{r 0}"
    root = led.put("s", "s", "D", "sqrt", x)
    assert line(led, root, 2) == "sqrt(4{a 2}) = 2.000{r 2}"
    assert line(led, root, 0) == "sqrt(0{a 0}) = 0{r 0}"
    one = led.given("one", "1", "", 1.0)
    assert line(led, led.put("l", "l", "", "log", one)) == "ln(1{a}) = 0{r}"


def test_operands_get_the_guard_digits_that_their_difference_takes() -> None:
    led = laid(x=[2.0, 2.0003, 5.0])
    root = led.put("root", "s", "D", "sqrt", led["x"])
    first, second = (led.put(f"r{i}", "s", "", "select", root, at={"D": i}) for i in (0, 1))
    assert line(led, first) == "1.414{a 0} = 1.414{r}"
    assert line(led, led.put("d", "d", "", "sub", second, first)) == "1.41431962{a} − 1.41421356{b} ≈ 1.061×10⁻⁴{r}"


def test_rows_and_columns_are_found_by_their_numbers() -> None:
    led = laid()
    table = led.given("table", "E", "V D", np.arange(12).reshape(4, 3) / 4)
    ids = led.given("ids", "i", "T", [3, 3])
    rows = led.put("rows", "X", "T D", "gather", table, ids)
    assert line(led, rows, 1, 2) == "2.75{a 3,2} = 2.75{r 1,2}"
    back = led.put("back", "G", "V D", "scatter_add", rows, ids)
    assert line(led, back, 3, 0) == "2.25{a 0,0} + 2.25{a 1,0} = 4.5{r 3,0}"
    assert line(led, back, 0, 0) == "0 = 0{r 0,0}"
    chosen = led.put("chosen", "c", "T", "pick", led.given("y", "Y", "T V", [[1, 2, 3, 4.5], [5, 6, 7, 8.5]]), ids)
    assert line(led, chosen, 1) == "8.5{a 1,3} = 8.5{r 1}"


def test_heads_are_dealt_out_and_put_back() -> None:
    led = laid()
    q = led.given("q", "Q", "T C", np.arange(8).reshape(2, 4) / 8)
    heads = led.put("heads", "q", "H T K", "split", q)
    assert line(led, heads, 1, 0, 1) == "0.375{a 0,3} = 0.375{r 1,0,1}"
    assert line(led, led.put("joined", "O", "T C", "join", heads), 0, 3) == "0.375{a 1,0,1} = 0.375{r 0,3}"


def test_a_masked_score_is_minus_infinity_and_its_exponential_zero() -> None:
    led = laid()
    scores = led.put("scores", "S", "T S", "exp", led.given("x", "x", "T S", [[0.5, 1.5], [2.0, -1.0]]))
    mask = led.put("mask", "M", "T S", "causal_mask")
    masked = led.put("masked", "Z", "T S", "mask", scores, mask)
    assert line(led, masked, 1, 0) == "7.389{a 1,0} = 7.389{r 1,0}"
    assert line(led, masked, 0, 1) == "−∞ = −∞{r 0,1}"
    top = led.put("top", "m", "T", "max", masked)
    assert line(led, top, 0) == "max(1.649{a 0,0}; −∞{a 0,1}) = 1.649{r 0}"
    shifted = led.put("shifted", "z", "T S", "sub", masked, top)
    assert line(led, shifted, 0, 1) == "−∞{a 0,1} − 1.649{b 0} = −∞{r 0,1}"
    assert line(led, led.put("e", "E", "T S", "exp", shifted), 0, 1) == "exp(−∞{a 0,1}) = 0{r 0,1}"


def test_a_long_sum_shows_its_first_and_last_terms() -> None:
    led = laid()
    long = led.given("long", "x", "V", [0.5, 1.5, 2.5, 3.5])
    total = led.put("total", "t", "", "sum", long)
    assert line(led, total, longest=3) == "0.5{a 0} + … (2 more) … + 3.5{a 3} = 8{r}"
    assert line(led, total, longest=4) == "0.5{a 0} + 1.5{a 1} + 2.5{a 2} + 3.5{a 3} = 8{r}"


def test_a_sum_of_many_entries_has_a_letter_for_each() -> None:
    led = laid(**{f"x{i}": 10_000 * i for i in range(30)})
    total = led.put("total", "t", "", "add", *[led[f"x{i}"] for i in range(30)])
    text = line(led, total)
    assert text.startswith("0{a} + 10,000{b} + 20,000{c}")
    assert text.endswith("280,000{d1} + 290,000{e1} = 4,350,000{r}")  # r is kept for the result
    assert "{r}" not in text.partition("=")[0]


def test_what_cancels_beyond_a_floats_digits_does_not_close() -> None:
    led = laid(x=1e-12 / 3, one=1.0)
    grown = led.put("grown", "g", "", "exp", led["x"])
    difference = led.put("difference", "d", "", "sub", grown, led["one"])
    with pytest.raises(DoesNotClose, match=r"^difference\[\]: the worked line does not close$"):
        Worker(Digits(led, configured({})), 128).fence(difference, ())


def test_counts_are_written_with_commas_on_both_sides() -> None:
    led = Ledger({"V": 12_000})
    vector = led.given("x", "x", "V", np.zeros(12_000))
    assert line(led, led.put("n", "n", "", "size", vector)) == "12,000 = 12,000{r}"
    assert line(led, led.put("m", "m", "", "count", parts={"a": 10_000, "b": 1})) == "10,000 + 1 = 10,001{r}"


def test_a_sum_that_cancels_is_about_zero() -> None:
    """Terms of irrational operands whose true sum is 0: the ledger says 0, and no rounding of them does to the end."""
    led = laid(x=[0.07, 3.43, 0.5])
    roots = led.put("roots", "s", "D", "sqrt", led["x"])  # the second is seven times the first
    factors = led.given("factors", "f", "D", [-7.0, 1.0, 0.0])
    total = led.put("total", "t", "", "dot", roots, factors)
    assert total.value == 0
    text = line(led, total)
    assert re.fullmatch(r"0\.\d{15}\{a 0\} · \(−7\{b 0\}\) \+ .* · 0\{b 2\} [=≈] 0\{r\}", text), text


def test_an_operation_without_a_line_is_refused() -> None:
    given = laid(x=[1.0, 2.0, 3.0])["x"]
    with pytest.raises(ValueError, match="no worked line for the operation 'given'"):
        Worker(Digits(laid(), configured({})), 128).fence(given, (0,))


def test_every_operation_is_worked_somewhere_in_a_step() -> None:
    assert {entry.op for entry in computed("default").ledger} == set(OPERATIONS)


@pytest.mark.parametrize("name", ["default", "two layers"])
def test_a_drawn_line_holds_the_numbers_of_its_text(name: str) -> None:
    """The fence's formatter binds each number whole, minus sign, commas and power of ten included."""
    config, ledger = computed(name)
    site = Site(ledger, config)
    for entry in ledger:
        if entry.op != "given":
            fence = site.worker.fence(entry, tuple(site.at[axis] for axis in entry.axes))
            bound = re.findall(r"(−?[\d.,×⁰¹²³⁴⁵⁶⁷⁸⁹⁻∞]+)\{", fence)
            html = fences.draw_worked(fence.removeprefix("~~~worked\n").removesuffix("\n~~~"))
            assert [unescape(n) for n in re.findall(r'<span class="n"[^>]*>([^<]*)</span>', html)] == bound


# The evaluator itself


@pytest.mark.parametrize(
    ("text", "closes"),
    [
        ("0.5{a 0} + 0.25 = 0.75{r}", True),
        ("0.5{a 0} + 0.25 = 0.76{r}", False),
        ("0.5{a 0} + 0.254 ≈ 0.75{r}", True),
        ("0.5{a 0} + 0.256 ≈ 0.75{r}", False),
        ("frac(1; 3) ≈ 0.3333{r}", True),
        ("frac(1; 3) = 0.3333{r}", False),
        ("−2 · (−3 + 1)² − (−1) = −7{r}", True),
        ("exp(−∞) + sqrt(4) = 2{r}", True),
        ("1.5×10⁻³ · 2 = 0.003{r}", True),
        ("−(−1,234.5) = 1234.5{r}", True),
        ("exp(1) ≈ 2.718{r}", True),
        ("max(−1; −∞) − ln(1) + erfc(0) · power(2; 3) = 7{r}", True),
    ],
)
def test_the_evaluator_reads_lines_as_they_are_meant(text: str, closes: bool) -> None:
    assert Reader(f"~~~worked\na = x\nr = y\n\n{text}\n~~~").closes() == closes


@pytest.mark.parametrize("text", ["1 + −2 = −1{r}", "2 · −2 = −4{r}", "1 2 = 3{r}", "-1 = -1{r}"])
def test_the_evaluator_refuses_what_is_misread(text: str) -> None:
    with pytest.raises(AssertionError):
        Reader(f"~~~worked\nr = y\n\n{text}\n~~~").closes()
