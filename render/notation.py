"""The notation page: every symbol with its name, its shape, its meaning, where it comes first, and its other names.

Symbols, shapes and places are the ledger's and the site's; meanings and foreign names are those of one table,
templates/notation.toml.
"""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from calc import symbols
from calc.ledger import Entry
from render.order import in_nav

if TYPE_CHECKING:
    from render.pages import Site

TABLE = Path(__file__).resolve().parent.parent / "templates" / "notation.toml"
AXES: dict[str, tuple[str, str]] = {  # what runs along it, and what nanoGPT calls its length
    "V": ("words of the vocabulary", "`vocab_size`"),
    "P": ("rows of the position table", "`block_size`"),
    "T": ("positions of the sentence, where a position asks (as query)", "`T`"),
    "S": ("positions of the sentence, where a position answers (as key)", "`T`"),
    "D": ("features: the model's width", "`n_embd`, in its comments also `C`"),
    "H": ("heads", "`n_head`, in its comments also `nh`"),
    "K": ("channels of one head: its width", "`C // n_head`, in its comments also `hs`"),
    "C": ("channels of all heads, side by side", "`n_embd`"),
    "F": ("hidden units of the feed-forward layer", "`4 * n_embd`"),
}


class Row(NamedTuple):
    """A row of the table: the patterns of the entries that show their symbols, and of others that are read alike."""

    names: Sequence[str]
    meaning: str
    nanogpt: str = ""
    torch: str = ""
    also: Sequence[str] = ()


class Line(NamedTuple):
    """A row as the page shows it: entries with a symbol each, and the first page that shows one of the row's."""

    entries: list[Entry]
    meaning: str
    first: str
    elsewhere: str


class Notation:
    """The rows of the table, for one site."""

    def __init__(self, site: Site) -> None:
        self.site, self.ledger = site, site.ledger
        self.layer = site.config.worked.layer
        self._names = [entry.name for entry in site.ledger]

    @cached_property
    def sections(self) -> list[tuple[str, list[Line]]]:
        """Each section's heading and its lines; a row that this ledger has no entry for is left out."""
        made = [(heading, list(filter(None, map(self._line, rows)))) for heading, rows in table().items()]
        return [(heading, lines) for heading, lines in made if lines]

    @property
    def axes(self) -> dict[str, tuple[str, str]]:
        """For each axis what runs along it, and what nanoGPT calls its length."""
        return AXES

    def shape(self, line: Line) -> str:
        """The axes and lengths of a line's entries, each once."""
        times = "\u00a0×\u00a0"
        shapes = [(times.join(entry.axes), times.join(map(str, entry.shape))) for entry in line.entries]
        said = (f"{axes}\u00a0=\u00a0{lengths}" if axes else "a number" for axes, lengths in shapes)
        return ", ".join(dict.fromkeys(said))

    def name(self, entry: Entry) -> str:
        """The entry's name as code, which breaks at its dots if it has to."""
        return _breakable(f"`{entry.name}`")

    def symbol(self, entry: Entry) -> str:
        """The entry's symbol for a cell of a Markdown table, where a vertical bar would end the cell."""
        return entry.symbol.replace("|", r"\vert ").strip()

    def _line(self, row: Row) -> Line | None:
        shown = [entry for pattern in row.names if (entry := self._shown(pattern))]
        if not shown:
            return None
        names = [f"{where}: {name}" for where, name in (("nanoGPT", row.nanogpt), ("PyTorch", row.torch)) if name]
        elsewhere = "<br>".join(names).replace("{i}", str(self.layer))  # in foreign names, the layer's number
        once = {entry.symbol: entry for entry in reversed(shown)}  # of equal symbols the first
        return Line(list(once.values())[::-1], row.meaning, self._first(row), _breakable(elsewhere))

    def _shown(self, pattern: str) -> Entry | None:
        """The entry that stands for a pattern: the worked layer's, where layers have one each."""
        found = [self.ledger[name] for name in fnmatch.filter(self._names, pattern)]
        own = [entry for entry in found if f"layers.{self.layer}." in entry.name]
        return next(iter(own or found), None)

    def _first(self, row: Row) -> str:
        """The first page in the nav's order that shows an entry of the row, as a link; empty where none does."""
        names = [name for pattern in (*row.names, *row.also) for name in fnmatch.filter(self._names, pattern)]
        for path in in_nav():
            visit = self.site.walk.get(path)
            seen = [name for name in names if visit and name in visit.shown]
            if visit and seen:
                anchored = [name for name in seen if name in visit.anchored]
                return f"[{visit.title}]({path}{f'#{anchored[0]}' if anchored else ''})"
        return ""


WHOLE = 38  # characters of a name that a wide page holds on one line


def _breakable(words: str) -> str:
    """The words, with a place to break behind each dot or opening bracket of a name that is set as code. Names of
    class `path` break on wide pages too: the very long ones and calls."""

    def code(match: re.Match[str]) -> str:
        name = match[1]
        kind = ' class="path"' if len(name) > WHOLE or "(" in name else ""
        return f"<code{kind}>" + re.sub("[.(]", r"\g<0><wbr>", name) + "</code>"

    return re.sub(r"`(\w[\w.]*(?:\(\w+=\w+\))?)`", code, words)


@cache
def table() -> dict[str, list[Row]]:
    """The table's rows under their headings, in order. Raises TypeError where a row has a key that no row has."""
    sections = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {heading: [Row(**row) for row in rows] for heading, rows in sections.items()}


def patterns() -> Iterator[str]:
    """Every pattern of the table."""
    for rows in table().values():
        for row in rows:
            yield from (*row.names, *row.also)


def composed(entry: Entry) -> bool:
    """Whether the entry has no letter of its own: its symbol is the formula of its operation on its operands'."""
    try:
        return symbols.expression(entry.op, [o.symbol for o in entry.operands], entry.attrs) == entry.symbol
    except (ValueError, IndexError):
        return False
