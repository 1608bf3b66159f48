"""Every picture that a template can ask for, as methods of `Pictures`: `pic.softmax(...)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from render.figures.backward import Backward
from render.figures.forward import Forward
from render.figures.primer import Primer
from render.figures.tokens import Tokens
from render.figures.training import Training
from render.figures.update import Update
from render.figures.writing import Writing

if TYPE_CHECKING:
    from render.page import Page


class Pictures(Forward, Backward, Update, Primer, Tokens, Training, Writing):
    """The pictures of one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
