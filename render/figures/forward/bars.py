"""Softmax as bars: scores of any sign become exponentials, and those become shares of one."""

from __future__ import annotations

import math

from calc.ledger import Entry
from render.figures.drawing import Scale
from render.figures.kit import Index, Pen, Sketch, row_of, shown_of, some
from render.figures.traced import largest, least, place_of_largest

ROW = 24
MOST = 12


class BarPictures(Pen):
    """Softmax over keys and over the vocabulary."""

    def softmax_bars(self) -> str:
        """The worked query's scores, their exponentials and its weights, key by key."""
        page = self.page
        h, t = page.at["H"], page.at["T"]
        entries = [page.w(f"attention.{name}") for name in ("masked", "exp", "weights")]
        keys = some(page.n("S"), MOST, page.at["S"], t)
        d = self.sketch(40 + ROW * len(keys))
        self._lanes(d, entries, ("scaled score", "exponential", "weight"), (h, t), keys)
        for i, s in enumerate(keys):
            d.word(0, 38 + i * ROW + 12, self.token_at(s), "strong" if s <= t else "faint", before=str(s))
        best = place_of_largest(self.row(entries[2], (h, t)))
        hidden = " Later keys are hidden: their score is minus infinity and their weight zero." if (
            t + 1 < page.n("S")
        ) else ""  # fmt: skip
        return d.done(
            f"Softmax for the query of {self.placed(t)} in head {h}. The largest scaled score, "
            f"{self.said(entries[0], (h, t, best))}, belongs to {self.placed(best)}; its exponential is "
            f"{self.said(entries[1], (h, t, best))} and its weight {self.said(entries[2], (h, t, best))}.{hidden}",
            f"{self.of_layer()}One row a key, for the query of {page.position(t)} in head\u00a0{h}. Bars to the left "
            "are negative. The weights add up to one." + shown_of(len(keys), page.n("S"), "keys"),
        )

    def probability_bars(self) -> str:
        """The worked position's logits, their exponentials and its probabilities, token by token."""
        page, t = self.page, self.page.at["T"]
        entries = [page.e(name) for name in ("logits", "output.exp", "output.probs")]
        target = self.value(page.e("inputs.targets"), (t,))
        best = place_of_largest(self.row(entries[2], (t,)))
        words = some(page.n("V"), MOST, target, best, page.at["V"])
        d = self.sketch(40 + ROW * len(words))
        d.box(-2, 35 + row_of(words, target) * ROW, 364, ROW - 3, "none ring", radius=4)
        self._lanes(d, entries, ("logit", "exponential", "probability"), (t,), words)
        for i, v in enumerate(words):
            kind = self.among(v, [target], "strong")
            d.word(3, 38 + i * ROW + 12, page.tables.words[v], kind, before=str(v))
        with page.recorder.spoken():
            known = best == target
        first = "that is also its first choice" if known else f"its first choice “{self.told(self.word_with(best))}”"
        chance = "" if known else f" has {self.said(entries[2], (t, best))}"
        return d.done(
            f"At {self.placed(t)} the target is “{self.told(self.word_with(target))}”, with the logit "
            f"{self.said(entries[0], (t, target))} and the probability {self.said(entries[2], (t, target))}; "
            f"{first}{chance}.",
            f"One row a token, for {page.position(t)}. The framed one is the target, "
            f"{self.target(t)}. Bars to the left are negative. The probabilities add up to one."
            + shown_of(len(words), page.n("V"), "tokens"),
        )

    def _lanes(
        self, d: Sketch, entries: list[Entry], names: tuple[str, ...], at: Index, shown: list[int], left: float = 78
    ) -> None:
        """Three lanes of lying bars, a row for each shown index: a number and its bar. The first lane has signs."""
        width = (360 - left) / 3
        for lane, (entry, name) in enumerate(zip(entries, names, strict=True)):
            x = left + lane * width
            d.text(x + 4, 14, name, "strong")
            row = self.row(entry, at)
            finite = [v for v in row if math.isfinite(v)]  # the mask alone makes any other
            low, high = least(0.0, *finite), largest(0.0, *finite)
            scale = Scale(low, high or 1e-9 if low == high else high, x + 52, x + width - 6)
            zero = scale(0)
            d.line((zero, 24), (zero, 34 + ROW * len(shown)), "thin")
            for i, j in enumerate(shown):
                y = 38 + i * ROW
                value = row[j]
                hidden = not math.isfinite(value) or value == 0
                d.number(x + 48, y + 12, entry, (*at, j), "small faint" if hidden else "small", "end")
                if not hidden:
                    kind = self.signed(value, "value", "negative")
                    d.bar(zero, y + 2, scale(value) - zero, ROW - 10, kind)
