"""Joining, splitting, repeating and padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lucid import recording
from lucid.errors import ArgumentError, ArgumentTypeError, GradientError, RangeError, ShapeError
from lucid.ops.axes import as_counts, as_sizes, index_along, normalize_axis
from lucid.ops.cast import alongside, another, as_written
from lucid.ops.creation import asarray
from lucid.ops.indexing import take
from lucid.ops.shape import broadcast_to, expand_dims, reshape, squeeze
from lucid.recording import primitive

# ----------------------------------------------------------------- joining and splitting


@primitive(promotes="common")
def join(xp: Any, *xs: Any, axis: int, sizes: tuple[int, ...]) -> Any:
    """Return ``xs``, whose sizes along ``axis`` are ``sizes``, one after the other; see ``concat``."""
    return xp.concat(xs, axis=axis)


join.name = "concat"  # in messages


@join.vjp
def _(xp: Any, g: Any, _out: Any, *_xs: Any, axis: int, sizes: tuple[int, ...]) -> Any:
    ends = np.cumsum(sizes).tolist()
    return tuple(
        (lambda start=end - n, end=end: xp.get_at(g, index=index_along(axis, slice(start, end))))
        for n, end in zip(sizes, ends, strict=True)
    )


def _as_tensors(name: str, arrays: Any) -> list[Any]:
    if not hasattr(arrays, "__iter__"):
        raise ArgumentTypeError(f"{name} joins a sequence of tensors, got {type(arrays).__name__}")
    tensors = alongside(*arrays)
    if not tensors:
        raise ArgumentError(f"{name} needs at least one tensor")
    return tensors


def concat(arrays: Sequence[Any], /, *, axis: int | None = 0) -> Any:
    """Return ``arrays`` joined along an axis that they have.

    Args:
        arrays: Tensors of equal shape but for ``axis``; dtypes are promoted.
        axis: the axis; None joins the flattened arrays.

    Raises:
        ArgumentError: if there are none.
        ShapeError: if shapes differ elsewhere.
    """
    tensors = _as_tensors("concat", arrays)
    if axis is None:
        tensors, axis = [reshape(t, -1) for t in tensors], 0
    first = tensors[0].shape
    axis = normalize_axis(axis, len(first), "concat")
    for i, t in enumerate(tensors):
        if t.shape == first:
            continue
        others = t.shape[:axis] + t.shape[axis + 1 :]
        if t.ndim != len(first) or others != first[:axis] + first[axis + 1 :]:
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
    tensors = _as_tensors("stack", arrays)
    for i, t in enumerate(tensors):
        if t.shape != tensors[0].shape:
            raise ShapeError(f"stack: tensor {i} has shape {t.shape}, the first {tensors[0].shape}")
    axis = normalize_axis(axis, tensors[0].ndim + 1, "stack")
    return concat([expand_dims(t, axis) for t in tensors], axis=axis)


@primitive
def pieces(xp: Any, x: Any, /, *, axis: int, ends: tuple[int, ...]) -> Any:
    """Return ``x`` cut along ``axis`` before each of the positions ``ends`` but the last; see ``split``."""
    starts = (0, *ends[:-1])
    parts = (index_along(axis, slice(s, e)) for s, e in zip(starts, ends, strict=True))
    return tuple(xp.get_at(x, index=part) for part in parts)


pieces.name = "split"  # in messages


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
    axis = normalize_axis(axis, x.ndim, "split")
    n = x.shape[axis]
    if hasattr(indices_or_sections, "__index__"):
        sections = indices_or_sections.__index__()
        if sections < 1 or n % sections:
            raise ShapeError(f"split: axis {axis} of size {n} does not divide into {sections} equal pieces")
        ends = [n // sections * (i + 1) for i in range(sections)]
    else:
        cuts = [
            slice(0, i).indices(n)[1] for i in as_sizes(indices_or_sections, "split: indices_or_sections")
        ]
        if cuts != sorted(cuts):
            raise ArgumentError(f"split: positions must ascend, got {tuple(indices_or_sections)}")
        ends = [*cuts, n]
    result: tuple[Any, ...] = pieces(x, axis=axis, ends=tuple(ends))
    return result


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """Return the slices of ``x`` along ``axis``, without that axis: the inverse of ``stack``."""
    x = asarray(x)
    axis = normalize_axis(axis, x.ndim, "unstack")
    if x.shape[axis] == 0:
        return ()
    return tuple(squeeze(piece, axis) for piece in split(x, x.shape[axis], axis=axis))


# ----------------------------------------------------------------- repeating and padding


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    """Return each element of ``x`` several times, one after the other.

    Args:
        x: a Tensor.
        repeats: how often: an integer, or a Tensor or sequence with one for each position along
            ``axis``. The shape of the result depends on the numbers in a Tensor, so they are
            fetched from its device, and none can be traced by ``jax.jit``.
        axis: the axis; None flattens first.

    Raises:
        ArgumentError: if ``repeats`` are no integers, or negative.
        ShapeError: if there are too few or too many of them.

    Example:
        >>> lucid.repeat(lucid.Tensor([1, 2]), 2)
        Tensor([1, 1, 2, 2])
    """
    x = asarray(x)
    if axis is None:
        x, axis = reshape(x, -1), 0
    axis = normalize_axis(axis, x.ndim, "repeat")
    counts = repeats.numpy() if isinstance(repeats, recording.Tensor) else np.asarray(repeats)
    if counts.dtype.kind not in "iu" or (counts < 0).any():
        raise ArgumentError(f"repeat: repeats must be integers that are not negative, got {repeats!r}")
    if counts.size == 1 and counts.ndim < 2:
        times = int(counts.reshape(-1)[0])
        shape = x.shape
        wide = broadcast_to(expand_dims(x, axis + 1), (*shape[: axis + 1], times, *shape[axis + 1 :]))
        return reshape(wide, (*shape[:axis], shape[axis] * times, *shape[axis + 1 :]))
    if counts.shape != (x.shape[axis],):
        raise ShapeError(
            f"repeat: axis {axis} has {x.shape[axis]} positions, and repeats shape {counts.shape}"
        )
    counts = counts.astype(np.int64)
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
    times = as_counts(repetitions, "tile: repetitions")
    n = max(len(times), x.ndim)
    times = (1,) * (n - len(times)) + times
    shape = (1,) * (n - x.ndim) + x.shape
    alternating = reshape(x, [s for size in shape for s in (1, size)])  # (1, n0, 1, n1, ...)
    wide = broadcast_to(alternating, [s for pair in zip(times, shape, strict=True) for s in pair])
    return reshape(wide, [t * s for t, s in zip(times, shape, strict=True)])


@primitive
def surround(xp: Any, x: Any, /, *, widths: tuple[tuple[int, int], ...], value: Any) -> Any:
    """Return ``x`` with ``widths`` elements of ``value`` before and after each axis; see ``pad``."""
    return xp.pad(x, widths, value=value)


surround.name = "pad"  # in messages


@surround.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, widths: tuple[tuple[int, int], ...], value: Any) -> Any:
    return (xp.get_at(g, index=tuple(slice(b, b + n) for (b, _), n in zip(widths, _x.shape, strict=True))),)


def pad(x: Any, pad_width: Any, /, *, value: Any = 0) -> Any:
    """Return ``x`` with elements of ``value`` added at both ends of its axes.

    Args:
        x: a Tensor.
        pad_width: an integer for all ends, a pair (before, after) for all axes, or a pair for each axis.
        value: the number to pad with.

    Raises:
        ShapeError: if there isn't a pair for each axis.
        ArgumentError: if a width is no integer, or negative.
        RangeError: if ``value`` is too large for the dtype of ``x``.

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
    value = _padding(x, value)
    return surround(x, widths=pairs, value=value) if any(map(any, pairs)) else another(x)


def _padding(x: Any, value: Any) -> Any:
    """Return ``value`` as a Python number that the dtype of ``x`` holds."""
    if type(value) is int and value in (0, 1):
        return value  # every dtype holds these, booleans too
    given, value = value, as_written(value, x.dtype, x.device, "pad")
    if value.ndim:
        raise ShapeError(f"pad: value must be one number, got shape {value.shape}")
    if value.requires_grad:
        raise GradientError(
            "pad: value tracks gradients, and padding has none: pass value.item(), or use lucid.concat"
        )
    number = value.item()
    if np.isinf(number):
        given = given.item() if hasattr(given, "item") else given
        if not np.isinf(given):
            raise RangeError(f"pad: {given} is out of range for {x.dtype.name}")
    return number
