"""Rows of lazy layers, which are called once before they are looked at."""

from __future__ import annotations

from typing import Any

from tests.nn.layers.table import LayerCase


def row(layer: str, x: Any, out: Any, /, *args: Any, **options: Any) -> LayerCase:
    options = {"options": options, "order": 1, "xla": False}  # they are plain layers by then
    return LayerCase(layer=f"Lazy{layer}", args=args, inputs=(x,), out=out, **options)


LAZY = [
    row("Linear", (4, 5), (4, 3), 3),
    row("Linear", (2, 2, 5), (2, 2, 3), 3, bias=False),
    row("Conv1d", (2, 2, 5), (2, 4, 3), 4, 3),
    row("Conv1d", (2, 5), (4, 5), 4, 3, padding="same", padding_mode="circular", groups=2),
    row("Conv2d", (2, 2, 4, 5), (2, 2, 2, 3), 2, 3, bias=False),
    row("Conv3d", (1, 2, 3, 3, 3), (1, 2, 2, 3, 3), 2, (2, 1, 1)),
    row("ConvTranspose1d", (2, 2, 3), (2, 4, 7), 4, 3, 2),
    row("ConvTranspose1d", (2, 3), (4, 6), 4, 2, 2, groups=2, bias=False),
    row("ConvTranspose2d", (2, 2, 2, 3), (2, 2, 4, 6), 2, 2, 2),
    row("ConvTranspose3d", (1, 2, 2, 2, 2), (1, 2, 3, 2, 2), 2, (2, 1, 1)),
    row("BatchNorm1d", (4, 3), (4, 3)),
    row("BatchNorm1d", (2, 3, 4), (2, 3, 4), momentum=None, bias=False),
    row("BatchNorm2d", (2, 3, 2, 2), (2, 3, 2, 2), 1e-3, 0.2),
    row("BatchNorm2d", (2, 3, 2, 2), (2, 3, 2, 2), affine=False, track_running_stats=False),
    row("BatchNorm3d", (2, 2, 2, 1, 2), (2, 2, 2, 1, 2)),
    row("InstanceNorm1d", (2, 3, 4), (2, 3, 4)),
    row("InstanceNorm2d", (2, 3, 2, 2), (2, 3, 2, 2), affine=False),
    row("InstanceNorm3d", (2, 2, 2, 1, 2), (2, 2, 2, 1, 2), track_running_stats=False),
]
