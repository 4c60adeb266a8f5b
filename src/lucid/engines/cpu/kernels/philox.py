"""Random bits: the very numbers of ``numpy.random.Philox``, by all threads.

A block of four numbers is a function of its count and the key, ten rounds of products and exclusive ors.

Salmon, Moraes, Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, 2011.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lucid.engines.cpu.kernels.loops import loop, prange

Array = np.ndarray[Any, Any]

_FIRST, _SECOND = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_GOLDEN, _ROOT = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)


def philox(key: int, count: int) -> Array:
    """Return ``numpy.random.Philox(key=key).random_raw(count)``."""
    out = np.empty((-(-count // 4), 4), np.uint64)
    _blocks(np.uint64(key & (2**64 - 1)), np.uint64(key >> 64), out)
    return out.reshape(-1)[:count]


@intrinsic  # type: ignore[untyped-decorator]
def _upper(_context: Any, _x: Any, _y: Any) -> Any:
    """Return the upper half of the product of two numbers of 64 bits, which no operator gives."""

    def generate(_target: Any, builder: Any, _signature: Any, args: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


@loop
def _blocks(low: Any, high: Any, out: Array) -> None:
    for block in prange(out.shape[0]):
        a, b, c, d = np.uint64(block + 1), np.uint64(0), np.uint64(0), np.uint64(0)
        k, m = low, high
        for _ in range(10):
            left, right = _FIRST * a, _SECOND * c
            a, b, c, d = _upper(_SECOND, c) ^ b ^ k, right, _upper(_FIRST, a) ^ d ^ m, left
            k += _GOLDEN
            m += _ROOT
        out[block, 0], out[block, 1], out[block, 2], out[block, 3] = a, b, c, d
