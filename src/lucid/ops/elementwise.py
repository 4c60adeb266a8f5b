"""Arithmetic, and the functions that work on each element alone.

Every operation is a pair: the function on arrays, and below it the rule that takes ``g``, the
gradient of the result, to the gradients of the arguments. Where an argument was broadcast,
the tape sums its gradient to the argument's shape; the rules needn't care.

The gradient of a complex number is the conjugate of a derivative (see ``complex_numbers.py``), so
rules take ``xp.conj`` of what they multiply by, which gives a real array back as it is.

Read next: ``autograd.py``, which applies the rules.
"""

from __future__ import annotations

from typing import Any

from lucid.engines import dtypes
from lucid.engines.dtypes import check_kind, kind_of
from lucid.errors import DTypeError
from lucid.ops.cast import alongside, another, common_dtype
from lucid.recording import primitive

# ----------------------------------------------------------------- arithmetic


@primitive(promotes="common")
def add(xp: Any, x: Any, y: Any, /) -> Any:
    """Return ``x + y``, elementwise.

    Shape:
        the broadcast shape of ``x`` and ``y``.

    Example:
        >>> lucid.add(lucid.Tensor([1.0, 2.0]), 1)
        Tensor([2.0, 3.0])
    """
    return xp.add(x, y)


@add.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, _y: Any) -> Any:
    return g, g


@primitive(promotes="common")
def subtract(xp: Any, x: Any, y: Any, /) -> Any:
    """Return ``x - y``, elementwise."""
    return xp.subtract(x, y)


@subtract.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, _y: Any) -> Any:
    return g, lambda: -g


@primitive(promotes="common")
def multiply(xp: Any, x: Any, y: Any, /) -> Any:
    """Return ``x * y``, elementwise."""
    return xp.multiply(x, y)


@multiply.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, y: Any) -> Any:
    return lambda: g * xp.conj(y), lambda: g * xp.conj(x)


@primitive(promotes="float")
def divide(xp: Any, x: Any, y: Any, /) -> Any:
    """Return ``x / y``, elementwise; of integers too it is a float.

    Example:
        >>> lucid.divide(lucid.Tensor([1, 2]), 2)
        Tensor([0.5, 1.0])
    """
    return xp.divide(x, y)


@divide.vjp
def _(xp: Any, g: Any, out: Any, _x: Any, y: Any) -> Any:
    y = xp.conj(y)
    return lambda: g / y, lambda: -g * xp.conj(out) / y


@primitive(promotes="common")
def floor_divide(xp: Any, x: Any, y: Any, /) -> Any:
    """Return ``x / y`` rounded down, elementwise. It is flat, so its gradient is zero.

    It is ``floor(x / y)`` at infinities too, as the Array API says, and not ``nan`` as in Python.

    Raises:
        DTypeError: if both are booleans, or one is complex.

    Example:
        >>> lucid.floor_divide(lucid.Tensor([7.0, -7.0, lucid.inf]), 2)
        Tensor([3.0, -4.0, inf])
    """
    check_kind("floor_divide", "bc", x, y)
    return xp.floor_divide(x, y)


@floor_divide.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, _y: Any) -> Any:
    return lambda: xp.zeros_like(g), lambda: xp.zeros_like(g)


@primitive(promotes="common")
def remainder(xp: Any, x: Any, y: Any, /) -> Any:
    """Return what ``floor_divide`` leaves over: ``x - y * floor(x / y)``, of the sign of ``y``.

    Raises:
        DTypeError: if both are booleans, or one is complex.
    """
    check_kind("remainder", "bc", x, y)
    return xp.remainder(x, y)


@remainder.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, y: Any) -> Any:
    return g, lambda: -g * xp.floor_divide(x, y)


@primitive(promotes="common")
def pow(xp: Any, x: Any, y: Any, /) -> Any:
    """Return ``x`` to the power of ``y``, elementwise.

    The derivative by ``x`` at ``y = 0`` is 0, and the one by ``y`` at ``x = 0`` is too.

    Raises:
        DTypeError: if both are booleans.
    """
    if y.__class__ is not int and y.__class__ is not float and kind_of(x, y) == "b":
        check_kind("pow", "b", x, y)
    return xp.pow(x, y)


