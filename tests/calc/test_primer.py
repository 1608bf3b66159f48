"""The primer: its numbers against NumPy and the plain formulas, on the step's own values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from calc import gpt2, primer, step
from calc.ledger import Ledger, LedgerError
from calc.program import Program


@pytest.fixture(params=["led", "prime_led"])
def whole(request):
    return request.getfixturevalue(request.param)


def value(led, name):
    return led[f"primer.{name}"].value


def faults(led: Ledger) -> list[str]:
    """Where the primer's numbers are not what their names say."""
    v = {e.name.removeprefix("primer."): e.value for e in led if e.stage == "primer"}
    a, b = v["vectors.a"], v["vectors.b"]
    wanted = {
        "vectors.dot": sum(x * y for x, y in zip(a, b, strict=True)),
        "vectors.length_a": math.hypot(*a),
        "vectors.length_b": math.hypot(*b),
        "vectors.cosine": a @ b / np.linalg.norm(a) / np.linalg.norm(b),
        "matrices.transposed": led["layers.0.attention.q"].value.T,
        "linear.two_steps": v["linear.one_step"],
        "linear.joined": led["layers.0.ffn.w_1"].value @ led["layers.0.ffn.w_2"].value[:, 0],
        "linear.relu": np.maximum(v["linear.hidden"], 0.0),
        "linear.gelu": [x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in v["linear.hidden"]],
        "softmax.cold.probs": tempered(v["softmax.logits"], 0.5),
        "softmax.probs": tempered(v["softmax.logits"], 1.0),
        "softmax.hot.probs": tempered(v["softmax.logits"], 2.0),
        "softmax.direct.probs": tempered(v["softmax.logits"], 1.0),
        "chain.h": v["chain.whole"],
        "chain.activated": led["layers.0.ffn.activated"].value[2, 0],
        "chain.g_by_w": led["backward.layers.0.ffn.slope"].value[2, 0] * led["layers.0.ln_2.out"].value[2, 0],
        "perplexity.before": math.exp(led["loss"].value),
        "perplexity.after": math.exp(led["after.loss"].value),
    }
    off = [n for n, w in wanted.items() if not np.allclose(v[n], w, rtol=1e-11, atol=1e-14)]
    near = abs(v["chain.measured"] - v["chain.g_by_w"]) <= v["chain.nudge"] * v["chain.x"] ** 2 + 1e-11
    return off if near else [*off, "chain.measured"]


def tempered(z, tau):
    powers = [math.exp(x / tau) for x in z]
    return [p / math.fsum(powers) for p in powers]


def test_every_number_is_what_its_name_says(whole):
    assert faults(whole) == []


@pytest.mark.parametrize(
    ("line", "op", "operands", "found"),
    [
        ("primer.vectors.dot", "dot", ("primer.vectors.a", "primer.vectors.a"), "vectors.dot"),
        ("primer.vectors.cosine", "div", ("primer.vectors.dot", "primer.vectors.length_a"), "vectors.cosine"),
        ("primer.linear.two_steps", "dot", ("primer.linear.column", "primer.linear.column"), "linear.two_steps"),
        ("primer.linear.relu", "copy", ("primer.linear.hidden",), "linear.relu"),
        ("primer.softmax.hot.scaled", "mul", ("primer.softmax.logits", "primer.softmax.hot.temperature"),
         "softmax.hot.probs"),
        ("primer.chain.g_by_w", "mul", ("primer.chain.g_by_a", "primer.chain.w"), "chain.g_by_w"),
        ("primer.chain.moved.h", "add", ("primer.chain.moved.a", "primer.chain.moved.a"), "chain.measured"),
        ("primer.perplexity.before", "log", ("loss",), "perplexity.before"),
    ],
)  # fmt: skip
def test_a_planted_error_is_found(led, line, op, operands, found):
    program = Program.of(led)
    program.write(line, op, *operands)
    assert found in faults(program.run())


