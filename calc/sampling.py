"""From the logits of one position to the next word: temperature, top-k, top-p, and the draw.

The logits are divided by the temperature and go through softmax; of the words in order of their probability the first k
stay (Fan, Lewis and Dauphin, 2018, "Hierarchical Neural Story Generation", section 5.4), of those the nucleus, which is
the smallest set of the most probable words that together have at least the probability p (Holtzman et al., 2020, "The
Curious Case of Neural Text Degeneration", section 3.1). What stays is divided by its sum. This is the order of Hugging
Face's transformers (generation/logits_process.py: TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper), whose
softmax over logits set to minus infinity is that division. There, words that tie with the k-th stay beside it; here
exactly k do.

Temperature 0 is greedy: the most probable word, no draw, and nothing to cut. Of equally probable words the one with the
lowest number comes first. <pad>, <bos> and <unk> are words like any other here: training makes them improbable, and a
word that was hidden would make the printed probabilities untrue.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from calc import softmax
from calc.ledger import Entry, NotFinite, Tape
from calc.operations import Array

TIE = 1e-12  # logits as near as this, of the largest, tie; so does a sum with its bound: last bits differ by machine
DEEPEST = 700.0  # so far below the largest logit, e to that power is still a number that float64 holds
COLDEST = 1e-300  # below it a quotient could overflow, and a draw would be greedy anyway


class Settings(NamedTuple):
    """How a word is chosen. top_k = 0 and top_p = 1 cut nothing."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0


class Choice(NamedTuple):
    """The word and how it came. R counts the words of the vocabulary by rank, the most probable first.

    `order` has their ids, `ranked` their probabilities at this temperature, `probs` those after the cuts; `after_k` and
    `kept` are how many are left after top-k and after both; `u` is the number drawn, None where nothing was.
    """

    token: int
    rank: int
    order: Entry
    ranked: Entry
    probs: Entry
    after_k: int
    kept: int
    u: float | None


def choose(led: Tape, logits: Entry, settings: Settings, generator: np.random.Generator) -> Choice:
    """logits[T V] -> the word after the last position. Takes one number from the generator, or none where greedy.

    Raises NotFinite where the logits are no numbers."""
    words, last = led.sizes["V"], led.sizes["T"] - 1
    with led.stage("sampling"), led.scope("sampling"):
        row = led.put("logits", "z", "V", "select", logits, at={"T": last})  # F1
        if not np.isfinite(row.value).all():
            raise NotFinite("logits: not finite numbers; the weights are too large, as after a learning rate too high")
        order = led.given("order", r"\mathrm{order}", "R", ranks(row.value))
        if settings.temperature < COLDEST:
            probs = softmax.forward(led, row, "probs", "p")
            ranked = led.put("ranked", r"p^{\downarrow}", "R", "gather", probs, order)
            token = led.put("token", r"\mathrm{id}^{+}", "", "select", order, at={"R": 0})
            return Choice(int(token.value), 0, order, ranked, ranked, words, words, None)
        temperature = led.given("temperature", r"\tau", "", settings.temperature)
        scaled = led.put("scaled", None, "V", "div", row, temperature)  # F2
        upto = led.put("upto", "L", "R' R", "causal_mask")  # row r has 1 at the ranks up to r
        held = int(np.count_nonzero(scaled.value.max() - scaled.value < DEEPEST))
        if held < words:
            # The others' probabilities are below 1e-300 and would be 0 in float64; they are cut, and said to be.
            first = led.put("first", r"\mathbb{1}_{R}", "R", "select", upto, at={"R'": held - 1})
            seen = led.put("seen", r"\mathbb{1}", "V", "scatter_add", first, order)
            scaled = led.put("masked", r"\tilde{z}", "V", "mask", scaled, seen)
        probs = softmax.forward(led, scaled, "probs", "p")  # F3
        ranked = probs = led.put("ranked", r"p^{\downarrow}", "R", "gather", probs, order)  # F4
        kept = after_k = min(settings.top_k or words, held)
        if settings.top_k and after_k < held:
            with led.scope("top_k"):
                probs = keep(led, probs, upto, after_k, "k")  # F5
        if settings.top_p < 1:
            with led.scope("top_p"):
                sums = cumulate(led, probs, upto)  # F6
                led.given("p", "p", "", settings.top_p)
                kept = min(int(np.count_nonzero(sums.value < settings.top_p - TIE)) + 1, after_k)
                probs = keep(led, probs, upto, kept, "p")
        with led.scope("draw"):
            sums = cumulate(led, probs, upto)  # F7
            u = float(led.given("u", "u", "", generator.random()).value)
            # The last sum can be one rounding error below 1, and u above it.
            rank = min(int(np.count_nonzero(sums.value <= u)), kept - 1)
            token = led.put("token", r"\mathrm{id}^{+}", "", "select", order, at={"R": rank})  # F8
    return Choice(int(token.value), rank, order, ranked, probs, after_k, kept, u)


def keep(led: Tape, probs: Entry, upto: Entry, count: int, name: str) -> Entry:
    """probs[R] -> the first `count` of them, divided by their sum; the others 0"""
    first = led.put("first", rf"\mathbb{{1}}_{{{name}}}", "R", "select", upto, at={"R'": count - 1})
    led.put("count", f"n_{{{name}}}", "", "sum", first)
    kept = led.put("kept", None, "R", "mul", probs, first)
    mass = led.put("mass", f"m_{{{name}}}", "", "sum", kept)
    return led.put("probs", rf"p_{{\text{{top-}}{name}}}", "R", "div", kept, mass)


def cumulate(led: Tape, probs: Entry, upto: Entry) -> Entry:
    """probs[R] -> for each rank the sum of the probabilities up to it, [R]"""
    return led.put("cumulative", "c", "R", "dot", upto.relabel("R R'"), probs.relabel("R'"))


def ranks(logits: Array) -> Array:
    """logits[V] -> [R], the ids from the largest logit to the smallest, of equal ones the lowest first. No operation of
    the ledger compares, so it is given them, as it is given the places where the cuts and the draw fall."""
    steps = np.round(logits / (TIE * (np.abs(logits).max() or 1.0)))
    return np.argsort(-steps, kind="stable")
