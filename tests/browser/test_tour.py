"""From a number along the largest contributions, and to the numbers of other runs."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.conftest import STARTED, Built
from tests.browser.test_ask import shown
from tests.browser.test_pages import address, opened

START = "grad.layers.0.attention.w_q[0,0]"
ALONG = "end.slope"


def test_operands_lead_from_a_gradient_to_the_words(browser: Browser, built: Built) -> None:
    """The shortest way by operands alone, each asked by its button in the panel."""
    ways, seen = [[built.ledger["grad.layers.0.attention.w_q"]]], set()
    while ways[0][-1].name != "inputs.tokens":
        way = ways.pop(0)
        ways += [[*way, operand] for operand in way[-1].operands if operand.name not in seen]
        seen |= {operand.name for operand in way[-1].operands}
    with opened(browser, f"{built.url}backward/attention/?ask={START}") as (page, wrong):
        shown(page, START)
        for entry in ways[0][1:]:
            page.locator(".explorer .answer section").first.locator(f'[data-ask^="{entry.name}["]').first.click()
            page.wait_for_function(
                "name => document.querySelector('.explorer h2').textContent.startsWith(name)", arg=f"{entry.name}["
            )
        assert page.locator(".explorer .value .token").inner_text() in built.config.text.sentence.split()
        assert wrong == []


def test_a_tour_leads_from_a_gradient_to_the_words_and_to_the_new_weight(browser: Browser, built: Built) -> None:
    with opened(browser, f"{built.url}backward/attention/?ask={START}") as (page, wrong):
        shown(page, START)
        page.get_by_role("button", name="Follow it").click()
        tour = page.locator("section.tour")
        addresses = tour.locator("li [data-ask]").evaluate_all("all => all.map(e => e.dataset.ask)")
        assert addresses[0].startswith("token_embedding[")
        assert addresses[-1] == "adamw.layers.0.attention.w_q.new[0,0]"
        at = addresses.index(START)
        expect(tour.locator("li[aria-current] [data-ask]")).to_have_attribute("data-ask", START)
        for number in addresses[at + 1 :]:
            page.get_by_role("button", name="The next number of the tour").click()
            shown(page, number)
        expect(page.get_by_role("button", name="The next number of the tour")).to_be_disabled()
        page.get_by_role("button", name="The number before on the tour").click()
        shown(page, addresses[-2])
        page.get_by_role("button", name="Leave the tour").click()
        expect(page.get_by_role("button", name="Follow it")).to_be_visible()
        assert wrong == []


def test_numbers_of_other_runs_lead_on_within_their_run_and_follow_a_change(browser: Browser, built: Built) -> None:
    along = f"{built.url}loss-accounted/?ask=along:{ALONG}"
    with opened(browser, along) as (page, wrong):
        program = page.request.get(f"{built.url}data/along.program.json").json()
        operand = program["names"][program["operands"][program["names"].index(ALONG)][0]]
        shown(page, f"along:{ALONG}")
        value = page.locator(".explorer .value")
        before = value.inner_text()
        page.locator(f'.explorer [data-ask="along:{operand}"]').first.click()
        shown(page, f"along:{operand}")
        page.get_by_role("button", name="Back to the number before").click()
        expect(value).to_have_text(before)
        page.evaluate(STARTED)
        page.evaluate("e.step.act({ name: 'w_out', index: [0, 0], to: 1 })")
        expect(value).not_to_have_text(before)
        after = value.inner_text()
        assert wrong == []
    with opened(browser, f"{along}&do=w_out[0,0]=1") as (page, wrong):
        expect(page.locator(".explorer .value")).to_have_text(after)
        assert wrong == []
    with opened(browser, f"{built.url}how-you-would-know/?ask=mutant_none:no.such") as (page, wrong):
        expect(page.locator(".explorer .body")).to_contain_text("The run mutant_none has no number no.such.")
        assert wrong == []


def test_a_count_of_the_byte_pairs_leads_to_the_words_that_it_was_counted_in(browser: Browser, url: str) -> None:
    with opened(browser, address(url, "tokens/byte-pairs.md")) as (page, wrong):
        page.locator('td [data-ref="rounds.0.counts"][data-index="5"]').first.click()
        shown(page, "bpe:rounds.0.counts[5]")
        expect(page.locator(".explorer .lead")).to_contain_text("pair 5·a t")
        page.locator('.explorer [data-ask^="bpe:rounds.0.times["]').first.click()
        shown(page, "bpe:rounds.0.times[5]")
        expect(page.locator(".explorer .body")).to_contain_text("1·cat")
        page.locator('.explorer [data-ask="bpe:corpus.counts[1]"]').first.click()
        shown(page, "bpe:corpus.counts[1]")
        page.locator('.explorer [data-ask^="bpe:corpus.ones["]').first.click()
        page.locator('.explorer [data-ask="bpe:corpus.one"]').first.click()
        expect(page.locator(".explorer .body")).to_contain_text("Each word of the corpus counts once.")
        assert wrong == []
