"""The pace of learning: the walk's sentence read again and again, and of each step a few numbers over all parameters.

They are taken from a learner (calc/learner.py) on its way, before and after each step; what follows from them is
computed in the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from calc import later
from calc.learner import Learner
from calc.ledger import Ledger, NotFinite
from calc.operations import Array

if TYPE_CHECKING:
    from calc.config import Config

STEPS = max(later.SHOWN)
RATES = ("beta1", "beta2", "weight_decay")
CARRIED = {
    "gradient": r"g_{\mathrm{rms}}",
    "second": r"\overline{v}",
    "direction": r"u_{\mathrm{rms}}",
    "weight": r"\theta_{\mathrm{rms}}",
}
"""What is taken of each step, over all parameters: the root mean square of the gradient, the mean of v, and the root
mean squares of AdamW's direction and of the parameters that the step began with."""


def of(config: Config, steps: int = STEPS) -> Ledger:
    """A ledger with an entry [N] for each of CARRIED, N being the steps, and what AdamW's memory comes to.

    Where a training ends in numbers that float64 does not hold, N are those before. Raises NotFinite where there are
    none.
    """
    found = taken(config, steps)
    steps = len(found["gradient"])
    led = Ledger({"N": steps})
    with led.stage("inputs"):
        beta1, beta2, decay = (
            led.given(f"adamw.{n}", s, "", getattr(config.optimizer, n))
            for n, s in zip(RATES, (r"\beta_1", r"\beta_2", r"\lambda"), strict=True)
        )
        one, number = led.given("adamw.one", "1", "", 1), led.given("adamw.t", "t", "N", np.arange(steps) + 1)
        entries = {n: led.given(f"pace.{n}", s, "N", found[n], carried=True) for n, s in CARRIED.items()}
    with led.stage("pace"), led.scope("pace"):
        power = led.put("power", None, "N", "power", beta2, number)
        correction = led.put("correction", None, "N", "sub", one, power)
        corrected = led.put("corrected", None, "N", "div", entries["second"], correction)
        led.put("size", None, "N", "sqrt", corrected)
        led.put("pull", None, "N", "mul", decay, entries["weight"])
        square = led.put("square", None, "N", "square", entries["gradient"])
        led.put("plain", None, "", "sqrt", led.put("mean_square", r"\overline{g^2}", "", "mean", square))
        for name, beta in (("first", beta1), ("second", beta2)):
            share = led.put(f"share.{name}", None, "", "sub", one, beta)
            led.put(f"memory.{name}", None, "", "div", one, share)
    return led


def taken(config: Config, steps: int) -> dict[str, Array]:
    """The numbers of CARRIED, each with a place for every step that can be made, at most so many."""
    learner, batch, o = Learner(later.alone(config)), later.sentence(config), config.optimizer
    found: dict[str, list[float]] = {name: [] for name in CARRIED}
    for number in range(steps):
        before = learner.theta.copy()
        try:
            learner.step(batch)
        except NotFinite:
            if not number:
                raise
            break
        direction = (before * (1 - o.lr * o.weight_decay) - learner.theta) / o.lr
        for name, vector in (("gradient", learner.gradient), ("direction", direction), ("weight", before)):
            found[name].append(float(np.sqrt(np.mean(vector**2))))
        found["second"].append(float(np.mean(learner.v)))
    return {name: np.array(values) for name, values in found.items()}
