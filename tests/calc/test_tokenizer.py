"""The tokenizer: its vocabulary, both directions, and what it refuses."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calc.tokenizer import SPECIAL, Tokenizer, UnknownWord, shown

CORPUS = ["the cat sat on the mat", "the dog sat on the mat"]
# Anything that white space does not split, so that also odd words are drawn.
WORDS = st.text(min_size=1, max_size=6).filter(lambda w: w.split() == [w] and w not in SPECIAL)
SPACES = st.text(" \t\n\r\u00a0\u3000", min_size=1, max_size=3)
# On a busy machine, and before hypothesis has made its tables of characters, a draw may take seconds.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_corpus(CORPUS)


def test_vocabulary_holds_special_tokens_then_words_by_first_appearance(tokenizer: Tokenizer) -> None:
    assert tokenizer.vocabulary == (*SPECIAL, "the", "cat", "sat", "on", "mat", "dog")
    assert len(tokenizer) == 10


def test_case_is_kept() -> None:
    assert Tokenizer.from_corpus(["The the THE"]).vocabulary[4:] == ("The", "the", "THE")


def test_encodes_and_decodes(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode(" the\tcat  sat\n") == [4, 5, 6]
    assert tokenizer.decode([4, 5, 6]) == "the cat sat"
    assert tokenizer.encode("") == []
    assert tokenizer.decode([]) == ""
    assert tokenizer.decode(np.array([2, 4])) == "<eos> the"


@UNHURRIED
@given(st.data())
def test_round_trip(data: st.DataObject) -> None:
    words = data.draw(st.lists(WORDS, min_size=1, max_size=8))
    tokenizer = Tokenizer.from_corpus([" ".join(words)])
    chosen = data.draw(st.lists(st.sampled_from(words), max_size=8))
    text = data.draw(SPACES).join(["", *chosen, ""])
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == " ".join(text.split())
    assert tokenizer.encode(tokenizer.decode(ids)) == ids


@UNHURRIED
@given(st.lists(st.lists(WORDS, max_size=5), max_size=4))
def test_every_word_of_the_corpus_has_one_id(sentences: list[list[str]]) -> None:
    tokenizer = Tokenizer.from_corpus(" ".join(sentence) for sentence in sentences)
    assert len(set(tokenizer.vocabulary)) == len(tokenizer)
    assert set(tokenizer.vocabulary) == {*SPECIAL, *(word for sentence in sentences for word in sentence)}


@pytest.mark.parametrize(
    ("word", "nearest"), [("cot", "cat"), ("mats", "mat"), ("THE", "the"), ("ON", "on"), ("<unc>", None)]
)
def test_unknown_word_names_the_nearest(tokenizer: Tokenizer, word: str, nearest: str | None) -> None:
    with pytest.raises(UnknownWord) as caught:
        tokenizer.encode(f"the {word}")
    assert caught.value.word == word
    assert caught.value.nearest == (nearest or tokenizer.nearest(word))
    assert caught.value.nearest not in SPECIAL
    assert f'"{caught.value.nearest}"' in str(caught.value)
    assert f'"{word}" is not in the vocabulary' in str(caught.value)
    assert "text.corpus" in str(caught.value)


def test_a_word_spelt_with_other_characters_is_told_apart() -> None:
    with pytest.raises(UnknownWord, match="looks the same"):
        Tokenizer.from_corpus(["caf\u00e9 bar"]).encode("cafe\u0301")


def test_an_empty_vocabulary_has_no_nearest() -> None:
    with pytest.raises(UnknownWord, match=r"add it to text\.corpus"):
        Tokenizer.from_corpus([]).encode("word")


def test_unknown_words_can_be_mapped(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("the zebra", unknown="map") == [4, 3]
    assert tokenizer.decode([4, 3]) == "the <unk>"
    with pytest.raises(ValueError, match=r'"refuse" or "map"'):
        tokenizer.encode("the", unknown="drop")  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [-1, 10, 999])
def test_an_id_out_of_range_is_refused(tokenizer: Tokenizer, bad: int) -> None:
    with pytest.raises(ValueError, match=f"id {bad} is not in the vocabulary: ids run from 0 to 9"):
        tokenizer.decode([4, bad])


@pytest.mark.parametrize("special", SPECIAL)
def test_a_special_token_in_the_corpus_is_refused(special: str) -> None:
    with pytest.raises(ValueError, match=f"{special}.*special token"):
        Tokenizer.from_corpus(["the cat", f"a {special} b"])


@pytest.mark.parametrize("vocabulary", [("a", "b"), (*SPECIAL, "a", "a"), SPECIAL[:3]])
def test_a_vocabulary_that_is_none_is_refused(vocabulary: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="vocabulary:"):
        Tokenizer(vocabulary)


@UNHURRIED
@given(st.text())
def test_shown_is_one_harmless_line(text: str) -> None:
    assert shown(text).isprintable()


def test_the_engine_needs_neither_pydantic_nor_rich() -> None:
    code = "import sys, calc.step; print({'pydantic', 'rich', 'calc.config'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
