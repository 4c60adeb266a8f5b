"""Leaving out elements by a mask and scaling the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels import table

Array = np.ndarray[Any, Any]


def masked_scale(x: Array, mask: Array, /, *, scale: float) -> Array:
    """Return ``scale * x`` where ``mask`` is true, and 0 elsewhere."""
    if x.dtype == np.float32 and x.shape == mask.shape and x.size >= table.SMALLEST:
        kernel = table.find("masked_scale")
        if kernel is not None:
            found: Array = kernel.forward(x, mask, scale=scale)
            return found
    # A choice, and not a product with 0: an element of inf that is left out must not become nan.
    chosen: Array = np.where(mask, x, 0.0)
    return chosen * scale
