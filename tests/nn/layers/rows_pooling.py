"""Rows of layers that pool, and of those that undo it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid.testing import nonzero, normal, positive
from lucid.testing.domains import distinct
from tests.nn.layers.table import LayerCase

SEQ, IMG, VOL = (2, 2, 7), (2, 2, 5, 4), (1, 2, 3, 4, 3)


def places(n: int, among: int) -> Any:
    """Return a domain of distinct places among so many, for each image of ``n`` axes its own."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        count = math.prod(shape[-n:])
        rows = [rng.permutation(among)[:count] for _ in range(math.prod(shape[:-n]))]
        return np.array(rows, np.int64).reshape(shape)

    return draw


def samples(*shape: int) -> Any:
    return np.random.default_rng(0).random(shape)


def row(layer: str, shape: Any, out: Any, domain: Any = distinct, /, *args: Any, **options: Any) -> LayerCase:
    return LayerCase(
        layer=layer,
        args=args,
        options=options,
        inputs=(shape,),
        domain=domain,
        out=out,
        xla="2d" not in layer,  # the functions of images run there
    )


MAX = [
    row("MaxPool1d", SEQ, (2, 2, 3), distinct, 2),
    row("MaxPool1d", (2, 7), (2, 5), distinct, 3, 1, padding=1, dilation=2),
    row("MaxPool1d", SEQ, ((2, 2, 4),) * 2, distinct, 2, ceil_mode=True, return_indices=True),
    row("MaxPool2d", IMG, (2, 2, 2, 2), distinct, 2),
    row("MaxPool2d", IMG, (2, 2, 3, 3), distinct, (3, 2), (2, 1), (1, 0)),
    row("MaxPool2d", IMG, ((2, 2, 2, 5),) * 2, distinct, 2, (2, 1), (0, 1), (2, 1), return_indices=True),
    row("MaxPool2d", (2, 5, 4), (2, 3, 2), distinct, 2, ceil_mode=True),
    row("MaxPool3d", VOL, (1, 2, 1, 2, 1), distinct, 2),
    row("MaxPool3d", VOL, ((1, 2, 3, 2, 2),) * 2, distinct, (1, 2, 2), ceil_mode=True, return_indices=True),
    row("MaxPool3d", VOL[1:], (2, 1, 3, 2), distinct, 2, (2, 2, 1), (0, 1, 0), 1),
    row("AdaptiveMaxPool1d", SEQ, (2, 2, 3), distinct, 3),
    row("AdaptiveMaxPool1d", SEQ, ((2, 2, 2),) * 2, distinct, 2, return_indices=True),
    row("AdaptiveMaxPool2d", IMG, (2, 2, 2, 3), distinct, (2, 3)),
    row("AdaptiveMaxPool2d", IMG, ((2, 2, 3, 4),) * 2, distinct, (3, None), return_indices=True),
    row("AdaptiveMaxPool3d", VOL, (1, 2, 2, 2, 2), distinct, 2),
    row("AdaptiveMaxPool3d", VOL[1:], ((2, 1, 4, 2),) * 2, distinct, (1, None, 2), return_indices=True),
]
AVG = [
    row("AvgPool1d", SEQ, (2, 2, 3), normal, 2),
    row("AvgPool1d", (2, 7), (2, 4), normal, 3, 2, 1, ceil_mode=True),
    row("AvgPool1d", SEQ, (2, 2, 7), normal, 3, 1, 1, count_include_pad=False),
    row("AvgPool2d", IMG, (2, 2, 2, 2), normal, 2),
    row("AvgPool2d", IMG, (2, 2, 3, 3), normal, (3, 2), (2, 1), (1, 0), ceil_mode=True),
    row("AvgPool2d", (2, 5, 4), (2, 5, 4), normal, 3, 1, 1, count_include_pad=False),
    row("AvgPool2d", IMG, (2, 2, 2, 2), normal, 2, divisor_override=3),
    row("AvgPool3d", VOL, (1, 2, 1, 2, 1), normal, 2),
    row("AvgPool3d", VOL, (1, 2, 3, 3, 2), normal, (1, 2, 3), (1, 2, 2), (0, 1, 1), True, False, 5),
    row("AdaptiveAvgPool1d", SEQ, (2, 2, 3), normal, 3),
    row("AdaptiveAvgPool2d", IMG, (2, 2, 2, 3), normal, (2, 3)),
    row("AdaptiveAvgPool2d", (2, 5, 4), (2, 3, 4), normal, (3, None)),
    row("AdaptiveAvgPool3d", VOL, (1, 2, 2, 2, 2), normal, 2),
    row("AdaptiveAvgPool3d", VOL, (1, 2, 1, 4, 2), normal, (1, None, 2)),
]
LP = [
    row("LPPool1d", SEQ, (2, 2, 3), nonzero, 2, 2),
    row("LPPool1d", SEQ, (2, 2, 4), positive, 3, 2, ceil_mode=True),
    row("LPPool1d", (2, 7), (2, 3), positive, 1.5, 3, 2),
    row("LPPool1d", SEQ, (2, 2, 3), distinct, math.inf, 2),
    row("LPPool1d", SEQ, (2, 2, 3), nonzero, 1, 2),
    row("LPPool2d", IMG, (2, 2, 2, 2), nonzero, 2, 2),
    row("LPPool2d", IMG, (2, 2, 2, 3), positive, 3, (3, 2), (2, 1), True),
    row("LPPool2d", (2, 5, 4), (2, 2, 2), distinct, -math.inf, 2),
    row("LPPool3d", VOL, (1, 2, 1, 2, 1), nonzero, 2, 2),
    row("LPPool3d", VOL, (1, 2, 3, 2, 2), positive, 3, (1, 2, 2), ceil_mode=True),
]
FRACTIONAL = [
    row("FractionalMaxPool2d", IMG, (2, 2, 3, 2), distinct, 2, (3, 2), _random_samples=samples(2, 2, 2)),
    row(
        "FractionalMaxPool2d",
        (2, 5, 4),
        ((2, 3, 2),) * 2,
        distinct,
        (1, 2),
        output_ratio=(0.6, 0.7),
        return_indices=True,
        _random_samples=samples(1, 2, 2),
    ),
    row(
        "FractionalMaxPool3d",
        VOL,
        (1, 2, 2, 2, 1),
        distinct,
        (1, 2, 2),
        (2, 2, 1),
        None,
        False,
        samples(1, 2, 3),
    ),
    row(
        "FractionalMaxPool3d",
        VOL[1:],
        ((2, 1, 2, 1),) * 2,
        distinct,
        2,
        output_ratio=0.5,
        return_indices=True,
        _random_samples=samples(1, 2, 3),
    ),
]
UNPOOL = [
    LayerCase(
        layer=layer,
        args=args,
        inputs=(shape, shape),
        domain=(normal, places(int(layer[-2]), m)),
        out=out,
        call=call,
        xla=False,  # one function, which runs there
    )
    for layer, args, shape, m, out, call in [
        ("MaxUnpool1d", (2,), (2, 2, 3), 6, (2, 2, 6), {}),
        ("MaxUnpool1d", (3, 2, 1), (2, 2, 3), 6, (2, 2, 6), {"output_size": (2, 2, 6)}),
        ("MaxUnpool2d", (2,), (2, 2, 2, 3), 24, (2, 2, 4, 6), {}),
        ("MaxUnpool2d", ((3, 2), (2, 1), (1, 0)), (2, 2, 2, 3), 16, (2, 2, 4, 4), {"output_size": (4, 4)}),
        ("MaxUnpool3d", (2,), (1, 2, 1, 2, 1), 16, (1, 2, 2, 4, 2), {}),
        ("MaxUnpool3d", ((1, 2, 2), 2), (1, 2, 2, 1, 1), 12, (1, 2, 3, 2, 2), {}),
    ]
]
POOLING = [*MAX, *AVG, *LP, *FRACTIONAL, *UNPOOL]
