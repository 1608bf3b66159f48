"""The ledger as JSON: every value, and all that it takes to compute it again without this project's code."""

from __future__ import annotations

import io
import json
import math

import numpy as np
import pytest

from calc import export, export_json
from calc.operations import OPERATIONS
from calc.step import training_step
from tests.configurations import CONFIGURATIONS, computed


def written(config, led) -> bytes:
    file = io.BytesIO()
    export_json.write(led, config, file)
    return file.getvalue()


@pytest.fixture(scope="module")
def text(led, default):
    return written(default, led)


@pytest.fixture(scope="module")
def stored(text):
    return export_json.read(text)


def test_entries_are_the_ledgers(stored, led):
    assert [entry["name"] for entry in stored["entries"]] == [entry.name for entry in led]
    for kept, entry in zip(stored["entries"], led, strict=True):
        assert kept["symbol"] == entry.symbol
        assert tuple(kept["axes"]) == entry.axes
        assert kept["op"] == entry.op
        assert [o["name"] for o in kept["operands"]] == [o.name for o in entry.operands]
        assert [tuple(o["axes"]) for o in kept["operands"]] == list(entry.operand_axes)
        assert kept["attrs"] == entry.attrs
        assert kept["stage"] == entry.stage
        assert tuple(kept["source"]) == entry.source
        assert ("zeros" in kept) == (entry.zeros is not None)
        if entry.zeros is not None:
            np.testing.assert_array_equal(np.array(kept["zeros"], dtype=bool), entry.zeros)


def test_the_configuration_and_the_words_travel_along(stored, default, led):
    assert stored["configuration"] == json.loads(default.to_json())
    assert stored["digest"] == default.digest()
    assert stored["tokens"] == default.text.sentence.split()
    assert stored["words"][led["inputs.tokens"].value[1]] == "cat"
    assert stored["axes"] == led.sizes
    assert stored["operations"] == {name: operation.cell for name, operation in OPERATIONS.items()}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_values_are_those_of_the_archive_to_the_last_bit(name):
    config, led = computed(name)
    values = export.values(led)
    for entry in export_json.read(written(config, led))["entries"]:
        expected = values[entry["name"]]
        assert (entry["value"].shape, entry["value"].dtype) == (expected.shape, expected.dtype), entry["name"]
        np.testing.assert_array_equal(entry["value"], expected, err_msg=entry["name"])


def test_minus_infinity_is_text(text, led):
    plain = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    masked = next(e for e in plain["entries"] if e["name"] == "layers.0.attention.masked")
    assert masked["value"][0][0][1] == "-inf"
    assert np.count_nonzero(np.isneginf(led["layers.0.attention.masked"].value)) == str(masked["value"]).count("-inf")


def test_equal_runs_give_equal_bytes(text, default):
    assert written(default, training_step(default)) == text


def test_an_entry_takes_a_line(text, led):
    lines = text.decode().splitlines()
    assert sum(line.startswith('{"name": ') for line in lines) == len(led)


# An interpreter of its own, in plain Python numbers, as one in another language would be written. It knows the
# operations by their names and the axes by their letters, and nothing of calc.


def cell(ledger, entry, at):
    """One cell of an entry, from the cells of its operands; `at` is an index for each letter."""
    sizes, attrs = ledger["axes"], entry["attrs"]
    read = [(ledger["by"][o["name"]]["value"], o["axes"]) for o in entry["operands"]]

    def get(i, where):
        value, axes = read[i]
        return number(value[tuple(where[a] for a in axes)])

    def over(i):
        free = [a for a in read[i][1] if a not in entry["axes"]]
        for index in np.ndindex(*[sizes[a] for a in free]):
            yield at | dict(zip(free, index, strict=True))

    match entry["op"]:
        case "dot":
            return math.fsum(get(0, where) * get(1, where) for where in over(0))
        case "sum":
            return math.fsum(get(0, where) for where in over(0))
        case "mean":
            terms = [get(0, where) for where in over(0)]
            return math.fsum(terms) / len(terms)
        case "max":
            return max(get(0, where) for where in over(0))
        case "add":
            return math.fsum(get(i, at) for i in range(len(read)))
        case "sub":
            return get(0, at) - get(1, at)
        case "mul":
            return get(0, at) * get(1, at)
        case "div":
            return get(0, at) / get(1, at)
        case "power":
            return get(0, at) ** get(1, at)
        case "add_constant":
            return get(0, at) + attrs["constant"]
        case "mul_constant":
            return get(0, at) * attrs["constant"]
        case "neg":
            return -get(0, at)
        case "copy" | "repeat":
            return get(0, at)
        case "exp":
            return math.exp(get(0, at))
        case "log":
            return math.log(get(0, at))
        case "sqrt":
            return math.sqrt(get(0, at))
        case "square":
            return get(0, at) ** 2
        case "erfc":
            return math.erfc(get(0, at))
        case "mask":
            return get(0, at) if get(1, at) else -math.inf
        case "gather":
            return get(0, at | {read[0][1][0]: int(get(1, at))})
        case "pick":
            return get(0, at | {read[0][1][-1]: int(get(1, at))})
        case "scatter_add":
            rows = [where for where in over(1) if get(1, where) == at[entry["axes"][0]]]
            return math.fsum(get(0, where) for where in rows)
        case "one_hot":
            return float(get(0, at) == at[entry["axes"][-1]])
        case "causal_mask":
            query, key = (at[a] for a in entry["axes"])
            return float(key <= query)
        case "identity":
            row, column = (at[a] for a in entry["axes"])
            return float(row == column)
        case "select":
            return get(0, at | attrs["at"])
        case "split":
            head, _, width = entry["axes"][-3:]
            return get(0, at | {read[0][1][-1]: at[head] * sizes[width] + at[width]})
        case "join":
            head, _, width = read[0][1][-3:]
            return get(0, at | dict(zip((head, width), divmod(at[entry["axes"][-1]], sizes[width]), strict=True)))
        case "size":
            return float(read[0][0].size)
        case "count":
            return float(sum(attrs["parts"].values()))
        case op:
            pytest.fail(f"no such operation: {op}")


def number(x):
    return float(x)


@pytest.mark.parametrize("name", ["narrow", "two layers"])
def test_every_cell_can_be_computed_again_from_the_file_alone(name):
    config, led = computed(name)
    ledger = export_json.read(written(config, led))
    ledger["by"] = {entry["name"]: entry for entry in ledger["entries"]}
    generator = np.random.default_rng(0)
    for entry in ledger["entries"]:
        value = entry["value"]
        if entry["op"] == "given" or not value.size:
            continue
        bound = 1e-9 * max(1e-6, float(np.abs(value[np.isfinite(value)]).max(initial=0.0)))
        for flat in generator.integers(value.size, size=min(4, value.size)):
            index = np.unravel_index(int(flat), value.shape)
            found = cell(ledger, entry, dict(zip(entry["axes"], map(int, index), strict=True)))
            expected = float(value[index])
            assert found == expected or abs(found - expected) <= bound, (entry["name"], index, found, expected)
