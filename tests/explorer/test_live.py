"""The model that learns in the page against the Python engine: sentences of several lengths, one after another, and the
words that it writes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from calc import generation, later, sampling
from calc.batches import Batch, Row, padded
from calc.config import Config
from calc.generation import EOS
from calc.learner import Learner
from calc.ledger import Tape
from calc.operations import Array
from calc.sampling import Settings
from render import trainer
from tests.configurations import configured
from tests.explorer.node import CONFIGURATIONS, program, run, step

BOUND = 1e-9
LEARN = """
const { Learner } = await load("../try/learner.js");
const learner = new Learner(given.program, given.named), losses = [];
for (const [ids, steps] of given.sentences) {
  learner.read(ids, [...ids.slice(1), given.named.end], given.rate);
  losses.push(learner.loss);
  for (let i = 0; i < steps; i++) {
    learner.step();
    losses.push(learner.loss);
  }
}
"""


def named(name: str) -> Any:
    """What the page's script is told of a configuration, without what it would ask of pages."""
    led, config = step(name)
    words = tuple(program(name)["words"])
    return trainer.known(SimpleNamespace(config=config, ledger=led, tables=SimpleNamespace(words=words)))


def batch(ids: Sequence[int]) -> Batch:
    return padded([Row(tuple(ids), (*ids[1:], EOS))], pad=0)


@cache
def learnt(name: str, rate: float, sentences: tuple[tuple[tuple[int, ...], int], ...]) -> tuple[list[float], Learner]:
    """The losses before and after each step, by the engine, and the learner then."""
    learner = Learner(later.alone(configured(CONFIGURATIONS[name] | {"optimizer.lr": rate})))
    losses: list[float] = []
    for ids, steps in sentences:
        losses += [learner.step(batch(ids)).loss for _ in range(steps)]
        losses.append(learner.evaluate(batch(ids)).loss)
    return losses, learner


@pytest.mark.parametrize(
    ("name", "rate", "sentences"),
    [
        ("default", 0.01, (((4, 9, 6, 7, 4, 8), 100),)),
        ("primes", 0.02, (((9, 4, 4, 8, 7, 6, 5, 9, 5, 6, 8), 5), ((5,), 3), ((4, 9, 6), 7), ((5,), 2))),
        ("edges", 0.05, (((8, 8), 3), ((4, 5, 6, 7, 8, 9, 4, 5), 4))),
    ],
)
def test_steps_on_other_sentences_are_those_of_the_engine(name: str, rate: float, sentences: Any) -> None:
    losses, learner = learnt(name, rate, sentences)
    given = {"program": program(name), "named": named(name), "rate": rate, "sentences": sentences}
    found = run(LEARN + "return { losses, kept: Object.fromEntries(learner.kept) };", given)
    assert np.abs(np.array(found["losses"]) - losses).max() <= BOUND * max(losses)
    kept = found["kept"]
    assert kept.pop("adamw.t") == [learner.count + 1]
    values = dict(learner.parameters)
    for moments, letter in ((learner.first, "m"), (learner.second, "v")):
        values |= {f"adamw.{parameter}.{letter}_before": value for parameter, value in moments.items()}
    assert set(kept) == set(values)
    for parameter, value in values.items():
        assert np.abs(np.array(kept[parameter]) - value.ravel()).max() <= BOUND * np.abs(value).max(), parameter


def test_after_a_hundred_steps_it_writes_the_sentence_and_before_them_it_does_not() -> None:
    ids = (4, 9, 6, 7, 4, 8)
    given = {"program": program("default"), "named": named("default"), "rate": 0.01, "sentences": [[ids, 100]]}
    script = """
const { write } = await load("../try/writer.js");
const settings = { temperature: 0, topK: 0, seed: 0 };
const told = (kept) => {
  const { words, ends } = write((ids) => learner.predict(ids, kept), [4], settings, given.named);
  return [words.map(({ word }) => word), ends, words.map(({ chances }) => chances), words.map(({ read }) => read)];
};
const now = told(), first = told(learner.first);
learner.restart();
return { now, first, again: told()[0] };
"""
    found = run(LEARN + script, given)
    words, ends, chances, read = found["now"]
    assert words == [*ids[1:], EOS]
    assert ends == "end"
    assert read == [list(ids[:n]) for n in range(1, 7)]
    assert np.allclose(np.sum(chances, axis=1), 1, rtol=0, atol=1e-12)
    assert found["first"][0] != words
    assert found["again"] == found["first"][0]
    config, learner = step("default")[1], learnt("default", 0.01, ((ids, 100),))[1]
    for weights, told in ((learner.parameters, found["now"]), (first_weights(config), found["first"])):
        wrote = list(generation.write(config, weights, [4], Settings(temperature=0), np.random.default_rng(0), 16))
        assert [each.choice.token for each in wrote] == told[0]
        assert told[1] == {"eos": "end", "positions": "room", "tokens": "most"}[wrote[-1].ends]


