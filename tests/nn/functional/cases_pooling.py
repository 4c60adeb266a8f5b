"""Rows of pooling: with windows gone through one by one."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase
from lucid.testing.domains import distinct
from tests.ops.rows import with_options

Array = Any


def each(value: Any, n: int) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,) * n


def pooled(x: Array, n: int, intervals: list[list[range]], of: Any) -> Array:
    """Return ``of(window, elements in the image)`` for each window; what lies outside is left out."""
    shape = tuple(map(len, intervals))
    out = np.zeros((*x.shape[:-n], *shape))
    for place in np.ndindex(shape):
        inside = [
            [i for i in intervals[a][p] if 0 <= i < x.shape[a - n]]
            for a, p in zip(range(n), place, strict=True)
        ]
        window = np.stack([x[(..., *at)] for at in itertools.product(*inside)], axis=-1)
        out[(..., *place)] = of(window, [intervals[a][p] for a, p in zip(range(n), place, strict=True)])
    return out


def regular(
    x: Array,
    n: int,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> list[list[range]]:
    intervals = []
    kernel, stride = each(kernel_size, n), each(kernel_size if stride is None else stride, n)
    for size, k, s, p, d in zip(
        x.shape[-n:], kernel, stride, each(padding, n), each(dilation, n), strict=True
    ):
        starts = range(-p, size + p, s) if ceil_mode else range(-p, size + p - d * (k - 1), s)
        if ceil_mode:  # a window is wanted until one has reached the end, if it begins before the padding
            fit = math.ceil((size + 2 * p - d * (k - 1) - 1) / s) + 1
            starts = [b for b in list(starts)[:fit] if b < size]
        intervals.append([range(b, b + d * (k - 1) + 1, d) for b in starts])
    return intervals


def max_pool(n: int) -> Any:
    return lambda x, **o: pooled(x, n, regular(x, n, **o), lambda w, _: w.max(-1))


def avg_pool(n: int) -> Any:
    def reference(
        x: Array, count_include_pad: bool = True, divisor_override: int | None = None, **o: Any
    ) -> Array:
        padding = each(o.get("padding", 0), n)

        def average(window: Array, at: list[range]) -> Array:
            sizes = zip(at, padding, x.shape[-n:], strict=True)
            count = math.prod(min(r.stop, size + p) - r.start for r, p, size in sizes)
            count = count if count_include_pad else window.shape[-1]
            return window.sum(-1) / (count if divisor_override is None else divisor_override)

        return pooled(x, n, regular(x, n, **o), average)

    return reference


def adaptive(n: int, of: Any) -> Any:
    def reference(x: Array, output_size: Any) -> Array:
        counts = [s if c is None else c for c, s in zip(each(output_size, n), x.shape[-n:], strict=True)]
        intervals = [
            [range(math.floor(i * s / c), math.ceil((i + 1) * s / c)) for i in range(c)]
            for c, s in zip(counts, x.shape[-n:], strict=True)
        ]
        return pooled(x, n, intervals, lambda w, _: of(w, -1))

    return reference


SHAPES: dict[int, list[Any]] = {
    1: [((2, 2, 7),), ((3, 5),), ((0, 2, 5),)],
    2: [((2, 2, 5, 4),), ((2, 4, 5),), ((2, 0, 4, 4),)],
    3: [((1, 2, 3, 4, 3),), ((2, 3, 3, 4),)],
}
MAX: dict[int, list[Any]] = {
    1: [{"kernel_size": 2}, {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 2, "ceil_mode": True}],
    2: [{"kernel_size": 2}, {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 0), "ceil_mode": True}],
    3: [{"kernel_size": 2}, {"kernel_size": (1, 3, 2), "stride": 2, "padding": (0, 1, 1)}],
}
AVG: dict[int, list[Any]] = {
    1: [{"kernel_size": 2}, {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}],
    2: [
        {"kernel_size": 2},
        {"kernel_size": (3, 2), "stride": (3, 1), "padding": (1, 0), "ceil_mode": True},
        {"kernel_size": 3, "stride": 1, "padding": 1, "count_include_pad": False},
        {"kernel_size": 2, "divisor_override": 3},
    ],
    3: [{"kernel_size": 2}, {"kernel_size": (1, 3, 2), "stride": 2, "padding": (0, 1, 1)}],
}
SIZES: dict[int, list[Any]] = {1: [3], 2: [(2, 3), 1, (None, 2)], 3: [2, (1, None, 2)]}

POOLING: list[OpCase] = []
for n in (2, 1, 3):  # those of images first: they are the ones that run on XLA
    for name, reference, options in (
        ("max_pool", max_pool(n), MAX[n]),
        ("avg_pool", avg_pool(n), AVG[n]),
        ("adaptive_max_pool", adaptive(n, np.max), [{"output_size": s} for s in SIZES[n]]),
        ("adaptive_avg_pool", adaptive(n, np.mean), [{"output_size": s} for s in SIZES[n]]),
    ):
        case = OpCase(
            name=f"{name}[{n}d]",
            function=getattr(F, f"{name}{n}d"),
            reference=reference,
            shapes=SHAPES[n],
            domain=distinct,
        )
        POOLING += with_options(case, options)
