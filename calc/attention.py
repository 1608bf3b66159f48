"""Causal scaled dot-product attention: every query weighs the keys up to its own position and takes that mixture of
their values (Vaswani et al., 2017, "Attention Is All You Need", equation 1)."""

from __future__ import annotations

from typing import NamedTuple

from calc import softmax
from calc.ledger import Entry, Tape
from calc.qkv import QKV


class Attention(NamedTuple):
    qkv: QKV
    root: Entry
    mask: Entry
    scores: Entry
    scaled: Entry
    masked: Entry
    weights: Entry
    heads: Entry


def forward(led: Tape, qkv: QKV, head_width: Entry) -> Attention:
    """q_heads[H T K], k_heads[H S K], v_heads[H S K] -> heads[H T K]"""
    root = led.put("root", None, "", "sqrt", head_width)  # F1
    mask = led.put("mask", "M", "T S", "causal_mask")  # F2
    scores = led.put("scores", "S", "H T S", "dot", qkv.q_heads, qkv.k_heads)  # F3
    scaled = led.put("scaled", r"\bar{S}", "H T S", "div", scores, root)  # F4
    masked = led.put("masked", r"\tilde{S}", "H T S", "mask", scaled, mask)  # F5
    weights = softmax.forward(led, masked, "weights", "A")  # F6
    heads = led.put("heads", "o", "H T K", "dot", weights, qkv.v_heads)  # F7
    return Attention(qkv, root, mask, scores, scaled, masked, weights, heads)


def backward(led: Tape, f: Attention, dheads: Entry) -> tuple[Entry, Entry, Entry]:
    """dheads[H T K] -> dq_heads[H T K], dk_heads[H S K], dv_heads[H S K]"""
    q, k, v = f.qkv.q_heads, f.qkv.k_heads, f.qkv.v_heads
    hidden = f.mask.value == 0  # a later key has weight 0, so nothing flows back to its score
    dv = led.grad(v, "dot", f.weights, dheads)  # F7
    dweights = led.grad(f.weights, "dot", dheads, v)  # F7
    centered = softmax.backward(led, f.weights, dweights, "r")  # F6
    dmasked = led.grad(f.masked, "mul", f.weights, centered, zeros=hidden)  # F6
    dscaled = led.grad(f.scaled, "mul", dmasked, f.mask, zeros=hidden)  # F5
    dscores = led.grad(f.scores, "div", dscaled, f.root, zeros=hidden)  # F4
    dk = led.grad(k, "dot", dscores, q)  # F3
    dq = led.grad(q, "dot", dscores, k)  # F3
    return dq, dk, dv
