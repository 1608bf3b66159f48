"""The pictures of the update: every number bound to its entry, every length and place that of its value."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from calc.step import training_step
from render.page import Page
from render.pages import Site
from tests.configurations import NARROW, configured

PICTURES = (
    "averages", "directions", "own_move", "predicted_bars", "balance", "along_the_step", "along_one", "joining",
    "shares", "losses", "answers",
)  # fmt: skip
CONFIGURATIONS = {
    "default": {},
    "two layers": {"model.d_model": 24, "model.heads": 3, "model.layers": 2},
    "five layers": NARROW | {"model.layers": 5},
    "one word": {"text.sentence": "cat"},
    "no decay": {"optimizer.weight_decay": 0.0},
    "tiny steps": {"optimizer.lr": 1e-7},
}


@pytest.fixture(scope="module", params=list(CONFIGURATIONS))
def page(request) -> Page:
    config = configured(CONFIGURATIONS[request.param])
    return Page(Site(training_step(config), config), "adamw.md")


@pytest.fixture(scope="module")
def usual() -> Page:
    config = configured({})
    return Page(Site(training_step(config), config), "adamw.md")


def drawn(page: Page, name: str) -> ElementTree.Element:
    opened, html, closed = getattr(page.pic, name)().split("\n")
    assert (opened, closed) == ("~~~picture", "~~~")
    return ElementTree.fromstring(html)


def boxes(figure: ElementTree.Element) -> list[tuple[float, float]]:
    """Where each bar starts, and how long it is."""
    return [(float(r.get("x", "")), float(r.get("width", ""))) for r in figure.iter("rect")]


@pytest.mark.parametrize("name", PICTURES)
def test_every_number_is_an_entrys_with_the_pages_digits(page: Page, name: str) -> None:
    figure = drawn(page, name)
    for node in figure.iter():
        words = "".join(node.itertext()).strip() if node.tag in ("text", "span") else ""
        if node.get("data-ref"):
            index = tuple(map(int, node.get("data-index", "").split(","))) if node.get("data-index") else ()
            assert words == page.digits.text(page.e(node.get("data-ref", "")), index)
        elif node.tag == "text":
            assert not re.search(r"\d\.\d|×10", words), words
        if node.get("data-entry"):
            assert node.get("data-entry", "") in page.ledger


@pytest.mark.parametrize("name", PICTURES)
def test_it_says_what_it_shows_and_stays_light(page: Page, name: str) -> None:
    figure = drawn(page, name)
    svg = figure.find("svg")
    assert svg is not None
    assert len(svg.get("aria-label", "")) > 60
    assert figure.findtext("figcaption", "").strip() or figure.find("figcaption") is not None
    assert sum(1 for _ in svg.iter()) < 200
    for node in svg.iter():
        for attribute in ("x", "y", "cx", "cy", "x1", "x2", "y1", "y2", "width", "height"):
            number = node.get(attribute)
            assert number is None or -40 <= float(number) <= 1000, (node.tag, attribute, number)


def test_bars_of_the_tensors_are_as_long_as_their_predictions(usual: Page) -> None:
    bars = boxes(drawn(usual, "predicted_bars"))
    values = [usual.val(usual.e(f"account.{p.name}.predicted")) for p in usual.parameters]
    longest = min(values)
    assert len(bars) == len(values)
    for (start, length), value in zip(bars, values, strict=True):
        assert length == pytest.approx(130 * value / longest, abs=0.11)
        assert start + length == pytest.approx(290, abs=0.11)  # all of them make the loss smaller, to the left


def test_of_many_tensors_the_worked_layers_are_shown(page: Page) -> None:
    shown = page.pic.accounted
    if len(page.parameters) <= 40:
        assert shown == page.parameters
    else:
        assert {p.name.split(".")[1] for p in shown if p.name.startswith("layers.")} == {"0"}
        assert "left out" in page.pic.predicted_bars()


def test_the_shares_are_stacked_to_the_whole(usual: Page) -> None:
    figure = drawn(usual, "shares")
    rows: dict[str, list[tuple[float, float]]] = {}
    for rect in figure.iter("rect"):
        rows.setdefault(rect.get("y", ""), []).append((float(rect.get("x", "")), float(rect.get("width", ""))))
    zero, one = sorted({float(line.get("x1", "")) for line in figure.iter("line")})
    assert len(rows) == usual.n("T")
    for row in rows.values():
        ahead = sum(length for start, length in row if start >= zero - 0.2)
        against = sum(length for start, length in row if start < zero - 0.2)
        assert ahead - against == pytest.approx(one - zero, abs=2.5)  # what is too short to be seen is left out


def test_the_account_starts_and_ends_at_the_losses(usual: Page) -> None:
    (before, b), (predicted, p), (remainder, r), (after, a) = boxes(drawn(usual, "balance"))
    assert before == after
    assert before + b == pytest.approx(predicted + p, abs=0.11)  # the prediction takes off
    assert predicted == pytest.approx(remainder, abs=0.11)  # and the remainder gives back
    assert remainder + r == pytest.approx(after + a, abs=0.11)


def test_the_curves_pass_through_the_steps_losses(page: Page) -> None:
    for name, dots in (("along_the_step", 2), ("along_one", 1)):
        figure = drawn(page, name)
        (path,) = [p for p in figure.iter("path") if "curve" in p.get("class", "")]
        points = [tuple(map(float, point.split())) for point in path.get("d", "")[1:].split("L")]
        circles = [(float(c.get("cx", "")), float(c.get("cy", ""))) for c in figure.iter("circle")]
        assert len(circles) == dots
        for x, y in circles:
            assert min(abs(px - x) + abs(py - y) for px, py in points) < 0.3


def test_a_remainder_that_cannot_be_told_has_no_bar() -> None:
    config = configured({"optimizer.lr": 1e-7})
    page = Page(Site(training_step(config), config), "loss-accounted.md")
    assert len(boxes(drawn(page, "balance"))) == 3
