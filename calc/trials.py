"""Trials: every planted error (calc.mutants) is run, measured against the right step, and shown to every check.

A check answers whether it is satisfied; one that is not has caught the error. None of them is told what was planted.
The second implementation of the forward and backward pass is here the engine itself, unharmed; the tests have one that
shares no code with it, and find the same.
"""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np

from calc import export, export_program, mutants
from calc.ledger import Entry, Ledger, LedgerError
from calc.mutants import HEADS, MUTANTS, NORMS, Mutant
from calc.operations import Array
from calc.program import Program, Replay
from calc.step import training_step

BOUND = 1e-9  # relative to an array's largest entry; rounding stays below 1e-12, and no error here is below 1e-7
DIFFERENCES_BOUND = 1e-6  # relative to a gradient's length; central differences of this distance reach about 1e-9
DISTANCE, DIRECTIONS = 1e-5, 3
SPREAD = 0.2  # how far the weights are moved, so that no gain is one and no bias zero
TIE = 1e-9  # what is that near to the largest is as large: the last bits do not decide which one a page names
RIGHT = "none"  # the name of the run in which nothing is planted


class Check(NamedTuple):
    """A way to look for errors: its name in a table, and whether a run satisfies it."""

    label: str
    satisfied: Callable[[Ledger], bool]


class Trial(NamedTuple):
    """One planted error's run. `caught` says of each check whether it noticed, `broken` which invariants do not hold,
    `tensors` whose gradients are wrong, worst first, `moved` whose new values are, farthest first, `at` the worst cell
    of the entry that is shown."""

    mutant: Mutant
    ledger: Ledger
    caught: dict[str, bool]
    broken: list[str]
    tensors: list[str]
    moved: list[str]
    at: tuple[int, ...]

    @property
    def differs(self) -> bool:
        """Whether any number of the run differs from the right one."""
        return bool(self.tensors or self.moved)


# --- the checks -------------------------------------------------------------------------------------------------------


def loss_fell(led: Ledger) -> bool:
    return bool(led["after.loss"].value < led["loss"].value)


def shapes_as_declared(led: Ledger) -> bool:
    """Whether every array has the lengths of its axes, in a run that NumPy has accepted."""
    return all(e.value.shape == tuple(led.sizes[axis] for axis in e.axes) for e in led)


def _rows_sum_to(entry: Entry, total: float) -> bool:
    return bool(np.all(np.abs(entry.value.sum(axis=-1) - total) <= BOUND * np.abs(entry.value).max()))


def _tables_agree(led: Ledger) -> bool:
    words, places = led["grad.token_embedding"].value, led["grad.position_embedding"].value
    return near(words.sum(axis=0), places.sum(axis=0))


INVARIANTS: dict[str, Callable[[Ledger], bool]] = {
    "each query's attention weights sum to one": lambda led: _rows_sum_to(led[f"{HEADS}.weights"], 1),
    "no query gives weight to a later key": lambda led: not np.triu(led[f"{HEADS}.weights"].value, 1).any(),
    "each position's probabilities sum to one": lambda led: _rows_sum_to(led["output.probs"], 1),
    "each row of the logits' gradient sums to zero": lambda led: _rows_sum_to(led["grad.logits"], 0),
    "each row of the scores' gradient sums to zero": lambda led: _rows_sum_to(led[f"grad.{HEADS}.scores"], 0),
    "each row that a layer norm hands back sums to zero": lambda led: all(
        _rows_sum_to(led[out], 0) for out in NORMS.values()
    ),
    "the two embedding tables get the same gradient in sum": _tables_agree,
}


def broken(led: Ledger) -> list[str]:
    """The invariants that do not hold."""
    return [name for name, holds in INVARIANTS.items() if not holds(led)]


def differences_agree(led: Ledger, moved: bool = False) -> bool:
    """Whether the run's own loss, a little to both sides along random directions of all parameters together, changes as
    its own gradient says: at the first weights, or at moved ones."""
    generator = np.random.default_rng(3)
    values = {e.name: e.value for e in parameters(led)}
    if moved:
        values = {name: value + generator.normal(0.0, SPREAD, value.shape) for name, value in values.items()}
    loss, slopes = Replay(led, ["loss"]), Replay(led, [f"grad.{name}" for name in values])
    found = slopes(values)
    gradients = {name: found[f"grad.{name}"] for name in values}
    for _ in range(DIRECTIONS):
        ways = {name: generator.normal(0.0, 1.0, value.shape) for name, value in values.items()}
        high, low = (loss({name: values[name] + sign * DISTANCE * way for name, way in ways.items()})["loss"]
                     for sign in (1, -1))  # fmt: skip
        slope = sum(float(np.sum(gradients[name] * way)) for name, way in ways.items())
        length = math.sqrt(sum(float(np.sum(gradient**2)) for gradient in gradients.values()))
        if abs((high - low) / (2 * DISTANCE) - slope) > DIFFERENCES_BOUND * length:
            return False
    return True


