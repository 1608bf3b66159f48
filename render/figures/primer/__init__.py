"""The pictures of the pages before the walk."""

from __future__ import annotations

from calc.ledger import Entry
from render.figures.drawing import Point
from render.figures.kit import shown_of, shown_of_both, some
from render.figures.primer.curves import CurvePictures
from render.figures.primer.graphs import GraphPictures
from render.figures.traced import acos, cos, largest, least, place_of_largest, sin

GRID = 16  # rows and columns of a matrix that the row-by-column picture shows
WORDS = 12  # bars of one temperature


class Primer(CurvePictures, GraphPictures):
    """Each public method is one picture, as a fence for the page."""

    def two_arrows(self) -> str:
        """Two rows of the token table as arrows with their true lengths and angle; none where one has no direction."""
        page = self.page
        a, b = page.e("primer.vectors.a"), page.e("primer.vectors.b")
        length_a, length_b = page.e("primer.vectors.length_a"), page.e("primer.vectors.length_b")
        if "primer.vectors.cosine" not in page.ledger:
            return ""
        cosine = page.e("primer.vectors.cosine")
        angle = acos(largest(-1.0, least(1.0, self.value(cosine))))
        unit = 150 / largest(self.value(length_a), self.value(length_b))
        d, start = self.sketch(208), (180.0, 178.0)

        def end(length: Entry, turned: float) -> Point:
            reach = unit * self.value(length)
            return start[0] + reach * cos(turned), start[1] - reach * sin(turned)

        tip_a, tip_b = end(length_a, 0.0), end(length_b, angle)
        foot = (tip_b[0], start[1])
        if abs(foot[0] - start[0]) > 1 and abs(tip_b[1] - start[1]) > 4:
            d.line(tip_b, foot, "thin dashed")
        arc = [(start[0] + 30 * cos(angle * i / 16), start[1] - 30 * sin(angle * i / 16)) for i in range(17)]
        d.curve(arc, "thin")
        d.line((start[0] - 160, start[1]), (start[0] + 170, start[1]), "faint")
        d.line(start, tip_a, "value", arrow=True)
        d.line(start, tip_b, "value", arrow=True)
        word_a, word_b = (page.tables.words[v.attrs["at"]["V"]] for v in (a, b))
        d.word(largest(tip_a[0] - 4, start[0] + 60), start[1] + 20, word_a, "strong", "end", before="a:")
        low = tip_b[1] > 24
        d.word(least(largest(tip_b[0], 40), 320), tip_b[1] - 8 if low else 14, word_b, "strong", "middle", before="b:")
        middle = angle / 2
        d.number(start[0] + 58 * cos(middle), start[1] - 40 * sin(middle) - 8, cosine, kind="small halo")
        turn = self.signed(self.value(cosine), "an acute", "an obtuse", "a right")
        return d.done(
            f"Two arrows from one point. a, the row of “{word_a}”, has the length {self.said(length_a)}; b, the row of "
            f"“{word_b}”, has the length {self.said(length_b)}. Between them is {turn} angle with the cosine "
            f"{self.said(cosine)}.",
            f"The rows of {page.word(a.attrs['at']['V'])} and {page.word(b.attrs['at']['V'])} as arrows, seen in the "
            f"plane that holds both, with their true lengths and angle. The number at the arc is the angle's cosine.",
        )

    def row_by_column(self) -> str:
        """The product that makes the queries: a row of the rows, a column of the weights, and the cell they make."""
        page = self.page
        x, w, out = page.w("ln_1.out"), page.w("attention.w_q"), page.w("attention.q")
        t, c = page.at["T"], page.at["C"]
        rows, inner = some(page.n("T"), GRID, t), some(page.n("D"), GRID)
        columns = some(page.n("C"), GRID, c)
        s = 150 / max(len(inner), len(columns), 10)
        left, top = 12.0, 26.0
        right, below = left + len(inner) * s + 22, top + len(inner) * s + 24
        d = self.sketch(below + len(rows) * s + 22)
        place = {"x": (left, below), "w": (right, top), "q": (right, below)}

        def tile(entry: Entry, at: Point, down: list[int], across: list[int]) -> None:
            cells = [((i, j), at[0] + n * s, at[1] + m * s) for m, i in enumerate(down) for n, j in enumerate(across)]
            d.tiles(entry, cells, s, s)

        tile(x, place["x"], rows, inner)
        tile(w, place["w"], inner, columns)
        tile(out, place["q"], rows, columns)
        m, n = rows.index(t), columns.index(c)
        width, height = len(inner) * s, len(inner) * s
        d.box(left, below + m * s, width, s, "none ring", x.name, radius=0)
        d.box(right + n * s, top, s, height, "none ring", w.name, radius=0)
        d.box(right + n * s, below + m * s, s, s, "none ring", out.name, radius=0)
        d.text(right, top - 8, "the weights", "strong")
        d.text(left, below - 8, "the rows", "strong")
        d.text(right, below + len(rows) * s + 16, "the product", "strong")  # above it the arrow comes down
        across, along = below + (m + 0.5) * s, right + (n + 0.5) * s
        d.line((left + width + 2, across), (right + n * s - 2, across), "thin", arrow=True)
        d.line((along, top + height + 2), (along, below + m * s - 2), "thin", arrow=True)
        cut = shown_of_both((len(inner), page.n("D"), "features"), (len(columns), page.n("C"), "columns"))
        return d.done(
            f"Three grids. The ringed row of the rows, {self.placed(t)}, and the ringed column {c} of the weights meet "
            f"in the ringed cell of the product, which is {self.said(out, (t, c))}.",
            f"{self.of_layer()}The ringed row, {page.position(t)}, and the ringed column\u00a0{c} give the ringed "
            f"cell. The row has as many cells as the column.{cut}",
        )

    def three_temperatures(self) -> str:
        """The worked position's probabilities at the temperatures one half, one and two."""
        page, t = self.page, self.page.at["T"]
        cold, hot = page.e("primer.softmax.cold.temperature"), page.e("primer.softmax.hot.temperature")
        rows = [
            (page.e("primer.softmax.cold.probs"), f"temperature {self.said(cold)}"),
            (page.e("primer.softmax.probs"), "temperature 1"),
            (page.e("primer.softmax.hot.probs"), f"temperature {self.said(hot)}"),
        ]
        best = place_of_largest(self.row(rows[1][0]))
        words = some(page.n("V"), WORDS, best, page.at["V"])
        d, lane = self.sketch(36 + 22 * len(words)), 94
        longest = largest(*[self.value(entry, (v,)) for entry, _ in rows for v in words])
        for k, (entry, label) in enumerate(rows):
            x = 76 + lane * k
            d.text(x + 2, 14, label, "small strong")
            d.line((x + 50, 24), (x + 50, 32 + 22 * len(words)), "thin")
            for i, v in enumerate(words):
                y = 30 + 22 * i
                d.number(x + 46, y + 12, entry, (v,), "small", "end")
                d.bar(x + 50, y + 1, largest(self.value(entry, (v,)) / longest * (lane - 54), 0.5), 14, "value")
        for i, v in enumerate(words):
            d.word(2, 42 + 22 * i, page.tables.words[v], self.among(v, [best], "strong"), before=str(v))
        told = ", ".join(f"{self.said(entry, (best,))} at {label}" for entry, label in rows)
        return d.done(
            f"The probabilities of {page.n('V')} tokens after {self.placed(t)} at three temperatures. The most likely "
            f"one, “{self.told(self.word_with(best))}”, has {told}.",
            f"The same logits, those of {page.position(t)}, at three temperatures. At each, the shares of all tokens "
            f"add up to one; the lowest temperature is the most decided.{shown_of(len(words), page.n('V'), 'tokens')}",
        )
