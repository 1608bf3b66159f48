"""The curves of the pages before the walk: ReLU and GELU, and a tangent."""

from __future__ import annotations

import math
from collections.abc import Callable

from render.figures.drawing import Point, Scale
from render.figures.kit import Pen, Sketch
from render.figures.traced import by_sign, erfc, largest, least

REACH = 3.2  # the curves run this far to both sides of zero, or past the marked point
STEPS = 64


class CurvePictures(Pen):
    """GELU beside ReLU, and with its tangent."""

    def two_curves(self) -> str:
        """ReLU and GELU, with the worked hidden unit on both."""
        page = self.page
        hidden, index = page.e("primer.linear.hidden"), (page.at["F"],)
        h, activated = self.value(hidden, index), page.e("primer.linear.gelu")
        points = zip(self.row(hidden), self.row(activated), strict=True)
        d, x, y = self._axes(h, 200)
        reach = x.high
        d.curve([(x(-reach), y(0)), (x(0), y(0)), (x(reach), y(reach))], "dashed")
        d.curve(_points(gelu, x, y), "value")
        d.text(x(reach) - 70, y(reach) + 16, "ReLU", "faint halo", "end")
        d.text(x(reach) - 36, y(reach) + 58, "GELU", "value halo")
        d.dots([(x(u), y(g)) for u, g in points], "soft value", activated.name, 2.4)
        d.dot(x(h), y(self.value(activated, index)), "none ring", 5, activated.name)
        d.text(8, 18, f"GELU of hidden unit {index[0]}", "small faint")
        d.number(8, 34, activated, index, "value", "start")
        return d.done(
            "Two curves. ReLU is zero to the left of zero and the straight line up to the right. GELU is smooth, dips "
            "a little below zero on the left and comes close to ReLU on both sides. The hidden units of "
            f"{self.placed(page.at['T'])} lie on it as dots; unit {index[0]} goes from {self.said(hidden, index)} to "
            f"{self.said(activated, index)}.",
            f"{self.of_layer()}ReLU, dashed, and GELU. The dots on GELU's curve are the {page.n('F')} hidden units, "
            f"the numbers between the two matrices, of {page.position(page.at['T'])}; "
            f"the ringed one is unit {index[0]}.",
        )

    def tangent(self) -> str:
        """GELU near the worked hidden unit, with the tangent there."""
        page = self.page
        h, out, slope = (page.e(f"primer.chain.{name}") for name in ("h", "activated", "g_by_h"))
        at, value, rise = self.value(h), self.value(out), self.value(slope)
        d, x, y = self._axes(at, 190)
        d.curve(_points(gelu, x, y), "value")
        lowest = -24 / (y.start - y.end) * y.high  # as far down as the paper goes
        left, right = by_sign(rise, least(1.5, (value - lowest) / rise) if rise else 1.5, 1.5), 1.5
        d.line((x(at - left), y(value - left * rise)), (x(at + right), y(value + right * rise)), "gradient")
        d.dot(x(at), y(value), "ring value", 4, out.name)
        d.text(8, 18, "value G", "value")
        d.number(60, 18, out, kind="value", anchor="start")
        d.text(8, 36, "slope dG/dh", "gradient")
        d.number(82, 36, slope, kind="gradient", anchor="start")
        return d.done(
            f"The curve of GELU and the straight line that touches it at h = {self.said(h)}, where G is "
            f"{self.said(out)}. The line's slope is {self.said(slope)}.",
            "GELU and its tangent at h: the straight line that the curve looks like from close by.",
        )

    def _axes(self, point: float, height: float) -> tuple[Sketch, Scale, Scale]:
        """A sketch with both axes through zero, and its scales: as many units up as to the side are as long."""
        reach = largest(REACH, abs(point) + 1.6)
        d = self.sketch(height)
        x = Scale(-reach, reach, 8, 352)
        per_unit = 344 / (2 * reach)
        zero = height - 30
        y = Scale(0, (zero - 10) / per_unit, zero, 10)
        d.line((8, zero), (352, zero), "thin")
        d.line((x(0), 8), (x(0), height - 8), "thin")
        d.text(x(0) + 5, zero + 16, "0", "small faint")
        return d, x, y


def gelu(x: float) -> float:
    return x * erfc(-x / math.sqrt(2)) / 2


def _points(curve: Callable[[float], float], x: Scale, y: Scale) -> list[Point]:
    """Points of a curve from one end of the horizontal scale to the other, as far as the vertical one goes."""
    steps = [x.low + (x.high - x.low) * i / STEPS for i in range(STEPS + 1)]
    return [(x(u), y(curve(u))) for u in steps if curve(u) <= y.high]
