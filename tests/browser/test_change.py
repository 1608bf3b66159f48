"""Change a number: the whole step is computed again and the page follows. Changes are undone, shared and carried on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from calc import adamw, model, parameters
from calc.config import Config
from calc.ledger import Ledger, Tape
from calc.operations import Array
from calc.step import axis_sizes, read, read_rates, training_step
from calc.tokenizer import Tokenizer
from render.digits import Digits
from render.fences import draw_worked, heat, number
from render.worked import Worker
from tests.browser.conftest import ONE, STARTED, Built
from tests.browser.test_axe import FOUND, axe
from tests.browser.test_pages import STYLE, opened

WEIGHT, CELL, VALUE = "layers.0.attention.w_q", (2, 3), 0.9
FOLLOWED = "() => document.querySelector('.changes') && !document.querySelector('.md-content').ariaBusy"
UNCHANGED = "() => !document.querySelector('.changes') && !document.querySelector('.md-content')?.ariaBusy"
# Without what the theme writes on a page while it is read, and what is unfolded to be printed.
ARTICLE = "() => document.querySelector('article').innerHTML.replace(/ (style|open)=\"\"/g, '')"
NUMBERS = """async () => {
    const { numberAt } = await import("/assets/js/explorer/place.js");
    return [...document.querySelectorAll("article [data-ref]:not([data-ledger])")]
        .flatMap(owner => owner.localName === "table" ? [...owner.querySelectorAll("td")] : owner)
        .filter(element => !element.closest(".worked"))
        .map(element => ({ ...numberAt(element), text: element.textContent,
            changed: element.classList.contains("changed") }));
}"""


def replayed(built: Built, given: dict[str, Array]) -> Digits:
    """The digits of the built step with other inputs: a ledger whose values the Python engine replayed."""
    values = built.ledger.replay(given)
    other = training_step(built.config)
    for entry in other:
        entry.value = values[entry.name]
    return Digits(other, built.config)


def edited(ledger: Ledger, name: str, cell: tuple[int, ...], to: float) -> dict[str, Array]:
    value = ledger[name].value.copy()
    value[cell] = to
    return {name: value}


def change(page: Page, text: str) -> None:
    """Type a value into the panel's field."""
    field = page.get_by_label("Change it")
    field.fill(text)
    field.press("Enter")


@contextmanager
def asked(
    browser: Browser, built: Built, path: str, name: str, cell: tuple[int, ...] = (), **how: Any
) -> Iterator[tuple[Page, list[str]]]:
    """A page, opened at a number, and all that goes wrong there."""
    at = f"[{','.join(map(str, cell))}]" if cell else ""
    with opened(browser, f"{built.url}{path}?ask={name}{at}", **how) as (page, wrong):
        page.wait_for_selector(".explorer .edit")
        yield page, wrong


def held(page: Page, digits: Digits, built: Digits) -> int:
    """Holds every number of the page to the ledger, and its mark to the built one. How many are marked."""
    page.wait_for_function(FOLLOWED)
    found = page.evaluate(NUMBERS)
    assert len(found) > 100
    for shown in found:
        entry, index = digits.ledger[shown["name"]], tuple(shown["index"])
        place = f"{entry.name}{list(index)}"
        assert shown["text"] == digits.text(entry, index), place
        assert shown["changed"] == (shown["text"] != built.text(built.ledger[entry.name], index)), place
    return sum(shown["changed"] for shown in found)


@pytest.mark.parametrize("path", ["forward/qkv/", "backward/attention/", "adamw/"])
def test_an_edited_weight_changes_every_number_that_comes_of_it(browser: Browser, built: Built, path: str) -> None:
    digits = replayed(built, edited(built.ledger, WEIGHT, CELL, VALUE))
    with asked(browser, built, path, WEIGHT, CELL) as (page, wrong):
        change(page, "0,9")
        assert held(page, digits, Digits(built.ledger, built.config)) > 5
        loss = digits.text(digits.ledger["loss"])
        expect(page.locator(".changes .loss > b")).to_have_text(loss)
        expect(page.locator(".explorer-said")).to_contain_text(loss)
        assert wrong == []


