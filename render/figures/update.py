"""The pictures of AdamW, the loss accounted for, and blame by path."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from render.page import Page


class Update:
    """Pictures of AdamW, the loss accounted for, and blame by path: each public method is one, as a fence for the page."""

    page: Page
