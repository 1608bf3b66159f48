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
    "SGD": "training/optimizers glossary faq",
    "L2 regularization": "training/optimizers glossary",
    "learning rate too high": "training/too-fast",
    "curvature": "training/too-fast loss-accounted",
    "BPE": "tokens/byte-pairs",
    "byte pair encoding": "tokens/byte-pairs",
    "catastrophic forgetting": "glossary writing/try-it",
    "causal mask": "forward/attention",
    "checkpoint": "training/loss-curve glossary",
    "cosine schedule": "training/loss-curve glossary",
    "chain rule": "start/derivatives",
    "cross entropy": "forward/output",
    "cross-entropy": "forward/output",
    "derivative": "start/derivatives",
    "dot product": "start/vectors",
    "embedding": "forward/embeddings",
    "entropy": "training/loss-curve writing/sampling glossary",
    "epoch": "glossary faq training/loss-curve",
    "feed-forward": "forward/feed-forward",
    "gelu": "forward/feed-forward glossary faq",
    "generation": "writing/generation glossary",
    "gradient descent": "glossary adamw",
    "gradient clipping": "training/loss-curve glossary",
    "gradient": "start/parameters backward/loss glossary",
    "greedy decoding": "writing/generation writing/sampling glossary",
    "inference": "faq glossary writing/generation",
    "initialization": "glossary faq",
    "Jacobian": "backward/loss glossary",
    "KV cache": "writing/cache",
    "kv caching": "writing/cache",
    "layer normalization": "forward/layer-norm glossary",
    "layernorm": "glossary forward/layer-norm",
    "learning rate": "glossary adamw training/loss-curve",
    "loss curve": "training/loss-curve",
    "loss mask": "training/loss-curve glossary",
    "logits": "forward/output",
    "masking": "glossary forward/attention",
    "matmul": "glossary start/matrices",
    "matrix multiplication": "start/matrices",
    "MLP": "glossary forward/feed-forward",
    "momentum": "adamw glossary",
    "multi-head attention": "forward/multi-head",
    "nats": "glossary forward/output faq",
    "normalise": "tokens/words",
    "nucleus sampling": "writing/sampling",
    "one-hot": "glossary",
    "padding": "tokens/words",
    "optimizer": "adamw glossary",
    "overfitting": "faq glossary",
    "parameters": "start/parameters",
    "perplexity": "glossary faq forward/output",
    "position embedding": "forward/embeddings",
    "positional encoding": "glossary forward/embeddings",
    "prompt": "writing/generation glossary",
    "query key value": "forward/qkv",
    "relu": "start/nonlinearity",
    "residual connection": "glossary forward/multi-head",
    "sampling": "writing/sampling glossary",
    "second step": "training/second-step",
    "self-attention": "forward/attention",
    "skip connection": "glossary forward/multi-head",
    "softmax": "start/softmax",
    "special tokens": "tokens/words",
    "subword": "tokens/byte-pairs",
    "train it yourself": "writing/try-it",
    "train in the browser": "writing/try-it",
    "temperature": "start/softmax writing/sampling",
    "token": "forward/embeddings",
    "tokenizer": "tokens/words tokens/byte-pairs",
    "top-k": "writing/sampling",
    "top-p": "writing/sampling",
    "transpose": "glossary start/matrices faq",
    "unknown word": "tokens/words",
    "vocabulary": "forward/embeddings tokens/words",
    "weight decay": "adamw",
    "warmup": "training/loss-curve",
    "word similarity": "training/embeddings",
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
