"""The command line, as a user meets it: what it prints, what it refuses, and how it ends."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from calc import __main__ as cli
from calc import check, export_json, model
from calc.config import SHIPPED, Config, from_values, load
from calc.ledger import Entry, Ledger
from calc.step import training_step
from render import terminal
from render.digits import Digits

ROOT = SHIPPED.parent
# On a busy machine, and before hypothesis has made its tables of characters, a draw may take seconds.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def config() -> Config:
    return load(SHIPPED)


@pytest.fixture(scope="module")
def ledger(config: Config) -> Ledger:
    return training_step(config)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m calc` as a process of its own."""
    env = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "NO_COLOR", "COLUMNS")} | environment
    command = [sys.executable, "-m", "calc", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT, env=env)


def printed(ledger: Ledger, config: Config, *names: str, width: int = terminal.UNBOUNDED, colour: bool = False) -> str:
    out = terminal.console(io.StringIO())
    out.width = width
    if colour:
        out = type(out)(file=io.StringIO(), width=width, force_terminal=True, markup=False, emoji=False)
    printer = terminal.Printer(out, ledger, config, Digits(ledger, config))
    for name in names:
        printer.entry(ledger[name])
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


# What it prints


def test_the_whole_step_holds_every_number(ledger: Ledger, config: Config) -> None:
    found = run()
    assert (found.returncode, found.stderr) == (0, "")
    assert "\x1b" not in found.stdout
    digits, position = Digits(ledger, config), 0
    lines = found.stdout.split("\n")
    for entry in ledger:
        while not lines[position].startswith(entry.name + "  "):
            assert not lines[position] or lines[position].startswith("━━"), lines[position]
            position += 1
        position += 1
        if not entry.axes:
            assert lines[position - 1].split("  ")[1] == digits.text(entry)
            continue
        for lead in np.ndindex(*entry.shape[:-2]):
            if lead:
                assert lines[position] == f"{entry.axes[0]} = {lead[0]}"
                position += 1
            position += 1  # the columns' labels
            for row in np.ndindex(*entry.shape[len(lead) : -1]):
                cells = lines[position].split()[len(row) :]
                index = [(*lead, *row, j) for j in range(entry.shape[-1])]
                assert cells == [digits.text(entry, i) for i in index], (entry.name, lead, row)
                position += 1
    assert not any(lines[position:])


def test_a_matrix_a_head(ledger: Ledger, config: Config) -> None:
    lines = printed(ledger, config, "layers.0.attention.scores").split("\n")
    made = "dot(layers.0.attention.q_heads, layers.0.attention.k_heads)"
    assert lines[0].startswith(f"layers.0.attention.scores  [H T S]  2 × 6 × 6  {made}  calc/attention.py:")
    assert [lines[1], lines[9]] == ["H = 0", "H = 1"]
    assert lines[2].split() == ["T\\S", "0·the", "1·cat", "2·sat", "3·on", "4·the", "5·mat"]
    assert [line.split()[0] for line in lines[3:9]] == ["0·the", "1·cat", "2·sat", "3·on", "4·the", "5·mat"]
    # Aligned: in each table every line is as long as its first.
    assert len({cell_len(line) for line in lines[2:9]}) == 1


def test_labels_scalars_and_vectors(ledger: Ledger, config: Config) -> None:
    assert printed(ledger, config, "logits").split("\n")[1].split()[:4] == [
        "T\\V",
        "0·<pad>",
        "1·<bos>",
        "2·<eos>",
    ]
    assert printed(ledger, config, "w_out").split("\n")[2].split()[0] == "0"
    assert printed(ledger, config, "unfolded.softmax.jacobian").split("\n")[1].split()[:2] == [
        "S\\S'",
        "0·the",
    ]
    vector = printed(ledger, config, "inputs.tokens").split("\n")
    assert vector[1].split()[0] == "\\T"
    assert vector[2].split() == ["4", "5", "6", "7", "4", "8"]
    (scalar,) = printed(ledger, config, "loss").split("\n")[:-2]
    assert scalar.startswith(f"loss  {Digits(ledger, config).text(ledger['loss'])}  mean(output.nll)  calc/loss.py:")


