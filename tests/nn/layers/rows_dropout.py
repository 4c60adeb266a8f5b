"""Rows of layers that leave out at random. What is compared is evaluation, where they do nothing."""

from __future__ import annotations

from typing import Any

from tests.nn.layers.table import LayerCase, Shape


def dropping(layer: str, shape: Shape, *args: Any, theirs: bool = True) -> LayerCase:
    shapes = {"inputs": (shape,), "out": shape}
    return LayerCase(layer=layer, args=args, random=True, theirs=theirs, xla=False, **shapes)


DROPOUT = [
    dropping("Dropout", (2, 3), 0.3),
    dropping("Dropout1d", (2, 3, 4), 0.3),
    dropping("Dropout1d", (3, 4)),
    dropping("Dropout2d", (2, 3, 2, 2), 0.3),
    dropping("Dropout3d", (2, 3, 2, 1, 2), 0.3),
    dropping("Dropout3d", (3, 2, 1, 2)),
    dropping("AlphaDropout", (2, 3), 0.3),
    dropping("FeatureAlphaDropout", (2, 3, 4), 0.3),
    dropping("DropPath", (2, 3), 0.3, theirs=False),
    dropping("DropBlock", (2, 3, 4, 4), 3, 0.3, theirs=False),
]
