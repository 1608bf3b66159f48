"""Every operation by itself, on axes that the step does not have: operands that lack letters, batches, other orders."""

from __future__ import annotations

from typing import Any

import numpy as np

from calc import export_program
from calc.ledger import Entry, Ledger
from calc.operations import OPERATIONS
from tests.explorer.compare import BOUND, error
from tests.explorer.node import run, step

SIZES = {"B": 2, "T": 5, "S": 7, "D": 11, "D'": 11, "H": 3, "K": 2, "C": 6, "V": 13}
AXES = ("", "T", "D", "S", "T D", "D T", "D C", "C S D", "B T D", "B T C", "B H T K", "T V")
PAIRS = [
    ("T D", "T D", "T D"), ("T D", "D", "T D"), ("D", "T D", "T D"), ("T", "S", "S T"), ("D T", "T D", "D T"),
    ("", "D", "D"), ("B T D", "D T", "B T D"),
]  # fmt: skip
DOTS = [
    ("T D", "D C", "T C"), ("T D", "D C", "C T"), ("T D", "C S D", "S T C"), ("D T", "T D", ""),
    ("B T D", "C S D", "B S C T"), ("B T D", "D C", "B T C"), ("T", "T D", "D"),
]  # fmt: skip
# All that a ledger made, twice: from its inputs, and from others into the arrays of the first time.
REPLAY = """
const { Program } = await load("program.js");
const { Replay } = await load("replay.js");
const program = new Program(given.program), replay = new Replay(program);
const values = replay.run(program.given()), first = values.map((cells) => cells.slice());
const other = Object.entries(given.other).map(([name, cells]) => [name, Float64Array.from(cells)]);
return [first, replay.run(new Map(other), program.entries, values)];
"""


def every_operation() -> Ledger:
    """Elementwise operations, sums and the ways by number, each with its letters in several orders."""
    led, draw = Ledger(SIZES), np.random.default_rng(5)

    def number(axes: str) -> Entry:
        shape = [SIZES[letter] for letter in axes.split()]
        return led.given(f"given.{axes}", "x", axes, draw.uniform(0.5, 2, shape))

    def ids(axes: str) -> Entry:
        return led.given(f"ids.{axes}", "i", axes, draw.integers(0, SIZES["V"], [SIZES[a] for a in axes.split()]))

    def put(op: str, axes: str, *operands: Entry, **attrs: Any) -> Entry:
        return led.put(f"{op}.{axes}.{len(led)}", "y", axes, op, *operands, **attrs)

    x = {axes: number(axes) for axes in AXES}
    batch, flat = ids("B T"), ids("T")
    for op in ("sub", "mul", "div", "power", "add"):
        for left, right, axes in PAIRS:
            put(op, axes, x[left], x[right])
    put("add", "T D", x["D"], x["T"], x["T D"])
    for op in ("neg", "copy", "exp", "log", "sqrt", "square", "erfc"):
        put(op, "T D", x["T D"])
    put("copy", "D T", x["T D"])
    for op in ("add_constant", "mul_constant"):
        put(op, "T D", x["T D"], constant=-1.5)
    for left, right, axes in DOTS:
        put("dot", axes, x[left], x[right])
    for op in ("sum", "mean", "max"):
        for axes in ("B D", "D", "T", ""):
            put(op, axes, put("neg", "B T D", x["B T D"]))
    put("gather", "B T D", put("repeat", "V D", x["D"]), batch)
    put("gather", "T D", put("mul", "V D", x["D"], led.given("rows", "r", "V", np.arange(13.0))), flat)
    put("scatter_add", "V D", x["T D"], flat)
    put("scatter_add", "V D", x["B T D"], batch)
    put("scatter_add", "V D", x["B T D"], flat)
    put("pick", "T", x["T V"], flat)
    put("one_hot", "B T V", batch)
    put("mask", "B T D", x["B T D"], put("causal_mask", "T D"))
    put("identity", "D D'")
    put("select", "S", x["C S D"], at={"D": 3, "C": 1})
    put("join", "B T C", put("split", "B H T K", x["B T C"]))
    put("join", "B T C", x["B H T K"])
    put("repeat", "S T H", x["T"])
    put("size", "", x["T D"])
    put("count", "", parts={"one": 3, "other": 4})
    return led


def replayed(led: Ledger, other: dict[str, Any]) -> list[list[Any]]:
    _, config = step("default")
    flat = {name: np.ravel(value).tolist() for name, value in other.items()}
    found: list[list[Any]] = run(REPLAY, {"program": export_program.program(led, config), "other": flat})
    return found


def test_every_operation_with_its_letters_in_several_orders() -> None:
    led = every_operation()
    assert {entry.op for entry in led} == set(OPERATIONS)
    other = {e.name: e.value[::-1] if e.axes else e.value + 1 for e in led if e.op == "given"}
    for found, known in zip(replayed(led, other), (led.replay(), led.replay(other)), strict=True):
        errors = {entry.name: error(cells, known[entry.name]) for entry, cells in zip(led, found, strict=True)}
        assert {n: e for n, e in errors.items() if not e <= BOUND} == {}


def test_what_rounding_leaves_of_a_sum_that_cancels_is_zero_and_nothing_more() -> None:
    led = Ledger({"T": 3, "K": 3})
    rows = led.given("rows", "x", "T K", [[0.1, 0.2, -0.3], [1.0, 1.0, 1.0], [1.0, -1.0, 1e-10]])
    cells = led.given("cells", "c", "T", [0.1 + 0.2, 2.0, 1.0 + 1e-10])
    less = led.given("less", "l", "T", [0.3, 1.0, 1.0])
    ones = led.given("ones", "o", "K", [1.0, 1.0, 1.0])
    sums = [
        led.put("sum", "s", "T", "sum", rows),
        led.put("dot", "p", "T", "dot", rows, ones),
        led.put("sub", "d", "T", "sub", cells, less),
    ]
    found, _ = replayed(led, {entry.name: entry.value for entry in led if entry.op == "given"})
    for entry, told in zip(sums, found[-len(sums) :], strict=True):
        assert [value == 0 for value in told] == (entry.value == 0).tolist() == [True, False, False], entry.name
