"""Ledger entries in a terminal: what each is, how it was made, its numbers as aligned, labelled matrices.

A matrix wider than the terminal is cut into blocks of whole columns; into a pipe or a file it is written at
its full width. No digit is ever cut off.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, NoReturn, Protocol

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from calc import check, witness
    from calc.config import Config
    from calc.ledger import Entry, Ledger

UNBOUNDED = 1_000_000  # columns of a pipe or a file
GAP = "…"
BETWEEN = "  "


class Digits(Protocol):
    """What turns a value into text: render.digits.Digits."""

    def text(self, entry: Entry, index: tuple[int, ...]) -> str: ...


class _Console(Console):
    """A console that leaves a closed pipe to its caller instead of ending the program by itself."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


def console(file: IO[str] | None = None, wide: bool = False) -> Console:
    """A console that prints text as it stands: no markup, no emoji codes, no guessed colours.

    Respects NO_COLOR. `wide` leaves long lines to the terminal, also where `file` is one.
    """
    file = file or sys.stdout
    width = None if file.isatty() and not wide else UNBOUNDED
    return _Console(file=file, width=width, markup=False, emoji=False, highlight=False)


def words(ledger: Ledger, config: Config) -> dict[str, tuple[str, ...]]:
    """The words that label an axis: the sentence's for positions, the vocabulary's for V."""
    from calc.tokenizer import Tokenizer

    sentence = tuple(config.text.sentence.split())
    vocabulary = Tokenizer.from_corpus(config.text.corpus).vocabulary
    named = {"T": sentence, "S": sentence, "S'": sentence, "V": vocabulary, "V'": vocabulary}
    return {letter: tuple(map(inert, named[letter])) for letter in named if letter in ledger.sizes}


def inert(text: str) -> str:
    """Text that only shows: a character that would act on the terminal is written as its escape."""
    # The joiners that hold letters and emoji together are not "printable", and do no harm.
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else ascii(c)[1:-1] for c in text)


class Printer:
    """Prints entries of one ledger."""

    def __init__(self, out: Console, ledger: Ledger, config: Config, digits: Digits) -> None:
        self.out, self.digits = out, digits
        self.words = words(ledger, config)
        self.largest = config.display.largest_table

    def stages(self, entries: Iterable[Entry]) -> None:
        """Prints entries, with a heading where a stage begins."""
        for stage, group in itertools.groupby(entries, key=lambda entry: entry.stage):
            self.out.print(Text(f"━━ {stage} ━━", style="bold magenta"), end="\n\n", soft_wrap=True)
            for entry in group:
                self.entry(entry)

    def entry(self, entry: Entry) -> None:
        """Prints one entry: a line that says what it is, then its numbers. A scalar stands in that line."""
        line = Text(entry.name, style="bold cyan")
        if entry.axes:
            sizes = " × ".join(map(str, entry.shape))
            line.append(f"  [{' '.join(entry.axes)}]  {sizes}", style="not bold default")
        else:
            line.append(f"  {self.digits.text(entry, ())}", style="bold default")
        line.append(f"  {formula(entry)}", style="not bold default")
        line.append(f"  {entry.source[0]}:{entry.source[1]}", style="not bold dim")
        self.out.print(line, soft_wrap=True)
        for lead in itertools.product(*(range(n) for n in entry.shape[:-2])):
            if lead:
                at = ", ".join(f"{letter} = {i}" for letter, i in zip(entry.axes, lead, strict=False))
                self.out.print(Text(at, style="italic"), soft_wrap=True)
            if entry.axes:
                self._matrix(entry, lead)
        self.out.print()

    def _matrix(self, entry: Entry, lead: tuple[int, ...]) -> None:
        """Prints the matrix at the leading indices `lead`, or a vector as one row."""
        axes, shape = entry.axes[len(lead) :], entry.shape[len(lead) :]
        rows = shape[0] if len(shape) == 2 else 1
        kept_rows, kept_columns = shortened(rows, shape[-1], self.largest)
        labels = [self._label(axes[0], i) if len(axes) == 2 else "" for i in kept_rows]
        columns = []
        for j in kept_columns:
            cells = [self._cell(entry, lead, (i, j) if len(axes) == 2 else (j,)) for i in kept_rows]
            columns.append([self._label(axes[-1], j), *cells])
        corner = "\\".join(axes) if len(axes) == 2 else f"\\{axes[0]}"
        stub = [corner, *labels]
        self.out.print(matrix(stub, columns, self.out.width), end="", soft_wrap=True)

    def _label(self, letter: str, index: int | None) -> str:
        if index is None:
            return GAP
        named = self.words.get(letter)
        return f"{index}·{named[index]}" if named else str(index)

    def _cell(self, entry: Entry, lead: tuple[int, ...], index: Sequence[int | None]) -> str:
        found = [i for i in index if i is not None]
        return self.digits.text(entry, (*lead, *found)) if len(found) == len(index) else GAP


def formula(entry: Entry) -> str:
    """How the entry was made, in names: `dot(layers.0.attention.q_heads, layers.0.attention.k_heads)`."""
    if entry.op == "given":
        return "parameter" if entry.attrs.get("parameter") else "given"
    parts = [operand.name for operand in entry.operands]
    if "constant" in entry.attrs:
        parts.append(f"{entry.attrs['constant']:.15g}")
    at: Mapping[str, Any] = entry.attrs.get("at", {})
    parts += [f"{letter} = {i}" for letter, i in at.items()]
    return f"{entry.op}({', '.join(parts)})"


