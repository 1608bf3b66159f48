"""The three witnesses at configurations that nobody chose: sizes, text, seed and constants are drawn by hypothesis.

Each link of the step is held by itself: loss and logits, every gradient, the new parameters from the engine's own
gradients, the loss afterwards from the engine's own new parameters. They are not run through as one chain, because
AdamW magnifies: it moves a parameter by lr g / (|g| + eps), so where a gradient is near eps its rounding grows by up to
lr / eps, a million at the usual rates, with no fault on either side.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from calc import adamw, attention, model, softmax
from calc.config import from_values
from calc.step import training_step
from calc.witness import along_directions, cell_by_cell
from tests.calc import outside

# Hypothesis begins with the simplest example; the second one is drawn. No shrinking: a failing engine would be run for
# minutes, and each example is small.
EXAMPLES = settings(
    max_examples=2, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
# In 3,000 other examples the largest error of a gradient was 5e-13 of its largest entry by cells and 1.3e-12 along a
# direction, of a new parameter 2e-15.
BOUND = 1e-12
# The gradients on the way are of the order of 1, and this is their rounding. A gradient whose terms cancel to a hundred
# thousandth of that (a query's, where a word stands beside itself) keeps it, and is not good to 1e-12 of itself.
ROUNDING = 1e-16
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23)
SPECIAL = 4  # <pad>, <bos>, <eos>, <unk>


@st.composite
def configurations(draw, heads, layers):
    """So many heads and layers; vocabulary, position table, sentence and hidden layer as long as different primes, none
    of them the number of heads, their width or the product of both; now and then a sentence of one word."""
    width = draw(st.integers(-(-4 // heads), 5))  # the model's width is 4 or more
    free = [prime for prime in PRIMES if prime not in (heads, width, heads * width)]
    sizes = draw(st.lists(st.sampled_from(free), min_size=4, max_size=4, unique=True))
    words = min(sizes)
    vocabulary, positions, hidden = draw(st.permutations([size for size in sizes if size != words]))
    assume(vocabulary > SPECIAL)
    words = draw(st.sampled_from([words] * 9 + [1]))
    known = [f"word{i}" for i in range(vocabulary - SPECIAL)]
    corpus = [*draw(st.permutations(known)), *draw(st.lists(st.sampled_from(known), max_size=5))]
    sentence = draw(st.lists(st.sampled_from(known), min_size=words, max_size=words))
    if words > 1:  # one of them comes twice
        first, second = draw(st.permutations(range(words)))[:2]
        sentence[second] = sentence[first]

    def power(least, most):
        return 10.0 ** draw(st.floats(least, most))

    return from_values(
        {
            "text": {"corpus": [" ".join(corpus)], "sentence": " ".join(sentence)},
            "model": {
                "d_model": heads * width, "heads": heads, "layers": layers, "d_ff": hidden, "positions": positions,
                "ln_eps": power(-6, 0),
            },
            "init": {
                "seed": draw(st.integers(0, 2**32 - 1)), "decimals": draw(st.integers(2, 8)),
                "spread": draw(st.floats(0.05, 0.5)),
            },
            "optimizer": {
                "lr": power(-4, 0), "beta1": draw(st.floats(0, 0.99)), "beta2": 1 - power(-4, -0.01),
                "eps": power(-10, -1), "weight_decay": draw(st.floats(0, 1)),
            },
        }
    )  # fmt: skip


def faults(config):
    """The step of a configuration, held in every way: what is off, by the witness that says so."""
    led, plain = training_step(config), config.model_dump()
    arrays = {entry.name: entry.value for entry in led}
    found = {"forward": set(), "complex step": set(), "autodiff": set(), "optimizer": set(), "after": set()}

    def hold(witness, name, true):
        error = outside.relative(arrays[name], true)
        least = max(np.abs(true).max(), outside.FLOOR)
        if not (error <= BOUND or error * least <= ROUNDING):
            found[witness].add(name)

    def hold_loss(witness, name, true):
        # The logarithm of a probability: its rounding is that of a number near 1, however small the loss.
        if not abs(arrays[name] - true) <= BOUND * max(1.0, true):
            found[witness].add(name)

    loss, logits, gradients = outside.differentiate(arrays, plain)
    hold_loss("forward", "loss", loss)
    hold("forward", "logits", logits)
    cells = cell_by_cell(led)
    assert {row.name for row in cells} == {f"grad.{name}" for name in gradients}
    for row in [*cells, *along_directions(led)]:
        if not (row.holds or row.error * max(row.largest, outside.FLOOR) <= ROUNDING):
            found["complex step"].add(row.name)
    new = {}
    for name, gradient in gradients.items():
        hold("autodiff", f"grad.{name}", gradient)
        own = arrays[f"grad.{name}"]
        rates, updated = plain["optimizer"], f"adamw.{name}.new"
        hold("optimizer", updated, outside.AdamW(arrays[name], lambda x, i, own=own: own, rates, 1).weights)
        new[name] = arrays[updated]
    hold_loss("after", "after.loss", outside.run(new, arrays, plain)[0])
    return {witness: names for witness, names in found.items() if names}


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("heads", [1, 2, 3, 4, 5])
def test_everything_agrees(heads, layers):
    @EXAMPLES
    @seed(10 * heads + layers)  # the same examples in every run, so that no run fails by chance
    @given(configurations(heads, layers))
    def check(config):
        assert faults(config) == {}

    check()


# --- planted errors, at prime sizes -----------------------------------------------------------------------------------


def test_the_prime_step_has_none(prime):
    assert faults(prime) == {}


def test_a_slip_of_the_backward_pass_is_seen_by_both_kinds_of_differentiation(prime, monkeypatch):
    monkeypatch.setattr(softmax, "backward", lambda led, weights, dweights, row: dweights)
    found = faults(prime)
    assert set(found) == {"complex step", "autodiff"}
    assert {"grad.layers.1.attention.w_q", "grad.layers.0.attention.w_k"} <= found["autodiff"] & found["complex step"]
    assert "grad.w_out" not in found["autodiff"] | found["complex step"]


def test_a_forward_pass_whose_backward_agrees_is_seen_by_the_outside_one_alone(prime, monkeypatch):
    """Scores over d_k, where its root is meant."""
    right = attention.forward
    monkeypatch.setattr(
        attention, "forward", lambda led, qkv, width: right(led, qkv, led.put("wide", None, "", "square", width))
    )
    found = faults(prime)
    assert set(found) == {"forward", "autodiff", "after"}
    assert found["forward"] == {"loss", "logits"}


def test_decay_in_the_gradient_is_seen_by_the_outside_optimizer(prime, monkeypatch):
    def l2(led, p, grad, m, v, r):
        decay = led.given("decay", "", "", prime.optimizer.weight_decay)
        pull = led.put("pull", None, p.axes, "mul", p, decay)
        grad = led.put("pulled", None, p.axes, "add", grad, pull)
        return right(led, p, grad, m, v, r._replace(keep=led.given("keep", "", "", 1.0)))

    right = adamw.update
    monkeypatch.setattr(adamw, "update", l2)
    assert set(faults(prime)) == {"optimizer"}


def test_a_forgotten_bias_correction_is_seen_by_the_outside_optimizer(prime, monkeypatch):
    def uncorrected(led, lr, beta1, beta2, eps, decay, step, one):
        rates = right(led, lr, beta1, beta2, eps, decay, step, one)
        return rates._replace(correction1=one, correction2=one)

    right = adamw.rates
    monkeypatch.setattr(adamw, "rates", uncorrected)
    found = faults(prime)
    assert set(found) == {"optimizer"}
    assert len(found["optimizer"]) == len(outside.parameters(prime.model.layers))


def test_other_weights_after_the_step_than_the_update_gave_are_seen(prime, monkeypatch):
    """The forward pass afterwards reads the old output projection."""

    def stale(led, parameters, inputs, layers):
        first.append(parameters["w_out"])
        return right(led, {**parameters, "w_out": first[0]}, inputs, layers)

    first, right = [], model.forward
    monkeypatch.setattr(model, "forward", stale)
    assert faults(prime) == {"after": {"after.loss"}}
