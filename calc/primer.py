"""The primer: numbers of this model for the pages before the walk, and for the questions. No step needs them.

Each part takes a few numbers of the step and works the one thing that its page explains: a dot product, two layers
that collapse into one, a softmax at three temperatures, a chain of three slopes.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np

from calc import gelu, gpt2, softmax
from calc.ledger import Entry, Ledger

if TYPE_CHECKING:
    from calc.config import Config

COLD, HOT, NUDGE = 0.5, 2.0, 0.01


def primer(led: Ledger, weights: Mapping[str, Entry], config: Config) -> None:
    """primer.*, from the entries of a finished step; `weights` are its parameters by name"""
    with led.scope("primer.vectors"):
        vectors(led, led["token_embedding"], *two_words(led, config))
    with led.scope("primer.matrices"):
        block = f"layers.{config.worked.layer}"
        led.put("transposed", r"W_Q^\top N^\top", "C T", "dot", led[f"{block}.attention.w_q"], led[f"{block}.ln_1.out"])
    with led.scope("primer.linear"):
        collapse(led, block, config)
        relu(led, block, config)
    with led.scope("primer.softmax"):
        temperatures(led, config)
    with led.scope("primer.chain"):
        chain(led, block, config)
    with led.scope("primer.counts"):
        counts(led, weights)
    with led.scope("primer.perplexity"):
        perplexity(led)
    with led.scope("primer.gpt2"):
        gpt2.sizes(led)


def two_words(led: Ledger, config: Config) -> tuple[int, int]:
    """Two different words of the vocabulary: the worked position's and the one it looks at, where they differ, and
    others in place of words whose rows are all zero."""
    table, ids, at = led["token_embedding"].value, led["inputs.tokens"].value, config.worked
    drawn = np.any(table, axis=1)
    candidates = list(dict.fromkeys([int(ids[at.position]), int(ids[at.key]), *range(len(table) - 1, -1, -1)]))
    first, second, *_ = sorted(candidates, key=lambda word: not drawn[word])  # stable: only rows of zeros move
    return first, second


def vectors(led: Ledger, table: Entry, first: int, second: int) -> None:
    """Two rows of the token table -> their dot product, their lengths and the cosine of their angle"""
    a = led.put("a", "a", "D", "select", table, at={"V": first})
    b = led.put("b", "b", "D", "select", table, at={"V": second})
    dot = led.put("dot", r"a \cdot b", "", "dot", a, b)
    lengths = []
    for letter, vector in (("a", a), ("b", b)):
        square = led.put(f"square_{letter}", rf"{letter} \cdot {letter}", "", "dot", vector, vector)
        lengths.append(led.put(f"length_{letter}", f"|{letter}|", "", "sqrt", square))
    if all(length.value for length in lengths):  # a vector of length 0 has no direction
        both = led.put("lengths", r"|a| \, |b|", "", "mul", *lengths)
        led.put("cosine", r"\cos \theta", "", "div", dot, both)


def collapse(led: Ledger, block: str, config: Config) -> None:
    """One feature of x W_1 W_2 for the worked row, without GELU, two ways: (x W_1) w and x (W_1 w), where w is a column
    of W_2"""
    at = config.worked
    x = led.put("x", "x", "D", "select", led[f"{block}.ln_2.out"], at={"T": at.position})
    column = led.put("column", "w", "F", "select", led[f"{block}.ffn.w_2"], at={"D": at.feature})
    up = led.put("up", "u", "F", "select", led[f"{block}.ffn.up"], at={"T": at.position})
    led.put("two_steps", None, "", "dot", up, column)
    joined = led.put("joined", "p", "D", "dot", led[f"{block}.ffn.w_1"], column)
    led.put("one_step", None, "", "dot", x, joined)


def relu(led: Ledger, block: str, config: Config) -> None:
    """The worked row of the hidden layer -> ReLU(h) = max(h, 0), as half of h + |h|, beside GELU's"""
    at = {"T": config.worked.position}
    h = led.put("hidden", "h", "F", "select", led[f"{block}.ffn.hidden"], at=at)
    below = h.value <= 0
    magnitude = led.put("magnitude", "|h|", "F", "sqrt", led.put("squared", None, "F", "square", h))
    twice = led.put("twice", None, "F", "add", h, magnitude, zeros=below)
    led.put("relu", r"\operatorname{ReLU}(h)", "F", "mul_constant", twice, zeros=below, constant=0.5)
    led.put("gelu", r"\operatorname{GELU}(h)", "F", "select", led[f"{block}.ffn.activated"], at=at)


