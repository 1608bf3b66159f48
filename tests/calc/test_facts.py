"""Facts: counts of parameters by hand, counts of operations by brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from calc import facts
from calc.ledger import Ledger


@pytest.fixture(params=["led", "prime_led"])
def whole(request):
    return request.getfixturevalue(request.param)


def test_parameter_counts(whole):
    n = whole.sizes
    v, p, d, f = n["V"], n["P"], n["D"], n["F"]
    layers = sum(f"layers.{i}.residual_2" in whole for i in range(9))
    by_name = {"token_embedding": v * d, "position_embedding": p * d, "w_out": d * v}
    by_last = {"gamma": d, "beta": d, "w_q": d * d, "w_k": d * d, "w_v": d * d, "w_o": d * d}
    by_last |= {"w_1": d * f, "b_1": f, "w_2": f * d, "b_2": d}
    for entry in [e for e in whole if e.attrs.get("parameter")]:
        expected = by_name.get(entry.name) or by_last[entry.name.rpartition(".")[2]]
        assert whole[f"facts.parameters.{entry.name}"].value == expected, entry.name
    total = v * d + p * d + layers * (2 * d + 4 * d * d + 2 * d + d * f + f + f * d + d) + 2 * d + d * v
    assert whole["facts.parameters.total"].value == total


def test_the_default_model_has_3696_parameters(led):
    # 10*16 + 8*16 + (2*16 + 4*16*16 + 2*16 + 16*64 + 64 + 64*16 + 16) + 2*16 + 16*10, added on paper
    assert led["facts.parameters.total"].value == 3696


def test_the_outcome(whole):
    assert whole["facts.vocabulary"].value == whole.sizes["V"]
    assert whole["facts.uniform_loss"].value == pytest.approx(math.log(whole.sizes["V"]), rel=1e-15)
    assert whole["facts.loss_change"].value == whole["after.loss"].value - whole["loss"].value


class Counted:
    """A number that counts what is done to it."""

    done: dict[str, int] = {}  # noqa: RUF012 - one count for all numbers of a test

    @classmethod
    def count(cls, kind):
        cls.done[kind] = cls.done.get(kind, 0) + 1
        return Counted()

    def __mul__(self, other):
        return self.count("multiplications")

    def __truediv__(self, other):
        return self.count("multiplications")

    def __add__(self, other):
        return self.count("additions")

    def __sub__(self, other):
        return self.count("additions")

    def __gt__(self, other):
        self.count("comparisons")
        return False


def grid(shape):
    cells = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        cells[index] = Counted()
    return cells


def by_hand(entry):
    """The entry computed cell by cell by the schoolbook, on numbers that count."""
    Counted.done = {}
    letters = dict.fromkeys(letter for axes in entry.operand_axes for letter in axes)
    lengths = {
        letter: o.shape[axes.index(letter)]
        for o, axes in zip(entry.operands, entry.operand_axes, strict=True)
        for letter in axes
    }
    inner = [letter for letter in letters if letter not in entry.axes]
    operands = [grid(o.shape) for o in entry.operands]

    def at(i, where):
        return operands[i][tuple(where[letter] for letter in entry.operand_axes[i])]

    for index in np.ndindex(*entry.shape):
        here = dict(zip(entry.axes, index, strict=True))
        total = None
        for ends in itertools.product(*(range(lengths[letter]) for letter in inner)):
            where = here | dict(zip(inner, ends, strict=True))
            match entry.op:
                case "dot":
                    term = at(0, where) * at(1, where)
                case "mul":
                    term = at(0, where) * at(1, where)
                case "div":
                    term = at(0, where) / at(1, where)
                case "sub":
                    term = at(0, where) - at(1, where)
                case "square":
                    term = at(0, where) * at(0, where)
                case "add":
                    term = at(0, where)
                    for i in range(1, len(operands)):
                        term = term + at(i, where)
                case _:
                    term = at(0, where)
            if total is None:
                total = term
            elif entry.op == "max":
                total = term if term > total else total
            else:
                total = total + term
        if entry.op == "mean":
            total = total / Counted()
    return Counted.done


def test_the_cost_of_an_entry_is_what_the_schoolbook_does(led):
    seen = set()
    for entry in led:
        shape = (entry.op, entry.axes, entry.operand_axes)
        if shape in seen or entry.op not in ("dot", "mul", "div", "sub", "add", "square", "sum", "mean", "max"):
            continue
        seen.add(shape)
        assert {kind: n for kind, n in facts.cost(entry).items() if n} == by_hand(entry), entry
    assert {op for op, *_ in seen} == {"dot", "mul", "div", "sub", "add", "square", "sum", "mean", "max"}


def test_functions_are_counted_by_the_cell(led):
    assert facts.cost(led["layers.0.attention.exp"]) == {"functions": 2 * 6 * 6}
    assert facts.cost(led["layers.0.ffn.erfc"]) == {"functions": 6 * 64}


def test_moving_numbers_costs_nothing(led):
    for name in ("embedding.token_rows", "layers.0.attention.q_heads", "layers.0.attention.masked", "inputs.tokens"):
        assert facts.cost(led[name]) == {}


def test_rows_that_meet_are_added(led):
    """ "the" stands twice, so its second row is added to its first: one addition a feature. No position repeats."""
    assert facts.cost(led["grad.token_embedding"]) == {"additions": 16}
    assert facts.cost(led["grad.position_embedding"]) == {"additions": 0}


def test_stage_counts_are_the_sums_of_their_entries(whole):
    beside = ("after", "unfolded", "account", "blame", "primer", "facts", "inputs")
    stages = [s for s in whole.stages() if not s.startswith(beside)]
    for kind in facts.KINDS:
        total = 0
        for stage in stages:
            expected = sum(facts.cost(e).get(kind, 0) for e in whole if e.stage == stage)
            assert whole[f"facts.operations.{stage}.{kind}"].value == expected
            total += expected
        assert whole[f"facts.operations.total.{kind}"].value == total


def test_queries_keys_and_values_cost_three_products(led):
    assert led["facts.operations.qkv.multiplications"].value == 3 * 6 * 16 * 16
    assert led["facts.operations.qkv.additions"].value == 3 * 6 * 16 * 15


def test_counts_need_a_ledger_of_stages():
    led = Ledger({"T": 2})
    with led.stage("one"):
        x = led.given("x", "x", "T", [1.0, 2.0])
        led.put("y", "y", "T", "mul", x, x)
    with led.scope("facts"):
        facts.operations(led)
    assert led["facts.operations.one.multiplications"].value == 2
    assert led["facts.operations.total.multiplications"].value == 2
