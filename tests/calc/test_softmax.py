"""Softmax: rows sum to 1 whatever the scores, and its folded backward is the Jacobian written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calc import softmax
from calc.ledger import Tape


def weights_of(scores):
    tape = Tape({"T": len(scores), "S": len(scores[0])})
    return softmax.forward(tape, tape.given("scores", "S", "T S", scores), "weights", "A").value


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=5))
def test_rows_sum_to_one(scores):
    weights = weights_of(np.array(scores))
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-15)


@given(st.lists(st.floats(-20, 20), min_size=4, max_size=4), st.floats(-1000, 1000))
def test_a_row_moved_as_a_whole_has_the_same_weights(row, by):
    np.testing.assert_allclose(weights_of([np.add(row, by)]), weights_of([row]), rtol=1e-11)


def test_it_is_the_textbooks_quotient():
    scores = np.random.default_rng(1).normal(0, 3, (7, 5))
    np.testing.assert_allclose(
        weights_of(scores), [[np.exp(x) / sum(np.exp(row)) for x in row] for row in scores], rtol=1e-14
    )


def test_scores_of_minus_infinity_get_no_weight():
    assert weights_of([[1.0, -np.inf, 1.0], [0.5, -np.inf, -np.inf]]).tolist() == [[0.5, 0.0, 0.5], [1.0, 0.0, 0.0]]


def test_backward_is_the_jacobian_written_out(board):
    weights = softmax.forward(board.led, board("H T S"), "weights", "A")
    dweights = board("H T S")
    centered = softmax.backward(board.led, weights, dweights, "r")
    dscores = weights.value * centered.value
    for h, t in np.ndindex(2, 7):
        a, row = weights.value[h, t], np.zeros(5)
        for i in range(5):
            for j in range(5):  # weight i by score j
                row[j] += dweights.value[h, t, i] * a[i] * ((i == j) - a[j])
        np.testing.assert_allclose(dscores[h, t], row, atol=1e-15)


@pytest.mark.parametrize("which", ["led", "prime_led"])
def test_the_jacobian_of_the_step_is_the_folded_form(which, request, default, prime):
    led, w = request.getfixturevalue(which), {"led": default, "prime_led": prime}[which].worked
    folded = led[f"grad.layers.{w.layer}.attention.masked"].value[w.head, w.position]
    np.testing.assert_allclose(led["unfolded.softmax.product"].value, folded, rtol=0, atol=1e-15)
    jacobian = led["unfolded.softmax.jacobian"].value
    np.testing.assert_allclose(jacobian, jacobian.T, atol=1e-15)
    np.testing.assert_allclose(jacobian.sum(0), 0, atol=1e-14)
