"""What the pictures of the forward pages share: many small marks in few elements, words cut to fit, and which rows of
a long axis a picture shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from calc.ledger import Entry
from render.figures.drawing import Drawing, Point, fixed
from render.figures.recorded import LONGEST_WORD, Place, place
from render.figures.traced import Traced, Word, least, plain
from render.words import token

if TYPE_CHECKING:
    from render.page import Page

Index = tuple[int, ...]


SAME = 1e-9  # relative: what differs by less is the same number, computed by another program


class Sketch(Drawing):
    """A drawing that can also hold words of the text, and many marks as one element."""

    def word(self, x: float, y: float, word: str, kind: str = "", anchor: str = "start", before: str = "") -> None:
        """A word of the text or the vocabulary, perhaps with its number `before` it, or with other words, which put
        it in quotes; a long one is cut short."""
        drawn = f'<tspan class="token">{escape(self.page.recorder.word(word, LONGEST_WORD))}</tspan>'
        quoted = " " in before
        lead = f"{escape(before)} " if before else ""
        self._text(x, y, f"{lead}“{drawn}”" if quoted else f"{lead}{drawn}", kind, anchor)

    def symbols(
        self, x: float, y: float, named: Iterable[tuple[str, str]], kind: str = "", anchor: str = "start"
    ) -> None:
        """Symbols with what stands at their feet, apart by commas: (W, 1) and (b, 1)."""
        foot = '<tspan class="letter">{}</tspan><tspan class="foot" dx="1.5" dy="3">{}</tspan>'
        feet = (foot.format(*one) for one in named)
        self._text(x, y, '<tspan dy="-3">, </tspan>'.join(feet), kind, anchor)

    def tiles(self, entry: Entry, cells: Iterable[tuple[Place, float, float]], w: float, h: float) -> None:
        """Cells of an entry as tinted boxes without digits, one element for each tint: (index, x, y) of each."""
        by_tint: dict[str, list[Point]] = {}
        known = []
        for index, x, y in cells:
            by_tint.setdefault(self.tint(entry, index), []).append((x, y))
            known.append((place(entry, index), float(fixed(x)), float(fixed(y))))
        size = float(fixed(w - 0.6)), float(fixed(h - 0.6))
        group = self.page.recorder.tiles(entry, size, known)
        for tint, places in sorted(by_tint.items()):
            path = "".join(_box(x, y, w - 0.6, h - 0.6) for x, y in places)
            self.marks([self.page.recorder.mark(path, "tiles", group, tint or "p0")], tint or "p0", entry.name)

    def squares(self, places: Iterable[tuple[float, float, float]], kind: str, entry: str = "") -> None:
        """Squares as one element: the middle (x, y) and the side of each."""
        self.marks([_box(x - side / 2, y - side / 2, side, side) for x, y, side in places], kind, entry)

    def dots(self, places: Iterable[Point], kind: str, entry: str = "", radius: float = 3.0) -> None:
        """Points of a plot as one element."""
        r = fixed(radius)
        self.marks(
            [f"M{fixed(x - radius)} {fixed(y)}a{r} {r} 0 1 0 {fixed(2 * radius)} 0a{r} {r} 0 1 0 -{fixed(2 * radius)} 0"
             for x, y in places],
            kind, entry,
        )  # fmt: skip

    def threads(self, pairs: Iterable[tuple[Point, Point]], kind: str = "thread") -> None:
        """Thin lines as one element."""
        path = "".join(f"M{fixed(a)} {fixed(b)}L{fixed(c)} {fixed(d)}" for (a, b), (c, d) in pairs)
        self.parts.append(f'<path d="{path}" class="curve {kind}"/>')

    def marks(self, pieces: Sequence[str], kind: str, entry: str = "") -> None:
        """Pieces of a path, filled, as one element."""
        if pieces:
            spoken = f' data-entry="{entry}"' if entry else ""
            self.parts.append(f'<path d="{"".join(pieces)}" class="marks {kind}"{spoken}/>')

    def bar(self, x: float, y: float, length: float, h: float, kind: str) -> None:
        """A lying bar from x to the right, or to the left where its length is negative."""
        self.box(least(x, x + length), y, abs(length), h, kind, radius=0)


class Pen:
    """What every picture can ask of its page."""

    page: Page

    def sketch(self, height: float) -> Sketch:
        return Sketch(self.page, height)

    def value(self, entry: Entry, index: Place = ()) -> Traced:
        """A cell of the ledger, for coordinates and kinds that follow it."""
        return self.page.recorder.value(entry, index)

    def as_built(self, *entries: Entry) -> None:
        """The picture is of the built numbers alone: once one of these is another, it says that it is as built."""
        for entry in entries:
            built = float(entry.value)
            _ = abs(self.value(entry) - built) <= SAME * abs(built)  # asking is what the record keeps

    def row(self, entry: Entry, index: Place = ()) -> list[Traced]:
        """The cells along the entry's last axis."""
        return [self.value(entry, (*index, i)) for i in range(entry.shape[-1])]

    def nudged(self, loss: float, entry: Entry, index: Place, by: float) -> Traced:
        """The loss where a cell of the ledger is moved by so much, which is known to be `loss`."""
        return self.page.recorder.leaf(loss, "nudged", entry.name, place(entry, index), by)

    def along(self, loss: float, share: float) -> Traced:
        """The loss after such a share of the whole step, which is known to be `loss`."""
        return self.page.recorder.leaf(loss, "along", share)

    def size(self, entry: Entry) -> Traced:
        """The root of the sum of an entry's squares."""
        return self.page.recorder.leaf(float(np.sqrt((entry.value**2).sum())), "size", entry.name)

    def ranked(self, entry: Entry, share: float) -> list[Traced]:
        """The index of a cell among those that are not zero, from the smallest magnitude (0) to the greatest (1)."""
        flat = entry.value.ravel()
        order = sorted(np.flatnonzero(flat).tolist(), key=lambda i: abs(float(flat[i])))
        rank = round(share * (len(order) - 1))
        found = np.unravel_index(order[rank], entry.shape)
        leaf = self.page.recorder.leaf
        return [leaf(int(i), "ranked", entry.name, share, axis) for axis, i in enumerate(found)]

    def signed(self, value: float, above: str, below: str, level: str | None = None) -> str:
        """A kind, or words, by a number's sign. Zero counts as below, unless it has its own."""
        level = below if level is None else level
        found = above if plain(value) > 0 else below if plain(value) < 0 else level
        return self.page.recorder.mark(found, "sign", value, above, below, level)

    def among(self, what: float, those: Iterable[float], yes: str, no: str = "") -> str:
        """A kind that tells whether a number is among others."""
        others = list(those)
        found = yes if plain(what) in map(plain, others) else no
        return self.page.recorder.mark(found, "among", yes, no, what, *others)

    def said(self, entry: Entry, index: Place = ()) -> str:
        """A number of the ledger in a text alternative."""
        text = self.page.digits.text(entry, tuple(int(plain(i)) for i in index))
        return self.page.recorder.mark(text, "text", entry.name, place(entry, index))

    def token_at(self, position: float) -> Word:
        """The word at a position, as it is."""
        ids = self.page.e("inputs.tokens")
        return Word(self.page.tables.tokens[int(plain(position))], self.value(ids, (position,)))

    def word_at(self, entry: Entry, index: Place) -> Word:
        """The vocabulary's word with the number that stands in a cell."""
        return self.word_with(self.value(entry, index))

    def word_with(self, number: Traced) -> Word:
        """The vocabulary's word with that number."""
        return Word(self.page.tables.words[int(plain(number))], number)

    def target(self, position: int) -> str:
        """The right word after a position, in a caption."""
        ids = self.page.e("inputs.targets")
        return token(self.page.tables.words[int(ids.value[position])], position, ids.name)

    def told(self, word: str) -> str:
        """A word in a text alternative."""
        return self.page.recorder.word(word)

    def placed(self, position: float) -> str:
        """A position in a text alternative: position 2 “sat”."""
        number = str(int(plain(position)))
        if isinstance(position, Traced):
            number = self.page.recorder.mark(number, "count", position)
        return f"position {number} “{self.told(self.token_at(position))}”"

    def of_layer(self) -> str:
        """The start of a caption where there are several layers."""
        return f"Layer {self.page.layer}. " if self.page.others else ""


