"""Rows for convolutions, each with its sum written out, one window after the other."""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase

Array = Any


def each(value: Any, n: int) -> tuple[int, ...]:
    return (value,) * n if isinstance(value, int) else value


def convolve(
    x: Array,
    weight: Array,
    bias: Array = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Array:
    """Multiply each window by the kernel: slow, and plainly what the words say."""
    n = weight.ndim - 2
    if x.ndim == n + 1:
        return convolve(x[None], weight, bias, stride, padding, dilation, groups)[0]
    stride, dilation = each(stride, n), each(dilation, n)
    if padding == "same":
        pairs = [
            (d * (k - 1) // 2, d * (k - 1) - d * (k - 1) // 2)
            for k, d in zip(weight.shape[2:], dilation, strict=True)
        ]
    else:
        pairs = [(p, p) for p in each(0 if padding == "valid" else padding, n)]
    x = np.pad(x, [(0, 0), (0, 0), *pairs])
    spans = [(k - 1) * d + 1 for k, d in zip(weight.shape[2:], dilation, strict=True)]
    size = [(m - e) // s + 1 for m, e, s in zip(x.shape[2:], spans, stride, strict=True)]
    out = np.zeros((len(x), len(weight), *size))
    for o in range(len(weight)):
        channels = part_of(o, len(weight), x.shape[1], groups)
        for place in np.ndindex(*size):
            window = tuple(
                slice(i * s, i * s + e, d) for i, s, e, d in zip(place, stride, spans, dilation, strict=True)
            )
            seen = x[(slice(None), channels, *window)]
            out[(slice(None), o, *place)] = (seen * weight[o]).sum(tuple(range(1, n + 2)))
    return out if bias is None else out + bias.reshape(-1, *(1,) * n)


def transpose(
    x: Array,
    weight: Array,
    bias: Array = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Array:
    """Add the kernel, times each element, where it belongs; then cut off the padding."""
    n = weight.ndim - 2
    if x.ndim == n + 1:
        return transpose(x[None], weight, bias, stride, padding, output_padding, groups, dilation)[0]
    stride, dilation, padding, more = (each(v, n) for v in (stride, dilation, padding, output_padding))
    spans = [(k - 1) * d + 1 for k, d in zip(weight.shape[2:], dilation, strict=True)]
    whole = [(m - 1) * s + e for m, s, e in zip(x.shape[2:], stride, spans, strict=True)]
    channels = weight.shape[1] * groups
    out = np.zeros((len(x), channels, *(m + a for m, a in zip(whole, more, strict=True))))
    for c in range(x.shape[1]):
        to = part_of(c, x.shape[1], channels, groups)
        for place in np.ndindex(*x.shape[2:]):
            window = tuple(
                slice(i * s, i * s + e, d) for i, s, e, d in zip(place, stride, spans, dilation, strict=True)
            )
            factor = x[(slice(None), c, *place)].reshape(-1, *(1,) * (n + 1))
            out[(slice(None), to, *window)] += factor * weight[c]
    kept = tuple(slice(p, m + a - p) for p, m, a in zip(padding, whole, more, strict=True))
    out = out[(..., *kept)]
    return out if bias is None else out + bias.reshape(-1, *(1,) * n)


def part_of(i: int, count: int, others: int, groups: int) -> slice:
    """Return those of the other channels that are in the group of channel ``i``."""
    group = i // (count // groups)
    return slice(group * (others // groups), (group + 1) * (others // groups))


def row(name: str, function: Any, shapes: list[Any], **options: Any) -> OpCase:
    shown = ", ".join(f"{key}={value!r}" for key, value in options.items())
    reference = transpose if "transpose" in name else convolve
    name = f"{name}[{shown}]" if shown else name
    return OpCase(name=name, function=function, reference=reference, shapes=shapes, options=options)


PLAIN = [
    ((2, 2, 5), (3, 2, 3), (3,)),
    ((2, 5), (3, 2, 2)),
    ((0, 2, 5), (3, 2, 3), (3,)),
    ((1, 0, 3), (2, 0, 2), (2,)),
]

CONVOLUTION = [
    row("conv1d", F.conv1d, PLAIN),
    row("conv1d", F.conv1d, [((1, 4, 7), (6, 2, 2), (6,))], stride=2, padding=2, dilation=3, groups=2),
    row("conv1d", F.conv1d, [((1, 2, 4), (2, 1, 4))], padding="same", groups=2),
    row("conv2d", F.conv2d, [((2, 2, 3, 4), (2, 2, 2, 2), (2,)), ((1, 3, 3), (2, 1, 3, 2))]),
    row(
        "conv2d",
        F.conv2d,
        [((1, 2, 5, 4), (2, 2, 3, 2), (2,))],
        stride=(2, 1),
        padding=(1, 0),
        dilation=(1, 2),
    ),
    row("conv2d", F.conv2d, [((1, 1, 3, 4), (2, 1, 2, 3))], padding="same", dilation=(2, 1)),
    row("conv2d", F.conv2d, [((1, 1, 4, 4), (1, 1, 2, 2))], padding="valid", stride=3),
    row(
        "conv3d", F.conv3d, [((1, 2, 2, 3, 2), (2, 1, 2, 2, 1), (2,))], stride=(1, 2, 1), padding=1, groups=2
    ),
    row(
        "conv_transpose1d",
        F.conv_transpose1d,
        [((2, 3, 4), (3, 2, 3), (2,)), ((3, 3), (3, 2, 2)), ((0, 3, 4), (3, 2, 3), (2,))],
    ),
    row(
        "conv_transpose1d",
        F.conv_transpose1d,
        [((1, 4, 3), (4, 1, 2), (2,))],
        stride=2,
        padding=1,
        output_padding=2,
        groups=2,
        dilation=3,
    ),
    row("conv_transpose1d", F.conv_transpose1d, [((1, 1, 3), (1, 1, 1))], output_padding=2, stride=4),
    row("conv_transpose2d", F.conv_transpose2d, [((2, 2, 2, 3), (2, 1, 2, 2), (1,))], stride=(2, 1)),
    row(
        "conv_transpose2d",
        F.conv_transpose2d,
        [((1, 2, 3, 3), (2, 2, 3, 2))],
        stride=2,
        padding=(1, 0),
        output_padding=1,
    ),
    row(
        "conv_transpose3d",
        F.conv_transpose3d,
        [((1, 2, 2, 1, 2), (2, 2, 1, 2, 2), (4,))],
        stride=(2, 1, 2),
        padding=(0, 0, 1),
        groups=2,
    ),
]
