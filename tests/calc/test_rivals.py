"""The runs of the pages on optimizers and on a rate too high: that they are the walk's own step where they say so."""

from __future__ import annotations

import numpy as np
import pytest

from calc import flat, rivals, step, too_fast
from calc.race import METHODS, STEPS, TIMES, Race
from calc.rivals import SHOWN


@pytest.fixture(scope="module")
def raced(prime):
    return Race(prime)


@pytest.fixture(scope="module")
def four(prime, raced):
    return rivals.ledger(prime, raced)


@pytest.fixture(scope="module")
def fast(prime, raced):
    return too_fast.ledger(prime, raced)


def test_the_gradients_and_adamws_update_are_those_of_the_walk(prime_led, four):
    for name in [e.name for e in prime_led if e.attrs.get("parameter")]:
        np.testing.assert_array_equal(four[f"grad.{name}"].value, prime_led[f"grad.{name}"].value)
    for name in SHOWN:
        np.testing.assert_array_equal(four[f"adamw.{name}.new"].value, prime_led[f"adamw.{name}.new"].value)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", SHOWN)
def test_a_move_is_new_minus_old(four, method, name):
    new, old = four[f"{method}.{name}.new"].value, four[name].value
    np.testing.assert_allclose(four[f"{method}.{name}.move"].value, new - old, rtol=0, atol=1e-15)


def test_what_decay_takes_off_is_what_the_update_would_not_take_without_it(prime, four):
    o = prime.optimizer
    for name in SHOWN:
        p, g = four[name].value, four[f"grad.{name}"].value
        h = g + o.weight_decay * p
        step_of_gradient = o.lr * g / (np.abs(h) + o.eps)
        decay = four[f"adam_l2.{name}.decay"].value
        np.testing.assert_allclose(four[f"adam_l2.{name}.step"].value - step_of_gradient, decay, atol=1e-14)
        np.testing.assert_allclose(four[f"adamw.{name}.decay"].value, o.lr * o.weight_decay * p, rtol=1e-15)


def test_the_second_step_starts_where_gradient_descent_left_everything(prime, four):
    weights = {e.name: e.value for e in four if e.attrs.get("parameter")}
    moved = {name: value - prime.optimizer.lr * four[f"grad.{name}"].value for name, value in weights.items()}
    led = step.Ledger(step.axis_sizes(prime))
    start = step.beginning(prime)._replace(values=moved)
    again = step.record(led, prime, start)
    for name in SHOWN:
        g = again.gradients[name].value
        np.testing.assert_allclose(four[f"grad.sgd.{name}.new"].value, g, rtol=0, atol=1e-14)
        buffer = prime.optimizer.beta1 * four[f"grad.{name}"].value + g
        np.testing.assert_allclose(four[f"second.momentum.{name}.buffer"].value, buffer, rtol=0, atol=1e-14)


def test_the_losses_are_those_of_the_race(four, fast, raced):
    for method in METHODS:
        for times in TIMES:
            np.testing.assert_array_equal(four[f"losses.{method}.times_{times}"].value, raced.run(method, times).losses)
    np.testing.assert_array_equal(fast["losses.fast"].value, raced.run("adamw", 10).losses)
    np.testing.assert_array_equal(fast["losses.right"].value, raced.run("adamw").losses)
    assert four["losses.adamw.times_1"].value.shape == (STEPS + 1,)


def test_the_fast_step_goes_ten_times_as_far_in_the_same_directions(prime_led, fast):
    for p in [e for e in prime_led if e.attrs.get("parameter")]:
        short = prime_led[f"adamw.{p.name}.new"].value - p.value
        long = fast[f"adamw.{p.name}.new"].value - p.value
        np.testing.assert_allclose(long, 10 * short, rtol=0, atol=1e-14)
    assert fast["account.predicted"].value == pytest.approx(10 * prime_led["account.predicted"].value, rel=1e-12)
    assert fast["losses.fast"].value[1] == pytest.approx(float(fast["after.loss"].value), rel=1e-12)


def test_the_way_leads_through_the_walks_own_step_to_the_fast_one(prime_led, fast):
    way = fast["losses.way"].value
    walk = (len(too_fast.WAY) - 1) // too_fast.TIMES
    assert too_fast.WAY[walk] == pytest.approx(1 / too_fast.TIMES)
    ends = [prime_led["loss"].value, prime_led["after.loss"].value, fast["after.loss"].value]
    np.testing.assert_allclose(way[[0, walk, -1]], ends, rtol=1e-12)


def test_sizes_are_root_mean_squares(fast, prime):
    for name in too_fast.drawn(prime.model.layers):
        p = fast[name].value
        move = fast[f"adamw.{name}.new"].value - p
        for what, value in (("weights", p), ("move", move)):
            wanted = np.linalg.norm(value) / np.sqrt(value.size)
            assert fast[f"size.{name}.{what}"].value == pytest.approx(wanted, rel=1e-12)


def test_the_worst_forward_pass_has_the_largest_loss(fast, raced):
    assert fast["worst.loss"].value == pytest.approx(max(raced.run("adamw", 10).losses[1:]), rel=1e-9)


@pytest.mark.parametrize("lr", [0.3, 10.0, 1e6])
def test_where_numbers_overflow_the_runs_end_and_nothing_fails(configured, lr):
    config = configured({"model.d_model": 6, "model.heads": 2, "model.d_ff": 7})
    config = config.model_copy(update={"optimizer": config.optimizer.model_copy(update={"lr": lr})})
    made = Race(config)
    fast, four = too_fast.ledger(config, made), rivals.ledger(config, made)
    for led in (fast, four):
        for entry in [e for e in led if e.name.startswith("losses.")]:
            assert entry.value.size >= 1
            assert np.isfinite(entry.value).all()
    assert ("after.loss" in fast) == ("account.predicted" in fast)
    assert not made.run("sgd", 30).whole
    assert ("second.sgd.w_out.new" in four) == (lr < 1e6)


def test_flat_places_are_those_of_the_ledger(fast, raced, prime):
    views = flat.views(raced.run("adamw", 10).worst, flat.places(prime.model.layers, step.axis_sizes(prime)))
    for name, value in views.items():
        np.testing.assert_array_equal(fast[f"worst.{name}"].value, value)
