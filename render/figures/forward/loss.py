"""Pictures of the loss: surprise as a curve over the probability of the right token, and the mean of all positions."""

from __future__ import annotations

from render.figures.drawing import Scale
from render.figures.kit import Pen, shown_of, some
from render.figures.traced import exp, largest, log, place_of_largest

POSITIONS = 8


class LossPictures(Pen):
    """Surprise as a curve, and the mean over the positions."""

    def surprise(self) -> str:
        """The curve of minus the logarithm, with a point for each position."""
        page, t = self.page, self.page.at["T"]
        chance, cost = page.e("output.target_probs"), page.e("output.nll")
        chances, costs = self.row(chance), self.row(cost)
        most = largest(3.0, largest(*costs) * 1.06)
        d = self.sketch(250)
        x, y = Scale(0, 1, 34, 340), Scale(0, most, 214, 12)
        d.line((34, y(0)), (354, y(0)), "thin", arrow=True)
        d.line((34, y(0)), (34, 6), "thin", arrow=True)
        low = exp(-most)
        places = [low * (1 / low) ** (i / 60) for i in range(61)]
        d.curve([(x(p), y(-log(p))) for p in places], "value")
        d.dots([(x(p), y(c)) for p, c in zip(chances, costs, strict=True)], "points value", cost.name, 3.5)
        a, b = x(chances[t]), y(costs[t])
        d.line((34, b), (a, b), "thin dashed")
        d.line((a, b), (a, y(0)), "thin dashed")
        d.dot(a, b, "value ring", 5, cost.name)
        d.text(352, y(0) + 20, "probability of the right token", "faint", "end")
        d.text(70, 16, "cost, in nats", "faint")
        target = self.word_at(page.e("inputs.targets"), (t,))
        d.word(352, 60, target, "strong", "end", before=f"position {t}, target")
        d.text(250, 80, "probability", anchor="end")
        d.number(352, 80, chance, (t,), "", "end")
        d.text(250, 98, "cost", anchor="end")
        d.number(352, 98, cost, (t,), "", "end")
        d.text(34, y(0) + 20, "never", "small faint", "middle")
        return d.done(
            "A curve that falls from a very high cost near probability zero to no cost at probability one, with a "
            "point for each position. "
            f"The one of {self.placed(t)} has the target “{self.told(target)}” with the probability "
            f"{self.said(chance, (t,))}, which costs {self.said(cost, (t,))} nats.",
            "The less likely the model finds the right token, the higher the cost. Each point is a position; the "
            f"ringed one is {page.position(t)}.",
        )

    def mean_of_costs(self) -> str:
        """A bar for each position's cost, the loss as their mean, and the loss of knowing nothing."""
        page = self.page
        cost, loss, uniform = page.e("output.nll"), page.e("loss"), page.e("facts.uniform_loss")
        targets, costs = page.e("inputs.targets"), self.row(cost)
        shown = some(page.n("T"), POSITIONS, page.at["T"])
        d = self.sketch(86 + 26 * len(shown))
        most = largest(*costs, self.value(uniform))
        x = Scale(0, most, 176, 352)
        bottom = 44 + 26 * len(shown)
        d.text(0, 34, "reads", "small faint")
        d.text(62, 34, "has to say", "small faint")
        for i, t in enumerate(shown):
            y = 42 + i * 26
            d.word(0, y + 14, self.token_at(t))
            d.word(62, y + 14, self.word_at(targets, (t,)))
            d.number(168, y + 14, cost, (t,), "", "end")
            d.bar(176, y + 2, x(costs[t]) - 176, 16, "p4")
        mean, level = x(self.value(loss)), x(self.value(uniform))
        d.line((mean, 22), (mean, bottom), "value")
        d.text(176, 14, "mean: the loss", "strong")
        d.number(352, 14, loss, (), "strong value", "end")
        d.line((level, 34), (level, bottom + 6), "dashed")
        d.text(0, bottom + 22, "all tokens equally likely: dashed")
        d.number(352, bottom + 22, uniform, (), "", "end")
        says = "; ".join(f"{self.placed(t)} costs {self.said(cost, (t,))}" for t in shown)
        return d.done(
            f"A bar for the cost of each position: {says}. The mean over all positions is the loss, {self.said(loss)}. "
            f"A model that "
            f"finds all tokens equally likely has {self.said(uniform)}.",
            "The costs in nats. The upright line is their mean, the loss; the dashed one is the loss of a model that "
            "finds all tokens equally likely." + shown_of(len(shown), page.n("T"), "positions"),
        )

    def the_step(self) -> str:
        """The whole step as a round: read, guess, measure, trace back, move; and what it does to the loss."""
        page = self.page
        before, after = page.e("loss"), page.e("after.loss")
        t = page.at["T"]
        best = self.word_with(place_of_largest(self.row(page.e("output.probs"), (t,))))
        target = self.word_at(page.e("inputs.targets"), (t,))
        d = self.sketch(270)
        rows = (
            ("read", "value", 8), ("guess", "value", 60), ("measure", "value", 112), ("trace back", "gradient", 164),
            ("move", "update", 216),
        )  # fmt: skip
        for name, kind, y in rows:
            d.box(2, y, 92, 34, f"{kind}-edge", radius=8)
            d.text(48, y + 21, name, f"strong {kind}", "middle")
            if y < 216:
                d.line((48, y + 36), (48, y + 50), arrow=True)
        d.word(108, 22, self.token_at(t), before="the text, here up to")
        d.text(108, 38, "each word becomes a row of numbers", "small faint")
        d.word(108, 74, best, before="the likeliest to follow:")
        d.word(108, 90, target, "small faint", before="the right one:")
        d.text(108, 126, "the loss over the whole text:")
        d.number(352, 126, before, (), "strong value", "end")
        d.text(108, 142, "smaller is better", "small faint")
        d.text(108, 178, "a gradient for every weight:", "")
        d.text(108, 194, "which way would the loss fall?", "small faint")
        d.text(108, 230, "every weight a little; loss now:")
        d.number(352, 230, after, (), "strong update", "end")
        d.text(108, 246, "then the next text, and so on", "small faint")
        return d.done(
            f"The step in five parts: read the text, guess the next token, measure the loss, which is "
            f"{self.said(before)}, trace it back to every weight as gradients, and move the weights. With the moved "
            f"weights the loss is {self.said(after)}. At {self.placed(t)} the likeliest token is "
            f"“{self.told(best)}” and the right one “{self.told(target)}”.",
            "One training step. Blue is what the model computes going forward, orange the way back, green the update. "
            "These colours mean the same on every page.",
        )
