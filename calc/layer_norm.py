"""Layer norm: each position's row is shifted to mean 0, stretched to variance about 1, then scaled and moved by
learned gains and biases (Ba, Kiros and Hinton, 2016, "Layer Normalization", section 3). The variance divides by D,
not D - 1."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

from calc.ledger import Entry, Tape


class LayerNorm(NamedTuple):
    x: Entry
    std: Entry
    normalized: Entry
    out: Entry


def forward(led: Tape, x: Entry, p: SimpleNamespace, eps: Entry, tag: str) -> LayerNorm:
    """x[T D], gamma[D], beta[D] -> out[T D]"""
    mean = led.put("mean", rf"\mu_{tag}", "T", "mean", x)  # F1
    centered = led.put("centered", None, "T D", "sub", x, mean)  # F2
    squared = led.put("squared", None, "T D", "square", centered)  # F3
    variance = led.put("variance", rf"\sigma^2_{tag}", "T", "mean", squared)  # F4
    raised = led.put("variance_plus_eps", None, "T", "add", variance, eps)  # F5: never divide by 0
    std = led.put("std", rf"\hat\sigma_{tag}", "T", "sqrt", raised)  # F6
    normalized = led.put("normalized", rf"\hat{{X}}_{tag}", "T D", "div", centered, std)  # F7
    scaled = led.put("scaled", None, "T D", "mul", normalized, p.gamma)  # F8
    out = led.put("out", f"N_{tag}", "T D", "add", scaled, p.beta)  # F9
    return LayerNorm(x, std, normalized, out)


def backward(
    led: Tape, f: LayerNorm, p: SimpleNamespace, dout: Entry, via: str | None = None
) -> tuple[Entry, dict[str, Entry]]:
    """dout[T D] -> dx[T D], by way of `via` where x has other consumers too, and the gradients of gamma[D] and beta[D].

    F7 to F1 folded: dx = (g - mean(g) - normalized * mean(g * normalized)) / std with g = dnormalized, means over D.
    """
    dbeta = led.grad(p.beta, "sum", dout)  # F9
    dgamma = led.grad(p.gamma, "dot", dout, f.normalized)  # F8
    dnormalized = led.grad(f.normalized, "mul", dout, p.gamma)  # F8
    mean = led.put("mean", r"\overline{g}", "T", "mean", dnormalized)  # F7 to F1 from here
    product = led.put("product", None, "T D", "mul", dnormalized, f.normalized)
    slope = led.put("slope", r"\overline{g \hat{X}}", "T", "mean", product)
    centered = led.put("centered", None, "T D", "sub", dnormalized, mean)
    stretch = led.put("stretch", None, "T D", "mul", f.normalized, slope)
    difference = led.put("difference", None, "T D", "sub", centered, stretch)
    dx = led.grad(f.x, "div", difference, f.std, via=via)
    return dx, {"gamma": dgamma, "beta": dbeta}


def jacobian(led: Tape, f: LayerNorm, dnormalized: Entry, position: int, symbol: str = "J") -> Entry:
    """One row's Jacobian dnormalized[D] / dx[D'], the unfolded form of backward's F7 to F1, with that row's numbers:
    (identity - (1 + normalized normalized') / D) / std; and the row of dnormalized times it, which is that row of
    dx."""
    at = {"T": position}
    row = led.put("row", r"\hat{x}", "D", "select", f.normalized, at=at)
    std = led.put("std", r"\hat\sigma", "", "select", f.std, at=at)
    width = led.put("width", "D", "", "size", row)
    outer = led.put("outer", r"\hat{x}^\top \hat{x}", "D D'", "mul", row, row.relabel("D'"))
    plus_one = led.put("plus_one", None, "D D'", "add_constant", outer, constant=1.0)
    shared = led.put("shared", None, "D D'", "div", plus_one, width)
    identity = led.put("identity", "I", "D D'", "identity")
    difference = led.put("difference", None, "D D'", "sub", identity, shared)
    jacobian = led.put("jacobian", symbol, "D D'", "div", difference, std)
    drow = led.put("gradient_row", r"\frac{\partial \mathcal{L}}{\partial \hat{x}}", "D", "select", dnormalized, at=at)
    led.put("product", None, "D'", "dot", drow, jacobian)
    return jacobian
