"""The configuration: every mistake is one line that helps, and what is right is read as it stands."""

from __future__ import annotations

import json
import math
import os
import re
import sys
import tomllib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calc import mistakes
from calc.config import SHIPPED, Config, ConfigError, from_values, load
from calc.flags import add_arguments, load_from_args
from calc.sections import SECTIONS
from calc.wording import bounds_of, value_shown

TEXT: dict[str, Any] = {
    "corpus": ["the cat sat on the mat", "the dog sat on the mat"],
    "sentence": "the cat sat on",
}
# On a busy machine, and before hypothesis has made its tables of characters, a draw may take seconds.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def values(**tables: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {"text": TEXT | tables.pop("text", {}), **tables}


def lines(given: dict[str, Any], overrides: dict[str, object] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        from_values(given, overrides, source="model.toml")
    text = str(caught.value)
    assert text.split("\n") == list(caught.value.lines)
    assert all(line.isprintable() for line in caught.value.lines)
    return list(caught.value.lines)


# What is right


def test_shipped_file() -> None:
    config = load(SHIPPED)
    assert config.text.corpus == ("the cat sat on the mat", "the dog sat on the mat")
    assert config.text.sentence == "the cat sat on the mat"
    assert (config.model.d_model, config.model.heads, config.model.layers, config.model.d_ff) == (
        16,
        2,
        1,
        64,
    )
    assert (config.model.positions, config.model.ln_eps, config.model.activation) == (8, 1e-5, "gelu")
    assert (config.init.seed, config.init.spread, config.init.decimals) == (42, 0.2, 2)
    o = config.optimizer
    assert (o.lr, o.beta1, o.beta2, o.eps, o.weight_decay) == (0.01, 0.9, 0.999, 1e-8, 0.1)
    t = config.training
    assert (t.epochs, t.batch, t.schedule, t.warmup, t.clip) == (100, 2, "constant", 0, 0.0)
    g = config.generation
    assert (g.prompt, g.temperature, g.top_k, g.top_p, g.seed, g.tokens) == ("the cat", 1.0, 0, 1.0, 0, 16)
    w = config.worked
    assert (w.layer, w.head, w.position, w.key, w.feature, w.channel, w.hidden, w.token) == (
        0,
        0,
        2,
        1,
        0,
        0,
        0,
        "on",
    )
    assert (config.display.digits, config.display.largest_table, config.display.largest_folded) == (4, 2048, 128)
    assert config.notes == ()


def test_shipped_file_spells_out_every_default_and_bound() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert from_values({"text": tomllib.loads(text)["text"]}) == load(SHIPPED)
    for table, section in SECTIONS.items():
        for key, info in section.model_fields.items():
            line = re.search(rf"^{key} = .*$", text, re.MULTILINE)
            assert line, f"{table}.{key} is not in model.toml"
            # The comments of these two name a relation in place of their bounds.
            stated = {} if table == "worked" or key == "heads" else bounds_of(info)
            for bound in stated.values():
                assert re.search(rf"\b{re.escape(value_shown(bound)).replace('e-', 'e-0*')}\b", line[0]), line[0]


def test_a_short_file_is_enough(tmp_path: Path) -> None:
    file = tmp_path / "short.toml"
    file.write_text('\ufefftext = { corpus = ["a b"], sentence = "b" }\r\n', encoding="utf-8")
    config = load(file)
    assert config.model.d_model == 16
    # Defaults that nobody wrote move in silence.
    assert (config.worked.position, config.worked.key, config.worked.token, config.notes) == (0, 0, "b", ())


def test_whole_numbers_are_read_as_rates() -> None:
    config = from_values(values(optimizer={"lr": 1, "weight_decay": -0.0, "beta1": 0}))
    assert isinstance(config.optimizer.lr, float)
    assert math.copysign(1, config.optimizer.weight_decay) == 1
    assert config.digest() == from_values(values(optimizer={"lr": 1.0, "weight_decay": 0, "beta1": 0.0})).digest()


def test_json_is_canonical() -> None:
    config = load(SHIPPED)
    found = json.loads(config.to_json())
    assert (
        list(found)
        == ["text", "model", "init", "optimizer", "tokenizer", "training", "generation", "worked", "display"]
        == list(SECTIONS)
    )
    assert from_values(found) == config
    assert {table: list(keys) for table, keys in found.items()} == {
        t: list(s.model_fields) for t, s in SECTIONS.items()
    }
    assert re.fullmatch("[0-9a-f]{12}", config.digest())


@pytest.mark.parametrize("change", [{"init": {"seed": 7}}, {"text": {"sentence": "the"}}, {"display": {"digits": 5}}])
def test_digest_tells_configurations_apart(change: dict[str, Any]) -> None:
    assert from_values(values(**change)).digest() != from_values(values()).digest()


def test_the_warm_up_ends_before_the_run() -> None:
    short = {"epochs": 3, "batch": 1, "warmup": 6}
    (line,) = lines(values(training=short))
    assert line.endswith(
        "training.warmup = 6: the whole run has 6 steps, and the warm-up must end before it does; nearest: 5"
    )
    from_values(values(training=short | {"warmup": 5}))
    # Two sentences of six words at five positions are four rows.
    from_values(values(training=short | {"warmup": 11}, model={"positions": 5}))
    assert lines(values(training=short | {"warmup": 12}, model={"positions": 5}))


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("the bird", '"bird" is not in the vocabulary; nearest: "dog"; or add "bird" to text.corpus'),
        (
            "the cat sat on the mat the cat sat",
            "has 9 words; at most model.positions = 8; nearest: model.positions = 9, or "
            '"the cat sat on the mat the cat"',
        ),
    ],
)
def test_a_prompt_that_the_model_cannot_read_is_replaced(prompt: str, why: str) -> None:
    config = from_values(values(generation={"prompt": prompt}))
    assert config.generation.prompt == "the cat"
    assert config.notes == (f'generation.prompt = "{prompt}" is replaced by "the cat": {why}.',)


