"""Whole runs: what an epoch's losses are means over, where training ends, and that it goes on exactly."""

from __future__ import annotations

import numpy as np
import pytest

from calc import batches, checkpoint, floor, training
from calc.learner import Learner
from calc.training import Losses


def test_it_ends_between_the_floor_and_an_eighth(default):
    learner = Learner(default)
    found = list(training.epochs(learner))
    assert [epoch.number for epoch in found] == list(range(1, 101))
    least = floor.floor(batches.rows(default))
    assert least < training.evaluate(learner).mean < 0.125
    assert least < found[-1].losses.mean < 0.125
    assert found[0].losses.mean > 2
    assert len(found[-1].losses.rows) == 2


def test_losses_are_means_over_words_not_over_rows_or_batches(configured):
    texts = ("the cat sat on the mat", "the dog", "the mat sat on the", "on", "cat dog mat")
    config = configured({"text.corpus": texts, "text.sentence": "the", "training.batch": 2})
    found = training.evaluate(Learner(config))
    one = configured({"text.corpus": texts, "text.sentence": "the", "training.batch": 1})
    alone = training.evaluate(Learner(one))
    assert found.rows == pytest.approx(alone.rows, rel=1e-12)
    words = [6, 2, 5, 1, 3]
    assert found.mean == pytest.approx(np.average(alone.rows, weights=words), rel=1e-12)


def test_padding_is_in_no_mean():
    mask = np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    batch = batches.Batch(np.zeros((2, 3), int), np.zeros((2, 3), int), mask)
    found = training.losses([batch], [np.array([[1.0, 2.0, 3.0], [7.0, np.nan, np.inf]])])
    assert found == Losses(13 / 4, (2.0, 7.0))


@pytest.mark.parametrize("keys", [{}, {"training.schedule": "cosine", "training.warmup": 3, "training.clip": 0.5}])
def test_interrupted_at_any_epoch_it_goes_on_to_the_same_bits(configured, tmp_path, keys):
    texts = ("the cat sat on the mat", "the dog", "the mat sat on the")
    config = configured({"text.corpus": texts, "text.sentence": "the", "training.epochs": 5} | keys)
    learner, losses, files = Learner(config), [], []
    for epoch in training.epochs(learner):
        losses.append(epoch.losses.mean)
        files.append(tmp_path / f"{epoch.number}.safetensors")
        checkpoint.save(checkpoint.of(learner, tuple(losses)), files[-1])
    for done, file in enumerate(files[:-1], start=1):
        again, before = Learner(config), checkpoint.load(file)
        checkpoint.restore(again, before)
        rest = [epoch.losses.mean for epoch in training.epochs(again)]
        assert [*before.losses, *rest] == losses
        assert len(rest) == 5 - done
        for ours, other in ((again.theta, learner.theta), (again.m, learner.m), (again.v, learner.v)):
            assert ours.tobytes() == other.tobytes()
        end = tmp_path / "again.safetensors"
        checkpoint.save(checkpoint.of(again, tuple(losses)), end)
        assert end.read_bytes() == files[-1].read_bytes()
