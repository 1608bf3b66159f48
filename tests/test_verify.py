"""The comparison with PyTorch: what it lets pass, what it catches and names, what it leaves for the pages.

All but the last part runs without PyTorch: there the other side is the engine's own step, with planted errors.
"""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from calc import export
from calc.config import SHIPPED, Config, load
from calc.step import training_step
from render import verified
from render.listing import defined
from tests.configurations import configured
from verify import comparison
from verify.__main__ import cells, main, read, verify
from verify.comparison import BOUND, Step

ROOT = Path(__file__).resolve().parent.parent
SMALL = {"model.d_model": 6, "model.heads": 2, "model.d_ff": 7, "model.layers": 2}
W_Q, DOG = "layers.1.attention.w_q", (9, 3)  # "dog" is not in the sentence: its gradient is zero by mathematics


@pytest.fixture(scope="module")
def config() -> Config:
    return configured(SMALL)


@pytest.fixture(scope="module")
def parameters(config: Config) -> list[str]:
    return [entry.name for entry in training_step(config) if entry.attrs.get("parameter")]


@pytest.fixture(scope="module")
def ours(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Step:
    ledger, file = training_step(config), tmp_path_factory.mktemp("verify") / "step.npz"
    export.save(ledger, config, file)
    return read(file, {entry.name: entry.zeros for entry in ledger if entry.zeros is not None})


@pytest.fixture
def theirs(ours: Step, parameters: list[str]) -> dict[str, np.ndarray]:
    """What PyTorch would find if it agreed to the last bit, to be edited."""
    return {name: ours.arrays[name].copy() for name in comparison.names(parameters)}


def moved(array: np.ndarray, by: float, at: tuple[int, ...] | None = None) -> None:
    """Moves one cell, the largest unless told, by a part of the array's largest entry."""
    at = np.unravel_index(int(np.abs(array).argmax()), array.shape) if at is None else at
    array[at] += by * np.abs(array).max()


def faults(parameters: list[str], ours: Step, theirs: Mapping[str, np.ndarray]) -> dict[str, str]:
    return {row.name: row.fault for row in comparison.compare(parameters, ours, theirs) if row.fault}


# --- the comparison ---------------------------------------------------------------------------------------------------


def test_every_gradient_and_every_new_parameter_is_compared(parameters, ours, theirs):
    rows = comparison.compare(parameters, ours, theirs)
    assert len(rows) == 2 * len(parameters) + 3 == 2 * (5 + 2 * 12) + 3
    assert {row.name for row in rows} >= {"loss", "logits", "after.loss", f"grad.{W_Q}", f"adamw.{W_Q}.new"}
    weights = sum(ours.arrays[name].size for name in parameters)
    assert cells(rows, "grad.") == cells(rows, "adamw.") == weights
    assert cells(rows) == 2 * weights + 6 * 10 + 2
    assert not any(row.fault or row.error for row in rows)


@pytest.mark.parametrize(
    "name", ["logits", "loss", f"grad.{W_Q}", f"adamw.{W_Q}.new", "adamw.ln_f.beta.new", "after.loss"]
)
def test_a_difference_above_the_bound_is_named_and_one_below_it_passes(name, parameters, ours, theirs):
    moved(theirs[name], 0.9 * BOUND)
    assert not faults(parameters, ours, theirs)
    moved(theirs[name], 0.3 * BOUND)
    assert list(faults(parameters, ours, theirs)) == [name]


def test_the_fault_names_the_cell_and_both_values(parameters, ours, theirs):
    theirs[f"grad.{W_Q}"][4, 1] += 0.5
    fault = faults(parameters, ours, theirs)[f"grad.{W_Q}"]
    mine = ours.arrays[f"grad.{W_Q}"][4, 1]
    assert fault == f"{mine:.17g} in the engine and {mine + 0.5:.17g} in PyTorch at [4, 1]"


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_a_fault(wrong, parameters, ours, theirs):
    theirs["grad.w_out"][0, 0] = wrong
    assert faults(parameters, ours, theirs)["grad.w_out"] == "holds what is not a number"


def test_no_array_is_forgotten_and_none_is_invented(parameters, ours, theirs):
    del theirs["grad.w_out"], theirs["after.loss"]
    theirs["grad.w_lost"] = np.zeros(3)
    theirs["logits"] = theirs["logits"].T
    assert faults(parameters, ours, theirs) == {
        "grad.w_out": "PyTorch does not have it",
        "after.loss": "PyTorch does not have it",
        "grad.w_lost": "is not expected",
        "logits": "is (6, 10) in the engine and (10, 6) in PyTorch",
    }
    lacking = ours._replace(arrays={n: a for n, a in ours.arrays.items() if n != "loss"})
    assert faults(parameters, lacking, theirs)["loss"] == "the engine does not have it"


def test_what_is_zero_by_mathematics_is_held_absolutely(parameters, ours, theirs):
    name, array = "grad.token_embedding", theirs["grad.token_embedding"]
    assert ours.arrays[name][DOG] == 0
    assert ours.zeros[name][DOG]
    array[DOG] = 0.9e-12
    row = next(r for r in comparison.compare(parameters, ours, theirs) if r.name == name)
    assert (row.residue, row.error, row.fault) == (0.9e-12, 0.0, "")
    array[DOG] = -1.1e-12
    assert f"at {list(DOG)}" in faults(parameters, ours, theirs)[name]


def test_an_array_that_is_all_zero_is_held_absolutely(parameters, ours, theirs):
    name = f"grad.{W_Q}"
    zero = {name: np.zeros_like(ours.arrays[name])}
    still = ours._replace(arrays={**ours.arrays, **zero})
    theirs[name][:] = 1e-13
    assert name not in faults(parameters, still, theirs)
    theirs[name][2, 2] = 1e-11
    assert name in faults(parameters, still, theirs)


def test_adamw_magnifies_rounding_of_a_gradient_near_eps_and_no_more(parameters, ours, theirs):
    """A gradient of eps 1e-17 off moves its parameter by lr / (4 eps) of that, 2.5e-12. A slip is not let by."""
    gradient, new, at = f"grad.{W_Q}", f"adamw.{W_Q}.new", (1, 2)
    mine = {gradient: ours.arrays[gradient].copy(), new: ours.arrays[new].copy()}
    mine[gradient][at] = ours.eps
    theirs[gradient][at] = ours.eps + 1e-17
    ours = ours._replace(arrays={**ours.arrays, **mine})
    theirs[new][at] += 2.4e-12
    assert not faults(parameters, ours, theirs)
    theirs[new][at] += 2e-12
    assert list(faults(parameters, ours, theirs)) == [new]
    theirs[new][at] = mine[new][at]
    theirs[new][5, 5] += 2.4e-12  # where the gradients are alike, the bound is the bound
    assert list(faults(parameters, ours, theirs)) == [new]


def test_the_bound_that_is_stated_is_one_that_holds(parameters, ours, theirs):
    rows = comparison.compare(parameters, ours, theirs)
    assert comparison.kept(rows) == BOUND
    assert comparison.kept([rows[0]._replace(error=2.4e-12)]) == 1e-11
    assert comparison.kept([rows[0]._replace(error=1.1e-11)]) == pytest.approx(1e-10)
    assert comparison.kept([]) == BOUND


# --- the command and the result ---------------------------------------------------------------------------------------


def side(ours: Step, parameters: list[str], plant: str = "", by: float = 1e-9):
    """What stands for PyTorch's step: it reads the file, and gives back what is there but for a planted error."""

    def outside(file: Path) -> dict[str, np.ndarray]:
        with np.load(file) as archive:
            found = {name: archive[name] for name in comparison.names(parameters)}
        if plant:
            moved(found[plant], by)
        return found

    return outside


STAGES = ("embedding.out", "layers.0.attention.masked", f"grad.{W_Q}")  # a masked score is minus infinity


def by_stage(file: Path, plant: str = "", by: float = 1e-9) -> list[tuple[str, str, np.ndarray]]:
    """What stands for PyTorch's stages: functions that find what is there but for a planted error."""
    with np.load(file) as archive:
        found = {name: archive[name].copy() for name in STAGES}
    if plant:
        found[plant].flat[0] += by
    return [(f"function_{i % 2}", name, array) for i, (name, array) in enumerate(found.items())]


def test_an_agreement_is_printed_and_kept(config, ours, parameters, tmp_path, capsys):
    assert verify(config, side(ours, parameters), by_stage, "2.0", tmp_path / "new") == 0
    lines = capsys.readouterr().out.splitlines()
    stages = [f"function_{i % 2}: {name}" for i, name in enumerate(STAGES)]
    expected = comparison.names(parameters) + stages
    assert [line.partition("  ")[0].strip() for line in lines[1:-1]] == expected
    assert all(line.rstrip().endswith(" agrees") for line in lines[1:-1])
    values = 2 * sum(ours.arrays[name].size for name in parameters) + 62
    more = sum(ours.arrays[name].size for name in STAGES)
    digest = config.digest()
    assert (
        lines[-1] == f"64 arrays, {values + more:,} values of configuration {digest}: PyTorch 2.0 agrees within 1e-12"
    )
    found = verified.result(digest, tmp_path / "new")
    assert found is not None
    assert (found.configuration, found.torch, found.bound, found.new_bound) == (digest, "2.0", 1e-12, 1e-12)
    assert (found.arrays, found.values) == (61, values)
    assert found.gradients == found.parameters == (values - 62) // 2
    assert (found.stage_functions, found.stage_arrays, found.stage_values) == (2, 3, more)
    assert set(found.errors) == set(expected)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [f"{digest}.json"]


@pytest.mark.parametrize("plant", ["loss", "grad.token_embedding", "adamw.layers.0.ffn.b_1.new"])
def test_a_disagreement_ends_with_1_names_the_array_and_removes_an_older_result(
    plant, config, ours, parameters, tmp_path, capsys
):
    verify(config, side(ours, parameters), by_stage, "2.0", tmp_path)
    other = tmp_path / "0123456789ab.json"
    other.write_text("another configuration's")
    capsys.readouterr()
    assert verify(config, side(ours, parameters, plant), by_stage, "2.0", tmp_path) == 1
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines() if line.endswith("DISAGREES")] == [plant]
    assert re.search(rf"^{re.escape(plant)}: \S+ in the engine and \S+ in PyTorch", out, re.MULTILINE)
    assert out.endswith("PyTorch 2.0 DISAGREES in 1 of the arrays\n")
    assert verified.result(config.digest(), tmp_path) is None
    assert list(tmp_path.iterdir()) == [other]


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_that_disagrees_is_named_with_its_function(name, config, ours, parameters, tmp_path, capsys):
    def wrong(file):
        return by_stage(file, name)

    assert verify(config, side(ours, parameters), wrong, "2.0", tmp_path) == 1
    out = capsys.readouterr().out
    assert re.search(rf"^function_\d: {re.escape(name)}: \S+ in the engine and \S+ in PyTorch", out, re.MULTILINE)
    assert verified.result(config.digest(), tmp_path) is None


