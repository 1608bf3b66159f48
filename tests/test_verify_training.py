"""Training beside PyTorch's: which runs are made, what is compared after every step, what is caught and named.

All but the last part runs without PyTorch: there the other side is the engine's own run, with planted errors.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from calc import learner
from calc.config import Config, load
from render import verified
from tests.configurations import configured
from verify import training
from verify.__main__ import verify
from verify.training import BOUND, Arrays, follow, runs, steps

ROOT = Path(__file__).resolve().parent.parent
PADDED = load(ROOT / "verify" / "training.toml")
GROUPS = ("loss", "gradient's norm", "parameters", "first averages", "second averages")
W_Q = "layers.1.attention.w_q"


def retrained(config: Config, **keys: object) -> Config:
    return config.model_copy(update={"training": config.training.model_copy(update=keys)})


SHORT = retrained(PADDED, epochs=5, warmup=3)  # 20 steps


def copied(config: Config) -> Iterator[dict[str, np.ndarray]]:
    """The engine's run as another's, to be edited."""
    for arrays in steps(config):
        yield {name: array.copy() for name, array in arrays.items()}


def faults(theirs: Iterator[Arrays], config: Config = SHORT) -> dict[str, str]:
    return {row.name.removeprefix("run: "): row.fault for row in follow("run", config, theirs).rows if row.fault}


# --- the runs ---------------------------------------------------------------------------------------------------------


def test_the_runs_are_the_configured_one_and_those_with_and_without_clipping_and_schedule():
    plain, full = "training, plain", "training, clipped and scheduled"
    assert list(runs(configured({}))) == ["training", full]
    assert list(runs(PADDED)) == ["training", plain]
    mine = configured({"training.clip": 0.7, "training.batch": 1, "training.epochs": 7})
    found = runs(mine)
    assert list(found) == ["training", plain, full]
    assert found["training"] is mine
    for name, schedule, warmup, clip in ((plain, "constant", 0, 0.0), (full, "cosine", 10, 0.5)):
        made = found[name].training
        assert (made.schedule, made.warmup, made.clip, made.batch) == (schedule, warmup, clip, 1)
        assert made.epochs == 50  # of two batches
        assert found[name].model == mine.model
        assert found[name].text == mine.text


def test_the_configuration_of_its_own_has_padding_an_uneven_batch_and_a_sentence_in_pieces():
    batches = learner.Learner(PADDED).epoch
    assert [None if b.mask is None else int((b.mask == 0).sum()) for b in batches] == [3, 5, 5, None]
    assert [b.tokens.shape for b in batches] == [(2, 6), (2, 8), (2, 6), (1, 4)]
    assert len(batches) * PADDED.training.epochs == training.STEPS


# --- the comparison ---------------------------------------------------------------------------------------------------


def test_losses_norms_parameters_and_averages_are_compared_after_every_step():
    found = follow("run", SHORT, steps(SHORT))
    assert [row.name for row in found.rows] == [f"run: {group}" for group in GROUPS]
    weights = len(learner.Learner(SHORT).theta)
    assert [row.shape for row in found.rows] == [(20,), (20,), *[(20, weights)] * 3]
    assert not any(row.error or row.fault for row in found.rows)
    assert found.steps == found.whole == 20
    limit = SHORT.training.clip
    norms = [arrays["gradient's norm"] for arrays in copied(retrained(SHORT, clip=0.0))]
    assert norms[0] > limit
    assert 0 < found.clipped == sum(float(a["gradient's norm"]) == pytest.approx(limit, rel=1e-5) for a in steps(SHORT))


def test_of_a_longer_run_the_first_hundred_steps(monkeypatch):
    monkeypatch.setattr(training, "STEPS", 7)
    found = follow("run", SHORT, steps(SHORT))
    assert (found.steps, found.whole, found.rows[0].shape) == (7, 7, (7,))


@pytest.mark.parametrize("kind", ["new", "m", "v"])
def test_a_difference_above_the_bound_is_named_and_one_below_it_passes(kind):
    def moved(by):
        for number, arrays in enumerate(copied(SHORT), 1):
            array = arrays[f"{W_Q}.{kind}"]
            array[2, 5] += by * np.abs(array).max() * (number == 13)
            yield arrays

    assert not faults(moved(0.9 * BOUND))
    group = {"new": "parameters", "m": "first averages", "v": "second averages"}[kind]
    found = faults(moved(1.1 * BOUND))
    assert list(found) == [group]
    assert found[group].startswith(f"step 13: {W_Q}.{kind}: ")
    assert found[group].endswith(" in PyTorch at [2, 5]")


@pytest.mark.parametrize(
    ("wrong", "first"),
    [
        ({"clip": 0.5 * (1 + 1e-8)}, "gradient's norm"),
        ({"clip": 0.0}, "gradient's norm"),
        ({"warmup": 4}, "parameters"),
        ({"warmup": 2}, "parameters"),
        ({"epochs": 6}, "parameters"),  # the cosine would end later
        ({"schedule": "constant"}, "parameters"),
        ({"batch": 3}, "loss"),
    ],
)
def test_another_training_is_no_agreement(wrong, first):
    assert first in faults(islice(copied(retrained(SHORT, **wrong)), 20))


def test_a_schedule_that_is_a_step_late_is_seen_where_it_begins_to_fall():
    late = learner.schedule.rate
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learner.schedule, "rate", lambda t, lr, step, n: late(t, lr, max(step - (step > 4), 1), n))
        other = list(copied(SHORT))
    assert faults(iter(other))["parameters"].startswith("step 5: ")


def test_padding_that_counts_in_the_mean_is_seen_at_the_first_padded_batch():
    with pytest.MonkeyPatch.context() as patch:
        batches = [batch._replace(mask=None) for batch in learner.batches(SHORT)]
        patch.setattr(learner, "batches", lambda config: batches)
        other = list(copied(SHORT))
    found = faults(iter(other))
    assert found["loss"].startswith("step 1: loss: ")
    assert found["first averages"].startswith("step 1: ")


def test_another_optimizer_is_no_agreement():
    for key, value in {"lr": 0.010001, "weight_decay": 0.0, "beta1": 0.8, "beta2": 0.99, "eps": 1e-7}.items():
        changed = SHORT.optimizer.model_copy(update={key: value})
        assert "parameters" in faults(copied(SHORT.model_copy(update={"optimizer": changed}))), key


def test_what_a_side_lacks_or_has_too_much_is_a_fault():
    def without(arrays):
        return {name: array for name, array in arrays.items() if name != f"{W_Q}.m"}

    assert faults(map(without, copied(SHORT))) == {"first averages": f"step 1: {W_Q}.m: PyTorch does not have it"}
    more = ({**arrays, "w_lost.new": np.zeros(3)} for arrays in copied(SHORT))
    assert faults(more) == {"parameters": "step 1: w_lost.new: the engine does not have it"}
    turned = ({**arrays, "w_out.v": arrays["w_out.v"].T} for arrays in copied(SHORT))
    assert faults(turned)["second averages"].startswith("step 1: w_out.v: is (12, ")
    nothing = ({**arrays, "loss": np.array(np.nan)} for arrays in copied(SHORT))
    assert faults(nothing) == {"loss": "step 1: loss: holds what is not a number"}
    found = faults(islice(copied(SHORT), 15))
    assert set(found) == set(GROUPS)
    assert found["loss"] == "step 16: loss: PyTorch does not have it"


# --- runs that magnify last bits --------------------------------------------------------------------------------------


def test_steps_that_magnify_last_bits_are_not_compared_and_the_count_says_so():
    wild = configured({"optimizer.lr": 1.0})
    found = follow("run", wild, steps(wild, training.NUDGE / 2))  # another rounding
    assert 0 < found.steps < found.whole == 100
    assert not any(row.fault for row in found.rows)
    assert [line.partition(":")[2] for line in training.told({"run": found}, "2.0")] == [
        f" {found.steps} of 100 steps: PyTorch 2.0 agrees within 1e-09",
        " later steps magnify the last bit of a weight beyond 1e-10, or overflow",
    ]
    assert training.kept(found).steps == found.steps


def test_an_error_in_such_a_run_is_seen_before():
    wild = configured({"optimizer.lr": 1.0})
    other = wild.model_copy(update={"optimizer": wild.optimizer.model_copy(update={"weight_decay": 0.1001})})
    assert "parameters" in faults(copied(other), wild)


def test_a_run_that_overflows_ends_there():
    config = configured({"optimizer.lr": 10.0})
    found = follow("run", config, steps(config))
    assert (found.steps, found.whole) == (1, 100)


# --- the command and the result ---------------------------------------------------------------------------------------


def outside(plant: str = ""):
    """What stands for PyTorch's training: it reads the file, and trains as the engine does but for a planted error."""

    def train(file: Path) -> Iterator[Arrays]:
        with np.load(file) as archive:
            config = Config.model_validate_json(str(archive["config"]))
            first = {name: archive[name] for name in archive.files if name != "config"}
        for name, value in learner.Learner(config).parameters.items():
            np.testing.assert_array_equal(first.pop(name), value)
        assert not first
        for arrays in copied(config):
            if plant:
                arrays[plant].flat[0] += 1e-8
            yield arrays

    return train


