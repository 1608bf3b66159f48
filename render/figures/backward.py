"""The pictures of the backward pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from render.page import Page


class Backward:
    """Pictures of the backward pages: each public method is one, as a fence for the page."""

    page: Page
