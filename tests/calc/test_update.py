"""The update in blocks is the update of the whole vector, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest

from calc import adamw, clip, step, update
from calc.config import from_values
from calc.ledger import Tape
from tests.calc.conftest import PRIME


@pytest.mark.parametrize("block", [1, 13, 41, 64])
@pytest.mark.parametrize("most", [0.0, 3.0])
def test_steps_in_blocks(monkeypatch, block, most):
    monkeypatch.setattr(update, "BLOCK", block)
    config = from_values(PRIME | {"training": {"clip": most}})
    generator = np.random.default_rng(4)
    theta, gradient, m, v = (np.zeros(41) for _ in range(4))
    theta[:] = generator.normal(size=41)
    run, wanted = update.Update(config, theta, gradient, m, v), (theta.copy(), m.copy(), v.copy())
    for number in range(1, 5):
        gradient[:] = generator.normal(size=41)
        rate, tape = 0.01 * number, Tape({"W": 41} | clip.PAIR)
        p, g, *moments = (tape.given("x", "x", "W", x.copy()) for x in (wanted[0], gradient, *wanted[1:]))
        if most:
            assert np.linalg.norm(gradient) > most
            g = clip.forward(tape, {"g": g}, most).gradients["g"]
        after = adamw.update(tape, p, g, *moments, step.read_rates(tape, config, number, rate))
        wanted = tuple(entry.value for entry in after)
        run(number, rate)
        for ours, other in zip((theta, m, v), wanted, strict=True):
            assert ours.tobytes() == other.tobytes(), number
