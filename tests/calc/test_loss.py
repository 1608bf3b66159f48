"""Cross-entropy: the mean over positions in nats, and its folded gradient against the long way."""

from __future__ import annotations

import numpy as np
import pytest

from calc import loss
from calc.ledger import Tape


@pytest.fixture
def taken(board):
    f = loss.forward(board.led, board("T V", scale=3.0), board.ids("T", "V"))
    return f, loss.backward(board.led, f)


def test_it_is_the_mean_of_minus_log_probabilities(taken):
    f, _ = taken
    rows, total = f.logits.value, 0.0
    for row, target in zip(rows, f.targets.value, strict=True):
        total += np.log(np.exp(row).sum()) - row[target]
    assert f.loss.value == pytest.approx(total / 7, rel=1e-14)
    assert f.loss.value == pytest.approx(f.nll.value.sum() / 7, rel=1e-15)


def test_even_probabilities_cost_the_log_of_the_vocabulary(board):
    f = loss.forward(board.led, board("T V", np.full((7, 13), 2.5)), board.ids("T", "V"))
    assert f.loss.value == pytest.approx(np.log(13), rel=1e-15)


def test_the_gradient_is_the_means_not_the_sums(taken):
    f, dlogits = taken
    for t, v in np.ndindex(7, 13):
        expected = (f.probs.value[t, v] - (f.targets.value[t] == v)) / 7
        assert dlogits.value[t, v] == pytest.approx(expected, abs=1e-15)


def test_rows_of_the_gradient_sum_to_zero_and_only_the_target_is_pushed_up(taken):
    f, dlogits = taken
    np.testing.assert_allclose(dlogits.value.sum(1), 0, atol=1e-15)
    for row, target in zip(dlogits.value, f.targets.value, strict=True):
        assert np.flatnonzero(row < 0).tolist() == [target]


def test_the_long_way_gives_the_folded_gradient(board, taken):
    f, dlogits = taken
    one_hot = board("T V", np.eye(13)[f.targets.value])
    long_way = loss.backward_unfolded(board.led, f, one_hot, board("", 7.0), board("", 1.0))
    np.testing.assert_allclose(long_way.value, dlogits.value, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("which", ["led", "prime_led"])
def test_the_steps_long_way_gives_its_gradient(which, request):
    led = request.getfixturevalue(which)
    np.testing.assert_allclose(led["unfolded.loss.logits"].value, led["grad.logits"].value, rtol=1e-12, atol=1e-15)


def test_two_copies_of_a_text_have_its_loss_and_half_its_gradient_each(board, taken):
    """Twice the positions would double a sum, and leave its gradient as it is."""
    f, dlogits = taken
    twice = Tape(board.led.sizes | {"T": 14})
    logits, targets = np.tile(f.logits.value, (2, 1)), np.tile(f.targets.value, 2)
    both = loss.forward(twice, twice.given("z", "z", "T V", logits), twice.given("y", "y", "T", targets))
    assert both.loss.value == pytest.approx(f.loss.value, rel=1e-15)
    np.testing.assert_allclose(loss.backward(twice, both).value, np.tile(dlogits.value, (2, 1)) / 2, rtol=1e-14)
