"""Arrays as loops see them: one row of numbers, in the order in which they lie in memory.

A loop over each element alone need not know the shape. It may run over an array of channels last, or of
columns, as it lies there, and its result then lies in the same way.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import dense

Array = np.ndarray[Any, Any]
Order = tuple[int, ...] | None  # of an array's axes in memory, the one of the largest steps first; None: rows


def order_of(x: Array) -> Order:
    """Return the order of the axes of ``x`` in memory."""
    if x.flags.c_contiguous:
        return None
    return tuple(sorted(range(x.ndim), key=lambda axis: -x.strides[axis]))


def flat(x: Array, order: Order) -> Array:
    """Return the elements of ``x`` by ``order``, one after the other: a view, if they lie so in memory."""
    return dense(x if order is None else x.transpose(order)).reshape(-1)


def empty_like(x: Array, order: Order, dtype: Any = np.float32) -> tuple[Array, Array]:
    """Return a new array of the shape of ``x``, dense by ``order``; and the same flat, to be written to."""
    if order is None:
        out: Array = np.empty(x.shape, dtype)
        return out, out.reshape(-1)
    out = np.empty([x.shape[axis] for axis in order], dtype)
    return out.transpose(np.argsort(order)), out.reshape(-1)
