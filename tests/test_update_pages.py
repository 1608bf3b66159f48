"""The pages after AdamW: what they say of the second run, of the remainder's sign, and of each layer's paths."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from calc.along import FILE
from calc.step import training_step
from render.digits import Digits
from render.pages import Site
from tests.configurations import NARROW, configured

ALONG = re.compile(r'<span class="n" data-ref="([^"]+)" data-ledger="along">([^<]*)</span>')
PAGES = ("adamw.md", "loss-accounted.md", "blame.md", "summary.md")
SEED_BELOW = 13  # narrow, from this seed, the loss falls more than its gradient predicts
OVERSHOT = {"model.d_model": 32, "model.heads": 4, "model.layers": 2}


@cache
def site(*overrides: tuple[str, Any]) -> Site:
    config = configured(dict(overrides))
    return Site(training_step(config), config)


def page(path: str, overrides: dict[str, Any]) -> str:
    return site(*overrides.items()).page(path)


def test_every_number_of_the_second_run_is_in_its_file_with_its_digits() -> None:
    made = site()
    found = ALONG.findall(made.page("loss-accounted.md"))
    digits = Digits(made.along.ledger, made.config)
    data = made.along.files()["data/along.npz"]
    assert FILE == "along"
    assert {name for name, _ in found} >= {"end.slope", "end.mean", "end.remainder", "only.loss", "only.change"}
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        for name, text in found:
            assert text == digits.text(made.along.ledger[name])
            assert arrays[name] == made.along.ledger[name].value


@pytest.mark.parametrize(
    ("overrides", "says", "says_not"),
    [
        ({}, ["The remainder is positive", "That is flatter"], ["The sign has turned", "That cannot be"]),
        (OVERSHOT, ["The sign has turned", "That cannot be", "larger than the true change"], ["That is flatter"]),
        (
            {"optimizer.lr": 1e-7},
            ["prints no remainder", "nearly the slope of the start"],
            ["The remainder is", "steeper"],
        ),
        ({"optimizer.lr": 1.0}, ["the loss rose", "wrong even about the direction"], ["on the side of a valley"]),
        ({"optimizer.weight_decay": 0.0}, ["There is no weight decay in this configuration"], ["the decay helped"]),
    ],
)
def test_the_account_says_what_this_step_did(overrides: dict[str, Any], says: list[str], says_not: list[str]) -> None:
    text = page("loss-accounted.md", overrides)
    for words in says:
        assert words in text
    for words in says_not:
        assert words not in text


def test_a_remainder_of_either_sign_has_its_words() -> None:
    words = {}
    for seed in (SEED_BELOW, 42):
        overrides = NARROW | {"init.seed": seed}
        made = site(*overrides.items())
        sign = float(made.ledger["account.remainder"].value) > 0
        words[sign] = made.page("loss-accounted.md")
    assert "ended above the straight line" in words[True]
    assert "ended below the straight line" in words[False]


@pytest.mark.parametrize(("overrides", "columns"), [({}, 7), (OVERSHOT, 11), ({"text.sentence": "cat"}, 7)])
def test_the_table_of_shares_has_a_column_for_each_path(overrides: dict[str, Any], columns: int) -> None:
    made = site(*overrides.items())
    rows = [line for line in made.page("blame.md").split("\n") if re.match(r"\| \d+ <code", line)]
    assert len(rows) == made.ledger.sizes["T"]
    assert {row.count(" | ") + 1 for row in rows} == {columns}
    assert all(f'data-ref="blame.shares" data-index="{t}"' in row for t, row in enumerate(rows))


def test_the_lines_of_the_update_are_not_called_the_forward_passs() -> None:
    for path in ("adamw.md", "loss-accounted.md"):
        text = page(path, {})
        assert "The letter F and a number mark a line, here and in the code." in text
        assert "mark a line of the forward pass" not in text


def test_later_steps_are_told_by_what_the_averages_keep() -> None:
    words = "Later steps differ"
    assert words in page("adamw.md", {})
    assert words not in page("adamw.md", {"optimizer.beta1": 0.0, "optimizer.beta2": 0.0})


def test_one_word_is_told_apart() -> None:
    text = page("blame.md", {"text.sentence": "cat"})
    assert "keys have no say either" in text
    assert "Nobody comes after" not in text


def test_the_summary_names_the_farthest_move() -> None:
    made = site()
    led = made.ledger
    far = max(
        (float(np.abs(led[f"account.{e.name}.move"].value).max()), e.name) for e in led if e.attrs.get("parameter")
    )
    told = r'The farthest move of all .*? data-ref="account\.([\w.]+)\.move" data-index="([\d,]+)"'
    found = re.search(told, made.page("summary.md"))
    assert found
    index = tuple(map(int, found[2].split(",")))
    assert abs(float(led[f"account.{found[1]}.move"].value[index])) == pytest.approx(far[0], rel=1e-9)


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_hold_for_many_layers_and_none_too_few(path: str) -> None:
    assert page(path, NARROW | {"model.layers": 5})
    assert page(path, NARROW | {"text.sentence": "cat"})
