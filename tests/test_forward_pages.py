"""The forward pages as a whole: their parts in order, and every matrix product in full with both operands in reach."""

from __future__ import annotations

import re
from functools import cache

import pytest

from render.page import Page
from render.pages import Site
from tests.configurations import computed

STAGES = {
    "embeddings": "embeddings", "layer-norm": "layer_norm", "qkv": "qkv", "attention": "attention",
    "multi-head": "multi_head", "feed-forward": "feed_forward", "output": "output",
}  # fmt: skip
ORDER = ["Checks", "What to notice", "The code that ran", "Try it"]
CONFIGURATIONS = ["default", "one word", "four layers"]


@cache
def markdown(name: str, page: str) -> str:
    config, ledger = computed(name)
    return Site(ledger, config).page(f"forward/{page}.md")


def order_faults(text: str) -> list[str]:
    """What is missing from a page's anatomy, or out of its order."""
    headings = re.findall(r"^## (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    faults = [] if headings[-len(ORDER) :] == ORDER else [f"ends with {headings[-len(ORDER) :]}"]
    first = {what: text.find(what) for what in ("aria-label=", "The worked cell on this page", "| symbol |", "\n## ")}
    if -1 in first.values() or list(first.values()) != sorted(first.values()):
        faults.append(f"begins with {sorted(first, key=lambda what: first[what])}")
    return faults if "Next: " in text.split("## Try it")[-1] else [*faults, "does not say what comes next"]


@pytest.mark.parametrize("page", STAGES)
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_parts_of_a_page_are_there_in_order(name: str, page: str) -> None:
    assert not order_faults(markdown(name, page))


def test_a_part_out_of_order_is_found() -> None:
    text = markdown("default", "qkv")
    assert order_faults(text.replace("## Checks", "## Other"))
    assert order_faults(text.replace("Next: ", "Then: "))
    table = text.index("| symbol |")
    assert order_faults("| symbol |\n" + text[:table] + text[table:].replace("| symbol |", ""))


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_product_is_worked_with_its_operands_in_reach(name: str) -> None:
    config, ledger = computed(name)
    here = Page(Site(ledger, config), "forward/qkv.md")
    products = 0
    for page, stage in STAGES.items():
        text = markdown(name, page)
        for entry in ledger:
            other = re.search(r"layers\.(\d+)\.", entry.name)
            if entry.op != "dot" or entry.stage != stage or (other and int(other[1]) != here.layer):
                continue
            products += 1
            assert f"\nr = {entry.name}\n" in text, f"{page}: {entry.name} has no worked cell"
            for operand in entry.operands:
                linked = re.search(rf"#{re.escape(operand.name)}\)", text)
                assert linked, f"{page}: nothing leads to {operand.name}, of which {entry.name} is made"
    assert products == 9
