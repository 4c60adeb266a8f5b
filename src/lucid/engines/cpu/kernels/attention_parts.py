"""What the loops of attention are made of. ``attention_loops.py`` puts it together.

A task takes LANES queries at a time, in the lanes of vectors: ``scores[j, l]`` is what key ``j`` is to query
``l``. So a softmax over keys runs down columns, and never adds up the lanes of a vector. Products come from
``tile``, which reads keys and values where they lie.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lucid.engines.cpu.kernels.loops import part
from lucid.engines.cpu.kernels.maths import exp
from lucid.engines.cpu.kernels.tile import LANES, ROWS, bytes_at, floats_at, tile

import numpy as np  # isort: skip  (after the settings of loops)
from numba import carray  # isort: skip

SUM = 64  # terms are summed first among so many, so that long sums lose no digits

NONE = np.float32(-np.inf)
ZERO, ONE = np.float32(0), np.float32(1)


class Place(NamedTuple):
    """Where vectors of contiguous float32 numbers lie, and the steps between them, in elements."""

    address: int
    batch: int
    head: int
    row: int


class Mask(NamedTuple):
    """Where a number for each key and query lies; address 0 for no mask. Steps may be 0."""

    address: int
    batch: int
    head: int
    key: int
    query: int  # 0 or 1


class Sizes(NamedTuple):
    """What there is of each; ``groups`` heads of queries share one of keys."""

    batch: int
    heads: int
    groups: int
    queries: int
    keys: int
    width: int
    value_width: int


@part
def rounded(n: Any) -> Any:
    """Return ``n`` rounded up to whole tiles of rows."""
    return (n + ROWS - 1) // ROWS * ROWS


@part
def to_lanes(address: Any, row: Any, count: Any, width: Any, panel: Any, scale: Any) -> None:
    """Set ``panel[c, l]`` to element ``c`` of vector ``l`` times ``scale``, and to 0 beyond ``count``."""
    for start in range(0, width, LANES):
        for i in range(count):
            vector = carray(floats_at(address + 4 * (i * row + start)), (LANES,))
            for c in range(LANES):
                panel[(start + c) * LANES + i] = vector[c] * scale
        for c in range(start, start + LANES):
            for i in range(count, LANES):
                panel[c * LANES + i] = ZERO


@part
def times_lanes(address: Any, row: Any, rows: Any, panel: Any, width: Any, out: Any) -> None:
    """Set ``out[j, l]`` to the product of vector ``j`` with column ``l`` of ``panel``."""
    panel_at, out_at = panel.ctypes.data, out.ctypes.data
    for j in range(0, rows, ROWS):
        tile(
            address + 4 * j * row, row, 1, rows - j,
            panel_at, LANES, out_at + 4 * j * LANES, LANES, width, False,
        )  # fmt: skip


@part
def mix(
    weights: Any, count: Any, address: Any, row: Any, width: Any, keys: Any, ahead: Any, out: Any, add: Any
) -> None:
    """Set ``out[l]`` to the sum over ``j`` of ``weights[j, l]`` times vector ``j``, or add it.

    Lane ``l`` has weights for no more than ``ahead + l + 1`` keys.
    """
    weights_at, out_at = weights.ctypes.data, out.ctypes.data
    for i in range(0, count, ROWS):
        for c in range(0, width, LANES):
            tile(
                weights_at + 4 * i, 1, LANES, ROWS, address + 4 * c, row,
                out_at + 4 * (i * width + c), width, min(keys, ahead + i + ROWS), add,
            )  # fmt: skip


@part
def spread(
    weights: Any, rows: Any, address: Any, row: Any, count: Any, width: Any, out: Any, first: Any
) -> None:
    """Add to ``out[first + j]`` the sum over ``l`` of ``weights[j, l]`` times vector ``l``."""
    weights_at, out_at = weights.ctypes.data, out.ctypes.data + 4 * first * width
    for j in range(0, rows, ROWS):
        for c in range(0, width, LANES):
            tile(
                weights_at + 4 * j * LANES, LANES, 1, ROWS, address + 4 * c, row,
                out_at + 4 * (j * width + c), width, count, True,
            )  # fmt: skip


@part
def exclude(
    scores: Any, mask: Any, b: Any, h: Any, first: Any, count: Any, start: Any, rows: Any, causal: Any
) -> None:
    """Add the mask to the scores of keys from ``start``; -inf there, or after a query, stands alone."""
    if mask.address != 0:
        here = carray(floats_at(mask.address + 4 * (b * mask.batch + h * mask.head)), (2**40,))
        for j in range(rows):
            base = (start + j) * mask.key
            if mask.query == 0:
                shift = here[base]
                for i in range(LANES):
                    scores[j * LANES + i] = NONE if shift == NONE else scores[j * LANES + i] + shift
            else:
                base += first
                for i in range(count):
                    shift = here[base + i]
                    scores[j * LANES + i] = NONE if shift == NONE else scores[j * LANES + i] + shift
    if causal:
        for j in range(max(0, first + 1 - start), rows):
            for i in range(min(start + j - first, LANES)):
                scores[j * LANES + i] = NONE


@part
def drop(weights: Any, keep: Any, b: Any, h: Any, first: Any, count: Any, rows: Any) -> None:
    """Set weights to 0 where ``keep`` is."""
    here = carray(bytes_at(keep.address + b * keep.batch + h * keep.head), (2**40,))
    for j in range(rows):
        base = j * keep.key + first
        for i in range(count):
            weights[j * LANES + i] = weights[j * LANES + i] if here[base + i] else ZERO


@part
def larger(x: Any, y: Any) -> Any:
    """Return the larger one, and ``y`` where ``x`` is nan."""
    return x if x > y else y


@part
def softmax(scores: Any, rows: Any, top: Any, total: Any, partial: Any) -> None:
    """Replace scores by their exponentials, and set the largest and the sum of each lane."""
    for i in range(LANES):
        top[i], total[i] = NONE, ZERO
    fours = rows // 4  # four at a time: each comparison with `top` waits for the one before
    for j in range(fours):
        for i in range(LANES):
            n = j * (4 * LANES) + i
            m1 = larger(scores[n], scores[n + LANES])
            m2 = larger(scores[n + 2 * LANES], scores[n + 3 * LANES])
            top[i] = larger(larger(m1, m2), top[i])
    for j in range(4 * fours, rows):
        for i in range(LANES):
            top[i] = larger(scores[j * LANES + i], top[i])
    for i in range(LANES):
        top[i] = ZERO if top[i] == NONE else top[i]
    for start in range(0, rows, SUM):
        for i in range(LANES):
            partial[i] = ZERO
        some = scores[start * LANES :]  # counted from 0, which lets the compiler see that nothing is negative
        for j in range(min(SUM, rows - start)):
            for i in range(LANES):
                e = exp(some[j * LANES + i] - top[i])
                some[j * LANES + i] = e
                partial[i] += e
        for i in range(LANES):
            total[i] += partial[i]
