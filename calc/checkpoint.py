"""A training run as a file, exact to the last bit: the weights and AdamW's moments as .safetensors, from which the run
can go on, and the configuration that they belong to.

The format holds names, shapes and numbers, and no code: reading a file runs nothing. (A pickle may run anything, and is
never read.) The file is written aside and then moved to its place, so a save that is interrupted leaves the older file.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from calc import flat, step
from calc.batches import batches
from calc.operations import Array
from calc.tokenizer import shown

if TYPE_CHECKING:
    from calc.config import Config
    from calc.learner import Learner

NAME = "model.safetensors"
KEY = "every-number"  # of the one text in the file's header: several would come in any order
SETS = ("{}", "adamw.{}.m", "adamw.{}.v")  # how the ledger names a weight and its moments
ANEW = "train anew, without --resume"
FREE = {"epochs"}  # of [training]: a run may be made longer


class CheckpointError(ValueError):
    """A file that cannot be gone on from, or not by this configuration, as one line."""


class Checkpoint(NamedTuple):
    """`step` steps were made; `losses` holds the mean of each epoch, `arrays` every weight and moment by its name."""

    config: Config
    step: int
    losses: tuple[float, ...]
    arrays: dict[str, Array]

    @property
    def weights(self) -> dict[str, Array]:
        """The parameters by name."""
        return {name: self.arrays[name] for name in _shapes(self.config)}


def of(learner: Learner, losses: tuple[float, ...]) -> Checkpoint:
    """The learner as it is now, in memory of its own."""
    parts = zip(SETS, (learner.parameters, learner.first, learner.second), strict=True)
    arrays = {form.format(name): value.copy() for form, part in parts for name, value in part.items()}
    return Checkpoint(learner.config, learner.count, losses, arrays)


def restore(learner: Learner, checkpoint: Checkpoint) -> None:
    """Sets the learner to where the checkpoint was made; `agree` says whether it is of the same run."""
    for form, part in zip(SETS, (learner.parameters, learner.first, learner.second), strict=True):
        for name, value in part.items():
            value[...] = checkpoint.arrays[form.format(name)]
    learner.count = checkpoint.step


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Writes the file whole or not at all: equal checkpoints give equal bytes. Raises OSError."""
    from safetensors.numpy import save as packed

    about = {
        "config": json.loads(checkpoint.config.to_json()),
        "step": checkpoint.step,
        "epoch": len(checkpoint.losses),
        "losses": checkpoint.losses,
    }
    about["sha256"] = _digest(about, checkpoint.arrays)
    data = packed(checkpoint.arrays, metadata={KEY: json.dumps(about)})
    target = path.resolve()  # where the name is a link, the link stays
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # or a power cut may leave the new name without its bytes
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def ours(path: Path) -> bool:
    """Whether the file is one that `save` wrote, whole or damaged since."""
    try:
        with path.open("rb") as file:
            return f'"{KEY}":'.encode() in file.read(64)  # the header's first key, behind its length
    except OSError:
        return False


def load(path: Path) -> Checkpoint:
    """Reads a file that `save` wrote. Raises CheckpointError for any other, and for one that is damaged."""
    name = _plain(path)
    about, arrays = _read(name, path)
    checkpoint = _understood(name, path, about, arrays)
    expected = {form.format(n): shape for form in SETS for n, shape in _shapes(checkpoint.config).items()}
    for tensor in [*expected, *arrays]:
        if tensor not in arrays or tensor not in expected:
            what = "lacks the tensor" if tensor not in arrays else "holds a tensor that its model has not,"
            raise CheckpointError(f"{name}: {what} {shown(tensor)}; {_other(path)}")
        array = arrays[tensor]
        if array.shape != expected[tensor] or array.dtype != np.float64:
            must = f"float64 of shape {_shape(expected[tensor])}"
            came = f"{array.dtype} of shape {_shape(array.shape)}"
            raise CheckpointError(f"{name}: {shown(tensor)} must be {must}, but is {came}; {_other(path)}")
    if about.pop("sha256") != _digest(about, arrays):
        raise CheckpointError(f"{name}: is damaged: its numbers are not those that were saved; {_other(path)}")
    return checkpoint


