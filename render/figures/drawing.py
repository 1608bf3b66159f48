"""The paper and pens of every picture: SVG in units of a phone's pixels, coloured by classes that both themes define.

Words in it are ink, numbers in it are the ledger's: `number` and `cell` print one with the digits that every page
prints it with, bound to its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from calc.ledger import Entry
from render import markup
from render.fences import heat
from render.figures.recorded import Place, place
from render.figures.traced import Traced, plain

if TYPE_CHECKING:
    from render.page import Page

WIDTH = 360.0  # what a phone shows without shrinking the letters
Point = tuple[float, float]


def fixed(x: float) -> str:
    """A coordinate: one decimal at most, so that a picture is the same on every machine."""
    if isinstance(x, Traced):
        return x.notes.mark(fixed(plain(x)), "", x)
    return f"{x:.1f}".removesuffix(".0").replace("-0", "0") if abs(x) < 0.05 else f"{x:.1f}".removesuffix(".0")


class Scale:
    """Maps values from `low`..`high` to places from `start`..`end`, linearly."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.high, self.start, self.end = low, high, start, end
        self.span = high - low or 1.0  # a span of 0 puts everything at the start

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / self.span * (self.end - self.start)


class Drawing:
    """One picture. Draw from the top left; `done` gives the fence that a page holds."""

    def __init__(self, page: Page, height: float, width: float = WIDTH) -> None:
        self.page, self.width, self.height = page, width, height
        self.parts: list[str] = []
        self.tipped = False
        page.pictures += 1
        self.tip = f"tip-{page.pictures}"  # ids are unique on a page

    # --- words and numbers ---

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> None:
        """Words with their baseline at y. `kind`: classes such as `small`, `strong`, `faint`, `gradient`."""
        self._text(x, y, escape(words), kind, anchor)

    def number(
        self, x: float, y: float, entry: Entry, index: tuple[int, ...] = (), kind: str = "", anchor: str = "middle",
        run: Page | None = None,
    ) -> None:  # fmt: skip
        """One number of the ledger, in the page's digits; or of another `run`, in its own."""
        of = run or self.page
        bound = f'data-ref="{entry.name}"{markup.place(index)}{markup.of_run(of.run_name)}'
        self._text(x, y, of.digits.text(entry, index), f"n {kind}".strip(), anchor, bound)

    def cell(
        self, x: float, y: float, w: float, h: float, entry: Entry, index: tuple[int, ...], kind: str = ""
    ) -> None:
        """A number in a box that is tinted as in the entry's table."""
        self.box(x, y, w, h, f"{self.tinted(entry, index)} {kind}".strip())
        self.number(x + w / 2, y + h / 2 + 4, entry, index)

    def tint(self, entry: Entry, index: Place) -> str:
        """The heat class of a cell, from the printed digits of its row of the table (its last two axes)."""
        at = tuple(int(plain(i)) for i in index)
        table = entry.value[at[:-2]] if len(at) > 1 else entry.value
        largest = float(np.abs(table[np.isfinite(table)]).max(initial=0.0))
        printed = self.page.digits.printed(entry, at)
        return heat(float("-inf") if printed.infinite else float(printed.value), largest)

    def tinted(self, entry: Entry, index: Place) -> str:
        """The same, for a shape's kind: a tint that follows the cell."""
        return self.page.recorder.mark(self.tint(entry, index), "tint", entry.name, place(entry, index))

    # --- shapes ---

    def box(self, x: float, y: float, w: float, h: float, kind: str = "", entry: str = "", radius: float = 2) -> None:
        """A rectangle; `entry` names the entry that it stands for."""
        spoken = f' data-entry="{entry}"' if entry else ""
        self.parts.append(
            f'<rect x="{fixed(x)}" y="{fixed(y)}" width="{fixed(w)}" height="{fixed(h)}" rx="{fixed(radius)}"'
            f"{_classes(kind)}{spoken}/>"
        )

    def line(self, start: Point, end: Point, kind: str = "", arrow: bool = False) -> None:
        """A straight line, with a tip at its end where it is an arrow."""
        (x1, y1), (x2, y2) = start, end
        self.tipped |= arrow
        tip = f' marker-end="url(#{self.tip})"' if arrow else ""
        self.parts.append(
            f'<line x1="{fixed(x1)}" y1="{fixed(y1)}" x2="{fixed(x2)}" y2="{fixed(y2)}"{_classes(kind)}{tip}/>'
        )

    def curve(self, points: Sequence[Point], kind: str = "", arrow: bool = False) -> None:
        """Straight pieces through all points: a curve where they are close."""
        self.tipped |= arrow
        tip = f' marker-end="url(#{self.tip})"' if arrow else ""
        steps = "L".join(f"{fixed(x)} {fixed(y)}" for x, y in points)
        self.parts.append(f'<path d="M{steps}"{_classes(f"curve {kind}")}{tip}/>')

    def area(self, points: Sequence[Point], kind: str = "") -> None:
        """A filled polygon."""
        corners = " ".join(f"{fixed(x)},{fixed(y)}" for x, y in points)
        self.parts.append(f'<polygon points="{corners}"{_classes(kind)}/>')

    def dot(self, x: float, y: float, kind: str = "", radius: float = 3.5, entry: str = "") -> None:
        """A point on a plot; `entry` names the entry that it stands for."""
        spoken = f' data-entry="{entry}"' if entry else ""
        self.parts.append(f'<circle cx="{fixed(x)}" cy="{fixed(y)}" r="{fixed(radius)}"{_classes(kind)}{spoken}/>')

    def link(self, href: str, label: str) -> None:
        """What is drawn from here to `end_link` leads there."""
        self.parts.append(f'<a href="{escape(href)}" aria-label="{escape(label)}">')

    def end_link(self) -> None:
        self.parts.append("</a>")

    # --- the whole ---

    def done(self, spoken: str, caption: str, wide: bool = False) -> str:
        """The picture as a fence for the page.

        `spoken` says in words what the picture shows, for those who do not see it; `caption` (HTML, a sentence or two)
        stands below it. A `wide` picture keeps its size and scrolls in its own box where the window is narrower.
        """
        size = f'width="{fixed(self.width)}" height="{fixed(self.height)}"'
        box = f'viewBox="0 0 {fixed(self.width)} {fixed(self.height)}"'
        tip = (
            f'<defs><marker id="{self.tip}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
            'markerUnits="userSpaceOnUse" orient="auto">'
            '<path d="M0 0L8 4L0 8z"/></marker></defs>'
        )
        svg = f'<svg {size} {box} role="img" aria-label="{escape(_plain(spoken))}">'
        body = (tip if self.tipped else "") + "".join(self.parts)
        drawn, told = self.page.recorder.done(f"{svg}{body}</svg>", caption)
        kind = "picture wide" if wide else "picture"
        figure = f'<figure class="{kind}">{drawn}<figcaption>{told}</figcaption></figure>'
        return f"~~~picture\n{figure}\n~~~"

    def _text(self, x: float, y: float, words: str, kind: str, anchor: str, bound: str = "") -> None:
        where = "" if anchor == "start" else f' text-anchor="{anchor}"'
        tag = f" {bound}" if bound else ""
        self.parts.append(f'<text x="{fixed(x)}" y="{fixed(y)}"{where}{_classes(kind)}{tag}>{words}</text>')


def _classes(kind: str) -> str:
    return f' class="{kind}"' if kind.strip() else ""


def _plain(words: str) -> str:
    return re.sub(r"\s+", " ", words).strip()
