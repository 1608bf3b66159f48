"""The pages on the run over the corpus: bound to their ledgers, and true of every configuration."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from render.digits import Digits
from render.figures.training.words import Words
from tests.configurations import CONFIGURATIONS, NARROW, site_of

if TYPE_CHECKING:
    from render.figures.kit import Sketch

PAGES = ("training/loss-curve.md", "training/patterns.md", "training/embeddings.md")
LABEL = re.compile(r'<text x="([\d.]+)" y="([\d.]+)"(?: text-anchor="(\w+)")? class="strong"><tspan[^>]*>([^<]+)')
NUMBER = re.compile(
    r'<span class="n" data-ref="([^"]+)"(?: data-index="([\d,]+)")? data-ledger="([\w-]+)">([^<]*)</span>'
)
RUNS = {PAGES[0]: {"training", "padding", "clipping"}, PAGES[1]: {"trained"}, PAGES[2]: {"words"}}
SHORT = {"text.corpus": ("a b", "a c d e", "a b f g h i j k l m"), "text.sentence": "a b"}


def page(path: str, overrides: dict[str, Any]) -> str:
    return site_of(*overrides.items()).page(path)


@pytest.mark.parametrize("path", PAGES)
def test_every_number_is_its_runs_with_its_digits(path: str) -> None:
    made = site_of()
    found = NUMBER.findall(made.page(path))
    assert {run for _, _, run, _ in found} == RUNS[path]
    files = {run: np.load(io.BytesIO(made.others.files()[f"data/{run}.npz"])) for run in RUNS[path]}
    for name, index, run, text in found:
        other = made.others.get(run)
        at = tuple(map(int, index.split(","))) if index else ()
        assert text == Digits(other.ledger, made.config).text(other.ledger[name], at)
        assert files[run][name].shape == other.ledger[name].shape


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("name", ["one word", "odd words", "two layers"])
def test_the_pages_hold_for_every_configuration(name: str, path: str) -> None:
    assert page(path, CONFIGURATIONS[name])


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "keys",
    [
        {"optimizer.weight_decay": 0.0, "training.epochs": 1},
        {"training.schedule": "cosine", "training.warmup": 7, "training.clip": 0.5},
        {"text.corpus": ("cat",), "text.sentence": "cat"},
        SHORT | {"training.epochs": 100_000, "training.batch": 3},
    ],
    ids=str,
)
def test_the_pages_hold_at_the_edges(keys: dict[str, Any], path: str) -> None:
    assert page(path, NARROW | keys)


# --- learning the corpus ---


def test_padding_is_the_corpus_own_or_said_to_be_made() -> None:
    path = PAGES[0]
    assert "the second row below was cut short by hand" in page(path, {})
    own = page(path, NARROW | SHORT)
    assert "Two rows of one batch of this corpus show it" in own
    assert "cut short" not in own
    none = page(path, NARROW | {"text.corpus": ("cat", "dog"), "text.sentence": "cat"})
    assert "nothing can be shown of it" in none


def test_the_floor_is_told_by_the_corpus() -> None:
    path = PAGES[0]
    assert 'data-ref="floor.loss"' in page(path, {})
    assert "That is the only one." in page(path, {})
    assert "The same word stands again at position 4" in page(path, {})
    assert "This corpus has none" in page(path, NARROW | {"text.corpus": ("a b a",), "text.sentence": "a b"})


def test_decay_schedule_and_clipping_are_told_as_they_are() -> None:
    path = PAGES[0]
    plain = page(path, NARROW | {"optimizer.weight_decay": 0.0})
    assert "There is no weight decay in this configuration" in plain
    assert "This run does not clip." in plain
    assert "--schedule cosine --warmup 10" in plain
    own = page(path, NARROW | {"training.schedule": "cosine", "training.clip": 0.5})
    assert "This run does not take every step at the same rate" in own
    assert "This run has the limit" in own
    assert "warm-up**" not in own
    assert "the gradient stays as it is" in page(path, NARROW | {"training.clip": 1e4})


def test_a_run_that_is_shortened_says_so() -> None:
    assert "a page does not wait for so many" in page(PAGES[0], NARROW | {"training.epochs": 100_000})
    assert "does not wait" not in page(PAGES[0], {})


# --- attention before and after ---


def test_each_head_has_its_two_tables() -> None:
    text = page(PAGES[1], CONFIGURATIONS["two layers"])
    for layer in (0, 1):
        for head in range(3):
            before = f"layers.{layer}.attention.weights {head},:,: role=value\n"
            assert text.count(before) == 1
            assert text.count(before.replace("\n", " ledger=trained")) == 1


def test_a_doubtful_word_is_no_failure_and_an_unknown_sentence_is_told() -> None:
    assert "This is the [floor](loss-curve.md#the-floor), seen from within." in page(PAGES[1], {})
    assert "is none of the corpus" in page(PAGES[1], {"text.sentence": "cat"})


# --- which words moved together ---


def test_words_in_the_same_places_are_named_only_where_there_are_some() -> None:
    text = page(PAGES[2], {})
    assert "That is no accident." in text
    assert '<code class="token">cat</code> and <code class="token">dog</code> are such words' in text
    none = page(PAGES[2], NARROW | SHORT)
    assert "are such words" not in none
    assert "No two words of this corpus stand at the same positions" in none


def test_the_farthest_and_the_closest_are_the_ledgers() -> None:
    made = site_of()
    led, text = made.others.get("words").ledger, made.page(PAGES[2])
    read = range(4, 10)
    closer = led["token_embedding.closer"].value
    best = max(((i, j) for i in read for j in read if i < j), key=lambda pair: float(closer[pair]))
    told = re.search(r"came closest to one another are <code[^>]*>(\w+)</code> and <code[^>]*>(\w+)<", text)
    assert told
    assert tuple(made.tables.words[i] for i in best) == told.groups()


# --- pictures ---


def test_no_two_labels_of_the_plane_lie_on_one_another() -> None:
    for name in ("default", "seed", "two layers"):
        svg = re.search(r"<svg.*?</svg>", page(PAGES[2], CONFIGURATIONS[name]), re.DOTALL)
        assert svg
        words = LABEL.findall(svg[0])
        boxes = []
        for x, y, anchor, word in words:
            wide = 6.0 * len(word)
            left = float(x) - {"": 0.0, "middle": 0.5, "end": 1.0}[anchor] * wide
            boxes.append((left, float(y) - 10, left + wide, float(y)))
        assert len(boxes) > 4
        for i, one in enumerate(boxes):
            assert one[0] >= 0
            assert one[2] <= 360
            assert not [b for b in boxes[:i] if one[0] < b[2] and b[0] < one[2] and one[1] < b[3] and b[1] < one[3]]


def test_words_at_one_place_find_room_beside_each_other() -> None:
    class Paper:
        def word(self, *_: Any) -> None: ...

    taken: list[tuple[float, float, float, float]] = []
    for _ in range(7):
        Words()._beside_dot(cast("Sketch", Paper()), "word", (180.0, 100.0), taken, 200.0)
    assert len(taken) == 7
    for i, one in enumerate(taken):
        assert not [b for b in taken[:i] if one[0] < b[2] and b[0] < one[2] and one[1] < b[3] and b[1] < one[3]]


def test_the_curve_has_a_point_for_every_epoch_and_a_line_for_the_floor() -> None:
    svg = re.search(r"<svg.*?</svg>", page(PAGES[0], {}), re.DOTALL)
    assert svg
    assert svg[0].count("a1.6 1.6 0 1 0 3.2 0") == 100
    assert 'data-ref="floor.loss" data-ledger="training"' in svg[0]
    plain = re.search(r"<svg.*?</svg>", page(PAGES[0], NARROW | {"text.corpus": ("a b a",), "text.sentence": "a b"}))
    assert plain
    assert "floor" not in plain[0]
