"""The backward pages' pictures: their numbers are the ledger's, their curves are the engine's, and they fit a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from xml.etree import ElementTree

import numpy as np
import pytest

from render.figures.backward import row
from render.figures.drawing import WIDTH
from render.page import Page
from render.pages import Site
from tests.configurations import computed

NAMES = ["default", "narrow", "two layers", "four layers", "one word", "odd words", "another sentence"]
PICTURES: dict[str, Callable[[Page], str]] = {
    "loss_slope of a logit": lambda p: p.pic.loss_slope(p.e("logits"), "the logit", span=3.0),
    "loss_slope of a weight": lambda p: p.pic.loss_slope(p.e("w_out"), "a <weight>"),
    "gelu_slope": lambda p: p.pic.gelu_slope(),
    "blame_road": lambda p: p.pic.blame_road(),
    "error_bars": lambda p: p.pic.error_bars(),
    "shares_move of words": lambda p: p.pic.shares_move(p.e("unfolded.probs.jacobian"), p.at["V"], "V"),
    "shares_move of keys": lambda p: p.pic.shares_move(p.e("unfolded.softmax.jacobian"), p.at["S"], "S"),
    "product_back": lambda p: p.pic.product_back(p.e("ln_f.out"), p.e("w_out"), p.e("logits"), ("N", "W", "Z")),
    "both_ways": lambda p: p.pic.both_ways(),
    "lost_directions": lambda p: p.pic.lost_directions("backward.ln_f", p.e("ln_f.normalized")),
    "diagonal": lambda p: p.pic.diagonal(),
    "fork_back": lambda p: p.pic.fork_back(
        p.w("residual_2"), p.w("residual_1"), "residual_2", "ln_2", "feed-forward, layer norm"
    ),
    "head_back": lambda p: p.pic.head_back(),
    "scatter": lambda p: p.pic.scatter(),
}


@cache
def page(name: str) -> Page:
    config, ledger = computed(name)
    return Page(Site(ledger, config), "backward/loss.md")


def drawn(fence: str) -> tuple[ElementTree.Element, str]:
    """The picture's SVG, parsed, and its caption."""
    found = re.fullmatch(r"~~~picture\n<figure[^>]*>(<svg.*</svg>)<figcaption>(.*)</figcaption></figure>\n~~~", fence)
    assert found is not None
    return ElementTree.fromstring(found[1]), found[2]


def numbers(svg: ElementTree.Element) -> list[tuple[str, tuple[int, ...], str]]:
    """Each bound number: its entry, its index, its text."""
    found = []
    for text in svg.iter("text"):
        if name := text.get("data-ref"):
            index = tuple(int(i) for i in text.get("data-index", "").split(",") if i)
            found.append((name, index, text.text or ""))
    return found


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("name", NAMES)
def test_every_picture(name: str, picture: str) -> None:
    there = page(name)
    svg, caption = drawn(PICTURES[picture](there))
    width, height = (float(svg.get(key, "")) for key in ("width", "height"))
    assert width <= WIDTH
    assert caption
    assert len(svg.get("aria-label", "")) > 40
    assert sum(1 for _ in svg.iter()) < 150
    for ref, index, text in numbers(svg):
        assert text == there.digits.text(there.e(ref), index)
    for label in svg.iter("text"):
        x, y = float(label.get("x", "")), float(label.get("y", ""))
        assert -1 <= x <= width + 1, "".join(label.itertext())
        assert 8 <= y <= height, "".join(label.itertext())
        if not label.get("data-ref"):  # words hold no decimal of their own
            assert not re.search(r"\d\.\d", "".join(label.itertext()))


@pytest.mark.parametrize("name", ["default", "four layers", "one word"])
@pytest.mark.parametrize("entry", ["logits", "w_out", "token_embedding"])
def test_the_curve_is_the_engines_loss_and_its_slope_the_ledgers_gradient(name: str, entry: str) -> None:
    there = page(name)
    cell = there.e(entry)
    index = (int(there.e("inputs.tokens").value[0]), 0) if entry == "token_embedding" else (0, 1)
    here, h = float(cell.value[index]), 1e-5
    below, middle, above = there.pic._losses(cell, index, np.array([here - h, here, here + h]))
    assert middle == pytest.approx(float(there.e("loss").value), rel=1e-14)
    assert (above - below) / (2 * h) == pytest.approx(float(there.grad(cell).value[index]), rel=1e-6, abs=1e-8)


def test_the_tangent_touches_the_curve_at_the_ringed_point() -> None:
    there = page("default")
    svg, _ = drawn(there.pic.loss_slope(there.e("w_out"), "a weight"))
    (ring,) = svg.iter("circle")
    (tangent,) = [line for line in svg.iter("line") if line.get("class") == "gradient"]
    x1, y1, x2, y2 = (float(tangent.get(key, "")) for key in ("x1", "y1", "x2", "y2"))
    x, y = float(ring.get("cx", "")), float(ring.get("cy", ""))
    assert y1 + (x - x1) * (y2 - y1) / (x2 - x1) == pytest.approx(y, abs=0.2)
    (curve,) = svg.iter("path")
    points = [tuple(map(float, p.split())) for p in (curve.get("d") or "")[1:].split("L")]
    assert min(abs(px - x) + abs(py - y) for px, py in points) < 0.2


def test_the_road_names_every_layer_and_is_as_wide_as_the_gradient() -> None:
    there = page("four layers")
    svg, _ = drawn(there.pic.blame_road())
    bound = [name for name, _, _ in numbers(svg)]
    assert bound[1:] == [
        "grad.logits",
        *[f"grad.layers.{i}.residual_{j}" for i in (3, 2, 1, 0) for j in (2, 1)],
        "grad.embedding.out",
    ]
    last = [float(x.split(",")[0]) for x in list(svg.iter("polygon"))[-1].get("points", "").split()]
    norms = {name: float(np.linalg.norm(there.e(name).value)) for name in bound[1:]}
    share = norms["grad.embedding.out"] / max(norms.values())
    assert last[2] - last[3] == pytest.approx(2 * (3 + 24 * share), abs=0.3)


def test_every_position_points_at_the_row_that_it_read() -> None:
    there = page("default")
    svg, caption = drawn(there.pic.scatter())
    rows = {index[0]: float(text.get("y", "")) for text in svg.iter("text")
            if text.get("data-ref") == "grad.token_embedding"
            for index in [tuple(int(i) for i in text.get("data-index", "").split(","))]}  # fmt: skip
    ends = [float(line.get("y2", "")) + 4 for line in svg.iter("line")]
    read = [int(i) for i in there.e("inputs.tokens").value]
    assert [rows[i] for i in read] == ends
    assert "“the” collects from 2 positions" in svg.get("aria-label", "")
    assert "dog" in svg.get("aria-label", "").split("No arrow reaches")[1]
    assert "several arrows" in caption


def test_small_strips_say_that_they_have_a_scale_of_their_own() -> None:
    there = page("default")
    _, caption = drawn(there.pic.lost_directions("backward.ln_f", there.e("ln_f.normalized")))
    t = there.at["T"]
    large = np.abs(there.e("grad.ln_f.normalized").value[t]).max()
    small = max(abs(there.e("backward.ln_f.mean").value[t]), np.abs(there.e("backward.ln_f.stretch").value[t]).max())
    assert ("scale of their own" in caption) == (small < large / 4)


def test_a_long_axis_is_cut_and_said_to_be() -> None:
    there = page("default")
    _, caption = drawn(there.pic.diagonal())
    assert "Shown are 32 of the 64 hidden units" in caption
    assert there.n("D") <= row.MOST