def test_formulas_name_constants_and_indices(ledger: Ledger) -> None:
    assert terminal.formula(ledger["constants.two_pi"]) == "mul_constant(constants.pi, 2)"
    assert terminal.formula(ledger["unfolded.layer_norm.std"]) == "select(ln_f.std, T = 2)"
    assert terminal.formula(ledger["token_embedding"]) == "parameter"
    assert terminal.formula(ledger["inputs.tokens"]) == "given"


@pytest.mark.parametrize("width", [1, 20, 40, 80, 200])
def test_a_narrow_terminal_cuts_between_columns(ledger: Ledger, config: Config, width: int) -> None:
    name = "layers.0.ffn.up" if "layers.0.ffn.up" in ledger else "layers.0.ffn.w_1"
    entry, digits = ledger[name], Digits(ledger, config)
    text = printed(ledger, config, name, width=width, colour=True)
    plain = Text.from_ansi(text).plain
    rows: dict[str, list[str]] = {}
    for line in plain.split("\n")[1:]:
        if line:
            label, *cells = line.split()
            rows.setdefault(label, []).extend(cells)
            assert cell_len(line) <= width or len(cells) == 1
    for i, cells in enumerate(list(rows.values())[1:]):
        assert cells == [digits.text(entry, (i, j)) for j in range(entry.shape[1])]


def test_a_large_matrix_shows_its_corners(ledger: Ledger, config: Config) -> None:
    small = config.model_copy(update={"display": config.display.model_copy(update={"largest_table": 64})})
    lines = printed(ledger, small, "layers.0.ffn.w_1").split("\n")[1:-2]
    assert lines[0].split() == ["D\\F", "0", "1", "2", "3", "…", "60", "61", "62", "63"]
    assert [line.split()[0] for line in lines[1:]] == ["0", "1", "2", "3", "…", "12", "13", "14", "15"]
    digits, entry = Digits(ledger, config), ledger["layers.0.ffn.w_1"]
    for label in (0, 3, 12, 15):
        cells = next(line.split()[1:] for line in lines if line.split()[0] == str(label))
        assert cells == [
            *(digits.text(entry, (label, j)) for j in range(4)),
            "…",
            *(digits.text(entry, (label, j)) for j in range(60, 64)),
        ]
    assert set(next(line for line in lines if line.startswith("…")).split()) == {"…"}


@UNHURRIED
@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(64, 5000))
def test_shortening_keeps_corners_within_bounds(rows: int, columns: int, largest: int) -> None:
    for n, kept in zip((rows, columns), terminal.shortened(rows, columns, largest), strict=True):
        found = [i for i in kept if i is not None]
        assert found == sorted(set(found))
        assert (found[0], found[-1]) == (0, n - 1)
        assert (None in kept) == (len(found) < n)
        assert kept.count(None) <= 1
    sizes = [len([i for i in kept if i is not None]) for kept in terminal.shortened(rows, columns, largest)]
    assert sizes[0] * sizes[1] <= max(largest, 1)
    assert sizes[0] * sizes[1] > largest / 4 or sizes == [rows, columns]


WORDS = ["[red]", "[/red]", ":smile:", "<b>", "猫", "[link=x]y[/link]", r"\\[bold]", "a|b", "שלום"]


@pytest.mark.parametrize("colour", [False, True])
def test_words_are_inert(colour: bool) -> None:
    config = from_values({"text": {"corpus": [" ".join(WORDS)], "sentence": " ".join(WORDS[:8])}})
    ledger = training_step(config)
    text = Text.from_ansi(printed(ledger, config, "layers.0.attention.scores", colour=colour)).plain
    lines = text.split("\n")
    assert lines[2].split() == ["T\\S", *(f"{i}·{word}" for i, word in enumerate(WORDS[:8]))]
    assert len({cell_len(line) for line in lines[2:11]}) == 1


