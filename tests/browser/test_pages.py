"""Every page in a real browser: nothing scrolls sideways, nothing fails, nothing is asked of another host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import PAGES

WIDTHS = (390, 820, 1440)
STYLE = "* { content-visibility: visible !important; transition: none !important; animation: none !important }"


def address(url: str, page: str) -> str:
    return url + page.removesuffix("index.md").replace(".md", "/")


@contextmanager
def opened(
    browser: Browser, address: str, scheme: Literal["light", "dark"] = "light", javascript: bool = True
) -> Iterator[tuple[Page, list[str]]]:
    """The page, and all that went wrong since it was asked for."""
    context = browser.new_context(
        color_scheme=scheme, java_script_enabled=javascript, viewport={"width": 1440, "height": 900}
    )
    page = context.new_page()
    wrong: list[str] = []
    host = address.split("/")[2]
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    page.on(
        "response",
        lambda answer: wrong.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None,
    )
    page.on(
        "request", lambda asked: wrong.append(f"elsewhere: {asked.url}") if foreign(asked.url, host) else None
    )
    page.goto(address)
    page.wait_for_timeout(100)  # for what the page asks for once it has loaded
    yield page, wrong
    context.close()


def foreign(url: str, host: str) -> bool:
    return not url.startswith(("data:", "blob:")) and url.split("/")[2] != host


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_every_width_and_is_quiet(
    browser: Browser, url: str, name: str, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, address(url, name), scheme) as (page, wrong):
        shown = page.evaluate("document.body.dataset.mdColorScheme")
        assert shown == {"light": "default", "dark": "slate"}[scheme]
        # What is folded and what is far below is measured too.
        page.add_style_tag(content=STYLE)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide, room = page.evaluate(
                "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
            )
            assert wide <= room, f"{name} at {width} px: {overflowing(page)}"
        assert wrong == []


def overflowing(page: Page) -> list[str]:
    """The elements that stick out, for the message of a failed test."""
    return list(
        page.evaluate(
            """[...document.querySelectorAll("article *")]
               .filter(e => e.getBoundingClientRect().right > innerWidth
                            && !e.parentElement.closest(".matrix-box, .worked, div.arithmatex, pre, .highlight"))
               .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""
        )
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_fully_without_javascript(browser: Browser, url: str, name: str) -> None:
    kinds = ["p", ".matrix td", ".n", ".katex-html", ".worked .line"]
    counts = f"e => {kinds}.map(s => e.querySelectorAll(s).length)"
    with opened(browser, address(url, name)) as (page, _):
        with_it = page.eval_on_selector("article", counts)
    with opened(browser, address(url, name), javascript=False) as (page, wrong):
        assert page.eval_on_selector("article", counts) == with_it
        assert page.locator("article h1").is_visible()
        # All that is not folded is seen: it has a size.
        unseen = page.eval_on_selector_all(
            "article :is(p, .matrix, .worked, div.arithmatex)",
            """es => es.filter(e => !e.closest("details:not([open])") && !e.closest(".tabbed-block"))
                       .filter(e => e.textContent.trim() && !e.getClientRects().length).length""",
        )
        assert unseen == 0
        assert wrong == []


def test_a_matrix_scrolls_in_its_own_box_and_keeps_its_labels(browser: Browser, url: str) -> None:
    with opened(browser, address(url, "forward/embeddings.md")) as (page, _):
        page.set_viewport_size({"width": 390, "height": 900})
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        widest = """() => [...document.querySelectorAll('.matrix-box')]
                    .sort((a, b) => b.scrollWidth - a.scrollWidth)[0]"""
        box = page.evaluate_handle(widest).as_element()
        assert box is not None
        box.scroll_into_view_if_needed()
        assert box.evaluate("b => b.scrollWidth > b.clientWidth")
        label = "b => b.querySelector('th[scope=row]').getBoundingClientRect().left"
        before = box.evaluate(label)
        box.evaluate("b => b.scrollLeft = 200")
        assert box.evaluate("b => b.scrollLeft") == 200
        assert box.evaluate(label) == pytest.approx(before, abs=2)


def test_search_finds_a_word_of_the_prose(browser: Browser, url: str) -> None:
    with opened(browser, url) as (page, wrong):
        page.keyboard.press("s")
        page.keyboard.type("attention")
        page.locator(".md-search-result__item").first.wait_for(timeout=10_000)
        assert "attention" in page.locator(".md-search-result__list").inner_text().lower()
        assert wrong == []


def test_the_checks_see_what_they_look_for(browser: Browser, url: str) -> None:
    """Planted: a wide element, a dead image, a message, another host."""
    with opened(browser, url) as (page, wrong):
        page.evaluate(
            "document.querySelector('article').insertAdjacentHTML('beforeend', '<p style=\"width:3000px\">x')"
        )
        page.evaluate(
            "console.log('hello'); new Image().src = 'gone.png'; new Image().src = 'http://127.0.0.1:9/x'"
        )
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") > 1440
        assert {line.split(":")[0] for line in wrong} >= {"console", "404", "elsewhere", "failed"}
