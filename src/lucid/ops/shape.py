"""The same elements in another shape or order; joining, splitting and repeating."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lucid.recording import primitive
from lucid.engines.registry import transfer
from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.ops.axes import normalize_axes, normalize_axis
from lucid.ops.cast import common_dtype
from lucid.ops.creation import as_shape, asarray
from lucid.ops.elementwise import where
from lucid.ops.indexing import getitem, take

# ----------------------------------------------------------------- one shape for another


@primitive
def view(xp: Any, x: Any, /, *, shape: tuple[int, ...]) -> Any:
    """Return ``x`` in ``shape``, a tuple without -1; see ``reshape``."""
    return xp.reshape(x, shape)


@view.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, shape: tuple[int, ...]) -> Any:
    return (xp.reshape(g, _x.shape),)


def reshape(x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    """Return the elements of ``x``, in row-major order, in another shape.

    Args:
        x: a Tensor.
        shape: an integer or a tuple; one size may be -1 and is worked out.
        copy: as the Array API has it. Tensors are values, so True and None come to the same.

    Raises:
        ShapeError: if the elements do not fit.

    Example:
        >>> lucid.reshape(lucid.arange(6), (2, -1)).shape
        (2, 3)
    """
    x = asarray(x)
    wanted = _sizes(shape)
    known = math.prod(n for n in wanted if n != -1)
    unknown = wanted.count(-1)
    if unknown == 1 and known and x.size % known == 0:
        wanted = tuple(x.size // known if n == -1 else n for n in wanted)
    if unknown > 1 or min(wanted, default=0) < 0 or math.prod(wanted) != x.size:
        raise ShapeError(f"reshape: {x.shape} has {x.size} elements, which do not fit {_sizes(shape)}")
    return x if wanted == x.shape and not copy else view(x, shape=wanted)


def _sizes(shape: Any) -> tuple[int, ...]:
    sizes = (shape,) if hasattr(shape, "__index__") else tuple(shape)
    try:
        return tuple(n.__index__() for n in sizes)
    except (AttributeError, TypeError) as error:
        raise ArgumentTypeError(f"a shape is an integer or a tuple of integers, got {shape!r}") from error


def flatten(x: Any, /, *, start_axis: int = 0, end_axis: int = -1) -> Any:
    """Return ``x`` with the axes from ``start_axis`` to ``end_axis`` made one.

    Raises:
        ArgumentError: if ``start_axis`` comes after ``end_axis``.
    """
    x = asarray(x)
    if x.ndim == 0:
        return reshape(x, (1,))
    start, end = normalize_axis(start_axis, x.ndim), normalize_axis(end_axis, x.ndim)
    if start > end:
        raise ArgumentError(f"flatten: start_axis {start_axis} comes after end_axis {end_axis}")
    return reshape(x, (*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :]))


def expand_dims(x: Any, /, axis: Any = 0) -> Any:
    """Return ``x`` with new axes of size one at ``axis``, an integer or a tuple of positions."""
    x = asarray(x)
    count = 1 if hasattr(axis, "__index__") else len(axis)
    axes = normalize_axes(axis, x.ndim + count)
    sizes = iter(x.shape)
    return view(x, shape=tuple(1 if a in axes else next(sizes) for a in range(x.ndim + count)))


def squeeze(x: Any, /, axis: Any = None) -> Any:
    """Return ``x`` without the axes ``axis``, which must have size one; None for all such.

    Raises:
        ShapeError: if an axis is longer.
    """
    x = asarray(x)
    if axis is None:
        axes: tuple[int, ...] = tuple(a for a, n in enumerate(x.shape) if n == 1)
    else:
        axes = normalize_axes(axis, x.ndim)
    for a in axes:
        if x.shape[a] != 1:
            raise ShapeError(f"squeeze: axis {a} of {x.shape} has size {x.shape[a]}, not 1")
    return view(x, shape=tuple(n for a, n in enumerate(x.shape) if a not in axes)) if axes else x


@primitive
def expand(xp: Any, x: Any, /, *, shape: tuple[int, ...]) -> Any:
    """Return ``x`` broadcast to the tuple ``shape``; see ``broadcast_to``."""
    return xp.broadcast_to(x, shape)


@expand.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, shape: tuple[int, ...]) -> Any:
    return (g,)  # the tape sums over what was broadcast


def broadcast_to(x: Any, /, shape: Any) -> Any:
    """Return ``x`` broadcast to ``shape``.

    Raises:
        ShapeError: if it cannot be.
    """
    x = asarray(x)
    wanted = as_shape(shape)
    return x if wanted == x.shape else expand(x, shape=wanted)


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape in which arrays of ``shapes`` meet.

    Raises:
        ShapeError: if they do not.
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError as error:
        raise ShapeError(f"shapes {' and '.join(map(str, shapes))} do not broadcast together") from error


def broadcast_arrays(*arrays: Any) -> tuple[Any, ...]:
    """Return ``arrays`` broadcast against one another."""
    tensors = [asarray(a) for a in arrays]
    shape = broadcast_shapes(*(t.shape for t in tensors))
    return tuple(broadcast_to(t, shape) for t in tensors)


# ----------------------------------------------------------------- another order


@primitive
def permute(xp: Any, x: Any, /, *, axes: tuple[int, ...]) -> Any:
    """Return ``x`` with its axes in the order ``axes``, counted from the front; see ``permute_dims``."""
    return xp.permute_dims(x, axes)


@permute.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, axes: tuple[int, ...]) -> Any:
    return (xp.permute_dims(g, tuple(sorted(range(len(axes)), key=axes.__getitem__))),)


def permute_dims(x: Any, /, axes: Any) -> Any:
    """Return ``x`` with its axes in another order.

    Raises:
        ArgumentError: if ``axes`` doesn't name every axis once.
    """
    x = asarray(x)
    order = normalize_axes(tuple(axes), x.ndim)
    if len(order) != x.ndim:
        raise ArgumentError(f"permute_dims: axes {tuple(axes)} must name each of {x.ndim} axes once")
    return permute(x, axes=order)


def transpose(x: Any, axis1: int, axis2: int, /) -> Any:
    """Return ``x`` with two axes exchanged, as PyTorch's ``transpose`` does."""
    x = asarray(x)
    order = list(range(x.ndim))
    a, b = normalize_axis(axis1, x.ndim), normalize_axis(axis2, x.ndim)
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
    """Return ``x`` with the axes ``source`` moved to the positions ``destination``."""
    x = asarray(x)
    sources, targets = normalize_axes(source, x.ndim), normalize_axes(destination, x.ndim)
    if len(sources) != len(targets):
        raise ArgumentError(f"moveaxis: {len(sources)} sources and {len(targets)} destinations")
    order = [a for a in range(x.ndim) if a not in sources]
    for target, axis in sorted(zip(targets, sources, strict=True)):
        order.insert(target, axis)
    return permute(x, axes=tuple(order))


