"""The first step's gradient of a run over the corpus, and what a limit does to it, as a ledger of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calc import clip, parameters, step, symbols
from calc.ledger import Ledger

if TYPE_CHECKING:
    from calc.course import Course

LIMIT = 1.0  # the usual one, for an example where the run itself has none


def of(course: Course) -> Ledger:
    """The gradients of the first batch by their names in the walk, then calc/clip.py's entries for all of them."""
    config = course.config
    led = Ledger(step.axis_sizes(config) | clip.PAIR)
    with led.stage("inputs"):
        gradients = {
            parameter.name: led.given(
                f"grad.{parameter.name}", symbols.gradient(symbols.marked(parameter.symbol, mark)), parameter.axes,
                course.gradient[parameter.name], carried=True,
            )
            for parameter, mark in parameters.layout(config.model.layers)
        }  # fmt: skip
    with led.stage("clip"):
        clip.forward(led, gradients, config.training.clip or LIMIT)
    return led
