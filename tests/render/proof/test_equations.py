"""Worked lines evaluated as they are printed: arithmetic that holds passes, whatever its form; any other is found."""

from __future__ import annotations

import pytest

from render.fences import draw_worked
from render.proof.equations import check
from render.proof.reading import Element, Page
from render.proof.report import Check


def checked(line: str, rounded: str = "") -> Check:
    """A line as fences write it, {r} after a bound number; the numbers bound to the letters in `rounded` are."""
    names = "\n".join(f"{letter} = {letter}" for letter in "abcr")
    page = Page("page.html", draw_worked(f"{names}\n\n{line}"))

    def is_rounded(element: Element) -> bool:
        return element.attributes["data-ref"] in rounded

    return check([page], is_rounded)


HOLD = [
    "0.5{a} + 0.25{b} = 0.75{r}",
    "0.5{a} + (−0.25{b}) = 0.25{r}",
    "0.5{a} − 0.75{b} = −0.25{r}",
    "0.5{a} − (−0.25{b}) = 0.75{r}",
    "0.1{a} · 0.2{b} + 0.3{a} · (−0.4{b}) = −0.1{r}",
    "2 · (0.1{a} + 0.2{b}) = 0.6{r}",
    "(−0.5) · 0.3{a} = −0.15{r}",
    "−(0.25{a}) = −0.25{r}",
    "−0.5{a} · 0.5{b} = −0.25{r}",
    "(−0.5{a})² = 0.25{r}",
    "0.3333{a}² ≈ 0.1111{r}",
    "frac(1{a} + 2{b}; 4) = 0.75{r}",
    "frac(1{a}; 3) ≈ 0.3333{r}",
    "frac(2{a}; 3) ≈ 0.6667{r}",
    "frac(1.5{a}; frac(1{b}; 2)) = 3{r}",
    "sqrt(0.25{a}) = 0.5{r}",
    "sqrt(2{a}) ≈ 1.414{r}",
    "power(0.9{a}; 3{b}) = 0.729{r}",
    "exp(0{a}) = 1{r}",
    "exp(1{a}) ≈ 2.718{r}",
    "exp(−∞{a}) = 0{r}",
    "ln(1{a}) = 0{r}",
    "ln(0.5{a}) ≈ −0.6931{r}",
    "erfc(−0.5{a}) ≈ 1.520{r}",
    "max(0.1{a}; −∞{b}; −0.2{c}) = 0.1{r}",
    "−∞{a} − 0.5{b} = −∞{r}",
    "−∞{a} = −∞{r}",
    "12,345{a} + 1 = 12,346{r}",
    "1.5×10⁻⁵{a} · 2 = 3×10⁻⁵{r}",
    "0.1{a} + 0.2{b} = 0.3 ≈ 0.3000{r}",
    "1{a} − 1{b} ≈ 0{r}",
    "0.1235{a} · 0.1235{b} ≈ 0.01525{r}",  # 0.01525225
]
FAIL = [
    ("0.5{a} + 0.25{b} = 0.76{r}", "r: “0.5 + 0.25 = 0.76”: the left side is 0.75, which is not equal"),
    ("0.5{a} − 0.25{b} = 0.75{r}", "the left side is 0.25, which is not equal"),
    ("0.1235{a} · 0.1235{b} = 0.01525{r}", "the left side is 0.01525225, which is not equal"),
    ("frac(1{a}; 3) ≈ 0.3334{r}", "the left side is 0.333333333333, farther than half a unit of the last digit"),
    ("frac(1{a}; 3) = 0.3333{r}", "which is not equal"),
    ("sqrt(2{a}) = 1.414{r}", "which is not equal"),
    ("exp(1{a}) ≈ 2.719{r}", "farther than half a unit"),
    ("−0.5{a}² ≈ 0.25{r}", "the left side is −0.25"),
    ("0.0001{a} · 0.1{b} ≈ 0{r}", "the left side is 1.0e−5"),
    ("max(0.1{a}; 0.2{b}) = 0.1{r}", "the left side is 0.2"),
    ("−∞{a} = 0.5{r}", "the left side is −∞"),
    ("0.5{a} ≈ −∞{r}", "the left side is 0.5"),
    ("exp(−∞{a}) = 1{r}", "the left side is 0.0"),
    ("2{a} + −3{b} = −1{r}", "cannot be evaluated: '−' where a number should stand"),
    ("2{a} · −3{b} = −6{r}", "cannot be evaluated"),
    ("2{a} 3{b} = 6{r}", "cannot be evaluated: a number where the expression should end"),
    ("(2{a} + 3{b} = 5{r}", "a parenthesis that is not closed"),
    ("frac(1{a}; 0{b}) = 1{r}", "cannot be evaluated"),
    ("2{a} + 3{b}", "it has no = or ≈"),
    ("3{a} ≈ 1{b} + 1{r}", "after ≈ stands no single number"),
    ("sin(2{a}) ≈ 0.9093{r}", "the function 'sin'"),
    ("2{a} × 3{b} = 6{r}", "cannot be evaluated: '×"),
    ("ln(−1{a}) = 0{r}", "ln of -1"),
    ("sqrt(−1{a}) = 1{r}", "sqrt of -1"),
    ("0.1{a} + 0.2{b} = 0.4 ≈ 0.4000{r}", "the left side is 0.3"),
    ("= 6{r}", "nothing where a number should stand"),
]


