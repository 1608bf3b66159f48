"""`python -m calc generate`: the words that the trained model goes on with, as a user meets it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from calc.config import SHIPPED, Config, from_values
from calc.config_file import near_here, parsed, read
from calc.flags import Mistake, overrides, told
from calc.mistakes import of_prompt
from calc.sections import FLAGS, KEYS
from calc.tokenizer import Tokenizer, shown
from calc.wording import number_of, value_shown

if TYPE_CHECKING:
    import argparse

    from calc.checkpoint import Checkpoint

TRAINED = ("text", "model", "init", "optimizer", "training")  # the tables that the checkpoint answers for
INSTEAD = {"init.seed": "--sample-seed {}", "text.sentence": "python -m calc generate {}"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("generate", "which model writes")
    group.add_argument("--load", metavar="FILE", type=Path, help="the trained model (model.safetensors)")
    group.add_argument("--untrained", action="store_true", help="the model with its first weights, as they are drawn")


def expect(args: argparse.Namespace) -> None:
    """Raises Mistake where another command was given one of generate's arguments."""
    given = f"--load {told(args.load)}" if args.load else "--untrained" if args.untrained else None
    if given:
        raise Mistake(f"{given.split()[0]}: is for generating; nearest: python -m calc generate {given}")


def opened(args: argparse.Namespace) -> Checkpoint | None:
    """The trained model that is to write, or None for the untrained one. Raises Mistake."""
    from calc import checkpoint

    if args.untrained and args.load:
        raise Mistake("--untrained: takes no file; nearest: leave out --untrained, or --load")
    if args.untrained:
        return None
    try:
        return checkpoint.load(args.load or Path(checkpoint.NAME))
    except checkpoint.CheckpointError as error:
        raise Mistake(str(error)) from None


def configured(args: argparse.Namespace, checkpoint: Checkpoint) -> Config:
    """What the file was trained with, and [generation] of the configuration under its flags. Raises ConfigError, and
    Mistake where a flag asks for another model."""
    given = overrides(args)
    for flag, key in FLAGS.items():
        table, _, name = key.partition(".")
        if key not in given or table not in TRAINED:
            continue
        was, asked = getattr(getattr(checkpoint.config, table), name), number_of(KEYS[key], str(given[key]))
        if was != asked:
            near = INSTEAD.get(key, f"python -m calc train {flag} {{}}").format(value_shown(asked))
            says = f"the model was trained with {key} = {value_shown(was)}"
            raise Mistake(f"{flag} {value_shown(asked)}: {says}; nearest: {near}, or leave it out")
    path = Path(near_here(SHIPPED) if args.config is None else args.config)
    tables = parsed(told(path), read(told(path), path))
    tables |= {table: dict(getattr(checkpoint.config, table)) for table in TRAINED}
    tables.pop("worked", None)  # a cell of the pages
    return from_values(tables, {k: v for k, v in given.items() if k.startswith("generation.")}, told(path))


def run(config: Config, checkpoint: Checkpoint | None, args: argparse.Namespace, words: list[str]) -> int:
    """Goes on from the words, or from generation.prompt where there are none; the exit code.

    Raises Mistake, and LedgerError where a number overflows.
    """
    tokenizer, prompt = Tokenizer.from_corpus(config.text.corpus), config.generation.prompt
    if words:
        prompt = " ".join(words)
        wrong = of_prompt(prompt, config.model.positions, tokenizer)
        if wrong:
            raise Mistake("\n".join(f"generate {shown(prompt)}: {line}" for line in wrong))

    import numpy as np

    from calc import generation, parameters, step
    from calc.checkpoint import NAME
    from calc.sampling import Settings
    from render import generation_terminal

    if checkpoint:
        weights, whose = checkpoint.weights, f"{told(args.load or NAME)}, step {checkpoint.step}"
    else:
        init, sizes = config.init, step.axis_sizes(config)
        weights = parameters.draw(config.model.layers, sizes, init.seed, init.spread, init.decimals)
        whose = "the first weights, untrained"
    g, ids = config.generation, tokenizer.encode(prompt)
    settings, drawn = Settings(g.temperature, g.top_k, g.top_p), np.random.default_rng(g.seed)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        written = list(generation.write(config, weights, ids, settings, drawn, g.tokens, cached=True))
    generation_terminal.Told(config, tokenizer).all(written, whose)
    return 0
