"""Numbers answer: by mouse, finger, keyboard and address a panel opens at the very number, and goes along."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from render.digits import Digits
from tests.browser.conftest import ONE, STARTED, Built
from tests.browser.test_axe import FOUND, axe
from tests.browser.test_pages import STYLE, opened

PAGE = "forward/attention/"
SMALL = "ledger/facts/"  # where the page itself plays no part
SCORES = "layers.0.attention.scores"
CELL = f"table[data-ref='{SCORES}'][data-slice='0,:,:'] tbody tr:nth-child(3) td:nth-of-type(2)"
MOST_BOOT = 2500  # bytes, compressed: what every page carries for the explorer before it is used


def asked(page: Page) -> str:
    """The number that the address bar asks for."""
    found = re.search(r"[?&]ask=([^&#]*)", page.url)
    return found[1] if found else ""


def title(page: Page) -> str:
    """The address of the number that the panel explains."""
    return page.locator(".explorer h2").inner_text()


def shown(page: Page, number: str) -> None:
    """Wait until the panel explains a number."""
    page.wait_for_function("to => document.querySelector('.explorer:not([hidden]) h2')?.textContent === to", arg=number)
    page.wait_for_function("to => new URLSearchParams(location.search).get('ask') === to", arg=number)
    page.wait_for_function("() => !document.documentElement.classList.contains('arriving')")


def closed(page: Page) -> None:
    page.wait_for_function("() => !document.querySelector('.explorer').checkVisibility()")
    page.wait_for_function("() => !new URLSearchParams(location.search).has('ask')")


def top(element: Locator) -> float:
    """How far below the window's upper edge it stands."""
    return float(element.evaluate("e => e.getBoundingClientRect().top"))


def place_of(page: Page, cell: str) -> object:
    """The row and the column of a cell that JavaScript names."""
    return page.evaluate(f"[{cell}.parentElement.sectionRowIndex, {cell}.cellIndex - 1]")


def test_a_press_on_any_number_opens_it_and_nothing_was_loaded_before(browser: Browser, built: Built) -> None:
    with opened(browser, built.url + PAGE) as (page, wrong):
        page.add_style_tag(content=STYLE)
        loaded = "performance.getEntriesByType('resource').filter(e => /explorer|program|labels/.test(e.name)).length"
        assert page.evaluate(loaded) == 0
        for what in (CELL, ".worked .line .n", "p > .n[data-index]", "svg text.n", "table td[data-index], dd .n, p .n"):
            element = page.locator(what).first
            if not element.count():
                continue
            number = element.evaluate("async e => (await import('/assets/js/explorer/place.js')).addressAt(e)")
            element.click()
            shown(page, number)
            assert element.evaluate("e => e.classList.contains('asked')"), what
        assert wrong == []


@ONE
def test_a_press_that_means_something_else_opens_nothing(browser: Browser, built: Built) -> None:
    with opened(browser, built.url + PAGE) as (page, wrong):
        page.evaluate("""document.querySelector("article").insertAdjacentHTML("afterbegin",
            `<p><a href="#there"><span class="n linked" data-ref="loss">1</span></a>
                <button onclick="window.pressed = true"><span class="n pressed" data-ref="loss">1</span></button>`)""")
        page.locator(".linked").click()
        page.locator(".pressed").click()
        assert page.url.endswith("#there")
        assert page.evaluate("pressed")
        cell = page.locator(CELL)
        cell.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        box = cell.bounding_box()
        assert box
        page.mouse.move(box["x"] + 4, box["y"] + 10)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 10, steps=4)
        page.mouse.up()
        assert page.evaluate("getSelection().toString()")
        page.wait_for_timeout(100)
        assert not page.locator(".explorer").count()
        assert wrong == []


