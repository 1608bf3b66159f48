"""Every picture that a template can ask for, as methods of `Pictures`: `pic.softmax(...)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from render.figures.backward import Backward
from render.figures.forward import Forward
from render.figures.primer import Primer
from render.figures.update import Update

if TYPE_CHECKING:
    from render.page import Page


class Pictures(Forward, Backward, Update, Primer):
    """The pictures of one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