def test_a_default_prompt_is_replaced_in_silence() -> None:
    for sentence, prompt in (("a bird sings", "a bird"), ("bird", "bird")):
        config = from_values({"text": {"corpus": ["a bird sings"], "sentence": sentence}})
        assert (config.generation.prompt, config.notes) == (prompt, ())


def test_what_generation_cannot_do() -> None:
    for prompt in ("", " \t"):
        (line,) = lines(values(generation={"prompt": prompt}))
        assert line.endswith('must have at least one word; nearest: "the cat"')
    (line,) = lines(values(generation={"top_k": 11}))
    assert line.endswith("generation.top_k = 11: the vocabulary has 10 words; 0 keeps them all; nearest: 10")
    assert from_values(values(generation={"top_k": 10})).generation.top_k == 10


def test_config_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(SHIPPED).model.heads = 4


WORDS = [
    "<script>",
    "$x$",
    "{{x}}",
    "a|b",
    r"\alpha",
    "*b*",
    "猫",
    "café",
    "[red]",
    "שלום",
    "👩\u200d🔬",
    "می\u200cروم",
    "#",
    '"',
]


@pytest.mark.parametrize("word", WORDS)
def test_odd_words_are_words(word: str) -> None:
    config = from_values({"text": {"corpus": [" ".join(WORDS)], "sentence": word}, "worked": {"token": word}})
    assert config.text.sentence == word
    assert config.worked.token == word


# What is moved


