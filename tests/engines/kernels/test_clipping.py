"""Norms and clipping by kernels, against NumPy in float64; who holds a gradient sees it as it was."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.engines.cpu.kernels import table
from lucid.nn.utils import clip_grad_norm_, clip_grad_value_, get_total_norm
from tests.engines.kernels.test_optimizers import LAYOUTS, WITH_KERNEL, lay

Array = np.ndarray[Any, Any]


@pytest.fixture(autouse=True)
def _as_in_a_large_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "SMALLEST", 0)
    if WITH_KERNEL:
        monkeypatch.setattr("lucid.engines.cpu.kernels.many.only_thread", lambda: True)


def with_gradients(arrays: list[Array]) -> list[nn.Parameter]:
    """Return Parameters whose gradients have the memory of ``arrays``."""
    ps = [nn.Parameter(lucid.zeros(a.shape)) for a in arrays]
    for p, a in zip(ps, arrays, strict=True):
        p.grad = lucid.asarray(a)
    return ps


def norm(arrays: list[Array], order: float) -> float:
    joined = np.concatenate([a.ravel() for a in arrays]).astype(np.float64)
    return float(np.linalg.norm(joined, order))


shapes = st.lists(st.lists(st.integers(0, 7), max_size=4).map(tuple), min_size=1, max_size=4)


@settings(max_examples=40)
@given(
    shapes=shapes,
    layouts=st.lists(st.sampled_from(list(LAYOUTS)), min_size=4, max_size=4),
    seed=st.integers(0, 99),
)
def test_any_shapes_and_layouts(shapes: list[tuple[int, ...]], layouts: list[str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    if not sum(v.size for v in values):
        return
    arrays = [lay(layout, v) for layout, v in zip(layouts, values, strict=False)]
    ps = with_gradients(arrays)
    for order in (2.0, math.inf, 1.0):
        assert get_total_norm([p.grad for p in ps], order).item() == pytest.approx(
            norm(values, order), rel=1e-6
        )
    total = clip_grad_norm_(ps, 0.5).item()
    assert total == pytest.approx(norm(values, 2), rel=1e-6)
    factor = min(1.0, 0.5 / (total + 1e-6))
    clipped = [v * np.float32(factor) for v in values]
    for p, right in zip(ps, clipped, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), right, rtol=1e-6)
    clip_grad_value_(ps, 0.1)
    for p, right in zip(ps, clipped, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), np.clip(right, -0.1, 0.1), rtol=1e-6)
    for a, v in zip(arrays, values, strict=True):  # which are the user's
        np.testing.assert_array_equal(a, v)


def test_many_blocks_and_bits() -> None:
    rng = np.random.default_rng(0)
    values = [rng.standard_normal(n).astype(np.float32) for n in (5000, 1, 2047, 9000)]
    before, seen = lucid.get_num_threads(), []
    try:
        for threads in (1, 2):
            lucid.set_num_threads(threads)
            ps = with_gradients(values)
            seen.append((clip_grad_norm_(ps, 1.0).item(), [p.grad.numpy().tobytes() for p in ps]))
    finally:
        lucid.set_num_threads(before)
    assert seen[0] == seen[1]
    assert seen[0][0] == pytest.approx(norm(values, 2), rel=1e-7)


def test_large_and_small_numbers_neither_overflow_nor_vanish() -> None:
    for value in (1e30, 1e-30):
        t = lucid.full((3000,), value)
        if not WITH_KERNEL:
            pytest.skip("the definition squares in float32")
        assert get_total_norm(t).item() == pytest.approx(value * math.sqrt(3000), rel=1e-6)


@pytest.mark.parametrize("order", [2.0, math.inf])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite(order: float, value: float) -> None:
    g = np.ones(5000, np.float32)
    g[3000] = value
    (p,) = with_gradients([g])
    total = clip_grad_norm_([p], 1.0, order).item()
    assert math.isnan(total) if math.isnan(value) else total == math.inf
    found = p.grad.numpy()
    assert math.isnan(found[3000])
    assert np.isnan(found[0]) if math.isnan(value) else found[0] == 0
    (p,) = with_gradients([g])
    clip_grad_value_([p], 0.5)
    assert p.grad.numpy()[0] == 0.5
    np.testing.assert_equal(p.grad.numpy()[3000], np.float32(np.clip(value, -0.5, 0.5)))


@pytest.mark.skipif(not WITH_KERNEL, reason="no kernel clips here")
def test_clipping_is_in_place() -> None:
    x = Tensor(np.ones((64, 32), np.float32))
    model = nn.Linear(32, 16)
    (model(x) ** 2).sum().backward()
    ps = list(model.parameters())
    before = [id(p.grad._array) for p in ps]
    clip_grad_norm_(ps, 1e-3)
    fresh = [id(p.grad._array) for p in ps]
    clip_grad_value_(ps, 1e-6)
    clip_grad_norm_(ps, 1e-9)
    assert [id(p.grad._array) for p in ps] == fresh
    assert before[0] == fresh[0] or model.weight.grad._array.base is None


def test_what_somebody_holds_stays() -> None:
    x = Tensor([3.0, 4.0], requires_grad=True)
    y = Tensor([3.0, 4.0], requires_grad=True)
    g = Tensor([3.0, 4.0])
    (x + y).backward(g)  # both gradients are the same array, and so is g
    view, other = x.grad.numpy(), x.grad.detach()
    clip_grad_norm_([x], 1.0)
    clip_grad_value_([x], 0.7)
    assert g.tolist() == y.grad.tolist() == view.tolist() == other.tolist() == [3, 4]
    np.testing.assert_allclose(x.grad.tolist(), [0.6, 0.7], rtol=1e-6)


def test_a_gradient_of_two_parameters_is_clipped_once() -> None:
    p, q = nn.Parameter([1.0, 1.0]), nn.Parameter([1.0, 1.0])
    p.grad = q.grad = Tensor([3.0, 4.0])
    clip_grad_norm_([p, q], 1.0)
    np.testing.assert_allclose(p.grad.tolist(), [0.6, 0.8], rtol=1e-6)
