"""The pages on training: numbers of other runs are theirs, and what is said follows the numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from calc import later
from calc.step import training_step
from render.pages import Site
from tests.configurations import NARROW, configured, site_of

FOREIGN = re.compile(
    r'<(?:span|text)[^>]*data-ref="([\w.]+)"(?: data-index="([\d,]+)")? data-ledger="([\w-]+)">([^<]*)<'
)
CSS = Path(__file__).parent.parent / "site_src" / "assets" / "css" / "training.css"
SECOND, STEPS = "training/second-step.md", "training/steps.md"


def page(path: str, overrides: dict[str, Any]) -> str:
    return site_of(*overrides.items()).page(path)


# --- the second step, and steps one, two, ten and a hundred ----------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "runs"), [(SECOND, {"step-2", "two-gradients", "pace"}), (STEPS, {"step-100", "pace"})]
)
def test_every_number_of_a_run_has_that_runs_digits(path: str, runs: set[str]) -> None:
    found = FOREIGN.findall(page(path, NARROW))
    assert runs <= {ledger for _, _, ledger, _ in found}
    for name, index, ledger, text in found:
        run = site_of(*NARROW.items()).others.get(ledger)
        assert text == run.digits.text(run.ledger[name], tuple(map(int, index.split(","))) if index else ()), name


@pytest.mark.parametrize(
    ("path", "overrides", "says", "says_not"),
    [
        (SECOND, {}, ["many move less", "how steep the slope is has no say", "The loss fell again"], ["no less far"]),
        (SECOND, NARROW | {"optimizer.beta2": 0.0}, ["keeps nothing of the past"], ["limits.faded"]),
        (SECOND, NARROW | {"optimizer.beta1": 0.0}, ["does not move either", "decides alone"], ["hardly moves until"]),
        (SECOND, NARROW | {"optimizer.lr": 0.5}, ["Nothing promises that a step"], ["The loss fell again"]),
        (STEPS, {}, ["has it by heart", "and is so at 6 at the end", "forgotten next to nothing"], ["no weight decay"]),
        (STEPS, {}, ["step and decay pull opposite ways", "stronger at first"], ["does not end well"]),
        (STEPS, NARROW | {"optimizer.weight_decay": 0.0}, ["there is no weight decay"], ["not independent"]),
        (STEPS, NARROW | {"optimizer.lr": 1e-5}, ["not end well", "of the two at the end"], ["by heart. That"]),
        (STEPS, NARROW | {"optimizer.beta2": 0.5}, ["no longer remembered", "It does. The"], ["Not quite. At"]),
    ],
)  # fmt: skip
def test_what_is_said_follows_the_numbers(
    path: str, overrides: dict[str, Any], says: list[str], says_not: list[str]
) -> None:
    text = page(path, overrides)
    assert [words for words in says if words not in text] == []
    assert [words for words in says_not if words in text] == []


def test_the_slider_has_a_stop_for_each_step_and_every_table_one_of_each() -> None:
    text = page(STEPS, NARROW)
    stops = re.findall(
        r'<input type="radio" name="step" id="stop-(\w+)"( checked)?><label for="stop-(\w+)">(\d+)<', text
    )
    names = [name for name, *_ in stops]
    assert [int(number) for *_, number in stops] == [1, *later.SHOWN]
    assert [checked for _, checked, *_ in stops] == [" checked", "", "", ""]
    assert names == [label for _, _, label, _ in stops]
    blocks = re.findall(r'<div class="at at-(\w+)" markdown>\s+Step (\d+)', text)
    assert blocks == list(zip(names, map(str, (1, *later.SHOWN)), strict=True)) * 7
    css = CSS.read_text(encoding="utf-8")
    for name in names:
        assert f".stepped:has(#stop-{name}:checked) .at:not(.at-{name})" in css
    assert len(re.findall(r":checked\) \.at:not", css)) == len(names)


def test_the_numbers_of_a_stop_are_those_of_its_step() -> None:
    text = page(STEPS, NARROW)
    for name, run in zip(("first", "second", "third", "fourth"), (None, "step-2", "step-10", "step-100"), strict=True):
        inside = "".join(re.findall(rf'<div class="at at-{name}" markdown>(.*?)\n</div>', text, re.DOTALL))
        assert set(re.findall(r'data-ledger="([\w-]+)"', inside)) == ({run} if run else set())
        tables = re.findall(r"^(?:grad|adamw)\.w_out[.\w]* :,: role=\w+(?: ledger=([\w-]+))?$", inside, re.MULTILINE)
        assert tables == [run or ""] * 4


def test_where_training_runs_away_the_pages_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    text = page(STEPS, {"optimizer.lr": 1.0})
    assert "these steps cannot be shown" in text
    assert "<fieldset" not in text
    config = configured(NARROW)
    made = Site(training_step(config), config)
    monkeypatch.setattr(made.others, "ran", lambda name: name != "step-2")
    assert "there is no second step to show" in made.page(SECOND)
