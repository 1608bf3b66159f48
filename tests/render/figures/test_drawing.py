"""The drawing kit: coordinates, bound numbers, tints as in tables, words that cannot become markup."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from calc.config import load
from calc.step import training_step
from render.figures.drawing import Drawing, Scale, fixed
from render.page import Page
from render.pages import Site


@pytest.fixture(scope="module")
def page() -> Page:
    config = load("model.toml", {})
    return Page(Site(training_step(config), config), "index.md")


def drawn(drawing: Drawing, spoken: str = "A picture", caption: str = "A caption") -> ElementTree.Element:
    fence = drawing.done(spoken, caption)
    opened, html, closed = fence.split("\n")
    assert (opened, closed) == ("~~~picture", "~~~")
    return ElementTree.fromstring(html)


@pytest.mark.parametrize(
    ("x", "text"), [(0, "0"), (-0.04, "0"), (0.05, "0.1"), (12.34, "12.3"), (-3.0, "-3"), (1e-9, "0"), (100, "100")]
)
def test_coordinates_have_one_decimal_and_no_negative_zero(x: float, text: str) -> None:
    assert fixed(x) == text


def test_a_scale_is_linear_between_its_ends() -> None:
    scale = Scale(-1, 3, 100, 20)
    assert [scale(-1), scale(1), scale(3)] == [100, 60, 20]


def test_a_scale_without_a_span_puts_everything_at_its_start() -> None:
    assert Scale(2, 2, 10, 90)(2) == 10


def test_a_number_is_bound_to_its_place_and_printed_with_the_pages_digits(page: Page) -> None:
    drawing, entry = Drawing(page, 40), page.w("attention.scores")
    drawing.number(10, 20, entry, (1, 2, 3))
    (text,) = drawn(drawing).iter("text")
    assert (text.get("data-ref"), text.get("data-index")) == (entry.name, "1,2,3")
    assert text.text == page.digits.text(entry, (1, 2, 3))


def test_a_scalar_has_no_index(page: Page) -> None:
    drawing = Drawing(page, 40)
    drawing.number(10, 20, page.e("loss"))
    (text,) = drawn(drawing).iter("text")
    assert (text.get("data-ref"), text.get("data-index")) == ("loss", None)


def test_a_cell_is_tinted_as_in_its_table(page: Page) -> None:
    """The largest magnitude of a head's table has the strongest tint, as in the table's HTML."""
    entry = page.w("attention.scores")
    head = abs(entry.value[0])
    index = (0, *divmod(int(head.argmax()), head.shape[1]))
    sign = "p" if entry.value[index] > 0 else "n"
    assert Drawing(page, 40).tint(entry, index) == f"{sign}5"
    masked = page.w("attention.masked")
    assert Drawing(page, 40).tint(masked, (0, 0, masked.shape[2] - 1)) == "masked"


def test_words_cannot_become_markup(page: Page) -> None:
    drawing = Drawing(page, 40)
    drawing.text(0, 10, '<script> & "quotes"')
    drawing.link('a"b', 'say "<this>"')
    drawing.end_link()
    svg = drawn(drawing, spoken='"<spoken>"')
    assert next(svg.iter("text")).text == '<script> & "quotes"'
    assert next(svg.iter("a")).get("aria-label") == 'say "<this>"'
    assert next(svg.iter("svg")).get("aria-label") == '"<spoken>"'


def test_only_a_picture_with_arrows_holds_a_tip(page: Page) -> None:
    plain, tipped = Drawing(page, 40), Drawing(page, 40)
    plain.line((0, 0), (1, 1))
    tipped.line((0, 0), (1, 1), arrow=True)
    assert not list(drawn(plain).iter("marker"))
    assert list(drawn(tipped).iter("marker"))


def test_two_pictures_of_a_page_share_no_id(page: Page) -> None:
    ids = []
    for _ in range(2):
        drawing = Drawing(page, 40)
        drawing.line((0, 0), (1, 1), arrow=True)
        (marker,) = drawn(drawing).iter("marker")
        (line,) = drawn(drawing).iter("line")
        assert line.get("marker-end") == f"url(#{marker.get('id')})"
        ids.append(marker.get("id"))
    assert ids[0] != ids[1]


def test_a_number_of_another_run_has_its_digits_and_its_ledger(page: Page) -> None:
    drawing, later = Drawing(page, 20), page.run("step-2")
    drawing.number(10, 10, later.e("loss"), (), run=later)
    drawing.number(10, 10, page.e("loss"))
    other, own = drawn(drawing).iter("text")
    assert other.get("data-ledger") == "step-2"
    assert other.text == later.digits.text(later.e("loss"))
    assert own.get("data-ledger") is None
    assert own.text == page.digits.text(page.e("loss")) != other.text
