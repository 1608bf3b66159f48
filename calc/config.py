"""The configuration: `model.toml` and the flags that override it, checked before anything is computed.

A mistake is one line that names the file or flag, the key, its value, what is allowed and the nearest right
choice; several mistakes are several lines (ConfigError). A worked cell beyond the model's sizes is no
mistake: it moves to the nearest cell, and Config.notes says so. The engine imports nothing of this file;
the command line and the build do.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import math
import os
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from annotated_types import Ge, Gt, Le, Lt
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from calc.tokenizer import SPECIAL, Tokenizer, UnknownWord, shown

SHIPPED = Path(__file__).resolve().parent.parent / "model.toml"
MOST_PARAMETERS = 20_000_000
LONGEST_WORD = 80
LARGEST_FILE = 1_000_000

# Adding 0.0 turns -0.0 into 0.0: equal configurations have equal digests, and no page prints a minus zero.
Rate = Annotated[float, AfterValidator(lambda x: x + 0.0)]


class _Section(BaseModel):
    """One table of model.toml. Strict: a number in quotes, true for 1 and 16.0 for 16 are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Text(_Section):
    """[text]: the corpus of the vocabulary, and the sentence of the step. The one table without defaults."""

    corpus: Annotated[tuple[str, ...], Field(strict=False)]
    sentence: str


class Model(_Section):
    """[model]: the sizes of the model."""

    d_model: Annotated[int, Field(ge=4, le=1024)] = 16
    heads: Annotated[int, Field(ge=1, le=1024)] = 2
    layers: Annotated[int, Field(ge=1, le=48)] = 1
    d_ff: Annotated[int, Field(ge=1, le=4096)] = 64
    positions: Annotated[int, Field(ge=1, le=1024)] = 8
    ln_eps: Annotated[Rate, Field(ge=1e-12, le=1)] = 1e-5
    activation: Literal["gelu"] = "gelu"


class Init(_Section):
    """[init]: how the first weights are drawn."""

    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 42
    spread: Annotated[Rate, Field(gt=0, le=1)] = 0.2
    decimals: Annotated[int, Field(ge=1, le=8)] = 2


class Optimizer(_Section):
    """[optimizer]: the constants of AdamW."""

    lr: Annotated[Rate, Field(gt=0, le=10)] = 0.01
    beta1: Annotated[Rate, Field(ge=0, lt=1)] = 0.9
    beta2: Annotated[Rate, Field(ge=0, lt=1)] = 0.999
    eps: Annotated[Rate, Field(ge=1e-12, le=1)] = 1e-8
    weight_decay: Annotated[Rate, Field(ge=0, le=1)] = 0.1


class Worked(_Section):
    """[worked]: the cell that the pages work in full, as indices from 0 on the axes of its tensors."""

    layer: Annotated[int, Field(ge=0)] = 0
    head: Annotated[int, Field(ge=0)] = 0
    position: Annotated[int, Field(ge=0)] = 2
    key: Annotated[int, Field(ge=0)] = 1
    feature: Annotated[int, Field(ge=0)] = 0
    channel: Annotated[int, Field(ge=0)] = 0
    hidden: Annotated[int, Field(ge=0)] = 0
    token: str = "on"


class Display(_Section):
    """[display]: how numbers and tables are printed."""

    digits: Annotated[int, Field(ge=3, le=8)] = 4
    largest_table: Annotated[int, Field(ge=64, le=1_000_000)] = 2048
    longest_sum: Annotated[int, Field(ge=8, le=4096)] = 128


class Config(BaseModel):
    """A checked configuration. Made by `load` or `from_values`, which also check what spans several keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: Text
    model: Model = Model()
    init: Init = Init()
    optimizer: Optimizer = Optimizer()
    worked: Worked = Worked()
    display: Display = Display()
    notes: tuple[str, ...] = ()  # what was moved, one sentence each; no part of the JSON or the digest

    def to_json(self) -> str:
        """The configuration as JSON text, the same for equal configurations, keys in the order declared."""
        return json.dumps(self.model_dump(mode="json", exclude={"notes"}), indent=2) + "\n"

    def digest(self) -> str:
        """The first 12 hexadecimal digits of the JSON text's SHA-256: the configuration's name."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]


