"""Clipping by the global norm, against numbers worked by hand and PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

from calc import clip
from calc.ledger import Ledger, Tape

SIZES = {"D": 3, "F": 5, "W": 23} | clip.PAIR


def clipped(parts, limit, kind=Tape):
    led = kind(SIZES)
    given = {name: led.given(name, name, axes, value) for name, (axes, value) in parts.items()}
    return clip.forward(led, given, limit)


def test_by_hand():
    found = clipped({"a": ("D", [2.0, 0.0, -3.0]), "b": ("", 6.0)}, 3.5)
    assert found.norm.value == 7.0
    assert found.scale.value == 3.5 / 7.000001
    np.testing.assert_allclose(found.gradients["a"].value, [1.0, 0.0, -1.5], rtol=2e-7)
    assert found.gradients["b"].value == pytest.approx(3.0, rel=2e-7)


def test_below_the_limit_nothing_changes_by_a_bit():
    value = np.random.default_rng(2).normal(size=(3, 5)) * 1e-9
    for limit in (1e-3, 1.0, 1e6):
        found = clipped({"a": ("D F", value)}, limit)
        assert found.scale.value == 1.0
        np.testing.assert_array_equal(found.gradients["a"].value, value)


@pytest.mark.parametrize("limit", [0.01, 0.7, 1e3])
def test_as_pytorch_clips(limit):
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(9)
    values = {"a": ("D F", generator.normal(size=(3, 5))), "b": ("D", generator.normal(size=3) * 1e-4)}
    weights = [torch.zeros(value.shape, dtype=torch.float64, requires_grad=True) for _, value in values.values()]
    for weight, (_, value) in zip(weights, values.values(), strict=True):
        weight.grad = torch.tensor(value)
    norm = torch.nn.utils.clip_grad_norm_(weights, limit)
    found = clipped(values, limit)
    assert found.norm.value == pytest.approx(float(norm), rel=1e-14)
    for weight, gradient in zip(weights, found.gradients.values(), strict=True):
        np.testing.assert_allclose(gradient.value, weight.grad.numpy(), rtol=1e-13)


def test_parts_or_one_vector_and_recorded_or_not():
    """The flat vector that training clips, and the entries of a ledger."""
    value = np.random.default_rng(4).normal(size=23)
    whole = clipped({"theta": ("W", value)}, 0.3)
    parts = clipped(
        {"a": ("D F", value[:15].reshape(3, 5)), "b": ("F", value[15:20]), "c": ("D", value[20:])}, 0.3, Ledger
    )
    together = np.concatenate([entry.value.ravel() for entry in parts.gradients.values()])
    np.testing.assert_allclose(together, whole.gradients["theta"].value, rtol=1e-14)
    assert np.linalg.norm(together) == pytest.approx(0.3, rel=1e-5)
    assert [entry.name for entry in parts.gradients.values()] == [f"clip.{name}.clipped" for name in "abc"]
