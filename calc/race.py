"""The walk's own sentence learnt again and again from the same start, by one optimizer or another at one rate or
another: the losses on the way."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from calc import adamw, later, optimizers, step
from calc.learner import Learner
from calc.ledger import NotFinite
from calc.operations import Array
from calc.plan import Plan

if TYPE_CHECKING:
    from calc.config import Config

STEPS = 100
METHODS = ("sgd", "momentum", "adam_l2", "adamw")
SHOWN = (1, 2, 10, 100)  # the steps after which pages print the loss
TIMES = (1, 3, 10, 30)  # the configured rate, and so many times it


class Run(NamedTuple):
    """losses: before the first step, and after each (nats), up to STEPS, or fewer where a number overflowed; theta[W]
    where the loss was largest, of those after the first step."""

    losses: tuple[float, ...]
    worst: Array

    @property
    def whole(self) -> bool:
        """Whether no number overflowed."""
        return len(self.losses) == STEPS + 1

    @property
    def last(self) -> float:
        """The loss at the end; infinite where a number overflowed before."""
        return self.losses[-1] if self.whole else np.inf


class Race:
    """Runs from one start. The rate is constant, and nothing is clipped, whatever [training] says."""

    times, shown = TIMES, SHOWN

    def __init__(self, config: Config) -> None:
        self._config, self._learner = config, _Free(config)
        self._batch = later.sentence(config)
        self._found: dict[tuple[str, int], Run] = {}

    def run(self, method: str, times: int = 1) -> Run:
        """One of METHODS at so many times the configured rate."""
        if (method, times) not in self._found:
            found = self._run(method, times_rate(self._config.optimizer.lr, times), (method, times) != ("adamw", 1))
            self._found[method, times] = found
        return self._found[method, times]

    def best(self, method: str) -> int:
        """The one of TIMES at whose rate the method ends with the smallest loss; of equal ones the first."""
        return min(TIMES, key=lambda times: self.run(method, times).last)

    def _run(self, method: str, rate: float, rounded: bool) -> Run:
        """STEPS steps of a method.

        At a high rate a difference in the last bit can grow from step to step until it is as large as the loss itself.
        So that the digits do not depend on the machine, a `rounded` run keeps its parameters in float32 between two
        steps, from the second on. The walk's own run is not rounded.
        """
        learner = self._learner
        learner.begin(method, rate, rounded)
        losses, worst = list[float](), learner.theta.copy()
        try:
            for number in range(STEPS + 1):
                theta = learner.theta.copy()
                outcome = learner.step(self._batch) if number < STEPS else learner.evaluate(self._batch)
                if not np.isfinite(outcome.loss):
                    break
                losses.append(outcome.loss)
                if number and outcome.loss >= max(losses[1:]):
                    worst = theta
        except NotFinite:
            pass  # the losses end here, and Run.whole tells
        return Run(tuple(losses), worst)


def times_rate(rate: float, times: int) -> float:
    """So many times the rate, as it is written in decimals: 10 times 0.007 is 0.07, with nothing behind it."""
    return float(times * Decimal(repr(rate)))


class _Free(Learner):
    """A learner that is moved by any of METHODS."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._start = self.theta.copy()

    def begin(self, method: str, rate: float, rounded: bool) -> None:
        """Back to the start."""
        self.theta[...], self.m[...], self.v[...], self.count = self._start, 0, 0, 0
        vectors = {"theta": self.theta, "gradient": self.gradient, "m": self.m, "v": self.v}
        self._update = _Update(self.config, vectors, method, rate, rounded)


class _Update:
    """The vectors, all [W], after a step of a method, written in place."""

    def __init__(self, config: Config, vectors: dict[str, Array], method: str, rate: float, rounded: bool) -> None:
        self._config, self._vectors, self._method, self._rounded = config, vectors, method, rounded
        self._number, self._rate = np.zeros((), np.int64), np.asarray(rate)
        self._plan: Plan | None = None

    def __call__(self, number: int, rate: float) -> None:
        """Step number `number`; the schedule's `rate` counts for nothing here."""
        self._number[...] = number
        if self._plan:
            self._plan.run()
        else:
            self._plan = self._planned()
        if self._rounded and number > 1:
            theta = self._vectors["theta"]
            theta[...] = theta.astype(np.float32)

    def _planned(self) -> Plan:
        plan = Plan({"W": len(self._vectors["theta"])})
        p, gradient, m, v = [plan.given(name, name, "W", vector) for name, vector in self._vectors.items()]
        r = step.read_rates(plan, self._config, self._number, self._rate)
        with plan.into({"new": p.value, "m": m.value, "v": v.value, "buffer": m.value}):
            match self._method:
                case "sgd":
                    optimizers.sgd(plan, p, gradient, r.lr)
                case "momentum":
                    optimizers.momentum(plan, p, gradient, m, r.lr, r.beta1)
                case "adam_l2":
                    decay = plan.given("weight_decay", r"\lambda", "", self._config.optimizer.weight_decay)
                    optimizers.adam_l2(plan, p, gradient, m, v, decay, r, plan.given("one", "1", "", 1))
                case _:
                    adamw.update(plan, p, gradient, m, v, r)
        return plan