class ConfigError(ValueError):
    """What is wrong with a configuration: `lines` holds one line a mistake, and str() joins them."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(lines))


SECTIONS: dict[str, type[_Section]] = {
    "text": Text,
    "model": Model,
    "init": Init,
    "optimizer": Optimizer,
    "worked": Worked,
    "display": Display,
}
_KEYS = {f"{table}.{key}": info for table, section in SECTIONS.items() for key, info in section.model_fields.items()}
_FLAGS = {
    "--seed": "init.seed",
    "--d-model": "model.d_model",
    "--heads": "model.heads",
    "--layers": "model.layers",
    "--d-ff": "model.d_ff",
    "--text": "text.sentence",
}
_HELP = {
    "--seed": "draw the first weights anew",
    "--d-model": "width of the residual stream",
    "--heads": "attention heads; must divide the width",
    "--layers": "transformer blocks",
    "--d-ff": "width of the feed-forward's hidden layer",
    "--text": "the sentence of the step, from words of the corpus",
}
_EXAMPLES = {"text.corpus": '["the cat sat on the mat"]', "text.sentence": '"the cat sat on the mat"'}
_ABSENT = object()


# Flags


class Arguments(argparse.ArgumentParser):
    """An argument parser whose mistakes are one line, like the configuration's, and exit with code 2."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        unknown = re.match(r"unrecognized arguments: (\S+)", message)
        if unknown:
            word = unknown[1].split("=")[0]
            near = difflib.get_close_matches(word, list(self._option_string_actions), n=1)
            message = f"unknown argument {shown(word)}; " + (f"nearest: {near[0]}" if near else "see --help")
        else:
            message = f"{_plain(message)}; see --help"
        self.exit(2, f"{self.prog}: {message}\n")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds --config and the flags that override it. Their values stay text: `from_values` reads them."""
    group = parser.add_argument_group("configuration", "these override the keys of the configuration file")
    group.add_argument("--config", metavar="FILE", default=None, help="the file (default: model.toml)")
    for flag, name in _FLAGS.items():
        metavar = '"..."' if flag == "--text" else "N"
        group.add_argument(flag, metavar=metavar, default=None, help=f"{_HELP[flag]} ({name})")


def overrides(args: argparse.Namespace) -> dict[str, object]:
    """The flags that were given, by the key they override: {"model.heads": "4"}."""
    given = {name: getattr(args, flag.removeprefix("--").replace("-", "_")) for flag, name in _FLAGS.items()}
    return {name: value for name, value in given.items() if value is not None}


def load_from_args(args: argparse.Namespace) -> Config:
    """The configuration that parsed arguments ask for; raises ConfigError."""
    return load(_near_here(SHIPPED) if args.config is None else args.config, overrides(args))


# The file


def load(path: str | os.PathLike[str], overrides: Mapping[str, object] | None = None) -> Config:
    """The configuration in a TOML file, under `overrides` ({"model.heads": 4}); raises ConfigError."""
    name = _plain(os.fspath(path))
    return from_values(_parsed(name, _read(name, Path(path))), overrides, source=name)


def _read(name: str, path: Path) -> str:
    """The file's text, or a ConfigError that says why there is none."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError([f"{name}: there is no such file; {_other_file(path)}"]) from None
    except (OSError, ValueError) as error:
        if path.is_dir():  # Windows answers a folder with PermissionError
            raise ConfigError([_folder(name, path)]) from None
        reason = _plain(getattr(error, "strerror", None) or str(error))
        raise ConfigError([f"{name}: cannot be read ({reason}); --config takes a readable file"]) from None
    if len(data) > LARGEST_FILE:
        raise ConfigError([f"{name}: is too large; a configuration has at most {LARGEST_FILE} bytes"])
    try:
        return data.decode("utf-8-sig")  # some editors put a byte order mark in front, which TOML lacks
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError([f"{name}: line {line}: is not UTF-8; save the file as UTF-8"]) from None


