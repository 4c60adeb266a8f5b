"""Sums, means, extremes: functions over one axis, several, or all.

``axis`` is an integer, a sequence of integers or None for all axes; ``keepdims=True`` leaves the
axes that were reduced in place, with size one. Booleans and integers are summed and multiplied as
int64, unsigned ones as uint64, unless ``dtype`` says otherwise; floats keep their dtype.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

from lucid.engines import dtypes
from lucid.errors import ArgumentTypeError, DTypeError
from lucid.ops.axes import (
    checked_axes,
    inverse_order,
    kept_shape,
    listed_axes,
    normalize_axes,
    normalize_axis,
)
from lucid.ops.cast import cast_back
from lucid.recording import Primitive

Axis = int | Sequence[int] | None


_LASTING = frozenset((int, tuple, type(None)))


class Reduction(Primitive):
    """A primitive with an ``axis``, which it keeps as it was: a list may change before the rule reads it."""

    def _record(
        self, inputs: Any, parents: Any, output: Any, options: dict[str, Any], shape: Any, dtype: Any
    ) -> Any:
        axis = options.get("axis")
        if axis.__class__ not in _LASTING:
            options = {**options, "axis": listed_axes(axis)}
        return super()._record(inputs, parents, output, options, shape, dtype)


def reduction(promotes: str | None = None) -> Callable[[Callable[..., Any]], Reduction]:
    """Make a ``Reduction`` of a function on arrays, as ``primitive`` makes a ``Primitive``."""
    return lambda forward: Reduction(forward, promotes)


def accumulator(source: dtypes.DType, dtype: Any) -> dtypes.DType:
    """Return the dtype in which elements of ``source`` are added or multiplied.

    Args:
        source: the dtype of the elements.
        dtype: what the user asked for; None for the default.

    Raises:
        DTypeError: if ``dtype`` would drop imaginary parts.
    """
    if dtype is None:
        if source.kind == "u":
            return dtypes.uint64
        return dtypes.default_int if source.kind in "bi" else source
    wanted = dtypes.as_dtype(dtype)
    if source.kind == "c" and wanted.kind != "c":
        raise DTypeError(
            f"dtype={wanted.name} would drop the imaginary parts of {source.name}: take lucid.real(x) first"
        )
    return wanted


def check_ordered(x: Any, name: str = "") -> None:
    """Raise DTypeError if ``x`` is complex; ``name`` is the function that was called, for the message."""
    if x.dtype.kind == "c":
        raise DTypeError(
            f"{name}{': ' if name else ''}complex numbers have no order, got {x.dtype.name}: "
            "take lucid.real(x) or lucid.abs(x) first"
        )


@reduction()
def sum(xp: Any, x: Any, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Return the sum over ``axis``. Small integers and booleans are summed as int64.

    Args:
        x: a Tensor.
        axis: axes to reduce; None for all.
        dtype: to which ``x`` is cast before the sum.
        keepdims: leave the reduced axes, with size one.

    Example:
        >>> lucid.sum(lucid.Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
        Tensor([4.0, 6.0])
    """
    if dtype is not None:
        dtype = accumulator(x.dtype, dtype)
    return xp.sum(x, axis=checked_axes(axis, x.ndim), dtype=dtype, keepdims=keepdims)


@sum.vjp
def _(
    xp: Any, g: Any, _out: Any, _x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False
) -> Any:
    if dtype is not None:
        g = cast_back(xp, g, _x.dtype)
    return (_spread(xp, g, _x.shape, axis),)


