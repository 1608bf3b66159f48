"""What `make verify` found, for the pages: whether PyTorch's step and training agree with this configuration's, and how
closely.

A result counts only for the configuration and for the very code that it was found with: after a change to the engine
or to PyTorch's side of the comparison there is none until `make verify` has run again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".proof"
COMPARED = ("calc", "verify")  # the two sides, and the comparison


@dataclass(frozen=True)
class Trained:
    """A run of training that agrees, after every step."""

    schedule: str  # of the learning rate, after so many steps of
    warmup: int
    steps: int  # how many were compared
    whole: int  # how many there are, of the hundred that are compared at most
    clipped: int  # in how many of the compared the gradient was clipped
    values: int  # how many numbers were compared


@dataclass(frozen=True)
class Result:
    """An agreement. Relative errors are to the largest entry of an array, with a floor of 1e-12."""

    configuration: str  # the configuration's digest
    code: str  # a digest of both sides' source
    torch: str  # PyTorch's version; like `errors`, for data files and not for pages
    bound: float  # which loss, logits, gradients and every stage keep
    new_bound: float  # which the new parameters keep: the same, but for the few that AdamW magnifies
    arrays: int  # how many arrays were compared
    values: int  # how many numbers they hold
    gradients: int  # how many of these are gradients of a parameter
    parameters: int  # how many are new parameters
    stage_functions: int  # functions of a stage, apart from that step, which the pages show beside the code
    stage_arrays: int  # how many arrays they returned, all of which were compared
    stage_values: int  # how many numbers these hold
    training_bound: float  # which losses, parameters and averages keep after every step of training
    training: tuple[Trained, ...]  # the runs
    errors: Mapping[str, float]  # each array's largest relative error, as measured

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"


def result(configuration: str, folder: Path = FOLDER) -> Result | None:
    """The agreement of this configuration (its digest) and today's code, or None: not run for it, or not passed."""
    try:
        found = Result(**json.loads(file(configuration, folder).read_text(encoding="utf-8")))
        found = dataclasses.replace(found, training=tuple(Trained(**run) for run in found.training))  # type: ignore[arg-type]
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
