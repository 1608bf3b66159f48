"""`python -m calc generate`, as a user meets it: what it prints, what it refuses, and that nothing is lost then."""

from __future__ import annotations

import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from calc import __main__ as cli
from calc import checkpoint, generation
from calc.config import SHIPPED
from calc.ledger import Ledger
from calc.sampling import Settings
from calc.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model that `python -m calc train` leaves, after as many epochs as are shipped. Read only."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert cli.main(["train", "--config", str(SHIPPED)]) == 0
    return folder


class Said:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.out.split("\n")]

    @property
    def sentence(self) -> str:
        return self.lines[-3]


@pytest.fixture
def say(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """say("the cat", "--tokens", "3"): what the command prints where that model is."""
    monkeypatch.chdir(home)

    def generate(*arguments: str) -> Said:
        capsys.readouterr()
        code = cli.main(["generate", *arguments])
        return Said(code, *capsys.readouterr())

    return generate


# What it prints


@pytest.mark.parametrize("animal", ["cat", "dog"])
def test_each_prompt_gets_its_sentence(say, animal: str) -> None:
    said = say(f"the {animal}", "--temperature", "0")
    assert (said.code, said.err) == (0, "")
    assert said.sentence == f"the {animal} sat on the mat"
    assert said.lines[0] == "model.safetensors, step 100: always the likeliest word (temperature 0)"
    assert said.lines[-2] == "5 words; the last is <eos>, the end."
    rows = [line.split() for line in said.lines[3:8]]
    assert [row[:2] for row in rows] == [
        [str(i + 1), word] for i, word in enumerate(["sat", "on", "the", "mat", "<eos>"])
    ]
    assert all(float(row[2]) > 0.98 for row in rows)


def test_the_prompt_may_stand_without_quotes_or_in_the_configuration(say) -> None:
    assert say("the", "dog", "--temperature", "0").sentence == "the dog sat on the mat"
    assert say("--temperature", "0").sentence == "the cat sat on the mat"


def named_first(words: list[str]) -> list[str]:
    """Three of the words, and how many more there are, as a cell of the table begins its parts."""
    return words[:3] + ([str(len(words) - 3)] if len(words) > 3 else [])


def test_what_is_printed_is_what_was_chosen(say, home: Path) -> None:
    """The numbers of the table, from a record that was made without the cache."""
    said = say("the", "--temperature", "3", "--top-k", "6", "--top-p", "0.85", "--sample-seed", "5", "--tokens", "4")
    assert said.lines[0] == "model.safetensors, step 100: temperature 3, top-k 6, top-p 0.85, sample-seed 5"
    kept = checkpoint.load(home / checkpoint.NAME)
    tokenizer, drawn = Tokenizer.from_corpus(kept.config.text.corpus), np.random.default_rng(5)
    ids = tokenizer.encode("the")
    words = list(generation.write(kept.config, kept.weights, ids, Settings(3.0, 6, 0.85), drawn, 4, recorded=True))
    heading = re.split(r"  +", said.lines[2].strip())
    assert heading == ["word", "probability", "drawn", "runners-up", "cut by top-k", "cut by top-p"]
    for line, word in zip(said.lines[3:], words, strict=False):
        number, token, probability, u, *lists = re.split(r"  +", line.strip())
        choice, led = word.choice, word.ledger
        assert isinstance(led, Ledger)
        assert (int(number), token) == (len(word.read), tokenizer.vocabulary[choice.token])
        assert float(probability) == pytest.approx(float(choice.probs.value[choice.rank]), rel=1e-3)
        assert float(u) == pytest.approx(led["sampling.draw.u"].value, rel=1e-3)
        others = [tokenizer.vocabulary[i] for i in choice.order.value]
        left = [each for each in others[: choice.kept] if each != token]
        named = [[part.split()[0] for part in part.split(" · ")] for part in lists]
        expected = [named_first(part) for part in (left, others[6:], others[choice.kept : 6]) if part]
        assert named == expected
        probs = {each: choice.probs.value[rank] for rank, each in enumerate(others) if rank < choice.kept}
        probs = dict(zip(others, choice.ranked.value, strict=True)) | probs
        shown = [part.split() for part in " · ".join(lists).split(" · ") if not part.endswith(" more")]
        assert all(float(number) == pytest.approx(probs[each], rel=1e-3) for each, number in shown)
    assert said.sentence.split()[1:] == [tokenizer.vocabulary[word.choice.token] for word in words]


def test_the_seed_decides(say) -> None:
    def words(seed: int) -> str:
        return say("the", "--temperature", "20", "--sample-seed", str(seed)).out

    assert words(1) == words(1)
    assert len({words(seed) for seed in range(4)}) == 4


def test_the_ends_are_said(say) -> None:
    assert say("the", "cat", "--tokens", "1").lines[-2].startswith("1 word, as many as were asked for")
    full = say("the mat " * 4, "--temperature", "100", "--sample-seed", "3", "--top-k", "1")
    assert full.lines[-2].endswith(("the end.", "the position table has no row for another (model.positions = 8)."))
    untrained = say("--untrained", "--temperature", "0")
    assert untrained.lines[0].startswith("the first weights, untrained:")
    assert untrained.lines[-2].endswith("the position table has no row for another (model.positions = 8).")


# What it refuses


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["the bird"], 'generate "the bird": "bird" is not in the vocabulary; nearest: '),
        (["the cta"], 'generate "the cta": "cta" is not in the vocabulary; nearest: "cat"; or add "cta" to '),
        ([""], 'generate "": must have at least one word; nearest: '),
        (["  \n"], 'generate "  \\n": must have at least one word; nearest: '),
        (["the"] * 9, "has 9 words; at most model.positions = 8; nearest: model.positions = 9, or "),
        (["--temperature", "-1"], "--temperature: generation.temperature = -1: must be a number from 0 to 100; near"),
        (["--temperature", "nan"], '--temperature: generation.temperature = "nan": must be a number from 0 to 100'),
        (["--top-k", "-1"], "--top-k: generation.top_k = -1: must be a whole number from 0 to"),
        (["--top-k", "11"], "--top-k: generation.top_k = 11: the vocabulary has 10 words; 0 keeps them all; near"),
        (["--top-p", "0"], "--top-p: generation.top_p = 0: must be a number, above 0, at most 1"),
        (["--top-p", "1.01"], "--top-p: generation.top_p = 1.01: must be a number, above 0, at most 1; nearest: 1"),
        (["--sample-seed", "-1"], "--sample-seed: generation.seed = -1: must be a whole number from 0 to 4294967295"),
        (["--tokens", "0"], "--tokens: generation.tokens = 0: must be a whole number from 1 to 1024; nearest: 1"),
        (["--seed", "7"], "--seed 7: the model was trained with init.seed = 42; nearest: --sample-seed 7, or le"),
        (["--heads", "4"], "--heads 4: the model was trained with model.heads = 2; nearest: python -m calc train --h"),
        (["--text", "the dog"], 'sentence = "the cat sat on the mat"; nearest: python -m calc generate "the dog"'),
        (["--load", "x.safetensors"], "x.safetensors: there is no such file; nearest: model.safetensors, or python -m"),
        (["--load", "x", "--untrained"], "--untrained: takes no file"),
        (["--save", "x"], "--save: is for training; nearest: python -m calc train --save x"),
        (["--config", "none.toml"], "none.toml: there is no such file"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(say, arguments: list[str], line: str) -> None:
    said = say(*arguments)
    assert (said.code, said.out) == (2, "")
    assert line in said.err
    assert said.err.count("\n") == 1


def test_flags_of_the_trained_model_may_be_said_again(say) -> None:
    assert say("the dog", "--temperature", "0", "--d-model", "16", "--seed", "42", "--lr", "0.01").code == 0


def test_other_commands_take_no_model(home: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(home)
    for flags, near in ((["--load", "x"], "--load x"), (["--untrained"], "--untrained")):
        assert cli.main(["list", *flags]) == 2
        assert capsys.readouterr().err == f"{flags[0]}: is for generating; nearest: python -m calc generate {near}\n"


def test_without_a_model_it_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["generate", "the cat"]) == 2
    said = "model.safetensors: there is no such file; nearest: python -m calc train, which saves model.safetensors\n"
    assert capsys.readouterr() == ("", said)


def test_a_damaged_model_is_refused_and_left(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = (home / checkpoint.NAME).read_bytes()
    other = bytearray(whole)
    other[-3] ^= 1
    for data in (whole[:-100], bytes(other), b"", b"PK\x03\x04", b"{}"):
        Path(checkpoint.NAME).write_bytes(data)
        assert cli.main(["generate", "the cat"]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert err.startswith("model.safetensors: is ")
        assert Path(checkpoint.NAME).read_bytes() == data


def test_the_model_is_the_files_and_how_it_writes_the_configurations(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    """Another model in model.toml: the file's own sizes and words hold, and [generation] is read."""
    monkeypatch.chdir(tmp_path)
    text = SHIPPED.read_text(encoding="utf-8")
    text = text.replace("d_model = 16", "d_model = 24").replace("the dog sat on the mat", "a bird sings")
    text = text.replace("\nhead = 0", "\nhead = 9")  # of the worked cell, which is not asked for here
    text = text.replace("temperature = 1.0", "temperature = 0").replace('prompt = "the cat"', 'prompt = "the dog"')
    Path("model.toml").write_text(text, encoding="utf-8")
    shutil.copy(home / checkpoint.NAME, tmp_path)
    assert cli.main(["generate", "--config", "model.toml"]) == 0
    out, err = capsys.readouterr()
    assert "the dog sat on the mat\n" in out
    assert err == ""


def test_words_that_the_model_lacks_are_replaced_with_a_note(home, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    text = SHIPPED.read_text(encoding="utf-8").replace('prompt = "the cat"', 'prompt = "a bird"')
    Path("model.toml").write_text(text, encoding="utf-8")
    shutil.copy(home / checkpoint.NAME, tmp_path)
    assert cli.main(["generate", "--config", "model.toml", "--temperature", "0"]) == 0
    out, err = capsys.readouterr()
    assert "the cat sat on the mat\n" in out
    assert err.startswith('note: generation.prompt = "a bird" is replaced by "the cat": "a" is not in the vocabulary;')
    assert err.count("\n") == 1


def test_a_model_that_overflows_is_refused(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    kept = checkpoint.load(home / checkpoint.NAME)
    kept.arrays["w_out"][:] = math.inf
    checkpoint.save(kept, tmp_path / checkpoint.NAME)
    assert cli.main(["generate"]) == 2
    assert "logits: not finite numbers" in capsys.readouterr().err
