"""The pictures of the pages after the backward pass: AdamW, the loss accounted for, blame by path, and the summary."""

from __future__ import annotations

from render.figures.update.account import Accounted
from render.figures.update.adamw import Moved
from render.figures.update.blame import Blamed
from render.figures.update.summary import Summed


class Update(Moved, Accounted, Blamed, Summed):
    """Pictures of the update: each public method is one, as a fence for the page."""