def test_the_trail_goes_back_and_forward_in_the_panel_and_in_the_browser(browser: Browser, built: Built) -> None:
    with opened(browser, built.url + PAGE) as (page, wrong):
        cell = page.locator(CELL)
        cell.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        at = top(cell)
        cell.click()
        numbers = [f"{SCORES}[0,2,1]"]
        shown(page, numbers[0])
        assert top(cell) == pytest.approx(at, abs=1), "the page jumped"
        for _ in range(2):
            operand = page.locator(".explorer .body [data-ask]").first
            numbers.append(operand.get_attribute("data-ask") or "")
            operand.click()
            shown(page, numbers[-1])
            assert page.evaluate("document.activeElement.id") == "explorer-title"
        length = page.evaluate("history.length")
        page.go_back()
        shown(page, numbers[1])
        page.get_by_role("button", name="Back to the number before").click()
        shown(page, numbers[0])
        assert page.get_by_role("button", name="Back to the number before").is_disabled()
        page.get_by_role("button", name="Forward to the next number").click()
        shown(page, numbers[1])
        page.go_forward()
        shown(page, numbers[2])
        page.locator(".explorer nav li button").first.click()
        shown(page, numbers[0])
        assert page.locator(".explorer nav [aria-current]").get_attribute("title") == numbers[0]
        assert page.evaluate("history.length") == length, "the browser's own steps are used where they lead there"
        page.go_forward()
        page.keyboard.press("Escape")
        closed(page)
        assert page.url == built.url + PAGE
        page.go_forward()
        shown(page, numbers[0])
        assert top(cell) == pytest.approx(at, abs=1)
        assert wrong == []


def test_an_address_opens_there_again(browser: Browser, built: Built) -> None:
    with opened(browser, f"{built.url}{PAGE}?ask={SCORES}[1,5,0]") as (page, wrong):
        shown(page, f"{SCORES}[1,5,0]")
        assert not page.locator(".explorer .note").is_visible()
        cell = page.locator("td.asked").first
        assert 0 < top(cell) < 900
        page.reload()
        shown(page, f"{SCORES}[1,5,0]")
        page.get_by_role("button", name="Close").click()
        closed(page)
        page.reload()
        page.wait_for_timeout(100)
        assert not page.locator(".explorer").count()
        assert wrong == []


@pytest.mark.parametrize(
    ("built", "wanted", "nearest"),
    [
        ("default", "layers.3.attention.scores[9,99,2]", "layers.0.attention.scores[1,5,2]"),
        ("default", "grad.layers.0.attention.w_qq[1,2]", "grad.layers.0.attention.w_q[1,2]"),
        ("default", "loss[4]", "loss"),
        ("default", f"{SCORES}[1", f"{SCORES}[0,0,0]"),
        ("default", "<b>los", "loss"),
        ("two layers", "layers.3.attention.scores[9,99,2]", "layers.1.attention.scores[3,5,2]"),
    ],
    indirect=["built"],
)
def test_a_number_that_is_not_there_leads_to_the_nearest(
    browser: Browser, built: Built, wanted: str, nearest: str
) -> None:
    with opened(browser, f"{built.url}{SMALL}?ask={wanted}") as (page, wrong):
        shown(page, nearest)
        note = f"This configuration has no {wanted}. Opened the nearest: {nearest}."
        assert page.locator(".explorer .note").inner_text() == note
        expect(page.locator(".explorer-said")).to_have_text(note)
        assert wrong == []


def test_operands_and_terms_light_each_other(browser: Browser, built: Built) -> None:
    with opened(browser, built.url + PAGE, reduced_motion="reduce") as (page, wrong):
        page.locator("table[data-ref='layers.0.attention.masked'] td").nth(6).click()
        shown(page, "layers.0.attention.masked[0,1,0]")
        term = page.locator(".explorer .body [data-ask='layers.0.attention.scaled[0,1,0]']").first
        cell = page.locator("table[data-ref='layers.0.attention.scaled'] td.operand").first
        assert cell.count() == 1
        term.hover()
        assert cell.evaluate("e => e.classList.contains('pointed')")
        page.locator(".explorer h2").hover()
        assert not page.locator(".pointed").count()
        cell.hover()
        assert term.evaluate("e => e.classList.contains('pointed')")
        page.get_by_role("button", name="Close").click()
        assert not page.locator(".asked, .operand, .other-operand, .pointed").count()
        assert wrong == []