def forward_agrees(led: Ledger) -> bool:
    return all(near(led[name].value, right()[name].value) for name in ("logits", "loss"))


def gradients_agree(led: Ledger) -> bool:
    names = [f"grad.{e.name}" for e in parameters(led)]
    return all(near(led[name].value, right()[name].value) for name in names)


def optimizer_agrees(led: Ledger) -> bool:
    """Whether the new parameters are what AdamW, written down once more, makes of the run's own gradients."""
    lr, decay, eps = (float(led[f"adamw.{name}"].value) for name in ("lr", "weight_decay", "eps"))
    betas = [float(led[f"adamw.{name}"].value) for name in ("beta1", "beta2")]
    for e in parameters(led):
        gradient = led[f"grad.{e.name}"].value
        # The first step: both averages are what they take of the gradient, over what they have taken in all.
        first, second = ((1 - b) * g / (1 - b**1) for b, g in zip(betas, (gradient, gradient**2), strict=True))
        new = (1 - lr * decay) * e.value - lr * first / (np.sqrt(second) + eps)
        if not near(led[f"adamw.{e.name}.new"].value, new):
            return False
    return True


CHECKS = {
    "loss": Check("the falling loss", loss_fell),
    "shapes": Check("shapes", shapes_as_declared),
    "invariants": Check("known sums", lambda led: not broken(led)),
    "differences": Check("central differences", differences_agree),
    "moved": Check("central differences at moved weights", lambda led: differences_agree(led, moved=True)),
    "forward": Check("a second forward pass", forward_agrees),
    "gradients": Check("a second backward pass", gradients_agree),
    "optimizer": Check("a second optimizer", optimizer_agrees),
}


def near(one: Array, other: Array) -> bool:
    """Whether two arrays agree to BOUND of the largest entry."""
    return bool(np.abs(one - other).max() <= BOUND * max(float(np.abs(other).max()), 1e-12))


# --- the runs ---------------------------------------------------------------------------------------------------------


def parameters(led: Ledger) -> list[Entry]:
    """Every parameter, in the order of the model."""
    return [entry for entry in led if entry.attrs.get("parameter")]


@cache
def recorded() -> Program:
    """The program in which the errors are planted."""
    return Program.of(training_step(mutants.config()), without=("unfolded", "facts", "account", "blame", "primer"))


@cache
def right() -> Ledger:
    """The run in which nothing is planted."""
    led = recorded().run()
    measure(led, led)
    return led


@cache
def trials() -> dict[str, Trial]:
    """Every planted error's run, by its name. They do not depend on the site's configuration."""
    return {mutant.name: trial(mutant) for mutant in MUTANTS}


def trial(mutant: Mutant) -> Trial:
    """Plant one error in the right program, run it, measure it, and ask every check."""
    program = recorded().copy()
    mutant.plant(program)
    led = program.run()
    caught = {name: not check.satisfied(led) for name, check in CHECKS.items()}
    tensors, moved = measure(led, right())
    off = np.abs(led[mutant.cell].value - right()[mutant.cell].value)
    at = np.unravel_index(int(np.argmax(off >= (1 - TIE) * off.max())), off.shape)
    return Trial(mutant, led, caught, broken(led), tensors, moved, tuple(int(i) for i in at))


def measure(led: Ledger, wanted: Ledger) -> tuple[list[str], list[str]]:
    """Adds facts.* to a run: how far it is from the right one. The parameters whose gradients are off by more than
    BOUND, worst first, and those whose new values are."""
    shares, distances, turned, cells = {}, {}, {}, {}
    for p in parameters(led):
        gradient, true = led[f"grad.{p.name}"].value, wanted[f"grad.{p.name}"].value
        new, aim = led[f"adamw.{p.name}.new"].value, wanted[f"adamw.{p.name}.new"].value
        shares[p.name] = np.abs(gradient - true).max() / np.abs(true).max()
        distances[p.name] = np.abs(new - aim).max() if not near(new, aim) else 0.0
        turned[p.name] = int(np.sum(np.sign(gradient) * np.sign(true) < 0))
        cells[p.name] = p.value.size
    tensors, moved = _worst(shares), _worst(distances)
    with led.stage("facts"), led.scope("facts"):
        led.put("loss_change", r"\Delta\mathcal{L}", "", "sub", led["after.loss"], led["loss"])
        led.put("turned", "n", "", "count", parts=turned)
        led.put("cells", "n", "", "count", parts=cells)
        _downhill(led, wanted)
        if tensors:
            worst = led[f"grad.{tensors[0]}"]
            off, size = _largest(led, worst, wanted, off=True), _largest(led, worst, wanted, off=False)
            led.put(f"share.{worst.name}", None, "", "div", off, size)
        if moved:
            _largest(led, led[f"adamw.{moved[0]}.new"], wanted, off=True)
    return tensors, moved


