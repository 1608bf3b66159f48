"""The configurations that numbers and pages are tried with: those that the project promises to build, and odd words."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from calc.config import Config, from_values
from calc.ledger import Ledger
from calc.step import training_step
from render.pages import Site

TEXT = {"corpus": ["the cat sat on the mat", "the dog sat on the mat"], "sentence": "the cat sat on the mat"}
# Each would be HTML, TeX, Jinja or Markdown if it were not taken as a word; the last ones are signs of our own fences.
ODD = ("<script>", "$x$", "{{x}}", "a|b", "\\alpha", "*b*", "猫", "`", "~~~", "<<", "%>", "…", "·", "\\", "−1")

NARROW = {"model.d_model": 4, "model.heads": 1, "model.d_ff": 8}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "seed": {"init.seed": 7},
    "narrow": NARROW,
    "two layers": {"model.d_model": 24, "model.heads": 3, "model.layers": 2},
    "four layers": {"model.d_model": 32, "model.heads": 4, "model.layers": 4},
    "another sentence": {"text.sentence": "the mat sat on the dog"},
    "one word": {"text.sentence": "cat"},
    "odd words": {"text.corpus": (" ".join(ODD),), "text.sentence": " ".join(ODD), "model.positions": 16} | NARROW,
}


class Step(NamedTuple):
    config: Config
    ledger: Ledger


def configured(overrides: dict[str, Any]) -> Config:
    """The default configuration with these keys; model.toml plays no part."""
    return from_values({"text": TEXT}, overrides)


@cache
def computed(name: str) -> Step:
    """The training step of one of CONFIGURATIONS."""
    config = configured(CONFIGURATIONS[name])
    return Step(config, training_step(config))


@cache
def site_of(*overrides: tuple[str, Any]) -> Site:
    """What pages are rendered from, of the default configuration with these keys."""
    config = configured(dict(overrides))
    return Site(training_step(config), config)
