"""Rows of bags of embeddings, and of maps linear in two arguments, each with its formula in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase, integers, normal

Array = Any


def bag_by_bag(
    x: Array,
    weight: Array,
    scale: Array = None,
    *,
    offsets: Array = None,
    mode: str = "mean",
    padding_idx: int | None = None,
) -> Array:
    """Go through the bags one by one."""
    scale = np.ones(x.shape) if scale is None else scale
    cuts = [] if offsets is None else offsets[1:]
    bags = list(zip(x, scale, strict=True))
    if offsets is not None:
        bags = list(zip(np.split(x, cuts), np.split(scale, cuts), strict=True))
    out = np.zeros((len(bags), weight.shape[1]))
    for i, (names, by) in enumerate(bags):
        kept = np.ones(names.shape, bool) if padding_idx is None else names != padding_idx % len(weight)
        rows = weight[names[kept]] * by[kept][:, None]
        if len(rows):
            out[i] = {"sum": rows.sum(0), "mean": rows.mean(0), "max": rows.max(0)}[mode]
    return out


def of_offsets(x: Any, weight: Any, scale: Any = None, **options: Any) -> Any:
    return F.embedding_bag(x, weight, per_sample_weights=scale, **options)


indices = (integers(0, 6), normal)
ends = np.array([0, 3, 3, 4])
MATRIX, ROW = ((3, 4), (6, 2)), ((7,), (6, 2))

BAGS = [
    *(
        OpCase(
            name=f"embedding_bag[{mode}, padding={padding}, {'row' if shapes is ROW else 'matrix'}]",
            function=F.embedding_bag,
            reference=bag_by_bag,
            shapes=[shapes],
            domain=indices,
            options={
                "mode": mode,
                "padding_idx": padding,
                **({"offsets": ends} if shapes is ROW else {}),
            },
            order=2 if padding is None else 0,  # that padding gets no gradient is a decision
        )
        for mode in ("mean", "sum", "max")
        for padding in (None, -1)
        for shapes in (MATRIX, ROW)
    ),
    OpCase(
        name="embedding_bag[weights]",
        function=of_offsets,
        reference=bag_by_bag,
        shapes=[(*MATRIX, (3, 4)), ((0, 4), (6, 2), (0, 4)), ((2, 0), (6, 2), (2, 0))],
        domain=(*indices, normal),
        options={"mode": "sum"},
    ),
    OpCase(
        name="embedding_bag[weights, offsets]",
        function=of_offsets,
        reference=bag_by_bag,
        shapes=[(*ROW, (7,))],
        domain=(*indices, normal),
        options={"mode": "sum", "offsets": ends},
    ),
    OpCase(
        name="embedding_bag[empty]",
        function=F.embedding_bag,
        reference=bag_by_bag,
        shapes=[((0,), (6, 2))],
        domain=indices,
        options={"offsets": np.array([0, 0]), "mode": "max"},
        order=0,  # the rows of nothing depend on nothing
    ),
    OpCase(
        name="bilinear",
        function=F.bilinear,
        reference=lambda x, y, w, b: np.einsum("...i,kij,...j->...k", x, w, y) + b,
        shapes=[
            ((5, 4), (5, 3), (2, 4, 3), (2,)),
            ((2, 2, 4), (2, 2, 3), (1, 4, 3), (1,)),
            ((4,), (3,), (2, 4, 3), (2,)),
            ((0, 4), (0, 3), (2, 4, 3), (2,)),
        ],
        rtol=1e-12,
        reason="einsum sums in another order",
    ),
    OpCase(
        name="bilinear[no bias]",
        function=F.bilinear,
        reference=lambda x, y, w: np.einsum("...i,kij,...j->...k", x, w, y),
        shapes=[((5, 4), (5, 4), (2, 4, 4))],
        rtol=1e-12,
        reason="einsum sums in another order",
    ),
]
