"""axe-core finds nothing on any page: light and dark, on a phone and a wide screen, folded and unfolded."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.test_pages import SCHEMES, STYLE, address
from tests.browser.tools import TOOLS
from tests.conftest import PAGES

# By every rule; each scheme, width and state is in one of the two.
LOOKS: list[tuple[Literal["light", "dark"], int, bool]] = [
    ("light", 390, True),
    ("dark", 1440, False),
]
FOUND = """async () => (await axe.run({ resultTypes: ["violations"] })).violations.map(rule =>
    `${rule.id}, ${rule.nodes.length} times: `
    + rule.nodes.slice(0, 3).map(node => node.html.slice(0, 150)).join("  "))"""
# What is written is read against its ground, and both come of its classes and of what it stands in. Of a row, or of a
# formula, whose kinds were all there before, one look needs no more. Each table keeps its first row, a formula that
# scrolls in its box stays, and the page keeps every kind of cell, label and sign.
KINDS_ONCE = """() => {
    const seen = new Set();
    const again = (kinds) => kinds.map((kind) => seen.size === seen.add(kind).size).every(Boolean);
    const inside = (element) => `${element.closest(".matrix-box")?.className} ${!!element.closest("details")}`;
    const written = (cell) => cell.innerHTML.replace(/[^<>"=a-z]/g, "");
    for (const row of document.querySelectorAll("table.matrix tbody tr")) {
        const kinds = [...row.cells].map((cell) =>
            [inside(cell), cell.localName, cell.className, written(cell)].join(" "));
        if (again(kinds) && row.rowIndex > 1) row.remove();
    }
    const boxes = [...document.querySelectorAll("div.arithmatex")].filter((box) => box.scrollWidth > box.clientWidth);
    for (const formula of document.querySelectorAll(".katex")) {
        const ground = formula.closest("p, li, td, th, summary, figcaption, dt, dd, label, h1, h2, h3, div");
        const around = [inside(formula), ground.localName, ground.className, formula.parentElement.localName].join(" ");
        const kinds = [...formula.querySelectorAll("*")].map((sign) => `${around} ${sign.localName} ${sign.className}`);
        if (again(kinds) && !boxes.some((box) => box.contains(formula))) formula.remove();
    }
}"""
# The first look is at every kind of cell and every sign; to the other a matrix's first rows and the first formulas do.
LIKE_THE_FIRST = """
    for (const row of document.querySelectorAll("table.matrix tr:nth-child(n + 5)")) row.remove();
    for (const formula of [...document.querySelectorAll(".katex")].slice(60)) formula.remove();"""


@functools.cache
def axe() -> str:
    return (TOOLS / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def look(page: Page, scheme: Literal["light", "dark"], width: int, unfolded: bool) -> list[str]:
    """What axe finds on the page, a line a rule."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_selector(f"body[data-md-color-scheme={SCHEMES[scheme]}]")
    page.evaluate("open => document.querySelectorAll('details').forEach(d => d.open = open)", unfolded)
    return list(page.evaluate(FOUND))


def faults(browser: Browser, address: str) -> list[str]:
    """What axe finds on a page, however it is looked at."""
    context = browser.new_context(viewport={"width": LOOKS[0][1], "height": 900})
    page = context.new_page()
    page.goto(address)
    page.add_style_tag(content=STYLE)
    page.evaluate(axe())
    page.evaluate(KINDS_ONCE)
    found: list[str] = []
    for at, (scheme, width, unfolded) in enumerate(LOOKS):
        if at == 1:
            page.evaluate(f"() => {{ {LIKE_THE_FIRST} }}")
        how = f"{address}, {scheme}, {width} px, {'unfolded' if unfolded else 'folded'}"
        found += [f"{how}: {fault}" for fault in look(page, scheme, width, unfolded)]
    context.close()
    return found


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_found_on_a_page(browser: Browser, url: str, name: str) -> None:
    assert faults(browser, address(url, name)) == []


def test_nothing_is_found_on_the_pages_outside_the_navigation(browser: Browser, url: str, site: Path) -> None:
    """They are drawn from one template; the largest and some others stand for all."""
    inside = {address("", name) for name in PAGES}
    outside = [page for page in site.rglob("*/index.html") if f"{page.parent.relative_to(site)}/" not in inside]
    outside.sort(key=lambda page: (-page.stat().st_size, page))
    chosen = [site / "404.html", *outside[:: max(1, len(outside) // 4)]]
    for page in chosen:
        assert faults(browser, url + page.relative_to(site).as_posix()) == []


@pytest.mark.parametrize("name", ["backward/attention.md", "backward/feed-forward.md"])
def test_a_page_that_is_not_drawn_yet_has_its_contrast(browser: Browser, url: str, name: str) -> None:
    """As it comes, on a phone: what is not drawn has its place, and formulas in there lie over nothing that is."""
    context = browser.new_context(viewport={"width": 412, "height": 823})
    page = context.new_page()
    page.goto(address(url, name))
    page.evaluate(axe())
    contrast = "resultTypes: ['violations'], runOnly: ['color-contrast']"
    assert page.evaluate(FOUND.replace('resultTypes: ["violations"]', contrast)) == []
    context.close()


def test_axe_sees_what_it_looks_for(browser: Browser, url: str) -> None:
    """Planted: a picture without words, faint text, a box that only a mouse can scroll."""
    box = "overflow: auto; width: 9rem; height: 3rem"
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(url)
    page.evaluate(axe())
    assert look(page, "light", 1440, True) == []
    page.evaluate(
        """document.querySelector("article").insertAdjacentHTML("beforeend", `
        <img src="assets/screenshot.png"><p style="color: #999; background: #fff">faint</p>
        <div style="BOX"><p style="width: 99rem">${"wide ".repeat(99)}</p></div>`)""".replace("BOX", box)
    )
    rules = {fault.split(",")[0] for fault in look(page, "light", 1440, True)}
    assert rules == {"image-alt", "color-contrast", "scrollable-region-focusable"}
    context.close()
