"""A sentence that grows: for each new word the likeliest ones as bars, and the one that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from render.figures.kit import Pen, shown_of

if TYPE_CHECKING:
    from render.page import Page

MOST, LIKELIEST = 7, 3  # passes in the picture, and words of each
BLOCK, ROW = 62, 16
NAMES, BARS, FULL = 108.0, 174.0, 126.0


class Growing(Pen):
    """Other runs than the walk's step do not follow what a reader changes, so nothing here is traced."""

    def growing(self, run: Page) -> str:
        """From top to bottom the last words that are read, beside each the likeliest next ones."""
        order, probs, tables = run.e("writing.order"), run.e("writing.probs"), run.tables
        passes = min(len(order.value), MOST)
        d = self.sketch(BLOCK * passes - 8)
        for i in range(passes):
            top = BLOCK * i
            d.word(0, top + 12, tables.tokens[tables.first + i], "strong")
            d.line((62, top + 8), (100, top + 8), "thin", arrow=True)
            for rank in range(LIKELIEST):
                word, y = int(order.value[i, rank]), top + ROW * rank
                length = FULL * float(probs.value[i, word])
                d.word(NAMES, y + 12, tables.words[word], "small" if rank else "strong")
                if length >= 0.1:
                    d.box(BARS, y + 2, length, 11, "muted" if rank else "value", radius=0)
                d.number(358, y + 12, probs, (i, word), "small", "end", run)
            if i + 1 < passes:
                d.line((NAMES - 4, top + 20), (40, top + BLOCK - 2), "value dashed", arrow=True)
        chosen = [f"“{self.told(tables.words[int(number)])}”" for number in order.value[:passes, 0]]
        return d.done(
            "From top to bottom, the last word that is read, and bars for the likeliest next ones. The chosen words "
            f"are, one after the other, {self.page.series(chosen)}.",
            "On the left the last word that each pass reads, beside it the likeliest next words. The first of them is "
            "chosen, and the next pass reads it." + shown_of(passes, len(order.value), "passes"),
        )
