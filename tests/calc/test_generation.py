"""Generation: each word comes of a forward pass over all the words before it, and the end is where it must be."""

from __future__ import annotations

import numpy as np
import pytest

from calc import generation, parameters, step
from calc.config import Config
from calc.generation import EOS, write
from calc.ledger import Ledger
from calc.sampling import Settings
from calc.tokenizer import Tokenizer


def drawing(seed=3):
    return np.random.default_rng(seed)


def always(config, word):
    """Weights of a model that finds one word by far the likeliest, whatever it reads."""
    values = parameters.draw(config.model.layers, step.axis_sizes(config), 1, 0.2, 2)
    values["ln_f.gamma"][:] = 0
    values["ln_f.beta"][0] = 1
    values["w_out"][0] = 0
    values["w_out"][0, Tokenizer.from_corpus(config.text.corpus).encode(word)[0]] = 9
    return values


@pytest.mark.parametrize("settings", [Settings(0.0), Settings(0.8), Settings(1.5, 5, 0.8)])
def test_each_word_comes_of_the_forward_pass_over_those_before_it(prime, shaken, run, settings):
    weights, prompt = shaken(prime), [7, 4]
    words = list(write(prime, weights, prompt, settings, drawing(), 5, recorded=True))
    assert len(words) >= 3
    for i, word in enumerate(words):
        assert word.read == (*prompt, *(before.choice.token for before in words[:i]))
        # The training step's forward pass over the same words, in a ledger of its own.
        sentence = Tokenizer.from_corpus(prime.text.corpus).decode(word.read)
        text = prime.text.model_copy(update={"sentence": sentence})
        config = prime.model_copy(update={"text": text})
        own = run(Ledger(step.axis_sizes(config)), config, weights).led
        assert isinstance(word.ledger, Ledger)
        model = [e for e in word.ledger if not e.stage.startswith(("sampling", "facts")) and e.op != "given"]
        assert {e.stage for e in model} >= {"embeddings", "qkv", "attention", "feed_forward", "output"}
        for entry in model:
            np.testing.assert_array_equal(entry.value, own[entry.name].value)
        row = own["logits"].value[-1]
        assert word.choice.order.value.tolist() == sorted(range(len(row)), key=lambda v: -row[v])
        if settings.temperature == 0:
            assert word.choice.token == row.argmax()


def test_it_ends_at_the_end_of_the_sentence(default: Config):
    (word,) = write(default, always(default, "<eos>"), [4, 5], Settings(0.0), drawing(), 5)
    assert (word.choice.token, word.ends) == (EOS, "eos")


def test_it_ends_at_as_many_words_as_were_asked_for(default: Config):
    words = list(write(default, always(default, "sat"), [4, 5], Settings(0.0), drawing(), 5))
    assert [word.ends for word in words] == ["", "", "", "", "tokens"]


@pytest.mark.parametrize("cached", [False, True])
def test_it_ends_where_the_position_table_does(default: Config, cached):
    positions = default.model.positions
    for length in (1, 2, positions - 1, positions):
        prompt = [4] * length
        words = list(write(default, always(default, "sat"), prompt, Settings(0.0), drawing(), 99, cached=cached))
        # The last word is one that the table could no longer read.
        assert len(words) == positions - length + 1
        assert [word.ends for word in words] == [""] * (positions - length) + ["positions"]
    (word,) = write(default, always(default, "<eos>"), prompt, Settings(0.0), drawing(), 99)
    assert word.ends == "eos"


@pytest.mark.parametrize("word", ["<pad>", "<bos>", "<unk>"])
def test_special_tokens_are_written_and_read_like_words(default: Config, word):
    words = list(write(default, always(default, word), [4], Settings(0.0), drawing(), 3))
    assert [w.ends for w in words] == ["", "", "tokens"]
    assert words[-1].read[1:] == (words[0].choice.token,) * 2


def test_the_seed_decides(prime, shaken):
    def ids(seed, **how):
        found = write(prime, shaken(prime), [7], Settings(2.0), np.random.default_rng(seed), 9, **how)
        return [word.choice.token for word in found]

    assert ids(3) == ids(3) == ids(3, cached=True) == ids(3, recorded=True) == ids(3, cached=True, recorded=True)
    assert len({tuple(ids(seed)) for seed in range(5)}) == 5


@pytest.mark.parametrize("length", [0, 9])
def test_a_prompt_that_cannot_be_read(default: Config, length):
    weights = always(default, "sat")
    with pytest.raises(ValueError, match=f"prompt: has {length} words; must have from 1 to model.positions = 8"):
        next(write(default, weights, [4] * length, Settings(), drawing(), 1))


def test_axes_are_as_long_as_what_is_read(prime: Config):
    sizes = generation.sizes(prime, 2, 5)
    assert [sizes[axis] for axis in ("T", "S", "S'", "R", "R'", "V", "P")] == [2, 5, 5, 13, 13, 13, 11]
