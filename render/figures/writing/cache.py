"""The KV cache in a picture: which positions each pass computes, without it and with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from render.figures.drawing import Scale
from render.figures.kit import Pen, shown_of_both

if TYPE_CHECKING:
    from render.page import Page

MOST, WIDTH, TOP = 12, 150.0, 40.0  # passes and positions in the picture; units of one side
LARGEST = 22.0


class Kept(Pen):
    """What is drawn follows from how many words are read, and from no number of the ledger."""

    def passes(self, run: Page, begun: int, number: int) -> str:
        """Two triangles: a row for each of `number` passes, the first of which reads `begun` words, and a square for
        each position that it reads, filled where the pass computes it."""
        read = begun + number - 1
        columns, rows = min(read, MOST), min(number, MOST)
        side = min(LARGEST, WIDTH / columns)
        d = self.sketch(TOP + side * rows + 8)
        words = run.tables.tokens[read - columns :]
        for start, title in ((0.0, "without the cache"), (190.0, "with it")):
            x = Scale(0, columns, start, start + side * columns)
            d.text(start, 12, title, "small strong")
            computed, reused = list[tuple[float, float, float]](), list[tuple[float, float, float]]()
            for row in range(rows):
                first, last = begun + number - rows + row - 1, begun + number - rows + row
                for position in range(read - columns, last):
                    place = x(position - (read - columns) + 0.5), TOP + side * (row + 0.5), side - 3
                    old = start > 0 and position < first and (row or rows < number)
                    (reused if old else computed).append(place)
            for px, py, size in reused:
                d.box(px - size / 2, py - size / 2, size, size, "none", radius=0)
            d.squares(computed, "value")
            d.word(x(0), 30, words[0], "small faint")
            if columns > 3:
                d.word(x(columns), 30, words[-1], "small faint", "end")
        return d.done(
            "Two triangles of squares, a row for each pass and a square for each position that it reads. Without the "
            "cache every square is filled. With it only the first row and the last square of each later row are.",
            "A row is a pass, a square a position that it reads. Filled: keys and values are computed. Empty: they "
            "were kept." + shown_of_both((columns, read, "positions"), (rows, number, "passes")),
        )
