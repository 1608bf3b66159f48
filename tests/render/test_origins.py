"""Where inputs come from."""

from __future__ import annotations

import pytest

from calc.ledger import Ledger
from render.origins import origin
from tests.configurations import CONFIGURATIONS, computed, configured


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_input_says_where_it_comes_from_and_nothing_else_does(name: str) -> None:
    config, led = computed(name)
    said = {entry.name: origin(entry, config) for entry in led}
    assert [entry.name for entry in led if bool(said[entry.name]) != (entry.op == "given")] == []


def test_a_drawn_weight_names_its_distribution() -> None:
    config, led = computed("default")
    words = origin(led["w_out"], config)
    assert all(f" {part}" in words for part in ("0.2,", "seed 42,", "2 decimals")), words
    assert "start at 1" in origin(led["ln_f.gamma"], config)
    assert origin(led["adamw.beta2"], config) == "The configuration’s optimizer.beta2."


def test_an_unknown_input_is_refused() -> None:
    led = Ledger({})
    entry = led.given("surprise", "s", "", 1.0)
    with pytest.raises(KeyError, match="surprise"):
        origin(entry, configured({}))
