"""The output layer: each position's last row becomes one logit for every word of the vocabulary. The weights are its
own, not the embedding table's (untied)."""

from __future__ import annotations

from typing import NamedTuple

from calc.ledger import Entry, Tape


class Output(NamedTuple):
    x: Entry
    logits: Entry


def forward(led: Tape, x: Entry, w_out: Entry) -> Output:
    """x[T D], w_out[D V] -> logits[T V]"""
    logits = led.put("logits", "Z", "T V", "dot", x, w_out)  # F1
    return Output(x, logits)


def backward(led: Tape, f: Output, w_out: Entry, dlogits: Entry) -> tuple[Entry, Entry]:
    """dlogits[T V] -> dx[T D], dw_out[D V]"""
    dw_out = led.grad(w_out, "dot", f.x, dlogits)  # F1
    dx = led.grad(f.x, "dot", dlogits, w_out)  # F1
    return dx, dw_out
