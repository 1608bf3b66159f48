"""The loss, accounted for: the differential by tensor, and what the step did on its way."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest

from calc import account
from calc.along import ALONE, WAY, Along
from calc.program import Replay
from calc.step import training_step
from calc.witness import Forward
from render.proof.precise import Replay as Precise


@pytest.fixture(params=["default", "prime"], scope="module")
def run(request):
    """A step and its configuration: one layer, and two layers at prime sizes."""
    led = request.getfixturevalue({"default": "led", "prime": "prime_led"}[request.param])
    return led, request.getfixturevalue(request.param)


def parameters(led):
    return [entry for entry in led if entry.attrs.get("parameter")]


def faults(led):
    """The tensors whose prediction is not the loss's slope along their own move, by the complex step; "total" where
    the whole is not."""
    forward, found, total = Forward(led), set(), 0.0
    for p in parameters(led):
        move = led[f"adamw.{p.name}.new"].value - p.value
        slope = forward.slope(p.name, move)
        total += slope
        if abs(led[f"account.{p.name}.predicted"].value - slope) > 1e-12:
            found.add(p.name)
    return found | ({"total"} if abs(led["account.predicted"].value - total) > 1e-11 else set())


def test_each_tensors_prediction_is_the_slope_along_its_move(run):
    assert faults(run[0]) == set()


def test_old_and_move_make_new(run):
    led, _ = run
    for p in parameters(led):
        new = p.value + led[f"account.{p.name}.move"].value
        np.testing.assert_allclose(new, led[f"adamw.{p.name}.new"].value, rtol=1e-12, atol=1e-17)


def test_a_move_keeps_its_digits_however_short(configured):
    """New minus old would not: at this rate the two agree in their first eight digits."""
    led = training_step(configured({"optimizer.lr": 1e-9}))
    true = Precise().values(led)
    for name in ("layers.0.attention.w_q", "token_embedding"):
        for part in ("move", "predicted", "by_decay"):
            value, exact = led[f"account.{name}.{part}"].value, true[f"account.{name}.{part}"].astype(float)
            np.testing.assert_allclose(value, exact, rtol=1e-12)


def test_step_and_decay_are_the_two_parts(run):
    led, _ = run
    for scope in [*(f"account.{p.name}" for p in parameters(led)), "account"]:
        parts = led[f"{scope}.by_step"].value + led[f"{scope}.by_decay"].value
        assert parts == pytest.approx(float(led[f"{scope}.predicted"].value), rel=1e-12, abs=1e-16)
    p = led["layers.0.attention.w_v"]
    decay = led["adamw.lr_times_decay"].value * np.sum(led[f"grad.{p.name}"].value * p.value)
    assert led[f"account.{p.name}.by_decay"].value == pytest.approx(-float(decay), rel=1e-12)


def test_the_shares_sum_to_one_and_the_remainder_closes_the_account(run):
    led, _ = run
    assert sum(led[f"account.{p.name}.share"].value for p in parameters(led)) == pytest.approx(1)
    left = led["after.loss"].value - led["loss"].value - led["account.predicted"].value
    assert led["account.remainder"].value == pytest.approx(float(left), abs=1e-13)
    assert led["account.tangent"].value == pytest.approx(float(led["loss"].value + led["account.predicted"].value))


def test_the_parameter_that_is_followed_is_the_steepest(run):
    led, _ = run
    top = max(np.abs(led[f"grad.{p.name}"].value).max() for p in parameters(led))
    assert abs(led["account.one.gradient"].value) == top
    slope, move = led["account.one.gradient"].value, led["account.one.move"].value
    assert led["account.one.predicted"].value == slope * move
    assert led["account.one.new"].value - led["account.one.old"].value == pytest.approx(float(move), rel=1e-12)


def test_the_first_of_equal_gradients_is_followed(led):
    values = {"a": [0.5, -1.0], "b": [1.0 + 1e-13, 0.0]}
    entries = {name: type("E", (), {"value": np.array(v), "shape": (2,)}) for name, v in values.items()}
    assert account.steepest(entries) == ("a", (1,))


def test_a_remainder_that_float64_cannot_tell_is_left_out(configured):
    led = training_step(configured({"optimizer.lr": 1e-7}))
    assert "account.remainder" not in led
    assert "end.remainder" not in Along(led, configured({"optimizer.lr": 1e-7})).ledger
    assert "account.remainder" in training_step(configured({"optimizer.lr": 1e-3}))


def test_without_decay_nothing_is_predicted_of_it(configured):
    led = training_step(configured({"optimizer.weight_decay": 0.0}))
    assert led["account.by_decay"].value == 0


# --- along the step ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def along(run):
    return Along(*run)


def test_the_curves_pass_through_the_steps_own_losses(run, along):
    led, _ = run
    assert along.way[0] == led["loss"].value
    assert along.way[list(WAY).index(1.0)] == pytest.approx(float(led["after.loss"].value), rel=1e-13)
    assert along.alone[list(ALONE).index(0.0)] == led["loss"].value
    assert len(along.way) == len(WAY)
    assert len(along.alone) == len(ALONE)


def test_the_slopes_are_those_of_the_curve(run, along):
    led, _ = run
    tiny = 1e-6
    moves = {p.name: (p.value, led[f"account.{p.name}.move"].value) for p in parameters(led)}
    losses = Replay(led, ["loss"])

    def at(share):
        return float(losses({name: old + share * move for name, (old, move) in moves.items()})["loss"])

    for share, slope in ((0.0, led["account.predicted"]), (1.0, along.ledger["end.slope"])):
        assert (at(share + tiny) - at(share - tiny)) / (2 * tiny) == pytest.approx(float(slope.value), rel=1e-7)


def test_the_mean_of_both_slopes_and_its_remainder(run, along):
    led, own = run[0], along.ledger
    mean = (led["account.predicted"].value + own["end.slope"].value) / 2
    assert own["end.mean"].value == pytest.approx(float(mean), rel=1e-14)
    assert own["end.remainder"].value == pytest.approx(float(led["facts.loss_change"].value - mean), rel=1e-12)


def test_with_one_parameter_moved_nothing_else_is(run, along):
    led, own = run[0], along.ledger
    name, index = account.steepest({p.name: led[f"grad.{p.name}"] for p in parameters(led)})
    values = led[name].value.copy()
    values[index] = led[f"adamw.{name}.new"].value[index]
    assert own["only.loss"].value == pytest.approx(float(Replay(led, ["loss"])({name: values})["loss"]), rel=1e-14)
    assert own["only.change"].value == own["only.loss"].value - led["loss"].value


def test_the_run_repeats_the_step_and_keeps_every_printed_digit(run, along):
    """At fifty digits, from the configuration on, every number that the page shows of the run is the same."""
    led, own = run[0], along.ledger
    for name in ("loss", "after.loss", "account.predicted", "facts.loss_change"):
        assert own[name].value == led[name].value
    true = Precise().values(own)
    for name in [e.name for e in own if e.name.startswith(("end.", "only.")) and not e.axes]:
        assert math.isclose(own[name].value, float(true[name][()]), rel_tol=1e-9), name


def test_the_runs_file(run, along):
    files = along.files()
    with np.load(io.BytesIO(files["data/along.npz"]), allow_pickle=False) as arrays:
        assert arrays["end.slope"] == along.ledger["end.slope"].value
        for p in parameters(run[0]):
            assert arrays[f"grad.adamw.{p.name}.new"].shape == p.shape


def test_the_gradients_at_the_new_weights_are_the_slopes_there(prime, prime_led):
    """Along each tensor's move, by the complex step on the forward pass after the update."""
    own = Along(prime_led, prime).ledger
    forward = Forward(own, "end.loss")
    for p in parameters(prime_led):
        slope = forward.slope(f"adamw.{p.name}.new", prime_led[f"account.{p.name}.move"].value)
        assert own[f"end.{p.name}.slope"].value == pytest.approx(slope, rel=1e-9, abs=1e-14)


# --- planted errors ---------------------------------------------------------------------------------------------------


def test_a_wrong_move_is_seen(prime, monkeypatch):
    """The decay is forgotten."""
    right = account.account

    def plant(led, weights, gradients):
        rate = led["adamw.lr_times_decay"]
        kept, rate.value = rate.value, np.zeros(())
        right(led, weights, gradients)
        rate.value = kept

    monkeypatch.setattr(account, "account", plant)
    found = faults(training_step(prime))
    assert {"total", "layers.1.attention.w_q", "w_out"} <= found


def test_a_gradient_of_the_wrong_sign_is_seen(prime, monkeypatch):
    right = account.account

    def plant(led, weights, gradients):
        turned = led.put("turned", "g", gradients["w_out"].axes, "neg", gradients["w_out"])
        right(led, weights, {**gradients, "w_out": turned})

    monkeypatch.setattr(account, "account", plant)
    assert faults(training_step(prime)) == {"w_out", "total"}
