"""Training held against another's, step by step, from the same first weights, and the engine's side of it.

Where two computations of a step differ in last bits, the steps after it may carry the difference on, or magnify it. At
high rates they magnify it without end: such runs have no digits to compare. So the engine trains a second time, its
weights nudged by last bits before every step, and only the steps that this leaves as they are have to agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from calc import export
from calc.batches import batches
from calc.config import Config
from calc.learner import Learner
from calc.ledger import NotFinite
from calc.sections import Training
from render.verified import Trained
from verify.comparison import FLOOR, Array, Row

BOUND = 1e-9  # relative to an array's largest entry
LOST = BOUND / 10  # how far nudges may take a run; after that it is not compared
NUDGE = 2.0**-51  # relative: two to four units of a float64's last bit, as the rounding of short sums
STEPS = 100  # of each run
CLIP = 0.5  # a norm that the default run exceeds at first, and then no more

Arrays = Mapping[str, Array]
GROUPS = {"new": "parameters", "m": "first averages", "v": "second averages"}


class Followed(NamedTuple):
    """A run's comparison: a row for each group of arrays, how many steps were compared, of how many that there are,
    and in how many of the compared the gradient was clipped."""

    training: Training
    rows: list[Row]
    steps: int
    whole: int
    clipped: int


def compare(config: Config, train: Callable[[Path], Iterable[Arrays]], folder: Path) -> dict[str, Followed]:
    """Each run beside the one that `train` makes of its file, which is written to a folder."""
    found = {}
    for name, run in runs(config).items():
        file = folder / f"{name}.npz"
        save(run, file)
        found[name] = follow(name, run, train(file))
    return found


def runs(config: Config) -> dict[str, Config]:
    """The configured training, and the same model and batches with clipping, warm-up and a schedule, and without any,
    each where it is not configured so."""
    epochs = math.ceil(STEPS / len(batches(config)))
    plain = {"schedule": "constant", "warmup": 0, "clip": 0.0, "epochs": epochs}
    full = {"schedule": "cosine", "warmup": STEPS // 10, "clip": CLIP, "epochs": epochs}
    found, seen = {"training": config}, {config.digest()}
    for name, keys in (("training, plain", plain), ("training, clipped and scheduled", full)):
        another = config.model_copy(update={"training": config.training.model_copy(update=keys)})
        if another.digest() not in seen:
            found[name] = another
    return found


def save(config: Config, file: Path) -> None:
    """Writes a run's first weights and configuration as .npz."""
    with file.open("wb") as opened:
        export.pack({**Learner(config).parameters, export.CONFIG: np.array(config.to_json())}, opened)


def steps(config: Config, nudge: float = 0.0) -> Iterator[Arrays]:
    """The engine's run: loss, gradient's norm as the update took it, parameters and averages after each step.

    It ends where a number overflows. The arrays are the learner's own, and its next step changes them.
    """
    learner, generator = Learner(config), np.random.default_rng(0)
    for number in range(learner.steps):
        if nudge:
            learner.theta *= 1 + nudge * generator.choice([-1.0, 1.0], size=learner.theta.shape)
        try:
            outcome = learner.step(learner.epoch[number % len(learner.epoch)])
        except NotFinite:
            return
        norm = np.array(np.linalg.norm(learner.gradient))
        found: dict[str, Array] = {"loss": np.array(outcome.loss), "gradient's norm": norm}
        for kind, views in zip(GROUPS, (learner.parameters, learner.first, learner.second), strict=True):
            found |= {f"{name}.{kind}": view for name, view in views.items()}
        yield found


def follow(name: str, config: Config, theirs: Iterable[Arrays]) -> Followed:
    """The engine's run beside another's: a row for each group of arrays."""
    whole, others, limit = min(STEPS, Learner(config).steps), iter(theirs), config.training.clip
    groups: dict[str, Group] = {}
    number = clipped = 0
    for mine, nudged in islice(zip(steps(config), steps(config, NUDGE), strict=False), whole):
        if max(error(key, mine[key], nudged[key]) for key in mine) > LOST:
            break
        number += 1
        # The 1e-6 that is added to the norm lets clipping set in so much below the limit.
        clipped += bool(limit and mine["gradient's norm"] > limit - 1e-6)
        other = next(others, {})
        for key in [*mine, *(key for key in other if key not in mine)]:
            group = groups.setdefault(GROUPS.get(key.rpartition(".")[2], key), Group())
            group.add(f"step {number}: {key}", mine.get(key), other.get(key))
    rows = [group.row(f"{name}: {key}", number) for key, group in groups.items()]
    return Followed(config.training, rows, number, whole, clipped)


def told(found: Mapping[str, Followed], version: str) -> Iterator[str]:
    """What came of each run, as lines."""
    for name, run in found.items():
        steps = f"{run.steps} steps" if run.steps == run.whole else f"{run.steps} of {run.whole} steps"
        clipped = f", {run.clipped} of them clipped" if run.clipped else ""
        agrees = "DISAGREES" if any(row.fault for row in run.rows) else f"agrees within {BOUND:.0e}"
        yield f"{name}: {steps}{clipped}: PyTorch {version} {agrees}"
        if run.steps < run.whole:
            yield f"{name}: later steps magnify the last bit of a weight beyond {LOST:.0e}, or overflow"


def kept(run: Followed) -> Trained:
    """What the pages say of a run."""
    values, training = sum(math.prod(row.shape) for row in run.rows), run.training
    return Trained(training.schedule, training.warmup, run.steps, run.whole, run.clipped, values)


class Group:
    """Arrays of a kind over a run's steps: how far apart they were at most, and where they first disagreed."""

    def __init__(self) -> None:
        self.values, self.largest, self.error, self.fault = 0, 0.0, 0.0, ""

    def add(self, where: str, mine: Array | None, other: Array | None) -> None:
        """An array of the engine's and the other's, or None where a side lacks it."""
        apart = math.inf if mine is None or other is None else error(where, mine, other)
        self.error = max(self.error, apart)
        if mine is not None:
            self.values += mine.size
            self.largest = max(self.largest, float(np.abs(mine).max()))
        if not self.fault and not apart <= BOUND:
            self.fault = f"{where}: {_said(mine, other)}"

    def row(self, name: str, steps: int) -> Row:
        each = self.values // steps
        return Row(name, (steps,) if each == 1 else (steps, each), self.largest, self.error, None, self.fault)


def error(name: str, mine: Array, other: Array) -> float:
    """The largest difference, relative to the array's largest entry. An average of squares has a squared floor.

    What is zero by mathematics, such as the averages of a word that no sentence has, is exactly zero on both sides.
    """
    if np.shape(mine) != np.shape(other) or not np.isfinite(other).all():
        return math.inf
    floor = FLOOR**2 if name.endswith(".v") else FLOOR
    return float(np.abs(other - mine).max()) / max(float(np.abs(mine).max()), floor)


def _said(mine: Array | None, other: Array | None) -> str:
    """What is wrong about two arrays."""
    if mine is None or other is None:
        return f"{'the engine' if mine is None else 'PyTorch'} does not have it"
    if np.shape(mine) != np.shape(other):
        return f"is {np.shape(mine)} in the engine and {np.shape(other)} in PyTorch"
    if not np.isfinite(other).all():
        return "holds what is not a number"
    at = tuple(int(i) for i in np.unravel_index(int(np.abs(other - mine).argmax()), mine.shape))
    where = f" at {list(at)}" if at else ""
    return f"{mine[at]:.17g} in the engine and {other[at]:.17g} in PyTorch{where}"
