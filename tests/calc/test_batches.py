"""The corpus as batches, and padding: it changes no number, by autograd's own gradient of each sentence alone."""

from __future__ import annotations

import numpy as np
import pytest
from autograd import value_and_grad

from calc import batches, model, parameters, step
from calc.batches import Batch, Row
from calc.config import from_values
from calc.ledger import Ledger, Tape
from tests.calc import outside
from tests.calc.conftest import PRIME

TEXTS = ["the cat sat", "the cat sat on the mat and", "then slept", "by the cat slept and"]  # 3, 7, 2 and 5 words


def test_a_row_is_the_sentence_as_the_step_reads_it(default):
    found, inputs = batches.rows(default), step.read(Tape(step.axis_sizes(default)), default)
    assert found[0] == Row(tuple(inputs.tokens.value.tolist()), tuple(inputs.targets.value.tolist()))
    assert found[1] == Row((4, 9, 6, 7, 4, 8), (9, 6, 7, 4, 8, 2))


def test_a_long_sentence_is_read_in_pieces_and_no_word_is_lost(configured):
    found = batches.rows(configured({"model.positions": 4, "text.sentence": "the cat"}))
    assert [row.tokens for row in found] == [(4, 5, 6, 7), (4, 8), (4, 9, 6, 7), (4, 8)]
    assert [row.targets for row in found] == [(5, 6, 7, 4), (8, 2), (9, 6, 7, 4), (8, 2)]


def test_batches_keep_the_order_and_the_last_may_be_smaller(configured):
    texts = ("the cat sat on the mat", "the dog", "the mat sat")
    found = batches.batches(configured({"text.corpus": texts, "text.sentence": "the"}))
    assert [batch.tokens.tolist() for batch in found] == [[[4, 5, 6, 7, 4, 8], [4, 9, 0, 0, 0, 0]], [[4, 8, 6]]]
    assert [batch.targets.tolist() for batch in found] == [[[5, 6, 7, 4, 8, 2], [9, 2, 0, 0, 0, 0]], [[8, 6, 2]]]
    assert found[0].mask.tolist() == [[1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0]]
    assert found[1].mask is None  # nothing is padded


@pytest.fixture(scope="module")
def config():
    return from_values(PRIME | {"text": {"corpus": [*PRIME["text"]["corpus"], *TEXTS], "sentence": "the cat"}})


@pytest.fixture(scope="module")
def rows(config):
    return batches.rows(config)[1:]


def run(config, weights, batch, kind=Tape):
    count, words = batch.tokens.shape
    led = kind(step.axis_sizes(config) | {"B": count, "T": words, "S": words, "S'": words})
    axes = "B T"
    with led.scope("inputs"):
        inputs = model.Inputs(
            led.given("tokens", "x", axes, batch.tokens),
            led.given("positions", "p", "T", np.arange(words)),
            led.given("targets", "y", axes, batch.targets),
            *step.constants(led, config),
            None if batch.mask is None else led.given("mask", "m", axes, batch.mask),
        )
    p = parameters.give(led, config.model.layers, weights)
    forward = model.forward(led, p, inputs, config.model.layers)
    found = model.backward(led, forward, p, inputs)
    return led, forward, {name: found[name].value for name in found}


def alone(config, weights, rows):
    """Autograd's: each sentence without any padding, weighted by its words."""
    m, words = config.model, sum(len(row.tokens) for row in rows)

    def loss(p):
        one = [(np.array(row.tokens), np.array(row.targets)) for row in rows]
        parts = [outside.forward(p, *ids, m.heads, m.layers, m.ln_eps)[0] * len(ids[0]) for ids in one]
        return sum(parts) / words

    return value_and_grad(loss)(weights)


def test_a_padded_batch_is_its_sentences_alone(config, rows, shaken):
    weights = shaken(config)
    loss, gradients = alone(config, weights, rows)
    _, forward, found = run(config, weights, batches.padded(rows, 0))
    assert forward.loss.loss.value == pytest.approx(loss, rel=1e-13)
    for name, gradient in gradients.items():
        assert outside.relative(found[name], gradient) < 1e-11, name


def test_what_stands_in_the_padding_changes_no_bit(config, rows, shaken):
    weights, batch, generator = shaken(config), batches.padded(rows, 0), np.random.default_rng(3)
    empty = batch.mask == 0
    filled = [np.where(empty, generator.integers(0, 13, empty.shape), ids) for ids in batch[:2]]
    _, forward, found = run(config, weights, batch)
    _, other, others = run(config, weights, Batch(*filled, batch.mask))
    assert other.loss.loss.value == forward.loss.loss.value
    for name in found:
        np.testing.assert_array_equal(others[name], found[name])


def test_one_sentence_under_a_mask_of_ones_has_the_numbers_of_the_walk(prime, prime_led):
    weights = {e.name: e.value for e in prime_led if e.attrs.get("parameter")}
    tokens, targets = (prime_led[f"inputs.{name}"].value[None] for name in ("tokens", "targets"))
    for mask in (np.ones(tokens.shape), None):
        _, forward, found = run(prime, weights, Batch(tokens, targets, mask))
        assert forward.loss.loss.value == pytest.approx(prime_led["loss"].value, rel=1e-14)
        for name, gradient in found.items():
            assert outside.relative(gradient, prime_led[f"grad.{name}"].value) < 1e-12, name


def test_a_masked_batch_can_be_recorded_and_replayed(config, rows, shaken):
    led, forward, found = run(config, shaken(config), batches.padded(rows, 0), Ledger)
    assert forward.loss.loss.value == run(config, shaken(config), batches.padded(rows, 0))[1].loss.loss.value
    values = led.replay()
    assert values["loss"] == forward.loss.loss.value
    np.testing.assert_array_equal(values["grad.w_out"], found["w_out"])
    assert (led["grad.logits"].value[led["inputs.mask"].value == 0] == 0).all()
