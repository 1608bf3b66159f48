"""What a page costs a phone: what is sent, what is drawn at first, whether anything moves; and where links land."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.serving import packed, served
from tests.browser.test_pages import address
from tests.conftest import PAGES

TRANSFER = 200  # KB, compressed, at a first visit, fonts aside
DRAWN = 2500  # elements: style and layout of more than these is what makes a page slow to answer
SHIFTS = """window.shifts = [];
    new PerformanceObserver(list => shifts.push(...list.getEntries().map(entry =>
        [entry.value, ...entry.sources.map(source => source.node?.outerHTML?.slice(0, 80))])))
    .observe({ type: "layout-shift", buffered: true })"""
COUNT = "[...document.querySelectorAll('*')].filter(e => e.checkVisibility({ contentVisibilityAuto: true })).length"
PARTS = """() => {
    const parts = [...document.querySelectorAll(".part")]
    const said = parts.map(part => parseFloat(getComputedStyle(part).containIntrinsicHeight.replace("auto ", "")))
    document.head.append(Object.assign(document.createElement("style"), {
        textContent: "* { content-visibility: visible !important }" }))
    return parts.map((part, i) => [said[i], part.offsetHeight])
}"""


@pytest.fixture(scope="module")
def compressed(site: Path) -> Iterator[str]:
    """The address of the default site, served as a web server does it."""
    with served(site) as url:
        yield url


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 412, "height": 823}, is_mobile=True, has_touch=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light_and_stands_still(
    phone: Page, compressed: str, site: Path, name: str, figure: Callable[[str], None]
) -> None:
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url.removeprefix(compressed).partition("#")[0]))
    phone.add_init_script(SHIFTS)
    phone.goto(address(compressed, name))
    phone.wait_for_timeout(300)
    paths = {
        site / path / "index.html" if path.endswith("/") or not path else site / path
        for path in asked
        if ":" not in path
    }
    sent = sum(len(packed(path)) for path in paths if path.suffix != ".woff2") / 1000
    drawn, nodes = phone.evaluate(COUNT), phone.evaluate("document.querySelectorAll('*').length")
    if nodes > 12_000:
        figure(f"page {name}: {sent:.0f} KB compressed, {nodes} elements, {drawn} of them drawn at first")
    assert len(paths) >= 4
    assert sent < TRANSFER
    assert drawn < DRAWN
    assert phone.evaluate("shifts") == []
    assert not [path for path in asked if "search" in path], "the search begins before it is used"


@pytest.mark.parametrize("width", [390, 1440])
def test_the_room_kept_for_a_part_is_about_what_it_takes(phone: Page, compressed: str, width: int) -> None:
    phone.set_viewport_size({"width": width, "height": 900})
    for name in ("backward/attention.md", "adamw.md", "glossary.md"):
        phone.goto(address(compressed, name))
        rooms = phone.evaluate(PARTS)
        said, taken = (sum(column) for column in zip(*rooms, strict=True))
        assert 0.75 < said / taken < 1.35, name


@pytest.mark.parametrize("width", [390, 1440])
def test_a_link_into_a_page_lands_where_it_says(browser: Browser, compressed: str, width: int) -> None:
    """However much above it is drawn only once it is near."""
    start = address(compressed, "backward/attention.md")
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(start)
    ids = page.eval_on_selector_all("article :is(h2, p.entry)[id]", "all => all.map(one => one.id)")
    assert len(ids) > 30
    for anchor in ids[3 : -3 : len(ids) // 5]:
        page.goto("about:blank")
        page.goto(f"{start}#{anchor}")
        page.wait_for_timeout(500)
        top = page.evaluate("id => document.getElementById(id).getBoundingClientRect().top", anchor)
        assert 30 < top < 130, anchor
    context.close()
