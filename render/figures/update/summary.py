"""What came of the step, in pictures: the losses, and the probability of each right answer before and after."""

from __future__ import annotations

from render.figures.drawing import Scale
from render.figures.kit import Pen, shown_of, some
from render.figures.traced import largest

ROW = 42
MOST = 16


class Summed(Pen):
    """The summary's bars."""

    def losses(self) -> str:
        """The loss of a model that knows nothing, before the step and after it."""
        page = self.page
        rows = (
            ("facts.uniform_loss", "every word equally likely", "muted ring"),
            ("loss", "before the step", "value"),
            ("after.loss", "after the step", "update"),
        )
        entries = [page.e(name) for name, _, _ in rows]
        x = Scale(0.0, largest(*map(self.value, entries)), 0, 290)
        d = self.sketch(3 * 40)
        for i, (entry, (_, words, kind)) in enumerate(zip(entries, rows, strict=True)):
            y = i * 40
            d.text(0, y + 12, words, "small")
            d.bar(0, y + 17, x(self.value(entry)), 15, kind)
            d.number(358, y + 29, entry, (), "", "end")
        said = [self.said(entry) for entry in entries]
        return d.done(
            f"Three losses as bars: {said[0]} where every word is equally likely, {said[1]} before the step and "
            f"{said[2]} after it.",
            "The loss on this text, in nats. A shorter bar is a better fit to it.",
        )

    def answers(self) -> str:
        """For each position, the probability of the right next word before the step and after it."""
        page = self.page
        before, after = page.e("output.target_probs"), page.e("after.output.target_probs")
        targets = page.e("inputs.targets")
        positions = some(page.n("T"), MOST, page.at["T"])
        d = self.sketch(ROW * len(positions))
        x = Scale(0.0, largest(*self.row(before), *self.row(after)), 0, 190)
        for i, t in enumerate(positions):
            y = i * ROW
            d.word(0, y + 20, self.token_at(t), before=str(t))
            d.text(70, y + 20, "→", "faint", "middle")
            d.word(82, y + 20, self.word_at(targets, (t,)), "strong")
            for k, (entry, kind) in enumerate(((before, "value"), (after, "update"))):
                d.bar(150, y + 4 + k * 16, x(self.value(entry, (t,))) * 0.74, 13, kind)
                d.number(358, y + 14 + k * 16, entry, (t,), "small", "end")
        with page.recorder.spoken():
            t = max(positions, key=lambda t: self.value(after, (t,)) - self.value(before, (t,)))
        return d.done(
            f"Two bars a position: the probability of the right next word before the step and after it. At "
            f"{self.placed(t)} it goes from {self.said(before, (t,))} to {self.said(after, (t,))}.",
            "The probability of the right next word, in each pair above before the step, below after it."
            + shown_of(len(positions), page.n("T"), "positions"),
        )