def shortened(rows: int, columns: int, largest: int) -> tuple[list[int | None], list[int | None]]:
    """The rows and columns that are shown: all, or the corners with None for the gap between them."""
    if rows * columns <= largest:
        return list(range(rows)), list(range(columns))
    side = math.isqrt(largest)
    most_rows = min(rows, side if columns > side else largest // columns)
    most_columns = min(columns, largest // most_rows)
    return _corners(rows, most_rows), _corners(columns, most_columns)


def _corners(n: int, most: int) -> list[int | None]:
    if n <= most:
        return list(range(n))
    tail = most // 2
    return [*range(most - tail), None, *range(n - tail, n)]


def blocks(widths: Sequence[int], room: int) -> Iterable[range]:
    """Columns of these widths in runs that fit into `room`, at least one column each."""
    start, left = 0, room
    for j, width in enumerate(widths):
        if j > start and width + len(BETWEEN) > left:
            yield range(start, j)
            start, left = j, room
        left -= width + len(BETWEEN)
    yield range(start, len(widths))


def matrix(stub: list[str], columns: list[list[str]], width: int) -> Text:
    """Lines of aligned text: `stub` holds the corner and the row labels, each column its label and cells.

    Aligned here and not by rich.table, which takes ten times as long for a whole step.
    """
    side = max(map(cell_len, stub))
    widths = [max(map(cell_len, column)) for column in columns]
    text = Text()
    for block in blocks(widths, width - side):
        for i, label in enumerate(stub):
            cells = [" " * (widths[j] - cell_len(columns[j][i])) + columns[j][i] for j in block]
            text.append(label + " " * (side - cell_len(label)), style="dim")
            text.append(BETWEEN + BETWEEN.join(cells) + "\n", style="" if i else "dim")
    return text


def listing(entries: Iterable[Entry]) -> Table:
    """The entries as a table of names, axes, shapes and formulas."""
    table = headed("stage", "name", "axes", "shape", "made by")
    for entry in entries:
        shape = " × ".join(map(str, entry.shape)) or "scalar"
        table.add_row(entry.stage, entry.name, " ".join(entry.axes), shape, formula(entry))
    return table


def checked(rows: Sequence[check.Row], witnessed: Mapping[str, witness.Row]) -> Table:
    """The gradient check as a table: a row for each parameter, and a last one for all.

    `witnessed` holds the complex step's rows by the names of the gradients; one that is not a parameter's has a row
    only where it disagrees.
    """
    numbers = ("cells moved", "largest gradient", "off from central differences", "off from the complex step")
    table = headed("parameter", "shape", *numbers, "", right=numbers)
    for row in rows:
        second = witnessed[f"grad.{row.name}"]
        holds = row.holds and second.holds
        table.add_row(
            row.name,
            " × ".join(map(str, row.shape)),
            f"{row.cells:,} of {math.prod(row.shape):,}",
            f"{row.largest:.1e}",
            f"{row.error:.1e}",
            f"{second.error:.1e}",
            "agrees" if holds else "DISAGREES",
            style="" if holds else "bold red",
        )
    parameters = {f"grad.{row.name}" for row in rows}
    for name, other in witnessed.items():
        if name not in parameters and not other.holds:
            shape = " × ".join(map(str, other.shape))
            table.add_row(
                name, shape, "", f"{other.largest:.1e}", "", f"{other.error:.1e}", "DISAGREES", style="bold red"
            )
    cells, of = sum(row.cells for row in rows), sum(math.prod(row.shape) for row in rows)
    ours = [witnessed[name] for name in witnessed if name in parameters]
    table.add_row(
        f"{len(rows)} parameters",
        "",
        f"{cells:,} of {of:,}",
        f"{max(row.largest for row in rows):.1e}",
        f"{_worst(row.error for row in rows):.1e}",
        f"{_worst(row.error for row in ours):.1e}",
        style="bold",
    )
    between = [witnessed[name] for name in witnessed if name not in parameters]
    if between:
        table.add_row(
            f"{len(between)} gradients between them and the loss",
            "",
            "",
            f"{max(row.largest for row in between):.1e}",
            "",
            f"{_worst(row.error for row in between):.1e}",
            style="bold",
        )
    return table


def closing(witness: str, asked: str, wrong: Sequence[str], bound: str) -> Text:
    """The last line of a check by one witness: what it was asked about, and its answer."""
    if wrong:
        return Text(f"{witness}: {asked}: {len(wrong)} DISAGREE: {', '.join(wrong)}", style="bold red")
    return Text(f"{witness}: {asked}: all agree within {bound}", style="bold")


def _worst(errors: Iterable[float]) -> float:
    """The largest error; one that is no number counts as the worst."""
    return max(errors, key=lambda error: math.inf if math.isnan(error) else error)


def headed(*headings: str, right: Sequence[str] = ()) -> Table:
    """A table without lines; the columns under `right` end flush."""
    table = Table(box=None, pad_edge=False, padding=(0, len(BETWEEN), 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(heading, no_wrap=True, justify="right" if heading in right else "left")
    return table