def test_what_a_stage_has_and_the_engine_lacks_is_a_fault(ours):
    rows = comparison.compare_stages(ours, [("attention", "layers.0.attention.scoers", np.zeros(3))])
    assert [(row.name, row.fault) for row in rows] == [
        ("attention: layers.0.attention.scoers", "the engine does not have it")
    ]
    masked = ours.arrays["layers.0.attention.masked"]
    seen = np.where(np.isinf(masked), 0.0, masked)
    assert "no" in comparison.compare_stages(ours, [("attention", "layers.0.attention.masked", seen)])[0].fault


def test_a_step_that_breaks_down_leaves_no_older_result(config, ours, parameters, tmp_path):
    verify(config, side(ours, parameters), by_stage, "2.0", tmp_path)
    with pytest.raises(ZeroDivisionError):
        verify(config, lambda file: {"loss": np.array(1 / 0)}, by_stage, "2.0", tmp_path)
    assert verified.result(config.digest(), tmp_path) is None


def test_a_result_is_whole_or_not_there(config, ours, parameters, tmp_path, monkeypatch):
    verify(config, side(ours, parameters), by_stage, "2.0", tmp_path)
    found = verified.result(config.digest(), tmp_path)
    assert found is not None

    def full(self, text, encoding):
        Path.touch(self)
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="no space"):
        verified.write(dataclasses.replace(found, torch="3.0"), tmp_path)
    assert verified.result(config.digest(), tmp_path) == found
    assert len(list(tmp_path.iterdir())) == 1