def first_weights(config: Config) -> dict[str, Array]:
    return Learner(config).parameters


def test_a_step_that_overflows_is_not_taken() -> None:
    script = """
const { NotFinite } = await load("replay.js");
const start = learner.loss, kept = learner.kept;
learner.read([4, 5], [5, 2], 1e200);
let heard = null;
try { for (let i = 0; i < 3; i++) learner.step(); } catch (error) {
  heard = error instanceof NotFinite ? error.entry.name : String(error);
}
const same = learner.kept === kept;
learner.read([4, 5], [5, 2], 0.01);
return { heard, same, start, loss: learner.loss };
"""
    given = {"program": program("default"), "named": named("default"), "rate": 0.01, "sentences": [[[4, 5], 2]]}
    found = run(LEARN + script, given)
    assert found["heard"] in program("default")["names"]
    assert found["same"]
    assert found["loss"] == found["start"]


# ------------------------------------------------------------------------------------------------------- words


class Fixed:
    """A generator that draws one number."""

    def __init__(self, u: float) -> None:
        self.u = u

    def random(self) -> float:
        return self.u


def test_words_are_chosen_as_the_engine_chooses_them() -> None:
    generator = np.random.default_rng(5)
    rows = [generator.normal(0, 3, 7) for _ in range(6)]
    rows += [np.array([1.0, 2.0, 2.0, -1.0, 2.0, 0.0, 0.0]), np.array([0.0, 2000.0, -3.0, 1400.0, 5.0, 1999.0, 1.0])]
    settings = [(0.0, 0), (1.0, 0), (0.3, 3), (5.0, 1), (1.0, 9), (1e-301, 0), (100.0, 6)]
    cases = [(row.tolist(), t, k, u) for row in rows for t, k in settings for u in (0.0, 0.31, 0.77, 0.999999)]
    script = """
const { choose } = await load("../try/sampling.js");
return given.map(([logits, temperature, topK, u]) => choose(Float64Array.from(logits), { temperature, topK }, () => u));
"""
    for (logits, temperature, top_k, u), found in zip(cases, run(script, cases), strict=True):
        led = Tape({"T": 1, "V": 7, "R": 7, "R'": 7})
        entry = led.given("logits", "Z", "T V", np.array([logits]))
        generated: Any = Fixed(u)
        choice = sampling.choose(led, entry, Settings(temperature, top_k), generated)
        chances = np.zeros(7)
        chances[choice.order.value] = choice.probs.value
        assert found["word"] == choice.token, (logits, temperature, top_k, u)
        assert np.allclose(found["chances"], chances, rtol=1e-12, atol=0)


def test_a_seed_decides_what_is_drawn() -> None:
    script = """
const { generator } = await load("../try/random.js");
return given.map((seed) => Array.from({ length: 2000 }, generator(seed)));
"""
    found = run(script, [0, 0, 1, 2**32 - 1])
    assert found[0] == found[1] == [mulberry(0, n) for n in range(2000)]
    assert found[0] != found[2]
    for numbers in found:
        assert 0 <= min(numbers) < 0.01 < 0.99 < max(numbers) < 1
        assert np.mean(numbers) == pytest.approx(0.5, abs=0.03)


def mulberry(seed: int, n: int) -> float:
    """The number n, from 0, of mulberry32, with Python's integers."""
    state = (seed + (n + 1) * 0x6D2B79F5) % 2**32
    x = (state ^ state >> 15) * (state | 1) % 2**32
    x ^= (x + (x ^ x >> 7) * (x | 61)) % 2**32
    return (x ^ x >> 14) / 2**32


def test_what_cannot_be_read_is_answered_with_a_line() -> None:
    script = """
const { Mistake, number, sentence } = await load("../try/typed.js");
const heard = (does) => {
  try { return does(); } catch (error) { return error instanceof Mistake ? error.message : `! ${error.stack}`; }
};
const rate = given.bounds.rate, seed = given.bounds.seed;
return [...["", "  the   dog ", "the dgo", "Cat", "<eos>", "on on on on on on on on on"].map((text) => heard(() =>
  sentence(text, given))), ...["", "0,02", "fast", "0", "11", "1e-3"].map((text) => heard(() => number(text, rate))),
  ...["2.5", "-1", "7"].map((text) => heard(() => number(text, seed, true)))];
"""
    assert run(script, named("default")) == [
        "There is no word here yet. Type one, or press one of the words below.",
        [4, 9],
        "“dgo” is not in the vocabulary. The nearest word is “dog”.",
        "“Cat” is not in the vocabulary. The nearest word is “cat”.",
        "“<eos>” is a special token, and no word of a sentence.",
        "The position table has 8 rows, one for each word: 1 word too many.",
        "Type a number here.",
        0.02,
        "“fast” is not a number.",
        "This is to be above 0 and at most 10.",
        "This is to be above 0 and at most 10.",
        0.001,
        "This is to be a whole number.",
        "This is to be at least 0 and at most 4294967295.",
        7,
    ]