@reduction(promotes="float")
def mean(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the mean over ``axis``; nan of no elements, a float of integers too."""
    return xp.mean(x, axis=checked_axes(axis, x.ndim), keepdims=keepdims)


@mean.vjp
def _(xp: Any, g: Any, out: Any, _x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    count = builtins.max(1, _size(_x.shape)) // builtins.max(1, _size(out.shape))
    # A large count is infinite in half precision.
    share = g / builtins.max(1, count) if count < 65504 else g * (1 / count)
    return (_spread(xp, share, _x.shape, axis),)


@reduction(promotes="float")
def var(xp: Any, x: Any, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    r"""Return the variance over ``axis``: the mean squared distance from the mean.

    .. math:: \frac{1}{n - c} \sum_i |x_i - \bar x|^2

    Of complex numbers it is real. Without degrees of freedom, where :math:`n - c \le 0`, it is nan.

    Args:
        x: a Tensor of numbers.
        axis: axes to reduce; None for all.
        correction: subtracted from the number of elements; 1 gives the unbiased estimate.
            The default 0 is the Array API's and NumPy's; PyTorch's is 1.
        keepdims: leave the reduced axes, with size one.

    Example:
        >>> lucid.var(lucid.Tensor([1.0, 3.0]), correction=1)
        Tensor(2.0)
    """
    return _of_freedom(xp, xp.var, x, axis, correction, keepdims)


@var.vjp
def _(
    xp: Any, g: Any, _out: Any, x: Any, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False
) -> Any:
    share = 2 * g / _divisor(x.shape, axis, correction)
    return (_spread(xp, share, x.shape, axis) * (x - xp.mean(x, axis=axis, keepdims=True)),)


@reduction(promotes="float")
def std(xp: Any, x: Any, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """Return the standard deviation over ``axis``, the root of ``var``.

    Where all elements are equal its derivative is taken as 0, like that of a norm.
    """
    return _of_freedom(xp, xp.std, x, axis, correction, keepdims)


@std.vjp
def _(
    xp: Any, g: Any, out: Any, x: Any, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False
) -> Any:
    flat = out == 0
    share = xp.where(flat, 0.0, g / xp.where(flat, 1.0, out)) / _divisor(x.shape, axis, correction)
    return (_spread(xp, share, x.shape, axis) * (x - xp.mean(x, axis=axis, keepdims=True)),)


def _of_freedom(xp: Any, function: Any, x: Any, axis: Axis, correction: Any, keepdims: bool) -> Any:
    """Return ``function``, a variance or its root, of ``x``: nan without degrees of freedom."""
    axis = checked_axes(axis, x.ndim)
    if _freedom(x.shape, axis, correction) <= 0:
        return xp.sum(xp.real(x), axis=axis, keepdims=keepdims) * float("nan")
    return function(x, axis=axis, correction=float(correction), keepdims=keepdims)


def _freedom(shape: Any, axis: Axis, correction: Any) -> float:
    """Return how many elements a variance is of, less the correction; 0 if there are none."""
    if not hasattr(correction, "__float__") or getattr(correction, "ndim", False):
        raise ArgumentTypeError(f"correction must be a number, got {correction!r}")
    count = _size([shape[a] for a in normalize_axes(axis, len(shape))])
    return count - float(correction) if count else 0.0


def _divisor(shape: Any, axis: Axis, correction: Any) -> float:
    freedom = _freedom(shape, axis, correction)
    return freedom if freedom > 0 else float("nan")


@reduction()
def prod(xp: Any, x: Any, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Return the product over ``axis``. Small integers and booleans are multiplied as int64.

    The derivative never divides by an element, and is right where elements are zero.

    Args:
        x: a Tensor.
        axis: axes to reduce; None for all.
        dtype: to which ``x`` is cast before the product.
        keepdims: leave the reduced axes, with size one.

    Example:
        >>> lucid.prod(lucid.Tensor([2.0, 3.0, 4.0]))
        Tensor(24.0)
    """
    dtype = accumulator(x.dtype, dtype)
    return xp.prod(x, axis=checked_axes(axis, x.ndim), dtype=dtype, keepdims=keepdims)


@prod.vjp
def _(
    xp: Any, g: Any, _out: Any, x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False
) -> Any:
    # What an element is multiplied by is the product of those before it and of those after it.
    shape = tuple(x.shape)
    axes = normalize_axes(axis, len(shape))
    order = (*(a for a in range(len(shape)) if a not in axes), *axes)
    factors = xp.permute_dims(x if dtype is None else xp.astype(x, dtypes.as_dtype(dtype)), order)
    moved = tuple(shape[a] for a in order)
    last = len(shape) - len(axes)
    factors = xp.reshape(factors, (*moved[:last], _size(moved[last:])))
    ends = xp.ones_like(xp.get_at(factors, index=(..., slice(0, 1))))

    def before(factors: Any) -> Any:
        earlier = xp.get_at(factors, index=(..., slice(0, -1)))
        return xp.cumprod(xp.concat([ends, earlier], axis=last), axis=last)

    after = xp.flip(before(xp.flip(factors, axis=last)), axis=last)
    others = xp.reshape(before(factors) * after, moved)
    others = xp.permute_dims(others, inverse_order(order))
    d = xp.reshape(g, kept_shape(shape, axes)) * xp.conj(others)
    return (d if dtype is None else cast_back(xp, d, x.dtype),)


@reduction()
def max(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the largest element over ``axis``; elements that tie share the gradient equally.

    Raises:
        ArgumentError: if there are no elements.
        DTypeError: if they are complex, which have no order.
    """
    check_ordered(x)
    return xp.max(x, axis=checked_axes(axis, x.ndim), keepdims=keepdims)


@max.vjp
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return (_share_among_ties(xp, g, out, x, axis),)


@reduction()
def min(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the smallest element over ``axis``; elements that tie share the gradient equally.

    Raises:
        ArgumentError: if there are no elements.
        DTypeError: if they are complex, which have no order.
    """
    check_ordered(x)
    return xp.min(x, axis=checked_axes(axis, x.ndim), keepdims=keepdims)


@min.vjp
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return (_share_among_ties(xp, g, out, x, axis),)


@reduction()
def argmax(xp: Any, x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the position of the (first) largest element over ``axis``, as int64."""
    check_ordered(x)
    axis = axis if axis is None else normalize_axis(axis, x.ndim)
    return xp.argmax(x, axis=axis, keepdims=keepdims)


@reduction()
def argmin(xp: Any, x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the position of the (first) smallest element over ``axis``, as int64."""
    check_ordered(x)
    axis = axis if axis is None else normalize_axis(axis, x.ndim)
    return xp.argmin(x, axis=axis, keepdims=keepdims)


@reduction()
def all(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return whether all elements over ``axis`` are true (not zero)."""
    return xp.all(x, axis=checked_axes(axis, x.ndim), keepdims=keepdims)


@reduction()
def any(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return whether some element over ``axis`` is true (not zero)."""
    return xp.any(x, axis=checked_axes(axis, x.ndim), keepdims=keepdims)


@reduction(promotes="float")
def logsumexp(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    r"""Return the logarithm of the sum of exponentials over ``axis``, without overflow.

    .. math:: \log \sum_i e^{x_i} = m + \log \sum_i e^{x_i - m}, \quad m = \max_i x_i

    Raises:
        DTypeError: if ``x`` is complex: its elements have no largest.
    """
    check_ordered(x)
    axis = checked_axes(axis, x.ndim)
    if x.size == 0:
        return xp.log(xp.sum(x, axis=axis, keepdims=keepdims))  # the logarithm of nothing: -inf
    # Shift by the largest first, so that exp cannot overflow. An infinite one must not be
    # subtracted from itself.
    m = xp.max(x, axis=axis, keepdims=True)
    m = xp.where(xp.isfinite(m), m, 0.0)
    out = xp.log(xp.sum(xp.exp(x - m), axis=axis, keepdims=True)) + m
    return out if keepdims else xp.reshape(out, xp.sum(x, axis=axis).shape)


@logsumexp.vjp
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    # The softmax. It is divided by its own sum since `out` is rounded, by 1e-4 where it is near 1000;
    # and an infinity must not be subtracted from itself: equal ones share the gradient.
    axis = normalize_axes(axis, len(x.shape))
    kept = kept_shape(x.shape, axis)
    total = xp.reshape(out, kept)
    shares = xp.exp(xp.where(x == total, 0.0, x - total))
    return (xp.reshape(g, kept) / xp.sum(shares, axis=axis, keepdims=True) * shares,)


def _size(shape: Any) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def _spread(xp: Any, g: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """Give every element that went into a sum the gradient of the sum."""
    if axis is not None and g.ndim:
        g = xp.reshape(g, kept_shape(shape, normalize_axes(axis, len(shape))))
    return xp.broadcast_to(g, shape)


def _share_among_ties(xp: Any, g: Any, out: Any, x: Any, axis: Axis) -> Any:
    axis = normalize_axes(axis, len(x.shape))
    kept = kept_shape(x.shape, axis)
    top = xp.reshape(out, kept)
    # Where there is a NaN it wins, and takes the gradient: nobody winning would make it 0 / 0.
    wins = xp.logical_or(x == top, xp.logical_and(xp.isnan(x), xp.isnan(top)))
    winners = xp.astype(wins, x.dtype)
    share = xp.reshape(g, kept) / xp.sum(winners, axis=axis, keepdims=True)
    return winners * share
