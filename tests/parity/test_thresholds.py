"""Activations with thresholds, and response norms, against PyTorch: at their kinks and corners."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor

torch = pytest.importorskip("torch")
TF: Any = torch.nn.functional

pytestmark = pytest.mark.parity

kinks = np.array([-math.inf, -2.0, -1.0, -0.5, -1e-300, -0.0, 0.0, 0.3, 0.5, 1.0, 1.5, math.inf, math.nan])

ELEMENTWISE: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "hardshrink": (F.hardshrink, TF.hardshrink),
    "hardshrink(0)": (lambda x: F.hardshrink(x, 0), lambda x: TF.hardshrink(x, 0)),
    "softshrink": (F.softshrink, TF.softshrink),
    "softshrink(0)": (lambda x: F.softshrink(x, 0), lambda x: TF.softshrink(x, 0)),
    "tanhshrink": (F.tanhshrink, TF.tanhshrink),
    "threshold(0.5)": (lambda x: F.threshold(x, 0.5, 7), lambda x: TF.threshold(x, 0.5, 7)),
    "threshold(-1)": (lambda x: F.threshold(x, -1, 0), lambda x: TF.threshold(x, -1, 0)),
    "rrelu": (lambda x: F.rrelu(x, 0.25, 0.5), lambda x: TF.rrelu(x, 0.25, 0.5)),
    "rrelu(training)": (lambda x: F.rrelu(x, 0.5, 0.5, True), lambda x: TF.rrelu(x, 0.5, 0.5, True)),
}


def same(ours: Callable[[Any], Any], theirs: Callable[[Any], Any], array: Any, rtol: float = 1e-12) -> None:
    """Compare results and gradients."""
    x, z = Tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
    y, w = ours(x), theirs(z)
    np.testing.assert_allclose(y.numpy(), w.detach().numpy(), rtol, rtol)
    ramp = np.linspace(0.5, 1.5, y.size).reshape(y.shape)
    (y * Tensor(ramp)).sum().backward()
    (w * torch.tensor(ramp)).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), z.grad.numpy(), rtol, rtol)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_at_kinks(name: str) -> None:
    same(*ELEMENTWISE[name], kinks)


def test_softmin() -> None:
    x = np.array([[0.0, 800.0, -800.0], [math.inf, 1.0, 2.0]])
    same(lambda v: F.softmin(v, 1), lambda v: TF.softmin(v, 1), x)
    same(nn.Softmax2d(), torch.nn.Softmax2d(), np.random.default_rng(0).standard_normal((2, 3, 4, 5)))


@pytest.mark.parametrize("p", [1.0, 2.0, 2, 3.5, 0.5, math.inf])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_normalize(p: float, axis: int) -> None:
    x = np.random.default_rng(0).standard_normal((3, 4, 2))
    same(lambda v: F.normalize(v, p, axis), lambda v: TF.normalize(v, p, axis), x)


@pytest.mark.parametrize("eps", [1e-12, 1.0])
def test_normalize_zeros(eps: float) -> None:
    x = np.array([[0.0, 0.0], [1e-13, 0.0], [0.3, -0.4], [3.0, 4.0]])
    same(lambda v: F.normalize(v, eps=eps), lambda v: TF.normalize(v, eps=eps), x)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("shape", [(2, 7, 3), (2, 7, 3, 2), (1, 3, 2, 1, 3), (7, 3, 2)])
def test_local_response_norm(size: int, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).standard_normal(shape)
    options = (size, 0.5, 0.75, 2.0)
    same(nn.LocalResponseNorm(*options), torch.nn.LocalResponseNorm(*options), x)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 9])
def test_cross_map_lrn(size: int) -> None:
    """Results alone: PyTorch's gradients are no derivatives of them."""
    x = np.random.default_rng(0).standard_normal((2, 7, 3, 2))
    theirs = torch.nn.CrossMapLRN2d(size, 0.5, 0.75, 2.0)(torch.tensor(x)).numpy()
    ours = nn.CrossMapLRN2d(size, 0.5, 0.75, 2.0)(Tensor(x)).numpy()
    np.testing.assert_allclose(ours, theirs, 1e-12)


def test_gumbel_softmax_at_a_high_temperature() -> None:
    """What is drawn hardly matters there."""
    x = np.random.default_rng(0).standard_normal((3, 4))
    ours = F.gumbel_softmax(Tensor(x), 1e9, axis=0).numpy()
    np.testing.assert_allclose(ours, TF.gumbel_softmax(torch.tensor(x), 1e9, dim=0).numpy(), 1e-6)


def test_feature_alpha_dropout_takes_the_same_values() -> None:
    y = F.feature_alpha_dropout(Tensor(np.ones((50, 4, 2))), 0.3, True).numpy()
    z = TF.feature_alpha_dropout(torch.ones((50, 4, 2), dtype=torch.float64), 0.3, True).numpy()
    np.testing.assert_allclose(np.unique(y.round(9)), np.unique(z.round(9)), 1e-7)
