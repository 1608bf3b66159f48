"""The walk's step at a learning rate ten times the configured one: a run of its own, with the losses of the training
that begins with it (calc/race.py), and the model where the loss was largest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from calc import account, facts, flat, model, parameters, step
from calc.along import given
from calc.ledger import Ledger, LedgerError
from calc.operations import Array
from calc.program import Replay
from calc.race import Race, times_rate
from calc.rivals import tell
from calc.step import Recorded

if TYPE_CHECKING:
    from calc.config import Config

TIMES = 10
WAY = np.linspace(0.0, 1.0, 41)  # of the fast step; a tenth of it is the walk's own


def ledger(config: Config, race: Race) -> Ledger:
    """The fast step under the walk's names, with its account; size.*, how far it moves each drawn tensor beside the
    size of its weights; losses.right, losses.fast and losses.way, in nats; and worst.*, the forward pass where the loss
    was largest.

    Where float64 cannot hold a number of a forward pass, its later entries are missing: after.loss, or worst.loss.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        led, fast = Ledger(step.axis_sizes(config)), at_rate(config, TIMES)
        try:
            done = step.record(led, fast, step.beginning(fast))
        except LedgerError:
            done = None
        if done is not None:
            _account(led, done)
        with led.stage("facts"):
            _sizes(led, config.model.layers)
            run = race.run("adamw", TIMES)
            tell(led, {"right": race.run("adamw"), "fast": run})
            way = _way(led, config.model.layers)
            led.sizes["R"] = len(way)
            led.given("losses.way", r"\mathcal{L}", "R", way, carried=True)
        _worst(led, config, run.worst)
    return led


def at_rate(config: Config, times: int) -> Config:
    """The configuration at so many times its learning rate, be that allowed in model.toml or not."""
    fast = config.optimizer.model_copy(update={"lr": times_rate(config.optimizer.lr, times)})
    return config.model_copy(update={"optimizer": fast})


def _account(led: Ledger, done: Recorded) -> None:
    with led.stage("facts"), led.scope("facts"):
        facts.outcome(led, done.before.loss.loss, done.after.loss.loss)
    with led.stage("account"), led.scope("account"):
        account.account(led, done.weights, done.gradients)


def _sizes(led: Ledger, layers: int) -> None:
    """size.NAME.{weights, move, ratio} of each tensor that was drawn: roots of mean squares, and the second over the
    first"""
    for name in drawn(layers):
        p = led[name]
        with led.scope(f"size.{name}"):
            move = led.put("moved", None, p.axes, "sub", led[f"adamw.{name}.new"], p)
            roots = []
            for what, entry in (("weights", p), ("move", move)):
                squared = led.put(f"{what}_squared", None, p.axes, "square", entry)
                mean = led.put(f"{what}_mean", r"\overline{x^2}", "", "mean", squared)
                roots.append(led.put(what, r"\text{rms}", "", "sqrt", mean))
            led.put("ratio", None, "", "div", roots[1], roots[0])


def drawn(layers: int) -> list[str]:
    """The tensors whose weights were drawn at random, in the order of the model."""
    return [parameter.name for parameter, _ in parameters.layout(layers) if parameter.start == "normal"]


def _way(led: Ledger, layers: int) -> list[float]:
    """The loss (nats) after each share WAY of the fast step, as far as float64 can hold it."""
    names = [parameter.name for parameter, _ in parameters.layout(layers)]
    moved = {name: (led[name].value, led[f"adamw.{name}.new"].value - led[name].value) for name in names}
    losses, found = Replay(led, ["loss"]), list[float]()
    for share in WAY:
        loss = float(losses({name: old + share * move for name, (old, move) in moved.items()})["loss"])
        if not np.isfinite(loss):
            break
        found.append(loss)
    return found


def _worst(led: Ledger, config: Config, theta: Array) -> None:
    """worst.*: the forward pass with these parameters, theta[W]"""
    layers = config.model.layers
    values = flat.views(theta, flat.places(layers, step.axis_sizes(config)))
    with led.stage("worst"), led.scope("worst"):
        weights = parameters.give(led, layers, values, carried=True)
        try:
            model.forward(led, weights, given(led), layers)
        except LedgerError:
            return
