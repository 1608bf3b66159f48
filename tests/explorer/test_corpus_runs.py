"""The ledgers of the run over the corpus, as the browser gets them: replayed, and every input has a word on it."""

from __future__ import annotations

import json
from functools import cache

import pytest

from calc import export_program
from calc.step import training_step
from render.corpus_runs import MAKERS
from render.pages import Site
from tests.configurations import configured
from tests.explorer.compare import BOUND, error
from tests.explorer.node import run
from tests.explorer.test_replay import REPLAY

PRIMES = {"text.corpus": ("a b c", "a d c e f", "g"), "text.sentence": "a b c e", "training.batch": 3,
          "training.epochs": 13, "training.schedule": "cosine", "training.warmup": 5, "model.layers": 2,
          "model.heads": 3, "model.d_model": 21, "model.d_ff": 17, "model.positions": 11}  # fmt: skip


@cache
def site() -> Site:
    config = configured(PRIMES)
    return Site(training_step(config), config)


@pytest.mark.parametrize("name", MAKERS)
def test_every_entry_is_replayed_and_every_axis_and_input_has_its_words(name: str) -> None:
    made = site().others.get(name)
    text = export_program.text(made.ledger, site().config, fixed=True, own=made.own)
    found = run(REPLAY, {"program": json.loads(text)})
    errors = {entry.name: error(cells, entry.value) for entry, cells in zip(made.ledger, found, strict=True)}
    assert {n: e for n, e in errors.items() if not e <= BOUND} == {}
    known = set(site().ledger.sizes) | set(made.own.get("places", {}))
    assert {axis for entry in made.ledger for axis in entry.axes} <= known
    walk = {entry.name for entry in site().ledger}
    unknown = [e.name for e in made.ledger if e.op == "given" and e.name not in walk | set(made.own["origins"])]
    assert not unknown
