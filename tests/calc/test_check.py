"""The gradient check: it holds for the engine, and sees each of the slips that a backward pass invites."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from calc import attention, check, layer_norm, loss, model, operations, parameters, qkv
from calc.check import gradient_check
from calc.ledger import LedgerError

ROOT = Path(__file__).resolve().parents[2]
TINY = {"model.d_model": 6, "model.heads": 2, "model.d_ff": 7}


@pytest.fixture
def tiny(configured):
    return configured(TINY)


def test_the_default_gradients_hold_cell_by_cell_and_soon(default, led):
    start = time.process_time()
    rows = gradient_check(default)
    assert time.process_time() - start < 10  # about 2 s on the machine that this was written on
    assert [row.name for row in rows] == [parameter.name for parameter, _ in parameters.layout(1)]
    for row in rows:
        assert row.holds, row
        assert row.error < 1e-8, row  # far inside the bound
        assert row.shape == led[row.name].shape
        assert row.cells == led[row.name].value.size
        assert row.largest == np.abs(led[f"grad.{row.name}"].value).max()


@pytest.mark.parametrize(
    "overrides", [{"model.layers": 2}, {"init.spread": 1.0}, {"model.heads": 1}, {"model.ln_eps": 0.5}]
)
def test_other_models_hold(overrides, configured):
    assert all(row.holds for row in gradient_check(configured(TINY | overrides)))


def test_weights_so_small_that_a_layer_norm_bends_sharply(configured):
    rows = gradient_check(configured(TINY | {"init.spread": 0.001, "init.decimals": 4, "model.ln_eps": 1e-8}))
    assert all(row.holds for row in rows)


def test_at_other_weights(tiny, shaken):
    rows = gradient_check(tiny, shaken(tiny))
    assert all(row.holds for row in rows)
    assert [row.largest for row in rows] != [row.largest for row in gradient_check(tiny)]


def test_what_is_zero_by_mathematics_is_held_absolutely(configured):
    rows = {row.name: row for row in gradient_check(configured(TINY | {"text.sentence": "cat"}))}
    for name in ("layers.0.attention.w_q", "layers.0.attention.w_k"):
        assert rows[name].largest == 0
        assert rows[name].holds


def test_a_gradient_where_there_is_none_is_seen(configured, monkeypatch):
    """A one-word text has no gradient on its queries; a backward pass that invents one of 1e-6 is refused."""

    def wrong(led, f, p, *gradients):
        dx, found = right(led, f, p, *gradients)
        found["w_q"].value = found["w_q"].value + 1e-6
        return dx, found

    right = qkv.backward
    monkeypatch.setattr(qkv, "backward", wrong)
    rows = gradient_check(configured(TINY | {"text.sentence": "cat"}))
    assert [row.name for row in rows if not row.holds] == ["layers.0.attention.w_q"]


def test_large_models_are_sampled_and_the_sample_is_always_the_same(tiny, monkeypatch):
    monkeypatch.setattr(check, "EVERY_CELL_UP_TO", 10)
    monkeypatch.setattr(check, "CELLS_OF_EACH", 5)
    rows = gradient_check(tiny)
    assert {row.cells for row in rows} == {5}
    assert rows == gradient_check(tiny)
    assert all(row.holds for row in rows)


def test_a_loss_that_is_no_number_is_an_error(tiny):
    values = parameters.draw(1, {"V": 10, "P": 8, "T": 6, "D": 6, "C": 6, "F": 7}, 1, 0.2, 2)
    values["w_out"][0, 0] = np.inf
    with pytest.raises(LedgerError, match=r"^loss: not a finite number"):
        gradient_check(tiny, values)


def test_a_difference_that_is_no_number_is_infinitely_far():
    values = np.zeros(1)
    assert check.difference(lambda: math.nan, values, np.zeros(1), 0, 1e-6) == math.inf
    assert check.difference(lambda: 0.0, values, np.array([math.nan]), 0, 1e-6) == math.inf


def test_smaller_steps_help_where_the_loss_bends_and_not_where_a_gradient_is_wrong():
    values = np.zeros(1)

    def sharp():
        return math.sin(1e4 * values[0])  # slope 1e4 at 0; its bend is seen at the first step

    assert check.difference(sharp, values, np.array([1e4]), 0, 1.0) < 0.2
    assert check.difference(sharp, values, np.array([1.01e4]), 0, 1.0) == pytest.approx(100, rel=1e-2)
    assert values[0] == 0


# --- planted errors ---------------------------------------------------------------------------------------------------


def found(config, values):
    return {row.name for row in gradient_check(config, values) if not row.holds}


def transposed(led, f, p, dq, dk, dv):
    """qkv.backward with W for W^T on the query's way to x (a square matrix, so every shape fits)."""
    dx, gradients = right_qkv(led, f, p, dq, dk, dv)
    dq = led.grad(f.q, "join", dq)
    wrong, right = dq.value @ p.w_q.value, dq.value @ p.w_q.value.T
    dx.value = dx.value - right + wrong
    return dx, gradients


