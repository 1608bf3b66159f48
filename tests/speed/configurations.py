"""The sizes that a training step is timed at."""

from __future__ import annotations

from calc.config import Config, from_values

DEFAULT = {"corpus": ["the cat sat on the mat", "the dog sat on the mat"], "sentence": "the cat sat on the mat"}
WORDS = ("the", "cat", "sat", "on", "a", "mat", "and", "the", "dog", "ran", "to")
LINE = " ".join(WORDS[i % len(WORDS)] for i in range(64))
LARGE = {
    "model.d_model": 256,
    "model.heads": 8,
    "model.layers": 4,
    "model.d_ff": 1024,
    "model.positions": 64,
    "optimizer.lr": 0.001,
}


def configurations() -> dict[str, Config]:
    return {
        "default": from_values({"text": DEFAULT}),
        "d_model 256, 4 layers, 64 positions": from_values({"text": {"corpus": [LINE], "sentence": LINE}}, LARGE),
    }
