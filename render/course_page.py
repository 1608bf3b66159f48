"""What a template can say of the run over the corpus: its rows, where they fork, and which epochs to show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from calc import batches, curve, floor, kin, padding
from calc.course import Course
from calc.floor import Fork
from calc.ledger import Entry
from calc.operations import Array
from render.markup import indented
from render.words import token

if TYPE_CHECKING:
    from calc.sections import Training
    from render.page import Page

MOST = 12  # rows of a table about the corpus
ROUND = (1, 2, 5)
FEW = 3  # pairs of words in a sentence
SAME, DECIMALS = 1e-9, 9  # what may be rounding
LARGE, SMALL = 0.75, 0.25  # shares of a whole: above the one it is most of it, up to the other little


class CoursePage:
    """What templates call as course.NAME."""

    most = MOST
    has_padding = staticmethod(padding.has_padding)

    def __init__(self, page: Page) -> None:
        self._page = page

    @property
    def run(self) -> Course:
        return self._page.site.others.course

    @cached_property
    def rows(self) -> list[batches.Row]:
        return batches.rows(self._page.config)

    @cached_property
    def epoch(self) -> list[batches.Batch]:
        """The corpus in batches."""
        return batches.batches(self._page.config)

    @cached_property
    def forks(self) -> list[Fork]:
        return floor.forks(self.rows)

    @cached_property
    def ways(self) -> list[tuple[Fork, int]]:
        """Each way on from each fork, in the order of the ledger's axis G."""
        return [(fork, word) for fork in self.forks for word in fork.following]

    @cached_property
    def pair(self) -> padding.Pair | None:
        """Two rows that padding is needed for."""
        return padding.pair(self._page.config)

    @cached_property
    def alike(self) -> list[tuple[int, int]]:
        """Pairs of words that stand in the same places of the corpus."""
        return kin.alike(self._page.config)

    @cached_property
    def read(self) -> list[int]:
        """The words that the corpus has."""
        return kin.read(self._page.config)

    @cached_property
    def said(self) -> list[int]:
        """The words that are right somewhere in the corpus."""
        return sorted({target for row in self.rows for target in row.targets})

    @property
    def schedule(self) -> Training:
        """The schedule that the page shows."""
        return curve.shown(self.run)

    def words(self, ids: Sequence[int]) -> str:
        """Words of the vocabulary, one after the other; of many the first."""
        shown = [token(self._page.tables.words[i]) for i in ids[:MOST]]
        return " ".join(shown) + (" …" if len(ids) > MOST else "")

    def indented(self, text: str) -> str:
        """A table for the body of a folded note."""
        return indented(text)

    def highest(self, entry: Entry) -> dict[str, int]:
        """Where the largest value is, by the letters of the axes; of equal ones the first."""
        found = np.unravel_index(int(np.argmax(np.round(entry.value, DECIMALS))), entry.shape)
        return {axis: int(i) for axis, i in zip(entry.axes, found, strict=True)}

    def lowest(self, entry: Entry) -> dict[str, int]:
        """Where the smallest value is."""
        found = np.unravel_index(int(np.argmin(np.round(entry.value, DECIMALS))), entry.shape)
        return {axis: int(i) for axis, i in zip(entry.axes, found, strict=True)}

    def below(self, one: Entry, other: Entry) -> int:
        """How many cells of one entry are below the same of another, by more than rounding."""
        return int((one.value < other.value - SAME).sum())

    def closest(self, closer: Entry) -> dict[str, int] | None:
        """Of two words that are read, those whose cosine grew the most: closer[V V'], by the axes' letters."""
        return self._pair(closer.value)

    def parted(self, closer: Entry) -> dict[str, int] | None:
        """Those whose cosine fell the most."""
        return self._pair(-closer.value)

    def _pair(self, gains: Array) -> dict[str, int] | None:
        pairs = list(combinations(self.read, 2))
        if not pairs:
            return None
        one, two = max(pairs, key=lambda pair: float(gains[pair]))
        return {"V": one, "V'": two}

    def pairs(self, words: Sequence[int]) -> int:
        """How many pairs there are of some words."""
        return math.comb(len(words), 2)

    def rising(self, closer: Entry, words: Sequence[int]) -> int:
        """Of how many pairs of some words the cosine grew."""
        return sum(bool(closer.value[pair] > 0) for pair in combinations(words, 2))

    def is_alike(self, pair: Mapping[str, int]) -> bool:
        """Whether the two words of a pair stand in the same places of the corpus."""
        return (pair["V"], pair["V'"]) in self.alike

    def pairs_of(self, pairs: Sequence[tuple[int, int]]) -> str:
        """Pairs of words, in a sentence; of many the first."""
        words = self._page.tables.words
        told = [f"{token(words[one])} and {token(words[two])}" for one, two in pairs[:FEW]]
        return "; ".join(told) + (" and others" if len(pairs) > FEW else "")

    def farthest(self, length: Entry, among: Sequence[int]) -> int:
        """The word with the largest number, among some."""
        return max(among, key=lambda word: float(length.value[word]))

    def diagonal(self, cosine: Entry) -> bool:
        """Whether each word's cosine with itself is one."""
        return bool(np.all(np.abs(np.diagonal(cosine.value) - 1.0) < SAME))

    def weight(self, share: float) -> str:
        """How a sentence calls a share of a whole: most, part or little of it."""
        return "most" if share > LARGE else "part" if share > SMALL else "little"

    def chosen(self) -> list[int]:
        """The epochs of a table, counted from 0: the first, the last, and 2, 5, 10 and so on."""
        last = len(self.run.losses)
        found = {10**power * times for power in range(len(str(last))) for times in ROUND}
        return [n - 1 for n in sorted({n for n in found if n < last} | {last})]

    def again(self, fork: Fork) -> list[int]:
        """The positions at which a single word that is a fork stands again and is none."""
        forked = {other.words for other in self.forks}
        return sorted(
            {i for row in self.rows for i, word in enumerate(row.tokens)
             if i and fork.words == (word,) and row.tokens[: i + 1] not in forked}
        )  # fmt: skip
