"""Rows for reading and writing at an index."""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid
from lucid.testing import OpCase, complex_normal, integers, normal

SHAPE = (3, 4, 2)

MASK = np.array([True, False, True])
GRID = np.arange(12).reshape(3, 4) % 3 == 0

# What may stand in x[...], x of shape (3, 4, 2).
KEYS: dict[str, Any] = {
    "an integer": 1,
    "a negative integer": -1,
    "integers": (2, -3),
    "all integers": (0, 1, 1),
    "a NumPy integer": np.int32(2),
    "a slice": slice(1, 3),
    "a slice beyond the end": slice(2, 100),
    "an empty slice": slice(2, 1),
    "a slice with a step": (slice(None), slice(None, None, 2)),
    "a negative step": (slice(None, None, -1), slice(3, 0, -2)),
    "...": ...,
    "... and an integer": (..., 1),
    "an integer, ... and a slice": (1, ..., slice(1)),
    "None": None,
    "None and more": (None, 1, ..., None),
    "nothing": (),
    "an integer array": np.array([2, 0]),
    "a list": [0, 2, 1],
    "an empty list": [],
    "negative integers in an array": np.array([-1, -3]),
    "duplicates": np.array([1, 1, 0, 1]),
    "a 0-d array": np.array(1),
    "a 2-d array": np.array([[0, 1], [2, 0]]),
    "two arrays": (np.array([0, 2, 0]), np.array([1, 3, 1])),
    "two arrays that broadcast": (np.array([[0], [2]]), np.array([1, 3])),
    "two arrays apart": (np.array([0, 2]), slice(None), np.array([1, 1])),
    "an array and an integer": (np.array([0, 2, 2]), 1),
    "an integer and an array, apart": (1, slice(None), np.array([1, 0, 1])),
    "an array and a slice": (slice(1, None), np.array([3, 3, 0])),
    "an array, None and ...": (np.array([0, 2]), None, ...),
    "small unsigned integers": np.array([2, 2], np.uint8),
    "a mask": MASK,
    "a list of booleans": [True, True, False],
    "a mask of two axes": GRID,
    "a mask of all axes": np.arange(24).reshape(SHAPE) % 5 == 0,
    "a mask of nothing": np.zeros(3, bool),
    "a mask and an integer": (MASK, 2),
    "a mask and an array": (MASK, np.array([3, 1])),
    "True": True,
    "False": False,
}


def read(label: str, key: Any) -> OpCase:
    return OpCase(
        name=f"getitem[{label}]",
        function=lambda x: x[key],
        reference=lambda x: x[key],
        shapes=[(SHAPE,)],
        domain=normal,
    )


def write(label: str, key: Any) -> OpCase:
    """Write values, of the shape of ``x[key]``."""

    def function(x: Any, value: Any) -> Any:
        return lucid.setitem(x, key, value)

    def reference(x: Any, value: Any) -> Any:
        out = np.array(x)
        out[key] = value
        return out

    target = np.zeros(SHAPE)[key].shape
    return OpCase(
        name=f"setitem[{label}]",
        function=function,
        reference=reference,
        shapes=[(SHAPE, target), (SHAPE, ())],
        domain=normal,
    )


def accumulate(values: Any, index: Any, shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape)
    np.add.at(out, index, values)
    return out


ROWS = np.array([0, 2, 0])

READS = [read(label, key) for label, key in KEYS.items()]
# Which of several values written to one place stays, XLA leaves open: see test_indexing.py.
WRITES = [write(label, key) for label, key in KEYS.items() if label not in ("duplicates", "two arrays")]

