"""`python -m verify [flags]`: the configuration's step and training, and PyTorch's from the same exported weights."""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.table import Table

from calc import export
from calc.config import Config, ConfigError
from calc.flags import Arguments, add_arguments, load_from_args
from calc.ledger import LedgerError
from calc.step import training_step
from render import verified
from render.terminal import console
from verify import comparison, optimizers, training
from verify.comparison import Array, Row, Step
from verify.training import Arrays, Followed

Found = tuple[str, str, Array]  # a function's name, an entry's, and what the function says it is

DESCRIPTION = """\
Computes one training step of the configured model, exports it, and lets PyTorch make the
same step from the exported weights: logits, loss, every gradient, every new parameter, the
loss afterwards; then stage by stage, by the functions that the pages show beside the code.
Each must agree within 1e-12 of the array's largest entry. Then both train, as configured,
with clipping, warm-up and a schedule, and without, a hundred steps of each: after every step
the loss and all parameters must agree within 1e-9. The result is kept for the pages.
Exit code 1 if an array disagrees, 2 if nothing was compared.
"""


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    parser = Arguments(
        prog="python -m verify", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    args = parser.parse_args(arguments)
    try:
        config = load_from_args(args)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        import torch

        from verify import torch_optimizers, torch_step, torch_training, walk
    except (ImportError, OSError) as error:  # OSError: a library of its build that this machine lacks
        print(f"PyTorch cannot be used ({' '.join(str(error).split())}); `make verify` installs it", file=sys.stderr)
        return 2
    try:
        wrong = optimizers.verify(config, torch_optimizers.optimizers, torch.__version__)
        train = torch_training.training
        return wrong or verify(config, torch_step.training_step, walk.walk, torch.__version__, train=train)
    except LedgerError as error:
        print(f"this configuration cannot be computed: {error}", file=sys.stderr)
        return 2


def verify(
    config: Config,
    outside: Callable[[Path], Mapping[str, Array]],
    by_stage: Callable[[Path], Iterable[Found]],
    version: str,
    folder: Path = verified.FOLDER,
    train: Callable[[Path], Iterable[Arrays]] | None = None,
) -> int:
    """Exports the step, compares it with the one that `outside` makes of the file and with what `by_stage` makes of it
    stage by stage, and training with what `train` makes of the file of each run; prints a row an array and keeps the
    result; 0, or 1 if an array disagrees, which leaves no result.
    """
    code = verified.code()  # before the step: an edit meanwhile makes the result stale
    ledger = training_step(config)
    # From here on an older result no longer stands: what follows may fail in any way.
    verified.discard(config.digest(), folder)
    with tempfile.TemporaryDirectory() as there:
        file = Path(there) / "step.npz"
        export.save(ledger, config, file)
        ours = read(file, {entry.name: entry.zeros for entry in ledger if entry.zeros is not None})
        rows = comparison.compare([e.name for e in ledger if e.attrs.get("parameter")], ours, outside(file))
        stages = comparison.compare_stages(ours, by_stage(file))
        trained = training.compare(config, train, Path(there)) if train else {}
    every = rows + stages + [row for run in trained.values() for row in run.rows]
    faults = sum(bool(row.fault) for row in every)
    out = console(wide=True)
    out.print(table(every))
    for row in (row for row in every if row.fault):
        out.print(f"{row.name}: {row.fault}", style="bold red", soft_wrap=True)
    for line in training.told(trained, version):
        out.print(line, style="bold", soft_wrap=True)
    compared = every if faults else rows + stages
    what = f"{len(compared)} arrays, {cells(compared):,} values of configuration {config.digest()}: PyTorch {version}"
    if faults:
        out.print(f"{what} DISAGREES in {faults} of the arrays", style="bold red", soft_wrap=True)
        return 1
    found = summary(config, code, version, rows, stages, trained)
    verified.write(found, folder)
    aside = "" if found.new_bound == found.bound else f" (new parameters within {found.new_bound:.0e})"
    out.print(f"{what} agrees within {found.bound:.0e}{aside}", style="bold", soft_wrap=True)
    return 0


def read(file: Path, zeros: Mapping[str, Array]) -> Step:
    """The engine's step, as an outside reader finds it in the exported file."""
    with np.load(file) as archive:
        arrays = dict(archive)
    optimizer = json.loads(str(arrays["config"]))["optimizer"]
    return Step(arrays, zeros, optimizer["lr"], optimizer["eps"])


def cells(rows: Sequence[Row], start: str = "") -> int:
    """How many values the arrays hold whose names start so."""
    return sum(math.prod(row.shape) for row in rows if row.name.startswith(start))


def summary(
    config: Config,
    code: str,
    version: str,
    rows: Sequence[Row],
    stages: Sequence[Row],
    trained: Mapping[str, Followed],
) -> verified.Result:
    """The result of an agreement."""
    groups = [row for run in trained.values() for row in run.rows]
    new = [row for row in rows if row.name.startswith("adamw.")]
    return verified.Result(
        configuration=config.digest(),
        code=code,
        torch=version,
        bound=comparison.kept([row for row in [*rows, *stages] if row not in new]),
        new_bound=comparison.kept(new),
        arrays=len(rows),
        values=cells(rows),
        gradients=cells(rows, "grad."),
        parameters=cells(new),
        stage_functions=len({row.name.partition(": ")[0] for row in stages}),
        stage_arrays=len(stages),
        stage_values=cells(stages),
        training_bound=training.BOUND,
        training=tuple(training.kept(run) for run in trained.values() if run.steps),
        errors={row.name: row.error for row in [*rows, *stages, *groups]},
    )


def table(rows: Sequence[Row]) -> Table:
    """A row for each array."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in (
        "array",
        "shape",
        "largest entry",
        "largest error, relative to its array",
        "largest where it is zero",
        "",
    ):
        right = heading.startswith("largest")
        made.add_column(heading, no_wrap=True, justify="right" if right else "left")
    for row in rows:
        made.add_row(
            row.name,
            " × ".join(map(str, row.shape)) or "scalar",
            f"{row.largest:.1e}",
            f"{row.error:.1e}",
            "" if row.residue is None else f"{row.residue:.1e}",
            "DISAGREES" if row.fault else "agrees",
            style="bold red" if row.fault else "",
        )
    return made


if __name__ == "__main__":
    sys.exit(main())
