"""The command line: `python -m calc` prints the step, checks its gradients, exports its numbers."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from calc import generate, train
from calc.config import Config, ConfigError
from calc.flags import Arguments, Mistake, add_arguments, check_folder, load_from_args, told
from calc.tokenizer import shown

if TYPE_CHECKING:
    from calc.ledger import Entry, Ledger

USAGE = "python -m calc [WHAT] [flags]"
DESCRIPTION = """\
One training step of a small GPT, number by number: the forward pass, the loss, the
backward pass, AdamW, and the forward pass with the new weights. Reads model.toml.

WHAT is one of
  (nothing)           the whole step: each operation, what it was made of, its numbers
  NAME                a part of it: a stage (attention), a group of names
                      (layers.0.attention) or one entry (layers.0.attention.scores)
  list [NAME]         the names of all entries, or of a part, with axes and shapes
  check               each parameter's gradient beside central differences and the
                      complex step, which also takes every gradient between the
                      parameters and the loss; exit code 1 if one disagrees
  export FILE.npz     every number as a NumPy archive, at full precision
  export FILE.json    the same, with each entry's operation and operands, as JSON
  train               the same step again and again over the corpus: the loss of a few
                      epochs, of each sentence, the least that the corpus allows;
                      saves model.safetensors, from which --resume goes on exactly
  generate ["WORDS"]  goes on from the words with that model, one word after another,
                      each with its probability and what else there was
"""
EXAMPLES = """\
examples
  python -m calc | less -S                    read the whole step
  python -m calc attention                    the attention stage, forward
  python -m calc backward.attention           and backward
  python -m calc grad.token_embedding         one gradient
  python -m calc loss --seed 7                the loss from other first weights
  python -m calc check --d-model 24 --heads 3 --layers 2
  python -m calc export step.npz --text "the mat sat on the dog"
  python -m calc train --epochs 200 --schedule cosine --warmup 10 --clip 1
  python -m calc generate "the dog"           what the trained model writes
  python -m calc generate "the" --temperature 0.7 --top-k 5 --sample-seed 3

In matrices, T and S are positions (as query, as key), V the vocabulary, D the model's
width, H heads, K a head's width, C heads side by side, F the feed-forward's width.
Indices count from 0. NO_COLOR=1 prints without colours.
A mistake is one line on stderr and exit code 2; nothing is written then.
"""
COMMANDS = ("list", "check", "export", "train", "generate")
FORMATS = (".npz", ".json")  # of an exported file


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line and returns its exit code."""
    _speak_unicode()
    try:
        return _run(arguments)
    except (ConfigError, Mistake) as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader has left (`| head`). What Python would still flush at its exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


def _run(arguments: list[str] | None) -> int:
    args = _parser().parse_intermixed_args(arguments)
    command, rest = (args.what[0], args.what[1:]) if args.what else ("", [])
    _expect(command, rest)
    if command == "export":
        _check_target(Path(rest[0]))
    if command != "train":
        train.expect(args)
    if command != "generate":
        generate.expect(args)
    checkpoint = generate.opened(args) if command == "generate" else None
    config = generate.configured(args, checkpoint) if checkpoint else load_from_args(args)
    for note in config.notes:
        print(f"note: {note}", file=sys.stderr)

    from calc.ledger import LedgerError

    try:
        match command:
            case "check":
                return _check(config)
            case "export":
                return _export(config, Path(rest[0]))
            case "list":
                return _list(config, *rest)
            case "train":
                return train.run(config, args)
            case "generate":
                return generate.run(config, checkpoint, args, rest)
            case _:
                return _show(config, *args.what)
    except LedgerError as error:  # a number that overflows comes from the configuration
        raise Mistake(f"this configuration cannot be computed: {error}") from None
    except MemoryError:
        raise Mistake("this configuration needs more memory than there is; choose a smaller model") from None
    finally:
        sys.stdout.flush()  # here, where a closed pipe is still caught


def _parser() -> argparse.ArgumentParser:
    parser = Arguments(
        prog="python -m calc",
        usage=USAGE,
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="*", help=argparse.SUPPRESS)
    train.add_arguments(parser)
    generate.add_arguments(parser)
    add_arguments(parser)
    return parser


def _expect(command: str, rest: list[str]) -> None:
    """Raises Mistake where a command has too many words or too few."""
    if command == "export" and len(rest) != 1:
        came = "no file" if not rest else f"{len(rest)} of them"
        raise Mistake(f"export: takes one file, and {came} came; nearest: python -m calc export step.npz")
    most = {"export": 1, "list": 1}.get(command, 0)
    if command != "generate" and len(rest) > most:
        kept = told(" ".join([command, *rest[:most]]))
        raise Mistake(f"{shown(rest[most])}: one word too many; nearest: python -m calc {kept}")


