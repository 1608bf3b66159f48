"""Configurations and runs that the engine's tests share.

Sizes are prime and, but for d_model = 15 = 3 * 5 and the two names of the positions, all different, so that a pair of
axes that changed places cannot go unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from calc import model, parameters, step
from calc.config import Config, from_values
from calc.ledger import Entry, Ledger, Tape

DEFAULT = {
    "text": {
        "corpus": ["the cat sat on the mat", "the dog sat on the mat"],
        "sentence": "the cat sat on the mat",
    }
}
PRIME = {  # V = 13, T = 7, P = 11, D = 15, H = 3, K = 5, F = 23, two layers
    "text": {
        "corpus": ["the cat sat on the mat and then slept by the cat"],
        "sentence": "the cat sat on the mat then",
    },
    "model": {"d_model": 15, "heads": 3, "layers": 2, "d_ff": 23, "positions": 11},
}


@pytest.fixture(scope="session")
def configured() -> Callable[..., Config]:
    """configured({"model.heads": 4}): the default configuration with these keys; model.toml plays no part."""
    return lambda overrides=None: from_values(DEFAULT, overrides or {})


@pytest.fixture(scope="session")
def default() -> Config:
    return from_values(DEFAULT)


@pytest.fixture(scope="session")
def prime() -> Config:
    return from_values(PRIME)


@pytest.fixture(scope="session")
def led(default: Config) -> Ledger:
    """The default configuration's step."""
    return step.training_step(default)


@pytest.fixture(scope="session")
def prime_led(prime: Config) -> Ledger:
    """The step at prime sizes."""
    return step.training_step(prime)


@pytest.fixture(scope="session")
def shaken() -> Callable[[Config, int], dict[str, np.ndarray]]:
    """shaken(config, seed): weights with nothing at 1 or 0, so that a gain or a bias left out is seen."""

    def make(config: Config, seed: int = 5) -> dict[str, np.ndarray]:
        generator, sizes = np.random.default_rng(seed), step.axis_sizes(config)
        first = parameters.draw(config.model.layers, sizes, seed, 0.3, 8)
        return {name: value + generator.normal(0.0, 0.3, value.shape) for name, value in first.items()}

    return make


class Run:
    """Forward and backward of a model on a tape or a ledger: its loss, its gradients, its intermediate entries."""

    def __init__(self, led: Tape, config: Config, values: Mapping[str, Any], ids: Any = None, targets: Any = None):
        layers, self.led = config.model.layers, led
        inputs = step.read(led, config)
        if ids is not None:  # another text than the configuration's; a batch of texts where it has two axes
            axes = "T" if np.ndim(ids) == 1 else "B T"
            inputs = inputs._replace(
                tokens=led.given("tokens", "x", axes, ids), targets=led.given("targets", "y", axes, targets)
            )
        self.inputs = inputs
        self.parameters: dict[str, Entry] = parameters.give(led, layers, values)
        self.forward = model.forward(led, self.parameters, inputs, layers)
        self.gradients = model.backward(led, self.forward, self.parameters, inputs)
        self.loss = self.forward.loss.loss.value


@pytest.fixture(scope="session")
def run() -> type[Run]:
    return Run


class Board:
    """A tape or ledger on which a test lays single operands: board("T D") is a random entry with these axes."""

    def __init__(self, led: Tape, seed: int = 0) -> None:
        self.led, self.generator, self.count = led, np.random.default_rng(seed), 0

    def __call__(self, axes: str, value: Any = None, scale: float = 1.0) -> Entry:
        shape = [self.led.sizes[letter] for letter in axes.split()]
        value = self.generator.normal(0.0, scale, shape) if value is None else value
        self.count += 1
        return self.led.given(f"x{self.count}", "x", axes, value)

    def ids(self, axes: str, below: str) -> Entry:
        """Random ids below the length of an axis."""
        shape = [self.led.sizes[letter] for letter in axes.split()]
        return self(axes, self.generator.integers(0, self.led.sizes[below], shape))


SIZES = {"V": 13, "P": 11, "T": 7, "S": 5, "D": 3, "H": 2, "K": 17, "F": 19, "C": 34}


@pytest.fixture
def board() -> Board:
    """Operands on a tape whose axes all have prime lengths, but C = H K."""
    return Board(Tape(SIZES | {"S'": SIZES["S"], "D'": SIZES["D"]}))
