"""Rows for division by the sizes of vectors and channels, each with its formula in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase, nonzero
from tests.ops.rows import with_options

Array = Any


def normalize(x: Array, p: float = 2.0, axis: Any = 1, eps: float = 1e-12) -> Array:
    axes = axis if isinstance(axis, tuple) else (axis,)
    if np.isinf(p):
        norm = np.abs(x).max(axes, keepdims=True)
    else:
        norm = (np.abs(x) ** p).sum(axes, keepdims=True) ** (1 / p)
    return x / np.maximum(norm, eps)


def neighbours(x: Array, before: int, after: int) -> Array:
    """Return the sums of the squares of each channel and of those around it."""
    sums = np.zeros_like(x)
    for c in range(x.shape[1]):
        sums[:, c] = (x[:, max(0, c - before) : c + after + 1] ** 2).sum(1)
    return sums


def local_response_norm(x: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> Array:
    return x / (k + alpha / size * neighbours(x, size // 2, (size - 1) // 2)) ** beta


def cross_map_lrn2d(x: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> Array:
    reach = (size - 1) // 2
    sums = neighbours(x, reach, reach)
    sums[:, reach + 1 :] += x[:, :1] ** 2
    return x / (k + alpha / size * sums) ** beta


def global_response_norm(x: Array, gamma: Array, beta: Array, eps: float = 1e-6) -> Array:
    norms = np.sqrt((x**2).sum((2, 3), keepdims=True))
    share = norms / (norms.mean(1, keepdims=True) + eps)
    return gamma.reshape((-1, 1, 1)) * x * share + beta.reshape((-1, 1, 1)) + x


IMAGES = [((2, 3, 2, 2),), ((1, 2, 1, 3),), ((0, 3, 2, 2),), ((2, 3, 0, 2),)]

RESPONSE_NORMS = [
    *with_options(
        OpCase(
            name="normalize",
            function=F.normalize,
            reference=normalize,
            shapes=[((2, 3),), ((2, 3, 2),), ((0, 3),)],
            domain=nonzero,
        ),
        [{}, {"p": 1.0}, {"p": 3, "axis": 0}, {"axis": (0, 1), "eps": 20.0}],
    ),
    OpCase(
        name="normalize[inf]",
        function=F.normalize,
        reference=normalize,
        shapes=[((2, 3),), ((2, 3, 2),)],
        options={"p": float("inf"), "axis": -1},
        domain=nonzero,
    ),
    *with_options(
        OpCase(
            name="local_response_norm",
            function=F.local_response_norm,
            reference=local_response_norm,
            shapes=[((2, 5, 2),), *IMAGES, ((1, 3, 1, 2, 1),), ((2, 0, 2),)],
        ),
        [{"size": 3, "alpha": 0.5}, {"size": 4, "alpha": 1.0, "beta": 1.5, "k": 2}, {"size": 1}],
    ),
    *with_options(
        OpCase(
            name="cross_map_lrn2d",
            function=F.cross_map_lrn2d,
            reference=cross_map_lrn2d,
            shapes=[((1, 5, 1, 2),), *IMAGES],
        ),
        [{"size": 3, "alpha": 0.5}, {"size": 6, "alpha": 1.0, "beta": 1.5, "k": 2}, {"size": 1}],
    ),
    *with_options(
        OpCase(
            name="global_response_norm",
            function=F.global_response_norm,
            reference=global_response_norm,
            shapes=[
                ((2, 3, 2, 2), (3,), (1, 3, 1, 1)),
                ((1, 2, 1, 3), (2,), (2,)),
                ((0, 2, 1, 3), (2,), (2,)),
            ],
            domain=nonzero,
        ),
        [{}, {"eps": 1.0}],
    ),
]
