"""Addresses of the reference: one for each entry, and the same whatever the number of layers."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from calc.config import Config
from calc.ledger import Ledger
from calc.step import training_step
from render.places import address, part
from tests.configurations import CONFIGURATIONS, computed, configured


@pytest.fixture(scope="module")
def led() -> Ledger:
    return computed("default").ledger


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("layers.0.attention.scores", "layer-0-attention"),
        ("layers.0.ln_2.mean", "layer-0-feed-forward"),
        ("layers.0.attention.w_q", "layer-0-parameters"),
        ("token_embedding", "inputs"),
        ("loss", "output"),
        ("grad.w_out", "backward-output"),
        ("grad.layers.0.attention.w_q", "backward-layer-0-qkv"),
        ("grad.layers.0.attention.w_o", "backward-layer-0-attention"),
        ("backward.layers.0.ln_2.slope", "backward-layer-0-ln-2"),
        ("grad.layers.0.residual_2", "backward-layer-0-feed-forward"),
        ("grad.embedding.out.via.ln_1", "backward-embeddings"),
        ("unfolded.softmax.jacobian", "unfolded-softmax"),
        ("grad.output.probs", "unfolded-loss"),
        ("adamw.lr", "adamw"),
        ("adamw.layers.0.ffn.w_1.new", "adamw-layer-0-ffn-w-1"),
        ("after.layers.0.attention.q", "after-layer-0-qkv"),
        ("facts.parameters.layers.0.ffn.w_1", "facts-parameters-layer-0"),
        ("facts.operations.total.additions", "facts-operations"),
    ],
)
def test_the_part_of_an_entry(led: Ledger, name: str, place: str) -> None:
    assert part(led[name]) == place
    assert address(led[name]) == f"ledger/{place}.md#{name}"


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_parts_are_plain_names_of_a_bearable_size(name: str) -> None:
    parts = Counter(map(part, computed(name).ledger))
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", place) for place in parts), parts
    assert "index" not in parts
    crowded = {place: n for place, n in parts.items() if n > 60}
    assert not crowded, "split these, in render/places.py"


def test_addresses_stay_when_layers_are_added_and_the_worked_layer_moves() -> None:
    def addresses(config: Config) -> dict[str, str]:
        return {entry.name: address(entry) for entry in training_step(config)}

    one = addresses(configured({}))
    for overrides in ({"model.layers": 2}, {"model.layers": 3, "worked.layer": 1}, {"model.d_model": 32}):
        other = addresses(configured(overrides))
        moved = {name: (place, other[name]) for name, place in one.items() if other.get(name, place) != place}
        assert not moved
