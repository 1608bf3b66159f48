"""The beginnings after which a model is the least certain of the next word, and what temperature, top-k and top-p make
of the first of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from calc import batches, generation, sampling, softmax
from calc.ledger import Ledger, Tape
from calc.operations import Array
from calc.primer import COLD, HOT
from calc.sampling import Settings
from calc.transcript import MOST

if TYPE_CHECKING:
    from calc.config import Config

LISTED = 6  # beginnings
TOP_K, TOP_P = 3, 0.9
SEEDS = 3  # from the configured one on
ALIKE = 1e-9  # nats, and logits: differences below it are not told apart, since last bits differ by machine
WAYS = {
    "cold": Settings(COLD),
    "one": Settings(1.0),
    "hot": Settings(HOT),
    "top_k": Settings(HOT, top_k=TOP_K),
    "top_p": Settings(HOT, top_p=TOP_P),
}
Beginning = tuple[int, ...]


def beginnings(config: Config, weights: Mapping[str, Array]) -> dict[Beginning, Array]:
    """The ids of each beginning of a row of the corpus -> logits[V] of the word after it, the most uncertain first
    and, where the model is equally certain, in order of appearance."""
    found: dict[Beginning, Array] = {}
    for row in batches.rows(config):
        words = row.tokens
        tape = Tape(generation.sizes(config, len(words), len(words)))
        # What comes later changes no row: the rows of one pass are those of all the beginnings.
        logits = generation.predict(tape, config, weights, words).output.logits.value
        for t, own in enumerate(logits):
            found.setdefault(words[: t + 1], own)
    return dict(sorted(found.items(), key=lambda item: -round(entropy(item[1]) / ALIKE)))


def entropy(logits: Array) -> float:
    """logits[V] -> nats"""
    shifted = logits - logits.max()
    log = shifted - np.log(np.exp(shifted).sum())
    return float(-(np.exp(log) * log).sum())


def of(config: Config, found: Mapping[Beginning, Array]) -> Ledger:
    """beginnings.*, where N counts the first few beginnings, with their entropy[N] in nats; for the first of them,
    WAY.sampling.* for each of WAYS, all with the same number drawn; and limit.*, its two likeliest words compared."""
    rows = np.array(list(found.values())[:LISTED])
    led = Ledger(generation.sizes(config, 1, 1) | {"N": len(rows)})
    with led.stage("beginnings"), led.scope("beginnings"):
        every = led.given("logits", "z", "N V", rows, carried=True)
        probs = softmax.forward(led, every, "probs", "p")
        surprise = led.put("surprise", None, "N V", "neg", led.put("logs", None, "N V", "log", probs))
        terms = led.put("terms", None, "N V", "mul", probs, surprise)
        led.put("entropy", r"\mathcal{H}", "N", "sum", terms)
        first = led.given("first", r"\mathrm{row}", "T", np.array([0]))
    logits = led.put("logits", "z", "T V", "gather", every, first)
    for way, settings in WAYS.items():
        with led.scope(way):
            sampling.choose(led, logits, settings, np.random.default_rng(config.generation.seed))
    _limit(led)
    return led


def _limit(led: Ledger) -> None:
    """limit.gap, how far the largest logit is above the next one, and for each temperature limit.WAY.ratio, how many
    times as likely that makes its word. No gap where the two are alike."""
    row, order = led["one.sampling.logits"], led["one.sampling.order"]
    with led.stage("limit"), led.scope("limit"):
        sorted_ = led.put("logits", r"z^{\downarrow}", "R", "gather", row, order)
        two = [
            led.put(name, f"z_{{{i}}}", "", "select", sorted_, at={"R": i}) for i, name in enumerate(("top", "next"))
        ]
        if float(two[0].value - two[1].value) < ALIKE:
            return
        gap = led.put("gap", "g", "", "sub", *two)
        for way in ("cold", "one", "hot"):
            quotient = led.put(f"{way}.quotient", None, "", "div", gap, led[f"{way}.sampling.temperature"])
            led.put(f"{way}.ratio", None, "", "exp", quotient)


def sentences(config: Config, weights: Mapping[str, Array], prompt: Beginning) -> dict[str, list[tuple[int, ...]]]:
    """For each way, greedy first, the ids written after the prompt with each of SEEDS seeds."""
    found = {}
    for way, settings in {"greedy": Settings(0.0), **WAYS}.items():
        found[way] = [tuple(_written(config, weights, prompt, settings, seed)) for seed in seeds(config)]
    return found


def seeds(config: Config) -> list[int]:
    """As many different ones as are shown."""
    return [(config.generation.seed + i) % 2**32 for i in range(SEEDS)]


def _written(
    config: Config, weights: Mapping[str, Array], prompt: Beginning, settings: Settings, seed: int
) -> Iterator[int]:
    drawn, most = np.random.default_rng(seed), min(config.generation.tokens, MOST)
    for word in generation.write(config, weights, prompt, settings, drawn, most, cached=True):
        yield word.choice.token
