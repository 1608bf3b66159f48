"""Pictures of the residual stream, the feed-forward layer and GELU's curve."""

from __future__ import annotations

from calc.ledger import Entry
from render.figures.drawing import Scale
from render.figures.kit import Pen, Sketch, shown_of, some
from render.figures.primer.curves import gelu
from render.figures.traced import largest

LAYERS = 4
UNITS = 128  # hidden units of a strip
STEP = 62.0


class StreamPictures(Pen):
    """The residual stream as a road, the feed-forward layer's two widths, GELU with this step's points."""

    def road(self) -> str:
        """The worked feature on its way up the residual stream: what each layer adds to it."""
        page = self.page
        t, feature = page.at["T"], page.at["D"]
        layers = some(page.n("L"), LAYERS, page.layer)
        stops: list[tuple[str, Entry, Entry]] = []  # what is added, its row, the stream after it
        for layer in layers:
            named = f" {layer}" if page.n("L") > 1 else ""
            stops.append((f"attention{named}", page.w("attention.out", layer), page.w("residual_1", layer)))
            stops.append((f"feed-forward{named}", page.w("ffn.out", layer), page.w("residual_2", layer)))
        d = self.sketch(58 + STEP * len(stops))
        base, road = 30 + STEP * len(stops), 84.0
        d.box(road - 15, 20, 30, base - 14, "muted")
        d.line((road, base - 2), (road, 16), "value")
        d.line((road, 20), (road, 4), arrow=True)
        first = stops[0][2].operands[0]
        d.text(0, base + 22, "the row that comes in" if layers[0] == 0 else "from the layer before", "small faint")
        self._stream(d, first, base, (t, feature))
        for i, (what, added, after) in enumerate(stops):
            y = base - STEP * i
            d.curve([(road + 16, y - 4), (140, y - 4), (140, y - 12)], "thin", arrow=True)
            d.box(112, y - 38, 108, 26, "value-edge", added.name, radius=6)
            d.text(166, y - 21, what, anchor="middle")
            d.curve([(140, y - 38), (140, y - 46), (road + 17, y - 46)], "", arrow=True)
            d.text(152, y - 43, "+", "strong")
            d.number(232, y - 20, added, (t, feature), "value", "start")
            self._stream(d, after, y - STEP, (t, feature))
        last = stops[-1][2]
        adds = self.page.series([f"{what} adds {self.said(a, (t, feature))}" for what, a, _ in stops])
        return d.done(
            f"The residual stream at {self.placed(t)}, feature {feature}: it comes in as "
            f"{self.said(first, (t, feature))}, {adds}, and it leaves as {self.said(last, (t, feature))}.",
            f"The road is the stream. Each part reads from it, by way of a layer norm, and adds to it. The numbers are "
            f"feature {feature} at {page.position(t)}." + shown_of(len(layers), page.n("L"), "layers"),
        )

    def _stream(self, d: Sketch, entry: Entry, y: float, index: tuple[int, int]) -> None:
        d.number(62, y + 4, entry, index, "strong", "end")
        d.dot(84, y, "value ring", 5, entry.name)

    def widen(self) -> str:
        """The worked row's way through the feed-forward layer: its features, the hidden units, features again."""
        page, t = self.page, self.page.at["T"]
        stages = [
            (page.w("ln_2.out"), "features in"),
            (page.w("ffn.hidden"), "hidden units"),
            (page.w("ffn.activated"), "after the curve"),
            (page.w("ffn.out"), "features out"),
        ]
        widest = min(max(page.n("D"), page.n("F")), UNITS)
        wide = min(16.0, 352 / widest)
        d = self.sketch(262)
        edges = []
        for i, (entry, what) in enumerate(stages):
            y = 22 + i * 66
            units = range(min(entry.shape[1], UNITS))
            left = 180 - wide * len(units) / 2
            edges.append((left, left + wide * len(units), y))
            d.tiles(entry, [((t, c), left + c * wide, y) for c in units], wide, 20)
            d.text(0, y - 6, f"{entry.shape[1]} {what}", "halo")
        for (a, b, y), (c, e, below), foot in zip(edges, edges[1:], ("1", "", "2"), strict=False):
            d.threads([((a, y + 22), (c, below - 20)), ((b, y + 22), (e, below - 20))])
            middle = (180, (y + below) / 2 + 15)
            if foot:
                d.symbols(*middle, [("W", foot), ("b", foot)], "strong", "middle")
            else:
                d.text(*middle, "GELU", "strong halo", "middle")
        cut = shown_of(UNITS, max(page.n("D"), page.n("F")), "units of the widest row")
        return d.done(
            f"The row of {self.placed(t)}: {page.n('D')} features go in and become "
            f"{page.plural(page.n('F'), 'hidden unit')}, each goes through the curve "
            f"alone, and {page.n('D')} features come out.",
            f"{self.of_layer()}The row of {page.position(t)} on its way, a box a number. "
            "Blue is above zero, orange below; the stronger the tint, the further from zero."
            + (cut if max(page.n("D"), page.n("F")) > UNITS else ""),
        )

    def gelu(self) -> str:
        """GELU's curve with the worked position's hidden units on it."""
        page, t, unit = self.page, self.page.at["T"], self.page.at["F"]
        hidden, out = page.w("ffn.hidden"), page.w("ffn.activated")
        row, activated = self.row(hidden, (t,)), self.row(out, (t,))
        reach = largest(2.0, largest(*map(abs, row)) * 1.08)
        d = self.sketch(262)
        x, y = Scale(-reach, reach, 8, 352), Scale(-0.35, reach, 236, 12)
        d.line((8, y(0)), (352, y(0)), "thin", arrow=True)
        d.line((x(0), 246), (x(0), 8), "thin", arrow=True)
        d.line((x(0), y(0)), (x(reach), y(reach)), "thin dashed")
        places = [-reach + 2 * reach * i / 80 for i in range(81)]
        d.curve([(x(v), y(gelu(v))) for v in places], "value")
        points = zip(row, activated, strict=True)
        d.dots([(x(a), y(b)) for a, b in points], "points value", out.name)
        a, b = x(row[unit]), y(activated[unit])
        d.line((a, y(0)), (a, b), "thin dashed")
        d.dot(a, b, "value ring", 5, out.name)
        d.text(352, y(0) - 6, "in", "faint", "end")
        d.text(x(0) + 8, 20, "out", "faint")
        d.text(8, 30, f"hidden unit {unit}", "strong")
        d.text(8, 50, "in")
        d.number(110, 50, hidden, (t, unit), "", "end")
        d.text(8, 68, "out")
        d.number(110, 68, out, (t, unit), "", "end")
        return d.done(
            f"GELU's curve: flat at zero on the far left, a shallow dip just left of zero, close to a straight rise on "
            f"the right. The {page.n('F')} hidden units of {self.placed(t)} lie on it; unit {unit} goes in as "
            f"{self.said(hidden, (t, unit))} and comes out as {self.said(out, (t, unit))}.",
            f"{self.of_layer()}The points are the hidden units of {page.position(t)}; the ringed one is unit {unit}. "
            "On the dashed slope a number would pass unchanged.",
        )
