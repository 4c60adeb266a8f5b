"""Normalisation over the last axes: loops over rows, each of which fits into the cache.

``layer_normalized`` and ``rms_normalized`` share them: the root mean square is the standard deviation
about 0, and no bias is a bias of zeros.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import dense, loop, prange
from lucid.engines.cpu.kernels.rows import row_sum, row_sums_about

Array = np.ndarray[Any, Any]

_ROWS = 64  # whose gradients of weight and bias are summed in float32


def layer_normalized(
    x: Array, weight: Array | None, bias: Array | None, *, axes: int, eps: float, centred: bool = True
) -> Any:
    """Normalise over the last axes, and keep by what: centre, scale and shift of each row."""
    if any(a is not None and a.dtype != np.float32 for a in (x, weight, bias)):
        return None
    rows = _rows(x, axes)
    out, standard = np.empty(rows.shape, np.float32), np.empty((len(rows), 3), np.float32)
    scale, shift = _filled(weight, rows, 1), _filled(bias, rows, 0)
    _forward(rows, scale, shift, centred, eps, out, standard)
    return out.reshape(x.shape), standard


def layer_normalized_vjp(
    g: Array,
    _out: Array,
    standard: Array,
    x: Array,
    weight: Array | None,
    bias: Array | None,
    *,
    axes: int,
    eps: float,
    centred: bool = True,
) -> tuple[Any, ...]:
    """Return the gradients."""
    rows = _rows(x, axes)
    size = rows.shape[1]
    dx = np.empty(rows.shape, np.float32)
    parts = np.empty((2, -(-len(rows) // _ROWS), size), np.float32)
    by_parameter = np.zeros((2, size))
    _backward(_rows(g, axes), rows, _filled(weight, rows, 1), standard, centred, dx, *parts, *by_parameter)
    by_weight, by_bias = by_parameter.astype(np.float32)
    return (
        dx.reshape(x.shape),
        None if weight is None else by_weight.reshape(weight.shape),
        None if bias is None else by_bias.reshape(bias.shape),
    )


def rms_normalized(x: Array, weight: Array | None, *, axes: int, eps: float) -> Any:
    """Divide by the root mean square over the last axes."""
    return layer_normalized(x, weight, None, axes=axes, eps=eps, centred=False)


def rms_normalized_vjp(
    g: Array, out: Array, standard: Array, x: Array, weight: Array | None, *, axes: int, eps: float
) -> tuple[Any, ...]:
    """Return the gradients."""
    return layer_normalized_vjp(g, out, standard, x, weight, None, axes=axes, eps=eps, centred=False)[:2]


def _rows(x: Array, axes: int) -> Array:
    """Return ``x`` with what is normalised together in a row."""
    size = math.prod(x.shape[x.ndim - axes :])
    return dense(x).reshape(x.size // size, size)


def _filled(parameter: Array | None, rows: Array, value: float) -> Array:
    """Return one number for each column: those of ``parameter``, or ``value`` if there is none."""
    if parameter is None:
        return np.full(rows.shape[1], value, np.float32)
    return dense(parameter).reshape(-1)


@loop
def _forward(
    x: Array, weight: Array, bias: Array, centred: bool, eps: float, out: Array, standard: Array
) -> None:
    rows, size = x.shape
    for r in prange(rows):
        centre = np.float32(row_sum(x, r) / size) if centred else np.float32(0)
        # About the mean nothing cancels; what rounding took from it is `off`.
        off, squares = row_sums_about(x, r, centre)
        off = off / size if centred else 0.0
        rstd = 1 / np.sqrt(squares / size - off * off + eps)
        scale, shift = np.float32(rstd), np.float32(-off * rstd)
        for c in range(size):
            out[r, c] = ((x[r, c] - centre) * scale + shift) * weight[c] + bias[c]
        standard[r, 0] = centre
        standard[r, 1] = scale
        standard[r, 2] = shift


@loop
def _backward(
    g: Array,
    x: Array,
    weight: Array,
    standard: Array,
    centred: bool,
    dx: Array,
    part_weight: Array,
    part_bias: Array,
    by_weight: Array,
    by_bias: Array,
) -> None:
    rows, size = x.shape
    blocks = (rows + _ROWS - 1) // _ROWS
    for k in prange(blocks):
        for c in range(size):
            part_weight[k, c] = np.float32(0)
            part_bias[k, c] = np.float32(0)
        for r in range(k * _ROWS, min(rows, (k + 1) * _ROWS)):
            centre, scale, shift = standard[r, 0], standard[r, 1], standard[r, 2]
            total = total_y = np.float32(0)
            for c in range(size):
                y = (x[r, c] - centre) * scale + shift
                d = g[r, c] * weight[c]
                total += d
                total_y += d * y
                part_weight[k, c] += g[r, c] * y
                part_bias[k, c] += g[r, c]
            # What comes through the mean, and what through the deviation: by y, which is linear in x.
            mean = total / np.float32(size) if centred else np.float32(0)
            by_y = total_y / np.float32(size)
            by_x, constant = -by_y * scale * scale, -(mean + by_y * shift) * scale
            for c in range(size):
                dx[r, c] = g[r, c] * weight[c] * scale + (x[r, c] - centre) * by_x + constant
    for k in range(blocks):
        for c in range(size):
            by_weight[c] += part_weight[k, c]
            by_bias[c] += part_bias[k, c]
