"""A run that counts: a step without a loss, with axes and inputs of its own, computed again and told in words."""

from __future__ import annotations

import json

import numpy as np

from render import pieces
from render.explorer import Labels
from render.pages import Site
from tests.explorer.node import program, run, step

COUNTED = """
const { Step } = await load("step.js");
const { Labels } = await load("labels.js");
const own = new Step(given.program), counts = new Step(given.counts);
const plain = new Labels(given.labels, own), labels = plain.of(counts);
const pairs = counts.get("rounds.0.counts"), inputs = counts.get("corpus.words");
return {
  losses: counts.losses, value: [...counts.now[pairs.number]], where: labels.where(pairs, [5]),
  word: labels.where(counts.get("corpus.counts"), [2]), origin: labels.origin(inputs),
  own: plain.where(own.get("logits"), [1, 4]),
};
"""


def test_counts_are_computed_again_and_told_by_their_words() -> None:
    site = Site(*step("default"))
    counts = json.loads(pieces.files(site)["data/bpe.program.json"])
    found = run(COUNTED, {"program": program("default"), "counts": counts, "labels": Labels(site).file()})
    assert found["losses"] == [None]
    assert np.array_equal(found["value"], site.learned.ledger["rounds.0.counts"].value)
    assert found["where"] == "pair 5·a t"
    assert found["word"] == "word 2·sat"
    assert found["origin"].startswith("The corpus, word by word")
    assert found["own"] == "position 1·cat, word 4·the"
