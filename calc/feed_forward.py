"""The feed-forward layer: each position alone goes up to F numbers, through GELU, and down again
(Vaswani et al., 2017, "Attention Is All You Need", section 3.3, with GELU for ReLU as in GPT-2)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

from calc import gelu
from calc.ledger import Entry, Tape


class FeedForward(NamedTuple):
    x: Entry
    gelu: gelu.Gelu
    out: Entry


def forward(led: Tape, x: Entry, p: SimpleNamespace, root_2: Entry) -> FeedForward:
    """x[T D] -> out[T D]"""
    product = led.put("up", None, "T F", "dot", x, p.w_1)  # F1
    hidden = led.put("hidden", "H", "T F", "add", product, p.b_1)  # F2
    activation = gelu.forward(led, hidden, root_2)  # F3
    down = led.put("down", None, "T D", "dot", activation.out, p.w_2)  # F4
    out = led.put("out", r"F_{\text{out}}", "T D", "add", down, p.b_2)  # F5
    return FeedForward(x, activation, out)


def backward(
    led: Tape, f: FeedForward, p: SimpleNamespace, root_2pi: Entry, dout: Entry
) -> tuple[Entry, dict[str, Entry]]:
    """dout[T D] -> dx[T D] and the gradients of w_1[D F], b_1[F], w_2[F D], b_2[D]

    A sum hands its gradient on unchanged, so F5 and F2 need no line of their own for their products.
    """
    db_2 = led.grad(p.b_2, "sum", dout)  # F5
    dw_2 = led.grad(p.w_2, "dot", f.gelu.out, dout)  # F4
    dactivated = led.grad(f.gelu.out, "dot", dout, p.w_2)  # F4
    dhidden = gelu.backward(led, f.gelu, root_2pi, dactivated)  # F3
    db_1 = led.grad(p.b_1, "sum", dhidden)  # F2
    dw_1 = led.grad(p.w_1, "dot", f.x, dhidden)  # F1
    dx = led.grad(f.x, "dot", dhidden, p.w_1)  # F1
    return dx, {"w_1": dw_1, "b_1": db_1, "w_2": dw_2, "b_2": db_2}


def jacobian(led: Tape, p: SimpleNamespace, slopes: Entry) -> Entry:
    """One row's Jacobian dout[D] / dx[D']: F4, F3 and F1 one after the other, which is w_2' diag(slopes) w_1'."""
    bent = led.put("bent", None, "F D", "mul", p.w_2, slopes)
    return led.put("fed", r"J_{\text{ffn}}", "D D'", "dot", bent, p.w_1.relabel("D' F"))


def bias_jacobian(led: Tape, dout: Entry, feature: int) -> None:
    """F5's Jacobian of one column of out[T] by the one bias that all its positions share: a column of ones. The
    column of dout times it is that bias's gradient."""
    one = led.given("slope", "1", "", 1)
    jacobian = led.put("jacobian", "J", "T", "repeat", one)
    column = led.put("gradient", r"\frac{\partial \mathcal{L}}{\partial y}", "T", "select", dout, at={"D": feature})
    led.put("product", None, "", "dot", column, jacobian)
