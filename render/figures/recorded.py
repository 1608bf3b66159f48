"""What a page's pictures are made of: for a browser that draws them again of other numbers.

While a picture is drawn, a traced number is written as a mark; when the picture is done, the marks become the built
coordinates and words, and what they were made of is kept:

    {"made": [0.5, "loss", ["at", 1, 0], ...],        constants, names and operations on those before, by their numbers
     "shapes": [...], "words": [...], "label": [...], decisions, true of the built numbers, by their numbers
     "set": [[element, "x", 17], [element, "d", "M", 17, " ", 18, ...], ...],
     "tiles": [{"of": "w_out", "size": [w, h], "cells": [[4, x, y], ...], "paths": {"p3": element}}, ...]}

An element is told by its place in the picture, the svg itself being number 0; `""` in an attribute's place is the
element's text. In `set`, and in front of a tile's place, a number stands for what is made, anything else for itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

from calc.ledger import Entry
from render.figures.traced import How, Traced, Word, plain

OPEN, CLOSE = "\ufdd0", "\ufdd1"  # around a mark's number: no characters, so that no word can hold them
_MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")
_PART = re.compile(r"</[a-z]+>|<([a-z]+)([^<>]*)>|([^<>]+)")
_PICTURE = re.compile(r'<figure class="picture[^"]*">(<svg.*?</svg>)')
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
Place = Sequence[float]  # the index of a cell, perhaps one that follows other cells
LONGEST_WORD = 8  # letters of a word in a picture


class Mark(NamedTuple):
    """What stands in a drawing for something made of the step's numbers: how, and as what it was built."""

    how: How
    text: str


class Recorder:
    """What the pictures of one page are made of, in the order in which they are done."""

    def __init__(self) -> None:
        self.pictures: list[tuple[str, dict[str, Any]]] = []  # each as the page holds it, and its record
        self._level = "shapes"
        self._begin()

    def _begin(self) -> None:
        self._marks: list[Mark] = []
        self._decisions: dict[str, dict[int, None]] = {"shapes": {}, "words": {}, "label": {}}
        self._tiles: list[dict[str, Any]] = []
        self._made: list[Any] = []
        self._numbers: dict[Any, int] = {}
        self._known: dict[int, tuple[Traced, int]] = {}  # by their ids, and kept while these are looked up

    # --- while a picture is drawn ---

    def value(self, entry: Entry, index: Place = ()) -> Traced:
        """A cell of the ledger."""
        flat = place(entry, index)
        how = ("at", entry.name, flat)
        return Traced(cell(entry, index), how, self)

    def leaf(self, value: float, *how: Any) -> Traced:
        """A number that the browser finds in its own way, told by `how`."""
        return Traced(value, how, self)

    def decided(self, how: How) -> None:
        """Note a decision by the built numbers."""
        self._decisions[self._level][self._number(how)] = None

    def spoken(self) -> AbstractContextManager[None]:
        """What is decided inside decides the text alternative alone."""
        return self._deciding("label")

    def written(self) -> AbstractContextManager[None]:
        """What is decided inside decides words of the picture or of its caption alone."""
        return self._deciding("words")

    @contextmanager
    def _deciding(self, level: str) -> Iterator[None]:
        self._level = level
        yield
        self._level = "shapes"

    def mark(self, text: str, *how: Any) -> str:
        """What stands in the drawing until it is done."""
        self._marks.append(Mark(how, text))
        return f"{OPEN}{len(self._marks) - 1}{CLOSE}"

    def word(self, word: str, longest: int = 0) -> str:
        """A word, cut short where it may not be longer."""
        shown = cut(word, longest) if longest else word
        if not isinstance(word, Word):
            return shown
        return self.mark(shown, "word", word.id, plain(word.id), shown, longest)

    def tiles(self, entry: Entry, size: tuple[float, float], cells: list[tuple[float, float, float]]) -> int:
        """A group of boxes, one path for each tint: its number."""
        numbered = [(self._number(flat), x, y) for flat, x, y in cells]
        self._tiles.append({"of": entry.name, "size": size, "cells": numbered, "paths": {}})
        return len(self._tiles) - 1

    def of_page(self, text: str) -> list[dict[str, Any]]:
        """The records of the pictures that a page's text holds, in its order."""
        known = dict(self.pictures)
        return [known[svg] for svg in _PICTURE.findall(text)]

    # --- when it is done ---

    def done(self, svg: str, caption: str) -> tuple[str, str]:
        """The picture and its caption without marks; what the marks were made of is kept."""
        attributes = list(self._attributes(svg))
        drawn, told = self._resolved(svg), self._resolved(caption)
        drawn = re.sub(r' class="\s*"', "", re.sub(r' class=" +', ' class="', drawn))
        record: dict[str, Any] = {"made": self._made}
        record |= {level: list(decisions) for level, decisions in self._decisions.items()}
        self.pictures.append((drawn, record | {"set": attributes, "tiles": self._tiles}))
        self._begin()
        return drawn, told

    def _resolved(self, text: str) -> str:
        return _MARK.sub(lambda found: html.escape(self._marks[int(found[1])].text), text)

    def _attributes(self, svg: str) -> Iterator[list[Any]]:
        """Every attribute and text that holds marks: the element's number, its name, and its parts."""
        number = -1
        for tag, attributes, text in _PART.findall(svg):
            number += bool(tag)
            held = _ATTRIBUTE.findall(attributes) if tag else [("", text)]
            for name, value in held:
                if OPEN in value:
                    yield from self._held(number, name, value)

    def _held(self, number: int, name: str, value: str) -> Iterator[list[Any]]:
        literal, *rest = _MARK.split(value)
        parts: list[Any] = [literal and html.unescape(literal)]
        for mark, literal in zip(rest[::2], rest[1::2], strict=True):
            op, *of = self._marks[int(mark)].how
            if op == "tiles":
                group, tint = of
                self._tiles[group]["paths"][tint] = number
                return
            parts += [self._number((op, *of) if op else of[0]), html.unescape(literal)]
        yield [number, name, *[part for part in parts if part != ""]]

    def _number(self, what: Any) -> int:
        """The number of what is made, in the order of the making."""
        if isinstance(what, Traced):
            if id(what) not in self._known:
                self._known[id(what)] = what, self._number(what.how)
            return self._known[id(what)][1]
        how = what
        if isinstance(how, tuple):
            op, *of = how
            how = (op, *[self._number(each) for each in of])
        elif isinstance(how, float):
            how = int(how) if how.is_integer() else float(how)
        key = (type(how), how)
        if key not in self._numbers:
            self._numbers[key] = len(self._made)
            self._made.append(how)
        return self._numbers[key]


def cut(word: str, longest: int = LONGEST_WORD) -> str:
    """The word, or its beginning where it is too long."""
    return word if len(word) <= longest else word[: longest - 1] + "…"


def place(entry: Entry, index: Place) -> float:
    """A cell's place in the flat cells, the last axis running fastest."""
    flat: float = 0
    for i, length in zip(index, entry.shape, strict=True):
        flat = flat * length + i
    return flat


def cell(entry: Entry, index: Place) -> float:
    """A cell's value."""
    return float(entry.value[tuple(int(plain(i)) for i in index)])
