"""The corpus as batches: each sentence a row, as the step reads it, and shorter rows padded to the longest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from calc.operations import Array
from calc.tokenizer import Tokenizer

if TYPE_CHECKING:
    from calc.config import Config


class Row(NamedTuple):
    """Words and, for each, the word that comes next; `<eos>` comes after a sentence's last."""

    tokens: tuple[int, ...]
    targets: tuple[int, ...]


class Batch(NamedTuple):
    """tokens[B T], targets[B T], mask[B T]: the mask is 1.0 at words and 0.0 at padding, or None without any padding.

    Padding stands at the end of its row, and attention looks back only: no word sees it. So it changes nothing but the
    number of positions that the loss is a mean over, and only there it needs the mask.
    """

    tokens: Array
    targets: Array
    mask: Array | None


def rows(config: Config) -> list[Row]:
    """A row for each sentence of the corpus, in its order. A sentence of more words than the model has positions is
    read in pieces; the target of a piece's last word is the next piece's first."""
    tokenizer, most = Tokenizer.from_corpus(config.text.corpus), config.model.positions
    (end,), found = tokenizer.encode("<eos>"), list[Row]()
    for sentence in config.text.corpus:
        words = tokenizer.encode(sentence)
        following = [*words[1:], end]
        starts = range(0, len(words), most)
        found += [Row(tuple(words[i : i + most]), tuple(following[i : i + most])) for i in starts]
    return found


def padded(some: Sequence[Row], pad: int) -> Batch:
    """Rows of any lengths as one batch; `pad` fills the tokens and targets behind the shorter ones."""
    shape = len(some), max(len(row.tokens) for row in some)
    tokens, targets, mask = np.full(shape, pad), np.full(shape, pad), np.zeros(shape)
    for i, row in enumerate(some):
        words = len(row.tokens)
        tokens[i, :words], targets[i, :words], mask[i, :words] = row.tokens, row.targets, 1.0
    return Batch(tokens, targets, None if mask.all() else mask)


def batches(config: Config) -> list[Batch]:
    """One epoch: `training.batch` rows at a time, in the corpus's order; the last batch may have fewer."""
    (pad,) = Tokenizer.from_corpus(config.text.corpus).encode("<pad>")
    found, size = rows(config), config.training.batch
    return [padded(found[i : i + size], pad) for i in range(0, len(found), size)]
