"""The pictures of the forward pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from render.page import Page


class Forward:
    """Pictures of the forward pages: each public method is one, as a fence for the page."""

    page: Page
