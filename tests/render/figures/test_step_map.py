"""The map of the step: its boxes are the pages, its shapes the ledger's, and nothing lies upon anything else."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from calc.step import training_step
from render.figures.step_map import step_map
from tests.configurations import NARROW, computed, configured

ROOT = Path(__file__).resolve().parents[3]
PAGES = re.findall(r":\s+(\S+)\.md$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
STEP = [page for page in PAGES if re.match("forward/|backward/|adamw|loss-acc|blame|summary", page)]
NAMES = ["default", "two layers", "four layers", "one word"]


def picture(name: str, up: str = "", lit: str = "") -> ElementTree.Element:
    """The map, parsed: it is well-formed."""
    config, ledger = computed(name)
    return parsed(step_map(ledger, config, up, lit))


def parsed(fence: str) -> ElementTree.Element:
    html = re.fullmatch(r"~~~picture\n(<nav.*</nav>)\n~~~", fence)
    assert html
    return ElementTree.fromstring(html[1])


def boxes(svg: ElementTree.Element) -> list[tuple[str, float, float, float, float]]:
    """For each box the page it leads to, and its left, top, right and bottom."""
    found = []
    for link in svg.iter("a"):
        for box in link.iter("rect"):
            x, y, width, height = (float(box.get(key, "")) for key in ("x", "y", "width", "height"))
            found.append((link.get("href", ""), x, y, x + width, y + height))
    return found


def size(svg: ElementTree.Element) -> tuple[float, float]:
    (drawing,) = svg.iter("svg")
    width, height = map(float, (drawing.get("viewBox") or "").split()[2:])
    return width, height


@pytest.mark.parametrize("name", NAMES)
def test_every_page_of_the_step_has_its_boxes(name: str) -> None:
    layers = computed(name).config.model.layers
    links = [a.get("href") for a in picture(name, "../").iter("a")]
    assert set(links) == {f"../{page}/" for page in STEP}
    opened = 1 if layers > 2 else layers
    for page in STEP:
        in_layer = page.startswith(("forward/", "backward/")) and not re.search("embeddings|output|loss", page)
        # A closed layer leads to where its part of the walk begins.
        begins = page in ("forward/layer-norm", "backward/feed-forward")
        assert links.count(f"../{page}/") == ((layers if begins else opened) if in_layer else 1), page


@pytest.mark.parametrize("lit", [*STEP, ""])
def test_one_pages_part_is_lit(lit: str) -> None:
    found = [a.get("href") for a in picture("two layers", lit=lit).iter("a") if a.get("aria-current") == "page"]
    assert found == ([f"{lit}/"] if lit else [])


@pytest.mark.parametrize("name", NAMES)
def test_boxes_lie_inside_and_beside_each_other(name: str) -> None:
    svg = picture(name)
    width, height = size(svg)
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


@pytest.mark.parametrize("name", NAMES)
def test_the_shapes_on_the_arrows_are_the_ledgers(name: str) -> None:
    ledger = computed(name).ledger
    edges = [text for text in picture(name).iter("text") if text.get("data-entry")]
    assert len(edges) > 10
    for text in edges:
        shape = " × ".join(map(str, ledger[text.get("data-entry", "")].shape))
        assert (text.text or "").removesuffix("s").removesuffix(" token id") == shape


def test_both_directions_name_what_flows() -> None:
    names = [text.get("data-entry", "") for text in picture("two layers").iter("text") if text.get("data-entry")]
    for layer in (0, 1):
        for own in ("ln_1.out", "attention.q_heads", "attention.heads", "residual_1", "residual_2"):
            assert f"layers.{layer}.{own}" in names
        assert {f"grad.layers.{layer}.residual_1", f"grad.layers.{layer}.residual_2"} <= set(names)


@pytest.mark.parametrize("name", NAMES)
def test_forward_arrows_go_up_and_backward_ones_down(name: str) -> None:
    svg = picture(name)
    half = size(svg)[0] / 2
    arrows = [re.fullmatch(r"M([\d.]+) ([\d.]+)V([\d.]+)", path.get("d", "")) for path in svg.iter("path")]
    straight = [tuple(map(float, found.groups())) for found in arrows if found]
    assert len(straight) > 10
    for x, start, end in straight:
        assert (end < start) == (x < half)


@pytest.mark.parametrize("name", NAMES)
def test_every_open_layer_has_its_two_residual_paths_each_way(name: str) -> None:
    layers = computed(name).config.model.layers
    pluses = [path for path in picture(name).iter("path") if path.get("class") == "plus"]
    assert len(pluses) == 4 * (layers if layers <= 2 else 1)


def test_layers_are_named_where_there_are_several() -> None:
    def words(name: str) -> list[str]:
        return [text.text or "" for text in picture(name).iter("text")]

    assert not any("layer 0" in text for text in words("default"))
    assert {"layer 0", "layer 1"} <= set(words("two layers"))
    assert {"layer 0", "Layer 1: same parts", "Layer 3: same parts"} <= set(words("four layers"))


def test_heads_are_strips() -> None:
    strips = [box for box in picture("four layers").iter("rect") if "head" in (box.get("class") or "").split()]
    assert len(strips) == 2 * 4
    assert any("4 heads" in (text.text or "") for text in picture("four layers").iter("text"))


def test_many_layers_and_heads_stay_readable() -> None:
    many = {"model.layers": 12, "model.heads": 32, "model.d_model": 32, "worked.layer": 5}
    config = configured(NARROW | many)
    svg = parsed(step_map(training_step(config), config, "", ""))
    assert size(svg)[1] < 1400
    assert len(list(svg.iter())) < 320
    names = [text.text for text in svg.iter("text")]
    assert "layer 5" in names
    assert sum("same parts" in (name or "") for name in names) == 2 * 11


def test_the_words_below_hold_where_things_are_single() -> None:
    (words,) = picture("one word").iter("p")
    assert "1 position ×" in (words.text or "")


@pytest.mark.parametrize("name", NAMES)
def test_links_are_told_apart_and_named_as_they_read(name: str) -> None:
    links = list(picture(name).iter("a"))
    names = [a.get("aria-label") or "" for a in links]
    assert len(set(names)) == len(names)
    for a, label in zip(links, names, strict=True):
        assert all(str(text.text) in label for text in a.iter("text"))
