"""Rows for attention, with its formula in NumPy, one query at a time."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

import lucid
import lucid.nn.functional as F
from lucid.testing import OpCase
from tests.ops.rows import with_options

Array = Any

# Key 3 is for nobody, and query 1 has no keys.
SEEN = np.array([[True, True, False, False, True], [False] * 5, [False, True, True, False, True]])


def attention(
    query: Array,
    key: Array,
    value: Array,
    mask: Array = None,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Array:
    """Go through the queries one by one: slow, and plainly what the words say."""
    if enable_gqa:
        share = query.shape[-3] // key.shape[-3]
        key, value = (
            np.stack([x[..., h // share, :, :] for h in range(query.shape[-3])], -3) for x in (key, value)
        )
    batch = np.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
    query, key, value = (np.broadcast_to(x, batch + x.shape[-2:]) for x in (query, key, value))
    width, keys = key.shape[-1], key.shape[-2]
    scale = 1 / math.sqrt(width or 1) if scale is None else scale
    shift = np.zeros((*batch, query.shape[-2], keys))
    if mask is not None:
        shift = shift + (np.where(mask, 0.0, -np.inf) if mask.dtype == bool else mask)
    out = np.zeros((*batch, query.shape[-2], value.shape[-1]))
    for place in np.ndindex(*batch, query.shape[-2]):
        *b, i = place
        weights = np.exp(scale * key[tuple(b)] @ query[place] + shift[place])
        if is_causal:
            weights[i + 1 :] = 0
        if weights.sum() > 0:
            out[place] = weights / weights.sum() @ value[tuple(b)]
    return out


SHAPES = [
    ((2, 3, 4), (2, 5, 4), (2, 5, 2)),
    ((3, 4), (5, 4), (5, 4)),
    ((2, 1, 3, 2), (2, 4, 2), (2, 4, 2)),
    ((0, 3, 4), (0, 5, 4), (0, 5, 4)),
    ((2, 0, 4), (2, 5, 4), (2, 5, 4)),
    ((2, 3, 4), (2, 0, 4), (2, 0, 4)),
    ((3, 0), (5, 0), (5, 2)),
]


def seen(mask: Array) -> tuple[Any, Any]:
    """Return both functions with ``mask`` in its place."""
    ours = lambda q, k, v: F.scaled_dot_product_attention(q, k, v, lucid.asarray(mask, device=q.device))  # noqa: E731
    return ours, functools.partial(attention, mask=mask)


MASKED = [("masked", SEEN), ("masked by keys", SEEN[0]), ("masked by numbers", np.where(SEEN, 0.5, -np.inf))]

ATTENTION = [
    *with_options(
        OpCase(
            name="scaled_dot_product_attention",
            function=F.scaled_dot_product_attention,
            reference=attention,
            shapes=SHAPES,
        ),
        [{}, {"is_causal": True}, {"scale": 0.3}],
    ),
    *(
        OpCase(
            name=f"scaled_dot_product_attention[{name}]",
            function=seen(mask)[0],
            reference=seen(mask)[1],
            shapes=[((2, 3, 4), (2, 5, 4), (2, 5, 2))],
        )
        for name, mask in MASKED
    ),
    OpCase(
        name="scaled_dot_product_attention[shifted]",
        function=F.scaled_dot_product_attention,
        reference=attention,
        shapes=[((2, 3, 2), (2, 4, 2), (2, 4, 2), (3, 4)), ((3, 2), (4, 2), (4, 2), (4,))],
    ),
    OpCase(
        name="scaled_dot_product_attention[groups]",
        function=F.scaled_dot_product_attention,
        reference=attention,
        shapes=[((4, 2, 3), (2, 3, 3), (2, 3, 2)), ((2, 4, 2, 3), (2, 1, 3, 3), (2, 1, 3, 2))],
        options={"enable_gqa": True},
    ),
]
