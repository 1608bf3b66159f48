"""Later steps: the walk's own sentence read again and again. Most steps only move the parameters; a step that pages
show is recorded whole, under the names of the first one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from calc import step
from calc.batches import Batch, Row, padded
from calc.learner import Learner
from calc.ledger import Ledger
from calc.step import Start
from calc.tokenizer import Tokenizer

if TYPE_CHECKING:
    from calc.config import Config

SHOWN = (2, 10, 100)  # the later steps that pages have numbers of


def starts(config: Config, numbers: Iterable[int]) -> dict[int, Start]:
    """What each of these steps (from 1) begins with, when every step before it was made on the same sentence."""
    learner, batch, found = Learner(alone(config)), sentence(config), {}
    for number in sorted(set(numbers)):
        while learner.count < number - 1:
            learner.step(batch)
        moments = {name: (m.copy(), learner.second[name].copy()) for name, m in learner.first.items()}
        found[number] = Start({name: value.copy() for name, value in learner.parameters.items()}, moments, number)
    return found


def alone(config: Config) -> Config:
    """The configuration with the walk's own update: the training's schedule and clipping are no part of it."""
    plain = config.training.model_copy(update={"schedule": "constant", "warmup": 0, "clip": 0.0})
    return config.model_copy(update={"training": plain})


def sentence(config: Config) -> Batch:
    """The configured sentence as a batch of one."""
    tokenizer = Tokenizer.from_corpus(config.text.corpus)
    words = tokenizer.encode(config.text.sentence)
    return padded([Row(tuple(words), (*words[1:], *tokenizer.encode("<eos>")))], pad=0)


def recorded(config: Config, start: Start) -> Ledger:
    """The ledger of one step from there: forward, backward, AdamW, and forward again."""
    led = Ledger(step.axis_sizes(config))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        step.record(led, config, start)
    return led
