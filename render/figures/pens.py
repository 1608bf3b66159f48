"""The pens of the map of the step: boxes that are links, arrows with shapes, residual paths, strips of heads."""

from __future__ import annotations

from html import escape

from calc.config import Config
from calc.ledger import Ledger
from render.figures.drawing import fixed
from render.figures.walk import shape, walk

WIDTH, RADIUS = 380.0, 7.0  # of the map, and of a residual's plus
COLUMN = 158.0  # a box's width
LEFT, RIGHT = 25.0, WIDTH - 25 - COLUMN  # where the boxes of the two columns begin
STEM = {"forward": LEFT + 34, "backward": RIGHT + COLUMN - 34}  # where the arrows run
GUTTER = {"forward": 13.0, "backward": WIDTH - 13}  # where the residual paths run
STRIPS, STRIP = 16, 16.0  # as many heads as the eye can tell apart, and how high their strips are

Box = tuple[float, float]  # its top and its height


class Pens:
    """What is drawn, in order, in `parts`; `y` is where the next thing goes."""

    def __init__(self, ledger: Ledger, config: Config, up: str, lit: str) -> None:
        self.ledger, self.up, self.lit = ledger, up, lit
        self.layers, self.worked, self.heads = config.model.layers, config.worked.layer, config.model.heads
        self.stops = {stop.path: stop for stop in walk(ledger, config)}
        self.parts: list[str] = []
        self.y = 4.0

    def link(
        self,
        path: str,
        boxes: list[Box],
        words: list[tuple[float, str]],
        layer: int | None = None,
        width: float = COLUMN,
        x: float | None = None,
    ) -> None:
        """Boxes that lead to a page, and the words in them, each at the height of its middle."""
        stop = self.stops[path]
        left = x if x is not None else RIGHT if stop.kind == "backward" else LEFT
        here = ' aria-current="page"' if path == self.lit and layer in (None, self.worked) else ""
        of = f"layer {layer} of {self.layers}" if layer is not None and self.layers > 1 else ""
        name = escape(", ".join(filter(None, [*(word for _, word in words), stop.kind, of])))
        self.parts.append(f'<a href="{self.up}{path}/" class="{stop.kind}" aria-label="{name}"{here}>')
        for top, height in boxes:
            size = f'width="{fixed(width)}" height="{fixed(height)}"'
            self.parts.append(f'<rect x="{fixed(left)}" y="{fixed(top)}" {size} rx="5"/>')
        for i, (middle, word) in enumerate(words):
            part = ' class="part"' if i else ""
            self.parts.append(
                f'<text x="{fixed(left + width / 2)}" y="{fixed(middle + 4)}"{part}>{escape(word)}</text> '
            )
        self.parts.append("</a>")

    def arrow(self, kind: str, start: float, end: float, name: str = "", tip: bool = True, words: str = "") -> None:
        """An arrow along a column's stem, or a line without its tip, with the shape of what flows there."""
        x, outward = STEM[kind], 8 if kind == "forward" else -8
        self.parts.append(f'<path class="{"arrow" if tip else "stem"}" d="M{fixed(x)} {fixed(start)}V{fixed(end)}"/>')
        if name:
            entry = self.ledger[name]
            place = f'x="{fixed(x + outward)}" y="{fixed((start + end) / 2 + 4)}"'
            side = "edge" if kind == "forward" else "edge before"
            self.parts.append(f'<text class="{side}" {place} data-entry="{name}">{words or shape(entry)}</text>')

    def residual(self, kind: str, start: float, end: float) -> None:
        """The path past a part, from the stem and back to it, and the plus where the two are added."""
        x, gutter, r = STEM[kind], GUTTER[kind], RADIUS
        rim = x - r if gutter < x else x + r
        self.parts.append(
            f'<path class="arrow" d="M{fixed(x)} {fixed(start)}H{fixed(gutter)}V{fixed(end)}H{fixed(rim)}"/>'
        )
        circle = f"M{fixed(x - r)} {fixed(end)}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0"
        cross = f"M{fixed(x - 4)} {fixed(end)}h8M{fixed(x)} {fixed(end - 4)}v8"
        self.parts.append(f'<path class="plus" d="{circle}{cross}"/>')

    def strips(self, kind: str, y: float) -> None:
        """The heads, side by side."""
        n, x = min(self.heads, STRIPS), RIGHT if kind == "backward" else LEFT
        width = (COLUMN - 12) / n
        for i in range(n):
            size = f'width="{fixed(width - 2)}" height="{fixed(STRIP - 4)}"'
            self.parts.append(
                f'<rect class="head {kind}" x="{fixed(x + 7 + i * width)}" y="{fixed(y)}" {size} rx="1"/>'
            )

    def block(self, layer: int, height: float) -> None:
        """The ground of a layer, with its name where there are several."""
        size = f'width="{fixed(WIDTH - 4)}" height="{fixed(height)}"'
        self.parts.append(f'<rect class="layer" x="2" y="{fixed(self.y)}" {size} rx="8"/>')
        if self.layers > 1:
            y = fixed(self.y + 17)
            self.parts.append(f'<text class="layer" x="{fixed(WIDTH / 2)}" y="{y}">layer {layer}</text>')
