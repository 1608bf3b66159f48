"""`python -m calc train`: the run over the corpus, as a user meets it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from calc.flags import Mistake, check_folder, told
from calc.tokenizer import shown

if TYPE_CHECKING:
    import argparse

    from calc.checkpoint import Checkpoint
    from calc.config import Config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("train", "where the run is kept, and what is printed of it")
    group.add_argument("--save", metavar="FILE", type=Path, help="the trained model (model.safetensors)")
    group.add_argument("--resume", metavar="FILE", type=Path, help="go on from there, exactly; kept there again")
    group.add_argument("--every", metavar="N", help="print the loss of every N-th epoch (a few of them)")


def expect(args: argparse.Namespace) -> None:
    """Raises Mistake where another command was given one of train's arguments."""
    for flag in ("save", "resume", "every"):
        if getattr(args, flag) is not None:
            raise Mistake(f"--{flag}: is for training; nearest: python -m calc train --{flag} {getattr(args, flag)}")


def run(config: Config, args: argparse.Namespace) -> int:
    """Trains, says how it goes, and saves the run; the exit code.

    Interrupted (Ctrl-C), it saves the last whole epoch. Raises Mistake, and LedgerError where a number overflows;
    nothing is written then.
    """
    from calc import checkpoint, training
    from calc.learner import Learner
    from render import training_terminal

    every = _every(args.every)
    learner, losses = Learner(config), list[float]()
    target = args.save or args.resume or Path(checkpoint.NAME)
    _check_target(target)
    if args.resume:
        try:
            before = checkpoint.load(args.resume)
            checkpoint.agree(told(args.resume), before, config)
        except checkpoint.CheckpointError as error:
            raise Mistake(str(error)) from None
        checkpoint.restore(learner, before)
        losses += before.losses
    out = training_terminal.Told(learner, every)
    last: Checkpoint | None = None
    try:
        with out.progress():
            for epoch in training.epochs(learner):
                losses.append(epoch.losses.mean)
                last = checkpoint.of(learner, tuple(losses))
                out.epoch(epoch)
        assert last is not None  # an epoch was left: `agree` refuses a run without
        _save(last, target)
    except KeyboardInterrupt:
        return _stopped(last, target, args)
    out.end(training.evaluate(learner))
    out.kept(told(target), last.step)
    return 0


def _stopped(last: Checkpoint | None, target: Path, args: argparse.Namespace) -> int:
    """What an interrupted run leaves. A finished run that it did not begin with is not written over."""
    if last is None:
        print("stopped before an epoch was whole; nothing was written", file=sys.stderr)
        return 130
    if target.exists() and target != args.resume:
        target = target.with_name(f"{target.stem}.stopped{target.suffix}")
    _save(last, target)
    done = len(last.losses)
    kept = f"stopped; {told(target)} holds the run up to epoch {done}, the last whole one"
    print(f"{kept}; go on with the same command and --resume {told(target)}", file=sys.stderr)
    return 130


def _save(last: Checkpoint, target: Path) -> None:
    from calc import checkpoint

    try:
        checkpoint.save(last, target)
    except OSError as error:
        raise Mistake(f"{told(target)}: cannot be written ({error.strerror})") from None


def _check_target(path: Path) -> None:
    """Raises Mistake where the run could not be saved, or something else would be lost, before anything is computed."""
    from calc import checkpoint

    if path.is_dir():
        raise Mistake(f"{told(path)}: is a folder; nearest: {told(path / checkpoint.NAME)}")
    if path.suffix != ".safetensors":
        near = path.with_suffix(".safetensors") if path.name else checkpoint.NAME
        raise Mistake(f"{told(path)}: must end in .safetensors; nearest: {told(near)}")
    check_folder(path)
    if path.exists() and not checkpoint.ours(path):
        near = path.with_name(f"{path.stem}.trained{path.suffix}")
        says = "is there and was not saved by python -m calc train, so it is left as it is"
        raise Mistake(f"{told(path)}: {says}; nearest: --save {told(near)}")


def _every(text: str | None) -> int | None:
    if text is None or (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text)):
        return None if text is None else int(text)
    raise Mistake(f"--every: {shown(text)}: must be a whole number, at least 1; nearest: 1")
