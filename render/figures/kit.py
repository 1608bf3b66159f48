"""What the pictures of the forward pages share: many small marks in few elements, words cut to fit, and which rows of
a long axis a picture shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from calc.ledger import Entry
from render.figures.drawing import Drawing, Point, fixed

if TYPE_CHECKING:
    from render.page import Page

Index = tuple[int, ...]
LONGEST_WORD = 8  # letters of a word in a picture


class Sketch(Drawing):
    """A drawing that can also hold words of the text, and many marks as one element."""

    def word(self, x: float, y: float, word: str, kind: str = "", anchor: str = "start", before: str = "") -> None:
        """A word of the text or the vocabulary, perhaps with its number `before` it, or with other words, which put
        it in quotes; a long one is cut short."""
        drawn = f'<tspan class="token">{escape(cut(word))}</tspan>'
        quoted = " " in before
        lead = f"{escape(before)} " if before else ""
        self._text(x, y, f"{lead}“{drawn}”" if quoted else f"{lead}{drawn}", kind, anchor)

    def symbols(
        self, x: float, y: float, named: Iterable[tuple[str, str]], kind: str = "", anchor: str = "start"
    ) -> None:
        """Symbols with what stands at their feet, apart by commas: (W, 1) and (b, 1)."""
        feet = ('<tspan class="letter">{}</tspan><tspan class="foot" dy="3">{}</tspan>'.format(*one) for one in named)
        self._text(x, y, '<tspan dy="-3">, </tspan>'.join(feet), kind, anchor)

    def tiles(self, entry: Entry, cells: Iterable[tuple[Index, float, float]], w: float, h: float) -> None:
        """Cells of an entry as tinted boxes without digits, one element for each tint: (index, x, y) of each."""
        by_tint: dict[str, list[Point]] = {}
        for index, x, y in cells:
            by_tint.setdefault(self.tint(entry, index), []).append((x, y))
        for tint, places in sorted(by_tint.items()):
            self.marks([_box(x, y, w - 0.6, h - 0.6) for x, y in places], tint or "p0", entry.name)

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
        self.box(min(x, x + length), y, abs(length), h, kind, radius=0)


class Pen:
    """What every picture can ask of its page."""

    page: Page

    def sketch(self, height: float) -> Sketch:
        return Sketch(self.page, height)

    def said(self, entry: Entry, index: Index = ()) -> str:
        """A number of the ledger in a text alternative."""
        return self.page.digits.text(entry, index)

    def token_at(self, position: int) -> str:
        """The word at a position, as it is."""
        return self.page.tables.tokens[position]

    def placed(self, position: int) -> str:
        """A position in a text alternative: position 2 “sat”."""
        return f"position {position} “{self.token_at(position)}”"

    def of_layer(self) -> str:
        """The start of a caption where there are several layers."""
        return f"Layer {self.page.layer}. " if self.page.others else ""


def cut(word: str, longest: int = LONGEST_WORD) -> str:
    """The word, or its beginning where it is too long."""
    return word if len(word) <= longest else word[: longest - 1] + "…"


def some(length: int, most: int, *wanted: int) -> list[int]:
    """At most so many indices of an axis, in order: those wanted, and the first others."""
    kept = list(dict.fromkeys([i for i in wanted if i < length] + list(range(length))))[:most]
    return sorted(kept)


def heads_shown(length: int, most: int, width: int, head: int) -> list[int]:
    """Channels to show, as whole heads while there is room: the first ones, and the worked head among them."""
    if length <= most:
        return list(range(length))
    chosen = some(length // width, max(1, most // width), head)
    return [h * width + k for h in chosen for k in range(min(width, most))]


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
