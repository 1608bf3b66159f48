"""Entries as comma-separated values: labels that name every cell, every float64 to its last bit, inert words."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest

from calc import export, export_csv
from calc.config import from_values
from calc.step import training_step
from tests.configurations import CONFIGURATIONS, computed


def rows(led, config, name, values=None):
    entry = led[name]
    value = entry.value if values is None else values[name]
    return list(csv.reader(io.StringIO(export_csv.table(entry, value, export_csv.words(config)))))


def test_three_axes(led, default):
    head, *body = rows(led, default, "layers.0.attention.weights")
    assert head == ["H", "T", "0 the", "1 cat", "2 sat", "3 on", "4 the", "5 mat"]
    assert [row[:2] for row in body[:7]] == [*(["0", f"{i} {w}"] for i, w in enumerate(default.text.sentence.split())),
                                             ["1", "0 the"]]  # fmt: skip
    assert float(body[8][3]) == led["layers.0.attention.weights"].value[1, 2, 1]


def test_a_matrix_a_vector_and_a_scalar(led, default):
    assert rows(led, default, "w_out")[0][:3] == ["D", "0 <pad>", "1 <bos>"]
    assert rows(led, default, "inputs.tokens")[:3] == [["T", "value"], ["0 the", "4"], ["1 cat", "5"]]
    assert rows(led, default, "ln_f.gamma")[:2] == [["D", "value"], ["0", "1.0"]]
    assert rows(led, default, "loss") == [["value"], [repr(float(led["loss"].value))]]


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_value_reads_back_to_the_last_bit(name):
    config, led = computed(name)
    values, words = export.values(led), export_csv.words(config)
    for entry in led:
        head, *body = csv.reader(io.StringIO(export_csv.table(entry, values[entry.name], words)))
        labels = max(0, len(entry.axes) - 1) if len(entry.axes) != 1 else 1
        assert head[:labels] == list(entry.axes[:labels])
        found = np.array([[float(x) for x in row[labels:]] for row in body]).reshape(entry.shape)
        np.testing.assert_array_equal(found, values[entry.name], err_msg=entry.name)


ODD = ("a,b", 'say"yes"', "=1+1", "@x", "-1", "+2", "猫", "'", ";", "\\n")


def test_words_with_commas_quotes_and_equals_signs_are_labels_and_nothing_else():
    text = " ".join(ODD)
    config = from_values({"text": {"corpus": (text,), "sentence": text}}, {"model.positions": 16, "worked.token": "猫"})
    led = training_step(config)
    head, *body = rows(led, config, "layers.0.attention.scores")
    wanted = [f"{i} {word}" for i, word in enumerate(ODD)]
    assert head == ["H", "T", *wanted]
    assert [row[1] for row in body[: len(ODD)]] == wanted
    # What a spreadsheet would run as a formula begins its cell; here every label begins with an axis or an index.
    assert all(re.match(r"[A-Z]|\d", label) for label in (*head, *(row[1] for row in body)))
