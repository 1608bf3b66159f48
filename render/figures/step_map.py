"""The map of the whole step: forward up on the left, backward down on the right, the update below both.

Every box leads to the page that works it. Beside the boxes run the residual paths, on the arrows stand the shapes.
"""

from __future__ import annotations

from calc.config import Config
from calc.ledger import Ledger
from render.figures.drawing import fixed
from render.figures.pens import COLUMN, LEFT, RADIUS, RIGHT, STRIP, WIDTH, Pens
from render.figures.walk import Flow, several

BOX, SLIM, GAP = 32.0, 20.0, 26.0
# Places in an open layer, from its top. Where forward adds, backward parts; where forward parts, backward adds.
TOP_2, FFN, LN_2, LOW_2, TOP_1, MULTI, HEADS, QKV, LN_1, LOW_1, LAYER = (
    16, 32, 72, 110, 126, 142, 198, 270, 326, 374, 388,
)  # fmt: skip
HEADS_BOX = BOX + STRIP
OPEN = 2  # as many layers are drawn with all their parts; where there are more, only the worked one is


class _Map(Pens):
    """The map as it is drawn, from the top down: `y` is where the next thing goes."""

    def drawn(self) -> str:
        self.top()
        above = False
        for layer in reversed(range(self.layers)):
            opened = self.layers <= OPEN or layer == self.worked
            self.between(f"layers.{layer}.residual_2", above, opened)
            (self.open if opened else self.closed)(layer)
            above = opened
        self.between("embedding.out", above, False)
        for kind in ("forward", "backward"):
            path = f"{kind}/embeddings"
            self.link(path, [(self.y, BOX)], [(self.y + BOX / 2, self.stops[path].label)])
        self.y += BOX
        self.bottom()
        return self.figure()

    # --- parts of the step ---

    def top(self) -> None:
        """The last layer norm, the logits, the loss, and the turn."""
        y, low = self.y, self.y + BOX + GAP
        norm, out = [(y, BOX), (low, BOX)], [(y + BOX / 2, "Output and loss"), (low + BOX / 2, "layer norm")]
        self.link("forward/output", norm, out)
        self.link("backward/loss", [(y, BOX)], [(y + BOX / 2, "Loss")])
        self.link("backward/output", [(low, BOX)], [(low + BOX / 2, "Output, layer norm")])
        self.parts.append(f'<path class="arrow" d="M{fixed(LEFT + COLUMN)} {fixed(y + BOX / 2)}H{fixed(RIGHT)}"/>')
        self.arrow("forward", low, y + BOX, "ln_f.out")
        self.arrow("backward", y + BOX, low, "grad.logits")
        self.y = low + BOX

    def between(self, name: str, above: bool, below: bool) -> None:
        """What flows between two parts, up, and its gradient, down. Into an open layer the line goes on."""
        self.arrow("forward", self.y + GAP, self.y, name, tip=not above)
        self.arrow("backward", self.y, self.y + GAP, f"grad.{name}", tip=not below)
        self.y += GAP

    def open(self, layer: int) -> None:
        """A layer with all its parts."""
        y, own = self.y, f"layers.{layer}."
        self.block(layer, LAYER)
        for low, high in ((LOW_2, TOP_2), (LOW_1, TOP_1)):
            self.residual("forward", y + low, y + high)
            self.residual("backward", y + high, y + low)
        for kind, *ends, name in (
            ("forward", LAYER, LN_1 + BOX, ""),
            ("forward", LN_1, QKV + BOX, f"{own}ln_1.out"),
            ("forward", QKV, HEADS + HEADS_BOX, f"{own}attention.q_heads"),
            ("forward", HEADS, MULTI + BOX, f"{own}attention.heads"),
            ("forward", MULTI, TOP_1 + RADIUS, ""),
            ("forward", TOP_1 - RADIUS, LN_2 + SLIM, f"{own}residual_1"),
            ("forward", LN_2, FFN + BOX, ""),
            ("forward", FFN, TOP_2 + RADIUS, ""),
            ("forward", TOP_2 - RADIUS, 0, ""),
            ("backward", 0, FFN, ""),
            ("backward", LN_2 + SLIM, LOW_2 - RADIUS, ""),
            ("backward", LOW_2 + RADIUS, MULTI, f"grad.{own}residual_1"),
            ("backward", LN_1 + BOX, LOW_1 - RADIUS, ""),
            ("backward", LOW_1 + RADIUS, LAYER, ""),
        ):
            start, end = (y + float(e) for e in ends)
            self.arrow(str(kind), start, end, str(name), tip=end not in (self.y, self.y + LAYER))
        heads = "one head" if self.heads == 1 else f"{self.heads} heads"
        for path, boxes, words in (
            ("forward/layer-norm", [(LN_1, BOX)], [(LN_1 + BOX / 2, "Layer norm")]),
            ("forward/qkv", [(QKV, BOX)], [(QKV + BOX / 2, "Queries, keys, values")]),
            ("forward/attention", [(HEADS, HEADS_BOX)], [(HEADS + BOX / 2 - 2, f"Attention, {heads}")]),
            ("forward/multi-head", [(MULTI, BOX)], [(MULTI + BOX / 2, "Multi-head, residual")]),
            ("forward/feed-forward", [(FFN, BOX), (LN_2, SLIM)],
             [(FFN + BOX / 2, "Feed-forward"), (LN_2 + SLIM / 2, "layer norm")]),
            ("backward/feed-forward", [(FFN, LN_2 + SLIM - FFN)],
             [(FFN + BOX / 2, "Feed-forward"), (LN_2 + SLIM / 2, "layer norm")]),
            ("backward/attention", [(MULTI, LN_1 + BOX - MULTI)],
             [(MULTI + BOX / 2, "Attention"), (MULTI + BOX, "multi-head"), (HEADS + BOX / 2 - 2, heads),
              (QKV + BOX / 2, "queries, keys, values"), (LN_1 + BOX / 2, "layer norm")]),
        ):  # fmt: skip
            self.link(path, [(y + t, h) for t, h in boxes], [(y + at, word) for at, word in words], layer)
        for kind in ("forward", "backward"):
            self.strips(kind, y + HEADS + BOX - 3)
        self.y += LAYER

    def closed(self, layer: int) -> None:
        """A layer of many, in one box a direction: its parts are those of the open one."""
        for kind, path in (("forward", "layer-norm"), ("backward", "feed-forward")):
            words = [(self.y + BOX / 2, f"Layer {layer}: same parts")]
            self.link(f"{kind}/{path}", [(self.y, BOX)], words, layer)
        self.y += BOX

    def bottom(self) -> None:
        """The text below, and the update."""
        self.arrow(
            "forward",
            self.y + GAP,
            self.y,
            "inputs.tokens",
            words=several(Flow("token ids", self.ledger["inputs.tokens"])),
        )
        self.arrow("backward", self.y, self.y + GAP + 14, "grad.token_embedding")
        y = self.y + GAP + 14
        self.link("adamw", [(y, BOX)], [(y + BOX / 2, "AdamW: the parameters move")], width=WIDTH - 2 * LEFT)
        y += BOX
        width = (WIDTH - 2 * LEFT - 16) / 3
        for i, path in enumerate(("loss-accounted", "blame", "summary")):
            x = LEFT + i * (width + 8)
            self.parts.append(f'<path class="arrow" d="M{fixed(x + width / 2)} {fixed(y)}v14"/>')
            words = [(y + 14 + BOX / 2, self.stops[path].short)]
            self.link(path, [(y + 14, BOX)], words, width=width, x=x)
        self.y = y + 14 + BOX

    def figure(self) -> str:
        title = "The step: forward from the tokens up to the loss, backward down to the embeddings, then the update"
        tip = (
            '<defs><marker id="step-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" '
            'orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>'
        )
        size = self.ledger.sizes
        positions, heads = _several(size["T"], "position"), _several(self.heads, "head")
        features, channels = _several(size["D"], "feature"), _several(size["K"], "channel")
        tokens = _several(size["V"], "token")
        words = (
            f"Every box leads to its page. On the arrows stand the shapes of what flows there: {positions} × "
            f"{features}, {heads} × {positions} × {channels}, {positions} × {tokens}, or {tokens} × {features}. "
            "At each ⊕ the residual path, which runs beside the boxes, is added."
        )
        return (
            f'<nav class="step-map" aria-label="{title}">'
            f'<svg viewBox="0 0 {fixed(WIDTH)} {fixed(self.y + 4)}">{tip}{"".join(self.parts)}</svg>'
            f"<p>{words}</p></nav>"
        )


def _several(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def step_map(ledger: Ledger, config: Config, up: str, lit: str) -> str:
    """The map's fence. `up` leads from the page to the site's root, `lit` is the path of the page that is marked."""
    return f"~~~picture\n{_Map(ledger, config, up, lit).drawn()}\n~~~"
