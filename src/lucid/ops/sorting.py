"""Sorting, and what follows from it. Gradients follow the permutation."""

from __future__ import annotations

from typing import Any, NamedTuple

from lucid.errors import ArgumentError, ArgumentTypeError, IndexingError
from lucid.ops.axes import normalize_axis
from lucid.ops.creation import asarray
from lucid.ops.indexing import getitem, take_along_axis
from lucid.recording import primitive


@primitive
def argsort(xp: Any, x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Return the indices that sort ``x`` along ``axis``; equal elements keep their order."""
    axis = normalize_axis(axis, x.ndim)
    return xp.argsort(x, axis=axis, descending=descending, stable=stable)


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Return ``x`` sorted along ``axis``; nan comes last, or first if ``descending``."""
    x = asarray(x)
    if x.ndim == 0:
        raise IndexingError("sort: a tensor of shape () has no axis to sort along")
    return take_along_axis(x, argsort(x, axis=axis, descending=descending, stable=stable), axis=axis)


class TopK(NamedTuple):
    """The largest elements and where they stand."""

    values: Any
    indices: Any


def topk(x: Any, k: int, /, *, axis: int = -1, largest: bool = True) -> TopK:
    """Return the ``k`` largest elements along ``axis``, the largest first, and their indices.

    Args:
        x: a Tensor.
        k: how many.
        axis: the axis to search along.
        largest: False for the smallest, the smallest first.

    Raises:
        ArgumentError: if the axis is shorter than ``k``.

    Example:
        >>> lucid.topk(lucid.Tensor([1.0, 5.0, 3.0]), 2).values
        Tensor([5.0, 3.0])
    """
    x = asarray(x)
    axis = normalize_axis(axis, x.ndim)
    if not hasattr(k, "__index__"):
        raise ArgumentTypeError(f"topk: k must be an integer, got {k!r}")
    k = k.__index__()
    if not 0 <= k <= x.shape[axis]:
        raise ArgumentError(
            f"topk: k must lie between 0 and {x.shape[axis]}, the size of axis {axis}, got {k}"
        )
    order = argsort(x, axis=axis, descending=largest)
    indices = getitem(order, (*(slice(None),) * axis, slice(0, k)))
    return TopK(take_along_axis(x, indices, axis=axis), indices)
