"""The same elements in another shape or order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid.errors import ArgumentError, ShapeError
from lucid.ops.axes import (
    as_counts,
    as_integer,
    as_sizes,
    inverse_order,
    listed_axes,
    normalize_axes,
    normalize_axis,
)
from lucid.ops.cast import another
from lucid.ops.creation import asarray
from lucid.ops.elementwise import where
from lucid.recording import primitive

# ----------------------------------------------------------------- one shape for another


@primitive
def view(xp: Any, x: Any, /, *, shape: tuple[int, ...], copy: bool | None = None) -> Any:
    """Return ``x`` in ``shape``, a tuple without -1; see ``reshape``."""
    return xp.reshape(x, shape) if copy is None else xp.reshape(x, shape, copy=copy)


view.name = "reshape"  # in messages


@view.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, shape: tuple[int, ...], copy: bool | None = None) -> Any:
    return (xp.reshape(g, _x.shape),)


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    """Return the elements of ``x``, in row-major order, in another shape.

    Args:
        x: a Tensor.
        shape: an integer or a tuple; one size may be -1 and is worked out.
        copy: True always copies, None does so only where it must. False raises where it must; that
            concerns the CPU, whose Tensors can share memory (with XLA it makes no difference).

    Raises:
        ShapeError: if the elements do not fit.
        ArgumentError: if ``copy=False`` and they would have to be copied.

    Example:
        >>> lucid.reshape(lucid.arange(6), (2, -1)).shape
        (2, 3)
    """
    x = asarray(x)
    wanted = as_sizes(shape, "reshape: a shape")
    if min(wanted, default=0) < 0:
        known = math.prod(n for n in wanted if n != -1)
        if wanted.count(-1) == 1 and known and x.size % known == 0:
            wanted = tuple(x.size // known if n == -1 else n for n in wanted)
    if math.prod(wanted) != x.size or min(wanted, default=0) < 0:
        raise ShapeError(f"reshape: {x.shape} has {x.size} elements, which do not fit {as_sizes(shape)}")
    if copy is None:
        return another(x) if wanted == x.shape else view(x, shape=wanted)
    return view(x, shape=wanted, copy=bool(copy))


def flatten(x: Any, /, *, start_axis: int = 0, end_axis: int = -1) -> Any:
    """Return ``x`` with the axes from ``start_axis`` to ``end_axis`` made one.

    Raises:
        ArgumentError: if ``start_axis`` comes after ``end_axis``.
        IndexingError: if there is no such axis. Of no axes, one is made: 0, which is -1 too.
    """
    x = asarray(x)
    start, end = (
        normalize_axis(axis, x.ndim or int(axis in (0, -1)), "flatten", name)
        for axis, name in ((start_axis, "start_axis"), (end_axis, "end_axis"))
    )
    if start > end:
        raise ArgumentError(f"flatten: start_axis {start_axis} comes after end_axis {end_axis}")
    return reshape(x, (*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :]))


def expand_dims(x: Any, /, axis: Any) -> Any:
    """Return ``x`` with new axes of size one.

    Args:
        x: a Tensor.
        axis: where they stand in the result: an integer or a tuple.

    Raises:
        IndexingError: if the result has no such axis.

    Example:
        >>> lucid.expand_dims(lucid.ones((2, 3)), axis=(0, -1)).shape
        (1, 2, 3, 1)
    """
    x = asarray(x)
    positions = as_sizes(axis, "expand_dims: axis")
    ndim = x.ndim + len(positions)
    axes = normalize_axes(positions, ndim, "expand_dims")
    sizes = iter(x.shape)
    return view(x, shape=tuple(1 if a in axes else next(sizes) for a in range(ndim)))


def squeeze(x: Any, /, axis: Any = None) -> Any:
    """Return ``x`` without the axes ``axis``, an integer or a tuple; each must have size one.

    None takes all axes of size one. That goes beyond the Array API, for the number of axes then
    depends on sizes that may happen to be one.

    Raises:
        ShapeError: if an axis is longer.
    """
    x = asarray(x)
    if axis is None:
        axes: tuple[int, ...] = tuple(a for a, n in enumerate(x.shape) if n == 1)
    else:
        axes = normalize_axes(axis, x.ndim, "squeeze")
    for a in axes:
        if x.shape[a] != 1:
            raise ShapeError(f"squeeze: axis {a} of {x.shape} has size {x.shape[a]}, not 1")
    return view(x, shape=tuple(n for a, n in enumerate(x.shape) if a not in axes)) if axes else another(x)


@primitive
def expand(xp: Any, x: Any, /, *, shape: tuple[int, ...]) -> Any:
    """Return ``x`` broadcast to the tuple ``shape``; see ``broadcast_to``."""
    return xp.broadcast_to(x, shape)


expand.name = "broadcast_to"  # in messages


@expand.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, shape: tuple[int, ...]) -> Any:
    return (g,)  # the tape sums over what was broadcast


def broadcast_to(x: Any, /, shape: Any) -> Any:
    """Return ``x`` broadcast to ``shape``.

    Raises:
        ShapeError: if it cannot be.
    """
    x = asarray(x)
    wanted = as_counts(shape, "broadcast_to: a shape")
    return another(x) if wanted == x.shape else expand(x, shape=wanted)


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape in which arrays of ``shapes`` meet: () if there are none.

    Raises:
        ShapeError: if they do not.

    Example:
        >>> lucid.broadcast_shapes((2, 1), (3,))
        (2, 3)
    """
    return _meeting("broadcast_shapes", [as_counts(s, "broadcast_shapes: a shape") for s in shapes])


