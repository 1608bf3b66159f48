"""All parameters in one vector: every number is in one place, and a view is no copy."""

from __future__ import annotations

import numpy as np

from calc import flat, parameters, step


def test_the_views_are_the_parameters_in_their_order(prime):
    sizes = step.axis_sizes(prime)
    drawn = parameters.draw(2, sizes, 7, 0.2, 2)
    where = flat.places(2, sizes)
    vector = flat.zeros(where)
    views = flat.views(vector, where)
    assert {name: view.shape for name, view in views.items()} == {name: v.shape for name, v in drawn.items()}
    assert list(views) == list(drawn)
    for name, view in views.items():
        view[...] = drawn[name]
    np.testing.assert_array_equal(vector, np.concatenate([value.ravel() for value in drawn.values()]))
