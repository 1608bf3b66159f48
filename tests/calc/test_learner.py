"""The learner: its steps are the walk's own, on flat vectors."""

from __future__ import annotations

import re

import numpy as np
import pytest

from calc import adamw, batches, clip, model, parameters, schedule, step
from calc import learner as module
from calc.batches import Batch
from calc.config import from_values
from calc.learner import Learner
from calc.ledger import NotFinite, Tape
from tests.calc import outside
from tests.calc.conftest import PRIME

TEXTS = ["the cat sat", "the cat sat on the mat and", "then slept", "by the cat slept and"]


@pytest.fixture(scope="module")
def padded():
    return from_values(
        PRIME
        | {
            "text": {"corpus": [*PRIME["text"]["corpus"], *TEXTS], "sentence": "the cat"},
            "training": {"epochs": 5, "batch": 3, "schedule": "cosine", "warmup": 3, "clip": 0.7},
        }
    )


@pytest.mark.parametrize("which", ["led", "prime_led"])
def test_the_first_step_on_the_walks_sentence_is_the_walks(which, request):
    led = request.getfixturevalue(which)
    learner = Learner(request.getfixturevalue({"led": "default", "prime_led": "prime"}[which]))
    batch = Batch(led["inputs.tokens"].value[None], led["inputs.targets"].value[None], None)
    before = learner.evaluate(batch)
    outcome = learner.step(batch)
    assert outcome.loss == before.loss == pytest.approx(led["loss"].value, rel=1e-14)
    np.testing.assert_allclose(outcome.nll[0], led["output.nll"].value, rtol=1e-12)
    for name, value in learner.parameters.items():
        np.testing.assert_allclose(value, led[f"adamw.{name}.new"].value, rtol=0, atol=1e-12)
        np.testing.assert_allclose(learner.first[name], led[f"adamw.{name}.m"].value, rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(learner.second[name], led[f"adamw.{name}.v"].value, rtol=1e-9, atol=1e-15)
    assert learner.evaluate(batch).loss == pytest.approx(led["after.loss"].value, rel=1e-12)
    assert learner.count == 1


def test_ten_steps_with_padding_clipping_and_schedule(padded):
    """Against a second account: autograd's gradients sentence by sentence, clipped by hand, and autograd's Adam."""
    from autograd import value_and_grad

    learner, m, o = Learner(padded), padded.model, padded.optimizer
    assert (learner.steps, [len(batch.tokens) for batch in learner.epoch]) == (10, [3, 3])
    groups = [batches.rows(padded)[:3], batches.rows(padded)[3:]]
    weights = {name: value.copy() for name, value in learner.parameters.items()}
    first, second = ({name: np.zeros_like(value) for name, value in weights.items()} for _ in range(2))
    cut = 0
    for t in range(1, 11):
        group = groups[(t - 1) % 2]

        def mean(p, group=group):
            words = sum(len(row.tokens) for row in group)
            ids = [(np.array(row.tokens), np.array(row.targets)) for row in group]
            return sum(outside.forward(p, *i, m.heads, m.layers, m.ln_eps)[0] * len(i[0]) for i in ids) / words

        loss, gradients = value_and_grad(mean)(weights)
        norm = np.sqrt(sum((g**2).sum() for g in gradients.values()))
        cut += norm > 0.7
        scale = min(1.0, 0.7 / (norm + 1e-6))
        rate = o.lr * (t / 3 if t <= 3 else 0.5 + 0.5 * np.cos(np.pi * (t - 4) / 7))
        for name, g in gradients.items():
            first[name] = o.beta1 * first[name] + (1 - o.beta1) * scale * g
            second[name] = o.beta2 * second[name] + (1 - o.beta2) * (scale * g) ** 2
            direction = first[name] / (1 - o.beta1**t) / (np.sqrt(second[name] / (1 - o.beta2**t)) + o.eps)
            weights[name] = weights[name] * (1 - rate * o.weight_decay) - rate * direction
        assert learner.step(learner.epoch[(t - 1) % 2]).loss == pytest.approx(loss, rel=1e-10)
    assert 0 < cut <= 10
    for name, value in weights.items():
        np.testing.assert_allclose(learner.parameters[name], value, rtol=0, atol=1e-9)


def test_the_vectors_and_their_views_are_one(padded):
    learner = Learner(padded)
    learner.step(learner.epoch[0])
    for vector, views in ((learner.theta, learner.parameters), (learner.m, learner.first), (learner.v, learner.second)):
        np.testing.assert_array_equal(vector, np.concatenate([view.ravel() for view in views.values()]))
        assert vector.any()


def test_evaluating_moves_nothing(padded):
    learner, again = Learner(padded), Learner(padded)
    for batch in learner.epoch:
        learner.evaluate(batch)
        assert learner.step(batch).loss == again.step(batch).loss
    np.testing.assert_array_equal(learner.theta, again.theta)


def test_an_overflow_is_said_and_leaves_everything_as_it_was(configured):
    learner = Learner(configured({"optimizer.lr": 10.0, "training.epochs": 50}))
    line = None
    while line is None and learner.count < 50:
        kept = learner.count, learner.theta.copy(), learner.m.copy(), learner.v.copy()
        try:
            learner.step(learner.epoch[0])
        except NotFinite as error:
            line = str(error)
    assert line is not None
    assert re.fullmatch(r"step \d+: .*; a smaller optimizer.lr helps", line)
    assert learner.count == kept[0]
    for vector, before in zip((learner.theta, learner.m, learner.v), kept[1:], strict=True):
        np.testing.assert_array_equal(vector, before)


@pytest.mark.parametrize("most", [module.MOST_PLANNED, 0])
def test_steps_on_batches_of_several_shapes_are_a_tapes_bit_by_bit(padded, monkeypatch, most):
    """Whatever was planned before, and where the plan of another shape had to go."""
    monkeypatch.setattr(module, "MOST_PLANNED", most)
    learner, some = Learner(padded), batches.rows(padded)
    theta, m, v = (vector.copy() for vector in (learner.theta, learner.m, learner.v))
    shapes = [some[:3], some[3:], some[:1], some[:3][::-1], some[3:], some[1:2], some[:1]]
    shapes += [some[:2], [some[0], some[0]]]  # as long, with padding and without
    kept = []
    for number, rows in enumerate(shapes, 1):
        batch = batches.padded(rows, pad=0)
        outcome = learner.step(batch)
        (loss, nll), gradient = taped(padded, theta, batch)
        kept.append((outcome.nll, nll))
        theta, m, v = updated(padded, theta, gradient, m, v, number)
        assert outcome.loss == loss
        for ours, wanted in ((learner.theta, theta), (learner.m, m), (learner.v, v)):
            assert ours.tobytes() == wanted.tobytes(), number
    assert len(learner._passes) == (1 if most == 0 else 6)
    for ours, wanted in kept:  # after all steps
        assert ours.tobytes() == wanted.tobytes()


def taped(config, theta, batch):
    """The loss of a batch, of the whole and of each position, and its gradient as one vector."""
    words, layers, parts, start = batch.tokens.shape[1], config.model.layers, {}, 0
    tape = Tape(step.axis_sizes(config) | {"B": len(batch.tokens), "T": words, "S": words})
    for name, value in Learner(config).parameters.items():
        parts[name] = theta[start : start + value.size].reshape(value.shape)
        start += value.size
    entries = parameters.give(tape, layers, parts)
    mask = None if batch.mask is None else tape.given("mask", "m", "B T", batch.mask)
    ids = tape.given("x", "x", "B T", batch.tokens), tape.given("p", "p", "T", np.arange(words))
    targets = tape.given("y", "y", "B T", batch.targets)
    inputs = model.Inputs(*ids, targets, *step.constants(tape, config), mask)
    forward = model.forward(tape, entries, inputs, layers)
    gradients = model.backward(tape, forward, entries, inputs)
    loss = forward.loss.loss.value, forward.loss.nll.value
    return loss, np.concatenate([gradient.value.ravel() for gradient in gradients.values()])


def updated(config, theta, gradient, m, v, number):
    """AdamW on whole vectors."""
    tape = Tape({"W": len(theta)} | clip.PAIR)
    p, g, m, v = (tape.given("x", "x", "W", vector) for vector in (theta, gradient, m, v))
    g = clip.forward(tape, {"g": g}, config.training.clip).gradients["g"]
    rate = schedule.rate(config.training, config.optimizer.lr, number, 10)
    return [each.value for each in adamw.update(tape, p, g, m, v, step.read_rates(tape, config, number, rate))]