def test_a_result_counts_for_its_configuration_and_code_alone(config, ours, parameters, tmp_path, monkeypatch):
    verify(config, side(ours, parameters), by_stage, "2.0", tmp_path)
    digest = config.digest()
    assert verified.result(configured({}).digest(), tmp_path) is None
    verified.file("0123456789ab", tmp_path).write_text(verified.file(digest, tmp_path).read_text())
    assert verified.result("0123456789ab", tmp_path) is None  # a file under another name
    monkeypatch.setattr(verified, "code", lambda: "edited since")
    assert verified.result(digest, tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"configuration": "0123456789ab"}', '{"more": 1}', "\udcff"])
def test_a_file_that_is_no_result_is_none(text, tmp_path):
    verified.file("0123456789ab", tmp_path).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert verified.result("0123456789ab", tmp_path) is None


def test_the_code_is_that_of_both_sides(tmp_path, monkeypatch):
    for name in ("calc/layer.py", "verify/torch_step.py", "render/pages.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(verified, "ROOT", tmp_path)
    seen = [verified.code()]
    for name in ("render/pages.py", "calc/layer.py", "verify/torch_step.py"):
        (tmp_path / name).write_text("2")
        seen.append(verified.code())
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3


def test_a_result_as_json_is_what_was_kept(config, ours, parameters, tmp_path):
    verify(config, side(ours, parameters), by_stage, "2.0", tmp_path)
    found = verified.result(config.digest(), tmp_path)
    assert found is not None
    assert verified.file(config.digest(), tmp_path).read_text() == found.to_json()
    assert json.loads(found.to_json())["errors"]["loss"] == 0


def test_where_the_new_parameters_keep_a_wider_bound_the_result_says_so(config, tmp_path, capsys, monkeypatch):
    """Widened by hand here; it takes a model of some hundred thousand parameters."""
    right = comparison.kept
    new = "adamw.w_out.new"
    monkeypatch.setattr(comparison, "kept", lambda rows: 1e-11 if any(r.name == new for r in rows) else right(rows))
    names = [entry.name for entry in training_step(config) if entry.attrs.get("parameter")]
    assert verify(config, side(None, names), by_stage, "2.0", tmp_path) == 0
    found = verified.result(config.digest(), tmp_path)
    assert found is not None
    assert (found.bound, found.new_bound) == (1e-12, 1e-11)
    assert capsys.readouterr().out.endswith("agrees within 1e-12 (new parameters within 1e-11)\n")


# --- the command line -------------------------------------------------------------------------------------------------


def run(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120, check=False)


def test_without_pytorch_one_line_says_how_to_get_it():
    before = verified.result(load(SHIPPED).digest())
    done = run("import sys; sys.modules['torch'] = None; from verify.__main__ import main; sys.exit(main([]))")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"PyTorch cannot be used \(.*\); `make verify` installs it\n", done.stderr)
    assert verified.result(load(SHIPPED).digest()) == before