@pytest.mark.parametrize(
    ("key", "value", "becomes", "reason"),
    [
        ("layer", 3, 0, "the model has 1 layer"),
        ("head", 2, 1, "the model has 2 heads"),
        ("position", 9, 3, "the sentence has 4 words"),
        ("key", 3, 2, "a query at position 2 sees no later key"),
        ("feature", 16, 15, "model.d_model is 16"),
        ("channel", 10**30, 7, "a head is 8 wide"),
        ("hidden", 64, 63, "model.d_ff is 64"),
        ("token", "dgo", "dog", "the vocabulary has no such word"),
        ("token", "On", "on", "the vocabulary has no such word"),
        ("token", "zzz", "dog", "the vocabulary has no such word"),
        ("token", "\x1b[31m", "dog", "the vocabulary has no such word"),
    ],
)
def test_worked_cell_moves_to_the_nearest(key: str, value: Any, becomes: Any, reason: str) -> None:
    config = from_values(values(worked={key: value}))
    assert getattr(config.worked, key) == becomes
    (note,) = config.notes
    shown = [value_shown(v) for v in (value, becomes)]
    assert note == f"worked.{key} = {shown[0]} is moved to {shown[1]}: {reason}."
    assert note.isprintable()


def test_key_follows_the_position() -> None:
    config = from_values(
        values(text={"sentence": "the"}, worked={"position": 2, "key": 2, "head": 1}, model={"heads": 1})
    )
    assert (config.worked.position, config.worked.key, config.worked.head) == (0, 0, 0)
    assert [note.split(" = ")[0] for note in config.notes] == ["worked.head", "worked.position", "worked.key"]
    assert "the model has 1 head." in config.notes[0]
    assert "the sentence has 1 word." in config.notes[1]


# What is a mistake

