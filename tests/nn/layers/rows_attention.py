"""Rows of attention with several heads, transformers, and layers that know positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.testing import integers
from tests.nn.layers.table import LayerCase

three = ((3, 2, 4), (5, 2, 4), (5, 2, 4))  # (length, batch, size): queries, keys and values
sizes = ((3, 2, 4), (5, 2, 3), (5, 2, 2))
first = ((2, 3, 4), (2, 5, 4), (2, 5, 4))
alone = ((3, 4), (5, 4), (5, 4))

padding = np.array([[False, False, True, False, True], [False] * 5])
masked = np.array([[False, False, True, True, False], [True, False, False, False, True], [False] * 5])
by_head = np.linspace(-1, 1, 60).reshape(4, 3, 5)


def heads(
    inputs: Any = three, out: Any = ((3, 2, 4), (2, 3, 5)), call: Any = None, order: int = 1, **options: Any
) -> LayerCase:
    return LayerCase(
        layer="MultiheadAttention",
        args=(4, 2),
        options=options,
        inputs=inputs,
        call=call or {},
        out=out,
        order=order,
    )


ATTENTION = [
    heads(call={"key_padding_mask": padding}, order=2),
    heads(bias=False, call={"need_weights": False}, out=(3, 2, 4)),
    heads(first, ((2, 3, 4), (2, 2, 3, 5)), {"average_attn_weights": False}, batch_first=True),
    heads(alone, ((3, 4), (3, 5)), {"attn_mask": masked}),
    heads(call={"attn_mask": by_head, "key_padding_mask": padding * -2.5}),
    heads(sizes, kdim=3, vdim=2),
    heads(call={"attn_mask": masked, "need_weights": False}, out=(3, 2, 4), kdim=4),
    heads(out=((3, 2, 4), (2, 3, 6)), add_bias_kv=True, call={"key_padding_mask": padding}),
    heads(out=((3, 2, 4), (2, 3, 7)), add_bias_kv=True, add_zero_attn=True),
    LayerCase(
        layer="MultiheadAttention",
        args=(4, 2, 0.5),
        inputs=three,
        out=((3, 2, 4), (2, 3, 5)),
        random=True,
        order=1,
    ),
]

# ----------------------------------------------------------------- transformers

small = {"dim_feedforward": 3, "dropout": 0.0}
later = np.triu(np.full((3, 3), -np.inf), 1)  # PyTorch wants this mask beside is_causal
none_later = {"mask": later, "is_causal": True}


def encoder(args: Any = (4, 2), **options: Any) -> LayerCase:
    return LayerCase(
        layer="TransformerEncoderLayer", args=args, options={**small, **options}, inputs=(), out=()
    )


def decoder(**options: Any) -> LayerCase:
    return LayerCase(
        layer="TransformerDecoderLayer", args=(4, 2), options={**small, **options}, inputs=(), out=()
    )


def encoder_layer(inputs: Any, call: Any = None, order: int = 1, **options: Any) -> LayerCase:
    return LayerCase(
        layer="TransformerEncoderLayer",
        args=(4, 2),
        options={**small, **options},
        inputs=(inputs,),
        call=call or {},
        out=inputs,
        order=order,
        random=bool(options.get("dropout")),
    )


def decoder_layer(inputs: Any, call: Any = None, **options: Any) -> LayerCase:
    return LayerCase(
        layer="TransformerDecoderLayer",
        args=(4, 2),
        options={**small, **options},
        inputs=inputs,
        call=call or {},
        out=inputs[0],
        order=1,
        random=bool(options.get("dropout")),
    )


TRANSFORMERS = [
    encoder_layer((3, 2, 4), order=2),
    encoder_layer((2, 3, 4), batch_first=True, norm_first=True, activation="gelu", layer_norm_eps=0.1),
    encoder_layer((3, 2, 4), {"src_mask": later, "is_causal": True}, bias=False),
    encoder_layer((3, 4), {"src_mask": later < 0}),
    encoder_layer(
        (3, 2, 4),
        {"src_key_padding_mask": padding[:, 1:4]},
        activation=LayerCase(layer="SiLU", inputs=(), out=()),
    ),
    encoder_layer((3, 2, 4), dropout=0.25, norm_first=True),
    decoder_layer(((3, 2, 4), (5, 2, 4))),
    decoder_layer(
        ((2, 3, 4), (2, 5, 4)),
        {
            "tgt_mask": later,
            "tgt_is_causal": True,
            "memory_mask": masked,
            "memory_key_padding_mask": padding,
        },
        batch_first=True,
        norm_first=True,
        bias=False,
    ),
    decoder_layer(((3, 2, 4), (5, 2, 4)), {"tgt_key_padding_mask": padding[:, :3]}, activation="gelu"),
    decoder_layer(((3, 4), (5, 4)), dropout=0.25),
    LayerCase(
        layer="TransformerEncoder",
        xla=False,
        args=(encoder(), 2),
        inputs=((3, 2, 4),),
        call={"mask": later, "src_key_padding_mask": padding[:, 1:4]},
        out=(3, 2, 4),
        order=1,
    ),
    LayerCase(
        layer="TransformerEncoder",
        xla=False,
        args=(encoder(norm_first=True), 1, LayerCase(layer="LayerNorm", args=(4,), inputs=(), out=())),
        options={"enable_nested_tensor": False, "mask_check": False},
        inputs=((3, 2, 4),),
        call=none_later,
        out=(3, 2, 4),
        order=1,
    ),
    LayerCase(
        layer="TransformerDecoder",
        xla=False,
        args=(decoder(), 2, LayerCase(layer="LayerNorm", args=(4,), inputs=(), out=())),
        inputs=((3, 2, 4), (5, 2, 4)),
        call={"tgt_mask": later, "memory_mask": masked},
        out=(3, 2, 4),
        order=1,
    ),
    LayerCase(
        layer="Transformer",
        xla=False,
        args=(4, 2, 1, 2),
        options=small,
        inputs=((5, 2, 4), (3, 2, 4)),
        call={"tgt_mask": later, "src_key_padding_mask": padding, "memory_key_padding_mask": padding},
        out=(3, 2, 4),
        order=1,
    ),
    LayerCase(
        layer="Transformer",
        xla=False,
        args=(4, 2, 1, 1),
        options={**small, "batch_first": True, "norm_first": True, "bias": False, "activation": "gelu"},
        inputs=((2, 5, 4), (2, 3, 4)),
        out=(2, 3, 4),
        order=1,
    ),
]

# ----------------------------------------------------------------- positions

POSITIONS = [
    LayerCase(layer="RotaryEmbedding", args=(4,), inputs=((2, 3, 4),), out=(2, 3, 4), theirs=False),
    LayerCase(
        layer="RotaryEmbedding",
        args=(4, 9, 100.0),
        options={"interleaved": True},
        inputs=((2, 3, 5),),
        call={"offset": 6},
        out=(2, 3, 5),
        theirs=False,
    ),
    LayerCase(
        layer="SinusoidalEmbedding",
        args=(6, 4),
        inputs=((2, 3),),
        domain=integers(0, 6),
        out=(2, 3, 4),
        order=0,
        theirs=False,
    ),
    LayerCase(layer="SinusoidalEmbedding2D", args=(2, 3, 4), inputs=(), out=(6, 4), order=0, theirs=False),
    LayerCase(
        layer="LearnedPositionalEmbedding",
        args=(6, 4),
        inputs=((2, 3),),
        domain=integers(0, 6),
        out=(2, 3, 4),
        theirs=False,
    ),
]

ATTENDING = [*ATTENTION, *TRANSFORMERS, *POSITIONS]