def _downhill(led: Ledger, wanted: Ledger) -> None:
    """How much the loss would change if it went on as steeply as it starts: the true gradient times the move."""
    parts = []
    for p in parameters(led):
        true = _right(led, led[f"grad.{p.name}"], wanted)
        move = led.put(f"move.{p.name}", None, p.axes, "sub", led[f"adamw.{p.name}.new"], p)
        parts.append(led.put(f"downhill.{p.name}", None, "", "dot", true, move))
    led.put("downhill", "s", "", "add", *parts)


def _right(led: Ledger, entry: Entry, wanted: Ledger) -> Entry:
    """The right run's value of an entry, as an input of this one."""
    known = led.find(f"facts.right.{entry.name}")
    return known or led.given(f"right.{entry.name}", entry.symbol, entry.axes, wanted[entry.name].value)


def _largest(led: Ledger, entry: Entry, wanted: Ledger, off: bool) -> Entry:
    """The largest magnitude of the right run's value, or of this run's distance from it."""
    name, value = f"{'off' if off else 'size'}.{entry.name}", _right(led, entry, wanted)
    if off:
        value = led.put(f"{name}.difference", None, entry.axes, "sub", entry, value)
    squared = led.put(f"{name}.squared", None, entry.axes, "square", value)
    top = led.put(f"{name}.top", "m", "", "max", squared)
    return led.put(name, None, "", "sqrt", top)


def _worst(sizes: Mapping[str, float]) -> list[str]:
    """The names of what is larger than BOUND, in falling order, those of equal size in the order of the model."""
    order: list[str] = []
    rest = {name: size for name, size in sizes.items() if size > BOUND}
    while rest:
        order.append(next(name for name, size in rest.items() if size >= (1 - TIE) * max(rest.values())))
        del rest[order[-1]]
    return order


def run(name: str) -> Ledger:
    """The ledger of one run: of a mutant, or of RIGHT."""
    return right() if name == RIGHT else trials()[name].ledger


def catches(check: str) -> int:
    """How many of the errors a check notices."""
    return sum(t.caught[check] for t in trials().values())


def transpose_refused() -> bool:
    """Whether NumPy complains of the first error's slip where the matrix is not square."""
    program = recorded().copy()
    mutants.transposed_wide_weight(program)
    try:
        program.run()
    except LedgerError:  # no matter of shapes
        raise
    except ValueError:
        return True
    return False


def enough() -> list[tuple[str, ...]]:
    """The smallest sets of checks that together catch every error."""
    for number in range(1, len(CHECKS) + 1):
        found = [
            names for names in itertools.combinations(CHECKS, number)
            if all(any(t.caught[name] for name in names) for t in trials().values())
        ]  # fmt: skip
        if found:
            return found
    return []


# --- files ------------------------------------------------------------------------------------------------------------


def file_name(run: str) -> str:
    """The name of a run's ledger among the site's data."""
    return f"mutant_{run}"


def files() -> dict[str, bytes]:
    """A ledger file and a program for each run, by their paths among the site's pages; the ledger of the right one has
    the inputs too."""
    made = {RIGHT: _archive(right(), [t.mutant.cell for t in trials().values()])}
    made |= {name: _archive(t.ledger, [t.mutant.cell]) for name, t in trials().items()}
    archives = {f"data/{file_name(name)}.npz": data for name, data in made.items()}
    config = mutants.config()
    programs = {name: export_program.text(run(name), config, fixed=True).encode() for name in made}
    return archives | {f"data/{file_name(name)}.program.json": text for name, text in programs.items()}


def _archive(led: Ledger, cells: list[str]) -> bytes:
    """What the page shows of a run, and what another implementation can be held against."""
    names = ["logits", "loss", "after.loss", *cells]
    for p in parameters(led):
        names += [f"grad.{p.name}", f"adamw.{p.name}.new"] + ([p.name] if led is right() else [])
    if led is right():
        names += [e.name for e in led if e.op == "given" and e.name.startswith(("inputs.", "constants."))]
    names += [e.name for e in led if not e.axes and e.name.startswith(("adamw.", "facts."))]
    file = io.BytesIO()
    export.pack({name: led[name].value for name in dict.fromkeys(names) if name in led}, file)
    return file.getvalue()
