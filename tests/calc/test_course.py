"""The run over the corpus that pages tell: the trainer's own numbers, no longer than a page waits for."""

from __future__ import annotations

import numpy as np
import pytest

from calc import course, training
from calc.course import Course
from calc.learner import Learner
from tests.configurations import configured

SMALL = {"model.d_model": 6, "model.heads": 3, "model.d_ff": 7, "training.epochs": 5}


def test_the_course_is_the_run_that_train_makes() -> None:
    config = configured(SMALL | {"training.schedule": "cosine", "training.clip": 0.5, "training.batch": 1})
    learner, made = Learner(config), Course(config)
    assert made.losses == [epoch.losses.mean for epoch in training.epochs(learner)]
    assert made.end == training.evaluate(learner)
    assert all(np.array_equal(made.parameters[name], value) for name, value in learner.parameters.items())
    assert made.steps == learner.count == 10
    assert not made.shortened


def test_a_long_run_is_shortened_to_what_a_page_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "MOST_STEPS", 7)
    made = Course(configured(SMALL | {"training.batch": 1}))
    assert made.shortened
    assert (made.config.training.epochs, made.steps) == (3, 6)
    assert len(made.losses) == 3


def test_the_gradient_is_that_of_the_first_step_before_it_is_clipped() -> None:
    config = configured(SMALL | {"training.clip": 1e-3})
    learner = Learner(configured(SMALL))
    learner.step(learner.epoch[0])
    together = np.concatenate([value.ravel() for value in Course(config).gradient.values()])
    assert np.array_equal(together, learner.gradient)


def test_without_decay_nothing_else_changes() -> None:
    config = configured(SMALL)
    losses, end = Course(config).undecayed
    plain = Course(configured(SMALL | {"optimizer.weight_decay": 0.0}))
    assert (losses, end) == (plain.losses, plain.end)
    assert losses[0] == Course(config).losses[0]
    assert end != Course(config).end
