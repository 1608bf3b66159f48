"""The model: GPT-2's block, stacked. Embedding, then per layer attention and feed-forward, each behind a layer norm
and added to the residual stream; a last layer norm, logits, loss (Radford et al., 2019, section 2.3). Backward right
below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import NamedTuple, Protocol

from calc import attention, embedding, feed_forward, layer_norm, loss, multi_head, output, qkv
from calc.kv_cache import Past
from calc.ledger import Entry, Tape
from calc.parameters import group, layer_mark


class Inputs(NamedTuple):
    """What the model reads besides its parameters: ids, and the constants of its formulas."""

    tokens: Entry
    positions: Entry
    targets: Entry
    ln_eps: Entry
    head_width: Entry
    root_2: Entry
    root_2pi: Entry
    mask: Entry | None = None  # 1 at words, 0 at padding, which stands behind them: no word attends to it


class Reading(NamedTuple):
    """What the model reads where it only predicts: Inputs without targets."""

    tokens: Entry
    positions: Entry
    ln_eps: Entry
    head_width: Entry
    root_2: Entry
    root_2pi: Entry


class Projections(Protocol):
    """What gives a layer its queries, keys and values: calc/qkv.py, or a layer's part of the KV cache."""

    def forward(self, led: Tape, x: Entry, p: SimpleNamespace) -> qkv.QKV: ...


class Block(NamedTuple):
    x: Entry
    ln_1: layer_norm.LayerNorm
    attention: attention.Attention
    multi_head: multi_head.MultiHead
    residual_1: Entry
    ln_2: layer_norm.LayerNorm
    feed_forward: feed_forward.FeedForward
    residual_2: Entry


class Prediction(NamedTuple):
    embedding: embedding.Embedding
    blocks: list[Block]
    ln_f: layer_norm.LayerNorm
    output: output.Output


class Forward(NamedTuple):
    embedding: embedding.Embedding
    blocks: list[Block]
    ln_f: layer_norm.LayerNorm
    output: output.Output
    loss: loss.Loss


def forward(led: Tape, parameters: Mapping[str, Entry], inputs: Inputs, layers: int) -> Forward:
    """tokens[T], targets[T] -> loss, with everything on the way"""
    predicted = predict(led, parameters, inputs, layers)
    with led.stage("output"):
        losses = loss.forward(led, predicted.output.logits, inputs.targets, inputs.mask)
    return Forward(*predicted, losses)


def predict(
    led: Tape, parameters: Mapping[str, Entry], inputs: Inputs | Reading, layers: int, cache: Sequence[Past] = ()
) -> Prediction:
    """tokens[T] -> logits[T V], with everything on the way. With a `cache`, a part for each layer, the tokens are
    those after the ones in it."""
    p = parameters
    with led.stage("embeddings"), led.scope("embedding"):
        embedded = embedding.forward(
            led, inputs.tokens, inputs.positions, p["token_embedding"], p["position_embedding"]
        )
    x, blocks = embedded.out, []
    for i in range(layers):
        projections: Projections = cache[i] if cache else qkv
        with led.scope(f"layers.{i}"):
            blocks.append(block_forward(led, x, p, inputs, i, layer_mark(i, layers), projections))
        x = blocks[-1].residual_2
    with led.stage("output"):
        with led.scope("ln_f"):
            ln_f = layer_norm.forward(led, x, group(p, "ln_f"), inputs.ln_eps, "f")
        out = output.forward(led, ln_f.out, p["w_out"])
    return Prediction(embedded, blocks, ln_f, out)


def block_forward(
    led: Tape,
    x: Entry,
    p: Mapping[str, Entry],
    inputs: Inputs | Reading,
    i: int,
    mark: str,
    qkv: Projections = qkv,
) -> Block:
    """x[T D] -> residual_2[T D]. With a KV cache, `qkv` is the layer's part of it."""
    heads = group(p, f"layers.{i}.attention")
    with led.stage("layer_norm"), led.scope("ln_1", mark):
        ln_1 = layer_norm.forward(led, x, group(p, f"layers.{i}.ln_1"), inputs.ln_eps, "1")  # F1
    with led.scope("attention", mark):
        with led.stage("qkv"):
            projections = qkv.forward(led, ln_1.out, heads)  # F2
        with led.stage("attention"):
            attended = attention.forward(led, projections, inputs.head_width)  # F3
        with led.stage("multi_head"):
            joined = multi_head.forward(led, attended.heads, heads)  # F4
    with led.stage("multi_head"):
        residual_1 = led.put("residual_1", f"R_{{{i}}}", "T D", "add", x, joined.out)  # F5
    with led.stage("feed_forward"):
        with led.scope("ln_2", mark):
            ln_2 = layer_norm.forward(led, residual_1, group(p, f"layers.{i}.ln_2"), inputs.ln_eps, "2")  # F6
        with led.scope("ffn", mark):
            fed = feed_forward.forward(led, ln_2.out, group(p, f"layers.{i}.ffn"), inputs.root_2)  # F7
        residual_2 = led.put("residual_2", f"X_{{{i + 1}}}", "T D", "add", residual_1, fed.out)  # F8
    return Block(x, ln_1, attended, joined, residual_1, ln_2, fed, residual_2)


