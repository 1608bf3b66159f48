"""The pictures of the pages on writing: the growing sentence, the draw, and what the KV cache computes again."""

from __future__ import annotations

from render.figures.writing.cache import Kept
from render.figures.writing.draw import Drawn
from render.figures.writing.growing import Growing


class Writing(Growing, Drawn, Kept):
    """Pictures of writing: each public method is one, as a fence for the page."""
