"""The pages on paper: all that is folded stands open, and nothing sticks out of A4 or Letter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

PAGES = ["", "forward/feed-forward/", "forward/attention/", "backward/attention/", "adamw/", "summary/"]
PAPER = {"A4": 718, "Letter": 740}  # CSS pixels between the margins: 190 mm and 195.9 mm

# What a reader must be able to read, and how far its text or picture reaches to the right.
WIDEST = """() => {
  const outside = []
  const limit = document.documentElement.clientWidth + 1
  for (const part of document.querySelectorAll(
      "table.matrix td, table.matrix th, p.line, .katex-display > .katex, .rule .katex, svg, pre, .md-content td"))
    if (part.closest(".md-header, .md-sidebar, .md-footer, .here") === null
        && part.getBoundingClientRect().width && part.getBoundingClientRect().right > limit)
      outside.push(`${part.tagName} ${part.textContent.slice(0, 40)} ${part.getBoundingClientRect().right}`)
  return outside
}"""
# Cells whose digits do not fit into them: on paper they would be covered by the next cell.
COVERED = """() => [...document.querySelectorAll("table.matrix td")].filter(cell => {
  const text = document.createRange()
  text.selectNodeContents(cell)
  const seen = text.getBoundingClientRect(), own = cell.getBoundingClientRect()
  return own.width && (seen.left < own.left - 1 || seen.right > own.right + 1)
}).map(cell => cell.textContent)"""
HIDDEN = """() => [...document.querySelectorAll(".md-content details:not(.legend) > *, .md-content .tabbed-block")]
  .filter(part => part.textContent.trim() && !part.getBoundingClientRect().height)
  .map(part => part.textContent.trim().slice(0, 40))"""
SEEN = "selector => [...document.querySelectorAll(selector)].filter(e => e.getBoundingClientRect().height).length"


@pytest.fixture(scope="module", params=PAPER)
def paper(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    with browser.new_page(viewport={"width": PAPER[request.param], "height": 1000}, color_scheme="dark") as page:
        page.emulate_media(media="print")
        yield page


def opened(page: Page, url: str, path: str) -> Page:
    page.goto(url + path)
    page.evaluate("document.fonts.ready")
    return page


def found(page: Page, script: str, argument: Any = None) -> Any:
    return page.evaluate(script, argument)


@pytest.mark.parametrize("path", PAGES)
def test_all_of_a_page_is_printed(paper: Page, url: str, path: str) -> None:
    opened(paper, url, path)
    assert found(paper, WIDEST) == []
    assert found(paper, COVERED) == []
    assert found(paper, HIDDEN) == []


def test_what_is_cut_off_is_seen(paper: Page, url: str) -> None:
    opened(paper, url, "forward/feed-forward/")
    paper.add_style_tag(content="table.matrix tr { grid-template-columns: repeat(17, 60pt) !important }")
    assert found(paper, WIDEST)
    paper.add_style_tag(content="table.matrix td { white-space: nowrap !important; width: 9px }")
    assert found(paper, COVERED)
    paper.add_style_tag(content=".md-typeset .tabbed-content > .tabbed-block:nth-child(2) { display: none !important }")
    assert found(paper, HIDDEN)


LAYOUT = """selector => {
  const style = getComputedStyle(document.querySelector(selector))
  return [style.display, style.breakInside]
}"""


def test_a_long_table_goes_on_under_its_head(paper: Page, url: str) -> None:
    opened(paper, url, "forward/feed-forward/")
    wide, small = ('[data-ref="layers.0.ffn.w_1"]', '[data-ref="layers.0.ln_2.out"]')
    assert found(paper, LAYOUT, f"{wide} thead") == ["table-header-group", "avoid"]
    assert found(paper, LAYOUT, f".matrix-box:has(> {wide})")[1] == "auto"
    assert found(paper, LAYOUT, f"{wide} tbody tr")[1] == "avoid"
    assert found(paper, LAYOUT, f".matrix-box:has(> {small})")[1] == "avoid"


def test_a_listing_is_named_once_and_goes_on_further_in(paper: Page, url: str) -> None:
    opened(paper, url, "adamw/")
    named = [name.strip() for name in paper.locator(".tabbed-set").first.inner_text().splitlines()]
    assert named.count("calc/adamw.py") == 1
    line = paper.locator(".tabbed-set .highlight code > span").first
    hanging = line.evaluate("e => [getComputedStyle(e).paddingLeft, getComputedStyle(e).textIndent]")
    assert hanging[1] == f"-{hanging[0]}" != "-0px"


BARE = """() => [...document.querySelectorAll("p.entry")].map(e => getComputedStyle(e))
  .filter(s => s.borderTopWidth !== "0px" || s.breakInside !== "avoid").length"""
SHADE = "() => getComputedStyle(document.querySelector('.matrix-box:not(.close)'), '::after').content"


def test_no_caption_leaves_its_rule_on_the_page_before(paper: Page, url: str) -> None:
    opened(paper, url, "backward/attention/")
    assert found(paper, BARE) == 0
    paper.add_style_tag(content=".md-typeset p.entry { border-top: 1px solid !important }")
    assert found(paper, BARE)


def test_the_shade_of_what_scrolls_is_not_printed(paper: Page, url: str) -> None:
    opened(paper, url, "forward/embeddings/")
    assert found(paper, SHADE) == "none"
    paper.emulate_media(media="screen")
    assert found(paper, SHADE) == '""'
    paper.emulate_media(media="print")


def test_the_chrome_is_not_printed(paper: Page, url: str) -> None:
    opened(paper, url, "forward/attention/")
    for chrome in (".md-header", ".md-sidebar", ".md-footer", ".here", ".headerlink", ".permalink"):
        assert found(paper, SEEN, chrome) == 0, chrome
    assert found(paper, SEEN, "h1") == 1
    assert found(paper, SEEN, ".tabbed-labels label") >= 3


def test_paper_is_white_whatever_the_scheme(paper: Page, url: str) -> None:
    opened(paper, url, "forward/attention/")
    colours = found(paper, "() => [document.querySelector('p'), document.body].map(e => getComputedStyle(e))"
                           ".flatMap(s => [s.color, s.backgroundColor])")  # fmt: skip
    assert colours[0] == "rgb(0, 0, 0)"
    assert colours[3] == "rgb(255, 255, 255)"


def test_a_print_of_the_heaviest_page_has_few_sheets(browser: Browser, url: str) -> None:
    with browser.new_page() as page:
        page.goto(url + "forward/attention/")
        pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert 4 <= pdf.count(b"/Type /Page\n") <= 40
