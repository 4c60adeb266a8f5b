"""Scaling the elements that a mask keeps, and setting the others to 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import dense, loop, prange

Array = np.ndarray[Any, Any]

_BLOCK = 16384  # elements for one round of the loop


def kept(x: Array, keep: Array, *, scale: float) -> Any:
    """Return ``scale * x`` where ``keep`` is true, and 0 elsewhere."""
    if x.dtype != np.float32 or keep.shape != x.shape:  # a mask of channels is small: nothing to gain
        return None
    return _chosen(x, keep, scale), None


def kept_vjp(
    g: Array, _out: Any, _residuals: None, _x: Array, keep: Array, *, scale: float
) -> tuple[Any, ...]:
    """Scale the gradients of the elements that were kept."""
    return _chosen(g, keep, scale), None


def _chosen(x: Array, keep: Array, scale: float) -> Array:
    # Channels may be last in memory, and are to stay there.
    order = np.argsort([-abs(s) for s in x.strides], kind="stable")
    x, keep = x.transpose(order), keep.transpose(order)
    out = np.empty(x.shape, np.float32)
    _choose(dense(x).reshape(-1), dense(keep).reshape(-1).view(np.uint8), np.float32(scale), out.reshape(-1))
    return out.transpose(np.argsort(order))


@loop
def _choose(x: Array, keep: Array, scale: float, out: Array) -> None:
    for block in prange((x.size + _BLOCK - 1) // _BLOCK):
        part = slice(block * _BLOCK, min((block + 1) * _BLOCK, x.size))
        source, mask, target = x[part], keep[part], out[part]
        for i in range(source.size):
            v = scale * source[i]
            target[i] = v if mask[i] != 0 else np.float32(0)
