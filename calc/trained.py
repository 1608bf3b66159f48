"""The walk's sentence read by the model as a run over the corpus leaves it, and its attention beside that of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from calc import model, parameters, step
from calc.ledger import Entry, Ledger

if TYPE_CHECKING:
    from calc.course import Course


def of(course: Course, walk: Ledger) -> Ledger:
    """The forward pass under the walk's names; `patterns.*` compares its attention with that of the `walk`, which
    stands under `before.*`."""
    config = course.config
    layers = config.model.layers
    led = Ledger(step.axis_sizes(config))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        with led.stage("inputs"):
            inputs = step.read(led, config)
            weights = parameters.give(led, layers, course.parameters, carried=True)
        forward = model.forward(led, weights, inputs, layers)
    with led.stage("patterns"):
        one = led.given("patterns.one", "1", "", 1)
        for i, block in enumerate(forward.blocks):
            after = block.attention.weights
            old = walk[after.name]
            before = led.given(f"before.{old.name}", old.symbol, old.axes, old.value, carried=True)
            with led.scope(f"patterns.layers.{i}"):
                change = led.put("change", r"\Delta A", "H T S", "sub", after, before)
                square = led.put("change_square", None, "H T S", "square", change)
                led.put("moved", r"\Delta_{A}", "H T", "sum", square)
                reaches = []
                for name, rows in (("before", before), ("after", after)):
                    with led.scope(name):
                        reaches.append(reach(led, rows, one))
                led.put("fewer", None, "H T", "sub", *reaches)
    return led


def reach(led: Ledger, rows: Entry, one: Entry) -> Entry:
    """weights[H T S] -> how many words each query looks at, as one number [H T]: 1 / (sum of squared weights), which is
    n where n weights are equal and the others 0 (Laakso and Taagepera, 1979, "Effective number of parties", N_2)."""
    square = led.put("square", None, "H T S", "square", rows)
    together = led.put("together", r"q", "H T", "sum", square)
    return led.put("reach", r"n_{\text{eff}}", "H T", "div", one, together)
