"""The heads, side by side, projected back to the width of the model and added to the residual stream
(Vaswani et al., 2017, "Attention Is All You Need", section 3.2.2)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

from calc.ledger import Entry, Tape


class MultiHead(NamedTuple):
    heads: Entry
    joined: Entry
    out: Entry


def forward(led: Tape, heads: Entry, p: SimpleNamespace) -> MultiHead:
    """heads[H T K] -> out[T D]"""
    joined = led.put("joined", "O", "T C", "join", heads)  # F1
    out = led.put("out", r"A_{\text{out}}", "T D", "dot", joined, p.w_o)  # F2
    return MultiHead(heads, joined, out)


def backward(led: Tape, f: MultiHead, p: SimpleNamespace, dout: Entry) -> tuple[Entry, dict[str, Entry]]:
    """dout[T D] -> dheads[H T K] and dw_o[C D]"""
    dw_o = led.grad(p.w_o, "dot", f.joined, dout)  # F2
    djoined = led.grad(f.joined, "dot", dout, p.w_o)  # F2
    dheads = led.grad(f.heads, "split", djoined)  # F1
    return dheads, {"w_o": dw_o}


def jacobian(led: Tape, djoined: Entry, head: int, position: int) -> None:
    """F1's Jacobian of one joined row[C] by the row[K] of one of its heads: that head's columns of the identity. A
    row of djoined times it is that head's row of dheads."""
    identity = led.put("identity", "I", "C C'", "identity")
    dealt = led.put("dealt", r"I_{\text{heads}}", "H C K", "split", identity)
    jacobian = led.put("jacobian", "J", "C K", "select", dealt, at={"H": head})
    symbol = r"\frac{\partial \mathcal{L}}{\partial y}"
    row = led.put("gradient", symbol, "C", "select", djoined, at={"T": position})
    led.put("product", None, "K", "dot", row, jacobian)