def broadcast_arrays(*arrays: Any) -> tuple[Any, ...]:
    """Return ``arrays`` broadcast against one another; each keeps its dtype.

    Raises:
        ShapeError: if they cannot be.
    """
    tensors = [asarray(a) for a in arrays]
    shape = _meeting("broadcast_arrays", [t.shape for t in tensors])
    return tuple(broadcast_to(t, shape) for t in tensors)


def _meeting(name: str, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    result: list[int] = []  # from the last axis to the first
    for shape in shapes:
        result += [1] * (len(shape) - len(result))
        for a, n in enumerate(reversed(shape)):
            if n != 1 and result[a] not in (1, n):
                raise ShapeError(f"{name}: shapes {' and '.join(map(str, shapes))} do not broadcast together")
            if n != 1:
                result[a] = n
    return tuple(reversed(result))


# ----------------------------------------------------------------- another order


@primitive
def permute(xp: Any, x: Any, /, *, axes: tuple[int, ...]) -> Any:
    """Return ``x`` with its axes in the order ``axes``, counted from the front; see ``permute_dims``."""
    return xp.permute_dims(x, axes)


permute.name = "permute_dims"  # in messages


@permute.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, axes: tuple[int, ...]) -> Any:
    return (xp.permute_dims(g, inverse_order(axes)),)


def permute_dims(x: Any, /, axes: Any) -> Any:
    """Return ``x`` with its axes in another order.

    Raises:
        ArgumentError: if ``axes`` doesn't name every axis once.
    """
    x = asarray(x)
    order = normalize_axes(as_sizes(axes, "permute_dims: axes"), x.ndim, "permute_dims")
    if len(order) != x.ndim:
        raise ArgumentError(f"permute_dims: axes {axes!r} must name each of {x.ndim} axes once")
    return permute(x, axes=order)


def transpose(x: Any, axis1: int, axis2: int, /) -> Any:
    """Return ``x`` with two axes exchanged, as PyTorch's ``transpose`` does."""
    x = asarray(x)
    order = list(range(x.ndim))
    a = normalize_axis(axis1, x.ndim, "transpose")
    b = normalize_axis(axis2, x.ndim, "transpose")
    order[a], order[b] = b, a
    return permute(x, axes=tuple(order))