def agree(name: str, checkpoint: Checkpoint, config: Config) -> None:
    """Raises CheckpointError where the configuration would not go on as the checkpoint's run went."""
    from calc.sections import FLAGS
    from calc.wording import value_shown

    for table in ("text", "model", "init", "optimizer", "training"):
        was, now = getattr(checkpoint.config, table), getattr(config, table)
        free = {"sentence"} | (FREE if config.training.schedule == "constant" else set())
        for key in type(was).model_fields:
            if key not in free and getattr(was, key) != getattr(now, key):
                before, after = (value_shown(getattr(section, key)) for section in (was, now))
                differ = f"{table}.{key} = {before}, and now it is {after}"
                if key == "corpus":
                    differ = "another text.corpus"
                flag = next((flag for flag, of in FLAGS.items() if of == f"{table}.{key}"), None)
                near = f"{flag} {before}, or " if flag else ""
                raise CheckpointError(f"{name}: was trained with {differ}; nearest: {near}{ANEW}")
    if len(checkpoint.losses) >= config.training.epochs:
        done = len(checkpoint.losses)
        says = f"--epochs {2 * done}" if config.training.schedule == "constant" else ANEW
        both = f"was trained for {done} epochs, and training.epochs = {config.training.epochs}"
        raise CheckpointError(f"{name}: {both} leaves none; nearest: {says}")


def _read(name: str, path: Path) -> tuple[Any, dict[str, Array]]:
    """What the file says about itself, and its tensors."""
    from safetensors import SafetensorError, safe_open

    start = b""
    try:
        with path.open("rb") as file:
            start = file.read(2)
        with safe_open(path, framework="numpy") as file:
            header, names = file.metadata() or {}, sorted(file.keys())
            if KEY not in header:  # and no tensor of another program is read, however large
                first = f"its first tensor is {shown(names[0])}" if names else "it holds no tensor"
                raise CheckpointError(f"{name}: was not saved by python -m calc train ({first}); {_other(path)}")
            return json.loads(header[KEY]), {key: file.get_tensor(key) for key in names}
    except (FileNotFoundError, NotADirectoryError):
        raise CheckpointError(f"{name}: there is no such file; {_other(path)}") from None
    except OSError as error:
        if path.is_dir():
            raise CheckpointError(f"{name}: is a folder; {_other(path / NAME)}") from None
        raise CheckpointError(f"{name}: cannot be read ({error.strerror}); {_other(path)}") from None
    except CheckpointError:
        raise
    except (SafetensorError, ValueError, TypeError, RecursionError):
        reason = "is damaged, or no .safetensors file"
        if start in (b"PK", b"\x80\x02", b"\x80\x04", b"\x80\x05"):
            reason = "is a pickle or a zip file, which could run code and is never read"
        raise CheckpointError(f"{name}: {reason}; {_other(path)}") from None


def _understood(name: str, path: Path, about: Any, arrays: dict[str, Array]) -> Checkpoint:
    from calc.config import ConfigError, from_values

    try:
        config = from_values(about["config"], source=name)
        losses = tuple(map(float, about["losses"]))
        made = Checkpoint(config, about["step"], losses, arrays)
        steps = len(losses) * len(batches(config))
        if about["epoch"] != len(losses) or type(made.step) is not int or made.step != steps:
            raise ValueError("a checkpoint stands where an epoch ends")
        if not isinstance(about["sha256"], str):
            raise TypeError("the digest is text")
    except ConfigError as error:
        raise CheckpointError(f"{error.lines[0]}, or {_other(path)}") from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise CheckpointError(f"{name}: does not say how it was trained; {_other(path)}") from None
    return made


def _other(path: Path) -> str:
    """What to take in place of a file that is not right."""
    try:
        files = [p.name for p in path.parent.iterdir() if p.suffix == ".safetensors" and p.name != path.name]
    except OSError:
        files = []
    near = difflib.get_close_matches(path.name, sorted(files), n=1, cutoff=0.0)
    another = f"{_plain(path.parent / near[0])}, or " if near else ""
    return f"nearest: {another}python -m calc train, which saves {NAME}"


def _plain(path: Path) -> str:
    return shown(os.fspath(path), 500)[1:-1]


def _shapes(config: Config) -> dict[str, tuple[int, ...]]:
    return {place.name: place.shape for place in flat.places(config.model.layers, step.axis_sizes(config))}


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "scalar"


def _digest(about: Mapping[str, Any], arrays: Mapping[str, Array]) -> str:
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()
