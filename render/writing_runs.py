"""The ledgers of what the trained model writes, with the words that they read and what the explorer says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from calc import transcript, uncertain
from calc.generation import Written
from calc.ledger import Ledger, NotFinite
from calc.operations import Array
from calc.transcript import Transcript
from calc.uncertain import Beginning
from render.corpus_runs import LEARNT

if TYPE_CHECKING:
    from render.pages import Site

RANK = {"word": "rank"}
ORIGINS = {
    "inputs.tokens": "The words that this pass reads.",
    "inputs.positions": "Their positions, counted from zero.",
    "cache.tokens": "All words so far.",
    "sampling.order": "The words by their logits, the largest first.",
    "sampling.temperature": "A temperature that is tried.",
    "sampling.top_p.p": "A share that is tried.",
    "sampling.draw.u": "Drawn between 0 and 1 by the generator that generation.seed starts.",
    "writing.logits": "The last row of the logits of each pass.",
    "writing.order": "The words by these logits, the largest first.",
    "beginnings.logits": "The last row of the logits where the model reads one beginning of a sentence.",
    "beginnings.first": "The most uncertain beginning.",
}
KEPT = "Kept from the pass before, with zeros in the rows that are new."


class Writing(NamedTuple):
    """What pages tell of a model that writes: a generation, the beginnings of the corpus, those first that leave it the
    most uncertain, and the ledger of the choice after the first of them.

    `weights` are its parameters as the run over the corpus left them. It is not `trained` where these make numbers that
    float64 cannot hold, as after a learning rate too high; then they are those that were drawn.
    """

    transcript: Transcript
    beginnings: dict[Beginning, Array]
    sampled: Ledger
    weights: Mapping[str, Array]
    trained: bool


def writing(site: Site) -> Writing:
    try:
        return _writer(site, site.others.course.parameters, trained=True)
    except NotFinite:
        return _writer(site, site.others.course.drawn, trained=False)


def _writer(site: Site, weights: Mapping[str, Array], trained: bool) -> Writing:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        told, found = Transcript(site.config, weights), uncertain.beginnings(site.config, weights)
        assert told.words  # so that all of them are recorded now
        return Writing(told, found, uncertain.of(site.config, found), weights, trained)


class Told(NamedTuple):
    """A ledger, the words on its positions, what the explorer says of it, and the position of its first row."""

    ledger: Ledger
    tokens: tuple[str, ...] | None
    own: Mapping[str, Any]
    first: int = 0


def _writing(site: Site) -> Told:
    words = site.others.writing.transcript.words
    return _told(site, transcript.choices(words), words[-1].read, len(words[0].read) - 1)


def _first(site: Site) -> Told:
    return _pass(site, site.others.writing.transcript.words[0])


def _recomputed(site: Site) -> Told:
    plain = site.others.writing.transcript.plain
    assert plain is not None  # pages ask for it where there is one
    return _pass(site, plain[-1])


def _cached(site: Site) -> Told:
    cached = site.others.writing.transcript.cached
    assert cached is not None
    return _pass(site, cached[-1])


def _pass(site: Site, word: Written) -> Told:
    led = transcript.recorded(word)
    return _told(site, led, word.read, led.sizes["S"] - led.sizes["T"])


def _told(site: Site, led: Ledger, read: Sequence[int], first: int) -> Told:
    words = tuple(site.tables.words[number] for number in read)
    new = [f"{word} at position {first + i}" for i, word in enumerate(words[first:])]
    rows = {"word": "row", "labels": new} if first else {"word": "position", "beside": {"S": "query"}, "labels": words}
    keys = {"word": "key", "labels": words}
    places = {"T": rows, "S": keys, "S'": keys, "R": RANK, "R'": RANK}
    return Told(led, words, {"tokens": words, "places": places, "origins": _origins(led)}, first)


def _sampling(site: Site) -> Told:
    found, led = site.others.writing.beginnings, site.others.writing.sampled
    words = [" ".join(site.tables.words[number] for number in read) for read in found][: led.sizes["N"]]
    (last,) = {words[0].split()[-1]}
    places = {"N": {"word": "beginning", "labels": words}, "T": {"word": "last position of", "labels": words[:1]}}
    return Told(led, (last,), {"places": places | {"R": RANK, "R'": RANK}, "origins": _origins(led)})


def _saved(site: Site) -> Told:
    return Told(transcript.saved(site.others.writing.transcript), None, {})


def _origins(led: Ledger) -> dict[str, str]:
    """Of each input, the sentence of the longest name that its own ends with."""
    found = {}
    for entry in led:
        if entry.op == "given":
            known = [name for name in ORIGINS if entry.name == name or entry.name.endswith(f".{name}")]
            if entry.attrs.get("parameter"):
                found[entry.name] = LEARNT
            elif entry.name.startswith("cache.layers."):
                found[entry.name] = KEPT
            elif known:
                found[entry.name] = ORIGINS[known[0]]
    return found


MAKERS: dict[str, Callable[[Site], Told]] = {
    "writing": _writing, "write-1": _first, "recomputed": _recomputed, "cached": _cached, "saved": _saved,
    "sampling": _sampling,
}  # fmt: skip
