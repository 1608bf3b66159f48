""" "Train it yourself": a model that learns a reader's sentence in the page, and writes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from calc import later
from calc.batches import Row, padded
from calc.generation import EOS
from calc.learner import Learner
from calc.tokenizer import Tokenizer
from tests.browser.conftest import ONE, Built
from tests.browser.test_axe import axe, look
from tests.browser.test_pages import opened
from tests.browser.test_performance import SHIFTS

PAGE = "writing/try-it/"
READY = ".own fieldset:not([disabled])"
SENTENCE, PROMPT, RATE = "#own-sentence", "#own-prompt", "#own-rate"
STATE = """() => import("/assets/js/try/main.js").then(({ started }) => started).then(({ training }) => ({
    losses: training.runs.map(({ losses }) => losses),
    kept: Object.fromEntries([...training.learner.kept].map(([name, cells]) => [name, [...cells]])) }))"""


def tool(browser: Browser, built: Built, **how: Any) -> Any:
    """The page, and all that goes wrong on it."""
    return opened(browser, built.url + PAGE, **({"reduced_motion": "reduce"} | how))


def train(page: Page, steps: int) -> str:
    """Presses the button, and waits for what is said in the end."""
    return said(page, f"Train {steps} step{'s' * (steps > 1)}", 0)


def write(page: Page) -> str:
    return said(page, "Write", 1)


def said(page: Page, button: str, which: int) -> str:
    place = page.locator(".own-said").nth(which)
    place.evaluate("place => (place.textContent = '')")
    page.get_by_role("button", name=button, exact=True).click()
    expect(place).not_to_be_empty(timeout=30_000)
    return place.inner_text()


def test_what_is_learnt_and_written_in_the_page_is_what_the_engine_learns(browser: Browser, built: Built) -> None:
    """One sentence, then a shorter one: all losses and parameters, and the words that follow."""
    tokenizer = Tokenizer.from_corpus(built.config.text.corpus)
    learner, told = Learner(later.alone(built.config)), []
    for sentence, steps in (("the dog sat on the mat", 100), ("mat cat", 10)):
        ids = tokenizer.encode(sentence)
        batch = padded([Row(tuple(ids), (*ids[1:], EOS))], pad=0)
        told.append([learner.step(batch).loss for _ in range(steps)] + [learner.evaluate(batch).loss])
    with tool(browser, built) as (page, wrong):
        page.wait_for_selector(READY)
        page.fill(SENTENCE, "the dog sat on the mat")
        page.fill(PROMPT, "the")
        assert "the loss falls from" in train(page, 100)
        assert write(page) == "It writes “dog sat on the mat <eos>”. <eos> is the end of the sentence."
        now, first = page.locator(".own dd").all_inner_texts()
        assert first != now
        assert first.startswith("the ")
        page.fill(SENTENCE, "mat cat")
        train(page, 10)
        expect(page.locator(".own .losses svg")).to_have_attribute(
            "aria-label", re.compile("over 110 steps, in 2 parts")
        )
        found = page.evaluate(STATE)
        for losses, known in zip(found["losses"], told, strict=True):
            assert np.abs(np.array(losses) - known).max() <= 1e-9 * max(known)
        for name, value in learner.parameters.items():
            assert np.abs(np.array(found["kept"][name]) - value.ravel()).max() <= 1e-9 * np.abs(value).max(), name
        assert wrong == []


@ONE
def test_a_mistake_is_answered_and_nothing_is_lost(browser: Browser, built: Built) -> None:
    with tool(browser, built) as (page, wrong):
        page.wait_for_selector(READY)
        train(page, 1)
        kept = page.evaluate(STATE)
        for field, text, button, line in (
            (SENTENCE, "", "Train 1 step", "There is no word here yet."),
            (SENTENCE, "the dgo", "Train 1 step", "The nearest word is “dog”."),
            (SENTENCE, "on " * 9, "Train 1 step", "8 rows, one for each word: 1 word too many."),
            (RATE, "fast", "Train 10 steps", "“fast” is not a number."),
            (RATE, "10.5", "Train 10 steps", "This is to be above 0 and at most 10."),
            (PROMPT, "a", "Write", "“a” is not in the vocabulary."),
            ("#own-temperature", "-1", "Write", "This is to be at least 0 and at most 100."),
            ("#own-top_k", "0.5", "Write", "This is to be a whole number."),
        ):
            before = page.input_value(field)
            page.fill(field, text)
            page.get_by_role("button", name=button, exact=True).click()
            expect(page.locator(f"{field}-wrong")).to_contain_text(line)
            expect(page.locator(field)).to_be_focused()
            expect(page.locator(field)).to_have_attribute("aria-invalid", "true")
            page.fill(field, before)
            expect(page.locator(f"{field}-wrong")).to_be_empty()
            assert page.locator(field).get_attribute("aria-invalid") is None
        assert page.evaluate(STATE) == kept
        page.fill(RATE, "10")
        message = "".join(train(page, 100) for _ in range(3))
        assert "would be too large for a number of 64 bits. That step was not taken." in message
        losses = page.evaluate(STATE)["losses"][0]
        assert np.isfinite(losses).all()
        assert "It writes “" in write(page)
        assert wrong == []


@ONE
def test_it_is_all_there_by_keyboard_and_can_be_stopped(browser: Browser, built: Built) -> None:
    with tool(browser, built) as (page, wrong):
        page.wait_for_selector(READY)
        page.fill(SENTENCE, "the")
        page.focus(SENTENCE)
        page.keyboard.press("Tab")
        for _ in range(5):
            page.keyboard.press("Tab")  # past the, cat, sat, on, mat
        page.keyboard.press("Enter")
        expect(page.locator(SENTENCE)).to_have_value("the dog")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(SENTENCE)).to_have_value("the")
        page.focus(SENTENCE)
        page.keyboard.press("Enter")
        status = page.get_by_role("status").first
        expect(status).to_contain_text("1 step taken: the loss")
        expect(page.locator(SENTENCE)).to_be_focused()
        hundred = page.get_by_role("button", name="Train 100 steps")
        hundred.focus()
        # The next frame is far away: what is pressed meanwhile comes before the last steps.
        page.evaluate("""() => import("/assets/js/try/main.js").then(({ started }) => started).then(({ training }) => {
            const step = training.learner.step;
            training.learner.step = function () {
              for (const end = performance.now() + 120; performance.now() < end; );
              step.call(this);
            };
        })""")
        page.keyboard.press("Enter")
        stop = page.get_by_role("button", name="Stop")
        expect(stop).to_have_attribute("aria-disabled", "false")
        expect(hundred).to_be_focused()
        stop.press("Space")
        expect(stop).to_have_attribute("aria-disabled", "true")
        expect(stop).to_be_focused()
        taken = len(page.evaluate(STATE)["losses"][0]) - 1
        assert 1 < taken < 101
        expect(status).to_contain_text("taken: the loss")
        page.focus(PROMPT)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").nth(1)).to_contain_text("It writes")
        words = page.locator(".own dd").first.get_by_role("button")
        words.first.press("Enter")
        expect(words.first).to_have_attribute("aria-pressed", "true")
        caption = page.locator(".chances caption")
        expect(caption).to_have_text(f"After “{page.input_value(PROMPT)}”, the probability of the next word")
        expect(page.locator(".chances tr.chosen")).to_have_count(1)
        hundred.press("Enter")
        page.get_by_role("button", name="Start again").click()  # while it trains
        expect(hundred).to_have_attribute("aria-disabled", "false")
        expect(status).to_contain_text("first weights")
        assert page.evaluate(STATE)["losses"] == []
        expect(page.locator(".own .losses svg")).to_have_attribute("aria-label", "No step is taken yet.")
        expect(words).to_have_count(0)
        expect(page.locator(".chances tr.chosen")).to_have_count(0)
        assert wrong == []


@ONE
@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1440)])
def test_nothing_moves_and_axe_finds_nothing_while_it_is_used(
    browser: Browser, built: Built, scheme: Any, width: int
) -> None:
    with tool(browser, built, width=width) as (page, _):
        page.wait_for_selector(READY)
        page.locator(".own").scroll_into_view_if_needed()
        page.evaluate(SHIFTS)
        page.evaluate("shifts.length = 0")
        train(page, 100)
        write(page)
        page.fill("#own-temperature", "2")
        write(page)
        assert page.evaluate("shifts") == []
        small = page.eval_on_selector_all(
            ".own :is(button, input)",
            "all => all.map(e => e.getBoundingClientRect()).filter(r => r.width < 24 || r.height < 24).length",
        )
        assert small == 0
        page.fill(PROMPT, "cta")
        page.get_by_role("button", name="Write", exact=True).click()
        page.evaluate(axe())
        page.evaluate("""() => {
            for (const other of document.querySelectorAll("article > :not(h1, .own, :has(.own))")) other.remove(); }""")
        assert look(page, scheme, width, True) == []


@ONE
def test_what_is_there_without_javascript_on_paper_and_on_other_pages(
    browser: Browser, built: Built, site: Path
) -> None:
    with tool(browser, built, javascript=False) as (page, wrong):
        expect(page.locator(".own")).to_be_hidden()
        expect(page.get_by_text("Without JavaScript there is nothing to press")).to_be_visible()
        expect(page.get_by_text("python -m calc generate")).to_be_visible()
        assert wrong == []
    with tool(browser, built) as (page, _):
        page.wait_for_selector(READY)
        page.emulate_media(media="print")
        expect(page.locator(".own")).to_be_hidden()
    using = [path for path in site.rglob("*.html") if "assets/js/try/" in path.read_text(encoding="utf-8")]
    assert using == [site / PAGE / "index.html"]
