"""Entries as `matrix` fences: labels, digits, and a corner in place of a matrix that is too large for a page."""

from __future__ import annotations

import itertools
import math

from calc.config import Config
from calc.ledger import Entry
from calc.tokenizer import Tokenizer
from render.digits import Digits

CORNER = 12  # rows and columns of a shortened matrix
SMALL_CORNER = 4  # of one that stands whole elsewhere
MEANING = {
    "V": "vocabulary", "P": "position table", "T": "position", "S": "key position", "D": "feature", "H": "head",
    "K": "channel", "C": "channel", "F": "hidden unit", "S'": "key position", "D'": "feature",
    "V'": "vocabulary", "C'": "channel",
}  # fmt: skip


class Tables:
    """The fences of a ledger's entries, or of the `run` that the ledger is of. Tables with more cells than `most` show
    a corner."""

    def __init__(
        self, digits: Digits, config: Config, most: int | None = None, corner: int = CORNER, run: str = ""
    ) -> None:
        self.run, largest = run, config.display.largest_table
        self.digits, self.largest, self.corner = digits, min(most or largest, largest), corner
        self.words = Tokenizer.from_corpus(config.text.corpus).vocabulary
        self.tokens = config.text.sentence.split()
        self.first = 0  # the position of the first row along T

    def label(self, axis: str, index: int) -> str:
        """`2·sat` on the axes of positions and words, the bare index on the others."""
        if axis in ("T", "S", "S'"):
            position = index + self.first * (axis == "T")
            return f"{position}·{self.tokens[position]}"
        return f"{index}·{self.words[index]}" if axis in ("V", "V'") else str(index)

    def fences(self, entry: Entry, most: int | None = None) -> list[str]:
        """A fence for each pair of the last two axes: one for a matrix or a vector, one a head for scores[H T S]. Or
        the first few of them."""
        leading = itertools.product(*[range(n) for n in entry.shape[: len(entry.axes[:-2])]])
        return [self._fence(entry, at) for at in itertools.islice(leading, most)]

    def several(self, entry: Entry) -> int:
        """How many tables an entry with axes has."""
        return math.prod(entry.shape[:-2])

    def shortened(self, entry: Entry) -> bool:
        """Whether the entry's tables show a corner only."""
        rows, columns = entry.shape[-2:] if len(entry.shape) > 1 else (1, *entry.shape)
        return rows * columns > self.largest

    def _fence(self, entry: Entry, at: tuple[int, ...]) -> str:
        vector = len(entry.axes) == 1
        column_axis = entry.axes[-1]
        row_axis = "" if vector else entry.axes[-2]
        n_rows, n_columns = (1, entry.shape[0]) if vector else entry.shape[-2:]
        short = self.shortened(entry)
        rows, columns = (min(n, self.corner) if short else n for n in (n_rows, n_columns))
        index = [*map(str, at), *[":"] * min(len(entry.axes), 2)]
        head = [entry.name, ",".join(index), f"role={role(entry)}"]
        head += [f"ledger={self.run}"] if self.run else []
        head += ["shortened"] if short else []
        gap_below, gap_right = rows < n_rows, columns < n_columns
        lines = [[f"{row_axis}\\{column_axis}", *[self.label(column_axis, j) for j in range(columns)]]]
        for i in range(rows):
            cells = [self.digits.text(entry, (*at, j) if vector else (*at, i, j)) for j in range(columns)]
            lines.append(["·" if vector else self.label(row_axis, i), *cells])
        if gap_right:
            lines = [[*line, "…"] for line in lines]
        if gap_below:
            lines.append(["…"] * len(lines[0]))
        return "\n".join(["~~~matrix", " ".join(head), *_aligned(lines), "~~~"])


def role(entry: Entry) -> str:
    """What kind of number a table holds, which decides its colour."""
    if entry.op in ("causal_mask", "one_hot", "identity"):
        return "mask"
    if entry.stage.startswith(("backward", "unfolded", "blame")) or entry.name.startswith("grad."):
        return "gradient"
    return "update" if entry.stage.startswith(("adamw", "after", "account")) else "value"


def _aligned(lines: list[list[str]]) -> list[str]:
    """Columns set right-aligned under each other, the first one left: the page's Markdown reads as a table."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            text.ljust(w) if i == 0 else text.rjust(w) for i, (text, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
