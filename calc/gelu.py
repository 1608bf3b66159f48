"""GELU: x times the share of a standard normal distribution below x (Hendrycks and Gimpel, 2016, "Gaussian Error Linear
Units", section 2). The share is erfc(-x / sqrt 2) / 2: the form 1 + erf loses digits where x is well below 0."""

from __future__ import annotations

from typing import NamedTuple

from calc.ledger import Entry, Tape


class Gelu(NamedTuple):
    x: Entry
    cdf: Entry
    out: Entry


def forward(led: Tape, x: Entry, root_2: Entry) -> Gelu:
    """x[T F] -> out[T F]"""
    scaled = led.put("scaled", None, x.axes, "div", x, root_2)  # F1
    negated = led.put("negated", None, x.axes, "neg", scaled)  # F2
    erfc = led.put("erfc", None, x.axes, "erfc", negated)  # F3
    cdf = led.put("cdf", r"\Phi", x.axes, "mul_constant", erfc, constant=0.5)  # F4
    out = led.put("activated", "G", x.axes, "mul", x, cdf)  # F5
    return Gelu(x, cdf, out)


def backward(led: Tape, f: Gelu, root_2pi: Entry, dout: Entry) -> Entry:
    """dout[T F] -> dx[T F]

    F5 to F1 folded: the slope of x cdf(x) is cdf(x) + x pdf(x), with pdf(x) = exp(-x^2 / 2) / sqrt(2 pi).
    """
    squared = led.put("squared", None, f.x.axes, "square", f.x)
    halved = led.put("halved", None, f.x.axes, "mul_constant", squared, constant=-0.5)
    bell = led.put("bell", None, f.x.axes, "exp", halved)
    pdf = led.put("pdf", r"\varphi", f.x.axes, "div", bell, root_2pi)
    tilt = led.put("tilt", None, f.x.axes, "mul", f.x, pdf)
    slope = led.put("slope", "G'", f.x.axes, "add", f.cdf, tilt)
    return led.grad(f.x, "mul", dout, slope)


def jacobian(led: Tape, slope: Entry, dout: Entry, position: int) -> Entry:
    """One row's Jacobian dout[F] / dx[F] has the slopes on its diagonal and 0 elsewhere, so it is kept as the row of
    its diagonal; and the row of dout times it is a product number by number."""
    at = {"T": position}
    diagonal = led.put("diagonal", r"G'_{\text{row}}", "F", "select", slope, at=at)
    row = led.put("gradient", r"\frac{\partial \mathcal{L}}{\partial y}", "F", "select", dout, at=at)
    led.put("product", None, "F", "mul", row, diagonal)
    return diagonal
