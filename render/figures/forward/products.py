"""Pictures of a row times a matrix: the row's numbers stand beside the matrix's rows, the sums below its columns."""

from __future__ import annotations

from collections.abc import Sequence

from calc.ledger import Entry
from render.figures.kit import Pen, Sketch, heads_shown, shown_of, shown_of_both, some

MOST = 16  # rows and columns of a matrix in a picture
CHANNELS = 64  # channels of a strip


class ProductPictures(Pen):
    """A row times a matrix, three views of one row, and the heads as strips."""

    def three_views(self) -> str:
        """The worked row of layer norm goes through three matrices and becomes a query, a key and a value."""
        page = self.page
        row, t = page.w("ln_1.out"), page.at["T"]
        features = some(page.n("D"), MOST, page.at["D"])
        columns = heads_shown(page.n("C"), MOST, page.n("K"), page.at["H"])
        step = max(7.0, min(11.0, 154 / len(features)))
        d = self.sketch(86 + step * len(features))
        top = 38.0
        d.text(0, 12, "row of", "small")
        d.word(0, 27, self.token_at(t), "small strong")
        d.tiles(row, [((t, f), 6, top + i * step) for i, f in enumerate(features)], 16, step)
        d.text(31, top + step * len(features) / 2 + 4, "×", "strong")
        wide = 94 / len(columns)
        told = []
        for i, (what, letter) in enumerate((("query", "q"), ("key", "k"), ("value", "v"))):
            matrix, out = page.w(f"attention.w_{letter}"), page.w(f"attention.{letter}")
            x = 52 + i * 104
            d.symbols(x + 47, 27, [("W", letter.upper())], "", "middle")
            self._product(d, matrix, out, (features, columns), (x, top), (wide, step), t, page.at["C"])
            below = top + step * len(features)
            d.text(x, below + 42, what, "strong")
            d.number(x + 94, below + 42, out, (t, page.at["C"]), "", "end")
            told.append(f"{self.said(out, (t, page.at['C']))} as a {what}")
        return d.done(
            f"The row of {self.placed(t)}, drawn downward, times the matrices w_q, w_k and w_v: three rows come out, "
            f"its query, key and value. Channel {page.at['C']}, the sum down the ringed column, is "
            + self.page.series(told)
            + ".",
            f"{self.of_layer()}Each number of the row multiplies its row of a matrix; each column, added up, gives one "
            f"channel. Ringed: column {page.at['C']} and the channel that comes of it."
            + shown_of_both((len(features), page.n("D"), "features"), (len(columns), page.n("C"), "channels")),
        )

    def side_by_side(self) -> str:
        """The worked position's heads, laid end to end, times w_o: one row of features."""
        page = self.page
        joined, w_o, out = (page.w(f"attention.{name}") for name in ("joined", "w_o", "out"))
        t, width, feature = page.at["T"], page.n("K"), page.at["D"]
        channels = heads_shown(page.n("C"), MOST, width, page.at["H"])
        features = some(page.n("D"), MOST, feature)
        step = max(7.0, min(11.0, 176 / len(channels)))
        d = self.sketch(82 + step * len(channels))
        top, left, wide = 34.0, 124.0, 220 / len(features)
        d.text(84, 14, "heads, joined", "small", "middle")
        d.symbols(left + 110, 14, [("W", "O")], "", "middle")
        d.tiles(joined, [((t, c), 76, top + i * step) for i, c in enumerate(channels)], 16, step)
        # Beside the first head's band: the middle of the column may be a line between two heads.
        band = sum(c // width == channels[0] // width for c in channels)
        d.text(102, top + step * band / 2 + 4, "×", "strong")
        self._product(d, w_o, out, (channels, features), (left, top), (wide, step), t, feature)
        heads = list(dict.fromkeys(c // width for c in channels))
        for h in heads:
            rows = [i for i, c in enumerate(channels) if c // width == h]
            first, last = top + rows[0] * step, top + (rows[-1] + 1) * step
            d.line((70, first + 1), (70, last - 2), "value")
            d.text(62, (first + last) / 2 + 4, f"head {h}", "small", "end")
            if h != heads[0]:
                d.line((64, first - 0.4), (left + 220, first - 0.4), "thin")
        bands = "Each head has a band of rows of <i>W</i><sub>O</sub>: that is how it says what it found."
        if page.n("H") == 1:
            bands = "The one head's channels meet the rows of <i>W</i><sub>O</sub>."
        laid = f"the rows of {page.n('H')} heads stand end to end as one row of {page.n('C')} channels"
        if page.n("H") == 1:
            laid = f"the one head has a row of {page.plural(page.n('C'), 'channel')}"
        below = top + step * len(channels)
        d.text(0, below + 21, "what attention adds", "small")
        d.text(left, below + 42, f"feature {feature}")
        d.number(left + 220, below + 42, out, (t, feature), "strong", "end")
        return d.done(
            f"At {self.placed(t)} {laid}; times w_o they become a row of {page.n('D')} features. Feature {feature} is "
            f"{self.said(out, (t, feature))}.",
            f"{self.of_layer()}{bands} Each feature is the sum down one column"
            + (", across all bands." if page.n("H") > 1 else ".")
            + shown_of_both((len(channels), page.n("C"), "channels"), (len(features), page.n("D"), "features")),
        )

    def strips(self) -> str:
        """The worked position's query, key and value, cut into a strip for each head."""
        page, t, width = self.page, self.page.at["T"], self.page.n("K")
        channels = heads_shown(page.n("C"), CHANNELS, width, page.at["H"])
        heads = list(dict.fromkeys(c // width for c in channels))
        d = self.sketch(158)
        gap = 10.0 if len(heads) <= 8 else 2.0
        wide = (306 - gap * (len(heads) - 1)) / len(channels)

        def x(i: int) -> float:
            return 52 + i * wide + heads.index(channels[i] // width) * gap

        for row, (what, letter) in enumerate((("query", "q"), ("key", "k"), ("value", "v"))):
            y = 34 + row * 34
            d.text(0, y + 15, what)
            entry = page.w(f"attention.{letter}")
            d.tiles(entry, [((t, c), x(i), y) for i, c in enumerate(channels)], wide, 22)
        for h in heads:
            rows = [i for i, c in enumerate(channels) if c // width == h]
            first, last = x(rows[0]) - 3, x(rows[-1]) + wide + 3
            d.box(first, 26, last - first, 106, "none value-edge", radius=6)
            if len(heads) <= 6:
                d.text((first + last) / 2, 17, f"head {h}", "strong", "middle")
            if len(heads) <= 4:
                named = f"{rows_of(h, width)}"
                d.text((first + last) / 2, 148, named, "small faint", "middle")
        d.text(0, 148, "channel", "small faint")
        strips = f"cut into {page.n('H')} strips of {page.plural(width, 'channel')}, one strip for each head"
        if page.n("H") == 1:
            strips = "all of them for the one head"
        return d.done(
            f"The query, key and value of {self.placed(t)}, {page.plural(page.n('C'), 'channel')} each, {strips}.",
            f"{self.of_layer()}The rows of {page.position(t)}. "
            + (
                "A head works with the channels in its strip and sees no other."
                if page.n("H") > 1
                else "One head has all."
            )
            + shown_of(len(channels), page.n("C"), "channels"),
        )

    def _product(
        self,
        d: Sketch,
        matrix: Entry,
        out: Entry,
        shown: tuple[Sequence[int], Sequence[int]],
        place: tuple[float, float],
        cell: tuple[float, float],
        t: int,
        worked: int,
    ) -> None:
        """The matrix at `place`, row t of its product below it, and the worked column and its sum ringed."""
        (rows, columns), (x, y), (w, h) = shown, place, cell
        cells = [((r, c), x + j * w, y + i * h) for i, r in enumerate(rows) for j, c in enumerate(columns)]
        d.tiles(matrix, cells, w, h)
        below = y + h * len(rows) + 10
        d.tiles(out, [((t, c), x + j * w, below) for j, c in enumerate(columns)], w, 16)
        if worked in columns:
            at = x + list(columns).index(worked) * w
            d.box(at - 0.8, y - 1, w + 1, h * len(rows) + 1.4, "none ring", radius=1)
            d.box(at - 0.8, below - 1, w + 1, 17.4, "none ring", radius=1)


def rows_of(head: int, width: int) -> str:
    """The channels of a head: 8 to 15."""
    first = head * width
    return f"{first}" if width == 1 else f"{first} to {first + width - 1}"
