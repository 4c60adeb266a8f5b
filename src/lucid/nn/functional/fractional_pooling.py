"""Pooling into windows whose places are drawn, so that images may shrink by any factor."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from lucid import ops, random
from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional import windows as wd

__all__ = ["fractional_max_pool2d", "fractional_max_pool3d"]

# Which of the numbers drawn for an image is for each of its axes: PyTorch begins with the width of images.
_DRAWN = {2: (1, 0), 3: (0, 1, 2)}


def fractional_max_pool2d(
    x: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
    *,
    generator: random.Generator | None = None,
) -> Any:
    r"""Return the largest elements of windows whose places are drawn, for each channel of each image anew.

    Along an axis of :math:`L` elements, the :math:`m` windows of :math:`k` elements begin at

    .. math:: a_i = \lfloor \alpha (i + u) \rfloor - \lfloor \alpha u \rfloor, \qquad
        a_{m-1} = L - k, \qquad \alpha = \frac{L - k}{m - 1}

    with :math:`u` drawn uniformly from 0 to 1. So an image shrinks by a factor that need not be an integer.
    Windows may overlap, or leave elements out. Of equal elements the first one gets the gradient, and nan is
    larger than any number.

    Args:
        x: a Tensor of floats.
        kernel_size: how many elements a window has, for both axes or for each.
        output_size: how many windows there are, for both axes or for each.
        output_ratio: the same as a part of the size of the image, between 0 and 1; rounded down.
        return_indices: whether to return where the largest elements stand, too: row times the width of the
            image, plus column.
        _random_samples: the numbers :math:`u`, of shape ``(N, C, 2)``, for width and height in this order; by
            default they are drawn.
        generator: where random numbers come from; by default the global generator.

    Shape:
        ``(N, C, H, W) -> (N, C, *output_size)`` or ``(C, H, W) -> (C, *output_size)``

    Raises:
        ShapeError: if ``x`` has other axes, or so many windows do not fit: ``output_size + kernel_size - 1``
            must not exceed the size of the image.
        ArgumentError: if a size or ratio is out of range, or not one of ``output_size`` and ``output_ratio``
            is given.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.fractional_max_pool2d(lucid.ones((8, 9, 9)), 2, output_ratio=0.7).shape
        (8, 6, 6)

    Graham, Fractional Max-Pooling, 2014.
    """
    return _pooled(2, x, kernel_size, output_size, output_ratio, return_indices, _random_samples, generator)


def fractional_max_pool3d(
    x: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
    *,
    generator: random.Generator | None = None,
) -> Any:
    """Return the largest elements of windows of a volume whose places are drawn.

    See ``fractional_max_pool2d``.

    Args:
        x: a Tensor of floats.
        kernel_size, output_size, output_ratio: as of ``fractional_max_pool2d``, for all axes or for each.
        return_indices: whether to return where the largest elements stand, too, counted through the volume.
        _random_samples: what is drawn, of shape ``(N, C, 3)``, for depth, height and width in this order.
        generator: where random numbers come from; by default the global generator.

    Shape:
        ``(N, C, D, H, W) -> (N, C, *output_size)`` or ``(C, D, H, W) -> (C, *output_size)``

    Raises:
        ShapeError: if ``x`` has other axes, or so many windows do not fit.
        ArgumentError: if a size or ratio is out of range, or not one of ``output_size`` and ``output_ratio``
            is given.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.fractional_max_pool3d(lucid.ones((8, 5, 7, 9)), (1, 2, 2), (4, 3, 5)).shape
        (8, 4, 3, 5)
    """
    return _pooled(3, x, kernel_size, output_size, output_ratio, return_indices, _random_samples, generator)


def _pooled(
    n: int,
    x: Any,
    kernel_size: Any,
    output_size: Any,
    output_ratio: Any,
    return_indices: bool,
    samples: Any,
    generator: random.Generator | None,
) -> Any:
    function = f"fractional_max_pool{n}d"
    x = checks.floating(function, "x", x)
    wd.image(function, x, n)
    kernel = checks.per_axis(function, "kernel_size", kernel_size, n, 1)
    checks.truth(function, "return_indices", return_indices)
    lead, sizes = x.shape[: x.ndim - n], x.shape[x.ndim - n :]
    shape = _shape(function, sizes, kernel, output_size, output_ratio)
    drawn = (*((1,) * (2 - len(lead)) + lead), n)
    if samples is None:
        kind = "float32" if x.dtype.itemsize == 2 else x.dtype
        samples = random.uniform(drawn, dtype=kind, device=x.device, generator=generator)
    else:
        samples = checks.floating(function, "_random_samples", samples, x)
        if samples.shape != drawn:
            raise ShapeError(
                f"{function} expects _random_samples of shape {drawn} for x of {tuple(x.shape)}, "
                f"got {tuple(samples.shape)}"
            )
    images = ops.reshape(x, (*lead, math.prod(sizes)))
    at = _elements(samples.detach(), sizes, kernel, shape)  # (N, C, windows, elements of each)
    at = ops.reshape(at, (*lead, *at.shape[2:]))
    flat = ops.reshape(at, (*lead, math.prod(at.shape[-2:])))
    seen = ops.reshape(ops.take_along_axis(images.detach(), flat, axis=-1), at.shape)
    best = ops.argmax(seen, axis=-1, keepdims=True)
    indices = ops.reshape(ops.take_along_axis(at, best, axis=-1), at.shape[:-1])
    largest = ops.reshape(ops.take_along_axis(images, indices, axis=-1), (*lead, *shape))
    return (largest, ops.reshape(indices, largest.shape)) if return_indices else largest


def _elements(samples: Any, sizes: tuple[int, ...], kernel: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """Return where the elements of each window stand in the image, ``(N, C, windows, elements)``."""
    n = len(sizes)
    at: Any = 0
    for axis, drawn in enumerate(_DRAWN[n]):
        begin = _begin(samples[..., drawn], sizes[axis], kernel[axis], shape[axis])
        offsets = ops.arange(kernel[axis], dtype="int64", device=samples.device)
        along = ops.expand_dims(begin, -1) + offsets  # (N, C, windows, elements) along the axis
        places = [1] * (2 * n)
        places[axis], places[n + axis] = shape[axis], kernel[axis]
        along = ops.reshape(along, (*samples.shape[:-1], *places))
        at = at + along * math.prod(sizes[axis + 1 :])
    return ops.reshape(at, (*samples.shape[:-1], math.prod(shape), math.prod(kernel)))


def _begin(u: Any, size: int, kernel: int, count: int) -> Any:
    """Return where ``count`` windows begin along an axis, by numbers that were drawn."""
    u = ops.expand_dims(ops.astype(u, "float32") if u.dtype.itemsize == 2 else u, -1)
    last = ops.zeros_like(u, dtype="int64") + (size - kernel)
    if count == 1:
        return last
    # Rounded as in PyTorch, in the type of the numbers: one step further would be another window.
    alpha = ops.asarray(size - kernel, dtype=u.dtype, device=u.device) / (count - 1)
    i = ops.arange(count - 1, dtype=u.dtype, device=u.device)
    steps = ops.astype((i + u) * alpha, "int64") - ops.astype(u * alpha, "int64")
    return ops.concat([steps, last], axis=-1)


# ----------------------------------------------------------------- checks


def _shape(
    function: str, sizes: tuple[int, ...], kernel: tuple[int, ...], output_size: Any, output_ratio: Any
) -> tuple[int, ...]:
    """Return how many windows there are along each axis."""
    size, ratio = output(function, output_size, output_ratio, len(sizes))
    shape = size or tuple(int(m * r) for m, r in zip(sizes, ratio, strict=True))
    if any(m < 1 or m + k - 1 > s for m, k, s in zip(shape, kernel, sizes, strict=True)):
        raise ShapeError(
            f"{function}: {shape} windows of {kernel} elements do not fit into an image of {sizes}: there "
            "must be one along each axis, and output_size + kernel_size - 1 must not exceed the image"
        )
    return shape


def output(
    function: str, output_size: Any, output_ratio: Any, n: int
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return the size of what is asked for, or else the ratio, for each of ``n`` axes; the other is empty."""
    if (output_size is None) == (output_ratio is None):
        raise ArgumentError(
            f"{function} expects either output_size or output_ratio, got {output_size!r} and {output_ratio!r}"
        )
    if output_ratio is None:
        return checks.per_axis(function, "output_size", output_size, n, 1), ()
    values = tuple(output_ratio) if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * n
    if len(values) != n:
        raise ArgumentError(f"{function} expects output_ratio to be one number or {n}, got {output_ratio!r}")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, Real):
            raise ArgumentTypeError(f"{function} expects output_ratio to be numbers, got {output_ratio!r}")
        if not 0 < float(value) < 1:
            raise ArgumentError(f"{function} expects output_ratio between 0 and 1, got {output_ratio!r}")
    return (), tuple(map(float, values))
