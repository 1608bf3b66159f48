"""Two rows of different lengths read together, and the loss mask that keeps the padding out of their mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from calc import loss, step
from calc.batches import Row, batches, padded, rows
from calc.learner import Learner
from calc.ledger import Ledger
from calc.tokenizer import Tokenizer

if TYPE_CHECKING:
    from calc.config import Config

CUT = 3  # a row is cut by a word for every so many of its words


class Pair(NamedTuple):
    """A longer row and a shorter one. `real`: both are of one batch of the corpus; otherwise the shorter is a row
    that was cut, because no batch has any padding."""

    rows: tuple[Row, Row]
    real: bool


def pair(config: Config) -> Pair | None:
    """Two rows that padding is needed for; None where the corpus cannot give any, having only single words."""
    found, size = rows(config), config.training.batch
    for start in range(0, len(found), size):
        batch = sorted(found[start : start + size], key=lambda row: -len(row.tokens))
        if len(batch[0].tokens) > len(batch[-1].tokens):
            return Pair((batch[0], batch[-1]), True)
    longest = max(found, key=lambda row: len(row.tokens))
    other = next((row for row in found if row is not longest and len(row.tokens) == len(longest.tokens)), longest)
    words = len(longest.tokens)
    if words == 1:
        return None
    kept = words - max(1, words // CUT)
    return Pair((longest, Row(other.tokens[:kept], other.targets[:kept])), False)


def of(config: Config, two: Pair) -> Ledger:
    """B: the two rows, T: positions of the longer one. The losses are those of the drawn parameters."""
    (pad,) = Tokenizer.from_corpus(config.text.corpus).encode("<pad>")
    batch = padded(two.rows, pad)
    count, words = batch.tokens.shape
    led = Ledger(step.axis_sizes(config) | {"B": count, "T": words, "S": words, "S'": words})
    nll = Learner(config).evaluate(batch).nll
    with led.stage("inputs"), led.scope("inputs"):
        led.given("tokens", r"\mathrm{id}", "B T", batch.tokens)
        led.given("targets", "y", "B T", batch.targets)
        mask = led.given("mask", r"\mu", "B T", batch.mask)
    with led.stage("output"):
        costs = led.given("output.nll", "c", "B T", nll, carried=True)
        loss.masked_mean(led, costs, mask)
        led.put("unmasked", r"\mathcal{L}_{\text{unmasked}}", "", "mean", costs)
    return led


def has_padding(config: Config) -> bool:
    """Whether any batch of the corpus has padding."""
    return any(batch.mask is not None for batch in batches(config))
