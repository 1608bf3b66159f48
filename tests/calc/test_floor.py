"""The floor of the loss, against a search over every table of probabilities."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc import batches
from calc.batches import Row
from calc.floor import floor, forks

ROWS = st.lists(
    st.lists(st.integers(0, 2), min_size=2, max_size=4).map(lambda ids: Row(tuple(ids[:-1]), tuple(ids[1:]))),
    min_size=1,
    max_size=7,
)


def best(rows):
    """The least mean loss by brute force: for each prefix, the best of a fine grid of probabilities of three words."""
    grid = [np.array([i, j, 24 - i - j]) / 24 for i, j in itertools.product(range(25), repeat=2) if i + j <= 24]
    total, seen = 0.0, {}
    for row in rows:
        for i, word in enumerate(row.targets):
            seen.setdefault(row.tokens[: i + 1], []).append(word)
    for words in seen.values():
        with np.errstate(divide="ignore"):
            total += min(-sum(np.log(p[word]) for word in words) for p in grid)
    return total / sum(len(row.tokens) for row in rows)


@settings(deadline=None, max_examples=25)
@given(ROWS)
def test_against_brute_force(rows):
    assert -1e-15 <= floor(rows) <= best(rows) + 1e-12
    assert best(rows) - floor(rows) < 0.01  # the grid is that fine


def test_of_the_default_corpus(default):
    rows = batches.rows(default)
    assert floor(rows) == pytest.approx(math.log(2) / 6, rel=1e-15)
    (fork,) = forks(rows)
    assert (fork.words, fork.following, fork.times) == ((4,), {5: 1, 9: 1}, 2)
    assert fork.entropy == pytest.approx(math.log(2), rel=1e-15)


def test_repeated_sentences_count_each_time():
    rows = [Row((4, 5), (5, 2))] * 3 + [Row((4, 6, 5), (6, 5, 2))]
    shares = -(3 / 4 * math.log(3 / 4) + 1 / 4 * math.log(1 / 4))
    assert floor(rows) == pytest.approx(4 * shares / 9, rel=1e-15)


def test_a_sentence_that_begins_another_is_in_doubt_where_it_ends():
    (fork,) = forks([Row((4, 5), (5, 2)), Row((4, 5, 6), (5, 6, 2))])
    assert (fork.words, fork.following) == ((4, 5), {2: 1, 6: 1})


def test_no_fork_no_floor(prime):
    assert forks(batches.rows(prime)) == []
    assert floor(batches.rows(prime)) == 0.0
