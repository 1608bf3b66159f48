"""Where the inputs of a step come from, in a sentence each: nothing computed them."""

from __future__ import annotations

import fnmatch

from calc.config import Config
from calc.ledger import Entry
from calc.parameters import layout

_START = {
    "ones": "One of the model’s gains, which all start at 1.",
    "zeros": "One of the model’s biases, which all start at 0.",
}
_OTHERS = {
    "inputs.tokens": "The word of the sentence at this position, by its number in the vocabulary.",
    "inputs.positions": "The position itself, counted from 0.",
    "inputs.targets": "The word to predict at this position, by its number in the vocabulary: the sentence’s next.",
    "constants.ln_eps": "The configuration’s model.ln_eps.",
    "constants.head_width": "The configuration’s model.d_model divided by model.heads.",
    "constants.two": "A number of the formula itself.",
    "constants.pi": "The number π, as float64 has it.",
    "unfolded.loss.seed": "The derivative of the loss by itself, with which a backward pass begins.",
    "unfolded.bias.slope": "The derivative of a sum by one of its terms.",
    "adamw.t": "How many steps have been taken, this one among them.",
    "adamw.one": "A number of the formula itself.",
    "adamw.*.m_before": "The running mean of the gradients as the step before left it; at first it is 0.",
    "adamw.*.v_before": "The running mean of the gradients’ squares as the step before left it; at first it is 0.",
    "adamw.*": "The configuration’s optimizer.{}.",
    "primer.*": "Chosen for an example of the pages before the walk.",
}


def origin(entry: Entry, config: Config) -> str:
    """Where an input comes from; empty for what was computed. KeyError for an input that is not known here."""
    if entry.op != "given":
        return ""
    starts = {parameter.name: parameter.start for parameter, _ in layout(config.model.layers)}
    if entry.name in starts:
        return _START.get(starts[entry.name]) or _drawn(config)
    for pattern, words in _OTHERS.items():
        if fnmatch.fnmatchcase(entry.name, pattern):
            return words.format(entry.name.rpartition(".")[2])
    raise KeyError(f"nothing says where the input {entry.name} comes from")


def _drawn(config: Config) -> str:
    init = config.init
    return (
        f"One of the model’s weights. It was drawn at random: by a normal distribution around 0 with a standard "
        f"deviation of {init.spread:g}, from a generator with the seed {init.seed}, and rounded to {init.decimals} "
        f"{'decimal' if init.decimals == 1 else 'decimals'}."
    )
