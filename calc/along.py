"""Along the step: a run of its own that goes on where the training step ends, and the loss on the way there.

It takes the gradients once more at the new weights, so that the slope at the step's end can be laid beside the one at
its start, and runs the model with one parameter moved alone.
"""

from __future__ import annotations

import io
from functools import cached_property

import numpy as np

from calc import export, export_program, model
from calc.account import TOLD, steepest
from calc.config import Config
from calc.ledger import Entry, Ledger
from calc.program import Program, Replay

FILE = "along"  # the run's ledger among the site's data
WAY = np.linspace(0.0, 1.5, 31)  # of the whole step
ALONE = np.linspace(-20.0, 60.0, 41)  # of the one parameter's step


def given(led: Ledger) -> model.Inputs:
    """What the model of a recorded step reads besides its parameters."""
    ids = [led[f"inputs.{name}"] for name in ("tokens", "positions", "targets")]
    constants = [led[f"constants.{name}"] for name in ("ln_eps", "head_width", "root_2", "root_2pi")]
    return model.Inputs(*ids, *constants)


class Along:
    """What follows the training step of a configuration, from its ledger. `ledger` is the run's own."""

    TOLD = TOLD

    def __init__(self, led: Ledger, config: Config) -> None:
        self._step, self._config = led, config

    @cached_property
    def ledger(self) -> Ledger:
        """The step's own entries, then end.* and only.*: the run at the new weights, and with one parameter moved."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return self._run()

    @cached_property
    def way(self) -> list[float]:
        """The loss (nats) after each share WAY of the whole step: every parameter moved by that share of its move."""
        moved = {p.name: (p.value, self._step[f"account.{p.name}.move"].value) for p in self._parameters()}
        losses = Replay(self._step, ["loss"])
        return [float(losses({n: old + share * move for n, (old, move) in moved.items()})["loss"]) for share in WAY]

    @cached_property
    def alone(self) -> list[float]:
        """The loss (nats) with the one parameter moved by ALONE times its move, and every other one where it was."""
        name, index = steepest(self._gradients())
        move, losses, found = float(self._step["account.one.move"].value), Replay(self._step, ["loss"]), []
        for times in ALONE:
            values = self._step[name].value.copy()
            values[index] += times * move
            found.append(float(losses({name: values})["loss"]))
        return found

    def files(self) -> dict[str, bytes]:
        """The run's files, by their paths among the site's pages: its own scalars and the gradients at the new weights,
        and its program."""
        names = [e.name for e in self.ledger if e.name.startswith(("end.", "only.")) and not e.axes]
        names += [f"grad.adamw.{p.name}.new" for p in self._parameters()]
        file = io.BytesIO()
        export.pack({name: self.ledger[name].value for name in names}, file)
        program = export_program.text(self.ledger, self._config)
        return {f"data/{FILE}.npz": file.getvalue(), f"data/{FILE}.program.json": program.encode()}

    def _run(self) -> Ledger:
        # The complete step is run again, so that every number here too comes of the configuration alone.
        led = Program.of(self._step, without=("unfolded", "blame", "primer")).run()
        layers, inputs = self._config.model.layers, given(led)
        with led.stage("end"):
            self._end(led, inputs, layers)
        with led.stage("only"):
            self._only(led, inputs, layers)
        return led

    def _end(self, led: Ledger, inputs: model.Inputs, layers: int) -> None:
        """end.slope, the loss's slope along the step where it ends; the mean of both slopes, and what that leaves"""
        new = {p.name: led[f"adamw.{p.name}.new"] for p in self._parameters()}
        with led.scope("end", mark="+"):
            after = model.forward(led, new, inputs, layers)
        with led.scope("end"):
            gradients = model.backward(led, after, new, inputs)
            slopes = []
            for name, gradient in gradients.items():
                with led.scope(name):
                    slopes.append(led.put("slope", None, "", "dot", gradient, led[f"account.{name}.move"]))
            slope = led.put("slope", r"d\mathcal{L}^{+}", "", "add", *slopes)
            both = led.put("both", None, "", "add", led["account.predicted"], slope)
            mean = led.put("mean", None, "", "mul_constant", both, constant=0.5)
            self._rest(led, led["facts.loss_change"], mean)

    def _only(self, led: Ledger, inputs: model.Inputs, layers: int) -> None:
        """only.loss, with the one parameter moved and no other; its change, and what its slope alone leaves of it"""
        name, index = steepest(self._gradients())
        place = np.zeros(led[name].shape)
        place[index] = 1.0
        weights = {p.name: led[p.name] for p in self._parameters()}
        with led.scope("only"):
            where = led.given("where", r"\mathbb{1}", led[name].axes, place)
            move = led.put("move", None, where.axes, "mul", led[f"account.{name}.move"], where)
            weights[name] = led.put("moved", r"\theta", where.axes, "add", led[name], move)
            after = model.forward(led, weights, inputs, layers)
            change = led.put("change", None, "", "sub", after.loss.loss, led["loss"])
            self._rest(led, change, led["account.one.predicted"])

    def _rest(self, led: Ledger, change: Entry, predicted: Entry) -> None:
        """What a prediction leaves of a change, where float64 can tell it."""
        size = abs(float(led["loss"].value))
        if abs(float(change.value) - float(predicted.value)) >= TOLD * size:
            led.put("remainder", r"\mathcal{R}", "", "sub", change, predicted)

    def _parameters(self) -> list[Entry]:
        return [e for e in self._step if e.attrs.get("parameter")]

    def _gradients(self) -> dict[str, Entry]:
        return {p.name: self._step[f"grad.{p.name}"] for p in self._parameters()}
