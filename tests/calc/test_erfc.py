"""erfc against 40-digit arithmetic, over its whole range and far into its tail."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from calc.erfc import BLOCK, LEAST, MOST, POINTS, erfc

SMALLEST = 2.2250738585072014e-308  # below it float64 holds fewer digits


def true(x):
    with mpmath.workdps(40):
        return [mpmath.erfc(mpmath.mpf(float(value))) for value in x]


@pytest.fixture(scope="module")
def points():
    """Any points, those in the middle between two grid points, where the series is longest, and the grid's own."""
    generator = np.random.default_rng(0)
    halfway = (np.arange(LEAST * POINTS, MOST * POINTS, 17) + 0.5) / POINTS
    grid = np.arange(LEAST * POINTS, MOST * POINTS, 41) / POINTS
    x = np.concatenate([generator.uniform(-6.5, 27, 2500), generator.normal(0, 1, 1500), halfway, grid, [0.0, -0.0]])
    return x[[math.erfc(value) >= SMALLEST for value in x]]


def test_relative_error(points):
    for x, got, exact in zip(points, erfc(points), true(points), strict=True):
        assert abs(got - exact) <= 4e-16 * exact, x


def test_where_float64_holds_fewer_digits():
    x = np.linspace(26.55, 27.2, 53)
    for point, got, exact in zip(x, erfc(x), true(x), strict=True):
        assert got > 0
        assert abs(got - exact) <= 1e-15 * exact + 2 * 4.94e-324, point


def test_beyond_both_ends():
    np.testing.assert_array_equal(erfc(np.array([-np.inf, -1e300, -28.0, -6.0])), 2.0)
    np.testing.assert_array_equal(erfc(np.array([28.0, 1e300, np.inf])), 0.0)
    assert erfc(np.array([0.0, -0.0])).tolist() == [1.0, 1.0]


def test_nan_stays_nan_and_touches_nothing_else():
    got = erfc(np.array([0.5, np.nan, -0.5]))
    assert np.isnan(got).tolist() == [False, True, False]
    assert got[0] == erfc(np.array(0.5))


def test_it_falls_as_x_rises():
    x = np.linspace(-6, 27, 100_003)
    assert (np.diff(erfc(x)) <= 4e-16 * erfc(x)[1:]).all()


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0, 2), (7, 11), (2, 3, 1399)])
def test_a_cell_does_not_depend_on_its_array(shape):
    """Neither on its shape nor its layout nor on which block its cells fall in."""
    x = np.random.default_rng(1).normal(0, 2, shape)
    assert math.prod(shape) < BLOCK or math.prod(shape) % BLOCK
    got, turned, out = erfc(x), erfc(x.T), np.empty(shape[::-1]).T
    assert got.shape == x.shape
    assert got.dtype == np.float64
    assert erfc(x, out) is out
    for index in np.ndindex(shape):
        assert got[index] == turned.T[index] == out[index]
    some = list(np.ndindex(shape))[::97]
    assert [float(got[index]) for index in some] == [float(erfc(x[index])) for index in some]
