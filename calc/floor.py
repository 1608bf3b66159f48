"""The floor of the loss: what no model that reads from left to right can go below on a corpus.

All that a model knows of the next word is the words so far, and with them the position. Where the same words go on in
several ways, its best probabilities are the shares of each, and its mean loss there is their entropy (Shannon, 1948, "A
Mathematical Theory of Communication", section 6; that no others do better is Gibbs' inequality). The floor is the mean
over all positions. It holds for any parameters that stay as they are while the corpus is read.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from calc.batches import Row


class Fork(NamedTuple):
    """Words that begin several rows, and how often each word comes next."""

    words: tuple[int, ...]
    following: dict[int, int]

    @property
    def times(self) -> int:
        return sum(self.following.values())

    @property
    def entropy(self) -> float:
        """In nats."""
        return math.fsum(n / self.times * math.log(self.times / n) for n in self.following.values())


def forks(rows: Sequence[Row]) -> list[Fork]:
    """The beginnings after which more than one word comes, in order of first appearance."""
    return [fork for fork in _beginnings(rows) if len(fork.following) > 1]


def floor(rows: Sequence[Row]) -> float:
    """The least mean loss, in nats a position."""
    positions = sum(len(row.tokens) for row in rows)
    return math.fsum(fork.times * fork.entropy for fork in forks(rows)) / positions


def _beginnings(rows: Sequence[Row]) -> list[Fork]:
    found: dict[tuple[int, ...], Counter[int]] = {}
    for row in rows:
        for i, following in enumerate(row.targets):
            found.setdefault(row.tokens[: i + 1], Counter())[following] += 1
    return [Fork(words, dict(following)) for words, following in found.items()]