def no_mean_terms(led, f, p, dout, via=None):
    _, gradients = right_norm(led, f, p, dout, via)
    dnormalized = led.grad(f.normalized, "mul", dout, p.gamma)
    return led.grad(f.x, "div", dnormalized, f.std, via=via), gradients


def no_gain(led, f, p, dout, via=None):
    ones = led.given("ones", "1", "D", np.ones_like(p.gamma.value))
    _, gradients = right_norm(led, f, p, dout, via)
    p_one = type(p)(gamma=ones, beta=p.beta)
    return right_norm(led, f, p_one, dout, via)[0], gradients


def no_division(led, f):
    one_hot = led.put("one_hot", "Y", "T V", "one_hot", f.targets)
    return led.grad(f.logits, "sub", f.probs, one_hot)


def no_residual(led, f, p, inputs, i, dresidual_2):
    f = f._replace(x=led.given("x", "x", f.x.axes, f.x.value))
    dx, gradients = right_block(led, f, p, inputs, i, dresidual_2)
    return led.put("dx", None, dx.axes, "sub", dx, dresidual_2), gradients


def no_row_sum(led, weights, dweights, row):
    return dweights


def no_scale(led, f, dheads):
    one = led.given("root", "r", "", 1.0)
    return right_attention(led, f._replace(root=one), dheads)


right_qkv, right_norm, right_block, right_attention = (
    qkv.backward, layer_norm.backward, model.block_backward, attention.backward,
)  # fmt: skip


@pytest.mark.parametrize(
    ("module", "name", "wrong", "least"),
    [
        (qkv, "backward", transposed, {"token_embedding", "layers.0.ln_1.gamma"}),
        (layer_norm, "backward", no_mean_terms, {"token_embedding", "layers.0.attention.w_q", "layers.0.ffn.b_2"}),
        (layer_norm, "backward", no_gain, {"token_embedding", "layers.0.ffn.w_2"}),
        (loss, "backward", no_division, {"w_out", "token_embedding"}),
        (model, "block_backward", no_residual, {"token_embedding", "position_embedding"}),
        (attention.softmax, "backward", no_row_sum, {"layers.0.attention.w_q", "layers.0.attention.w_k"}),
        (attention, "backward", no_scale, {"layers.0.attention.w_q", "layers.0.attention.w_k"}),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_planted_error_is_seen(module, name, wrong, least, tiny, shaken, monkeypatch):
    values = shaken(tiny)
    monkeypatch.setattr(module, name, wrong)
    assert least <= found(tiny, values)


def test_a_scatter_that_overwrites_is_seen(tiny, shaken, monkeypatch):
    def overwriting(operands, result, sizes, attrs):
        def function(values, numbers):
            total = np.zeros([sizes[letter] for letter in result])
            total[numbers] = values
            return total

        return function

    scatter = operations.OPERATIONS["scatter_add"]._replace(prepare=overwriting)
    monkeypatch.setitem(operations.OPERATIONS, "scatter_add", scatter)
    assert found(tiny, shaken(tiny)) == {"token_embedding"}  # "the" is read twice, no position is


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_prints_a_row_a_parameter_and_ends_well(tmp_path):
    command = [sys.executable, "-m", "calc", "check", "--d-model", "4", "--heads", "1", "--d-ff", "3"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    for parameter, _ in parameters.layout(1):
        assert parameter.name in result.stdout


def test_the_command_exits_with_1_when_a_row_fails():
    code = """
import sys
from calc import check, loss
from calc.__main__ import main
right = loss.backward
loss.backward = lambda led, f: led.put("twice", None, "T V", "mul_constant", right(led, f), constant=1.001)
sys.exit(main(["check", "--d-model", "4", "--heads", "1", "--d-ff", "3"]))
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stderr
    assert "w_out" in result.stdout
