"""The pictures of the forward pages."""

from __future__ import annotations

from render.figures.forward_attention import AttentionPictures
from render.figures.forward_bars import BarPictures
from render.figures.forward_embeddings import EmbeddingPictures
from render.figures.forward_loss import LossPictures
from render.figures.forward_norm import NormPictures
from render.figures.forward_products import ProductPictures
from render.figures.forward_stream import StreamPictures


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
