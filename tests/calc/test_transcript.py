"""The generation that pages tell: its words are the likeliest, and the passes side by side are of the same words."""

from __future__ import annotations

import numpy as np
import pytest

from calc import generation, transcript
from calc.sampling import Settings
from calc.transcript import MOST, Transcript, choices, recorded, saved


@pytest.fixture(scope="module")
def told(prime, shaken):
    return Transcript(prime, shaken(prime))


def with_generation(config, **changed):
    return config.model_copy(update={"generation": config.generation.model_copy(update=changed)})


def short(config, rows):
    return config.model_copy(update={"model": config.model.model_copy(update={"positions": rows})})


def test_words_are_those_of_a_greedy_generation(prime, shaken, told):
    drawn = np.random.default_rng(1)
    wanted = list(generation.write(prime, shaken(prime), told.prompt, Settings(0.0), drawn, MOST))
    assert [word.choice.token for word in told.words] == [word.choice.token for word in wanted]
    assert len(wanted) > 3
    assert told.words[0].read == tuple(told.prompt)


def test_no_more_words_than_are_asked_for_or_than_pages_wait_for(prime, shaken):
    weights = shaken(prime)
    assert len(Transcript(with_generation(prime, tokens=2), weights).words) == 2
    assert Transcript(with_generation(prime, tokens=MOST + 5), weights).most == MOST


def test_choices_are_of_each_passes_last_row(told):
    led = choices(told.words)
    for i, word in enumerate(told.words):
        logits = recorded(word)["logits"].value[-1]
        np.testing.assert_array_equal(led["writing.logits"].value[i], logits)
        shares = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
        np.testing.assert_allclose(led["writing.probs"].value[i], shares, rtol=1e-12)
        first, second = np.argsort(-logits)[:2]
        assert (led["writing.chosen"].value[i], led["writing.runner_up"].value[i]) == (first, second)
        assert led["writing.chosen_prob"].value[i] == led["writing.probs"].value[i, first]
        assert led["writing.runner_up_prob"].value[i] == led["writing.probs"].value[i, second]
    assert led["writing.chosen"].value.tolist() == [word.choice.token for word in told.words]
    for name, value in led.replay().items():
        np.testing.assert_array_equal(value, led[name].value)


def test_the_cached_passes_are_of_the_same_words(told):
    assert told.plain is told.words
    assert told.cached
    assert [w.read for w in told.cached] == [w.read for w in told.plain]
    assert [w.choice.token for w in told.cached] == [w.choice.token for w in told.plain]
    assert [recorded(w).sizes["T"] for w in told.cached[1:]] == [1] * (len(told.cached) - 1)


@pytest.mark.parametrize(("rows", "prompt", "begins"), [(3, "the cat sat", 2), (2, "the", 1), (2, "the cat", 1)])
def test_there_are_two_passes_wherever_two_words_can_be_read(prime, shaken, rows, prompt, begins):
    config = with_generation(short(prime, rows), prompt=prompt, tokens=1)
    told = Transcript(config, shaken(config))
    assert told.plain
    assert told.cached
    assert [len(word.read) for word in told.plain] == [len(word.read) for word in told.cached] == [begins, begins + 1]


def test_a_table_of_one_row_leaves_nothing_to_keep(prime, shaken):
    config = with_generation(short(prime, 1), prompt="the")
    told = Transcript(config, shaken(config))
    assert len(told.words) == 1
    assert told.plain is told.cached is None


def test_an_end_mark_does_not_end_the_passes_side_by_side(default, monkeypatch):
    """Weights that find <eos> likeliest everywhere: one word is written, and two passes stand side by side."""
    weights = {name: np.zeros_like(v) for name, v in _drawn(default).items()}
    weights["ln_f.beta"][0] = 1
    weights["w_out"][0, generation.EOS] = 5
    told = Transcript(default, weights)
    assert [word.ends for word in told.words] == ["eos"]
    assert told.plain
    assert told.cached
    assert [w.read[-1] for w in told.plain] == [told.prompt[-1], generation.EOS] == [w.read[-1] for w in told.cached]


def _drawn(config):
    from calc import parameters, step

    return parameters.draw(config.model.layers, step.axis_sizes(config), 1, 0.2, 2)


def test_what_is_saved_is_counted_and_what_it_costs(prime, told):
    led, number = saved(told), len(told.words)
    total = "facts.operations.total.multiplications"
    plain, cached = ([int(recorded(w)[total].value) for w in way] for way in (told.plain, told.cached))
    assert led["cache.saved"].value == sum(plain) - sum(cached) > 0
    assert led["cache.plain.more"].value == plain[-1] - plain[-2]
    # One more key: for each layer the products of its score and its value, a head's width each, and two divisions.
    assert led["cache.cached.more"].value == prime.model.layers * (2 * 15 + 2 * 3) == cached[-1] - cached[-2]
    read = len(told.prompt) + number - 1
    assert led["cache.memory"].value == 2 * prime.model.layers * read * prime.model.d_model
    assert led["cache.memory_of_one"].value == 2 * prime.model.layers * prime.model.d_model
    assert led["cache.gpt2"].value == 2 * 12 * 1024 * 768


def test_two_passes_have_no_rise(prime, shaken):
    led = saved(Transcript(with_generation(prime, tokens=2), shaken(prime)))
    assert "cache.plain.more" not in led
    assert transcript.GREEDY.temperature == 0
