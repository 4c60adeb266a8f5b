"""Rows for searching and sets: positions have no derivative, distinct values that of reading."""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid
from lucid.testing import OpCase, between, complex_normal, integers, normal
from tests.ops.rows import with_options

FEW = integers(0, 3)
SHAPES = [((2, 3),), ((),), ((0, 3),)]


def ascending(rng: Any, shape: Any) -> Any:
    return np.sort(rng.normal(size=shape))


def count(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.sum(x != 0, axis=axis, keepdims=keepdims)


CASES = [
    OpCase(
        name="nonzero",
        function=lucid.nonzero,
        reference=np.nonzero,
        shapes=[((2, 3),), ((5,),), ((0, 3),)],
        domain=FEW,
        order=0,
    ),
    *with_options(
        OpCase(
            name="count_nonzero",
            function=lucid.count_nonzero,
            reference=count,
            shapes=[((2, 3),), ((0, 3),)],
            domain=FEW,
            order=0,
        ),
        [{}, {"axis": 0}, {"axis": (0, -1), "keepdims": True}],
    ),
    *with_options(
        OpCase(
            name="searchsorted",
            function=lucid.searchsorted,
            reference=np.searchsorted,
            shapes=[((5,), (2, 3)), ((5,), ()), ((0,), (2,)), ((3,), (0,))],
            domain=(ascending, normal),
            order=0,
        ),
        [{}, {"side": "right"}],
    ),
    OpCase(
        name="searchsorted[equal elements]",
        function=lambda x, y: lucid.searchsorted(x, y, sorter=lucid.argsort(x)),
        reference=lambda x, y: np.searchsorted(x, y, sorter=np.argsort(x, stable=True)),
        shapes=[((6,), (2, 3))],
        domain=FEW,
        order=0,
    ),
    *with_options(
        OpCase(
            name="isin",
            function=lucid.isin,
            reference=np.isin,
            shapes=[((2, 3), (2,)), ((), (2, 2)), ((0, 3), ()), ((2,), (0,))],
            domain=integers(0, 5),
            order=0,
            scalars=True,
        ),
        [{}, {"invert": True}],
    ),
    OpCase(
        name="unique_all",
        function=lucid.unique_all,
        reference=np.unique_all,
        shapes=SHAPES,
        domain=FEW,
        order=0,
    ),
    OpCase(
        name="unique_counts",
        function=lucid.unique_counts,
        reference=np.unique_counts,
        shapes=SHAPES,
        domain=FEW,
        order=0,
    ),
    OpCase(
        name="unique_inverse",
        function=lucid.unique_inverse,
        reference=np.unique_inverse,
        shapes=SHAPES,
        domain=FEW,
        order=0,
    ),
    OpCase(name="unique_values", function=lucid.unique_values, reference=np.unique, shapes=SHAPES),
    OpCase(
        name="unique_values[complex]",
        function=lucid.unique_values,
        reference=np.unique,
        shapes=[((2, 3),)],
        domain=complex_normal,
    ),
    OpCase(
        name="unique_all[values]",
        function=lambda x: lucid.unique_all(lucid.concat([x, x])).values ** 2,
        reference=lambda x: np.unique(x) ** 2,
        shapes=[((4,),)],
        domain=between(-2, 2),
    ),
]
