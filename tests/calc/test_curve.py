"""The ledger of a run over the corpus: its floor, what decay brings, and the worked rates of its schedule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calc import batches, curve, floor, schedule
from calc.course import Course
from calc.ledger import Ledger
from tests.configurations import configured

SMALL = {"model.d_model": 6, "model.heads": 3, "model.d_ff": 7, "training.epochs": 11}
FORKED = {"text.corpus": ("a b c", "a b d", "a b d", "a c", "e"), "text.sentence": "a b", "training.batch": 3}


def made(**more: Any) -> tuple[Course, Ledger]:
    course = Course(configured(SMALL | more))
    return course, curve.of(course)


def test_the_floor_is_that_of_the_trainer_and_the_first_entropy_that_of_the_first_fork() -> None:
    course, led = made(**FORKED)
    rows = batches.rows(course.config)
    first, *others = floor.forks(rows)
    assert others
    assert float(led["floor.loss"].value) == pytest.approx(floor.floor(rows), rel=1e-12)
    assert float(led["floor.first.entropy"].value) == pytest.approx(first.entropy, rel=1e-12)
    assert led["floor.counts"].value.sum() == sum(fork.times for fork in floor.forks(rows))


def test_a_corpus_without_forks_has_a_floor_of_zero() -> None:
    _, led = made(**{"text.corpus": ("a b c",), "text.sentence": "a b"})
    assert led["floor.loss"].value == 0
    assert "floor.first.entropy" not in led
    assert led["decay.left"].value == led["course.end"].value


def test_what_decay_brings_is_the_difference_of_the_two_runs() -> None:
    course, led = made()
    assert float(led["decay.brought"].value) == pytest.approx(course.end.mean - course.undecayed[1].mean, rel=1e-9)
    assert "decay.share" not in made(**{"optimizer.weight_decay": 0.0})[1]


@pytest.mark.parametrize(
    "keys", [{}, {"training.schedule": "cosine"}, {"training.warmup": 7}, {"training.epochs": 1}], ids=str
)
def test_the_worked_rates_are_those_of_the_schedule(keys: dict[str, Any]) -> None:
    course, led = made(**keys)
    told = curve.shown(course)
    rates = [schedule.rate(told, course.config.optimizer.lr, n + 1, course.steps) for n in range(course.steps)]
    assert np.array_equal(led["schedule.rates"].value, rates)
    worked = [part for part in ("warmup", "cosine") if f"schedule.{part}.rate" in led]
    assert worked == [p for p, there in (("warmup", told.warmup), ("cosine", told.schedule == "cosine")) if there]
    for part in worked:
        number = int(led[f"schedule.{part}.step"].value)
        assert float(led[f"schedule.{part}.rate"].value) == pytest.approx(rates[number - 1], rel=1e-12)
