"""Rows of layers that pad, move and resize."""

from __future__ import annotations

from tests.nn.layers.table import LayerCase

SPACES = {1: (5,), 2: (4, 5), 3: (2, 3, 4)}
WIDER = {1: (8,), 2: (6, 8), 3: (3, 5, 7)}
ENDS = {1: (1, 2), 2: (1, 2, 2, 0), 3: (1, 2, 1, 1, 1, 0)}  # the last axis first

PADDING = [
    *(
        LayerCase(
            layer=f"{kind}Pad{n}d",
            args=(ENDS[n], *((1.5,) if kind == "Constant" else ())),
            inputs=((2, 3, *SPACES[n]),),
            out=(2, 3, *WIDER[n]),
        )
        for kind in ("Constant", "Zero", "Reflection", "Replication", "Circular")
        for n in (1, 2, 3)
    ),
    *(
        LayerCase(layer=f"{kind}Pad1d", args=((3, -1),), inputs=((2, 5),), out=(2, 7))
        for kind in ("Zero", "Reflection", "Replication", "Circular")
    ),
    LayerCase(layer="ZeroPad2d", args=(1,), inputs=((2, 3),), out=(4, 5)),
    LayerCase(layer="ConstantPad2d", args=((-1, 0, -1, 1), 3), inputs=((1, 2, 3),), out=(1, 2, 2)),
]

SHAPE = [
    LayerCase(layer="Flatten", inputs=((2, 3, 2),), out=(2, 6)),
    LayerCase(layer="Flatten", options={"start_axis": 0, "end_axis": -2}, inputs=((2, 3, 2),), out=(6, 2)),
    LayerCase(layer="Identity", inputs=((2, 3),), out=(2, 3)),
    LayerCase(layer="Unflatten", args=(1, (2, -1)), inputs=((2, 6),), out=(2, 2, 3)),
    LayerCase(layer="Unflatten", args=(-2, (1, 2, 1)), inputs=((2, 3),), out=(1, 2, 1, 3)),
    LayerCase(layer="PixelShuffle", args=(2,), inputs=((1, 8, 2, 3),), out=(1, 2, 4, 6)),
    LayerCase(layer="PixelUnshuffle", args=(2,), inputs=((2, 4, 6),), out=(8, 2, 3)),
    LayerCase(layer="ChannelShuffle", args=(2,), inputs=((2, 6, 2, 1),), out=(2, 6, 2, 1)),
    LayerCase(layer="Unfold", args=(2,), inputs=((2, 2, 4, 5),), out=(2, 8, 12)),
    LayerCase(layer="Unfold", args=((3, 2), (1, 2), 1, 2), inputs=((2, 5, 4),), out=(12, 6)),
    LayerCase(layer="Fold", args=((4, 5), 2), inputs=((2, 8, 12),), out=(2, 2, 4, 5)),
    LayerCase(layer="Fold", args=((5, 4), (3, 2), (1, 2), 1, 2), inputs=((12, 6),), out=(2, 5, 4)),
]

UPSAMPLING = [
    LayerCase(layer="Upsample", args=((6, 4),), inputs=((1, 2, 3, 4),), out=(1, 2, 6, 4)),
    *(
        LayerCase(
            layer="Upsample",
            options={"scale_factor": 1.5, "mode": mode},
            inputs=((1, 2, *(3,) * n),),
            out=(1, 2, *(4,) * n),
        )
        for mode, n in (
            ("nearest", 1),
            ("nearest-exact", 2),
            ("linear", 1),
            ("bilinear", 2),
            ("bicubic", 2),
            ("trilinear", 3),
            ("area", 2),
        )
    ),
    *(
        LayerCase(
            layer="Upsample",
            options={"size": 4, "mode": mode, "align_corners": True},
            inputs=((1, 1, *(3,) * n),),
            out=(1, 1, *(4,) * n),
        )
        for mode, n in (("linear", 1), ("bilinear", 2), ("bicubic", 2), ("trilinear", 3))
    ),
    LayerCase(
        layer="Upsample",
        args=(None, (0.7, 2), "bilinear", False, True),
        inputs=((1, 2, 3, 3),),
        out=(1, 2, 2, 6),
    ),
    LayerCase(layer="UpsamplingNearest2d", args=(None, 2), inputs=((1, 2, 2, 3),), out=(1, 2, 4, 6)),
    LayerCase(layer="UpsamplingBilinear2d", args=((3, 4),), inputs=((1, 2, 2, 3),), out=(1, 2, 3, 4)),
]

SPACE = [*PADDING, *SHAPE, *UPSAMPLING]
