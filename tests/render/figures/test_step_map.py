"""The map of the step: its boxes are the pages, its shapes the ledger's, and nothing lies upon anything else."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from render.figures.step_map import step_map
from tests.configurations import computed

ROOT = Path(__file__).resolve().parents[3]
PAGES = re.findall(r":\s+(\S+)\.md$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
NAMES = ["default", "two layers", "four layers", "one word"]


def picture(name: str, up: str = "", lit: str = "") -> ElementTree.Element:
    """The map's SVG, parsed: it is well-formed."""
    config, ledger = computed(name)
    html = step_map(ledger, config, up, lit)
    svg = re.fullmatch(r"<figure[^>]*>(<svg.*</svg>)</figure>", html)
    assert svg
    return ElementTree.fromstring(svg[1])


def boxes(svg: ElementTree.Element) -> list[tuple[str, float, float, float, float]]:
    """For each box the page it leads to, and its left, top, right and bottom."""
    found = []
    for link in svg.iter("a"):
        (box,) = link.iter("rect")
        x, y, width, height = (float(box.get(key, "")) for key in ("x", "y", "width", "height"))
        found.append((link.get("href", ""), x, y, x + width, y + height))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_page_of_the_step_has_its_boxes(name: str) -> None:
    layers = computed(name).config.model.layers
    links = [link for link, *_ in boxes(picture(name, "../"))]
    step = [page for page in PAGES if page.startswith(("forward/", "backward/", "adamw"))]
    for_each_layer = {link for link in links if not re.search("embeddings|output|loss|adamw", link)}
    assert set(links) == {f"../{page}/" for page in step}
    for page in step:
        assert links.count(f"../{page}/") == (layers if f"../{page}/" in for_each_layer else 1), page


@pytest.mark.parametrize("lit", ["forward/attention", "backward/loss", "adamw", ""])
def test_one_pages_part_is_lit(lit: str) -> None:
    found = [a.get("href") for a in picture("two layers", lit=lit).iter("a") if "lit" in (a.get("class") or "").split()]
    assert set(found) == ({f"{lit}/"} if lit else set())


@pytest.mark.parametrize("name", NAMES)
def test_boxes_lie_inside_and_beside_each_other(name: str) -> None:
    svg = picture(name)
    width, height = map(float, (svg.get("viewBox") or "").split()[2:])
    placed = boxes(svg)
    for _, left, top, right, bottom in placed:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
    for one, other in itertools.combinations(placed, 2):
        apart = one[3] <= other[1] or other[3] <= one[1] or one[4] <= other[2] or other[4] <= one[2]
        assert apart, (one, other)
    for text in svg.iter("text"):
        assert 0 < float(text.get("x", "")) < width
        assert 0 < float(text.get("y", "")) < height


def test_the_shapes_on_the_arrows_are_the_ledgers() -> None:
    svg = picture("two layers")
    shapes = [text.text for text in svg.iter("text") if text.get("class") == "edge"]
    # Six positions of 24 features, heads of 3 × 6 × 8, ten words: up through two layers, then down.
    forward = 2 * ["6 × 24", "6 × 24", "3 × 6 × 8", "3 × 6 × 8", "6 × 24"] + ["6 × 24"]
    assert shapes == [*forward, "6 × 10", *5 * ["6 × 24"]]


@pytest.mark.parametrize("name", NAMES)
def test_forward_arrows_go_up_and_backward_ones_down(name: str) -> None:
    svg = picture(name)
    half = float((svg.get("viewBox") or "").split()[2]) / 2
    for line in svg.iter("line"):
        x1, x2, y1, y2 = (float(line.get(key, "")) for key in ("x1", "x2", "y1", "y2"))
        if x1 == x2:
            assert (y2 < y1) == (x1 < half)


def test_layers_are_named_where_there_are_several() -> None:
    def words(name: str) -> list[str]:
        return [text.text or "" for text in picture(name).iter("text")]

    assert not any("layer 0" in text for text in words("default"))
    assert {"Layer norm, layer 0", "Layer norm, layer 1", "Attention, layer 1"} <= set(words("two layers"))
