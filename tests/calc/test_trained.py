"""The walk's sentence with the trained parameters, and its attention beside that of before."""

from __future__ import annotations

import numpy as np
import pytest

from calc import later, trained
from calc.course import Course
from calc.learner import Learner
from calc.ledger import Ledger
from calc.step import training_step
from tests.configurations import configured

SMALL = {"model.d_model": 6, "model.heads": 3, "model.d_ff": 7, "model.layers": 2, "training.epochs": 5}


def test_the_pass_is_the_engines_with_the_runs_parameters() -> None:
    config = configured(SMALL)
    course = Course(config)
    led = trained.of(course, training_step(config))
    learner = Learner(config)
    for name, value in course.parameters.items():
        learner.parameters[name][...] = value
    assert float(led["loss"].value) == pytest.approx(learner.evaluate(later.sentence(config)).loss, rel=1e-12)
    assert float(led["loss"].value) < float(training_step(config)["loss"].value)


def test_the_change_is_after_minus_before_in_every_layer() -> None:
    config = configured(SMALL)
    walk = training_step(config)
    led = trained.of(Course(config), walk)
    for layer in range(2):
        name = f"layers.{layer}.attention.weights"
        assert np.array_equal(led[f"patterns.layers.{layer}.change"].value, led[name].value - walk[name].value)
        fewer = led[f"patterns.layers.{layer}.before.reach"].value - led[f"patterns.layers.{layer}.after.reach"].value
        assert np.allclose(led[f"patterns.layers.{layer}.fewer"].value, fewer, atol=1e-12)


def test_the_reach_counts_equal_weights() -> None:
    led = Ledger({"H": 2, "T": 1, "S": 5})
    rows = led.given("rows", "A", "H T S", [[[0.25, 0.25, 0.25, 0.25, 0.0]], [[0.0, 1.0, 0.0, 0.0, 0.0]]])
    assert trained.reach(led, rows, led.given("one", "1", "", 1)).value.tolist() == [[4.0], [1.0]]
