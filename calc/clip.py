"""Clipping by the global norm: where the gradient of all parameters together is longer than a limit, every part of it
is shortened alike, so that it keeps its direction (Pascanu, Mikolov and Bengio, 2013, "On the difficulty of training
recurrent neural networks", algorithm 1; with the 1e-6 of torch.nn.utils.clip_grad_norm_)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from calc.ledger import Entry, Tape

PAIR = {"Q": 2}  # the length of the axis on which norm and limit stand side by side
SPARE = 1e-6  # as PyTorch adds it, against a division by 0


class Clipped(NamedTuple):
    norm: Entry
    scale: Entry
    gradients: dict[str, Entry]


def forward(led: Tape, gradients: Mapping[str, Entry], limit: float) -> Clipped:
    """gradients by name, any axes -> the same times limit / max(norm + 1e-6, limit), which is 1 below the limit

    The tape's sizes hold PAIR.
    """
    with led.scope("clip"):
        most = led.given("limit", "c", "", limit)
        spare = led.given("spare", r"\epsilon_c", "", SPARE)
        first, second = led.given("first", "e_1", "Q", [1.0, 0.0]), led.given("second", "e_2", "Q", [0.0, 1.0])
        squares = []
        for name, gradient in gradients.items():
            with led.scope(name):
                symbol = rf"\lVert {gradient.symbol} \rVert^2"
                squares.append(led.put("square", symbol, "", "dot", gradient, gradient))  # F1
        total = led.put("total", None, "", "add", *squares) if len(squares) > 1 else squares[0]  # F2
        norm = led.put("norm", r"\lVert g \rVert", "", "sqrt", total)  # F3
        length = led.put("length", None, "", "add", norm, spare)  # F4
        lengths = led.put("lengths", None, "Q", "mul", length, first)  # F5: the larger of two is the largest of a row
        limits = led.put("limits", None, "Q", "mul", most, second)  # F5
        pair = led.put("pair", None, "Q", "add", lengths, limits)  # F5
        larger = led.put("larger", "n", "", "max", pair)  # F5
        scale = led.put("scale", "s", "", "div", most, larger)  # F6
        clipped = {}
        for name, gradient in gradients.items():
            with led.scope(name):
                clipped[name] = led.put("clipped", None, gradient.axes, "mul", gradient, scale)  # F7
    return Clipped(norm, scale, clipped)
