"""Folding batch normalisation into what comes before it: the same results, and what can't be folded."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn.utils import (
    fuse_conv_bn_eval,
    fuse_conv_bn_weights,
    fuse_linear_bn_eval,
    fuse_linear_bn_weights,
)


def lively(bn: Any) -> Any:
    """Return ``bn`` in evaluation, with statistics and parameters that are all different."""
    rng = np.random.default_rng(0)
    with lucid.no_grad():
        for t in (*bn.parameters(), *bn.buffers()):
            if t.dtype.kind == "f":
                t.copy_(lucid.asarray(rng.uniform(0.5, 2.0, t.shape)))
    return bn.eval()


CONVOLUTIONS: list[tuple[Any, Any, tuple[int, ...], bool]] = [
    (lambda: nn.Conv1d(4, 6, 3, groups=2, bias=False), nn.BatchNorm1d, (2, 4, 5), False),
    (lambda: nn.Conv2d(3, 6, 3), nn.BatchNorm2d, (2, 3, 5, 4), False),
    (lambda: nn.Conv3d(2, 6, 2), nn.BatchNorm3d, (2, 2, 3, 3, 3), False),
    (lambda: nn.ConvTranspose1d(3, 6, 3, stride=2), nn.BatchNorm1d, (2, 3, 5), True),
    (lambda: nn.ConvTranspose2d(4, 6, 3, groups=2), nn.BatchNorm2d, (2, 4, 3, 3), True),
]


@pytest.mark.parametrize(("conv", "bn", "shape", "transpose"), CONVOLUTIONS)
@pytest.mark.parametrize("affine", [True, False])
def test_convolutions(conv: Any, bn: Any, shape: tuple[int, ...], transpose: bool, affine: bool) -> None:
    first = conv().to(dtype="float64").eval()
    second = lively(bn(6, affine=affine).to(dtype="float64"))
    before = {k: v.tolist() for k, v in first.state_dict().items()}
    x = lucid.random.normal(shape, dtype="float64")
    fused = fuse_conv_bn_eval(first, second, transpose)
    np.testing.assert_allclose(fused(x).numpy(), second(first(x)).numpy(), rtol=1e-12)
    assert type(fused) is type(first)
    assert {k: v.tolist() for k, v in first.state_dict().items()} == before  # left as it was
    assert fused.weight.is_leaf
    assert fused.weight.requires_grad


@pytest.mark.parametrize(("bias", "features"), [(True, 4), (False, 4), (True, 1), (False, 1)])
def test_linear(bias: bool, features: int) -> None:
    linear = nn.Linear(3, 4, bias=bias, dtype="float64").eval()
    bn = lively(nn.BatchNorm1d(features, dtype="float64"))
    x = lucid.random.normal((2, 3) if features > 1 else (2, 1, 3), dtype="float64")
    fused = fuse_linear_bn_eval(linear, bn)
    np.testing.assert_allclose(fused(x).numpy(), bn(linear(x)).numpy(), rtol=1e-12)
    assert fused.bias.shape == (4,)


COMPUTED: list[Any] = [
    nn.utils.parametrizations.weight_norm,
    nn.utils.parametrizations.spectral_norm,
    nn.utils.parametrizations.orthogonal,
    nn.utils.weight_norm,
    nn.utils.spectral_norm,
    lambda layer: nn.utils.prune.l1_unstructured(layer, "weight", 0.5),
    lambda layer: nn.utils.parametrizations.weight_norm(
        nn.utils.prune.l1_unstructured(layer, "weight", 0.5), "weight_orig"
    ),
]


@pytest.mark.parametrize("compute", COMPUTED)
def test_a_computed_weight_is_plain_afterwards(compute: Any) -> None:
    conv = compute(nn.Conv1d(3, 4, 3, dtype="float64")).eval()
    linear = compute(nn.Linear(3, 4, dtype="float64")).eval()
    bn, x = lively(nn.BatchNorm1d(4, dtype="float64")), lucid.random.normal((2, 3, 5), dtype="float64")
    fused = fuse_conv_bn_eval(conv, bn)
    np.testing.assert_allclose(fused(x).numpy(), bn(conv(x)).numpy(), rtol=1e-10)
    assert type(fused) is nn.Conv1d
    assert list(fused.state_dict()) == ["bias", "weight"] or list(fused.state_dict()) == ["weight", "bias"]
    assert fused.weight.requires_grad
    fused, x = fuse_linear_bn_eval(linear, bn), x[..., 0]
    np.testing.assert_allclose(fused(x).numpy(), bn(linear(x)).numpy(), rtol=1e-10)


def test_on_xla() -> None:
    pytest.importorskip("jax")
    conv, bn = nn.Conv2d(1, 2, 1, device="xla:cpu").eval(), lively(nn.BatchNorm2d(2, device="xla:cpu"))
    fused = fuse_conv_bn_eval(conv, bn)
    assert fused.weight.device == "xla:cpu"
    assert copy.deepcopy(fused).weight.shape == (2, 1, 1, 1)


def test_what_cannot_be_folded() -> None:
    conv, bn = nn.Conv2d(1, 2, 1).eval(), nn.BatchNorm2d(2).eval()
    with pytest.raises(ArgumentError, match=r"BatchNorm2d\(2\) is in training: call .eval\(\) first"):
        fuse_conv_bn_eval(conv, nn.BatchNorm2d(2))
    with pytest.raises(ArgumentError, match="running statistics, got BatchNorm2d"):
        fuse_conv_bn_eval(conv, nn.BatchNorm2d(2, track_running_stats=False).eval())
    with pytest.raises(ArgumentError, match="has an activation"):
        fuse_conv_bn_eval(conv, nn.BatchNorm2d(2, activation="relu").eval())
    with pytest.raises(ArgumentError, match=r"Linear\(1 -> 2, activation='relu'\) has an activation"):
        fuse_linear_bn_eval(nn.Linear(1, 2, activation="relu").eval(), bn)
    with pytest.raises(ShapeError, match=r"weight of shape \(2, 1, 1, 1\) and 3 statistics"):
        fuse_conv_bn_eval(conv, nn.BatchNorm2d(3).eval())
    with pytest.raises(ShapeError, match="with transpose=False"):
        fuse_conv_bn_weights(lucid.ones((1, 2, 1)), None, bn.running_mean, bn.running_var, 0.1, None, None)
    with pytest.raises(ArgumentError, match=r"transpose=True for ConvTranspose2d\(.*, got transpose=False"):
        fuse_conv_bn_eval(nn.ConvTranspose2d(2, 2, 1).eval(), bn)  # of as many channels in as out
    with pytest.raises(ArgumentTypeError, match="the layer to be a linear layer, got Conv1d"):
        fuse_linear_bn_eval(nn.Conv1d(1, 2, 1).eval(), bn)
    with pytest.raises(ArgumentTypeError, match="the layer to be a convolution, got LazyConv1d"):
        fuse_conv_bn_eval(nn.LazyConv1d(2, 1).eval(), bn)
    with pytest.raises(ShapeError, match="linear_w to have two axes"):
        fuse_linear_bn_weights(lucid.ones((2, 1, 1)), None, lucid.ones(2), lucid.ones(2), 0.1, None, None)
    with pytest.raises(ShapeError, match=r"4 features \(linear_w.shape\[0\]\) to be normalised, or 1, got 2"):
        fuse_linear_bn_eval(nn.Linear(1, 4).eval(), bn)
    with pytest.raises(ArgumentTypeError, match="bn to be a Module, got Tensor"):
        fuse_linear_bn_eval(nn.Linear(1, 4).eval(), Tensor([1.0]))