def part(ledger: Ledger, name: str) -> list[Entry]:
    """The entries of a stage (with the stages below it), of one name, or of all names below it.

    Raises Mistake, with the nearest names, where there are none.
    """
    if name in ledger:
        return [ledger[name]]
    below = name + "."
    staged = [entry for entry in ledger if entry.stage == name or entry.stage.startswith(below)]
    named = [entry for entry in ledger if entry.name.startswith(below)]
    if staged or named:
        return staged or named
    raise Mistake(f"{shown(name)}: no stage or entry of this name; nearest: {', '.join(_nearest(ledger, name))}")


def _nearest(ledger: Ledger, name: str) -> list[str]:
    """Three names like `name`: entries that end in it first, as one remembers `scores` and not its path."""
    names = [entry.name for entry in ledger]
    groups = dict.fromkeys(".".join(n.split(".")[:k]) for n in names for k in range(1, n.count(".") + 1))
    known = list(dict.fromkeys([*COMMANDS, *ledger.stages(), *groups, *names]))
    ends = [n for n in names if n.endswith("." + name)]
    return list(dict.fromkeys([*ends[:3], *difflib.get_close_matches(name, known, n=3, cutoff=0.0)]))[:3]


def _show(config: Config, name: str | None = None) -> int:
    from calc.step import training_step
    from render.digits import Digits
    from render.terminal import Printer, console

    ledger = training_step(config)
    entries: Iterable[Entry] = ledger if name is None else part(ledger, name)
    Printer(console(), ledger, config, Digits(ledger, config)).stages(entries)
    return 0


def _list(config: Config, name: str | None = None) -> int:
    from calc.step import training_step
    from render.terminal import console, listing

    ledger = training_step(config)
    console(wide=True).print(listing(ledger if name is None else part(ledger, name)))
    return 0


def _check(config: Config) -> int:
    from calc import check, witness
    from calc.step import training_step
    from render.terminal import checked, closing, console

    rows, ledger = check.gradient_check(config), training_step(config)
    held = {row.name: row for row in witness.along_directions(ledger)}
    directions = f"along {witness.DIRECTIONS} random directions"
    asked = f"{len(held)} gradients {directions}"
    if sum(ledger[row.name].value.size for row in rows) <= check.EVERY_CELL_UP_TO:
        held |= {row.name: row for row in witness.cell_by_cell(ledger)}
        asked = f"{len(rows)} gradients cell by cell, {len(held) - len(rows)} {directions}"
    differ = [row.name for row in rows if not row.holds]
    deviate = [row.name.removeprefix("grad.") for row in held.values() if not row.holds]
    moved = f"{len(rows)} gradients at {sum(row.cells for row in rows):,} cells"
    held_to = f"{check.BOUND:.0e} of their largest entry, or what the loss can tell apart"
    out = console(wide=True)
    out.print(checked(rows, held))
    out.print(closing("central differences", moved, differ, held_to), soft_wrap=True)
    out.print(closing("complex step", asked, deviate, f"{witness.BOUND:.0e} of their largest entry"), soft_wrap=True)
    return 1 if differ or deviate else 0


def _export(config: Config, path: Path) -> int:
    from calc import export, export_json
    from calc.step import training_step

    ledger = training_step(config)
    try:
        export.save(ledger, config, path, export_json.write if path.suffix == ".json" else export.write)
    except OSError as error:
        raise Mistake(f"{told(path)}: cannot be written ({error.strerror})") from None
    print(f"{told(path)}: {len(ledger)} entries of configuration {config.digest()}")
    return 0


def _check_target(path: Path) -> None:
    """Raises Mistake where an export could not be written, before anything is computed."""
    if path.is_dir():
        raise Mistake(f"{told(path)}: is a folder; nearest: {told(path / 'step.npz')}")
    if path.suffix not in FORMATS:
        allowed = " or ".join(FORMATS)
        raise Mistake(f"{told(path)}: must end in {allowed}; nearest: {told(path.with_suffix(FORMATS[0]))}")
    check_folder(path)


def _speak_unicode() -> None:
    """Writes UTF-8 where the output's encoding lacks the minus sign: a sign is never lost."""
    for stream in (sys.stdout, sys.stderr):
        encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "")
        if encoding != "utf8" and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
