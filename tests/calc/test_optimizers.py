"""The three optimizers beside AdamW against closed formulas in plain NumPy, which share no code with the engine."""

from __future__ import annotations

import numpy as np
import pytest

from calc import adamw, optimizers
from calc.ledger import Tape

RATES = {"lr": 0.013, "beta1": 0.8, "beta2": 0.97, "eps": 1e-7, "weight_decay": 0.17}
STEPS, SHAPE = 7, (13, 5)


@pytest.fixture
def start():
    return np.random.default_rng(8).normal(size=SHAPE)


@pytest.fixture
def slopes():
    generator = np.random.default_rng(9)
    return generator.normal(size=(STEPS, *SHAPE)) * 10.0 ** generator.integers(-6, 2, (STEPS, *SHAPE))


@pytest.fixture
def tape():
    return Tape({"D": SHAPE[0], "F": SHAPE[1]})


def on(tape, value, axes="D F"):
    return tape.given("x", "x", axes, value)


def rates_on(tape, number):
    given = [on(tape, RATES[name], "") for name in ("lr", "beta1", "beta2", "eps", "weight_decay")]
    return adamw.rates(tape, *given, on(tape, number, ""), on(tape, 1, ""))


def test_gradient_descent_takes_off_the_sum_of_all_gradients(tape, start, slopes):
    p, lr = on(tape, start), on(tape, RATES["lr"], "")
    for g in slopes:
        p = optimizers.sgd(tape, p, on(tape, g), lr)
    np.testing.assert_allclose(p.value, start - RATES["lr"] * slopes.sum(axis=0), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("share", [0.0, 0.8])
def test_momentums_buffer_is_a_sum_in_which_old_gradients_fade(tape, start, slopes, share):
    """After step n gradient i counts share^(n - i), in the sum of all steps (1 - share^(n - i + 1)) / (1 - share)."""
    p, buffer = on(tape, start), on(tape, 0 * start)
    lr, kept = on(tape, RATES["lr"], ""), on(tape, share, "")
    for g in slopes:
        p, buffer = optimizers.momentum(tape, p, on(tape, g), buffer, lr, kept)
    age = np.arange(STEPS)[::-1]
    np.testing.assert_allclose(buffer.value, np.tensordot(share**age, slopes, 1), rtol=1e-13, atol=1e-13)
    weights = (1 - share ** (age + 1.0)) / (1 - share)
    moved = RATES["lr"] * np.tensordot(weights, slopes, 1)
    np.testing.assert_allclose(p.value, start - moved, rtol=1e-13, atol=1e-13)


def test_adam_with_l2_averages_gradient_and_pull_together(tape, start, slopes):
    """Adam's averages as the sums that they are (Kingma and Ba, 2015, equations 1 and 3), of g + decay * p."""
    r = RATES
    p, m, v = on(tape, start), on(tape, 0 * start), on(tape, 0 * start)
    decay, one, path, pulled = on(tape, r["weight_decay"], ""), on(tape, 1, ""), start, []
    for n, g in enumerate(slopes, 1):
        p, m, v = optimizers.adam_l2(tape, p, on(tape, g), m, v, decay, rates_on(tape, n), one)
        pulled.append(g + r["weight_decay"] * path)
        age = np.arange(n)[::-1]
        first = (1 - r["beta1"]) * np.tensordot(r["beta1"] ** age, pulled, 1) / (1 - r["beta1"] ** n)
        second = (1 - r["beta2"]) * np.tensordot(r["beta2"] ** age, np.square(pulled), 1) / (1 - r["beta2"] ** n)
        path = path - r["lr"] * first / (np.sqrt(second) + r["eps"])
        np.testing.assert_allclose(p.value, path, rtol=1e-12, atol=1e-13)


def test_without_decay_both_kinds_of_adam_are_one(tape, start, slopes):
    none, one = on(tape, 0.0, ""), on(tape, 1, "")
    r = rates_on(tape, 3)._replace(keep=one)
    given = [on(tape, value) for value in (start, slopes[0], slopes[1], slopes[2] ** 2)]
    inside, apart = optimizers.adam_l2(tape, *given, none, r, one), adamw.update(tape, *given, r)
    for ours, theirs in zip(inside, apart, strict=True):
        np.testing.assert_array_equal(ours.value, theirs.value)


def test_inside_adam_a_weight_with_a_large_gradient_decays_less(tape):
    """What decay makes of the first step, found by leaving it out: apart it is the same share of every weight."""
    p, g, zero = on(tape, np.full(SHAPE, 0.3)), np.logspace(-4, 4, 65).reshape(SHAPE), on(tape, np.zeros(SHAPE))
    r = rates_on(tape, 1)
    one, decay = on(tape, 1, ""), on(tape, RATES["weight_decay"], "")
    kept, (pulled, _, _) = r._replace(keep=one), optimizers.adam_l2(tape, p, on(tape, g), zero, zero, decay, r, one)
    still, _, _ = adamw.update(tape, p, on(tape, g), zero, zero, kept)
    apart, _, _ = adamw.update(tape, p, on(tape, g), zero, zero, r)
    np.testing.assert_allclose(still.value - apart.value, RATES["lr"] * RATES["weight_decay"] * 0.3, rtol=1e-9)
    inside = (still.value - pulled.value).ravel()[g.ravel() > 1]
    assert (np.abs(inside) < 1e-6).all()  # both steps have the whole length, and the same sign
