"""Kernels of activations against their definitions, and the functions of numbers under them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lucid.nn.functional as F
from lucid import Tensor
from lucid.engines.cpu.kernels import table
from lucid.fused import Fused
from lucid.nn.functional.activation import bent, gelu_exact, gelu_tanh, swish
from tests.engines.kernels.agree import LAYOUTS, Array, agree

ROWS: list[tuple[Fused, dict[str, Any]]] = [
    (F.relu, {}),
    (bent, {"slope": 0.1}),
    (bent, {"slope": -2.0}),
    (gelu_exact, {}),
    (gelu_tanh, {}),
    (swish, {}),
    (F.sigmoid, {}),
    (F.tanh, {}),
]

every_row = pytest.mark.parametrize(("operation", "options"), ROWS, ids=[row[0].name for row in ROWS])
every_layout = pytest.mark.parametrize("layout", LAYOUTS)


@every_layout
@every_row
def test_every_layout(operation: Fused, options: dict[str, Any], layout: str) -> None:
    x = 3 * np.random.default_rng(0).standard_normal((3, 5, 7, 2))
    agree(operation, x, layout=layout, rtol=1e-6, atol=1e-6, **options)


@every_row
@pytest.mark.parametrize("size", [1, 17, 2**14 - 1, 2**14 + 3])
def test_in_one_thread_and_in_several(operation: Fused, options: dict[str, Any], size: int) -> None:
    agree(operation, np.random.default_rng(0).standard_normal(size), rtol=1e-6, atol=1e-6, **options)


@every_row
@settings(max_examples=15, deadline=None)
@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),
    layout=st.sampled_from(list(LAYOUTS)),
    scale=st.sampled_from([1e-20, 1.0, 30.0, 1e4, 1e20]),
    seed=st.integers(0, 99),
)
def test_any_shape_and_scale(
    operation: Fused, options: dict[str, Any], shape: tuple[int, ...], layout: str, scale: float, seed: int
) -> None:
    x = scale * np.random.default_rng(seed).standard_normal(shape)
    agree(operation, np.float32(x).astype(np.float64), layout=layout, **options)


@every_row
def test_what_is_not_finite(operation: Fused, options: dict[str, Any]) -> None:
    agree(operation, np.array([math.nan, math.inf, -math.inf, 1e38, -1e38, 0.0, -0.0, 1e-40] * 3), **options)


@every_row
def test_the_order_in_memory_stays(operation: Fused, options: dict[str, Any]) -> None:
    kernel = table.find(operation.name)
    if kernel is None:
        pytest.skip("no kernel")
    x = np.ones((2, 4, 5, 3), np.float32).transpose(0, 3, 1, 2)
    out, residuals = kernel.forward(x, **options)
    (d,) = kernel.vjp(np.ones(x.shape, np.float32), out, residuals, x, **options)
    assert out.strides == d.strides == x.strides


@every_row
def test_other_dtypes_go_to_the_definition(operation: Fused, options: dict[str, Any]) -> None:
    kernel = table.find(operation.name)
    if kernel is None:
        pytest.skip("no kernel")
    for dtype in (np.float64, np.float16, np.int64, ">f4", np.complex64):
        assert kernel.forward(np.ones(3, dtype), **options) is None


def test_the_kernel_runs_from_the_function() -> None:
    x = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    for function in (F.gelu, lambda v: F.gelu(v, "tanh"), F.silu, F.leaky_relu):
        a = Tensor(x, requires_grad=True)
        b = Tensor(x, requires_grad=True, dtype="float64")
        for t in (a, b):
            function(t).sum().backward()
        assert a.grad is not None
        assert b.grad is not None
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), 1e-5, 1e-6)


# ----------------------------------------------------------------- digits


def ulps(found: Array, right: Array) -> float:
    """Return the largest error in units in the last place of float32."""
    normal = np.abs(right) > 1e-36
    return float((np.abs(found - right)[normal] / np.spacing(np.abs(right[normal]).astype(np.float32))).max())


def erfc(x: Array) -> Array:
    return np.vectorize(math.erfc, otypes=[float])(x)


DIGITS: list[tuple[str, Callable[[Array], Array], float, float]] = [
    ("sigmoid", lambda x: 1 / (1 + np.exp(-x)), 80, 3),
    ("tanh", np.tanh, 10, 3),
    ("swish", lambda x: x / (1 + np.exp(-x)), 80, 4),
    ("gelu_exact", lambda x: x * erfc(-x / math.sqrt(2)) / 2, 12, 8),
]


@pytest.mark.parametrize(("name", "right", "far", "most"), DIGITS, ids=[row[0] for row in DIGITS])
def test_digits(name: str, right: Callable[[Array], Array], far: float, most: float) -> None:
    """Close to float64 in relation to the result, also where that is small."""
    kernel = table.find(name)
    if kernel is None:
        pytest.skip("no kernel")
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(-far, far, 20000), 10 ** rng.uniform(-30, 0, 1000)]).astype(np.float32)
    out, _ = kernel.forward(x)
    assert ulps(out, right(x.astype(np.float64))) < most


def test_digits_of_exp() -> None:
    pytest.importorskip("numba")
    from lucid.engines.cpu.kernels import maths

    rng = np.random.default_rng(0)
    x = np.append(rng.uniform(-86, 88.7, 5000), [0, 1e-30, 88.72]).astype(np.float32)
    assert ulps(np.array([maths.exp(v) for v in x]), np.exp(x.astype(np.float64))) < 2
    assert [float(maths.exp(np.float32(v))) for v in (-math.inf, -200, 88.8, math.inf)] == [
        0,
        0,
        math.inf,
        math.inf,
    ]
    assert math.isnan(maths.exp(np.float32(math.nan)))
