"""The digits of the browser are those of the pages."""

from __future__ import annotations

import random

import numpy as np
import pytest

from render.digits import Digits
from render.worked import Worker, expand
from tests.explorer.node import CONFIGURATIONS, program, run, step

DIGITS = """
const { Program } = await load("program.js");
const { Replay } = await load("replay.js");
const { Digits } = await load("digits.js");
const { Worker } = await load("worked.js");
const program = new Program(given.program), values = new Replay(program).run(program.given());
const digits = new Digits(program, values, given.significant), worker = new Worker(digits);
const index = (place) => place.map(Number);
return {
  texts: program.entries.map((e) => Array.from({ length: e.size }, (_, i) => digits.text(e, e.index(i)))),
  lines: given.lines.map(([name, at]) => {
    const { more, equal } = worker.line(program.get(name), index(at));
    return [more, equal];
  }),
};
"""


@pytest.mark.parametrize("name", [name for name in CONFIGURATIONS if name != "wide"])  # test_printed.py has that one
def test_every_number_prints_as_on_the_pages_and_every_line_closes_alike(name: str) -> None:
    led, config = step(name)
    digits = Digits(led, config)
    worker, chosen = Worker(digits, config.display.longest_sum), random.Random(name)
    lines = [
        (entry, index) for entry in led if entry.op != "given"
        for index in chosen.sample(list(np.ndindex(entry.shape)), min(2, entry.value.size))
    ]  # fmt: skip
    found = run(DIGITS, {
        "program": program(name), "significant": config.display.digits,
        "lines": [(entry.name, index) for entry, index in lines],
    })  # fmt: skip
    for entry, texts in zip(led, found["texts"], strict=True):
        assert texts == [digits.text(entry, index) for index in np.ndindex(entry.shape)], entry.name
    for (entry, index), (more, equal) in zip(lines, found["lines"], strict=True):
        assert (more, equal) == worker.closing(expand(entry, index), digits.printed(entry, index)), (entry, index)
