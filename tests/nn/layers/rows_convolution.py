"""Rows of convolutions: every mode of padding, groups, dilation."""

from __future__ import annotations

from tests.nn.layers.table import LayerCase

CONVOLUTION = [
    LayerCase(layer="Conv1d", args=(2, 4, 3), inputs=((2, 2, 5),), out=(2, 4, 3)),
    LayerCase(layer="Conv1d", args=(4, 2, 3, 2, 2, 2, 2, False), inputs=((4, 5),), out=(2, 3)),
    *(
        LayerCase(
            layer="Conv1d",
            args=(2, 2, 4),
            options={"padding": "same", "padding_mode": mode},
            inputs=((1, 2, 5),),
            out=(1, 2, 5),
        )
        for mode in ("reflect", "replicate", "circular")
    ),
    LayerCase(layer="Conv1d", args=(2, 2, 3, 1, "same", 2), inputs=((1, 2, 5),), out=(1, 2, 5)),
    LayerCase(layer="Conv1d", args=(2, 2, 2, 1, "valid"), inputs=((1, 2, 5),), out=(1, 2, 4)),
    LayerCase(layer="Conv2d", args=(2, 4, 3), inputs=((2, 2, 4, 5),), out=(2, 4, 2, 3)),
    LayerCase(
        layer="Conv2d",
        args=(2, 4, (2, 3), (1, 2), (0, 1), (2, 1), 2),
        inputs=((2, 2, 4, 5),),
        out=(2, 4, 2, 3),
    ),
    *(
        LayerCase(
            layer="Conv2d",
            args=(2, 2, (3, 2), (1, 2), (1, 2)),
            options={"padding_mode": mode, "bias": False},
            inputs=((1, 2, 3, 4),),
            out=(1, 2, 3, 4),
        )
        for mode in ("reflect", "replicate", "circular")
    ),
    LayerCase(
        layer="Conv2d",
        args=(2, 2, (2, 3)),
        options={"padding": "same", "dilation": (2, 1)},
        inputs=((2, 3, 4),),
        out=(2, 3, 4),
    ),
    LayerCase(layer="Conv3d", args=(2, 2, 2), inputs=((1, 2, 2, 3, 3),), out=(1, 2, 1, 2, 2)),
    *(
        LayerCase(
            layer="Conv3d",
            args=(2, 2, (1, 2, 3), 2, (0, 1, 1)),
            options={"padding_mode": mode, "groups": 2},
            inputs=((1, 2, 2, 3, 3),),
            out=(1, 2, 1, 2, 2),
        )
        for mode in ("zeros", "reflect", "replicate", "circular")
    ),
    LayerCase(layer="ConvTranspose1d", args=(2, 4, 3), inputs=((2, 2, 3),), out=(2, 4, 5)),
    LayerCase(layer="ConvTranspose1d", args=(4, 2, 3, 3, 1, 2, 2, False, 2), inputs=((4, 3),), out=(2, 11)),
    LayerCase(layer="ConvTranspose2d", args=(2, 4, 3), inputs=((2, 2, 2, 3),), out=(2, 4, 4, 5)),
    LayerCase(
        layer="ConvTranspose2d",
        args=(2, 4, (2, 3), (2, 1), (0, 1), (1, 0), 2, True, (1, 2)),
        inputs=((1, 2, 2, 3),),
        out=(1, 4, 5, 5),
    ),
    LayerCase(layer="ConvTranspose3d", args=(2, 2, 2), inputs=((1, 2, 1, 2, 2),), out=(1, 2, 2, 3, 3)),
    LayerCase(
        layer="ConvTranspose3d",
        args=(2, 2, 2, 2, (0, 1, 1), (0, 1, 0), 2),
        inputs=((1, 2, 1, 2, 2),),
        out=(1, 2, 2, 3, 2),
    ),
    LayerCase(
        layer="ConvTranspose2d",
        args=(1, 1, 3, 2, 1),
        inputs=((1, 1, 2, 2),),
        call={"output_size": (4, 3)},
        out=(1, 1, 4, 3),
    ),
]
