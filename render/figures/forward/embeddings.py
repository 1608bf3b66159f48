"""Pictures of the page on tokens and embeddings: the text cut into tokens, rows looked up, two rows added."""

from __future__ import annotations

from render.figures.kit import Pen, Sketch, row_of, shown_of, shown_of_both, some

POSITIONS, WORDS, FEATURES, TILES = 6, 12, 5, 8


class EmbeddingPictures(Pen):
    """The text cut into tokens, rows looked up, two rows added."""

    def tokens(self) -> str:
        """The sentence cut at its spaces: each token with its position, its id and the target it has to predict."""
        page, d = self.page, self.sketch(168)
        ids, targets, positions = (page.e(f"inputs.{name}") for name in ("tokens", "targets", "positions"))
        shown = some(page.n("T"), POSITIONS, page.at["T"])
        for y, what in ((25, "token"), (67, "id"), (91, "position"), (149, "target")):
            d.text(0, y, what, "faint")
        width = 300 / max(len(shown), 3)
        for column, t in enumerate(shown):
            x = 60 + column * width
            middle = x + width / 2
            d.box(x + 2, 8, width - 4, 26, "value-edge", "inputs.tokens", radius=8)
            d.word(middle, 25, self.token_at(t), anchor="middle")
            d.line((middle, 36), (middle, 52), "thin", arrow=True)
            d.number(middle, 67, ids, (t,), "strong")
            d.number(middle, 91, positions, (t,))
            d.box(x + 2, 132, width - 4, 26, "muted", "inputs.targets", radius=8)
            d.word(middle, 149, self.word_at(targets, (t,)), anchor="middle")
            if t + 1 in shown:  # the target is the next token
                d.line((middle + width, 98), (middle + 8, 130), "thin dashed", arrow=True)
        with page.recorder.written():
            moved = [self.value(targets, (t,)) == self.value(ids, (t + 1,)) for t in range(page.n("T") - 1)]
        after = " The target of each position is the token after it; after the last one, the end mark."
        says = "; ".join(
            f"{self.placed(t)} has the id {self.said(ids, (t,))} and the target "
            f"“{self.told(self.word_at(targets, (t,)))}”"
            for t in shown
        )
        return d.done(
            f"The text cut into tokens: {says}.",
            f"One token a word.{after if all(moved) else ''}" + shown_of(len(shown), page.n("T"), "positions"),
        )

    def lookup(self) -> str:
        """Each position's id picks one row of the token table; a repeated token picks the same row."""
        page = self.page
        ids, table = page.e("inputs.tokens"), page.e("token_embedding")
        positions = some(page.n("T"), POSITIONS, page.at["T"])
        picked = [self.value(ids, (t,)) for t in positions]
        words = some(page.n("V"), WORDS, *picked)
        features = range(min(page.n("D"), TILES))
        step, tile = 19, 10.2
        d = self.sketch(38 + step * max(len(words), len(positions)))
        left, middle, right = 70, 104, 262
        d.text(0, 14, "position", "faint")
        d.text(middle, 14, "token table, a row a token", "faint")
        d.text(360, 14, "its row", "faint", "end")
        places = [28 + step * i for i in range(len(words))]
        rows = [28 + step * row_of(words, v) for v in picked]
        down = (step * (len(words) - len(positions))) / 2 if len(words) > len(positions) else 0
        at = {t: 28 + down + step * i for i, t in enumerate(positions)}
        d.threads(
            [((left, at[t] + 6), (middle - 4, row + 6)) for t, row in zip(positions, rows, strict=True)]
            + [((middle + 140, row + 6), (right, at[t] + 6)) for t, row in zip(positions, rows, strict=True)]
        )
        for v, y in zip(words, places, strict=True):
            kind = self.among(v, picked, "small strong", "small faint")
            d.word(middle, y + 10, page.tables.words[v], kind, before=str(v))
        span = middle + 76.0
        small = 62 / len(features)
        cells = [((v, c), span + c * small, y) for v, y in zip(words, places, strict=True) for c in features]
        d.tiles(table, cells, small, 13)
        for row in rows:
            d.box(span - 1.5, row - 1.5, 65, 16, "none ring")
        for t in positions:
            d.word(left - 4, at[t] + 10, self.token_at(t), "", "end", str(t))
            d.text(360, at[t] + 10, str(t), "small faint", "end")
        copies = [
            ((v, c), right + 2 + c * tile, at[t]) for t, v in zip(positions, picked, strict=True) for c in features
        ]
        d.tiles(table, copies, tile, 13)  # tinted as in the table: they are the same numbers
        says = ", ".join(f"{self.placed(t)} picks row {self.said(ids, (t,))}" for t in positions)
        features_shown = f" Of each row the first {len(features)} features are drawn." if page.n("D") > TILES else ""
        return d.done(
            f"Looking rows up: {says}. Each picked row is copied to its position.",
            "The id says which row of the table is copied. Blue is above zero, orange below; the stronger the tint, "
            "the further from zero."
            + features_shown
            + shown_of_both((len(positions), page.n("T"), "positions"), (len(words), page.n("V"), "tokens")),
        )

    def token_plus_position(self) -> str:
        """At the worked position: the token's row, the position's row, and their sum."""
        page, d = self.page, self.sketch(134)
        t = page.at["T"]
        parts = [page.e(f"embedding.{name}") for name in ("token_rows", "position_rows", "out")]
        features = some(page.n("D"), FEATURES, page.at["D"])
        self._header(d, features, 14)
        for i, (entry, label) in enumerate(zip(parts, ("", f"position {t}", "sum"), strict=True)):
            y = 22 + i * 36 + (6 if i == 2 else 0)
            if label:
                d.text(0, y + 18, label, "strong" if i == 2 else "")
            else:
                d.word(0, y + 18, self.token_at(t))
            for c, feature in enumerate(features):
                d.cell(94 + c * 53, y, 50, 26, entry, (t, feature))
            if i:
                d.text(82, y + 18, "+" if i == 1 else "=", "strong")
        d.line((94, 92), (94 + len(features) * 53, 92))
        f = features[0] if page.at["D"] not in features else page.at["D"]
        told = [self.said(entry, (t, f)) for entry in parts]
        return d.done(
            f"At {self.placed(t)}, feature {f}: {told[0]} from the token's row plus {told[1]} from the position's row "
            f"is {told[2]}.",
            f"What stands at {page.position(t)}, and where it stands, added feature by feature."
            + shown_of(len(features), page.n("D"), "features"),
        )

    def _header(self, d: Sketch, features: list[int], y: float) -> None:
        d.text(0, y, "feature", "faint")
        for c, feature in enumerate(features):
            d.text(94 + c * 53 + 25, y, str(feature), "faint", "middle")
