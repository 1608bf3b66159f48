"""The pages on writing: their numbers are their runs', labels say true positions, and what is said follows them."""

from __future__ import annotations

import io
import json
import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from calc import export_program
from render import claims
from render.explorer import Labels
from render.pages import PageError, Site
from tests.configurations import NARROW, site_of
from tests.explorer.node import run

WRITING, SAMPLING, CACHE = (f"writing/{name}.md" for name in ("generation", "sampling", "cache"))
RUNS = {
    WRITING: {"writing", "write-1", "sampling"}, SAMPLING: {"sampling"}, CACHE: {"recomputed", "cached", "saved"},
}  # fmt: skip
FOREIGN = re.compile(
    r'<(?:span|text)[^>]*data-ref="([\w.-]+)"(?: data-index="([\d,]+)")? data-ledger="([\w-]+)">([^<]*)<'
)
OTHER = {"text.corpus": ("one fine day", "two fine days"), "text.sentence": "one fine day"} | NARROW
LONE = {"model.positions": 1, "text.sentence": "cat", "text.corpus": ("cat", "dog")} | NARROW
QUICK = NARROW | {"training.epochs": 3}
FAST = {"optimizer.lr": 1.0}
ALONE = NARROW | {"text.corpus": ("a b c",), "text.sentence": "a b"}
UNEVEN = NARROW | {"text.corpus": ("a b", "a b", "a c"), "text.sentence": "a b"}
SHORT = NARROW | {"model.positions": 4, "text.sentence": "the cat"}


@cache
def page(path: str, *overrides: tuple[str, Any]) -> str:
    return site_of(*overrides).page(path)


@pytest.mark.parametrize("path", RUNS)
def test_every_number_has_its_runs_digits(path: str) -> None:
    found = FOREIGN.findall(page(path))
    assert {ledger for _, _, ledger, _ in found} == RUNS[path]
    for name, index, ledger, text in found:
        other = site_of().others.get(ledger)
        assert text == other.digits.text(other.ledger[name], tuple(map(int, index.split(","))) if index else ()), name
    assert "data-ref" not in re.sub(r"<(?:span|text)[^>]*data-ledger=[^>]*>", "", page(path))


def test_the_files_hold_what_the_pages_show_and_the_explorer_can_name_its_places() -> None:
    for path in RUNS:
        page(path)
    files = site_of().others.files()
    with np.load(io.BytesIO(files["data/cached.npz"]), allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["logits"], site_of().others.get("cached").ledger["logits"].value)
    script = """
    const { Step } = await load("step.js");
    const { Labels } = await load("labels.js");
    const labels = new Labels(given.labels, new Step(given.walk));
    const told = (name, asked) => asked.map(([entry, index]) => {
      const run = labels.of(new Step(given[name]));
      return run.where(run.step.get(entry), index);
    });
    const origins = (name) => {
      const run = labels.of(new Step(given[name]));
      return run.step.program.entries.filter(({ op }) => op === "given").map((entry) => run.origin(entry));
    };
    return {
      places: [
        ...told("write-1", [["logits", [1, 6]]]), ...told("writing", [["writing.probs", [2, 4]]]),
        ...told("cached", [["logits", [0, 2]], ["layers.0.attention.scores", [0, 0, 1]]]),
        ...told("sampling", [["beginnings.probs", [0, 5]], ["hot.sampling.ranked", [1]]]),
      ],
      origins: ["write-1", "writing", "cached", "sampling"].map(origins),
    };
    """
    walk = json.loads(export_program.text(site_of().ledger, site_of().config))
    programs = {
        name: json.loads(files[f"data/{name}.program.json"]) for name in ("write-1", "writing", "cached", "sampling")
    }
    found = run(script, programs | {"walk": walk, "labels": Labels(site_of()).file()})
    assert found["places"] == [
        "position 1·cat, word 6·sat", "row 2·on at position 3, word 4·the", "row 0·mat at position 5, word 2·<eos>",
        "head 0, row 0·mat at position 5, key 1·cat", "beginning 0·the, word 5·cat", "rank 1",
    ]  # fmt: skip
    assert all(all(said) for said in found["origins"])


