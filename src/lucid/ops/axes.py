"""Checking axes, and the shapes that follow from them.

What is raised inside a primitive gets the primitive's name and arguments put in front of it. Plain
functions give their own name, for messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, IndexingError


def normalize_axis(axis: Any, ndim: int, name: str = "", what: str = "axis") -> int:
    """Return ``axis`` counted from the front.

    Args:
        axis: an integer.
        ndim: how many axes there are.
        name: the function that was called, for messages.
        what: its argument.

    Raises:
        IndexingError: if a tensor of ``ndim`` axes has no such axis.
    """
    try:
        index: int = axis.__index__()
    except (AttributeError, TypeError) as error:
        raise ArgumentTypeError(f"{_of(name)}{what} must be an integer, got {axis!r}") from error
    if not -ndim <= index < ndim:
        count = f"{ndim} {'axis' if ndim == 1 else 'axes'}"
        raise IndexingError(f"{_of(name)}{what} {index} does not exist: the tensor has {count}")
    return index % ndim


def normalize_axes(axis: Any, ndim: int, name: str = "", what: str = "axis") -> tuple[int, ...]:
    """Return ``axis``, an integer, a sequence or None for all, as a tuple counted from the front.

    Raises:
        IndexingError: if an axis does not exist.
        ArgumentError: if one is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    result = tuple(normalize_axis(a, ndim, name, what) for a in listed_axes(axis, name, what))
    if len(set(result)) != len(result):
        raise ArgumentError(f"{_of(name)}{what} {tuple(axis)} names an axis twice")
    return result


def listed_axes(axis: Any, name: str = "", what: str = "axis") -> tuple[Any, ...]:
    """Return ``axis``, an integer or a sequence, as a tuple whose entries are still to be checked."""
    if hasattr(axis, "__index__") and not getattr(axis, "ndim", False):
        return (axis,)
    try:
        return tuple(axis)
    except TypeError as error:
        raise ArgumentTypeError(
            f"{_of(name)}{what} must be an integer or a tuple of integers, got {axis!r}"
        ) from error


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


def _of(name: str) -> str:
    return f"{name}: " if name else ""
