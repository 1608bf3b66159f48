"""Training: epochs over the corpus, each batch a step, with the losses that they leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from calc.batches import Batch
from calc.learner import Learner
from calc.operations import Array


class Losses(NamedTuple):
    """mean: over every word of the corpus, in nats; rows: each row's own mean."""

    mean: float
    rows: tuple[float, ...]


class Epoch(NamedTuple):
    """An epoch's number, from 1, and its losses: each batch's as it was read, before the step that it led to."""

    number: int
    losses: Losses


def epochs(learner: Learner) -> Iterator[Epoch]:
    """Trains to the end of the configured run, from wherever the learner is, and gives each epoch as it is done."""
    done = learner.count // len(learner.epoch)
    for number in range(done + 1, learner.config.training.epochs + 1):
        read = [learner.step(batch).nll.copy() for batch in learner.epoch]
        yield Epoch(number, losses(learner.epoch, read))


def evaluate(learner: Learner) -> Losses:
    """The losses with the parameters as they are."""
    return losses(learner.epoch, [learner.evaluate(batch).nll.copy() for batch in learner.epoch])


def losses(batches: list[Batch], read: list[Array]) -> Losses:
    """nll[B T] of each batch -> the losses, without the padding"""
    rows: list[Array] = []
    for batch, nll in zip(batches, read, strict=True):
        words = np.full(len(nll), nll.shape[1]) if batch.mask is None else batch.mask.sum(axis=1).astype(int)
        rows += [row[:length] for row, length in zip(nll, words, strict=True)]
    return Losses(float(np.concatenate(rows).mean()), tuple(float(row.mean()) for row in rows))
