"""Sums, means, extremes: functions over one axis, several, or all.

``axis`` is an integer, a sequence of integers or None for all axes; ``keepdims=True`` leaves the
axes that were reduced in place, with size one.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from lucid.engines import dtypes
from lucid.errors import ArgumentError, DTypeError
from lucid.ops.axes import checked_axes, kept_shape, normalize_axes, normalize_axis
from lucid.ops.creation import asarray
from lucid.ops.elementwise import sqrt, where
from lucid.ops.joining import concat, pad
from lucid.recording import primitive

Axis = int | Sequence[int] | None


@primitive
def sum(xp: Any, x: Any, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Return the sum over ``axis``. Small integers and booleans are summed as int64.

    Example:
        >>> lucid.sum(lucid.Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
        Tensor([4.0, 6.0])
    """
    dtype = dtype if dtype is None else dtypes.as_dtype(dtype)
    return xp.sum(x, axis=checked_axes(axis, x.ndim), dtype=dtype, keepdims=keepdims)


@sum.vjp
def _(
    xp: Any, g: Any, _out: Any, _x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False
) -> Any:
    if dtype is not None:
        g = xp.astype(g, _x.dtype)
    return (_spread(xp, g, _x.shape, axis),)


@primitive(promotes="float")
def mean(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the mean over ``axis``; nan of no elements, a float of integers too."""
    return xp.mean(x, axis=checked_axes(axis, x.ndim), keepdims=keepdims)


@mean.vjp
def _(xp: Any, g: Any, out: Any, _x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    count = builtins.max(1, _size(_x.shape)) // builtins.max(1, _size(out.shape))
    # A large count is infinite in half precision.
    share = g / builtins.max(1, count) if count < 65504 else g * (1 / count)
    return (_spread(xp, share, _x.shape, axis),)


def var(x: Any, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """Return the variance over ``axis``: the mean squared distance from the mean.

    Args:
        x: a Tensor of floats or integers.
        axis: axes to reduce; None for all.
        correction: subtracted from the number of elements; 1 gives the unbiased estimate.
            The default 0 is the Array API's and NumPy's; PyTorch's is 1.
        keepdims: leave the reduced axes, with size one.
    """
    x = asarray(x)
    if x.dtype.kind == "c":
        raise DTypeError(
            f"var: no variance of complex numbers yet, got {x.dtype.name}: take that of x.numpy().real"
        )
    axes = normalize_axes(axis, x.ndim)
    centred = x - mean(x, axis=axis, keepdims=True)
    count = _size([x.shape[a] for a in axes]) - correction
    # No degrees of freedom left: 0 / 0 is nan, as in NumPy and PyTorch.
    return sum(centred * centred, axis=axis, keepdims=keepdims) / builtins.max(count, 0)


def std(x: Any, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """Return the standard deviation over ``axis``, the root of ``var``.

    Where all elements are equal its derivative is taken as 0, like that of a norm.
    """
    variance = var(x, axis=axis, correction=correction, keepdims=keepdims)
    flat = variance == 0
    return where(flat, 0.0, sqrt(where(flat, 1.0, variance)))


def prod(x: Any, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Return the product over ``axis``.

    It is a tree of products, so its derivative never divides by an element, and is right
    where elements are zero.
    """
    x = asarray(x)
    if dtype is None and x.dtype.kind in "biu":
        dtype = dtypes.uint64 if x.dtype.kind == "u" else dtypes.default_int
    if dtype is not None:
        x = x.astype(dtype)
    axes = normalize_axes(axis, x.ndim)
    result_shape = kept_shape(x.shape, axes)
    rest = [a for a in range(x.ndim) if a not in axes]
    factors = x.permute_dims((*axes, *rest))
    factors = factors.reshape((_size([x.shape[a] for a in axes]), *(x.shape[a] for a in rest)))
    while factors.shape[0] > 1:
        n = factors.shape[0]
        half = n // 2
        product = factors[:half] * factors[half : 2 * half]
        factors = concat([product[:1] * factors[-1:], product[1:]]) if n % 2 else product
    if factors.shape[0] == 0:
        factors = factors.sum(axis=0, keepdims=True) + 1  # the product of nothing
    factors = factors.astype(x.dtype).reshape(result_shape)
    return factors if keepdims else factors.squeeze(axes)


@primitive
def max(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the largest element over ``axis``; elements that tie share the gradient equally.

    Raises:
        ArgumentError: if there are no elements.
    """
    return xp.max(x, axis=checked_axes(axis, x.ndim), keepdims=keepdims)


@max.vjp
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return (_share_among_ties(xp, g, out, x, axis),)


@primitive
def min(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the smallest element over ``axis``; elements that tie share the gradient equally.

    Raises:
        ArgumentError: if there are no elements.
    """
    return xp.min(x, axis=checked_axes(axis, x.ndim), keepdims=keepdims)


@min.vjp
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return (_share_among_ties(xp, g, out, x, axis),)


@primitive
def argmax(xp: Any, x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the position of the (first) largest element over ``axis``, as int64."""
    axis = axis if axis is None else normalize_axis(axis, x.ndim)
    return xp.argmax(x, axis=axis, keepdims=keepdims)


@primitive
def argmin(xp: Any, x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the position of the (first) smallest element over ``axis``, as int64."""
    axis = axis if axis is None else normalize_axis(axis, x.ndim)
    return xp.argmin(x, axis=axis, keepdims=keepdims)


@primitive
def all(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return whether all elements over ``axis`` are true (not zero)."""
    return xp.all(x, axis=checked_axes(axis, x.ndim), keepdims=keepdims)


@primitive
def any(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return whether some element over ``axis`` is true (not zero)."""
    return xp.any(x, axis=checked_axes(axis, x.ndim), keepdims=keepdims)


@primitive(promotes="float")
def logsumexp(xp: Any, x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    r"""Return the logarithm of the sum of exponentials over ``axis``, without overflow.

    .. math:: \log \sum_i e^{x_i} = m + \log \sum_i e^{x_i - m}, \quad m = \max_i x_i
    """
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


def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Return the running sums along ``axis``, which may be left out for one axis.

    Args:
        x: a Tensor.
        axis: the axis to sum along.
        dtype: of the result; small integers are summed as int64.
        include_initial: begin with a zero, so that the result is longer by one.

    Example:
        >>> lucid.cumulative_sum(lucid.Tensor([1, 2, 3]))
        Tensor([1, 3, 6])
    """
    x = asarray(x)
    if axis is None:
        if x.ndim != 1:
            raise ArgumentError(f"cumulative_sum: a tensor of shape {x.shape} needs an axis")
        axis = 0
    if dtype is None and x.dtype.kind in "biu":
        dtype = dtypes.uint64 if x.dtype.kind == "u" else dtypes.default_int
    if dtype is not None:
        x = x.astype(dtype)
    axis = normalize_axis(axis, x.ndim)
    if include_initial:
        x = pad(x, [(1, 0) if a == axis else (0, 0) for a in range(x.ndim)])
    return cumsum(x, axis=axis)


@primitive
def cumsum(xp: Any, x: Any, /, *, axis: int) -> Any:
    """Return the running sums along ``axis``; see ``cumulative_sum``."""
    return xp.cumsum(x, axis=axis)


cumsum.name = "cumulative_sum"  # in messages


@cumsum.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, axis: int) -> Any:
    return (xp.flip(xp.cumsum(xp.flip(g, axis=axis), axis=axis), axis=axis),)


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
    winners = xp.astype(x == xp.reshape(out, kept), x.dtype)
    share = xp.reshape(g, kept) / xp.sum(winners, axis=axis, keepdims=True)
    return winners * share
