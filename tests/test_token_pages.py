"""The pages on tokens: their parts in order, every count bound and right, and what they say of odd and of few words."""

from __future__ import annotations

import io
import json
import re
from functools import cache
from html import unescape
from typing import Any

import numpy as np
import pytest

from calc import bpe
from calc.config import from_values
from calc.step import training_step
from render import pieces
from render.fences import draw_worked
from render.pages import PageError, Site
from tests.configurations import NARROW, ODD, TEXT
from tests.test_forward_pages import ORDER

PAGES = ["tokens/words.md", "tokens/byte-pairs.md"]
LONG = [" ".join(f"w{i * j % 29}x{i}" for i in range(11)) for j in range(5)]
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "one word": {"text": {"corpus": ["cat"], "sentence": "cat"}},
    "one letter": {"text": {"corpus": ["a"], "sentence": "a"}},
    "whole words": {"text": {"corpus": ["cat cat", "cat"], "sentence": "cat"}},
    "odd words": {"text": {"corpus": [" ".join(ODD)], "sentence": ODD[0]}},
    "no merges": {"tokenizer": {"merges": 0}},
    "few merges": {"tokenizer": {"merges": 3}},
    "many words": {"text": {"corpus": LONG, "sentence": "w0x0"}, "tokenizer": {"merges": 31}},
    "unequal rows": {"text": {"corpus": ["a b c d e", "a b", "c d e"], "sentence": "a b"}},
}
BOUND = re.compile(
    r'<(?:span|text)\b[^>]*data-ref="([^"]+)"(?: data-index="([\d,]+)")? data-ledger="bpe"[^>]*>([^<]*)<'
)
ROW = re.compile(r"^ *\| <span class=\"pair\">.*", re.MULTILINE)


@cache
def site(name: str) -> Site:
    config = from_values({"text": TEXT} | CONFIGURATIONS[name], NARROW)
    return Site(training_step(config), config)


@cache
def markdown(name: str, path: str) -> str:
    return site(name).page(path)


def words(name: str, path: str) -> str:
    """The page as it is read: without elements, code and fences."""
    text = re.sub(r"^ *(```|~~~).*?^ *\1$", "", markdown(name, path), flags=re.DOTALL | re.MULTILINE)
    return unescape(re.sub(r"<[^>]+>", "", text))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_parts_of_a_page_are_there_in_order(name: str, path: str) -> None:
    text = markdown(name, path)
    bare = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^## (.*)$", bare, re.MULTILINE)
    assert headings[-len(ORDER) :] == ORDER
    first = [text.index(what) for what in ("# ", "aria-label=", "\n## ")]
    assert first == sorted(first)
    assert "Next: " in text.split("## Try it")[-1]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_count_is_in_the_file_and_whole(name: str, path: str) -> None:
    made = site(name)
    with np.load(io.BytesIO(pieces.files(made)["data/bpe.npz"]), allow_pickle=False) as file:
        values = {entry: file[entry] for entry in file.files}
    drawn = "".join(draw_worked(m[1]) for m in re.finditer(r"~~~worked\n(.*?)~~~", dedented(name, path), re.DOTALL))
    found = BOUND.findall(markdown(name, path)) + BOUND.findall(drawn)
    assert found
    for ref, index, text in found:
        at = tuple(map(int, index.split(","))) if index else ()
        assert text == str(int(values[ref][at])), f"{ref}[{index}]"


def dedented(name: str, path: str) -> str:
    return re.sub(r"^ +", "", markdown(name, path), flags=re.MULTILINE)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_words_of_each_pair_add_up_to_its_count(name: str) -> None:
    rows = ROW.findall(markdown(name, "tokens/byte-pairs.md"))
    assert rows
    for row in rows:
        count, *terms = [int(text) for _, _, text in BOUND.findall(row)]
        assert sum(terms) == count or " more |" in row


def test_the_page_tells_each_merge_with_its_counts() -> None:
    text = words("default", "tokens/byte-pairs.md")
    assert "| 0 | a t | 5 | at | 260 | 41 |" in text
    assert "| 9 | ␣ sat | 2 | ␣sat | 269 | 17 |" in text
    assert "Here it ended after 10 merges, since every pair that is left occurs once." in text
    assert "| a t | 5 | cat 1 + sat 2 + mat 2 |" in text
    assert all(f'??? note "Merge {k}"' in text for k in range(1, 10))


