"""Pictures of the gradient's way down: the whole backward pass as a road, a residual's fork, the inside of a head."""

from __future__ import annotations

from calc.ledger import Entry
from render.figures.kit import Pen
from render.figures.traced import largest


class StreamGradientPictures(Pen):
    """Where blame flows, and where it adds up."""

    def blame_road(self) -> str:
        """The gradient from the loss to the tables: how wide it is at each stop, and which parameters it reaches."""
        page, layers = self.page, self.page.n("L")
        stops: list[tuple[str, Entry, str]] = [("logits", page.grad(page.e("logits")), "w_out, ln_f")]
        for i in reversed(range(layers)):
            name = f", layer {i}" if layers > 1 else ""
            stops.append(
                (f"after feed-forward{name}", page.e(f"grad.layers.{i}.residual_2"), "w_2, b_2, w_1, b_1, ln_2")
            )
            stops.append((f"after attention{name}", page.e(f"grad.layers.{i}.residual_1"), "w_o, w_v, w_k, w_q, ln_1"))
        stops.append(("embeddings", page.e("grad.embedding.out"), "both tables"))
        norms = [self.size(entry) for _, entry, _ in stops]
        widest, gap = largest(*norms) or 1.0, 46.0
        d = self.sketch(44 + gap * len(stops) + 20)
        d.text(64, 14, "loss", "strong", "middle")
        d.number(64, 31, page.e("loss"), (), "small")
        d.text(128, 14, "where", "small faint")
        d.text(356, 14, "its parameters", "small faint", "end")
        halves = [4.0, *[3 + 24 * norm / widest for norm in norms]]
        for i, half in enumerate(halves[1:]):
            y, below = 40 + gap * i, 40 + gap * (i + 1)
            d.area([(64 - halves[i], y), (64 + halves[i], y), (64 + half, below), (64 - half, below)], "soft-gradient")
        for i, (where, entry, parameters) in enumerate(stops):
            y = 40 + gap * (i + 1)
            d.dot(64, y, "gradient", 4, entry.name)
            d.text(128, y, where, "small")
            d.number(128, y + 15, entry, tuple(page.at[a] for a in entry.axes), "gradient small", "start")
            d.text(356, y + 15, parameters, "small faint", "end")
        return d.done(
            "The gradient's way from the loss down to the embeddings, as a road with a stop for each part of the "
            "model: "
            + "; ".join(f"{where}: {self.said(e, tuple(page.at[a] for a in e.axes))}" for where, e, _ in stops)
            + ". At each stop the parameters named beside it get their gradients.",
            f"The backward pass, from the loss down. At each stop stands the gradient of the worked cell, at position "
            f"{page.at['T']} {page.tok(page.at['T'])}. The wider the road, the larger the stop's gradient as a whole "
            "(the root of the sum of its squares).",
        )

    def fork_back(self, out: Entry, stream: Entry, straight: str, branch: str, through: str) -> str:
        """The gradient of a residual's sum goes two ways to the stream below it, and the two add up."""
        page = self.page
        index = (page.at["T"], page.at["D"])
        one, two = page.via(stream, straight), page.via(stream, branch)
        d = self.sketch(216)
        d.number(120, 14, page.grad(out), index, "gradient strong")
        d.text(190, 14, "gradient of the sum", "small")
        d.line((112, 22), (60, 66), "gradient", arrow=True)
        d.line((128, 22), (214, 56), "gradient", arrow=True)
        d.text(60, 84, "straight:", "small", "middle")
        d.text(60, 98, "a copy", "small", "middle")
        d.box(138, 60, 180, 40, "gradient-edge", radius=6)
        d.text(228, 77, "back through", "small", "middle")
        d.text(228, 92, through, "small", "middle")
        d.line((60, 106), (60, 124), "gradient", arrow=True)
        d.line((228, 102), (228, 124), "gradient", arrow=True)
        d.number(60, 140, one, index, "gradient")
        d.number(228, 140, two, index, "gradient")
        d.line((66, 148), (112, 176), "gradient", arrow=True)
        d.line((218, 148), (130, 176), "gradient", arrow=True)
        d.dot(121, 182, "ring", 9)
        d.text(121, 186, "+", "strong", "middle")
        d.number(121, 212, page.grad(stream), index, "gradient strong")
        d.text(190, 212, "gradient of the stream below", "small")
        return d.done(
            f"A gradient of {self.said(page.grad(out), index)} parts in two: a copy goes straight down, "
            f"{self.said(one, index)}; the other goes back through {through} and arrives as {self.said(two, index)}. "
            f"The two add up to {self.said(page.grad(stream), index)}.",
            f"{self.of_layer()}Position {page.at['T']} {page.tok(page.at['T'])}, feature {page.at['D']}. What was "
            "used twice going forward collects twice going back.",
        )

    def head_back(self) -> str:
        """The inside of a head on the way back, with the worked cell's gradient at every stop."""
        page = self.page
        d = self.sketch(334)
        boxes = [
            (110, 4, "output", "attention.heads", "o"), (22, 76, "values", "attention.v_heads", "v"),
            (200, 76, "weights", "attention.weights", "A"), (200, 148, "masked scores", "attention.masked", ""),
            (200, 206, "scores", "attention.scores", "S"), (110, 280, "queries", "attention.q_heads", "q"),
            (246, 280, "keys", "attention.k_heads", "k"),
        ]  # fmt: skip
        told = []
        for x, y, words, name, _ in boxes:
            gradient = page.grad(page.w(name))
            index = tuple(page.at[a] for a in gradient.axes)
            d.box(x, y, 108, 44, "gradient-edge", gradient.name, 6)
            d.text(x + 54, y + 17, words, "small", "middle")
            d.number(x + 54, y + 35, gradient, index, "gradient strong")
            told.append(f"{words} {self.said(gradient, index)}")
        for start, end in (
            ((144, 50), (92, 74)), ((184, 50), (236, 74)), ((254, 122), (254, 146)), ((254, 194), (254, 204)),
            ((236, 252), (184, 278)), ((272, 252), (284, 278)),
        ):  # fmt: skip
            d.line(start, end, "gradient", arrow=True)
        for x, y, words in ((88, 64, "times weights"), (240, 64, "times values"), (264, 138, "softmax"),
                            (182, 266, "times keys"), (292, 266, "times queries")):  # fmt: skip
            d.text(x, y, words, "small faint", "end" if x < 200 else "start")
        return d.done(
            "The way back inside one head. The output's gradient parts: one way leads to the values, the other to "
            "the weights, "
            "through the softmax to the scores, and there parts again, to the queries and the keys. The worked cells: "
            + page.series(told) + ".",
            f"{self.of_layer()}Head {page.at['H']} on the way back, with the gradient of each table's worked cell.",
        )  # fmt: skip
