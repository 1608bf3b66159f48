"""Choosing in pictures: the same logits at three temperatures, and a number that falls on one of the words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from render.figures.drawing import Scale
from render.figures.kit import Pen, Sketch, shown_of

if TYPE_CHECKING:
    from render.page import Page

MOST, ROW, TRACK = 8, 22, 38  # words in rows, and the length of the longest bar
LEFT, RIGHT, BLOCK, BAR = 4.0, 356.0, 56, 24
WORDED = 52  # units that a piece needs to hold its word


class Drawn(Pen):
    """Other runs than the walk's step do not follow what a reader changes, so nothing here is traced."""

    def three_shares(self, run: Page, ways: Mapping[str, str]) -> str:
        """A row for each of the likeliest words, a bar for each temperature."""
        order = run.e("one.sampling.order")
        every = {way: run.e(f"{way}.sampling.ranked") for way in ways}
        most = max(float(ranked.value[0]) for ranked in every.values())
        rows = min(MOST, order.value.size)
        d, columns = self.sketch(ROW * rows + 22), Scale(0, 3, 60, 372)
        for k, words in enumerate(ways.values()):
            d.text(columns(k), 12, words, "small")
        for rank in range(rows):
            y = 22 + ROW * rank
            d.word(0, y + 13, run.tables.words[int(order.value[rank])])
            for k, ranked in enumerate(every.values()):
                length = TRACK * float(ranked.value[rank]) / most
                if length >= 0.1:
                    d.box(columns(k), y + 3, length, 12, "value", radius=0)
                d.number(columns(k) + TRACK + 3, y + 13, ranked, (rank,), "small", "start", run)
        return d.done(
            "A row for each word, the likeliest first, and bars at three temperatures. The warmer, the longer are the "
            "lower bars.",
            "The probabilities that the same logits have at three temperatures, all bars on one scale."
            + shown_of(rows, order.value.size, "words of the vocabulary"),
        )

    def draws(self, run: Page, ways: Mapping[str, str]) -> str:
        """For each way a line from 0 to 1, cut into the words' probabilities; the number drawn crosses all."""
        x, height = Scale(0.0, 1.0, LEFT, RIGHT), BLOCK * len(ways)
        d, u = self.sketch(height + 26), run.e("one.sampling.draw.u")
        at = x(float(u.value))
        for row, (way, words) in enumerate(ways.items()):
            d.text(LEFT, BLOCK * row + 14, words, "small")
            self._pieces(d, run, way, BLOCK * row, x, at)
        d.line((at, 16), (at, height + 4), "update")
        d.text(at - 3, height + 20, "u =", "small update", "end")
        d.number(at, height + 20, u, (), "small update", "start", run)
        return d.done(
            f"{self.page.spelled(len(ways)).capitalize()} lines from nothing to one, each cut into the words' "
            "probabilities. One upright line crosses them all, where the number drawn is.",
            "The probabilities end to end, the likeliest word first. The number drawn is the same on every line, and "
            "the piece that it falls on is chosen. A piece that is too short for its word has none.",
        )

    def _pieces(self, d: Sketch, run: Page, way: str, top: float, x: Scale, at: float) -> None:
        order, left = run.e(f"{way}.sampling.order").value, 0.0
        for rank, right in enumerate(run.e(f"{way}.sampling.draw.cumulative").value.tolist()):
            start, end = x(left), x(min(right, 1.0))
            if end - start >= 0.1:
                d.box(start, top + 20, end - start, BAR, "p1" if rank % 2 else "p3", radius=0)
            if end - start >= WORDED:  # the word beside the upright line, where that would cross it
                middle = (start + end) / 2
                if abs(middle - at) < WORDED / 2:
                    middle = (start + at) / 2 if at - start > end - at else (at + end) / 2
                d.word(middle, top + 16 + BAR, run.tables.words[int(order[rank])], "", "middle")
            left = right
