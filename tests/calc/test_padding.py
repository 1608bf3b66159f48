"""Two rows of different lengths, and their mean loss."""

from __future__ import annotations

from typing import Any

import pytest

from calc import padding
from calc.batches import padded, rows
from calc.learner import Learner
from tests.configurations import configured

SMALL = {"model.d_model": 6, "model.heads": 3, "model.d_ff": 7, "model.positions": 5}


def config(*corpus: str, **more: Any) -> Any:
    return configured(SMALL | {"text.corpus": corpus, "text.sentence": corpus[0]} | more)


def test_rows_of_one_batch_are_taken_where_they_need_padding() -> None:
    some = config("a", "b c d e f g h", "i", **{"training.batch": 2})
    two = padding.pair(some)
    assert two is not None
    assert two.real
    assert [len(row.tokens) for row in two.rows] == [5, 1]


def test_a_row_is_cut_where_no_batch_has_padding() -> None:
    some = config("a b c d", "a e c d")
    two = padding.pair(some)
    assert two is not None
    assert not two.real
    assert two.rows[0] == rows(some)[0]
    assert two.rows[1].tokens == rows(some)[1].tokens[:3]
    assert two.rows[1].targets == rows(some)[1].targets[:3]


def test_single_words_need_no_padding_at_all() -> None:
    assert padding.pair(config("a", "b")) is None


def test_the_loss_is_the_engines_on_the_same_batch() -> None:
    some = config("a b c", "d e")
    two = padding.pair(some)
    assert two is not None
    led = padding.of(some, two)
    wanted = Learner(some).evaluate(padded(two.rows, 0)).loss
    assert float(led["loss"].value) == pytest.approx(wanted, rel=1e-12)
    assert led["output.words"].value == 5
    assert float(led["unmasked"].value) != pytest.approx(wanted, rel=1e-3)
