"""Claims on cases small enough to see the answer; a claim that is false stops the page."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calc.ledger import Entry, Ledger
from render import claims
from render.claims import FalseClaim, claim

MASKED = -np.inf


def entry(axes: str, value: Any) -> Entry:
    """An entry with these values; minus infinity may be among them."""
    made = Entry()
    made.name, made.axes, made.value = "x", tuple(axes.split()), np.array(value)
    return made


X = entry("T D", [[1.0, -3.0, 2.0], [0.0, 0.5, -0.25]])
SCORES = entry("T S", [[0.5, MASKED], [-2.0, 1.0]])


def test_a_true_claim_says_nothing_and_a_false_one_raises_its_words() -> None:
    assert claim(True, "rows sum to 1") == ""
    with pytest.raises(FalseClaim, match=r"^false for these numbers: rows sum to 1$"):
        claim(False, "rows sum to 1")


def test_part_fixes_letters() -> None:
    assert claims.part(X, T=1).tolist() == [0.0, 0.5, -0.25]
    assert claims.part(X, D=0).tolist() == [1.0, 0.0]
    assert claims.part(X).shape == (2, 3)
    assert claims.part(X, T=0, D=1) == -3.0
    with pytest.raises(KeyError, match="x has no axis F, S"):
        claims.part(X, S=0, F=1)


def test_where_the_largest_smallest_and_strongest_are() -> None:
    assert claims.largest(X, T=0) == 2
    assert claims.smallest(X, T=0) == 1
    assert claims.strongest(X, T=0) == 1
    assert (claims.largest(X, D=1), claims.strongest(X, D=1)) == (1, 0)
    assert claims.largest(SCORES, T=0) == claims.smallest(SCORES, T=0) == 0  # the masked one is neither
    assert claims.smallest(SCORES, T=1) == 0
    assert claims.strongest(SCORES, T=0) == 0
    assert claims.largest(entry("D", [1.0, 7.0, 7.0])) == 1  # the first of equals


def test_the_peak_by_the_letters_of_its_axes() -> None:
    assert claims.peak_at(X) == {"T": 0, "D": 1}
    assert claims.peak_at(entry("D", [1.0, -7.0, 7.0])) == {"D": 1}


@pytest.mark.parametrize("find", [claims.largest, claims.smallest, claims.strongest])
def test_only_one_axis_may_be_free(find: Any) -> None:
    with pytest.raises(KeyError, match="x: 2 axes are free; fix all but one of T D"):
        find(X)
    with pytest.raises(KeyError, match="x: 0 axes are free"):
        find(X, T=0, D=0)


def test_peak_and_weakest_are_whole_indices() -> None:
    assert claims.peak(X) == (0, 1)
    assert claims.peak(SCORES) == (1, 0)
    assert claims.weakest(X) == (1, 2)  # zero is not weak but nothing
    assert claims.weakest(SCORES) == (0, 0)
    assert all(type(i) is int for i in claims.peak(X))


def test_zeros_negatives_and_cells_are_counted() -> None:
    assert claims.all_zero(entry("D", [0.0, -0.0]))
    assert not claims.all_zero(entry("D", [0.0, 1e-300]))
    assert claims.all_zero(X, T=1, D=0)
    assert (claims.negatives(X), claims.negatives(X, T=1), claims.negatives(SCORES)) == (2, 1, 1)
    assert (claims.cells(X), claims.cells(X, T=1), claims.cells(X, T=1, D=2)) == (6, 3, 1)


def test_sums_along_an_axis() -> None:
    weights = entry("T S", [[1.0, 0.0], [0.1 + 0.2, 0.7]])
    assert claims.sums_to(weights, 1, "S")
    assert not claims.sums_to(weights, 1, "T")
    assert not claims.sums_to(entry("S", [0.5, 0.5 + 1e-11]), 1, "S")
    assert claims.sums_to(entry("S", [1e6, -1e6 + 1e-7]), 0, "S")  # next to the largest entry that is rounding


def test_arrays_agree_but_for_rounding() -> None:
    x = np.array([1.0, 2.0])
    assert claims.agree(x, x * (1 + 1e-15))
    assert not claims.agree(x, x * (1 + 1e-11))
    assert not claims.agree(x, x[:1])
    assert claims.agree(np.zeros(0), np.zeros(0))


def test_arrays_below_one_agree_to_an_absolute_bound() -> None:
    """What is zero by mathematics may leave a residue, which is large beside itself."""
    assert claims.agree(np.array([1e-17]), np.zeros(1))
    assert not claims.agree(np.array([1e-11]), np.zeros(1))


def test_repeats_and_hits() -> None:
    assert claims.repeats(entry("T", [4, 5, 6, 4, 7, 6])) == {4: [0, 3], 6: [2, 5]}
    assert claims.repeats(entry("T", [1])) == {}
    probabilities = entry("T V", [[0.2, 0.8], [0.9, 0.1], [0.4, 0.6]])
    assert claims.hits(probabilities, entry("T", [1, 1, 1])) == [0, 2]


def test_a_row_is_standardized_up_to_epsilon() -> None:
    led = Ledger({"T": 2, "D": 4})
    x = np.array([[1.0, 2.0, 3.0, 6.0], [0.5, 0.5, 1.0, -2.0]])
    variance, eps = x.var(axis=1), 1e-2
    rows = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(variance + eps)[:, None]
    entries = {"variance": led.given("v", "v", "T", variance), "raised": led.given("r", "r", "T", variance + eps)}
    assert claims.standardized(led.given("a", "a", "T D", rows), **entries)
    assert not claims.standardized(led.given("b", "b", "T D", rows + 1e-9), **entries)  # a mean that is not 0
    assert not claims.standardized(led.given("c", "c", "T D", rows * 1.01), **entries)  # another variance
    assert not claims.standardized(entries["raised"], entries["raised"], entries["raised"])


def test_nearly_one() -> None:
    x = entry("D", [1.05, -0.95, 0.8, 0.0])
    assert [claims.nearly_one(x, D=d) for d in range(4)] == [True, True, False, False]


def test_strips_are_dealt_out_unchanged() -> None:
    rows = entry("T C", [[1.0, 2.0, 3.0, 4.0]])
    assert claims.dealt_out(rows, entry("H T K", [[[1.0, 2.0]], [[3.0, 4.0]]]))
    assert not claims.dealt_out(rows, entry("H T K", [[[3.0, 4.0]], [[1.0, 2.0]]]))
    assert not claims.dealt_out(rows, entry("H T K", [[[1.0, 2.0]]]))


def test_later_keys_are_hidden() -> None:
    assert claims.hidden_later(entry("H T S", [[[1.0, 0.0], [0.25, 0.75]]]))
    assert not claims.hidden_later(entry("H T S", [[[0.9, 0.1], [0.25, 0.75]]]))
    assert not claims.hidden_later(entry("H T S", [[[1.0, 0.0], [0.0, 1.0]]]))


def test_a_mixture_lies_between_what_its_query_may_look_at() -> None:
    values = entry("H S K", [[[1.0], [3.0], [9.0]]])
    assert claims.mixtures(entry("H T K", [[[1.0], [2.0], [8.0]]]), values)
    assert not claims.mixtures(entry("H T K", [[[1.0], [4.0], [8.0]]]), values)


def test_bounds_and_curves() -> None:
    assert claims.between(X, -3, 2)
    assert not claims.between(X, -2, 2)
    assert claims.drawn_to_zero(entry("T D", [[0.5, -1.0, 2.0], [0.0, 0.0, -0.125]]), X)
    assert not claims.drawn_to_zero(entry("T D", [[0.5, 1.0, 2.0], [0.0, 0.0, -0.125]]), X)
    assert not claims.drawn_to_zero(entry("T D", [[1.5, -1.0, 2.0], [0.0, 0.0, -0.125]]), X)


def test_the_first_place_and_the_next_token() -> None:
    assert claims.same_order(entry("T V", [[0.2, 0.8]]), entry("T V", [[-1.0, 0.5]]))
    assert not claims.same_order(entry("T V", [[0.8, 0.2]]), entry("T V", [[-1.0, 0.5]]))
    assert claims.moved_by_one(entry("T", [7, 8, 2]), entry("T", [4, 7, 8]))
    assert not claims.moved_by_one(entry("T", [4, 7, 8]), entry("T", [4, 7, 8]))


def test_the_cell_that_is_nearest_to_a_ratio() -> None:
    one, other = entry("D V", [[2.0, -1.0, 0.1], [0.0, 9.0, 0.0]]), entry("D V", [[1.9, 1.1, 5.0], [0.0, 0.0, 3.0]])
    assert claims.nearest_ratio(one, other, 1) == {"D": 0, "V": 0}
    assert claims.nearest_ratio(one, other, -1) == {"D": 0, "V": 1}
    assert claims.nearest_ratio(one, other, 0) == {"D": 1, "V": 2}  # and not the cell where both are zero
    assert claims.nearest_ratio(other, one, 0) == {"D": 1, "V": 1}


def test_a_step_against_the_decay() -> None:
    old, kept = entry("D", [1.0, -1.0, 2.0, 0.0]), entry("D", [0.9, -0.9, 1.8, 0.0])
    assert claims.opposed(old, kept, entry("D", [0.95, -0.95, 1.7, 0.5])) == pytest.approx(2 / 3)
    assert claims.opposed(old, old, kept) == 0


def test_from_where_one_stays_above_the_other() -> None:
    rising, level = entry("N", [0.0, 3.0, 1.0, 2.0, 4.0]), entry("N", [1.5] * 5)
    assert claims.overtakes(rising, level) == 3
    assert claims.overtakes(level, rising) is None
    assert claims.overtakes(entry("N", [2.0] * 5), level) == 0
