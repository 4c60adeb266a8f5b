"""Convolutions of NumPy arrays, and their two gradients; ``ops/convolution.py`` says what they are.

float32 goes to the kernels of ``fast_convolution.py``. Everything else, and all where these don't serve, is
a product of matrices. A *window* is what one position of the kernel sees of an image. It is one row, with as
many columns as the kernel has weights for an output. Windows overlap, so their matrix is several times as
large as the images, which are taken some at a time to bound it.

Results are channels-last in memory: ``(N, C, H, W)`` by shape, with C moving fastest.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from lucid.engines.cpu import fast_convolution

Array = np.ndarray[Any, Any]
Sizes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]

# How many numbers the matrix of windows may have at a time.
MOST = 2**23


def in_single(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compute half precision in single, and round the results."""

    @functools.wraps(function)
    def run(*arrays: Array, **options: Any) -> Any:
        if arrays[0].dtype != np.float16:
            return function(*arrays, **options)
        out = function(*(a.astype(np.float32) for a in arrays), **options)
        if isinstance(out, tuple):
            return tuple(a.astype(np.float16) for a in out)
        return out.astype(np.float16)

    return run


@in_single
def conv(
    x: Array, weight: Array, /, *bias: Array, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> Array:
    """Return ``x`` convolved with ``weight``, plus ``bias``."""
    if x.dtype.char == "f":
        geometry = (stride, padding, dilation, groups)
        fast = fast_convolution.conv(x, weight, bias[0] if bias else None, geometry)
        if fast is not None:
            return fast
    windows = _windows(x, weight.shape[2:], stride, padding, dilation)
    n, *size = windows.shape[: x.ndim - 1]
    columns = _by_group(weight, groups).mT
    out = np.empty((n, *size, len(weight)), x.dtype)
    for part in _parts(windows):
        product = np.matmul(_rows(windows[part], groups), columns)  # (groups, windows, O / groups)
        out[part] = np.moveaxis(product, 0, 1).reshape(out[part].shape)
    if bias:
        out += bias[0]
    return np.moveaxis(out, -1, 1)


@in_single
def conv_input(
    g: Array,
    weight: Array,
    /,
    *bias: Array,
    size: Sizes,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
) -> Array:
    """Return the gradient by images of ``size``: each window's product is added where it was seen."""
    if g.dtype.char == "f":
        geometry = (stride, padding, dilation, groups)
        fast = fast_convolution.conv_input(g, weight, bias[0] if bias else None, size, geometry)
        if fast is not None:
            return fast
    n = len(g)
    kernel: Sizes = weight.shape[2:]
    channels = weight.shape[1] * groups
    matrix = _by_group(weight, groups)
    extent = _extent(g.shape[2:], kernel, stride, dilation)
    sizes = [max(e, before + s) for e, s, (before, _) in zip(extent, size, padding, strict=True)]
    padded = np.zeros((n, *sizes, groups, weight.shape[1]), g.dtype)
    windows, weights = math.prod(g.shape[2:]), math.prod(kernel)
    step = max(1, MOST // max(1, channels * windows * weights))
    for start in range(0, n, step):
        part = slice(start, min(n, start + step))
        rows = g[part].reshape(part.stop - start, groups, len(weight) // groups, windows)
        product = np.matmul(np.moveaxis(rows, 1, 0).mT, matrix[:, None])
        # (groups, n, windows, C / groups * kernel) -> (n, *out, groups, C / groups, *kernel)
        product = product.reshape(groups, len(rows), *g.shape[2:], weight.shape[1], *kernel)
        product = np.moveaxis(product, 0, g.ndim - 1)
        for offset in np.ndindex(*kernel):
            seen = tuple(
                slice(k * d, k * d + (m - 1) * s + 1, s)
                for k, d, m, s in zip(offset, dilation, g.shape[2:], stride, strict=True)
            )
            padded[(part, *seen)] += product[(..., *offset)]
    inner = tuple(slice(before, before + s) for s, (before, _) in zip(size, padding, strict=True))
    out = padded[(slice(None), *inner)].reshape(n, *size, channels)
    if bias:
        out = out + bias[0]
    return np.moveaxis(out, -1, 1)


@in_single
def conv_weight(
    x: Array,
    g: Array,
    /,
    *,
    size: Sizes,
    bias: bool,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
) -> Any:
    """Return the gradient by a weight whose kernel is of ``size``, and with ``bias`` that by the bias."""
    if x.dtype.char == "f":
        both = fast_convolution.conv_weight(x, g, size, bias, (stride, padding, dilation, groups))
        if both is not None:
            return both if bias else both[0]
    windows = _windows(x, size, stride, padding, dilation)
    o, c = g.shape[1] // groups, x.shape[1] // groups
    total = np.zeros((groups, o, c * math.prod(size)), x.dtype)
    for part in _parts(windows):
        images = g[part]
        split = images.reshape(len(images), groups, o, math.prod(g.shape[2:]))
        columns = np.moveaxis(split, 0, 2).reshape(groups, o, len(images) * math.prod(g.shape[2:]))
        total += np.matmul(columns, _rows(windows[part], groups))
    out = total.reshape(groups * o, c, *size)
    return (out, np.sum(g, axis=(0, *range(2, g.ndim)))) if bias else out


def _windows(x: Array, kernel: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes) -> Array:
    """Return what the kernel sees at each of its positions, ``(N, *out, C, *kernel)``, as a view."""
    ends = [n + before + after for n, (before, after) in zip(x.shape[2:], padding, strict=True)]
    if any(before or after for before, after in padding):
        padded = np.zeros((*x.shape[:2], *ends), x.dtype)
        taken = [min(n, e - b) for n, e, (b, _) in zip(x.shape[2:], ends, padding, strict=True)]
        to: Any = (..., *(slice(b, b + t) for t, (b, _) in zip(taken, padding, strict=True)))
        seen: Any = (..., *(slice(t) for t in taken))
        padded[to] = x[seen]
        x = padded
    out = [(e - (k - 1) * d - 1) // s + 1 for e, k, d, s in zip(ends, kernel, dilation, stride, strict=True)]
    images, channels, *space = x.strides
    moved = (s * step for s, step in zip(space, stride, strict=True))
    spread = (s * step for s, step in zip(space, dilation, strict=True))
    shape, strides = (len(x), *out, x.shape[1], *kernel), (images, *moved, channels, *spread)
    return as_strided(x, shape, strides, writeable=False)


def _rows(windows: Array, groups: int) -> Array:
    """Return windows as matrices, one for each group: ``(groups, windows, C / groups * kernel)``."""
    space = (windows.ndim - 2) // 2
    count, channels = math.prod(windows.shape[: space + 1]), windows.shape[space + 1] // groups
    kernel = windows.shape[space + 2 :]
    split = windows.reshape(*windows.shape[: space + 1], groups, channels, *kernel)
    return np.moveaxis(split, space + 1, 0).reshape(groups, count, channels * math.prod(kernel))


def _by_group(weight: Array, groups: int) -> Array:
    """Return a weight as matrices, one for each group: ``(groups, O / groups, C / groups * kernel)``."""
    return weight.reshape(groups, len(weight) // groups, math.prod(weight.shape[1:]))


def _parts(windows: Array) -> Iterator[slice]:
    """Yield slices of the images, each with as many windows as fit into memory well."""
    step = max(1, MOST // max(1, math.prod(windows.shape[1:])))
    for start in range(0, len(windows), step):
        yield slice(start, start + step)


def _extent(out: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes) -> list[int]:
    """Return how much of each axis the kernel sees on its way."""
    return [(n - 1) * s + (k - 1) * d + 1 for n, k, s, d in zip(out, kernel, stride, dilation, strict=True)]
