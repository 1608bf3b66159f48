"""The ledger as a program in JSON: its inputs, and which operation on which operands makes every other entry. With an
interpreter of the operations it is the whole step, in a fiftieth of the bytes.

What is alike for many entries stands once, under `kinds`; the lists beside `names` have an item for each entry, the
tables `read`, `attrs` and `zeros` only where there is something to say:

    {"configuration": {...}, "digest": "...", "words": [...], "tokens": [...], "axes": {"V": 10, ...},
     "kinds": {"axes": ["T D", ...], "ops": ["dot", ...], "stages": ["attention", ...]},
     "names": [...], "axes_of": [0, ...], "ops": [0, ...], "stages": [0, ...], "operands": [[4, 7], ...],
     "read": {"53": [1, 2]}, "attrs": {"12": {"constant": 2}}, "zeros": {"91": [...]}, "integers": [0, ...],
     "given": {"token_embedding": [0.06, ...], "adamw.w_out.m_before": 0, ...},
     "parameters": [...], "next": {"token_embedding": "adamw.token_embedding.new", ..., "adamw.t": 1},
     "editable": {"token_embedding": {"kind": "number"}, "inputs.tokens": {"kind": "word"},
                  "adamw.beta1": {"kind": "number", "least": 0, "below": 1}, ...},
     "linked": {"inputs.tokens": {"name": "inputs.targets", "by": -1}}}

A given value is flat, its last axis running fastest, or one number where all cells are alike. `given` is null where the
ledger has more numbers than display.largest_replay: then the values are to be read from the files. `next` says what the
next step takes in an input's place: another entry's value, or its own value and so much more. `editable` are the inputs
that a reader may set, with their bounds; `linked` says that a token is also the target of the position before it.
A run with axes or inputs that the step lacks says what they are: `places` gives an axis its word and its places their
`labels`, `origins` has a sentence for an input.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from calc.ledger import Ledger
from calc.operations import Array
from calc.sections import KEYS
from calc.tokenizer import Tokenizer

if TYPE_CHECKING:
    from calc.config import Config


def text(led: Ledger, config: Config, fixed: bool = False, own: Mapping[str, Any] | None = None) -> str:
    """The JSON: equal ledgers give equal text. Of a `fixed` one no input may be set; `own`: `places`, `origins`."""
    known = program(led, config) | ({"editable": {}} if fixed else {}) | dict(own or {})
    if not replayed(led, config):
        known |= {"given": None, "editable": {}}
    return json.dumps(known, ensure_ascii=False, separators=(",", ":")) + "\n"


def replayed(led: Ledger, config: Config) -> bool:
    """Whether pages compute the ledger again: it has no more numbers than display.largest_replay."""
    return sum(entry.value.size for entry in led) <= config.display.largest_replay


def program(led: Ledger, config: Config) -> dict[str, Any]:
    """What the text holds."""
    entries = list(led)
    numbers = {entry.name: number for number, entry in enumerate(entries)}
    stages, ops = _Kinds(entry.stage for entry in entries), _Kinds(entry.op for entry in entries)
    axes = _Kinds(" ".join(letters) for entry in entries for letters in (entry.axes, *entry.operand_axes))
    parameters = [entry.name for entry in entries if entry.attrs.get("parameter")]
    return {
        "configuration": json.loads(config.to_json()),
        "digest": config.digest(),
        "words": Tokenizer.from_corpus(config.text.corpus).vocabulary,
        "tokens": config.text.sentence.split(),
        "axes": led.sizes,
        "kinds": {"axes": axes.all, "ops": ops.all, "stages": stages.all},
        "names": [entry.name for entry in entries],
        "axes_of": [axes[" ".join(entry.axes)] for entry in entries],
        "ops": [ops[entry.op] for entry in entries],
        "stages": [stages[entry.stage] for entry in entries],
        "operands": [[numbers[operand.name] for operand in entry.operands] for entry in entries],
        "read": {
            numbers[entry.name]: [axes[" ".join(letters)] for letters in entry.operand_axes]
            for entry in entries if any(o.axes != r for o, r in zip(entry.operands, entry.operand_axes, strict=True))
        },
        "attrs": {numbers[entry.name]: entry.attrs for entry in entries if entry.attrs},
        "zeros": {numbers[e.name]: _flat(e.zeros.astype(np.int64)) for e in entries if e.zeros is not None},
        "integers": [numbers[entry.name] for entry in entries if entry.value.dtype.kind == "i"],
        "given": {entry.name: _flat(entry.value) for entry in entries if entry.op == "given"},
        "parameters": parameters,
        "next": _next(parameters),
        "editable": _editable(parameters),
        "linked": {"inputs.tokens": {"name": "inputs.targets", "by": -1}},
    }  # fmt: skip


def _next(parameters: Iterable[str]) -> dict[str, str | int]:
    """The updated parameters, and the averages that AdamW keeps of their gradients; one step more has been taken."""
    carried: dict[str, str | int] = {}
    for name in parameters:
        carried[name] = f"adamw.{name}.new"
        carried |= {f"adamw.{name}.{moment}_before": f"adamw.{name}.{moment}" for moment in "mv"}
    return carried | {"adamw.t": 1}


def _editable(parameters: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Parameters may be any number, ids are words of the vocabulary, constants have the bounds of model.toml."""
    words = {f"inputs.{ids}": {"kind": "word"} for ids in ("tokens", "targets")}
    rates = {f"adamw.{key}": bounds(f"optimizer.{key}") for key in ("lr", "beta1", "beta2", "eps", "weight_decay")}
    constants = rates | {"constants.ln_eps": bounds("model.ln_eps")}
    return {name: {"kind": "number"} for name in parameters} | words | constants


def bounds(key: str) -> dict[str, Any]:
    """What model.toml allows for a number, in words."""
    info = KEYS[key].metadata
    known = {"ge": "least", "le": "most", "gt": "above", "lt": "below"}
    told = {words: getattr(bound, short) for bound in info for short, words in known.items() if hasattr(bound, short)}
    return {"kind": "number"} | told


def _flat(value: Array) -> Any:
    """The cells in a row, whole ones without a point; one number where all are alike."""
    cells = [int(x) if float(x).is_integer() else float(x) for x in np.ravel(value)]
    return cells[0] if cells and (not value.ndim or len(set(cells)) == 1) else cells


class _Kinds:
    """What is alike for many entries, each thing once, and its number."""

    def __init__(self, things: Iterable[str]) -> None:
        self.all = list(dict.fromkeys(things))
        self._numbers = {thing: number for number, thing in enumerate(self.all)}

    def __getitem__(self, thing: str) -> int:
        return self._numbers[thing]
