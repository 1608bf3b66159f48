"""The tour through a number: each link is an operand of the next one, from an input to where it ends."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.explorer.node import program, run, step

CHAIN = """
const { Step } = await load("step.js");
const { chain } = await load("chain.js");
const step = new Step(given.program);
return given.cells.map(([name, index]) => {
  const { links, at } = chain(step, step.get(name), index);
  return { at, links: links.map(({ entry, index }) => [entry.name, index]) };
});
"""


def chains(name: str, *cells: tuple[str, list[int]]) -> list[Any]:
    found: list[Any] = run(CHAIN, {"program": program(name), "cells": cells})
    return found


@pytest.mark.parametrize("name", ["default", "primes"])
def test_a_chain_leads_by_operands_from_an_input_through_the_number_to_an_end(name: str) -> None:
    led, _ = step(name)
    cells = [
        ("layers.0.attention.scores", [0, 2, 1]), ("token_embedding", [4, 0]), ("layers.0.attention.w_v", [3, 2]),
        ("grad.layers.0.attention.w_q", [0, 1]), ("loss", []), ("adamw.lr", []), ("inputs.tokens", [1]),
        ("adamw.w_out.new", [1, 1]), ("after.loss", []),
    ]  # fmt: skip
    for (asked, index), found in zip(cells, chains(name, *cells), strict=True):
        names = [link for link, _ in found["links"]]
        assert found["links"][found["at"]] == [asked, index]
        assert led[names[0]].op == "given"
        for before, after in itertools.pairwise(names):
            assert before in [operand.name for operand in led[after].operands], (asked, before, after)
        end = names[-1]
        assert end in ("loss", "after.loss") or (end.startswith("adamw.") and end.endswith(".new")), (asked, end)


def test_the_way_to_the_loss_goes_by_the_target_of_a_position_and_the_way_back_by_the_largest_part() -> None:
    led, _ = step("default")
    (found,) = chains("default", ("loss", []))
    last = dict(map(tuple, ((name, tuple(index)) for name, index in found["links"])))
    assert last["output.nll"] == (int(led["output.nll"].value.argmax()),)