@ONE
def test_numbers_of_another_run_say_so(browser: Browser, built: Built) -> None:
    with opened(browser, built.url + "how-you-would-know/") as (page, wrong):
        page.add_style_tag(content=STYLE)
        number = page.locator("[data-ledger='mutant_sum_for_mean'][data-ref='loss']").first
        text = number.inner_text()
        number.click()
        shown(page, "mutant_sum_for_mean:loss")
        body = page.locator(".explorer .body")
        assert "another run" in body.inner_text()
        assert text in body.inner_text()
        assert "position 2·saw" in body.inner_text()  # of its own sentence
        own = body.locator("[data-ask='loss']")
        assert own.inner_text() == Digits(built.ledger, built.config).text(built.ledger["loss"])
        own.click()
        shown(page, "loss")
        assert wrong == []


@ONE
def test_by_keyboard_every_group_of_numbers_is_one_stop(browser: Browser, built: Built) -> None:
    with opened(browser, built.url + PAGE) as (page, wrong):
        page.add_style_tag(content=STYLE)
        page.keyboard.press("Tab")
        page.wait_for_selector("table[role=grid]")
        groups, numbers = ".md-content :is(table[data-ref], .line:has(.n))", "table[data-ref] td, .n[data-ref]"
        reached = page.locator(".md-content :is(td, .n)[tabindex='0']").count()
        assert page.locator(groups).count() <= reached < page.locator(numbers).count() / 5
        table = page.locator(f"table[data-ref='{SCORES}']").first
        first = table.locator("tbody tr:first-child td:nth-of-type(1)")
        first.focus()
        for key, row, column in [
            ("ArrowDown", 1, 0), ("ArrowRight", 1, 1), ("ArrowUp", 0, 1), ("ArrowUp", 0, 1), ("End", 0, 5),
            ("ArrowRight", 1, 0), ("ArrowLeft", 0, 5), ("Home", 0, 0), ("Home", 0, 0), ("Control+End", 5, 5),
            ("ArrowDown", 5, 5),
        ]:  # fmt: skip
            page.keyboard.press(key)
            assert place_of(page, "document.activeElement") == [row, column], key
        assert table.locator("[tabindex='0']").count() == 1
        page.keyboard.press("Enter")
        shown(page, f"{SCORES}[0,5,5]")
        assert page.evaluate("document.activeElement.id") == "explorer-title"
        page.keyboard.press("Escape")
        closed(page)
        assert place_of(page, "document.activeElement") == [5, 5]
        line = page.locator(".worked .line").first.locator(".n")
        line.first.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        page.wait_for_selector(".explorer:not([hidden])")
        page.wait_for_function("() => document.activeElement.id === 'explorer-title'")
        assert line.nth(1).evaluate("e => e.classList.contains('asked')")
        assert wrong == []


@ONE
def test_on_a_phone_it_is_a_sheet_below_what_was_pressed(browser: Browser, built: Built) -> None:
    phone = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
    with opened(browser, built.url + PAGE, **phone) as (page, wrong):
        cell = page.locator(CELL)
        cell.evaluate("e => e.scrollIntoView({ block: 'end' })")
        page.wait_for_timeout(300)
        cell.tap()
        shown(page, f"{SCORES}[0,2,1]")
        panel, handle = page.locator(".explorer"), page.locator(".explorer .handle")
        page.wait_for_timeout(100)
        low = top(panel)
        assert 300 < low < 600
        assert 48 < top(cell) < low - 20
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        handle.tap()
        assert handle.get_attribute("aria-expanded") == "true"
        assert top(panel) < 200
        box = handle.bounding_box()
        assert box
        assert box["height"] >= 24
        page.mouse.move(200, box["y"] + 10)
        page.mouse.down()
        page.mouse.move(200, box["y"] + 300, steps=3)
        page.mouse.up()
        assert top(panel) == low
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.wait_for_timeout(200)
        assert page.locator(".md-footer").evaluate("e => e.getBoundingClientRect().bottom") <= low + 1
        page.emulate_media(media="print")
        assert not panel.is_visible()
        assert wrong == []


