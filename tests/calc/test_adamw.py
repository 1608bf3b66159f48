"""AdamW against autograd's Adam, which has no decay, with the decoupled decay applied outside."""

from __future__ import annotations

import numpy as np
import pytest

from calc import adamw, model, parameters, step
from calc.ledger import Ledger, Tape
from tests.calc import outside

RATES = {"lr": 0.013, "beta1": 0.8, "beta2": 0.97, "eps": 1e-7, "weight_decay": 0.17}


def rates_on(tape, rates, number):
    given = {name: tape.given(name, name, "", value) for name, value in rates.items()}
    return adamw.rates(
        tape, given["lr"], given["beta1"], given["beta2"], given["eps"], given["weight_decay"],
        tape.given("t", "t", "", number), tape.given("one", "1", "", 1),
    )  # fmt: skip


@pytest.mark.parametrize("rates", [RATES, RATES | {"weight_decay": 0.0}, RATES | {"beta1": 0.0}, RATES | {"eps": 0.5}])
def test_several_steps_with_their_moments_carried_on(rates):
    generator, steps = np.random.default_rng(8), 7
    start = generator.normal(size=(13, 5))
    slopes = generator.normal(size=(steps, 13, 5)) * 10.0 ** generator.integers(-6, 2, (steps, 13, 5))
    witness = outside.AdamW(start, lambda x, i: slopes[i], rates, steps)
    tape = Tape({"D": 13, "F": 5})
    p, m, v = (tape.given("x", "x", "D F", value) for value in (start, 0 * start, 0 * start))
    for i in range(steps):
        p, m, v = adamw.update(tape, p, tape.given("g", "g", "D F", slopes[i]), m, v, rates_on(tape, rates, i + 1))
        np.testing.assert_allclose(p.value, witness.path[i], rtol=1e-12, atol=1e-13)


def test_training_on_the_models_own_gradients(prime, run):
    """Five whole steps: forward, backward and update here; there, only the gradients come from the model."""
    o, layers, sizes = prime.optimizer.model_dump(), prime.model.layers, step.axis_sizes(prime)
    first = parameters.draw(layers, sizes, prime.init.seed, prime.init.spread, prime.init.decimals)
    shapes = {name: value.shape for name, value in first.items()}

    def flat(values):
        return np.concatenate([np.ravel(value) for value in values.values()])

    def whole(vector):
        ends = np.cumsum([np.prod(shape) for shape in shapes.values()])[:-1].astype(int)
        return {n: part.reshape(shapes[n]) for n, part in zip(shapes, np.split(vector, ends), strict=True)}

    def gradient(weights, i):
        found = run(Tape(sizes), prime, whole(weights)).gradients
        return flat({name: found[name].value for name in shapes})

    witness = outside.AdamW(flat(first), gradient, o, 5)
    tape = Tape(sizes)
    inputs, p = step.read(tape, prime), parameters.give(tape, layers, first)
    m, v = ({name: tape.given(name, "0", p[name].axes, 0 * first[name]) for name in p} for _ in "mv")
    for i in range(5):
        slopes = model.backward(tape, model.forward(tape, p, inputs, layers), p, inputs)
        r = step.read_rates(tape, prime, step=i + 1)
        for name in first:
            p[name], m[name], v[name] = adamw.update(tape, p[name], slopes[name], m[name], v[name], r)
        np.testing.assert_allclose(flat({n: p[n].value for n in first}), witness.path[i], rtol=0, atol=1e-12)


@pytest.mark.parametrize("which", ["led", "prime_led"])
def test_the_steps_new_weights(which, request):
    led = request.getfixturevalue(which)
    config = request.getfixturevalue({"led": "default", "prime_led": "prime"}[which])
    for entry in [e for e in led if e.attrs.get("parameter")]:
        gradient = led[f"grad.{entry.name}"].value
        witness = outside.AdamW(entry.value, lambda x, i, g=gradient: g, config.optimizer.model_dump(), 1)
        np.testing.assert_allclose(led[f"adamw.{entry.name}.new"].value, witness.weights, rtol=0, atol=1e-12)


def test_the_first_moments_start_at_zero_and_keep_a_share_of_the_gradient(led, default):
    o = default.optimizer
    for entry in [e for e in led if e.attrs.get("parameter")]:
        gradient, name = led[f"grad.{entry.name}"].value, f"adamw.{entry.name}"
        np.testing.assert_array_equal(led[f"{name}.m_before"].value, 0)
        np.testing.assert_allclose(led[f"{name}.m"].value, (1 - o.beta1) * gradient, rtol=1e-15)
        np.testing.assert_allclose(led[f"{name}.v"].value, (1 - o.beta2) * gradient**2, rtol=1e-15)


def test_at_step_one_the_bias_corrections_leave_the_gradient_and_its_size(led):
    for entry in [e for e in led if e.attrs.get("parameter")]:
        gradient, name = led[f"grad.{entry.name}"].value, f"adamw.{entry.name}"
        np.testing.assert_allclose(led[f"{name}.m_hat"].value, gradient, rtol=1e-14)
        np.testing.assert_allclose(led[f"{name}.root"].value, np.abs(gradient), rtol=1e-13)
        large = np.abs(gradient) > 1e-4  # well above eps: the step is the rate, whatever the gradient's size
        np.testing.assert_allclose(np.abs(led[f"{name}.direction"].value[large]), 1, atol=2e-4)


def test_a_word_that_was_not_read_only_decays(led, default):
    o, dog = default.optimizer, 9
    assert dog not in led["inputs.tokens"].value
    old, new = led["token_embedding"].value[dog], led["adamw.token_embedding.new"].value[dog]
    np.testing.assert_array_equal(led["grad.token_embedding"].value[dog], 0)
    np.testing.assert_array_equal(new, old * (1 - o.lr * o.weight_decay))
    assert (led["adamw.token_embedding.direction"].value[dog] == 0).all()
    assert led["grad.w_out"].value[:, dog].all()  # its column of the output projection does learn


def test_decay_is_apart_from_the_gradient(led, configured):
    """Decay in the gradient (L2) would leave a gain of 1 with the rate's step alone; apart, it shrinks it too."""
    still = step.training_step(configured({"optimizer.weight_decay": 0.0}))
    for name in ("m", "v", "direction", "step"):
        key = f"adamw.layers.0.ln_1.gamma.{name}"
        np.testing.assert_array_equal(led[key].value, still[key].value)
    moved = still["adamw.w_out.new"].value - led["adamw.w_out.new"].value
    np.testing.assert_allclose(moved, 0.01 * 0.1 * led["w_out"].value, rtol=0, atol=1e-15)


def test_the_same_update_on_a_ledger():
    led = Ledger({"D": 3})
    p, g, m, v = (led.given(name, name, "D", value) for name, value in zip("pgmv", np.ones((4, 3)), strict=True))
    with led.scope("adamw"):
        rates = rates_on(led, RATES, 2)
    with led.scope("adamw.p"):
        new, m, v = adamw.update(led, p, g, m, v, rates)
    assert (new.name, m.name, v.name) == ("adamw.p.new", "adamw.p.m", "adamw.p.v")
