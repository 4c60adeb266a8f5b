"""Blocks of several layers: that they compute what their formulas say, and what they refuse."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, LucidError, MissingDependencyError, ShapeError

images = Tensor(np.random.default_rng(0).standard_normal((3, 4, 5, 5)), dtype=lucid.float32)


def drawn(layer: nn.Module) -> nn.Module:
    """Return the layer with parameters that are neither 0 nor 1."""
    with lucid.no_grad():
        for p in layer.parameters():
            p.copy_(lucid.random.normal(p.shape))
    return layer


# ----------------------------------------------------------------- what they compute


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_convolution_with_its_norm_and_relu(n: int) -> None:
    names = [f"ConvBNReLU{n}d", f"Conv{n}d", f"BatchNorm{n}d"]
    block_of, conv_of, norm_of = (getattr(nn, name) for name in names)
    block = drawn(block_of(2, 4, 3, 2, 1, groups=2, conv_bias=False, eps=0.1, momentum=0.3, bn_affine=True))
    plain = nn.Sequential(conv_of(2, 4, 3, 2, 1, groups=2, bias=False), norm_of(4, 0.1, 0.3), nn.ReLU())
    assert list(block.state_dict()) == [
        "conv.weight",
        *(f"bn.{name}" for name in plain[1].state_dict()),
    ]
    plain[0].load_state_dict(block.conv.state_dict())
    plain[1].load_state_dict(block.bn.state_dict())
    x = lucid.random.normal((2, 2) + (4,) * n)
    for training in (True, False):
        y, z = block.train(training)(x), plain.train(training)(x)
        np.testing.assert_allclose(y.numpy(), z.numpy(), 1e-5, 1e-6)
    np.testing.assert_allclose(block.bn.running_var.numpy(), plain[1].running_var.numpy(), 1e-6)


def test_separable_convolutions() -> None:
    layer = nn.DepthSeparableConv2d(4, 6, 3, padding="same", bias=False)
    assert {name: p.shape for name, p in layer.named_parameters()} == {
        "depthwise.weight": (4, 1, 3, 3),
        "pointwise.weight": (6, 4, 1, 1),
    }
    # A separable kernel is a plain one whose slices are multiples of one another.
    weight = layer.pointwise.weight * layer.depthwise.weight[:, 0]
    plain = F.conv2d(images, weight, None, 1, 1)
    np.testing.assert_allclose(layer(images).numpy(), plain.numpy(), 1e-4, 1e-5)


def test_squeeze_and_excitation() -> None:
    layer = drawn(nn.SEModule(4, 2))
    w1, b1, w2, b2 = (p.numpy() for p in layer.parameters())
    means = images.numpy().mean((2, 3))
    gate = 1 / (1 + np.exp(-(np.maximum(means @ w1.T + b1, 0) @ w2.T + b2)))
    np.testing.assert_allclose(layer(images).numpy(), images.numpy() * gate[:, :, None, None], 1e-5, 1e-6)


def test_each_channel_chooses_its_kernel() -> None:
    layer = drawn(nn.SelectiveKernel(4, 6, [1, 3, 5], reduction=2)).eval()
    branches = np.stack([branch(images).numpy() for branch in layer.branches])
    hidden = layer.attention[:4](Tensor(branches.sum(0))).numpy()[:, :, 0, 0]
    scores = (hidden @ layer.attention[4].weight.numpy()[:, :, 0, 0].T).reshape((3, 3, 6))
    shares = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    expected = np.einsum("bnchw,nbc->nchw", branches, shares)
    np.testing.assert_allclose(layer(images).numpy(), expected, 1e-4, 1e-5)
    assert (np.ptp(shares, axis=2) > 0.01).any()  # not one choice for all channels


def test_kernels_of_even_sizes() -> None:
    assert nn.SelectiveKernel(4, 4, [2, 3], padding="same", reduction=1)(images).shape == (3, 4, 5, 5)
    assert nn.SelectiveKernel(4, 4, [2, 4], reduction=1)(images).shape == (3, 4, 6, 6)
    assert nn.SelectiveKernel(4, 4, (3, 3), 2, 0, reduction=1)(images).shape == (3, 4, 2, 2)


# ----------------------------------------------------------------- attention


def test_attention_keeps_its_options() -> None:
    x = images[:, 0]
    mask = Tensor(np.tri(5) == 1)
    layer = nn.ScaledDotProductAttention(mask, scale=0.5)
    assert repr(layer) == "ScaledDotProductAttention(attn_mask=of shape (5, 5), scale=0.5)"
    assert list(layer.state_dict()) == []
    causal = nn.ScaledDotProductAttention(is_causal=True, scale=0.5)
    np.testing.assert_allclose(layer(x, x, x).numpy(), causal(x, x, x).numpy(), 1e-6)
    assert layer.to(dtype=lucid.float64).attn_mask.dtype == lucid.bool


def test_attention_drops_while_training_alone() -> None:
    x = images[:, 0]
    layer = nn.ScaledDotProductAttention(dropout_p=0.5)
    assert repr(layer) == "ScaledDotProductAttention(dropout_p=0.5)"
    assert (layer(x, x, x) != layer(x, x, x)).any()
    plain = F.scaled_dot_product_attention(x, x, x)
    np.testing.assert_array_equal(layer.eval()(x, x, x).numpy(), plain.numpy())


# ----------------------------------------------------------------- patterns


def test_patterns() -> None:
    layer = nn.Rearrange("n c (h p) w -> (n h) c p w", p=5)
    assert repr(layer) == "Rearrange('n c (h p) w -> (n h) c p w', p=5)"
    x = Tensor(images.numpy(), requires_grad=True)
    y = layer(x)
    np.testing.assert_array_equal(y.numpy(), images.numpy())
    (y * y).sum().backward()
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), 2 * images.numpy())
    assert nn.Rearrange("b ... -> ... b")(images).shape == (4, 5, 5, 3)
    named = nn.Rearrange(pattern="(self other) c h w -> self other c h w", self=3)
    assert named(images).shape == (3, 1, 4, 5, 5)


def test_without_einops(monkeypatch: pytest.MonkeyPatch) -> None:
    really = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name.partition(".")[0] == "einops":
            raise ImportError(name)
        return really(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match=r"pip install 'lucid-nn\[einops\]'"):
        nn.Rearrange("a b -> b a")


# ----------------------------------------------------------------- where they are made, and what they refuse

MADE: list[Callable[..., nn.Module]] = [
    lambda **where: nn.ConvBNReLU1d(2, 3, 1, **where),
    lambda **where: nn.DepthSeparableConv2d(2, 3, 1, **where),
    lambda **where: nn.SEModule(4, 2, **where),
    lambda **where: nn.SelectiveKernel(2, 4, [3], reduction=2, **where),
    lambda **where: nn.GlobalResponseNorm(3, **where),
]


@pytest.mark.parametrize("make", MADE)
def test_dtype(make: Callable[..., nn.Module]) -> None:
    layer = make(dtype=lucid.float64, device="cpu")
    assert {t.dtype.name for t in layer.state_dict().values()} <= {"float64", "int64"}


BAD: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    (lambda: nn.ConvBNReLU2d(0, 1, 1), ArgumentError, "in_channels to be a positive integer, got 0"),
    (lambda: nn.ConvBNReLU2d(1, 1, 1, conv_bias=1), ArgumentTypeError, "conv_bias to be True or False"),
    (lambda: nn.ConvBNReLU2d(1, 1, 1, bn_affine=None), ArgumentTypeError, "bn_affine to be True or False"),
    (lambda: nn.ConvBNReLU2d(1, 1, 1, eps=-1), ArgumentError, "BatchNorm2d expects eps"),
    (lambda: nn.ConvBNReLU2d(4, 4, 3)(images[0]), ShapeError, r"of shape \(N, C, H, W\), got \(4, 3, 3\)"),
    (lambda: nn.DepthSeparableConv2d(0, 1, 1), ArgumentError, "DepthSeparableConv2d expects in_channels to"),
    (lambda: nn.DepthSeparableConv2d(4, 1, 1, bias=2), ArgumentTypeError, "bias to be True or False, got 2"),
    (lambda: nn.DepthSeparableConv2d(3, 1, 1)(images), ShapeError, r"\(N, 3, H, W\)"),
    (lambda: nn.SEModule(8), ArgumentError, "reduction of at most in_channels, got 16 and 8: no hidden unit"),
    (lambda: nn.SEModule(8, 0), ArgumentError, "reduction to be a positive integer, got 0"),
    (lambda: nn.SEModule(2, 2)(images), ShapeError, r"SEModule expects x of shape \(N, 2, H, W\), got"),
    (lambda: nn.SEModule(4, 2)(images[0]), ShapeError, r"\(N, 4, H, W\), got \(4, 5, 5\)"),
    (lambda: nn.SelectiveKernel(4, 4, []), ArgumentError, r"kernel_sizes to be a list of integers, got \[\]"),
    (lambda: nn.SelectiveKernel(4, 4, 3), ArgumentError, "kernel_sizes to be a list of integers, got 3"),
    (lambda: nn.SelectiveKernel(4, 4, [0]), ArgumentError, "kernel_sizes to be a positive integer, got 0"),
    (lambda: nn.SelectiveKernel(4, 4, [2, 3]), ArgumentError, r"of one size, got \[2, 3\] with padding=None"),
    (
        lambda: nn.SelectiveKernel(4, 4, [1, 3], 1, 1),
        ArgumentError,
        "of one size, .* with padding=1: take",
    ),
    (lambda: nn.SelectiveKernel(4, 4, [3]), ArgumentError, "reduction of at most out_channels, got 16 and 4"),
    (
        lambda: nn.SelectiveKernel(4, 4, [3], reduction=2)(images[:1]),
        ShapeError,
        "more than one value per channel in training",
    ),
    (
        lambda: nn.ScaledDotProductAttention(images, is_causal=True),
        ArgumentError,
        "attn_mask or is_causal=True, got both",
    ),
    (lambda: nn.ScaledDotProductAttention([1.0]), ArgumentTypeError, "attn_mask to be a Tensor, got list"),
    (lambda: nn.ScaledDotProductAttention(dropout_p=2), ArgumentError, "dropout_p to be from 0 to 1, got 2"),
    (lambda: nn.ScaledDotProductAttention(scale=math.nan), ArgumentError, "scale to be finite, got nan"),
    (lambda: nn.Rearrange(3), ArgumentTypeError, "pattern to be a string, got 3"),
    (lambda: nn.Rearrange("a b"), ArgumentError, "pattern to be 'axes -> axes', got 'a b'"),
    (lambda: nn.Rearrange("a (b -> a"), ArgumentError, r"can't read pattern 'a \(b -> a'"),
    (lambda: nn.Rearrange("a b -> a c"), ArgumentError, "each axis on both sides of .*, got b, c on one"),
    (lambda: nn.Rearrange("a b -> b a", c=2), ArgumentError, "size of axis 'c', which 'a b -> b a' has not"),
    (lambda: nn.Rearrange("a b -> b a", b=0), ArgumentError, "b to be a positive integer, got 0"),
    (lambda: nn.Rearrange("a b -> b a")(images), ShapeError, r"fits 'a b -> b a', got shape \(3, 4, 5, 5\)"),
    (lambda: nn.Rearrange("a (b c) -> a b c", c=3)(images[0, 0]), ShapeError, r"got shape \(5, 5\)"),
    (lambda: nn.GlobalResponseNorm(0), ArgumentError, "channels to be a positive integer, got 0"),
    (lambda: nn.GlobalResponseNorm(3)(images), ShapeError, r"\(N, 3, H, W\), got \(3, 4, 5, 5\)"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
