"""Each planted error is the one that its story tells, and is planted where it says and nowhere else."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from calc import mutants, trials
from calc.mutants import HEADS, MUTANTS, NORMS
from calc.program import Program

NAMES = [mutant.name for mutant in MUTANTS]


@pytest.fixture(scope="module")
def right():
    return trials.right()


@pytest.fixture(scope="module")
def runs():
    return {name: trial.ledger for name, trial in trials.trials().items()}


def planted(mutant) -> Program:
    program = trials.recorded().copy()
    mutant.plant(program)
    return program


def test_nothing_coincides_where_they_are_planted(right):
    sizes = right.sizes
    assert sizes["D"] == sizes["C"] == sizes["H"] * sizes["K"]
    assert sizes["T"] == sizes["S"] > 2
    assert sizes["H"] > 1
    others = [sizes[axis] for axis in "VPTDHKF"]
    assert len(set(others)) == len(others)
    tokens, targets = (right[f"inputs.{name}"].value.tolist() for name in ("tokens", "targets"))
    repeated = [t for t in set(tokens) if tokens.count(t) == 2]
    assert len(repeated) == 1
    assert not any(a == b for a, b in zip(tokens, targets, strict=True))


def test_names_titles_and_stories():
    assert len(set(NAMES)) == len(NAMES) == len({mutant.title for mutant in MUTANTS})
    for mutant in MUTANTS:
        assert mutant.kind in ("backward", "forward", "update")
        assert mutant.story.endswith(".")
        assert mutant.right != mutant.wrong
        for code in (mutant.right, mutant.wrong):
            ast.parse(code)


@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_it_is_planted_where_it_belongs(mutant):
    before, after = trials.recorded().lines, planted(mutant).lines
    changed = {name for name, line in after.items() if before.get(name) is not line}
    assert changed
    assert {mutant.line, mutant.cell} <= set(before)
    stages = {after[name].stage.partition(".")[0] for name in changed}
    match mutant.kind:
        case "backward":
            assert stages == {"backward"}
        case "update":
            assert stages == {"adamw"}
        case _:
            # The second forward pass has the same error as the first.
            again = {name.removeprefix("after.") for name in changed if name.startswith("after.")}
            assert again == {
                name for name in changed
                if f"after.{name}" in after and not name.startswith("after.")
            }  # fmt: skip
            assert again


@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_its_formula_is_another_one(mutant, right, runs):
    old, new = right[mutant.line], runs[mutant.name][mutant.line]
    made = [
        (e.op, e.axes, [(o.name, o.symbol) for o in e.operands], e.operand_axes) for e in (old, new)
    ]  # fmt: skip
    assert made[0] != made[1]


# --- what they are, written once more in NumPy ------------------------------------------------------------------------


def test_transposed_weight(runs):
    led = runs["transposed_weight"]
    wanted = sum(led[f"grad.{HEADS}.{one}"].value @ led[f"{HEADS}.w_{one}"].value for one in "qkv")
    np.testing.assert_allclose(led["grad.layers.0.ln_1.out"].value, wanted, atol=1e-15)


def test_sum_for_mean(right, runs):
    for entry in right:
        if entry.name.startswith("grad.") and not entry.name.startswith(("grad.loss", "grad.output")):
            np.testing.assert_allclose(runs["sum_for_mean"][entry.name].value, 7 * entry.value, rtol=1e-9, atol=1e-13)


def test_layer_norm_means(runs):
    led = runs["layer_norm_means"]
    for norm, out in NORMS.items():
        wanted = led[f"grad.{norm}.normalized"].value / led[f"{norm}.std"].value[:, None]
        np.testing.assert_allclose(led[out].value, wanted, rtol=1e-15)


def test_layer_norm_gain(runs):
    for norm in NORMS:
        led = runs["layer_norm_gain"]
        np.testing.assert_array_equal(led[f"grad.{norm}.normalized"].value, led[f"grad.{norm}.out"].value)


def test_repeated_token(runs):
    led = runs["repeated_token"]
    wanted = np.zeros_like(led["token_embedding"].value)
    wanted[led["inputs.tokens"].value] = led["grad.embedding.token_rows"].value  # assigned, not added
    np.testing.assert_array_equal(led["grad.token_embedding"].value, wanted)


def test_gelu_slope(runs):
    led = runs["gelu_slope"]
    x = led["layers.0.ffn.hidden"].value
    u, du = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3), np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)
    wanted = (1 + np.tanh(u)) / 2 + x * (1 - np.tanh(u) ** 2) / 2 * du
    np.testing.assert_allclose(led["backward.layers.0.ffn.slope"].value, wanted, rtol=1e-13)


def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize("at", ["", "after."])
def test_mask_after_softmax_and_softmax_axis(runs, at):
    led = runs["mask_after_softmax"]
    wanted = softmax(led[f"{at}{HEADS}.scaled"].value, 2) * np.tri(7)
    np.testing.assert_allclose(led[f"{at}{HEADS}.weights"].value, wanted, rtol=1e-14)
    led = runs["softmax_axis"]
    wanted = softmax(led[f"{at}{HEADS}.masked"].value, 1)
    np.testing.assert_allclose(led[f"{at}{HEADS}.weights"].value, wanted, rtol=1e-14)


@pytest.mark.parametrize("at", ["", "after."])
def test_variance_and_epsilon(runs, at):
    for norm, x in {"layers.0.ln_1": "embedding.out", "layers.0.ln_2": "layers.0.residual_1"}.items():
        led = runs["variance_less_one"]
        wanted = led[f"{at}{x}"].value.var(axis=1, ddof=1)
        np.testing.assert_allclose(led[f"{at}{norm}.variance"].value, wanted, rtol=1e-14)
        led = runs["layer_norm_epsilon"]
        wanted = led[f"{at}{x}"].value.std(axis=1) + 1e-5
        np.testing.assert_allclose(led[f"{at}{norm}.std"].value, wanted, rtol=1e-14)


def test_targets_not_shifted(runs):
    led = runs["targets_not_shifted"]
    own = led["output.probs"].value[np.arange(7), led["inputs.tokens"].value]
    np.testing.assert_allclose(led["loss"].value, -np.log(own).mean(), rtol=1e-14)
    np.testing.assert_array_equal(led["backward.loss.one_hot"].value.argmax(axis=1), led["inputs.tokens"].value)


def updates(led, name="w_out"):
    """The parts that an update is made of: the old weight, its gradient, the new weight."""
    return led[name].value, led[f"grad.{name}"].value, led[f"adamw.{name}.new"].value


@pytest.mark.parametrize(
    ("name", "update"),
    [  # at the first step the corrected averages are the gradient and its square
        ("decay_in_gradient", lambda w, g: w - 0.01 * (g + 0.1 * w) / (np.abs(g + 0.1 * w) + 1e-8)),
        ("bias_correction", lambda w, g: w * 0.999 - 0.01 * 0.1 * g / (np.sqrt(0.001) * np.abs(g) + 1e-8)),
        ("adamw_epsilon", lambda w, g: w * 0.999 - 0.01 * g / np.sqrt(g**2 + 1e-8)),
        ("decay_of_new_weight", lambda w, g: (w - 0.01 * g / (np.abs(g) + 1e-8)) * 0.999),
        ("decay_without_rate", lambda w, g: w * 0.9 - 0.01 * g / (np.abs(g) + 1e-8)),
        ("step_uphill", lambda w, g: w * 0.999 + 0.01 * g / (np.abs(g) + 1e-8)),
    ],
)
def test_updates(runs, name, update):
    for parameter in ("w_out", "layers.0.attention.w_k", "ln_f.gamma", "layers.0.ffn.b_1"):
        old, gradient, new = updates(runs[name], parameter)
        np.testing.assert_allclose(new, update(old, gradient), rtol=0, atol=1e-12)


def test_the_rest(runs):
    led = runs["softmax_row_sum"]
    weights, dweights = led[f"{HEADS}.weights"].value, led[f"grad.{HEADS}.weights"].value
    np.testing.assert_array_equal(led[f"grad.{HEADS}.masked"].value, weights * dweights)
    led = runs["scale_in_backward"]
    np.testing.assert_array_equal(led[f"grad.{HEADS}.scores"].value, led[f"grad.{HEADS}.scaled"].value)
    led = runs["residual_dropped"]
    through = led["grad.layers.0.residual_1.via.ln_2"].value
    np.testing.assert_array_equal(led["grad.layers.0.residual_1"].value, through)
    led = runs["query_path_only"]
    np.testing.assert_array_equal(led["grad.layers.0.ln_1.out"].value, led["grad.layers.0.ln_1.out.via.q"].value)
    led = runs["scaled_by_width"]
    np.testing.assert_allclose(led[f"{HEADS}.scaled"].value, led[f"{HEADS}.scores"].value / 5, rtol=1e-15)


def test_the_wide_transpose_differs_from_the_first_error_in_the_matrix_alone():
    program = trials.recorded().copy()
    mutants.transposed_wide_weight(program)
    with pytest.raises(ValueError, match=r"not aligned|matmul"):
        program.run()
