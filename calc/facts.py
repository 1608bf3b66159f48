"""Facts: counts and shares that pages print and no step needs, drawn from the ledger itself."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from calc.ledger import Entry, Ledger

FUNCTIONS = {"exp", "log", "sqrt", "erfc", "power"}
BESIDE = ("after", "unfolded", "account", "blame", "primer")  # stages that the step itself does not need
KINDS = ("multiplications", "additions", "functions", "comparisons")


def cost(entry: Entry) -> dict[str, int]:
    """How many elementary operations of each kind made the entry. A subtraction counts as an addition, a division as a
    multiplication; moving, picking and masking numbers counts as nothing."""
    cells = entry.value.size
    if entry.op in FUNCTIONS:
        return {"functions": cells}
    match entry.op:
        case "mul" | "div" | "square" | "mul_constant":
            return {"multiplications": cells}
        case "sub" | "add_constant":
            return {"additions": cells}
        case "add":
            return {"additions": cells * (len(entry.operands) - 1)}
        case "sum" | "mean" | "max":
            steps = entry.operands[0].value.size - cells
            if entry.op == "max":
                return {"comparisons": steps}
            return {"additions": steps} | ({"multiplications": cells} if entry.op == "mean" else {})
        case "scatter_add":
            ids = entry.operands[1].value
            width = entry.value[0].size
            return {"additions": (ids.size - len(np.unique(ids))) * width}  # a number's first row is only put there
        case "dot":
            sizes = dict(zip(entry.operand_axes[0], entry.operands[0].shape, strict=True))
            products = cells * math.prod(n for letter, n in sizes.items() if letter not in entry.axes)
            return {"multiplications": products, "additions": products - cells}
        case _:
            return {}


def operations(led: Ledger) -> None:
    """facts.operations.STAGE.KIND, the sum over the stage's entries, and their total over the step"""
    totals: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}
    for stage in [s for s in led.stages() if s not in ("inputs", "facts") and not s.startswith(BESIDE)]:
        parts: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}
        for entry in led:
            if entry.stage == stage:
                for kind, number in cost(entry).items():
                    parts[kind][entry.name] = number
        for kind in KINDS:
            made = led.put(f"operations.{stage}.{kind}", rf"n_{{\text{{{kind}}}}}", "", "count", parts=parts[kind])
            totals[kind][made.name] = int(made.value)
    for kind in KINDS:
        led.put(f"operations.total.{kind}", rf"n_{{\text{{{kind}}}}}", "", "count", parts=totals[kind])


def parameters(led: Ledger, parameters: Mapping[str, Entry]) -> None:
    """facts.parameters.NAME, the number of cells of each tensor, and their total"""
    counts = [led.put(f"parameters.{n}", rf"n({p.symbol})", "", "size", p) for n, p in parameters.items()]
    led.put("parameters.total", "n", "", "add", *counts)


def outcome(led: Ledger, before: Entry, after: Entry) -> None:
    """What the step did to the loss, and the loss of a model that finds every word equally likely: ln V"""
    led.put("loss_change", r"\Delta\mathcal{L}", "", "sub", after, before)
    words = led.put("vocabulary", "n_V", "", "count", parts={"vocabulary": led.sizes["V"]})
    led.put("uniform_loss", None, "", "log", words)