def backward(led: Tape, f: Forward, parameters: Mapping[str, Entry], inputs: Inputs) -> dict[str, Entry]:
    """The gradient of the loss with respect to every parameter, by the parameter's name"""
    p, gradients = parameters, dict[str, Entry]()
    with led.stage("backward"):
        with led.stage("loss"), led.scope("backward.loss"):
            dlogits = loss.backward(led, f.loss)
        with led.stage("output"), led.scope("backward.ln_f"):
            dnormed, gradients["w_out"] = output.backward(led, f.output, p["w_out"], dlogits)
            dx, found = layer_norm.backward(led, f.ln_f, group(p, "ln_f"), dnormed)
            gradients |= {f"ln_f.{name}": gradient for name, gradient in found.items()}
        for i, block in reversed(list(enumerate(f.blocks))):
            with led.scope(f"backward.layers.{i}", layer_mark(i, len(f.blocks))):
                dx, found = block_backward(led, block, p, inputs, i, dx)
            gradients |= {f"layers.{i}.{name}": gradient for name, gradient in found.items()}
        with led.stage("embeddings"):
            gradients |= embedding.backward(led, f.embedding, p["token_embedding"], p["position_embedding"], dx)
    return {name: gradients[name] for name in p}


def block_backward(
    led: Tape, f: Block, p: Mapping[str, Entry], inputs: Inputs, i: int, dresidual_2: Entry
) -> tuple[Entry, dict[str, Entry]]:
    """dresidual_2[T D] -> dx[T D] and the gradients of the layer's parameters"""
    gradients: dict[str, Entry] = {}

    def keep(part: str, found: dict[str, Entry]) -> None:
        gradients.update({f"{part}.{name}": gradient for name, gradient in found.items()})

    with led.stage("feed_forward"):
        dfed = led.grad(f.feed_forward.out, "copy", dresidual_2)  # F8
        straight = led.grad(f.residual_1, "copy", dresidual_2, via="residual_2")  # F8
        with led.scope("ffn"):
            dnormed, found = feed_forward.backward(
                led, f.feed_forward, group(p, f"layers.{i}.ffn"), inputs.root_2pi, dfed
            )  # F7
            keep("ffn", found)
        with led.scope("ln_2"):
            normed, found = layer_norm.backward(led, f.ln_2, group(p, f"layers.{i}.ln_2"), dnormed, "ln_2")  # F6
            keep("ln_2", found)
        dresidual_1 = led.grad(f.residual_1, "add", straight, normed)  # F8 and F6 meet
    with led.stage("attention"):
        heads = group(p, f"layers.{i}.attention")
        dout = led.grad(f.multi_head.out, "copy", dresidual_1)  # F5
        straight = led.grad(f.x, "copy", dresidual_1, via="residual_1")  # F5
        with led.scope("attention"):
            dheads, found = multi_head.backward(led, f.multi_head, heads, dout)  # F4
            keep("attention", found)
            dq, dk, dv = attention.backward(led, f.attention, dheads)  # F3
            dnormed, found = qkv.backward(led, f.attention.qkv, heads, dq, dk, dv)  # F2
            keep("attention", found)
        with led.scope("ln_1"):
            normed, found = layer_norm.backward(led, f.ln_1, group(p, f"layers.{i}.ln_1"), dnormed, "ln_1")  # F1
            keep("ln_1", found)
        dx = led.grad(f.x, "add", straight, normed)  # F5 and F1 meet
    return dx, gradients


def residual_jacobian(
    led: Tape, fed: Entry, gamma: Entry, inner: Entry, identity: Entry, dresidual_2: Entry, position: int
) -> None:
    """One row's Jacobian dresidual_2[D] / dresidual_1[D'], all of F6 to F8 in one table: the identity, which is the
    straight way, plus the branch. `fed` is F7's Jacobian, `gamma` the gains and `inner` the normalization's Jacobian of
    F6. The row of dresidual_2 times it is that row of dresidual_1, both ways together."""
    gained = led.put("gained", None, "D D'", "mul", fed, gamma.relabel("D'"))
    through = r"J_{\text{branch}}"
    branch = led.put("branch", through, "D D'", "dot", gained.relabel("D D''"), inner.relabel("D'' D'"))
    jacobian = led.put("jacobian", "J", "D D'", "add", identity, branch)
    symbol = r"\frac{\partial \mathcal{L}}{\partial y}"
    row = led.put("gradient", symbol, "D", "select", dresidual_2, at={"T": position})
    led.put("product", None, "D'", "dot", row, jacobian)
