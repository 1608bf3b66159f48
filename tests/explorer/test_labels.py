"""Places and symbols in words, as the reader has the sentence now."""

from __future__ import annotations

from typing import Any

from render.explorer import Labels
from render.pages import Site
from tests.explorer.node import program, run, step

WORDS = """
const { Step } = await load("step.js");
const { Labels } = await load("labels.js");
const step = new Step(given.program), labels = new Labels(given.labels, step);
const where = ([name, index]) => labels.where(step.get(name), index);
const before = given.cells.map(where), scores = step.get("layers.0.attention.scores");
const [symbol, rule] = [labels.symbol(scores, [0, 2, 1]), labels.rule(scores)];
step.act({ name: "inputs.tokens", index: [1], to: step.program.file.words.indexOf("dog") });
const jacobian = labels.rule(step.get("unfolded.probs.identity"));
return { before, after: given.cells.map(where), symbol, rule, jacobian };
"""
CELLS = [
    ("layers.0.attention.scores", [0, 2, 1]), ("layers.0.attention.q", [1, 3]), ("logits", [1, 4]),
    ("layers.0.attention.scores", [0, 2, None]), ("token_embedding", [9, None]), ("position_embedding", [2, 0]),
    ("loss", []),
]  # fmt: skip


def words() -> Any:
    site = Site(*step("default"))
    return run(WORDS, {"program": program("default"), "labels": Labels(site).file(), "cells": CELLS})


def test_places_and_symbols() -> None:
    found = words()
    assert found["before"] == [
        "head 0, query 2·sat, key 1·cat", "position 1·cat, channel 3", "position 1·cat, word 4·the",
        "head 0, query 2·sat, every key", "word 9·dog, every feature", "row 2, feature 0", "",
    ]  # fmt: skip
    assert "<mrow><mn>0</mn><mo>,</mo><mn>2</mn><mo>,</mo><mn>1</mn></mrow>" in found["symbol"]
    assert "<mi>h</mi><mo>,</mo><mi>t</mi><mo>,</mo><mi>s</mi>" in found["rule"].partition("<mo>=</mo>")[0]
    assert found["rule"].count("<math>") == found["rule"].count("</math>") == 1
    assert "<msup><mi>v</mi><mo>′</mo></msup>" in found["jacobian"].partition("<mo>=</mo>")[0]


def test_words_follow_a_change_of_the_sentence() -> None:
    found = words()
    assert found["after"][:2] == ["head 0, query 2·sat, key 1·dog", "position 1·dog, channel 3"]
    assert found["after"][4] == "word 9·dog, every feature"  # an id's word is its own
