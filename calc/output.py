"""The output layer: each position's last row becomes one logit for every word of the vocabulary. The weights are its
own, not the embedding table's (untied)."""

from __future__ import annotations

from typing import NamedTuple

from calc.ledger import Entry, Tape

_BY = r"\frac{{\partial \mathcal{{L}}}}{{\partial {}}}"


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


def jacobian(led: Tape, f: Output, w_out: Entry, dlogits: Entry, position: int, word: int) -> None:
    """F1's two Jacobians, and with each the gradient that it gives. One row of logits[V] by its row of x[D] is w_out
    turned over; one column of logits[T] by its column of w_out[D] is x itself."""
    with led.scope("row"):
        jacobian = led.put("jacobian", "J", "V D", "copy", w_out)
        drow = led.put("gradient", _BY.format("z"), "V", "select", dlogits, at={"T": position})
        led.put("product", None, "D", "dot", drow, jacobian)
    with led.scope("column"):
        jacobian = led.put("jacobian", r"J_{\text{col}}", "T D", "copy", f.x)
        dcolumn = led.put("gradient", _BY.format(r"z_{\text{col}}"), "T", "select", dlogits, at={"V": word})
        led.put("product", None, "D", "dot", dcolumn, jacobian)
