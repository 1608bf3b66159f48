"""The ledger as JSON text: everything that it takes to read a value, and to compute it again from its operands.

    {"configuration": {...}, "digest": "...", "words": [...], "tokens": [...],
     "axes": {"V": 10, ...}, "operations": {"dot": "sum of products", ...},
     "entries": [{"name": "layers.0.attention.scores", "symbol": "S", "axes": ["H", "T", "S"], "op": "dot",
                  "operands": [{"name": "layers.0.attention.q_heads", "axes": ["H", "T", "K"]}, ...],
                  "attrs": {}, "stage": "attention", "source": ["calc/attention.py", 28], "value": [[[...]]]}, ...]}

Entries stand in the order in which they were made, so that every operand comes before its users. A value is nested by
its axes; a scalar is a number. Every float64 is written with the fewest digits that read back to it, minus infinity,
for which JSON has no number, as "-inf". `zeros` is there where cells are zero by mathematics: 1 in each of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from calc.export import values
from calc.ledger import Entry, Ledger
from calc.operations import OPERATIONS, Array
from calc.tokenizer import Tokenizer

if TYPE_CHECKING:
    from calc.config import Config

MINUS_INFINITY = "-inf"


def write(led: Ledger, config: Config, file: IO[bytes], numbers: Mapping[str, Array] | None = None) -> None:
    """Writes the JSON, as UTF-8, to an open file: equal ledgers give equal bytes. An entry takes one line. `numbers`
    are the values to write, where they are known already."""
    numbers = numbers or values(led)
    head = {
        "configuration": json.loads(config.to_json()),
        "digest": config.digest(),
        "words": Tokenizer.from_corpus(config.text.corpus).vocabulary,
        "tokens": config.text.sentence.split(),
        "axes": led.sizes,
        "operations": {name: operation.cell for name, operation in OPERATIONS.items()},
    }
    lines = [f"{_text(key)}: {_text(value)}" for key, value in head.items()]
    entries = ",\n".join(_text(described(entry, numbers[entry.name])) for entry in led)
    file.write(("{" + ",\n".join([*lines, f'"entries": [\n{entries}\n]']) + "}\n").encode())


def described(entry: Entry, value: Array) -> dict[str, Any]:
    """One entry as JSON has it, with the value that is to be written."""
    read = zip(entry.operands, entry.operand_axes, strict=True)
    known: dict[str, Any] = {
        "name": entry.name,
        "symbol": entry.symbol,
        "axes": entry.axes,
        "op": entry.op,
        "operands": [{"name": operand.name, "axes": axes} for operand, axes in read],
        "attrs": entry.attrs,
        "stage": entry.stage,
        "source": entry.source,
    }
    if entry.zeros is not None:
        known["zeros"] = np.asarray(entry.zeros, dtype=np.int64).tolist()
    return known | {"value": _nested(value)}


def _nested(value: Array) -> Any:
    """The array as nested lists of Python's numbers, minus infinity as text."""
    if value.dtype.kind == "i" or np.all(np.isfinite(value)):
        return value.tolist()
    return np.where(np.isneginf(value), MINUS_INFINITY, value.astype(object)).tolist()


def array(value: Any, integer: bool = False) -> Array:
    """What `write` made of a value, as an array again."""
    read = np.array(value, dtype=object)
    read = np.where(read == MINUS_INFINITY, -np.inf, read)
    return read.astype(np.int64 if integer else np.float64)


def read(text: str | bytes) -> dict[str, Any]:
    """The JSON with every entry's value as an array: int64 where all its numbers are whole ones without a point."""
    ledger: dict[str, Any] = json.loads(text)
    for entry in ledger["entries"]:
        entry["value"] = array(entry["value"], integer=_whole(entry["value"]))
    return ledger


def _whole(value: Any) -> bool:
    return all(map(_whole, value)) if isinstance(value, list) else isinstance(value, int)


def _text(value: Mapping[str, Any] | Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(", ", ": "))
