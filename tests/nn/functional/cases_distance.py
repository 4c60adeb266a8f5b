"""Rows for distances and similarities of vectors; each with its formula."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase, between, nonzero
from tests.ops.rows import with_options

Array = Any


def cosine(a: Array, b: Array, axis: int = -1) -> Array:
    a, b = np.broadcast_arrays(a, b)
    return (a * b).sum(axis) / np.sqrt((a * a).sum(axis) * (b * b).sum(axis))


def norm(x: Array, p: float) -> Array:
    if p == 0:
        return (x != 0).sum(-1).astype(float)
    return np.abs(x).max(-1) if p == math.inf else (np.abs(x) ** p).sum(-1) ** (1 / p)


# ----------------------------------------------------------------- distances

DISTANCES = [
    *with_options(
        OpCase(
            name="cosine_similarity",
            function=F.cosine_similarity,
            reference=cosine,
            shapes=[((3, 2), (3, 2)), ((3, 2), (3, 1)), ((2, 3, 2), (3, 1)), ((0, 2, 3), (0, 2, 3))],
            domain=nonzero,
        ),
        [{"axis": 1}, {"axis": -2}],
    ),
    *(
        OpCase(
            name=f"pairwise_distance[p={p}]",
            function=lambda x, y, p=p: F.pairwise_distance(x, y, p, 0.01),
            reference=lambda x, y, p=p: norm(x - y + 0.01, p),
            shapes=[((4, 3), (4, 3)), ((3,), (4, 3)), ((0, 3), (3,))],
            domain=(between(0, 1), between(1.2, 2)),
            order=2 if p else 0,
        )
        for p in (0.0, 0.5, 1.0, 2.0, 3.0, math.inf)
    ),
    *(
        OpCase(
            name=f"cdist[p={p}]",
            function=lambda x, y, p=p: F.cdist(x, y, p),
            reference=lambda x, y, p=p: norm(x[..., :, None, :] - y[..., None, :, :], p),
            shapes=[((4, 3), (2, 3)), ((2, 1, 4, 3), (3, 2, 3)), ((0, 3), (2, 3))],
            order=2 if p else 0,
        )
        for p in (0.0, 1.0, 1.5, 2.0, math.inf)
    ),
    OpCase(
        name="cdist[by products]",
        function=lambda x, y: F.cdist(x, y, compute_mode="use_mm_for_euclid_dist"),
        reference=lambda x, y: norm(x[..., :, None, :] - y[..., None, :, :], 2),
        shapes=[((4, 3), (2, 3)), ((2, 1, 4, 3), (3, 2, 3))],
        rtol=1e-11,
        reason="numbers are subtracted that are larger than their difference",
    ),
    *(
        OpCase(
            name=f"pdist[p={p}]",
            function=lambda x, p=p: F.pdist(x, p),
            reference=lambda x, p=p: norm(
                x[np.triu_indices(len(x), 1)[0]] - x[np.triu_indices(len(x), 1)[1]], p
            ),
            shapes=[((4, 3),), ((1, 3),), ((0, 3),)],
        )
        for p in (1.0, 2.0, math.inf)
    ),
]
