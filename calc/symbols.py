"""LaTeX of an entry: a letter of its own, a gradient's fraction, or the formula of the one operation that made it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_ATOM = re.compile(r"(\\?[A-Za-z]+|[0-9])\{*\}*'?([_^](\{\}|\\?[A-Za-z0-9]+))*")
_LETTERS = re.compile(r"(?<!\\)\b[A-Za-z]{2,}")


def marked(symbol: str, mark: str) -> str:
    """The symbol with its layer, or the sign for "after the step", as a superscript."""
    if not mark:
        return symbol
    return f"{{{symbol}}}^{{{mark}}}" if "^" in outside(symbol) else f"{symbol}^{{{mark}}}"


def gradient(symbol: str, via: str | None = None) -> str:
    """The derivative of the loss by the symbol; `via` names the consumer through which this part of it comes."""
    fraction = rf"\frac{{\partial \mathcal{{L}}}}{{\partial {grouped(symbol)}}}"
    return rf"\left.{fraction}\right|_{{\text{{via {via.replace('_', chr(92) + '_')}}}}}" if via else fraction


def outside(symbol: str) -> str:
    """The symbol with the inside of its braces and parentheses taken out: `(a - b)^{2}` as `()^{}`."""
    kept, depth = [], 0
    for character in symbol:
        if character in "{(":
            kept += [character] if depth == 0 else []
            depth += 1
        elif character in "})":
            depth -= 1
            kept += [character] if depth == 0 else []
        elif depth == 0:
            kept.append(character)
    return "".join(kept)


def is_sum(symbol: str) -> bool:
    """Whether a plus or minus stands outside all braces, so that a factor beside the symbol needs parentheses."""
    return "+" in outside(symbol) or "-" in outside(symbol)


def is_atom(symbol: str) -> bool:
    """Whether the symbol is one letter with its marks."""
    bare = outside(symbol)
    return not bare.startswith("e^") and bool(_ATOM.fullmatch(bare)) and not _LETTERS.match(bare)


def grouped(symbol: str) -> str:
    """In parentheses unless it is one letter with its marks, a fraction or a root."""
    if (
        is_atom(symbol)
        or symbol.startswith((r"\frac", r"\sqrt", r"\left."))
        or outside(symbol) in ("{}", "{}^{}", "()", "()_{}")
    ):
        return symbol
    return f"({symbol})"


def factor(symbol: str) -> str:
    """In parentheses where it is a sum."""
    return f"({symbol})" if is_sum(symbol) else symbol


def expression(op: str, operands: Sequence[str], attrs: Mapping[str, Any]) -> str:
    """The formula of one operation on symbols, for entries that have no letter of their own."""
    first = operands[0]
    match op:
        case "dot":
            return " ".join(factor(o) for o in operands)
        case "add":
            return " + ".join(operands)
        case "sub":
            return f"{first} - {factor(operands[1])}"
        case "mul":
            return r" \odot ".join(factor(o) for o in operands)
        case "div":
            return f"{factor(first)} / {factor(operands[1])}"
        case "neg":
            return f"-{factor(first)}"
        case "square":
            return f"{first}^2" if is_atom(first) and "^" not in outside(first) else f"({first})^2"
        case "exp":
            return f"e^{{{first}}}"
        case "log":
            return rf"\ln {grouped(first)}"
        case "sqrt":
            return rf"\sqrt{{{first}}}"
        case "erfc":
            return rf"\operatorname{{erfc}}({first})"
        case "power":
            return f"{grouped(first)}^{{{operands[1]}}}"
        case "add_constant":
            return f"{first} + {attrs['constant']:g}"
        case "mul_constant":
            return rf"{constant(attrs['constant'])}{factor(first)}"
        case "copy" | "repeat" | "select":
            return first
        case _:
            raise ValueError(f"an entry made by {op} needs a symbol of its own")


def constant(value: float) -> str:
    """A factor as it is written in a formula: -1 is a sign, a half is a fraction."""
    return {-1.0: "-", 0.5: r"\tfrac12 ", -0.5: r"-\tfrac12 "}.get(float(value), rf"{value:g}\,")
