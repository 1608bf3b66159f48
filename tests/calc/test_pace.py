"""The pace of learning: what is taken of each step is what recorded steps hold."""

from __future__ import annotations

import numpy as np
import pytest

from calc import later, pace


def rms(led, *name):
    """Over all parameters, the entries whose names are made of these around a parameter's."""
    before, after = name
    cells = [led[f"{before}{e.name}{after}"].value.ravel() for e in led if e.attrs.get("parameter")]
    return np.sqrt(np.mean(np.concatenate(cells) ** 2))


@pytest.fixture(scope="module")
def led(prime):
    return pace.of(prime, steps=7)


@pytest.mark.parametrize("number", [1, 2, 7])
def test_each_step_is_that_of_a_recorded_one(prime, led, number):
    recorded = later.recorded(prime, later.starts(prime, (number,))[number])
    found = {
        name: led[f"pace.{name}"].value[number - 1] for name in ("gradient", "size", "direction", "weight", "pull")
    }
    sizes = [entry.value.ravel() for entry in recorded if entry.name.endswith(".v_hat")]
    decay = prime.optimizer.weight_decay
    assert found["gradient"] == pytest.approx(rms(recorded, "grad.", ""), rel=1e-12)
    assert found["direction"] == pytest.approx(rms(recorded, "adamw.", ".direction"), rel=1e-9)
    assert found["weight"] == pytest.approx(rms(recorded, "", ""), rel=1e-12)
    assert found["pull"] == pytest.approx(decay * found["weight"], rel=1e-12)
    assert found["size"] == pytest.approx(np.sqrt(np.mean(np.concatenate(sizes))), rel=1e-12)


def test_the_plain_mean_and_the_memories(prime, led):
    assert float(led["pace.plain"].value) == pytest.approx(np.sqrt(np.mean(led["pace.gradient"].value ** 2)))
    for which in ("first", "second"):
        beta = getattr(prime.optimizer, f"beta{1 if which == 'first' else 2}")
        assert float(led[f"pace.memory.{which}"].value) == pytest.approx(1 / (1 - beta))
    assert led["adamw.t"].value.tolist() == [1, 2, 3, 4, 5, 6, 7]