def test_the_two_words_are_different_and_have_rows(led, default):
    tokens = led["inputs.tokens"].value
    assert primer.two_words(led, default) == (tokens[2], tokens[1])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1], [1], [1], [1]], (2, 0)),  # the worked word, and the one it looks at
        ([[0], [1], [1], [1]], (2, 3)),  # a row of zeros has no direction: another word in its place
        ([[0], [0], [1], [0]], (2, 0)),  # too few others
    ],
)
def test_words_whose_rows_are_zero_come_last(default, rows, expected):
    led = Ledger({"V": 4, "D": 1, "T": 3})
    led.given("token_embedding", "E", "V D", np.array(rows, dtype=float))
    led.given("inputs.tokens", "x", "T", [3, 0, 2])
    assert primer.two_words(led, default) == expected


def test_one_word_is_compared_with_another_word(configured):
    led = step.training_step(configured({"text.sentence": "cat"}))
    assert led["primer.vectors.a"].attrs["at"] != led["primer.vectors.b"].attrs["at"]


def test_a_vector_of_length_zero_has_no_cosine():
    led = Ledger({"V": 2, "D": 2})
    table = led.given("table", "E", "V D", [[0.0, 0.0], [3.0, 4.0]])
    primer.vectors(led, table, 1, 0)
    assert led["length_a"].value == 5
    assert "cosine" not in led


def test_relu_is_declared_zero_where_it_is_zero(led):
    relu, hidden = led["primer.linear.relu"], value(led, "linear.hidden")
    assert np.array_equal(relu.zeros, hidden <= 0)
    assert 0 < relu.zeros.sum() < relu.zeros.size


def test_the_activations_are_all_that_the_forward_pass_makes(whole):
    n, layers = whole.sizes, sum(f"layers.{i}.residual_2" in whole for i in range(9))
    t, d, f, v, scores = n["T"], n["D"], n["F"], n["V"], n["H"] * n["T"] ** 2
    norm = 4 * t + 5 * t * d  # mean, variance, plus epsilon, root; centred, squared, divided, scaled, shifted
    attention = 6 * t * d + 1 + t * t + 6 * scores + 2 * n["H"] * t + t * d
    block = 2 * norm + attention + 2 * t * d + t * d + 7 * t * f + 2 * t * d + t * d
    expected = 3 * t * d + layers * block + norm + t * v + 2 * t + 3 * t * v + 3 * t + 1
    assert value(whole, "counts.activations") == expected


def test_the_parts_hold_their_parameters(whole):
    total = whole["facts.parameters.total"].value
    parts = {"embeddings": "_embedding", "attention": ".attention.", "ffn": ".ffn."}
    for name, part in parts.items():
        cells = sum(e.value.size for e in whole if e.attrs.get("parameter") and part in e.name)
        assert value(whole, f"counts.{name}") == cells
    assert value(whole, "counts.ffn_share") == value(whole, "counts.ffn") / total


def test_gpt2_has_as_many_parameters_as_were_published(led):
    assert value(led, "gpt2.parameters") == 124_439_808
    d, f, per_layer = 768, 3072, 7_087_872
    assert value(led, "gpt2.parameters_attention") + value(led, "gpt2.parameters_ffn") == 12 * (per_layer - 4 * d)
    assert value(led, "gpt2.parameters_embeddings") == (50257 + 1024) * d
    assert gpt2.SIZES["H"] * gpt2.SIZES["K"] == d
    assert f == 4 * d == gpt2.SIZES["F"]
    assert value(led, "gpt2.uniform_loss") == pytest.approx(math.log(50257), rel=1e-15)


def test_no_operation_of_the_primer_is_counted_as_the_steps(led):
    assert "facts.operations.primer.multiplications" not in led


def test_the_primer_speaks_of_a_finished_step(default):
    with pytest.raises((LedgerError, KeyError)):
        primer.primer(Ledger(step.axis_sizes(default)), {}, default)
