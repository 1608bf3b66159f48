"""What prose says about numbers, decided by the numbers: each of these looks at the ledger's values, and a claim that
a page states outright fails the build where it is false."""

from __future__ import annotations

import numpy as np

from calc.ledger import Entry
from calc.operations import Array

RESIDUE = 1e-15  # what sums of terms up to 1 may leave of a zero
BOUND = 1e-12  # relative to the largest entry, for what is equal by mathematics


class FalseClaim(ValueError):
    """A page says something that this build's numbers do not bear out."""


def claim(holds: bool, what: str) -> str:
    """Nothing where the claim holds; otherwise the build fails with the words of the claim."""
    if not holds:
        raise FalseClaim(f"false for these numbers: {what}")
    return ""


def part(entry: Entry, **fixed: int) -> Array:
    """The entry's values with some letters fixed: part(A, H=0, T=2) is one row of weights."""
    index = tuple(fixed.get(axis, slice(None)) for axis in entry.axes)
    unknown = set(fixed) - set(entry.axes)
    if unknown:
        raise KeyError(f"{entry.name} has no axis {', '.join(sorted(unknown))}")
    return np.asarray(entry.value[index])


def largest(entry: Entry, **fixed: int) -> int:
    """Where along the one free axis the largest value is."""
    return int(np.argmax(_line(entry, fixed)))


def smallest(entry: Entry, **fixed: int) -> int:
    """Where along the one free axis the smallest value is, minus infinity aside."""
    line = _line(entry, fixed)
    return int(np.argmin(np.where(np.isfinite(line), line, np.inf)))


def strongest(entry: Entry, **fixed: int) -> int:
    """Where along the one free axis the value of the largest magnitude is, minus infinity aside."""
    line = _line(entry, fixed)
    return int(np.argmax(np.where(np.isfinite(line), np.abs(line), -1)))


def peak(entry: Entry) -> tuple[int, ...]:
    """The index of the value of the largest magnitude, minus infinity aside."""
    magnitudes = np.where(np.isfinite(entry.value), np.abs(entry.value), -1)
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(magnitudes)), entry.shape))


def peak_at(entry: Entry) -> dict[str, int]:
    """The same index, by the letters of the axes."""
    return dict(zip(entry.axes, peak(entry), strict=True))


def weakest(entry: Entry) -> tuple[int, ...]:
    """The index of the value of the smallest magnitude that is not zero."""
    magnitudes = np.where(entry.value != 0, np.abs(entry.value), np.inf)
    return tuple(int(i) for i in np.unravel_index(int(np.argmin(magnitudes)), entry.shape))


def nearest_ratio(one: Entry, other: Entry, wanted: float) -> dict[str, int]:
    """By the letters of the axes, the cell where `one` is most nearly so many times `other`, by the angle of the pair.
    Cells where both are zero are left out, as long as there are others."""
    length = np.hypot(one.value, other.value)
    off = np.abs(one.value - wanted * other.value) / np.where(length > 0, length, 1.0)
    found = np.unravel_index(int(np.argmin(np.where(length > 0, off, np.inf))), one.shape)
    return {axis: int(i) for axis, i in zip(one.axes, found, strict=True)}


def opposed(old: Entry, kept: Entry, new: Entry) -> float:
    """The share of a parameter's cells in which the step undoes some of what the decay did, among those that both
    moved."""
    decay, step = kept.value - old.value, new.value - kept.value
    both = (decay != 0) & (step != 0)
    return float(np.mean(decay[both] * step[both] < 0)) if both.any() else 0.0


def overtakes(one: Entry, other: Entry) -> int | None:
    """The first place from which `one` is above `other` to the end; None where it is not above it there."""
    below = np.flatnonzero(one.value <= other.value)
    first = int(below[-1]) + 1 if below.size else 0
    return first if first < one.value.size else None


def all_zero(entry: Entry, **fixed: int) -> bool:
    """Whether every value is exactly zero."""
    return not np.any(part(entry, **fixed))


def nearly_one(entry: Entry, **fixed: int) -> bool:
    """Whether the magnitude of one value is within a tenth of 1: "moves by about the learning rate"."""
    return bool(np.all(np.abs(np.abs(part(entry, **fixed)) - 1.0) <= 0.1))


def negatives(entry: Entry, **fixed: int) -> int:
    """How many of the values are below zero, minus infinity aside."""
    values = part(entry, **fixed)
    return int(np.sum((values < 0) & np.isfinite(values)))


