"""AdamW on all parameters together, as one flat vector: the calls of adamw.update, planned for one block of the vector
after another, so that what a block needs stays in the processor's cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from calc import adamw, clip, step
from calc.operations import Array
from calc.plan import Memory, Plan

if TYPE_CHECKING:
    from calc.config import Config

BLOCK = 8192  # numbers


class Update:
    """theta[W], gradient[W], m[W], v[W] -> theta, m and v after a step, written in place; the clipped gradient too."""

    def __init__(self, config: Config, theta: Array, gradient: Array, m: Array, v: Array) -> None:
        self._config, self._vectors = config, {"theta": theta, "gradient": gradient, "m": m, "v": v}
        self._number, self._rate = np.zeros((), np.int64), np.zeros(())
        self._plans: list[Plan] = []

    def __call__(self, number: int, rate: float) -> None:
        """Step number `number`, from 1, at a learning rate. The first one is planned while it is made."""
        self._number[...], self._rate[...] = number, rate
        if not self._plans:
            self._plans = self._planned()
            return
        for plan in self._plans:
            plan.run()

    def _planned(self) -> list[Plan]:
        whole = len(self._vectors["theta"])
        plan, vectors, shared = Plan({"W": whole} | clip.PAIR), self._vectors, Memory()
        rates = step.read_rates(plan, self._config, self._number, self._rate)
        if self._config.training.clip:
            gradient = plan.given("gradient", "g", "W", vectors["gradient"])
            with plan.into({"clipped": vectors["gradient"]}):
                clip.forward(plan, {"theta": gradient}, self._config.training.clip)
        blocks = [slice(start, start + BLOCK) for start in range(0, whole, BLOCK)]
        return [plan, *[_block({name: x[block] for name, x in vectors.items()}, rates, shared) for block in blocks]]


def _block(vectors: dict[str, Array], rates: adamw.Rates, shared: Memory) -> Plan:
    """adamw.update on a block of each vector"""
    plan = Plan({"W": len(vectors["theta"])})
    theta, gradient, m, v = [plan.given(name, name, "W", vectors[name]) for name in ("theta", "gradient", "m", "v")]
    with plan.into({"new": vectors["theta"], "m": vectors["m"], "v": vectors["v"]}, shared):
        adamw.update(plan, theta, gradient, m, v, rates)
    return plan
