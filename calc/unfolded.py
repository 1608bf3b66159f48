"""What the backward pass folds into closed forms, once the long way: the loss line by line, and for each kind of step
the Jacobian of one worked row with the gradient that it gives. The step itself needs none of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from calc import attention, embedding, feed_forward, gelu, layer_norm, loss, model, multi_head, output, softmax
from calc.ledger import Entry, Ledger
from calc.parameters import group
from calc.tokenizer import Tokenizer

if TYPE_CHECKING:
    from calc.config import Config


def unfold(led: Ledger, f: model.Forward, p: Mapping[str, Entry], config: Config) -> None:
    """unfolded.loss, and unfolded.KIND.jacobian and .product for each kind of step, at the configuration's worked
    cell: the product is that row (or column) of the gradient that `model.backward` left in the ledger."""
    w = config.worked
    block, at = f.blocks[w.layer], {"H": w.head, "T": w.position, "S": w.key, "K": w.channel}
    attended, fed = block.attention, block.feed_forward

    def gradient(entry: Entry) -> Entry:
        return led[f"grad.{entry.name}"]

    with led.scope("unfolded.loss"):
        seed = led.given("seed", r"\frac{\partial \mathcal{L}}{\partial \mathcal{L}}", "", 1)
        loss.backward_unfolded(led, f.loss, led["backward.loss.one_hot"], led["backward.loss.positions"], seed)
    with led.scope("unfolded.probs"):
        softmax.jacobian(led, f.loss.probs, gradient(f.loss.probs), {"T": w.position}, "p")
    with led.scope("unfolded.output"):
        word = Tokenizer.from_corpus(config.text.corpus).encode(w.token)[0]
        output.jacobian(led, f.output, p["w_out"], gradient(f.output.logits), w.position, word)
    with led.scope("unfolded.layer_norm"):
        layer_norm.jacobian(led, f.ln_f, gradient(f.ln_f.normalized), w.position)
    with led.scope("unfolded.bias"):
        feed_forward.bias_jacobian(led, gradient(fed.out), w.feature)
    with led.scope("unfolded.gelu"):
        slope = led[f"backward.layers.{w.layer}.ffn.slope"]
        slopes = gelu.jacobian(led, slope, gradient(fed.gelu.out), w.position)
    with led.scope("unfolded.residual"):
        branch = feed_forward.jacobian(led, group(p, f"layers.{w.layer}.ffn"), slopes)
        with led.scope("layer_norm"):
            normalized = gradient(block.ln_2.normalized)
            inner = layer_norm.jacobian(led, block.ln_2, normalized, w.position, r"J_{\text{ln}}")
        gamma, identity = p[f"layers.{w.layer}.ln_2.gamma"], led["unfolded.residual.layer_norm.identity"]
        model.residual_jacobian(led, branch, gamma, inner, identity, gradient(block.residual_2), w.position)
    with led.scope("unfolded.join"):
        multi_head.jacobian(led, gradient(block.multi_head.joined), w.head, w.position)
    with led.scope("unfolded"):
        parts = {name: gradient(getattr(attended, name)) for name in ("heads", "masked", "scaled", "scores")}
        attention.jacobian(led, attended, parts, at)
    with led.scope("unfolded.softmax"):
        softmax.jacobian(led, attended.weights, gradient(attended.weights), {"H": w.head, "T": w.position})
    for name, read in {"tokens": f.embedding.token_rows, "positions": f.embedding.position_rows}.items():
        with led.scope(f"unfolded.{name}"):
            table, ids = read.operands
            embedding.jacobian(led, ids, table, gradient(read), w.feature)
