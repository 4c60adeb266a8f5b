"""Elementwise functions that JAX has, and that answer here as NumPy and the Array API do.

JAX differs at special values of complex numbers: at infinities, NaN and zeros with a sign. Where a
part of the result is known there (``sinh(z)`` is real for real ``z``), it is written over what JAX
computed. Every function is compiled as one program.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Array = Any

INF, NAN = math.inf, math.nan


# ----------------------------------------------------------------- numbers beside arrays


def with_numbers(function: Callable[[Any, Any], Array]) -> Callable[[Any, Any], Array]:
    """Let ``function`` treat a Python integer as NumPy does: refused if the other's dtype can't hold it.

    JAX would wrap it round among integers, and among floats refuse what has more than 64 bits.
    """

    def checked(x: Any, y: Any, /) -> Array:
        if type(x) is int:
            x = _weak(x, y.dtype)
        elif type(y) is int:
            y = _weak(y, x.dtype)
        return function(x, y)

    checked.__doc__ = function.__doc__
    return checked


def _weak(number: int, dtype: Any) -> int | float:
    if dtype.kind in "iu":
        np.asarray(number, dtype)  # OverflowError, in NumPy's words
        return number
    return number if -(2**63) <= number < 2**63 else float(number)


def comparison(function: Callable[[Any, Any], Array]) -> Callable[[Any, Any], Array]:
    """Let ``function`` compare an array with any Python integer, also one that its dtype can't hold."""

    def compared(x: Any, y: Any, /) -> Array:
        number, array = (x, y) if type(x) is int else (y, x)
        if type(number) is not int:
            return function(x, y)
        if array.dtype.kind in "iu":
            limits = np.iinfo(array.dtype)
            if not limits.min <= number <= limits.max:
                # Beyond all values of the dtype: each of them compares like 0 with 1, or with -1.
                side = 1 if number > 0 else -1
                answer = function(side, 0) if number is x else function(0, side)
                return jnp.full(array.shape, answer)
            return function(x, y)
        number = _weak(number, array.dtype)
        return function(number, array) if array is y else function(array, number)

    compared.__doc__ = function.__doc__
    return compared


# ----------------------------------------------------------------- real functions


@jax.jit
def sign(x: Array, /) -> Array:
    """Return the sign, which is 0 for both zeros; of a complex number its direction."""
    return jnp.where(x == 0, jnp.zeros_like(x), jnp.sign(x))


@jax.jit
def floor_divide(x: Any, y: Any, /) -> Array:
    """Return ``floor(x / y)``, at infinities too; of integers by 0 it is 0, as in NumPy."""
    result = jnp.floor_divide(x, y)
    if result.dtype.kind in "iu":
        return _zero_by_zero(result, y)
    result = jnp.where(result == 0, 0.0, result)  # not -0, as of a quotient of one sign
    special = (x == 0) | (y == 0) | jnp.isinf(x) | jnp.isinf(y)
    return jnp.where(special, jnp.divide(x, y), result)


@jax.jit
def remainder(x: Any, y: Any, /) -> Array:
    """Return ``x % y``, which has the sign of ``y``; of integers by 0 it is 0, as in NumPy."""
    result = jnp.remainder(x, y)
    if result.dtype.kind in "iu":
        return _zero_by_zero(result, y)
    return jnp.where(result == 0, jnp.copysign(result, y), result)


def _zero_by_zero(result: Array, y: Any) -> Array:
    return jnp.where(y == 0, jnp.zeros_like(result), result)


def pow(x: Any, y: Any, /) -> Array:
    """Return ``x ** y``; integers have no negative powers, as in NumPy."""
    if not any(isinstance(v, jax.core.Tracer) for v in (x, y)):
        whole = [isinstance(v, int) or getattr(v, "dtype", np.dtype(float)).kind in "iu" for v in (x, y)]
        if all(whole) and (np.asarray(y) < 0).any():
            raise ValueError("Integers to negative integer powers are not allowed.")
    return x**y


