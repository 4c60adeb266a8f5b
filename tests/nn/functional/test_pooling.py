"""Pooling at the corners: ties, nan, indices, integers, vmap; and options of embedding and dropout."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn.functional as F
from lucid import Tensor
from lucid.autograd import grad
from lucid.func import vmap
from lucid.nn.functional import windows as wd
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)
nan, inf = float("nan"), float("inf")


@every_device
def test_the_first_of_equal_elements_gets_the_gradient(device: str) -> None:
    x = Tensor([[1.0, 1.0, 1.0, 2.0, 2.0, 0.0]], device=device, requires_grad=True)
    y, at = F.max_pool1d(x, 3, return_indices=True)
    assert (y.tolist(), at.tolist(), at.dtype) == ([[1, 2]], [[0, 3]], lucid.int64)
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[1, 0, 0, 1, 0, 0]]


@every_device
def test_nan_is_the_largest_and_minus_infinity_in_the_image(device: str) -> None:
    x = Tensor([[0.0, nan, inf, nan, -inf, -inf]], device=device)
    y, at = F.max_pool1d(x, 2, return_indices=True)
    np.testing.assert_array_equal(y.numpy(), [[nan, nan, -inf]])
    assert at.tolist() == [[1, 3, 4]]
    assert F.max_pool1d(x[:, 4:], 2, 2, 1, return_indices=True)[1].tolist() == [[0, 1]]  # not the padding
    np.testing.assert_array_equal(F.avg_pool1d(x, 2).numpy(), [[nan, nan, -inf]])
    np.testing.assert_array_equal(F.adaptive_avg_pool1d(x, 3).numpy(), [[nan, nan, -inf]])


def test_indices_count_through_the_image() -> None:
    x = lucid.arange(60.0).reshape((1, 3, 4, 5))
    assert F.max_pool3d(x, 2, return_indices=True)[1].tolist() == [[[[26, 28], [36, 38]]]]
    assert F.adaptive_max_pool3d(x, (1, 1, 2), True)[1].tolist() == [[[[57, 59]]]]


def test_integers_and_half_precision() -> None:
    assert F.max_pool1d(Tensor([[1, 5, 3]]), 2, 1).tolist() == [[5, 5]]
    assert F.adaptive_max_pool1d(Tensor([[1, 5, 3]]), 1).dtype == lucid.int64
    x = lucid.full((1, 1000), 1000.0, dtype=lucid.float16)  # whose sum is more than half precision holds
    assert F.adaptive_avg_pool1d(x, 1).tolist() == [[1000]]
    assert F.avg_pool1d(x, 500).dtype == lucid.float16


def test_one_example_after_the_other_and_all_at_once() -> None:
    x = Tensor(np.random.default_rng(0).standard_normal((2, 3, 4, 5)))
    for function in (
        lambda v: F.max_pool2d(v, 2, padding=1),
        lambda v: F.avg_pool2d(v, 2, padding=1),
        lambda v: F.adaptive_avg_pool2d(v, 3),
        lambda v: F.adaptive_max_pool2d(v, 3, True)[1],
    ):
        np.testing.assert_allclose(vmap(function)(x).numpy(), function(x).numpy(), 1e-14)


def test_kernels_serve_what_is_large_and_channels_stay_last() -> None:
    x = Tensor(np.random.default_rng(0).standard_normal((2, 8, 8, 32), np.float32))
    x = x.permute_dims((0, 3, 1, 2)).requires_grad_()
    for function in (F.max_pool2d, F.avg_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d):
        y = function(x, 2)
        wide = function(x.astype("float64"), 2)
        np.testing.assert_allclose(y.detach().numpy(), wide.detach().numpy(), 1e-5, 1e-6)
        np.testing.assert_allclose(
            lucid.autograd.grad((y * y).sum(), x)[0].numpy(),
            lucid.autograd.grad((wide * wide).sum(), x)[0].numpy(),
            1e-5,
            1e-6,
        )


# ----------------------------------------------------------------- embedding


@every_device
@pytest.mark.parametrize("rows", [4, 3000])  # without a kernel, and with it
def test_gradients_by_how_often_a_row_is_named(device: str, rows: int) -> None:
    weight = lucid.ones((rows, 2), device=device, requires_grad=True)
    names = Tensor([[3, 1, 3], [3, 2, 1]], device=device)
    y = F.embedding(names, weight, padding_idx=2, scale_grad_by_freq=True)
    assert y.tolist() == [[[1, 1]] * 3] * 2
    (y * Tensor([1.0, 2.0], device=device)).sum().backward()
    assert weight.grad is not None
    assert weight.grad[:4].tolist() == [[0, 0], [1, 2], [0, 0], [1, 2]]
    assert not weight.grad[4:].numpy().any()


@every_device
@pytest.mark.parametrize(
    ("norm_type", "longest"), [(2.0, [0.6, 0.8]), (1.0, [3 / 7, 4 / 7]), (inf, [0.75, 1])]
)
def test_rows_that_are_named_become_short_enough(device: str, norm_type: float, longest: list[float]) -> None:
    weight = Tensor([[3.0, 4.0], [0.3, 0.4], [3.0, 4.0]], device=device, requires_grad=True)
    y = F.embedding(Tensor([0, 1, 0], device=device), weight, max_norm=1, norm_type=norm_type)
    np.testing.assert_allclose(weight.detach().numpy(), [longest, [0.3, 0.4], [3, 4]], 1e-5)
    np.testing.assert_allclose(y.detach().numpy(), [longest, [0.3, 0.4], longest], 1e-5)
    assert weight.is_leaf
    y.sum().backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [[2, 2], [1, 1], [0, 0]]


# ----------------------------------------------------------------- dropout


@pytest.mark.parametrize(
    ("function", "shape", "axes"),
    [
        (F.dropout1d, (20, 50, 3), 1),
        (F.dropout1d, (1000, 3), 1),
        (F.dropout2d, (20, 50, 3, 2), 2),
        (F.dropout3d, (20, 50, 2, 1, 2), 3),
        (F.dropout3d, (1000, 2, 1, 2), 3),
    ],
)
def test_channels_are_dropped_as_a_whole(function: Any, shape: Any, axes: int) -> None:
    y = function(lucid.ones(shape), 0.2).numpy()
    channels = y.reshape(*shape[:-axes], -1)
    assert set(np.unique(y)) == {0, np.float32(1.25)}
    assert (channels == channels[..., :1]).all()
    # 1000 draws: the standard error of the share is 0.013.
    assert abs((y == 0).mean() - 0.2) < 0.065


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    x = lucid.random.normal((200, 500))
    y = F.alpha_dropout(x, 0.3, True).numpy()
    # 100,000 draws: the standard errors are 0.003.
    assert abs(y.mean()) < 0.016
    assert abs(y.std() - 1) < 0.016
    assert (F.alpha_dropout(x, 1.0, True).numpy() == 0).all()
    assert F.alpha_dropout(x, 0.3, training=False) is x
    assert F.alpha_dropout(x, 0.3) is x  # PyTorch's default, here alone


def test_masks_are_the_same_with_kernels_and_without() -> None:
    x = lucid.ones((100, 100))
    lucid.random.seed(3)
    y = F.dropout(x, 0.3)
    lucid.random.seed(3)
    wide = F.dropout(x.astype("float64"), 0.3)  # for which there is no kernel
    np.testing.assert_array_equal(y.numpy() == 0, wide.numpy() == 0)


@pytest.mark.parametrize("p", [0.0, 2.0**-32, 1e-4, 0.3, 0.5, 1 - 1e-4, 1.0])
def test_probabilities_are_exact_beyond_sixteen_bits(p: float) -> None:
    draws, n = lucid.random.bernoulli(p, 4_000_000, generator=lucid.random.Generator(1)), 4_000_000
    assert abs(int(draws.sum()) - n * p) <= 5 * (n * p * (1 - p)) ** 0.5 + (p == 2.0**-32)


# ----------------------------------------------------------------- memory


def peak(run: Any) -> int:
    """Return how many bytes a call takes at once, those that stay included."""
    tracemalloc.start()
    try:
        kept = run()
        assert kept is not None
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("pool", "padding", "formula"),
    [
        (lambda x: F.avg_pool1d(x, 501, 1, 250), 0.0, np.mean),
        (lambda x: F.max_pool1d(x, 501, 1, 250), -inf, np.max),
        (lambda x: F.max_pool1d(x, 501, 1, 250, return_indices=True)[0], -inf, np.max),
    ],
    ids=["average", "largest", "indices"],
)
def test_memory_does_not_grow_with_the_windows(pool: Any, padding: float, formula: Any, dtype: str) -> None:
    """Of 20,000 windows of 501 elements: all of them would be 40 MB or more."""
    values = np.random.default_rng(0).standard_normal(20_000)
    x = Tensor(values[None, None], dtype=dtype, requires_grad=True)
    each = np.lib.stride_tricks.sliding_window_view(np.pad(values, 250, constant_values=padding), 501)
    np.testing.assert_allclose(pool(x).numpy()[0, 0], formula(each, axis=1), rtol=1e-4, atol=1e-5)
    grad(pool(x).sum(), x)  # compiles
    assert peak(lambda: grad(pool(x).sum(), x)) < 8_000_000


def test_windows_of_many_shapes_take_little_memory() -> None:
    def pool() -> None:
        for size in range(400, 440):
            x = lucid.zeros((1, 1, size, size))
            F.max_pool2d(x, 3, 2, 1)
            F.adaptive_avg_pool2d(x, 200)
        F.max_pool1d(lucid.zeros((1, 1, 500_000)), 2)  # too large to be kept

    pool()  # compiles
    for cache in (wd._regular_windows, wd._adaptive_windows):
        cache.cache_clear()
    tracemalloc.start()
    pool()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 4_000_000
