"""Rows of what moves elements in space: padding, columns of windows, channels for pixels."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase, integers
from tests.ops.rows import with_options

Array = Any

NUMPYS = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(x: Array, pad: Any, mode: str = "constant", value: Any = None) -> Array:
    """Let NumPy pad, along one axis after the other, and cut off what negative numbers say."""
    for i in range(len(pad) // 2):
        widths = [(0, 0)] * x.ndim
        widths[-1 - i] = tuple(max(w, 0) for w in pad[2 * i : 2 * i + 2])
        more = {"constant_values": value or 0} if mode == "constant" else {}
        size = x.shape[-1 - i]
        x = np.pad(x, widths, mode=NUMPYS[mode], **more)
        start, stop = (max(-w, 0) for w in pad[2 * i : 2 * i + 2])
        x = np.moveaxis(np.moveaxis(x, -1 - i, 0)[start : size + sum(map(sum, widths)) - stop], 0, -1 - i)
    return x


def each(value: Any) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


def places(size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> list[Any]:
    """Return for each element of a kernel and each window where in the image it lies, or None outside."""
    kernel, dilation, padding, stride = map(each, (kernel_size, dilation, padding, stride))
    counts = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(size, kernel, dilation, padding, stride, strict=True)
    ]
    found = []
    for k in itertools.product(*map(range, kernel)):
        row = []
        for i in itertools.product(*map(range, counts)):
            at = tuple(i[a] * stride[a] + k[a] * dilation[a] - padding[a] for a in (0, 1))
            row.append(at if all(0 <= m < n for m, n in zip(at, size, strict=True)) else None)
        found.append(row)
    return found


def unfold(x: Array, **options: Any) -> Array:
    table = places(x.shape[-2:], **options)
    zeros = np.zeros(x.shape[:-2])
    columns = np.array([[zeros if at is None else x[(..., *at)] for at in row] for row in table])
    columns = np.moveaxis(columns, (0, 1), (-2, -1))
    return columns.reshape(*x.shape[:-3], x.shape[-3] * len(table), len(table[0]))


def fold(x: Array, output_size: Any, **options: Any) -> Array:
    size = each(output_size)
    table = places(size, **options)
    x = x.reshape(*x.shape[:-2], x.shape[-2] // len(table), len(table), x.shape[-1])
    out = np.zeros((*x.shape[:-2], *size))
    for k, row in enumerate(table):
        for i, at in enumerate(row):
            if at is not None:
                out[(..., *at)] += x[..., k, i]
    return out


def pixel_shuffle(x: Array, upscale_factor: int) -> Array:
    r = upscale_factor
    *lead, c, h, w = x.shape
    out = np.zeros((*lead, c // r**2, h * r, w * r))
    for i, j in itertools.product(range(r), range(r)):
        out[..., i::r, j::r] = x[..., i * r + j :: r**2, :, :]
    return out


def pixel_unshuffle(x: Array, downscale_factor: int) -> Array:
    r = downscale_factor
    parts = [x[..., i::r, j::r] for i in range(r) for j in range(r)]
    *lead, c, h, w = parts[0].shape
    return np.stack(parts, axis=-3).reshape(*lead, c * r**2, h, w)


def channel_shuffle(x: Array, groups: int) -> Array:
    each_group = x.shape[1] // groups
    order = [k * each_group + i for i in range(each_group) for k in range(groups)]
    return x[:, order]


IMAGES = [((2, 3, 4, 5),), ((3, 4, 5),), ((0, 3, 4, 5),)]

SPACE = [
    *with_options(
        OpCase(name="pad", function=F.pad, reference=pad, shapes=[((2, 3, 4, 3),), ((3, 4),), ((0, 4, 3),)]),
        [
            {"pad": (1, 2, 0, 1)},
            {"pad": (2, -1, -1, 1), "value": 2.5},
            {"pad": (1, 2, 2, 0), "mode": "reflect"},
            {"pad": (-1, 3), "mode": "replicate"},
            {"pad": (3, 2, 0, 1), "mode": "circular"},
            {"pad": (-1, -1), "mode": "circular"},
        ],
    ),
    OpCase(
        name="pad[no axes]", function=F.pad, reference=lambda x, pad: x, shapes=[((),)], options={"pad": ()}
    ),
    OpCase(
        name="pad[integers]",
        function=F.pad,
        reference=pad,
        shapes=[((2, 3),)],
        domain=integers(0, 5),
        options={"pad": (1, 1), "value": 7},
        order=0,
    ),
    *with_options(
        OpCase(name="unfold", function=F.unfold, reference=unfold, shapes=IMAGES),
        [
            {"kernel_size": 2},
            {"kernel_size": (2, 3), "padding": (2, 1), "stride": (1, 2)},
            {"kernel_size": (3, 2), "dilation": (1, 3), "padding": 1, "stride": 2},
            {"kernel_size": 2, "stride": 3},
        ],
    ),
    *(
        OpCase(name=f"fold[{options}]", function=F.fold, reference=fold, shapes=shapes, options=dict(options))
        for options, shapes in (
            ({"output_size": (4, 5), "kernel_size": 2}, [((2, 8, 12),), ((4, 12),), ((0, 8, 12),)]),
            (
                {"output_size": (3, 4), "kernel_size": (2, 3), "padding": (2, 1), "stride": (2, 1)},
                [((1, 12, 12),)],
            ),
            (
                {"output_size": (6, 5), "kernel_size": (3, 2), "dilation": (1, 2), "padding": 1, "stride": 2},
                [((1, 12, 9),)],
            ),
            ({"output_size": (10, 7), "kernel_size": 2, "stride": (3, 2)}, [((1, 8, 9),)]),
        )
    ),
    *with_options(
        OpCase(
            name="pixel_shuffle",
            function=F.pixel_shuffle,
            reference=pixel_shuffle,
            shapes=[((2, 8, 2, 3),), ((4, 1, 2),), ((2, 4, 0, 3),)],
        ),
        [{"upscale_factor": 2}],
    ),
    *with_options(
        OpCase(
            name="pixel_unshuffle",
            function=F.pixel_unshuffle,
            reference=pixel_unshuffle,
            shapes=[((2, 2, 4, 6),), ((1, 2, 2),), ((2, 0, 4, 2),)],
        ),
        [{"downscale_factor": 2}],
    ),
    OpCase(
        name="channel_shuffle",
        function=F.channel_shuffle,
        reference=channel_shuffle,
        shapes=[((2, 6, 2),), ((1, 6, 2, 1),), ((0, 6, 2),)],
        options={"groups": 2},
    ),
    OpCase(
        name="unflatten",
        function=F.unflatten,
        reference=lambda x, axis, sizes: x.reshape(x.shape[0], 2, 3, *x.shape[2:]),
        shapes=[((2, 6),), ((2, 6, 3),), ((0, 6),)],
        options={"axis": 1, "sizes": (2, -1)},
    ),
]
