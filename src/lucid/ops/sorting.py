"""Sorting, and what follows from it. Gradients follow the permutation."""

from __future__ import annotations

from typing import Any, NamedTuple

from lucid.errors import ArgumentError
from lucid.grad_mode import is_recording
from lucid.ops.axes import as_integer, index_along, normalize_axis
from lucid.ops.creation import asarray
from lucid.ops.indexing import getitem, take_along_axis
from lucid.ops.reduction import check_ordered
from lucid.recording import primitive


@primitive
def argsort(xp: Any, x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Return the indices, int64, that sort ``x`` along ``axis``.

    Args:
        x: a Tensor of real numbers.
        axis: the axis to sort along.
        descending: begin with the largest; nan comes first then.
        stable: keep the order of equal elements. It is kept with XLA in any case.

    Raises:
        DTypeError: if ``x`` is complex: complex numbers have no order.

    Example:
        >>> lucid.argsort(lucid.Tensor([3, 1, 2]))
        Tensor([1, 2, 0])
    """
    check_ordered(x)
    axis = normalize_axis(axis, x.ndim)
    return xp.argsort(x, axis=axis, descending=bool(descending), stable=bool(stable))


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Return ``x`` sorted along ``axis``; nan comes last, or first if ``descending``.

    Args:
        x: a Tensor of real numbers.
        axis: the axis to sort along.
        descending: begin with the largest.
        stable: keep the order of equal elements, which decides which of them gets which gradient.

    Raises:
        DTypeError: if ``x`` is complex: complex numbers have no order.

    Example:
        >>> lucid.sort(lucid.Tensor([3, 1, 2]), descending=True)
        Tensor([3, 2, 1])
    """
    x = asarray(x)
    check_ordered(x, "sort")
    axis = normalize_axis(axis, x.ndim, "sort")
    if x._node is None or not is_recording():
        return in_order(x, axis=axis, descending=bool(descending), stable=bool(stable))
    return take_along_axis(x, argsort(x, axis=axis, descending=descending, stable=stable), axis=axis)


@primitive
def in_order(xp: Any, x: Any, /, *, axis: int, descending: bool, stable: bool) -> Any:
    """Return ``x`` sorted along ``axis``, without a derivative; see ``sort``."""
    return xp.sort(x, axis=axis, descending=descending, stable=stable)


in_order.name = "sort"  # in messages


class TopK(NamedTuple):
    """The largest elements and where they stand."""

    values: Any
    indices: Any


def topk(x: Any, /, k: int, *, axis: int = -1, largest: bool = True) -> TopK:
    """Return the ``k`` largest elements along ``axis``, the largest first, and their indices.

    Args:
        x: a Tensor.
        k: how many.
        axis: the axis to search along.
        largest: False for the smallest, the smallest first.

    Raises:
        ArgumentError: if the axis is shorter than ``k``.
        DTypeError: if ``x`` is complex.

    Example:
        >>> lucid.topk(lucid.Tensor([1.0, 5.0, 3.0]), 2).values
        Tensor([5.0, 3.0])
    """
    x = asarray(x)
    check_ordered(x, "topk")
    axis = normalize_axis(axis, x.ndim, "topk")
    k = as_integer("topk: k", k)
    if not 0 <= k <= x.shape[axis]:
        raise ArgumentError(
            f"topk: k must lie between 0 and {x.shape[axis]}, the size of axis {axis}, got {k}"
        )
    order = argsort(x, axis=axis, descending=largest)
    indices = getitem(order, index_along(axis, slice(0, k)))
    return TopK(take_along_axis(x, indices, axis=axis), indices)
