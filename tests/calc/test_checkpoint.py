"""Checkpoints: exact, whole or not at all, and whatever else lies there is one line that helps."""

from __future__ import annotations

import json
import os
import pickle
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from calc import checkpoint
from calc.checkpoint import Checkpoint, CheckpointError
from calc.config import SHIPPED
from calc.learner import Learner

TINY = {"model.d_model": 6, "model.heads": 2, "model.d_ff": 5, "model.positions": 7, "training.epochs": 3}
LATER = {"step": 3, "losses": (2.5, 1 / 3, 0.25)}


@pytest.fixture(scope="module")
def config(configured):
    return configured(TINY)


@pytest.fixture(scope="module")
def learner(config):
    learner = Learner(config)
    for _ in range(2):
        learner.step(learner.epoch[0])
    return learner


@pytest.fixture(scope="module")
def made(learner):
    return checkpoint.of(learner, (2.5, 1 / 3))


@pytest.fixture
def file(made, tmp_path):
    path = tmp_path / "model.safetensors"
    checkpoint.save(made, path)
    return path


def refused(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        checkpoint.load(path)
    line = str(caught.value)
    assert line.isprintable()
    assert len(line) < 500
    assert "nearest: " in line
    return line


# What is right


def test_all_comes_back_to_the_last_bit(made, file, learner, config):
    found = checkpoint.load(file)
    assert (found.config, found.step, found.losses) == (config, 2, (2.5, 1 / 3))
    assert {n: a.tobytes() for n, a in found.arrays.items()} == {n: a.tobytes() for n, a in made.arrays.items()}
    again = Learner(config)
    checkpoint.restore(again, found)
    assert again.count == 2
    for ours, other in ((again.theta, learner.theta), (again.m, learner.m), (again.v, learner.v)):
        assert ours.tobytes() == other.tobytes()


def test_any_reader_of_safetensors_finds_the_ledgers_names(file, learner):
    found = load_file(file)
    assert set(found) == {form.format(name) for form in checkpoint.SETS for name in learner.parameters}
    np.testing.assert_array_equal(found["layers.0.ffn.w_1"], learner.parameters["layers.0.ffn.w_1"])
    np.testing.assert_array_equal(found["adamw.w_out.v"], learner.second["w_out"])
    assert list(checkpoint.load(file).weights) == list(learner.parameters)


def test_a_checkpoint_does_not_move_with_the_learner(config):
    learner = Learner(config)
    kept = checkpoint.of(learner, ())
    before = kept.arrays["w_out"].copy()
    learner.step(learner.epoch[0])
    np.testing.assert_array_equal(kept.arrays["w_out"], before)
    assert kept.step == 0


def test_equal_runs_give_equal_bytes(made, file, tmp_path):
    for i in range(5):
        checkpoint.save(made, tmp_path / f"{i}.safetensors")
        assert (tmp_path / f"{i}.safetensors").read_bytes() == file.read_bytes()


# An interrupted save


@pytest.mark.parametrize("at", ["write", "fsync", "replace"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_interrupted_save_leaves_the_older_file(made, file, monkeypatch, at, error):
    before, later = file.read_bytes(), made._replace(**LATER)

    def stop(*_, **__):
        raise error

    if at == "write":
        monkeypatch.setattr("safetensors.numpy.save", stop)
    else:
        monkeypatch.setattr(os if at == "fsync" else Path, at, stop)
    with pytest.raises(KeyboardInterrupt if error is KeyboardInterrupt else OSError):
        checkpoint.save(later, file)
    monkeypatch.undo()
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]
    checkpoint.save(later, file)
    assert checkpoint.load(file).step == 3


KILLED = """
import os, sys
from pathlib import Path
from calc import checkpoint
Path.replace = lambda *_: os._exit(9)
file = Path(sys.argv[1])
found = checkpoint.load(file)
checkpoint.save(found._replace(step=3, losses=(*found.losses, 0.25)), file)
"""


def test_killed_between_write_and_rename_nothing_is_lost(file):
    """As by `kill -9`: no `finally` is run."""
    before = file.read_bytes()
    assert subprocess.run([sys.executable, "-c", KILLED, str(file)], cwd=SHIPPED.parent).returncode == 9
    assert file.read_bytes() == before
    assert checkpoint.load(file).step == 2
    assert len(list(file.parent.iterdir())) == 2  # what was written aside stays, under a name that nobody reads


def test_a_link_stays_a_link(made, file, tmp_path):
    link = tmp_path / "link.safetensors"
    link.symlink_to(file)
    checkpoint.save(made._replace(**LATER), link)
    assert link.is_symlink()
    assert checkpoint.load(file).step == 3


# What is wrong


def test_a_file_that_is_not_there(file, tmp_path):
    line = refused(tmp_path / "modle.safetensors")
    assert line.startswith(f"{tmp_path}/modle.safetensors: there is no such file; nearest: {file}, or python -m calc")
    assert "there is no such file" in refused(file / "x.safetensors")
    assert refused(tmp_path).startswith(f"{tmp_path}: is a folder; nearest: ")


@pytest.mark.parametrize("length", [0, 1, 7, 8, 100, 2000, -1])
def test_a_truncated_file(file, length):
    file.write_bytes(file.read_bytes()[:length])
    assert "is damaged, or no .safetensors file" in refused(file)


def test_every_flipped_byte_is_found(file):
    data = file.read_bytes()
    for place in [*range(8, 3000, 97), *range(3000, len(data), 997), len(data) - 1]:
        file.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        refused(file)


def test_more_behind_the_end(file):
    file.write_bytes(file.read_bytes() + b"x")
    refused(file)


class Harm:
    def __reduce__(self):
        return os.mkdir, ("harmed",)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_pickle_is_never_read(file, monkeypatch, protocol):
    monkeypatch.chdir(file.parent)
    file.write_bytes(pickle.dumps(Harm(), protocol=protocol))
    assert "is a pickle or a zip file, which could run code and is never read" in refused(file)
    np.savez(file.with_suffix(".npz"), x=np.array([Harm()], dtype=object))
    file.with_suffix(".npz").replace(file)
    assert "never read" in refused(file)
    assert not Path("harmed").exists()


def test_another_programs_weights(file):
    save_file({"wte.weight": np.zeros((3, 2), np.float32)}, file, metadata={"format": "pt"})
    assert 'was not saved by python -m calc train (its first tensor is "wte.weight")' in refused(file)
    assert not checkpoint.ours(file)
    header = b'{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'  # which NumPy has not
    file.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 4)
    assert "was not saved by python -m calc train" in refused(file)


def changed(made: Checkpoint, path: Path, arrays=None, **about) -> str:
    """The line for a file with other tensors or another text about itself, its digest made anew."""
    arrays = made.arrays if arrays is None else arrays
    text = {"config": json.loads(made.config.to_json()), "step": 2, "epoch": 2, "losses": [2.5, 1 / 3]} | about
    text = {key: value for key, value in text.items() if value is not None}
    text.setdefault("sha256", checkpoint._digest(text, arrays))
    save_file(arrays, path, metadata={checkpoint.KEY: json.dumps(text)})
    return refused(path)


def test_other_names_shapes_and_types(made, tmp_path):
    path, w_1 = tmp_path / "x.safetensors", made.arrays["layers.0.ffn.w_1"]
    without = {name: array for name, array in made.arrays.items() if name != "adamw.w_out.m"}
    assert 'lacks the tensor "adamw.w_out.m"' in changed(made, path, without)
    more = made.arrays | {"layers.1.ffn.w_1": w_1}
    assert 'holds a tensor that its model has not, "layers.1.ffn.w_1"' in changed(made, path, more)
    turned = made.arrays | {"layers.0.ffn.w_1": np.ascontiguousarray(w_1.T)}
    line = '"layers.0.ffn.w_1" must be float64 of shape 6 × 5, but is float64 of shape 5 × 6'
    assert line in changed(made, path, turned)
    single = made.arrays | {"layers.0.ffn.w_1": w_1.astype(np.float32)}
    assert "but is float32 of shape 6 × 5" in changed(made, path, single)


@pytest.mark.parametrize(
    "about",
    [
        {"config": None}, {"step": None}, {"step": "2"}, {"step": -1}, {"step": 3}, {"losses": None}, {"losses": 2},
        {"losses": ["a"]}, {"epoch": 3}, {"config": []}, {"sha256": 3},
    ],
    ids=str,
)  # fmt: skip
def test_a_file_that_says_nothing_sensible_about_itself(made, tmp_path, about):
    assert "does not say how it was trained" in changed(made, tmp_path / "x.safetensors", **about)


def test_a_configuration_that_is_none(made, tmp_path):
    config = json.loads(made.config.to_json())
    config["model"]["heads"] = 4
    assert "model.heads = 4: must divide model.d_model = 6" in changed(made, tmp_path / "x.safetensors", config=config)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"model.layers": 2}, "model.layers = 1, and now it is 2; nearest: --layers 1, or train anew"),
        ({"optimizer.lr": 0.02}, "optimizer.lr = 0.01, and now it is 0.02; nearest: --lr 0.01, or train anew"),
        ({"training.batch": 1}, "training.batch = 2, and now it is 1; nearest: --batch 2, or train anew"),
        ({"training.schedule": "cosine"}, 'training.schedule = "constant", and now it is "cosine"'),
        ({"init.seed": 7}, "init.seed = 42, and now it is 7; nearest: --seed 42, or train anew"),
        ({"optimizer.eps": 1e-6}, "optimizer.eps = 1e-08, and now it is 1e-06; nearest: train anew"),
        ({"text.corpus": ("the cat", "a dog"), "text.sentence": "a"}, "another text.corpus; nearest: train anew"),
        ({"training.epochs": 2}, "was trained for 2 epochs, and training.epochs = 2 leaves none; nearest: --epochs 4"),
    ],
)
def test_another_configuration(made, configured, keys, says):
    with pytest.raises(CheckpointError) as caught:
        checkpoint.agree("m.safetensors", made, configured(TINY | keys))
    assert str(caught.value).startswith("m.safetensors: was trained ")
    assert says in str(caught.value)


def test_what_training_does_not_depend_on_may_differ(made, configured):
    free = {"training.epochs": 200, "text.sentence": "the dog", "display.digits": 6, "generation.seed": 3}
    checkpoint.agree("m.safetensors", made, configured(TINY | free))


def test_a_cosine_cannot_be_made_longer(made, configured):
    cosine = made._replace(config=configured(TINY | {"training.schedule": "cosine"}))
    checkpoint.agree("m", cosine, configured(TINY | {"training.schedule": "cosine"}))
    with pytest.raises(CheckpointError, match=r"training.epochs = 3, and now it is 9; nearest: --epochs 3"):
        checkpoint.agree("m", cosine, configured(TINY | {"training.schedule": "cosine", "training.epochs": 9}))
