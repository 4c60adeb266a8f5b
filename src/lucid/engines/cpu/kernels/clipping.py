"""Norms of many gradients as one, and bringing them within bounds. The definitions stand in ``nn/utils/``."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import loop, prange
from lucid.engines.cpu.kernels.many import BLOCK, change, floats, ids, target

FLOAT32 = np.dtype(np.float32)


@loop
def _squares(read, ends, sums):  # type: ignore[no-untyped-def]
    for block in prange(len(sums)):
        at = block * BLOCK
        stop = min(at + BLOCK, ends[-1])
        row = np.searchsorted(ends, at, side="right")
        total = 0.0
        while at < stop:
            n = min(stop, ends[row]) - at
            x = floats(read[row], at - (ends[row - 1] if row else 0), n)
            for i in range(n):
                total += np.float64(x[i]) * np.float64(x[i])
            at += n
            row += 1
        sums[block] = total


@loop
def _sizes(read, ends, sums):  # type: ignore[no-untyped-def]
    for block in prange(len(sums)):
        at = block * BLOCK
        stop = min(at + BLOCK, ends[-1])
        row = np.searchsorted(ends, at, side="right")
        largest = np.float32(0)
        lost = False
        while at < stop:
            n = min(stop, ends[row]) - at
            x = floats(read[row], at - (ends[row - 1] if row else 0), n)
            for i in range(n):
                size = abs(x[i])
                largest = size if size > largest else largest
                lost |= size != size
            at += n
            row += 1
        sums[block] = np.nan if lost else largest


def total_norm(arrays: list[Any], order: float) -> float | None:
    """Return the norm of all elements of ``arrays``; None for what is left to the definition."""
    if order not in (2.0, math.inf) or not all(type(x) is np.ndarray and x.dtype == FLOAT32 for x in arrays):
        return None
    dense = [_in_any_order(x) for x in arrays]
    ends = np.fromiter(itertools.accumulate([x.size for x in dense]), np.int64)
    sums = np.empty(-(-int(ends[-1]) // BLOCK), np.float64)
    (_squares if order == 2.0 else _sizes)(ids(dense), ends, sums)
    return math.sqrt(sums.sum()) if order == 2.0 else float(sums.max())


def _in_any_order(x: Any) -> Any:
    """Return an array of the elements of ``x`` that has no gaps."""
    flags = x.flags
    if flags.aligned and (flags.c_contiguous or flags.f_contiguous or x.strides == np.empty_like(x).strides):
        return x
    return np.array(x, order="K")


@loop
def _clip(old, new, width, read, ends, numbers):  # type: ignore[no-untyped-def]
    total = ends[-1]
    for block in prange((total + BLOCK - 1) // BLOCK):
        at = block * BLOCK
        stop = min(at + BLOCK, total)
        row = np.searchsorted(ends, at, side="right")
        while at < stop:
            n = min(stop, ends[row]) - at
            x = target(old, new, row, at - (ends[row - 1] if row else 0), n)
            factor, bound = numbers[row, 0], numbers[row, 1]
            for i in range(n):
                y = factor * x[i]
                y = bound if y > bound else y
                x[i] = -bound if y < -bound else y
            at += n
            row += 1


def clipped(holders: list[Any], factor: float = 1.0, bound: float = math.inf) -> list[Any]:
    """Multiply arrays by ``factor``, and bring them within ``bound`` of 0; return the holders left out.

    Args:
        holders: have an array each, as ``_array``; it is changed in place where nobody else holds it.
        factor, bound: two numbers.
    """
    fit: list[Any] = []
    left: list[Any] = []
    for holder in holders:
        here = type(holder._array) is np.ndarray and holder._array.dtype == FLOAT32
        (fit if here else left).append(holder)
    if fit:
        arrays = [holder._array for holder in fit]
        change(_clip, 1, arrays, [], np.full((len(fit), 2), (factor, bound), np.float32))
        for holder, array in zip(fit, arrays, strict=True):
            holder._array = array
    return left
