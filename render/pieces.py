"""Pieces of words as they are read, and the files of the byte pairs' counts."""

from __future__ import annotations

import io
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from calc import export, export_program
from calc.bpe import SPACE, Learned

if TYPE_CHECKING:
    from render.pages import Site

FILE = "bpe"  # the counts' ledger among the site's data
MARK = "␣"  # a space in a piece


def spelled(piece: bytes | str) -> str:
    """A piece as it is read: its text where its bytes are signs that show alone, otherwise <0x..> for each byte."""
    if isinstance(piece, str):
        return piece
    body = piece.removeprefix(SPACE)
    mark = MARK * (len(piece) - len(body))
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return mark + "".join(f"<0x{byte:02X}>" for byte in body)
    shows = text.isprintable() and not (text and unicodedata.combining(text[0]))
    return mark + (text if shows else "".join(f"<0x{byte:02X}>" for byte in body))


def files(site: Site) -> dict[str, bytes]:
    """The counts' ledger and its program, by their paths among the site's pages."""
    file = io.BytesIO()
    export.pack({entry.name: np.asarray(entry.value) for entry in site.learned.ledger}, file)
    program = export_program.text(site.learned.ledger, site.config, fixed=True, own=_told(site.learned))
    return {f"data/{FILE}.npz": file.getvalue(), f"data/{FILE}.program.json": program.encode()}


def _told(learned: Learned) -> dict[str, dict[str, object]]:
    """What the explorer says of the counts' own axes and inputs."""
    places: dict[str, object] = {
        "G": {"word": "word of the corpus", "labels": [learned.words[w] for w in learned.ledger["corpus.words"].value]},
        "W": {"word": "word", "labels": learned.words},
    }
    origins: dict[str, object] = {
        "corpus.words": "The corpus, word by word: the number of each among the words that differ.",
        "corpus.one": "Each word of the corpus counts once.",
    }
    for k, found in enumerate(learned.rounds):
        places |= {f"S{k}": {"word": "piece", "labels": [spelled(p) for word in found.words for p in word]}}
        origins[f"rounds.{k}.piece_of"] = "The words in their pieces: the word that each piece stands in."
        if found.counts is not None:
            pairs = [" ".join(map(spelled, pair)) for pair in found.pairs]
            holders = [learned.words[w] for w in learned.ledger[f"rounds.{k}.place_in"].value]
            places |= {f"N{k}": {"word": "place", "labels": holders}, f"R{k}": {"word": "pair", "labels": pairs}}
            origins[f"rounds.{k}.place_in"] = "The words in their pieces: the word that each place of a pair is in."
            origins[f"rounds.{k}.pair_at"] = "The words in their pieces: which pair stands at each place."
    return {"places": places, "origins": origins}
