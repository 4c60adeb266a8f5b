"""Sums over a row of a matrix: in blocks, in float32, and these in float64.

A block is summed in many lanes at once. Its length bounds what rounding can do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import part

Array = np.ndarray[Any, Any]

BLOCK = 4096


@part
def row_sum(x: Any, r: int) -> Any:
    """Return the sum of row ``r``."""
    whole = 0.0
    for first in range(0, x.shape[1], BLOCK):
        row = x[r, first : first + BLOCK]
        total = np.float32(0)
        for i in range(row.size):
            total += row[i]
        whole += np.float64(total)
    return whole


@part
def row_sums_about(x: Any, r: int, centre: Any) -> Any:
    """Return the sums of ``x - centre`` and of its square."""
    whole = whole_squares = 0.0
    for first in range(0, x.shape[1], BLOCK):
        row = x[r, first : first + BLOCK]
        total = squares = np.float32(0)
        for i in range(row.size):
            d = row[i] - centre
            total += d
            squares += d * d
        whole += np.float64(total)
        whole_squares += np.float64(squares)
    return whole, whole_squares


@part
def row_sums_with(g: Any, x: Any, r: int, centre: Any) -> Any:
    """Return the sums of ``g`` and of ``g * (x - centre)``."""
    whole = whole_x = 0.0
    for first in range(0, x.shape[1], BLOCK):
        row, row_x = g[r, first : first + BLOCK], x[r, first : first + BLOCK]
        total = total_x = np.float32(0)
        for i in range(row.size):
            total += row[i]
            total_x += row[i] * (row_x[i] - centre)
        whole += np.float64(total)
        whole_x += np.float64(total_x)
    return whole, whole_x
