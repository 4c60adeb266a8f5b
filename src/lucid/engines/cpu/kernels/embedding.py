"""Looking up rows of a table, and summing up the gradients of each row."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.loops import dense, loop, prange

Array = np.ndarray[Any, Any]

# Rows are dealt out to so many rounds of the loop, as cards are: which rows are named often, nobody knows.
_ROUNDS = 64


def table_rows(weight: Array, indices: Array, *, padding: int | None, by_count: bool) -> Any:
    """Return the rows of ``weight`` that ``indices`` name."""
    if weight.dtype != np.float32 or weight.ndim != 2 or not indices.size:
        return None
    names = dense(indices.reshape(-1).astype(np.int64, copy=False))
    if not (weight.flags.c_contiguous and weight.flags.aligned):  # a copy may be far larger than the result
        return weight.take(names, axis=0).reshape(*indices.shape, -1), names
    out = np.empty((names.size, weight.shape[1]), np.float32)
    _look_up(weight, names, out)
    return out.reshape(*indices.shape, -1), names


def table_rows_vjp(
    g: Array, _out: Any, names: Array, weight: Array, _indices: Array, *, padding: int | None, by_count: bool
) -> tuple[Any, ...]:
    """Add up the gradients of each row, from the first that names it to the last."""

    def by_weight() -> Array:
        out = np.empty(weight.shape, np.float32)
        rows = dense(g.reshape(names.size, -1))
        _sum_rows(rows, names, -1 if padding is None else padding, by_count, out)
        return out

    return by_weight, None


@loop
def _look_up(weight: Array, names: Array, out: Array) -> None:
    width = np.uintp(weight.shape[1])
    source, target = weight.reshape(weight.size), out.reshape(out.size)
    for i in prange(names.size):
        start, at = np.uintp(names[i]) * width, np.uintp(i) * width
        for j in range(width):
            target[at + j] = source[start + j]


@loop
def _sum_rows(g: Array, names: Array, padding: int, by_count: bool, out: Array) -> None:
    # For each row a chain of those that name it: the first of them, and after each the next; 0 ends it.
    first, after = np.zeros(out.shape[0], np.int64), np.empty(names.size, np.int64)
    for i in range(names.size - 1, -1, -1):
        after[i] = first[names[i]]
        first[names[i]] = i + 1
    if padding >= 0:
        first[padding] = 0
    width = np.uintp(out.shape[1])
    source, target = g.reshape(g.size), out.reshape(out.size)
    rounds = min(_ROUNDS, out.shape[0])
    for r in prange(rounds):
        for row in range(r, out.shape[0], rounds):
            at, link = np.uintp(row) * width, first[row]
            if link == 0:
                for j in range(width):
                    target[at + j] = np.float32(0)
                continue
            start, count = np.uintp(link - 1) * width, 1
            for j in range(width):
                target[at + j] = source[start + j]
            link = after[link - 1]
            while link:
                start = np.uintp(link - 1) * width
                for j in range(width):
                    target[at + j] += source[start + j]
                link = after[link - 1]
                count += 1
            if by_count:
                share = np.float32(1 / count)
                for j in range(width):
                    target[at + j] *= share