def _parsed(name: str, text: str) -> dict[str, object]:
    """The file's keys and values, or a ConfigError that names line and column."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        reason = "nested too deeply"
    except ValueError as error:
        reason = str(error)
    where, line = "", ""
    found = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", reason)
    if found:
        reason = reason[: found.start()]
        where = f"line {found[1]}, column {found[2]}: " if found[1] else "at its end: "
        lines = text.replace("\r\n", "\n").split("\n")
        line = f"{shown(lines[int(found[1]) - 1].strip())} " if found[1] else ""
    allowed = "write lines like heads = 2, and text in quotes"
    raise ConfigError([f"{name}: {where}{line}is not TOML ({_plain(reason)}); {allowed}"])


def _other_file(path: Path) -> str:
    """What to name in place of a file that is not there."""
    near = difflib.get_close_matches(path.name, sorted(p.name for p in _tomls(path.parent)), n=1, cutoff=0.5)
    if near:
        return f"nearest: {_plain(os.fspath(path.parent / near[0]))}"
    if not SHIPPED.exists():
        return "nearest: the model.toml that this project comes with; restore it"
    return f"nearest: {_plain(os.fspath(_near_here(SHIPPED)))}"


def _folder(name: str, path: Path) -> str:
    near = difflib.get_close_matches("model.toml", sorted(p.name for p in _tomls(path)), n=1, cutoff=0.0)
    file = path / near[0] if near else _near_here(SHIPPED)
    return f"{name}: is a folder; --config takes a TOML file such as {_plain(os.fspath(file))}"


def _tomls(folder: Path) -> list[Path]:
    try:
        return [p for p in folder.iterdir() if p.suffix == ".toml" and p.is_file()]
    except OSError:
        return []


def _near_here(path: Path) -> Path:
    """`path` as it is seen from the working directory, where it lies inside it."""
    try:
        return path.relative_to(Path.cwd().resolve())
    except (ValueError, OSError):
        return path


# Checking


@dataclass(frozen=True)
class _Mistake:
    """One mistake: the key it is about, its value (or _ABSENT), and what is allowed."""

    name: str
    value: object
    says: str


def from_values(
    values: Mapping[str, object], overrides: Mapping[str, object] | None = None, source: str = "configuration"
) -> Config:
    """Checks nested values ({"model": {"heads": 2}}) and overrides ({"model.heads": "4"}).

    `source` is what messages call the place where `values` stand. Raises ConfigError.
    """
    tables: dict[str, dict[str, object]] = {}
    broken: set[str] = set()
    mistakes: list[_Mistake] = []
    for table, content in values.items():
        if table not in SECTIONS:
            mistakes.append(_unknown("", table, content))
        elif not isinstance(content, Mapping):
            says = f"must be a table; write [{table}] on a line of its own and its keys below"
            mistakes.append(_Mistake(table, content, says))
            broken.add(table)
        else:
            tables[table] = dict(content)
    flags: dict[str, str] = {}
    for name, value in (overrides or {}).items():
        table, _, key = name.partition(".")
        if name not in _KEYS:
            mistakes.append(_unknown(table, key, value))
            continue
        tables.setdefault(table, {})[key] = _number(_KEYS[name], value) if isinstance(value, str) else value
        flags[name] = next((flag for flag, overridden in _FLAGS.items() if overridden == name), name)
    sections: dict[str, _Section] = {}
    for table, section in SECTIONS.items():
        if table in broken:  # its keys are not missing too
            continue
        try:
            sections[table] = section.model_validate(tables.get(table, {}))
        except ValidationError as error:
            mistakes += _of_keys(table, error)
    bad = {mistake.name.split("[")[0] for mistake in mistakes}
    right = {
        name: value for name, value in _flat(tables).items() if name not in bad and name.partition(".")[0] not in broken
    }
    mistakes += _across(right, flags)
    if mistakes:
        raise ConfigError([_line(mistake, source, flags) for mistake in mistakes])
    config = Config(**sections)  # type: ignore[arg-type]
    worked, notes = _moved(config)
    return config.model_copy(update={"worked": worked, "notes": tuple(notes)})


def _flat(tables: Mapping[str, Mapping[str, object]]) -> dict[str, Any]:
    """Every key by its dotted name, given or default; a key that is absent without a default is left out."""
    flat: dict[str, Any] = {}
    for name, info in _KEYS.items():
        table, _, key = name.partition(".")
        if key in tables.get(table, {}):
            flat[name] = tables[table][key]
        elif not info.is_required():
            flat[name] = info.default
    return flat


def _line(mistake: _Mistake, source: str, flags: Mapping[str, str]) -> str:
    where = flags.get(mistake.name, source)
    value = "" if mistake.value is _ABSENT else f" = {_shown(mistake.value)}"
    return f"{where}: {mistake.name}{value}: {mistake.says}"


def _of_keys(table: str, error: ValidationError) -> Iterator[_Mistake]:
    """The mistakes of one table's keys, from what pydantic found."""
    for found in error.errors(include_url=False):
        name = f"{table}.{found['loc'][0]}"
        if found["type"] == "extra_forbidden":
            yield _unknown(table, str(found["loc"][0]), found["input"])
        elif found["type"] == "missing":
            says = f"is missing; must be {_allowed(_KEYS[name])}; nearest: {_EXAMPLES[name]}"
            yield _Mistake(name, _ABSENT, says)
        elif len(found["loc"]) > 1:
            says = f"must be text in quotes; nearest: {shown(_shown(found['input']))}"
            yield _Mistake(f"{name}[{found['loc'][1]}]", found["input"], says)
        else:
            says = f"must be {_allowed(_KEYS[name])}; nearest: {_nearest(name, found['input'])}"
            yield _Mistake(name, found["input"], says)