def test_tints_follow_the_largest_number_of_their_table(browser: Browser, built: Built) -> None:
    with asked(browser, built, "forward/qkv/", WEIGHT, CELL) as (page, _):
        change(page, "-7")
        page.wait_for_function(FOLLOWED)
        tables = page.eval_on_selector_all(
            "table[data-ref]:not([data-ledger])",
            "tables => tables.map(table => [...table.querySelectorAll('td')].map(td => [td.innerHTML, td.className]))",
        )
        for cells in tables:
            values = [number(text) for text, _ in cells]
            largest = max(abs(value) for value in values if np.isfinite(value))
            for value, (text, classes) in zip(values, cells, strict=True):
                tint = heat(value, largest)
                own = set(classes.split()) & {*(f"{sign}{step}" for sign in "pn" for step in range(1, 6)), "masked"}
                assert own == ({tint} if tint else set()), text


def test_the_lines_of_a_changed_page_close(browser: Browser, built: Built) -> None:
    """They are those that the Python engine writes of these numbers, to the sign and the guard digits."""
    digits = replayed(built, edited(built.ledger, WEIGHT, CELL, VALUE))
    worker = Worker(digits, built.config.display.longest_sum)
    with asked(browser, built, "backward/attention/", WEIGHT, CELL) as (page, _):
        change(page, str(VALUE))
        page.wait_for_function(FOLLOWED)
        lines = page.eval_on_selector_all(
            ".worked .line:has(.n):not(:has([data-ledger]))",
            "lines => lines.map(line => [line.textContent, [...line.querySelectorAll('.n')].pop().dataset])",
        )
        assert len(lines) > 20
        for text, result in lines:
            entry = digits.ledger[result["ref"]]
            index = tuple(map(int, result["index"].split(","))) if "index" in result else ()
            drawn = draw_worked(worker.fence(entry, index).removeprefix("~~~worked\n").removesuffix("\n~~~"))
            assert re.sub("<[^>]*>", "", drawn) == text, entry.name


def test_undone_the_page_is_the_built_one_to_the_byte(browser: Browser, built: Built) -> None:
    for path in ("forward/attention/", "backward/loss/"):
        with opened(browser, built.url + path) as (page, _):
            before = page.evaluate(ARTICLE)
            page.evaluate(STARTED)
            for action in (
                {"name": WEIGHT, "index": CELL, "to": VALUE},
                {"name": "inputs.tokens", "index": [1], "to": 8},
                {"steps": 3},
            ):
                page.evaluate("action => e.step.act(action)", action)
                page.wait_for_function(FOLLOWED)
                assert page.evaluate(ARTICLE) != before
            page.get_by_role("button", name="Undo all").click()
            page.wait_for_function(UNCHANGED)
            assert page.evaluate(ARTICLE) == before


@ONE
def test_changes_are_undone_one_by_one(browser: Browser, built: Built) -> None:
    digits = replayed(built, edited(built.ledger, "w_out", (0, 1), -0.5))
    with asked(browser, built, "forward/output/", WEIGHT, CELL) as (page, _):
        change(page, "0.9")
        page.evaluate(STARTED)
        page.evaluate("e.ask('w_out[0,1]')")
        change(page, "−0.5")
        chips = page.locator(".changes .chips li")
        expect(chips).to_have_count(2)
        expect(chips.nth(1)).to_contain_text("w_out[0,1]")
        expect(chips.nth(1).locator("b")).to_have_text("−0.5")
        expect(chips.nth(1).locator("s")).to_have_text(str(built.ledger["w_out"].value[0, 1]).replace("-", "−"))
        page.get_by_role("button", name=f"Undo {WEIGHT}").click()
        expect(chips).to_have_count(1)
        held(page, digits, Digits(built.ledger, built.config))


