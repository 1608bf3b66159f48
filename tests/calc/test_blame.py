"""The paths of the gradient to the embeddings: each is what an outside program finds when the stream is nudged for one
reader alone, and together they are the whole."""

from __future__ import annotations

import math

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from calc import blame
from calc.step import training_step
from tests.calc.outside import erf
from tests.calc.outside import layer_norm as outside_layer_norm

TIGHT = 1e-12


def nudged(arrays, config, nudges):
    """The loss, with the stream that each reader reads moved by that reader's own nudge: nudges["layers.0.q"][h], one
    for each head, nudges["layers.0.ffn"], and nudges["residual"] at the top."""
    m, eps = config.model, config.model.ln_eps
    tokens, targets = arrays["inputs.tokens"].value, arrays["inputs.targets"].value
    length, width = len(tokens), m.d_model // m.heads
    p = {e.name: e.value for e in arrays if e.attrs.get("parameter")}
    x = p["token_embedding"][tokens] + p["position_embedding"][:length]
    for i in range(m.layers):
        w = {name.removeprefix(f"layers.{i}."): p[name] for name in p if name.startswith(f"layers.{i}.")}
        outs = []
        for h in range(m.heads):
            part = slice(h * width, (h + 1) * width)
            q, k, v = (
                outside_layer_norm(x + nudges[f"layers.{i}.{way}"][h], w["ln_1.gamma"], w["ln_1.beta"], eps)
                @ w[f"attention.w_{way}"][:, part]
                for way in "qkv"
            )
            scores = anp.where(np.tril(np.ones((length, length))) > 0, q @ k.T / math.sqrt(width), -1e30)
            weights = anp.exp(scores - anp.max(scores, axis=1, keepdims=True))
            outs.append(weights / anp.sum(weights, axis=1, keepdims=True) @ v)
        x = x + anp.concatenate(outs, axis=1) @ w["attention.w_o"]
        h = outside_layer_norm(x + nudges[f"layers.{i}.ffn"], w["ln_2.gamma"], w["ln_2.beta"], eps)
        u = h @ w["ffn.w_1"] + w["ffn.b_1"]
        x = x + (0.5 * u * (1 + erf(u / math.sqrt(2)))) @ w["ffn.w_2"] + w["ffn.b_2"]
    logits = outside_layer_norm(x + nudges["residual"], p["ln_f.gamma"], p["ln_f.beta"], eps) @ p["w_out"]
    top = anp.max(logits, axis=1, keepdims=True)
    totals = anp.log(anp.sum(anp.exp(logits - top), axis=1)) + top[:, 0]
    return anp.mean(totals - logits[np.arange(length), targets])


def witnessed(led, config):
    """Every path's part, by an outside differentiation with respect to the nudges."""
    shape, m = (led.sizes["T"], led.sizes["D"]), config.model
    still = {"residual": np.zeros(shape)}
    for i in range(m.layers):
        still |= {f"layers.{i}.{way}": np.zeros((m.heads, *shape)) for way in "qkv"}
        still[f"layers.{i}.ffn"] = np.zeros(shape)
    return grad(lambda nudges: nudged(led, config, nudges))(still)


def off(led, config):
    """The paths whose part is not what the outside program says."""
    return {
        path for path, true in witnessed(led, config).items()
        if not np.abs(led[f"blame.{path}.part"].value - true).max() <= TIGHT * max(np.abs(true).max(), 1e-3)
    }  # fmt: skip


@pytest.fixture(params=["default", "prime"])
def run(request):
    """A step and its configuration: one layer, and two layers of three heads at prime sizes."""
    led = request.getfixturevalue({"default": "led", "prime": "prime_led"}[request.param])
    return led, request.getfixturevalue(request.param)


def test_each_part_is_the_gradient_for_one_reader_alone(run):
    led, config = run
    assert off(led, config) == set()


