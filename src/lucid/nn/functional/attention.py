r"""Attention: means of values, weighted by how well their keys match a query.

The CPU's kernel of ``attention`` never holds all weights at once. It computes those of a few queries, uses
them, and computes them again for the gradients, so its memory grows with the length of the sequences and
not with its square. See ``engines/cpu/kernels/attention.py``.
"""

from __future__ import annotations

import math
from typing import Any

from lucid import random
from lucid.engines.dtypes import float16, float32
from lucid.errors import ArgumentError, DTypeError, ShapeError
from lucid.fused import fused
from lucid.nn.functional import checks
from lucid.ops import arange, broadcast_shapes, exp, matmul, max, repeat, sum, where

__all__ = ["attention", "attention_weights", "scaled_dot_product_attention"]

NAME = "scaled_dot_product_attention"


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    *,
    generator: random.Generator | None = None,
) -> Any:
    r"""Return for each query the mean of the values, weighted by the softmax of its products with the keys.

    .. math:: y = \operatorname{softmax}(s \, Q K^\top + M) \, V

    A query with nothing to attend to, because its row of the mask excludes every key, gets zeros, and
    gives no gradients: neither is nan.

    On the CPU, memory beside the arguments and the result grows with the length of the sequences, not with
    its square, and what a causal mask excludes is not computed. Only dropout, and the gradient of a mask,
    need a number for every pair of a query and a key.

    Args:
        query, key, value: Tensors of floats of one dtype. In front of their last two axes, they have
            axes for batches and heads, which broadcast.
        attn_mask: booleans, True where a key takes part; or floats, which are added to the products.
            It broadcasts to ``(*, queries, keys)``.
        dropout_p: the probability with which a weight is left out, whether or not a model is being
            trained; those that stay are divided by ``1 - dropout_p``.
        is_causal: whether the query at position ``i`` attends to keys up to position ``i`` only.
        scale: :math:`s`, by default :math:`1 / \sqrt{\text{width}}`.
        enable_gqa: whether there may be fewer heads (axis -3) of keys and values than of queries. Then
            consecutive heads of queries share one.
        generator: where dropout's random numbers come from; by default the global generator.

    Shape:
        query ``(*, heads, queries, width)``, key ``(*, heads, keys, width)``,
        value ``(*, heads, keys, value_width)`` ``-> (*, heads, queries, value_width)``

    Raises:
        ShapeError: if the shapes do not fit together.
        DTypeError: if the arguments do not hold floats of one dtype, or the mask holds integers.
        ArgumentError: if there is both a mask and ``is_causal``, or ``dropout_p`` is no probability.

    Example:
        >>> query, key = Tensor([[1.0, 0.0]]), Tensor([[9.0, 9.0], [0.0, 0.0]])
        >>> mask = Tensor([[True, False]])
        >>> F.scaled_dot_product_attention(query, key, Tensor([[3.0], [5.0]]), mask)
        Tensor([[3.0]])

    Vaswani et al., Attention Is All You Need, 2017. Ainslie et al., GQA: Training Generalized Multi-Query
    Transformer Models from Multi-Head Checkpoints, 2023.
    """
    query = checks.floating(NAME, "query", query)
    key = checks.floating(NAME, "key", key, query)
    value = checks.floating(NAME, "value", value, query)
    groups, batch = _check_shapes(query, key, value, checks.truth(NAME, "enable_gqa", enable_gqa))
    shape = (*batch, query.shape[-2], key.shape[-2])  # of the weights
    causal = checks.truth(NAME, "is_causal", is_causal)
    mask = None
    if attn_mask is not None:
        if causal:
            raise ArgumentError(f"{NAME} expects attn_mask or is_causal=True, got both: put one in the other")
        mask = _check_mask(attn_mask, shape, query)
    share = 1 - checks.number(NAME, "dropout_p", dropout_p, 0, 1)
    keep = None if share == 1 else draw(share, shape, query, generator)
    scale = 1 / math.sqrt(query.shape[-1] or 1) if scale is None else checks.number(NAME, "scale", scale)
    return attention(
        key, value, query, mask, keep, causal=causal, scale=scale, groups=groups, share=share or 1.0
    )


@fused
def attention(
    key: Any,
    value: Any,
    query: Any,
    mask: Any,
    keep: Any,
    *,
    causal: bool,
    scale: float,
    groups: int,
    share: float,
) -> Any:
    """Return the values' means; see ``scaled_dot_product_attention``.

    Args:
        key, value, query: as there. An engine judges by the size of the first whether a kernel pays, and
            one query may have many keys.
        mask: booleans or floats, or None.
        keep: booleans of the weights' shape, False for those that dropout leaves out; or None.
        causal, scale: as there.
        groups: how many heads of queries share one head of keys and values.
        share: the share of weights that dropout keeps, by which they are divided.
    """
    if groups > 1:
        key, value = repeat(key, groups, axis=-3), repeat(value, groups, axis=-3)
    weights = attention_weights(query, key, mask, keep, causal=causal, scale=scale, share=share)
    return matmul(weights, value)