def _unknown(table: str, key: str, value: object) -> _Mistake:
    """A table or key that does not exist, and the nearest that does. The top level is the table ""."""
    if isinstance(value, Mapping) and not table:
        near = difflib.get_close_matches(key, list(SECTIONS), n=1, cutoff=0.0)
        return _Mistake(f"[{_key(key)}]", _ABSENT, f"there is no such table; nearest: [{near[0]}]")
    keys = {name.partition(".")[2]: name for name in _KEYS}
    own = [k for k, name in keys.items() if name.startswith(f"{table}.")]
    # A slip of the pen in this table, else a key of another table, else whatever is most similar.
    close = difflib.get_close_matches(key, own, n=1, cutoff=0.7)
    close = close or difflib.get_close_matches(key, list(keys), n=1, cutoff=0.0)
    name = f"{table}.{_key(key)}" if table else _key(key)
    return _Mistake(name, value, f"unknown key; nearest: {keys[close[0]]}")


def _across(right: Mapping[str, Any], flags: Mapping[str, str]) -> Iterator[_Mistake]:
    """The mistakes between keys. `right` holds the keys that are right by themselves."""
    d_model, heads = right.get("model.d_model"), right.get("model.heads")
    if d_model and heads and d_model % heads:
        # The flag is to blame where it changed a width that fitted the file's heads.
        if "model.d_model" in flags and "model.heads" not in flags:
            below = d_model - d_model % heads
            near = " or ".join(str(width) for width in (below, below + heads) if 4 <= width <= 1024)
            yield _Mistake("model.d_model", d_model, f"must be a multiple of model.heads = {heads}; nearest: {near}")
        else:
            divisors = [h for h in range(1, d_model + 1) if d_model % h == 0]
            below, above = [h for h in divisors if h < heads][-1:], [h for h in divisors if h > heads][:1]
            says = f"must divide model.d_model = {d_model}; nearest: {' or '.join(map(str, below + above))}"
            yield _Mistake("model.heads", heads, says)
    yield from _of_text(right)
    spread, decimals = right.get("init.spread"), right.get("init.decimals")
    if spread and decimals and spread < 10.0**-decimals:
        least = f"{10.0**-decimals:.{decimals}f}"
        says = f"rounds nearly every weight to 0; must be at least {least} for init.decimals = {decimals}"
        yield _Mistake("init.spread", spread, f"{says}; nearest: {least}")