def test_a_mistake_in_a_flag_is_one_line(capsys):
    assert main(["--heads", "5"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


# --- the source on the pages ------------------------------------------------------------------------------------------


PARTS = ("nn", "nn.utils", "nn.utils.rnn", "optim.lr_scheduler")
PYTORCHS = {
    "torch_step": {"json", "types", "numpy", "torch", "torch.nn"},
    "torch_forward": {"math", "torch", "torch.nn"},
    "torch_backward": {"math", "torch", "torch.nn", "verify.torch_forward"},
    "walk": {"json", "types", "numpy", "torch", "verify"},
    "torch_optimizers": {"json", "types", "numpy", "torch"},
    "torch_training": {"json", "types", "numpy", "torch", *(f"torch.{name}" for name in PARTS)},
}


@pytest.mark.parametrize("name", PYTORCHS)
def test_pytorchs_side_shares_no_code_with_the_engine(name):
    tree = ast.parse((ROOT / "verify" / f"{name}.py").read_text(encoding="utf-8"))
    imported = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == PYTORCHS[name]


# --- PyTorch itself, where `make verify` has installed it -------------------------------------------------------------


@pytest.fixture(scope="module")
def torch_step():
    pytest.importorskip("torch", reason="PyTorch is not installed; `make verify` runs this comparison")
    from verify import torch_step

    return torch_step


RATES = ("lr", "beta1", "beta2", "eps", "weight_decay")
PYTORCH = [
    SMALL,
    {"model.d_model": 15, "model.heads": 5, "model.layers": 3, "model.d_ff": 11, "model.positions": 7},
    {"text.sentence": "cat"},
    {"text.sentence": "the the the the"},
    {"init.seed": 7, "init.spread": 1.0, "model.ln_eps": 0.5},
    {f"optimizer.{name}": v for name, v in zip(RATES, (0.3, 0.0, 0.5, 1e-3, 0.0), strict=True)},
]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    "overrides", PYTORCH, ids=lambda o: ",".join(f"{k.partition('.')[2]}={v}" for k, v in o.items())
)
def test_pytorch_agrees(overrides, torch_step, tmp_path):
    config = configured(overrides)
    assert verify(config, torch_step.training_step, walk, "this", tmp_path) == 0
    found = verified.result(config.digest(), tmp_path)
    assert found is not None
    assert found.stage_functions == len(shown())
    assert found.stage_arrays > 150 * config.model.layers


def walk(file):
    from verify.walk import walk

    return walk(file)


def shown() -> set[str]:
    """The functions that pages show as PyTorch's."""
    files = ("verify/torch_forward.py", "verify/torch_backward.py")
    return {name for file in files for name in defined(file)}


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("name", "right", "wrong", "first"),
    [
        ("torch_forward", "correction=0", "correction=1", "layer_norm: layers.0.ln_1.variance"),
        ("torch_forward", ".triu(1)", ".triu(0)", "attention: layers.0.attention.masked"),
        ("torch_forward", "1 - lr * weight_decay", "1 - weight_decay", "adamw: adamw.token_embedding.new"),
        ("torch_backward", "dlogits @ w_out.T", "dlogits @ w_out.T * 2", "output_backward: grad.ln_f.out"),
        (
            "torch_backward",
            "v_heads.transpose(-2, -1)",
            "k_heads.transpose(-2, -1)",
            "attention_backward: grad.layers.1.attention.q_heads",
        ),
        (
            "torch_backward",
            "index_add(0, tokens, dout)",
            "index_copy(0, tokens, dout)",
            "embedding_backward: grad.token_embedding",
        ),
    ],
)
def test_a_planted_error_in_a_stage_is_seen(name, right, wrong, first, torch_step, ours, config, tmp_path, monkeypatch):
    from verify import walk as module

    source = (ROOT / "verify" / f"{name}.py").read_text(encoding="utf-8")
    assert right in source
    planted = ModuleType(name)
    exec(compile(source.replace(right, wrong), name, "exec"), planted.__dict__)
    monkeypatch.setattr(module, name, planted)
    np.savez(tmp_path / "step.npz", **ours.arrays)
    rows = comparison.compare_stages(ours, module.walk(tmp_path / "step.npz"))
    assert next(row.name for row in rows if row.fault) == first


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("plant", "least"),
    [
        ("transpose", {"logits", "loss", "after.loss", f"grad.{W_Q}"}),
        ("eps", {"adamw.w_out.new", f"adamw.{W_Q}.new", "after.loss"}),
        ("decay", {"adamw.w_out.new", "adamw.ln_f.gamma.new", "after.loss"}),
        ("target", {"loss", "grad.w_out"}),
    ],
)
def test_a_planted_error_in_the_step_is_seen_by_pytorch(plant, least, torch_step, config, parameters, ours, tmp_path):
    """The file's inputs are changed, and what the engine computed is left as it was."""
    arrays = {name: array.copy() for name, array in ours.arrays.items()}
    values = json.loads(str(arrays["config"]))
    match plant:
        case "transpose":
            arrays[W_Q] = arrays[W_Q].T
        case "eps":
            values["optimizer"]["eps"] *= 100
        case "decay":
            values["optimizer"]["weight_decay"] = 0.0
        case "target":
            arrays["inputs.targets"] = np.roll(arrays["inputs.targets"], 1)
    arrays["config"] = np.array(json.dumps(values))
    np.savez(tmp_path / "step.npz", **arrays)
    assert least <= set(faults(parameters, ours, torch_step.training_step(tmp_path / "step.npz")))
