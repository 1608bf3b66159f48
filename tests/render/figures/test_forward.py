"""The pictures of the forward pages: at every configuration they are well-formed, hold the ledger's digits at the right
places, stay inside their paper, and no label lies upon another."""

from __future__ import annotations

import inspect
import itertools
import math
import re
from functools import cache
from typing import Any
from xml.etree import ElementTree

import pytest

from calc.step import training_step
from render.digits import Digits
from render.figures.forward import Forward
from render.figures.kit import Pen, heads_shown, some
from render.figures.recorded import cut
from render.page import Page
from render.pages import Site
from tests.configurations import CONFIGURATIONS, computed, configured

WIDE: dict[str, Any] = {
    "text.corpus": (" ".join(f"word{i}" for i in range(30)),),
    "text.sentence": " ".join(f"word{i}" for i in range(14)),
    "model.positions": 16, "model.d_model": 64, "model.heads": 8, "model.layers": 2, "model.d_ff": 128,
    "worked.position": 9, "worked.key": 8, "worked.head": 6, "worked.feature": 60, "worked.token": "word25",
}  # fmt: skip
NAMES = [
    name for name, _ in inspect.getmembers(Forward, inspect.isfunction) if not hasattr(Pen, name) and name[0] != "_"
]
ALL = [*CONFIGURATIONS, "wide"]
NUMBER = re.compile(r"−?\d+\.\d+")


@cache
def page_of(name: str) -> Page:
    if name == "wide":
        config = configured(WIDE)
        return Page(Site(training_step(config), config), "forward/qkv.md")
    config, ledger = computed(name)
    return Page(Site(ledger, config), "forward/qkv.md")


def figure(page: Page, name: str) -> ElementTree.Element:
    """A picture, parsed: it is one line between its fence's ends, and well-formed."""
    opened, html, closed = getattr(page.pic, name)().split("\n")
    assert (opened, closed) == ("~~~picture", "~~~")
    return ElementTree.fromstring(html.replace("&nbsp;", " "))


def svg_of(name: str, picture: str) -> ElementTree.Element:
    return next(figure(page_of(name), picture).iter("svg"))


def faults(page: Page, svg: ElementTree.Element) -> list[str]:
    """Every number that is not what the ledger has at its place."""
    found = []
    for element in svg.iter("text"):
        name, at = element.get("data-ref"), element.get("data-index")
        shown = "".join(element.itertext())
        if name is None:
            continue
        index = tuple(map(int, at.split(","))) if at else ()
        entry = page.ledger[name]
        if len(index) != len(entry.axes) or page.digits.text(entry, index) != shown:
            found.append(f"{name}[{at}] shown as {shown}")
    return found


Frame = tuple[float, float, float, float, str]


def frame(element: ElementTree.Element) -> Frame:
    """About where a text stands: left, top, right, bottom, and its words. Letters are taken as wide ones."""
    words, kind = "".join(element.itertext()), (element.get("class") or "").split()
    size = 11 if "small" in kind else 12
    narrow = sum(c in ".,:;il|'−→↓ ×" for c in words)
    width = size * (0.6 * (len(words) - narrow) + 0.42 * narrow) * (1.06 if "strong" in kind else 1)
    x, y = float(element.get("x", "")), float(element.get("y", ""))
    left = x - width * {"start": 0, "middle": 0.5, "end": 1}[element.get("text-anchor", "start")]
    return left, y - 0.75 * size, left + width, y + 0.2 * size, words


