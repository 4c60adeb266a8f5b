r"""Convolutions with kernels of 3x3 elements in 4/9 of the multiplications, by Winograd's algorithm.

Two neighbouring windows share most of what they see. For a result of 2x2 pixels, the 4x4 pixels ``d`` that it
depends on and the kernel ``k`` are brought to a space in which the convolution is a product of elements:

.. math:: y = A^\top \big[ (G k G^\top) \odot (B^\top d B) \big] A

There are 16 of these products, where there were 36. Summed over channels, each is a matrix product: one row
for each 2x2 *tile* of the results, one column for each output channel. The gradients use the same matrices:
that of the images is a convolution with the kernel turned round, that of the kernel is

.. math:: G^\top \big[ (A g A^\top) \odot (B^\top d B) \big] G .

In float32, that is about as exact as a plain sum (root mean square of the error relative to that of the
result, measured: 3e-7 to 7e-7, where oneDNN's sums have 2e-7 to 8e-7). Otherwise the transforms round their
results to bfloat16 as they write them, the products are of those, with float32 sums, and what follows is
float32. The error is 3.9e-3 to 4.2e-3 then, where that of rounded images and kernels, as oneDNN convolves
them, is 2.4e-3: the sums that are rounded are larger than what they are sums of, and not all of that cancels.

A number that isn't finite spreads over its tile, so then None is returned, and the plain convolution runs.

Images are taken some at a time, so that their tiles and what comes of them stay in the cache.

Winograd, Arithmetic Complexity of Computations, 1980. Lavin and Gray, Fast Algorithms for Convolutional
Neural Networks, 2016.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.casts import stored
from lucid.engines.cpu.kernels.loops import dense, loop, prange
from lucid.engines.cpu.onednn.matmul import compile_product
from lucid.engines.cpu.onednn.primitive import compiled
from lucid.engines.cpu.packing import packed

Array = np.ndarray[Any, Any]
Pair = tuple[int, int]
Sizes = tuple[int, ...]

F32, BF16 = np.float32, np.uint16  # what holds the factors: NumPy has no bfloat16

# How many numbers of tiles, and of what comes of them, there are at a time. But fewer tiles than this
# take as long, since all kernels are read for them.
AT_A_TIME = 2**20
TILES_AT_A_TIME = 256
# With fewer tiles than this, or fewer channels, the transforms take longer than what they save.
FEWEST_TILES = 128
FEWEST_CHANNELS = {F32: 20, BF16: 32}  # in harmonic mean, halved


def pays(images: int, size: Sizes, channels: int, outputs: int, dtype: Any) -> bool:
    """Whether the algorithm is the faster one for ``images`` with results of ``size``.

    Args:
        images: how many.
        size: of the results.
        channels: of the images.
        outputs: channels of the results.
        dtype: of the factors, ``F32`` or ``BF16``.
    """
    tiles = images * -(-size[0] // 2) * -(-size[1] // 2)
    return tiles >= FEWEST_TILES and channels * outputs >= FEWEST_CHANNELS[dtype] * (channels + outputs)


def conv(x: Array, weight: Array, bias: Array | None, before: Pair, size: Sizes, dtype: Any) -> Array | None:
    """Return ``x`` convolved with ``weight``, plus ``bias``; None if it can't, or a result isn't finite.

    Args:
        x: images, ``(N, C, H, W)``.
        weight: ``(O, C, 3, 3)``.
        bias: ``(O,)``, or None.
        before: how many zeros stand before the rows and the columns.
        size: of the result.
        dtype: of the factors, ``F32`` or ``BF16``.
    """
    kernels = packed(weight, ("winograd", dtype), lambda: _transformed(weight, False, dtype))
    if kernels is None:
        kernels = _transformed(weight, False, dtype)
    return _convolve(x, kernels.mT, bias, before, size, dtype)


def conv_input(
    g: Array, weight: Array, bias: Array | None, before: Pair, size: Sizes, dtype: Any
) -> Array | None:
    """Return the gradient by images of ``size``: ``g`` convolved with the kernels turned round."""
    return _convolve(g, _transformed(weight, True, dtype), bias, (2 - before[0], 2 - before[1]), size, dtype)


def conv_weight(x: Array, g: Array, before: Pair, dtype: Any) -> tuple[Array, Array] | None:
    """Return the gradients by the weight and by the bias."""
    (n, c), (o, *size) = x.shape[:2], g.shape[1:]
    images, results = dense(x.transpose(0, 2, 3, 1)), dense(g.transpose(0, 2, 3, 1))
    rows, columns = -(-size[0] // 2), -(-size[1] // 2)
    sums = np.empty((n * rows, o), np.float32)
    total: Any = None
    for start, stop in _steps(n, rows * columns, c + o):
        tiles = np.empty((16, (stop - start) * rows * columns, c), dtype)
        _tiles(images, start, stop, rows, columns, *before, tiles)
        spread = np.empty((16, (stop - start) * rows * columns, o), dtype)
        _spread(results, start, stop, rows, columns, spread, sums)
        products = _product(spread.mT, tiles)
        if products is None:
            return None
        total = products if total is None else np.add(total, products, out=total)
    out = np.empty((o, c, 9), np.float32)
    bad = np.zeros(o, np.int64)
    _kernel_gradients(total, out, bad)
    if bad.any():
        return None
    return out.reshape(o, c, 3, 3), sums.sum(0, dtype=np.float64).astype(np.float32)


def _convolve(
    x: Array, kernels: Array, bias: Array | None, before: Pair, size: Sizes, dtype: Any
) -> Array | None:
    n, channels, outputs = len(x), x.shape[1], kernels.shape[2]
    images = dense(x.transpose(0, 2, 3, 1))
    shift = np.zeros(outputs, np.float32) if bias is None else dense(bias)
    rows, columns = -(-size[0] // 2), -(-size[1] // 2)
    out = np.empty((n, *size, outputs), np.float32)
    bad = np.zeros(n * rows, np.int64)
    for start, stop in _steps(n, rows * columns, channels + outputs):
        tiles = np.empty((16, (stop - start) * rows * columns, channels), dtype)
        _tiles(images, start, stop, rows, columns, *before, tiles)
        products = _product(tiles, kernels)
        if products is None:
            return None
        _results(products, shift, start, stop, rows, columns, out, bad)
    return None if bad.any() else out.transpose(0, 3, 1, 2)


def _transformed(weight: Array, turned: bool, dtype: Any) -> Array:
    """Return ``G k G^T`` of each kernel, which may be turned round first: ``(16, O, C)``, of ``dtype``."""
    o, c = weight.shape[:2]
    out = np.empty((16, o, c), dtype)
    _kernels(dense(weight).reshape(o, c, 9), turned, out)
    return out


def _steps(images: int, tiles: int, channels: int) -> Iterator[Pair]:
    """Yield the first and the end of the images of each round."""
    step = max(1, AT_A_TIME // (16 * tiles * channels), TILES_AT_A_TIME // tiles)
    for start in range(0, images, step):
        yield start, min(images, start + step)


def _product(x: Array, y: Array) -> Array | None:
    """Return ``x @ y`` of 16 matrices each: float32, of factors as they are, whatever the precision set."""
    shape = (16, x.shape[1], y.shape[2])
    key = ("winograd", x.dtype.char, x.shape, x.strides, y.shape, y.strides)
    run = compiled(key, lambda lib: compile_product(lib, x, y, shape))
    if run is None:
        return None
    out = np.empty(shape, np.float32)
    run(x, y, out)
    return out


# ----------------------------------------------------------------- loops


@loop
def _tiles(
    images: Array,
    start: int,
    stop: int,
    rows: int,
    columns: int,
    above: int,
    left: int,
    out: Array,
) -> None:
    """Write ``B^T d B`` of each tile."""
    height, width, channels = images.shape[1:]
    for job in prange((stop - start) * rows):
        n, row = start + job // rows, job % rows
        d = np.empty((16, channels), np.float32)
        for column in range(columns):
            for i in range(4):
                y = 2 * row + i - above
                for j in range(4):
                    x = 2 * column + j - left
                    inside = 0 <= y < height and 0 <= x < width
                    for c in range(channels):
                        d[4 * i + j, c] = images[n, y, x, c] if inside else np.float32(0)
            tile = job * columns + column
            for j in range(4):
                for c in range(channels):
                    d0, d1, d2, d3 = d[j, c], d[4 + j, c], d[8 + j, c], d[12 + j, c]
                    d[j, c] = d0 - d2
                    d[4 + j, c] = d1 + d2
                    d[8 + j, c] = d2 - d1
                    d[12 + j, c] = d1 - d3
            for i in range(4):
                for c in range(channels):
                    d0, d1, d2, d3 = d[4 * i, c], d[4 * i + 1, c], d[4 * i + 2, c], d[4 * i + 3, c]
                    out[4 * i, tile, c] = stored(d0 - d2, out)
                    out[4 * i + 1, tile, c] = stored(d1 + d2, out)
                    out[4 * i + 2, tile, c] = stored(d2 - d1, out)
                    out[4 * i + 3, tile, c] = stored(d1 - d3, out)


@loop
def _results(
    products: Array, shift: Array, start: int, stop: int, rows: int, columns: int, out: Array, bad: Array
) -> None:
    """Write ``A^T m A`` of each tile, plus the bias; count in ``bad`` what is not finite."""
    height, width, channels = out.shape[1:]
    zero = np.float32(0)
    for job in prange((stop - start) * rows):
        n, row = start + job // rows, job % rows
        half = np.empty((8, channels), np.float32)
        wrong = 0
        for column in range(columns):
            tile = job * columns + column
            for j in range(4):
                for c in range(channels):
                    m0, m1 = products[j, tile, c], products[4 + j, tile, c]
                    m2, m3 = products[8 + j, tile, c], products[12 + j, tile, c]
                    half[j, c] = m0 + m1 + m2
                    half[4 + j, c] = m1 - m2 - m3
            for i in range(min(2, height - 2 * row)):
                total = np.float32(0)
                for c in range(channels):
                    h0, h1, h2 = half[4 * i, c], half[4 * i + 1, c], half[4 * i + 2, c]
                    value = h0 + h1 + h2 + shift[c]
                    out[n, 2 * row + i, 2 * column, c] = value
                    total += value * zero  # nan if it isn't finite
                if 2 * column + 1 < width:
                    for c in range(channels):
                        h1, h2, h3 = half[4 * i + 1, c], half[4 * i + 2, c], half[4 * i + 3, c]
                        value = h1 - h2 - h3 + shift[c]
                        out[n, 2 * row + i, 2 * column + 1, c] = value
                        total += value * zero
                wrong += total != 0
        bad[start * rows + job] = wrong


@loop
def _spread(results: Array, start: int, stop: int, rows: int, columns: int, out: Array, sums: Array) -> None:
    """Write ``A g A^T`` of each tile, and the sum of each row of tiles; beyond the last pixel all is 0."""
    height, width, channels = results.shape[1:]
    for job in prange((stop - start) * rows):
        n, row = start + job // rows, job % rows
        g = np.empty((4, channels), np.float32)
        half = np.empty((8, channels), np.float32)
        at = start * rows + job
        for c in range(channels):
            sums[at, c] = np.float32(0)
        for column in range(columns):
            tile = job * columns + column
            for i in range(2):
                for j in range(2):
                    y, x = 2 * row + i, 2 * column + j
                    inside = y < height and x < width
                    for c in range(channels):
                        g[2 * i + j, c] = results[n, y, x, c] if inside else np.float32(0)
            for j in range(2):
                for c in range(channels):
                    g0, g1 = g[j, c], g[2 + j, c]
                    half[j, c] = g0
                    half[2 + j, c] = g0 + g1
                    half[4 + j, c] = g0 - g1
                    half[6 + j, c] = -g1
            for c in range(channels):
                sums[at, c] += half[2, c] + half[3, c]
            for i in range(4):
                for c in range(channels):
                    g0, g1 = half[2 * i, c], half[2 * i + 1, c]
                    out[4 * i, tile, c] = stored(g0, out)
                    out[4 * i + 1, tile, c] = stored(g0 + g1, out)
                    out[4 * i + 2, tile, c] = stored(g0 - g1, out)
                    out[4 * i + 3, tile, c] = stored(-g1, out)


@loop
def _kernels(weight: Array, turned: bool, out: Array) -> None:
    """Write ``G k G^T`` of each kernel."""
    half = np.float32(0.5)
    channels = weight.shape[1]
    for o in prange(weight.shape[0]):
        k = np.empty((9, channels), np.float32)
        rows = np.empty((12, channels), np.float32)
        for i in range(9):
            at = 8 - i if turned else i
            for c in range(channels):
                k[i, c] = weight[o, c, at]
        for j in range(3):
            for c in range(channels):
                k0, k1, k2 = k[j, c], k[3 + j, c], k[6 + j, c]
                rows[j, c] = k0
                rows[3 + j, c] = half * (k0 + k1 + k2)
                rows[6 + j, c] = half * (k0 - k1 + k2)
                rows[9 + j, c] = k2
        for i in range(4):
            for c in range(channels):
                k0, k1, k2 = rows[3 * i, c], rows[3 * i + 1, c], rows[3 * i + 2, c]
                out[4 * i, o, c] = stored(k0, out)
                out[4 * i + 1, o, c] = stored(half * (k0 + k1 + k2), out)
                out[4 * i + 2, o, c] = stored(half * (k0 - k1 + k2), out)
                out[4 * i + 3, o, c] = stored(k2, out)


@loop
def _kernel_gradients(total: Array, out: Array, bad: Array) -> None:
    """Write ``G^T u G`` of each kernel; count in ``bad`` what is not finite."""
    zero, half = np.float32(0), np.float32(0.5)
    channels = total.shape[2]
    for o in prange(total.shape[1]):
        u = np.empty((12, channels), np.float32)
        k = np.empty((9, channels), np.float32)
        sums = np.float32(0)
        for j in range(4):
            for c in range(channels):
                u0, u1, u2, u3 = total[j, o, c], total[4 + j, o, c], total[8 + j, o, c], total[12 + j, o, c]
                u[j, c] = u0 + half * (u1 + u2)
                u[4 + j, c] = half * (u1 - u2)
                u[8 + j, c] = half * (u1 + u2) + u3
        for i in range(3):
            for c in range(channels):
                u0, u1, u2, u3 = u[4 * i, c], u[4 * i + 1, c], u[4 * i + 2, c], u[4 * i + 3, c]
                a, b, d = u0 + half * (u1 + u2), half * (u1 - u2), half * (u1 + u2) + u3
                k[3 * i, c] = a
                k[3 * i + 1, c] = b
                k[3 * i + 2, c] = d
                sums += (a + b + d) * zero
        bad[o] = sums != 0
        for c in range(channels):
            for i in range(9):
                out[o, c, i] = k[i, c]
