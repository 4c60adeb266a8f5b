"""Tensors as sets: their distinct elements, and which elements are in a set.

Distinct values come in ascending order. NaN is equal to nothing, so every NaN is distinct; 0.0 and
-0.0 are equal. Of equal elements, the first one in ``x`` has the gradient, as if the values were read
from there by ``x[i]``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lucid.errors import ArgumentTypeError
from lucid.ops.comparison import logical_not
from lucid.ops.creation import asarray, full
from lucid.ops.indexing import getitem
from lucid.ops.shape import reshape
from lucid.recording import primitive


class UniqueAllResult(NamedTuple):
    """What ``unique_all`` returns."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCountsResult(NamedTuple):
    """What ``unique_counts`` returns."""

    values: Any
    counts: Any


class UniqueInverseResult(NamedTuple):
    """What ``unique_inverse`` returns."""

    values: Any
    inverse_indices: Any


def unique_all(x: Any, /) -> UniqueAllResult:
    """Return the distinct elements of ``x``, where they are, and how often.

    Args:
        x: a Tensor of any shape.

    Returns:
        A named tuple of ``values``, in ascending order; ``indices`` of their first occurrences in
        the flattened ``x``; ``inverse_indices``, of the shape of ``x``, so that
        ``values[inverse_indices]`` is ``x``; and ``counts``.

    Example:
        >>> lucid.unique_all(lucid.Tensor([3, 1, 3])).counts
        Tensor([1, 2])
    """
    x = asarray(x)
    indices, inverse, counts = distinct(x.detach())
    return UniqueAllResult(getitem(reshape(x, (-1,)), indices), indices, inverse, counts)


def unique_counts(x: Any, /) -> UniqueCountsResult:
    """Return the distinct elements of ``x``, as ``values``, and their ``counts``. See ``unique_all``.

    Example:
        >>> lucid.unique_counts(lucid.Tensor([3, 1, 3]))
        UniqueCountsResult(values=Tensor([1, 3]), counts=Tensor([1, 2]))
    """
    found = unique_all(x)
    return UniqueCountsResult(found.values, found.counts)


def unique_inverse(x: Any, /) -> UniqueInverseResult:
    """Return the distinct elements of ``x``, and which of them stands in each place. See ``unique_all``.

    Example:
        >>> lucid.unique_inverse(lucid.Tensor([3, 1, 3]))
        UniqueInverseResult(values=Tensor([1, 3]), inverse_indices=Tensor([1, 0, 1]))
    """
    found = unique_all(x)
    return UniqueInverseResult(found.values, found.inverse_indices)


def unique_values(x: Any, /) -> Any:
    """Return the distinct elements of ``x`` in ascending order; the first of equal ones has the gradient.

    Example:
        >>> lucid.unique_values(lucid.Tensor([3, 1, 3]))
        Tensor([1, 3])
    """
    x = asarray(x)
    return distinct_values(x) if x._node is None else unique_all(x).values


@primitive
def distinct(xp: Any, x: Any, /) -> tuple[Any, ...]:
    """Return first indices, inverse indices and counts of distinct elements; see ``unique_all``."""
    return tuple(xp.unique_all(x)[1:])


distinct.name = "unique_all"  # in messages


@primitive
def distinct_values(xp: Any, x: Any, /) -> Any:
    """Return the distinct elements of ``x``, which tracks no gradients; see ``unique_values``."""
    return xp.unique_values(x)


distinct_values.name = "unique_values"  # in messages


def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> Any:
    """Return for each element of ``x1`` whether it is among those of ``x2``; NaN never is.

    Args:
        x1: a Tensor, or a number.
        x2: a Tensor, or a number; one of the two is a Tensor.
        invert: return whether it is not.

    Shape:
        that of ``x1``, bool.

    Raises:
        ArgumentTypeError: if neither is a Tensor.

    Example:
        >>> lucid.isin(lucid.Tensor([1, 2, 3]), lucid.Tensor([3, 1]))
        Tensor([True, False, True])
    """
    tensors = [v for v in (x1, x2) if hasattr(v, "dtype")]
    if not tensors:
        raise ArgumentTypeError(f"isin expects a Tensor, got {x1!r} and {x2!r}")
    number = x2 if tensors[0] is x1 else x1
    if type(number) is int and _out_of_range(number, tensors[0].dtype):
        like = asarray(tensors[0])
        return full(like.shape if tensors[0] is x1 else (), invert, device=like.device)
    found = member(x1, x2)
    return logical_not(found) if invert else found


def _out_of_range(number: int, dtype: Any) -> bool:
    return dtype.kind in "iu" and not np.iinfo(dtype).min <= number <= np.iinfo(dtype).max


@primitive(promotes="common")
def member(xp: Any, x1: Any, x2: Any, /) -> Any:
    """Return for each element of ``x1`` whether it is in ``x2``; see ``isin``."""
    return xp.isin(x1, x2)


member.name = "isin"  # in messages
