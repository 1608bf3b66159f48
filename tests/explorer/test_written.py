"""The browser's interpreter on the words that a model writes: each step of a generation, with and without the cache."""

from __future__ import annotations

import json

import numpy as np
import pytest

from calc import export_program, generation, parameters
from calc.ledger import Ledger
from calc.sampling import Settings
from tests.configurations import configured
from tests.explorer.compare import BOUND, error
from tests.explorer.node import PRIMES, run
from tests.explorer.test_replay import REPLAY


@pytest.mark.parametrize("cached", [False, True])
def test_every_entry_of_a_written_word_is_replayed(cached: bool) -> None:
    config = configured(PRIMES)
    weights = parameters.draw(config.model.layers, generation.sizes(config, 1, 1), 3, 0.2, 2)
    settings, drawn = Settings(1.3, 8, 0.9), np.random.default_rng(1)
    words = list(generation.write(config, weights, [4, 6, 5], settings, drawn, 2, cached, recorded=True))
    led = words[-1].ledger
    assert isinstance(led, Ledger)
    found = run(REPLAY, {"program": json.loads(export_program.text(led, config))})
    errors = {entry.name: error(cells, entry.value) for entry, cells in zip(led, found, strict=True)}
    assert {n: e for n, e in errors.items() if not e <= BOUND} == {}
