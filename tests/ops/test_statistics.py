"""Sums, extremes and sorting, by the Array API: which dtype results have, and numbers at the edge of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)

ACCUMULATING: dict[str, Callable[..., Any]] = {
    "sum": lucid.sum,
    "prod": lucid.prod,
    "cumulative_sum": lucid.cumulative_sum,
    "cumulative_prod": lucid.cumulative_prod,
}
WIDENED = {
    "bool": "int64",
    "int8": "int64",
    "int32": "int64",
    "int64": "int64",
    "uint8": "uint64",
    "uint32": "uint64",
    "uint64": "uint64",
    "float16": "float16",
    "float32": "float32",
    "float64": "float64",
    "complex64": "complex64",
    "complex128": "complex128",
}


@every_device
@pytest.mark.parametrize("name", ACCUMULATING)
def test_small_integers_are_accumulated_in_wide_ones(name: str, device: str) -> None:
    narrow = ["bool", "int8", "uint8", "uint64", "complex64"]
    for dtype in WIDENED if device == "cpu" else narrow:
        x = lucid.ones(3, dtype=dtype, device=device)
        assert ACCUMULATING[name](x).dtype == WIDENED[dtype], dtype


@every_device
@pytest.mark.parametrize("name", ACCUMULATING)
def test_elements_are_cast_before_they_are_accumulated(name: str, device: str) -> None:
    x = Tensor([100, 100], dtype="int8", device=device)
    assert ACCUMULATING[name](x).numpy().max() == getattr(np, name)(np.array([100, 100], np.int64)).max()
    assert ACCUMULATING[name](x, dtype="uint8").dtype == "uint8"
    tracked = Tensor([1.0, 2.0], device=device, requires_grad=True)
    wide = ACCUMULATING[name](tracked, dtype="complex128")
    assert wide.dtype == "complex128"
    lucid.real(wide).sum().backward()
    assert tracked.grad is not None
    assert tracked.grad.dtype == "float32"


def test_sums_of_float32_are_those_of_numpy() -> None:
    x = np.random.default_rng(0).standard_normal((100, 1000)).astype(np.float32)
    for axis in (None, 0, 1):
        assert np.array_equal(lucid.sum(lucid.asarray(x), axis=axis).numpy(), np.sum(x, axis=axis))
        assert np.array_equal(lucid.mean(lucid.asarray(x.T), axis=axis).numpy(), np.mean(x.T, axis=axis))


@every_device
def test_extremes_keep_the_dtype(device: str) -> None:
    for dtype in ("bool", "int8", "uint64", "float64"):
        x = Tensor([0, 1], dtype=dtype, device=device)
        assert lucid.max(x).dtype == lucid.min(x).dtype == lucid.sort(x).dtype == dtype
        assert lucid.argmax(x).dtype == lucid.argmin(x).dtype == lucid.argsort(x).dtype == "int64"
    big = Tensor([2**64 - 1, 0, 2**63], dtype="uint64", device=device)
    assert lucid.max(big).item() == 2**64 - 1
    assert lucid.argmax(big).item() == 0


def test_the_parts_of_a_complex_mean_are_means_of_parts() -> None:
    mean = lucid.mean(Tensor([complex("inf"), complex(1.0, float("nan"))])).numpy()
    assert mean.real == np.inf
    assert np.isnan(mean.imag)
    mean = lucid.mean(Tensor([[complex("inf"), 2j]]), axis=1).numpy()
    assert (mean.real, mean.imag) == (np.inf, 1.0)


def test_a_variance_of_halves_does_not_overflow() -> None:
    x = Tensor([-300.0, 300.0], dtype="float16", requires_grad=True)
    deviation = lucid.std(x)
    assert (deviation.item(), deviation.dtype) == (300.0, "float16")
    deviation.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [-0.5, 0.5]


@every_device
@pytest.mark.parametrize("name", ["sum", "mean", "max", "logsumexp", "prod"])
def test_an_axis_is_kept_as_it_was(name: str, device: str) -> None:
    x = Tensor(np.arange(6.0).reshape(1, 2, 3), device=device, requires_grad=True)
    axis = [0, 2]
    y = getattr(lucid, name)(x, axis=axis)
    axis[:] = [1]
    y.sum().backward()
    assert x.grad is not None
    (wanted,) = lucid.autograd.grad(getattr(lucid, name)(x, axis=(0, 2)).sum(), [x])
    assert x.grad.tolist() == wanted.tolist()


# ----------------------------------------------------------------- sorting


@every_device
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64", "bool"])
def test_whole_numbers_sort_to_the_ends_of_their_dtype(dtype: str, device: str) -> None:
    low, high = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    x = Tensor(np.array([low, high, 1, low, high], dtype), device=device)
    assert lucid.sort(x).tolist() == sorted([low, high, 1, low, high])
    assert lucid.sort(x, descending=True).tolist() == sorted([low, high, 1, low, high], reverse=True)
    assert lucid.argsort(x).tolist()[:2] == [0, 3]
    wanted = [1, 2, 4, 0, 3] if dtype == "bool" else [1, 4, 2, 0, 3]
    assert lucid.argsort(x, descending=True).tolist() == wanted


@every_device
def test_zeros_of_both_signs_are_equal_when_sorted(device: str) -> None:
    x = Tensor([0.0, -0.0, -1.0, -0.0, 0.0], device=device)
    for descending, wanted in ((False, [2, 0, 1, 3, 4]), (True, [0, 1, 3, 4, 2])):
        assert lucid.argsort(x, descending=descending).tolist() == wanted
        # Without and with a graph, the same elements.
        for values in (x, x.detach().requires_grad_()):
            signs = np.signbit(lucid.sort(values, descending=descending).detach().numpy())
            assert signs.tolist() == np.signbit(x.numpy())[wanted].tolist()


@every_device
def test_the_gradient_of_sorted_numbers_follows_the_permutation(device: str) -> None:
    x = Tensor([2.0, 3.0, 2.0], device=device, requires_grad=True)
    weights = Tensor([10.0, 20.0, 30.0], device=device)
    (lucid.sort(x, descending=True) * weights).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [20.0, 10.0, 30.0]
