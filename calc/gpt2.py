"""GPT-2's smallest model as it was published, to be named beside this one: sizes from the released weights
(Radford et al., 2019, "Language Models are Unsupervised Multitask Learners"; hparams.json of its 124M model)."""

from __future__ import annotations

import math
from functools import cache

from calc.ledger import Entry, Ledger
from calc.operations import letters
from calc.parameters import layout

LAYERS = 12
SIZES = {"V": 50257, "P": 1024, "D": 768, "H": 12, "K": 64, "C": 768, "F": 3072}
NAMES = {
    "vocabulary": "V", "positions": "P", "d_model": "D", "heads": "H", "head_width": "K", "d_ff": "F",
}  # fmt: skip
BIASES = {"q": "C", "k": "C", "v": "C", "o": "D"}  # its attention has a bias behind each of its four matrices


@cache
def tensors() -> dict[str, int]:
    """The numbers in each of its tensors, by this model's names. Its output layer is the token table, read again."""
    counts = {
        parameter.name: math.prod(SIZES[letter] for letter in letters(parameter.axes))
        for parameter, _ in layout(LAYERS)
        if parameter.name != "w_out"
    }
    biases = {f"layers.{i}.attention.b_{b}": SIZES[axis] for i in range(LAYERS) for b, axis in BIASES.items()}
    return counts | biases


@cache
def within(*parts: str) -> dict[str, int]:
    """The tensors with one of these parts in their names."""
    return {name: n for name, n in tensors().items() if any(part in name for part in parts)}


def sizes(led: Ledger) -> None:
    """Its sizes, its parameters, its scores and the loss of pure guessing, as counts under the present scope"""
    words: Entry | None = None
    for name, axis in NAMES.items():
        made = led.put(name, rf"n_{{{axis}}}", "", "count", parts={name: SIZES[axis]})
        words = words or made
    assert words is not None
    led.put("layers", "n_L", "", "count", parts={"layers": LAYERS})
    led.put("parameters", "n", "", "count", parts=tensors())
    led.put("parameters_embeddings", "n_E", "", "count", parts=within("_embedding"))
    led.put("parameters_attention", "n_A", "", "count", parts=within(".attention."))
    led.put("parameters_ffn", "n_F", "", "count", parts=within(".ffn."))
    scores = LAYERS * SIZES["H"] * SIZES["P"] ** 2
    led.put("scores", r"n_{\text{scores}}", "", "count", parts={"scores": scores})
    led.put("uniform_loss", None, "", "log", words)