def test_a_shared_link_and_another_page_have_the_changes(browser: Browser, built: Built) -> None:
    digits = replayed(built, edited(built.ledger, WEIGHT, CELL, VALUE))
    plain = Digits(built.ledger, built.config)
    allowed = ["clipboard-read", "clipboard-write"]
    with asked(browser, built, "forward/qkv/", WEIGHT, CELL, permissions=allowed) as (page, _):
        change(page, "0.9")
        page.get_by_role("button", name="Share").click()
        expect(page.locator(".changes .link")).to_contain_text("copied")
        link = page.evaluate("navigator.clipboard.readText()")
        assert link.endswith(f"?ask={WEIGHT}[2,3]&do={WEIGHT}[2,3]=0.9")
        page.goto(built.url + "forward/multi-head/")  # what was changed goes along
        held(page, digits, plain)
    with opened(browser, link) as (page, _):  # a reader with nothing of their own
        held(page, digits, plain)
        expect(page.locator(".explorer h2")).to_have_text(f"{WEIGHT}[2,3]")


@ONE
@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (WEIGHT, "many", "not a number"),
        (WEIGHT, "", "not a number"),
        ("position_embedding", "1e200", "too large"),
        (WEIGHT, "1e999", "not a number"),
        ("adamw.beta1", "1", "below 1"),
        ("adamw.lr", "-1", "is to be"),
    ],
)
def test_a_bad_entry_says_so_and_changes_nothing(
    browser: Browser, built: Built, name: str, text: str, says: str
) -> None:
    with asked(browser, built, "adamw/", name, CELL[: len(built.ledger[name].axes)]) as (page, wrong):
        before = page.evaluate(ARTICLE)
        change(page, text)
        message = page.locator(".edit output")
        expect(message).to_contain_text(says)
        assert message.get_attribute("role") == "alert"
        expect(page.get_by_label("Change it")).to_have_value(text)
        expect(page.get_by_label("Change it")).to_be_focused()
        expect(page.locator(".changes")).to_have_count(0)
        assert page.evaluate(ARTICLE) == before
        assert wrong == []


def test_a_token_is_chosen_from_the_vocabulary(browser: Browser, built: Built) -> None:
    words = Tokenizer.from_corpus(built.config.text.corpus).vocabulary
    tokens = built.ledger["inputs.tokens"].value.copy()
    tokens[1] = words.index("mat")
    targets = built.ledger["inputs.targets"].value.copy()
    targets[0] = tokens[1]  # the word is also what is to be guessed before it
    digits = replayed(built, {"inputs.tokens": tokens, "inputs.targets": targets})
    with asked(browser, built, "forward/embeddings/", "inputs.tokens", (1,)) as (page, _):
        page.get_by_label("Another word").select_option("mat")
        held(page, digits, Digits(built.ledger, built.config))
        rows = page.locator("table[data-ref='embedding.out'] tbody th")
        expect(rows.nth(1)).to_have_text("1 mat")
        expect(rows.nth(1)).to_have_class("changed")
        assert set(page.locator("article code.token[data-at='1']").all_text_contents()) == {"mat"}


def test_a_number_that_is_made_of_others_names_inputs(browser: Browser, built: Built) -> None:
    with asked(browser, built, "backward/attention/", f"grad.{WEIGHT}", CELL) as (page, _):
        section = page.locator(".explorer .edit")
        expect(section).to_contain_text("made from other numbers")
        named = section.locator("[data-ask]")
        assert 1 <= named.count() <= 3
        named.first.click()
        expect(page.locator(".edit form")).to_be_visible()


@ONE
def test_small_steps_up_and_down_keep_the_focus(browser: Browser, built: Built) -> None:
    with asked(browser, built, "forward/qkv/", WEIGHT, CELL) as (page, _):
        value = float(built.ledger[WEIGHT].value[CELL])
        unit = 0.01 if abs(value) >= 0.1 else 10 ** (np.floor(np.log10(abs(value))) - 1)
        more = page.get_by_role("button", name="A little more")
        more.focus()
        for times in (1, 2):
            page.keyboard.press("Enter")
            expect(page.get_by_label("Change it")).to_have_value(f"{value + times * unit:.10g}".replace("-", "−"))
            expect(more).to_be_focused()


