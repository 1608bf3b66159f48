"""The search: each concept by its usual names, among the first three pages found; and no numbers in its index."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

# What a learner types, and the pages (one of them is enough) that explain it.
EXPECTED = {
    "activation function": "glossary start/nonlinearity",
    "activation": "glossary start/parameters",
    "adamw": "adamw",
    "attention head": "forward/attention forward/multi-head",
    "backprop": "start/derivatives glossary",
    "backpropagation": "start/derivatives glossary",
    "batch": "faq glossary",
    "bias correction": "adamw",
    "causal mask": "forward/attention",
    "chain rule": "start/derivatives",
    "cross entropy": "forward/output",
    "cross-entropy": "forward/output",
    "derivative": "start/derivatives",
    "dot product": "start/vectors",
    "embedding": "forward/embeddings",
    "epoch": "glossary faq",
    "feed-forward": "forward/feed-forward",
    "gelu": "forward/feed-forward glossary faq",
    "gradient descent": "glossary adamw",
    "gradient": "start/parameters backward/loss glossary",
    "inference": "faq glossary",
    "initialization": "glossary faq",
    "Jacobian": "backward/loss glossary",
    "layer normalization": "forward/layer-norm glossary",
    "layernorm": "glossary forward/layer-norm",
    "learning rate": "glossary adamw",
    "logits": "forward/output",
    "masking": "glossary forward/attention",
    "matmul": "glossary start/matrices",
    "matrix multiplication": "start/matrices",
    "MLP": "glossary forward/feed-forward",
    "momentum": "adamw glossary",
    "multi-head attention": "forward/multi-head",
    "nats": "glossary forward/output faq",
    "one-hot": "glossary",
    "optimizer": "adamw glossary",
    "overfitting": "faq glossary",
    "parameters": "start/parameters",
    "perplexity": "glossary faq forward/output",
    "position embedding": "forward/embeddings",
    "positional encoding": "glossary forward/embeddings",
    "query key value": "forward/qkv",
    "relu": "start/nonlinearity",
    "residual connection": "glossary forward/multi-head",
    "self-attention": "forward/attention",
    "skip connection": "glossary forward/multi-head",
    "softmax": "start/softmax",
    "temperature": "start/softmax",
    "token": "forward/embeddings",
    "transpose": "glossary start/matrices faq",
    "vocabulary": "forward/embeddings",
    "weight decay": "adamw",
}
FOUND = """() => [...document.querySelectorAll(".md-search-result__item")].slice(0, 3)
    .map(item => new URL(item.querySelector("a").href).pathname)"""
NUMBERS = re.compile(r"(?:[−-]?\d+(?:\.\d+)?(?:×10\S+)?[\s,;·+=≈]+){8}")


@pytest.fixture(scope="module")
def searching(browser: Browser, url: str) -> Iterator[Page]:
    """The introduction with its search open and its index there."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(url)
    with page.expect_response("**/search_index.json"):
        page.keyboard.press("s")
    page.wait_for_selector(".md-search-result__meta:has-text('Type to start')")
    yield page
    context.close()


@pytest.mark.parametrize("query", EXPECTED)
def test_a_concept_is_found_by_its_usual_names(searching: Page, query: str) -> None:
    searching.fill(".md-search__input", "")
    searching.press(".md-search__input", "Backspace")
    searching.wait_for_function("() => !document.querySelector('.md-search-result__item')")
    searching.fill(".md-search__input", query[:-1])
    searching.press(".md-search__input", query[-1])
    searching.wait_for_function("() => !/Type to/.test(document.querySelector('.md-search-result__meta').innerText)")
    searching.wait_for_timeout(100)
    found = [path.strip("/") for path in searching.evaluate(FOUND)]
    assert set(found) & set(EXPECTED[query].split()), f"{query}: {found}"


def test_the_index_holds_words_and_no_matrices(site: Path) -> None:
    docs = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))["docs"]
    assert len(docs) > 200
    assert [doc["location"] for doc in docs if NUMBERS.search(doc["text"])] == []
    assert NUMBERS.search("0.1 −2 3 4.5 6 7 8×10⁻⁵ 9 10")
