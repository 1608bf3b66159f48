"""The picture of a lookup on the way back: each position's gradient goes to the row that the position read."""

from __future__ import annotations

from render.figures.kit import Pen, row_of, shown_of, some
from render.figures.traced import by_sign, plain, total

MOST = 10  # positions, and rows of the table


class TableGradientPictures(Pen):
    """Rows that collect."""

    def scatter(self) -> str:
        """Each position's gradient at the worked feature, and the rows of the token table that collect them."""
        page, feature = self.page, self.page.at["D"]
        rows, table = page.grad(page.e("embedding.token_rows")), page.grad(page.e("token_embedding"))
        ids = self.row(page.e("inputs.tokens"))
        positions = some(page.n("T"), MOST, page.at["T"])
        read = [ids[t] for t in positions]
        words = some(page.n("V"), max(MOST, len(set(map(plain, read))) + 2), *read)
        gap = 24.0
        height = 26 + gap * max(len(positions), len(words))
        d = self.sketch(height)
        d.text(0, 12, "position", "small")
        d.text(356, 12, "row of the table", "small", "end")
        left = {t: 34 + gap * i for i, t in enumerate(positions)}
        right = {v: 34 + gap * i for i, v in enumerate(words)}
        for t in positions:
            d.line((142, left[t] - 4), (204, 34 + gap * row_of(words, ids[t]) - 4), "gradient", arrow=True)
            d.word(0, left[t], self.token_at(t), "small", "start", f"{t}")
            d.number(138, left[t], rows, (t, feature), "gradient small", "end")
        for v in words:
            count = total(by_sign(1 - abs(v - i), 1, 0) for i in read)
            kind = self.signed(count - 1, "small strong", "small")
            d.word(276, right[v], page.tables.words[v], kind, "start", f"{v}")
            d.box(206, right[v] - 15, 64, 20, self.among(v, ids, "gradient-edge", "none dashed"))
            d.number(266, right[v], table, (v, feature), "small", "end")
        unseen = any(v in read for t, v in enumerate(ids) if t not in positions)
        with page.recorder.spoken():
            empty = [page.tables.words[v] for v in words if v not in ids]
            often = {v: sum(v == i for i in read) for v in words}
            shared = [v for v in words if often[v] > 1]
            spoken = "".join(
                f" “{page.tables.words[v]}” collects from {often[v]} positions: {self.said(table, (v, feature))}."
                for v in shared
            )
        return d.done(
            f"Arrows from each position's gradient at feature {feature} to the row of the token table that the "
            "position read."
            + spoken
            + (f" No arrow reaches {page.series(empty)}: their gradient is 0." if empty else ""),
            f"Feature {feature}. Every position hands its number to the row it was looked up from; a row with "
            "several arrows "
            "holds their sum, a row with none holds zero."
            + shown_of(len(positions), page.n("T"), "positions")
            + (" Positions that are not shown add to these rows too." if unseen else "")
            + shown_of(len(words), page.n("V"), "rows"),
        )
