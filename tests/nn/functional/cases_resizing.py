"""Rows of resizing, with a matrix for each axis, and of sampling, with places gone through one by one."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase, between, integers, normal
from tests.ops.rows import with_options

Array = Any

# ----------------------------------------------------------------- formulas


def hat(d: float) -> float:
    return max(0.0, 1 - abs(d))


def cubic(d: float, a: float = -0.75) -> float:
    d = abs(d)
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else 0.0


def lanczos(d: float) -> float:
    return float(np.sinc(d) * np.sinc(d / 3)) if abs(d) < 3 else 0.0


FILTERS = {"lin": hat, "cub": lambda d: cubic(d, -0.5), "lan": lanczos}


def matrix(mode: str, n: int, m: int, step: float, corners: bool, antialias: bool) -> Array:
    """Return what takes n elements to m."""
    result = np.zeros((m, n))
    kind = next((k for k in FILTERS if k in mode), "")
    for i in range(m):
        if mode == "area":
            result[i, i * n // m : -(-(i + 1) * n // m)] = 1
        elif mode.startswith("nearest"):
            result[i, min(math.floor((i + (0.5 if "exact" in mode else 0)) * step), n - 1)] = 1
        elif antialias:
            result[i] = [FILTERS[kind]((j + 0.5 - (i + 0.5) * step) / max(step, 1)) for j in range(n)]
        else:
            place = i * (n - 1) / max(m - 1, 1) if corners else (i + 0.5) * step - 0.5
            place = max(place, 0) if kind == "lin" else place
            for j in range(-3, n + 3):
                result[i, min(max(j, 0), n - 1)] += (hat if kind == "lin" else cubic)(place - j)
    return result / result.sum(axis=1, keepdims=True)


def interpolate(
    x: Array,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool = False,
    recompute_scale_factor: bool = False,
    antialias: bool = False,
) -> Array:
    n = x.ndim - 2
    factors = scale_factor if isinstance(scale_factor, tuple) else (scale_factor,) * n
    sizes = size if isinstance(size, tuple) else (size,) * n
    for axis in range(n):
        before, factor = x.shape[axis + 2], factors[axis]
        after = math.floor(before * factor) if factor else sizes[axis]
        step = 1 / factor if factor and not recompute_scale_factor else before / after
        by = matrix(mode, before, after, step, align_corners, antialias)
        x = np.moveaxis(np.tensordot(by, x, (1, axis + 2)), 0, axis + 2)
    return x


def mirrored(p: float, low: float, high: float) -> float:
    """Go to and fro between the ends until all of the way is gone."""
    if low == high:
        return low
    while not low <= p <= high:
        p = 2 * low - p if p < low else 2 * high - p
    return p


def grid_sample(
    x: Array, grid: Array, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Array:
    n, sizes = x.ndim - 2, x.shape[2:]
    out = np.zeros((*x.shape[:2], *grid.shape[1:-1]))

    def bounded(p: float, size: int) -> float:
        low, high = (0.0, size - 1.0) if align_corners else (-0.5, size - 0.5)
        p = mirrored(p, low, high) if padding_mode == "reflection" else p
        return p if padding_mode == "zeros" else min(max(p, 0.0), size - 1.0)

    for place in np.ndindex(grid.shape[:-1]):
        along: list[list[tuple[int, float]]] = []
        for axis, size in enumerate(sizes):
            g = grid[place][n - 1 - axis]
            p = (g + 1) / 2 * (size - 1) if align_corners else ((g + 1) * size - 1) / 2
            if mode == "nearest":
                along.append([(round(bounded(p, size)), 1.0)])
            elif mode == "bilinear":
                p = bounded(p, size)
                along.append([(j, hat(p - j)) for j in (math.floor(p), math.floor(p) + 1)])
            else:
                first = math.floor(p)
                along.append([(int(bounded(j, size)), cubic(p - j)) for j in range(first - 1, first + 3)])
        for taps in itertools.product(*along):
            at = tuple(j for j, _ in taps)
            if all(0 <= j < size for j, size in zip(at, sizes, strict=True)):
                weight = math.prod(w for _, w in taps)
                out[(place[0], slice(None), *place[1:])] += weight * x[(place[0], slice(None), *at)]
    return out


def affine_grid(theta: Array, size: tuple[int, ...], align_corners: bool = False) -> Array:
    space = size[2:]
    out = np.zeros((size[0], *space, len(space)))
    for place in np.ndindex(*space):
        base = [
            (2 * i / (m - 1) - 1 if align_corners else (2 * i + 1) / m - 1) if m > 1 else 0.0
            for i, m in zip(place, space, strict=True)
        ]
        out[(slice(None), *place)] = theta @ np.array([*base[::-1], 1.0])
    return out


# ----------------------------------------------------------------- rows

SHAPES: dict[int, list[Any]] = {
    1: [((2, 2, 5),)],
    2: [((2, 1, 4, 3),), ((0, 2, 3, 3),)],
    3: [((1, 1, 2, 3, 2),)],
}
OPTIONS: dict[int, list[dict[str, Any]]] = {
    2: [
        {"size": (6, 2), "mode": "bilinear"},
        {"scale_factor": (1.6, 0.7), "mode": "bilinear"},
        {"scale_factor": 1.6, "mode": "bilinear", "recompute_scale_factor": True},
        {"size": (5, 2), "mode": "bilinear", "align_corners": True},
        {"size": 2, "mode": "bilinear", "antialias": True},
        {"scale_factor": 2, "mode": "bicubic"},
        {"size": (1, 5), "mode": "bicubic", "align_corners": True},
        {"size": (2, 4), "mode": "bicubic", "antialias": True},
        {"size": (1, 4), "mode": "lanczos", "antialias": True},
        {"scale_factor": 2},
        {"size": (3, 5), "mode": "nearest"},
        {"scale_factor": 1.6, "mode": "nearest-exact"},
        {"size": (3, 2), "mode": "area"},
    ],
    1: [
        {"size": 8, "mode": "linear"},
        {"size": 60, "mode": "linear"},  # many come of one
        {"size": 7, "mode": "nearest-exact"},
        {"size": 2, "mode": "area"},
    ],
    3: [
        {"size": (3, 2, 4), "mode": "trilinear"},
        {"scale_factor": (2, 1, 1.5), "mode": "nearest"},
        {"size": (3, 2, 1), "mode": "area"},
    ],
}

RESIZING: list[OpCase] = [
    case
    for n, options in OPTIONS.items()
    for case in with_options(
        OpCase(name=f"interpolate[{n}d]", function=F.interpolate, reference=interpolate, shapes=SHAPES[n]),
        options,
    )
]
RESIZING += [
    OpCase(
        name="interpolate[integers]",
        function=F.interpolate,
        reference=lambda x, scale_factor: np.repeat(x, 2, axis=-1),
        shapes=[((1, 2, 3),)],
        domain=integers(0, 9),
        options={"scale_factor": 2},
        order=0,
    ),
    *with_options(
        OpCase(
            name="grid_sample",
            function=F.grid_sample,
            reference=grid_sample,
            shapes=[((2, 2, 3, 4), (2, 2, 3, 2))],
            domain=(normal, between(-1.6, 1.6)),
        ),
        [
            {"mode": mode, "padding_mode": padding, "align_corners": corners}
            for mode in ("bilinear", "bicubic")
            for padding, corners in (("zeros", False), ("border", True), ("reflection", False))
        ],
    ),
    *with_options(
        OpCase(
            name="grid_sample[nearest]",
            function=F.grid_sample,
            reference=grid_sample,
            shapes=[((2, 2, 3, 4), (2, 2, 3, 2)), ((0, 1, 2, 2), (0, 1, 1, 2))],
            domain=(normal, between(-1.6, 1.6)),
        ),
        [{"mode": "nearest"}, {"mode": "nearest", "padding_mode": "reflection", "align_corners": True}],
    ),
    *with_options(
        OpCase(
            name="grid_sample[volumes]",
            function=F.grid_sample,
            reference=grid_sample,
            shapes=[((1, 2, 2, 3, 2), (1, 1, 2, 2, 3))],
            domain=(normal, between(-1.3, 1.3)),
        ),
        [{}, {"mode": "nearest", "padding_mode": "border"}],
    ),
    *(
        OpCase(
            name=f"affine_grid[{len(size) - 2}d, align_corners={corners}]",
            function=F.affine_grid,
            reference=affine_grid,
            shapes=[((2, len(size) - 2, len(size) - 1),)],
            options={"size": size, "align_corners": corners},
        )
        for size in ((2, 3, 2, 3), (2, 1, 1, 2, 3))
        for corners in (False, True)
    ),
]
