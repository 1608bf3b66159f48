"""One library's process: for each line on its input, a size and a number of steps, it makes them and answers with their
seconds and losses."""

from __future__ import annotations

import importlib
import json
import sys
import time

from tests.speed.configurations import configurations


def main(module: str, function: str) -> None:
    made = getattr(importlib.import_module(f"tests.speed.{module}"), function)
    sizes, programs = configurations(), {}
    for line in sys.stdin:
        size, number = json.loads(line)
        if size not in programs:
            programs = {size: made(sizes[size])}  # the memory of the size before is let go
        step, seconds, losses = programs[size], [], []
        for _ in range(number):
            started = time.perf_counter()
            loss = step()
            seconds.append(time.perf_counter() - started)
            losses.append(loss)
        sys.stdout.write(json.dumps([seconds, losses]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
