"""Attention: from arrays of any layout to the loops of ``attention_loops.py``, and back.

Loops want four axes, and vectors that stand in one piece of memory and fill whole vectors of the processor.
Heads of 32, 64, 96 or 128 numbers do, in whatever order their axes lie: the views that a model cuts from one
product are taken as they are. Other vectors are copied and filled up with zeros.

Results lie in memory with the heads beside each other, ``(batch, length, heads, width)``, whatever
their shape is: what follows puts the heads together, and then that is no copy.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid.engines.cpu.kernels import attention_loops as loops
from lucid.engines.cpu.kernels.attention_loops import CHUNK
from lucid.engines.cpu.kernels.attention_parts import Mask, Place, Sizes, rounded
from lucid.engines.cpu.kernels.tile import LANES
from lucid.engines.settings import settings

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

NO_MASK = Mask(0, 0, 0, 0, 0)
# So many tasks at least, however few heads there are: for the threads of a large machine.
TASKS = 16
# Up to so many queries are done one by one.
FEW = 4


def attention(
    key: Array,
    value: Array,
    query: Array,
    mask: Array | None,
    keep: Array | None,
    *,
    causal: bool,
    scale: float,
    groups: int,
    share: float,
) -> Any:
    """Return the means of ``value``, and what the vjp needs; see ``F.attention``."""
    if not query.dtype == key.dtype == value.dtype == np.float32 or 0 in (query.size, key.size, value.size):
        return None  # so what they are broadcast to is not empty, either
    if mask is not None and mask.dtype.kind == "f" and mask.dtype != np.float32:
        return None
    batch = _batch(query, key, value, groups)
    q, k, v = (_vectors(x, b) for x, b in zip((query, key, value), batch, strict=True))
    sizes = Sizes(q.shape[0], q.shape[1], groups, q.shape[2], k.shape[2], k.shape[3], v.shape[3])
    shift, drop = _shift(mask, batch[0]), _bytes(keep)
    out = np.empty((sizes.batch, sizes.queries, sizes.heads, sizes.value_width), np.float32)
    tops, inverses = np.empty((2, sizes.batch, sizes.heads, sizes.queries), np.float32)
    room = int(rounded(sizes.keys))
    if sizes.queries <= FEW and not causal and drop is None:
        work = np.empty((settings.threads, room), np.float32)
        loops.forward_few(
            _place(q), _place(k), _place(v), _mask_place(shift), out, tops, inverses, work, sizes,
            np.float32(scale),
        )  # fmt: skip
    else:
        work = np.empty((settings.threads, LANES * (3 + sizes.width + sizes.value_width + room)), np.float32)
        loops.forward(
            _place(q), _place(k), _place(v), _mask_place(shift), _mask_place(drop), out, tops, inverses,
            work, sizes, causal, np.float32(scale), np.float32(share),
        )  # fmt: skip
    shape = (*batch[0], query.shape[-2], value.shape[-1])
    return _shaped(out, shape), (sizes, batch, shift, drop, out, tops, inverses)


def attention_vjp(
    g: Array,
    _out: Array,
    residuals: Any,
    key: Array,
    value: Array,
    query: Array,
    mask: Array | None,
    keep: Array | None,
    *,
    causal: bool,
    scale: float,
    groups: int,
    share: float,
) -> Any:
    """Return the gradients of ``key``, ``value``, ``query`` and ``mask``."""
    sizes, batch, shift, drop, out, tops, inverses = residuals
    q, k, v = (_vectors(x, b) for x, b in zip((query, key, value), batch, strict=True))
    slope = _vectors(g, batch[0])
    dq = np.empty((sizes.batch, sizes.queries, sizes.heads, sizes.width), np.float32)
    heads = sizes.heads // groups
    dk = np.empty((sizes.batch, sizes.keys, heads, sizes.width), np.float32)
    dv = np.empty((sizes.batch, sizes.keys, heads, sizes.value_width), np.float32)
    tasks = sizes.batch * heads
    splits = min(-(-TASKS // tasks), -(-sizes.queries // LANES))
    width = sizes.width + sizes.value_width
    sums = np.empty(
        (tasks * splits if splits > 1 else settings.threads, int(rounded(sizes.keys)) * width),
        np.float32,
    )
    work = np.empty(
        (settings.threads, LANES * (3 + 2 * sizes.width + sizes.value_width + 2 * CHUNK)), np.float32
    )
    loops.backward(
        _place(q), _place(k), _place(v), _mask_place(shift), _mask_place(drop),
        _place(out.transpose(0, 2, 1, 3)), tops, inverses, _place(slope), dq, dk, dv, sums, work,
        sizes, splits, causal, np.float32(scale), np.float32(share),
    )  # fmt: skip
    to = [(*b, *x.shape[-2:]) for x, b in zip((query, key, value), batch, strict=True)]

    def of_mask() -> Array | None:
        """Return the slopes of all scores: this alone takes memory for each pair of query and key."""
        if mask is None or mask.dtype.kind == "b":
            return None
        wide_k, wide_v = (np.repeat(x, groups, axis=1) if groups > 1 else x for x in (k, v))
        scores = np.matmul(q * np.float32(scale), wide_k.swapaxes(-1, -2))
        added = shift.swapaxes(-1, -2)
        scores = np.where(added == -np.inf, added, scores + added)
        if causal:
            scores[..., ~np.tri(sizes.queries, sizes.keys, dtype=bool)] = -np.inf
        weights = np.exp(scores - tops[..., None]) * inverses[..., None]
        slopes = np.matmul(slope, wide_v.swapaxes(-1, -2))
        if drop is not None:
            slopes = np.where(drop.swapaxes(-1, -2), slopes / np.float32(share), np.float32(0))
        delta = (slope * out.transpose(0, 2, 1, 3)).sum(axis=-1, keepdims=True)
        slopes = np.where(weights == 0, np.float32(0), weights * (slopes - delta))
        return slopes.reshape((*batch[0], *slopes.shape[-2:]))

    return _shaped(dk, to[1]), _shaped(dv, to[2]), _shaped(dq, to[0]), of_mask, None


# ----------------------------------------------------------------- layouts


def _batch(query: Array, key: Array, value: Array, groups: int) -> tuple[Shape, Shape, Shape]:
    """Return what query, key and value are broadcast to, but for the last two axes."""
    if groups == 1:
        shape = query.shape[:-2]
        if not shape == key.shape[:-2] == value.shape[:-2]:
            shape = np.broadcast_shapes(shape, key.shape[:-2], value.shape[:-2])
        return shape, shape, shape
    outer = np.broadcast_shapes(query.shape[:-3], key.shape[:-3], value.shape[:-3])
    heads = (*outer, key.shape[-3])
    return (*outer, query.shape[-3]), heads, heads


def _vectors(x: Array, batch: Shape) -> Array:
    """Return ``x`` with four axes, and vectors as loops take them."""
    if x.shape[:-2] != batch:
        x = np.broadcast_to(x, (*batch, *x.shape[-2:]))
    if len(batch) != 2:
        x = x.reshape((math.prod(batch[:-1]), batch[-1] if batch else 1, *x.shape[-2:]))
    width = x.shape[-1]
    if width % LANES == 0 and x.strides[3] == 4 and x.flags.aligned:
        return x
    wide = np.empty((*x.shape[:-1], -(-width // LANES) * LANES), np.float32)
    wide[..., :width] = x
    wide[..., width:] = 0
    return wide


def _shaped(x: Array, shape: Shape) -> Array:
    """Return an array ``(batch, length, heads, width)`` as one of ``shape``, without what was filled up."""
    x = x.transpose(0, 2, 1, 3)[..., : shape[-1]]
    return x if x.shape == shape else x.reshape(shape)


def _shift(mask: Array | None, batch: Shape) -> Array | None:
    """Return what is added to scores, ``(batch, heads, keys, queries)``; any axis may be of size 1."""
    if mask is None:
        return None
    axes = max(len(batch), 1) + 2
    mask = mask.reshape((1,) * (axes - mask.ndim) + mask.shape)
    if axes > 4 and math.prod(mask.shape[:-3]) != 1:
        mask = np.broadcast_to(mask, (*batch[:-1], *mask.shape[-3:]))
    mask = mask.reshape((math.prod(mask.shape[:-3]), *mask.shape[-3:]))
    mask = np.require(mask.swapaxes(-1, -2), requirements=("C", "A"))
    return np.where(mask, np.float32(0), np.float32(-np.inf)) if mask.dtype.kind == "b" else mask


def _bytes(keep: Array | None) -> Array | None:
    """Return dropout's booleans as ``(batch, heads, keys, queries)``."""
    if keep is None:
        return None
    shape = (1,) * (4 - keep.ndim) + keep.shape
    keep = keep.reshape((math.prod(shape[:-3]), *shape[-3:]))
    return np.ascontiguousarray(keep.swapaxes(-1, -2))


def _place(x: Array) -> Place:
    steps = x.strides
    return Place(x.__array_interface__["data"][0], steps[0] >> 2, steps[1] >> 2, steps[2] >> 2)


def _mask_place(mask: Array | None) -> Mask:
    if mask is None:
        return NO_MASK
    size = mask.itemsize
    steps = [s // size if n > 1 else 0 for s, n in zip(mask.strides, mask.shape, strict=True)]
    return Mask(mask.__array_interface__["data"][0], *steps)
