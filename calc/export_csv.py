"""An entry as comma-separated values, for spreadsheets and data frames.

The last axis runs along the columns and every other one has a column of indices of its own:

    H,T,0 the,1 cat          a weight for each head, query and key
    0,0 the,1.0,0.0
    0,1 cat,0.625,0.375

A vector has a row for each index and one column, `value`; a scalar is that column alone. An index on an axis of words
is followed by its word, so that no cell begins with a word: a spreadsheet would take one that begins with `=` for a
formula. Every float64 is written with the fewest digits that read back to it; minus infinity is `-inf`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import numpy as np

from calc.config import Config
from calc.ledger import Entry
from calc.operations import Array
from calc.tokenizer import Tokenizer

VALUE = "value"
Words = Mapping[str, Sequence[str]]


def words(config: Config) -> Words:
    """The words along an axis, by its letter: the sentence's along positions, the vocabulary's along V."""
    sentence = config.text.sentence.split()
    vocabulary = Tokenizer.from_corpus(config.text.corpus).vocabulary
    return {"T": sentence, "S": sentence, "S'": sentence, "V": vocabulary, "V'": vocabulary}


def table(entry: Entry, value: Array, words: Words) -> str:
    """The entry's axes and labels with the value that is to be written, as the text of a .csv file."""
    labels = [[label(words, axis, i) for i in range(n)] for axis, n in zip(entry.axes, value.shape, strict=True)]
    across = labels.pop() if len(labels) > 1 else [VALUE]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*entry.axes[: len(labels)], *across])
    rows = value.reshape(-1, len(across)).tolist()
    for index, row in zip(np.ndindex(*map(len, labels)), rows, strict=True):
        writer.writerow([*(names[i] for names, i in zip(labels, index, strict=True)), *map(repr, row)])
    return text.getvalue()


def label(words: Words, axis: str, index: int) -> str:
    """`2 sat` on an axis of words, the bare index on any other."""
    return f"{index} {words[axis][index]}" if axis in words else str(index)
