"""Byte pairs: the counts and merges of a corpus, the way to ids and back, and all of it against another library."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from calc import bpe
from calc.bpe import ALPHABET, BytePairs, Learned, Pair, learn
from calc.tokenizer import SPECIAL
from tests.configurations import ODD, TEXT

CORPUS = list(TEXT["corpus"])
ANY = ["猫", "<script>", "e\u0301", "\u0301", "a\tb\nc", "", "🙂 ok", "\x00", "mat.", " ".join(ODD)]


def library(corpus: list[str], most: int) -> Tokenizer:
    """What the library learns from the same corpus, under the same settings."""
    found = Tokenizer(models.BPE())
    split = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=False)]
    found.pre_tokenizer = pre_tokenizers.Sequence(split)
    found.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=len(SPECIAL) + len(ALPHABET) + most, min_frequency=2, special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
    )  # fmt: skip
    found.train_from_iterator(corpus, trainer)
    return found


# The library writes each byte as a sign that prints; its signs in the order of Unicode are GPT-2's order of the bytes.
SIGNS = dict(zip(ALPHABET, sorted(pre_tokenizers.ByteLevel.alphabet()), strict=True))


def signs(piece: bytes) -> str:
    return "".join(SIGNS[bytes([byte])] for byte in piece)


def merges_of(found: Tokenizer) -> list[tuple[str, str]]:
    return [(left, right) for left, right in json.loads(found.to_str())["model"]["merges"]]


def differences(corpus: list[str], most: int, own: BytePairs) -> list[str]:
    """Where an encoding is another one than the library's."""
    other = library(corpus, most)
    faults = []
    if [(signs(left), signs(right)) for left, right in own.merges] != merges_of(other):
        faults.append("merges")
    names = {i: piece if isinstance(piece, str) else signs(piece) for i, piece in enumerate(own.vocabulary)}
    if names != {i: piece for piece, i in other.get_vocab().items()}:
        faults.append("ids")
    texts = [*corpus, *(text for text in ANY if "\x00" not in text)]
    faults += [f"{text!r}" for text in texts if other.encode(text).ids != own.encode(text)]
    return faults


def test_the_default_corpus_gives_the_librarys_vocabulary() -> None:
    found = learn(CORPUS, 20).encoding
    assert [left + right for left, right in found.merges] == [
        b"at", b"he", b"the", b" the", b"mat", b"on", b"sat", b" mat", b" on", b" sat",
    ]  # fmt: skip
    assert not differences(CORPUS, 20, found)


@pytest.mark.parametrize("letters", ["a", "ab", "abcdef", "éè猫ab", "<>$\\{}|*~"])
def test_random_corpora_give_the_librarys_vocabulary(letters: str) -> None:
    for seed in range(12):
        draw = random.Random(f"{letters}{seed}")
        words = ["".join(draw.choices(letters, k=draw.randint(1, 7))) for _ in range(draw.randint(1, 23))]
        cut = draw.randint(0, len(words) - 1)
        corpus = [" ".join(words[:cut]), " ".join(words[cut:])]
        most = draw.choice([0, 1, 3, 13, 61])
        assert not differences(corpus, most, learn(corpus, most).encoding), (corpus, most)


def test_another_rule_for_equal_counts_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BytePairs, "order", lambda self, pair: (-self.id(pair[0]), -self.id(pair[1])))
    assert "merges" in differences(CORPUS, 20, learn(CORPUS, 20).encoding)


def counted_anew(found: Learned, corpus: list[str], k: int) -> dict[Pair, int]:
    """The pairs of a round, counted place by place in the running text, its words cut by the first k merges."""
    counts: dict[Pair, int] = {}
    encoding = BytePairs(found.encoding.merges[:k])
    for sentence in corpus:
        for word in sentence.split():
            pieces = encoding.steps(word)[-1]
            for i in range(len(pieces) - 1):
                pair = (pieces[i], pieces[i + 1])
                counts[pair] = counts.get(pair, 0) + 1
    return counts


@pytest.mark.parametrize("corpus", [CORPUS, ["aaaa aaa aa a aaaa", "baab"], [" ".join(ODD), "~~~ ~~~ <<<"]])
def test_each_count_is_that_of_the_running_text(corpus: list[str]) -> None:
    found = learn(corpus, 7)
    assert len(found.rounds) == len(found.encoding.merges) + 1
    for k, at in enumerate(found.rounds):
        values = [] if at.counts is None else at.counts.value.tolist()
        assert dict(zip(at.pairs, values, strict=True)) == counted_anew(found, corpus, k)
        encoding = BytePairs(found.encoding.merges[:k])
        assert at.length.value == sum(len(encoding.encode(sentence)) for sentence in corpus)
        assert found.ledger[f"rounds.{k}.pieces"].value.tolist() == [len(word) for word in at.words]
    words = [word for sentence in corpus for word in sentence.split()]
    assert found.ledger["corpus.counts"].value.tolist() == [words.count(word) for word in found.words]
    assert found.ledger["corpus.total"].value == len(words)
    assert found.ledger["vocabulary.size"].value == len(found.encoding)


def test_the_counts_follow_from_their_inputs() -> None:
    led = learn(CORPUS, 20).ledger
    again = led.replay()
    assert all(np.array_equal(again[entry.name], entry.value) for entry in led)


def test_it_ends_where_no_pair_occurs_twice_or_at_the_number_asked_for() -> None:
    assert learn(["cat"], 20).encoding.merges == ()
    assert learn(CORPUS, 0).encoding.merges == ()
    assert len(learn(CORPUS, 3).encoding.merges) == 3
    every = learn(["cat cat"], 20)
    assert [left + right for left, right in every.encoding.merges][-1] == b" cat"
    assert every.rounds[-1].counts is None  # no two pieces are neighbours any more
    assert every.rounds[-1].length.value == 2


@pytest.mark.parametrize("text", ANY)
def test_any_text_comes_back_with_single_spaces(text: str) -> None:
    found = learn(CORPUS, 20).encoding
    ids = found.encode(text)
    assert all(len(SPECIAL) <= i < len(found) for i in ids)
    assert found.decode(ids) == " ".join(text.split())


def test_an_unknown_word_is_cut_by_the_merges_in_their_order() -> None:
    found = learn(CORPUS, 20).encoding
    assert found.steps("hats") == [
        (b" ", b"h", b"a", b"t", b"s"), (b" ", b"h", b"at", b"s"),
    ]  # fmt: skip
    assert found.first(found.steps("hats")[0]) == 0
    assert found.first(found.steps("hats")[-1]) is None
    # The longest piece does not win: "the" is made of "he", which was learned before " t" could be.
    assert found.steps("theat")[-1] == (b" the", b"at")


def test_pairs_are_joined_from_left_to_right() -> None:
    assert bpe.joined((b"a", b"a", b"a"), (b"a", b"a")) == (b"aa", b"a")
    assert bpe.joined((b"b", b"a", b"b", b"a"), (b"b", b"a")) == (b"ba", b"ba")
    assert bpe.joined((), (b"b", b"a")) == ()


def test_ids_that_are_none_are_refused_and_special_ones_say_nothing() -> None:
    found = learn(CORPUS, 20).encoding
    for wrong in (-1, len(found)):
        with pytest.raises(ValueError, match=f"id {wrong} is not in .*: ids run from 0 to {len(found) - 1}"):
            found.decode([wrong])
    (the,) = found.encode("the")
    assert found.decode([SPECIAL.index("<bos>"), the, the, SPECIAL.index("<eos>")]) == "the the"
    assert found.decode(found.encode("猫")[1:2]) == "\ufffd"  # a byte that is no sign by itself
