"""The engine's loss, logits and gradients beside those of the outside forward pass, by way of the exported file."""

from __future__ import annotations

import numpy as np
import pytest

from calc import export
from calc.ledger import Ledger
from calc.step import axis_sizes, training_step
from tests.calc.outside import differentiate, read, relative

BOUND = 1e-12


def hold(path):
    """The export's numbers are the outside's, each array within the bound of its largest entry."""
    arrays, config = read(path)
    loss, logits, gradients = differentiate(arrays, config)
    assert relative(arrays["loss"], loss) < BOUND
    assert relative(arrays["logits"], logits) < BOUND
    assert {f"grad.{name}" for name in gradients} <= set(arrays)
    errors = {name: relative(arrays[f"grad.{name}"], gradient) for name, gradient in gradients.items()}
    assert not {name: error for name, error in errors.items() if not error < BOUND}
    return max(errors.values())


@pytest.mark.parametrize("which", ["led", "prime_led"])
def test_a_steps_loss_logits_and_every_gradient(which, request, tmp_path, figure):
    led = request.getfixturevalue(which)
    config = request.getfixturevalue({"led": "default", "prime_led": "prime"}[which])
    export.save(led, config, tmp_path / "step.npz")
    names = [entry.name for entry in led if entry.attrs.get("parameter")]
    assert sorted(names) == sorted(differentiate(*read(tmp_path / "step.npz"))[2])
    worst = hold(tmp_path / "step.npz")
    what = "gradients by automatic differentiation of the outside forward pass"
    figure(f"{len(names)} {what}, at width {config.model.d_model}: the farthest is {worst:.1e} off")


def test_the_sizes_are_primes_and_tell_the_axes_apart(prime_led):
    sizes = prime_led.sizes
    assert [sizes[letter] for letter in "VPTHKDF"] == [13, 11, 7, 3, 5, 15, 23]
    tokens = prime_led["inputs.tokens"].value
    assert len(set(tokens.tolist())) < len(tokens)  # a word comes twice


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_gradients_at_weights_with_no_gain_at_one_and_no_bias_at_zero(seed, prime, shaken, run, tmp_path):
    """At the first weights, a gain or a bias that the backward pass forgot would not show."""
    led = Ledger(axis_sizes(prime))
    run(led, prime, shaken(prime, seed))
    assert not any((e.value == 0).any() for e in led if e.attrs.get("parameter"))
    export.save(led, prime, tmp_path / "shaken.npz")
    hold(tmp_path / "shaken.npz")


@pytest.mark.parametrize(
    "overrides",
    [
        {"model.d_model": 4, "model.heads": 1, "model.d_ff": 8},
        {"model.d_model": 24, "model.heads": 3, "model.layers": 2},
        {"model.layers": 4, "model.heads": 4, "model.d_model": 32},
        {"model.d_model": 5, "model.heads": 5, "model.d_ff": 1, "init.seed": 7},
        {"text.sentence": "cat"},
        {"text.sentence": "the mat sat on the dog"},
        {"init.spread": 1.0, "model.ln_eps": 0.5},
    ],
    ids=lambda o: ",".join(f"{key.partition('.')[2]}={value}" for key, value in o.items()),
)
def test_other_configurations(overrides, configured, tmp_path):
    config = configured(overrides)
    export.save(training_step(config), config, tmp_path / "step.npz")
    hold(tmp_path / "step.npz")


def test_a_gradient_a_hundred_billionth_off_is_seen(led, default, tmp_path):
    export.save(led, default, tmp_path / "step.npz")
    arrays, config = read(tmp_path / "step.npz")
    gradient = differentiate(arrays, config)[2]["layers.0.attention.w_k"].copy()
    assert relative(arrays["grad.layers.0.attention.w_k"], gradient) < BOUND
    largest = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
    gradient[largest] *= 1 + 1e-11
    assert relative(arrays["grad.layers.0.attention.w_k"], gradient) > BOUND
