"""Where an entry stands in the reference: one page for each part of the ledger, an anchor for each entry.

A part follows from the entry's name and stage alone, and a layer has parts of its own, so that an address stays what it
is when the number of layers changes: `ledger/layer-0-attention/#layers.0.attention.scores`.
"""

from __future__ import annotations

import re

from calc.ledger import Entry, Ledger

FOLDER = "ledger"
_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.(.*)")
_NORM = re.compile(r"ln_\d")
_QKV = {f"{kind}{way}{heads}" for way in "qkv" for kind, heads in (("", ""), ("", "_heads"), ("w_", ""))}
_OUTSIDE = {"attention": "embeddings"}  # of a layer's backward pass: what arrives at the embeddings


def address(entry: Entry) -> str:
    """The entry's place from the site's root, as Markdown links to it."""
    return f"{FOLDER}/{part(entry)}.md#{entry.name}"


def part(entry: Entry) -> str:
    """The name of the page that holds the entry: `layer-0-attention`, `backward-output`, `adamw-w-out`."""
    head, *rest = entry.stage.split(".")
    found = _LAYER.search(entry.name)
    layer = f"layer-{found[1]}" if found else ""
    match head:
        case "inputs":
            words = [layer, "parameters"] if layer else ["inputs"]
        case "backward":
            words = ["backward", layer, _module(found[2], rest[0]) if found else _OUTSIDE.get(rest[0], rest[0])]
        case "unfolded":
            words = ["unfolded", entry.name.split(".")[1] if entry.name.startswith("unfolded.") else "loss"]
        case "adamw":
            words = ["adamw", layer, *_parameter(entry.name)]
        case "facts":
            words = [head, *entry.name.split(".")[1:-1][:1], layer]
        case "account" | "blame" | "primer":
            inside = found[2] if found else entry.name.removeprefix(f"{head}.")
            words = [head, layer, *inside.split(".")[:-1][:1]]
        case _ if rest:  # after.attention
            words = [head, layer, *rest]
        case _:
            words = [layer, head]
    return "-".join(filter(None, words)).replace("_", "-")


def layer_of(entry: Entry) -> int | None:
    """The layer that the entry's name names first, if any."""
    found = _LAYER.search(entry.name)
    return int(found[1]) if found else None


def in_layer(ledger: Ledger, entry: Entry, layer: int) -> Entry | None:
    """The same entry of another layer, if it has one."""
    found = _LAYER.search(entry.name)
    return ledger.find(f"{entry.name[: found.start(1)]}{layer}{entry.name[found.end(1) :]}") if found else None


def _module(inside: str, stage: str) -> str:
    """Where in its layer a backward entry belongs: layer norms and queries, keys and values have parts of their own."""
    first, _, rest = inside.partition(".")
    if _NORM.fullmatch(first):
        return first
    if first == "attention" and rest in _QKV:
        return "qkv"
    return "feed_forward" if first == "residual_2" else stage


def _parameter(name: str) -> list[str]:
    """The parameter that an entry of AdamW belongs to, without its layer; nothing for the rates, which all share."""
    words = name.split(".")[1:-1]
    return words[2:] if words[:1] == ["layers"] else words
