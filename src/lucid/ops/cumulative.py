"""Along one axis: running sums, running products, and differences."""

from __future__ import annotations

from typing import Any

from lucid import recording
from lucid.engines.dtypes import as_dtype
from lucid.errors import ArgumentError, DTypeError, ShapeError
from lucid.ops.axes import as_integer, index_along, normalize_axis
from lucid.ops.cast import another, astype
from lucid.ops.creation import asarray
from lucid.ops.indexing import get_at
from lucid.ops.joining import concat, pad
from lucid.ops.reduction import accumulator
from lucid.ops.shape import broadcast_to, reshape
from lucid.recording import primitive


def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Return the running sums along ``axis``, which may be left out for one axis.

    Args:
        x: a Tensor.
        axis: the axis to sum along.
        dtype: to which ``x`` is cast before; by default small integers are summed as int64.
        include_initial: begin with a zero, so that the result is longer by one.

    Example:
        >>> lucid.cumulative_sum(lucid.Tensor([1, 2, 3]))
        Tensor([1, 3, 6])
    """
    x, axis = _prepared("cumulative_sum", x, axis, dtype)
    return cumsum(_begun(x, axis, 0) if include_initial else x, axis=axis)


def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Return the running products along ``axis``, which may be left out for one axis.

    The derivative never divides by an element, and is right where elements are zero.

    Args:
        x: a Tensor.
        axis: the axis to multiply along.
        dtype: to which ``x`` is cast before; by default small integers are multiplied as int64.
        include_initial: begin with a one, so that the result is longer by one.

    Example:
        >>> lucid.cumulative_prod(lucid.Tensor([1, 2, 3]), include_initial=True)
        Tensor([1, 1, 2, 6])
    """
    x, axis = _prepared("cumulative_prod", x, axis, dtype)
    return cumprod(_begun(x, axis, 1) if include_initial else x, axis=axis)


def _prepared(name: str, x: Any, axis: Any, dtype: Any) -> tuple[Any, int]:
    """Return ``x`` in the dtype of the result, and the axis counted from the front."""
    x = asarray(x)
    if axis is None:
        if x.ndim != 1:
            raise ArgumentError(f"{name}: a tensor of shape {x.shape} needs an axis")
        axis = 0
    axis = normalize_axis(axis, x.ndim, name)
    if dtype is not None and as_dtype(dtype).kind == "b":
        raise DTypeError(f"{name}: dtype must be one of numbers, got bool: write lucid.int64")
    try:
        return astype(x, accumulator(x.dtype, dtype)), axis
    except DTypeError as error:
        raise DTypeError(f"{name}: {error}") from error


def _begun(x: Any, axis: int, value: int) -> Any:
    return pad(x, [(1, 0) if a == axis else (0, 0) for a in range(x.ndim)], value=value)


@primitive
def cumsum(xp: Any, x: Any, /, *, axis: int) -> Any:
    """Return the running sums along ``axis``; see ``cumulative_sum``."""
    return xp.cumsum(x, axis=axis)


cumsum.name = "cumulative_sum"  # in messages


@cumsum.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, axis: int) -> Any:
    return (xp.flip(xp.cumsum(xp.flip(g, axis=axis), axis=axis), axis=axis),)


@primitive
def cumprod(xp: Any, x: Any, /, *, axis: int) -> Any:
    """Return the running products along ``axis``; see ``cumulative_prod``."""
    return xp.cumprod(x, axis=axis)


cumprod.name = "cumulative_prod"  # in messages


@cumprod.vjp
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: int) -> Any:
    # An element is in all products from its own on. What is before it is a factor of each:
    #     before[j] * later[j],  later[j] = g[j] + x[j+1] * g[j+1] + x[j+1] * x[j+2] * g[j+2] + ...
    # The sum doubles its length in every round. No division, so zeros do no harm.
    n = x.shape[axis]
    if n == 0:
        return (g,)

    def part(a: Any, start: int, stop: int) -> Any:
        return xp.get_at(a, index=index_along(axis, slice(start, stop)))

    x, out = xp.conj(x), xp.conj(out)
    before = xp.concat([xp.ones_like(part(x, 0, 1)), part(out, 0, n - 1)], axis=axis)
    later, factor, length = g, part(x, 1, n), 1  # factor[j] is the product of `length` elements after j
    while length < n:
        longer = part(later, 0, n - length) + factor * part(later, length, n)
        later = xp.concat([longer, part(later, n - length, n)], axis=axis)
        if 2 * length < n:
            factor = part(factor, 0, n - 2 * length) * part(factor, length, n - length)
        length *= 2
    return (before * later,)


def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    """Return the differences of neighbours along ``axis``: ``x[1:] - x[:-1]``, taken ``n`` times.

    Args:
        x: a Tensor of numbers.
        axis: the axis along which elements are neighbours.
        n: how many times to take differences.
        prepend, append: elements to put before and after those of ``x`` first: a Tensor of the
            shape of ``x`` but for ``axis``, or a number.

    Shape:
        that of ``x``, but shorter by ``n`` along ``axis`` (not below 0).

    Raises:
        DTypeError: if ``x`` is boolean.
        ShapeError: if ``prepend`` or ``append`` does not fit.

    Example:
        >>> lucid.diff(lucid.Tensor([1, 4, 9, 16]))
        Tensor([3, 5, 7])
        >>> lucid.diff(lucid.Tensor([1, 4, 9, 16]), n=2, prepend=0)
        Tensor([2, 2, 2])
    """
    x = asarray(x)
    axis = normalize_axis(axis, x.ndim, "diff")
    n = as_integer("diff: n", n)
    if n < 0:
        raise ArgumentError(f"diff: n must not be negative, got {n}")
    if x.dtype.kind == "b":
        raise DTypeError("diff: booleans have no differences, got bool: compare x[1:] != x[:-1]")
    if n == 0:
        return another(x)
    ends = [_end(x, axis, name, end) for name, end in (("prepend", prepend), ("append", append))]
    parts = [ends[0], x, ends[1]]
    if prepend is not None or append is not None:
        x = concat([p for p in parts if p is not None], axis=axis)
    later, earlier = index_along(axis, slice(1, None)), index_along(axis, slice(0, -1))
    for _ in range(min(n, x.shape[axis])):
        x = get_at(x, index=later) - get_at(x, index=earlier)
    return x


def _end(x: Any, axis: int, name: str, end: Any) -> Any:
    """Return what ``diff`` puts at an end of ``x``, as a Tensor of the shape of ``x`` but for ``axis``."""
    if end is None:
        return None
    if not isinstance(end, recording.Tensor):
        # numpy.float64 is a float, and weak like one.
        weak = type(end) is int or (isinstance(end, float) and x.dtype.kind in "fc")
        end = asarray(end, dtype=x.dtype if weak else None, device=x.device)
    if end.ndim == 0:
        end = broadcast_to(reshape(end, (1,) * x.ndim), (*x.shape[:axis], 1, *x.shape[axis + 1 :]))
    others = x.shape[:axis] + x.shape[axis + 1 :]
    if end.ndim != x.ndim or end.shape[:axis] + end.shape[axis + 1 :] != others:
        raise ShapeError(
            f"diff: {name} has shape {end.shape}, x {x.shape}: they must be equal but for axis {axis}"
        )
    return end