def attention_weights(
    query: Any, key: Any, mask: Any, keep: Any, *, causal: bool, scale: float, share: float
) -> Any:
    """Return how much of each value goes into the mean for each query; arguments as of ``attention``."""
    scores = matmul(query * scale, key.mT)
    if scores.size == 0:
        return scores
    kind = scores.dtype
    if kind == float16:
        scores = scores.astype(float32)  # where the sum of many weights is finite
    if mask is not None:
        if mask.dtype.kind == "b":
            scores = where(mask, scores, -math.inf)
        else:  # and not just a sum: what is excluded may be nan
            scores = where(mask == -math.inf, -math.inf, scores + mask)
    if causal:
        rows, columns = (arange(n, device=query.device) for n in scores.shape[-2:])
        scores = where(rows[:, None] >= columns, scores, -math.inf)
    # A softmax that gives zeros where all scores are -inf.
    highest = max(scores, axis=-1, keepdims=True).detach()
    e = exp(scores - where(highest == -math.inf, 0.0, highest))
    total = sum(e, axis=-1, keepdims=True)
    weights = e / where(total == 0, 1.0, total)
    weights = weights if weights.dtype == kind else weights.astype(kind)
    return weights if keep is None else where(keep, weights, 0.0) / share


def draw(share: float, shape: tuple[int, ...], like: Any, generator: random.Generator | None) -> Any:
    """Return booleans of ``shape``, each True with probability ``share``."""
    # Drawn in the order of memory in which the CPU's kernel reads them.
    shape = (*shape[:-2], shape[-1], shape[-2])
    return random.bernoulli(share, shape, device=like.device, generator=generator).mT


def _check_shapes(query: Any, key: Any, value: Any, grouped: bool) -> tuple[int, tuple[int, ...]]:
    """Return how many heads of queries share one of keys, and the shape of the batch with its heads."""

    def wrong(rule: str) -> ShapeError:
        shapes = f"query {query.shape}, key {key.shape} and value {value.shape}"
        return ShapeError(f"{NAME} expects {rule}, got {shapes}")

    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise wrong("at least 2 axes, (..., length, width)")
    if not query.dtype == key.dtype == value.dtype:
        kinds = f"{query.dtype.name}, {key.dtype.name} and {value.dtype.name}"
        raise DTypeError(f"{NAME} expects query, key and value of one dtype, got {kinds}: cast with .astype")
    if query.shape[-1] != key.shape[-1]:
        raise wrong("query.shape[-1] == key.shape[-1] (the width of the heads)")
    if key.shape[-2] != value.shape[-2]:
        raise wrong("key.shape[-2] == value.shape[-2] (one value for each key)")
    batch, of_keys, of_values = query.shape[:-2], key.shape[:-2], value.shape[:-2]
    groups = 1
    if grouped:
        if not (batch and of_keys and of_values) or of_keys[-1] != of_values[-1]:
            raise wrong("heads in axis -3, with enable_gqa, and as many of values as of keys")
        if 0 in (batch[-1], of_keys[-1]) or batch[-1] % of_keys[-1]:
            raise wrong("query.shape[-3] to be a positive multiple of key.shape[-3], with enable_gqa")
        groups = batch[-1] // of_keys[-1]
        of_keys, of_values = of_keys[:-1] + batch[-1:], of_values[:-1] + batch[-1:]
    if not batch == of_keys == of_values:
        try:
            batch = broadcast_shapes(batch, of_keys, of_values)
        except ShapeError:
            fix = "" if grouped else ", or enable_gqa=True for fewer heads of keys"
            raise wrong(f"batches and heads that broadcast{fix}") from None
    return groups, batch


def _check_mask(mask: Any, shape: tuple[int, ...], query: Any) -> Any:
    mask = checks.real(NAME, "attn_mask", mask, query)
    if mask.dtype.kind not in "bf":
        raise DTypeError(
            f"{NAME} expects attn_mask to hold booleans or floats, got {mask.dtype.name}: "
            "write attn_mask != 0 for True where a key takes part"
        )
    try:
        fits = broadcast_shapes(mask.shape, shape) == shape
    except ShapeError:
        fits = False
    if not fits:
        raise ShapeError(f"{NAME} expects attn_mask to broadcast to {shape}, got {mask.shape}")
    return mask if mask.dtype.kind == "b" else mask.astype(query.dtype)
