"""The configuration's file: its text, and its keys and values, or a line that says why there are none."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path

from calc.mistakes import ConfigError
from calc.tokenizer import shown
from calc.wording import plain

SHIPPED = Path(__file__).resolve().parent.parent / "model.toml"
LARGEST_FILE = 1_000_000


def read(name: str, path: Path) -> str:
    """The file's text, or a ConfigError that says why there is none."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError([f"{name}: there is no such file; {_other_file(path)}"]) from None
    except (OSError, ValueError) as error:
        if path.is_dir():  # Windows answers a folder with PermissionError
            raise ConfigError([_folder(name, path)]) from None
        reason = plain(getattr(error, "strerror", None) or str(error))
        raise ConfigError([f"{name}: cannot be read ({reason}); --config takes a readable file"]) from None
    if len(data) > LARGEST_FILE:
        raise ConfigError([f"{name}: is too large; a configuration has at most {LARGEST_FILE} bytes"])
    try:
        return data.decode("utf-8-sig")  # some editors put a byte order mark in front, which TOML lacks
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError([f"{name}: line {line}: is not UTF-8; save the file as UTF-8"]) from None


def parsed(name: str, text: str) -> dict[str, object]:
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
    raise ConfigError([f"{name}: {where}{line}is not TOML ({plain(reason)}); {allowed}"])


def _other_file(path: Path) -> str:
    """What to name in place of a file that is not there."""
    near = difflib.get_close_matches(path.name, sorted(p.name for p in _tomls(path.parent)), n=1, cutoff=0.5)
    if near:
        return f"nearest: {plain(os.fspath(path.parent / near[0]))}"
    if not SHIPPED.exists():
        return "nearest: the model.toml that this project comes with; restore it"
    return f"nearest: {plain(os.fspath(near_here(SHIPPED)))}"


def _folder(name: str, path: Path) -> str:
    near = difflib.get_close_matches("model.toml", sorted(p.name for p in _tomls(path)), n=1, cutoff=0.0)
    file = path / near[0] if near else near_here(SHIPPED)
    return f"{name}: is a folder; --config takes a TOML file such as {plain(os.fspath(file))}"


def _tomls(folder: Path) -> list[Path]:
    try:
        return [p for p in folder.iterdir() if p.suffix == ".toml" and p.is_file()]
    except OSError:
        return []


def near_here(path: Path) -> Path:
    """`path` as it is seen from the working directory, where it lies inside it."""
    try:
        return path.relative_to(Path.cwd().resolve())
    except (ValueError, OSError):
        return path
