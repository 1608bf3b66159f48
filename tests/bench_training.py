"""A training step without recording beside PyTorch's and JAX's, one thread each: a part of `make bench`.

Each library has a process that stays alive. In every round each of them makes some steps, so that a machine which
slows down slows all of them; minimum and median are those of single steps. All begin with the same parameters, and
their losses are compared first: what is timed is the same step.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from tests.speed.configurations import configurations

ROOT = Path(__file__).resolve().parent.parent
OURS = "this engine"
WORKERS = {  # a name, and the module and function of tests/speed that makes its step
    OURS: ("ours", "program"),
    "PyTorch, AdamW": ("torch_step", "default"),
    "PyTorch, AdamW(fused=True)": ("torch_step", "fused"),
    "JAX, jit": ("jax_step", "program"),
}


class Rounds(NamedTuple):
    rounds: int
    steps: int  # of each library in a round


ROUNDS = [Rounds(60, 50), Rounds(16, 3)]  # by size
COMPARED, TOLERANCE = 10, 1e-9  # steps, and how far apart their losses may be
MOST = [{"PyTorch, AdamW": 0.4, "PyTorch, AdamW(fused=True)": 0.65, "JAX, jit": 2.5}, {"PyTorch, AdamW(fused=True)": 2}]


class Worker:
    """A process of tests/speed/worker.py."""

    def __init__(self, module: str, function: str) -> None:
        environment = os.environ | dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        environment.pop("OPENBLAS_CORETYPE", None)  # or a kernel chosen for safety is timed
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.speed.worker", module, function],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def steps(self, size: str, number: int) -> tuple[list[float], list[float]]:
        """The seconds and the losses of that many more steps."""
        self.process.stdin.write(json.dumps([size, number]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{' '.join(self.process.args[2:])}: exit code {self.process.wait()}")
        seconds, losses = json.loads(answer)
        return seconds, losses

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def main() -> None:
    workers = {name: Worker(*program) for name, program in WORKERS.items()}
    try:
        for size, rounds, most in zip(configurations(), ROUNDS, MOST, strict=True):
            agree(size, workers)
            times = {name: list[float]() for name in workers}
            for _ in range(rounds.rounds):
                for name, worker in workers.items():
                    times[name] += worker.steps(size, rounds.steps)[0]
            report(size, times, most)
    finally:
        for worker in workers.values():
            worker.close()


def agree(size: str, workers: dict[str, Worker]) -> None:
    """The first steps of all, which are not timed: their losses are the same."""
    losses = {name: worker.steps(size, COMPARED)[1] for name, worker in workers.items()}
    for name, found in losses.items():
        for number, (ours, theirs) in enumerate(zip(losses[OURS], found, strict=True), 1):
            if abs(ours - theirs) > TOLERANCE * abs(ours):
                raise SystemExit(f"{size}, step {number}: the loss is {ours} here and {theirs} with {name}")


def report(size: str, times: dict[str, list[float]], most: dict[str, float]) -> None:
    """A row for each library, with our time's ratio to its own and what that is to be at most."""
    table = Table("library", "min", "median", "ours to it, min", "median", "at most", title=f"A training step: {size}")
    for column in table.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for name, seconds in times.items():
        figures = [f"{function(seconds) * 1e6:,.0f} µs" for function in (min, statistics.median)]
        ratios = [f"{function(times[OURS]) / function(seconds):.2f}" for function in (min, statistics.median)]
        table.add_row(name, *figures, *ratios, f"{most[name]}" if name in most else "")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
