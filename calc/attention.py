"""Causal scaled dot-product attention: every query weighs the keys up to its own position and takes that mixture of
their values (Vaswani et al., 2017, "Attention Is All You Need", equation 1)."""

from __future__ import annotations

from collections.abc import Mapping
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
    mask = qkv.mask or led.put("mask", "M", "T S", "causal_mask")  # F2
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


def jacobian(led: Tape, f: Attention, gradients: Mapping[str, Entry], at: Mapping[str, int]) -> None:
    """The Jacobians of F7, F5, F4 and F3 for one query of one head, and of F7 and F3 for one channel of a value and one
    key, each with the gradient that comes in times it. `at` gives H, T, S and K; `gradients` has those of heads,
    masked, scaled and scores."""
    h, t, square = {"H": at["H"]}, {"H": at["H"], "T": at["T"]}, "S S'"
    symbol = r"\frac{\partial \mathcal{L}}{\partial y}"
    with led.scope("mixture"):  # F7: one row of heads[K] by its row of weights[S]
        values = led.put("values", "v", "S K", "select", f.qkv.v_heads, at=h)
        jacobian = led.put("jacobian", "J", "K S", "copy", values)
        row = led.put("gradient", symbol, "K", "select", gradients["heads"], at=t)
        led.put("product", None, "S", "dot", row, jacobian)
    with led.scope("value"):  # F7: one column of heads[T] by its column of v_heads[S]
        jacobian = led.put("jacobian", "J", "T S", "select", f.weights, at=h)
        column = led.put("gradient", symbol, "T", "select", gradients["heads"], at=h | {"K": at["K"]})
        led.put("product", None, "S", "dot", column, jacobian)
    with led.scope("mask"):  # F5, as if it multiplied by the mask
        identity = led.put("identity", "I", square, "identity")
        seen = led.put("seen", r"\operatorname{row}(M)", "S", "select", f.mask, at={"T": at["T"]})
        jacobian = led.put("jacobian", "J", square, "mul", identity, seen)
        row = led.put("gradient", symbol, "S", "select", gradients["masked"], at=t)
        led.put("product", None, "S'", "dot", row, jacobian)
    with led.scope("scale"):  # F4
        jacobian = led.put("jacobian", "J", square, "div", identity, f.root)
        row = led.put("gradient", symbol, "S", "select", gradients["scaled"], at=t)
        led.put("product", None, "S'", "dot", row, jacobian)
    with led.scope("query"):  # F3: one row of scores[S] by its query[K]
        jacobian = led.put("jacobian", "J", "S K", "select", f.qkv.k_heads, at=h)
        row = led.put("gradient", symbol, "S", "select", gradients["scores"], at=t)
        led.put("product", None, "K", "dot", row, jacobian)
    with led.scope("key"):  # F3: one column of scores[T] by its key[K]
        jacobian = led.put("jacobian", "J", "T K", "select", f.qkv.q_heads, at=h)
        column = led.put("gradient", symbol, "T", "select", gradients["scores"], at=h | {"S": at["S"]})
        led.put("product", None, "K", "dot", column, jacobian)
