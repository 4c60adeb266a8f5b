"""Rows of blocks of several layers, which PyTorch has not."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.nn.layers.table import LayerCase, Shape

heads = ((2, 3, 2), (2, 4, 2), (2, 4, 3))
mask = np.array([[0.0, 0.5, -1.0, 2.0]])


ON_XLA = ("ConvBNReLU2d", "DepthSeparableConv2d", "Rearrange")


def block(layer: str, shape: Shape, out: Shape, *args: Any, **options: Any) -> LayerCase:
    options = {"options": options, "theirs": False, "xla": layer in ON_XLA}
    return LayerCase(layer=layer, args=args, inputs=(shape,), out=out, **options)


def attention(*args: Any, **options: Any) -> LayerCase:
    layer = "ScaledDotProductAttention"
    return LayerCase(layer=layer, args=args, options=options, inputs=heads, out=(2, 3, 3), theirs=False)


BLOCKS = [
    block("ConvBNReLU1d", (3, 2, 4), (3, 3, 2), 2, 3, 3),
    block("ConvBNReLU1d", (3, 2, 4), (3, 2, 2), 2, 2, 2, 2, 0, 1, 2, False, 0.1, None, False, False),
    block("ConvBNReLU2d", (2, 2, 3, 3), (2, 3, 3, 3), 2, 3, 3, padding="same"),
    block("ConvBNReLU3d", (2, 1, 2, 2, 3), (2, 2, 1, 1, 2), 1, 2, 2),
    block("DepthSeparableConv1d", (2, 2, 4), (2, 3, 2), 2, 3, 3),
    block("DepthSeparableConv2d", (2, 2, 3, 3), (2, 3, 2, 2), 2, 3, 3, 2, 1, bias=False),
    block("DepthSeparableConv2d", (2, 3, 3), (1, 1, 1), 2, 1, 2, dilation=2),
    block("DepthSeparableConv3d", (2, 1, 2, 2, 3), (2, 2, 1, 1, 2), 1, 2, 2),
    block("SEModule", (2, 4, 2, 2), (2, 4, 2, 2), 4, 2),
    block("SelectiveKernel", (2, 2, 3, 3), (2, 4, 3, 3), 2, 4, [1, 3], reduction=2),
    block("SelectiveKernel", (2, 2, 3, 3), (2, 4, 2, 2), 2, 4, [1, 3], 2, None, 2, 4),
    attention(mask, scale=0.5),
    attention(),
    attention(is_causal=True),
    block("Rearrange", (2, 4, 3), (3, 2, 4), "n (h w) c -> c h (n w)", h=2),
]
