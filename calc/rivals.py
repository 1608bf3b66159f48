"""Four optimizers from the same start: a run of its own that takes the walk's gradients once more and gives them to
each, and keeps the losses of their training (calc/race.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from calc import adamw, model, optimizers, parameters, step
from calc.ledger import Entry, Ledger, LedgerError
from calc.race import METHODS, TIMES, Race, Run

if TYPE_CHECKING:
    from calc.config import Config

SHOWN = ("w_out", "token_embedding")  # the tensors whose moves the page lays beside each other
SYMBOLS = {"sgd": r"\text{SGD}", "momentum": r"\text{momentum}", "adam_l2": r"\text{L2}", "adamw": r"\text{AdamW}"}


def ledger(config: Config, race: Race) -> Ledger:
    """The gradients at the start; METHOD.PARAMETER.* for each update of the tensors SHOWN, second.* for the next step
    of gradient descent with and without momentum; losses.METHOD.times_X, in nats."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        led = Ledger(step.axis_sizes(config))
        with led.stage("inputs"):
            inputs, start = step.read(led, config), step.beginning(config)
            weights = parameters.give(led, config.model.layers, start.values)
        before = model.forward(led, weights, inputs, config.model.layers)
        gradients = model.backward(led, before, weights, inputs)
        with led.stage("adamw"):
            r = step.read_rates(led, config, step=1)
            moved = _first(led, weights, gradients, r, led["adamw.weight_decay"])
            _moves(led)
        _second(led, moved, inputs, r, config.model.layers)
        with led.stage("facts"):
            for times in TIMES:
                led.put(f"rates.times_{times}", None, "", "mul_constant", r.lr, constant=float(times))
            tell(led, {f"{method}.times_{times}": race.run(method, times) for method in METHODS for times in TIMES})
    return led


def tell(led: Ledger, runs: Mapping[str, Run]) -> None:
    """losses.NAME[N] for each run: the loss before the first step and after each, as far as it could be computed"""
    for name, run in runs.items():
        axis = f"N{len(run.losses) - 1}"  # a run that overflowed is shorter
        led.sizes[axis] = len(run.losses)
        led.given(f"losses.{name}", r"\mathcal{L}", axis, run.losses, carried=True)


def _first(
    led: Ledger, weights: Mapping[str, Entry], gradients: Mapping[str, Entry], r: adamw.Rates, decay: Entry
) -> dict[str, Entry]:
    """Each method's update -> every parameter as gradient descent leaves it"""
    moved, one = {}, led["adamw.one"]
    for name, p in weights.items():
        g = gradients[name]
        with led.scope(f"sgd.{name}", mark="+"):
            moved[name] = optimizers.sgd(led, p, g, r.lr)
        if name not in SHOWN:
            continue
        zeros = np.zeros(p.shape)
        with led.scope(f"momentum.{name}"):
            buffer = led.given("buffer_before", r"b^{-}", p.axes, zeros)
        with led.scope(f"momentum.{name}", mark="+"):
            optimizers.momentum(led, p, g, buffer, r.lr, r.beta1)
        for method in ("adam_l2", "adamw"):
            with led.scope(f"{method}.{name}"):
                m, v = (led.given(f"{a}_before", rf"{a}^{{-}}", p.axes, zeros) for a in "mv")
            with led.scope(f"{method}.{name}", mark="+"):
                if method == "adamw":
                    adamw.update(led, p, g, m, v, r)
                else:
                    optimizers.adam_l2(led, p, g, m, v, decay, r, one)
    return moved


def _moves(led: Ledger) -> None:
    """METHOD.NAME.move, new minus old; what each of the two decays takes off a weight, and as what share"""
    for name in SHOWN:
        p = led[name]
        with led.scope(f"adam_l2.{name}"):
            denominator = led[f"adam_l2.{name}.denominator"]
            share = led.put("share", None, p.axes, "div", led["adamw.lr_times_decay"], denominator)
            led.put("decay", None, p.axes, "mul", share, p)
        with led.scope(f"adamw.{name}"):
            decay = led.put("decay", None, p.axes, "mul", led["adamw.lr_times_decay"], p)
            off = led.put("off", None, p.axes, "add", led[f"adamw.{name}.step"], decay)
        for method in METHODS:
            # Not the difference of new and old: the closer the two are, the fewer of its digits are right.
            taken = off if method == "adamw" else led[f"{method}.{name}.step"]
            with led.scope(f"{method}.{name}"):
                led.put("move", rf"\Delta_{{{SYMBOLS[method]}}} {p.symbol}", p.axes, "neg", taken)


def _second(led: Ledger, moved: Mapping[str, Entry], inputs: model.Inputs, r: adamw.Rates, layers: int) -> None:
    """The second step of gradient descent, and of momentum, which the first step took to the same place: momentum
    starts from no buffer. Where float64 cannot hold a number on the way, second.METHOD.* are missing."""
    try:
        with led.stage("after"), led.scope("second", mark="+"):
            after = model.forward(led, moved, inputs, layers)
        with led.scope("second"):
            gradients = model.backward(led, after, moved, inputs)
    except LedgerError:  # at so high a rate there is none
        return
    for name in SHOWN:
        p, g, buffer = moved[name], gradients[name], led[f"momentum.{name}.buffer"]
        with led.stage("adamw"):
            with led.scope(f"second.sgd.{name}", mark="+"):
                optimizers.sgd(led, p, g, r.lr)
            with led.scope(f"second.momentum.{name}", mark="+"):
                optimizers.momentum(led, p, g, buffer, r.lr, r.beta1)
