"""Pictures of a gradient as a slope: the loss as a curve over one number of the step, with the tangent through the
step's own point; and GELU's slope with this step's points on it."""

from __future__ import annotations

import math

import numpy as np

from calc import loss
from calc.ledger import Entry, Tape
from calc.program import Replay
from render.figures.drawing import Scale
from render.figures.kit import Index, Pen
from render.figures.traced import by_sign, ceil, erfc, exp, largest, least

POINTS = 31  # of a curve: each is a forward pass
FLAT = 1e-12  # a slope that no tangent shows
LEFT, RIGHT, TOP, BOTTOM = 54.0, 350.0, 26.0, 176.0


class SlopePictures(Pen):
    """Curves with the tangent whose slope is a gradient of the ledger."""

    def loss_slope(self, entry: Entry, what: str, span: float = 2.0, **at: int) -> str:
        """The loss over one logit or one parameter, from `span` below its value to `span` above. `what` names the
        number in the picture's sentences: the logit of “on”."""
        page = self.page
        index = tuple(at.get(axis, page.at[axis]) for axis in entry.axes)
        slope, total = self.value(page.grad(entry), index), page.e("loss")
        level = self.value(total)
        moves = np.linspace(-span, span, POINTS)
        found = self._losses(entry, index, float(entry.value[index]) + moves)
        losses = [self.nudged(loss, entry, index, float(by)) for loss, by in zip(found, moves, strict=True)]
        low, high = least(*losses, level), largest(*losses, level)
        room = 0.12 * (high - low) + 1e-9
        x = Scale(-span, span, LEFT, RIGHT)  # from this step's value
        y = Scale(low - room, high + room, BOTTOM, TOP)
        d = self.sketch(216)
        d.text(0, 12, "loss, in nats", "small")
        d.line((LEFT, TOP), (LEFT, BOTTOM), "thin")
        d.line((LEFT, BOTTOM), (RIGHT, BOTTOM), "thin")
        d.line((LEFT, y(level)), (x(0), y(level)), "dashed thin")
        d.line((x(0), y(level)), (x(0), BOTTOM), "dashed thin")
        d.curve([(x(float(by)), y(loss)) for by, loss in zip(moves, losses, strict=True)], "value")
        steep = largest(abs(slope), FLAT)
        reach = least(span, (y.high - level) / steep, (level - y.low) / steep)
        d.line((x(-reach), y(level - slope * reach)), (x(reach), y(level + slope * reach)), "gradient")
        d.dot(x(0), y(level), "ring", 4, page.grad(entry).name)
        d.number(LEFT - 5, y(level) + 4, total, (), "small", "end")
        d.number(x(0), BOTTOM + 16, entry, index, "small")
        d.text((LEFT + RIGHT) / 2, BOTTOM + 34, what, "small", "middle")
        d.text(RIGHT - 84, 12, "slope", "small gradient", "end")
        d.number(RIGHT, 12, page.grad(entry), index, "gradient strong", "end")
        others = "logits" if entry.name == "logits" else "parameters"
        turn = self.signed(slope, "rises", "falls", "stays level")
        return d.done(
            f"The loss as a curve over {what}, all other {others} held still. At this step's value, "
            f"{self.said(entry, index)}, the loss is {self.said(total)}; the tangent there {turn} to the right, with "
            "the "
            f"slope {self.said(page.grad(entry), index)}, which is the gradient.",
            f"The curve is the loss for other values of {page_words(what)}, each found by running the rest of the "
            "forward pass again. The straight line touches it at this step's point. Its slope is the gradient.",
        )

    def gelu_slope(self) -> str:
        """The slope of GELU as a curve, with the hidden numbers of the worked row on it."""
        page = self.page
        hidden, slopes = page.w("ffn.hidden"), page.w("backward.ffn.slope")
        t, f = page.at["T"], page.at["F"]
        row, tall = self.row(hidden, (t,)), self.row(slopes, (t,))
        reach = largest(2.5, ceil(2 * largest(*map(abs, row))) / 2)
        x, y = Scale(-reach, reach, 20.0, 350.0), Scale(-0.25, 1.25, 176.0, 20.0)
        d = self.sketch(214)
        d.text(20, 12, "slope", "small")
        for level, place, words, anchor in ((0.0, 350, "flat", "end"), (1.0, 20, "as steep as x itself", "start")):
            d.line((20, y(level)), (350, y(level)), "faint")
            d.text(place, y(level) - 5, words, "small faint", anchor)
        d.line((x(0), 20), (x(0), 176), "faint")
        grid = [-reach + 2 * reach * i / 60 for i in range(61)]
        d.curve([(x(v), y(_slope(v))) for v in grid], "gradient")
        d.dots([(x(v), y(s)) for v, s in zip(row, tall, strict=True)], "soft", slopes.name, 2.6)
        d.line((x(row[f]), y(tall[f])), (x(row[f]), 176), "dashed thin")
        d.dot(x(row[f]), y(tall[f]), "ring", 4.5, slopes.name)
        d.number(x(row[f]), 192, hidden, (t, f), "small")
        # Where the curve is not: above it on the left, and below it where it lies flat again.
        aside, below = (by_sign(0.9 - tall[f], one, other) for one, other in ((-26, 26), (-8, 20)))
        d.number(x(row[f]) + aside, y(tall[f]) + below, slopes, (t, f), "gradient strong halo")
        d.text(185, 210, "hidden number", "small", "middle")
        return d.done(
            "The slope of GELU: far on the left close to 0 and below it, still below 0 nearer the middle, a half at "
            f"0, then rising a little above 1, close to 1 far on the right. On it the {len(row)} hidden numbers of "
            f"{self.placed(t)}. "
            f"Hidden unit {f} stands at {self.said(hidden, (t, f))}, where the slope is {self.said(slopes, (t, f))}.",
            f"{self.of_layer()}Each point is one hidden number of {page.tok(t)}: where it stands, and by what its "
            "gradient "
            f"is multiplied. Ringed: hidden unit {f}.",
        )

    def _losses(self, entry: Entry, index: Index, values: np.ndarray) -> list[float]:
        """The loss for each value in the cell's place, by the engine's own forward pass with nothing recorded."""
        page, found = self.page, []
        rest = Replay(page.ledger, ["loss"])
        for value in values:
            moved = entry.value.copy()
            moved[index] = value
            if entry.name == "logits":
                tape = Tape(page.ledger.sizes)
                new = tape.given(entry.name, entry.symbol, entry.axes, moved)
                found.append(float(loss.forward(tape, new, page.e("inputs.targets")).loss.value))
            else:
                found.append(float(rest({entry.name: moved})["loss"]))
        return found


def page_words(what: str) -> str:
    """Words of a picture, safe in its caption."""
    return what.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _slope(x: float) -> float:
    """GELU's slope, for the curve alone."""
    return erfc(-x / math.sqrt(2)) / 2 + x * exp(-x * x / 2) / math.sqrt(2 * math.pi)