@primitive
def reverse(xp: Any, x: Any, /, *, axis: tuple[int, ...]) -> Any:
    """Return ``x`` backwards along the axes ``axis``; see ``flip``."""
    return xp.flip(x, axis=axis)


@reverse.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, axis: tuple[int, ...]) -> Any:
    return (xp.flip(g, axis=axis),)


def flip(x: Any, /, *, axis: Any = None) -> Any:
    """Return ``x`` with its elements in reverse along ``axis``; None for all axes."""
    x = asarray(x)
    return reverse(x, axis=normalize_axes(axis, x.ndim))


@primitive
def rotate(xp: Any, x: Any, /, *, shift: tuple[int, ...], axis: tuple[int, ...]) -> Any:
    """Return ``x`` moved round by ``shift`` along the axes ``axis``; see ``roll``."""
    return xp.roll(x, shift, axis=axis)


@rotate.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, shift: tuple[int, ...], axis: tuple[int, ...]) -> Any:
    return (xp.roll(g, tuple(-s for s in shift), axis=axis),)


def roll(x: Any, /, shift: Any, *, axis: Any = None) -> Any:
    """Return ``x`` with its elements moved on by ``shift``; what leaves at the end enters at the front.

    Args:
        x: a Tensor.
        shift: an integer, or a tuple with one for each axis.
        axis: an integer or a tuple; None rolls the flattened elements.
    """
    x = asarray(x)
    if axis is None:
        return reshape(roll(reshape(x, -1), shift, axis=0), x.shape)
    # Not `normalize_axes`: an axis may be rolled twice.
    axes = [normalize_axis(a, x.ndim) for a in ((axis,) if hasattr(axis, "__index__") else axis)]
    shifts = _sizes(shift)
    if len(shifts) == 1:
        shifts *= len(axes)
    if len(shifts) != len(axes):
        raise ArgumentError(f"roll: {len(shifts)} shifts for {len(axes)} axes")
    return rotate(x, shift=shifts, axis=tuple(axes))


# ----------------------------------------------------------------- joining and splitting


@primitive(promotes="common")
def join(xp: Any, *xs: Any, axis: int, sizes: tuple[int, ...]) -> Any:
    """Return ``xs``, whose sizes along ``axis`` are ``sizes``, one after the other; see ``concat``."""
    return xp.concat(xs, axis=axis)


@join.vjp
def _(xp: Any, g: Any, _out: Any, *_xs: Any, axis: int, sizes: tuple[int, ...]) -> Any:
    ends = np.cumsum(sizes).tolist()
    before = (slice(None),) * axis
    return tuple(
        (lambda start=end - n, end=end: xp.get_at(g, index=(*before, slice(start, end))))
        for n, end in zip(sizes, ends, strict=True)
    )


