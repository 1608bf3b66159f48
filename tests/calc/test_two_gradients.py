"""Two gradients: the closed form is what AdamW does in two steps, and the limits are its limits."""

from __future__ import annotations

import numpy as np
import pytest

from calc import later, two_gradients
from calc.config import from_values
from calc.step import training_step
from tests.calc.conftest import PRIME


def adam(gradients, beta1, beta2, eps=0.0):
    """The direction of the last of some steps, by the averages."""
    m = v = 0.0
    for g in gradients:
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    t = len(gradients)
    return m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)


def pair(config):
    first = training_step(config)
    second = later.recorded(config, later.starts(config, (2,))[2])
    return two_gradients.of(first, second, "w_out"), second


@pytest.mark.parametrize("rates", [(0.9, 0.999), (0.3, 0.7), (0.0, 0.5)])
def test_it_is_adamws_second_step(rates):
    beta1, beta2 = rates
    config = from_values(PRIME | {"optimizer": {"beta1": beta1, "beta2": beta2}})
    led, second = pair(config)
    for part in ("m_hat", "v_hat", "direction"):
        assert np.allclose(led[f"two.{part}"].value, second[f"adamw.w_out.{part}"].value, rtol=1e-10), part
    limits = {"turned": (1.0, -1.0), "doubled": (1.0, 2.0), "faded": (1.0, 0.0), "fresh": (0.0, 1.0)}
    for name, gradients in limits.items():
        assert float(led[f"limits.{name}"].value) == pytest.approx(adam(gradients, beta1, beta2), rel=1e-12), name
    curve = [adam((1.0, r), beta1, beta2, config.optimizer.eps) for r in led["curve.second"].value]
    assert np.allclose(led["curve.direction"].value, curve, rtol=1e-10, atol=1e-12)


def test_without_a_memory_of_squares_nothing_is_left_of_a_gradient_that_is_gone():
    led, _ = pair(from_values(PRIME | {"optimizer": {"beta2": 0.0}}))
    assert "limits.faded" not in led
    assert float(led["limits.turned"].value) == pytest.approx(-1 / 19)
