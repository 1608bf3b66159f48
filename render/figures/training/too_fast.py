"""A learning rate ten times too high in a picture: the loss along the fast step's way, and what its start promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calc.too_fast import TIMES, WAY
from render.figures.drawing import Scale
from render.figures.kit import Pen

if TYPE_CHECKING:
    from render.page import Page

LEFT, RIGHT, TOP, BOTTOM = 14.0, 346.0, 26.0, 190.0


class Fast(Pen):
    """Other runs than the walk's step do not follow what a reader changes, so nothing here is traced."""

    def fast_way(self, run: Page, slope: float) -> str:
        """The loss along the fast step, and the straight line that the gradient draws at its start, which rises by
        `slope` over the whole way."""
        losses = run.e("losses.way").value.tolist()
        high, low = max(losses), min(losses)
        room = 0.06 * (high - low or 1.0)
        x, y = Scale(0, 1, LEFT, RIGHT), Scale(low - room, high + room, BOTTOM, TOP)
        d = self.sketch(BOTTOM + 44)
        d.line((LEFT, BOTTOM), (RIGHT, BOTTOM), "thin")
        d.line((LEFT, TOP), (LEFT, BOTTOM), "thin")
        d.text(LEFT, TOP - 10, "loss", "small value")
        edge = y.low if slope < 0 else y.high
        end = min(1.0, abs((edge - losses[0]) / slope)) if slope else 1.0
        d.line((x(0), y(losses[0])), (x(end), y(losses[0] + slope * end)), "update dashed")
        d.curve([(x(float(share)), y(loss)) for share, loss in zip(WAY, losses, strict=False)], "value")
        d.dot(x(0), y(losses[0]), "value", 4)
        own = (len(WAY) - 1) // TIMES
        whole = len(losses) == len(WAY)
        for place, words in ((1 / TIMES, "the walk's step"), (1.0, "the fast step")):
            n = own if place < 1 else len(WAY) - 1
            d.line((x(place), BOTTOM), (x(place), BOTTOM + 6), "thin")
            d.text(x(place), BOTTOM + 19, words, "small", "middle" if place < 1 else "end")
            if n < len(losses):
                d.dot(x(place), y(losses[n]), "value", 4)
        d.text(RIGHT, BOTTOM + 37, "dashed: what the gradient promises", "small update", "end")
        ends = "" if whole else " It ends where a number overflows."
        return d.done(
            "The loss along the way of the fast step, a tenth of which is the walk's own step. A straight dashed line "
            f"leaves the curve at the start, as steep as the curve is there.{ends}",
            "The loss on the way from the old weights to the new ones of the fast step, all parameters moving "
            f"together. The dots are the start, the walk's step and the fast step.{ends}",
        )
