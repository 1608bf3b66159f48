"""What a run does to the words' vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from calc import kin
from calc.course import Course
from tests.configurations import configured

SMALL = {"model.d_model": 6, "model.heads": 3, "model.d_ff": 7, "training.epochs": 13}
SPECIALS = 4


def test_words_in_the_same_places_are_found_and_no_others() -> None:
    text = ("a b c", "a d c", "e b f")
    config = configured({"text.corpus": text, "text.sentence": "a b"})
    assert kin.alike(config) == []  # b stands behind e as well
    words = ("a", "b", "c", "d")
    config = configured({"text.corpus": text[:2], "text.sentence": "a b"})
    assert [tuple(words[i - SPECIALS] for i in pair) for pair in kin.alike(config)] == [("b", "d")]


def test_the_cosines_are_those_of_the_vectors() -> None:
    course = Course(configured(SMALL))
    led = kin.of(course)
    for table, turned in (("token_embedding", False), ("w_out", True)):
        for name, values in (("before", course.drawn), ("after", course.parameters)):
            x = values[table].T if turned else values[table]
            norms = np.linalg.norm(x, axis=1)
            assert np.allclose(led[f"{table}.{name}.cosine"].value, x @ x.T / np.outer(norms, norms), atol=1e-12)
        moved = course.parameters[table] - course.drawn[table]
        wanted = np.linalg.norm(moved, axis=0 if turned else 1)
        assert np.allclose(led[f"{table}.length"].value, wanted, atol=1e-12)


@pytest.mark.parametrize(
    "keys", [{}, {"training.schedule": "cosine", "training.warmup": 5}, {"optimizer.weight_decay": 0.0}], ids=str
)
def test_what_is_never_read_is_what_the_decay_leaves(keys: dict[str, Any]) -> None:
    course = Course(configured(SMALL | keys))
    left, after = kin.of(course)["decay.left"].value, course.parameters["token_embedding"]
    assert np.allclose(left[:SPECIALS], after[:SPECIALS], rtol=1e-12, atol=0)
    assert not np.allclose(left[SPECIALS:], after[SPECIALS:], rtol=1e-3)


def test_the_plane_is_the_one_in_which_the_points_are_spread_the_most() -> None:
    points = np.random.default_rng(5).normal(size=(7, 5)) * np.array([1.0, 9.0, 2.0, 0.5, 4.0])
    directions = kin.principal([points[:3], points[3:]])
    assert np.allclose(directions @ directions.T, np.eye(2), atol=1e-12)
    assert all(row[np.abs(row).argmax()] > 0 for row in directions)
    centred = points - points.mean(axis=0)
    others = np.linalg.qr(np.random.default_rng(3).normal(size=(5, 2)))[0]
    assert ((centred @ directions.T) ** 2).sum() > ((centred @ others) ** 2).sum()
