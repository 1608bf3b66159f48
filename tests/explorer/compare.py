"""How far two arrays of numbers are apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from calc import export_json

BOUND = 1e-12  # relative to the largest entry of an array, or to this where all of it is smaller


def error(found: Any, value: Any) -> float:
    """The largest difference of two arrays, relative to the largest finite entry, minus infinity aside."""
    known = np.ravel(np.asarray(value, dtype=np.float64))
    got = export_json.array(found).astype(np.float64)
    finite = np.isfinite(known)
    assert np.array_equal(finite, np.isfinite(got))
    if not finite.any():
        return 0.0
    difference = np.abs(got[finite] - known[finite]).max()
    return float(difference / max(np.abs(known[finite]).max(), BOUND))
