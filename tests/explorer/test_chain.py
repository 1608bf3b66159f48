"""The tour through a number: each link is an operand of the next one, from an input to where it ends."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from calc.ledger import Entry, Ledger
from calc.operations import OPERATIONS, Array, erfc
from render.worked import Call, Cell, Part, Plain, expand
from tests.explorer.node import program, run, step

CHAIN = """
const { Step } = await load("step.js");
const { chain } = await load("chain.js");
const step = new Step(given.program);
return given.cells.map(([name, index]) => {
  const { links, at } = chain(step, step.get(name), index);
  return { at, links: links.map(({ entry, index, note }) => [entry.name, index, note]) };
});
"""
CALLS: dict[str, Callable[..., float]] = {
    "sum": lambda *parts: math.fsum(parts), "product": lambda *parts: math.prod(parts), "max": max,
    "difference": lambda a, b: a - b, "quotient": lambda a, b: a / b, "neg": lambda x: -x, "square": lambda x: x * x,
    "power": lambda x, y: x**y, "exp": math.exp, "ln": math.log, "sqrt": math.sqrt,
    "erfc": lambda x: float(erfc(np.array(x))),
}  # fmt: skip
Place = tuple[str, tuple[int, ...]]


def chains(name: str, *cells: Place) -> list[Any]:
    found: list[Any] = run(CHAIN, {"program": program(name), "cells": cells})
    for chain in found:
        chain["links"] = [((name, tuple(index)), note) for name, index, note in chain["links"]]
    return found


def cells(part: Part) -> dict[Place, Entry]:
    """The cells of an expression."""
    if isinstance(part, Cell):
        return {(part.entry.name, part.index): part.entry}
    return {place: entry for p in part.parts for place, entry in cells(p).items()} if isinstance(part, Call) else {}


def value(part: Part, other: dict[Place, float]) -> float:
    """The value of an expression, some of its cells being others."""
    if isinstance(part, Cell):
        return other.get((part.entry.name, part.index), float(part.entry.value[part.index]))
    if isinstance(part, Plain):
        return -math.inf if part.value is None else float(part.value)
    return CALLS[part.name](*(value(p, other) for p in part.parts))


def terms(part: Part) -> list[Part]:
    """What an expression is the sum of."""
    if isinstance(part, Call) and part.name in ("sum", "difference"):
        return [term for term in part.parts if cells(term)]
    if isinstance(part, Call) and part.name == "quotient":
        return terms(part.parts[0])
    if isinstance(part, Call) and part.name == "max":
        return [max(part.parts, key=lambda p: value(p, {}))]
    return [part]


@pytest.mark.parametrize("name", ["default", "primes"])
def test_the_way_back_goes_by_the_largest_part(name: str) -> None:
    led, _ = step(name)
    order = {entry.name: number for number, entry in enumerate(led)}
    starts: list[Place] = [
        ("loss", ()), ("grad.layers.0.attention.w_q", (0, 1)), ("adamw.w_out.new", (1, 1)), ("after.loss", ()),
        ("layers.0.ffn.activated", (1, 2)), ("layers.0.attention.top", (0, 2)), ("layers.0.ln_1.mean", (1,)),
    ]  # fmt: skip
    for start, found in zip(starts, chains(name, *starts), strict=True):
        links = found["links"][: found["at"] + 1]
        assert links[-1][0] == start
        assert led[links[0][0][0]].op == "given"
        for (before, _), (after, note) in itertools.pairwise(links):
            parts = terms(expand(led[after[0]], after[1]))
            chosen = next(part for part in parts if before in cells(part))
            assert abs(value(chosen, {})) == pytest.approx(max(abs(value(part, {})) for part in parts)), after
            own = {place[0]: entry for place, entry in cells(chosen).items()}
            arrays = [each for each, entry in own.items() if entry.axes] or list(own)
            assert before[0] == max(arrays, key=lambda each: order[each]), after
            assert note == (f"the largest of its {len(parts)} parts is the one before" if len(parts) > 1 else "")


@pytest.mark.parametrize("name", ["default", "primes"])
def test_the_way_on_goes_by_what_the_number_moves_most(name: str) -> None:
    led, _ = step(name)
    new = [f"adamw.{entry.name}.new" for entry in led if entry.attrs.get("parameter")]
    starts: dict[Place, list[str]] = {
        ("token_embedding", (4, 0)): ["loss"], ("layers.0.attention.w_v", (3, 2)): ["loss"],
        ("layers.0.attention.scores", (0, 2, 1)): ["loss"], ("layers.0.ffn.w_1", (2, 5)): ["loss"],
        ("grad.layers.0.attention.w_q", (0, 1)): new, ("adamw.lr", ()): new, ("after.logits", (1, 1)): ["after.loss"],
        ("adamw.w_out.new", (1, 1)): ["adamw.w_out.new"], ("adamw.t", ()): new,
        ("layers.0.ffn.negated", (1, 2)): ["loss"],
    }  # fmt: skip
    for (start, ends), found in zip(starts.items(), chains(name, *starts), strict=True):
        links, moved = found["links"][found["at"] :], nudged(led, start)
        assert links[0][0] == start
        for (before, _), (after, note) in itertools.pairwise(links):
            expression = expand(led[after[0]], after[1])
            effects = {place: abs(effect(expression, place, moved)) for place in cells(expression)}
            assert effects[before] == pytest.approx(max(effects.values()), rel=1e-6), after
            assert not note.startswith("1 ")
        end, index = links[-1][0]
        changes = {each: np.abs(moved.get(each, led[each].value) - led[each].value) for each in ends}
        assert changes[end][index] == pytest.approx(max(change.max() for change in changes.values()), rel=1e-6), start


def nudged(led: Ledger, start: Place) -> dict[str, Array]:
    """The values that are others, had this cell been a thousandth larger."""
    cells = led[start[0]].value.copy()
    cells[start[1]] += 1e-3 * max(abs(cells[start[1]]), 1e-3)
    moved = {start[0]: cells}
    for entry in led:
        if any(operand.name in moved for operand in entry.operands):
            function = OPERATIONS[entry.op].prepare(entry.operand_axes, entry.axes, led.sizes, entry.attrs)
            moved[entry.name] = np.asarray(function(*(moved.get(o.name, o.value) for o in entry.operands)))
    return moved


def effect(expression: Part, place: Place, moved: dict[str, Array]) -> float:
    """What an expression changes by if this cell alone is as it is in `moved`."""
    name, index = place
    return value(expression, {place: float(moved[name][index])} if name in moved else {}) - value(expression, {})


def test_a_word_goes_on_by_what_it_decides() -> None:
    led, _ = step("default")
    (found,) = chains("default", ("inputs.tokens", (1,)))
    slopes = led["grad.embedding.token_rows"].value[1]
    assert found["at"] == 0
    assert found["links"][1][0] == ("embedding.token_rows", (1, int(np.abs(slopes).argmax())))
    assert found["links"][-1][0] == ("loss", ())
