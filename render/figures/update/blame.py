"""Blame by path in pictures: where the paths join the stream, and their shares at each position."""

from __future__ import annotations

from typing import NamedTuple

from calc.ledger import Entry
from render.figures.drawing import Scale
from render.figures.kit import Pen, shown_of, some
from render.figures.traced import by_sign, largest, least, total

ROW = 30
MOST = 12  # positions
FEW = 60  # letters that can stand ready for parts that grow wide enough
DEEP = 4  # layers that have a box each; of more, the worked one


class Way(NamedTuple):
    """One kind of path: its letter in the picture, its class, what it is called, and its share [T]."""

    letter: str
    kind: str
    words: str
    share: Entry


class Blamed(Pen):
    """The stream with its branches, and stacked bars of shares."""

    def joining(self) -> str:
        """The gradient's way down the stream, and the branches that add to it."""
        page = self.page
        layers = list(range(page.n("L"))) if page.n("L") <= DEEP else [page.layer]
        step = 108
        d = self.sketch(54 + step * len(layers) + 26)
        x = 60.0
        d.text(x - 56, 14, "gradient at the top of the stream", "strong gradient")
        y = 22.0
        for i in reversed(layers):
            for k, (box, words) in enumerate((("feed-forward", "FFN"), ("attention", "each head's Q, K, V"))):
                fork, join = y + 10 + k * 54, y + 44 + k * 54
                d.line((x, fork - 10), (x, join + 10), "gradient")
                d.curve([(x, fork), (150, fork), (150, fork + 4)], "gradient")
                name = f"{box}, layer {i}" if page.n("L") > 1 else box
                d.box(120, fork + 4, 130, 24, "", f"layers.{i}.{'ffn' if k == 0 else 'attention'}.out", 5)
                d.text(185, fork + 20, name, "small", "middle")
                d.curve([(150, fork + 28), (150, join), (x + 9, join)], "gradient", arrow=True)
                d.dot(x, join, "joint", 7)
                d.text(x, join + 4, "+", "strong gradient", "middle")
                d.text(258, fork + 20, words, "small gradient")
            y += step
        d.line((x, y), (x, y + 18), "gradient", arrow=True)
        d.text(x - 56, y + 36, "gradient at the embeddings: the sum", "strong gradient")
        skipped = (
            "" if len(layers) == page.n("L") else " Shown is the worked layer; each other one adds in the same way."
        )
        return d.done(
            "The gradient goes down the residual stream. Beside it, each layer's feed-forward and then its attention "
            "take a copy of it, carry it back through themselves, and add the result to the stream.",
            "Backward, a branch takes a copy of the stream's gradient and adds what it makes of it." + skipped,
        )

    def shares(self) -> str:
        """Stacked bars: every path's share in each position's gradient, heads of a kind together."""
        page = self.page
        ways, positions = self.ways(), some(page.n("T"), MOST, page.at["T"])
        few = len(ways) * len(positions) <= FEW
        shares = {t: [self.value(way.share, (t,)) for way in ways] for t in positions}
        up = largest(*[total(largest(share, 0.0) for share in shares[t]) for t in positions])
        down = least(*[total(least(share, 0.0) for share in shares[t]) for t in positions])
        x = Scale(down, up, 66, 354)
        bottom = ROW * len(positions)
        d = self.sketch(bottom + 30)
        d.line((x(1), 0), (x(1), bottom), "dashed")  # behind the bars: it would strike their letters out
        for i, t in enumerate(positions):
            y = i * ROW
            d.word(0, y + 18, self.token_at(t), before=str(t))
            left: float = 0.0
            right: float = 0.0
            for way, share in zip(ways, shares[t], strict=True):
                start, end = by_sign(share, right, left + share), by_sign(share, right + share, left)
                right, left = right + largest(share, 0.0), left + least(share, 0.0)
                width = x(end) - x(start)
                seen = by_sign(width - 0.5, width, 0.0)
                d.box(x(start), y + 3, seen, ROW - 8, f"way {way.kind}", way.share.name, 0)
                room = width - (6 + 7 * len(way.letter))
                if few or room > 0:
                    d.text((x(start) + x(end)) / 2, y + 18, self.signed(room, way.letter, ""), "small", "middle")
        d.line((x(0), 0), (x(0), bottom), "ink")
        d.text(x(0), bottom + 14, "nothing", "small", "middle")
        d.text(x(1), bottom + 14, "the whole gradient", "small", "end")
        legend = ", ".join(f"{way.letter} {way.words}" for way in ways)
        return d.done(
            f"Stacked bars, one a position. Letters: {legend}. {self._largest(ways)}",
            f"The shares of the paths in each position's gradient: {legend}. From the line outwards they stand in "
            "this order, also where one is too narrow for its letter. What stands left of the line points against the "
            "whole; the rest makes up for it." + shown_of(len(positions), page.n("T"), "positions"),
        )

    def ways(self) -> list[Way]:
        """Every kind of path, from the top of the stream down: the residual, then each layer's four."""
        page = self.page
        found = [Way("R", "way-r", "the residual alone", page.e("blame.residual.share"))]
        for i in reversed(range(page.n("L"))):
            mark, of = (str(i), f" of layer {i}") if page.n("L") > 1 else ("", "")
            found.append(Way(f"F{mark}", "way-f", f"the feed-forward{of}", page.e(f"blame.layers.{i}.ffn.share")))
            for way, words in (("q", "the queries"), ("k", "the keys"), ("v", "the values")):
                share = page.e(f"blame.layers.{i}.{way}.share_of_all")
                found.append(Way(f"{way.upper()}{mark}", f"way-{way}", f"{words}{of}", share))
        return found

    def _largest(self, ways: list[Way]) -> str:
        t = self.page.at["T"]
        with self.page.recorder.spoken():
            most = max(ways, key=lambda way: self.value(way.share, (t,)))
        return f"At {self.placed(t)} the largest share is {self.said(most.share, (t,))}, by way of {most.words}."
