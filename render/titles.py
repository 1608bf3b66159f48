"""What the parts of the ledger are called at the head of their pages and in the index."""

from __future__ import annotations

import re

from calc.ledger import Entry

STRETCHES = {  # the first word of a part's name: what heads its pages, and what the index calls all of them
    "backward": ("Backward", "Backward"),
    "unfolded": ("The long way", "Backward, the long way"),
    "adamw": ("AdamW", "AdamW"),
    "after": ("After the step", "After the step"),
    "facts": ("Facts", "Counts and other facts"),
    "account": ("The loss, accounted for", "The loss, accounted for"),
    "blame": ("Blame", "Blame by path"),
    "primer": ("Before you start", "Before you start"),
}
WORDS = {
    "inputs": "inputs, constants, and the parameters outside the layers",
    "qkv": "queries, keys, values",
    "multi-head": "heads joined, residual",
    "feed-forward": "feed-forward",
    "output": "output and loss",
    "ln-1": "layer norm before attention",
    "ln-2": "layer norm before the feed-forward",
    "ln-f": "the last layer norm",
    "ffn": "feed-forward",
    "gelu": "GELU",
    "gpt2": "GPT-2",
    "w-out": "the output weights",
    "one": "one weight",
    "q": "queries",
    "k": "keys",
    "v": "values",
}
REST = {"adamw": "rates", "facts": "the loss", "account": "all together", "blame": "all together"}  # parts of no tensor


def title(name: str, entry: Entry) -> str:
    """The words at the head of a part's page, of which `entry` is one."""
    head, _, rest = name.partition("-")
    lead = STRETCHES[head][0] if head in STRETCHES else ""
    if head == "adamw" and rest:
        return f"{lead}: {entry.name.removeprefix('adamw.').rpartition('.')[0]}"
    inside = re.fullmatch(r"(.*?)-?layer-(\d+)-?(.*)", rest if lead else name)
    words = filter(None, (inside[1], inside[3])) if inside else [rest if lead else name]
    layer = [f"layer {inside[2]}"] if inside else []
    plain = [WORDS.get(word, word.replace("-", " ")) for word in words if word] or [REST.get(head, "")]
    *first, last = filter(None, [lead, *layer, *plain])
    text = f"{', '.join(first)}: {last}" if first else last
    return text[0].upper() + text[1:]


def heading(name: str) -> str:
    """What the index calls the stretch of the step that a part belongs to."""
    head = name.partition("-")[0]
    return STRETCHES[head][1] if head in STRETCHES else "Forward"