@pow.vjp
def _(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    def by_x() -> Any:
        exponent = y + xp.zeros_like(out)  # an array, also of a number
        # 0 * x**-1 would be nan at x = 0. Elsewhere it is 0, and has a derivative by y: 1 / x.
        constant = xp.logical_and(exponent == 0, x == 0)
        slope = exponent * x ** xp.where(constant, 1.0, exponent - 1)
        return g * xp.conj(xp.where(constant, 0.0, slope))

    def by_y() -> Any:
        base = x + xp.zeros_like(out)
        return g * xp.conj(out * xp.log(xp.where(base == 0, 1.0, base)))  # 0 * log(0) would be nan

    return by_x, by_y


@primitive
def negative(xp: Any, x: Any, /) -> Any:
    """Return ``-x``.

    Raises:
        DTypeError: if ``x`` is boolean: write ``~x``.
    """
    if x.dtype.kind == "b":
        check_kind("negative", "b", x)
    return xp.negative(x)


@negative.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any) -> Any:
    return (-g,)


@primitive
def positive(xp: Any, x: Any, /) -> Any:
    """Return ``+x``, which is ``x``."""
    return x


@positive.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any) -> Any:
    return (g,)


@primitive
def square(xp: Any, x: Any, /) -> Any:
    """Return ``x * x``, elementwise.

    Raises:
        DTypeError: if ``x`` is boolean.
    """
    if x.dtype.kind == "b":
        check_kind("square", "b", x)
    return xp.square(x)


@square.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (2 * g * xp.conj(x),)


@primitive(promotes="float")
def sqrt(xp: Any, x: Any, /) -> Any:
    """Return the square root of ``x``, elementwise. The derivative at 0 is infinite."""
    return xp.sqrt(x)


@sqrt.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    return (0.5 * g / xp.conj(out),)


@primitive(promotes="float")
def reciprocal(xp: Any, x: Any, /) -> Any:
    """Return ``1 / x``, elementwise."""
    return 1 / x


@reciprocal.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    out = xp.conj(out)
    return (-g * out * out,)


# ----------------------------------------------------------------- magnitude and sign


@primitive
def abs(xp: Any, x: Any, /) -> Any:
    """Return the absolute value of ``x``, elementwise, which is real. The derivative at 0 is 0."""
    return xp.abs(x)


@abs.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (g * xp.sign(x),)


@primitive
def sign(xp: Any, x: Any, /) -> Any:
    r"""Return -1, 0 or 1 by the sign of ``x``, elementwise. Its gradient is zero.

    Of a complex number it is the direction :math:`z / |z|`, or 0 at 0; that has a gradient.

    Raises:
        DTypeError: if ``x`` is boolean.

    Example:
        >>> lucid.sign(lucid.Tensor([-2.0, 0.0, 3.0])), lucid.sign(lucid.Tensor(4j))
        (Tensor([-1.0, 0.0, 1.0]), Tensor(0.0+1.0j))
    """
    if x.dtype.kind == "b":
        check_kind("sign", "b", x)
    return xp.sign(x)


@sign.vjp
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    if x.dtype.kind != "c":
        return (xp.zeros_like(g),)
    # z / |z| moves along the circle alone: by the part of dz across it, and the less the larger z is.
    size = xp.abs(x)
    across = xp.imag(xp.conj(out) * g) / xp.where(size == 0, 1.0, size)
    return (across * out * 1j,)


# ----------------------------------------------------------------- choosing


@primitive(promotes="common")
def maximum(xp: Any, x: Any, y: Any, /) -> Any:
    """Return the larger of ``x`` and ``y``, elementwise; where they tie, they share the gradient.

    Raises:
        DTypeError: if one is complex: complex numbers have no order.
    """
    if kind_of(x, y) == "c":
        check_kind("maximum", "c", x, y)
    return xp.maximum(x, y)


@maximum.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, y: Any) -> Any:
    return _share(xp, g, x > y, x == y)


