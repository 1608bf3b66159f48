"""A model that learns: its parameters and AdamW's moments as flat vectors, and the step that moves them.

The layers are those of the walk, and the update is adamw.update, run for all parameters together. Their calls are
planned once for each shape of a batch (calc/plan.py), and after that a step is these calls and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from calc import flat, model, parameters, schedule, step
from calc.batches import Batch, batches
from calc.ledger import Entry, NotFinite, Tape
from calc.operations import Array
from calc.plan import Plan
from calc.update import Update

if TYPE_CHECKING:
    from calc.config import Config

MOST_PLANNED = 2**29  # bytes that the plans of other shapes of a batch may keep


class Outcome(NamedTuple):
    """loss: the batch's mean, in nats; nll[B T]: each position's own, of no meaning at padding."""

    loss: float
    nll: Array


class Pass(NamedTuple):
    """Forward and backward of a batch: their plan, the memory that it reads the batch from, and what it computes."""

    plan: Plan
    batch: Batch
    forward: model.Forward


class Learner:
    """theta[W], m[W], v[W]: all parameters and both moments, written in place; `parameters`, `first` and `second` are
    the views of each by parameter. `count` steps have been made. `epoch` is the corpus in batches, and `steps` the
    length of the whole run, which the schedule asks for.
    """

    def __init__(self, config: Config) -> None:
        layers, sizes = config.model.layers, step.axis_sizes(config)
        where = flat.places(layers, sizes)
        self.config, self.count = config, 0
        self.epoch = batches(config)
        self.steps = config.training.epochs * len(self.epoch)
        self.theta, self.m, self.v = (flat.zeros(where) for _ in range(3))
        self.parameters, self.first, self.second = (flat.views(x, where) for x in (self.theta, self.m, self.v))
        drawn = parameters.draw(layers, sizes, config.init.seed, config.init.spread, config.init.decimals)
        for name, value in drawn.items():
            self.parameters[name][...] = value
        self._gradient = flat.zeros(where)
        self._places = {f"grad.{name}": view for name, view in flat.views(self._gradient, where).items()}
        self._sizes, self._passes = sizes, dict[tuple[tuple[int, ...], bool], Pass]()
        self._update: Callable[[int, float], None] = Update(config, self.theta, self._gradient, self.m, self.v)

    @property
    def gradient(self) -> Array:
        """gradient[W]: that of the last step, as the update took it."""
        return self._gradient

    def step(self, batch: Batch) -> Outcome:
        """One training step. Raises NotFinite, with everything as it was, where a number overflows."""
        number = self.count + 1
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            outcome = _outcome(self._passed(batch))
            if not np.isfinite(outcome.loss):
                raise NotFinite(f"step {number}: the loss is not a finite number; a smaller optimizer.lr helps")
            # Where no square overflows, neither does the update, whose rates are bounded: so this is asked before it.
            if not (np.isfinite(self._gradient @ self._gradient) and np.isfinite(self.theta @ self.theta)):
                raise NotFinite(f"step {number}: a weight or its gradient is too large; a smaller optimizer.lr helps")
            self._update(number, schedule.rate(self.config.training, self.config.optimizer.lr, number, self.steps))
        self.count = number
        return outcome

    def evaluate(self, batch: Batch) -> Outcome:
        """The loss with the parameters as they are; nothing moves."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            tape = Tape(self._shapes(batch))
            return _outcome(model.forward(tape, *self._laid(tape, batch), self.config.model.layers))

    def _passed(self, batch: Batch) -> model.Forward:
        """Forward and backward, with the gradient in its vector."""
        key = batch.tokens.shape, batch.mask is None
        known = self._passes.pop(key, None)
        if known is None:
            known = self._planned(batch)
        else:
            np.copyto(known.batch.tokens, batch.tokens)
            np.copyto(known.batch.targets, batch.targets)
            if known.batch.mask is not None and batch.mask is not None:
                np.copyto(known.batch.mask, batch.mask)
            known.plan.run()
        self._passes[key] = known  # the latest is the last
        return known.forward

    def _planned(self, batch: Batch) -> Pass:
        """The first pass of a shape, planned while it is made. Where plans take too much memory, the longest unused
        goes."""
        mask = None if batch.mask is None else batch.mask.copy()
        batch = Batch(batch.tokens.copy(), batch.targets.copy(), mask)
        plan, layers = Plan(self._shapes(batch)), self.config.model.layers
        weights, inputs = self._laid(plan, batch)
        forward = model.forward(plan, weights, inputs, layers)
        with plan.into(self._places):
            model.backward(plan, forward, weights, inputs)
        while self._passes and sum(known.plan.bytes for known in self._passes.values()) > MOST_PLANNED:
            del self._passes[next(iter(self._passes))]
        return Pass(plan, batch, forward)

    def _shapes(self, batch: Batch) -> dict[str, int]:
        rows, words = batch.tokens.shape
        return self._sizes | {"B": rows, "T": words, "S": words, "S'": words}

    def _laid(self, tape: Tape, batch: Batch) -> tuple[dict[str, Entry], model.Inputs]:
        """The parameters and the batch on a tape."""
        inputs = model.Inputs(
            tape.given("tokens", r"\mathrm{id}", "B T", batch.tokens),
            tape.given("positions", r"\mathrm{pos}", "T", np.arange(batch.tokens.shape[1])),
            tape.given("targets", "y", "B T", batch.targets),
            *step.constants(tape, self.config),
            None if batch.mask is None else tape.given("mask", r"\mu", "B T", batch.mask),
        )
        return parameters.give(tape, self.config.model.layers, self.parameters), inputs


def _outcome(forward: model.Forward) -> Outcome:
    return Outcome(float(forward.loss.loss.value), forward.loss.nll.value.copy())
