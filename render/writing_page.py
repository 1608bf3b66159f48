"""What a template can say of what the trained model writes: the words, and the beginnings that leave it uncertain."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from calc import batches, floor, uncertain
from calc.floor import Fork
from calc.generation import EOS, Written
from calc.tokenizer import Tokenizer
from calc.transcript import Transcript

if TYPE_CHECKING:
    from render.page import Page


class WritingPage:
    """What templates call as writes.words, writes.said(...) and so on."""

    def __init__(self, page: Page) -> None:
        self._page = page

    @property
    def transcript(self) -> Transcript:
        return self._page.site.others.writing.transcript

    @property
    def words(self) -> list[Written]:
        """The new words, in order, each with the ids that were read for it."""
        return self.transcript.words

    @property
    def whole(self) -> tuple[int, ...]:
        """The ids of the prompt and all that was written behind it."""
        return (*self.words[-1].read, self.words[-1].choice.token)

    @property
    def shortened(self) -> bool:
        """Whether the words ended because a page waits for no more of them."""
        return self.words[-1].ends == "tokens" and self.transcript.most < self._page.config.generation.tokens

    def said(self, ids: Iterable[int]) -> str:
        """Words one after the other."""
        return " ".join(self._page.word(number) for number in ids)

    @property
    def known(self) -> bool:
        """Whether all of it, the end too, is a sentence of the corpus."""
        return self.whole in self._corpus

    @cached_property
    def _corpus(self) -> list[tuple[int, ...]]:
        """The sentences, each with its end."""
        tokenizer = Tokenizer.from_corpus(self._page.config.text.corpus)
        return [(*tokenizer.encode(sentence), EOS) for sentence in self._page.config.text.corpus]

    @property
    def model(self) -> str:
        """The trained model, or the untrained one where the training led nowhere."""
        return "trained model" if self.trained else "untrained model"

    @property
    def trained(self) -> bool:
        return self._page.site.others.writing.trained

    # --- where the model is uncertain ---

    @property
    def beginnings(self) -> list[tuple[int, ...]]:
        """The ids of the beginnings of the corpus, the most uncertain first, as many as are listed."""
        return list(self._page.site.others.writing.beginnings)[: uncertain.LISTED]

    @cached_property
    def fork(self) -> Fork | None:
        """How the corpus goes on after the most uncertain beginning, where it does so in several ways."""
        found = floor.forks(batches.rows(self._page.config))
        return next((fork for fork in found if fork.words == self.beginnings[0]), None)

    @property
    def seeds(self) -> list[int]:
        """Of the sentences that are sampled."""
        return uncertain.seeds(self._page.config)

    @cached_property
    def sentences(self) -> dict[str, list[tuple[int, ...]]]:
        """For each way of choosing, the ids written after the most uncertain beginning, one a seed."""
        site = self._page.site
        return uncertain.sentences(site.config, site.others.writing.weights, self.beginnings[0])

    def strayed(self, way: str) -> int:
        """How many of these are no part of a sentence of the corpus, as far as they go."""
        texts = [(*self.beginnings[0], *ids) for ids in self.sentences[way]]
        return sum(all(text != sentence[: len(text)] for sentence in self._corpus) for text in texts)