def test_the_parts_add_up_to_the_gradient_at_the_embeddings(run):
    led, _ = run
    np.testing.assert_allclose(led["blame.total"].value, led["grad.embedding.out"].value, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(led["blame.shares"].value, 1.0, rtol=0, atol=1e-13)


def test_the_heads_ways_add_up_to_what_the_layer_norm_hands_back(run):
    led, config = run
    for i in range(config.model.layers):
        x = "embedding.out" if i == 0 else f"layers.{i - 1}.residual_2"
        parts = sum(led[f"blame.layers.{i}.{way}.part_of_all"].value for way in "qkv")
        np.testing.assert_allclose(parts, led[f"grad.{x}.via.ln_1"].value, rtol=1e-11, atol=1e-16)


def test_shares_and_lengths(run):
    led, _ = run
    whole = led["grad.embedding.out"].value
    for path in ("residual", "layers.0.q", "layers.0.ffn"):
        part = led[f"blame.{path}.part"].value
        np.testing.assert_allclose(led[f"blame.{path}.norm"].value, np.linalg.norm(part, axis=-1), rtol=1e-14)
        share = (part * whole).sum(axis=-1) / (whole**2).sum(axis=-1)
        np.testing.assert_allclose(led[f"blame.{path}.share"].value, share, rtol=1e-12, atol=1e-16)


def test_the_first_position_has_no_choice_of_keys_so_its_queries_get_no_blame(run):
    led, config = run
    for i in range(config.model.layers):
        assert not led[f"blame.layers.{i}.q.part"].value[:, 0].any()


def test_one_word_leaves_no_blame_to_queries_and_keys(configured):
    led = training_step(configured({"text.sentence": "cat"}))
    for way in "qk":
        assert not led[f"blame.layers.0.{way}.share"].value.any()
    assert led["blame.shares"].value == pytest.approx(1.0)


# --- planted errors ---------------------------------------------------------------------------------------------------


def test_heads_taken_in_the_wrong_order_are_seen(prime, monkeypatch):
    """A weight dealt out to the heads column by column: the sum over heads is wrong too."""
    right = blame.heads

    class Turned:
        def __init__(self, led):
            self.led = led

        def __getattr__(self, name):
            return getattr(self.led, name)

        def __getitem__(self, name):
            return self.led[name]

        def put(self, name, symbol, axes, op, *operands, **attrs):
            made = self.led.put(name, symbol, axes, op, *operands, **attrs)
            if name == "weight":
                made.value = made.value[::-1].copy()
            return made

    monkeypatch.setattr(blame, "heads", lambda led, *rest: right(Turned(led), *rest))
    led = training_step(prime)
    assert off(led, prime) == {f"layers.{i}.{way}" for i in (0, 1) for way in "qkv"}
    assert np.abs(led["blame.shares"].value - 1).max() > 1e-3


def test_a_layer_norm_that_is_only_divided_by_its_spread_is_seen(prime, monkeypatch):
    """The two means that layer norm's backward pass takes off, left out: parts and sum are off."""

    def plain(led, block, weights, i, way):
        part = right(led, block, weights, i, way)
        part.value = led[f"blame.layers.{i}.{way}.normalized"].value / block.ln_1.std.value[:, None]
        return part

    right = blame.heads
    monkeypatch.setattr(blame, "heads", plain)
    led = training_step(prime)
    assert off(led, prime) == {f"layers.{i}.{way}" for i in (0, 1) for way in "qkv"}
    assert not np.allclose(led["blame.total"].value, led["grad.embedding.out"].value, rtol=1e-6)


def test_the_layer_norm_here_is_the_one_of_the_backward_pass(led):
    """Both fold F7 to F1 of the forward pass with the same operations in the same order."""
    lines = [entry.op for entry in led if entry.name.startswith("backward.layers.0.ln_1.")]
    names = ("mean", "product", "slope", "centered", "stretch", "difference")
    assert lines == [led[f"blame.layers.0.q.{name}"].op for name in names]
