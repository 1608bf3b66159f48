"""Softmax over the last axis: each row of scores becomes positive weights that sum to 1. The row's largest score is
taken off first: it cancels, and exp cannot overflow."""

from __future__ import annotations

from calc.ledger import Entry, Tape


def forward(led: Tape, scores: Entry, name: str, symbol: str, top: str = "m", total: str = r"\ell") -> Entry:
    """scores[.. S] -> weights[.. S], here with the axes of attention, H T S"""
    axes, rows = scores.axes, scores.axes[:-1]
    largest = led.put("top", top, rows, "max", scores)  # F1
    shifted = led.put("shifted", None, axes, "sub", scores, largest)  # F2
    exp = led.put("exp", None, axes, "exp", shifted)  # F3
    sums = led.put("total", total, rows, "sum", exp)  # F4
    return led.put(name, symbol, axes, "div", exp, sums)  # F5


def backward(led: Tape, weights: Entry, dweights: Entry, row: str) -> Entry:
    """dweights[H T S] -> dweights - sum over S of dweights * weights, which times the weights is dscores[H T S].

    F5 to F3 folded: dscores = weights * (dweights - sum of weights * dweights). F1 moves a whole row alike and
    cancels in F5, so it needs no gradient. The last product is the caller's, who knows what the scores were.
    """
    product = led.put("product", None, weights.axes, "mul", weights, dweights)
    sums = led.put("row_sum", row, weights.axes[:-1], "sum", product)
    return led.put("centered", None, weights.axes, "sub", dweights, sums)


def jacobian(led: Tape, weights: Entry, dweights: Entry, at: dict[str, int], symbol: str = "a") -> None:
    """One row's Jacobian dweights[S] / dscores[S'], the unfolded form of backward: diag(weights) - weights weights',
    and the row of dweights times it, which is that row of dscores. The axis is the last one of the weights."""
    s = weights.axes[-1]
    again, square = f"{s}'", f"{s} {s}'"
    row = led.put("row", symbol, s, "select", weights, at=at)
    identity = led.put("identity", "I", square, "identity")
    diagonal = led.put("diagonal", rf"\operatorname{{diag}}({symbol})", square, "mul", identity, row)
    outer = led.put("outer", rf"{symbol}^\top {symbol}", square, "mul", row, row.relabel(again))
    jacobian = led.put("jacobian", "J", square, "sub", diagonal, outer)
    drow = led.put(
        "gradient_row", rf"\frac{{\partial \mathcal{{L}}}}{{\partial {symbol}}}", s, "select", dweights, at=at
    )
    led.put("product", None, again, "dot", drow, jacobian)
