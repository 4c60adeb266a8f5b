"""Checking axes, and the shapes that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, IndexingError


def normalize_axis(axis: Any, ndim: int) -> int:
    """Return ``axis`` counted from the front.

    Raises:
        IndexingError: if a tensor of ``ndim`` axes has no such axis.
    """
    try:
        index: int = axis.__index__()
    except (AttributeError, TypeError) as error:
        raise ArgumentTypeError(f"axis must be an integer, got {axis!r}") from error
    if not -ndim <= index < ndim:
        raise IndexingError(f"axis {index} does not exist: the tensor has {ndim} axes")
    return index % ndim


def normalize_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return ``axis``, an integer, a sequence or None for all, as a tuple counted from the front.

    Raises:
        IndexingError: if an axis does not exist.
        ArgumentError: if one is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    axes: Sequence[Any] = (axis,) if hasattr(axis, "__index__") else axis
    result = tuple(normalize_axis(a, ndim) for a in axes)
    if len(set(result)) != len(result):
        raise ArgumentError(f"axis {tuple(axes)} names an axis twice")
    return result


def checked_axes(axis: Any, ndim: int) -> Any:
    """Return the ``axis`` of a reduction as an engine takes it: None, an integer or a tuple.

    Engines differ in what they make of an axis that does not exist, so it is checked here.
    """
    if axis is None or (type(axis) is int and -ndim <= axis < ndim):
        return axis
    return normalize_axes(axis, ndim)


def kept_shape(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """Return ``shape`` with size one along ``axes``: that of a reduction with ``keepdims``."""
    return tuple(1 if a in axes else n for a, n in enumerate(shape))