@ONE
def test_axe_finds_nothing_with_the_panel_open(browser: Browser, built: Built) -> None:
    with opened(browser, f"{built.url}{PAGE}?ask={SCORES}[0,2,1]") as (page, _):
        page.keyboard.press("Tab")
        page.wait_for_selector("table[role=grid]")
        shown(page, f"{SCORES}[0,2,1]")
        page.add_style_tag(content=STYLE)
        page.evaluate(axe())
        assert page.evaluate(FOUND) == []
        page.set_viewport_size({"width": 390, "height": 844})
        page.emulate_media(color_scheme="dark")
        page.wait_for_selector("body[data-md-color-scheme=slate]")
        page.evaluate("document.querySelectorAll('table.matrix tr:nth-child(n + 5)').forEach(row => row.remove())")
        assert page.evaluate(FOUND) == []


def test_before_the_first_press_it_costs_next_to_nothing(site: Path, figure: Callable[[str], None]) -> None:
    assets = site / "assets"
    boot = len(gzip.compress((assets / "js/ask.js").read_bytes(), 9, mtime=0))
    rest = [*(assets / "js/explorer").rglob("*.js"), *assets.glob("explorer*.css")]
    rest += [site / "data/program.json", site / "data/labels.json"]
    more = sum(len(gzip.compress(path.read_bytes(), 9, mtime=0)) for path in rest)
    figure(f"explorer: {boot} bytes before the first press, {more / 1000:.0f} KB with it, compressed")
    assert boot < MOST_BOOT
    assert more < 150_000


@ONE
def test_it_says_so_where_it_cannot_be_loaded(browser: Browser, built: Built) -> None:
    with opened(browser, built.url + PAGE) as (page, _):
        page.route("**/data/program.json", lambda route: route.abort())
        page.locator(CELL).click()
        page.wait_for_selector(".md-dialog--active")
        assert "could not be loaded" in page.locator(".md-dialog").inner_text()
    with opened(browser, built.url + SMALL) as (page, _):
        page.route("**/data/mutant_none.program.json", lambda route: route.abort(), times=1)
        page.evaluate(STARTED)
        page.evaluate("e.ask('mutant_none:loss')")
        expect(page.locator(".explorer-said.seen")).to_have_text("Its values could not be loaded.")
        page.evaluate("e.ask('mutant_none:logits[0,0]')")
        expect(page.locator(".explorer .body .value")).to_be_visible()


@ONE
def test_changes_travel_from_page_to_page_and_a_link_brings_them(browser: Browser, built: Built) -> None:
    weight = "layers.0.attention.w_q[0,0]"
    with opened(browser, f"{built.url}{PAGE}?ask={weight}&do={weight}=0.25") as (page, wrong):
        shown(page, weight)
        value = page.locator(".explorer .body .value").first
        expect(value).to_have_text("0.25")
        page.goto(built.url + "forward/qkv/")
        page.wait_for_url(f"**/forward/qkv/?do={weight}=0.25")
        expect(page.locator("table[data-ref='layers.0.attention.w_q'] td").first).to_have_text("0.25")
        page.go_back()
        shown(page, weight)
        expect(page.locator(".explorer .body .value").first).to_have_text("0.25")
        assert wrong == []
    with opened(browser, f"{built.url}{PAGE}?do=loss=5") as (page, _):
        expect(page.locator(".explorer-said.seen")).to_have_text(
            "loss is made from other numbers; only inputs can be set."
        )
        assert page.url == built.url + PAGE