# ----------------------------------------------------------------- complex functions

Mend = Callable[[Array, Array, Array], tuple[Array, Array]]


def _mended(function: Callable[[Array], Array]) -> Callable[[Mend], Callable[[Array], Array]]:
    """Return the decorator of ``mend(a, b, w)``, which gives the parts of ``function(a + bi)``.

    ``w`` is what JAX has for it. Real arguments are ``function``'s alone.
    """

    def decorator(mend: Mend) -> Callable[[Array], Array]:
        @jax.jit
        def of_complex(z: Array) -> Array:
            return jax.lax.complex(*mend(jnp.real(z), jnp.imag(z), function(z)))

        def mended(x: Array, /) -> Array:
            return of_complex(x) if x.dtype.kind == "c" else function(x)

        mended.__doc__ = mend.__doc__
        return mended

    return decorator


def _times_i(function: Callable[[Array], Array], of: Callable[[Array], Array], back: bool) -> Any:
    """Return ``function`` with complex values by way of ``of(iz)``: times ``-i``, if ``back``."""

    @jax.jit
    def of_complex(z: Array) -> Array:
        w = of(jax.lax.complex(-jnp.imag(z), jnp.real(z)))
        return jax.lax.complex(jnp.imag(w), -jnp.real(w)) if back else w

    def rotated(x: Array, /) -> Array:
        return of_complex(x) if x.dtype.kind == "c" else function(x)

    rotated.__doc__ = function.__doc__
    return rotated


@_mended(jnp.exp)
def exp(a: Array, b: Array, w: Array) -> tuple[Array, Array]:
    """Return e to the power of ``x``."""
    lost = jnp.isinf(a) & ~jnp.isfinite(b)  # no direction: 0 to the left, infinite to the right
    re = jnp.where(lost, jnp.where(a < 0, 0.0, INF), jnp.real(w))
    im = jnp.where(lost, jnp.where(a < 0, 0.0, NAN), jnp.imag(w))
    return re, jnp.where(b == 0, b, im)


@_mended(jnp.expm1)
def expm1(a: Array, b: Array, w: Array) -> tuple[Array, Array]:
    """Return ``exp(x) - 1``."""
    far = exp(jax.lax.complex(a, b))
    re = jnp.where(jnp.isinf(a), jnp.real(far) - 1, jnp.real(w))
    im = jnp.where(jnp.isinf(a), jnp.imag(far), jnp.imag(w))
    return re, jnp.where(b == 0, b, im)


@_mended(jnp.sinh)
def sinh(a: Array, b: Array, w: Array) -> tuple[Array, Array]:
    """Return the hyperbolic sine: ``sinh(a) cos(b) + i cosh(a) sin(b)``."""
    lost = jnp.isinf(a) & ~jnp.isfinite(b)
    finite = jnp.isfinite(a) & jnp.isfinite(b)  # there JAX takes a difference of exponentials
    re = jnp.where(finite, jnp.sinh(a) * jnp.cos(b), jnp.real(w))
    re = jnp.where(a == 0, jnp.where(jnp.isfinite(b), a * jnp.cos(b), a), re)
    im = jnp.where(b == 0, b, jnp.where(finite, jnp.cosh(a) * jnp.sin(b), jnp.imag(w)))
    return jnp.where(lost, INF, re), jnp.where(lost, NAN, im)


@_mended(jnp.cosh)
def cosh(a: Array, b: Array, w: Array) -> tuple[Array, Array]:
    """Return the hyperbolic cosine: ``cosh(a) cos(b) + i sinh(a) sin(b)``."""
    lost = jnp.isinf(a) & ~jnp.isfinite(b)
    flat = jnp.where(a == 0, jnp.where(jnp.isfinite(b), a * jnp.sin(b), a), jnp.copysign(1, a) * b)
    im = jnp.where(jnp.isfinite(a) & jnp.isfinite(b), jnp.sinh(a) * jnp.sin(b), jnp.imag(w))
    im = jnp.where((a == 0) | (b == 0), flat, im)
    return jnp.where(lost, INF, jnp.real(w)), jnp.where(lost, NAN, im)