def verified_with(train, folder: Path, config: Config = SHORT) -> int:
    """The whole command, with the step left out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("verify.__main__.comparison.compare", lambda *_: [])
        return verify(config, lambda _: {}, lambda _: [], "2.0", folder, train=train)


def test_an_agreement_is_printed_and_kept(tmp_path, capsys):
    assert verified_with(outside(), tmp_path) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.partition("  ")[0] for line in out[1:6]] == [f"training: {group}" for group in GROUPS]
    assert all(line.rstrip().endswith(" agrees") for line in out[1:16])
    found = verified.result(SHORT.digest(), tmp_path)
    assert found is not None
    assert found.training_bound == BOUND
    weights = len(learner.Learner(SHORT).theta)
    configured, plain, full = found.training
    assert configured == verified.Trained("cosine", 3, 20, 20, configured.clipped, 20 * (3 * weights + 2))
    assert plain == verified.Trained("constant", 0, 100, 100, 0, 100 * (3 * weights + 2))
    assert dataclasses.replace(plain, schedule="cosine", warmup=10, clipped=full.clipped) == full
    assert 0 < configured.clipped <= 20 < full.clipped <= 100
    assert out[16:-1] == [
        f"training: 20 steps, {configured.clipped} of them clipped: PyTorch 2.0 agrees within 1e-09",
        "training, plain: 100 steps: PyTorch 2.0 agrees within 1e-09",
        f"training, clipped and scheduled: 100 steps, {full.clipped} of them clipped: PyTorch 2.0 agrees within 1e-09",
    ]
    assert found.errors["training, plain: loss"] == 0


def test_a_disagreement_ends_with_1_and_leaves_no_result(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(training, "STEPS", 3)
    config = retrained(SHORT, epochs=1, warmup=0)
    assert verified_with(outside(), tmp_path, config) == 0
    capsys.readouterr()
    assert verified_with(outside(f"{W_Q}.new"), tmp_path, config) == 1
    out = capsys.readouterr().out
    assert [line.split("  ")[0] for line in out.splitlines() if line.endswith("  DISAGREES")] == [
        f"{name}: parameters" for name in runs(config)
    ]
    assert f"training: parameters: step 1: {W_Q}.new: " in out
    assert "training: 3 steps, 3 of them clipped: PyTorch 2.0 DISAGREES\n" in out
    assert out.endswith("PyTorch 2.0 DISAGREES in 2 of the arrays\n")
    assert verified.result(config.digest(), tmp_path) is None


@pytest.mark.parametrize("text", ['"training": 3', '"training": [3]', '"training": [{"steps": 3}]'])
def test_a_file_whose_training_is_no_such_thing_is_no_result(text, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "STEPS", 1)
    assert verified_with(outside(), tmp_path, retrained(SHORT, epochs=1, warmup=0)) == 0
    (file,) = tmp_path.iterdir()
    kept = file.read_text()
    assert verified.result(file.stem, tmp_path) is not None
    start, end = kept.index('"training": ['), kept.index('],\n  "errors"') + 1
    file.write_text(kept[:start] + text + kept[end:])
    assert verified.result(file.stem, tmp_path) is None


# --- PyTorch itself, where `make verify` has installed it -------------------------------------------------------------


@pytest.fixture(scope="module")
def torch_training():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; `make verify` runs this comparison")
    from verify import torch_training

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # beside other tests, several would wait for each other at every operation
    yield torch_training
    torch.set_num_threads(threads)


WALKS = {"the walk's": configured({}), "padded": PADDED}
CASES = {f"{case} {name}": run for case, config in WALKS.items() for name, run in runs(config).items()}


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("config", CASES.values(), ids=CASES)
def test_pytorch_agrees(config, torch_training, tmp_path):
    training.save(config, tmp_path / "run.npz")
    found = follow("run", config, torch_training.training(tmp_path / "run.npz"))
    assert found.steps == found.whole == 100
    assert not [row.fault for row in found.rows if row.fault]
    assert bool(found.clipped) == bool(config.training.clip)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("right", "wrong", "first"),
    [
        ("padding_value=PADDED", "padding_value=0", "step 1: loss"),
        ("is_causal=True", "is_causal=False", "step 1: loss"),
        ("i : i + size", "i : i + size + 1", "step 1: loss"),
        ("weights.values(), config.training.clip)", "weights.values(), 0.51)", "step 1: gradient's norm"),
        ("weights.values(), config.training.clip)", "list(weights.values())[1:], 0.5)", "step 1: gradient's norm"),
        ("start_factor=1 / warmup", "start_factor=1 / (warmup + 1)", "step 1: token_embedding.new"),
        ("total_iters=warmup - 1", "total_iters=warmup", "step 2: token_embedding.new"),
        ("T_max=steps - warmup", "T_max=steps", "step 5: token_embedding.new"),
        ("optimizer.zero_grad()", "pass", "step 2: gradient's norm"),
    ],
)
def test_a_planted_error_is_seen(right, wrong, first, torch_training, tmp_path):
    source = (ROOT / "verify" / "torch_training.py").read_text(encoding="utf-8")
    assert source.count(right) == 1
    planted = ModuleType("planted")
    exec(compile(source.replace(right, wrong), "planted", "exec"), planted.__dict__)
    training.save(SHORT, tmp_path / "run.npz")
    found = faults(planted.training(tmp_path / "run.npz")).values()
    assert min(found, key=lambda fault: int(fault.split()[1].rstrip(":"))).startswith(first)
