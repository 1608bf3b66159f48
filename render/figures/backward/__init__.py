"""The pictures of the backward pages."""

from __future__ import annotations

from render.figures.backward.loss import LossGradientPictures
from render.figures.backward.product import ProductGradientPictures
from render.figures.backward.row import RowGradientPictures
from render.figures.backward.slope import SlopePictures
from render.figures.backward.stream import StreamGradientPictures
from render.figures.backward.tables import TableGradientPictures


class Backward(
    SlopePictures,
    LossGradientPictures,
    ProductGradientPictures,
    RowGradientPictures,
    StreamGradientPictures,
    TableGradientPictures,
):
    """Pictures of the backward pages: each public method is one, as a fence for the page."""
