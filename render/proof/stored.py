"""The data file of a site: the values that readers download are those of the configuration beside it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from calc.export import CONFIG
from calc.operations import Array
from render.proof.digits import SAME, Truth
from render.proof.report import Check, counted

WHERE = "data/ledger.npz"
# Relative to an array's largest entry, absolute where all of it is zero. It tells another run's file from this one's;
# float64 itself is at most about 1e-14 off, and 1e-10 where a softmax is so sharp that whole gradients nearly cancel.
BOUND = 1e-9


def check(stored: Mapping[str, Array], truth: Truth) -> Check:
    """Holds the stored float64 values against the true ones. The error of one array is relative to its largest true
    entry, and absolute where that is zero."""
    result = Check("data")
    worst, worst_name, values = 0.0, "", 0
    for entry in truth.ledger:
        array = stored.get(entry.name)
        if array is None:
            result.fault(WHERE, f"{entry.name}: is missing")
            continue
        if array.shape != entry.shape or array.dtype != entry.value.dtype:
            result.fault(WHERE, f"{entry.name}: is {array.dtype}{array.shape}, not {entry.value.dtype}{entry.shape}")
            continue
        values += array.size
        error = _error(array, truth.values[entry.name])
        if error > worst:
            worst, worst_name = error, entry.name
        if not error <= BOUND:
            result.fault(WHERE, f"{entry.name}: is {error:.1e} off")
    for name in sorted(set(stored) - {entry.name for entry in truth.ledger} - {CONFIG}):
        result.fault(WHERE, f"{name}: is no entry of the ledger")
    if CONFIG in stored and str(stored[CONFIG]) != truth.config.to_json():
        result.fault(WHERE, "its configuration is not the one in data/config.json")
    result.counts = {"entries": len(truth.ledger), "values": values}
    farthest = f"the farthest is {worst:.1e} off ({worst_name})" if worst_name else "none is off"
    result.says = (
        f"{counted(values, 'float64 value')} of {counted(len(truth.ledger), 'entry', 'entries')} in {WHERE}; {farthest}"
    )
    return result


def _error(array: Array, true: Array) -> float:
    """The largest error of an array, relative to its largest true entry."""
    if true.dtype != object:
        return 0.0 if np.array_equal(array, true) else float("inf")
    finite = np.isfinite(array)
    if not np.array_equal(finite, np.asarray(np.frompyfunc(lambda x: x.context.isfinite(x), 1, 1)(true), dtype=bool)):
        return float("inf")
    if not finite.any():
        return 0.0
    off = max(abs(x - y) for x, y in zip(true[finite], array[finite].tolist(), strict=True))
    largest = max(abs(x) for x in true[finite])
    return float(off / largest if largest > 10.0**-SAME else off)
