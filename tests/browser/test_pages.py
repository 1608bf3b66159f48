"""Every page in a real browser: nothing scrolls sideways, nothing fails, nothing is asked of another host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.conftest import PAGES

WIDTHS = (390, 820, 1440)
SCHEMES: dict[Literal["light", "dark"], str] = {"light": "default", "dark": "slate"}
SIZES = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
STYLE = "* { content-visibility: visible !important; transition: none !important; animation: none !important }"


def address(url: str, page: str) -> str:
    return url + page.removesuffix("index.md").replace(".md", "/")


@contextmanager
def opened(
    browser: Browser, address: str, javascript: bool = True, width: int = 1440, height: int = 900, **how: Any
) -> Iterator[tuple[Page, list[str]]]:
    """The page, and all that went wrong since it was asked for."""
    viewport = ViewportSize(width=width, height=height)
    context = browser.new_context(java_script_enabled=javascript, viewport=viewport, **how)
    page = context.new_page()
    wrong: list[str] = []
    host = address.split("/")[2]
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    # What leaving a page cuts short is no fault of either page.
    page.on(
        "requestfailed",
        lambda asked: wrong.append(f"failed: {asked.url}") if asked.failure != "net::ERR_ABORTED" else None,
    )
    page.on(
        "response",
        lambda answer: wrong.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None,
    )
    page.on("request", lambda asked: wrong.append(f"elsewhere: {asked.url}") if foreign(asked.url, host) else None)
    page.goto(address)
    page.wait_for_timeout(100)  # for what the page asks for once it has loaded
    yield page, wrong
    context.close()


def foreign(url: str, host: str) -> bool:
    return not url.startswith(("data:", "blob:")) and url.split("/")[2] != host


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_every_width_and_is_quiet(browser: Browser, url: str, name: str) -> None:
    with opened(browser, address(url, name)) as (page, wrong):
        # What is folded and what is far below is measured too.
        page.add_style_tag(content=STYLE)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        # From the width that it was loaded at down, and up again: a browser lays out what it has to, not the page anew.
        for scheme, widths in zip(SCHEMES, (WIDTHS[::-1], WIDTHS), strict=True):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_selector(f"body[data-md-color-scheme={SCHEMES[scheme]}]")
            for width in widths:
                page.set_viewport_size({"width": width, "height": 900})
                wide, room = page.evaluate(SIZES)
                assert wide <= room, f"{name} at {width} px, {scheme}: {overflowing(page)}"
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
def test_a_page_reads_fully_without_javascript(browser: Browser, url: str, site: Path, name: str) -> None:
    number = 'span[class="n"]'  # in code, n is a name's class among others
    kinds = {"td": "<td", number: '<span class="n"', ".katex-html": 'class="katex-html"', ".line": 'class="line"'}
    html = (site / address("", name) / "index.html").read_text(encoding="utf-8").partition("<article")[2]
    with opened(browser, address(url, name), javascript=False) as (page, wrong):
        for selector, written in kinds.items():
            assert page.locator(f"article {selector}").count() == html.count(written), selector
        assert page.locator("article h1").is_visible()
        # All that is not folded is seen: it has a size, once its stop is chosen where a track has several.
        stops = page.locator("article .stops input[type=radio]")
        unseen: set[int] | None = None
        for stop in [None, *stops.all()]:
            if stop:
                stop.check(force=True)
            found = page.eval_on_selector_all(
                "article :is(p, .matrix, .worked, div.arithmatex)",
                """es => es.map((e, i) => e.closest("details:not([open])") || e.closest(".tabbed-block")
                    || !e.textContent.trim() || e.getClientRects().length ? -1 : i).filter(i => i >= 0)""",
            )
            unseen = set(found) if unseen is None else unseen & set(found)
        assert not unseen
        assert wrong == []


def test_a_matrix_scrolls_in_its_own_box_and_keeps_its_labels(browser: Browser, url: str) -> None:
    with opened(browser, address(url, "forward/embeddings.md")) as (page, _):
        page.set_viewport_size({"width": 390, "height": 900})
        page.add_style_tag(content=STYLE)
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
            "document.querySelector('article')"
            ".insertAdjacentHTML('beforeend', '<p style=\"width:3000px;max-width:none\">x')"
        )
        page.evaluate("console.log('hello'); new Image().src = 'gone.png'; new Image().src = 'http://127.0.0.1:9/x'")
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") > 1440
        assert {line.split(":")[0] for line in wrong} >= {"console", "404", "elsewhere", "failed"}


@pytest.mark.parametrize("path", ["404.html", "tokens/words/"])
def test_the_side_bar_ends_above_the_foot_of_the_page(browser: Browser, url: str, path: str) -> None:
    """The theme's script gives it its height: once it has run, also where all came from the browser's cache."""
    with opened(browser, url + path, height=900) as (page, _):
        page.reload()
        page.wait_for_function("document.querySelector('.md-sidebar--primary .md-sidebar__scrollwrap').style.height")
        bar = page.locator(".md-sidebar--primary .md-sidebar__scrollwrap").bounding_box()
        foot = page.locator(".md-footer").bounding_box()
        assert bar
        assert foot
        assert bar["y"] + bar["height"] <= min(foot["y"], 900)
