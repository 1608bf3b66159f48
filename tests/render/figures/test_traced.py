"""Numbers that remember how they were made: they count like floats, tell their making, and note what they decide."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.figures import traced
from render.figures.traced import How, Traced, plain

NUMBERS = st.floats(-1e3, 1e3, allow_nan=False)
BINARY = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


class Noted:
    def __init__(self) -> None:
        self.all: list[How] = []

    def decided(self, how: How) -> None:
        self.all.append(how)

    def mark(self, text: str, *how: Any) -> str:
        return text


def leaf(value: float, notes: Noted | None = None) -> Traced:
    return Traced(value, ("at", "x", 0), notes or Noted())


def evaluated(how: Any) -> float:
    """The number that a making gives."""
    if isinstance(how, Traced):
        return evaluated(how.how) if how.how[0] != "at" else plain(how)
    if not isinstance(how, tuple):
        return float(how)
    op, *of = how
    return float(BINARY[op](*map(evaluated, of)))


@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from(sorted(BINARY)), st.sampled_from(sorted(BINARY)))
def test_what_is_made_of_it_is_a_float_that_remembers(a: float, b: float, c: float, one: str, other: str) -> None:
    def made(x: float) -> float:
        found: float = BINARY[other](c, BINARY[one](x, b))
        return found

    try:
        known = made(a)
    except ZeroDivisionError:
        with pytest.raises(ZeroDivisionError):
            made(leaf(a))
        return
    found = made(leaf(a))
    assert isinstance(found, Traced)
    assert plain(found) == known
    assert evaluated(found) == known


@pytest.mark.parametrize(
    ("decide", "how"),
    [
        (lambda x: x > 1, ("<=", 1)), (lambda x: x < 1, ("<", 1)), (lambda x: bool(x), ("!=", 0)),
        (lambda x: x == 0.5, ("==", 0.5)), (lambda x: x in (1, 2), ("!=", 1)), (float, ("==", 0.5)),
        (lambda x: x or 1.0, ("!=", 0)), (lambda x: max(x, 0.0), (">=", 0.0)), (math.ceil, ("==", 0.5)),
    ],
)  # fmt: skip
def test_a_decision_is_noted_as_it_fell(decide: Callable[[float], Any], how: tuple[str, float]) -> None:
    notes = Noted()
    decide(leaf(0.5, notes))
    op, number, other = notes.all[0]
    assert (op, plain(number), other) == (how[0], 0.5, how[1])


@given(st.lists(NUMBERS, min_size=1, max_size=5))
def test_bounds_sums_and_places_remember_all_their_numbers(values: list[float]) -> None:
    notes = Noted()
    of = [leaf(value, notes) for value in values]
    for function, known in (
        (traced.largest(*of), max(values)), (traced.least(*of), min(values)), (traced.total(of), sum(values)),
        (traced.place_of_largest(of), values.index(max(values))),
    ):  # fmt: skip
        assert plain(function) == known
        assert isinstance(function, Traced)
        assert len(function.how) == 1 + len(values)
    assert notes.all == []


def test_what_is_made_of_plain_numbers_is_plain() -> None:
    assert type(traced.largest(1.0, 2.0)) is float
    assert type(traced.sqrt(2.0)) is float
    assert type(traced.by_sign(1.0, 2.0, 3.0)) is float


def test_a_number_of_numpy_leaves_the_operation_to_it() -> None:
    assert isinstance(np.float64(2.0) * leaf(3.0), Traced)
    assert isinstance(leaf(3.0) - np.float64(2.0), Traced)
