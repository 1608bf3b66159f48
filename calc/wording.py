"""Words for a configuration's mistakes: values as TOML writes them, what a key takes, the nearest that is allowed."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from typing import Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from calc.sections import KEYS
from calc.tokenizer import shown

EXAMPLES = {
    "text.corpus": '["the cat sat on the mat"]',
    "text.sentence": '"the cat sat on the mat"',
    "generation.prompt": '"the cat"',
}


def counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def bounds_of(info: FieldInfo) -> dict[type, float]:
    kinds = {Ge: "ge", Gt: "gt", Le: "le", Lt: "lt"}
    return {type(b): getattr(b, kinds[type(b)]) for b in info.metadata if type(b) in kinds}


def choices(info: FieldInfo) -> tuple[str, ...]:
    """The few texts that a key takes; none where it takes others."""
    return get_args(info.annotation) if get_origin(info.annotation) is Literal else ()


def allowed(info: FieldInfo) -> str:
    """What a key takes, in words, from the very bounds that pydantic checks."""
    if info.annotation not in (int, float):
        if info.annotation is str:
            return "text in quotes"
        return " or ".join(map(shown, choices(info))) or "a list of sentences, each in quotes"
    noun = "a whole number" if info.annotation is int else "a number"
    bounds = {kind: value_shown(limit) for kind, limit in bounds_of(info).items()}
    if bounds.keys() == {Ge, Le}:
        return f"{noun} from {bounds[Ge]} to {bounds[Le]}"
    words = {Ge: "at least", Gt: "above", Le: "at most", Lt: "below"}
    return f"{noun}, {', '.join(f'{words[kind]} {bounds[kind]}' for kind in words if kind in bounds)}"


def nearest_value(name: str, value: object) -> str:
    """The value nearest to a wrong one that is allowed; the shipped one where there is no nearest."""
    info = KEYS[name]
    if info.annotation not in (int, float):
        near = difflib.get_close_matches(value, choices(info), n=1, cutoff=0.4) if isinstance(value, str) else []
        return EXAMPLES.get(name) or value_shown(near[0] if near else info.default)
    number = number_of(info, value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or number != number:
        return value_shown(info.default)
    bounds = bounds_of(info)
    if (Gt in bounds and number <= bounds[Gt]) or (Lt in bounds and number >= bounds[Lt]):
        return value_shown(info.default)
    number = max(number, bounds[Ge]) if Ge in bounds else number
    number = min(number, bounds[Le]) if Le in bounds else number
    if info.annotation is int:
        return str(round(number)) if abs(number) != math.inf else value_shown(info.default)
    return value_shown(number)


def number_of(info: FieldInfo, text: str) -> object:
    """The number that a flag's text spells, or the text itself, which is then the mistake."""
    if info.annotation not in (int, float):
        return text
    try:
        if re.fullmatch(r"[+-]?[0-9]+", text.strip(), re.ASCII):
            return int(text)
        decimal = re.fullmatch(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?", text.strip(), re.ASCII)
        return float(text) if decimal else text
    except ValueError:
        return text


def value_shown(value: object) -> str:
    """A value as TOML would write it, on one line and shortened."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return shown(value)
        case int():
            # Python refuses to print integers of thousands of digits.
            return str(value) if abs(value) < 10**40 else f"a number of {value.bit_length()} bits"
        case float():
            return repr(value)
        case Mapping():
            return "{…}" if value else "{}"
        case list() | tuple():
            return "[…]" if value else "[]"
        case _:
            return plain(str(value))


def key_shown(key: str) -> str:
    """A TOML key as written: in quotes where it must be."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) else shown(key)


def plain(text: str) -> str:
    """Text for one line of a terminal: nothing in it breaks the line or acts on the screen."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
