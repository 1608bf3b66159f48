"""Words become ids, and ids words again: the vocabulary is read off the corpus.

The special tokens come first, then every word in the order of its first appearance. Words are split at white
space and keep their case, so `The` and `the` are two words.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from typing import Literal

SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")


class UnknownWord(ValueError):
    """A word that the vocabulary lacks. `word` is that word, `nearest` the most similar one that is there."""

    def __init__(self, word: str, nearest: str | None) -> None:
        self.word, self.nearest = word, nearest
        super().__init__(f"{shown(word)} is not in the vocabulary; {remedy(word, nearest)}")


class Tokenizer:
    """Encodes text as ids and decodes ids as text, by one fixed vocabulary."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        """`vocabulary` begins with SPECIAL; ValueError where it does not, or where a word repeats."""
        self.vocabulary: tuple[str, ...] = tuple(vocabulary)
        self._ids = {word: i for i, word in enumerate(self.vocabulary)}
        if self.vocabulary[: len(SPECIAL)] != SPECIAL:
            raise ValueError(f"vocabulary: must begin with {', '.join(SPECIAL)}; it has {self.vocabulary[:4]}")
        if len(self._ids) != len(self.vocabulary):
            raise ValueError("vocabulary: holds a word twice; each word has one id")

    @classmethod
    def from_corpus(cls, corpus: Iterable[str]) -> Tokenizer:
        """The tokenizer of a corpus: SPECIAL, then each word as it first appears.

        ValueError where a word of the corpus equals a special token: the two would share one id.
        """
        words = list(dict.fromkeys(word for sentence in corpus for word in sentence.split()))
        for word in words:
            if word in SPECIAL:
                raise ValueError(f"{shown(word)} is a special token; a word of the corpus must differ from it")
        return cls((*SPECIAL, *words))

    def __len__(self) -> int:
        return len(self.vocabulary)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def encode(self, text: str, unknown: Literal["refuse", "map"] = "refuse") -> list[int]:
        """text -> ids. An unknown word raises UnknownWord, or becomes `<unk>` where `unknown="map"`."""
        if unknown not in ("refuse", "map"):
            raise ValueError(f'unknown = {unknown!r}: must be "refuse" or "map"')
        ids = []
        for word in text.split():
            if word not in self._ids and unknown == "refuse":
                raise UnknownWord(word, self.nearest(word))
            ids.append(self._ids.get(word, self._ids["<unk>"]))
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """ids -> text, words joined by one space. ValueError for an id that the vocabulary lacks."""
        ids = list(ids)
        for i in ids:
            # A negative id would silently count from the end.
            if not 0 <= i < len(self):
                raise ValueError(f"id {i} is not in the vocabulary: ids run from 0 to {len(self) - 1}")
        return " ".join(self.vocabulary[i] for i in ids)

    def nearest(self, word: str, cutoff: float = 0.0) -> str | None:
        """The word of the corpus most similar to `word`, or None where none reaches `cutoff` (0 to 1)."""
        words = self.vocabulary[len(SPECIAL) :]
        # Similarity by letters would miss these: "ON" shares no letter with "on".
        for same in (_composed, _caseless):
            for candidate in words:
                if same(candidate) == same(word):
                    return candidate
        return next(iter(difflib.get_close_matches(word, words, n=1, cutoff=cutoff)), None)


def shown(text: str, longest: int = 60) -> str:
    """`text` in quotes on one line: shortened, and what does not show or would act on a terminal escaped."""
    if len(text) > longest:
        text = text[:longest] + "…"
    return '"' + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text) + '"'


def remedy(word: str, nearest: str | None) -> str:
    """What to do about a word that the vocabulary lacks."""
    if nearest is None:
        return "add it to text.corpus"
    if _composed(nearest) == _composed(word):
        return f"nearest: {shown(nearest)}, which looks the same but is made of other Unicode characters"
    return f"nearest: {shown(nearest)}; or add {shown(word)} to text.corpus"


def _composed(word: str) -> str:
    return unicodedata.normalize("NFC", word)


def _caseless(word: str) -> str:
    return _composed(word).casefold()