MISTAKES = [
    # table, key, value, what the line ends with
    ("model", "heads", 3, "must divide model.d_model = 16; nearest: 2 or 4"),
    ("model", "heads", 32, "must divide model.d_model = 16; nearest: 16"),
    ("model", "heads", 0, "must be a whole number from 1 to 1024; nearest: 1"),
    ("model", "d_model", 3, "must be a whole number from 4 to 1024; nearest: 4"),
    ("model", "d_model", 2048, "must be a whole number from 4 to 1024; nearest: 1024"),
    ("model", "d_model", 16.0, "must be a whole number from 4 to 1024; nearest: 16"),
    ("model", "d_model", "16", "must be a whole number from 4 to 1024; nearest: 16"),
    ("model", "d_model", True, "must be a whole number from 4 to 1024; nearest: 16"),
    ("model", "d_model", math.inf, "must be a whole number from 4 to 1024; nearest: 1024"),
    ("model", "d_model", math.nan, "must be a whole number from 4 to 1024; nearest: 16"),
    ("model", "d_model", [16], "must be a whole number from 4 to 1024; nearest: 16"),
    ("model", "d_model", {}, "must be a whole number from 4 to 1024; nearest: 16"),
    ("model", "layers", 0, "must be a whole number from 1 to 48; nearest: 1"),
    ("model", "layers", 49, "must be a whole number from 1 to 48; nearest: 48"),
    ("model", "d_ff", 0, "must be a whole number from 1 to 4096; nearest: 1"),
    ("model", "d_ff", 10**4000, "must be a whole number from 1 to 4096; nearest: 4096"),
    ("model", "positions", 0, "must be a whole number from 1 to 1024; nearest: 1"),
    ("model", "positions", 1025, "must be a whole number from 1 to 1024; nearest: 1024"),
    ("model", "ln_eps", 0, "must be a number from 1e-12 to 1; nearest: 1e-12"),
    ("model", "activation", "relu", 'must be "gelu"; nearest: "gelu"'),
    ("init", "seed", -1, "must be a whole number from 0 to 4294967295; nearest: 0"),
    ("init", "seed", False, "must be a whole number from 0 to 4294967295; nearest: 42"),
    ("init", "spread", 0, "must be a number, above 0, at most 1; nearest: 0.2"),
    ("init", "spread", math.inf, "must be a number, above 0, at most 1; nearest: 1"),
    ("init", "spread", 0.004, "must be at least 0.01 for init.decimals = 2; nearest: 0.01"),
    ("init", "decimals", 0, "must be a whole number from 1 to 8; nearest: 1"),
    ("init", "decimals", 9, "must be a whole number from 1 to 8; nearest: 8"),
    ("optimizer", "lr", 0, "must be a number, above 0, at most 10; nearest: 0.01"),
    ("optimizer", "lr", -0.1, "must be a number, above 0, at most 10; nearest: 0.01"),
    ("optimizer", "lr", math.nan, "must be a number, above 0, at most 10; nearest: 0.01"),
    ("optimizer", "lr", "0.1", "must be a number, above 0, at most 10; nearest: 0.1"),
    ("optimizer", "lr", True, "must be a number, above 0, at most 10; nearest: 0.01"),
    ("optimizer", "beta1", 1, "must be a number, at least 0, below 1; nearest: 0.9"),
    ("optimizer", "beta1", -0.5, "must be a number, at least 0, below 1; nearest: 0"),
    ("optimizer", "beta2", 1.5, "must be a number, at least 0, below 1; nearest: 0.999"),
    ("optimizer", "eps", -1e-8, "must be a number from 1e-12 to 1; nearest: 1e-12"),
    ("optimizer", "weight_decay", -0.1, "must be a number from 0 to 1; nearest: 0"),
    ("training", "epochs", 0, "must be a whole number from 1 to 1000000; nearest: 1"),
    ("training", "batch", 2000, "must be a whole number from 1 to 1024; nearest: 1024"),
    ("training", "schedule", "cosin", 'must be "constant" or "cosine"; nearest: "cosine"'),
    ("training", "schedule", "zzz", 'must be "constant" or "cosine"; nearest: "constant"'),
    ("training", "schedule", 3, 'must be "constant" or "cosine"; nearest: "constant"'),
    ("training", "warmup", -1, "must be a whole number from 0 to 1000000; nearest: 0"),
    (
        "training",
        "warmup",
        100,
        "the whole run has 100 steps, and the warm-up must end before it does; nearest: 99",
    ),
    ("training", "clip", -0.5, "must be a number from 0 to 1000000; nearest: 0"),
    ("training", "clip", math.inf, "must be a number from 0 to 1000000; nearest: 1000000"),
    ("generation", "prompt", 3, 'must be text in quotes; nearest: "the cat"'),
    ("generation", "temperature", -1, "must be a number from 0 to 100; nearest: 0"),
    ("generation", "top_k", 1.5, "must be a whole number from 0 to 1000000; nearest: 2"),
    ("generation", "top_p", 0, "must be a number, above 0, at most 1; nearest: 1.0"),
    ("generation", "seed", -1, "must be a whole number from 0 to 4294967295; nearest: 0"),
    ("generation", "tokens", 0, "must be a whole number from 1 to 1024; nearest: 1"),
    ("worked", "head", -1, "must be a whole number, at least 0; nearest: 0"),
    ("worked", "key", "1", "must be a whole number, at least 0; nearest: 1"),
    ("worked", "token", 3, 'must be text in quotes; nearest: "on"'),
    ("display", "digits", 2, "must be a whole number from 3 to 8; nearest: 3"),
    ("display", "digits", 9, "must be a whole number from 3 to 8; nearest: 8"),
    ("display", "largest_table", 0, "must be a whole number from 64 to 1000000; nearest: 64"),
    ("display", "largest_folded", 63, "must be a whole number from 64 to 1000000; nearest: 64"),
    ("display", "largest_replay", 10, "must be a whole number from 1000 to 100000000; nearest: 1000"),
    (
        "text",
        "sentence",
        "the cot",
        '"cot" is not in the vocabulary; nearest: "cat"; or add "cot" to text.corpus',
    ),
    (
        "text",
        "sentence",
        "the the the the the the the the the",
        'nearest: model.positions = 9, or "the the the the the the the the"',
    ),
    ("text", "sentence", "", 'must have at least one word; nearest: "the cat sat on the mat"'),
    ("text", "sentence", " \n\t", 'must have at least one word; nearest: "the cat sat on the mat"'),
    ("text", "sentence", 3, 'must be text in quotes; nearest: "the cat sat on the mat"'),
    (
        "text",
        "sentence",
        "the\x1b[31m cat",
        "holds U+001B (a control character), which does not show; remove it",
    ),
    ("text", "sentence", "the\x00", "holds U+0000 (a control character), which does not show; remove it"),
    (
        "text",
        "sentence",
        "the\u202e",
        "holds U+202E (RIGHT-TO-LEFT OVERRIDE), which does not show; remove it",
    ),
    ("text", "sentence", "the\ud800", "holds U+D800 (half a character), which does not show; remove it"),
    ("text", "corpus", [], 'must hold at least one sentence; nearest: ["the cat sat on the mat"]'),
    (
        "text",
        "corpus",
        "the cat",
        'must be a list of sentences, each in quotes; nearest: ["the cat sat on the mat"]',
    ),
]


