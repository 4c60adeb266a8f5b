"""Elementwise functions that NumPy has, and that answer here as the Array API says.

NumPy differs from the standard at a few special values. Each function asks cheaply whether one can
occur, and mends the result only then.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def floor_divide(x: Any, y: Any, /) -> Any:
    """Return ``floor(x / y)``, at infinities too, where NumPy has ``nan`` and ``-1``."""
    result = np.floor_divide(x, y)
    if result.dtype.kind == "f" and not (_all_finite(x) and _all_finite(y)):
        # Of what is infinite the quotient is 0, infinite or nan: nothing to round.
        result = np.where(np.isfinite(x) & np.isfinite(y), result, np.divide(x, y))
    return result


def _all_finite(x: Any) -> Any:
    if not isinstance(x, np.ndarray):
        return math.isfinite(x)
    return np.logical_and.reduce(np.isfinite(x), axis=None)


def pow(x: Any, y: Any, /) -> Any:
    """Return ``x ** y``; the operator is faster than ``numpy.pow`` for small whole exponents."""
    result = x**y
    # For an exponent of a half that is repeated, NumPy takes the square root: nan at -inf, -0 at -0.
    kind = y.__class__
    if kind is int or (kind is float and y != 0.5) or result.dtype.kind != "f":
        return result
    if isinstance(y, np.ndarray):
        repeated = y.size == 1 or y.shape != result.shape or 0 in y.strides
        if not repeated or not np.logical_or.reduce(np.equal(y, 0.5), axis=None):
            return result
    if np.minimum.reduce(x, axis=None, initial=1) > 0:
        return result
    special = np.equal(y, 0.5) & (np.equal(x, 0) | np.equal(x, -np.inf))
    return np.where(special, np.abs(x), result)


def expm1(x: Array, /) -> Any:
    """Return ``exp(x) - 1``; of complex infinities as ``exp`` has them."""
    result = np.expm1(x)
    if x.dtype.kind != "c":
        return result
    finite = np.isfinite(x.real)
    return result if finite.all() else np.where(finite, result, np.exp(x) - 1)


def log1p(x: Array, /) -> Any:
    """Return ``log(1 + x)``; NumPy's own loses the digits of small complex numbers."""
    result = np.log1p(x)
    if x.dtype.kind == "c":
        a, b = x.real, x.imag
        small = np.abs(x) < 0.5
        if small.any():
            result = np.asarray(result)
            result.real = np.where(small, 0.5 * np.log1p(a * (2 + a) + b * b), result.real)
    return result


def sign(x: Array, /) -> Any:
    """Return the sign; of a complex number its direction, which is nan if one of its parts is."""
    result = np.sign(x)
    return np.where(np.isnan(x), complex(np.nan, np.nan), result) if x.dtype.kind == "c" else result


def sigmoid(x: Array, /) -> Any:
    """Return ``1 / (1 + exp(-x))``, exact at both ends: exp is only taken of what isn't positive."""
    if x.dtype.kind == "c":
        e = np.exp(np.where(x.real >= 0, -x, x))
        return np.where(x.real >= 0, x.dtype.type(1), e) / (1 + e)
    # Another exp takes less time than to choose by a sign that nobody can foresee.
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))
