"""Loops of normalisation over ``(N, channels, rows)``: the rows of a channel are neighbours in memory.

Each function does what its namesake in ``channels_last.py`` does. What is one number for each channel
has the shape ``(N, channels)``, as the examples may differ. The loops see one long list of channels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import loop, prange
from lucid.engines.cpu.kernels.rows import row_sum, row_sums_about, row_sums_with


def statistics(x: Any) -> tuple[Any, Any]:
    """Return mean and biased variance of each channel of each example, float64."""
    mean, var = np.empty((2, x.shape[0] * x.shape[1]))
    _statistics(_listed(x), mean, var)
    return mean.reshape(x.shape[:2]), var.reshape(x.shape[:2])


def shifted(x: Any, centre: Any, scale: Any, shift: Any, residual: Any, low: float) -> Any:
    """Return ``(x - centre) * scale + shift + residual``, and at least ``low``."""
    x_ = _listed(x)
    out = np.empty(x_.shape, np.float32)
    added = residual is not None
    by_channel = (v.reshape(-1) for v in (centre, scale, shift))
    _shifted(x_, *by_channel, _listed(residual) if added else x_, added, np.float32(low), out)
    return out.reshape(x.shape)


def sums(g: Any, x: Any, centre: Any) -> tuple[Any, Any]:
    """Return the sums of ``g`` and of ``g * (x - centre)`` over each channel of each example, float64."""
    total, total_x = np.empty((2, x.shape[0] * x.shape[1]))
    _sums(_listed(g), _listed(x), centre.reshape(-1), total, total_x)
    return total.reshape(x.shape[:2]), total_x.reshape(x.shape[:2])


def slopes(g: Any, x: Any, centre: Any, by_g: Any, by_x: Any, constant: Any) -> Any:
    """Return ``by_g * g + by_x * (x - centre) + constant``."""
    x_ = _listed(x)
    out = np.empty(x_.shape, np.float32)
    _slopes(_listed(g), x_, *(v.reshape(-1) for v in (centre, by_g, by_x, constant)), out)
    return out.reshape(x.shape)


def _listed(x: Any) -> Any:
    return x.reshape(-1, x.shape[2])


@loop
def _statistics(x: Any, mean: Any, var: Any) -> None:
    channels, rows = x.shape
    for k in prange(channels):
        centre = np.float32(row_sum(x, k) / rows)
        # About the mean nothing cancels; what rounding took from it is `off`.
        off, squares = row_sums_about(x, k, centre)
        off /= rows
        mean[k] = centre + off if np.isfinite(off) else centre
        var[k] = squares / rows - off * off


@loop
def _shifted(
    x: Any, centre: Any, scale: Any, shift: Any, residual: Any, added: bool, low: Any, out: Any
) -> None:
    channels, rows = x.shape
    for k in prange(channels):
        z, a, b = centre[k], scale[k], shift[k]
        if added:
            for r in range(rows):
                y = (x[k, r] - z) * a + b + residual[k, r]
                out[k, r] = low if y < low else y  # nan stays nan
        else:
            for r in range(rows):
                y = (x[k, r] - z) * a + b
                out[k, r] = low if y < low else y


@loop
def _sums(g: Any, x: Any, centre: Any, total: Any, total_x: Any) -> None:
    for k in prange(len(x)):
        total[k], total_x[k] = row_sums_with(g, x, k, centre[k])


@loop
def _slopes(g: Any, x: Any, centre: Any, by_g: Any, by_x: Any, constant: Any, out: Any) -> None:
    channels, rows = x.shape
    for k in prange(channels):
        z, a, b, h = centre[k], by_g[k], by_x[k], constant[k]
        for r in range(rows):
            out[k, r] = a * g[k, r] + b * (x[k, r] - z) + h