def concat(arrays: Sequence[Any], /, *, axis: int | None = 0) -> Any:
    """Return ``arrays`` joined along an axis that they have.

    Args:
        arrays: Tensors of equal shape but for ``axis``; dtypes are promoted.
        axis: the axis; None joins the flattened arrays.

    Raises:
        ArgumentError: if there are none.
        ShapeError: if shapes differ elsewhere.
    """
    tensors = [asarray(a) for a in arrays]
    if not tensors:
        raise ArgumentError("concat needs at least one tensor")
    if axis is None:
        tensors, axis = [reshape(t, -1) for t in tensors], 0
    first = tensors[0].shape
    axis = normalize_axis(axis, len(first))
    for i, t in enumerate(tensors):
        if t.shape[:axis] + t.shape[axis + 1 :] != first[:axis] + first[axis + 1 :]:
            raise ShapeError(
                f"concat along axis {axis}: tensor {i} has shape {t.shape}, the first {first}; "
                "they must be equal on the other axes"
            )
    return join(*tensors, axis=axis, sizes=tuple(t.shape[axis] for t in tensors))


def stack(arrays: Sequence[Any], /, *, axis: int = 0) -> Any:
    """Return ``arrays``, Tensors of equal shape, joined along a new axis.

    Example:
        >>> lucid.stack([lucid.Tensor([1, 2]), lucid.Tensor([3, 4])], axis=1)
        Tensor([[1, 3],
                [2, 4]])
    """
    tensors = [asarray(a) for a in arrays]
    if not tensors:
        raise ArgumentError("stack needs at least one tensor")
    for i, t in enumerate(tensors):
        if t.shape != tensors[0].shape:
            raise ShapeError(f"stack: tensor {i} has shape {t.shape}, the first {tensors[0].shape}")
    axis = normalize_axis(axis, tensors[0].ndim + 1)
    return concat([expand_dims(t, axis) for t in tensors], axis=axis)


@primitive
def pieces(xp: Any, x: Any, /, *, axis: int, ends: tuple[int, ...]) -> Any:
    """Return ``x`` cut along ``axis`` before each of the positions ``ends`` but the last; see ``split``."""
    before = (slice(None),) * axis
    starts = (0, *ends[:-1])
    return tuple(xp.get_at(x, index=(*before, slice(s, e))) for s, e in zip(starts, ends, strict=True))


@pieces.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, axis: int, ends: tuple[int, ...]) -> Any:
    return (xp.concat(g, axis=axis),)


