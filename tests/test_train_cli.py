"""`python -m calc train`, as a user meets it: what it prints, what it keeps, what it refuses, and how it ends."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from calc import __main__ as cli
from calc import checkpoint, training
from calc.config import SHIPPED, from_values
from calc.learner import Learner
from render.training_terminal import Told
from tests.configurations import TEXT

SMALL = ["--config", str(SHIPPED), "--d-model", "4", "--heads", "1", "--d-ff", "3"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *arguments, code=0):
    assert cli.main(["train", *SMALL, *arguments]) == code
    return capsys.readouterr()


def refused(capsys, *arguments, code=2):
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    line = run(capsys, *arguments, code=code).err
    assert line.count("\n") == 1
    assert line[:-1].isprintable()
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
    return line


# What it prints


def test_the_default_run(capsys):
    assert cli.main(["train", "--config", str(SHIPPED)]) == 0
    out, err = capsys.readouterr()
    assert (err, "\x1b" in out) == ("", False)
    lines = out.split("\n")
    assert lines[0] == "2 sentences, 12 words and 1 step an epoch; 3696 parameters"
    table = [line.split() for line in lines[2:9]]
    assert [int(number) for number, _ in table] == [1, 2, 5, 10, 20, 50, 100]
    losses = [float(loss) for _, loss in table]
    assert losses == sorted(losses, reverse=True)
    assert 0.1155 < losses[-1] < 0.125
    for name in ("the cat sat on the mat", "the dog sat on the mat", "all words"):
        (found,) = re.findall(rf"^{name} +([0-9.]+)$", out, re.MULTILINE)
        assert 0.1155 < float(found) < 0.125
    assert re.search(r"^the least there can be +0\.1155$", out, re.MULTILINE)
    assert "can end below 0.1155: sentences that begin alike" in out
    assert "after “the”: “cat” (1 of 2) or “dog” (1 of 2), at best 0.6931 each time" in out
    assert "(its position tells it from “the” at position 4)" in out
    assert "Over all 12 words the mean is 0.1155." in out
    assert "Saved in model.safetensors, after 100 epochs (100 steps)." in out
    assert lines[-2] == 'Next: python -m calc generate "the cat"'
    assert len(lines) < 30


def test_as_many_epochs_as_are_asked_for(capsys):
    def epochs(out):
        return [int(number) for number in re.findall(r"^ *(\d+)  [\d.]+$", out, re.MULTILINE)]

    assert epochs(run(capsys, "--epochs", "7", "--every", "1").out) == [1, 2, 3, 4, 5, 6, 7]
    assert epochs(run(capsys, "--epochs", "17", "--every", "5").out) == [1, 5, 10, 15, 17]
    assert epochs(run(capsys, "--epochs", "30").out) == [1, 2, 5, 10, 20, 30]


def told(**keys):
    """What is printed of a run of one epoch on another corpus."""
    config = from_values({"text": TEXT}, {"training.epochs": 1, "model.d_model": 4, "model.heads": 1} | keys)
    learner = Learner(config)
    out = Told(learner)
    out.out.file = io.StringIO()
    with out.progress():
        for epoch in training.epochs(learner):
            out.epoch(epoch)
    out.end(training.evaluate(learner))
    out.kept("model.safetensors", learner.count)
    return out.out.file.getvalue()


def test_a_corpus_without_a_fork():
    out = told(**{"text.corpus": ("the cat sat", "a dog"), "text.sentence": "a dog", "generation.prompt": "a zebra"})
    # Position 0 is one word or the other, and nothing is asked of it: the first word is given.
    assert "Every word follows from those before it, so the loss can come as near to 0 as it likes." in out
    assert re.search(r"^the least there can be +0$", out, re.MULTILINE)
    assert 'generate "a dog"' in out  # a prompt of unknown words is no advice


def test_the_places_that_are_not_in_doubt_are_listed():
    texts = ("the cat sat on the mat", "the dog sat", "the cat sat on the log", "a cat and the dog")
    out = told(**{"text.corpus": texts, "text.sentence": "a"})
    assert "after “the”: “cat” (2 of 3) or “dog” (1 of 3), at best 0.6365 each time (its position" in out
    assert "(its position tells it from “the” at position 3)" in out  # at 4 it is in doubt again
    assert "after “the cat sat on the”: “mat” (1 of 2) or “log” (1 of 2), at best 0.6931 each time\n" in out


def test_a_large_corpus_is_told_in_a_few_lines():
    corpus = tuple(f"a{i % 9} b{i} c" for i in range(31))
    out = told(**{"text.corpus": corpus, "text.sentence": "c", "training.batch": 7})
    assert "31 sentences, 93 words and 5 steps an epoch" in out
    assert "… and 11 with less" in out
    assert "… and 4 more" in out
    assert len(out.split("\n")) < 50


def test_pieces_are_said():
    out = told(**{"model.positions": 4, "text.sentence": "the cat"})
    assert "2 sentences, read in 4 pieces of at most 4 words, 12 words and 2 steps an epoch" in out
    assert re.search(r"^the cat sat on +[0-9.]+$", out, re.MULTILINE)


def test_words_are_only_shown():
    odd = "\u200d[red]$x$"
    out = told(**{"text.corpus": (f"{odd} b", f"{odd} c"), "text.sentence": "b"})
    assert f"after “{odd}”" in out


def test_the_bar_is_for_terminals_alone():
    learner = Learner(from_values({"text": TEXT}, {"training.epochs": 3}))
    out = Told(learner)
    out.out = Console(file=io.StringIO(), force_terminal=True, width=60, color_system=None)
    with out.progress():
        for epoch in training.epochs(learner):
            out.epoch(epoch)
    assert "3/3" in out.out.file.getvalue()


# What it keeps


def test_a_resumed_run_ends_with_the_same_bytes(capsys):
    run(capsys, "--epochs", "9")
    run(capsys, "--epochs", "4", "--save", "part.safetensors")
    out = run(capsys, "--epochs", "9", "--resume", "part.safetensors").out
    assert "going on after epoch 4\n" in out
    assert "Saved in part.safetensors, after 9 epochs (9 steps)." in out
    assert out.endswith('Next: python -m calc generate "the cat" --load part.safetensors\n')
    assert Path("part.safetensors").read_bytes() == Path("model.safetensors").read_bytes()
    part = Path("part.safetensors").read_bytes()
    run(capsys, "--epochs", "11", "--resume", "part.safetensors", "--save", "longer.safetensors")
    assert Path("part.safetensors").read_bytes() == part
    assert len(checkpoint.load(Path("longer.safetensors")).losses) == 11


def interrupt(monkeypatch, after):
    whole = training.epochs

    def epochs(learner):
        for epoch in whole(learner):
            if epoch.number > after:
                raise KeyboardInterrupt
            yield epoch

    monkeypatch.setattr(training, "epochs", epochs)


def test_interrupted_it_keeps_the_last_whole_epoch(capsys, monkeypatch):
    run(capsys, "--epochs", "8", "--save", "whole.safetensors")
    with monkeypatch.context() as patch:
        interrupt(patch, after=3)
        line = run(capsys, "--epochs", "8", code=130).err
    assert line == (
        "stopped; model.safetensors holds the run up to epoch 3, the last whole one; "
        "go on with the same command and --resume model.safetensors\n"
    )
    run(capsys, "--epochs", "8", "--resume", "model.safetensors")
    assert Path("model.safetensors").read_bytes() == Path("whole.safetensors").read_bytes()


def test_interrupted_it_leaves_another_run_as_it_is(capsys, monkeypatch):
    run(capsys, "--epochs", "8")
    before = Path("model.safetensors").read_bytes()
    interrupt(monkeypatch, after=3)
    assert "stopped; model.stopped.safetensors holds" in run(capsys, "--epochs", "9", code=130).err
    assert Path("model.safetensors").read_bytes() == before
    assert len(checkpoint.load(Path("model.stopped.safetensors")).losses) == 3


def test_interrupted_before_anything_was_done(capsys, monkeypatch):
    interrupt(monkeypatch, after=0)
    assert refused(capsys, code=130) == "stopped before an epoch was whole; nothing was written\n"


def test_interrupted_while_it_saves(capsys, monkeypatch):
    """It is saved again, and whole."""
    save, calls = checkpoint.save, []

    def once(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt
        save(*arguments)

    monkeypatch.setattr(checkpoint, "save", once)
    assert "holds the run up to epoch 5" in run(capsys, "--epochs", "5", code=130).err
    assert len(checkpoint.load(Path("model.safetensors")).losses) == 5


def test_ctrl_c_itself():
    command = [sys.executable, "-m", "calc", "train", *SMALL, "--epochs", "1000000"]
    environment = os.environ | {"PYTHONPATH": str(SHIPPED.parent)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child = subprocess.Popen(command, **pipes, encoding="utf-8", env=environment)
    while child.stdout.readline().split()[:1] != ["20"]:
        assert child.poll() is None
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert re.fullmatch(r"stopped; model\.safetensors holds the run up to epoch \d+, .*\n", err)
    assert len(checkpoint.load(Path("model.safetensors")).losses) >= 20


# What it refuses


def test_mistakes_are_one_line(capsys):
    run(capsys, "--epochs", "2", "--save", "good.safetensors")
    Path("other.safetensors").write_bytes(b"mine")
    Path("folder.safetensors").mkdir()
    for arguments, line in {
        ("--epochs", "0"): "--epochs: training.epochs = 0: must be a whole number from 1 to 1000000; nearest: 1",
        (
            "--schedule",
            "cos",
        ): '--schedule: training.schedule = "cos": must be "constant" or "cosine"; nearest: "cosine"',
        (
            "--warmup",
            "100",
        ): "--warmup: training.warmup = 100: the whole run has 100 steps, and the warm-up must end before",
        ("--clip", "-1"): "--clip: training.clip = -1: must be a number from 0 to 1000000; nearest: 0",
        ("--lr", "0"): "--lr: optimizer.lr = 0: must be a number, above 0, at most 10; nearest: 0.01",
        ("--lr", "10", "--epochs", "200"): "this configuration cannot be computed: step ",
        ("--every", "0"): '--every: "0": must be a whole number, at least 1; nearest: 1',
        ("--every", "x" * 99): "--every: ",
        ("--save", "x.txt"): "x.txt: must end in .safetensors; nearest: x.safetensors",
        ("--save", "no/x.safetensors"): "no/x.safetensors: there is no folder no; make it, or nearest: x.safetensors",
        (
            "--save",
            "folder.safetensors",
        ): "folder.safetensors: is a folder; nearest: folder.safetensors/model.safetensors",
        (
            "--save",
            "other.safetensors",
        ): "other.safetensors: is there and was not saved by python -m calc train, so it is",
        (
            "--resume",
            "god.safetensors",
        ): "god.safetensors: there is no such file; nearest: good.safetensors, or python -m",
        (
            "--resume",
            "good.safetensors",
            "--lr",
            "0.5",
        ): "good.safetensors: was trained with optimizer.lr = 0.01, and now",
        (
            "--resume",
            "good.safetensors",
            "--epochs",
            "2",
        ): "good.safetensors: was trained for 2 epochs, and training.ep",
        ("now",): '"now": one word too many; nearest: python -m calc train',
    }.items():
        assert refused(capsys, *arguments).startswith(line), arguments
    assert "is damaged, or no" in refused(capsys, "--resume", "other.safetensors", "--save", "new.safetensors")


@pytest.mark.parametrize("flag", ["--save", "--resume", "--every"])
def test_its_flags_are_for_training_alone(capsys, flag):
    assert cli.main(["loss", "--config", str(SHIPPED), flag, "3"]) == 2
    assert capsys.readouterr().err == f"{flag}: is for training; nearest: python -m calc train {flag} 3\n"


def test_a_full_disk(capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save", full)
    assert refused(capsys, "--epochs", "2") == "model.safetensors: cannot be written (No space left on device)\n"
