"""Byte pairs: pieces of words, joined from bytes by what stands side by side most often in the corpus.

Sennrich, Haddow and Birch (2016), "Neural Machine Translation of Rare Words with Subword Units", algorithm 1, on the
bytes of each word as in GPT-2 (Radford et al., 2019): a space in front of a word is part of it, and since every byte is
a piece, no text is unknown. Of pairs that are equally frequent the one with the smallest ids is joined, first by its
left id and then by its right one, as the `tokenizers` library's BpeTrainer does it; its WhitespaceSplit and ByteLevel
split and write the words as here.

The counts of every round are entries of a ledger of their own:

    corpus.counts[W]      how often each word stands in the corpus
    rounds.K.counts[R]    how often each pair of neighbours does after K merges
    rounds.K.pieces[W]    how many pieces each word then has, and rounds.K.length, how many the whole corpus has
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from calc.ledger import Entry, Ledger
from calc.tokenizer import SPECIAL

Pair = tuple[bytes, bytes]
Pieces = tuple[bytes, ...]

SPACE = b" "
# GPT-2's order: first the bytes that print as signs of their own in Latin-1, then the others.
_PRINTED = (*range(33, 127), *range(161, 173), *range(174, 256))
ALPHABET = tuple(bytes([i]) for i in (*_PRINTED, *sorted(set(range(256)) - set(_PRINTED))))


class BytePairs:
    """Encodes any text as ids and decodes ids as text, by an ordered list of merges.

    The vocabulary is SPECIAL, then the 256 bytes, then what each merge makes, unless an earlier one made it too.
    """

    def __init__(self, merges: Iterable[Pair]) -> None:
        self.merges = tuple(merges)
        joined = dict.fromkeys(left + right for left, right in self.merges)
        self.vocabulary: tuple[str | bytes, ...] = (*SPECIAL, *ALPHABET, *joined)
        self._ids = {piece: i for i, piece in enumerate(self.vocabulary)}
        self._ranks = {pair: rank for rank, pair in enumerate(self.merges)}

    def __len__(self) -> int:
        return len(self.vocabulary)

    def id(self, piece: bytes) -> int:
        """The id of a piece. KeyError where no merge made it."""
        return self._ids[piece]

    def order(self, pair: Pair) -> tuple[int, int]:
        """The ids of a pair's pieces: of equally frequent pairs the smallest comes first."""
        return self.id(pair[0]), self.id(pair[1])

    def first(self, pieces: Pieces) -> int | None:
        """The number of the first merge that joins something in these pieces; None where none does."""
        return min((self._ranks[pair] for pair in neighbours(pieces) if pair in self._ranks), default=None)

    def steps(self, word: str) -> list[Pieces]:
        """A word's way from its bytes to its pieces, a step for each merge that joins something in it."""
        steps = [in_bytes(word)]
        while (number := self.first(steps[-1])) is not None:
            steps.append(joined(steps[-1], self.merges[number]))
        return steps

    def encode(self, text: str) -> list[int]:
        """text -> ids of the pieces of its words, which are split at white space. No text is unknown."""
        return [self._ids[piece] for word in text.split() for piece in self.steps(word)[-1]]

    def decode(self, ids: Iterable[int]) -> str:
        """ids -> text. Special tokens stand for no text; bytes that are no UTF-8 become the sign U+FFFD.

        ValueError for an id that the vocabulary lacks.
        """
        pieces = []
        for i in ids:
            if not 0 <= i < len(self):
                raise ValueError(f"id {i} is not in the vocabulary: ids run from 0 to {len(self) - 1}")
            pieces.append(self.vocabulary[i])
        text = b"".join(piece for piece in pieces if isinstance(piece, bytes))
        return text.removeprefix(SPACE).decode("utf-8", errors="replace")


class Round(NamedTuple):
    """What is counted before a merge: the words in their pieces, the pairs of neighbours in order of first appearance,
    how often each occurs (`counts` is None where there are none), and how many pieces the corpus has."""

    words: tuple[Pieces, ...]
    pairs: tuple[Pair, ...]
    counts: Entry | None
    length: Entry


class Learned(NamedTuple):
    """A byte-pair encoding, and the counts that it came of: a round for each merge, and one after the last."""

    ledger: Ledger
    words: tuple[str, ...]
    rounds: tuple[Round, ...]
    encoding: BytePairs