@pytest.mark.parametrize("line", HOLD)
def test_a_line_that_holds_passes(line: str) -> None:
    found = checked(line)
    assert not found.faults, found.faults
    assert found.counts["equal"] + found.counts["rounded"] == found.counts["lines"] == 1


@pytest.mark.parametrize(("line", "says"), FAIL)
def test_a_line_that_does_not_is_named(line: str, says: str) -> None:
    (fault,) = checked(line).faults
    assert fault.where == "page.html"
    assert says in fault.what


@pytest.mark.parametrize("line", [line for line in HOLD if "∞" not in line])
def test_another_digit_of_an_operand_is_found(line: str) -> None:
    number = line[: line.index("{a}")]
    start = max(number.rfind(sign) for sign in " (−") + 1
    at = next((i for i in range(start, len(number)) if number[i] in "123456789"), start)
    changed = f"{line[:at]}{int(line[at]) + (1 if line[at] < '9' else -1)}{line[at + 1 :]}"
    assert checked(changed).faults, changed


@pytest.mark.parametrize(
    ("line", "rounded"),
    [
        ("0.8161{a} − 0.6660{b} = 0.1501{r}", "abr"),
        ("0.1 · 0.007828{a} = 7.828×10⁻⁴{r}", "ar"),
        ("0.007828{a} · 1.000{b} = 0.007828{r}", "abr"),
        ("frac(0.5000{a}; 0.5000{b}) = 1.000{r}", "abr"),
        ("0.5{a} + 0.25{b} = 0.75{r}", "r"),
    ],
)
def test_rounded_numbers_that_happen_to_agree_are_not_equal(line: str, rounded: str) -> None:
    (fault,) = checked(line, rounded).faults
    assert "says = of rounded numbers" in fault.what
    assert not checked(line.replace("=", "≈"), rounded).faults
    assert not checked(line).faults


@pytest.mark.parametrize(
    "line",
    [
        "0.8161{a} = 0.8161{r}",
        "−(0.8161{a}) = −0.8161{r}",
        "max(−0.5000{a}; 0.8161{b}; 0.8160{c}) = 0.8161{r}",
        "0 + 1 · 0.8161{a} = 0.8161{r}",
        "0 · 0.8161{a} = 0",
        "0.8161{a} − 0.8161{b} = 0",
    ],
)
def test_a_line_that_moves_rounded_numbers_may_say_equal(line: str) -> None:
    assert not checked(line, "abcr").faults


def test_an_elided_sum_is_counted_and_not_taken_for_closed() -> None:
    found = checked("0.5{a} + … (1,200 more) … + 0.25{b} ≈ 3.000{r}")
    assert not found.faults
    assert found.counts == {"lines": 1, "equal": 0, "rounded": 0, "elided": 1}
    assert "1 elided" in found.says


@pytest.mark.parametrize(
    ("html", "says"),
    [
        ('<span class="frac"><span>1</span><span>2</span></span> = 2', "a fraction that is written"),
        ('<span class="radical">4</span> = 2', "a root that is written"),
        ("<b>2</b> = 2", "<b> in a line"),
        ('<span class="n" data-ref="r">2 + 1</span> = 3', "'2 + 1' where a number is bound"),
        ('<span class="n" data-ref="r"></span> = 3', "'' where a number is bound"),
    ],
)
def test_structure_that_is_no_formula_is_refused(html: str, says: str) -> None:
    (fault,) = check([Page("page.html", f'<div class="worked"><p class="line">{html}</p></div>')]).faults
    assert says in fault.what