def test_an_escape_in_a_word_is_shown_as_text() -> None:
    assert terminal.inert("a\x1b[31m\x07\u202eb\u200d猫") == "a\\x1b[31m\\x07\\u202eb\u200d猫"


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("attention", "layers.0.attention.root", "layers.0.attention.heads"),
        ("layers.0.attention", "layers.0.attention.w_q", "layers.0.attention.out"),
        ("layers.0.attention.scores", "layers.0.attention.scores", "layers.0.attention.scores"),
        ("backward.loss", "backward.loss.one_hot", "grad.logits"),
        ("backward", "backward.loss.one_hot", None),
        ("after", None, "after.loss"),
        ("grad", None, None),
        ("adamw.w_out", "adamw.w_out.m_before", "adamw.w_out.new"),
    ],
)
def test_a_part_by_name(ledger: Ledger, name: str, first: str | None, last: str | None) -> None:
    found = [entry.name for entry in cli.part(ledger, name)]
    assert first in (None, found[0])
    assert last in (None, found[-1])


def test_every_stage_and_entry_and_listed_name_is_a_part(ledger: Ledger) -> None:
    for name in [*ledger.stages(), *(entry.name for entry in ledger)]:
        assert cli.part(ledger, name)


def test_commands_are_no_names(ledger: Ledger) -> None:
    names = {name for entry in ledger for name in (entry.stage, entry.stage.split(".")[0], entry.name.split(".")[0])}
    assert not names & set(cli.COMMANDS)


def test_list(capsys: pytest.CaptureFixture[str], ledger: Ledger) -> None:
    assert cli.main(["list"]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert [line.split()[1] for line in lines[1:-1]] == [entry.name for entry in ledger]
    assert cli.main(["list", "loss"]) == 0
    assert capsys.readouterr().out.split("\n")[1].split() == ["output", "loss", "scalar", "mean(output.nll)"]


def test_help_serves_alone() -> None:
    found = run("--help")
    assert found.returncode == 0
    for word in (
        "examples",
        "--seed",
        "--text",
        "--config",
        "export",
        "check",
        "list",
        "NO_COLOR",
        "backward.attention",
    ):
        assert word in found.stdout
    assert max(map(len, found.stdout.split("\n"))) <= 90


def test_flags_reach_the_step(capsys: pytest.CaptureFixture[str], config: Config) -> None:
    assert cli.main(["loss"]) == 0
    default = capsys.readouterr().out
    assert cli.main(["--seed", "7", "loss"]) == 0
    assert capsys.readouterr().out != default
    assert cli.main(["--text", "the dog", "inputs.tokens", "--layers", "2"]) == 0
    assert "0·the  1·dog" in capsys.readouterr().out


def test_a_moved_cell_is_noted_beside_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["loss", "--text", "the cat"]) == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == 4
    assert err == "note: worked.position = 2 is moved to 1: the sentence has 2 words.\n"


def test_colours_only_where_asked() -> None:
    assert "\x1b[" not in run("loss").stdout
    assert "\x1b[1;36m" in run("loss", FORCE_COLOR="1").stdout
    assert "36m" not in run("loss", FORCE_COLOR="1", NO_COLOR="1").stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_no_sign_is_lost_to_an_encoding(encoding: str) -> None:
    found = run("logits", PYTHONIOENCODING=encoding)
    assert (found.returncode, found.stderr) == (0, "")
    assert "−" in found.stdout
    assert "0·the" in found.stdout


# The gradient check

SMALL = ["--d-model", "4", "--heads", "2", "--d-ff", "3"]


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    """The exit code of `check`, and its lines without the spaces at their ends."""
    code = cli.main(["check", *arguments])
    return code, [line.rstrip() for line in capsys.readouterr().out.rstrip("\n").split("\n")]


