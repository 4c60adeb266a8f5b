"""Transformers: what rows of the table can't show. ``tests/parity`` compares them with PyTorch's."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor


def normal(*shape: int) -> Any:
    return lucid.random.randn(*shape, generator=lucid.random.Generator(3))


def same(a: Any, b: Any) -> None:
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-6)


def encoder_layer(**options: Any) -> nn.TransformerEncoderLayer:
    lucid.random.seed(0)
    return nn.TransformerEncoderLayer(8, 2, 16, **options)


@pytest.mark.parametrize("norm_first", [False, True])
def test_the_formula_of_an_encoder(norm_first: bool) -> None:
    layer, x = encoder_layer(norm_first=norm_first).eval(), normal(5, 3, 8)
    look = lambda x: layer.self_attn(x, x, x)[0]  # noqa: E731
    think = lambda x: layer.linear2(F.relu(layer.linear1(x)))  # noqa: E731
    if norm_first:
        h = x + look(layer.norm1(x))
        expected = h + think(layer.norm2(h))
    else:
        h = layer.norm1(x + look(x))
        expected = layer.norm2(h + think(h))
    same(layer(x), expected)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: nn.TransformerEncoderLayer(8, 2, 16), [(5, 3, 8)]),
        (lambda: nn.TransformerDecoderLayer(8, 2, 16), [(5, 3, 8), (5, 3, 8)]),
    ],
    ids=["encoder", "decoder"],
)
def test_causal_is_a_mask(make: Callable[[], Any], shape: list[Any]) -> None:
    """With is_causal, with the mask, and with both; what comes later changes nothing."""
    layer = make().eval()
    x = [normal(*s) for s in shape]
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    name, causal = ("tgt_mask", "tgt_is_causal") if len(x) > 1 else ("src_mask", "is_causal")
    expected = layer(*x, **{name: mask})
    same(layer(*x, **{causal: True}), expected)
    same(layer(*x, **{causal: True, name: mask}), expected)
    same(layer(x[0][:3], *x[1:], **{causal: True}), expected[:3])


def test_activations_by_name_function_and_module() -> None:
    x = normal(5, 3, 8)
    for name, function, module in (
        ("relu", F.relu, nn.ReLU()),
        ("gelu", F.gelu, nn.GELU()),
        ("silu", F.silu, nn.SiLU()),
        ("tanh", lambda x: F.tanh(x), nn.Tanh()),
    ):
        expected = encoder_layer(activation=name).eval()(x)
        same(encoder_layer(activation=function).eval()(x), expected)
        same(encoder_layer(activation=module).eval()(x), expected)
    layer = encoder_layer(activation=nn.PReLU()).eval()
    assert "activation.weight" in layer.state_dict()
    layer.activation = F.tanh
    same(layer(x), expected)


def test_the_maps_are_called_where_somebody_looks_on() -> None:
    """With a hook on it, or another layer in its place, the first map is no part of a fused operation."""
    layer, x, seen = encoder_layer().eval(), normal(5, 3, 8), []
    expected = layer(x)
    remove = layer.linear1.register_forward_hook(lambda module, args, output: seen.append(output))
    same(layer(x), expected)
    assert (seen[0] < 0).any()
    remove()
    first: Any = layer.linear1
    layer.linear1 = nn.Sequential(first, nn.Identity())
    same(layer(x), expected)
    layer.linear1 = nn.Linear(8, 16, activation="tanh")
    layer.linear1.load_state_dict(first.state_dict())
    h = layer.norm1(x + layer.self_attn(x, x, x)[0])
    same(layer(x), layer.norm2(h + layer.linear2(F.relu(F.tanh(first(h))))))


def test_dropout_is_for_training() -> None:
    """With everything left out, the ways past are left; with half of it, each call is another."""
    x, m = normal(5, 3, 8), normal(4, 3, 8)
    encoder, decoder = encoder_layer(dropout=1.0), nn.TransformerDecoderLayer(8, 2, 16, 1.0)
    same(encoder(x), encoder.norm2(encoder.norm1(x)))
    same(decoder(x, m), decoder.norm3(decoder.norm2(decoder.norm1(x))))
    for layer, args in ((encoder_layer(dropout=0.5), [x]), (nn.TransformerDecoderLayer(8, 2), [x, m])):
        assert not lucid.allclose(layer(*args), layer(*args))
        same(layer.eval()(*args), layer(*args))
    off = encoder_layer(dropout=1.0)
    off.dropout1.p = off.dropout2.p = 0.0
    h = off.norm1(x + off.self_attn.out_proj.bias)  # all weights of the attention are left out
    same(off(x), off.norm2(h + off.linear2.bias))


def test_stacks_are_copies_and_a_transformer_is_drawn() -> None:
    layer = encoder_layer()
    encoder = nn.TransformerEncoder(layer, 2)
    first, second = (layers.linear1.weight for layers in encoder.layers)
    assert first is not second is not layer.linear1.weight
    np.testing.assert_array_equal(first.numpy(), second.numpy())
    assert len(nn.TransformerEncoder(layer, 0).layers) == 0

    model = nn.Transformer(8, 2, 2, 2, 16)
    first, second = (layers.linear1.weight.numpy() for layers in model.encoder.layers)
    assert (first != second).any()
    assert abs(first).max() <= (6 / 24) ** 0.5
    assert (model.decoder.norm.weight == 1).all()
    assert (model.decoder.layers[0].self_attn.out_proj.bias == 0).all()


def test_other_encoders_and_decoders() -> None:
    class Plain(nn.Module):
        def forward(self, x: Any, *args: Any, **kwargs: Any) -> Any:
            return x

    class Sum(nn.Module):
        def forward(self, x: Any, memory: Any, **kwargs: Any) -> Any:
            return x + memory.sum(axis=0)

    src, tgt = normal(4, 3, 8), normal(5, 3, 8)
    same(nn.Transformer(8, 2, custom_encoder=Plain(), custom_decoder=Sum())(src, tgt), tgt + src.sum(axis=0))
    same(nn.TransformerEncoder(Plain(), 3)(src), src)


def test_it_learns_to_copy() -> None:
    """A decoder without a memory repeats what it saw two steps before."""
    lucid.random.seed(0)
    layer = nn.TransformerEncoderLayer(
        16, 2, 32, 0.0, batch_first=True, norm_first=True, rotary=nn.RotaryEmbedding(8)
    )
    model = nn.Sequential(nn.Embedding(6, 16), layer, nn.Linear(16, 6))
    optimizer = lucid.optim.AdamW(model.parameters(), lr=0.01)
    rng = np.random.default_rng(0)
    for _ in range(120):
        tokens = rng.integers(0, 6, (16, 10))
        h = layer(model[0](Tensor(tokens)), is_causal=True)
        loss = F.cross_entropy(model[2](h)[:, 2:].reshape((-1, 6)), Tensor(tokens[:, :-2].reshape(-1)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def test_memory_keys_once() -> None:
    layer = nn.MultiheadAttention(8, 2, kdim=3, vdim=5).eval()
    q, k, v = normal(2, 3, 8), normal(7, 3, 3), normal(7, 3, 5)
    kept = layer.keys_and_values(k, v)
    for a, b in zip(layer(q, k, v), layer(q, k, v, static_kv=kept), strict=True):
        same(a, b)


def test_repr() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, norm_first=True, rotary=nn.RotaryEmbedding(4))
    assert repr(layer).split("\n")[1:5] == [
        "  activation=relu, norm_first=True",
        "  (self_attn): MultiheadAttention(",
        "    8, num_heads=2, dropout=0.1",
        "    (rotary): RotaryEmbedding(4)",
    ]
    assert "activation=elu" in repr(nn.TransformerDecoderLayer(8, 2, activation=F.elu))
    nameless = functools.partial(F.leaky_relu, negative_slope=0.1)
    assert "activation=functools.partial(<function leaky_relu" in repr(encoder_layer(activation=nameless))
