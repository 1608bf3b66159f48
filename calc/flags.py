"""The command line's flags that override the configuration, for build.py, python -m calc and python -m verify."""

from __future__ import annotations

import argparse
import difflib
import os
import re
from pathlib import Path
from typing import Any, NoReturn

from calc.config import Config, load
from calc.config_file import SHIPPED, near_here
from calc.sections import FLAGS
from calc.tokenizer import shown
from calc.wording import plain

_HELP = {
    "--seed": "draw the first weights anew",
    "--d-model": "width of the residual stream",
    "--heads": "attention heads; must divide the width",
    "--layers": "transformer blocks",
    "--d-ff": "width of the feed-forward's hidden layer",
    "--text": "the sentence of the step, from words of the corpus",
    "--epochs": "times that training reads the corpus",
    "--batch": "sentences a step of training",
    "--lr": "learning rate",
    "--schedule": "constant, or cosine down to 0",
    "--warmup": "first steps in which the learning rate rises",
    "--clip": "the gradient's largest norm; 0: no limit",
    "--temperature": "divides the logits before a word is chosen; 0: always the likeliest",
    "--top-k": "choose among so many likeliest words; 0: all",
    "--top-p": "choose among the likeliest words that share this probability",
    "--sample-seed": "draw the words anew",
    "--tokens": "the most words to write",
}
_METAVAR = {"--text": '"..."', "--lr": "X", "--schedule": "NAME", "--clip": "X", "--temperature": "X", "--top-p": "X"}


class Mistake(ValueError):
    """A mistake on the command line, as one line."""


def told(path: str | os.PathLike[str]) -> str:
    """A path or other text as a message has it: on one line, shortened where it is very long."""
    return shown(os.fspath(path), 500)[1:-1]


def check_folder(path: Path) -> None:
    """Raises Mistake where no file can be written there."""
    if not path.parent.is_dir():
        lacks = f"there is no folder {told(path.parent)}"
        raise Mistake(f"{told(path)}: {lacks}; make it, or nearest: {told(path.name)}")
    if not os.access(path.parent, os.W_OK):
        raise Mistake(f"{told(path)}: the folder {told(path.parent)} is not writable")


class Arguments(argparse.ArgumentParser):
    """An argument parser whose mistakes are one line, like the configuration's, and exit with code 2."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        unknown = re.match(r"unrecognized arguments: (\S+)", message)
        if unknown:
            word = unknown[1].split("=")[0]
            near = difflib.get_close_matches(word, list(self._option_string_actions), n=1)
            message = f"unknown argument {shown(word)}; " + (f"nearest: {near[0]}" if near else "see --help")
        else:
            message = f"{plain(message)}; see --help"
        self.exit(2, f"{self.prog}: {message}\n")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds --config and the flags that override it. Their values stay text: `from_values` reads them."""
    group = parser.add_argument_group("configuration", "these override the keys of the configuration file")
    group.add_argument("--config", metavar="FILE", default=None, help="the file (default: model.toml)")
    for flag, name in FLAGS.items():
        metavar = _METAVAR.get(flag, "N")
        group.add_argument(flag, metavar=metavar, default=None, help=f"{_HELP[flag]} ({name})")


def overrides(args: argparse.Namespace) -> dict[str, object]:
    """The flags that were given, by the key they override: {"model.heads": "4"}."""
    given = {name: getattr(args, flag.removeprefix("--").replace("-", "_")) for flag, name in FLAGS.items()}
    return {name: value for name, value in given.items() if value is not None}


def load_from_args(args: argparse.Namespace) -> Config:
    """The configuration that parsed arguments ask for; raises ConfigError."""
    return load(near_here(SHIPPED) if args.config is None else args.config, overrides(args))