def _of_text(right: Mapping[str, Any]) -> Iterator[_Mistake]:
    """The mistakes of corpus and sentence, and of the sizes that follow from them."""
    tokenizer = None
    if "text.corpus" in right:
        mistakes = list(_of_corpus(right["text.corpus"]))
        yield from mistakes
        if not mistakes:
            tokenizer = Tokenizer.from_corpus(right["text.corpus"])
            yield from _of_size(right, len(tokenizer))
    if "text.sentence" in right:
        sentence = right["text.sentence"]
        for says in _of_sentence(sentence, right.get("model.positions"), tokenizer):
            yield _Mistake("text.sentence", sentence, says)


def _of_sentence(sentence: str, positions: int | None, tokenizer: Tokenizer | None) -> Iterator[str]:
    """What is wrong with the sentence. Positions or tokenizer are None where they are mistakes themselves."""
    words = sentence.split()
    if not words:
        yield f"must have at least one word; nearest: {_EXAMPLES['text.sentence']}"
        return
    if bad := _unprintable(sentence):
        yield bad
        return
    if positions and len(words) > positions:
        more = f"model.positions = {len(words)}, or " if len(words) <= 1024 else ""
        fits = shown(" ".join(words[:positions]))
        yield f"has {len(words)} words; at most model.positions = {positions}; nearest: {more}{fits}"
    for word in dict.fromkeys(words):
        if tokenizer and word not in tokenizer:
            yield str(UnknownWord(word, tokenizer.nearest(word)))


def _of_corpus(corpus: list[str]) -> Iterator[_Mistake]:
    if not corpus:
        says = f"must hold at least one sentence; nearest: {_EXAMPLES['text.corpus']}"
        yield _Mistake("text.corpus", corpus, says)
    composed: dict[str, str] = {}
    for i, sentence in enumerate(corpus):
        name, words = f"text.corpus[{i}]", sentence.split()
        bad = _unprintable(sentence)
        if not words:
            yield _Mistake(name, sentence, "must have at least one word; remove the sentence or fill it")
        elif bad:
            yield _Mistake(name, sentence, bad)
        for word in dict.fromkeys(words) if not bad else ():
            if word in SPECIAL:
                says = f"{shown(word)} is a special token; a word must differ from {', '.join(SPECIAL)}"
                yield _Mistake(name, sentence, f"{says}; nearest: {shown(word.strip('<>'))}")
            twin = composed.setdefault(unicodedata.normalize("NFC", word), word)
            if twin != word:
                says = f"{shown(word)} looks like a word before it but is made of other Unicode characters"
                yield _Mistake(name, sentence, f"{says}; copy the one from the other")


# Fillers and blanks that count as letters or symbols, yet show nothing.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def _unprintable(text: str) -> str | None:
    """Why a text cannot be shown as it is: it holds characters that act or hide instead of showing."""
    for word in text.split():
        for c in word:
            kind = unicodedata.category(c)
            # Joiners shape visible text in some scripts and emoji; tag characters spell flags.
            joins = c in "\u200c\u200d" or "\U000e0020" <= c <= "\U000e007f"
            arabic = "\u0600" <= c <= "\u08e2" and c != "\u061c"  # signs of numbers and verses, which do show
            if kind in ("Cc", "Cs") or (kind == "Cf" and not joins and not arabic) or c in _BLANK:
                nameless = "half a character" if kind == "Cs" else "a control character"
                what = unicodedata.name(c, nameless)
                return f"holds U+{ord(c):04X} ({what}), which does not show; remove it"
        if all(unicodedata.category(c) == "Cf" or "\ufe00" <= c <= "\ufe0f" for c in word):
            return f"holds the word {shown(word)}, which does not show; remove it"
        if len(word) > LONGEST_WORD:
            cut = shown(word[:LONGEST_WORD], LONGEST_WORD)
            return f"holds a word of {len(word)} characters; at most {LONGEST_WORD}; nearest: {cut}"
    return None


