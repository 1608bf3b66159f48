"""Printed digits held against true values: right ones pass, and each kind of wrong one is found and named."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calc.ledger import Ledger
from render.proof.digits import Holder, Truth, check
from render.proof.reading import Element, Page
from render.proof.report import Check
from tests.configurations import configured

CONFIG = configured({})


def ledger_of(*values: float) -> Ledger:
    """x: the values. root: their roots. ids: whole numbers. masked: minus infinity after the first. residue: zero."""
    led = Ledger({"D": len(values), "T": 2, "S": 2})
    x = led.given("x", "x", "D", values)
    led.put("root", "r", "D", "sqrt", led.put("square", None, "D", "square", x))
    led.given("ids", "i", "T", [7, 12345])
    mask = led.put("mask", "M", "T S", "causal_mask")
    led.put("masked", "m", "T S", "mask", mask, mask)
    tenths = led.given("tenths", "t", "T", [0.1, 0.2])
    total = led.put("total", "t", "", "sum", tenths)
    led.put("residue", "o", "", "add_constant", total, constant=-0.3)
    return led


LEDGER = ledger_of(0.123456, 2.0, 0.123450000000001, 0.12345, 1e-7, -0.99996)
TRUTH = Truth(CONFIG, LEDGER)


def held(html: str, truth: Truth = TRUTH, **archives: dict[str, np.ndarray]) -> Check:
    return check([Page("page.html", html)], Holder(truth, archives.get))


def number(text: str, ref: str, index: str = "") -> str:
    place = f' data-index="{index}"' if index else ""
    return f'<p id="here"><span class="n" data-ref="{ref}"{place}>{text}</span></p>'


@pytest.mark.parametrize(
    ("text", "ref", "index"),
    [
        ("0.1235", "x", "0"),
        ("0.12346", "x", "0"),
        ("0.123456", "x", "0"),
        ("2", "x", "1"),
        ("2.000", "x", "1"),
        ("2.000", "root", "1"),
        ("0.12345", "x", "3"),
        ("1×10⁻⁷", "x", "4"),
        ("1.000×10⁻⁷", "root", "4"),
        ("−1.000", "x", "5"),
        ("7", "ids", "0"),
        ("12,345", "ids", "1"),
        ("12345", "ids", "1"),
        ("−∞", "masked", "0,1"),
        ("1", "masked", "0,0"),
        ("0", "residue", ""),
        ("0.3", "total", ""),
    ],
)
def test_right_digits_pass(text: str, ref: str, index: str) -> None:
    found = held(number(text, ref, index))
    assert not found.faults, found.faults
    assert found.counts["numbers"] == 1


@pytest.mark.parametrize(
    ("text", "ref", "index", "says"),
    [
        ("0.1234", "x", "0", "x[0]: prints 0.1234, but the value is 0.123456…"),
        ("0.1236", "x", "0", "but the value is"),
        ("−0.1235", "x", "0", "but the value is"),
        ("0.123", "x", "0", "fewer than 4 digits"),
        ("0.12", "x", "0", "fewer than 4 digits"),
        ("0", "x", "4", "x[4]: prints 0, but the value is"),
        ("0.0000", "x", "4", "but the value is"),
        ("0.1235", "x", "2", "within 1e-12 of a rounding tie"),
        ("0.1234", "x", "3", "within 1e-12 of a rounding tie"),  # which is even, and half a unit away
        ("0.1235", "x", "3", "within 1e-12 of a rounding tie"),
        ("8", "ids", "0", "but the value is 7"),
        ("7.0", "ids", "0", "but the value is 7"),
        ("0", "masked", "0,1", "but the value is −inf"),
        ("−∞", "masked", "0,0", "but the value is 1.0…"),
        ("−0", "residue", "", "which is no number"),
        ("1×10⁻⁵⁰", "residue", "", "but the value is"),
        ("5.551×10⁻¹⁷", "residue", "", "but the value is"),
        ("nan", "x", "0", "which is no number"),
        ("", "x", "0", "which is no number"),
        ("1", "y", "0", "y: no such name in the ledger"),
        ("1", "x", "6", "x[6]: no cell of a value of shape (6,)"),
        ("1", "x", "−1", "x[−1]: no cell"),
        ("1", "x", "0,0", "no cell"),
        ("1", "x", "", "x: no cell"),
        ("1", "x", "a", "no cell"),
    ],
)
def test_a_wrong_one_is_found_with_its_page_and_place(text: str, ref: str, index: str, says: str) -> None:
    (fault,) = held(number(text, ref, index)).faults
    assert fault.where == "page.html#here"
    assert says in fault.what


def test_a_small_residue_is_no_zero_unless_the_ledger_says_so() -> None:
    led = Ledger({})
    small = led.given("small", "x", "", 1e-30)
    led.put("tiny", "y", "", "exp", led.put("log", None, "", "mul_constant", led.put(
        "ln", None, "", "log", small), constant=1.5))  # fmt: skip
    assert held(number("0", "tiny"), Truth(CONFIG, led)).faults
    assert not held(number("1.000×10⁻⁴⁵", "tiny"), Truth(CONFIG, led)).faults


TABLE = '<table data-ref="masked" data-slice="{}">{}</table>'


def test_a_table_holds_the_cells_of_its_slice_in_order() -> None:
    cells = "<tr><th>0</th><td>1</td><td>−∞</td></tr><tr><td>1</td><td>1</td></tr>"
    assert not held(TABLE.format(":,:", cells)).faults
    assert not held(TABLE.format("0,:", "<tr><td>1</td><td>−∞</td></tr>")).faults
    assert not held(TABLE.format(":,1", "<tr><td>−∞</td><td>1</td></tr>")).faults
    swapped = held(TABLE.format(":,1", "<tr><td>1</td><td>−∞</td></tr>"))
    assert [str(fault)[:32] for fault in swapped.faults] == [
        "page.html: masked[0,1]: prints 1", "page.html: masked[1,1]: prints −",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("slice_", "says"),
    [("0,:", "4 cells in the table of a slice of 2"), (":", "no slice :"), ("2,:", "no slice"), ("x,:", "no slice")],
)
def test_a_table_that_does_not_fit_its_slice_is_a_fault(slice_: str, says: str) -> None:
    (fault,) = held(TABLE.format(slice_, "<tr><td>1</td><td>1</td><td>1</td><td>1</td></tr>")).faults
    assert says in fault.what


def test_a_shortened_table_names_each_cell() -> None:
    table = '<table data-ref="ids"><tr><td data-index="1">12,345</td><td{}>7</td></tr></table>'
    assert not held(table.format(' data-index="0"')).faults
    (fault,) = held(table.format("")).faults
    assert fault.what == "ids: no cell of a value of shape (2,)"


def test_numbers_of_another_ledger_are_held_as_float64() -> None:
    span = '<span data-ref="y" data-index="0" data-ledger="mutant">{}</span>'
    values = {"y": np.array([0.123456])}
    assert not held(span.format("0.1235"), mutant=values).faults
    assert held(span.format("0.1235"), mutant=values).counts["foreign"] == 1
    for text in ("0.1234", "0", "−∞", "0.12", "x"):
        assert len(held(span.format(text), mutant=values).faults) == 1, text
    (fault,) = held(span.format("0.1235")).faults
    assert fault.what == "y: no such name in the ledger mutant"


def test_it_is_known_which_digits_are_all_that_a_value_has() -> None:
    holder = Holder(TRUTH, {"run": {"y": np.array(0.1 + 0.36)}}.get)

    def rounded(text: str, ref: str, index: str = "", ledger: str = "") -> bool:
        attributes = {"data-ref": ref, "data-index": index, "data-ledger": ledger}
        return holder.is_rounded(Element("span", attributes, [text]))

    assert rounded("0.1235", "x", "0")
    assert not rounded("0.123456", "x", "0")
    assert rounded("−1.000", "x", "5")
    assert not rounded("2.000", "root", "1")
    assert not rounded("0", "residue")
    assert not rounded("0.46", "y", ledger="run")
    assert rounded("0.460", "total")
    for ref, index in (("nowhere", "1,2"), ("x", ""), ("x", "9"), ("x", "0,0"), ("x", "a"), ("", "")):
        assert not rounded("0.1235", ref, index)  # which is a fault of its own
    assert not rounded("?", "x", "0")


def test_the_report_counts_and_names_the_nearest_to_a_tie() -> None:
    html = number("0.1235", "x", "0") + number("0.12345", "x", "3") + number("−1.000", "x", "5") + number("2", "x", "1")
    found = held(html + number("0.12345000", "root", "2"))
    assert not found.faults
    # 0.123456 is 0.000006 from 0.12345, and 0.99996 is 0.00001 from 0.99995, which is nearer for its size.
    assert found.says.endswith("the nearest to a tie of the others: 1.0e-05 of its value away (x[5])")
    assert found.counts | {"cells": 0} == {
        "numbers": 5, "tables": 0, "lines": 0, "cells": 0, "entries": 2, "exact": 2, "longer": 1, "ties": 2,
        "foreign": 0,
    }  # fmt: skip
    assert found.pages == {"page.html": 5}


@given(st.floats(1e-9, 1e9), st.integers(4, 11), st.sampled_from((-1, 1)))
def test_of_all_decimals_only_the_correctly_rounded_one_passes(x: float, digits: int, sign: int) -> None:
    truth = Truth(CONFIG, ledger_of(sign * x))
    true = Decimal(repr(sign * x))
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN)
    rounded = context.create_decimal(true)
    unit = Decimal(1).scaleb(rounded.adjusted() - digits + 1)
    assume(abs(abs(true - rounded) - unit / 2) > abs(true) * Decimal("2e-12"))

    def text(d: Decimal) -> str:
        digits_, exponent = int(d / unit), unit.adjusted()
        return f"{digits_}×10{str(exponent).translate(str.maketrans('0123456789-', '⁰¹²³⁴⁵⁶⁷⁸⁹⁻'))}".replace("-", "−")

    for ref in ("x", "root") if sign > 0 else ("x",):
        assert not held(number(text(rounded), ref, "0"), truth).faults
        assert len(held(number(text(rounded + unit), ref, "0"), truth).faults) == 1
        assert len(held(number(text(rounded - unit), ref, "0"), truth).faults) == 1
