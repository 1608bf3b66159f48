"""The tables of model.toml: each key with its type, its bounds and its default, checked by pydantic."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# Adding 0.0 turns -0.0 into 0.0: equal configurations have equal digests, and no page prints a minus zero.
Rate = Annotated[float, AfterValidator(lambda x: x + 0.0)]


class Section(BaseModel):
    """One table of model.toml. Strict: a number in quotes, true for 1 and 16.0 for 16 are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Text(Section):
    """[text]: the corpus of the vocabulary, and the sentence of the step. The one table without defaults."""

    corpus: Annotated[tuple[str, ...], Field(strict=False)]
    sentence: str


class Model(Section):
    """[model]: the sizes of the model."""

    d_model: Annotated[int, Field(ge=4, le=1024)] = 16
    heads: Annotated[int, Field(ge=1, le=1024)] = 2
    layers: Annotated[int, Field(ge=1, le=48)] = 1
    d_ff: Annotated[int, Field(ge=1, le=4096)] = 64
    positions: Annotated[int, Field(ge=1, le=1024)] = 8
    ln_eps: Annotated[Rate, Field(ge=1e-12, le=1)] = 1e-5
    activation: Literal["gelu"] = "gelu"


class Init(Section):
    """[init]: how the first weights are drawn."""

    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 42
    spread: Annotated[Rate, Field(gt=0, le=1)] = 0.2
    decimals: Annotated[int, Field(ge=1, le=8)] = 2


class Optimizer(Section):
    """[optimizer]: the constants of AdamW."""

    lr: Annotated[Rate, Field(gt=0, le=10)] = 0.01
    beta1: Annotated[Rate, Field(ge=0, lt=1)] = 0.9
    beta2: Annotated[Rate, Field(ge=0, lt=1)] = 0.999
    eps: Annotated[Rate, Field(ge=1e-12, le=1)] = 1e-8
    weight_decay: Annotated[Rate, Field(ge=0, le=1)] = 0.1


class Tokenizing(Section):
    """[tokenizer]: the byte pairs, which the pages show beside the words."""

    merges: Annotated[int, Field(ge=0, le=256)] = 20


class Training(Section):
    """[training]: the run of `python -m calc train` over the corpus."""

    epochs: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    batch: Annotated[int, Field(ge=1, le=1024)] = 2
    schedule: Literal["constant", "cosine"] = "constant"
    warmup: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    clip: Annotated[Rate, Field(ge=0, le=1_000_000)] = 0.0


class Generation(Section):
    """[generation]: how `python -m calc generate` chooses each next word."""

    prompt: str = "the cat"
    temperature: Annotated[Rate, Field(ge=0, le=100)] = 1.0
    top_k: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    top_p: Annotated[Rate, Field(gt=0, le=1)] = 1.0
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    tokens: Annotated[int, Field(ge=1, le=1024)] = 16


class Worked(Section):
    """[worked]: the cell that the pages work in full, as indices from 0 on the axes of its tensors."""

    layer: Annotated[int, Field(ge=0)] = 0
    head: Annotated[int, Field(ge=0)] = 0
    position: Annotated[int, Field(ge=0)] = 2
    key: Annotated[int, Field(ge=0)] = 1
    feature: Annotated[int, Field(ge=0)] = 0
    channel: Annotated[int, Field(ge=0)] = 0
    hidden: Annotated[int, Field(ge=0)] = 0
    token: str = "on"


class Display(Section):
    """[display]: how numbers and tables are printed."""

    digits: Annotated[int, Field(ge=3, le=8)] = 4
    largest_table: Annotated[int, Field(ge=64, le=1_000_000)] = 2048
    largest_folded: Annotated[int, Field(ge=64, le=1_000_000)] = 128
    longest_sum: Annotated[int, Field(ge=8, le=4096)] = 128
    largest_replay: Annotated[int, Field(ge=1000, le=100_000_000)] = 5_000_000


SECTIONS: dict[str, type[Section]] = {
    "text": Text,
    "model": Model,
    "init": Init,
    "optimizer": Optimizer,
    "tokenizer": Tokenizing,
    "training": Training,
    "generation": Generation,
    "worked": Worked,
    "display": Display,
}
KEYS = {f"{table}.{key}": info for table, section in SECTIONS.items() for key, info in section.model_fields.items()}
FLAGS = {
    "--seed": "init.seed",
    "--d-model": "model.d_model",
    "--heads": "model.heads",
    "--layers": "model.layers",
    "--d-ff": "model.d_ff",
    "--text": "text.sentence",
    "--epochs": "training.epochs",
    "--batch": "training.batch",
    "--lr": "optimizer.lr",
    "--schedule": "training.schedule",
    "--warmup": "training.warmup",
    "--clip": "training.clip",
    "--temperature": "generation.temperature",
    "--top-k": "generation.top_k",
    "--top-p": "generation.top_p",
    "--sample-seed": "generation.seed",
    "--tokens": "generation.tokens",
}
