"""Convolutions of float32 arrays: which kernel serves, if one does.

Kernels of 3x3 elements that move by 1 are done by Winograd's algorithm where that is faster, everything
else by oneDNN. Where factors are rounded to bfloat16 and multiplied in tiles (AMX), that is nowhere. Each
function returns None where neither serves.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid.engines.cpu.geometry import Geometry, Sizes, out_size
from lucid.engines.cpu.kernels import table

Array = np.ndarray[Any, Any]

MOST_AXES = 5  # that oneDNN convolves


def conv(x: Array, weight: Array, bias: Array | None, geometry: Geometry) -> Array | None:
    """Return ``x`` convolved with ``weight``, plus ``bias``."""
    if not (x.size and weight.size and x.ndim <= MOST_AXES):
        return None
    size = out_size(x.shape[2:], weight.shape[2:], geometry)
    winograd, dtype = _winograd(len(x), size, weight.shape, geometry)
    out: Array | None = None
    if winograd is not None:
        out = winograd.conv(x, weight, bias, _before(geometry), size, dtype)
    return _onednn().conv(x, weight, bias, size, geometry) if out is None else out


def conv_input(g: Array, weight: Array, bias: Array | None, size: Sizes, geometry: Geometry) -> Array | None:
    """Return the gradient by images of ``size``, plus ``bias``."""
    if not (g.size and weight.size and math.prod(size) and g.ndim <= MOST_AXES):
        return None
    winograd, dtype = _winograd(len(g), size, weight.shape, geometry)
    out: Array | None = None
    if winograd is not None:
        out = winograd.conv_input(g, weight, bias, _before(geometry), size, dtype)
    return _onednn().conv_input(g, weight, bias, size, geometry) if out is None else out


def conv_weight(
    x: Array, g: Array, size: Sizes, bias: bool, geometry: Geometry
) -> tuple[Array, Array | None] | None:
    """Return the gradients by a weight whose kernel is of ``size`` and, with ``bias``, by the bias."""
    if not (x.size and g.size and math.prod(size) and x.ndim <= MOST_AXES):
        return None
    shape = (g.shape[1], x.shape[1] // geometry[3], *size)
    winograd, dtype = _winograd(len(x), g.shape[2:], shape, geometry)
    both: tuple[Array, Array | None] | None = None
    if winograd is not None:
        both = winograd.conv_weight(x, g, _before(geometry), dtype)
    return _onednn().conv_weight(x, g, shape, bias, geometry) if both is None else both


def _onednn() -> Any:
    from lucid.engines.cpu.onednn import convolution  # loads the library

    return convolution


def _winograd(images: int, size: Sizes, weight: Sizes, geometry: Geometry) -> tuple[Any, Any]:
    """Return the kernels of Winograd's algorithm, or None if others are faster, and the factors' dtype."""
    none = None, None
    stride, _, dilation, groups = geometry
    if weight[2:] != (3, 3) or stride != (1, 1) or dilation != (1, 1) or groups != 1:
        return none
    if max(_before(geometry)) > 2 or not table.allowed("numba"):
        return none
    from lucid.engines.cpu.onednn import library

    lib = library.load()
    if lib is None:
        return none
    exact = _onednn().exact()
    if not exact and lib.tiles:
        return none
    try:
        from lucid.engines.cpu.kernels import winograd
    except ImportError:
        return none
    dtype = winograd.F32 if exact else winograd.BF16
    return (winograd, dtype) if winograd.pays(images, size, weight[1], weight[0], dtype) else none


def _before(geometry: Geometry) -> tuple[int, int]:
    """Return how many zeros stand before rows and columns."""
    (above, _), (left, _) = geometry[1]
    return above, left
