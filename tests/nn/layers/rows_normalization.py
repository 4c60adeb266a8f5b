"""Rows of normalisation."""

from __future__ import annotations

from typing import Any

from lucid.testing import nonzero
from tests.nn.layers.table import LayerCase, Shape

# Those that differ from others by their number of axes alone, or are their functions, whose rows run on XLA.
NOT_ON_XLA = (
    "BatchNorm3d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LocalResponseNorm",
    "CrossMapLRN2d",
)


def same_shape(layer: str, shape: Shape, *args: Any, **options: Any) -> LayerCase:
    xla = layer not in NOT_ON_XLA
    return LayerCase(layer=layer, args=args, options=options, inputs=(shape,), out=shape, xla=xla)


NORMALIZATION = [
    same_shape("BatchNorm1d", (4, 3), 3),
    same_shape("BatchNorm1d", (4, 3, 2), 3, 0.1, 0.3),
    same_shape("BatchNorm1d", (4, 3), 3, momentum=None),
    same_shape("BatchNorm1d", (4, 3), 3, affine=False),
    same_shape("BatchNorm1d", (4, 3), 3, track_running_stats=False),
    same_shape("BatchNorm1d", (4, 3), 3, bias=False),
    LayerCase(
        layer="BatchNorm1d",
        args=(3,),
        options={"activation": "relu"},
        inputs=((4, 3), (4, 3)),
        domain=nonzero,
        out=(4, 3),
        theirs=False,
    ),
    same_shape("BatchNorm2d", (2, 3, 2, 2), 3),
    same_shape("BatchNorm3d", (2, 3, 1, 2, 2), 3),
    same_shape("InstanceNorm1d", (2, 3, 4), 3),
    same_shape("InstanceNorm1d", (3, 4), 3, 0.1, affine=True),
    same_shape("InstanceNorm1d", (2, 3, 4), 3, 1e-3, 0.3, True, True),
    same_shape("InstanceNorm1d", (2, 3, 4), 3, affine=True, bias=False),
    same_shape("InstanceNorm2d", (2, 3, 2, 2), 3, affine=True),
    same_shape("InstanceNorm2d", (3, 2, 2), 3, track_running_stats=True),
    same_shape("InstanceNorm3d", (2, 3, 1, 2, 2), 3, affine=True),
    same_shape("LayerNorm", (3, 4), 4),
    same_shape("LayerNorm", (2, 3, 4), (3, 4), 0.1),
    same_shape("LayerNorm", (3, 4), 4, elementwise_affine=False),
    same_shape("LayerNorm", (3, 4), 4, bias=False),
    same_shape("RMSNorm", (3, 4), 4),
    same_shape("RMSNorm", (2, 3, 4), (3, 4), 0.1),
    same_shape("RMSNorm", (3, 4), 4, elementwise_affine=False),
    same_shape("GroupNorm", (2, 4, 3), 2, 4),
    same_shape("GroupNorm", (2, 4, 2, 2), 4, 4, 0.1, affine=False),
    same_shape("GroupNorm", (2, 4, 3), 1, 4, bias=False),
    same_shape("LocalResponseNorm", (2, 5, 3), 3, 0.5),
    same_shape("LocalResponseNorm", (2, 5, 2, 2), 4, 1.0, 1.5, 2.0),
    LayerCase(
        layer="CrossMapLRN2d",
        args=(3, 0.5),
        inputs=((2, 5, 2, 2),),
        out=(2, 5, 2, 2),
        order=0,  # PyTorch's gradients are those of other neighbours
        xla=False,
    ),
    same_shape("CrossMapLRN2d", (2, 3, 2, 2), 7, 1.0, 1.5, 2.0),
    LayerCase(layer="GlobalResponseNorm", args=(3,), inputs=((2, 3, 2, 2),), out=(2, 3, 2, 2), theirs=False),
]
