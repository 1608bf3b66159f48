"""The pictures of the forward pages."""

from __future__ import annotations

from render.figures.forward.attention import AttentionPictures
from render.figures.forward.bars import BarPictures
from render.figures.forward.embeddings import EmbeddingPictures
from render.figures.forward.loss import LossPictures
from render.figures.forward.norm import NormPictures
from render.figures.forward.products import ProductPictures
from render.figures.forward.stream import StreamPictures


class Forward(
    EmbeddingPictures,
    NormPictures,
    ProductPictures,
    AttentionPictures,
    BarPictures,
    StreamPictures,
    LossPictures,
):
    """Pictures of the forward pages: each public method is one, as a fence for the page."""
