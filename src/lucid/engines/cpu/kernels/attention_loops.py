"""The loops of attention over batches, heads and queries. ``attention.py`` calls them.

All scores of some queries are computed, used for the results and forgotten. The backward pass computes them
again, a chunk of keys at a time; it needs the largest score of each query, and one over its sum of
exponentials. The logarithm of that sum is not added to the largest score: where that is huge, as it is for a
row masked by huge numbers, nothing of the logarithm would be left.

Dao et al., FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness, 2022.
"""

from __future__ import annotations

from typing import Any

from lucid.engines.cpu.kernels.attention_parts import (
    NONE,
    ONE,
    ZERO,
    drop,
    exclude,
    larger,
    mix,
    rounded,
    softmax,
    spread,
    times_lanes,
    to_lanes,
)
from lucid.engines.cpu.kernels.loops import loop, part, prange
from lucid.engines.cpu.kernels.maths import exp
from lucid.engines.cpu.kernels.tile import LANES, bytes_at, floats_at

import numpy as np  # isort: skip  (after the settings of loops)
from numba import carray  # isort: skip

CHUNK = 128  # keys at a time in the backward pass: their scores fit the fastest cache


@part
def _forward_block(
    q: Any, k: Any, v: Any, mask: Any, keep: Any, out: Any, tops: Any, inverses: Any, work: Any,
    sizes: Any, b: Any, h: Any, block: Any, causal: Any, scale: Any, share: Any,
) -> None:  # fmt: skip
    """Compute the results for LANES queries."""
    width, value_width = sizes.width, sizes.value_width
    first = block * LANES
    count = min(LANES, sizes.queries - first)
    keys = min(sizes.keys, first + count) if causal else sizes.keys
    ahead = first if causal else keys
    shared = h // sizes.groups
    key_at = k.address + 4 * (b * k.batch + shared * k.head)
    value_at = v.address + 4 * (b * v.batch + shared * v.head)

    top, total, partial = work[:LANES], work[LANES : 2 * LANES], work[2 * LANES : 3 * LANES]
    end = (3 + width) * LANES
    panel = work[3 * LANES : end]
    result = work[end : end + LANES * value_width]
    scores = work[end + LANES * value_width :]

    to_lanes(q.address + 4 * (b * q.batch + h * q.head + first * q.row), q.row, count, width, panel, scale)
    times_lanes(key_at, k.row, keys, panel, width, scores)
    exclude(scores, mask, b, h, first, count, 0, keys, causal)
    softmax(scores, keys, top, total, partial)
    if keep.address != 0:
        drop(scores, keep, b, h, first, count, keys)
    mix(scores, count, value_at, v.row, value_width, keys, ahead, result, False)
    for i in range(count):
        # Where there was nothing to attend to, weights are 0 in the backward pass, too.
        tops[b, h, first + i] = top[i]
        inverses[b, h, first + i] = ZERO if total[i] == ZERO else ONE / total[i]
        factor = ZERO if total[i] == ZERO else ONE / (total[i] * share)
        for c in range(value_width):
            out[b, first + i, h, c] = result[i * value_width + c] * factor


@loop
def forward(
    q: Any, k: Any, v: Any, mask: Any, keep: Any, out: Any, tops: Any, inverses: Any, work: Any,
    sizes: Any, causal: Any, scale: Any, share: Any,
) -> None:  # fmt: skip
    """Compute all results, and what the backward pass needs of each query."""
    blocks = (sizes.queries + LANES - 1) // LANES
    workers = work.shape[0]
    for worker in prange(workers):
        w = np.int64(worker)  # Numba counts without a sign, and makes floats of both kinds together
        for task in range(w, sizes.batch * sizes.heads * blocks, workers):
            head, block = task // blocks, task % blocks
            # Late blocks see more keys: every other head goes the other way round, for even shares.
            block = blocks - 1 - block if head % 2 else block
            _forward_block(
                q, k, v, mask, keep, out, tops, inverses, work[w], sizes,
                head // sizes.heads, head % sizes.heads, block, causal, scale, share,
            )  # fmt: skip


@part
def _vectors(address: Any, row: Any, j: Any, width: Any) -> Any:
    """Return vector ``j`` and the three after it."""
    return (
        carray(floats_at(address + 4 * j * row), (width,)),
        carray(floats_at(address + 4 * (j + 1) * row), (width,)),
        carray(floats_at(address + 4 * (j + 2) * row), (width,)),
        carray(floats_at(address + 4 * (j + 3) * row), (width,)),
    )


