"""Rows for what knows positions, and for attention with several heads, with their formulas in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase
from tests.nn.functional.cases_attention import attention
from tests.ops.rows import with_options

Array = Any


def turned(x: Array, cos: Array, sin: Array, interleaved: bool = False) -> Array:
    """Turn pair by pair, as complex numbers."""
    y, n = np.array(x, copy=True), cos.shape[-1]
    for i in range(n):
        a, b = (2 * i, 2 * i + 1) if interleaved else (i, n + i)
        z = (x[..., a] + 1j * x[..., b]) * (cos[..., i] + 1j * sin[..., i])
        y[..., a], y[..., b] = z.real, z.imag
    return y


def multihead(
    query: Array, key: Array, value: Array, weight: Array, bias: Array, out_weight: Array, out_bias: Array
) -> Array:
    """Go through the heads one by one."""
    n = query.shape[-1]
    parts = zip((query, key, value), np.split(weight, 3), np.split(bias, 3), strict=True)
    maps = [x @ w.T + b for x, w, b in parts]
    found = [attention(*(np.moveaxis(x, 0, -2)[..., h : h + n // 2] for x in maps)) for h in (0, n // 2)]
    return np.moveaxis(np.concatenate(found, -1), -2, 0) @ out_weight.T + out_bias


def forward(query: Any, key: Any, value: Any, *weights: Any) -> Any:
    w, b, out_w, out_b = weights
    n = query.shape[-1]
    return F.multi_head_attention_forward(
        query, key, value, n, 2, w, b, None, None, False, 0.0, out_w, out_b, need_weights=False
    )[0]


POSITIONAL = [
    *with_options(
        OpCase(
            name="apply_rotary_emb",
            function=F.apply_rotary_emb,
            reference=turned,
            shapes=[
                ((2, 3, 4), (3, 2), (3, 2)),
                ((3, 5), (3, 1), (3, 1)),
                ((2, 1, 3, 4), (2, 1, 3, 2), (2, 1, 3, 2)),
                ((4,), (2,), (2,)),
                ((0, 4), (0, 2), (0, 2)),
                ((2, 3), (2, 0), (2, 0)),
            ],
        ),
        [{}, {"interleaved": True}],
    ),
    OpCase(
        name="multi_head_attention_forward",
        devices=("cpu",),  # MultiheadAttention's row runs the same on XLA
        function=forward,
        reference=multihead,
        shapes=[
            ((3, 4), (2, 4), (2, 4), (12, 4), (12,), (4, 4), (4,)),
            ((2, 1, 2), (3, 1, 2), (3, 1, 2), (6, 2), (6,), (2, 2), (2,)),
        ],
    ),
]
