"""What `make verify` found, for the pages: whether PyTorch's step agrees with this configuration's, and how closely.

A result counts only for the configuration and for the very code that it was found with: after a change to the engine
or to PyTorch's side of the comparison there is none until `make verify` has run again.
"""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".proof"
SOURCE = ROOT / "verify" / "torch_step.py"
COMPARED = ("calc", "verify")  # the two sides, and the comparison


@dataclass(frozen=True)
class Result:
    """An agreement. Relative errors are to the largest entry of an array, with a floor of 1e-12."""

    configuration: str  # the configuration's digest
    code: str  # a digest of both sides' source
    torch: str  # PyTorch's version; like `errors`, for data files and not for pages
    bound: float  # which loss, logits and gradients keep
    new_bound: float  # which the new parameters keep: the same, but for the few that AdamW magnifies
    arrays: int  # how many arrays were compared
    values: int  # how many numbers they hold
    gradients: int  # how many of these are gradients of a parameter
    parameters: int  # how many are new parameters
    errors: Mapping[str, float]  # each array's largest relative error, as measured

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"


def result(configuration: str, folder: Path = FOLDER) -> Result | None:
    """The agreement of this configuration (its digest) and today's code, or None: not run for it, or not passed."""
    try:
        found = Result(**json.loads(file(configuration, folder).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # none, or none that this code has written
        return None
    return found if (found.configuration, found.code) == (configuration, code()) else None


def write(found: Result, folder: Path = FOLDER) -> Path:
    """Writes a result whole or not at all; where it is."""
    path = file(found.configuration, folder)
    folder.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_text(found.to_json(), encoding="utf-8")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def discard(configuration: str, folder: Path = FOLDER) -> None:
    """Removes an older result of this configuration."""
    file(configuration, folder).unlink(missing_ok=True)


def file(configuration: str, folder: Path = FOLDER) -> Path:
    """Where the result of a configuration is kept."""
    return folder / f"{configuration}.json"


def code() -> str:
    """A digest of the Python files whose step is compared, and of those that compare it."""
    digest = hashlib.sha256()
    for name in COMPARED:
        for path in sorted((ROOT / name).rglob("*.py")):
            digest.update(f"\0{path.relative_to(ROOT).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def listing(*names: str) -> str:
    """PyTorch's step, or those of its classes and functions, as a highlighted Markdown fence: the code that was run.

    It is read and not imported, since the site is built without PyTorch. KeyError for a name that it lacks.
    """
    text = SOURCE.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    title = f'title="{SOURCE.relative_to(ROOT).as_posix()}"'
    if not names:
        return f'```python {title} linenums="1"\n{text}```'
    kinds = (ast.ClassDef, ast.FunctionDef)
    places = {node.name: node for node in ast.parse(text).body if isinstance(node, kinds)}
    parts = ["".join(lines[places[name].lineno - 1 : places[name].end_lineno]) for name in names]
    first = f' linenums="{places[names[0]].lineno}"' if len(names) == 1 else ""
    return f"```python {title}{first}\n" + "\n\n".join(parts) + "```"
