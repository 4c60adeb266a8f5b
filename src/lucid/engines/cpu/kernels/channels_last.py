"""Loops of normalisation over ``(segments, rows, channels)``: channels are neighbours in memory.

A segment is what shares its statistics: the whole batch, or one example of it. Rows are worked through
in blocks that stay in the cache. What a block sums up in float32 is put together in float64, always in
the same order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import loop, prange

_BLOCK = 16384  # elements, 64 KiB: of several arrays, some still lie in the cache for a second pass
_ROWS = 256  # the most that are summed in float32


def statistics(x: Any) -> tuple[Any, Any]:
    """Return mean and biased variance of each channel of each segment, float64."""
    parts, block = _blocks(x)
    mean, var = np.zeros((2, x.shape[0], x.shape[2]))
    _statistics(x, block, *np.empty((3, parts, x.shape[2]), np.float32), mean, var)
    return mean, var


def shifted(x: Any, centre: Any, scale: Any, shift: Any, residual: Any, low: float) -> Any:
    """Return ``(x - centre) * scale + shift + residual``, and at least ``low``."""
    out = np.empty(x.shape, np.float32)
    added = residual is not None
    _shifted(x, centre, scale, shift, residual if added else x, added, np.float32(low), _blocks(x)[1], out)
    return out


def sums(g: Any, x: Any, centre: Any, out: Any = None) -> tuple[Any, Any]:
    """Return the sums of ``g`` and of ``g * (x - centre)`` over each channel of each segment, float64.

    If there is an ``out``, ``g`` counts as 0 where that is 0 or less.
    """
    parts, block = _blocks(x)
    total, total_x = np.zeros((2, x.shape[0], x.shape[2]))
    partial = np.empty((2, parts, x.shape[2]), np.float32)
    if out is None:
        _sums(g, x, centre, block, *partial, total, total_x)
    else:
        _sums_where_kept(g, out, x, centre, block, *partial, total, total_x)
    return total, total_x


def slopes(g: Any, x: Any, centre: Any, by_g: Any, by_x: Any, constant: Any, out: Any = None) -> Any:
    """Return ``by_g * g + by_x * (x - centre) + constant``, with ``g`` as in ``sums``."""
    d = np.empty(x.shape, np.float32)
    if out is None:
        _slopes(g, x, centre, by_g, by_x, constant, _blocks(x)[1], d)
    else:
        _slopes_where_kept(g, out, x, centre, by_g, by_x, constant, _blocks(x)[1], d)
    return d


def _blocks(x: Any) -> tuple[int, int]:
    """Return how many blocks the segments have together, and how many rows a block has."""
    segments, rows, channels = x.shape
    block = min(rows, _ROWS, max(1, _BLOCK // channels))
    return segments * -(-rows // block), block


@loop
def _statistics(x: Any, block: int, centre: Any, off: Any, squares: Any, mean: Any, var: Any) -> None:
    segments, rows, channels = x.shape
    per_segment = (rows + block - 1) // block
    for k in prange(segments * per_segment):
        s = k // per_segment
        first = (k % per_segment) * block
        last = min(rows, first + block)
        share = np.float32(1 / (last - first))
        for c in range(channels):
            centre[k, c] = np.float32(0)
            off[k, c] = np.float32(0)
            squares[k, c] = np.float32(0)
        fours = first + (last - first) // 4 * 4
        for r in range(first, fours, 4):
            for c in range(channels):
                centre[k, c] += (x[s, r, c] + x[s, r + 1, c]) + (x[s, r + 2, c] + x[s, r + 3, c])
        for r in range(fours, last):
            for c in range(channels):
                centre[k, c] += x[s, r, c]
        for c in range(channels):
            centre[k, c] *= share
        # About the mean of the block nothing cancels; what rounding took from that mean is `off`.
        for r in range(first, fours, 4):
            for c in range(channels):
                d0 = x[s, r, c] - centre[k, c]
                d1 = x[s, r + 1, c] - centre[k, c]
                d2 = x[s, r + 2, c] - centre[k, c]
                d3 = x[s, r + 3, c] - centre[k, c]
                off[k, c] += (d0 + d1) + (d2 + d3)
                squares[k, c] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3)
        for r in range(fours, last):
            for c in range(channels):
                d = x[s, r, c] - centre[k, c]
                off[k, c] += d
                squares[k, c] += d * d
    for k in range(segments * per_segment):
        s = k // per_segment
        n = min(rows - (k % per_segment) * block, block)
        for c in range(channels):
            if np.isfinite(off[k, c]):
                mean[s, c] += off[k, c]
            mean[s, c] += n * np.float64(centre[k, c])
    for s in range(segments):
        for c in range(channels):
            mean[s, c] /= rows
    for k in range(segments * per_segment):
        s = k // per_segment
        n = min(rows - (k % per_segment) * block, block)
        for c in range(channels):
            d = centre[k, c] - mean[s, c]
            # The sum of (x - mean)^2, from that of (x - centre)^2.
            var[s, c] += squares[k, c] + d * (2 * np.float64(off[k, c]) + n * d)
    for s in range(segments):
        for c in range(channels):
            var[s, c] = max(var[s, c] / rows, 0.0)


@loop
def _shifted(
    x: Any, centre: Any, scale: Any, shift: Any, residual: Any, added: bool, low: Any, block: int, out: Any
) -> None:
    segments, rows, channels = x.shape
    per_segment = (rows + block - 1) // block
    for k in prange(segments * per_segment):
        s = k // per_segment
        first = (k % per_segment) * block
        last = min(rows, first + block)
        if added:
            for r in range(first, last):
                for c in range(channels):
                    y = (x[s, r, c] - centre[s, c]) * scale[s, c] + shift[s, c] + residual[s, r, c]
                    out[s, r, c] = low if y < low else y  # nan stays nan
        else:
            for r in range(first, last):
                for c in range(channels):
                    y = (x[s, r, c] - centre[s, c]) * scale[s, c] + shift[s, c]
                    out[s, r, c] = low if y < low else y


@loop
def _sums(g: Any, x: Any, centre: Any, block: int, part: Any, part_x: Any, total: Any, total_x: Any) -> None:
    segments, rows, channels = x.shape
    per_segment = (rows + block - 1) // block
    for k in prange(segments * per_segment):
        s = k // per_segment
        first = (k % per_segment) * block
        last = min(rows, first + block)
        for c in range(channels):
            part[k, c] = np.float32(0)
            part_x[k, c] = np.float32(0)
        fours = first + (last - first) // 4 * 4
        for r in range(first, fours, 4):
            for c in range(channels):
                z = centre[s, c]
                d0, d1, d2, d3 = g[s, r, c], g[s, r + 1, c], g[s, r + 2, c], g[s, r + 3, c]
                part[k, c] += (d0 + d1) + (d2 + d3)
                by_01 = d0 * (x[s, r, c] - z) + d1 * (x[s, r + 1, c] - z)
                part_x[k, c] += by_01 + (d2 * (x[s, r + 2, c] - z) + d3 * (x[s, r + 3, c] - z))
        for r in range(fours, last):
            for c in range(channels):
                part[k, c] += g[s, r, c]
                part_x[k, c] += g[s, r, c] * (x[s, r, c] - centre[s, c])
    for k in range(segments * per_segment):
        s = k // per_segment
        for c in range(channels):
            total[s, c] += part[k, c]
            total_x[s, c] += part_x[k, c]


@loop
def _sums_where_kept(
    g: Any, out: Any, x: Any, centre: Any, block: int, part: Any, part_x: Any, total: Any, total_x: Any
) -> None:
    segments, rows, channels = x.shape
    per_segment = (rows + block - 1) // block
    for k in prange(segments * per_segment):
        s = k // per_segment
        first = (k % per_segment) * block
        last = min(rows, first + block)
        for c in range(channels):
            part[k, c] = np.float32(0)
            part_x[k, c] = np.float32(0)
        fours = first + (last - first) // 4 * 4
        for r in range(first, fours, 4):
            for c in range(channels):
                z = centre[s, c]
                # Read first, choose then: a reading that depends on a choice does not run on vectors.
                d0, d1, d2, d3 = g[s, r, c], g[s, r + 1, c], g[s, r + 2, c], g[s, r + 3, c]
                d0 = np.float32(0) if out[s, r, c] <= 0 else d0
                d1 = np.float32(0) if out[s, r + 1, c] <= 0 else d1
                d2 = np.float32(0) if out[s, r + 2, c] <= 0 else d2
                d3 = np.float32(0) if out[s, r + 3, c] <= 0 else d3
                part[k, c] += (d0 + d1) + (d2 + d3)
                by_01 = d0 * (x[s, r, c] - z) + d1 * (x[s, r + 1, c] - z)
                part_x[k, c] += by_01 + (d2 * (x[s, r + 2, c] - z) + d3 * (x[s, r + 3, c] - z))
        for r in range(fours, last):
            for c in range(channels):
                d = g[s, r, c]
                d = np.float32(0) if out[s, r, c] <= 0 else d
                part[k, c] += d
                part_x[k, c] += d * (x[s, r, c] - centre[s, c])
    for k in range(segments * per_segment):
        s = k // per_segment
        for c in range(channels):
            total[s, c] += part[k, c]
            total_x[s, c] += part_x[k, c]


@loop
def _slopes(g: Any, x: Any, centre: Any, by_g: Any, by_x: Any, constant: Any, block: int, out: Any) -> None:
    segments, rows, channels = x.shape
    per_segment = (rows + block - 1) // block
    for k in prange(segments * per_segment):
        s = k // per_segment
        first = (k % per_segment) * block
        for r in range(first, min(rows, first + block)):
            for c in range(channels):
                y = x[s, r, c] - centre[s, c]
                out[s, r, c] = by_g[s, c] * g[s, r, c] + by_x[s, c] * y + constant[s, c]


@loop
def _slopes_where_kept(
    g: Any, out: Any, x: Any, centre: Any, by_g: Any, by_x: Any, constant: Any, block: int, dx: Any
) -> None:
    segments, rows, channels = x.shape
    per_segment = (rows + block - 1) // block
    for k in prange(segments * per_segment):
        s = k // per_segment
        first = (k % per_segment) * block
        for r in range(first, min(rows, first + block)):
            for c in range(channels):
                d = g[s, r, c]
                d = np.float32(0) if out[s, r, c] <= 0 else d
                y = x[s, r, c] - centre[s, c]
                dx[s, r, c] = by_g[s, c] * d + by_x[s, c] * y + constant[s, c]
