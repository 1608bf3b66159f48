"""A generation as pages tell it: greedy, from the configured prompt, each word with the ledger of its pass, and the
same words once more with the KV cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from calc import generation, softmax
from calc.generation import Written
from calc.gpt2 import LAYERS, SIZES
from calc.ledger import Ledger
from calc.operations import Array
from calc.sampling import Settings
from calc.tokenizer import Tokenizer

if TYPE_CHECKING:
    from calc.config import Config

MOST = 16  # new words that pages wait for
GREEDY = Settings(temperature=0.0)


class Transcript:
    """`words` are the new words in order. `plain` and `cached` are passes without and with the KV cache, to be laid
    side by side: those of `words` where these are at least two; None where the position table has a single row."""

    def __init__(self, config: Config, weights: Mapping[str, Array]) -> None:
        self.config, self._weights = config, weights
        self.prompt = Tokenizer.from_corpus(config.text.corpus).encode(config.generation.prompt)
        self.most = min(config.generation.tokens, MOST)

    @cached_property
    def words(self) -> list[Written]:
        return self._written(self.prompt, self.most)

    @cached_property
    def plain(self) -> list[Written] | None:
        if len(self.words) > 1:
            return self.words
        begun = self._begun
        return self._written(begun, 2, past_end=True) if begun else None

    @cached_property
    def cached(self) -> list[Written] | None:
        begun = self._begun
        return self._written(begun, len(self.plain), cached=True, past_end=True) if self.plain and begun else None

    @property
    def _begun(self) -> list[int]:
        """The prompt, without its last word where no other could be read behind it."""
        return self.prompt[: self.config.model.positions - 1]

    def _written(self, prompt: Sequence[int], most: int, cached: bool = False, past_end: bool = False) -> list[Written]:
        unused = np.random.default_rng(0)  # greedy, so nothing is drawn
        return list(
            generation.write(
                self.config, self._weights, prompt, GREEDY, unused, most, cached, recorded=True, past_end=past_end
            )
        )


def choices(words: Sequence[Written]) -> Ledger:
    """The choices of a generation on one ledger, where T counts the passes: the logits of each pass's last position,
    their probabilities, and the two likeliest words."""
    logits = np.array([recorded(word)["logits"].value[-1] for word in words])
    order = np.array([word.choice.order.value for word in words])
    led = Ledger({"T": len(words), "V": logits.shape[1], "R": order.shape[1]})
    with led.stage("writing"), led.scope("writing"):
        rows = led.given("logits", "z", "T V", logits, carried=True)
        ranks = led.given("order", r"\mathrm{order}", "T R", order, carried=True)
        probs = softmax.forward(led, rows, "probs", "p")
        for name, rank in (("chosen", 0), ("runner_up", 1)):
            word = led.put(name, rf"\mathrm{{id}}_{{{rank}}}", "T", "select", ranks, at={"R": rank})
            led.put(f"{name}_prob", f"p_{{{rank}}}", "T", "pick", probs, word)
    return led


def saved(transcript: Transcript) -> Ledger:
    """What the cache saves over the passes, and the memory that it takes: 2 x layers x positions x C numbers."""
    assert transcript.plain
    assert transcript.cached
    plain, cached = ([recorded(word) for word in way] for way in (transcript.plain, transcript.cached))
    led, last, layers = generation.saved(plain, cached), cached[-1], range(transcript.config.model.layers)
    with led.stage("cache"), led.scope("cache"):
        if len(plain) > 2:
            for way in ("plain", "cached"):
                of = [led[f"cache.{way}.write-{number}"] for number in (len(plain), len(plain) - 1)]
                led.put(f"{way}.more", None, "", "sub", *of)
        parts = {f"{part}{i}": last[f"layers.{i}.attention.{part}"].value.size for i in layers for part in "kv"}
        led.put("memory", r"n_{\text{kept}}", "", "count", parts=parts)
        one = {name: size // last.sizes["S"] for name, size in parts.items()}
        led.put("memory_of_one", r"n_{\text{row}}", "", "count", parts=one)
        each = SIZES["P"] * SIZES["C"]
        led.put(
            "gpt2", r"n_{\text{kept}}", "", "count", parts={f"{part}{i}": each for i in range(LAYERS) for part in "kv"}
        )
    return led


def recorded(word: Written) -> Ledger:
    """The ledger of the word's pass."""
    assert isinstance(word.ledger, Ledger)
    return word.ledger
