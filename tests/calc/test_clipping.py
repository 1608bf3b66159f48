"""What a limit does to the first step's gradient."""

from __future__ import annotations

import numpy as np
import pytest

from calc import clipping
from calc.course import Course
from tests.configurations import configured

SMALL = {"model.d_model": 6, "model.heads": 3, "model.d_ff": 7}


@pytest.mark.parametrize(("clip", "limit"), [(0.0, clipping.LIMIT), (0.25, 0.25), (1e4, 1e4)])
def test_the_norm_is_that_of_all_parameters_and_the_limit_holds(clip: float, limit: float) -> None:
    course = Course(configured(SMALL | {"training.clip": clip}))
    led = clipping.of(course)
    norm = np.linalg.norm(np.concatenate([value.ravel() for value in course.gradient.values()]))
    assert float(led["clip.norm"].value) == pytest.approx(norm, rel=1e-12)
    assert float(led["clip.limit"].value) == limit
    after = np.linalg.norm(np.concatenate([led[f"clip.{name}.clipped"].value.ravel() for name in course.gradient]))
    assert after == pytest.approx(min(norm, limit), rel=1e-4)
