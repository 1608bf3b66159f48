"""The pictures before the walk: true lengths, angles and slopes, every number bound, at every configuration."""

from __future__ import annotations

import math
import re
from functools import cache
from xml.etree import ElementTree

import numpy as np
import pytest

from calc.config import load
from calc.step import training_step
from render.figures.primer.curves import REACH, gelu
from render.page import Page
from render.pages import Site
from tests.configurations import CONFIGURATIONS, computed

PICTURES = (
    "two_arrows", "row_by_column", "three_temperatures", "two_curves", "tangent", "three_nodes", "one_weight"
)  # fmt: skip


@pytest.fixture(scope="module")
def page() -> Page:
    config = load("model.toml", {})
    return Page(Site(training_step(config), config), "start/vectors.md")


def drawn(page: Page, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(getattr(page.pic, name)().split("\n")[1].replace("&nbsp;", " "))


def ends(line: ElementTree.Element) -> tuple[float, float]:
    """How far a line goes to the right, and how far up."""
    x1, y1, x2, y2 = (float(line.get(key, "")) for key in ("x1", "y1", "x2", "y2"))
    return x2 - x1, y1 - y2


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("configuration", [*CONFIGURATIONS])
def test_every_number_is_the_ledgers(configuration: str, name: str) -> None:
    page = _page(configuration)
    svg, ledger = drawn(page, name), page.ledger
    assert len(list(svg.iter())) < 150
    numbers = [text for text in svg.iter("text") if "n" in text.get("class", "").split()]
    assert numbers or name == "row_by_column"
    for text in numbers:
        index = tuple(map(int, filter(None, text.get("data-index", "").split(","))))
        assert text.text == page.digits.text(ledger[text.get("data-ref", "")], index)
    assert svg.find("svg") is not None
    assert len(svg.find("svg").get("aria-label", "")) > 80  # type: ignore[union-attr]


@cache
def _page(configuration: str) -> Page:
    config, ledger = computed(configuration)
    return Page(Site(ledger, config), "start/vectors.md")


def test_the_arrows_have_the_lengths_and_the_angle_of_the_vectors(page: Page) -> None:
    a, b = (line for line in drawn(page, "two_arrows").iter("line") if line.get("class") == "value")
    one, other = page.e("primer.vectors.a").value, page.e("primer.vectors.b").value
    (ax, ay), (bx, by) = ends(a), ends(b)
    assert math.hypot(bx, by) / math.hypot(ax, ay) == pytest.approx(
        np.linalg.norm(other) / np.linalg.norm(one), abs=2e-3
    )
    cosine = (ax * bx + ay * by) / math.hypot(ax, ay) / math.hypot(bx, by)
    assert cosine == pytest.approx(one @ other / np.linalg.norm(one) / np.linalg.norm(other), abs=2e-3)


def test_the_tangent_has_the_slope_of_the_curve(page: Page) -> None:
    svg = drawn(page, "tangent")
    (line,) = (line for line in svg.iter("line") if line.get("class") == "gradient")
    right, up = ends(line)
    h = float(page.e("primer.chain.h").value)
    slope = (gelu(h + 1e-6) - gelu(h - 1e-6)) / 2e-6
    assert up / right == pytest.approx(slope, abs=5e-3)


def test_the_bars_are_as_long_as_the_shares(page: Page) -> None:
    widths = [float(bar.get("width", "")) for bar in drawn(page, "three_temperatures").iter("rect")]
    names = ("cold.probs", "probs", "hot.probs")
    shares = np.concatenate([page.e(f"primer.softmax.{name}").value for name in names])
    np.testing.assert_allclose(widths, np.maximum(shares / shares.max() * 40, 0.5), atol=0.06)


def test_the_ringed_cell_is_where_the_ringed_row_and_column_meet(page: Page) -> None:
    row, column, cell = (
        {key: float(ring.get(key, "")) for key in ("x", "y", "width", "height")}
        for ring in drawn(page, "row_by_column").iter("rect")
        if "ring" in ring.get("class", "")
    )
    assert (cell["x"], cell["y"]) == (column["x"], row["y"])
    assert row["width"] == pytest.approx(column["height"])  # a row is as long as a column


def test_the_curve_is_gelus(page: Page) -> None:
    svg = drawn(page, "two_curves")
    (curve,) = (p for p in svg.iter("path") if p.get("class", "") == "curve value")
    points = [tuple(map(float, pair.split())) for pair in re.split("[ML]", curve.get("d", ""))[1:]]
    across = next(line for line in svg.iter("line") if line.get("y1") == line.get("y2"))
    zero, middle = float(across.get("y1", "")), (float(across.get("x1", "")) + float(across.get("x2", ""))) / 2
    h, g = (float(page.e(f"primer.linear.{name}").value[page.at["F"]]) for name in ("hidden", "gelu"))
    unit = (middle - float(across.get("x1", ""))) / max(REACH, abs(h) + 1.6)
    assert len(points) > 40
    for x, y in points:
        assert (zero - y) / unit == pytest.approx(gelu((x - middle) / unit), abs=4e-3)
    (ring,) = svg.iter("circle")
    assert float(ring.get("cx", "")) == pytest.approx(middle + h * unit, abs=0.06)
    assert float(ring.get("cy", "")) == pytest.approx(zero - g * unit, abs=0.06)


def test_arrows_without_a_direction_are_not_drawn(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    cosine = page.ledger["primer.vectors.cosine"]
    monkeypatch.delitem(page.ledger._entries, cosine.name)
    assert page.pic.two_arrows() == ""
