"""What transformers, positions and caches refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, LucidError, ShapeError

x = lucid.zeros((4, 3, 6))
w = lucid.zeros((18, 6))
layer = nn.TransformerEncoderLayer(6, 2, 4)
decoder = nn.TransformerDecoderLayer(6, 2, 4)
model = nn.Transformer(6, 2, 1, 1, 4)
attend = nn.MultiheadAttention(6, 2)
kept = attend.keys_and_values(x, x)


def filled(cache: Any) -> Any:
    cache.update(lucid.zeros((3, 2, 4, 3)), lucid.zeros((3, 2, 4, 3)))
    return cache


def forward(*args: Any, **options: Any) -> Any:
    weights = (6, 2, w, None, None, None, False, 0.0, w[:6], None)
    return F.multi_head_attention_forward(*args, *weights[len(args) - 3 :], **options)


def pair(length: int) -> Any:
    """A cache that has seen a memory of so many positions."""
    both = nn.EncoderDecoderCache()
    decoder(x[:1], x[:length], cache=both)
    return both


def flat() -> nn.KVCache:
    """A cache of keys without a batch."""
    cache = nn.DynamicCache()
    cache.update(x[0], x[0])
    return cache


def separate(q: Any, k: Any, v: Any) -> Any:
    maps = {"q_proj_weight": q, "k_proj_weight": k, "v_proj_weight": v}
    return forward(x, x, x, use_separate_proj_weight=True, **maps)


one, row = nn.DynamicCache(), lucid.zeros((1, 1, 6))


def no_bool(name: str, **options: Any) -> tuple[Any, type[LucidError], str]:
    return (
        lambda: nn.TransformerEncoderLayer(6, 2, **options),
        ArgumentTypeError,
        f"{name} to be True or False",
    )


ROWS: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    # constructors
    (
        lambda: nn.TransformerEncoderLayer(0, 2),
        ArgumentError,
        "TransformerEncoderLayer expects d_model to be",
    ),
    (lambda: nn.TransformerEncoderLayer(6, 4), ArgumentError, "nhead to divide d_model evenly, got 4 heads"),
    (
        lambda: nn.TransformerDecoderLayer(6, 4),
        ArgumentError,
        "TransformerDecoderLayer expects nhead to divide",
    ),
    (lambda: nn.TransformerDecoderLayer(6, 2, 0), ArgumentError, "dim_feedforward to be a positive integer"),
    (lambda: nn.TransformerEncoderLayer(6, 2, 4, 2.0), ArgumentError, "dropout to be from 0 to 1, got 2"),
    (lambda: nn.TransformerEncoderLayer(6, 2, 4, 0.1, "swiglu"), ArgumentError, "one of 'relu', 'gelu'"),
    (lambda: nn.TransformerEncoderLayer(6, 2, 4, 0.1, 3), ArgumentTypeError, "a name or a function, got 3"),
    (
        lambda: nn.TransformerEncoderLayer(6, 2, layer_norm_eps=-1),
        ArgumentError,
        "layer_norm_eps to be finite",
    ),
    no_bool("norm_first", norm_first=1),
    no_bool("batch_first", batch_first=0),
    no_bool("bias", bias=None),
    (lambda: nn.TransformerEncoderLayer(6, 2, rotary=7), ArgumentTypeError, "rotary to be an nn.Rotary"),
    (lambda: nn.TransformerEncoder(nn.Linear, 2), ArgumentTypeError, "to be a Module, got Linear"),
    (lambda: nn.TransformerEncoder(layer, -1), ArgumentError, "num_layers to be at least 0, got -1"),
    (lambda: nn.TransformerDecoder(decoder, 1.0), ArgumentTypeError, "num_layers to be an integer, got 1.0"),
    (lambda: nn.TransformerEncoder(layer, 1, "layer"), ArgumentTypeError, "norm to be a Module, got str"),
    (lambda: nn.TransformerEncoder(layer, 1, mask_check=1), ArgumentTypeError, "mask_check to be True or"),
    (lambda: nn.Transformer(6, 4), ArgumentError, "nhead to divide d_model"),
    (lambda: nn.Transformer(6, 2, custom_encoder=len), ArgumentTypeError, "custom_encoder to be a Module"),
    (lambda: nn.Transformer.generate_square_subsequent_mask(0), ArgumentError, "sz to be a positive integer"),
    (lambda: nn.RotaryEmbedding(3), ArgumentError, "RotaryEmbedding expects head_dim to be even"),
    (lambda: nn.RotaryEmbedding(4, 0), ArgumentError, "max_position_embeddings to be a positive integer"),
    (lambda: nn.RotaryEmbedding(4, base=0), ArgumentError, "base to be positive, got 0"),
    (lambda: nn.SinusoidalEmbedding(4, 3), ArgumentError, "SinusoidalEmbedding expects embedding_dim to be"),
    (lambda: nn.SinusoidalEmbedding2D(4, 3, 6), ArgumentError, "a multiple of 4, got 6"),
    (lambda: nn.LearnedPositionalEmbedding(0, 3), ArgumentError, "num_positions to be a positive integer"),
    (lambda: nn.StaticCache(0), ArgumentError, "StaticCache expects max_cache_len to be a positive"),
    (lambda: nn.KVCache(), ArgumentTypeError, "make a DynamicCache or a StaticCache"),
    (lambda: nn.EncoderDecoderCache({}), ArgumentTypeError, "to be an nn.KVCache, got dict"),
    (lambda: nn.EncoderDecoderCache(one, one), ArgumentError, "expects two caches, got one for both"),
    (
        lambda: nn.MultiheadAttention(6, 2, rotary=nn.RotaryEmbedding(4)),
        ArgumentError,
        "head_dim of at most 3, the share of each of 2 heads of 6, got 4",
    ),
    # calls of transformers
    (lambda: layer(x[..., :5]), ShapeError, r"of size 6 \(embed_dim\), got shape \(4, 3, 5\)"),
    (lambda: layer([1.0]), ArgumentTypeError, "expects query to be a Tensor, got list"),
    (lambda: layer(x, lucid.zeros((4, 3))), ShapeError, r"attn_mask of shape \(4, 4\) or \(6, 4, 4\)"),
    (lambda: decoder(x, x[:, :2]), ShapeError, "batches of one size in axis 1"),
    (lambda: model(x, x[:, :2]), ShapeError, r"Transformer expects batches of one size in axis 1"),
    (lambda: model(x, x[0]), ShapeError, r"src and tgt of 3 axes.* got \(4, 3, 6\) and \(3, 6\)"),
    (lambda: model(x[..., :4], x), ShapeError, r"the last of size 6 \(d_model\)"),
    (lambda: model(x, None), ArgumentTypeError, "tgt to be a Tensor, got NoneType"),
    (lambda: model(x[..., :4], None), ArgumentTypeError, "tgt to be a Tensor, got NoneType"),
    (lambda: layer(x, is_causal="no"), ArgumentTypeError, "is_causal to be True or False, got 'no'"),
    (lambda: model.encoder(x, is_causal=1), ArgumentTypeError, "TransformerEncoder expects is_causal to be"),
    (lambda: model(x, x, tgt_is_causal=x), ArgumentTypeError, "TransformerDecoder expects tgt_is_causal"),
    (lambda: model(x, x, memory_is_causal=None), ArgumentTypeError, "memory_is_causal to be True or False"),
    (lambda: decoder(x, x[:3], cache=pair(4)), ShapeError, "memory of 4 positions that the cache holds"),
    (lambda: decoder(x, None, cache=pair(4)), ArgumentTypeError, "key to be a Tensor, got NoneType"),
    # attention
    (lambda: attend(x, x, x, need_weights="no"), ArgumentTypeError, "need_weights to be True or False"),
    (lambda: attend(x, x, x, average_attn_weights=2), ArgumentTypeError, "average_attn_weights to be True"),
    (lambda: attend(x, x, x, is_causal=x > 0), ArgumentTypeError, "is_causal to be True or False"),
    (lambda: attend(*[x[:, 0]] * 3, [True] * 4), ArgumentTypeError, "key_padding_mask to be a Tensor, got"),
    (
        lambda: attend(*[x[:, 0]] * 3, x[:1, :, 0] > 0),
        ShapeError,
        r"key_padding_mask of shape \(4,\), got \(1, 3\)",
    ),
    # attention with what was computed before
    (lambda: attend(x, x, x, cache={}), ArgumentTypeError, "cache to be an nn.KVCache, got dict"),
    (lambda: attend(x[:2], x, x, cache=nn.DynamicCache()), ShapeError, "a query for each key"),
    (
        lambda: attend(x, x, x, cache=filled(nn.DynamicCache()), attn_mask=x[..., 0] > 0),
        ShapeError,
        "attn_mask",
    ),
    (lambda: attend(x, x, x, cache=filled(nn.StaticCache(5))), ArgumentError, "room for 5 positions.* got 8"),
    (
        lambda: attend(x[:, :1], x[:, :1], x[:, :1], cache=filled(nn.DynamicCache())),
        ShapeError,
        r"key of shape \(3, 2, length, 3\), as before, got \(1, 2, 4, 3\)",
    ),
    (
        lambda: attend(x, x, x, cache=nn.DynamicCache(), layer_idx=-1),
        ArgumentError,
        "layer_idx of at least 0",
    ),
    (lambda: attend(x, x, x, cache=nn.DynamicCache(), static_kv=kept), ArgumentError, "neither a cache nor"),
    (
        lambda: attend(x[:, :2], x[:, :2], x[:, :2], static_kv=kept),
        ShapeError,
        r"static_k of shape \(4, keys, 3",
    ),
    (
        lambda: attend(x, x, x, static_kv=kept[:1]),
        ArgumentTypeError,
        "static_kv to be two Tensors.* got tuple",
    ),
    (lambda: attend(x, x, x, static_kv=x), ArgumentTypeError, "static_kv to be two Tensors.* got Tensor"),
    (
        lambda: attend(x, x, x, cache=nn.DynamicCache(), static_kv=(None, kept[1])),
        ArgumentError,
        "neither a cache",
    ),
    (lambda: attend.keys_and_values(x[0, 0], x[0, 0]), ShapeError, "key of 3 axes, or 2 without a batch"),
    (lambda: attend.keys_and_values(x, x[:3]), ShapeError, "one value for each key"),
    (lambda: forward(x, x, x, static_k=lucid.zeros((6, 5, 3))), ShapeError, "one value for each key"),
    (lambda: forward(x, x, x, static_k=x), ShapeError, r"static_k of shape \(6, keys, 3\)"),
    (lambda: forward(x, x, x, 7), ArgumentError, "num_heads to divide embed_dim evenly, got 2 heads and 7"),
    (lambda: forward(x, x, x, 6, 2, None), ArgumentError, "in_proj_weight to be a Tensor, got None"),
    (lambda: forward(x, x, x, 6, 2, w[:12]), ShapeError, r"in_proj_weight of shape \(18, 6\), got \(12, 6\)"),
    (lambda: forward(x, x, x, 6, 2, w, w[:17, 0]), ShapeError, r"in_proj_bias of shape \(18,\), got \(17,\)"),
    (lambda: forward(x, x, x, 6, 2, w, None, row), ArgumentError, "both of bias_k and bias_v, or neither"),
    (lambda: forward(x, x, x, 6, 2, w, None, None, row), ArgumentError, "both of bias_k and bias_v"),
    (lambda: forward(x, x, x, 6, 2, w, None, row, w), ShapeError, r"bias_v of shape \(1, 1, 6\), got"),
    (lambda: separate(w[:6], w[:5], w[:6]), ShapeError, r"k_proj_weight of shape \(6, \*\), got \(5, 6\)"),
    (lambda: forward(x, x, x, training=1), ArgumentTypeError, "training to be True or False, got 1"),
    # caches
    (lambda: nn.DynamicCache().update(x, x.astype("float64")), DTypeError, "of key's dtype, float32, got"),
    (lambda: flat().batch_select_indices(Tensor([0])), ShapeError, "DynamicCache has no batch"),
    (lambda: flat().batch_repeat_interleave(2), ShapeError, "DynamicCache has no batch to choose from"),
    (lambda: nn.DynamicCache().update(x, x[0]), ShapeError, r"key and value \(\*, length, width\)"),
    (lambda: nn.DynamicCache().update(Tensor([1]), x), DTypeError, "key to hold floats, got int64"),
    (lambda: filled(nn.DynamicCache()).update(*[lucid.zeros((3, 2, 1, 4))] * 2), ShapeError, "as before"),
    (
        lambda: filled(nn.StaticCache(8)).update(*[lucid.zeros((3, 2, 1, 3), dtype="float64")] * 2),
        DTypeError,
        "key of float32, as before, got float64",
    ),
    (
        lambda: filled(nn.DynamicCache()).mask(5),
        ArgumentError,
        "at most 4 queries, as many as positions, got 5",
    ),
    (lambda: nn.DynamicCache().mask(0), ArgumentError, "at most 0 queries"),
    (lambda: filled(nn.StaticCache(8)).crop(1.0), ArgumentTypeError, "max_length to be an integer, got 1.0"),
    (lambda: filled(nn.DynamicCache()).batch_select_indices(Tensor([3])), ArgumentError, "from 0 to 2"),
    (
        lambda: filled(nn.DynamicCache()).batch_select_indices(Tensor(1)),
        ShapeError,
        r"indices \(new_batch,\)",
    ),
    (lambda: filled(nn.DynamicCache()).batch_repeat_interleave(0), ArgumentError, "repeats to be a positive"),
    # positions
    (
        lambda: nn.RotaryEmbedding(8)(x),
        ShapeError,
        r"a width of at least 8 \(head_dim\), got shape \(4, 3, 6\)",
    ),
    (lambda: nn.RotaryEmbedding(4, 5)(x, 4), ArgumentError, "positions from 0 to 4.* got values from 4 to 6"),
    (lambda: nn.RotaryEmbedding(4, 5)(x, position_ids=Tensor([5])), ArgumentError, "positions from 0 to 4"),
    (lambda: nn.RotaryEmbedding(4)(x, -1), ArgumentError, "offset to be at least 0, got -1"),
    (lambda: nn.RotaryEmbedding(4)(Tensor([[1]])), DTypeError, "x to hold floats"),
    (lambda: nn.SinusoidalEmbedding(4, 2)(5), ArgumentError, r"at most 4 positions \(num_positions\), got 5"),
    (lambda: nn.SinusoidalEmbedding(4, 2)(x), DTypeError, "positions to hold integers, got float32"),
    (lambda: nn.LearnedPositionalEmbedding(4, 2)(2, 3), ArgumentError, "got 2 from 3 on"),
    (lambda: nn.LearnedPositionalEmbedding(4, 2)(Tensor([3]), 1), ArgumentError, "positions from 0 to 3"),
    (lambda: F.apply_rotary_emb(x, x, x), ShapeError, "their last axis at most half of that of x"),
    (lambda: F.apply_rotary_emb(x, x[:2, :, :3], x[:2, :, :3]), ShapeError, r"that broadcast to \(4, 3, 3\)"),
    (lambda: F.rotary_tables(-1, 4), ArgumentError, "positions to be at least 0, got -1"),
    (
        lambda: F.rotary_tables(3, 4, offset=Tensor(1)),
        ArgumentTypeError,
        "offset to be an integer, got a Tensor",
    ),
    (lambda: F.sinusoidal_embedding(3, 5), ArgumentError, "embedding_dim to be even"),
    (lambda: F.sinusoidal_embedding_2d(3, 4, 6), ArgumentError, "a multiple of 4, got 6"),
]


@pytest.mark.parametrize(("call", "error", "message"), ROWS)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
