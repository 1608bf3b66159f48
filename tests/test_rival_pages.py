"""The pages on optimizers and on a learning rate too high: what they say where the numbers fall out otherwise."""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.configurations import NARROW, site_of

OPTIMIZERS, FAST = "training/optimizers.md", "training/too-fast.md"
BOUND = re.compile(
    r'<span class="n" data-ref="([^"]+)"(?: data-index="([\d,]+)")? data-ledger="([^"]+)">([^<]*)</span>'
)
CURVE = re.compile(r'<path d="([^"]*)" class="curve (track-\d)"/>')


@cache
def page(path: str, *overrides: tuple[str, Any]) -> str:
    return site_of(*overrides).page(path)


@pytest.mark.parametrize(("path", "run"), [(OPTIMIZERS, "optimizers"), (FAST, "too-fast")])
def test_every_number_of_the_run_is_in_its_file_with_its_digits(path: str, run: str) -> None:
    text = page(path)
    found = BOUND.findall(text)
    assert len(found) > 40
    assert {ledger for *_, ledger, _ in found} == {run}
    other = site_of().others.get(run)
    with np.load(io.BytesIO(site_of().others.files()[f"data/{run}.npz"])) as arrays:
        for name, index, _, digits in found:
            at = tuple(map(int, index.split(","))) if index else ()
            assert digits == other.digits.text(other.ledger[name], at)
            assert arrays[name][at] == other.ledger[name].value[at]


def test_the_four_lines_can_be_told_apart_without_colour() -> None:
    lines = CURVE.findall(page(OPTIMIZERS))
    assert [kind for _, kind in lines[:4]] == [f"track-{n}" for n in range(4)]
    css = Path(__file__).parent.parent / "site_src/assets/css/training.css"
    rules = re.findall(r"\.track-(\d) \{ ([^}]*)\}", css.read_text(encoding="utf-8"))
    patterns = [re.search(r"stroke-dasharray: ([\d ]+)", rule) for _, rule in rules]
    assert len({found[1] if found else "" for found in patterns}) == 4


def test_a_line_has_a_place_for_every_loss() -> None:
    losses = site_of().others.get("optimizers").ledger["losses.sgd.times_1"].value
    places = [tuple(map(float, p.split())) for p in CURVE.findall(page(OPTIMIZERS))[0][0][1:].split("L")]
    assert len(places) == len(losses) == 101
    heights, logs = np.array([y for _, y in places]), np.log10(losses)
    assert abs(np.corrcoef(heights, logs)[0, 1] + 1) < 1e-4


@pytest.mark.parametrize(
    ("path", "overrides", "says", "says_not"),
    [
        (OPTIMIZERS, {}, ["decays less", "stays higher than AdamW", "and not AdamW"], ["overflow", "decay is zero"]),
        (OPTIMIZERS, {"optimizer.weight_decay": 0.0}, ["to the last digit", "kinds of Adam are one"], ["off, L2"]),
        (OPTIMIZERS, {"optimizer.beta1": 0.0}, ["and momentum is SGD"], ["What pulls the same way"]),
        (OPTIMIZERS, {"optimizer.eps": 1.0} | NARROW, ["AdamW's moves are short"], ["nearly every cell"]),
        (OPTIMIZERS, {"optimizer.lr": 0.6} | NARROW, ["overflow", "A cross is where"], []),
        (FAST, {}, ["worse than nothing", "And yet it ends below", "It hardly listens"], ["overflow"]),
        (FAST, {"text.sentence": "cat"}, ["there is one key"], ["worse than nothing", "At its worst"]),
        (FAST, {"optimizer.lr": 0.3} | NARROW, ["larger than the weights"], ["Beside them it is short"]),
        (FAST, {"optimizer.lr": 1e-7} | NARROW, ["Beside them it is short", "falls all the"], ["worse than nothing"]),
    ],
)  # fmt: skip
def test_the_pages_say_what_these_runs_did(
    path: str, overrides: dict[str, Any], says: list[str], says_not: list[str]
) -> None:
    text = page(path, *overrides.items())
    for words in says:
        assert words in text
    for words in says_not:
        assert words not in text


def test_a_fast_step_beyond_float64_is_told_and_fails_nothing() -> None:
    """At this rate the walk's own step can be held, and ten times it cannot."""
    text = page(FAST, ("optimizer.lr", 0.4))
    run = site_of(("optimizer.lr", 0.4)).others.get("too-fast").ledger
    assert "after.loss" not in run
    assert "the ledger of that step ends before it" in text
    assert "Sure, and wrong?" not in text
