"""An outside witness: the forward pass written once more from the papers, sharing nothing with calc/, and
differentiated by HIPS autograd. It reads the exported file by the names that the export promises."""

from __future__ import annotations

import json
import math

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import value_and_grad
from autograd.extend import defvjp, primitive

from calc import export
from calc.ledger import Ledger
from calc.step import axis_sizes, training_step

erf = primitive(np.vectorize(math.erf, otypes=[float]))
defvjp(erf, lambda ans, x: lambda g: g * 2 / math.sqrt(math.pi) * anp.exp(-x * x))


def layer_norm(x, gamma, beta, eps):
    centered = x - anp.mean(x, axis=1, keepdims=True)
    variance = anp.sum(centered * centered, axis=1, keepdims=True) / x.shape[1]
    return gamma * centered / anp.sqrt(variance + eps) + beta


def witness(p, tokens, targets, heads, layers, eps):
    """The mean loss, and the logits."""
    length = len(tokens)
    x = p["token_embedding"][tokens] + p["position_embedding"][:length]
    for i in range(layers):
        w = {name.removeprefix(f"layers.{i}."): p[name] for name in p if name.startswith(f"layers.{i}.")}
        h = layer_norm(x, w["ln_1.gamma"], w["ln_1.beta"], eps)
        q, k, v = h @ w["attention.w_q"], h @ w["attention.w_k"], h @ w["attention.w_v"]
        width, outs = q.shape[1] // heads, []
        for n in range(heads):
            part = slice(n * width, (n + 1) * width)
            scores = q[:, part] @ k[:, part].T / math.sqrt(width)
            scores = anp.where(np.tril(np.ones((length, length))) > 0, scores, -1e30)
            weights = anp.exp(scores - anp.max(scores, axis=1, keepdims=True))
            weights = weights / anp.sum(weights, axis=1, keepdims=True)
            outs.append(weights @ v[:, part])
        x = x + anp.concatenate(outs, axis=1) @ w["attention.w_o"]
        h = layer_norm(x, w["ln_2.gamma"], w["ln_2.beta"], eps)
        u = h @ w["ffn.w_1"] + w["ffn.b_1"]
        x = x + (0.5 * u * (1 + erf(u / math.sqrt(2)))) @ w["ffn.w_2"] + w["ffn.b_2"]
    logits = layer_norm(x, p["ln_f.gamma"], p["ln_f.beta"], eps) @ p["w_out"]
    top = anp.max(logits, axis=1, keepdims=True)
    log_total = anp.log(anp.sum(anp.exp(logits - top), axis=1)) + top[:, 0]
    return anp.mean(log_total - logits[np.arange(length), targets]), logits


def read(path):
    """What an outside reader finds in an export: its arrays, its configuration, the names of its parameters."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    config = json.loads(str(arrays.pop("config")))
    per_layer = [f"{norm}.{name}" for norm in ("ln_1", "ln_2") for name in ("gamma", "beta")]
    per_layer += [f"attention.w_{name}" for name in "qkvo"] + [f"ffn.{name}" for name in ("w_1", "b_1", "w_2", "b_2")]
    names = ["token_embedding", "position_embedding", "ln_f.gamma", "ln_f.beta", "w_out"]
    names += [f"layers.{i}.{name}" for i in range(config["model"]["layers"]) for name in per_layer]
    return arrays, config, names


def differentiate(arrays, config, names):
    """The witness's loss, logits and gradients at the export's parameters."""
    m = config["model"]

    def run(p):
        ids = arrays["inputs.tokens"], arrays["inputs.targets"]
        return witness(p, *ids, heads=m["heads"], layers=m["layers"], eps=m["ln_eps"])

    p = {name: arrays[name] for name in names}
    loss, gradients = value_and_grad(lambda p: run(p)[0])(p)
    return loss, run(p)[1], gradients


def relative(got, true):
    """The largest difference, to the array's largest entry with a floor of 1e-12."""
    assert np.shape(got) == np.shape(true)
    return np.abs(got - true).max() / max(np.abs(true).max(), 1e-12)


def hold(path):
    arrays, config, names = read(path)
    loss, logits, gradients = differentiate(arrays, config, names)
    assert relative(arrays["loss"], loss) < 1e-12
    assert relative(arrays["logits"], logits) < 1e-12
    assert set(gradients) == set(names)
    for name, gradient in gradients.items():
        assert relative(arrays[f"grad.{name}"], gradient) < 1e-9, name


@pytest.mark.parametrize("which", ["led", "prime_led"])
def test_a_steps_loss_logits_and_every_gradient(which, request, tmp_path):
    config = request.getfixturevalue({"led": "default", "prime_led": "prime"}[which])
    export.save(request.getfixturevalue(which), config, tmp_path / "step.npz")
    hold(tmp_path / "step.npz")


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


def test_a_gradient_a_billionth_off_is_seen(led, default, tmp_path):
    export.save(led, default, tmp_path / "step.npz")
    arrays, config, names = read(tmp_path / "step.npz")
    gradient = differentiate(arrays, config, names)[2]["layers.0.attention.w_k"].copy()
    largest = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
    gradient[largest] *= 1 + 5e-9
    assert relative(arrays["grad.layers.0.attention.w_k"], gradient) > 1e-9
