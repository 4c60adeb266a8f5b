"""Trigonometric and hyperbolic functions, and their inverses. Angles are in radians.

All but ``atan2`` and ``hypot`` take complex numbers too. The inverses are cut as in C: ``asin``,
``acos`` and ``atanh`` along the real axis outside of [-1, 1], ``acosh`` below 1, ``asinh`` and
``atan`` along the imaginary axis outside of [-i, i].
"""

from __future__ import annotations

from typing import Any

from lucid.engines.dtypes import check_kind
from lucid.recording import primitive


@primitive(promotes="float")
def sin(xp: Any, x: Any, /) -> Any:
    """Return the sine, elementwise."""
    return xp.sin(x)


@sin.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g * xp.conj(xp.cos(x)),)


@primitive(promotes="float")
def cos(xp: Any, x: Any, /) -> Any:
    """Return the cosine, elementwise."""
    return xp.cos(x)


@cos.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (-g * xp.conj(xp.sin(x)),)


@primitive(promotes="float")
def tan(xp: Any, x: Any, /) -> Any:
    """Return the tangent, elementwise."""
    return xp.tan(x)


@tan.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    return (g * xp.conj(1 + out * out),)


@primitive(promotes="float")
def asin(xp: Any, x: Any, /) -> Any:
    """Return the angle whose sine is ``x``, elementwise."""
    return xp.asin(x)


@asin.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g / xp.conj(xp.sqrt((1 - x) * (1 + x))),)


@primitive(promotes="float")
def acos(xp: Any, x: Any, /) -> Any:
    """Return the angle whose cosine is ``x``, elementwise."""
    return xp.acos(x)


@acos.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (-g / xp.conj(xp.sqrt((1 - x) * (1 + x))),)


@primitive(promotes="float")
def atan(xp: Any, x: Any, /) -> Any:
    """Return the angle whose tangent is ``x``, elementwise."""
    return xp.atan(x)


@atan.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g / xp.conj(1 + x * x),)


@primitive(promotes="float")
def atan2(xp: Any, y: Any, x: Any, /) -> Any:
    """Return the angle of the point ``(x, y)``: that of ``y / x`` in the right quadrant.

    The derivative at the origin, where the angle jumps, is 0.

    Raises:
        DTypeError: if one is complex.
    """
    check_kind("atan2", "c", x, y)
    return xp.atan2(y, x)


@atan2.vjp
def _(xp: Any, g: Any, _out: Any, y: Any, x: Any) -> Any:
    length = xp.hypot(x, y)  # its square could underflow
    length = xp.where(length == 0, 1.0, length)
    return lambda: g * (x / length) / length, lambda: -g * (y / length) / length


@primitive(promotes="float")
def sinh(xp: Any, x: Any, /) -> Any:
    """Return the hyperbolic sine, elementwise."""
    return xp.sinh(x)


@sinh.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g * xp.conj(xp.cosh(x)),)


@primitive(promotes="float")
def cosh(xp: Any, x: Any, /) -> Any:
    """Return the hyperbolic cosine, elementwise."""
    return xp.cosh(x)


@cosh.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g * xp.conj(xp.sinh(x)),)


@primitive(promotes="float")
def tanh(xp: Any, x: Any, /) -> Any:
    """Return the hyperbolic tangent, elementwise."""
    return xp.tanh(x)


@tanh.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    return (g * xp.conj(1 - out * out),)


@primitive(promotes="float")
def asinh(xp: Any, x: Any, /) -> Any:
    """Return the inverse of ``sinh``, elementwise."""
    return xp.asinh(x)


@asinh.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g / xp.conj(xp.sqrt(x * x + 1)),)


@primitive(promotes="float")
def acosh(xp: Any, x: Any, /) -> Any:
    """Return the inverse of ``cosh``, elementwise."""
    return xp.acosh(x)


@acosh.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g / xp.conj(xp.sqrt(x - 1) * xp.sqrt(x + 1)),)


@primitive(promotes="float")
def atanh(xp: Any, x: Any, /) -> Any:
    """Return the inverse of ``tanh``, elementwise."""
    return xp.atanh(x)


@atanh.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g / xp.conj((1 - x) * (1 + x)),)


@primitive(promotes="float")
def hypot(xp: Any, x: Any, y: Any, /) -> Any:
    """Return ``sqrt(x**2 + y**2)`` without overflow. The derivative at the origin is 0.

    Raises:
        DTypeError: if one is complex.
    """
    check_kind("hypot", "c", x, y)
    return xp.hypot(x, y)


@hypot.vjp
def _(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    length = xp.where(out == 0, 1.0, out)
    return lambda: g * x / length, lambda: g * y / length
