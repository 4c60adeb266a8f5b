"""Checking axes, shapes and other integers, and what follows from them.

What is raised inside a primitive gets the primitive's name and arguments put in front of it. Plain
functions give their own name, for messages.
"""

from __future__ import annotations

import operator
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
    index = as_integer(f"{_of(name)}{what}", axis)
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


def index_along(axis: int, part: Any) -> tuple[Any, ...]:
    """Return the index that reads ``part`` along ``axis``, counted from the front, and all of the others."""
    return (*(slice(None),) * axis, part)


def inverse_order(axes: Sequence[int]) -> tuple[int, ...]:
    """Return the order of axes that undoes the order ``axes``."""
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


def as_integer(what: str, value: Any) -> int:
    """Return ``value`` as an integer of Python's; ``what`` names it, for the message.

    Raises:
        ArgumentTypeError: if it is none.
    """
    try:
        return operator.index(value)
    except TypeError as error:
        raise ArgumentTypeError(f"{what} must be an integer, got {value!r}") from error


def as_sizes(shape: Any, what: str = "a shape") -> tuple[int, ...]:
    """Return ``shape``, an integer or a sequence of them, as a tuple; sizes may be negative."""
    try:
        # An array of integers has __index__ too, whether or not it is one number.
        one = hasattr(shape, "__index__") and not getattr(shape, "ndim", 0)
        sizes = (shape,) if one else tuple(shape)
        return tuple(map(operator.index, sizes))
    except (AttributeError, TypeError) as error:
        raise ArgumentTypeError(f"{what} is an integer or a tuple of integers, got {shape!r}") from error


def as_counts(sizes: Any, what: str = "a shape") -> tuple[int, ...]:
    """Return ``sizes``, an integer or a sequence of them, as a tuple; none may be negative."""
    result = as_sizes(sizes, what)
    if min(result, default=0) < 0:
        raise ArgumentError(f"{what} has no negative sizes, got {result}")
    return result


def kept_shape(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """Return ``shape`` with size one along ``axes``: that of a reduction with ``keepdims``."""
    return tuple(1 if a in axes else n for a, n in enumerate(shape))


def _of(name: str) -> str:
    return f"{name}: " if name else ""
