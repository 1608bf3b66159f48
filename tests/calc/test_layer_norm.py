"""Layer norm: what its rows have in common, and its folded backward against the Jacobian written out."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from calc import layer_norm

EPS = 1e-3  # large enough to be seen


@pytest.fixture
def norm(board):
    """A forward pass at random, with gains and biases that are not 1 and 0."""
    p = SimpleNamespace(gamma=board("D"), beta=board("D"))
    return p, layer_norm.forward(board.led, board("T D"), p, board("", EPS), "1")


def test_rows_have_mean_zero_and_nearly_variance_one(norm):
    _, f = norm
    x, rows = f.x.value, f.normalized.value
    variance = ((x - x.mean(1, keepdims=True)) ** 2).sum(1) / x.shape[1]  # divided by D, not D - 1
    np.testing.assert_allclose(rows.mean(1), 0, atol=1e-15)
    np.testing.assert_allclose((rows**2).mean(1), variance / (variance + EPS), rtol=1e-13)
    np.testing.assert_allclose(f.std.value, np.sqrt(variance + EPS), rtol=1e-14)


def test_gains_stretch_and_biases_move(norm):
    p, f = norm
    for t, d in np.ndindex(7, 3):
        expected = f.normalized.value[t, d] * p.gamma.value[d] + p.beta.value[d]
        assert f.out.value[t, d] == pytest.approx(expected, rel=1e-15)


def test_a_row_moved_and_stretched_is_the_same_row(board, norm):
    p, f = norm
    again = layer_norm.forward(board.led, board("T D", 5.0 * f.x.value + 3.0), p, board("", 25 * EPS), "1")
    np.testing.assert_allclose(again.out.value, f.out.value, rtol=1e-12)


def test_backward_is_the_jacobian_written_out(board, norm):
    p, f = norm
    dout, width = board("T D"), 3
    dx, found = layer_norm.backward(board.led, f, p, dout)
    dgamma, dbeta = np.zeros(width), np.zeros(width)
    for t in range(7):
        x, std, row = f.x.value[t], f.std.value[t], np.zeros(width)
        centered = x - x.mean()
        for i in range(width):
            dgamma[i] += dout.value[t, i] * centered[i] / std
            dbeta[i] += dout.value[t, i]
            for j in range(width):  # out i by x j, the quotient rule: std' = centered / (D std)
                slope = ((i == j) - 1 / width) / std - centered[i] * centered[j] / (width * std**3)
                row[j] += dout.value[t, i] * p.gamma.value[i] * slope
        np.testing.assert_allclose(dx.value[t], row, atol=1e-13)
    np.testing.assert_allclose(found["gamma"].value, dgamma, atol=1e-13)
    np.testing.assert_allclose(found["beta"].value, dbeta, atol=1e-14)


def test_a_rows_gradient_sums_to_zero(board, norm):
    p, f = norm
    dx, _ = layer_norm.backward(board.led, f, p, board("T D"))
    np.testing.assert_allclose(dx.value.sum(1), 0, atol=1e-14)  # moving a whole row changes nothing


@pytest.mark.parametrize("which", ["led", "prime_led"])
def test_the_jacobian_of_the_step_is_the_folded_form(which, request, default, prime):
    led, config = request.getfixturevalue(which), {"led": default, "prime_led": prime}[which]
    at, layer, last = config.worked.position, config.worked.layer, config.model.layers - 1
    folded = {
        "unfolded.layer_norm": led[f"grad.layers.{last}.residual_2"],
        "unfolded.residual.layer_norm": led[f"grad.layers.{layer}.residual_1.via.ln_2"],
    }
    for name, gradient in folded.items():
        np.testing.assert_allclose(led[f"{name}.product"].value, gradient.value[at], rtol=0, atol=1e-14)
        jacobian = led[f"{name}.jacobian"].value
        np.testing.assert_allclose(jacobian, jacobian.T, atol=1e-15)
        np.testing.assert_allclose(jacobian.sum(0), 0, atol=1e-13)