def learn(corpus: Sequence[str], most: int) -> Learned:
    """Joins the most frequent pair of neighbours, and counts again: `most` times, or until no pair occurs twice."""
    led = Ledger({})
    words, counts = count_words(led, corpus)
    split = tuple(in_bytes(word) for word in words)
    merges: list[Pair] = []
    rounds = [count_pairs(led, split, counts, len(merges))]
    while len(merges) < most and (pair := best(rounds[-1], BytePairs(merges))):
        merges.append(pair)
        split = tuple(joined(word, pair) for word in split)
        rounds.append(count_pairs(led, split, counts, len(merges)))
    encoding = BytePairs(merges)
    sizes = {"special tokens": len(SPECIAL), "bytes": len(ALPHABET)}
    led.put("vocabulary.start", "n", "", "count", parts=sizes)
    made = len(encoding) - len(SPECIAL) - len(ALPHABET)
    led.put("vocabulary.size", "n", "", "count", parts=sizes | {"made by merges": made})
    return Learned(led, words, tuple(rounds), encoding)


def count_words(led: Ledger, corpus: Sequence[str]) -> tuple[tuple[str, ...], Entry]:
    """The corpus's words in order of first appearance, and how often each stands in it: n[W]"""
    running = [word for sentence in corpus for word in sentence.split()]
    words = tuple(dict.fromkeys(running))
    led.sizes.update(G=len(running), W=len(words))
    with led.scope("corpus"):
        which = led.given("words", "w", "G", [words.index(word) for word in running])
        one = led.given("one", "1", "", 1)
        ones = led.put("ones", r"\mathbf{1}", "G", "repeat", one)
        counts = led.put("counts", "n", "W", "scatter_add", ones, which)  # F1
        led.put("total", r"\Sigma n", "", "sum", counts)
    return words, counts


def count_pairs(led: Ledger, words: tuple[Pieces, ...], counts: Entry, number: int) -> Round:
    """counts[W] -> counts[R]: a pair occurs as often as the words it stands in, once for each place in them"""
    places = [(w, pair) for w, word in enumerate(words) for pair in neighbours(word)]
    pairs = {pair: r for r, pair in enumerate(dict.fromkeys(pair for _, pair in places))}
    parts = [w for w, word in enumerate(words) for _ in word]
    # Each round has axes of its own, since there are other places and other pairs after a merge.
    N, R, S = (f"{letter}{number}" for letter in "NRS")
    led.sizes.update({N: len(places), R: len(pairs), S: len(parts)})
    with led.scope(f"rounds.{number}"):
        of = led.given("piece_of", "v", S, parts)
        ones = led.put("ones", r"\mathbf{1}", S, "repeat", led["corpus.one"])
        pieces = led.put("pieces", "p", "W", "scatter_add", ones, of)  # F2
        length = led.put("length", r"\ell", "", "dot", pieces, counts)  # F3
        if not pairs:
            return Round(words, (), None, length)
        within = led.given("place_in", "w", N, [w for w, _ in places])
        which = led.given("pair_at", "q", N, [pairs[pair] for _, pair in places])
        times = led.put("times", "t", N, "gather", counts, within)  # F4
        found = led.put("counts", "c", R, "scatter_add", times, which)  # F5
    return Round(words, tuple(pairs), found, length)


def best(counted: Round, encoding: BytePairs) -> Pair | None:
    """The most frequent pair, of equal ones that with the smallest ids; None where no pair occurs twice."""
    if counted.counts is None or counted.counts.value.max() < 2:
        return None
    most = np.flatnonzero(counted.counts.value == counted.counts.value.max())
    return min((counted.pairs[r] for r in most), key=encoding.order)


def in_bytes(word: str) -> Pieces:
    """A word as single bytes of UTF-8, with a space in front."""
    return tuple(bytes([byte]) for byte in SPACE + word.encode())


def neighbours(pieces: Pieces) -> list[Pair]:
    """Every piece with the one after it, from left to right."""
    return list(pairwise(pieces))


def joined(pieces: Pieces, pair: Pair) -> Pieces:
    """The pieces with the pair made one wherever it stands, from left to right."""
    found: list[bytes] = []
    at = 0
    while at < len(pieces):
        whole = pieces[at : at + 2] == pair
        found.append(pair[0] + pair[1] if whole else pieces[at])
        at += 2 if whole else 1
    return tuple(found)