def some(length: int, most: int, *wanted: float) -> list[int]:
    """At most so many indices of an axis, in order: those wanted, and the first others."""
    if length <= most:
        return list(range(length))
    kept = list(dict.fromkeys([int(i) for i in wanted if i < length] + list(range(length))))[:most]
    return sorted(kept)


def heads_shown(length: int, most: int, width: int, head: int) -> list[int]:
    """Channels to show, as whole heads while there is room: the first ones, and the worked head among them."""
    if length <= most:
        return list(range(length))
    chosen = some(length // width, max(1, most // width), head)
    return [h * width + k for h in chosen for k in range(min(width, most))]


def row_of(shown: Sequence[int], index: float) -> float:
    """The row in which an index is drawn, where these are shown."""
    return index if list(shown) == list(range(len(shown))) else shown.index(int(index))


def shown_of(count: int, length: int, what: str) -> str:
    """A sentence that owns up to what is left out; empty where nothing is."""
    return f" Shown are {count} of the {length} {what}." if count < length else ""


def shown_of_both(one: tuple[int, int, str], other: tuple[int, int, str]) -> str:
    """The same for two axes, in one sentence where both are cut."""
    if one[0] < one[1] and other[0] < other[1]:
        return f"{shown_of(*one)[:-1]} and {other[0]} of the {other[1]} {other[2]}."
    return shown_of(*one) + shown_of(*other)


def _box(x: float, y: float, w: float, h: float) -> str:
    return f"M{fixed(x)} {fixed(y)}h{fixed(w)}v{fixed(h)}h-{fixed(w)}z"
