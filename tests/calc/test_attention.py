"""Attention: no query sees a later key, and each head's output is a mixture of the values that it sees."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(params=["led", "prime_led"])
def whole(request):
    return request.getfixturevalue(request.param)


def layers(led):
    return [f"layers.{i}.attention" for i in range(9) if f"layers.{i}.attention.scores" in led]


def test_scores_are_products_of_queries_and_keys_over_the_root_of_the_heads_width(whole):
    for name in layers(whole):
        q, k = whole[f"{name}.q_heads"].value, whole[f"{name}.k_heads"].value
        for h, t, s in np.ndindex(whole[f"{name}.scaled"].shape):
            expected = q[h, t] @ k[h, s] / np.sqrt(q.shape[-1])
            assert whole[f"{name}.scaled"].value[h, t, s] == pytest.approx(expected, abs=1e-14)


def test_a_head_is_a_run_of_columns(whole):
    for name in layers(whole):
        for letter in "qkv":
            flat, heads = whole[f"{name}.{letter}"].value, whole[f"{name}.{letter}_heads"].value
            width = heads.shape[-1]
            for h in range(len(heads)):
                np.testing.assert_array_equal(heads[h], flat[:, h * width : (h + 1) * width])


def test_later_keys_have_no_weight_and_no_gradient(whole):
    for name in layers(whole):
        weights = whole[f"{name}.weights"].value
        later = np.triu(np.ones(weights.shape[1:], dtype=bool), 1)
        assert (weights[:, later] == 0).all()
        assert (weights[:, ~later] > 0).all()
        assert np.isneginf(whole[f"{name}.masked"].value[:, later]).all()
        for part in ("masked", "scaled", "scores"):
            gradient = whole[f"grad.{name}.{part}"]
            assert (gradient.value[:, later] == 0).all()
            assert gradient.zeros[:, later].all()
            assert not gradient.zeros[:, ~later].any()


def test_rows_of_weights_sum_to_one_and_mix_the_values(whole):
    for name in layers(whole):
        weights, values = whole[f"{name}.weights"].value, whole[f"{name}.v_heads"].value
        np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-14)
        np.testing.assert_array_equal(weights[:, 0, 0], 1)
        for h, t in np.ndindex(weights.shape[:2]):
            mixed = sum(weights[h, t, s] * values[h, s] for s in range(t + 1))
            np.testing.assert_allclose(whole[f"{name}.heads"].value[h, t], mixed, atol=1e-15)


def test_rows_of_the_scores_gradient_sum_to_zero(whole):
    for name in layers(whole):
        np.testing.assert_allclose(whole[f"grad.{name}.masked"].value.sum(-1), 0, atol=1e-15)
