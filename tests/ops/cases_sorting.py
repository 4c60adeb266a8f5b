"""Rows for sorting and what follows from it."""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid
from lucid.testing import OpCase, distinct, integers
from tests.ops.rows import with_options

SHAPES = [((3, 4),), ((0, 3),), ((2, 1),)]
OPTIONS: list[dict[str, Any]] = [
    {},
    {"axis": 0},
    {"descending": True},
    {"axis": 0, "descending": True, "stable": False},
]


def reference_argsort(x: Any, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    # Whole numbers and floats can be negated, and equal elements then keep their order.
    return np.argsort(-x if descending else x, axis=axis, stable=True)


def reference_sort(x: Any, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    return -np.sort(-x, axis=axis) if descending else np.sort(x, axis=axis)


def reference_topk(x: Any, k: int, axis: int = -1, largest: bool = True) -> Any:
    order = np.argsort(-x if largest else x, axis=axis, stable=True)
    indices = np.take(order, np.arange(k), axis=axis)
    return np.take_along_axis(x, indices, axis), indices


CASES = [
    *with_options(
        OpCase(name="sort", function=lucid.sort, reference=reference_sort, shapes=SHAPES, domain=distinct),
        OPTIONS,
    ),
    *with_options(
        OpCase(
            name="argsort",
            function=lucid.argsort,
            reference=reference_argsort,
            shapes=SHAPES,
            domain=distinct,
            order=0,
        ),
        OPTIONS,
    ),
    *with_options(
        OpCase(
            name="argsort[equal elements]",
            function=lucid.argsort,
            reference=reference_argsort,
            shapes=[((3, 12),)],
            domain=integers(0, 3),
            order=0,
        ),
        OPTIONS[:3],
    ),
    *(
        OpCase(
            name=f"topk[{k}, {options}]",
            function=lambda x, k=k, options=options: lucid.topk(x, k, **options),
            reference=lambda x, k=k, options=options: reference_topk(x, k, **options),
            shapes=[((3, 4),), ((3, 2),)],
            domain=distinct,
        )
        for k, options in [(2, {}), (1, {"axis": 0}), (2, {"largest": False}), (0, {}), (2, {"axis": -1})]
    ),
]
