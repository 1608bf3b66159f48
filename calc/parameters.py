"""The parameters: their names, symbols and axes in the order of the model, and their first values."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from calc.ledger import Entry, Tape
from calc.operations import Array, letters


class Parameter(NamedTuple):
    name: str
    symbol: str
    axes: str
    start: str = "normal"  # or "ones", "zeros"


def _layer_norm(tag: str) -> list[Parameter]:
    return [Parameter("gamma", rf"\gamma_{tag}", "D", "ones"), Parameter("beta", rf"\beta_{tag}", "D", "zeros")]


LAYER = {
    "ln_1": _layer_norm("1"),
    "attention": [
        Parameter("w_q", "W_Q", "D C"),
        Parameter("w_k", "W_K", "D C"),
        Parameter("w_v", "W_V", "D C"),
        Parameter("w_o", "W_O", "C D"),
    ],
    "ln_2": _layer_norm("2"),
    "ffn": [
        Parameter("w_1", "W_1", "D F"),
        Parameter("b_1", "b_1", "F", "zeros"),
        Parameter("w_2", "W_2", "F D"),
        Parameter("b_2", "b_2", "D", "zeros"),
    ],
}


def layer_mark(layer: int, layers: int) -> str:
    """The superscript of a layer's letters; a model of one layer needs none."""
    return f"({layer})" if layers > 1 else ""


def layout(layers: int) -> list[tuple[Parameter, str]]:
    """Every parameter under its full name, with the mark of its layer, in the order of the model."""
    found = [(Parameter("token_embedding", "E", "V D"), ""), (Parameter("position_embedding", "P", "P D"), "")]
    for i in range(layers):
        for group, parameters in LAYER.items():
            mark = layer_mark(i, layers)
            found += [(p._replace(name=f"layers.{i}.{group}.{p.name}"), mark) for p in parameters]
    found += [(p._replace(name=f"ln_f.{p.name}"), "") for p in _layer_norm("f")]
    found.append((Parameter("w_out", r"W_{\text{out}}", "D V"), ""))
    return found


def draw(layers: int, sizes: Mapping[str, int], seed: int, spread: float, decimals: int) -> dict[str, Array]:
    """First values: N(0, spread) from one generator, rounded so that a pocket calculator can follow; gains 1, biases
    0."""
    generator = np.random.default_rng(seed)
    values: dict[str, Array] = {}
    for parameter, _ in layout(layers):
        shape = [sizes[letter] for letter in letters(parameter.axes)]
        if parameter.start == "normal":
            values[parameter.name] = np.round(generator.normal(0.0, spread, shape), decimals) + 0.0  # + 0.0: no -0.0
        else:
            values[parameter.name] = np.full(shape, 1.0 if parameter.start == "ones" else 0.0)
    return values


def give(led: Tape, layers: int, values: Mapping[str, Array], **attrs: Any) -> dict[str, Entry]:
    """The parameters as inputs of the ledger, by name. What is carried over from another run is given as `carried`:
    a float64 with all its digits, and no decimal that somebody wrote."""
    entries: dict[str, Entry] = {}
    for parameter, mark in layout(layers):
        with led.scope(mark=mark):
            entries[parameter.name] = led.given(
                parameter.name, parameter.symbol, parameter.axes, values[parameter.name], parameter=True, **attrs
            )
    return entries


def group(parameters: Mapping[str, Entry], prefix: str) -> SimpleNamespace:
    """The parameters right below a name: `group(parameters, "layers.0.attention").w_q`."""
    start = prefix + "."
    return SimpleNamespace(
        **{n[len(start) :]: e for n, e in parameters.items() if n.startswith(start) and "." not in n[len(start) :]}
    )
