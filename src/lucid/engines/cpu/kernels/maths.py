"""Exponential functions for loops: of one float32 number and without branches, so that loops run on vectors.

What the compiler itself would call is a library's function, number by number. These are close to float64
rounded: within 1e-6 of the result, most within 2 units in the last place; right at infinities and nan.
Results below 2e-38, where float32 begins to lose digits, are 0. The coefficients are fits of the least
relative error, made in double precision.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels import kept

__all__ = ["bell", "exp", "number", "sigmoid", "tanh", "upper_tail"]

f = np.float32


def number(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of numbers. Sums are not reordered: that would lose what cancels exactly."""
    compiled: Callable[..., Any] = kept.compiled(
        function, nogil=True, fastmath={"contract"}, error_model="numpy"
    )
    return compiled


_LOG2_E = f(1.4426950408889634)
# ln 2 in two parts. The first has so few bits that its product with any exponent is exact.
_LN2_HIGH, _LN2_LOW = f(0.693359375), f(-2.12194440054690583e-4)
_HALF, _ONE, _TWO, _ZERO = f(0.5), f(1), f(2), f(0)
_LOWEST, _HIGHEST = f(-86.9), f(89)  # of exp's argument
_FAR = f(13)  # where the bell is 0 to float32


@number
def _power(n: Any) -> Any:
    """Return 2 to the power of a whole number from -126 to 127."""
    return np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)


@number
def _less_one(r: Any) -> Any:
    """Return ``exp(r) - 1`` of ``r`` between -0.39 and 0.39."""
    q = f(0.008378374326109042) + r * f(0.0013966921069342793)
    q = f(0.04166592743222799) + r * q
    q = f(0.166664295319258) + r * q
    q = f(0.5000000193325412) + r * q
    return r + r * r * q


@number
def exp(x: Any) -> Any:
    """Return ``exp(x)``."""
    # exp(x) = 2^n exp(r) with |r| <= ln(2) / 2
    near = min(max(x, _LOWEST), _HIGHEST)
    n = np.rint(near * _LOG2_E)
    r = (near - n * _LN2_HIGH) - n * _LN2_LOW
    result = (_TWO + _TWO * _less_one(r)) * _power(n - _ONE)  # 2^128 is no number, 2^127 is
    result = _ZERO if x < _LOWEST else result
    return result if x == x else x


@number
def bell(x: Any) -> Any:
    """Return ``exp(-x * x / 2)``, 1 where ``x`` is nan.

    It has all its digits also far out, where a rounded square would have lost them.
    """
    size = abs(x)
    near = min(size, _FAR)
    head = np.uint32(f(near).view(np.uint32) & np.uint32(0xFFFFF000)).view(np.float32)  # its square is exact
    square = head * head * -_HALF
    n = np.rint(square * _LOG2_E)
    r = ((square - n * _LN2_HIGH) - n * _LN2_LOW) + (near - head) * (near + head) * -_HALF
    result = (_ONE + _less_one(r)) * _power(n)
    return _ZERO if size > _FAR else result


@number
def upper_tail(x: Any, density: Any) -> Any:
    """Return the probability that a standard normal number exceeds ``abs(x)``; ``density`` is ``bell(x)``.

    It is the density times Mills' ratio, which is smooth: a polynomial in 1 / (1 + 0.35 abs(x)).
    """
    u = _ONE / (_ONE + f(0.35) * abs(x))
    p = f(0.1440286649942056) + u * f(-0.029157383366427404)
    p = f(-0.2558347257432562) + u * p
    p = f(0.15931522499933334) + u * p
    p = f(-0.023209548373315736) + u * p
    p = f(0.10555142306576903) + u * p
    p = f(0.11982153558244982) + u * p
    p = f(0.13986348443729285) + u * p
    p = f(0.13962130845416193) + u * p
    return density * (u * p)


@number
def sigmoid(x: Any) -> Any:
    """Return ``1 / (1 + exp(-x))``."""
    near = min(max(x, _LOWEST), f(20))
    n = np.rint(near * -_LOG2_E)
    r = (-near - n * _LN2_HIGH) - n * _LN2_LOW
    result = _ONE / (_ONE + (_ONE + _less_one(r)) * _power(n))
    result = _ZERO if x < _LOWEST else result
    return result if x == x else x


@number
def tanh(x: Any) -> Any:
    """Return ``tanh(x)``."""
    # -expm1(-2a) / (2 + expm1(-2a)) with a = |x|: no digits are lost where x is small
    near = max(-_TWO * abs(x), f(-40))
    n = np.rint(near * _LOG2_E)
    r = (near - n * _LN2_HIGH) - n * _LN2_LOW
    scale = _power(n)
    e = scale * _less_one(r) + (scale - _ONE)
    result = np.copysign(-e / (_TWO + e), x)
    return result if x == x else x
