"""The pictures of a page follow the step that the reader makes, near the window at once, and come back as they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import STARTED
from tests.browser.test_pages import address, opened

PAGE = "forward/attention.md"
WEIGHT = {"name": "token_embedding", "index": [6, 1], "to": 0.9}
TOKEN = {"name": "inputs.tokens", "index": [0], "to": 8}
PICTURES = "() => [...document.querySelectorAll('figure.picture')].map(figure => figure.outerHTML)"
# Every attribute and text in a picture that its record speaks of, as the page has it, and as it is made of the step
# of now.
HELD = """() => { window.elements = [...document.querySelectorAll("figure.picture > svg")]
    .map(svg => [svg, ...svg.querySelectorAll("*")]) }"""
SHOWN = """async (records) => {
    const { drawn, Numbers } = await import("/assets/js/explorer/figure.js");
    const numbers = new Numbers(e.step);
    return window.elements.flatMap((elements, i) => {
        const { set, tiles } = drawn(records[i], numbers);
        const of = (n, name) => (name ? elements[n].getAttribute(name) ?? "" : elements[n].textContent);
        const tinted = tiles.flatMap((group, g) => Object.entries(records[i].tiles[g].paths).map(([tint, n]) =>
            [of(n, "d"), group.get(tint) ?? ""]));
        return [...set.filter(([n]) => n).map(([n, name, text]) => [of(n, name), text]), ...tinted];
    });
}"""


def act(page: Page, action: dict[str, Any]) -> None:
    """Do something to the step, and bring every picture near the window once."""
    page.evaluate("action => e.step.act(action)", action)
    page.wait_for_load_state("networkidle")
    for picture in page.locator("figure.picture > svg").all():
        picture.scroll_into_view_if_needed()
        page.wait_for_timeout(100)


@pytest.mark.parametrize("path", [PAGE, "forward/embeddings.md"])
def test_pictures_show_what_is_made_of_the_step_of_now(browser: Browser, url: str, site: Path, path: str) -> None:
    records = json.loads((site / "data" / "pictures" / path.replace(".md", ".json")).read_text(encoding="utf-8"))
    with opened(browser, address(url, path)) as (page, wrong):
        before = page.evaluate(PICTURES)
        page.evaluate(HELD)
        page.evaluate(STARTED)
        for action in (WEIGHT, TOKEN, {"steps": 10}):
            act(page, action)
            assert page.evaluate(PICTURES) != before
            found = page.evaluate(SHOWN, records)
            assert len(found) > 50
            assert [pair for pair in found if pair[0] != pair[1]] == []
        page.evaluate("e.step.undoAll()")
        assert page.evaluate(PICTURES) == before
        assert wrong == []


def test_a_picture_out_of_sight_is_drawn_again_when_it_comes_near(browser: Browser, url: str) -> None:
    with opened(browser, address(url, PAGE)) as (page, _):
        page.set_viewport_size({"width": 390, "height": 300})
        page.evaluate(STARTED)
        last = page.locator("figure.picture > svg").last
        before = last.evaluate("svg => svg.outerHTML.replace(/<text.*?<.text>/g, '')")
        page.evaluate("action => e.step.act(action)", WEIGHT)
        page.wait_for_load_state("networkidle")
        assert last.evaluate("svg => svg.outerHTML.replace(/<text.*?<.text>/g, '')") == before
        last.scroll_into_view_if_needed()
        page.wait_for_function(
            "before => [...document.querySelectorAll('figure.picture > svg')].at(-1)"
            ".outerHTML.replace(/<text.*?<.text>/g, '') !== before", arg=before,
        )  # fmt: skip


def test_without_their_records_pictures_say_that_they_are_as_built(browser: Browser, url: str) -> None:
    with opened(browser, address(url, PAGE)) as (page, _):
        before = page.evaluate(PICTURES)
        page.route("**/data/pictures/**", lambda route: route.abort())
        page.evaluate(STARTED)
        act(page, WEIGHT)
        notes = page.locator("figure.picture .of-built")
        expect(notes).to_have_count(len(before))
        expect(notes.first).to_have_text("Its shapes are those of the built numbers.")
        page.evaluate("e.step.undoAll()")
        assert page.evaluate(PICTURES) == before
