"""Blame by path: the gradient that reaches the embeddings, split by where it last joined the residual stream.

Going back, the stream's gradient passes every addition unchanged, and each branch adds its own share to it. So the
gradient at the bottom is the one at the top plus what each branch has added: each head of each layer as query, as key
and as value, and each feed-forward layer. A layer norm's backward pass is linear in the gradient, so a branch's share
can be taken back through it by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from calc.ledger import Entry, Ledger
from calc.model import Block, Forward
from calc.parameters import layer_mark

RESIDUAL, FFN = "residual", "ffn"
TAGS = {RESIDUAL: r"{\text{res}}", FFN: r"{\text{FFN}}"}
WAYS = {"q": ("Q", "w_q"), "k": ("K", "w_k"), "v": ("V", "w_v")}


def split(led: Ledger, f: Forward, weights: Mapping[str, Entry]) -> None:
    """blame.PATH.part for every path, [T D] or [H T D], their sum, and the share of each in every position's
    gradient"""
    top = f.blocks[-1].residual_2
    bottom = led[f"grad.{f.embedding.out.name}"]
    size = led.put("size", r"\lVert B \rVert^2", "T", "dot", bottom, bottom)
    with led.scope(RESIDUAL):
        straight = led.put("part", rf"B_{TAGS[RESIDUAL]}", "T D", "copy", led[f"grad.{top.name}"])
        shares = [weigh(led, straight, bottom, size, TAGS[RESIDUAL])]
    parts = [straight]
    for i, block in reversed(list(enumerate(f.blocks))):
        with led.scope(f"layers.{i}", layer_mark(i, len(f.blocks))):
            with led.scope(FFN):
                fed = led.put("part", rf"B_{TAGS[FFN]}", "T D", "copy", led[f"grad.{block.residual_1.name}.via.ln_2"])
                shares.append(weigh(led, fed, bottom, size, TAGS[FFN]))
            parts.append(fed)
            for way in WAYS:
                with led.scope(way):
                    part = heads(led, block, weights, i, way)
                    part_shares = weigh(led, part, bottom, size, WAYS[way][0])
                    parts.append(led.put("part_of_all", rf"\Sigma B_{WAYS[way][0]}", "T D", "sum", part))
                    shares.append(led.put("share_of_all", rf"\Sigma \rho_{WAYS[way][0]}", "T", "sum", part_shares))
    led.put("total", "B", "T D", "add", *parts)
    led.put("shares", r"\rho", "T", "add", *shares)


def heads(led: Ledger, block: Block, weights: Mapping[str, Entry], i: int, way: str) -> Entry:
    """What each head hands back as query, key or value -> part[H T D], where it joins the stream"""
    letter, w = WAYS[way]
    given = led[f"grad.{getattr(block.attention.qkv, f'{way}_heads').name}"].relabel("H T K")
    weight = led.put("weight", f"w_{letter}", "H D K", "split", weights[f"layers.{i}.attention.{w}"])
    back = led.put("back", f"U_{letter}", "H T D", "dot", given, weight)
    norm = block.ln_1
    g = led.put("normalized", f"g_{letter}", "H T D", "mul", back, weights[f"layers.{i}.ln_1.gamma"])
    # From here layer_norm.backward's F7 to F1, for each head by itself.
    mean = led.put("mean", rf"\overline{{g}}_{letter}", "H T", "mean", g)
    product = led.put("product", None, "H T D", "mul", g, norm.normalized)
    slope = led.put("slope", rf"\overline{{g \hat{{X}}}}_{letter}", "H T", "mean", product)
    centered = led.put("centered", None, "H T D", "sub", g, mean)
    stretch = led.put("stretch", None, "H T D", "mul", norm.normalized, slope)
    difference = led.put("difference", None, "H T D", "sub", centered, stretch)
    return led.put("part", f"B_{letter}", "H T D", "div", difference, norm.std)


def weigh(led: Ledger, part: Entry, bottom: Entry, size: Entry, tag: str) -> Entry:
    """part[.. T D] -> its share in each position's gradient [.. T]: how far it points the same way, of the whole

    The shares of all paths sum to 1; one is negative where its part points against the whole.
    """
    axes = part.axes[:-1]
    squares = led.put("squares", rf"\lVert B_{tag} \rVert^2", axes, "dot", part, part)
    led.put("norm", rf"\lVert B_{tag} \rVert", axes, "sqrt", squares)
    along = led.put("along", None, axes, "dot", part, bottom)
    return led.put("share", rf"\rho_{tag}", axes, "div", along, size)