@part
def _forward_one(
    q: Any, k: Any, v: Any, mask: Any, out: Any, tops: Any, inverses: Any, scores: Any, sizes: Any,
    b: Any, h: Any, query: Any, scale: Any,
) -> None:  # fmt: skip
    """Compute the result for one query, whose lanes are its own elements."""
    shared = h // sizes.groups
    own = carray(floats_at(q.address + 4 * (b * q.batch + h * q.head + query * q.row)), (sizes.width,))
    key_at = k.address + 4 * (b * k.batch + shared * k.head)
    value_at = v.address + 4 * (b * v.batch + shared * v.head)
    width, keys = sizes.width, sizes.keys
    fours = keys - keys % 4  # four keys at a time: their sums do not wait for each other
    for j in range(0, fours, 4):
        k0, k1, k2, k3 = _vectors(key_at, k.row, j, width)
        s0, s1, s2, s3 = ZERO, ZERO, ZERO, ZERO
        for c in range(width):
            s0 += own[c] * k0[c]
            s1 += own[c] * k1[c]
            s2 += own[c] * k2[c]
            s3 += own[c] * k3[c]
        scores[j], scores[j + 1], scores[j + 2], scores[j + 3] = (
            s0 * scale,
            s1 * scale,
            s2 * scale,
            s3 * scale,
        )
    for j in range(fours, keys):
        key = carray(floats_at(key_at + 4 * j * k.row), (width,))
        s0 = ZERO
        for c in range(width):
            s0 += own[c] * key[c]
        scores[j] = s0 * scale
    if mask.address != 0:
        here = carray(floats_at(mask.address + 4 * (b * mask.batch + h * mask.head)), (2**40,))
        for j in range(sizes.keys):
            shift = here[j * mask.key + query * mask.query]
            scores[j] = NONE if shift == NONE else scores[j] + shift
    top = NONE
    for j in range(keys):
        top = larger(scores[j], top)
    top = ZERO if top == NONE else top
    total = ZERO
    for j in range(keys):
        e = exp(scores[j] - top)
        scores[j] = e
        total += e
    factor = ZERO if total == ZERO else ONE / total
    tops[b, h, query], inverses[b, h, query] = top, factor
    result = out[b, query, h]
    for c in range(sizes.value_width):
        result[c] = ZERO
    for j in range(0, fours, 4):
        v0, v1, v2, v3 = _vectors(value_at, v.row, j, sizes.value_width)
        s0, s1, s2, s3 = scores[j], scores[j + 1], scores[j + 2], scores[j + 3]
        for c in range(sizes.value_width):
            result[c] += (s0 * v0[c] + s1 * v1[c]) + (s2 * v2[c] + s3 * v3[c])
    for j in range(fours, keys):
        value = carray(floats_at(value_at + 4 * j * v.row), (sizes.value_width,))
        for c in range(sizes.value_width):
            result[c] += scores[j] * value[c]
    for c in range(sizes.value_width):
        result[c] *= factor


@loop
def forward_few(
    q: Any, k: Any, v: Any, mask: Any, out: Any, tops: Any, inverses: Any, work: Any, sizes: Any, scale: Any
) -> None:
    """Compute the results of so few queries that most lanes of ``forward`` would be idle."""
    workers = work.shape[0]
    for worker in prange(workers):
        w = np.int64(worker)
        for task in range(w, sizes.batch * sizes.heads * sizes.queries, workers):
            head, query = task // sizes.queries, task % sizes.queries
            b, h = head // sizes.heads, head % sizes.heads
            _forward_one(q, k, v, mask, out, tops, inverses, work[w], sizes, b, h, query, scale)


