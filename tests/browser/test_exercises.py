"""Exercises and the code beside its formulas, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.test_pages import STYLE, address, opened

NAME = "forward/attention.md"
ANSWER = """form => { let d = form; while (d.localName !== 'details') d = d.nextElementSibling;
                      return [...d.querySelectorAll('.worked .line .n')].pop().textContent }"""


def told(page: Page, text: str, press: bool = False) -> str:
    """What the page says of an answer to its first exercise."""
    form = page.locator("form.try").first
    field = form.get_by_label("Your answer")
    field.fill(text)
    if press:
        field.press("Enter")
    else:
        form.get_by_role("button", name="Check").click()
    return form.locator("output").inner_text()


def test_an_answer_is_held_against_the_printed_one(browser: Browser, url: str) -> None:
    with opened(browser, address(url, NAME)) as (page, wrong):
        printed = page.locator("form.try").first.evaluate(ANSWER)
        plain = printed.replace("−", "-")
        right = float(plain)
        for text in (
            printed,
            plain,
            plain.replace(".", ","),
            f"{right:e}",
            f" {right * 1e3:.6f}e-3 ",
            f"+{plain}"[plain[0] == "-" :],
        ):
            assert told(page, text) == "Right, to three digits.", text
        assert told(page, plain, press=True).startswith("Right")
        assert told(page, printed + "0") == "Right, to three digits."
        assert "sign" in told(page, str(-right))
        unit = 10 ** (len(str(int(abs(right)))) - 3 if abs(right) >= 1 else int(f"{abs(right):e}"[-3:]) - 2)
        assert told(page, f"{right + 0.9 * unit:.9f}").startswith("Right")
        assert told(page, f"{right + 1.3 * unit:.9f}").startswith("Not yet: too large, off by")
        assert told(page, f"{right - 40 * unit:.9f}").startswith("Not yet: too small, off by")
        assert told(page, "many") == "That is not a number that this page can read."
        assert told(page, "") == "Type a number first."
        assert wrong == []


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_moves_when_the_page_answers(browser: Browser, url: str, width: int) -> None:
    with opened(browser, address(url, NAME)) as (page, _):
        page.set_viewport_size({"width": width, "height": 900})
        page.add_style_tag(content=STYLE)
        # From the form, since what stands above it may still be waiting for a font.
        below = """() => { const form = document.querySelector("form.try");
            return form.nextElementSibling.getBoundingClientRect().top - form.getBoundingClientRect().top; }"""
        before = page.evaluate(below)
        told(page, "12345.678")
        assert page.evaluate(below) == before


def test_without_javascript_there_is_no_field_but_the_answer(browser: Browser, url: str) -> None:
    with opened(browser, address(url, NAME), javascript=False) as (page, _):
        form = page.locator("form.try").first
        assert not form.is_visible()
        answer = page.locator("form.try ~ details").first
        answer.locator("summary").click()
        assert answer.locator(".worked .line").first.is_visible()


def test_a_link_to_a_line_of_code_opens_its_tab(browser: Browser, url: str) -> None:
    with opened(browser, address(url, NAME)) as (page, wrong):
        page.add_style_tag(content=STYLE)
        link = page.locator("p.rule a[href^='#line-']").nth(2)
        target = page.locator(f"[id='{(link.get_attribute('href') or '')[1:]}']")
        assert not target.is_visible()
        link.click()
        page.wait_for_timeout(200)
        assert target.is_visible()
        box = target.bounding_box()
        assert box
        assert 0 < box["y"] < 900
        assert wrong == []


def test_an_address_of_a_line_opens_its_tab_when_the_page_loads(browser: Browser, url: str) -> None:
    with opened(browser, address(url, NAME)) as (page, _):
        line = page.locator(".tabbed-block [id^='line-']").nth(3).get_attribute("id")
    with opened(browser, f"{address(url, NAME)}#{line}") as (page, wrong):
        assert page.locator(f"[id='{line}']").is_visible()
        assert wrong == []


def test_captions_and_formulas_fit_a_phone(browser: Browser, url: str) -> None:
    with opened(browser, address(url, "backward/attention.md")) as (page, _):
        page.set_viewport_size({"width": 390, "height": 900})
        page.add_style_tag(content=STYLE)
        wide = "es => es.filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.textContent)"
        assert page.eval_on_selector_all("p.entry, p.entry small *, p.rule, p.rule > *", wide) == []
