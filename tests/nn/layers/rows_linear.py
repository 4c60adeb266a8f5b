"""Rows of linear layers and tables of vectors."""

from __future__ import annotations

from lucid.testing import integers
from tests.nn.layers.table import LayerCase

LINEAR = [
    LayerCase(layer="Linear", args=(5, 3), inputs=((4, 5),), out=(4, 3)),
    LayerCase(layer="Linear", args=(5, 3), options={"bias": False}, inputs=((2, 2, 5),), out=(2, 2, 3)),
    LayerCase(layer="Embedding", args=(6, 2), inputs=((3, 4),), domain=integers(0, 6), out=(3, 4, 2)),
]