def _of_size(right: Mapping[str, Any], vocabulary: int) -> Iterator[_Mistake]:
    """Refuses a model too large to compute and show, and names the largest that is not."""
    keys = ("d_model", "layers", "d_ff", "positions")
    if not all(f"model.{key}" in right for key in keys):
        return
    d, layers, f, positions = (int(right[f"model.{key}"]) for key in keys)

    def count(d: int, layers: int) -> int:
        block = 4 * d * d + 2 * d * f + f + d + 4 * d
        return 2 * vocabulary * d + positions * d + layers * block + 2 * d

    if count(d, layers) <= MOST_PARAMETERS:
        return
    heads = right.get("model.heads", 1)
    fewer = [n for n in range(1, layers) if count(d, n) <= MOST_PARAMETERS]
    narrower = [w for w in range(4, d) if w % heads == 0 and count(w, layers) <= MOST_PARAMETERS]
    name, value = ("model.layers", layers) if fewer else ("model.d_model", d)
    says = f"makes about {count(d, layers):,} parameters; at most {MOST_PARAMETERS:,}"
    near = max(fewer or narrower, default=4)
    yield _Mistake(name, value, f"{says}; nearest: {near}")


def _moved(config: Config) -> tuple[Worked, list[str]]:
    """The worked cell moved to the nearest that there is, and a note for each key that somebody had set."""
    given, model = config.worked, config.model
    words = len(config.text.sentence.split())
    position = min(given.position, words - 1)
    width = model.d_model // model.heads
    most = {
        "layer": (model.layers - 1, f"the model has {_count(model.layers, 'layer')}"),
        "head": (model.heads - 1, f"the model has {_count(model.heads, 'head')}"),
        "position": (words - 1, f"the sentence has {_count(words, 'word')}"),
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
        f"worked.{key} = {_shown(getattr(given, key))} is moved to {_shown(cell[key])}: {reason}."
        for key, reason in reasons.items()
        if key in given.model_fields_set
    ]


# Words for messages


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _bounds(info: FieldInfo) -> dict[type, float]:
    kinds = {Ge: "ge", Gt: "gt", Le: "le", Lt: "lt"}
    return {type(b): getattr(b, kinds[type(b)]) for b in info.metadata if type(b) in kinds}


def _allowed(info: FieldInfo) -> str:
    """What a key takes, in words, from the very bounds that pydantic checks."""
    if info.annotation not in (int, float):
        if info.annotation is str:
            return "text in quotes"
        return '"gelu"' if info.default == "gelu" else "a list of sentences, each in quotes"
    noun = "a whole number" if info.annotation is int else "a number"
    bounds = {kind: _shown(limit) for kind, limit in _bounds(info).items()}
    if bounds.keys() == {Ge, Le}:
        return f"{noun} from {bounds[Ge]} to {bounds[Le]}"
    words = {Ge: "at least", Gt: "above", Le: "at most", Lt: "below"}
    return f"{noun}, {', '.join(f'{words[kind]} {bounds[kind]}' for kind in words if kind in bounds)}"


def _nearest(name: str, value: object) -> str:
    """The value nearest to a wrong one that is allowed; the shipped one where there is no nearest."""
    info = _KEYS[name]
    if info.annotation not in (int, float):
        return _EXAMPLES.get(name) or _shown(info.default)
    number = _number(info, value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or number != number:
        return _shown(info.default)
    bounds = _bounds(info)
    if (Gt in bounds and number <= bounds[Gt]) or (Lt in bounds and number >= bounds[Lt]):
        return _shown(info.default)
    number = max(number, bounds[Ge]) if Ge in bounds else number
    number = min(number, bounds[Le]) if Le in bounds else number
    if info.annotation is int:
        return str(round(number)) if abs(number) != math.inf else _shown(info.default)
    return _shown(number)


def _number(info: FieldInfo, text: str) -> object:
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


def _shown(value: object) -> str:
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
            return _plain(str(value))


def _key(key: str) -> str:
    """A TOML key as written: in quotes where it must be."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) else shown(key)


def _plain(text: str) -> str:
    """Text for one line of a terminal: nothing in it breaks the line or acts on the screen."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
