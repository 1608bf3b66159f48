"""The small map under a page's title: the whole step in three rows, this page's part lit, and what flows through it.

Plain HTML, so that its words keep their size and wrap on a phone: forward from left to right, backward below it from
right to left, each part under the one that it undoes, then the update.
"""

from __future__ import annotations

from html import escape

from calc.config import Config
from calc.ledger import Ledger
from render.figures.walk import SHY, Flow, Stop, several, shape, spoken, walk

ROWS = {"forward": 1, "backward": 2, "update": 3}


def here(ledger: Ledger, config: Config, up: str, path: str) -> str:
    """The fence of the small map for the page at `path` (no ending); `up` leads to the site's root.

    Raises ValueError where the page is not on the walk.
    """
    stops, layers = walk(ledger, config), config.model.layers
    at = next((i for i, stop in enumerate(stops) if stop.path == path), None)
    if at is None:
        raise ValueError(f"here(): {path} is none of {', '.join(stop.path for stop in stops)}")
    lit = stops[at]
    boxes = "".join(_box(stop, up, layers, stop is lit) for stop in stops)
    name = f"layer {config.worked.layer} of {layers}" if layers > 1 else "one layer"
    block = f'<span class="block{" several" * (layers > 1)}">{name}</span>'
    beside = {"prev": stops[at - 1 : at], "next": stops[at + 1 : at + 2]}  # empty at the walk's ends
    steps = "".join(
        f'<a rel="{rel}" href="{up}{stop.path}/">{escape(stop.label)}</a>'
        for rel, one in beside.items()
        for stop in one
    )
    title = f'<p class="at"><span><b>You are here:</b> {spoken(lit, layers)}</span>{steps}</p>'
    html = (
        f'<nav class="here {lit.kind}" aria-label="Where this page stands in the step">{title}'
        f'<div class="track">{block}{boxes}</div>{_flows(lit)}</nav>'
    )
    return f"~~~picture\n{html}\n~~~"


def _box(stop: Stop, up: str, layers: int, lit: bool) -> str:
    first, end = stop.columns
    name, seen = spoken(stop, layers), stop.short.replace(SHY, "")
    if seen.lower() not in name.lower():  # who speaks what they see must be understood
        name = f"{seen}: {name}"
    mark = ' aria-current="page"' if lit else ""
    return (
        f'<a class="{stop.kind}" href="{up}{stop.path}/" aria-label="{escape(name)}"{mark} '
        f'style="grid-area:{ROWS[stop.kind]}/{first}/auto/{end}">{_breakable(stop.short)}</a>'
    )


def _breakable(short: str) -> str:
    """The soft hyphen drawn by the style sheet, so that the text is the bare word to those who search or listen."""
    return escape(short).replace(SHY, '<i class="shy"></i>')


def _flows(stop: Stop) -> str:
    """What flows in and out, with names and shapes."""
    parts = [
        f"<span>{word}: {', '.join(map(_flow, flows))}</span>"
        for word, flows in (("In", stop.enters), ("Out", stop.leaves))
        if flows
    ]
    return f'<p class="flow">{" ".join(parts)}</p>'


def _flow(flow: Flow) -> str:
    if flow.entry is None:
        return f"<span>{escape(flow.word)}</span>"
    words = f"{flow.word} {shape(flow.entry)}".strip() if len(flow.entry.shape) != 1 else several(flow)
    return f'<span data-entry="{flow.entry.name}">{escape(words)}</span>'
