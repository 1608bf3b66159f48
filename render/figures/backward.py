"""The pictures of the backward pages."""

from __future__ import annotations

from render.figures.backward_loss import LossGradientPictures
from render.figures.backward_product import ProductGradientPictures
from render.figures.backward_row import RowGradientPictures
from render.figures.backward_slope import SlopePictures
from render.figures.backward_stream import StreamGradientPictures
from render.figures.backward_tables import TableGradientPictures


class Backward(
    SlopePictures,
    LossGradientPictures,
    ProductGradientPictures,
    RowGradientPictures,
    StreamGradientPictures,
    TableGradientPictures,
):
    """Pictures of the backward pages: each public method is one, as a fence for the page."""