def split(x: Any, indices_or_sections: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """Return ``x`` cut into pieces along ``axis``, as NumPy's and JAX's ``split`` do.

    Args:
        x: a Tensor.
        indices_or_sections: a number of equal pieces, or the positions before which to cut.
        axis: the axis to cut.

    Raises:
        ShapeError: if the axis does not divide into so many equal pieces.

    Example:
        >>> lucid.split(lucid.arange(5), [2])
        (Tensor([0, 1]), Tensor([2, 3, 4]))
    """
    x = asarray(x)
    axis = normalize_axis(axis, x.ndim)
    n = x.shape[axis]
    if hasattr(indices_or_sections, "__index__"):
        sections = indices_or_sections.__index__()
        if sections < 1 or n % sections:
            raise ShapeError(f"split: axis {axis} of size {n} does not divide into {sections} equal pieces")
        ends = [n // sections * (i + 1) for i in range(sections)]
    else:
        cuts = [slice(0, i).indices(n)[1] for i in _sizes(indices_or_sections)]
        if cuts != sorted(cuts):
            raise ArgumentError(f"split: positions must ascend, got {tuple(indices_or_sections)}")
        ends = [*cuts, n]
    result: tuple[Any, ...] = pieces(x, axis=axis, ends=tuple(ends))
    return result


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """Return the slices of ``x`` along ``axis``, without that axis: the inverse of ``stack``."""
    x = asarray(x)
    axis = normalize_axis(axis, x.ndim)
    if x.shape[axis] == 0:
        return ()
    return tuple(squeeze(piece, axis) for piece in split(x, x.shape[axis], axis=axis))


# ----------------------------------------------------------------- repeating and padding


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    """Return each element of ``x`` several times, one after the other.

    Args:
        x: a Tensor.
        repeats: how often: an integer, or one for each position along ``axis``.
        axis: the axis; None flattens first.

    Example:
        >>> lucid.repeat(lucid.Tensor([1, 2]), 2)
        Tensor([1, 1, 2, 2])
    """
    x = asarray(x)
    if axis is None:
        x, axis = reshape(x, -1), 0
    axis = normalize_axis(axis, x.ndim)
    counts = np.asarray(repeats)
    if counts.dtype.kind not in "iu" or (counts < 0).any():
        raise ArgumentError(f"repeat: repeats must be integers that are not negative, got {repeats!r}")
    if counts.size == 1:
        times = int(counts.reshape(-1)[0])
        shape = x.shape
        wide = broadcast_to(expand_dims(x, axis + 1), (*shape[: axis + 1], times, *shape[axis + 1 :]))
        return reshape(wide, (*shape[:axis], shape[axis] * times, *shape[axis + 1 :]))
    if counts.shape != (x.shape[axis],):
        raise ShapeError(
            f"repeat: axis {axis} has {x.shape[axis]} positions, and repeats shape {counts.shape}"
        )
    return take(x, np.repeat(np.arange(x.shape[axis]), counts), axis=axis)


def tile(x: Any, repetitions: Any, /) -> Any:
    """Return ``x`` laid out several times along each axis.

    Args:
        x: a Tensor.
        repetitions: an integer or a tuple; the shorter of it and the shape is filled up with ones in front.

    Example:
        >>> lucid.tile(lucid.Tensor([1, 2]), (2, 2))
        Tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]])
    """
    x = asarray(x)
    times = as_shape(repetitions)
    n = max(len(times), x.ndim)
    times = (1,) * (n - len(times)) + times
    shape = (1,) * (n - x.ndim) + x.shape
    alternating = reshape(x, [s for size in shape for s in (1, size)])  # (1, n0, 1, n1, ...)
    wide = broadcast_to(alternating, [s for pair in zip(times, shape, strict=True) for s in pair])
    return reshape(wide, [t * s for t, s in zip(times, shape, strict=True)])


@primitive
def surround(xp: Any, x: Any, /, *, widths: tuple[tuple[int, int], ...], value: Any) -> Any:
    """Return ``x`` with ``widths`` elements of ``value`` before and after each axis; see ``pad``."""
    return xp.pad(x, widths, constant_values=value)


@surround.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, widths: tuple[tuple[int, int], ...], value: Any) -> Any:
    return (xp.get_at(g, index=tuple(slice(b, b + n) for (b, _), n in zip(widths, _x.shape, strict=True))),)


def pad(x: Any, pad_width: Any, /, *, value: Any = 0) -> Any:
    """Return ``x`` with elements of ``value`` added at both ends of its axes.

    Args:
        x: a Tensor.
        pad_width: an integer for all ends, a pair (before, after) for all axes, or a pair for each axis.
        value: the number to pad with.

    Example:
        >>> lucid.pad(lucid.Tensor([1, 2]), (1, 2))
        Tensor([0, 1, 2, 0, 0])
    """
    x = asarray(x)
    try:
        widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))
    except ValueError as error:
        raise ShapeError(
            f"pad: {x.ndim} axes need {x.ndim} pairs (before, after), got {pad_width!r}"
        ) from error
    if widths.size and (widths.dtype.kind not in "iu" or widths.min() < 0):
        raise ArgumentError(f"pad: widths must be integers that are not negative, got {pad_width!r}")
    pairs = tuple((int(b), int(a)) for b, a in widths)
    return surround(x, widths=pairs, value=value) if any(map(any, pairs)) else x


# ----------------------------------------------------------------- triangles


def tril(x: Any, /, *, k: int = 0) -> Any:
    """Return the matrices ``x`` with zeros above the ``k``-th diagonal."""
    return _triangle(x, np.tri, k, "tril")


def triu(x: Any, /, *, k: int = 0) -> Any:
    """Return the matrices ``x`` with zeros below the ``k``-th diagonal."""
    return _triangle(
        x, lambda *shape_and_k: ~np.tri(*shape_and_k[:2], shape_and_k[2] - 1, dtype=bool), k, "triu"
    )


def _triangle(x: Any, mask: Any, k: int, name: str) -> Any:
    x = asarray(x)
    if x.ndim < 2:
        raise ShapeError(f"{name} needs two axes or more, got shape {x.shape}")
    inside = asarray(np.asarray(mask(*x.shape[-2:], k), bool), device=x.device)
    return where(inside, x, 0)


# ----------------------------------------------------------------- another device


@primitive
def move(xp: Any, x: Any, /, *, device: str, home: str) -> Any:
    """Return ``x``, which is on ``home``, on ``device``; see ``to_device``."""
    return transfer(x, device)


@move.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, device: str, home: str) -> Any:
    return (xp.to_device(g, home),)


def to_device(x: Any, device: str, /) -> Any:
    """Return ``x`` on ``device``, itself if it is there already; the gradient moves back."""
    x = asarray(x)
    return x if x.device == device else move(x, device=device, home=x.device)