@part
def _backward_block(
    q: Any, k: Any, v: Any, mask: Any, keep: Any, out: Any, tops: Any, inverses: Any, g: Any, dq: Any,
    dk: Any, dv: Any, work: Any, sizes: Any, b: Any, h: Any, block: Any, causal: Any, scale: Any, share: Any,
) -> None:  # fmt: skip
    """Compute ``dq`` of LANES queries, and add what they give to ``dk`` (but for its scale) and ``dv``."""
    width, value_width = sizes.width, sizes.value_width
    first = block * LANES
    count = min(LANES, sizes.queries - first)
    seen = min(sizes.keys, first + count) if causal else sizes.keys
    shared = h // sizes.groups
    query_at = q.address + 4 * (b * q.batch + h * q.head + first * q.row)
    key_at = k.address + 4 * (b * k.batch + shared * k.head)
    value_at = v.address + 4 * (b * v.batch + shared * v.head)
    g_at = g.address + 4 * (b * g.batch + h * g.head + first * g.row)
    out_at = out.address + 4 * (b * out.batch + h * out.head + first * out.row)

    top, inverse, delta = work[:LANES], work[LANES : 2 * LANES], work[2 * LANES : 3 * LANES]
    end = (3 + width) * LANES
    panel = work[3 * LANES : end]
    panel_g = work[end : end + value_width * LANES]
    end += value_width * LANES
    result = work[end : end + LANES * width]
    end += LANES * width
    scores, slopes = work[end : end + CHUNK * LANES], work[end + CHUNK * LANES :]

    to_lanes(query_at, q.row, count, width, panel, scale)
    to_lanes(g_at, g.row, count, value_width, panel_g, ONE)
    for i in range(LANES):
        top[i], inverse[i], delta[i] = np.float32(np.inf), ZERO, ZERO
    for i in range(count):
        top[i], inverse[i] = tops[b, h, first + i], inverses[b, h, first + i]
        left = carray(floats_at(g_at + 4 * i * g.row), (value_width,))
        right = carray(floats_at(out_at + 4 * i * out.row), (value_width,))
        for c in range(value_width):
            delta[i] += left[c] * right[c]

    for start in range(0, seen, CHUNK):
        rows = min(CHUNK, seen - start)
        at = key_at + 4 * start * k.row
        times_lanes(at, k.row, rows, panel, width, scores)
        times_lanes(value_at + 4 * start * v.row, v.row, rows, panel_g, value_width, slopes)
        exclude(scores, mask, b, h, first, count, start, rows, causal)
        if keep.address != 0:
            here = carray(bytes_at(keep.address + b * keep.batch + h * keep.head), (2**40,))
            for j in range(rows):
                base = (start + j) * keep.key + first
                for i in range(count):
                    p = exp(scores[j * LANES + i] - top[i]) * inverse[i]
                    kept = here[base + i] != 0
                    slope = slopes[j * LANES + i] / share if kept else ZERO
                    scores[j * LANES + i] = p / share if kept else ZERO
                    slopes[j * LANES + i] = p * (slope - delta[i])
        else:
            for j in range(rows):
                for i in range(LANES):
                    p = exp(scores[j * LANES + i] - top[i]) * inverse[i]
                    scores[j * LANES + i] = p
                    slopes[j * LANES + i] = p * (slopes[j * LANES + i] - delta[i])
        for n in range(rows * LANES, rounded(rows) * LANES):
            scores[n], slopes[n] = ZERO, ZERO
        spread(scores, rows, g_at, g.row, count, value_width, dv, start)
        spread(slopes, rows, query_at, q.row, count, width, dk, start)
        ahead = first - start if causal else rows
        mix(slopes, count, at, k.row, width, rows, ahead, result, start > 0)
    for i in range(count):
        for c in range(width):
            dq[b, first + i, h, c] = result[i * width + c] * scale


@part
def _write(rows: Any, out: Any, b: Any, h: Any, count: Any, width: Any, scale: Any) -> None:
    """Copy vectors times ``scale`` into their places in ``out``, of shape (batch, rows, heads, width)."""
    for j in range(count):
        for c in range(width):
            out[b, j, h, c] = rows[j * width + c] * scale


@loop
def backward(
    q: Any, k: Any, v: Any, mask: Any, keep: Any, out: Any, tops: Any, inverses: Any, g: Any, dq: Any,
    dk: Any, dv: Any, sums: Any, work: Any, sizes: Any, splits: Any, causal: Any, scale: Any, share: Any,
) -> None:  # fmt: skip
    """Compute all gradients.

    A task has a head of keys. Where there are few heads, ``splits`` tasks share one, each with some of the
    queries: each then has its own ``sums`` for ``dk`` and ``dv``, and they are added in the end.
    """
    blocks = (sizes.queries + LANES - 1) // LANES
    key_heads = sizes.heads // sizes.groups
    keys, width, value_width = sizes.keys, sizes.width, sizes.value_width
    workers = work.shape[0]
    middle = rounded(keys) * width
    for worker in prange(workers):
        w = np.int64(worker)  # Numba counts without a sign, and makes floats of both kinds together
        for task in range(w, sizes.batch * key_heads * splits, workers):
            pair, split = task // splits, task % splits
            b, shared = pair // key_heads, pair % key_heads
            own = sums[task if splits > 1 else w]
            own_dk, own_dv = own[:middle], own[middle:]
            for n in range(own.size):
                own[n] = ZERO
            for h in range(shared * sizes.groups, (shared + 1) * sizes.groups):
                for block in range(split, blocks, splits):
                    _backward_block(
                        q, k, v, mask, keep, out, tops, inverses, g, dq, own_dk, own_dv,
                        work[w], sizes, b, h, block, causal, scale, share,
                    )  # fmt: skip
            if splits == 1:
                _write(own_dk, dk, b, shared, keys, width, scale)
                _write(own_dv, dv, b, shared, keys, value_width, ONE)
    if splits > 1:
        for n_pair in prange(sizes.batch * key_heads):
            pair = np.int64(n_pair)
            b, shared = pair // key_heads, pair % key_heads
            own = sums[pair * splits]
            for split in range(1, splits):
                other = sums[pair * splits + split]
                for n in range(own.size):
                    own[n] += other[n]
            _write(own[:middle], dk, b, shared, keys, width, scale)
            _write(own[middle:], dv, b, shared, keys, value_width, ONE)
