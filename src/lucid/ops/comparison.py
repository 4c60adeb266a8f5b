"""Comparison, logic, and operations on bits. Their results have no gradient."""

from __future__ import annotations

from typing import Any

from lucid.engines.dtypes import check_kind, kind_of
from lucid.engines.registry import is_array
from lucid.errors import ShapeError
from lucid.recording import primitive


def comparable(value: object) -> bool:
    """Whether ``==`` with ``value`` is elementwise: numbers, arrays and Tensors.

    Lists count too: they are refused then, as by every operation, and not silently unequal.
    """
    numbers = isinstance(value, (bool, int, float, complex, list, tuple))
    return numbers or hasattr(value, "_array") or is_array(value)


@primitive(promotes="common")
def equal(xp: Any, x: Any, y: Any, /) -> Any:
    """Return whether ``x == y``, elementwise."""
    return xp.equal(x, y)


@primitive(promotes="common")
def not_equal(xp: Any, x: Any, y: Any, /) -> Any:
    """Return whether ``x != y``, elementwise."""
    return xp.not_equal(x, y)


@primitive(promotes="common")
def less(xp: Any, x: Any, y: Any, /) -> Any:
    """Return whether ``x < y``, elementwise.

    Raises:
        DTypeError: if one is complex: complex numbers have no order.
    """
    if kind_of(x, y) == "c":
        check_kind("less", "c", x, y)
    return xp.less(x, y)


@primitive(promotes="common")
def less_equal(xp: Any, x: Any, y: Any, /) -> Any:
    """Return whether ``x <= y``, elementwise.

    Raises:
        DTypeError: if one is complex: complex numbers have no order.
    """
    if kind_of(x, y) == "c":
        check_kind("less_equal", "c", x, y)
    return xp.less_equal(x, y)


@primitive(promotes="common")
def greater(xp: Any, x: Any, y: Any, /) -> Any:
    """Return whether ``x > y``, elementwise.

    Raises:
        DTypeError: if one is complex: complex numbers have no order.
    """
    if kind_of(x, y) == "c":
        check_kind("greater", "c", x, y)
    return xp.greater(x, y)


@primitive(promotes="common")
def greater_equal(xp: Any, x: Any, y: Any, /) -> Any:
    """Return whether ``x >= y``, elementwise.

    Raises:
        DTypeError: if one is complex: complex numbers have no order.
    """
    if kind_of(x, y) == "c":
        check_kind("greater_equal", "c", x, y)
    return xp.greater_equal(x, y)


@primitive
def isnan(xp: Any, x: Any, /) -> Any:
    """Return whether ``x`` is not a number, elementwise."""
    return xp.isnan(x)


@primitive
def isinf(xp: Any, x: Any, /) -> Any:
    """Return whether ``x`` is infinite, elementwise."""
    return xp.isinf(x)


@primitive
def isfinite(xp: Any, x: Any, /) -> Any:
    """Return whether ``x`` is neither infinite nor nan, elementwise."""
    return xp.isfinite(x)


@primitive
def signbit(xp: Any, x: Any, /) -> Any:
    """Return whether ``x`` has a minus sign, elementwise; -0.0 has one.

    Raises:
        DTypeError: if ``x`` is complex.
    """
    check_kind("signbit", "c", x)
    return xp.signbit(x)


@primitive
def logical_and(xp: Any, x: Any, y: Any, /) -> Any:
    """Return whether ``x`` and ``y`` are both true, elementwise."""
    return xp.logical_and(x, y)


@primitive
def logical_or(xp: Any, x: Any, y: Any, /) -> Any:
    """Return whether ``x`` or ``y`` is true, elementwise."""
    return xp.logical_or(x, y)


@primitive
def logical_xor(xp: Any, x: Any, y: Any, /) -> Any:
    """Return whether just one of ``x`` and ``y`` is true, elementwise."""
    return xp.logical_xor(x, y)


@primitive
def logical_not(xp: Any, x: Any, /) -> Any:
    """Return whether ``x`` is false, elementwise."""
    return xp.logical_not(x)


@primitive(promotes="common")
def bitwise_and(xp: Any, x: Any, y: Any, /) -> Any:
    """Return the bits set in both ``x`` and ``y``: for booleans, logical and."""
    check_kind("bitwise_and", "fc", x, y)
    return xp.bitwise_and(x, y)


@primitive(promotes="common")
def bitwise_or(xp: Any, x: Any, y: Any, /) -> Any:
    """Return the bits set in ``x`` or ``y``: for booleans, logical or."""
    check_kind("bitwise_or", "fc", x, y)
    return xp.bitwise_or(x, y)


@primitive(promotes="common")
def bitwise_xor(xp: Any, x: Any, y: Any, /) -> Any:
    """Return the bits in which ``x`` and ``y`` differ."""
    check_kind("bitwise_xor", "fc", x, y)
    return xp.bitwise_xor(x, y)


@primitive
def bitwise_invert(xp: Any, x: Any, /) -> Any:
    """Return ``x`` with every bit flipped: for booleans, logical not."""
    check_kind("bitwise_invert", "fc", x)
    return xp.bitwise_invert(x)


@primitive(promotes="common")
def bitwise_left_shift(xp: Any, x: Any, y: Any, /) -> Any:
    """Return ``x`` with its bits moved up by ``y``, which mustn't be negative.

    Raises:
        DTypeError: if one is not of integers.
    """
    check_kind("bitwise_left_shift", "bfc", x, y)
    return xp.bitwise_left_shift(x, y)


@primitive(promotes="common")
def bitwise_right_shift(xp: Any, x: Any, y: Any, /) -> Any:
    """Return ``x`` with its bits moved down by ``y``, which mustn't be negative.

    Raises:
        DTypeError: if one is not of integers.
    """
    check_kind("bitwise_right_shift", "bfc", x, y)
    return xp.bitwise_right_shift(x, y)


def allclose(x: Any, y: Any, /, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Return whether ``|x - y| <= atol + rtol * |y|`` everywhere.

    Raises:
        ShapeError: if the shapes do not broadcast together.
    """
    import numpy as np

    a, b = (v.numpy() if hasattr(v, "_array") else np.asarray(v) for v in (x, y))
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError as error:
        raise ShapeError(f"allclose: shapes {a.shape} and {b.shape} do not broadcast together") from error
    return bool(np.allclose(a, b, rtol, atol, equal_nan))
