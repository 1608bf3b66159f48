"""All parameters as one vector, in the order of the model, with a view of it for each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from calc import parameters
from calc.operations import Array, letters


class Place(NamedTuple):
    """Where a parameter stands in the vector."""

    name: str
    shape: tuple[int, ...]
    start: int
    end: int


def places(layers: int, sizes: Mapping[str, int]) -> list[Place]:
    """Every parameter's place, one behind the other."""
    found, start = list[Place](), 0
    for parameter, _ in parameters.layout(layers):
        shape = tuple(sizes[letter] for letter in letters(parameter.axes))
        end = start + math.prod(shape)
        found.append(Place(parameter.name, shape, start, end))
        start = end
    return found


def zeros(where: list[Place]) -> Array:
    return np.zeros(where[-1].end)


def views(vector: Array, where: list[Place]) -> dict[str, Array]:
    """The vector's parts by parameter, in their shapes: a number written to one is in the other."""
    return {p.name: vector[p.start : p.end].reshape(p.shape) for p in where}
