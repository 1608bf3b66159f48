"""Figures, drawn as SVG from the ledger and the configuration."""

from __future__ import annotations

import itertools
from html import escape

from calc.config import Config
from calc.ledger import Entry, Ledger

WIDTH, HEIGHT, ROW, LEFT, RIGHT = 168, 34, 58, 6, 206
FORWARD = [
    ("forward/layer-norm", "Layer norm", "layers.{}.ln_1.out"),
    ("forward/qkv", "Queries, keys, values", "layers.{}.attention.q_heads"),
    ("forward/attention", "Attention", "layers.{}.attention.heads"),
    ("forward/multi-head", "Multi-head and residual", "layers.{}.residual_1"),
    ("forward/feed-forward", "Feed-forward", "layers.{}.residual_2"),
]

Edge = tuple[float, float, float, float, Entry | None]  # from, to, and the entry that flows there


def step_map(ledger: Ledger, config: Config, up: str, lit: str) -> str:
    """The whole step as a picture with links: forward up on the left, backward down on the right, AdamW below both.

    `up` leads from the page to the site's root, `lit` is the path of the page whose part is marked. Shapes stand on
    the edges.
    """
    layers = config.model.layers
    rows = 5 * layers + 3  # embeddings, five rows a layer, output, loss on top
    base = rows * ROW

    def y(row: float) -> float:
        return base - (row + 1) * ROW + (ROW - HEIGHT)

    nodes: list[tuple[str, str, str, float, float]] = []  # link, label, class, x, y
    edges: list[Edge] = []
    places: list[tuple[float, Entry | None]] = []  # on the left, bottom up: row and what leaves it

    def left(path: str, label: str, row: float, out: str) -> None:
        nodes.append((path, label, "forward", LEFT, y(row)))
        places.append((row, ledger.find(out)))

    left("forward/embeddings", "Tokens and embeddings", 0, "embedding.out")
    for layer in range(layers):
        for k, (path, label, out) in enumerate(FORWARD):
            name = f"{label}, layer {layer}" if layers > 1 and k == 0 else label
            left(path, name, 1 + 5 * layer + k, out.format(layer))
    left("forward/output", "Output and loss", rows - 2, "")
    edges += [
        (LEFT + WIDTH / 2, y(row), LEFT + WIDTH / 2, y(above) + HEIGHT, out)
        for (row, out), (above, _) in itertools.pairwise(places)
    ]

    downward = [
        ("backward/loss", "Loss", rows - 1.5, "grad.logits"),
        ("backward/output", "Output layer", rows - 2.5, _last(layers)),
    ]
    for layer in reversed(range(layers)):
        suffix = f", layer {layer}" if layers > 1 else ""
        first = 1 + 5 * layer
        downward.append(
            ("backward/feed-forward", f"Feed-forward{suffix}", first + 3.5, f"grad.layers.{layer}.residual_1")
        )
        downward.append(("backward/attention", f"Attention{suffix}", first + 1.5, _before(layer)))
    downward.append(("backward/embeddings", "Embeddings", 0, ""))
    for path, label, row, _ in downward:
        nodes.append((path, label, "backward", RIGHT, y(row)))
    for (_, _, row, out), (_, _, below, _) in itertools.pairwise(downward):
        edges.append((RIGHT + WIDTH / 2, y(row) + HEIGHT, RIGHT + WIDTH / 2, y(below), ledger.find(out)))
    middle = LEFT + WIDTH
    edges.append((middle, y(rows - 2) + HEIGHT / 2, RIGHT, y(rows - 1.5) + HEIGHT / 2, None))
    bottom = base + 18
    nodes.append(("adamw", "AdamW: every parameter", "update", (LEFT + RIGHT) / 2, bottom))
    edges.append((RIGHT + WIDTH / 2, y(0) + HEIGHT, (LEFT + RIGHT) / 2 + WIDTH / 2 + 30, bottom, None))
    return _svg(nodes, edges, up, lit, (LEFT + RIGHT + WIDTH, bottom + HEIGHT + 6))


def _last(layers: int) -> str:
    return f"grad.layers.{layers - 1}.residual_2"


def _before(layer: int) -> str:
    return f"grad.layers.{layer - 1}.residual_2" if layer else "grad.embedding.out"


def _svg(
    nodes: list[tuple[str, str, str, float, float]],
    edges: list[Edge],
    up: str,
    lit: str,
    size: tuple[float, float],
) -> str:
    title = "The step: forward from the tokens up to the loss, backward down to the embeddings, then AdamW"
    out = [
        '<figure class="step-map" data-search-exclude>'
        f'<svg viewBox="0 0 {size[0]:g} {size[1]:g}" role="img" aria-label="{title}">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>',
    ]
    for x1, y1, x2, y2, flows in edges:
        out.append(f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" marker-end="url(#tip)"/>')
        if flows:
            place = f'x="{x1 + 8:g}" y="{(y1 + y2) / 2 + 4:g}"'
            shape = " × ".join(map(str, flows.shape))
            out.append(f'<text class="edge" {place} data-entry="{flows.name}">{shape}</text>')
    for path, label, kind, x, y in nodes:
        mark = f"{kind} lit" if path == lit else kind
        out.append(
            f'<a href="{up}{path}/" class="{mark}"><rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
            f'<text x="{x + WIDTH / 2:g}" y="{y + HEIGHT / 2 + 4:g}">{escape(label)}</text></a>'
        )
    out.append("</svg></figure>")
    return "".join(out)