@pytest.mark.parametrize(("table", "key", "value", "ends"), MISTAKES, ids=lambda value: str(value)[:30])
def test_a_mistake_is_one_line(table: str, key: str, value: Any, ends: str) -> None:
    (line,) = lines(values(**{table: {key: value}}))
    assert line.startswith(f"model.toml: {table}.{key} = {value_shown(value)}: ")
    assert line.endswith(ends)
    assert len(line) < 400


@pytest.mark.parametrize(
    ("sentence", "ends"),
    [
        ("", "must have at least one word; remove the sentence or fill it"),
        (
            "a <eos>",
            '"<eos>" is a special token; a word must differ from <pad>, <bos>, <eos>, <unk>; nearest: "eos"',
        ),
        (3, 'must be text in quotes; nearest: "3"'),
        (True, 'must be text in quotes; nearest: "true"'),
        ("a\u200bb", "holds U+200B (ZERO WIDTH SPACE), which does not show; remove it"),
        ("\u200d\ufe0f", "which does not show; remove it"),
        ("\u3164", "holds U+3164 (HANGUL FILLER), which does not show; remove it"),
        ("x" * 81, f'holds a word of 81 characters; at most 80; nearest: "{"x" * 80}"'),
        (
            "mate\u0301 mat\u00e9",
            "but is made of other Unicode characters; copy the one from the other",
        ),
    ],
)
def test_a_mistake_in_the_corpus_names_the_sentence(sentence: object, ends: str) -> None:
    (line,) = lines(values(text={"corpus": ["the cat sat on", sentence]}))
    assert line.startswith(f"model.toml: text.corpus[1] = {value_shown(sentence)}: ")
    assert line.endswith(ends)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (values(model={"head": 2}), "model.head = 2: unknown key; nearest: model.heads"),
        (values(model={"layer": 2}), "model.layer = 2: unknown key; nearest: model.layers"),
        (values(model={"lr": 0.1}), "model.lr = 0.1: unknown key; nearest: optimizer.lr"),
        (values(text={"text": "a"}), 'text.text = "a": unknown key; nearest: '),
        (values(model={"": 1}), 'model."" = 1: unknown key; nearest: '),
        (values() | {"seed": 7}, "seed = 7: unknown key; nearest: init.seed"),
        (values() | {"notes": []}, "notes = []: unknown key; nearest: "),
        (values(optimiser={}), "[optimiser]: there is no such table; nearest: [optimizer]"),
        (values(**{"a\nb": {}}), '["a\\nb"]: there is no such table; nearest: ['),
        (values() | {"model": 3}, "model = 3: must be a table; write [model] on a line of its own"),
        (
            values() | {"text": "the cat"},
            'text = "the cat": must be a table; write [text] on a line of its own',
        ),
        (
            {"text": {"sentence": "a"}},
            "text.corpus: is missing; must be a list of sentences, each in quotes; nearest: [",
        ),
        ({"text": {"corpus": ["a"]}}, 'text.sentence: is missing; must be text in quotes; nearest: "'),
    ],
)
def test_unknown_and_missing_keys(given: dict[str, Any], line: str) -> None:
    (found,) = lines(given)
    assert found.startswith(f"model.toml: {line}")


