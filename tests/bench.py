"""Time and memory, a row a figure: `make bench`.

Whole processes are measured from outside, by the operating system's own account, and in turn, so that a machine which
slows down slows all of them. Each row gives minimum and median, and the median's ratio to a process that only imports
NumPy.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from calc.config import SHIPPED, load
from calc.step import training_step
from tests import bench_explorer, bench_training

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
STEPS = 50


class Run(NamedTuple):
    seconds: float
    megabytes: float


def process(*arguments: str) -> Run:
    """One run of this Python in the project's folder: wall time and peak memory of its largest process."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # or a kernel chosen for safety is timed
        environment.pop(name, None)
    started = time.perf_counter()
    null = os.open(os.devnull, os.O_WRONLY)
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, *arguments],
        environment,
        file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)],
    )
    _, status, usage = os.wait4(child, 0)
    os.close(null)
    if status:
        raise SystemExit(f"{' '.join(arguments)}: exit code {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KiB elsewhere
    return Run(time.perf_counter() - started, usage.ru_maxrss * unit / 1e6)


def build(out: Path, cold: bool) -> Run:
    """`python build.py` to a finished site, without the formula cache or with it."""
    if cold:
        shutil.rmtree(ROOT / ".cache", ignore_errors=True)
    return process("build.py", "--out", str(out))


def step_times() -> list[float]:
    """Seconds for the default step with its whole ledger, in this process, after a warm-up."""
    config = load(SHIPPED, {})
    training_step(config)
    times = []
    for _ in range(STEPS):
        started = time.perf_counter()
        training_step(config)
        times.append(time.perf_counter() - started)
    return times


def main() -> None:
    os.chdir(ROOT)
    runs: dict[str, list[Run]] = {}
    with tempfile.TemporaryDirectory(dir=ROOT.parent) as folder:
        commands: dict[str, Callable[[], Run]] = {
            "import numpy": lambda: process("-c", "import numpy"),
            "import calc.step": lambda: process("-c", "import calc.step"),
            "import calc.learner": lambda: process("-c", "import calc.learner"),
            "build.py, no formula cache": lambda: build(Path(folder) / "site", cold=True),
            "build.py, with the cache": lambda: build(Path(folder) / "site", cold=False),
        }
        for _ in range(ROUNDS):
            for name, command in commands.items():
                runs.setdefault(name, []).append(command())
        report(runs)
        bench_training.main()
        bench_explorer.main(Path(folder) / "site")


def report(runs: dict[str, list[Run]]) -> None:
    """A row for each command, under one for the step."""
    base = statistics.median(run.seconds for run in runs["import numpy"])
    table = Table("what", "min", "median", "to numpy", "memory", title="Time and memory")
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    times = step_times()
    table.add_row("the step with its ledger", *_times(times), f"{statistics.median(times) / base:.3f}", "")
    for name, done in runs.items():
        seconds = [run.seconds for run in done]
        memory = f"{statistics.median(run.megabytes for run in done):.0f} MB"
        table.add_row(name, *_times(seconds), f"{statistics.median(seconds) / base:.1f}", memory)
    Console(width=100).print(table)


def _times(seconds: list[float]) -> tuple[str, str]:
    return tuple(f"{value * 1e3:.1f} ms" for value in (min(seconds), statistics.median(seconds)))  # type: ignore[return-value]


if __name__ == "__main__":
    main()
