"""Printed digits against exact arithmetic: right to the last digit, whatever the value, and readable."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from calc.ledger import Entry, Ledger
from render import fences
from render.digits import MINUS, Digits, rounded, whole, written
from tests.configurations import computed, configured

TIE = Fraction(1, 10**12)  # relative; a float64 this near to a tie might be on its wrong side
LONGEST = 15
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")

values = st.floats(min_value=1e-300, max_value=1e300) | st.floats(min_value=1e-9, max_value=1e6)
wanted = st.integers(3, 8)


def read(text: str) -> tuple[Fraction, int, Fraction]:
    """A printed number: what it says, how many significant digits it has, and one unit of its last digit."""
    mantissa, _, power = text.replace(MINUS, "-").partition("×10")
    scale = Fraction(10) ** int(power.translate(SUPERSCRIPTS) or 0)
    significant = len(mantissa.lstrip("-0.").replace(".", ""))
    return Fraction(mantissa) * scale, significant, scale / 10 ** len(mantissa.partition(".")[2])


def nearest(x: Fraction, digits: int) -> tuple[Fraction, Fraction]:
    """x > 0 rounded to that many significant digits, and how far it is from a tie there, relative to x."""
    exponent = len(str(x.numerator)) - len(str(x.denominator))
    exponent -= x < Fraction(10) ** exponent
    unit = Fraction(10) ** (exponent - digits + 1)
    return round(x / unit) * unit, abs(x % unit - unit / 2) / x


# Rounding


@given(values, st.booleans(), wanted)
@example(0.99996, False, 4)
@example(9.9996e-5, False, 4)
@example(5e-324, False, 4)
def test_every_digit_is_that_of_the_exact_value(x: float, negative: bool, digits: int) -> None:
    printed = rounded(-x if negative else x, digits)
    value, significant, unit = read(printed.text)
    exact = Fraction(x)
    assert significant >= digits
    assert abs(value) == nearest(exact, significant)[0]
    assert (value < 0) == negative
    assert (printed.value, printed.half) == (value, unit / 2)
    assert not printed.exact  # a float64 may be as near to the true value as it is to its own


@given(values, wanted)
def test_a_rounded_fraction_is_exact_where_its_digits_write_it(x: float, digits: int) -> None:
    printed = rounded(Fraction(x), digits)
    assert printed.exact == (printed.value == Fraction(x))


@given(values, wanted)
def test_digits_are_added_at_a_tie_and_nowhere_else(x: float, digits: int) -> None:
    significant = read(rounded(x, digits).text)[1]
    assert significant <= LONGEST
    distance = [nearest(Fraction(x), n)[1] for n in range(digits, significant + 1)]
    assert all(d <= 2.2 * TIE for d in distance[:-1])
    assert distance[-1] > TIE or significant == LONGEST


@given(st.integers(10**3, 10**7), st.integers(-20, 5), st.integers(-2000, 2000))
def test_a_float_beside_a_tie_gets_more_digits(mantissa: int, exponent: int, off: int) -> None:
    tie = Fraction(10 * mantissa + 5) * Fraction(10) ** (exponent - 1)
    x = float(tie) * (1 + off * 2.0**-52)
    assume(abs(Fraction(x) - tie) < TIE * tie)
    assert read(rounded(x, len(str(mantissa))).text)[1] > len(str(mantissa))


@given(st.fractions(min_value=Fraction(1, 10**6), max_value=10**6, max_denominator=10**6), wanted)
def test_an_exact_fraction_is_rounded_as_it_is(x: Fraction, digits: int) -> None:
    value, significant, _ = read(rounded(x, digits).text)
    assert value == nearest(x, significant)[0]
    assert significant == digits or nearest(x, digits)[1] <= 2.2 * TIE


@given(values, st.booleans(), wanted)
def test_a_number_is_readable_and_its_sign_is_true(x: float, negative: bool, digits: int) -> None:
    text = rounded(-x if negative else x, digits).text
    assert fences.NUMBER.fullmatch(text)
    assert "-" not in text
    assert text.startswith(MINUS) == negative
    assert re.search("[1-9]", text.partition("×")[0])  # never 0.0000 for a number that is not zero
    assert fences.number(text) == pytest.approx(-x if negative else x, rel=10.0 ** (1 - digits))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.123449, "0.1234"),
        (-0.123451, "−0.1235"),
        # Ties: one more digit tells which way.
        (0.03125, "0.03125"),
        (0.031255, "0.031255"),
        (0.12345, "0.12345"),
        (1234.5, "1234.5"),
        (2.5, "2.500"),
        (0.12345000000000003, "0.12345"),
        (0.12345000000062, "0.1235"),  # 5e-12 off: near, but no float64 errs that far
        (0.45999999999999996, "0.4600"),
        # A carry into another place.
        (0.99996, "1.000"),
        (9.9996, "10.00"),
        (0.0099996, "0.01000"),
        (0.00099996, "0.001000"),
        (9.9996e-5, "1.000×10⁻⁴"),
        (9999.6, "1.000×10⁴"),
        # A power of ten where zeros would have to be counted, or digits would be made up.
        (0.001, "0.001000"),
        (0.00099, "9.900×10⁻⁴"),
        (-1.2345678e-12, "−1.235×10⁻¹²"),
        (1234.4, "1234"),
        (12344.0, "1.234×10⁴"),
        (1e300, "1.000×10³⁰⁰"),
    ],
)
def test_examples_at_four_digits(value: float, text: str) -> None:
    assert rounded(value, 4).text == text


def test_guard_digits_end_where_a_float64_does() -> None:
    assert rounded(1 / 3, 19).text == rounded(1 / 3, LONGEST).text
    assert rounded(1 / 3, LONGEST).text == "0." + 15 * "3"


# Exact numbers


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.46", "0.46"), ("-0.46", "−0.46"), ("2", "2"), ("-12.0", "−12"), ("120.50", "120.5"), ("0", "0"),
        ("-0.0", "0"), ("0.000625", "0.000625"), ("0.00001", "0.00001"), ("0.000001", "1×10⁻⁶"),
        ("0.00000125", "1.25×10⁻⁶"), ("100000000", "100000000"), ("1200000000", "1.2×10⁹"),
    ],
)  # fmt: skip
def test_exact_decimals_are_written_out_without_zeros_at_their_end(number: str, text: str) -> None:
    assert written(Decimal(number)) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (7, "7"), (9999, "9999"), (10_000, "10,000"), (-1234567, "−1,234,567"), (-1, "−1")],
)
def test_whole_numbers_have_commas_from_five_digits_on(number: int, text: str) -> None:
    assert whole(number) == text


def laid(*, digits: int = 4, **arrays: Any) -> tuple[Ledger, Digits]:
    """A small ledger of vectors on the axis D, with its digits."""
    length = len(next(iter(arrays.values())))
    led = Ledger({"D": length})
    for name, array in arrays.items():
        led.given(name, name, "D", array)
    return led, Digits(led, configured({"display.digits": digits}))


def cells(digits: Digits, entry: Entry) -> list[str]:
    return [digits.text(entry, (i,)) for i in range(entry.shape[0])]


def test_a_sum_of_decimals_prints_as_its_true_value() -> None:
    led, digits = laid(x=[0.36, 0.1, -0.3, 0.1], y=[0.1, 0.2, 0.3, -0.25])
    total = led.put("z", "z", "D", "add", led["x"], led["y"])
    assert total.value[0] == 0.45999999999999996
    assert cells(digits, total) == ["0.46", "0.30", "0", "−0.15"]
    product = led.put("p", "p", "D", "mul", led["x"], led["y"])
    assert cells(digits, product) == ["0.036", "0.020", "−0.090", "−0.025"]


decimals = st.integers(-9999, 9999).map(lambda n: n / 100)


@given(st.lists(decimals, min_size=2, max_size=16), wanted)
def test_exact_results_print_whole_or_rounded_from_the_fraction(x: list[float], digits: int) -> None:
    led, made = laid(digits=digits, x=x)
    average = led.put("mean", "m", "", "mean", led["x"])
    squared = led.put("square", "s", "D", "square", led["x"])
    true = [Fraction(repr(v)) for v in x]
    cases: list[tuple[Entry, tuple[int, ...], Fraction]] = [
        (average, (), sum(true, Fraction(0)) / len(x)),
        (squared, (0,), true[0] ** 2),
    ]
    for entry, index, value in cases:
        printed = made.printed(entry, index)
        said, significant, _ = read(printed.text)
        assert printed.exact == (said == value)
        if not printed.exact:
            assert abs(said) == nearest(abs(value), significant)[0]
            assert significant >= digits
        # Whoever holds the text against the nearest float64 finds it equal, or rounded to three digits or more.
        assert float(said) == float(value) or significant >= 3


def test_a_short_decimal_is_exact_and_a_longer_one_is_rounded() -> None:
    _, digits = laid(x=[0.123456, 0.1234567, 0.12345678, 2 / 3])
    assert cells(digits, digits.ledger["x"]) == ["0.123456", "0.1235", "0.1235", "0.6667"]
    assert [digits.printed(digits.ledger["x"], (i,)).exact for i in range(3)] == [True, False, False]
    assert digits.printed(digits.ledger["x"], (1,), more=3).text == "0.1234567"


def test_the_points_of_an_exact_table_stand_in_line() -> None:
    led, digits = laid(x=[0.5, -2.0, 0.25, 0.0], fine=[0.5, 0.0625, 2.0, 1.0], whole=[3.0, 12.0, -4.0, 0.0])
    assert cells(digits, led["x"]) == ["0.50", "−2.00", "0.25", "0"]
    assert cells(digits, led["fine"]) == ["0.5", "0.0625", "2", "1"]  # too many zeros would say nothing
    assert cells(digits, led["whole"]) == ["3", "12", "−4", "0"]
    single = led.given("single", "s", "", 0.5)
    assert digits.text(single) == "0.5"
    assert digits.printed(led["x"], (1,)).exact


def test_guard_digits_are_added_to_the_configured_ones() -> None:
    led, digits = laid(x=[0.5])
    root = led.put("root", "r", "D", "sqrt", led["x"])
    texts = [digits.printed(root, (0,), more).text for more in (0, 1, 4)]
    assert texts == ["0.7071", "0.70711", "0.70710678"]


def test_zero_by_mathematics_and_a_masked_score_are_printed_as_such() -> None:
    led, digits = laid(x=[0.5, 0.5], hot=[0.0, 1.0])
    root = led.put("root", "r", "D", "sqrt", led["x"])
    residue = led.put("residue", "s", "D", "mul_constant", root, constant=1e-17, zeros=np.array([True, False]))
    assert cells(digits, residue) == ["0", "7.071×10⁻¹⁸"]
    masked = led.put("masked", "m", "D", "mask", root, led["hot"])
    assert cells(digits, masked) == ["−∞", "0.7071"]
    assert digits.printed(masked, (0,)).infinite


def test_ids_and_counts_are_whole_numbers() -> None:
    led, digits = laid(ids=[0, 12, 123456])
    assert cells(digits, led["ids"]) == ["0", "12", "123,456"]


@pytest.mark.parametrize("name", ["default", "narrow", "odd words"])
def test_the_digits_of_a_step_are_those_of_the_exported_values(name: str) -> None:
    """What the published page checks promise: each text is the float64 in the download, rounded to its digits."""
    config, ledger = computed(name)
    digits = Digits(ledger, config)
    for entry in ledger:
        exported = digits.exact.nearest(entry)
        for index in [tuple(0 for _ in entry.shape), tuple(n - 1 for n in entry.shape)]:
            text, x = digits.text(entry, index), float(exported[index])
            if text == "−∞":
                assert x == float("-inf")
                continue
            said, significant, unit = read(text.replace(",", ""))
            right = float(said) == x or (abs(said - Fraction(x)) <= unit / 2 * (1 + 10 * TIE) and significant >= 3)
            zero_by_mathematics = entry.zeros is not None and entry.zeros[index]
            assert right or zero_by_mathematics, f"{entry.name}{list(index)}: {text} for {x}"
            assert said != 0 or x == 0 or zero_by_mathematics, f"{entry.name}{list(index)}: zero for {x}"