def test_check_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = checked(capsys, *SMALL)
    assert code == 0
    assert lines[0].split("  ")[0] == "parameter"
    assert lines[1].startswith("token_embedding  ")
    assert [line.endswith("  agrees") for line in lines] == [False, *[True] * 17, *[False] * 4]
    assert lines[18].startswith("17 parameters  ")
    assert lines[19].startswith("32 gradients between them and the loss  ")
    assert re.fullmatch(
        "central differences: 17 gradients at [0-9]+ cells: all agree within 1e-06 of their largest entry, "
        "or what the loss can tell apart",
        lines[20],
    )
    assert lines[21] == (
        "complex step: 17 gradients cell by cell, 32 along 2 random directions: "
        "all agree within 1e-12 of their largest entry"
    )


def test_check_takes_a_large_model_along_directions(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "EVERY_CELL_UP_TO", 10)
    code, lines = checked(capsys, *SMALL)
    assert code == 0
    assert lines[-1].startswith("complex step: 49 gradients along 2 random directions: all agree")


@pytest.mark.parametrize(("factor", "seen_by_differences"), [(1.001, True), (0.0, True), (1 + 1e-9, False)])
def test_check_sees_a_planted_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, factor: float, seen_by_differences: bool
) -> None:
    scale_w_out(monkeypatch, factor)
    code, lines = checked(capsys, *SMALL)
    assert code == 1
    assert [line.split()[0] for line in lines if "DISAGREES" in line] == ["w_out"]
    assert lines[-2].endswith("cells: 1 DISAGREE: w_out") == seen_by_differences
    assert lines[-1].endswith("directions: 1 DISAGREE: w_out")


