"""Formulas of entries, from the ledger's own operations: the symbol with an index for each axis, and the rule for a
cell."""

from __future__ import annotations

from collections.abc import Mapping

from calc import symbols
from calc.ledger import Entry, Ledger
from calc.operations import Axes

INFINITY = r"-\infty"


def letter(axis: str) -> str:
    """The index that runs along an axis: t along T, s' along S'."""
    return axis.lower()


def indexed(ledger: Ledger, entry: Entry, axes: Axes | None = None, fixed: Mapping[str, str] | None = None) -> str:
    """The entry's symbol with an index for each axis; `axes` are the letters it is read with, `fixed` replaces some
    of them."""
    letters = [(fixed or {}).get(a, letter(a)) for a in (entry.axes if axes is None else axes)]
    if entry.name.startswith("grad."):
        name, _, via = entry.name.removeprefix("grad.").partition(".via.")
        if name in ledger:
            return symbols.gradient(subscripted(ledger[name].symbol, letters), via or None)
    return subscripted(entry.symbol, letters)


def subscripted(symbol: str, indices: list[str]) -> str:
    if not indices:
        return symbol
    base = symbols.grouped(symbol)
    composed = base == symbol and not symbols.is_atom(symbol)
    # An index behind a root would seem to be one of what stands last under it.
    if "_" in symbols.outside(base) or composed or base.startswith(r"\sqrt"):
        base = rf"\left({symbol}\right)" if r"\frac" in symbol else f"({symbol})"
    return f"{base}_{{{','.join(indices)}}}"


def rule(ledger: Ledger, entry: Entry) -> str:
    """`symbol[indices] = the operation on the operands' cells`, which holds for every cell of the entry."""
    left, right = indexed(ledger, entry), right_side(ledger, entry)
    return left if left == right else f"{left} = {right}"  # a scalar without a letter is written as its formula


def right_side(ledger: Ledger, entry: Entry) -> str:
    """The operation on the operands' cells, in LaTeX."""
    read = list(zip(entry.operands, entry.operand_axes, strict=True))
    o = [indexed(ledger, operand, axes) for operand, axes in read]
    over = ",".join(letter(a) for axes in entry.operand_axes for a in dict.fromkeys(axes) if a not in entry.axes)
    match entry.op:
        case "dot":
            summed = [a for a in entry.operand_axes[0] if a not in entry.axes]
            return rf"\sum_{{{','.join(map(letter, summed))}}} {symbols.factor(o[0])}\, {symbols.factor(o[1])}"
        case "add":
            return " + ".join(o)
        case "sub":
            return f"{o[0]} - {symbols.factor(o[1])}"
        case "mul":
            return rf"{symbols.factor(o[0])} \cdot {symbols.factor(o[1])}"
        case "div":
            return rf"\frac{{{o[0]}}}{{{o[1]}}}"
        case "add_constant":
            return f"{o[0]} + {entry.attrs['constant']:g}"
        case "mul_constant":
            return f"{symbols.constant(entry.attrs['constant'])}{symbols.factor(o[0])}"
        case "power":
            return f"{o[0]}^{{{o[1]}}}"
        case "neg":
            return f"-{symbols.factor(o[0])}"
        case "copy" | "repeat":
            return o[0]
        case "exp":
            return rf"\exp\left({o[0]}\right)"
        case "log":
            return rf"\ln {symbols.factor(o[0])}"
        case "sqrt":
            return rf"\sqrt{{{o[0]}}}"
        case "square":
            return rf"\left({o[0]}\right)^2"
        case "erfc":
            return rf"\operatorname{{erfc}}\left({o[0]}\right)"
        case "sum":
            return rf"\sum_{{{over}}} {symbols.factor(o[0])}"
        case "mean":
            length = r"\,".join(f"|{a}|" for a in entry.operand_axes[0] if a not in entry.axes)
            return rf"\frac{{1}}{{{length}}} \sum_{{{over}}} {symbols.factor(o[0])}"
        case "max":
            return rf"\max_{{{over}}} {o[0]}"
        case "gather":
            return subscripted(read[0][0].symbol, [o[1], *map(letter, read[0][1][1:])])
        case "scatter_add":
            ids = ",".join(map(letter, read[1][1]))
            return rf"\sum_{{{ids}:\; {o[1]} = {letter(entry.axes[0])}}} {o[0]}"
        case "pick":
            return subscripted(read[0][0].symbol, [*map(letter, read[0][1][:-1]), o[1]])
        case "one_hot":
            return _cases("1", f"{o[0]} = {letter(entry.axes[-1])}", "0")
        case "causal_mask":
            return _cases("1", rf"{letter(entry.axes[1])} \le {letter(entry.axes[0])}", "0")
        case "mask":
            return _cases(o[0], f"{o[1]} = 1", INFINITY)
        case "identity":
            return _cases("1", f"{letter(entry.axes[0])} = {letter(entry.axes[1])}", "0")
        case "select":
            at = {axis: str(index) for axis, index in entry.attrs["at"].items()}
            return indexed(ledger, read[0][0], read[0][1], at)
        case "split":
            head, position, width = entry.axes[-3:]
            column = rf"{letter(head)}\,|{width}| + {letter(width)}"
            return subscripted(read[0][0].symbol, [*map(letter, entry.axes[:-3]), letter(position), column])
        case "join":
            head, _, width = read[0][1][-3:]
            column = rf"{letter(head)}\,|{width}| + {letter(width)}"
            return rf"{o[0]} \quad\text{{with}}\quad {letter(entry.axes[-1])} = {column}"
        case "size":
            return rf"\text{{number of cells of }} {read[0][0].symbol}"
        case "count":
            return r"\text{a count of the ledger's entries}"
        case "given":
            return r"\text{given}"
        case _:
            raise ValueError(f"no formula for the operation {entry.op!r}")


def _cases(value: str, condition: str, otherwise: str) -> str:
    return rf"\begin{{cases}} {value} & \text{{if }} {condition} \\ {otherwise} & \text{{else}} \end{{cases}}"