def test_several_mistakes_are_several_lines() -> None:
    found = lines(values(model={"heads": 3, "layers": 0}, optimizer={"lr": 0}, text={"sentence": "a b"}, x={}))
    where = [line.split(": ")[1].split(" = ")[0] for line in found]
    assert where == ["[x]", "model.layers", "optimizer.lr", "model.heads", "text.sentence", "text.sentence"]


def test_a_mistaken_key_hides_what_depends_on_it() -> None:
    assert len(lines(values(model={"heads": 3, "d_model": 0}))) == 1
    assert len(lines(values(text={"corpus": [], "sentence": "zebra"}))) == 1
    assert len(lines(values(model={"positions": 0}, text={"sentence": "the cat"}))) == 1
    assert len(lines(values() | {"text": 3}, {"text.sentence": "the cat"})) == 1


def test_a_model_too_large_names_the_largest_that_is_not() -> None:
    big = {"d_model": 1024, "layers": 48, "d_ff": 4096}
    (line,) = lines(values(model=big))
    assert re.search(r"model.layers = 48: makes about [\d,]+ parameters; at most 20,000,000; nearest: 1$", line)
    from_values(values(model=big | {"layers": 1}))
    many = {"corpus": [" ".join(f"w{i}" for i in range(30_000))], "sentence": "w1"}
    (line,) = lines({"text": many, "model": {"d_model": 512, "heads": 8}})
    nearest = int(line.rpartition("nearest: ")[2])
    assert nearest % 8 == 0
    from_values({"text": many, "model": {"d_model": nearest, "heads": 8}})
    lines({"text": many, "model": {"d_model": nearest + 8, "heads": 8}})


def test_the_parameters_are_counted_as_the_engine_counts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from calc.step import training_step

    given = values(model={"d_model": 12, "heads": 3, "layers": 2, "d_ff": 7})
    total = int(training_step(from_values(given))["facts.parameters.total"].value)
    monkeypatch.setattr(mistakes, "MOST_PARAMETERS", total)
    from_values(given)
    monkeypatch.setattr(mistakes, "MOST_PARAMETERS", total - 1)
    assert f"makes about {total:,} parameters" in lines(given)[0]


# Any value at all, as TOML may hold it: accepted or refused in lines, and never a trace.
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
KEYS = [(table, key) for table, section in SECTIONS.items() for key in section.model_fields]


@UNHURRIED
@given(st.dictionaries(st.sampled_from([*KEYS, ("model", "hed"), ("new", "key")]), ANYTHING, max_size=3))
def test_anything_is_a_configuration_or_lines(found: dict[tuple[str, str], object]) -> None:
    given: dict[str, dict[str, object]] = {"text": dict(TEXT)}
    for (table, key), value in found.items():
        given.setdefault(table, {})[key] = value
    config, found_lines = attempt(given)
    if config:
        assert from_values(json.loads(config.to_json())) == config.model_copy(update={"notes": ()})
    else:
        assert found_lines
        assert all(line.isprintable() and len(line) < 1000 for line in found_lines)


def attempt(given: dict[str, Any]) -> tuple[Config | None, tuple[str, ...]]:
    try:
        return from_values(given), ()
    except ConfigError as error:
        return None, error.lines


# Flags


def parsed(*arguments: str) -> Config:
    parser = ArgumentParser()
    add_arguments(parser)
    return load_from_args(parser.parse_args(arguments))