# ------------------------------------------------------------------------------------------------- many steps


def trained(config: Config, steps: int, given: dict[str, Array] | None = None) -> tuple[list[float], dict[str, Array]]:
    """The losses before each step and after the last, and the parameters then, by the engine's own layers."""
    layers, sizes = config.model.layers, axis_sizes(config)
    values = parameters.draw(layers, sizes, config.init.seed, config.init.spread, config.init.decimals) | (given or {})
    moments = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in values.items()}
    losses = []
    for count in range(1, steps + 2):
        tape = Tape(sizes)
        inputs = read(tape, config)
        weights = parameters.give(tape, layers, values)
        before = model.forward(tape, weights, inputs, layers)
        losses.append(float(before.loss.loss.value))
        if count > steps:
            break
        gradients = model.backward(tape, before, weights, inputs)
        rates = read_rates(tape, config, step=count)
        new = {}
        for name, weight in weights.items():
            m, v = (tape.given(n, n, weight.axes, x) for n, x in zip("mv", moments[name], strict=True))
            new[name], m, v = adamw.update(tape, weight, gradients[name], m, v, rates)
            moments[name] = np.asarray(m.value), np.asarray(v.value)
        values = {name: np.asarray(entry.value) for name, entry in new.items()}
    return losses, values


@pytest.mark.parametrize(("built", "reduced"), [("default", True), ("two layers", False)], indirect=["built"])
def test_a_hundred_steps_are_those_of_the_python_engine(browser: Browser, built: Built, reduced: bool) -> None:
    start = edited(built.ledger, WEIGHT, CELL, VALUE)
    losses, values = trained(built.config, 100, start)
    motion = "reduce" if reduced else "no-preference"
    with asked(browser, built, "forward/output/", WEIGHT, CELL, reduced_motion=motion) as (page, wrong):
        change(page, str(VALUE))
        page.evaluate(STARTED)
        page.locator(".explorer").get_by_role("button", name="100 steps").click()
        page.wait_for_function("() => e.step.losses.length === 101 && !e.walk.left", timeout=60_000)
        found = page.evaluate("e.step.losses")
        assert np.abs(np.array(found) - losses).max() <= 1e-9 * max(losses)
        for name, value in values.items():
            cells = page.evaluate("name => [...e.step.now[e.step.get(name).number]]", name)
            assert np.abs(np.array(cells).reshape(value.shape) - value).max() <= 1e-9 * np.abs(value).max(), name
        assert losses[-1] < losses[0] / 2
        expect(page.locator(".explorer .losses svg")).to_have_attribute("aria-label", re.compile("over 100 steps"))
        expect(page.locator(".chips")).to_contain_text("100 steps taken")
        page.locator(".explorer").get_by_role("button", name="Back to the start").click()
        expect(page.locator(".chips li")).to_have_count(1)
        assert page.evaluate("e.step.losses.length") == 1
        assert wrong == []


@ONE
def test_steps_can_be_stopped(browser: Browser, built: Built) -> None:
    with asked(browser, built, "summary/", "loss", ()) as (page, _):
        page.evaluate(STARTED)
        panel = page.locator(".explorer")
        panel.get_by_role("button", name="1 step").click()
        expect(page.locator(".chips")).to_contain_text("1 step taken")
        page.evaluate("() => { e.walk.take(1000) }")
        stop = page.wait_for_function("""() => {
            const stop = [...document.querySelectorAll(".explorer button")].find(each => each.textContent === "Stop");
            return stop?.getBoundingClientRect().toJSON();
        }""").json_value()
        page.mouse.click(stop["x"] + 9, stop["y"] + 9)  # as a hand does, while the panel is drawn again and again
        expect(panel.get_by_role("button", name="Stop")).to_have_count(0)
        taken = page.evaluate("e.step.losses.length - 1")
        assert 1 < taken < 1001
        page.wait_for_timeout(200)
        assert page.evaluate("e.step.losses.length - 1") == taken


