"""Pictures of the loss's gradient: the model's answer less the right one, as bars, and what one higher logit or score
does to all the shares of its row."""

from __future__ import annotations

from calc.ledger import Entry
from render.figures.drawing import Scale
from render.figures.kit import Pen, row_of, shown_of, some
from render.figures.traced import largest

MOST = 12  # words or keys in a picture


class LossGradientPictures(Pen):
    """Rows of shares that sum to 1, and how they move."""

    def error_bars(self) -> str:
        """The worked position's probabilities, its target, and the difference of the two."""
        page = self.page
        probs, error, t = page.e("output.probs"), page.e("backward.loss.difference"), page.at["T"]
        target = self.value(page.e("inputs.targets"), (t,))
        words = some(page.n("V"), MOST, target, page.at["V"])
        height = 32 + 22 * len(words)
        d = self.sketch(height + 4)
        share = Scale(0, 1, 70, 158)
        gap = Scale(-1, 1, 176, 308)
        d.text(70, 12, "probability, target", "small")
        d.text(242, 12, "difference", "small gradient", "middle")
        d.line((70, 20), (70, height), "thin")
        d.line((gap(0), 20), (gap(0), height), "thin")
        for i, word in enumerate(words):
            y = 26 + 22 * i
            kind = self.among(word, [target], "small strong", "small")
            d.word(64, y + 11, page.tables.words[word], kind, "end")
            d.bar(70, y, share(self.value(probs, (t, word))) - 70, 14, "value")
            length = gap(self.value(error, (t, word))) - gap(0)
            d.bar(gap(0), y, length, 14, "gradient")
            d.number(358, y + 11, error, (t, word), "small", "end")
        d.box(70, 24 + 22 * row_of(words, target), share(1) - 70, 18, "ring none")
        right = self.told(self.word_with(target))
        return d.done(
            f"For {self.placed(t)}, each word's probability as a bar and the target “{right}” as a "
            f"frame of length 1. Beside it the difference: at the target {self.said(error, (t, target))}, which is its "
            "probability minus 1; at every other word its probability as it is.",
            f"At {page.tok(t)} the right answer is {self.target(t)}: the frame. What the bar lacks of the frame "
            "points left, "
            "what stands where nothing should stand points right." + shown_of(len(words), page.n("V"), "words"),
        )

    def shares_move(self, jacobian: Entry, column: int, labels: str) -> str:
        """One column of a softmax's Jacobian: one input grows, its own share rises, all others fall. `labels` is the
        axis of the words beside the bars."""
        page = self.page
        rows = some(jacobian.shape[0], MOST, column)
        names = page.tables.words if labels == "V" else [self.token_at(t) for t in range(jacobian.shape[0])]
        moves = [self.value(jacobian, (row, column)) for row in range(jacobian.shape[0])]
        reach = largest(*map(abs, moves), 1e-9)
        x = Scale(-reach, reach, 110, 276)
        d = self.sketch(34 + 22 * len(rows))
        d.text(x(0), 12, "falls  ←  → rises", "small", "middle")
        d.line((x(0), 20), (x(0), 28 + 22 * len(rows)), "thin")
        for i, row in enumerate(rows):
            y = 26 + 22 * i
            d.word(98, y + 11, names[row], "small strong" if row == column else "small", "end", f"{row}")
            d.bar(x(0), y, x(moves[row]) - x(0), 14, "gradient" if row == column else "soft-gradient")
            d.number(358, y + 11, jacobian, (row, column), "small", "end")
        what, given = ("probability", "logit") if labels == "V" else ("weight", "score")
        own = self.said(jacobian, (column, column))
        return d.done(
            f"How fast each {what} of the row moves when the {given} of {column} “{self.told(names[column])}” grows: "
            f"its own by {own}, the others by numbers that are zero or below; together they sum to zero.",
            f"Column {column} of the Jacobian: what the row's other shares lose is what this share gains. That is "
            "why every "
            "column sums to zero." + shown_of(len(rows), jacobian.shape[0], "rows"),
        )
