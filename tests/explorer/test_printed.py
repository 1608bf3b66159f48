"""What the panel prints of a number is what the pages print of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from render.pages import Site
from render.proof.reading import Number, Page, Table, draw
from tests.explorer.node import program, run, step

PAGES = ("forward/layer-norm.md", "forward/attention.md", "forward/output.md", "backward/attention.md", "adamw.md")
TEXTS = """
const { Step } = await load("step.js");
const step = new Step(given.program);
return given.cells.map(([name, index]) => step.text(step.get(name), index));
"""


@pytest.mark.parametrize("name", ["default", "wide"])
def test_every_bound_number_of_several_pages(name: str) -> None:
    site = Site(*step(name))
    pages = [Page(path, draw(site.page(path))) for path in PAGES]
    bound = [number for page in pages for number in numbers(page, site)]
    cells = [(number.ref, [int(i) for i in number.index.split(",") if i]) for number in bound]
    texts = run(TEXTS, {"program": program(name), "cells": cells})
    assert len(bound) > 5000
    assert [number for number, text in zip(bound, texts, strict=True) if number.text.strip() != text] == []


def numbers(page: Page, site: Site) -> Iterator[Number]:
    """The page's numbers of its own step, each with its whole index; operands of worked lines may have more digits."""
    yield from (number for number in page.numbers if not number.ledger and number.kind != "line")
    for table in page.tables:
        if not table.ledger:
            yield from cells(table, site)


def cells(table: Table, site: Site) -> Iterator[Number]:
    if table.slice is None:
        yield from (cell for cell in table.cells if cell.index)
        return
    lengths = site.ledger[table.ref].shape
    runs = [range(n) if part == ":" else [int(part)] for part, n in zip(table.slice.split(","), lengths, strict=True)]
    for cell, index in zip(table.cells, itertools.product(*runs), strict=True):
        cell.index = ",".join(map(str, index))
        yield cell
