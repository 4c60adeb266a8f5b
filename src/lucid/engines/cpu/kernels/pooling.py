"""Pooling, on images whose channels are last in memory.

To a loop, an image is a list of rows of channels, however many axes it has, and a window names some of them.
Which ones follows from where it begins and how long it is along each axis. A loop goes through many windows,
and most are of one size: it notes once where their elements stand, from the first one on. Of long windows
it does so in pieces, one round for each. So no memory grows with the number of windows times their size.

Rows are often short, so loops address elements in flat arrays, by unsigned numbers: that leaves little to do
but the row itself.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import dense, inline, loop, prange

Array = np.ndarray[Any, Any]

# From so many elements of a window on, it is faster to look the largest one up than to go through them.
_LONG = 9
# So many elements of a window are noted at a time: those that a byte can count.
_PIECE = 256
# Into so many parts the work is shared, each of which has its own notes.
_PARTS = 64


def _rows(x: Array, n: int) -> Array:
    """Return ``x`` of shape (N, C, *axes) or (C, *axes) as dense (N, elements of the axes, C)."""
    x = np.moveaxis(x, -n - 1, -1)
    return np.asarray(dense(x)).reshape(-1, math.prod(x.shape[-n - 1 : -1]), x.shape[-1])


def _image(rows: Array, x: Array, sizes: tuple[int, ...]) -> Array:
    """Return ``rows`` as an image like ``x``, but of ``sizes``, without a copy."""
    n = len(sizes)
    return np.moveaxis(rows.reshape(*x.shape[: x.ndim - n - 1], *sizes, rows.shape[-1]), -1, -n - 1)


def _notes(windows: Any, most: int) -> Array:
    """Return room for the notes of at most ``most`` parts."""
    return np.empty((min(most, _PARTS), max(16, min(windows.longest, _PIECE))), np.int64)


@inline
def _note(notes, begin, count, n0, n1, n2, step0, step1, step2):  # type: ignore[no-untyped-def]
    """Note where ``count`` elements of a window of ``n0 * n1 * n2`` stand, from its element ``begin`` on."""
    i, j, k = begin // (n1 * n2), begin // n2 % n1, begin % n2
    row = i * step0 + j * step1 + k * step2
    for q in range(count):
        notes[q] = row
        k += 1
        row += step2
        if k == n2:
            k = 0
            j += 1
            row += step1 - n2 * step2
            if j == n1:
                j = 0
                row += step0 - n1 * step1


# ----------------------------------------------------------------- largest elements


def max_pool(x: Array, *, windows: Any, return_indices: bool) -> Any:
    """Return the largest element of each window, and keep which one that is.

    It is kept as its number within the window, if a byte can hold that, and else within the image.
    """
    if x.dtype != np.float32 or math.prod(windows.sizes) >= 2**31:
        return None
    rows = _rows(x, len(windows.sizes))
    out = np.empty((rows.shape[0], math.prod(windows.shape), rows.shape[2]), np.float32)
    by_window = windows.longest <= _PIECE and not return_indices
    which = np.empty(out.shape, np.uint8 if by_window else np.int32)
    _largest(rows, *windows.spans, windows.longest, _notes(windows, out.shape[0] * out.shape[1]), out, which)
    y = _image(out, x, windows.shape)
    return ((y, _image(which.astype(np.int64), x, windows.shape)) if return_indices else y), which


def max_pool_vjp(
    g: Any, _out: Any, which: Array, x: Array, *, windows: Any, return_indices: bool
) -> tuple[Any, ...]:
    """Send the gradient of each window to its largest element."""
    rows = _rows(g[0] if return_indices else g, len(windows.sizes))
    d = np.empty((rows.shape[0], math.prod(windows.sizes), rows.shape[2]), np.float32)
    if which.dtype == np.int32:
        _to_numbered(rows, which, d)
    elif windows.longest < _LONG:
        _to_largest(rows, which, *windows.spans, _notes(windows, len(rows)), not windows.tiles, d)
    else:
        _to_named(rows, which, *windows.spans, _notes(windows, len(rows)), d)
    return (_image(d, x, windows.sizes),)


@loop
def _largest(x, first0, first1, first2, size0, size1, size2, steps, longest, notes, out, which):  # type: ignore[no-untyped-def]
    number, numbered = which.dtype.type, which.itemsize > 1
    lines, channels = out.shape[0] * out.shape[1], np.uintp(x.shape[2])
    flat, best, place = x.reshape(x.size), out.reshape(out.size), which.reshape(which.size)
    for part in prange(len(notes)):
        rows = notes[part]
        for begin in range(0, longest, _PIECE):
            o0, o1, o2 = 0, 0, 0  # what the notes are of
            line, stop = lines * part // len(notes), lines * (part + 1) // len(notes)
            while line < stop:  # up to the next line of the image, or the end of this part
                begin2 = line % len(first2)
                j = line // len(first2) % len(first1)
                i = line // (len(first2) * len(first1)) % len(first0)
                image = line // out.shape[1] * x.shape[1]
                corner, n0, n1 = first0[i] + first1[j], size0[i], size1[j]
                for k in range(begin2, min(len(first2), begin2 + stop - line)):
                    n2 = size2[k]
                    length, at = n0 * n1 * n2, np.uintp(line) * channels
                    base = corner + first2[k]
                    line += 1
                    if begin >= length:
                        continue
                    last = min(_PIECE, length - begin) - 1
                    if n0 != o0 or n1 != o1 or n2 != o2:
                        _note(rows, begin, last + 1, n0, n1, n2, steps[0], steps[1], steps[2])
                        o0, o1, o2 = n0, n1, n2
                    for q in range(0, last + 1, 4):
                        # Four rows at once. Beyond the last one, that again: it is not larger than itself.
                        qb, qc, qd = min(q + 1, last), min(q + 2, last), min(q + 3, last)
                        ra, rb, rc, rd = base + rows[q], base + rows[qb], base + rows[qc], base + rows[qd]
                        a, b = np.uintp(image + ra) * channels, np.uintp(image + rb) * channels
                        c, d = np.uintp(image + rc) * channels, np.uintp(image + rd) * channels
                        if numbered:
                            pa, pb, pc, pd = number(ra), number(rb), number(rc), number(rd)
                        else:
                            pa, pb, pc, pd = number(q), number(qb), number(qc), number(qd)
                        # The first nan stays: v <= m is false if one of them is nan, and m == m if m isn't.
                        if begin + q == 0:
                            for z in range(channels):
                                m, p = flat[a + z], pa
                                v = flat[b + z]
                                larger = (not v <= m) & (m == m)
                                m, p = (v if larger else m), (pb if larger else p)
                                v = flat[c + z]
                                larger = (not v <= m) & (m == m)
                                m, p = (v if larger else m), (pc if larger else p)
                                v = flat[d + z]
                                larger = (not v <= m) & (m == m)
                                best[at + z] = v if larger else m
                                place[at + z] = pd if larger else p
                        else:
                            for z in range(channels):
                                m, p = best[at + z], place[at + z]
                                v = flat[a + z]
                                larger = (not v <= m) & (m == m)
                                m, p = (v if larger else m), (pa if larger else p)
                                v = flat[b + z]
                                larger = (not v <= m) & (m == m)
                                m, p = (v if larger else m), (pb if larger else p)
                                v = flat[c + z]
                                larger = (not v <= m) & (m == m)
                                m, p = (v if larger else m), (pc if larger else p)
                                v = flat[d + z]
                                larger = (not v <= m) & (m == m)
                                best[at + z] = v if larger else m
                                place[at + z] = pd if larger else p


@loop
def _to_largest(  # type: ignore[no-untyped-def]
    g, which, first0, first1, first2, size0, size1, size2, steps, notes, add, dx
):
    number = which.dtype.type
    images, channels = len(dx), np.uintp(dx.shape[2])
    slope, place, flat = g.reshape(g.size), which.reshape(which.size), dx.reshape(dx.size)
    for part in prange(len(notes)):
        rows = notes[part]
        o0, o1, o2 = 0, 0, 0
        for image in range(images * part // len(notes), images * (part + 1) // len(notes)):
            if add:
                dx[image] = 0
            window = image * g.shape[1]
            for i in range(len(first0)):
                for j in range(len(first1)):
                    for k in range(len(first2)):
                        n0, n1, n2 = size0[i], size1[j], size2[k]
                        if n0 != o0 or n1 != o1 or n2 != o2:
                            _note(rows, 0, n0 * n1 * n2, n0, n1, n2, steps[0], steps[1], steps[2])
                            o0, o1, o2 = n0, n1, n2
                        at = np.uintp(window) * channels
                        base = image * dx.shape[1] + first0[i] + first1[j] + first2[k]
                        for q in range(n0 * n1 * n2):
                            row, this = np.uintp(base + rows[q]) * channels, number(q)
                            if add:
                                for z in range(channels):
                                    flat[row + z] += slope[at + z] if place[at + z] == this else np.float32(0)
                            else:
                                for z in range(channels):
                                    flat[row + z] = slope[at + z] if place[at + z] == this else np.float32(0)
                        window += 1


@loop
def _to_named(g, which, first0, first1, first2, size0, size1, size2, steps, notes, dx):  # type: ignore[no-untyped-def]
    images, channels = len(dx), np.uintp(dx.shape[2])
    slope, place, flat = g.reshape(g.size), which.reshape(which.size), dx.reshape(dx.size)
    for part in prange(len(notes)):
        rows = notes[part]
        o0, o1, o2 = 0, 0, 0
        for image in range(images * part // len(notes), images * (part + 1) // len(notes)):
            dx[image] = 0
            window = image * g.shape[1]
            for i in range(len(first0)):
                for j in range(len(first1)):
                    for k in range(len(first2)):
                        n0, n1, n2 = size0[i], size1[j], size2[k]
                        if n0 != o0 or n1 != o1 or n2 != o2:
                            _note(rows, 0, n0 * n1 * n2, n0, n1, n2, steps[0], steps[1], steps[2])
                            o0, o1, o2 = n0, n1, n2
                        at = np.uintp(window) * channels
                        base = image * dx.shape[1] + first0[i] + first1[j] + first2[k]
                        for z in range(channels):
                            row = np.uintp(base + rows[place[at + z]]) * channels
                            flat[row + z] += slope[at + z]
                        window += 1


@loop
def _to_numbered(g, which, dx):  # type: ignore[no-untyped-def]
    for image in prange(len(dx)):
        dx[image] = 0
        for window in range(g.shape[1]):
            for z in range(g.shape[2]):
                dx[image, which[image, window, z], z] += g[image, window, z]


# ----------------------------------------------------------------- averages


def avg_pool(x: Array, *, windows: Any, divisor: int | None) -> Any:
    """Return the sum of each window, divided."""
    if x.dtype != np.float32 or math.prod(windows.sizes) >= 2**31:
        return None
    rows = _rows(x, len(windows.sizes))
    out = np.empty((rows.shape[0], math.prod(windows.shape), rows.shape[2]), np.float32)
    notes = _notes(windows, out.shape[0] * out.shape[1])
    _averages(rows, *windows.spans, windows.longest, notes, _factors(windows, divisor), out)
    return _image(out, x, windows.shape), None


def avg_pool_vjp(
    g: Any, _out: Any, _residuals: None, x: Array, *, windows: Any, divisor: int | None
) -> tuple[Any, ...]:
    """Share the gradient of each window among its elements."""
    rows = _rows(g, len(windows.sizes))
    d = np.empty((rows.shape[0], math.prod(windows.sizes), rows.shape[2]), np.float32)
    notes = _notes(windows, len(rows))
    _to_all(rows, *windows.spans, windows.longest, notes, _factors(windows, divisor), not windows.tiles, d)
    return (_image(d, x, windows.sizes),)


def _factors(windows: Any, divisor: int | None) -> Array:
    """Return what the sum of each window is multiplied by."""
    if divisor is not None:
        return np.full(math.prod(windows.shape), 1 / divisor, np.float32)
    return np.asarray(1 / windows.divisors.reshape(-1), np.float32)


@loop
def _averages(x, first0, first1, first2, size0, size1, size2, steps, longest, notes, factors, out):  # type: ignore[no-untyped-def]
    lines, channels = out.shape[0] * out.shape[1], np.uintp(x.shape[2])
    flat, total = x.reshape(x.size), out.reshape(out.size)
    for part in prange(len(notes)):
        rows = notes[part]
        for begin in range(0, longest, _PIECE):
            o0, o1, o2 = 0, 0, 0
            line, stop = lines * part // len(notes), lines * (part + 1) // len(notes)
            while line < stop:  # up to the next line of the image, or the end of this part
                begin2 = line % len(first2)
                j = line // len(first2) % len(first1)
                i = line // (len(first2) * len(first1)) % len(first0)
                before = line // out.shape[1] * out.shape[1]
                corner, n0, n1 = line // out.shape[1] * x.shape[1] + first0[i] + first1[j], size0[i], size1[j]
                for k in range(begin2, min(len(first2), begin2 + stop - line)):
                    n2 = size2[k]
                    length, at = n0 * n1 * n2, np.uintp(line) * channels
                    base, factor = corner + first2[k], factors[line - before]
                    line += 1
                    if begin >= length:
                        continue
                    count = min(_PIECE, length - begin)
                    if n0 != o0 or n1 != o1 or n2 != o2:
                        _note(rows, begin, count, n0, n1, n2, steps[0], steps[1], steps[2])
                        o0, o1, o2 = n0, n1, n2
                    if length == 4:
                        a, b = np.uintp(base + rows[0]) * channels, np.uintp(base + rows[1]) * channels
                        c, d = np.uintp(base + rows[2]) * channels, np.uintp(base + rows[3]) * channels
                        for z in range(channels):
                            total[at + z] = factor * (
                                (flat[a + z] + flat[b + z]) + (flat[c + z] + flat[d + z])
                            )
                    else:
                        if begin == 0:
                            for z in range(channels):
                                total[at + z] = np.float32(0)
                        whole = count // 8 * 8
                        for q in range(0, whole, 8):
                            a, b = (
                                np.uintp(base + rows[q]) * channels,
                                np.uintp(base + rows[q + 1]) * channels,
                            )
                            c, d = (
                                np.uintp(base + rows[q + 2]) * channels,
                                np.uintp(base + rows[q + 3]) * channels,
                            )
                            e, f = (
                                np.uintp(base + rows[q + 4]) * channels,
                                np.uintp(base + rows[q + 5]) * channels,
                            )
                            g, h = (
                                np.uintp(base + rows[q + 6]) * channels,
                                np.uintp(base + rows[q + 7]) * channels,
                            )
                            for z in range(channels):
                                left = (flat[a + z] + flat[b + z]) + (flat[c + z] + flat[d + z])
                                right = (flat[e + z] + flat[f + z]) + (flat[g + z] + flat[h + z])
                                total[at + z] += left + right
                        for q in range(whole, count):
                            a = np.uintp(base + rows[q]) * channels
                            for z in range(channels):
                                total[at + z] += flat[a + z]
                        if begin + count == length:
                            for z in range(channels):
                                total[at + z] *= factor


@loop
def _to_all(g, first0, first1, first2, size0, size1, size2, steps, longest, notes, factors, add, dx):  # type: ignore[no-untyped-def]
    images, channels = len(dx), np.uintp(dx.shape[2])
    slope, flat = g.reshape(g.size), dx.reshape(dx.size)
    for part in prange(len(notes)):
        rows = notes[part]
        for image in range(images * part // len(notes), images * (part + 1) // len(notes)):
            if add:
                dx[image] = 0
            for begin in range(0, longest, _PIECE):
                o0, o1, o2 = 0, 0, 0
                window = 0
                for i in range(len(first0)):
                    for j in range(len(first1)):
                        for k in range(len(first2)):
                            n0, n1, n2 = size0[i], size1[j], size2[k]
                            length = n0 * n1 * n2
                            at = np.uintp(image * g.shape[1] + window) * channels
                            base = image * dx.shape[1] + first0[i] + first1[j] + first2[k]
                            factor = factors[window]
                            if begin < length:
                                count = min(_PIECE, length - begin)
                                if n0 != o0 or n1 != o1 or n2 != o2:
                                    _note(rows, begin, count, n0, n1, n2, steps[0], steps[1], steps[2])
                                    o0, o1, o2 = n0, n1, n2
                                for q in range(count):
                                    row = np.uintp(base + rows[q]) * channels
                                    if add:
                                        for z in range(channels):
                                            flat[row + z] += factor * slope[at + z]
                                    else:
                                        for z in range(channels):
                                            flat[row + z] = factor * slope[at + z]
                            window += 1
