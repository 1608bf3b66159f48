"""The walk through the step: its pages in order, and the entries that flow into and out of each part.

Both maps are drawn from it, the whole one and the small one under a page's title.
"""

from __future__ import annotations

from typing import NamedTuple

from calc.config import Config
from calc.ledger import Entry, Ledger

SHY = "\u00ad"  # where a phone may break a word


class Flow(NamedTuple):
    """What flows along an edge: how a reader calls it, and the entry that it is, where it is one."""

    word: str
    entry: Entry | None = None


class Stop(NamedTuple):
    """One page of the walk."""

    path: str
    label: str  # the page's name in the navigation
    short: str  # what a narrow box shows of it
    kind: str  # forward, backward or update
    columns: tuple[int, int]  # where it stands in the small map: first column, and the one after its last
    layer: int | None  # the worked layer, where the part belongs to one
    enters: list[Flow]
    leaves: list[Flow]


def spoken(stop: Stop, layers: int) -> str:
    """The part in words: Attention, forward, layer 0 of 2."""
    kind = stop.kind if stop.path != "summary" else ""
    where = f"layer {stop.layer} of {layers}" if stop.layer is not None and layers > 1 else ""
    return ", ".join(filter(None, (stop.label, kind, where)))


def shape(entry: Entry) -> str:
    """6 × 16; nothing for a single number."""
    return " × ".join(map(str, entry.shape))


def several(flow: Flow) -> str:
    """A list of things in words: 6 token ids, 1 token id."""
    assert flow.entry is not None
    (number,) = flow.entry.shape
    return f"{number} {flow.word.removesuffix('s') if number == 1 else flow.word}"


def before(layer: int) -> str:
    """The name of what flows into a layer."""
    return f"layers.{layer - 1}.residual_2" if layer else "embedding.out"


def walk(ledger: Ledger, config: Config) -> list[Stop]:
    """The pages of the walk in order. Where there are several layers, the parts are those of the worked one."""
    layer, last = config.worked.layer, config.model.layers - 1

    def flow(word: str, name: str) -> Flow:
        return Flow(word, ledger[name.format(layer)])

    def gradient(word: str, name: str) -> Flow:
        return flow(f"gradient of the {word}", f"grad.{name}")

    into, stream = before(layer), "residual stream"
    enters_layer = flow("embeddings" if layer == 0 else stream, into)
    heads = [flow(word, f"layers.{{}}.attention.{word[0]}_heads") for word in ("queries", "keys", "values")]
    mixed = flow("heads' outputs", "layers.{}.attention.heads")
    middle, end = flow(stream, "layers.{}.residual_1"), flow(stream, "layers.{}.residual_2")
    normal = flow("normalized rows", "layers.{}.ln_1.out")
    top, loss = f"layers.{last}.residual_2", flow("loss", "loss")
    first = [gradient("embeddings" if layer == 0 else stream, into)]
    return [
        Stop("forward/embeddings", "Tokens and embeddings", f"Embed{SHY}dings", "forward", (1, 2), None,
             [flow("token ids", "inputs.tokens")], [flow("embeddings", "embedding.out")]),
        Stop("forward/layer-norm", "Layer norm", "Layer norm", "forward", (2, 3), layer, [enters_layer], [normal]),
        Stop("forward/qkv", "Queries, keys, values", "QKV", "forward", (3, 4), layer, [normal], heads),
        Stop("forward/attention", "Attention", f"Atten{SHY}tion", "forward", (4, 5), layer, heads, [mixed]),
        Stop("forward/multi-head", "Multi-head and residual", "Multi-head", "forward", (5, 6), layer,
             [mixed, enters_layer], [middle]),
        Stop("forward/feed-forward", "Feed-forward", "Feed-forward", "forward", (6, 7), layer, [middle], [end]),
        Stop("forward/output", "Output and loss", "Output and loss", "forward", (7, 9), None,
             [flow(stream, top)], [flow("logits", "logits"), loss]),
        Stop("backward/loss", "Loss", "Loss", "backward", (8, 9), None,
             [flow("probabilities", "output.probs")], [gradient("logits", "logits")]),
        Stop("backward/output", "Output layer", "Output", "backward", (7, 8), None,
             [gradient("logits", "logits")], [gradient(stream, top)]),
        Stop("backward/feed-forward", "Feed-forward and layer norm", "Feed-forward", "backward", (6, 7), layer,
             [gradient(stream, "layers.{}.residual_2")], [gradient(stream, "layers.{}.residual_1")]),
        Stop("backward/attention", "Attention", f"Atten{SHY}tion", "backward", (2, 6), layer,
             [gradient(stream, "layers.{}.residual_1")], first),
        Stop("backward/embeddings", "Embeddings", f"Embed{SHY}dings", "backward", (1, 2), None,
             [gradient("embeddings", "embedding.out")],
             [gradient("token table", "token_embedding"), gradient("position table", "position_embedding")]),
        Stop("adamw", "AdamW", "AdamW", "update", (1, 3), None,
             [Flow("every parameter"), Flow("every gradient")], [Flow("every parameter, moved")]),
        Stop("loss-accounted", "The loss, accounted for", "Loss, accounted", "update", (3, 5), None,
             [Flow("every gradient"), Flow("every move")], [Flow("each tensor's share in the change of the loss")]),
        Stop("blame", "Blame by path", "Blame by path", "update", (5, 7), None,
             [gradient("embeddings", "embedding.out")], [Flow("its parts, one for each path")]),
        Stop("summary", "Summary", "Summary", "update", (7, 9), None,
             [loss], [flow("loss after the step", "after.loss")]),
    ]  # fmt: skip