def test_flags_override_the_file() -> None:
    config = parsed(
        *["--seed", "7", "--d-model", "24", "--heads", "3", "--layers", "2", "--d-ff", "8", "--text"],
        "the mat sat on the dog",
    )
    assert config.init.seed == 7
    assert (config.model.d_model, config.model.heads, config.model.layers, config.model.d_ff) == (24, 3, 2, 8)
    assert config.text.sentence == "the mat sat on the dog"
    assert parsed() == load(SHIPPED)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["--seed", "abc"],
            '--seed: init.seed = "abc": must be a whole number from 0 to 4294967295; nearest: 42',
        ),
        (["--seed", ""], '--seed: init.seed = "": must be a whole number from 0 to 4294967295; nearest: 42'),
        (["--seed", "-1"], "--seed: init.seed = -1: must be a whole number from 0 to 4294967295; nearest: 0"),
        (
            ["--seed", "1.5"],
            "--seed: init.seed = 1.5: must be a whole number from 0 to 4294967295; nearest: 2",
        ),
        (
            ["--seed", "1_0"],
            '--seed: init.seed = "1_0": must be a whole number from 0 to 4294967295; nearest: 42',
        ),
        (
            ["--seed", "٣"],
            '--seed: init.seed = "٣": must be a whole number from 0 to 4294967295; nearest: 42',
        ),
        (["--heads", "3"], "--heads: model.heads = 3: must divide model.d_model = 16; nearest: 2 or 4"),
        (
            ["--d-model", "15"],
            "--d-model: model.d_model = 15: must be a multiple of model.heads = 2; nearest: 14 or 16",
        ),
        (
            ["--d-model", "15", "--heads", "2"],
            "--heads: model.heads = 2: must divide model.d_model = 15; nearest: 1 or 3",
        ),
        (
            ["--text", ""],
            '--text: text.sentence = "": must have at least one word; nearest: "the cat sat on the mat"',
        ),
    ],
)
def test_a_mistaken_flag_is_named(arguments: list[str], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(*arguments)
    assert str(caught.value) == line


def test_a_number_of_thousands_of_digits_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="must be a whole number"):
        parsed("--seed", "9" * 5000)


# Files


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"[model]\nheads = 3 4\n", 'line 2, column 11: "heads = 3 4" is not TOML (Expected newline'),
        (b"[model]\r\nheads = \r\n", 'line 2, column 9: "heads =" is not TOML (Invalid value)'),
        (b"[model\n", 'line 1, column 7: "[model" is not TOML'),
        (b"heads = 1\nheads = 2\n", "is not TOML (Cannot overwrite a value)"),
        (b'sentence = "the', "at its end: is not TOML (Unterminated string)"),
        (b"a\x1b[31m", 'line 1, column 2: "a\\x1b[31m" is not TOML'),
        (b"a = " + b"[" * 100_000, "is not TOML (nested too deeply)"),
        (b"a = " + b"9" * 5000, "is not TOML ("),
        (b"\n\n# caf\xe9\n", "line 3: is not UTF-8; save the file as UTF-8"),
        (b"\xff\xfe[\x00", "line 1: is not UTF-8"),
        (b"#" * 1_000_001, "is too large; a configuration has at most 1000000 bytes"),
        (b"", "text.corpus: is missing"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path: Path, content: bytes, line: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(file)
    first = caught.value.lines[0]
    assert first.startswith(f"{file}: ")
    assert line in first
    assert first.isprintable()


def test_a_missing_file_names_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "modle.toml").touch()
    with pytest.raises(ConfigError, match=r"model\.toml: there is no such file; nearest: .*modle\.toml$"):
        load(tmp_path / "model.toml")
    with pytest.raises(ConfigError, match=r"there is no such file; nearest: .*model\.toml$"):
        load(tmp_path / "modle.toml" / "model.toml")
    with pytest.raises(ConfigError, match=r"is a folder; --config takes a TOML file such as .*modle\.toml$"):
        load(tmp_path)
    monkeypatch.chdir(SHIPPED.parent)
    with pytest.raises(ConfigError, match=r"^a\\nb: there is no such file; nearest: model\.toml$"):
        load("a\nb")
    with pytest.raises(ConfigError, match="cannot be read"):
        load("\0")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="the superuser may read any file")
def test_an_unreadable_file(tmp_path: Path) -> None:
    file = tmp_path / "model.toml"
    file.touch(mode=0)
    with pytest.raises(ConfigError, match="cannot be read"):
        load(file)
