"""Later steps: a recorded one goes on exactly where the steps before it ended."""

from __future__ import annotations

import numpy as np
import pytest

from calc import later
from calc.config import from_values
from calc.step import training_step
from tests.calc.conftest import PRIME


@pytest.fixture(scope="module")
def begun(prime):
    return later.starts(prime, (1, 2, 5, 6))


def close(one, other):
    return np.allclose(one, other, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("number", [1, 5])
def test_a_recorded_step_ends_where_the_next_one_begins(prime, begun, number):
    led, following = later.recorded(prime, begun[number]), begun[number + 1]
    assert int(led["adamw.t"].value) == number
    for name, value in following.values.items():
        first, second = following.moments[name]
        assert close(led[f"adamw.{name}.new"].value, value), name
        assert close(led[f"adamw.{name}.m"].value, first), name
        assert close(led[f"adamw.{name}.v"].value, second), name


def test_the_first_one_is_the_walks(prime, begun):
    led, walk = later.recorded(prime, begun[1]), training_step(prime)
    assert {entry.name for entry in led} <= {entry.name for entry in walk}
    assert all(np.array_equal(entry.value, walk[entry.name].value) for entry in led)


def test_the_trainings_schedule_and_clipping_are_no_part_of_it(prime, begun):
    other = from_values(PRIME | {"training": {"schedule": "cosine", "warmup": 3, "clip": 0.01}})
    found = later.starts(other, (6,))[6]
    assert all(np.array_equal(found.values[name], value) for name, value in begun[6].values.items())
