"""Pooling, on images whose channels are last in memory.

To a loop, an image is a list of rows of channels, however many axes it has, and a window names some of them.
Rows are often short, so loops address elements in flat arrays, by unsigned numbers: that leaves little to do
but the row itself.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import dense, loop, prange

Array = np.ndarray[Any, Any]

# From so many elements of a window on, it is faster to look the largest one up than to go through them.
_LONG = 9


def _rows(x: Array, n: int) -> Array:
    """Return ``x`` of shape (N, C, *axes) or (C, *axes) as dense (N, elements of the axes, C)."""
    x = np.moveaxis(x, -n - 1, -1)
    return np.asarray(dense(x)).reshape(-1, math.prod(x.shape[-n - 1 : -1]), x.shape[-1])


def _image(rows: Array, x: Array, sizes: tuple[int, ...]) -> Array:
    """Return ``rows`` as an image like ``x``, but of ``sizes``, without a copy."""
    n = len(sizes)
    return np.moveaxis(rows.reshape(*x.shape[: x.ndim - n - 1], *sizes, rows.shape[-1]), -1, -n - 1)


# ----------------------------------------------------------------- largest elements


def max_pool(x: Array, *, windows: Any, return_indices: bool) -> Any:
    """Return the largest element of each window, and keep which one of its elements that is."""
    if x.dtype != np.float32 or math.prod(windows.sizes) >= 2**31:
        return None
    rows = _rows(x, len(windows.sizes))
    table, lengths = windows.table, windows.lengths
    out = np.empty((rows.shape[0], len(table), rows.shape[2]), np.float32)
    which = np.empty(out.shape, np.uint8 if table.shape[1] <= 256 else np.int32)
    _largest(rows, table, lengths, out, which)
    y = _image(out, x, windows.shape)
    if not return_indices:
        return y, which
    indices = table[np.arange(len(table))[:, None], which].astype(np.int64)
    return (y, _image(indices, x, windows.shape)), which


def max_pool_vjp(
    g: Any, _out: Any, which: Array, x: Array, *, windows: Any, return_indices: bool
) -> tuple[Any, ...]:
    """Send the gradient of each window to its largest element."""
    rows = _rows(g[0] if return_indices else g, len(windows.sizes))
    d = np.empty((rows.shape[0], math.prod(windows.sizes), rows.shape[2]), np.float32)
    if windows.table.shape[1] < _LONG:
        _to_largest(rows, which, windows.table, windows.lengths, not windows.tiles, d)
    else:
        _to_named(rows, which, windows.table, d)
    return (_image(d, x, windows.sizes),)


@loop
def _largest(x: Array, table: Array, lengths: Array, out: Array, which: Array) -> None:
    number = which.dtype.type
    windows, channels = table.shape[0], np.uintp(x.shape[2])
    flat, best, place = x.reshape(x.size), out.reshape(out.size), which.reshape(which.size)
    for line in prange(x.shape[0] * windows):
        window, at = line % windows, np.uintp(line) * channels
        image = np.uintp(line // windows * x.shape[1])
        last = lengths[window] - 1
        for k in range(0, last + 1, 4):
            # Four rows at once. Beyond the last one, that again: it is not larger than itself.
            kb, kc, kd = min(k + 1, last), min(k + 2, last), min(k + 3, last)
            a = (image + np.uintp(table[window, k])) * channels
            b = (image + np.uintp(table[window, kb])) * channels
            c = (image + np.uintp(table[window, kc])) * channels
            d = (image + np.uintp(table[window, kd])) * channels
            pa, pb, pc, pd = number(k), number(kb), number(kc), number(kd)
            # The first nan stays: v <= m is false if one of them is nan, and m == m if m isn't.
            if k == 0:
                for j in range(channels):
                    m, p = flat[a + j], pa
                    v = flat[b + j]
                    larger = (not v <= m) & (m == m)
                    m, p = (v if larger else m), (pb if larger else p)
                    v = flat[c + j]
                    larger = (not v <= m) & (m == m)
                    m, p = (v if larger else m), (pc if larger else p)
                    v = flat[d + j]
                    larger = (not v <= m) & (m == m)
                    best[at + j] = v if larger else m
                    place[at + j] = pd if larger else p
            else:
                for j in range(channels):
                    m, p = best[at + j], place[at + j]
                    v = flat[a + j]
                    larger = (not v <= m) & (m == m)
                    m, p = (v if larger else m), (pa if larger else p)
                    v = flat[b + j]
                    larger = (not v <= m) & (m == m)
                    m, p = (v if larger else m), (pb if larger else p)
                    v = flat[c + j]
                    larger = (not v <= m) & (m == m)
                    m, p = (v if larger else m), (pc if larger else p)
                    v = flat[d + j]
                    larger = (not v <= m) & (m == m)
                    best[at + j] = v if larger else m
                    place[at + j] = pd if larger else p


@loop
def _to_largest(g: Array, which: Array, table: Array, lengths: Array, add: bool, dx: Array) -> None:
    number = which.dtype.type
    windows, channels = table.shape[0], np.uintp(dx.shape[2])
    slope, place, flat = g.reshape(g.size), which.reshape(which.size), dx.reshape(dx.size)
    for i in prange(dx.shape[0]):
        if add:
            dx[i] = 0
        for window in range(windows):
            at = np.uintp(i * windows + window) * channels
            for k in range(lengths[window]):
                row = np.uintp(i * dx.shape[1] + table[window, k]) * channels
                this = number(k)
                if add:
                    for j in range(channels):
                        flat[row + j] += slope[at + j] if place[at + j] == this else np.float32(0)
                else:
                    for j in range(channels):
                        flat[row + j] = slope[at + j] if place[at + j] == this else np.float32(0)


@loop
def _to_named(g: Array, which: Array, table: Array, dx: Array) -> None:
    windows, channels = table.shape[0], np.uintp(dx.shape[2])
    slope, place, flat = g.reshape(g.size), which.reshape(which.size), dx.reshape(dx.size)
    for i in prange(dx.shape[0]):
        dx[i] = 0
        for window in range(windows):
            at = np.uintp(i * windows + window) * channels
            for j in range(channels):
                row = np.uintp(i * dx.shape[1] + table[window, place[at + j]]) * channels
                flat[row + j] += slope[at + j]


# ----------------------------------------------------------------- averages


def avg_pool(x: Array, *, windows: Any, divisor: int | None) -> Any:
    """Return the sum of each window, divided."""
    if x.dtype != np.float32 or math.prod(windows.sizes) >= 2**31:
        return None
    rows = _rows(x, len(windows.sizes))
    out = np.empty((rows.shape[0], len(windows.table), rows.shape[2]), np.float32)
    _averages(rows, windows.table, windows.lengths, _factors(windows, divisor), out)
    return _image(out, x, windows.shape), None


def avg_pool_vjp(
    g: Array, _out: Any, _residuals: None, x: Array, *, windows: Any, divisor: int | None
) -> tuple[Any, ...]:
    """Share the gradient of each window among its elements."""
    rows = _rows(g, len(windows.sizes))
    d = np.empty((rows.shape[0], math.prod(windows.sizes), rows.shape[2]), np.float32)
    _to_all(rows, windows.table, windows.lengths, _factors(windows, divisor), not windows.tiles, d)
    return (_image(d, x, windows.sizes),)


def _factors(windows: Any, divisor: int | None) -> Array:
    """Return what the sum of each window is multiplied by."""
    if divisor is not None:
        return np.full(len(windows.table), 1 / divisor, np.float32)
    return np.asarray(1 / windows.divisors.reshape(-1), np.float32)


@loop
def _averages(x: Array, table: Array, lengths: Array, factors: Array, out: Array) -> None:
    windows, channels = table.shape[0], np.uintp(x.shape[2])
    flat, total = x.reshape(x.size), out.reshape(out.size)
    for line in prange(x.shape[0] * windows):
        window, at = line % windows, np.uintp(line) * channels
        image = np.uintp(line // windows * x.shape[1])
        factor, length = factors[window], lengths[window]
        if length == 4:
            a = (image + np.uintp(table[window, 0])) * channels
            b = (image + np.uintp(table[window, 1])) * channels
            c = (image + np.uintp(table[window, 2])) * channels
            d = (image + np.uintp(table[window, 3])) * channels
            for j in range(channels):
                total[at + j] = factor * ((flat[a + j] + flat[b + j]) + (flat[c + j] + flat[d + j]))
            continue
        for j in range(channels):
            total[at + j] = np.float32(0)
        whole = length // 8 * 8
        for k in range(0, whole, 8):
            a = (image + np.uintp(table[window, k])) * channels
            b = (image + np.uintp(table[window, k + 1])) * channels
            c = (image + np.uintp(table[window, k + 2])) * channels
            d = (image + np.uintp(table[window, k + 3])) * channels
            e = (image + np.uintp(table[window, k + 4])) * channels
            f = (image + np.uintp(table[window, k + 5])) * channels
            g = (image + np.uintp(table[window, k + 6])) * channels
            h = (image + np.uintp(table[window, k + 7])) * channels
            for j in range(channels):
                left = (flat[a + j] + flat[b + j]) + (flat[c + j] + flat[d + j])
                right = (flat[e + j] + flat[f + j]) + (flat[g + j] + flat[h + j])
                total[at + j] += left + right
        for k in range(whole, length):
            a = (image + np.uintp(table[window, k])) * channels
            for j in range(channels):
                total[at + j] += flat[a + j]
        for j in range(channels):
            total[at + j] *= factor


@loop
def _to_all(g: Array, table: Array, lengths: Array, factors: Array, add: bool, dx: Array) -> None:
    windows, channels = table.shape[0], np.uintp(dx.shape[2])
    slope, flat = g.reshape(g.size), dx.reshape(dx.size)
    for i in prange(dx.shape[0]):
        if add:
            dx[i] = 0
        for window in range(windows):
            at, factor = np.uintp(i * windows + window) * channels, factors[window]
            for k in range(lengths[window]):
                row = np.uintp(i * dx.shape[1] + table[window, k]) * channels
                if add:
                    for j in range(channels):
                        flat[row + j] += factor * slope[at + j]
                else:
                    for j in range(channels):
                        flat[row + j] = factor * slope[at + j]
