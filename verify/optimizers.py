"""The other optimizers' updates held against PyTorch's: two steps from the same weights and gradients."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from calc import export, rivals
from calc.config import Config
from calc.race import Race
from render import verified
from render.terminal import console
from verify import comparison
from verify.comparison import Array, Row, Step

Others = Callable[[Path], Iterable[tuple[str, str, Array]]]  # a function's name, an entry's, and what it says it is


def verify(config: Config, others: Others, version: str, folder: Path = verified.FOLDER) -> int:
    """Exports the run of the optimizers, compares it with what `others` makes of the file, and says in a line what came
    of it; 0, or 1 if an array disagrees, after which no older result of the configuration stands."""
    with tempfile.TemporaryDirectory() as there:
        rows = compare(config, Path(there) / "optimizers.npz", others)
    out = console(wide=True)
    faults = [row for row in rows if row.fault]
    for row in faults:
        out.print(f"{row.name}: {row.fault}", style="bold red", soft_wrap=True)
    what = f"{len(rows)} arrays of {len({row.name.partition(': ')[0] for row in rows})} optimizers: PyTorch {version}"
    if faults:
        verified.discard(config.digest(), folder)
        out.print(f"{what} DISAGREES in {len(faults)} of the arrays", style="bold red", soft_wrap=True)
        return 1
    out.print(f"{what} agrees within {comparison.kept(rows):.0e}", style="bold", soft_wrap=True)
    return 0


def compare(config: Config, file: Path, others: Others) -> list[Row]:
    """A row for each array that `others` makes of the exported run."""
    export.save(rivals.ledger(config, Race(config)), config, file)
    with np.load(file) as archive:
        ours = Step(dict(archive), {}, config.optimizer.lr, config.optimizer.eps)
    return comparison.compare_stages(ours, others(file))