@_mended(jnp.tanh)
def tanh(a: Array, b: Array, w: Array) -> tuple[Array, Array]:
    """Return the hyperbolic tangent."""
    return jnp.where(a == 0, a, jnp.real(w)), jnp.where(b == 0, b, jnp.imag(w))


@_mended(jnp.asinh)
def asinh(a: Array, b: Array, w: Array) -> tuple[Array, Array]:
    """Return the inverse of ``sinh``: each part has the sign of the argument's."""
    return jnp.copysign(jnp.real(w), a), jnp.where(b == 0, b, jnp.copysign(jnp.imag(w), b))


@_mended(jnp.acosh)
def acosh(a: Array, b: Array, w: Array) -> tuple[Array, Array]:
    """Return the inverse of ``cosh``: its imaginary part has the sign of the argument's."""
    im = jnp.where((a == 0) & jnp.isnan(b), math.pi / 2, jnp.imag(w))
    return jnp.real(w), jnp.copysign(im, b)


@_mended(jnp.acos)
def acos(a: Array, b: Array, w: Array) -> tuple[Array, Array]:
    """Return the angle whose cosine is ``x``: its imaginary part has the other sign than the argument's."""
    re = jnp.where((a == 0) & jnp.isnan(b), math.pi / 2, jnp.real(w))
    return re, jnp.copysign(jnp.imag(w), -b)


@_mended(jnp.atanh)
def atanh(a: Array, b: Array, w: Array) -> tuple[Array, Array]:
    """Return the inverse of ``tanh``: each part has the sign of the argument's."""
    far = jnp.isinf(a) | jnp.isinf(b)
    re = jnp.where(far, 0.0, jnp.where(jnp.isnan(b), jnp.where(a == 0, a, NAN), jnp.real(w)))
    im = jnp.where(far, math.pi / 2, jnp.imag(w))
    unknown = jnp.isnan(b) | (jnp.isnan(a) & ~jnp.isinf(b))
    return jnp.copysign(re, a), jnp.where(unknown, NAN, jnp.copysign(im, b))


def _logarithm(a: Array, b: Array, w: Array) -> tuple[Array, Array]:
    """Return the logarithm: what has an infinite part is infinitely large, nan or not beside it."""
    return jnp.where(jnp.isinf(a) | jnp.isinf(b), INF, jnp.real(w)), jnp.imag(w)


log = _mended(jnp.log)(_logarithm)
log2 = _mended(jnp.log2)(_logarithm)
log10 = _mended(jnp.log10)(_logarithm)
log1p = _mended(jnp.log1p)(_logarithm)


@_mended(jnp.sqrt)
def sqrt(a: Array, b: Array, w: Array) -> tuple[Array, Array]:
    """Return the square root."""
    far = jnp.isinf(b)
    re = jnp.where(far | (a == INF), INF, jnp.real(w))
    im = jnp.where(far, b, jnp.where((a == -INF) & jnp.isnan(b), INF, jnp.imag(w)))
    return re, jnp.copysign(im, b)


@jax.jit
def _size(z: Array) -> Array:
    infinite = jnp.isinf(jnp.real(z)) | jnp.isinf(jnp.imag(z))
    return jnp.where(infinite, INF, jnp.abs(z))


def abs(x: Array, /) -> Array:
    """Return the absolute value."""
    return _size(x) if x.dtype.kind == "c" else jnp.abs(x)


sin = _times_i(jnp.sin, sinh, back=True)
cos = _times_i(jnp.cos, cosh, back=False)
tan = _times_i(jnp.tan, tanh, back=True)
asin = _times_i(jnp.asin, asinh, back=True)
atan = _times_i(jnp.atan, atanh, back=True)
