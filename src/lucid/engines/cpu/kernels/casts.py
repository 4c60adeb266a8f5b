"""Rounding float32 to bfloat16, the upper half of its bits, for products that the processor has units for."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.layout import empty_like, flat, order_of
from lucid.engines.cpu.kernels.loops import inline, loop, prange  # before Numba, for its settings

from numba import float32  # isort: skip
from numba.extending import overload  # isort: skip

Array = np.ndarray[Any, Any]


def to_bfloat16(x: Array) -> Array:
    """Return float32 numbers rounded to bfloat16, to even where two are as near; as 16-bit integers.

    NumPy has no such dtype. Infinities stay what they are, and so does nan. The result lies in memory in the
    order of ``x``.
    """
    order = order_of(x)
    out, cells = empty_like(x, order, np.uint16)
    _round(flat(x, order).view(np.uint32), cells)
    return out


def split_bfloat16(x: Array) -> tuple[Array, Array]:
    """Return two bfloat16 numbers for each of ``x``, whose sum is nearly it: 16 bits of mantissa."""
    order = order_of(x)
    (high, high_cells), (low, low_cells) = (empty_like(x, order, np.uint16) for _ in range(2))
    cells = flat(x, order)
    _split(cells, cells.view(np.uint32), high_cells, low_cells)
    return high, low


@inline
def rounded(bits: Any) -> Any:
    """Return the bits of a bfloat16 number, the nearest to a float32 number of these ``bits``."""
    # A nan whose upper bits are 0 would become infinite: set one of them.
    quiet = (bits >> np.uint32(16)) | np.uint32(0x40)
    nearest = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    return quiet if (bits & np.uint32(0x7FFFFFFF)) > np.uint32(0x7F800000) else nearest


def stored(value: Any, like: Any) -> Any:
    """Return a float32 number as an element of the array ``like``: rounded if that is of bfloat16.

    Loops alone call it. What is not finite stays so, but nan may become infinite: that is fewer instructions.
    """
    raise NotImplementedError("loops alone call it")


@overload(stored)  # type: ignore[untyped-decorator]
def _stored(value: Any, like: Any) -> Any:
    def same(value: Any, like: Any) -> Any:
        return value

    def nearest(value: Any, like: Any) -> Any:
        # Nan of all ones would run over when it's rounded up: clear a bit of it, of either sign.
        bits = min(np.float32(value).view(np.uint32), np.uint32(0xFFFF7FFF))
        bits = np.uint32(min(np.int32(bits), np.int32(0x7FFF7FFF)))
        return np.uint16(
            (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
        )

    return same if like.dtype == float32 else nearest


@loop
def _round(bits: Array, out: Array) -> None:
    for i in prange(bits.size):
        out[i] = rounded(bits[i])


@loop
def _split(x: Array, bits: Array, high: Array, low: Array) -> None:
    for i in prange(bits.size):
        upper = rounded(bits[i])
        high[i] = upper
        rest = x[i] - np.uint32(upper << np.uint32(16)).view(np.float32)  # exact
        finite = (upper & np.uint32(0x7F80)) != np.uint32(0x7F80)
        low[i] = rounded(np.float32(rest).view(np.uint32)) if finite else np.uint32(0)
