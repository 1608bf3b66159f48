"""Exercises: their numbers are the pages' own, and whoever takes them finds the answer that is checked."""

from __future__ import annotations

import itertools
import re
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from calc.ledger import Entry
from calc.step import training_step
from render.exercises import tolerance
from render.page import Page
from render.pages import Site
from render.worked import expand
from tests.configurations import configured

FIELD = re.compile(r'<form class="try"[^>]* data-entry="([^"]+)"(?: data-index="([\d,]+)")?>')
NUMBER = re.compile(r'<span class="n" data-ref="([^"]+)"(?: data-index="([\d,]+)")?>([^<]*)</span>')
NAMES = ["layers.0.attention.scores", "layers.0.attention.weights", "layers.0.ln_1.normalized", "loss", "logits",
         "grad.logits", "grad.layers.0.attention.w_q", "adamw.w_out.direction", "layers.0.ffn.hidden"]  # fmt: skip


@cache
def site(**overrides: Any) -> Site:
    config = configured({key.replace("__", "."): value for key, value in overrides.items()})
    return Site(training_step(config), config)


def page(**overrides: Any) -> Page:
    return Page(site(**overrides), "forward/attention.md")


def place(text: str) -> tuple[str, tuple[int, ...]]:
    found = FIELD.search(text)
    assert found
    return found[1], tuple(map(int, found[2].split(","))) if found[2] else ()


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_operands_give_the_answers_first_digits(name: str) -> None:
    one = page()
    text = one.try_it(one.e(name))
    entry, index = one.e(name), place(text)[1]
    assert place(text)[0] == name
    assert index != tuple(one.at[axis] for axis in entry.axes) or not entry.axes
    for ref, at, digits in NUMBER.findall(text):
        cell = tuple(map(int, at.split(","))) if at else ()
        assert digits == one.digits.text(one.e(ref), cell)  # as every table prints them
    value, _ = one.worker.evaluate(expand(entry, index), 0)
    right = one.digits.printed(entry, index).value
    assert value is not None
    assert right != 0
    assert abs(value - right) <= tolerance(right) / 2
    assert one.worker.fence(entry, index).split("\n")[-2].strip() in text  # the worked line is the answer


def test_an_index_that_is_given_stands() -> None:
    one = page()
    scores = one.w("attention.scores")
    assert place(one.try_it(scores, H=1, T=4, S=3))[1] == (1, 4, 3)
    assert place(one.try_it(scores, T=5))[1][1] == 5
    with pytest.raises(KeyError, match="no axis F"):
        one.try_it(scores, F=0)
    with pytest.raises(IndexError, match="no cell"):
        one.try_it(scores, T=6)


def test_a_cell_that_is_zero_is_passed_over() -> None:
    one = page()
    weights = one.w("attention.weights")
    index = place(one.try_it(weights, S=5))[1]  # a later key for all queries but the last
    assert index == (0, 5, 5)


@pytest.mark.parametrize("overrides", [{"text__sentence": "cat"}, {"text__sentence": "the the the", "model__heads": 1}])
def test_there_is_an_exercise_in_every_configuration(overrides: dict[str, Any]) -> None:
    one = page(**overrides)
    for name in NAMES:
        assert place(one.try_it(one.e(name)))[0] == name


def test_many_operands_are_looked_up_in_their_table() -> None:
    one = page(model__d_model=64)
    text = one.links.drawn(one.try_it(one.w("attention.q")))
    task = text[: text.index("<form")]
    assert not NUMBER.search(task)
    assert "64 numbers of [`layers.0.ln_1.out`](" in task


def test_exercises_are_numbered_and_every_field_has_its_label() -> None:
    one = page()
    texts = [one.try_it(one.e("loss")), one.ask("Why?", "Because."), one.try_it(one.w("attention.scores"))]
    assert [re.match(r"\*\*Exercise (\d)\.\*\*", text)[1] for text in texts] == ["1", "2", "3"]  # type: ignore[index]
    for text in (texts[0], texts[2]):
        found = re.search(r'<label for="(\w+-\d)">.*<input id="(\w+-\d)"', text)
        assert found
        assert found[1] == found[2]
    assert texts[1].endswith('??? note "Answer"\n\n    Because.')


def test_an_answer_can_be_written_in_the_template() -> None:
    source = "<% call ask('Why?') %>\nIt is << num(e('loss')) >>.\n\n- a list\n<% endcall %>"
    one = page()
    text = one.site.environment.from_string(source).render(one.vocabulary())
    number = one.num(one.e("loss"))
    assert text == f'**Exercise 1.** Why?\n{{ .exercise }}\n\n??? note "Answer"\n\n    It is {number}.\n\n    - a list'


@pytest.mark.parametrize(
    ("value", "unit"), [("0.5369", "0.001"), ("12.34", "0.1"), ("-999", "1"), ("0.001", "0.00001")]
)
def test_the_tolerance_is_a_unit_of_the_third_digit(value: str, unit: str) -> None:
    assert tolerance(Fraction(value)) == Fraction(unit)


def test_the_answer_is_bound_where_the_field_looks_for_it() -> None:
    one = page()
    entry: Entry = one.w("attention.heads")
    text = one.try_it(entry)
    name, index = place(text)
    bound = f"{{r {','.join(map(str, index))}}}"
    assert f"r = {name}" in text
    assert text.count(bound) == 1


def test_a_cell_whose_printed_operands_do_not_give_it_is_passed_over() -> None:
    """Where terms cancel, four digits of each are not enough for three of the sum."""
    one = page()
    passed = 0
    for entry in one.ledger:
        if entry.op != "dot" or entry.stage not in ("qkv", "feed_forward", "output"):
            continue
        for cell in itertools.product(*map(range, entry.shape)):
            right = one.digits.printed(entry, cell).value
            value, _ = one.worker.evaluate(expand(entry, cell), 0)
            if right and value is not None and abs(value - right) > tolerance(right):
                at = dict(zip(entry.axes, cell, strict=True))
                assert place(one.try_it(entry, **at))[1] != cell
                passed += 1
    assert passed