# ------------------------------------------------------------------------------------------- words and looks


def test_words_that_the_built_numbers_decided_are_marked(browser: Browser, built: Built) -> None:
    # A weight of the first head's queries: what is said of the other heads stays true.
    with asked(browser, built, "forward/attention/", WEIGHT, (0, 0)) as (page, _):
        heads = page.locator("article [data-says]").filter(has_text="gives its largest weight")
        assert heads.count() == built.config.model.heads
        change(page, "2")
        page.wait_for_function(FOLLOWED)
        marked = [bool(each.locator(".of-built").count()) for each in heads.all()]
        first = built.config.worked.layer == 0
        assert marked == ([True] + [False] * (len(marked) - 1) if first else [True] * len(marked))
        page.get_by_role("button", name="Undo all").click()
        expect(page.locator(".of-built")).to_have_count(0)


@ONE
def test_an_exercise_wants_the_answer_of_now(browser: Browser, built: Built) -> None:
    with asked(browser, built, "forward/qkv/", "token_embedding", (4, 0)) as (page, _):
        change(page, "3")
        page.wait_for_function(FOLLOWED)
        form = page.locator("form.try").first
        digits = replayed(built, edited(built.ledger, "token_embedding", (4, 0), 3.0))
        name, index = form.get_attribute("data-entry") or "", form.get_attribute("data-index") or ""
        right = digits.text(digits.ledger[name], tuple(map(int, index.split(","))))
        form.get_by_label("Your answer").fill(right)
        form.get_by_role("button", name="Check").click()
        expect(form.locator("output")).to_have_text("Right, to three digits.")


@ONE
def test_what_is_printed_is_the_built_page(browser: Browser, built: Built) -> None:
    with opened(browser, built.url + "forward/attention/") as (page, _):
        before = page.evaluate(ARTICLE)
        page.evaluate(STARTED)
        page.evaluate("action => e.step.act(action)", {"name": WEIGHT, "index": CELL, "to": VALUE})
        page.wait_for_function(FOLLOWED)
        changed = page.evaluate(NUMBERS)
        assert any(each["changed"] for each in changed)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(ARTICLE) == before
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        page.wait_for_function(FOLLOWED)
        assert page.evaluate(NUMBERS) == changed


@ONE
@pytest.mark.parametrize("width", [390, 820, 1440])
def test_the_bar_fits_and_covers_nothing(browser: Browser, built: Built, width: int) -> None:
    address = f"{built.url}forward/output/?do={WEIGHT}[2,3]=0.9;step=2"
    with opened(browser, address, width=width, height=844) as (page, _):
        page.wait_for_function(FOLLOWED)
        count = page.locator(".changes .count")
        expect(count).to_have_text("2 changes")
        if width < 960:
            expect(page.locator(".chips")).not_to_be_visible()
            count.click()
        expect(page.locator(".chips")).to_be_visible()
        overflow = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not overflow
        bar, title = page.locator(".changes").bounding_box(), page.locator("article h1").bounding_box()
        assert bar
        assert title
        assert bar["y"] + bar["height"] <= title["y"]


@ONE
@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1440)])
def test_axe_finds_nothing_on_a_changed_page(browser: Browser, built: Built, scheme: Any, width: int) -> None:
    address = f"{built.url}forward/output/?ask={WEIGHT}[2,3]&do={WEIGHT}[2,3]=0.9;step=2"
    with opened(browser, address, width=width, height=844, color_scheme=scheme) as (page, _):
        page.wait_for_function(FOLLOWED)
        if width < 960:
            page.locator(".changes .count").click()
        page.get_by_role("button", name="Take steps").click()
        page.add_style_tag(content=STYLE)
        page.evaluate(axe())
        assert page.evaluate(FOUND) == []
