"""The layer of attention with several heads. ``tests/parity`` compares it with PyTorch's."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor
from lucid.engines.cpu.kernels import table


def normal(*shape: int) -> Any:
    return lucid.random.randn(*shape, generator=lucid.random.Generator(3))


def layer(**options: Any) -> nn.MultiheadAttention:
    lucid.random.seed(0)
    return nn.MultiheadAttention(8, 2, **options)


def same(a: Any, b: Any) -> None:
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-6)


def test_the_formula() -> None:
    """Head by head, as the paper has it."""
    mha, x = layer(batch_first=True), normal(3, 5, 8)
    for p in mha.parameters():
        nn.init.normal_(p)
    y, weights = mha(x, x, x)
    w, b = mha.in_proj_weight.reshape((3, 2, 4, 8)), mha.in_proj_bias.reshape((3, 2, 4))
    heads, shares = [], []
    for h in range(2):
        q, k, v = (F.linear(x, w[i, h], b[i, h]) for i in range(3))
        shares.append(F.softmax(lucid.matmul(q, k.mT) / 2))
        heads.append(lucid.matmul(shares[-1], v))
    same(y, mha.out_proj(lucid.concat(heads, axis=-1)))
    same(weights, (shares[0] + shares[1]) / 2)


@pytest.mark.parametrize("options", [{}, {"add_bias_kv": True}, {"kdim": 8, "vdim": 8}, {"dropout": 0.5}])
def test_with_and_without_weights_results_are_the_same(options: dict[str, Any]) -> None:
    mha, x = layer(**options).eval(), normal(5, 3, 8)
    padding = Tensor(np.arange(5) > np.array([[4], [2], [3]]))
    same(
        mha(x, x, x, padding, need_weights=False)[0],
        mha(x, x, x, padding, need_weights=True)[0],
    )


def test_orders_of_axes() -> None:
    x, other = normal(5, 3, 8), layer()
    mha = layer(batch_first=True)
    y, weights = mha(*[lucid.permute_dims(x, (1, 0, 2))] * 3)
    expected, right = other(x, x, x)
    same(lucid.permute_dims(y, (1, 0, 2)), expected)
    same(weights, right)
    single, alone = other(*[x[:, 1]] * 3)
    same(single, expected[:, 1])
    same(alone, right[1])


@pytest.mark.parametrize("need_weights", [True, False])
def test_causal(need_weights: bool) -> None:
    mha, x = layer(), normal(5, 3, 8)
    y, _ = mha(x, x, x, is_causal=True, need_weights=need_weights)
    mask = Tensor(~np.tri(5, dtype=bool))
    same(y, mha(x, x, x, attn_mask=mask, need_weights=need_weights)[0])
    padding = Tensor(np.arange(5)[None] > np.array([[4], [2], [3]]))
    same(
        mha(x, x, x, padding, is_causal=True, need_weights=need_weights)[0],
        mha(x, x, x, padding, attn_mask=mask, need_weights=need_weights)[0],
    )


@pytest.mark.parametrize("kind", ["booleans", "floats"])
def test_memory_is_linear_in_the_length(kind: str) -> None:
    if table.find("attention") is None:
        pytest.skip("no kernel serves attention here")
    n = 2048
    mha, x = nn.MultiheadAttention(32, 1, batch_first=True), Tensor(normal(2, n, 32), requires_grad=True)
    padding = Tensor(np.arange(n) >= np.array([[n], [n - 5]]))
    padding = padding if kind == "booleans" else padding.astype(lucid.float32)
    run = lambda: mha(x, x, x, padding, need_weights=False, is_causal=True)[0].sum().backward()  # noqa: E731
    run()  # loads kernels
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * x.numpy().nbytes  # all weights would be 64 times as large as x


def test_nothing_to_attend_to() -> None:
    """The weights are 0, and the result is the bias of the last map: not nan, as elsewhere."""
    mha, x = layer(), Tensor(normal(5, 1, 8), requires_grad=True)
    y, weights = mha(x, x, x, key_padding_mask=lucid.ones((1, 5)) > 0)
    assert (weights == 0).all()
    same(y, lucid.broadcast_to(mha.out_proj.bias, (5, 1, 8)))
    y.sum().backward()
    assert all(np.isfinite(p.grad.numpy()).all() for p in (x, *mha.parameters()) if p.grad is not None)


def test_dropout_is_for_training() -> None:
    mha, x = layer(dropout=0.5), lucid.ones((40, 1, 8))
    _, weights = mha(x, x, x, average_attn_weights=False)
    assert set(np.unique(weights.numpy().round(5))) == {np.float32(0), np.float32(0.05)}
    assert abs((weights.numpy() == 0).mean() - 0.5) < 0.06  # of 3,200 draws: seven standard errors
    _, weights = mha.eval()(x, x, x)
    assert (weights.numpy().round(5) == np.float32(0.025)).all()


def test_padding_without_a_batch() -> None:
    mha, x = layer(), normal(5, 1, 8)
    padding = Tensor(np.arange(5)[None] > 2)
    same(mha(*[x[:, 0]] * 3, padding[0])[0], mha(x, x, x, padding)[0][:, 0])


def test_names_of_parameters() -> None:
    assert list(layer(add_bias_kv=True).state_dict()) == [
        "in_proj_weight",
        "in_proj_bias",
        "bias_k",
        "bias_v",
        "out_proj.weight",
        "out_proj.bias",
    ]
    assert [(n, p.shape) for n, p in layer(kdim=3, vdim=5, bias=False).named_parameters()] == [
        ("q_proj_weight", (8, 8)),
        ("k_proj_weight", (8, 3)),
        ("v_proj_weight", (8, 5)),
        ("out_proj.weight", (8, 8)),
    ]


def test_half_precision_and_masks_of_other_kinds() -> None:
    mha, x = layer(dtype=lucid.float16), normal(5, 1, 8).astype(lucid.float16)
    y, weights = mha(x, x, x, attn_mask=lucid.zeros((5, 5)))
    assert (y.dtype, weights.dtype) == (lucid.float16, lucid.float16)


def test_repr() -> None:
    assert repr(layer(bias=False, kdim=3, dropout=0.1)).split("\n")[1].strip() == (
        "8, num_heads=2, dropout=0.1, bias=False, kdim=3"
    )


# ----------------------------------------------------------------- the function's dropout


@pytest.mark.parametrize("size", [8, 64])  # by the definition, and by a kernel where there is one
def test_dropout_of_weights(size: int) -> None:
    """With all weights alike, each result is the share of weights kept, divided by what it should be."""
    q = Tensor(lucid.zeros((4, size, 32)), requires_grad=True)
    v = Tensor(lucid.ones((4, size, 32)), requires_grad=True)
    y = F.scaled_dot_product_attention(q, q, v, dropout_p=0.25, generator=lucid.random.Generator(1))
    again = F.scaled_dot_product_attention(q, q, v, dropout_p=0.25, generator=lucid.random.Generator(1))
    np.testing.assert_array_equal(y.numpy(), again.numpy())
    shares = y.numpy() * 0.75 * size
    np.testing.assert_allclose(shares, shares.round(), atol=1e-3)
    draws = 4 * size * size
    assert abs(shares[..., 0].sum() / draws - 0.75) < 5 * (0.75 * 0.25 / draws) ** 0.5
    y.sum().backward()
    assert v.grad is not None
    # Each value's gradient is how many queries kept it.
    counts = v.grad.numpy() * 0.75 * size
    np.testing.assert_allclose(counts.sum(), shares.sum(), rtol=1e-5)


def test_dropout_of_everything() -> None:
    x = normal(2, 40, 32)
    assert (F.scaled_dot_product_attention(x, x, x, dropout_p=1.0) == 0).all()


def test_attention_inside_vmap() -> None:
    x = normal(3, 40, 32)
    y = lucid.func.vmap(lambda q: F.scaled_dot_product_attention(q, q, q, is_causal=True))(x)
    same(y, F.scaled_dot_product_attention(x, x, x, is_causal=True))


def test_keys_of_the_layer_may_lack_the_axes_of_one() -> None:
    layer = nn.MultiheadAttention(4, 2, add_bias_kv=True)
    x = lucid.random.randn(3, 2, 4)
    of_keys, of_values = layer.bias_k, layer.bias_v
    results = [
        F.multi_head_attention_forward(
            x,
            x,
            x,
            4,
            2,
            layer.in_proj_weight,
            layer.in_proj_bias,
            of_keys.reshape(shape),
            of_values.reshape(shape),
            False,
            0.0,
            layer.out_proj.weight,
            layer.out_proj.bias,
        )[0].numpy()
        for shape in ((1, 1, 4), (4,))
    ]
    np.testing.assert_array_equal(*results)
