"""Pictures of attention: a query meets a key, the mask, where each head looks, and the mixture of values."""

from __future__ import annotations

import math

from calc.ledger import Entry
from render.figures.drawing import Scale
from render.figures.kit import Index, Pen, Sketch, shown_of, some
from render.figures.traced import largest, place_of_largest, sqrt

CHANNELS, POSITIONS, GRID, HEADS, VALUES = 10, 8, 8, 4, 3
CELLS = 187.0  # where the values of a mixture begin


class AttentionPictures(Pen):
    """A query meets a key, the mask, where each head looks, and the mixture of values."""

    def match(self) -> str:
        """The worked query and key as bars, channel by channel, and the products whose sum is the score."""
        page = self.page
        h, t, s = page.at["H"], page.at["T"], page.at["S"]
        q, k, scores = (page.w(f"attention.{name}") for name in ("q_heads", "k_heads", "scores"))
        channels = some(page.n("K"), CHANNELS, page.at["K"])
        one, other = [self.value(q, (h, t, c)) for c in channels], [self.value(k, (h, s, c)) for c in channels]
        products = [a * b for a, b in zip(one, other, strict=True)]
        d = self.sketch(252)
        step = 250 / max(len(channels), 4)
        reach = largest(*map(abs, one), *map(abs, other), 1e-9)
        lanes = (("query", self.token_at(t), one, reach, q.name), ("key", self.token_at(s), other, reach, k.name),
                 ("products", "", products, largest(*map(abs, products), 1e-9), scores.name))  # fmt: skip
        for lane, (what, word, values, most, name) in enumerate(lanes):
            zero = 48 + lane * 76
            scale = Scale(0, most, 0, 28)
            d.text(0, zero - 2, what, "strong")
            if word:
                d.word(0, zero + 14, word, "small")
            d.line((76, zero), (84 + step * len(channels), zero), "thin")
            for i, value in enumerate(values):
                x, up = 84 + i * step, scale(value)
                sign = self.signed(value, "pair-up", "pair-down")
                d.box(x, zero - largest(up, 0.0), step - 8, abs(up), sign, name, 0)
        for i, c in enumerate(channels):
            d.text(84 + i * step + (step - 8) / 2, 14, str(c), "small faint", "middle")
        d.text(0, 14, "channel", "small faint")
        d.text(84, 246, "all products added up: the score")
        d.number(360, 246, scores, (h, t, s), "strong", "end")
        d.line((84, 230), (360, 230), "thin")
        with self.page.recorder.spoken():
            agree = sum(p > 0 for p in products)
        return d.done(
            f"Bars for the query of {self.placed(t)} and the key of {self.placed(s)} in head {h}, channel by channel. "
            f"In {agree} of the {page.plural(len(channels), 'channel')} shown both have the same sign and the "
            "product is positive. The "
            f"products of all {page.n('K')} channels add up to the score {self.said(scores, (h, t, s))}.",
            f"{self.of_layer()}Bars up are positive, bars down negative. Where query and key have the same sign, "
            "their product stands up. The products have a scale of their own."
            + shown_of(len(channels), page.n("K"), "channels"),
        )

    def staircase(self) -> str:
        """The causal mask as a grid: the keys that each query may look at."""
        page, mask = self.page, self.page.w("attention.mask")
        shown = some(page.n("T"), GRID + 2, page.at["T"])
        step = min(26.0, 260 / len(shown))
        d = self.sketch(50 + step * len(shown))
        left, top = 84.0, 44.0
        d.text(0, 14, "query ↓", "small faint")
        d.text(left, 14, "key →", "small faint")
        places = {
            (t, s): (left + (j + 0.5) * step, top + (i + 0.5) * step)
            for i, t in enumerate(shown) for j, s in enumerate(shown)
        }  # fmt: skip
        lit = [place for at, place in places.items() if mask.value[at] == 1]
        dark = [place for at, place in places.items() if mask.value[at] == 0]
        d.squares([(x, y, step - 2) for x, y in lit], "p4", mask.name)
        d.dots(lit, "ink", radius=3)
        d.squares([(x, y, step - 2) for x, y in dark], "muted", mask.name)
        d.threads([((x - 4, y - 4), (x + 4, y + 4)) for x, y in dark])
        for i, t in enumerate(shown):
            d.text(left + (i + 0.5) * step, top - 8, str(t), "small", "middle")
            d.word(0, top + (i + 0.5) * step + 4, self.token_at(t), before=str(t))
        says = " ".join(f"Query {t} “{self.told(self.token_at(t))}” may look at keys 0 to {t}." for t in shown[1:])
        return d.done(
            f"The mask as a staircase. Query 0 “{self.told(self.token_at(shown[0]))}” may look at itself alone. {says}",
            "A dot: this query may look at this key. A stroke: hidden, because the key comes later."
            + shown_of(len(shown), page.n("T"), "positions"),
        )

    def pattern(self) -> str:
        """Every head's weights as squares whose area is the weight."""
        page, weights = self.page, self.page.w("attention.weights")
        heads = some(page.n("H"), HEADS, page.at["H"])
        shown = some(page.n("T"), GRID, page.at["T"])
        columns = min(2, len(heads))
        step = min(28.0, (344 / columns - 62) / len(shown))
        height = 36 + step * len(shown)
        d = self.sketch(height * math.ceil(len(heads) / columns))
        says = []
        for number, h in enumerate(heads):
            x0, y0 = 182.0 * (number % columns), height * (number // columns)
            left, top = x0 + 60, y0 + 30
            d.text(x0, y0 + 13, f"head {h}", "strong")
            for j, s in enumerate(shown):
                d.text(left + (j + 0.5) * step, top - 4, str(s), "small faint", "middle")
            at = shown.index(page.at["T"])
            d.box(left - 1, top + at * step, step * len(shown) + 2, step, "none ring")
            cells = []
            for i, t in enumerate(shown):
                d.word(x0, top + (i + 0.5) * step + 4, self.token_at(t), "small", before=str(t))
                for j, s in enumerate(shown):
                    if s <= t:
                        side = sqrt(self.value(weights, (h, t, s))) * (step - 1)
                        cells.append((left + (j + 0.5) * step, top + (i + 0.5) * step, side))
            d.squares(cells, "value", weights.name)
            t = page.at["T"]
            best = place_of_largest(self.row(weights, (h, t)))
            says.append(
                f"In head {h} the query of {self.placed(t)} gives its largest weight, "
                f"{self.said(weights, (h, t, best))}, to {self.placed(best)}."
            )
        return d.done(
            "Where each head looks, as squares. " + " ".join(says),
            f"{self.of_layer()}A row is a query, a column a key. The area of a square is its weight, and the squares "
            "of a row add up to one full square. The framed row is the worked query."
            + shown_of(len(heads), page.n("H"), "heads")
            + shown_of(len(shown), page.n("T"), "positions"),
        )

    def mixture(self) -> str:
        """The worked query's weights, the values they belong to, and the mixture that comes out."""
        page = self.page
        h, t = page.at["H"], page.at["T"]
        weights, values, out = page.w("attention.weights"), page.w("attention.v_heads"), page.w("attention.heads")
        keys = some(t + 1, POSITIONS, page.at["S"], t)
        channels = some(page.n("K"), VALUES, page.at["K"])
        d = self.sketch(76 + 30 * len(keys))
        d.text(0, 14, "key", "small faint")
        d.text(116, 14, "weight", "small faint", "end")
        d.text(182, 14, "channel", "small faint", "end")
        for c, channel in enumerate(channels):
            d.text(CELLS + c * 58 + 28, 14, str(channel), "small faint", "middle")
        for i, s in enumerate(keys):
            y = 24 + i * 30
            d.word(0, y + 17, self.token_at(s), "small", before=str(s))
            d.number(116, y + 17, weights, (h, t, s), "small", "end")
            d.bar(122, y + 6, 48 * self.value(weights, (h, t, s)), 14, "value")
            d.text(174, y + 17, "×")
            for c, channel in enumerate(channels):
                self._cell(d, CELLS + c * 58, y, values, (h, s, channel))
        y = 34 + 30 * len(keys)
        d.line((0, y - 4), (360, y - 4))
        d.text(0, y + 20, "added up: what comes out", "strong")
        for c, channel in enumerate(channels):
            self._cell(d, CELLS + c * 58, y + 2, out, (h, t, channel), "ring")
        parts = self.page.series([f"{self.said(weights, (h, t, s))} of the value of {self.placed(s)}" for s in keys])
        left_out = shown_of(len(keys), t + 1, "keys that it may look at")
        return d.done(
            f"The mixture for the query of {self.placed(t)} in head {h}: {parts}. Channel {channels[0]} comes out as "
            f"{self.said(out, (h, t, channels[0]))}.",
            f"{self.of_layer()}Each key's value, times its weight, and all added up, channel by channel, for "
            f"{page.position(t)} in head\u00a0{h}." + left_out + shown_of(len(channels), page.n("K"), "channels"),
        )

    def _cell(self, d: Sketch, x: float, y: float, entry: Entry, index: Index, kind: str = "") -> None:
        d.box(x, y, 56, 26, f"{d.tinted(entry, index)} {kind}".strip())
        d.number(x + 28, y + 17, entry, index, "small")
