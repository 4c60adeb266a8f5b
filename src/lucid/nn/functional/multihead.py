"""Attention with several heads: linear maps of queries, keys and values, and what the heads find."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.attention import attention, attention_weights, draw
from lucid.nn.functional.linear import linear
from lucid.nn.functional.multihead_masks import Masks, joined, left_out, longer
from lucid.ops import arange, broadcast_to, concat, matmul, pad, permute_dims, split
from lucid.tensor import Tensor

__all__ = ["Heads", "attended", "mapped", "multi_head_attention_forward"]

NAME = "multi_head_attention_forward"


def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Any, Any]:
    r"""Attend with several heads at once, and mix what they found: what ``nn.MultiheadAttention`` computes.

    .. math::
        \operatorname{head}_i = \operatorname{attention}(Q W_i^Q, K W_i^K, V W_i^V), \quad
        y = [\operatorname{head}_1, \dots, \operatorname{head}_h] \, W^O

    Args:
        query, key, value: Tensors of floats.
        embed_dim_to_check: the size that the vectors of queries must have.
        num_heads: how many heads there are.
        in_proj_weight: the maps of queries, keys and values, one below the other.
        in_proj_bias: their biases, or None.
        bias_k, bias_v: a key and a value to add to those of each sequence, or None.
        add_zero_attn: whether a key and a value of zeros are added.
        dropout_p: the probability with which a weight is left out while ``training``.
        out_proj_weight, out_proj_bias: the map behind the heads; its bias may be None.
        training: whether dropout is at work.
        key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal: as in the call of
            ``nn.MultiheadAttention``.
        use_separate_proj_weight: whether the maps are the next three, and not ``in_proj_weight``.
        q_proj_weight, k_proj_weight, v_proj_weight: the maps, one by one.
        static_k, static_v: keys and values for the heads to use in the place of maps of ``key`` and
            ``value``, or None.

    Shape:
        query ``(length, batch, embed_dim)``, key ``(keys, batch, kdim)``, value ``(keys, batch, vdim)``,
        static_k and static_v ``(batch * num_heads, keys, width)`` ``-> (length, batch, embed_dim)`` and
        weights ``(batch, length, keys)`` or None. Without a batch, none of these has its axis.

    Raises:
        ArgumentError: if the heads do not divide the size evenly, a weight that is needed is None, or only
            one of ``bias_k`` and ``bias_v`` is.
        ShapeError: if shapes do not fit.

    Example:
        >>> x, w = lucid.ones((3, 4)), lucid.ones((12, 4))
        >>> y, weights = F.multi_head_attention_forward(
        ...     x, x, x, 4, 2, w, None, None, None, False, 0.0, lucid.ones((4, 4)), None
        ... )
        >>> y.shape, weights.shape
        ((3, 4), (3, 3))

    Vaswani et al., Attention Is All You Need, 2017.
    """
    n, heads = checks.size(NAME, "embed_dim_to_check", embed_dim_to_check), num_heads
    evenly(NAME, n, checks.size(NAME, "num_heads", heads))
    if checks.truth(NAME, "use_separate_proj_weight", use_separate_proj_weight):
        weights = {"q_proj_weight": q_proj_weight, "k_proj_weight": k_proj_weight}
        weights["v_proj_weight"] = v_proj_weight
        maps = Heads(heads, None, in_proj_bias, q_proj_weight, k_proj_weight, v_proj_weight)
    else:
        weights = {"in_proj_weight": in_proj_weight}
        maps = Heads(heads, in_proj_weight, in_proj_bias)
    for name, weight in weights.items():
        if weight is None:
            raise ArgumentError(f"{NAME} expects {name} to be a Tensor, got None")
    separate = use_separate_proj_weight
    sizes = [n, n, n]
    if separate:
        for i, (name, weight) in enumerate(weights.items()):
            sizes[i] = _shaped(name, weight, (n, None if i else n))[1]
    else:
        _shaped("in_proj_weight", in_proj_weight, (3 * n, n))
    dropout_p = checks.number(NAME, "dropout_p", dropout_p, 0, 1)
    if in_proj_bias is not None:
        _shaped("in_proj_bias", in_proj_bias, (3 * n,))
    if (bias_k is None) != (bias_v is None):
        raise ArgumentError(f"{NAME} expects both of bias_k and bias_v, or neither")
    if bias_k is not None:
        for which, bias in (("bias_k", bias_k), ("bias_v", bias_v)):  # without axes of 1 too, as PyTorch's
            _shaped(which, bias, (n,) if getattr(bias, "ndim", 3) == 1 else (1, 1, n))
    found, shares = attended(
        NAME,
        query,
        key,
        value,
        maps._replace(bias_k=bias_k, bias_v=bias_v, zero=checks.truth(NAME, "add_zero_attn", add_zero_attn)),
        (sizes[0], sizes[1], sizes[2]),
        Masks(key_padding_mask, attn_mask, is_causal),
        dropout=dropout_p if checks.truth(NAME, "training", training) else 0.0,
        need_weights=need_weights,
        average=average_attn_weights,
        static=(static_k, static_v),
    )
    return linear(found, out_proj_weight, out_proj_bias), shares


class Heads(NamedTuple):
    """What maps queries, keys and values for the heads: one weight, or one for each; and what is added."""

    number: int
    weight: Any
    bias: Any
    q: Any = None
    k: Any = None
    v: Any = None
    bias_k: Any = None
    bias_v: Any = None
    zero: bool = False
    batch_first: bool = False
    rotary: Any = None

    def map(self, query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
        """Return the linear maps of queries, keys and values, in as few products as can be.

        Those of None are None: of queries, or of keys and values.
        """
        weight, bias = self.weight, self.bias
        if weight is not None and query is key and key is value:
            q, k, v = split(linear(query, weight, bias), 3, axis=-1)
            return q, k, v
        b_q, b_k, b_v = (None, None, None) if bias is None else split(bias, 3)
        if weight is not None and key is value and key is not None:
            n = weight.shape[0] // 3
            w_q, w_kv = split(weight, [n])
            k, v = split(linear(key, w_kv, None if bias is None else bias[n:]), 2, axis=-1)
            return None if query is None else linear(query, w_q, b_q), k, v
        w_q, w_k, w_v = (self.q, self.k, self.v) if weight is None else split(weight, 3)
        maps = ((query, w_q, b_q), (key, w_k, b_k), (value, w_v, b_v))
        q, k, v = (None if x is None else linear(x, w, b) for x, w, b in maps)
        return q, k, v

    def apart(self, x: Any) -> Any:
        """Return vectors for all heads as ``(batch, heads, length, width)``."""
        x = x.reshape((*x.shape[:2], self.number, x.shape[2] // self.number))
        return permute_dims(x, (0, 2, 1, 3) if self.batch_first else (1, 2, 0, 3))

    def together(self, x: Any) -> Any:
        """Return what the heads found as vectors of all heads beside each other."""
        x = permute_dims(x, (0, 2, 1, 3) if self.batch_first else (2, 0, 1, 3))
        return x.reshape((*x.shape[:2], x.shape[2] * x.shape[3]))

    def added(self, k: Any, v: Any) -> tuple[Any, Any]:
        """Return keys and values with those that belong to the layer behind them."""
        if self.bias_k is not None:
            shape = (k.shape[0], self.number, 1, k.shape[3])
            of_keys, of_values = (b.reshape((1, *shape[1:])) for b in (self.bias_k, self.bias_v))
            k = concat([k, broadcast_to(of_keys, shape)], axis=2)
            v = concat([v, broadcast_to(of_values, shape)], axis=2)
        if self.zero:
            widths = [(0, 0), (0, 0), (0, 1), (0, 0)]
            k, v = pad(k, widths), pad(v, widths)
        return k, v


def attended(
    name: str,
    query: Any,
    key: Any,
    value: Any,
    heads: Heads,
    sizes: tuple[int, int, int],
    masks: Masks,
    *,
    dropout: float,
    need_weights: bool,
    average: bool,
    cache: Any = None,
    layer_idx: int = 0,
    static: tuple[Any, Any] = (None, None),
) -> tuple[Any, Any]:
    """Return what the heads found, beside each other, and the weights or None.

    Args:
        name: who asks, for errors.
        query, key, value, masks, need_weights, average, cache, layer_idx: as of ``nn.MultiheadAttention``.
        heads: the maps.
        sizes: of the vectors of queries, keys and values.
        dropout: the probability with which a weight is left out.
        static: keys and values for the heads that are used in the place of maps, or None.
    """
    checks.truth(name, "is_causal", masks.causal)
    checks.truth(name, "need_weights", need_weights)
    checks.truth(name, "average_attn_weights", average)
    batch_first, padding, attn_mask = heads.batch_first, masks.padding, masks.attn
    batched = _check(name, query, key, value, sizes, batch_first)
    if not batched:
        same = query is key
        key, value = _one(key, value, batch_first)
        query = key if same else _one(query, query, batch_first)[0]
    if (static[0] is not None or static[1] is not None) and (heads.rotary is not None or cache is not None):
        raise ArgumentError(f"{name} takes static_kv with neither a cache nor rotary positions")
    if cache is not None and query.shape[:-1] != key.shape[:-1]:
        raise ShapeError(
            f"{name} expects a query for each key when there is a cache, got {query.shape} and {key.shape}"
        )
    fixed_k, fixed_v = static
    if fixed_k is not None and fixed_v is not None:
        key = value = None  # then their maps are not needed
    q, k, v = heads.map(query, key, value)
    q = heads.apart(q)
    k = heads.apart(k) if fixed_k is None else _static(name, "static_k", fixed_k, q)
    v = heads.apart(v) if fixed_v is None else _static(name, "static_v", fixed_v, q)
    if k.shape[2] != v.shape[2]:
        raise ShapeError(f"{name} expects one value for each key, got {v.shape[2]} for {k.shape[2]}")
    before = 0 if cache is None else cache.get_seq_length(layer_idx)
    if heads.rotary is not None:
        q, k = heads.rotary(q, before), heads.rotary(k, before)
    seen = before + k.shape[2]

    # Keys that the layer adds come last, and every query sees them: then a mask has to say who sees what.
    added = (heads.bias_k is not None) + heads.zero
    if cache is not None:
        causal = before == 0 and not added
    else:
        causal = masks.causal and (attn_mask is None or not need_weights) and not added
        attn_mask = None if causal else attn_mask
    excluded = left_out(name, q, seen, padding, attn_mask, batched)
    back = None
    if cache is not None:
        k, v = cache.update(k, v, layer_idx)
        back = None if causal else cache.mask(q.shape[2], layer_idx)
    elif masks.causal and not causal and attn_mask is None:
        rows, columns = arange(q.shape[2], device=q.device), arange(seen, device=q.device)
        back = columns <= rows[:, None]
    mask = joined(excluded, back, q, k.shape[2] - seen)
    mask = longer(mask, added) if added and mask is not None else mask
    k, v = heads.added(k, v)

    keep = draw(1 - dropout, (*q.shape[:-1], k.shape[-2]), q, None) if dropout else None
    scale, share = 1 / math.sqrt(q.shape[-1]), 1 - dropout or 1.0
    weights = None
    if need_weights:
        weights = attention_weights(q, k, mask, keep, causal=causal, scale=scale, share=share)
        found = matmul(weights, v)
        weights = weights.mean(axis=1) if average else weights
        if k.shape[2] != seen + added:  # a cache has room left
            weights = concat([weights[..., :seen], weights[..., weights.shape[-1] - added :]], axis=-1)
    else:
        found = attention(k, v, q, mask, keep, causal=causal, scale=scale, groups=1, share=share)
    y = heads.together(found)
    if not batched:
        y = y[0] if batch_first else y[:, 0]
        weights = None if weights is None else weights[0]
    return y, weights


def mapped(name: str, key: Any, value: Any, heads: Heads, sizes: tuple[int, int]) -> tuple[Any, Any]:
    """Return keys and values for all heads, ``(batch, heads, keys, width)``, to be given as ``static``."""
    for which, x, size in (("key", key, sizes[0]), ("value", value, sizes[1])):
        if checks.floating(name, which, x).ndim not in (2, 3) or x.shape[-1] != size:
            raise ShapeError(
                f"{name} expects {which} of 3 axes, or 2 without a batch, the last of size {size}, "
                f"got shape {x.shape}"
            )
    if key.shape[:-1] != value.shape[:-1]:
        raise ShapeError(f"{name} expects one value for each key, got {key.shape} and {value.shape}")
    if key.ndim == 2:
        key, value = _one(key, value, heads.batch_first)
    _, k, v = heads.map(None, key, value)
    return heads.apart(k), heads.apart(v)


def _one(key: Any, value: Any, batch_first: bool) -> tuple[Any, Any]:
    """Return keys and values as those of a batch of one; still one Tensor if they were."""
    at = None if batch_first else (slice(None), None)
    keys = key[at]
    return keys, keys if key is value else value[at]


# ----------------------------------------------------------------- checks


def _shaped(which: str, x: Any, shape: tuple[int | None, ...]) -> tuple[int, ...]:
    """Return the shape of a parameter, which must be ``shape``; None stands for any size."""
    found: tuple[int, ...] = checks.floating(NAME, which, x).shape
    if len(found) != len(shape) or any(b not in (a, None) for a, b in zip(found, shape, strict=True)):
        listed = str(shape).replace("None", "*")
        raise ShapeError(f"{NAME} expects {which} of shape {listed}, got {found}")
    return found


def evenly(name: str, size: int, heads: int) -> None:
    """Raise unless the heads have shares of one size."""
    if size % heads:
        raise ArgumentError(
            f"{name} expects num_heads to divide embed_dim evenly, got {heads} heads and {size}"
        )


def _check(
    name: str, query: Any, key: Any, value: Any, sizes: tuple[int, int, int], batch_first: bool
) -> bool:
    """Return whether the arguments are batches."""
    named = {"query": query, "key": key, "value": value}
    for argument, x in named.items():
        if not isinstance(x, Tensor):
            raise ArgumentTypeError(
                f"{name} expects {argument} to be a Tensor, got {type(x).__name__}: "
                "write lucid.asarray(...) around it"
            )
    options = ("embed_dim", "kdim", "vdim")
    for (argument, x), size, option in zip(named.items(), sizes, options, strict=True):
        if x.ndim not in (2, 3) or x.shape[-1] != size or x.ndim != query.ndim:
            beside = "" if x is query else f" with a query of shape {query.shape}"
            raise ShapeError(
                f"{name} expects {argument} of 3 axes, or 2 without a batch, the last of size {size} "
                f"({option}), got shape {x.shape}{beside}"
            )
    batch_axis = 0 if batch_first else 1
    if key.shape[:-1] != value.shape[:-1]:
        raise ShapeError(f"{name} expects one value for each key, got {key.shape} and {value.shape}")
    if query.ndim == 3 and query.shape[batch_axis] != key.shape[batch_axis]:
        raise ShapeError(
            f"{name} expects batches of one size in axis {batch_axis} (batch_first={batch_first}), "
            f"got query {query.shape} and key {key.shape}"
        )
    return bool(query.ndim == 3)


def _static(name: str, which: str, x: Any, q: Any) -> Any:
    """Return keys or values that were mapped before, head by head.

    They are ``(batch, heads, keys, width)``, or as PyTorch has them ``(batch * heads, keys, width)``.
    """
    x = checks.floating(name, which, x, q)
    batch, heads, _, width = q.shape
    if x.ndim == 3 and x.shape[::2] == (batch * heads, width):
        return x.reshape((batch, heads, *x.shape[1:]))
    if x.ndim != 4 or (*x.shape[:2], x.shape[3]) != (batch, heads, width):
        raise ShapeError(f"{name} expects {which} of shape ({batch * heads}, keys, {width}), got {x.shape}")
    return x