OTHERS = [
    OpCase(
        name="getitem[a tensor]",
        function=lambda x, i: x[i],
        reference=lambda x, i: x[i],
        shapes=[((4, 2), (3,)), ((4,), ()), ((4, 2), (0,))],
        domain=(normal, integers(-4, 4)),
    ),
    OpCase(
        name="getitem[a tensor of no axes, and a slice]",
        function=lambda x, i: x[:, i, None, ..., i],
        reference=lambda x, i: x[:, i, None, ..., i],
        shapes=[((2, 3, 2, 3), ())],
        domain=(normal, integers(-3, 3)),
    ),
    OpCase(
        name="getitem[complex]",
        function=lambda x: x[[0, 0, 2], ::-1] * x[0],
        reference=lambda x: x[[0, 0, 2], ::-1] * x[0],
        shapes=[((3, 2),)],
        domain=complex_normal,
    ),
    OpCase(
        name="getitem[a truth value beside an array]",
        function=lambda x: x[None, True, [2, 0, 2]],
        reference=lambda x: x[None, True, [2, 0, 2]],
        shapes=[((3, 2),)],
    ),
    OpCase(
        name="setitem[a truth value beside an array]",
        function=lambda x, v: lucid.setitem(x, (np.array(True), [2, 0]), v),
        reference=lambda x, v: np.concat([v[1:], x[1:2], v[:1]]),
        shapes=[((3, 2), (2, 2))],
    ),
    OpCase(
        name="setitem[complex]",
        function=lambda x, v: lucid.setitem(x, (slice(None), [1, 0]), v) ** 2,
        reference=lambda x, v: np.concat([v[:, ::-1], x[:, 2:]], axis=1) ** 2,
        shapes=[((2, 3), (2, 2))],
        domain=complex_normal,
    ),
    OpCase(
        name="setitem[real values into complex ones]",
        function=lambda x, v: lucid.setitem(x, 1, v),
        reference=lambda x, v: np.stack([x[0], v]),
        shapes=[((2, 3), (3,))],
        domain=(complex_normal, normal),
    ),
    OpCase(
        name="getitem[0-d]",
        function=lambda x: x[...] + x[()] + x[None].sum(),
        reference=lambda x: 3 * x,
        shapes=[((),)],
    ),
    OpCase(
        name="getitem[no elements]",
        function=lambda x: x[:, [0, 0]],
        reference=lambda x: x[:, [0, 0]],
        shapes=[((0, 3),), ((0, 3, 2),)],
    ),
    OpCase(
        name="scatter_add",
        function=lambda v: lucid.scatter_add(v, index=(ROWS,), shape=(4, 2)),
        reference=lambda v: accumulate(v, (ROWS,), (4, 2)),
        shapes=[((3, 2),)],
    ),
    OpCase(
        name="take",
        function=lambda x, i: lucid.take(x, i, axis=1),
        reference=lambda x, i: np.take(x, i, axis=1),
        shapes=[((2, 3), (4,)), ((2, 3, 2), (2, 2)), ((2, 3), ()), ((2, 3), (0,)), ((0, 3), (2,))],
        domain=(normal, integers(0, 3)),
    ),
    OpCase(
        name="take[a list]",
        function=lambda x: lucid.take(x, [2, 0, 2]),
        reference=lambda x: np.take(x, [2, 0, 2]),
        shapes=[((3,),)],
    ),
    OpCase(
        name="take_along_axis",
        function=lambda x, i: lucid.take_along_axis(x, i, axis=1),
        reference=lambda x, i: np.take_along_axis(x, i, axis=1),
        shapes=[((2, 3), (2, 4)), ((2, 3, 2), (2, 1, 2)), ((2, 3), (2, 0)), ((2, 3), (1, 2))],
        domain=(normal, integers(0, 3)),
    ),
    OpCase(
        name="take_along_axis[complex]",
        function=lambda x, i: lucid.take_along_axis(x, i) ** 2,
        reference=lambda x, i: np.take_along_axis(x, i, axis=-1) ** 2,
        shapes=[((2, 3), (2, 4))],
        domain=(complex_normal, integers(-3, 3)),
    ),
    OpCase(
        name="take_along_axis[first axis]",
        function=lambda x, i: lucid.take_along_axis(x, i, axis=0),
        reference=lambda x, i: np.take_along_axis(x, i, axis=0),
        shapes=[((3, 2), (4, 2)), ((3,), (5,))],
        domain=(normal, integers(0, 3)),
    ),
]

CASES = [*READS, *WRITES, *OTHERS]
