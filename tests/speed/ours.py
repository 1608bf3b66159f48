"""Our own step: the learner's, on a batch of one sentence."""

from __future__ import annotations

from collections.abc import Callable

from calc.config import Config
from calc.later import sentence
from calc.learner import Learner


def program(config: Config) -> Callable[[], float]:
    """A step on the configured sentence, which gives the loss before it moves anything."""
    learner, batch = Learner(config), sentence(config)
    return lambda: learner.step(batch).loss