def matrix_transpose(x: Any, /) -> Any:
    """Return ``x`` with its last two axes exchanged.

    Raises:
        ShapeError: if it has less than two.
    """
    x = asarray(x)
    if x.ndim < 2:
        raise ShapeError(f"matrix_transpose needs two axes or more, got shape {x.shape}")
    return permute(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def moveaxis(x: Any, source: Any, destination: Any, /) -> Any:
    """Return ``x`` with the axes ``source`` moved to the positions ``destination``.

    The others keep their order. Both are an integer, or tuples of equal length.
    """
    x = asarray(x)
    sources, targets = (
        normalize_axes(listed_axes(axes, "moveaxis", what), x.ndim, "moveaxis", what)
        for axes, what in ((source, "source"), (destination, "destination"))
    )
    if len(sources) != len(targets):
        raise ArgumentError(
            f"moveaxis: {len(sources)} sources and {len(targets)} destinations, "
            f"got source {source!r} and destination {destination!r}"
        )
    order = [a for a in range(x.ndim) if a not in sources]
    for target, axis in sorted(zip(targets, sources, strict=True)):
        order.insert(target, axis)
    return permute(x, axes=tuple(order))


@primitive
def reverse(xp: Any, x: Any, /, *, axis: tuple[int, ...]) -> Any:
    """Return ``x`` backwards along the axes ``axis``; see ``flip``."""
    return xp.flip(x, axis=axis)


reverse.name = "flip"  # in messages


@reverse.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, axis: tuple[int, ...]) -> Any:
    return (xp.flip(g, axis=axis),)


def flip(x: Any, /, *, axis: Any = None) -> Any:
    """Return ``x`` with its elements in reverse along ``axis``; None for all axes."""
    x = asarray(x)
    return reverse(x, axis=normalize_axes(axis, x.ndim, "flip"))


@primitive
def rotate(xp: Any, x: Any, /, *, shift: tuple[int, ...], axis: tuple[int, ...]) -> Any:
    """Return ``x`` moved round by ``shift`` along the axes ``axis``; see ``roll``."""
    return xp.roll(x, shift, axis=axis)


rotate.name = "roll"  # in messages


@rotate.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, shift: tuple[int, ...], axis: tuple[int, ...]) -> Any:
    return (xp.roll(g, tuple(-s for s in shift), axis=axis),)


def roll(x: Any, /, shift: Any, *, axis: Any = None) -> Any:
    """Return ``x`` with its elements moved on by ``shift``; what leaves at the end enters at the front.

    Args:
        x: a Tensor.
        shift: an integer, for all axes, or a tuple with one for each; negative ones move back.
        axis: an integer or a tuple; None rolls the flattened elements.
    """
    x = asarray(x)
    if axis is None:
        return reshape(roll(reshape(x, -1), shift, axis=0), x.shape)
    # Not `normalize_axes`: an axis may be rolled twice.
    axes = [normalize_axis(a, x.ndim, "roll") for a in listed_axes(axis, "roll")]
    shifts = as_sizes(shift, "roll: shift")
    if len(shifts) == 1:
        shifts *= len(axes)
    if len(shifts) != len(axes):
        raise ArgumentError(
            f"roll: {len(shifts)} shifts for {len(axes)} axes, got shift {shift!r} and axis {axis!r}"
        )
    return rotate(x, shift=shifts, axis=tuple(axes))


# ----------------------------------------------------------------- triangles


def tril(x: Any, /, *, k: int = 0) -> Any:
    """Return the matrices ``x`` with zeros above the ``k``-th diagonal."""
    return _where_in_triangle(x, k, "tril")


def triu(x: Any, /, *, k: int = 0) -> Any:
    """Return the matrices ``x`` with zeros below the ``k``-th diagonal."""
    return _where_in_triangle(x, k, "triu", above=True)


def _where_in_triangle(x: Any, k: Any, name: str, above: bool = False) -> Any:
    """Return ``x`` on and below the ``k``-th diagonal or, if ``above``, on and above it; zeros elsewhere."""
    x = asarray(x)
    if x.ndim < 2:
        raise ShapeError(f"{name} needs two axes or more, got shape {x.shape}")
    k = as_integer(f"{name}: k", k)
    rows, columns = x.shape[-2:]
    inside = np.tri(rows, columns, k - above, dtype=bool) != above
    return where(asarray(inside, device=x.device), x, False)  # every dtype holds False, and calls it 0