@primitive(promotes="common")
def minimum(xp: Any, x: Any, y: Any, /) -> Any:
    """Return the smaller of ``x`` and ``y``, elementwise; where they tie, they share the gradient.

    Raises:
        DTypeError: if one is complex: complex numbers have no order.
    """
    if kind_of(x, y) == "c":
        check_kind("minimum", "c", x, y)
    return xp.minimum(x, y)


@minimum.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, y: Any) -> Any:
    return _share(xp, g, x < y, x == y)


def _share(xp: Any, g: Any, first: Any, tie: Any) -> Any:
    """Give ``g`` to the first argument, to the second, or half to each."""
    half = xp.where(tie, 0.5 * g, 0.0)
    return lambda: xp.where(first, g, half), lambda: xp.where(first, 0.0, xp.where(tie, half, g))


@primitive(promotes="common")
def clip_below(xp: Any, x: Any, bound: Any, /) -> Any:
    """Return ``x``, or ``bound`` where ``x`` is below it. At the bound the gradient is that of ``x``."""
    if kind_of(x, bound) == "c":
        check_kind("clip", "c", x, bound)
    return xp.maximum(x, bound)


clip_below.name = "clip"  # in messages


@clip_below.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, bound: Any) -> Any:
    return lambda: xp.where(x >= bound, g, 0.0), lambda: xp.where(x < bound, g, 0.0)


@primitive(promotes="common")
def clip_above(xp: Any, x: Any, bound: Any, /) -> Any:
    """Return ``x``, or ``bound`` where ``x`` is above it. At the bound the gradient is that of ``x``."""
    if kind_of(x, bound) == "c":
        check_kind("clip", "c", x, bound)
    return xp.minimum(x, bound)


clip_above.name = "clip"  # in messages


@clip_above.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, bound: Any) -> Any:
    return lambda: xp.where(x <= bound, g, 0.0), lambda: xp.where(x > bound, g, 0.0)


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    """Return ``x`` held between ``min`` and ``max``, elementwise.

    The gradient passes on the closed interval. Where ``min`` exceeds ``max`` the result is ``max``.

    Args:
        x: a Tensor.
        min, max: bounds, numbers or Tensors that broadcast against ``x``; None for no bound.

    Raises:
        DTypeError: if one of them is complex.

    Example:
        >>> lucid.clip(lucid.Tensor([-1.0, 0.5, 3.0]), 0, 1)
        Tensor([0.0, 0.5, 1.0])
    """
    if min is None and max is None:
        return another(x)
    if min is not None:
        x = clip_below(x, min)
    return x if max is None else clip_above(x, max)


@primitive
def select(xp: Any, condition: Any, x: Any, y: Any, /) -> Any:
    """Return ``x`` where ``condition`` holds and ``y`` elsewhere; dtypes are equal. See ``where``."""
    return xp.where(condition, x, y)


select.name = "where"  # in messages


@select.vjp
def _(xp: Any, g: Any, _out: Any, condition: Any, _x: Any, _y: Any) -> Any:
    # `where`, and not a product with the mask: an infinite g must not leak as 0 * inf.
    return None, lambda: xp.where(condition, g, 0.0), lambda: xp.where(condition, 0.0, g)


def where(condition: Any, x: Any, y: Any, /) -> Any:
    """Return the elements of ``x`` where ``condition`` holds, and those of ``y`` elsewhere.

    No NaN gets into the gradient from the side not taken.

    Args:
        condition: a Tensor of booleans.
        x, y: Tensors or numbers; all three broadcast together.

    Raises:
        DTypeError: if ``condition`` isn't boolean.

    Example:
        >>> x = lucid.Tensor([-1.0, 4.0])
        >>> lucid.where(x > 0, x, 0)
        Tensor([0.0, 4.0])
    """
    if not hasattr(condition, "_array"):
        condition = alongside(condition, *(v for v in (x, y) if hasattr(v, "_array")))[0]
    if condition.dtype != dtypes.bool_:
        raise DTypeError(
            f"where: condition must be boolean, got {condition.dtype.name}: write condition != 0"
        )
    if not (hasattr(x, "_array") and hasattr(y, "_array") and x.dtype == y.dtype):
        x, y = common_dtype(x, y, device=condition.device)
    return select(condition, x, y)
