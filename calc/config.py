"""The configuration: `model.toml` and the flags that override it, checked before anything is computed.

A mistake is one line that names the file or flag, the key, its value, what is allowed and the nearest right choice;
several mistakes are several lines (ConfigError). A worked cell beyond the model's sizes is no mistake: it moves to the
nearest cell, and Config.notes says so. The engine imports nothing of this file; the command line and the build do.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from calc.config_file import SHIPPED, parsed, read
from calc.mistakes import ConfigError, Mistake, across, line_of, of_keys, of_prompt, unknown
from calc.sections import (
    FLAGS,
    KEYS,
    SECTIONS,
    Display,
    Generation,
    Init,
    Model,
    Optimizer,
    Section,
    Text,
    Tokenizing,
    Training,
    Worked,
)
from calc.tokenizer import Tokenizer
from calc.wording import counted, number_of, plain, value_shown

__all__ = ["SHIPPED", "Config", "ConfigError", "from_values", "load"]


class Config(BaseModel):
    """A checked configuration. Made by `load` or `from_values`, which also check what spans several keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: Text
    model: Model = Model()
    init: Init = Init()
    optimizer: Optimizer = Optimizer()
    tokenizer: Tokenizing = Tokenizing()
    training: Training = Training()
    generation: Generation = Generation()
    worked: Worked = Worked()
    display: Display = Display()
    notes: tuple[str, ...] = ()  # what was moved, one sentence each; no part of the JSON or the digest

    def to_json(self) -> str:
        """The configuration as JSON text, the same for equal configurations, keys in the order declared."""
        return json.dumps(self.model_dump(mode="json", exclude={"notes"}), indent=2) + "\n"

    def digest(self) -> str:
        """The first 12 hexadecimal digits of the JSON text's SHA-256: the configuration's name."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]


def load(path: str | os.PathLike[str], overrides: Mapping[str, object] | None = None) -> Config:
    """The configuration in a TOML file, under `overrides` ({"model.heads": 4}); raises ConfigError."""
    name = plain(os.fspath(path))
    return from_values(parsed(name, read(name, Path(path))), overrides, source=name)


def from_values(
    values: Mapping[str, object], overrides: Mapping[str, object] | None = None, source: str = "configuration"
) -> Config:
    """Checks nested values ({"model": {"heads": 2}}) and overrides ({"model.heads": "4"}).

    `source` is what messages call the place where `values` stand. Raises ConfigError.
    """
    tables: dict[str, dict[str, object]] = {}
    broken: set[str] = set()
    mistakes: list[Mistake] = []
    for table, content in values.items():
        if table not in SECTIONS:
            mistakes.append(unknown("", table, content))
        elif not isinstance(content, Mapping):
            says = f"must be a table; write [{table}] on a line of its own and its keys below"
            mistakes.append(Mistake(table, content, says))
            broken.add(table)
        else:
            tables[table] = dict(content)
    flags: dict[str, str] = {}
    for name, value in (overrides or {}).items():
        table, _, key = name.partition(".")
        if name not in KEYS:
            mistakes.append(unknown(table, key, value))
            continue
        tables.setdefault(table, {})[key] = number_of(KEYS[name], value) if isinstance(value, str) else value
        flags[name] = next((flag for flag, overridden in FLAGS.items() if overridden == name), name)
    sections: dict[str, Section] = {}
    for table, section in SECTIONS.items():
        if table in broken:  # its keys are not missing too
            continue
        try:
            sections[table] = section.model_validate(tables.get(table, {}))
        except ValidationError as error:
            mistakes += of_keys(table, error)
    bad = {mistake.name.split("[")[0] for mistake in mistakes}
    right = {
        name: value for name, value in _flat(tables).items() if name not in bad and name.partition(".")[0] not in broken
    }
    mistakes += across(right, flags)
    if mistakes:
        raise ConfigError([line_of(mistake, source, flags) for mistake in mistakes])
    config = Config(**sections)  # type: ignore[arg-type]
    worked, notes = _moved(config)
    generation, more = _begun(config)
    return config.model_copy(update={"worked": worked, "generation": generation, "notes": (*notes, *more)})


def _flat(tables: Mapping[str, Mapping[str, object]]) -> dict[str, Any]:
    """Every key by its dotted name, given or default; a key that is absent without a default is left out."""
    flat: dict[str, Any] = {}
    for name, info in KEYS.items():
        table, _, key = name.partition(".")
        if key in tables.get(table, {}):
            flat[name] = tables[table][key]
        elif not info.is_required():
            flat[name] = info.default
    return flat


def _begun(config: Config) -> tuple[Generation, list[str]]:
    """A prompt that this model cannot read replaced by the sentence's first words, and a note if somebody wrote it."""
    given, positions = config.generation, config.model.positions
    wrong = of_prompt(given.prompt, positions, Tokenizer.from_corpus(config.text.corpus))
    if not wrong:
        return given, []
    prompt = " ".join(config.text.sentence.split()[:2])
    note = f"generation.prompt = {value_shown(given.prompt)} is replaced by {value_shown(prompt)}: {wrong[0]}."
    return given.model_copy(update={"prompt": prompt}), [note] if "prompt" in given.model_fields_set else []


def _moved(config: Config) -> tuple[Worked, list[str]]:
    """The worked cell moved to the nearest that there is, and a note for each key that somebody had set."""
    given, model = config.worked, config.model
    words = len(config.text.sentence.split())
    position = min(given.position, words - 1)
    width = model.d_model // model.heads
    most = {
        "layer": (model.layers - 1, f"the model has {counted(model.layers, 'layer')}"),
        "head": (model.heads - 1, f"the model has {counted(model.heads, 'head')}"),
        "position": (words - 1, f"the sentence has {counted(words, 'word')}"),
        "key": (position, f"a query at position {position} sees no later key"),
        "feature": (model.d_model - 1, f"model.d_model is {model.d_model}"),
        "channel": (width - 1, f"a head is {width} wide"),
        "hidden": (model.d_ff - 1, f"model.d_ff is {model.d_ff}"),
    }
    cell: dict[str, Any] = given.model_dump()
    reasons = {key: reason for key, (limit, reason) in most.items() if cell[key] > limit}
    for key in reasons:
        cell[key] = most[key][0]
    tokenizer = Tokenizer.from_corpus(config.text.corpus)
    if given.token not in tokenizer:
        cell["token"] = tokenizer.nearest(given.token, cutoff=0.6) or tokenizer.vocabulary[-1]
        reasons["token"] = "the vocabulary has no such word"
    # A default that nobody wrote moves in silence.
    return Worked(**cell), [
        f"worked.{key} = {value_shown(getattr(given, key))} is moved to {value_shown(cell[key])}: {reason}."
        for key, reason in reasons.items()
        if key in given.model_fields_set
    ]
