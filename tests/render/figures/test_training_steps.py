"""The pictures of the second step and of steps far apart: every mark where its value is."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from calc.step import training_step
from render.figures.drawing import Scale
from render.figures.training import second
from render.figures.training.steps import TRACK
from render.page import Page
from render.pages import Site
from tests.configurations import NARROW, configured


@pytest.fixture(scope="module")
def page() -> Page:
    config = configured(NARROW)
    return Page(Site(training_step(config), config), "training/steps.md")


@pytest.fixture(scope="module")
def runs(page: Page) -> list[Page]:
    return [page.run("step-2"), page.run("step-100")]


def drawn(fence: str) -> ElementTree.Element:
    opened, html, closed = fence.split("\n")
    assert (opened, closed) == ("~~~picture", "~~~")
    return ElementTree.fromstring(html)


def points(path: ElementTree.Element) -> list[tuple[float, float]]:
    return [tuple(map(float, point.split())) for point in path.get("d", "")[1:].split("L")]


def test_numbers_of_steps_are_those_of_their_runs(page: Page, runs: list[Page]) -> None:
    for picture in (page.pic.spread(runs), page.pic.targets(runs)):
        told = [(t.get("data-ledger"), t.text) for t in drawn(picture).iter("text") if t.get("data-ref")]
        assert told == [(None, "1"), ("step-2", "2"), ("step-100", "100")]


def test_bars_of_directions_are_shares_of_the_parameters_with_a_gradient(page: Page, runs: list[Page]) -> None:
    bars = list(drawn(page.pic.spread(runs)).iter("rect"))
    for row, run in enumerate([page, *runs]):
        own = [bar for bar in bars if 84 * row <= float(bar.get("y", "")) < 84 * (row + 1)]
        names = [e.name for e in run.ledger if e.attrs.get("parameter")]
        cells = np.concatenate([run.e(f"adamw.{n}.direction").value[run.e(f"grad.{n}").value != 0] for n in names])
        bins = np.clip(((cells + 1.05) / 0.1).astype(int), 0, 20)
        counts = np.bincount(bins, minlength=21)
        assert len(own) == np.count_nonzero(counts)
        longest = max(own, key=lambda bar: float(bar.get("height", "")))
        middle = float(longest.get("x", "")) + float(longest.get("width", "")) / 2
        assert (middle - 62) / 290 * 21 - 0.5 == pytest.approx(int(counts.argmax()), abs=0.1)


def test_the_cells_of_the_tensor_lie_on_the_curve(page: Page) -> None:
    pair = page.run("two-gradients")
    figure = drawn(page.pic.two_gradients(pair))
    curve = next(p for p in figure.iter("path") if "update" in p.get("class", ""))
    dots = next(p for p in figure.iter("path") if "marks" in p.get("class", ""))
    xs, ys = zip(*points(curve), strict=True)
    places = [tuple(map(float, at)) for at in re.findall(r"M([\d.-]+) ([\d.-]+)a", dots.get("d", ""))]
    ratios = pair.e("gradients.second").value / pair.e("gradients.first").value
    assert len(places) == np.count_nonzero(np.abs(ratios) <= second.FAR) > 10
    for left, y in places:
        assert y == pytest.approx(np.interp(left + 2.2, xs, ys), abs=0.6)


def test_a_bar_is_as_long_as_the_right_words_probability(page: Page, runs: list[Page]) -> None:
    figure = drawn(page.pic.targets(runs))
    bars = [float(r.get("width", "")) for r in figure.iter("rect") if r.get("class") == "value"]
    wanted = [run.e("output.target_probs").value[t] * TRACK for t in range(page.n("T")) for run in (page, *runs)]
    assert bars == pytest.approx([length for length in wanted if length >= 0.1], abs=0.06)


def test_the_curves_follow_the_run(page: Page) -> None:
    pace = page.run("pace")
    curves = [points(p) for p in drawn(page.pic.fading(pace)).iter("path") if "curve" in p.get("class", "")]
    names = ("gradient", "size", "direction", "pull")
    assert [len(curve) for curve in curves] == [pace.n("N")] * len(names)
    for name, curve in zip(names, curves, strict=True):
        values = pace.e(f"pace.{name}").value
        values = np.log10(values) if name in names[:2] else values
        (_, first), (_, last) = curve[0], curve[-1]
        scale = Scale(float(values[0]), float(values[-1]), first, last)
        assert [y for _, y in curve] == pytest.approx([scale(float(v)) for v in values], abs=0.6), name
