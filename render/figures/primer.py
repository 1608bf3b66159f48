"""The pictures of the pages before the walk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from render.page import Page


class Primer:
    """Pictures of the pages before the walk: each public method is one, as a fence for the page."""

    page: Page
