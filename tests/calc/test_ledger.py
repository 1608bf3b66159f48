"""The ledger keeps what was computed, in order, and refuses what cannot be right."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from calc import model, parameters, step
from calc.ledger import ZERO_BOUND, Ledger, LedgerError, Tape
from calc.operations import OPERATIONS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def small() -> Ledger:
    return Ledger({"T": 3, "S": 3, "D": 2, "V": 5})


# --- making entries ---------------------------------------------------------------------------------------------------


def test_put_computes_and_keeps(small):
    x = small.given("x", "x", "T D", [[1, 2], [3, 4], [5, 6]])
    y = small.put("y", "y", "T", "sum", x)
    assert small["y"] is y
    assert list(small) == [x, y]
    assert len(small) == 2
    assert y.value.tolist() == [3.0, 7.0, 11.0]
    assert (y.op, y.operands, y.operand_axes, y.axes, y.shape) == ("sum", (x,), (("T", "D"),), ("T",), (3,))
    assert repr(y) == "<y[T] = sum(x)>"


def test_a_name_is_taken_once(small):
    small.given("x", "x", "", 1.0)
    with pytest.raises(LedgerError, match=r"^x: this name is taken; an entry is made once$"):
        small.given("x", "x", "", 2.0)


def test_values_are_read_only_and_their_own(small):
    array = np.ones((3, 2))
    x = small.given("x", "x", "T D", array)
    array[0, 0] = 7.0
    assert x.value[0, 0] == 1.0
    copy = small.put("copy", "c", "T D", "copy", x)
    row = small.put("row", "r", "D", "select", x, at={"T": 1})
    for entry in (x, copy, row):
        with pytest.raises(ValueError, match="read-only"):
            entry.value[0] = 0.0
    assert not np.shares_memory(x.value, copy.value)
    assert not np.shares_memory(x.value, row.value)


def test_a_sum_that_cancels_leaves_no_residue(small):
    """0.1 + 0.2 is not 0.3 in float64; the difference is nothing but rounding, and its true value is 0."""
    x = small.given("x", "x", "T D", [[0.1, 0.2], [1.0, 2.0], [0.5, 1e-20]])
    total = small.put("total", "t", "T", "sum", x)
    wanted = small.given("wanted", "w", "T", [0.3, 2.0, 0.5])
    rest = small.put("rest", "r", "T", "sub", total, wanted)
    assert total.value[0] - wanted.value[0] == 2.0**-54  # what float64 leaves
    assert rest.value.tolist() == [0.0, 1.0, 0.0]
    assert small.replay()["rest"].tolist() == rest.value.tolist()
    alone = small.put("alone", "a", "", "sub", *[small.given(n, n, "", v) for n, v in (("p", 0.1 + 0.2), ("q", 0.3))])
    assert alone.value == 0.0


def test_a_small_sum_that_does_not_cancel_is_kept(small):
    x = small.given("x", "x", "T", [1.0, 1e-30, 2e-14])
    y = small.given("y", "y", "T", [1.0, 1e-31, 1e-14])
    assert small.put("z", "z", "T", "add", x, y).value.tolist() == [2.0, 1e-30 + 1e-31, 2e-14 + 1e-14]
    assert small.put("d", "d", "T", "sub", x, y).value.tolist() == [0.0, 1e-30 - 1e-31, 2e-14 - 1e-14]


@pytest.mark.parametrize(
    ("overrides", "name", "at"),
    [
        ({"model.d_model": 4, "model.heads": 1, "model.d_ff": 8}, "layers.0.attention.k", (4, 0)),
        ({"model.d_model": 32, "model.heads": 4, "model.layers": 4}, "layers.0.ln_1.normalized", (0, 22)),
    ],
)
def test_zeros_by_cancellation_are_zero_all_the_way(configured, overrides, name, at):
    """Both are 0 in exact arithmetic, and were some 1e-17 in plain float64."""
    assert step.training_step(configured(overrides))[name].value[at] == 0.0


def test_ids_are_whole_numbers_and_the_rest_float64(small):
    assert small.given("ids", "i", "T", [0, 1, 2]).value.dtype == np.int64
    assert small.given("x", "x", "T", np.float32([0, 1, 2])).value.dtype == np.float64


def test_operands_must_be_of_this_ledger(small):
    other = Ledger(small.sizes)
    x = other.given("x", "x", "T", np.ones(3))
    with pytest.raises(LedgerError, match=r"^y: its operand x is not an entry of this ledger$"):
        small.put("y", "y", "T", "neg", x)
    small.given("x", "x", "T", np.ones(3))
    with pytest.raises(LedgerError, match="not an entry of this ledger"):
        small.put("y", "y", "T", "neg", x)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_refused_by_name(small, value):
    with pytest.raises(LedgerError, match=r"^x: not a finite number; the weights, their spread or a rate"):
        small.given("x", "x", "T", [1.0, value, 2.0])


def test_overflow_names_the_entry(small):
    x = small.given("x", "x", "", 1e3)
    with np.errstate(over="ignore"), pytest.raises(LedgerError, match=r"^power: not a finite number"):
        small.put("power", None, "", "exp", x)


def test_minus_infinity_is_the_masks(small):
    x = small.given("x", "x", "T S", np.ones((3, 3)))
    mask = small.put("mask", "M", "T S", "causal_mask")
    assert small.put("masked", "m", "T S", "mask", x, mask).value.min() == -np.inf


def test_a_value_must_have_the_shape_of_its_axes(small):
    with pytest.raises(LedgerError, match=r"^x: axes \(T, D\) are \(3, 2\), but the value is \(2, 3\)$"):
        small.given("x", "x", "T D", np.ones((2, 3)))
    with pytest.raises(LedgerError, match=r"^x: the axis 'Q' has no size here$"):
        small.given("x", "x", "Q", np.ones(3))


def test_unknown_operations_and_missing_operands(small):
    x = small.given("x", "x", "T", np.ones(3))
    with pytest.raises(LedgerError, match=r"^y: no operation 'softmax'"):
        small.put("y", "y", "T", "softmax", x)
    with pytest.raises(LedgerError, match=r"^y: sub takes 2 operands, but 1 came$"):
        small.put("y", "y", "T", "sub", x)
    with pytest.raises(LedgerError, match=r"^y: add takes two or more operands, but 1 came$"):
        small.put("y", "y", "T", "add", x)
    with pytest.raises(LedgerError, match=r"^y: the axis or attribute 'constant' is not known here$"):
        small.put("y", "y", "T", "mul_constant", x)


def test_an_entry_read_with_other_letters(small):
    x = small.given("x", "x", "T D", np.ones((3, 2)))
    view = x.relabel("S D")
    assert (view.axes, view.entry) == (("S", "D"), x)
    scores = small.put("scores", "s", "T S", "dot", x, view)
    assert (scores.operands, scores.operand_axes) == ((x, x), (("T", "D"), ("S", "D")))
    with pytest.raises(LedgerError, match=r"^x: has axes \(T, D\) and cannot be read as \(S\)$"):
        x.relabel("S")


def test_a_gradient_has_the_name_axes_and_symbol_of_its_thing(small):
    with small.scope("layers.0", mark="(0)"):
        x = small.given("x", "x", "T D", np.ones((3, 2)))
        part = small.grad(x, "copy", x, via="norm")
        whole = small.grad(x, "add", part, part)
    assert (part.name, whole.name) == ("grad.layers.0.x.via.norm", "grad.layers.0.x")
    assert part.axes == whole.axes == x.axes
    assert whole.symbol == r"\frac{\partial \mathcal{L}}{\partial x^{(0)}}"
    assert part.symbol.startswith(r"\left.\frac{\partial \mathcal{L}}{\partial x^{(0)}}\right|")


def test_declared_zeros_are_held(small):
    x = small.given("x", "x", "T", [1.0, 2.0, 0.0])
    kept = small.put("y", "y", "T", "copy", x, zeros=np.array([False, False, True]))
    assert kept.zeros.tolist() == [False, False, True]
    with pytest.raises(LedgerError, match=r"^z: declared zero by mathematics, but is not$"):
        small.put("z", "z", "T", "copy", x, zeros=np.array([False, True, True]))


def test_zeros_are_declared_for_all_rows_at_once(small):
    x = small.given("x", "x", "T D", [[0, 0], [1, 1], [0, 0]])
    entry = small.put("y", "y", "T D", "copy", x, zeros=np.array([True, False, True])[:, None])
    assert entry.zeros.tolist() == [[True, True], [False, False], [True, True]]


def test_scopes_and_stages_nest_and_close(small):
    with small.stage("forward"), small.scope("layers.0"):
        with small.stage("inner"), small.scope("ffn", mark="(0)"):
            inner = small.given("x", "x", "", 1.0)
        outer = small.given("x", "x", "", 1.0)
    with pytest.raises(RuntimeError), small.stage("broken"), small.scope("broken"):
        raise RuntimeError
    after = small.given("x", "x", "", 1.0)
    assert [e.name for e in small] == ["layers.0.ffn.x", "layers.0.x", "x"]
    assert [e.stage for e in (inner, outer, after)] == ["forward.inner", "forward", ""]
    assert (inner.symbol, outer.symbol) == ("x^{(0)}", "x")
    assert small.stages() == ["forward.inner", "forward", ""]


def test_an_unknown_name_is_answered_with_the_nearest(small):
    small.given("layers.0.attention.scores", "S", "", 1.0)
    assert small.nearest("layers.0.atention.scores") == ["layers.0.attention.scores"]
    with pytest.raises(KeyError, match=r"no entry 'layers\.0\.score'; nearest: layers\.0\.attention\.scores"):
        small["layers.0.score"]
    assert "layers.0.attention.scores" in small
    assert "layers.0.score" not in small


def test_users_are_the_entries_that_take_one_as_operand(small):
    x = small.given("x", "x", "T", np.ones(3))
    twice = small.put("twice", "t", "T", "add", x, x)
    total = small.put("total", "s", "", "sum", twice)
    assert small.users() == {"x": [twice], "twice": [total], "total": []}


# --- the whole step ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["default", "prime"])
def whole(request, led, prime_led):
    return {"default": led, "prime": prime_led}[request.param]


def test_names_are_unique_and_operands_come_first(whole):
    seen = set()
    for entry in whole:
        assert entry.name not in seen
        assert {operand.name for operand in entry.operands} <= seen, entry.name
        seen.add(entry.name)
    assert len(seen) == len(whole)


def test_every_entry_is_what_it_should_be(whole):
    for entry in whole:
        whole_number = entry.value.dtype == np.int64
        assert whole_number or entry.value.dtype == np.float64, entry.name
        assert not entry.value.flags.writeable, entry.name
        assert entry.value.flags.c_contiguous, entry.name
        assert entry.op in OPERATIONS, entry.name
        assert entry.shape == tuple(whole.sizes[letter] for letter in entry.axes), entry.name
        assert entry.symbol, entry.name
        assert entry.stage, entry.name
        masked = entry.name.endswith((".attention.masked", ".attention.shifted"))
        assert masked or np.isfinite(entry.value).all(), entry.name


def test_replay_gives_every_value_again_bit_by_bit(whole):
    again = whole.replay()
    assert list(again) == [entry.name for entry in whole]
    for entry in whole:
        got = again[entry.name]
        assert got.shape == entry.shape, entry.name
        assert got.tobytes() == entry.value.tobytes(), entry.name


def test_replay_from_another_input_is_that_inputs_step(whole):
    moved = whole["w_out"].value.copy()
    moved[0, 0] += 0.5
    again = whole.replay({"w_out": moved})
    assert again["loss"] != whole["loss"].value
    np.testing.assert_array_equal(again["ln_f.out"], whole["ln_f.out"].value)
    np.testing.assert_allclose(again["logits"], whole["ln_f.out"].value @ moved, rtol=0, atol=1e-14)


def test_tape_and_ledger_give_the_same_values_bit_by_bit(whole, default, prime, run):
    config = default if whole["inputs.tokens"].shape == (6,) else prime
    values = {p.name: whole[p.name].value for p, _ in parameters.layout(config.model.layers)}
    taped = run(Tape(whole.sizes), config, values)
    assert taped.loss.tobytes() == whole["loss"].value.tobytes()
    for name, gradient in taped.gradients.items():
        assert gradient.value.tobytes() == whole[f"grad.{name}"].value.tobytes(), name
    rates = step.read_rates(taped.led, config, step=1)
    still = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in values.items()}
    new = step.update(taped.led, taped.parameters, taped.gradients, rates, still, config.model.layers)
    for name, entry in new.items():
        assert entry.value.tobytes() == whole[f"adamw.{name}.new"].value.tobytes(), name
    after = model.forward(taped.led, new, taped.inputs, config.model.layers)
    assert after.loss.loss.value.tobytes() == whole["after.loss"].value.tobytes()


def test_the_source_is_the_line_that_made_the_entry(whole):
    lines: dict[str, list[str]] = {}
    for entry in whole:
        file, number = entry.source
        assert re.fullmatch(r"calc/\w+\.py", file)
        if file not in lines:
            lines[file] = (ROOT / file).read_text(encoding="utf-8").split("\n")
        line = lines[file][number - 1]
        if entry.name.startswith("grad."):
            assert "led.grad(" in line, (entry.name, line)
        else:
            literals = re.findall(r'led\.(?:put|given)\("([^"]*)"', line)
            computed = re.search(r'led\.(put|given)\((name|f"|$)', line)  # the name is in a variable, or follows
            assert computed or any(entry.name.endswith(literal) for literal in literals), (entry.name, line)


def test_declared_zeros_are_zero_in_the_whole_step(whole):
    declared = [entry for entry in whole if entry.zeros is not None]
    assert {e.name for e in declared} >= {"grad.token_embedding", "grad.position_embedding"}
    assert any(e.name.endswith("attention.scores") for e in declared)
    for entry in declared:
        assert np.abs(entry.value[entry.zeros]).max(initial=0.0) <= ZERO_BOUND


def test_every_operation_is_used(led):
    assert {entry.op for entry in led} == set(OPERATIONS)


def test_stages_in_order(led):
    forward = ["embeddings", "layer_norm", "qkv", "attention", "multi_head", "feed_forward", "output"]
    backward = ["loss", "output", "feed_forward", "attention", "embeddings"]
    assert led.stages() == [
        "inputs", *forward, *(f"backward.{name}" for name in backward), "unfolded", "adamw",
        *(f"after.{name}" for name in forward), "facts", "account", "blame", "primer",
    ]  # fmt: skip
    for name in ("layers.0.attention.scores", "layers.0.ffn.erfc", "loss"):
        assert led[f"after.{name}"].stage == f"after.{led[name].stage}"
