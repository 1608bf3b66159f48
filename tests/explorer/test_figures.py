"""The pictures follow a step: what the browser makes of their records is what Python draws of the same numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
import pytest

from calc import along
from calc.account import steepest
from calc.ledger import Entry, Ledger
from calc.program import Program
from render import page as pages
from render.figures.pictures import Pictures
from render.page import Page
from render.pages import Site, in_order
from tests.explorer.node import program, run, step

CONFIGURATIONS = ("default", "wide", "one word")
W_Q = "layers.0.attention.w_q"
CHANGES: dict[str, list[dict[str, Any]]] = {
    "a weight": [{"name": W_Q, "index": [3, 2], "to": 0.9}],
    "a gain": [{"name": "ln_f.gamma", "index": [1], "to": -2.5}],
    "a word": [{"name": "inputs.tokens", "index": [0], "to": 5}],
    "a target": [{"name": "inputs.targets", "index": [0], "to": 6}],
    "ten steps": [{"steps": 10}],
}
DRAWN = """
const { Step } = await load("step.js");
const { drawn, Numbers } = await load("figure.js");
const step = new Step(given.program);
return given.changes.map((actions) => {
  step.restore(actions);
  const numbers = new Numbers(step);
  return given.records.map((record) => {
    const { alike, worded, told, set, tiles } = drawn(record, numbers);
    return { alike, worded, told, set, tiles: tiles.map((paths) => Object.fromEntries(paths)) };
  });
});
"""


class Picture(NamedTuple):
    """One picture of a page: how its template asks for it, as it was drawn, and what it is made of."""

    path: str
    name: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]
    svg: str
    record: dict[str, Any]


@cache
def site(name: str) -> Site:
    return Site(*step(name))


@cache
def pictures(name: str) -> list[Picture]:
    """Every picture of every page."""
    return list(_asked(site(name)))


def _asked(site: Site) -> Iterator[Picture]:
    asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    class Heard(Pictures):
        def __getattribute__(self, name: str) -> Any:
            found = super().__getattribute__(name)
            if name.startswith("_") or not callable(found) or isinstance(found, type):
                return found

            def call(*arguments: Any, **named: Any) -> Any:
                answer = found(*arguments, **named)
                if isinstance(answer, str) and answer.startswith("~~~picture"):
                    asked.append((name, arguments, named))
                return answer

            return call

    class Made(Page):
        last: Page

        def __init__(self, site: Site, path: str) -> None:
            super().__init__(site, path)
            Made.last = self

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "Pictures", Heard)
        patch.setattr("render.pages.Page", Made)
        for path in in_order():
            if path.startswith("ledger"):
                continue
            asked.clear()
            site.page(path)
            for one, (svg, record) in zip(list(asked), Made.last.recorder.pictures, strict=True):
                yield Picture(path, *one, svg, record)


@cache
def followed(name: str) -> dict[str, list[dict[str, Any]]]:
    """What the browser's code makes of every picture: as built, and after each of CHANGES."""
    records = [picture.record for picture in pictures(name)]
    changes = [[], *CHANGES.values()]
    found = run(DRAWN, {"program": program(name), "records": records, "changes": changes})
    return dict(zip(["built", *CHANGES], found, strict=True))


def changed(name: str, change: str) -> Site:
    """The site of the step as it is after a change."""
    led, config = step(name)
    values: dict[str, Any] = {entry.name: entry.value for entry in led if entry.op == "given"}
    carried = program(name)["next"]
    for action in CHANGES[change]:
        for _ in range(action.get("steps", 0)):
            made = led.replay(values)
            values |= {n: made[to] if isinstance(to, str) else values[n] + to for n, to in carried.items()}
        if "name" in action:
            values[action["name"]] = values[action["name"]].copy()
            values[action["name"]][tuple(action["index"])] = action["to"]
    lines = Program.of(led)
    for n, line in lines.lines.items():  # what is zero by the built tokens is perhaps not by others
        lines.lines[n] = replace(line, value=values.get(n), zeros=None)
    there = Site(lines.run(), config)
    there.tables.tokens = [there.tables.words[number] for number in there.ledger["inputs.tokens"].value]
    return there


Shape = tuple[str, tuple[tuple[str, str], ...], str]


def shapes(svg: str, set_: list[list[Any]] = [], tiles: list[tuple[dict[str, int], dict[str, str]]] = []) -> Any:
    """Every element of a picture, with what is set anew; the tiles, whose paths may be more or fewer, as a heap. Bound
    numbers' digits are another one's matter."""
    root = ElementTree.fromstring(svg.replace("&nbsp;", " "))
    elements = list(root.iter())
    for number, name, text in set_:
        if name:
            elements[number].set(name, text)
        else:
            elements[number].text = text
    heap: Counter[tuple[str, str]] = Counter()
    for paths, made in tiles:
        for number in paths.values():
            elements[number].set("d", "")
        heap.update((f"marks {tint}", d) for tint, d in made.items())
    found = []
    for element in elements:
        kind = element.get("class", "")
        if re.fullmatch(r"marks ([np]\d|masked)", kind) and "data-entry" in element.attrib:
            if element.get("d"):
                heap[kind, element.get("d", "")] += 1
            continue
        attributes = {k: v for k, v in element.attrib.items() if v != "" and not re.search(r"tip-\d", v)}
        text = "" if "data-ref" in attributes else element.text or ""
        found.append((element.tag, tuple(sorted(attributes.items())), text))
    return found, heap


def again(picture: Picture, there: Site) -> str:
    """The picture drawn by Python for another step."""
    page = Page(there, picture.path)

    def other(value: Any) -> Any:
        return there.ledger[value.name] if isinstance(value, Entry) else value

    arguments = map(other, picture.arguments)
    getattr(page.pic, picture.name)(*arguments, **{k: other(v) for k, v in picture.named.items()})
    return page.recorder.pictures[-1][0]


def applied(picture: Picture, found: dict[str, Any]) -> Any:
    tiles = [(group["paths"], made) for group, made in zip(picture.record["tiles"], found["tiles"], strict=True)]
    return shapes(picture.svg, found["set"], tiles)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_of_the_built_numbers_every_picture_is_made_as_it_was_drawn(name: str) -> None:
    for picture, found in zip(pictures(name), followed(name)["built"], strict=True):
        assert found["alike"], picture.name
        assert found["told"], picture.name
        assert applied(picture, found) == shapes(picture.svg), picture.name


@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize("change", CHANGES)
def test_of_other_numbers_every_picture_is_made_as_python_draws_it(
    name: str, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    led, _ = step(name)
    one = steepest({p.name: led[f"grad.{p.name}"] for p in led if p.attrs.get("parameter")})
    monkeypatch.setattr(along, "steepest", lambda _: one)  # the parameter that the built page follows
    there, left = changed(name, change), []
    for picture, found in zip(pictures(name), followed(name)[change], strict=True):
        if not found["alike"]:
            left.append(picture.name)
            continue
        a, b = applied(picture, found), shapes(again(picture, there))
        if not found["told"]:
            a[0].pop(0), b[0].pop(0)
        if not found["told"]:
            print("untold", picture.name)
        if a != b:
            print(
                "DIFF",
                name,
                change,
                picture.path,
                picture.name,
                [(x, y) for x, y in zip(a[0], b[0]) if x != y][:2],
                list(((a[1] - b[1]) + (b[1] - a[1])).items())[:2],
            )
    print(change, left)
