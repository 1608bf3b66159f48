"""The complementary error function: erfc(x) is 2 / sqrt(pi) times the integral of exp(-t^2) from x to infinity. Here it
is for whole arrays: NumPy has none, and a call of math.erfc for every cell costs several times as much.

Each x is the nearest of many grid points, whose erfc is known, and a step of at most 1/512. All derivatives are known
too (DLMF, section 7.10), and along so small a step nine terms of the Taylor series reach the last bit. The relative
error stays below 4e-16, also far in the tail, until erfc itself is below 2.2e-308, where float64 holds fewer digits.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

POINTS = 256  # grid points a unit
LEAST, MOST = -6, 28  # erfc rounds to 2 before and to 0 behind
TERMS = 9
BLOCK = 4096  # cells at a time, so that all that they need stays in the processor's cache


def erfc(x: Floats, out: Floats | None = None) -> Floats:
    """x[..] -> erfc(x)[..], in `out` where one is given; nan stays nan"""
    cells = np.reshape(x, -1)
    found = np.empty(cells.size)
    for start in range(0, cells.size, BLOCK):
        along_series(cells[start : start + BLOCK], found[start : start + BLOCK])
    if out is None:
        return found.reshape(np.shape(x))
    np.copyto(out, found.reshape(out.shape))
    return out


def along_series(x: Floats, out: Floats) -> None:
    """x[n] -> erfc(x)[n], in `out`: the series from the nearest grid point, by Horner's rule"""
    x = np.minimum(np.maximum(x, LEAST), MOST)
    nearest = np.rint(x * POINTS)
    with np.errstate(invalid="ignore"):  # nan has no point: any will do, since its step is nan
        rows = nearest.astype(np.intp) - LEAST * POINTS
    step = x - nearest / POINTS
    highest, *others, value = series().take(rows, axis=0, mode="clip").T
    np.multiply(highest, step, out)
    for coefficient in others:
        np.add(out, coefficient, out)
        np.multiply(out, step, out)
    np.add(out, value, out)


@cache
def series() -> Floats:
    """-> [grid points, TERMS + 1]: the Taylor coefficients at each grid point, the highest first and erfc itself last

    f = erfc has f' = -2 exp(-x^2) / sqrt(pi) and f'' = -2 x f', so its coefficients c_n = f^(n) / n! follow from
    n (n + 1) c_(n+1) = -2 (x n c_n + (n - 1) c_(n-1)).
    """
    x = np.arange(LEAST * POINTS, MOST * POINTS + 1) / POINTS
    c = [np.array([math.erfc(point) for point in x])]
    c.append(np.array([-2 / math.sqrt(math.pi) * math.exp(-point * point) for point in x]))
    for n in range(1, TERMS):
        c.append(-2 * (x * n * c[n] + (n - 1) * c[n - 1]) / (n * (n + 1)))
    return np.ascontiguousarray(np.array(c[::-1]).T)