def test_check_refuses_a_gradient_that_is_no_number(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scale_w_out(monkeypatch, np.nan)
    assert cli.main(["check", *SMALL]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("this configuration cannot be computed: adamw.w_out.m_added: not a finite number")


def scale_w_out(monkeypatch: pytest.MonkeyPatch, factor: float) -> None:
    """The backward pass gives w_out's gradient times the factor."""
    backward = model.backward

    def wrong(*args: object, **kwargs: object) -> dict[str, Entry]:
        found: dict[str, Entry] = backward(*args, **kwargs)  # type: ignore[arg-type]
        found["w_out"].value = found["w_out"].value * factor
        return found

    monkeypatch.setattr(model, "backward", wrong)


def test_check_names_a_wrong_gradient_between_the_parameters_and_the_loss(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(config: Config) -> Ledger:
        ledger = training_step(config)
        scores = ledger["grad.layers.0.attention.scores"]
        scores.value = scores.value * 2
        return ledger

    monkeypatch.setattr("calc.step.training_step", wrong)
    code, lines = checked(capsys, *SMALL)
    assert code == 1
    assert [line.split()[0] for line in lines if "DISAGREES" in line] == ["grad.layers.0.attention.scores"]
    assert "all agree" in lines[-2]
    assert lines[-1].endswith("directions: 1 DISAGREE: layers.0.attention.scores")


# Export


def test_export(tmp_path: Path, capsys: pytest.CaptureFixture[str], ledger: Ledger, config: Config) -> None:
    file = tmp_path / "step.npz"
    file.write_text("an older file")
    assert cli.main(["export", "--seed", "42", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: {len(ledger)} entries of configuration {config.digest()}\n"
    with np.load(file, allow_pickle=False) as archive:
        for entry in ledger:
            # The file holds exact decimals as such (0.46), where the ledger has 0.45999999999999996.
            np.testing.assert_allclose(archive[entry.name], entry.value, rtol=1e-12, atol=1e-12)
    assert [p.name for p in tmp_path.iterdir()] == ["step.npz"]


def test_export_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str], ledger: Ledger, config: Config) -> None:
    file = tmp_path / "step.json"
    assert cli.main(["export", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: {len(ledger)} entries of configuration {config.digest()}\n"
    stored = export_json.read(file.read_bytes())
    assert [entry["name"] for entry in stored["entries"]] == [entry.name for entry in ledger]
    assert [p.name for p in tmp_path.iterdir()] == ["step.json"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["{}/none/step.npz"], "{}/none/step.npz: there is no folder {}/none; make it, or nearest: step.npz"),
        (["{}"], "{}: is a folder; nearest: {}/step.npz"),
        (["{}/folder.npz"], "{}/folder.npz: is a folder; nearest: {}/folder.npz/step.npz"),
        (["{}/step.txt"], "{}/step.txt: must end in .npz or .json; nearest: {}/step.npz"),
        (["{}/step"], "{}/step: must end in .npz or .json; nearest: {}/step.npz"),
        (["{}/a\x1bb"], "{}/a\\x1bb: must end in .npz or .json; nearest: {}/a\\x1bb.npz"),
        ([], "export: takes one file, and no file came; nearest: python -m calc export step.npz"),
        (
            ["a.npz", "b.npz"],
            "export: takes one file, and 2 of them came; nearest: python -m calc export step.npz",
        ),
    ],
)
def test_export_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], line: str) -> None:
    (tmp_path / "folder.npz").mkdir()
    assert cli.main(["export", *(a.replace("{}", str(tmp_path)) for a in arguments)]) == 2
    assert capsys.readouterr() == ("", line.replace("{}", str(tmp_path)) + "\n")
    assert [p.name for p in tmp_path.iterdir()] == ["folder.npz"]


def test_a_failed_export_leaves_the_older_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "step.npz"
    file.write_text("an older file")
    assert cli.main(["export", str(file), "--heads", "3"]) == 2

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    assert cli.main(["export", str(file)]) == 2
    assert capsys.readouterr().err.endswith(f"{file}: cannot be written (No space left on device)\n")
    assert file.read_text() == "an older file"
    assert [p.name for p in tmp_path.iterdir()] == ["step.npz"]


# Mistakes


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["atention"], '"atention": no stage or entry of this name; nearest: attention, '),
        (["scores"], '"scores": no stage or entry of this name; nearest: layers.0.attention.scores, grad.'),
        (["chek"], '"chek": no stage or entry of this name; nearest: check, '),
        (["list", "zzz"], '"zzz": no stage or entry of this name; nearest: '),
        ([""], '"": no stage or entry of this name; nearest: '),
        (["\x1b[31m"], '"\\x1b[31m": no stage or entry of this name; nearest: '),
        (["attention", "output"], '"output": one word too many; nearest: python -m calc attention'),
        (["check", "w_out"], '"w_out": one word too many; nearest: python -m calc check'),
        (["list", "a", "b"], '"b": one word too many; nearest: python -m calc list a'),
        (["--heads", "3"], "--heads: model.heads = 3: must divide model.d_model = 16; nearest: 2 or 4"),
        (
            ["--text", "the cot"],
            '--text: text.sentence = "the cot": "cot" is not in the vocabulary; nearest: "cat"',
        ),
        (["--config", "nope.toml"], "nope.toml: there is no such file; nearest: "),
    ],
)
def test_a_mistake_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], line: str) -> None:
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(line)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--sed", "7"], 'python -m calc: unknown argument "--sed"; nearest: --seed'),
        (["--zzzzz=1"], 'python -m calc: unknown argument "--zzzzz"; see --help'),
        (["--seed"], "python -m calc: argument --seed: expected one argument; see --help"),
    ],
)
def test_a_mistaken_flag_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], line: str) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr() == ("", line + "\n")


def test_an_overflow_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "model.toml"
    file.write_text('text = {corpus = ["a b c"], sentence = "a b c"}\nmodel = {d_model = 256, layers = 2}\n'
                    "init = {spread = 1}\noptimizer = {lr = 10}\n")  # fmt: skip
    assert cli.main(["loss", "--config", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.match(r"this configuration cannot be computed: layers\.0\.[\w.]+: too small for float64", err)
    assert err.count("\n") == 1


def test_exit_codes_of_the_process(tmp_path: Path) -> None:
    found = run("--heads", "3", "--d-ff", "none")
    assert found.returncode == 2
    assert found.stdout == ""
    assert len(found.stderr.splitlines()) == 2
    assert run("loss").returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close otherwise there")
@pytest.mark.parametrize("arguments", [[], ["list"]])
def test_a_closed_pipe_is_quiet(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "calc", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() in (0, 141)
