"""Embedding: a token's row of one table plus its position's row of another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from calc.ledger import Entry, Tape


class Embedding(NamedTuple):
    tokens: Entry
    positions: Entry
    token_rows: Entry
    position_rows: Entry
    out: Entry


def forward(led: Tape, tokens: Entry, positions: Entry, token_embedding: Entry, position_embedding: Entry) -> Embedding:
    """tokens[T], positions[T] -> out[T D]"""
    token_rows = led.put("token_rows", r"X_{\text{tok}}", "T D", "gather", token_embedding, tokens)  # F1
    position_rows = led.put("position_rows", r"X_{\text{pos}}", "T D", "gather", position_embedding, positions)  # F2
    out = led.put("out", "X_{0}", "T D", "add", token_rows, position_rows)  # F3
    return Embedding(tokens, positions, token_rows, position_rows, out)


def backward(
    led: Tape, f: Embedding, token_embedding: Entry, position_embedding: Entry, dout: Entry
) -> dict[str, Entry]:
    """dout[T D] -> gradients of both tables. A row that no position reads gets no gradient: zero by mathematics."""
    dposition_rows = led.grad(f.position_rows, "copy", dout)  # F3
    dtoken_rows = led.grad(f.token_rows, "copy", dout)  # F3
    dpositions = led.grad(
        position_embedding, "scatter_add", dposition_rows, f.positions, zeros=unread(f.positions, position_embedding)
    )  # F2
    dtokens = led.grad(
        token_embedding, "scatter_add", dtoken_rows, f.tokens, zeros=unread(f.tokens, token_embedding)
    )  # F1: where a token repeats, its rows' gradients add up
    return {"token_embedding": dtokens, "position_embedding": dpositions}


def unread(ids: Entry, table: Entry) -> np.ndarray:
    """rows x 1: True for the rows of the table whose number is not among the ids."""
    return ~np.isin(np.arange(len(table.value)), ids.value)[:, None]


def jacobian(led: Tape, ids: Entry, table: Entry, drows: Entry, feature: int) -> None:
    """F1's (or F2's) Jacobian of one column of the rows[T] by the same column of the table: in row t, 1 at `ids[t]` and
    0 elsewhere. The column of drows times it is that column of the table's gradient, and all columns at once are the
    scatter-add written as a product."""
    rows = table.axes[0]
    jacobian = led.put("jacobian", "J", f"T {rows}", "one_hot", ids)
    column = led.put("gradient", r"\frac{\partial \mathcal{L}}{\partial y}", "T", "select", drows, at={"D": feature})
    led.put("product", None, rows, "dot", column, jacobian)
    led.put("table", rf"J^\top {drows.symbol}", table.axes, "dot", jacobian, drows)