def temperatures(led: Ledger, config: Config) -> None:
    """The worked position's logits -> their softmax at three temperatures, and once without taking off the largest"""
    at = {"T": config.worked.position}
    z = led.put("logits", "z", "V", "select", led["logits"], at=at)
    led.put("probs", "q", "V", "select", led["output.probs"], at=at)
    for name, value in (("cold", COLD), ("hot", HOT)):
        with led.scope(name):
            tau = led.given("temperature", r"\tau", "", value)
            scaled = led.put("scaled", None, "V", "div", z, tau)
            softmax.forward(led, scaled, "probs", rf"q_{{\text{{{name}}}}}")
    with led.scope("direct"):
        exp = led.put("exp", None, "V", "exp", z)
        total = led.put("total", "s", "", "sum", exp)
        led.put("probs", r"q_{\text{direct}}", "V", "div", exp, total)


def chain(led: Ledger, block: str, config: Config) -> None:
    """One weight w of W_1 -> a = w x -> h = a + c -> G = GELU(h), where c is all the rest of the hidden unit's sum; the
    slope of G by w as a product of three, and once more by moving w a little"""
    at, root_2 = config.worked, led["constants.root_2"]
    here, unit = {"T": at.position, "D": at.feature}, {"T": at.position, "F": at.hidden}
    x = led.put("x", "x", "", "select", led[f"{block}.ln_2.out"], at=here)
    w = led.put("w", "w", "", "select", led[f"{block}.ffn.w_1"], at={"D": at.feature, "F": at.hidden})
    whole = led.put("whole", r"h_{\text{all}}", "", "select", led[f"{block}.ffn.hidden"], at=unit)
    a = led.put("a", "a", "", "mul", w, x)
    c = led.put("c", "c", "", "sub", whole, a)
    h = led.put("h", "h", "", "add", a, c)
    out = gelu.forward(led, h, root_2).out
    by_h = led.put("g_by_h", slope("G", "h"), "", "select", led[f"backward.{block}.ffn.slope"], at=unit)
    h_by_a = led.given("h_by_a", slope("h", "a"), "", 1)
    by_a = led.put("g_by_a", slope("G", "a"), "", "mul", by_h, h_by_a)
    led.put("g_by_w", slope("G", "w"), "", "mul", by_a, x)
    nudge = led.given("nudge", r"\delta", "", NUDGE)
    with led.scope("moved", mark="+"):
        w_moved = led.put("w", "w", "", "add", w, nudge)
        h_moved = led.put("h", "h", "", "add", led.put("a", "a", "", "mul", w_moved, x), c)
        moved = gelu.forward(led, h_moved, root_2).out
    change = led.put("change", None, "", "sub", moved, out)
    led.put("measured", r"\frac{G^{+} - G}{\delta}", "", "div", change, nudge)


def slope(of: str, by: str) -> str:
    return rf"\frac{{\mathrm{{d}}{of}}}{{\mathrm{{d}}{by}}}"


def counts(led: Ledger, weights: Mapping[str, Entry]) -> None:
    """The activations of a forward pass; the parameters of the tables, of attention and of the FFN, with its share"""
    forward = takewhile(lambda entry: not entry.stage.startswith("backward"), led)
    made = {entry.name: entry.value.size for entry in forward if entry.stage != "inputs"}
    led.put("activations", r"n_{\text{activations}}", "", "count", parts=made)
    numbers = {}
    for name, part in (("embeddings", "_embedding"), ("attention", ".attention."), ("ffn", ".ffn.")):
        some = [led[f"facts.parameters.{parameter}"] for parameter in weights if part in parameter]
        numbers[name] = led.put(name, rf"n_{{\text{{{name}}}}}", "", "add", *some)
    led.put("ffn_share", None, "", "div", numbers["ffn"], led["facts.parameters.total"])


def perplexity(led: Ledger) -> None:
    """exp(loss), before the step and after it"""
    led.put("before", None, "", "exp", led["loss"])
    led.put("after", None, "", "exp", led["after.loss"])
