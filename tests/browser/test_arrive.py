"""A link to a number, or to a changed step, opens without anything being seen to move."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Built
from tests.browser.test_performance import SHIFTS

FAR = "backward/attention/?ask=grad.layers.0.attention.w_k[3,5]"  # many parts of the page lie above it
CHANGED = "do=token_embedding[3,2]=0.9;step=3"
ARRIVED = "() => document.querySelector('{}') && !document.documentElement.classList.contains('arriving')"


@pytest.fixture(params=[390, 1440])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": request.param, "height": 844})
    page = context.new_page()
    page.add_init_script(SHIFTS)
    yield page
    context.close()


def arrives(page: Page, address: str, what: str) -> None:
    page.goto(address)
    page.wait_for_function(ARRIVED.format(what))
    page.wait_for_timeout(300)  # for what would move after that
    assert page.evaluate("shifts") == []
    assert page.locator(".md-content").is_visible()


@pytest.mark.parametrize("more", ["", f"&{CHANGED}"], ids=["built", "changed"])
def test_a_link_to_a_number_far_down_shows_it_and_nothing_moves(page: Page, built: Built, more: str) -> None:
    arrives(page, built.url + FAR + more, ".explorer:not([hidden])")
    cell, panel = page.locator("td.asked:visible").first.bounding_box(), page.locator(".explorer").bounding_box()
    assert cell
    assert panel
    assert 48 < cell["y"] < 844 - cell["height"]
    assert cell["y"] + cell["height"] < panel["y"] or cell["x"] + cell["width"] < panel["x"]
    assert page.locator("aside.explorer").is_visible()
    assert page.locator(".changes").count() == bool(more)


def test_the_bar_of_a_changed_step_moves_nothing(page: Page, built: Built) -> None:
    arrives(page, f"{built.url}forward/attention/?{CHANGED}", ".changes")
    assert page.locator(".changes").is_visible()


def test_an_address_that_asks_for_nothing_hides_nothing(page: Page, built: Built) -> None:
    arrives(page, f"{built.url}forward/attention/?do=nothing", "h1")
