"""The pictures follow a step: what the browser makes of their records is what Python draws of the same numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

from calc import along
from calc.account import steepest
from calc.ledger import Entry
from calc.program import Program
from render import page as pages
from render.figures.pictures import Pictures
from render.page import Page
from render.pages import TEMPLATES, Site, in_order
from tests.explorer.node import program, run, step

CONFIGURATIONS = ("default", "wide", "one word")
CHANGES: dict[str, list[dict[str, Any]]] = {
    "a weight": [{"name": "layers.0.attention.w_q", "index": [3, 2], "to": 0.9}],
    "a gain": [{"name": "ln_f.gamma", "index": [1], "to": -2.5}],
    "a word": [{"name": "inputs.tokens", "index": [0], "to": 7}],
    "a target": [{"name": "inputs.targets", "index": [0], "to": 6}],
    "ten steps": [{"steps": 10}],
}
# These stay as they were built, and say so: where an arrow comes or goes, and where another run lies beside the step.
SELDOM = {"own_move", "spread", "targets"}
DRAWN = """
const { Step } = await load("step.js");
const { drawn, Numbers } = await load("figure.js");
const step = new Step(given.program);
return given.changes.map((actions) => {
  step.restore(actions);
  const numbers = new Numbers(step);
  return given.records.map((record) => {
    const { tiles, ...rest } = drawn(record, numbers);
    return { ...rest, tiles: tiles.map((paths) => Object.fromEntries(paths)) };
  });
});
"""
Canon = tuple[list[tuple[str, dict[str, str], str]], Counter[tuple[str, str]]]


class Picture(NamedTuple):
    """One picture of a page: how its template asks for it, as it was drawn, and what it is made of."""

    path: str
    name: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]
    svg: str
    record: dict[str, Any]


@cache
def pictures(name: str) -> list[Picture]:
    """Every picture of every page of a configuration."""
    return list(_asked(Site(*step(name))))


def _asked(site: Site) -> Iterator[Picture]:
    asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
    made: list[Page] = []

    class Heard(Pictures):
        def __init__(self, page: Page) -> None:
            super().__init__(page)
            made.append(page)

        def __getattribute__(self, name: str) -> Any:
            found = super().__getattribute__(name)
            if name.startswith("_") or not callable(found):
                return found

            def call(*arguments: Any, **named: Any) -> Any:
                answer = found(*arguments, **named)
                if isinstance(answer, str) and answer.startswith("~~~picture"):
                    asked.append((name, arguments, named))
                return answer

            return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "Pictures", Heard)
        for path in in_order():
            if not re.search(r"\bpic\.|macros", (TEMPLATES / f"{path}.j2").read_text(encoding="utf-8")):
                continue
            asked.clear()
            site.page(path)
            for one, (svg, record) in zip(list(asked), made[-1].recorder.pictures, strict=True):
                yield Picture(path, *one, svg, record)


@cache
def followed(name: str) -> dict[str, list[dict[str, Any]]]:
    """What the browser's code makes of every picture: as built, and after each of CHANGES."""
    records = [picture.record for picture in pictures(name)]
    found = run(DRAWN, {"program": program(name), "records": records, "changes": [[], *CHANGES.values()]})
    return dict(zip(["built", *CHANGES], found, strict=True))


def changed(name: str, change: str) -> Site:
    """The site of the step as it is after a change."""
    led, config = step(name)
    values = {entry.name: entry.value for entry in led if entry.op == "given"}
    for action in CHANGES[change]:
        for _ in range(action.get("steps", 0)):
            made = led.replay(values)
            for carried, by in program(name)["next"].items():
                values[carried] = made[by] if isinstance(by, str) else values[carried] + by
        if "name" in action:
            values[action["name"]] = values[action["name"]].copy()
            values[action["name"]][tuple(action["index"])] = action["to"]
    plan = Program.of(led)
    for entry, line in plan.lines.items():  # what is zero by the built tokens is perhaps not by others
        plan.lines[entry] = replace(line, value=values.get(entry), zeros=None)
    there = Site(plan.run(), config)
    there.tables.tokens = [there.tables.words[number] for number in there.ledger["inputs.tokens"].value]
    return there


def canon(svg: str, made: Sequence[Sequence[Any]] = (), tiles: Sequence[tuple[Any, Any]] = ()) -> Canon:
    """Every element of a picture, with what is made anew; tiles, whose paths may be more or fewer, as a heap. Which
    numbers stand there, and their digits, is another one's matter."""
    root = ElementTree.fromstring(svg)
    elements = list(root.iter())
    for number, name, text in made:
        if name:
            elements[number].set(name, text)
        else:
            elements[number].text = text
    heap: Counter[tuple[str, str]] = Counter()
    for paths, tinted in tiles:
        for number in paths.values():
            elements[number].set("d", "")
        heap.update((f"marks {tint}", d) for tint, d in tinted.items())
    found = []
    for element in elements:
        kind, d = element.get("class", ""), element.get("d", "")
        if re.fullmatch(r"marks ([np]\d|masked)", kind):
            heap.update([(kind, d)] if d else [])
            continue
        if d:  # marks of an axis that have no length
            element.set("d", re.sub(r"M([\d.]+ [\d.]+)L\1(?=M|$)", "", d))
        kept = {k: v for k, v in element.items() if v and k != "data-index" and "tip-" not in v}
        found.append((element.tag, kept, "" if "data-ref" in kept else element.text or ""))
    return found, heap


def again(picture: Picture, there: Site) -> str:
    """The picture drawn by Python for another step."""

    def other(value: Any) -> Any:
        return there.ledger[value.name] if isinstance(value, Entry) else value

    page = Page(there, picture.path)
    named = {key: other(value) for key, value in picture.named.items()}
    getattr(page.pic, picture.name)(*map(other, picture.arguments), **named)
    return page.recorder.pictures[-1][0]


def applied(picture: Picture, found: dict[str, Any]) -> Canon:
    tiles = [(group["paths"], tinted) for group, tinted in zip(picture.record["tiles"], found["tiles"], strict=True)]
    return canon(picture.svg, found["set"], tiles)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_of_the_built_numbers_every_picture_is_made_as_it_was_drawn(name: str) -> None:
    for picture, found in zip(pictures(name), followed(name)["built"], strict=True):
        assert [found[what] for what in ("alike", "worded", "told")] == [True] * 3, picture.name
        assert applied(picture, found) == canon(picture.svg), picture.name


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_of_other_numbers_every_picture_is_made_as_python_draws_it(
    name: str, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    led, _ = step(name)
    one = steepest({p.name: led[f"grad.{p.name}"] for p in led if p.attrs.get("parameter")})
    monkeypatch.setattr(along, "steepest", lambda _: one)  # the parameter that the built page follows
    there, moved = changed(name, change), 0
    for picture, found in zip(pictures(name), followed(name)[change], strict=True):
        if not found["alike"]:
            assert picture.name in SELDOM, f"{picture.path}: {picture.name}"
            continue
        made, known = applied(picture, found), canon(again(picture, there))
        if not found["told"]:
            made[0][0][1].pop("aria-label"), known[0][0][1].pop("aria-label")
        assert made == known, f"{picture.path}: {picture.name}"
        moved += made != canon(picture.svg)
    assert moved > 2
