"""What a template can say of words as tokens: what becomes of texts that differ in little, shown by encoding them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from calc import batches
from calc.tokenizer import SPECIAL, Tokenizer, UnknownWord
from render.words import inert, token

if TYPE_CHECKING:
    from render.page import Page

ACCENT = "\u0301"  # an acute accent that joins the letter before it
MOST_ROWS, MOST_WORDS, CUT = 64, 12, 3  # of the vocabulary, of a sentence in a table, of a row that is to be padded
SPACED = 2  # words that are set far apart


class Written(NamedTuple):
    """A text beside another that a reader takes for the same: what is different, both, and what they become."""

    what: str
    text: str
    became: str


class WordPage:
    """What templates call as cut_up.NAME."""

    def __init__(self, page: Page) -> None:
        self._page = page

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer that the step reads with."""
        return Tokenizer.from_corpus(self._page.config.text.corpus)

    @property
    def corpus(self) -> tuple[str, ...]:
        return self._page.config.text.corpus

    @property
    def words(self) -> list[str]:
        """The vocabulary's words, without the special tokens."""
        return list(self.tokenizer.vocabulary[len(SPECIAL) :])

    @property
    def most(self) -> int:
        """How many words a table of the vocabulary shows."""
        return MOST_ROWS

    def ids(self, text: str) -> str:
        """The ids of a text, one after another; unknown words are mapped."""
        return " ".join(map(str, self.tokenizer.encode(text, unknown="map")))

    def tokens(self, text: str) -> str:
        """The tokens that a text becomes, unknown words mapped; of many the first."""
        ids = self.tokenizer.encode(text, unknown="map")
        shown = [token(self.tokenizer.vocabulary[i]) for i in ids[:MOST_WORDS]]
        return " ".join([*shown, f"and {len(ids) - MOST_WORDS} more"] if len(ids) > MOST_WORDS else shown)

    def typed(self, text: str) -> str:
        """A text as somebody types it, which need be no word of the vocabulary."""
        return f'<code class="piece">{inert(text)}</code>'

    def back(self, text: str) -> bool:
        """Whether a text comes back from its ids, its white space as single spaces."""
        return self.tokenizer.decode(self.tokenizer.encode(text)) == " ".join(text.split())

    @cached_property
    def variants(self) -> list[Written]:
        """Texts that a reader takes for words of the corpus, and the tokens that they become."""
        found = []
        for what, made in (
            ("letter case", lambda w: w.lower() if w == w.capitalize() else w.capitalize()),
            ("a full stop", lambda w: f"{w}."),
            ("a comma", lambda w: f"{w},"),
        ):
            word = next((w for w in self.words if made(w) != w and made(w) not in self.tokenizer), None)
            if word is not None:
                found.append(Written(what, self.typed(made(word)), self.tokens(made(word))))
        return found

    @cached_property
    def spaces(self) -> Written:
        """The corpus's first sentence with more white space than it needs."""
        text = "  " + "   ".join(self.corpus[0].split()[:SPACED]) + " "
        shown = self.typed(text.replace(" ", "␣"))
        return Written("white space", shown, self.tokens(text))

    @cached_property
    def accents(self) -> tuple[str, str, bool]:
        """A sign of two Unicode spellings, each with its code points, and whether one is known where the other is."""
        one = unicodedata.normalize("NFC", "e" + ACCENT)
        two = unicodedata.normalize("NFD", one)
        return self._points(one), self._points(two), two in Tokenizer.from_corpus([one])

    @cached_property
    def unknown(self) -> str:
        """A word that the vocabulary lacks: one of its own, its last sign written more than once."""
        word = self.words[-1]
        while word in self.tokenizer:
            word += word[-1]
        return word

    @property
    def refused(self) -> str:
        """What the tokenizer says of the unknown word."""
        try:
            self.tokenizer.encode(self.unknown)
        except UnknownWord as error:
            return f"<code>{inert(str(error))}</code>"
        raise ValueError("the word is known")

    @cached_property
    def rows(self) -> list[batches.Row]:
        """The rows of the first batch that has padding. Where the corpus has none, a sentence and its beginning."""
        found = batches.rows(self._page.config)
        size = self._page.config.training.batch
        for start in range(0, len(found), size):
            some = found[start : start + size]
            if len({len(row.tokens) for row in some}) > 1:
                return some
        longest = max(found, key=lambda row: len(row.tokens))
        cut = min(CUT, max(1, len(longest.tokens) - 1))
        return [longest, batches.Row(longest.tokens[:cut], longest.targets[:cut])]

    @property
    def is_of_corpus(self) -> bool:
        """Whether these are rows as the training reads them."""
        return all(row in batches.rows(self._page.config) for row in self.rows)

    @cached_property
    def batch(self) -> batches.Batch:
        return batches.padded(self.rows, SPECIAL.index("<pad>"))

    @property
    def in_loss(self) -> list[list[bool]]:
        """Of each position of the batch, whether the loss counts it."""
        mask, lengths = self.batch.mask, [len(row.tokens) for row in self.rows]
        if mask is None:
            return [[True] * length for length in lengths]
        return [[bool(cell) for cell in row] for row in mask]

    def of(self, ids: Iterable[int]) -> list[str]:
        """Tokens by their ids."""
        return [token(self.tokenizer.vocabulary[int(i)]) for i in ids]

    def _points(self, text: str) -> str:
        return f"{self.typed(text)} ({' '.join(f'U+{ord(sign):04X}' for sign in text)})"
