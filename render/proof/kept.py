"""Whether float64 keeps the digits that pages print: every value beside the same one at fifty digits.

Sums that cancel lose digits. At ordinary spreads enough are left; where a softmax saturates, whole gradients can be
rounding residue. A build whose pages would print a wrong digit says so instead.
"""

from __future__ import annotations

import numpy as np

from calc.ledger import Entry, Ledger, NotFinite
from calc.operations import Array
from render.digits import Digits, rounded
from render.proof.precise import Replay

MOST = 300_000  # values of a ledger that a build can afford to compute at fifty digits
NEAR = 1e-13  # relative; what is nearer prints the same digits, since digits keep clear of ties by 1e-12
NOTHING = 1e-40  # at fifty digits, what is smaller is zero

_floats = np.frompyfunc(float, 1, 1)


def affordable(ledger: Ledger) -> bool:
    """Whether the ledger is small enough to be held at every build."""
    return sum(entry.value.size for entry in ledger) <= MOST


def hold(ledger: Ledger, digits: Digits) -> int:
    """How many values print the digits of their true value: all of them. Raises NotFinite, naming the first that does
    not."""
    held = 0
    for name, true in Replay().values(ledger).items():
        entry = ledger[name]
        held += entry.value.size
        if entry.value.dtype.kind == "i" or digits.exact.values(entry) is not None:
            continue  # printed from the exact value itself
        nearest = np.asarray(_floats(true), dtype=np.float64)
        for index in suspects(entry.value, nearest):
            told = digits.text(entry, index)
            exact = float(nearest[index])
            if told != (rounded(exact, digits.significant).text if abs(exact) > NOTHING else "0"):
                raise NotFinite(_words(entry, index, told, exact))
    return held


def suspects(values: Array, true: Array) -> list[tuple[int, ...]]:
    """Where a float64 is not as near its true value as rounding leaves it."""
    with np.errstate(invalid="ignore"):
        off = ~(np.abs(values - true) <= NEAR * np.abs(true)) & (values != true)
    return [tuple(map(int, index)) for index in np.argwhere(off)]


def _words(entry: Entry, index: tuple[int, ...], told: str, exact: float) -> str:
    cell = f"{entry.name}{list(index) if index else ''}"
    why = f"float64 keeps too few of its digits, so a page would show {told} for {exact:.4g}"
    return f"{cell}: {why}; a smaller init.spread or optimizer.lr helps"
