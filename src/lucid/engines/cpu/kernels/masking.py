"""Scaling the elements that a mask keeps, and setting the others to 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import dense, loop, prange

Array = np.ndarray[Any, Any]

_BLOCK = 16384  # elements for one round of the loop


def masked_scale(x: Array, mask: Array, *, scale: float) -> Array:
    """Return ``scale * x`` where ``mask`` is true, and 0 elsewhere."""
    # Channels may be last in memory, and are to stay there.
    order = np.argsort([-abs(s) for s in x.strides], kind="stable")
    x, mask = x.transpose(order), mask.transpose(order)
    out = np.empty(x.shape, np.float32)
    _choose(dense(x).reshape(-1), dense(mask).reshape(-1).view(np.uint8), np.float32(scale), out.reshape(-1))
    return out.transpose(np.argsort(order))


@loop
def _choose(x: Array, mask: Array, scale: float, out: Array) -> None:
    for block in prange((x.size + _BLOCK - 1) // _BLOCK):
        part = slice(block * _BLOCK, min((block + 1) * _BLOCK, x.size))
        source, keep, target = x[part], mask[part], out[part]
        for i in range(source.size):
            v = scale * source[i]
            target[i] = v if keep[i] != 0 else np.float32(0)
