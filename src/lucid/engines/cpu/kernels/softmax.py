"""Softmax along rows, and its logarithm. Along another axis, that axis is put last first."""

from __future__ import annotations

from typing import Any

from lucid.engines.cpu.kernels.loops import dense, loop, prange
from lucid.engines.cpu.kernels.maths import exp
from lucid.engines.cpu.kernels.rows import largest_of

import numpy as np  # isort: skip  (after the settings of loops)

Array = np.ndarray[Any, Any]


def shares(x: Array, *, axis: int) -> Any:
    """Return the softmax; see ``F.shares``."""
    return _along(x, axis, False)


def shares_vjp(g: Array, out: Array, _residuals: None, _x: Array, *, axis: int) -> Any:
    """Return the gradient of ``x``."""
    return (_slopes_along(g, out, axis, False),)


def log_shares(x: Array, *, axis: int) -> Any:
    """Return the logarithm of the softmax; see ``F.log_shares``."""
    return _along(x, axis, True)


def log_shares_vjp(g: Array, out: Array, _residuals: None, _x: Array, *, axis: int) -> Any:
    """Return the gradient of ``x``."""
    return (_slopes_along(g, out, axis, True),)


def _along(x: Array, axis: int, logarithm: bool) -> Any:
    if x.dtype != np.float32 or x.size == 0:
        return None
    rows = _rows(x, axis)
    out = np.empty(rows.shape, np.float32)
    flat = (-1, rows.shape[-1])
    _softmax(rows.reshape(flat), out.reshape(flat), logarithm)
    return np.moveaxis(out, -1, axis), None


def _slopes_along(g: Array, out: Array, axis: int, logarithm: bool) -> Array:
    slopes, rows = _rows(g, axis), _rows(out, axis)
    result = np.empty(rows.shape, np.float32)
    flat = (-1, rows.shape[-1])
    _slopes(slopes.reshape(flat), rows.reshape(flat), result.reshape(flat), logarithm)
    return np.moveaxis(result, -1, axis)


def _rows(x: Array, axis: int) -> Array:
    """Return ``x`` with ``axis`` last, in rows."""
    return dense(np.moveaxis(x, axis, -1))


@loop
def _softmax(rows: Any, out: Any, logarithm: Any) -> None:
    for r in prange(rows.shape[0]):
        row, result = rows[r], out[r]
        top = largest_of(row)
        total = np.float32(0)
        if logarithm:
            for i in range(row.size):
                result[i] = row[i] - top  # kept, or the compiler would add the logarithm to `top`
                total += exp(result[i])
            shift = np.log(total)
            for i in range(row.size):
                result[i] -= shift
        else:
            for i in range(row.size):
                e = exp(row[i] - top)
                result[i] = e
                total += e
            factor = np.float32(1) / total
            for i in range(row.size):
                result[i] *= factor


@loop
def _slopes(slopes: Any, rows: Any, result: Any, logarithm: Any) -> None:
    for r in prange(rows.shape[0]):
        g, row, d = slopes[r], rows[r], result[r]
        total = np.float32(0)
        if logarithm:
            for i in range(row.size):
                total += g[i]
            for i in range(row.size):
                d[i] = g[i] - exp(row[i]) * total
        else:
            for i in range(row.size):
                total += g[i] * row[i]
            for i in range(row.size):
                d[i] = row[i] * (g[i] - total)