def places(svg: ElementTree.Element) -> list[tuple[float, float]]:
    """The corners of everything that is drawn, but for texts."""
    found = []
    for e in svg.iter():
        n = {key: float(value) for key, value in e.items() if re.fullmatch(r"-?[\d.]+", value)}
        match e.tag:
            case "rect":
                found += [(n["x"], n["y"]), (n["x"] + n["width"], n["y"] + n["height"])]
            case "circle":
                found += [(n["cx"] - n["r"], n["cy"] - n["r"]), (n["cx"] + n["r"], n["cy"] + n["r"])]
            case "line":
                found += [(n["x1"], n["y1"]), (n["x2"], n["y2"])]
            case "path" if e.get("class"):  # not an arrow's tip
                found += [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", e.get("d", ""))]
    return found


@pytest.mark.parametrize("name", ALL)
def test_pictures_are_well_formed_and_small_and_say_what_they_show(name: str) -> None:
    for picture in NAMES:
        whole = figure(page_of(name), picture)
        (svg,) = whole.iter("svg")
        assert len(list(svg.iter())) <= 150, picture
        assert len(svg.get("aria-label", "")) > 60, picture
        assert "".join(next(whole.iter("figcaption")).itertext()).endswith("."), picture


@pytest.mark.parametrize("name", ALL)
def test_every_number_is_the_ledgers(name: str) -> None:
    page = page_of(name)
    for picture in NAMES:
        assert not faults(page, svg_of(name, picture)), picture


def test_a_planted_wrong_place_is_found() -> None:
    page, svg = page_of("default"), svg_of("default", "mixture")
    weights = [text for text in svg.iter("text") if str(text.get("data-ref")).endswith("weights")]
    weights[0].set("data-index", str(weights[1].get("data-index")))
    assert len(faults(page, svg)) == 1


@pytest.mark.parametrize("name", ["default", "one word", "four layers", "wide"])
def test_no_number_is_of_the_pictures_own(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every value printed as a sentinel, no decimal is left in labels, captions and text alternatives."""
    page = page_of(name)
    monkeypatch.setattr(Digits, "text", lambda *_: "1")
    for picture in NAMES:
        whole = figure(page, picture)
        said = "".join(whole.itertext()) + next(whole.iter("svg")).get("aria-label", "")
        assert not NUMBER.search(said), picture
    monkeypatch.undo()


@pytest.mark.parametrize("name", ALL)
def test_nothing_lies_outside(name: str) -> None:
    for picture in NAMES:
        svg = svg_of(name, picture)
        width, height = map(float, (svg.get("viewBox") or "").split()[2:])
        for x, y in places(svg):
            assert -3 <= x <= width + 3, f"{picture}: {x}, {y}"
            assert -1 <= y <= height + 1, f"{picture}: {x}, {y}"
        for left, top, right, bottom, words in map(frame, svg.iter("text")):
            inside = left >= -8 and right <= width + 8 and top >= -1 and bottom <= height + 1
            assert inside, f"{picture}: {words} from {left:.0f} to {right:.0f}, {top:.0f} to {bottom:.0f}"


@pytest.mark.parametrize("name", ALL)
def test_no_label_lies_on_another(name: str) -> None:
    for picture in NAMES:
        frames = [frame(text) for text in svg_of(name, picture).iter("text")]
        for one, other in itertools.combinations(frames, 2):
            across = min(one[2], other[2]) - max(one[0], other[0])
            down = min(one[3], other[3]) - max(one[1], other[1])
            assert across <= 4 or down <= 2, f"{picture}: {one[4]} | {other[4]}"


# --- what single pictures show ----------------------------------------------------------------------------------------


def marks(svg: ElementTree.Element, kind: str) -> list[str]:
    """The pieces of the one path of a kind."""
    (path,) = [p for p in svg.iter("path") if kind in (p.get("class") or "").split()]
    return re.findall(r"M[^M]*", path.get("d", ""))


@pytest.mark.parametrize("name", ["default", "another sentence", "one word"])
def test_a_position_leads_to_the_row_of_its_id(name: str) -> None:
    page, svg = page_of(name), svg_of(name, "lookup")
    heights = {}
    for text in svg.iter("text"):
        label = re.match(r"(\d+) ", "".join(text.itertext()))
        if label and text.get("text-anchor") is None:
            heights[int(label[1])] = float(text.get("y", "")) - 4  # a row of the table
    (threads,) = [p for p in svg.iter("path") if "thread" in (p.get("class") or "")]
    ends = [float(y) for y in re.findall(r"L[\d.]+ ([\d.]+)", threads.get("d", ""))]
    ids = page.e("inputs.tokens").value.tolist()
    assert ends[: len(ids)] == [heights[v] for v in ids]


def test_the_staircase_is_open_where_the_mask_is_one() -> None:
    page, svg = page_of("default"), svg_of("default", "staircase")
    assert len(marks(svg, "p4")) == int(page.w("attention.mask").value.sum())
    assert len(marks(svg, "muted")) == int((1 - page.w("attention.mask").value).sum())


@pytest.mark.parametrize("name", ["default", "one word"])
def test_the_squares_of_a_row_add_up_to_one_full_square(name: str) -> None:
    page = page_of(name)
    weights = page.w("attention.weights").value
    paths = [p for p in svg_of(name, "pattern").iter("path") if "value" in (p.get("class") or "").split()]
    assert len(paths) == page.n("H")
    for head, path in zip(weights, paths, strict=True):
        sides = [float(s) for s in re.findall(r"h([\d.]+)", path.get("d", ""))]
        drawn = sum(s * s for s in sides)
        full = max(sides) ** 2  # the first row's only square has weight one
        assert drawn == pytest.approx(full * len(head), rel=0.05)


def test_bars_are_as_long_as_their_numbers() -> None:
    page, svg = page_of("default"), svg_of("default", "softmax_bars")
    weights = page.w("attention.weights").value[page.at["H"], page.at["T"]]
    bars = [float(e.get("width", "")) for e in svg.iter("rect") if float(e.get("x", "")) > 270]
    assert [b / max(bars) for b in bars] == pytest.approx([w / weights.max() for w in weights if w], abs=0.02)


def test_the_points_of_a_row_move_as_layer_norm_moves_them() -> None:
    """Without its mean, a row is moved by one distance; divided by its spread, its distances keep their proportions."""
    svg = svg_of("default", "norm")
    rows = [
        [float(x) for x in re.findall(r"M([\d.]+) ", path.get("d", ""))]
        for path in svg.iter("path") if "points" in (path.get("class") or "")
    ]  # fmt: skip
    raw, shifted, stretched, _ = rows
    assert max(a - b for a, b in zip(raw, shifted, strict=True)) == pytest.approx(
        min(a - b for a, b in zip(raw, shifted, strict=True)), abs=0.25
    )
    i, j = raw.index(min(raw)), raw.index(max(raw))
    spread = (stretched[j] - stretched[i]) / (shifted[j] - shifted[i])
    for a, b in zip(shifted, stretched, strict=True):
        assert b - stretched[i] == pytest.approx(spread * (a - shifted[i]), abs=1.0)


def test_points_lie_on_their_curves() -> None:
    for picture in ("gelu", "surprise"):
        svg = svg_of("default", picture)
        (curve,) = [p for p in svg.iter("path") if (p.get("class") or "") == "curve value"]
        path = [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", curve.get("d", ""))]
        (dots,) = [p for p in svg.iter("path") if "points" in (p.get("class") or "")]
        radius = float(re.search(r"a([\d.]+)", dots.get("d", ""))[1])  # type: ignore[index]
        for x, y in re.findall(r"M([\d.]+) ([\d.]+)", dots.get("d", "")):
            middle = float(x) + radius, float(y)
            assert min(math.dist(middle, place) for place in path) < 4, picture


# --- the kit ----------------------------------------------------------------------------------------------------------


def test_what_is_wanted_is_shown() -> None:
    assert some(20, 6, 15, 9) == [0, 1, 2, 3, 9, 15]
    assert some(3, 6, 2) == [0, 1, 2]
    assert some(3, 2, 7) == [0, 1]


def test_channels_are_shown_as_whole_heads() -> None:
    assert heads_shown(16, 16, 8, 1) == list(range(16))
    assert heads_shown(32, 16, 8, 3) == [*range(8), *range(24, 32)]
    assert heads_shown(64, 16, 32, 1) == list(range(32, 48))


def test_a_long_word_is_cut() -> None:
    assert (cut("short"), cut("unreasonably")) == ("short", "unreaso…")


def test_a_symbol_in_a_picture_has_its_foot_set_lower() -> None:
    drawn = page_of("default").pic.widen()
    for foot in "12":
        named = [
            f'<tspan class="letter">{one}</tspan><tspan class="foot" dx="1.5" dy="3">{foot}</tspan>' for one in "Wb"
        ]
        apart = '<tspan dy="-3">, </tspan>'.join(named)
        assert f">{apart}</text>" in drawn
