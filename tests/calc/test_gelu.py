"""GELU and its slope against 40-digit arithmetic, over its whole range and far into its tails."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from calc import gelu
from calc.ledger import Tape

POINTS = np.concatenate([np.linspace(-37, 37, 149), [-1e-8, 1e-8, -0.7517915246935645, 0.1, -3.3]])


@pytest.fixture(scope="module")
def exact():
    """x, GELU(x) and its slope from the definition: x times the normal distribution's integral from below."""
    with mpmath.workdps(40):
        points = [mpmath.mpf(float(x)) for x in POINTS]
        value = [x * mpmath.ncdf(x) for x in points]
        slope = [mpmath.ncdf(x) + x * mpmath.npdf(x) for x in points]
    return value, slope


@pytest.fixture(scope="module")
def computed():
    tape = Tape({"T": len(POINTS)})
    f = gelu.forward(tape, tape.given("x", "x", "T", POINTS), tape.given("root", "r", "", np.sqrt(2.0)))
    root_2pi = tape.given("root", "r", "", np.sqrt(2 * np.pi))
    slope = gelu.backward(tape, f, root_2pi, tape.given("ones", "1", "T", np.ones(len(POINTS))))
    return f, slope


def test_forward(computed, exact):
    for x, got, true in zip(POINTS, computed[0].out.value, exact[0], strict=True):
        # The rounding of x / sqrt(2) grows by x^2 in the tail: d ln(erfc) = -2 x dx.
        bound = 1e-15 * (3 + x * x)
        assert abs(got - true) <= bound * abs(true), x


def test_backward(computed, exact):
    for x, got, true in zip(POINTS, computed[1].value, exact[1], strict=True):
        bound = 1e-15 * (3 + x * x)
        terms = abs(mpmath.ncdf(x)) + abs(x * mpmath.npdf(x))
        assert abs(got - true) <= bound * terms, x


def test_backward_is_the_slope_times_what_comes_in(computed):
    f, slope = computed
    tape, generator = Tape({"T": len(POINTS)}), np.random.default_rng(3)
    dout = generator.normal(size=len(POINTS))
    root_2pi = tape.given("root", "r", "", np.sqrt(2 * np.pi))
    got = gelu.backward(tape, f, root_2pi, tape.given("dout", "d", "T", dout))
    np.testing.assert_allclose(got.value, dout * slope.value, rtol=1e-15)


def test_the_tail_is_not_lost(computed):
    far = POINTS < -9
    assert (computed[0].out.value[far] < 0).all()  # 1 + erf would give 0 from about -8.3 on
