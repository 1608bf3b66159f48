"""The KV cache: keys and values of the words already read are kept, so that a new word is one query and not a new pass
over all of them (Pope et al., 2022, "Efficiently Scaling Transformer Inference", section 2.1).

A causal model allows it: what comes later never changes an earlier position's row, so its key and its value stay.
Here T counts the new positions and S all of them, the kept and the new.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from calc.ledger import Entry, Tape
from calc.operations import Array
from calc.parameters import layer_mark
from calc.qkv import QKV

if TYPE_CHECKING:
    from calc.model import Prediction

Kept = list[tuple[Array, Array]]  # keys[S C] and values[S C] of each layer


class Past(NamedTuple):
    """What a layer finds: the step's new positions[T], which of all positions each may see, mask[T S], and the kept
    keys[S C] and values[S C], with zeros in the rows that the step is to fill."""

    positions: Entry
    mask: Entry
    keys: Entry
    values: Entry

    def forward(self, led: Tape, x: Entry, p: SimpleNamespace) -> QKV:
        """x[T D] of the new positions -> q_heads[H T K], k_heads[H S K], v_heads[H S K]: calc/qkv.py's lines, but that
        only the new rows of keys and values are computed"""
        q = led.put("q", "Q", "T C", "dot", x, p.w_q)  # F1
        k_new = led.put("k_new", r"K_{\text{new}}", "T C", "dot", x, p.w_k)  # F2
        v_new = led.put("v_new", r"V_{\text{new}}", "T C", "dot", x, p.w_v)  # F3
        k_placed = led.put("k_placed", r"K_{\text{placed}}", "S C", "scatter_add", k_new, self.positions)
        v_placed = led.put("v_placed", r"V_{\text{placed}}", "S C", "scatter_add", v_new, self.positions)
        k = led.put("k", "K", "S C", "add", self.keys, k_placed)  # x + 0: the kept rows, and below them the new
        v = led.put("v", "V", "S C", "add", self.values, v_placed)
        q_heads = led.put("q_heads", "q", "H T K", "split", q)  # F4
        k_heads = led.put("k_heads", "k", "H S K", "split", k)  # F5
        v_heads = led.put("v_heads", "v", "H S K", "split", v)  # F6
        return QKV(x, q, k, v, q_heads, k_heads, v_heads, self.mask)


def empty(layers: int, width: int) -> Kept:
    """Nothing kept yet: no rows of C = `width` columns"""
    return [(np.zeros((0, width)), np.zeros((0, width))) for _ in range(layers)]


def read(led: Tape, kept: Kept, words: Array, positions: Entry) -> list[Past]:
    """Lays what is kept on the ledger: S - T rows, for the first of all the words[S]. positions[T] are the new ones."""
    with led.scope("cache"):
        led.given("tokens", r"\mathrm{id}", "S", words)
        every = led.put("every_mask", r"M_{\text{all}}", "P S", "causal_mask")
        mask = led.put("mask", "M", "T S", "gather", every, positions)
    past, new = [], led.sizes["S"] - len(kept[0][0])
    for i, (k, v) in enumerate(kept):
        with led.scope(f"cache.layers.{i}", layer_mark(i, len(kept))):
            keys = led.given("k", r"K_{\text{kept}}", "S C", np.pad(k, ((0, new), (0, 0))))
            values = led.given("v", r"V_{\text{kept}}", "S C", np.pad(v, ((0, new), (0, 0))))
        past.append(Past(positions, mask, keys, values))
    return past


def keep(predicted: Prediction) -> Kept:
    """What the next step finds: the keys and values of every position so far"""
    return [(block.attention.qkv.k.value, block.attention.qkv.v.value) for block in predicted.blocks]
