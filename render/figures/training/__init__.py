"""The pictures of the pages on training: the second step, steps far apart, and what many steps do; other
optimizers and a higher rate."""

from __future__ import annotations

from render.figures.training.course import Lessons
from render.figures.training.rivals import Rivals
from render.figures.training.second import Second
from render.figures.training.steps import Steps
from render.figures.training.too_fast import Fast
from render.figures.training.words import Words


class Training(Second, Steps, Rivals, Fast, Lessons, Words):
    """Pictures of training: each public method is one, as a fence for the page."""
