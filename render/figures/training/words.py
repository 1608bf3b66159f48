"""What the run over the corpus did to words and to attention, in pictures: moves in a plane, and how many words each
query looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from render.figures.drawing import Point, Scale
from render.figures.kit import Pen, Sketch, shown_of, shown_of_both, some
from render.figures.recorded import LONGEST_WORD, cut

if TYPE_CHECKING:
    from render.page import Page

MOST_WORDS, MOST_ROWS, MOST_HEADS = 12, 12, 4
SIDE, MARGIN, LETTER, LINE = 360.0, 40.0, 6.6, 14.0
ROW, HEAD = 22, 26
Box = tuple[float, float, float, float]


class Words(Pen):
    """Other runs than the walk's step do not follow what a reader changes, so nothing here is traced."""

    def plane(self, run: Page, read: Sequence[int]) -> str:
        """The token vectors of the words that are read, before and after, in the plane in which they are spread the
        most: a line each."""
        before, after = (run.e(f"plane.{name}").value for name in ("before", "after"))
        far = sorted(read, key=lambda word: (-float(run.e("token_embedding.length").value[word].round(9)), word))
        words = sorted(far[:MOST_WORDS])
        points = np.concatenate([before[words], after[words]])
        low, high = points.min(axis=0), points.max(axis=0)
        span = float((high - low).max()) or 1.0
        scale = (SIDE - 2 * MARGIN) / span
        tall = float(high[1] - low[1]) * scale + 2 * MARGIN
        d = self.sketch(tall)

        def at(place: Sequence[float]) -> Point:
            return MARGIN + (place[0] - low[0]) * scale, tall - MARGIN - (place[1] - low[1]) * scale

        moves = [(at(before[word]), at(after[word])) for word in words]
        taken = [(x - 5, y - 5, x + 5, y + 5) for pair in moves for x, y in pair]
        for start, end in moves:
            d.line(start, end, "update")
            d.dot(*start, "muted ring", 3)
        for word, (_, end) in zip(words, moves, strict=True):
            d.dot(*end, "update", 3.5)
            self._beside_dot(d, run.tables.words[word], end, taken, tall)
        names = [f"“{self.told(run.tables.words[word])}”" for word in words]
        return d.done(
            f"Lines from where the vectors of {run.series(names)} were to where they are after the run, in a plane.",
            "Of all flat views of the features, this is the one in which these points are spread the most. Circles: "
            "before the run. Dots: after it. A flat view only shortens distances: what is close here may be apart."
            + shown_of(len(words), len(read), "words, those that moved the farthest"),
        )

    def reaches(self, run: Page, layer: int) -> str:
        """How many words each query looks at, before and after the run: a line for each head and position."""
        before, after = (run.e(f"patterns.layers.{layer}.{name}.reach").value for name in ("before", "after"))
        heads, rows = some(before.shape[0], MOST_HEADS, run.at["H"]), some(before.shape[1], MOST_ROWS, run.at["T"])
        d = self.sketch(HEAD + ROW * len(rows) + 30)
        width = (SIDE - 66) / len(heads)
        for row, t in enumerate(rows):
            d.word(0, HEAD + ROW * row + 15, run.tables.tokens[t], "small")
        bottom = HEAD + ROW * len(rows) + 2
        for k, h in enumerate(heads):
            x = Scale(1, max(2, before.shape[1]), 74 + k * width, 56 + (k + 1) * width)
            d.text((x.start + x.end) / 2, 12, f"head {h}", "small", "middle")
            d.line((x.start - 6, bottom), (x.end + 4, bottom), "thin")
            for n in sorted({1, before.shape[1]}):
                d.line((x(n), bottom - 3), (x(n), bottom + 3), "thin")
                d.text(x(n), bottom + 16, str(n), "small", "middle")
            for row, t in enumerate(rows):
                y = HEAD + ROW * row + 11
                start, end = x(float(before[h, t])), x(float(after[h, t]))
                d.line((x.start - 6, y), (x.end + 4, y), "faint")
                if abs(end - start) > 1:
                    d.line((start, y), (end, y), "update")
                d.dot(start, y, "muted ring", 3)
                d.dot(end, y, "update", 3)
        return d.done(
            "For each head and position a line from how many words its query looks at before the run to how many it "
            f"looks at after it. {self._narrower(run, layer)}",
            f"{self.of_layer()}How many words each query looks at. Circles: before the run. Dots: after it."
            + shown_of_both((len(heads), before.shape[0], "heads"), (len(rows), before.shape[1], "positions")),
        )

    def _narrower(self, run: Page, layer: int) -> str:
        before, after = (run.e(f"patterns.layers.{layer}.{name}.reach").value for name in ("before", "after"))
        fewer = int((after < before - 1e-9).sum())
        return f"At {fewer} of {before.size} places it is fewer after it."

    def _beside_dot(self, d: Sketch, word: str, at: Point, taken: list[Box], tall: float) -> None:
        """The word beside its dot, where nothing else stands."""
        wide, (x, y) = LETTER * len(cut(word, LONGEST_WORD)), at
        tries = [
            (x + dx, y + dy, anchor)
            for far in (0, 9, 18, 27)
            for dx, dy, anchor in (
                (8, 4, "start"), (-8, 4, "end"), (0, -9 - far, "middle"), (0, 18 + far, "middle"),
                (7 + far, -7 - far, "start"), (7 + far, 15 + far, "start"),
                (-7 - far, -7 - far, "end"), (-7 - far, 15 + far, "end"),
            )
        ]  # fmt: skip
        found = [(place, _box(*place, wide)) for place in tries]
        inside = [f for f in found if f[1][0] >= 0 and f[1][2] <= SIDE and f[1][1] >= 0 and f[1][3] <= tall]
        free = [f for f in inside if not any(_meet(f[1], other) for other in taken)]
        (left, base, anchor), box = (free or inside or found)[0]
        taken.append(box)
        d.word(left, base, word, "strong", anchor)


def _box(x: float, y: float, anchor: str, wide: float) -> Box:
    left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * wide
    return left, y - LINE + 3, left + wide, y + 3


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
