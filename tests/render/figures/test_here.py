"""The small map under a page's title: every page of the walk a link, one lit, what flows in and out named."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from render.figures.here import here
from render.figures.walk import walk
from tests.configurations import computed

ROOT = Path(__file__).resolve().parents[3]
NAV = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
TITLES = {path: title for title, path in re.findall(r"- ([^:\n]+): (\S+)\.md$", NAV, re.MULTILINE)}
STEP = [page for page in TITLES if re.match("forward/|backward/|adamw|loss-acc|blame|summary", page)]
NAMES = ["default", "two layers", "four layers", "one word"]


def strip(name: str, path: str) -> ElementTree.Element:
    config, ledger = computed(name)
    html = re.fullmatch(r"~~~picture\n(<nav.*</nav>)\n~~~", here(ledger, config, "../", path))
    assert html
    return ElementTree.fromstring(html[1])


def links(nav: ElementTree.Element) -> list[ElementTree.Element]:
    return [a for a in nav.iter("a") if not a.get("rel")]


def test_the_walk_is_the_navigations() -> None:
    config, ledger = computed("default")
    assert {stop.path: stop.label for stop in walk(ledger, config)} == {path: TITLES[path] for path in STEP}
    assert [stop.path for stop in walk(ledger, config)] == STEP


@pytest.mark.parametrize("path", STEP)
def test_one_link_a_page_and_this_one_lit(path: str) -> None:
    nav = strip("two layers", path)
    assert [a.get("href") for a in links(nav)] == [f"../{page}/" for page in STEP]
    assert [a.get("href") for a in links(nav) if a.get("aria-current") == "page"] == [f"../{path}/"]
    beside = {a.get("rel"): a.get("href") for a in nav.iter("a") if a.get("rel")}
    at = STEP.index(path)
    assert beside.get("prev") == (f"../{STEP[at - 1]}/" if at else None)
    assert beside.get("next") == (f"../{STEP[at + 1]}/" if at + 1 < len(STEP) else None)


def test_names_hold_what_is_seen_and_differ() -> None:
    nav = strip("two layers", "forward/qkv")
    assert nav.get("aria-label")
    names = [a.get("aria-label") or "" for a in links(nav)]
    assert len(set(names)) == len(names)
    for a, name in zip(links(nav), names, strict=True):
        assert (a.text or "").replace("\u00ad", "").lower() in name.lower()


def test_the_title_says_where() -> None:
    def words(name: str, path: str) -> str:
        return " ".join("".join(strip(name, path).itertext()).replace("\u00ad", "").split())

    assert "You are here: Attention, forward, layer 0 of 2" in words("two layers", "forward/attention")
    assert "layer 0 of" not in words("default", "forward/attention")
    assert "You are here: AdamW, update" in words("default", "adamw")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("path", STEP)
def test_what_flows_is_the_ledgers(name: str, path: str) -> None:
    ledger = computed(name).ledger
    for span in strip(name, path).iter("span"):
        entry = span.get("data-entry")
        if entry:
            assert " × ".join(map(str, ledger[entry].shape)) in (span.text or "")
            assert bool(re.search(r"\d", span.text or "")) == bool(ledger[entry].shape)


def test_parts_join_what_flows() -> None:
    config, ledger = computed("two layers")
    stops = {stop.path: stop for stop in walk(ledger, config)}
    order = ["forward/layer-norm", "forward/qkv", "forward/attention", "forward/multi-head", "forward/feed-forward"]
    for one, other in itertools.pairwise(order):
        assert set(stops[one].leaves) & set(stops[other].enters), other
    back = ["backward/loss", "backward/output"]
    assert stops[back[0]].leaves == stops[back[1]].enters


def test_few_elements() -> None:
    assert all(len(list(strip("two layers", path).iter())) < 50 for path in STEP)


def test_a_page_that_is_not_on_the_walk_is_refused() -> None:
    with pytest.raises(ValueError, match=r"trust is none of forward/embeddings"):
        strip("default", "trust")
