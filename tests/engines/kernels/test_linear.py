"""Kernels of linear maps against their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lucid
import lucid.nn.functional as F
from lucid import Tensor
from lucid.engines.cpu import namespace
from lucid.engines.cpu.kernels import table
from lucid.nn.functional.linear import ACTIVATIONS, activated, affine
from tests.engines.kernels.agree import LAYOUTS, agree

TOLERANCE = {"rtol": 2e-6, "atol": 1e-6}


@pytest.fixture(autouse=True)
def _small_products_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have oneDNN take products of any size, so that tests are quick."""
    if table.find("affine") is None or not table.allowed("onednn"):
        pytest.skip("no kernel")
    monkeypatch.setattr(namespace, "FEWEST_ROWS", 1)
    monkeypatch.setattr(namespace, "FEWEST_PRODUCTS", 1)


def arguments(leading: tuple[int, ...], inner: int, outer: int, seed: int = 0) -> list[Any]:
    rng = np.random.default_rng(seed)
    shapes = [(*leading, inner), (outer, inner), (outer,)]
    return [rng.standard_normal(shape) / max(1, shape[-1]) ** 0.5 for shape in shapes]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("leading", [(70,), (3, 5), (2, 3, 2)], ids=str)
def test_every_layout(leading: tuple[int, ...], layout: str) -> None:
    x, weight, bias = arguments(leading, 9, 6)
    agree(affine, x, weight, bias, layout=layout, **TOLERANCE)
    agree(affine, x, weight, layout=layout, **TOLERANCE)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation: str, layout: str) -> None:
    x, weight, bias = arguments((5, 31), 7, 18)
    for b in (bias, None):
        agree(activated, x, weight, b, layout=layout, **TOLERANCE, activation=activation)


@settings(max_examples=25, deadline=None)
@given(
    leading=st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple),
    inner=st.integers(1, 9),
    outer=st.integers(1, 40),
    layout=st.sampled_from(list(LAYOUTS)),
    activation=st.sampled_from([None, *ACTIVATIONS]),
    seed=st.integers(0, 99),
)
def test_any_shape(
    leading: tuple[int, ...], inner: int, outer: int, layout: str, activation: str | None, seed: int
) -> None:
    args = arguments(leading, inner, outer, seed)
    if activation is None:
        agree(affine, *args, layout=layout, **TOLERANCE)
    else:
        agree(activated, *args, layout=layout, **TOLERANCE, activation=activation)


def test_what_is_not_finite() -> None:
    x, weight, bias = arguments((8,), 3, 4)
    x[1, 1], x[4, 0] = np.nan, np.inf
    agree(affine, x, weight, bias)
    for activation in ("relu", "sigmoid", "tanh"):
        agree(activated, x, weight, bias, activation=activation)


@pytest.mark.parametrize("rows", [1, 64, 65, 5000])
def test_digits_of_the_sum_of_rows(rows: int) -> None:
    from lucid.engines.cpu.kernels.linear import sum_of_rows

    x = np.random.default_rng(0).uniform(0.5, 1.5, (rows, 33)).astype(np.float32)
    np.testing.assert_allclose(sum_of_rows(x), x.sum(axis=0, dtype=np.float64), 4e-7)


def test_one_gradient_of_many_that_repeat() -> None:
    """The gradient of a sum has strides of 0."""
    arrays = [a.astype(np.float32) for a in arguments((40,), 64, 8)]
    for activation in (None, *ACTIVATIONS):
        x, weight, bias = (Tensor(a, requires_grad=True) for a in arrays)
        F.linear(x, weight, bias, activation=activation).sum().backward()
        right = [Tensor(a, dtype=lucid.float64, requires_grad=True) for a in arrays]
        F.linear(*right, activation=activation).sum().backward()
        for found, wanted in zip((x, weight, bias), right, strict=True):
            assert found.grad is not None
            assert wanted.grad is not None
            np.testing.assert_allclose(found.grad.numpy(), wanted.grad.numpy(), 1e-5, 1e-5)


def test_other_dtypes_go_to_the_definition() -> None:
    kernel, fused = table.find("affine"), table.find("activated")
    assert kernel is not None
    assert fused is not None
    x, weight, bias = arguments((8,), 3, 4)
    assert kernel.forward(x, weight, bias) is None
    narrow = [a.astype(np.float32) for a in (x, weight)]
    assert kernel.forward(*narrow, bias) is None
    assert fused.forward(*narrow, bias, activation="relu") is None
