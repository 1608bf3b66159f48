"""Generation: the model reads the words so far, one next word is chosen, and it reads again with that word at the end.

The first words are the prompt's, read as the sentence of the training step is: from position 0, with no token before
them. Words are added until `<eos>` is chosen, until there are as many as were asked for, or until the position table
has no row for the word that would be read next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from calc import facts, kv_cache, model, parameters, sampling, step
from calc.ledger import Entry, Ledger, Tape
from calc.operations import Array
from calc.sampling import Choice, Settings
from calc.tokenizer import SPECIAL

if TYPE_CHECKING:
    from calc.config import Config

EOS = SPECIAL.index("<eos>")
End = Literal["", "eos", "tokens", "positions"]


class Written(NamedTuple):
    """One word. `read` has the ids of all the words before it, `ledger` the numbers, where they are recorded, `ends`
    why no further word follows, or nothing."""

    read: tuple[int, ...]
    choice: Choice
    ledger: Tape
    ends: End


def write(
    config: Config,
    weights: Mapping[str, Array],
    prompt: Sequence[int],
    settings: Settings,
    generator: np.random.Generator,
    tokens: int,
    cached: bool = False,
    recorded: bool = False,
    past_end: bool = False,
) -> Iterator[Written]:
    """Yields up to `tokens` words after the prompt's ids, each as it is chosen.

    `cached` computes only the new positions of each step, `recorded` keeps a ledger of each, and with `past_end`
    `<eos>` is a word like any other. ValueError where the prompt is empty or longer than the position table.
    """
    rows = config.model.positions
    if not 0 < len(prompt) <= rows:
        raise ValueError(f"prompt: has {len(prompt)} words; must have from 1 to model.positions = {rows}")
    read = tuple(prompt)
    kept = kv_cache.empty(config.model.layers, config.model.d_model)
    for number in range(1, tokens + 1):
        first = len(kept[0][0]) if cached else 0
        led = (Ledger if recorded else Tape)(sizes(config, len(read) - first, len(read)))
        predicted = predict(led, config, weights, read, kept if cached else None)
        if cached:
            kept = kv_cache.keep(predicted)
        choice = sampling.choose(led, predicted.output.logits, settings, generator)
        if isinstance(led, Ledger):
            with led.stage("facts"), led.scope("facts"):
                facts.operations(led)
        ends = _end(choice.token == EOS and not past_end, number == tokens, len(read) == rows)
        yield Written(read, choice, led, ends)
        if ends:
            return
        read = (*read, choice.token)


def _end(ended: bool, enough: bool, full: bool) -> End:
    if ended:
        return "eos"
    return "tokens" if enough else "positions" if full else ""


def predict(
    led: Tape, config: Config, weights: Mapping[str, Array], read: Sequence[int], kept: kv_cache.Kept | None = None
) -> model.Prediction:
    """The model's forward pass over the ids `read`: all of them, or those after the ones that are kept."""
    layers, first = config.model.layers, len(kept[0][0]) if kept else 0
    with led.stage("inputs"):
        with led.scope("inputs"):
            ids = led.given("tokens", r"\mathrm{id}", "T", np.array(read[first:]))
            positions = led.given("positions", r"\mathrm{pos}", "T", np.arange(first, len(read)))
        inputs = model.Reading(ids, positions, *step.constants(led, config))
        entries: dict[str, Entry] = parameters.give(led, layers, weights)
    if kept is None:
        return model.predict(led, entries, inputs, layers)
    with led.stage("cache"):
        past = kv_cache.read(led, kept, np.array(read), positions)
    return model.predict(led, entries, inputs, layers, past)


def sizes(config: Config, new: int, read: int) -> dict[str, int]:
    """The length of each axis where `read` words are read, `new` of them for the first time. R counts the vocabulary by
    rank."""
    found = step.axis_sizes(config) | {"T": new, "S": read, "S'": read}
    return found | {"R": found["V"], "R'": found["V"]}


def saved(plain: Sequence[Ledger], cached: Sequence[Ledger]) -> Ledger:
    """What the cache saves over a whole generation: a ledger of the counts of each way, STEP by STEP and in all, what
    is saved, and the share that is left. `plain` and `cached` are the ledgers of the same words."""
    led = Ledger({})
    total = "facts.operations.total.multiplications"
    with led.stage("cache"), led.scope("cache"):
        ways = {}
        for way, ledgers in (("plain", plain), ("cached", cached)):
            parts = {f"write-{i}": int(each[total].value) for i, each in enumerate(ledgers, start=1)}
            for name, number in parts.items():
                led.put(f"{way}.{name}", rf"n_{{\text{{{way}}}}}", "", "count", parts={f"{name}:{total}": number})
            ways[way] = led.put(f"{way}.total", rf"n_{{\text{{{way}}}}}", "", "count", parts=parts)
        led.put("saved", None, "", "sub", ways["plain"], ways["cached"])
        led.put("share", None, "", "div", ways["cached"], ways["plain"])
    return led
