"""What loops ask of a row of a matrix: its largest number, and sums.

Sums are in float32 over blocks, and of these in float64. A block is summed in many lanes at once. Its length
bounds what rounding can do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import part

Array = np.ndarray[Any, Any]

BLOCK = 4096


@part
def _ordered(bits: Any) -> Any:
    """Return the bits of a float as an integer of the same order among its like; and back."""
    return bits ^ ((bits >> np.int32(31)) & np.int32(0x7FFFFFFF))


@part
def largest_of(row: Any) -> Any:
    """Return the largest number of ``row``, or nan; by integers, since these have no nan to look out for."""
    bits = row.view(np.int32)
    best = np.int32(-(2**31))
    for i in range(bits.size):
        best = max(best, _ordered(bits[i]))
    return np.int32(_ordered(best)).view(np.float32)


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
