"""Where a model is uncertain, and what each way of choosing makes of it: beside the definitions, written once more."""

from __future__ import annotations

import math

import numpy as np
import pytest

from calc import generation, uncertain
from calc.ledger import Tape
from calc.uncertain import ALIKE, LISTED, TOP_K, TOP_P, WAYS, beginnings, of, sentences


@pytest.fixture(scope="module")
def weights(prime, shaken):
    return {name: value * (0.6 if name == "w_out" else 1) for name, value in shaken(prime).items()}


@pytest.fixture(scope="module")
def found(prime, weights):
    return beginnings(prime, weights)


@pytest.fixture(scope="module")
def led(prime, found):
    return of(prime, found)


def softmax(z):
    powers = [math.exp(x - max(z)) for x in z]
    return [x / sum(powers) for x in powers]


def test_every_beginning_has_the_logits_of_its_own_pass(prime, weights, found):
    words = len(prime.text.corpus[0].split())
    assert words == prime.model.positions + 1  # the last word is a row of its own
    assert len(found) == words
    for ids, logits in found.items():
        own = generation.predict(Tape(generation.sizes(prime, len(ids), len(ids))), prime, weights, ids)
        np.testing.assert_allclose(logits, own.output.logits.value[-1], rtol=0, atol=1e-12 * np.abs(logits).max())


def test_the_most_uncertain_comes_first(found, led):
    def entropy(z):
        return -sum(p * math.log(p) for p in softmax(z.tolist()))

    wanted = [entropy(z) for z in found.values()]
    assert wanted == sorted(wanted, reverse=True)
    assert wanted[0] > wanted[-1] + 0.1
    np.testing.assert_allclose(led["beginnings.entropy"].value, wanted[:LISTED], rtol=1e-12)
    np.testing.assert_array_equal(led["logits"].value[0], next(iter(found.values())))


def test_equally_uncertain_beginnings_keep_their_order(prime, weights):
    flat = weights | {"w_out": np.zeros_like(weights["w_out"])}
    assert [len(ids) for ids in beginnings(prime, flat)] == [*range(1, 12), 1]


def test_beginnings_that_sentences_share_are_listed_once(configured):
    config = configured()
    from calc import parameters, step

    drawn = parameters.draw(1, step.axis_sizes(config), 1, 0.2, 2)
    assert len(beginnings(config, drawn)) == 11  # "the", and five more of each sentence


def test_each_way_chooses_as_its_definition_says(prime, found, led):
    z = next(iter(found.values())).tolist()
    u = np.random.default_rng(prime.generation.seed).random()
    for way, settings in WAYS.items():
        shares = sorted(softmax([x / settings.temperature for x in z]), reverse=True)
        keep = TOP_K if settings.top_k else len(z)
        if settings.top_p < 1:
            keep = next(n for n in range(1, len(z) + 1) if sum(shares[:n]) >= TOP_P)
        left = [p / sum(shares[:keep]) for p in shares[:keep]]
        sums = np.cumsum(left)
        np.testing.assert_allclose(led[f"{way}.sampling.draw.cumulative"].value[:keep], sums, rtol=1e-12)
        assert led[f"{way}.sampling.draw.u"].value == u
        rank = int(np.argmax(sums > u))
        assert led[f"{way}.sampling.draw.token"].value == sorted(range(len(z)), key=lambda v: -z[v])[rank]


def test_the_gap_makes_the_first_word_so_many_times_as_likely(led):
    for way in ("cold", "one", "hot"):
        first, second = led[f"{way}.sampling.ranked"].value[:2]
        assert float(led[f"limit.{way}.ratio"].value) == pytest.approx(first / second, rel=1e-11)
    assert led["limit.gap"].value > ALIKE


def test_words_that_are_alike_have_no_gap(prime, found):
    alike = {(1,): np.array([2.0, 2.0 + ALIKE / 2] + [0.0] * 11)}
    assert "limit.gap" not in of(prime, alike)
    assert len(found) > 1


def test_the_ledger_replays(led):
    for name, value in led.replay().items():
        np.testing.assert_array_equal(value, led[name].value)


def test_sentences_follow_their_seeds(prime, weights, found):
    start = next(iter(found))
    texts = sentences(prime, weights, start)
    assert set(texts) == {"greedy", *WAYS}
    assert len(set(texts["greedy"])) == 1
    assert len(set(texts["hot"])) > 1
    assert texts == sentences(prime, weights, start)
    again = np.random.default_rng(prime.generation.seed + 1)
    one = generation.write(prime, weights, start, WAYS["hot"], again, uncertain.MOST)
    assert texts["hot"][1] == tuple(word.choice.token for word in one)


def test_seeds_stay_within_what_a_seed_may_be(prime):
    last = prime.model_copy(update={"generation": prime.generation.model_copy(update={"seed": 2**32 - 1})})
    assert uncertain.seeds(last) == [2**32 - 1, 0, 1]
