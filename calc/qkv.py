"""Queries, keys and values: three projections of one input, dealt out to the heads
(Vaswani et al., 2017, "Attention Is All You Need", section 3.2.2)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

from calc.ledger import Entry, Tape


class QKV(NamedTuple):
    x: Entry
    q: Entry
    k: Entry
    v: Entry
    q_heads: Entry
    k_heads: Entry
    v_heads: Entry
    mask: Entry | None = None  # [T S], where the queries do not begin at the first position


def forward(led: Tape, x: Entry, p: SimpleNamespace) -> QKV:
    """x[T D] -> q_heads[H T K], k_heads[H S K], v_heads[H S K]. As keys and values, positions are counted by S."""
    q = led.put("q", "Q", "T C", "dot", x, p.w_q)  # F1
    k = led.put("k", "K", "S C", "dot", x.relabel("S D"), p.w_k)  # F2
    v = led.put("v", "V", "S C", "dot", x.relabel("S D"), p.w_v)  # F3
    q_heads = led.put("q_heads", "q", "H T K", "split", q)  # F4
    k_heads = led.put("k_heads", "k", "H S K", "split", k)  # F5
    v_heads = led.put("v_heads", "v", "H S K", "split", v)  # F6
    return QKV(x, q, k, v, q_heads, k_heads, v_heads)


def backward(
    led: Tape, f: QKV, p: SimpleNamespace, dq_heads: Entry, dk_heads: Entry, dv_heads: Entry
) -> tuple[Entry, dict[str, Entry]]:
    """dq_heads[H T K], dk_heads[H S K], dv_heads[H S K] -> dx[T D], the sum of three parts, and dw_q, dw_k, dw_v [D
    C]"""
    dv = led.grad(f.v, "join", dv_heads)  # F6
    dk = led.grad(f.k, "join", dk_heads)  # F5
    dq = led.grad(f.q, "join", dq_heads)  # F4
    dw_v = led.grad(p.w_v, "dot", f.x.relabel("S D"), dv)  # F3
    dx_v = led.grad(f.x, "dot", dv.relabel("T C"), p.w_v, via="v")  # F3
    dw_k = led.grad(p.w_k, "dot", f.x.relabel("S D"), dk)  # F2
    dx_k = led.grad(f.x, "dot", dk.relabel("T C"), p.w_k, via="k")  # F2
    dw_q = led.grad(p.w_q, "dot", f.x, dq)  # F1
    dx_q = led.grad(f.x, "dot", dq, p.w_q, via="q")  # F1
    dx = led.grad(f.x, "add", dx_q, dx_k, dx_v)
    return dx, {"w_q": dw_q, "w_k": dw_k, "w_v": dw_v}
