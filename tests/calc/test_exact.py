"""Exact values: what comes of decimals by rational operations is followed as fractions, and nothing else is."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calc.exact import RATIONAL, Exact, terminating
from calc.ledger import Entry, Ledger
from calc.operations import OPERATIONS
from tests.configurations import computed

IRRATIONAL = {"exp", "log", "sqrt", "erfc"}


# --- a whole step -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["default", "narrow", "two layers", "one word"])
def test_exact_values_agree_with_the_floats(name: str) -> None:
    ledger = computed(name).ledger
    exact = Exact(ledger)
    known = 0
    for entry in ledger:
        values = exact.values(entry)
        if values is not None:
            known += 1
            assert values.shape == entry.shape
            assert all(isinstance(x, Fraction) for x in np.ravel(values))
            scale = max(np.abs(entry.value).max(initial=0.0), 1e-12)
            assert np.abs(values.astype(np.float64) - entry.value).max(initial=0.0) <= 1e-15 * scale, entry.name
    assert known > len(ledger) / 4


def test_a_cell_that_a_pocket_calculator_gives() -> None:
    """The variance of an embedded position, from the decimals of the two tables, with nothing of the engine."""
    ledger = computed("default").ledger
    word = ledger["inputs.tokens"].value[2]
    rows = [ledger["token_embedding"].value[word], ledger["position_embedding"].value[2]]
    x = [Decimal(repr(float(a))) + Decimal(repr(float(b))) for a, b in zip(*rows, strict=True)]
    mean = sum(x, Decimal(0)) / len(x)
    variance = sum(((v - mean) ** 2 for v in x), Decimal(0)) / len(x)
    cell = Exact(ledger).cell(ledger["layers.0.ln_1.variance"], (2,))
    assert cell == Fraction(variance)


def test_roots_exponentials_and_what_comes_of_them_are_not_exact() -> None:
    ledger = computed("default").ledger
    exact = Exact(ledger)
    for name in ["embedding.out", "layers.0.ln_1.variance_plus_eps", "adamw.correction2", "adamw.w_out.m_kept"]:
        assert exact.values(ledger[name]) is not None, name
    for name in ["layers.0.ln_1.std", "layers.0.ln_1.out", "layers.0.attention.q", "loss", "grad.w_out"]:
        assert exact.values(ledger[name]) is None, name
    assert not any(exact.values(entry) is not None for entry in ledger if entry.op in IRRATIONAL)


def test_pi_is_given_and_yet_not_exact() -> None:
    ledger = computed("default").ledger
    assert Exact(ledger).values(ledger["constants.pi"]) is None
    assert Exact(ledger).values(ledger["constants.two_pi"]) is None
    assert Exact(ledger).cell(ledger["constants.pi"], ()) is None


def test_the_nearest_float_takes_the_place_of_a_residue() -> None:
    led = Ledger({"D": 3})
    x, y = led.given("x", "x", "D", [0.36, 0.1, 0.3]), led.given("y", "y", "D", [0.1, 0.2, -0.3])
    total = led.put("z", "z", "D", "add", x, y)
    exact = Exact(led)
    assert total.value.tolist() != [0.46, 0.3, 0.0]
    assert exact.nearest(total).tolist() == [0.46, 0.3, 0.0]
    root = led.put("root", "r", "D", "exp", total)
    assert exact.nearest(root) is root.value
    ids = led.given("ids", "i", "D", [1, 2, 3])
    assert exact.nearest(ids).dtype == np.int64


def test_zero_is_exact_wherever_it_stands() -> None:
    led = Ledger({"D": 3})
    root = led.put("root", "r", "D", "sqrt", led.given("x", "x", "D", [0.0, 2.0, 3.0]))
    tiny = led.put("tiny", "t", "D", "mul_constant", root, constant=1e-17, zeros=np.array([False, True, False]))
    assert [Exact(led).cell(root, (i,)) for i in range(3)] == [0, None, None]
    assert [Exact(led).cell(tiny, (i,)) for i in range(3)] == [0, 0, None]


# --- operation by operation -------------------------------------------------------------------------------------------


def test_the_rational_operations_are_operations_and_the_roots_are_none_of_them() -> None:
    assert set(OPERATIONS) >= RATIONAL
    assert not RATIONAL & IRRATIONAL


def cases(led: Ledger) -> dict[str, Entry]:
    """An entry for each rational operation, on fractions of powers of two: there float64 makes no error at all."""
    generator = np.random.default_rng(3)

    def given(axes: str, **attrs: Any) -> Entry:
        shape = [led.sizes[a] for a in axes.split()]
        return led.given(f"x{len(led)}", "x", axes, generator.integers(-64, 64, shape) / 16, **attrs)

    def put(op: str, axes: str, *operands: Any, **attrs: Any) -> Entry:
        return led.put(op, op, axes, op, *operands, **attrs)

    x, y, row, heads = given("T D"), given("T D"), given("D"), given("H T K")
    ids = led.given("ids", "i", "T", [0, 2, 2, 1])
    halves = led.given("halves", "h", "D", [0.5, 0.25, 4.0, -2.0])
    two = led.given("two", "2", "", 2)
    return {
        "given": x, "dot": put("dot", "T", x, row), "add": put("add", "T D", x, y, row),
        "sub": put("sub", "T D", x, row),
        "mul": put("mul", "T D", row, x), "div": put("div", "T D", x, halves), "neg": put("neg", "T D", x),
        "add_constant": put("add_constant", "T D", x, constant=0.125), "copy": put("copy", "T D", x),
        "mul_constant": put("mul_constant", "T D", x, constant=-0.5), "sum": put("sum", "T", x),
        "mean": put("mean", "D", x), "square": put("square", "T D", x), "power": put("power", "D", row, two),
        "gather": put("gather", "T D", given("V D"), ids), "scatter_add": put("scatter_add", "V D", x, ids),
        "pick": put("pick", "T", given("T V"), ids), "one_hot": put("one_hot", "T V", ids),
        "causal_mask": put("causal_mask", "T S"), "identity": put("identity", "D D'"),
        "select": put("select", "D", x, at={"T": 2}), "split": put("split", "H T K", given("T C")),
        "join": put("join", "T C", heads), "repeat": put("repeat", "T D", row), "size": put("size", "", x),
        "count": put("count", "", parts={"a": 2, "b": 3}),
    }  # fmt: skip


SIZES = {"T": 4, "S": 4, "D": 4, "V": 5, "H": 2, "K": 3, "C": 6}


def test_every_rational_operation_gives_its_exact_value() -> None:
    led = Ledger(SIZES | {"D'": 4})
    made = cases(led)
    assert set(made) == RATIONAL
    exact = Exact(led)
    for op, entry in made.items():
        values = exact.values(entry)
        assert values is not None, op
        assert all(type(x) is Fraction for x in np.ravel(values)), op
        assert np.array_equal(values.astype(np.float64), entry.value), op


@pytest.mark.parametrize("op", sorted(set(OPERATIONS) - RATIONAL))
def test_any_other_operation_is_not_followed(op: str) -> None:
    led = Ledger({"D": 2})
    x = led.given("x", "x", "D", [0.5, 0.25])
    operands = [x, led.given("mask", "m", "D", [1.0, 1.0])] if op == "mask" else [x]
    entry = led.put("y", "y", "" if op == "max" else "D", op, *operands)
    assert Exact(led).values(entry) is None
    assert Exact(led).values(led.put("z", "z", entry.axes, "copy", entry)) is None  # nor what comes of it


# --- fractions as decimals --------------------------------------------------------------------------------------------


@given(st.integers(-(10**12), 10**12), st.integers(-20, 20))
def test_a_decimal_comes_back_as_it_is(digits: int, exponent: int) -> None:
    number = Decimal(digits).scaleb(exponent)
    assert terminating(Fraction(number), 13) == number
    significant = len(number.normalize().as_tuple().digits)
    assert (terminating(Fraction(number), significant) is not None) or number == 0
    assert number == 0 or terminating(Fraction(number), significant - 1) is None


@given(st.integers(1, 1000), st.sampled_from([3, 7, 11, 13]), st.integers(1, 1000))
def test_a_fraction_that_never_ends_is_no_decimal(numerator: int, prime: int, rest: int) -> None:
    x = Fraction(numerator, prime * rest)
    ends = Fraction(Decimal(x.numerator) / x.denominator) == x
    assert (terminating(x, 28) is not None) == ends