def cells(entry: Entry, **fixed: int) -> int:
    """How many values there are."""
    return int(part(entry, **fixed).size)


def sums_to(entry: Entry, total: float, over: str) -> bool:
    """Whether the sums along one axis are that number, to 1e-12 of the largest entry, or of 1 where all are smaller."""
    sums = entry.value.sum(axis=entry.axes.index(over))
    return bool(np.all(np.abs(sums - total) <= BOUND * max(1.0, float(np.abs(entry.value).max()))))


def agree(one: Array, other: Array) -> bool:
    """Whether two arrays are equal but for rounding: to 1e-12 of the largest, and to 1e-15 where all are small."""
    allowed = BOUND * float(np.abs(other).max(initial=0.0)) + RESIDUE
    return one.shape == other.shape and bool(np.all(np.abs(one - other) <= allowed))


def repeats(ids: Entry) -> dict[int, list[int]]:
    """Where each id stands that stands in more than one place."""
    places: dict[int, list[int]] = {}
    for place, number in enumerate(ids.value.tolist()):
        places.setdefault(number, []).append(place)
    return {number: found for number, found in places.items() if len(found) > 1}


def unread(ids: Entry, rows: int) -> list[int]:
    """The rows of a table whose number is not among the ids."""
    return [row for row in range(rows) if row not in ids.value]


def hits(probabilities: Entry, targets: Entry) -> list[int]:
    """The positions whose largest probability is the target's."""
    return [int(t) for t in np.flatnonzero(probabilities.value.argmax(axis=-1) == targets.value)]


def standardized(normalized: Entry, variance: Entry, raised: Entry) -> bool:
    """Whether each row of a layer norm has mean 0 and the variance that its input's variance over the raised one
    says."""
    rows, wanted = normalized.value, variance.value / raised.value
    means = bool(np.all(np.abs(rows.mean(axis=-1)) <= BOUND * max(1.0, float(np.abs(rows).max()))))
    return means and agree(rows.var(axis=-1), wanted)


def _line(entry: Entry, fixed: dict[str, int]) -> Array:
    line = part(entry, **fixed)
    if line.ndim != 1:
        raise KeyError(f"{entry.name}: {line.ndim} axes are free; fix all but one of {' '.join(entry.axes)}")
    return line


def dealt_out(rows: Entry, heads: Entry) -> bool:
    """Whether each head holds its own strip of the rows' channels, unchanged, and the strips are all there is."""
    width = heads.shape[-1]
    strips = [rows.value[:, h * width : (h + 1) * width] for h in range(heads.shape[0])]
    return rows.shape[1] == width * len(strips) and all(map(np.array_equal, strips, heads.value))


def hidden_later(weights: Entry) -> bool:
    """Whether every weight of a later key is exactly zero, and every other one is above zero."""
    later = np.triu(np.ones(weights.shape[-2:], dtype=bool), k=1)
    return bool(np.all(weights.value[..., later] == 0) and np.all(weights.value[..., ~later] > 0))


def mixtures(out: Entry, values: Entry) -> bool:
    """Whether each channel that comes out of attention lies between the smallest and the largest value that its query
    may look at."""
    low, high = (f.accumulate(values.value, axis=1) for f in (np.minimum, np.maximum))
    slack = BOUND * float(np.abs(values.value).max())
    return bool(np.all(out.value >= low - slack) and np.all(out.value <= high + slack))


def between(entry: Entry, low: float, high: float) -> bool:
    """Whether every value lies between two bounds, both allowed."""
    return bool(np.all(entry.value >= low) and np.all(entry.value <= high))


def drawn_to_zero(bent: Entry, straight: Entry) -> bool:
    """Whether a curve keeps each number's sign and makes none larger in magnitude."""
    same = np.all(np.sign(bent.value) * np.sign(straight.value) >= 0)
    return bool(same and np.all(np.abs(bent.value) <= np.abs(straight.value)))


def same_order(shares: Entry, scores: Entry) -> bool:
    """Whether in every row the largest score has the largest share, minus infinity aside."""
    best = scores.value.argmax(axis=-1)
    return bool(np.array_equal(best, shares.value.argmax(axis=-1)))


def moved_by_one(targets: Entry, tokens: Entry) -> bool:
    """Whether each target but the last is the token after it."""
    return bool(np.array_equal(targets.value[:-1], tokens.value[1:]))