@pytest.mark.parametrize(
    ("name", "says", "says_not"),
    [
        ("one word", ["there is nothing to join: no pair occurs twice", "it ended before it began"], ["0 merges"]),
        (
            "whole words",
            ["every word of the corpus has become a single piece", "Every word is one piece"],
            ["to join:"],
        ),
        ("no merges", ["the configuration asks for no merge", "no merge was asked for"], ["0 merges"]),
        ("few merges", ["after 3 merges, as many as were asked for"], ["every pair that is left occurs once"]),
        ("many words", ["more words", "in [the file of the counts]"], ["to join:"]),
    ],
)
def test_the_end_is_told_as_it_was(name: str, says: list[str], says_not: list[str]) -> None:
    text = words(name, "tokens/byte-pairs.md")
    assert [what for what in says if what not in text] == []
    assert [what for what in says_not if what in text] == []


@pytest.mark.parametrize("path", PAGES)
def test_signs_of_odd_words_stand_only_escaped(path: str) -> None:
    text = re.sub(r"^```.*?^```", "", markdown("odd words", path), flags=re.DOTALL | re.MULTILINE)
    inside = re.sub(r"<tspan[^>]*>.*?</tspan>|aria-label=\"[^\"]*\"", "", text)
    for word in ("<script", "$x$", "{{x}}", "a|b", "\\alpha", "*b*", "<<", "%>"):
        assert word not in inside, word
    assert "<script" not in text
    assert "&#60;script&#62;" in text


def test_the_words_page_says_what_becomes_of_what_is_typed() -> None:
    text = words("default", "tokens/words.md")
    assert "| ␣␣the␣␣␣cat␣ | the cat | white space |" in text
    assert "| The | <unk> | letter case |" in text
    assert '"dogg" is not in the vocabulary; nearest: "dog"; or add "dogg" to text.corpus' in text
    assert "| 4 | the | 4 |" in text
    assert "cat and dog. In large corpora" in text


def test_padding_is_shown_on_the_corpus_own_rows_where_they_need_it() -> None:
    own, made = words("unequal rows", "tokens/words.md"), words("default", "tokens/words.md")
    assert "No batch of this corpus needs it" in made
    assert "No batch of this corpus needs it" not in own
    assert "| 1 | reads | a | b | <pad> | <pad> | <pad> |" in own
    assert "| | in the loss | yes | yes | no | no | no |" in own
    assert "| | has to predict | b | <eos> | <pad> | <pad> | <pad> |" in own


def test_an_encoding_by_another_rule_builds_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the pair that comes last is joined, instead of the first of the most frequent ones."""

    def last(counted: bpe.Round, encoding: bpe.BytePairs) -> bpe.Pair:
        return counted.pairs[-1]

    monkeypatch.setattr(bpe, "best", last)
    config = from_values({"text": TEXT, "tokenizer": {"merges": 3}}, NARROW)
    with pytest.raises(PageError, match="each merge joins the first of the most frequent pairs"):
        Site(training_step(config), config).page("tokens/byte-pairs.md")


def test_the_exercise_is_held_against_the_number_of_its_answer() -> None:
    text = dedented("default", "tokens/byte-pairs.md").split("## Try it")[1]
    field = re.search(r'<form class="try"[^>]* data-entry="([^"]+)"(?: data-index="([\d,]+)")?>', text)
    answer = re.search(r"~~~worked\n(.*?)~~~", text, re.DOTALL)
    assert field
    assert answer
    shown = BOUND.findall(draw_worked(answer[1]))
    assert shown[-1][:2] == (field[1], field[2] or "")


def test_the_explorer_is_told_the_words_and_pairs() -> None:
    program = json.loads(pieces.files(site("default"))["data/bpe.program.json"])
    assert program["places"]["W"]["labels"] == ["the", "cat", "sat", "on", "mat", "dog"]
    assert program["places"]["R0"]["labels"][5] == "a t"
    inputs = {name for name, op in zip(program["names"], program["ops"], strict=True)
              if program["kinds"]["ops"][op] == "given"}  # fmt: skip
    assert inputs == set(program["origins"])
    assert set(program["axes"]) == set(program["places"])


@pytest.mark.parametrize(
    ("piece", "read"),
    [
        (b" ", "␣"), (b"the", "the"), (b" the", "␣the"), ("<eos>", "<eos>"), ("猫".encode(), "猫"),
        (b"\xe7", "<0xE7>"), (b" \xe7\x8c", "␣<0xE7><0x8C>"), (b"\xcc\x81", "<0xCC><0x81>"), ("é".encode(), "é"),
        (b"\x00", "<0x00>"), ("\u202e".encode(), "<0xE2><0x80><0xAE>"), (b"<script>", "<script>"),
    ],
)  # fmt: skip
def test_a_piece_is_read_as_its_text_or_its_bytes(piece: bytes | str, read: str) -> None:
    assert pieces.spelled(piece) == read