def test_labels_say_true_positions() -> None:
    text = page(CACHE)
    (new,) = re.findall(r"~~~matrix\nlayers\.0\.attention\.k_new .*\n.*\n(\S+)", text)
    assert new == "5·mat"
    assert 'At position 5 <code class="token">mat</code>' in text
    assert 'query 5 <code class="token">mat</code>, key 1 <code class="token">cat</code>' in text
    rows = re.search(r"~~~matrix\nwriting\.probs .*\n.*\n((?:\d.*\n)+)~~~", page(WRITING))
    assert rows
    assert [line.split()[0] for line in rows[1].splitlines()] == ["1·cat", "2·sat", "3·on", "4·the", "5·mat"]
    assert "data-at" not in page(WRITING)  # these words are not those of the sentence, which a reader may change


@pytest.mark.parametrize(
    ("path", "overrides", "says", "says_not"),
    [
        (WRITING, {}, ["The last word chosen is", "word for word", "each as often", "means nothing"], ["never chose"]),
        (WRITING, QUICK, ["a model that has learnt more would be sure", "no sentence of"], ["in two ways"]),
        (WRITING, NARROW | {"generation.tokens": 1}, ["asks for 1 word and no more"], ["The surest choice"]),
        (WRITING, SHORT, ["Writing ended because the position table has 4 rows"], ["word for word"]),
        (WRITING, FAST, ["is too high", "learnt nothing yet"], ["over and over"]),
        (WRITING, ALONE, ["no beginning goes on in two ways"], ["means nothing"]),
        (WRITING, UNEVEN, ["not equally often", "never writes the others"], ["means nothing"]),
        (SAMPLING, {}, ["goes on in two ways", "far colder", "So four words stay"], ["are alike"]),
        (CACHE, {}, ["it began with", "rises by", "each head of the one layer"], ["has a single row"]),
        (CACHE, NARROW, ["the head of the one layer"], ["each head"]),
        (CACHE, LONE, ["has a single row"], ["What it saves"]),
        (CACHE, NARROW | {"generation.tokens": 1}, ["What it saves"], ["rises by"]),
    ],
)  # fmt: skip
def test_what_is_said_follows_the_numbers(
    path: str, overrides: dict[str, Any], says: list[str], says_not: list[str]
) -> None:
    text = page(path, *overrides.items())
    for words in says:
        assert words in text
    for words in says_not:
        assert words not in text


@pytest.mark.parametrize("path", RUNS)
def test_another_corpus_leaves_no_word_of_the_first(path: str) -> None:
    words = set(re.findall(r'<code class="token">(.*?)</code>', page(path, *OTHER.items())))
    assert words
    assert not words & {"the", "cat", "sat", "on", "mat", "dog"}


def test_a_cache_that_keeps_a_wrong_row_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of the passes with the cache are a little off."""
    made = Site(site_of(*NARROW.items()).ledger, site_of(*NARROW.items()).config)
    key = made.others.get("cached").ledger["layers.0.attention.k"]
    off = key.value.copy()
    off[1, 2] += 1e-6
    key.value = off
    with pytest.raises(PageError, match="kept keys and values are the recomputed ones"):
        made.page(CACHE)


def test_a_sum_that_is_not_one_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Site(site_of(*NARROW.items()).ledger, site_of(*NARROW.items()).config)
    probs = made.others.get("writing").ledger["writing.probs"]
    probs.value = probs.value * (1 + 1e-9)
    with pytest.raises(PageError, match="sum to one"):
        made.page(WRITING)
    assert issubclass(claims.FalseClaim, ValueError)


def test_the_pictures_name_the_words_and_stay_small() -> None:
    for path in RUNS:
        figures = re.findall(r"<figure.*?</figure>", page(path), re.DOTALL)
        assert figures
        for figure in figures:
            assert len(re.findall("<(?:rect|line|path|text|tspan)", figure)) < 200
            assert 'aria-label="' in figure
    assert "“sat”, “on”, “the”, “mat” and “&lt;eos&gt;”" in page(WRITING)
