"""Rounding, which is flat, and functions of how floats are written: their sign, the next one of them."""

from __future__ import annotations

from typing import Any

from lucid.engines.dtypes import check_kind
from lucid.recording import primitive


@primitive
def floor(xp: Any, x: Any, /) -> Any:
    """Round ``x`` down. Its gradient is zero, as of all rounding."""
    check_kind("floor", "c", x)
    return xp.floor(x)


@floor.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any) -> Any:
    return (xp.zeros_like(g),)


@primitive
def ceil(xp: Any, x: Any, /) -> Any:
    """Round ``x`` up."""
    check_kind("ceil", "c", x)
    return xp.ceil(x)


@ceil.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any) -> Any:
    return (xp.zeros_like(g),)


@primitive
def trunc(xp: Any, x: Any, /) -> Any:
    """Round ``x`` towards zero."""
    check_kind("trunc", "c", x)
    return xp.trunc(x)


@trunc.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any) -> Any:
    return (xp.zeros_like(g),)


@primitive
def round(xp: Any, x: Any, /) -> Any:
    """Round ``x`` to the nearest integer, halves to the even one; of complex ``x`` both parts."""
    return x if x.dtype.kind == "b" else xp.round(x)


@round.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any) -> Any:
    return (xp.zeros_like(g),)


@primitive(promotes="float")
def copysign(xp: Any, x: Any, y: Any, /) -> Any:
    """Return the size of ``x`` with the sign of ``y``, elementwise; also -0.0 and nan have a sign.

    The derivative by ``x`` at 0 is 0, like that of ``abs``, and the one by ``y`` is 0.

    Raises:
        DTypeError: if one is complex.

    Example:
        >>> lucid.copysign(lucid.Tensor([1.0, -2.0]), lucid.Tensor([-0.0, 3.0]))
        Tensor([-1.0, 2.0])
    """
    check_kind("copysign", "c", x, y)
    return xp.copysign(x, y)


@copysign.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, y: Any) -> Any:
    def by_x() -> Any:
        sign = xp.sign(x)
        return g * sign * xp.copysign(sign, y)

    return by_x, lambda: xp.zeros_like(g)


@primitive(promotes="float")
def nextafter(xp: Any, x: Any, y: Any, /) -> Any:
    """Return the float next to ``x`` in the direction of ``y``, elementwise.

    It moves with ``x``, so the derivative by ``x`` is 1, and the one by ``y`` is 0.

    Raises:
        DTypeError: if one is complex.

    Example:
        >>> lucid.nextafter(lucid.Tensor(1.0), 2.0) - 1 == lucid.finfo(lucid.float32).eps
        Tensor(True)
    """
    check_kind("nextafter", "c", x, y)
    return xp.nextafter(x, y)


@nextafter.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, _y: Any) -> Any:
    return g, lambda: xp.zeros_like(g)
