"""One whole training step: inputs, forward, backward, AdamW, and the forward pass again with the new weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from calc import account, adamw, blame, facts, model, parameters, primer, unfolded
from calc.ledger import Entry, Ledger, Tape
from calc.operations import Array
from calc.tokenizer import Tokenizer

if TYPE_CHECKING:
    from calc.config import Config


def axis_sizes(config: Config) -> dict[str, int]:
    """The length of each axis. A Jacobian's second index is as long as its first."""
    m, words = config.model, len(config.text.sentence.split())
    sizes = {"V": len(Tokenizer.from_corpus(config.text.corpus)), "P": m.positions, "T": words, "S": words}
    sizes |= {"D": m.d_model, "H": m.heads, "K": m.d_model // m.heads, "C": m.d_model, "F": m.d_ff}
    return sizes | {f"{axis}'": sizes[axis] for axis in "SDVC"} | {"D''": sizes["D"]}


def read(led: Tape, config: Config) -> model.Inputs:
    """The sentence as ids, the targets (the sentence moved by one, then `<eos>`), and the formulas' constants."""
    tokenizer = Tokenizer.from_corpus(config.text.corpus)
    tokens = tokenizer.encode(config.text.sentence)
    targets = [*tokens[1:], tokenizer.encode("<eos>")[0]]
    with led.scope("inputs"):
        ids = led.given("tokens", r"\mathrm{id}", "T", tokens)
        positions = led.given("positions", r"\mathrm{pos}", "T", np.arange(len(tokens)))
        wanted = led.given("targets", "y", "T", targets)
    return model.Inputs(ids, positions, wanted, *constants(led, config))


def constants(led: Tape, config: Config) -> tuple[Entry, Entry, Entry, Entry]:
    """The constants of the model's formulas: ln_eps, the width of a head, and the roots of 2 and 2 pi."""
    with led.scope("constants"):
        ln_eps = led.given("ln_eps", r"\epsilon", "", config.model.ln_eps)
        head_width = led.given("head_width", "d_k", "", config.model.d_model // config.model.heads)
        root_2 = led.put("root_2", None, "", "sqrt", led.given("two", "2", "", 2))
        pi = led.given("pi", r"\pi", "", math.pi, exact="pi")
        two_pi = led.put("two_pi", None, "", "mul_constant", pi, constant=2.0)
        root_2pi = led.put("root_2pi", None, "", "sqrt", two_pi)
    return ln_eps, head_width, root_2, root_2pi


def read_rates(led: Tape, config: Config, step: int | Array, rate: float | Array | None = None) -> adamw.Rates:
    """The scalars of step number `step`, from 1, whose learning rate is `rate` where a schedule sets it."""
    o = config.optimizer
    rate = o.lr if rate is None else rate
    with led.scope("adamw"):
        lr, decay = led.given("lr", r"\eta", "", rate), led.given("weight_decay", r"\lambda", "", o.weight_decay)
        beta1, beta2 = led.given("beta1", r"\beta_1", "", o.beta1), led.given("beta2", r"\beta_2", "", o.beta2)
        eps, number = led.given("eps", r"\varepsilon", "", o.eps), led.given("t", "t", "", step)
        return adamw.rates(led, lr, beta1, beta2, eps, decay, number, led.given("one", "1", "", 1))


def update(
    led: Tape,
    entries: Mapping[str, Entry],
    gradients: Mapping[str, Entry],
    r: adamw.Rates,
    moments: Mapping[str, tuple[Array, Array]],
    layers: int,
    **attrs: Any,
) -> dict[str, Entry]:
    """AdamW on every parameter, from its moments (m, v) -> the new parameters by name"""
    new: dict[str, Entry] = {}
    for parameter, _ in parameters.layout(layers):
        name, p = parameter.name, entries[parameter.name]
        with led.scope(f"adamw.{name}"):
            m = led.given("m_before", r"m^{-}", p.axes, moments[name][0], **attrs)
            v = led.given("v_before", r"v^{-}", p.axes, moments[name][1], **attrs)
        with led.scope(f"adamw.{name}", mark="+"):
            new[name], _, _ = adamw.update(led, p, gradients[name], m, v, r)
    return new


def training_step(config: Config) -> Ledger:
    """The ledger of the configuration's first training step.

    Raises LedgerError where a number overflows. NumPy's own warnings about it are silenced: the ledger reports it by
    name.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return _training_step(config)


def _training_step(config: Config) -> Ledger:
    led = Ledger(axis_sizes(config))
    done = record(led, config, beginning(config), aside=lambda f, weights: unfolded.unfold(led, f, weights, config))
    with led.stage("facts"), led.scope("facts"):
        facts.parameters(led, done.weights)
        facts.outcome(led, done.before.loss.loss, done.after.loss.loss)
        facts.operations(led)
    with led.stage("account"), led.scope("account"):
        account.account(led, done.weights, done.gradients)
    with led.stage("blame"), led.scope("blame"):
        blame.split(led, done.before, done.weights)
    with led.stage("primer"):
        primer.primer(led, done.weights, config)
    return led


class Start(NamedTuple):
    """Where a step begins: the parameters, AdamW's moments (m, v) of each, and the step's number, from 1."""

    values: Mapping[str, Array]
    moments: Mapping[str, tuple[Array, Array]]
    number: int


class Recorded(NamedTuple):
    weights: dict[str, Entry]
    before: model.Forward
    gradients: dict[str, Entry]
    after: model.Forward


def beginning(config: Config) -> Start:
    """The first step: drawn parameters, moments of zero."""
    init = config.init
    first = parameters.draw(config.model.layers, axis_sizes(config), init.seed, init.spread, init.decimals)
    return Start(first, {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in first.items()}, 1)


def record(
    led: Tape, config: Config, start: Start, aside: Callable[[model.Forward, Mapping[str, Entry]], None] | None = None
) -> Recorded:
    """A step on the configured sentence: forward, backward, AdamW, and forward again. `aside` is recorded behind the
    backward pass."""
    layers = config.model.layers
    carried = {"carried": True} if start.number > 1 else {}
    with led.stage("inputs"):
        inputs = read(led, config)
        weights = parameters.give(led, layers, start.values, **carried)
    before = model.forward(led, weights, inputs, layers)
    gradients = model.backward(led, before, weights, inputs)
    if aside:
        with led.stage("unfolded"):
            aside(before, weights)
    with led.stage("adamw"):
        r = read_rates(led, config, step=start.number)
        new = update(led, weights, gradients, r, start.moments, layers, **carried)
    with led.stage("after"), led.scope("after", mark="+"):
        after = model.forward(led, new, inputs, layers)
    return Recorded(weights, before, gradients, after)
