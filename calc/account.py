"""The loss, accounted for: how much of its change each parameter tensor was to bring, by its gradient.

To first order a small move changes the loss by the sum of gradient times move (the differential). What is left of the
true change is curvature: the gradient itself changes on the way.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from calc.ledger import Entry, Ledger

TIE = 1e-9  # a gradient that near to the largest is as large: the last bits do not decide which parameter is followed
# Of the loss: a remainder below this is the difference of numbers that agree in so many digits that float64 has too
# few left to print.
TOLD = 1e-8


def account(led: Ledger, weights: Mapping[str, Entry], gradients: Mapping[str, Entry]) -> None:
    """account.NAME.predicted for each tensor, parted in what AdamW's step and what the decay bring, their sums over the
    tensors, the remainder (nats), and the one parameter that the page follows."""
    predicted, by_step, by_decay = [], [], []
    rate = led.put("rate", None, "", "neg", led["adamw.lr_times_decay"])  # F1
    for name, p in weights.items():
        g, s = gradients[name], p.symbol
        step = led[f"adamw.{name}.step"]
        with led.scope(name):
            # New minus old, but not as that difference: the closer the two are, the fewer of its digits are right.
            decay = led.put("decay", rf"\Delta_{{\lambda}} {s}", p.axes, "mul", p, rate)  # F2
            move = led.put("move", rf"\Delta {s}", p.axes, "sub", decay, step)  # F3
            predicted.append(led.put("predicted", rf"d\mathcal{{L}}_{{{s}}}", "", "dot", g, move))  # F4
            against = led.put("against", rf"\delta_{{{s}}}", "", "dot", g, step)  # F5: what the step takes off
            by_step.append(led.put("by_step", rf"d\mathcal{{L}}_{{{s},\,u}}", "", "neg", against))  # F6
            by_decay.append(led.put("by_decay", rf"d\mathcal{{L}}_{{{s},\,\lambda}}", "", "dot", g, decay))  # F7
    total = led.put("predicted", r"d\mathcal{L}", "", "add", *predicted)  # F8
    led.put("by_step", r"d\mathcal{L}_{u}", "", "add", *by_step)  # F9
    led.put("by_decay", r"d\mathcal{L}_{\lambda}", "", "add", *by_decay)  # F10
    for name, part in zip(weights, predicted, strict=True):
        led.put(f"{name}.share", None, "", "div", part, total)  # F11
    led.put("tangent", None, "", "add", led["loss"], total)  # F12: the loss, were there no curvature
    change, size = led["facts.loss_change"], float(np.abs(led["loss"].value))
    if abs(float(change.value) - float(total.value)) >= TOLD * size:
        led.put("remainder", r"\mathcal{R}", "", "sub", change, total)  # F13
    follow(led, weights, gradients)


def follow(led: Ledger, weights: Mapping[str, Entry], gradients: Mapping[str, Entry]) -> None:
    """account.one.*: the parameter with the steepest gradient of all, its old and new value, and its own prediction"""
    name, index = steepest(gradients)
    p, at = weights[name], dict(zip(weights[name].axes, index, strict=True))
    with led.scope("one"):
        led.put("old", r"\theta", "", "select", p, at=at)
        led.put("new", r"\theta^{+}", "", "select", led[f"adamw.{name}.new"], at=at)
        symbol = r"\frac{\partial \mathcal{L}}{\partial \theta}"
        slope = led.put("gradient", symbol, "", "select", gradients[name], at=at)
        move = led.put("move", r"\Delta \theta", "", "select", led[f"account.{name}.move"], at=at)
        led.put("predicted", r"d\mathcal{L}_{\theta}", "", "mul", slope, move)


def steepest(gradients: Mapping[str, Entry]) -> tuple[str, tuple[int, ...]]:
    """The parameter with the largest gradient, up or down: its tensor and its index. Of equal ones the first."""
    top = max(float(np.abs(g.value).max()) for g in gradients.values())
    for name, g in gradients.items():
        sizes = np.abs(g.value)
        if sizes.max() >= (1 - TIE) * top:
            index = np.unravel_index(int(np.argmax(sizes >= (1 - TIE) * top)), g.shape)
            return name, tuple(int(i) for i in index)
    raise ValueError("no parameters")
