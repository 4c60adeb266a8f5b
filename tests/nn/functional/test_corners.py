"""What functionals give at kinks, at infinity and for nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn.functional as F
from lucid import Tensor
from lucid.autograd import grad
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)

inf, nan = math.inf, math.nan


def derivative(function: Callable[[Any], Any], values: list[float], device: str) -> Any:
    x = Tensor(values, device=device, requires_grad=True)
    return grad(function(x).sum(), x)[0].numpy()


@every_device
@pytest.mark.parametrize(
    ("function", "at", "slope"),
    [
        (F.relu, [-1.0, -0.0, 0.0, 1.0], [0, 0, 0, 1]),
        # What is not a number does not look as if it was one.
        (F.relu, [nan, -inf, inf], [1, 0, 1]),
        (F.relu6, [nan, 0.0, 6.0, 3.0], [1, 0, 0, 1]),
        (lambda x: F.leaky_relu(x, 0.5), [nan], [0.5]),
        (lambda x: F.elu(x), [nan], [nan]),
        (lambda x: F.leaky_relu(x, 0.5), [-1.0, 0.0, 1.0], [0.5, 0.5, 1]),
        (lambda x: F.l1_loss(x, lucid.ones_like(x), "none"), [0.0, 1.0, 2.0], [-1, 0, 1]),
        (lambda x: F.binary_cross_entropy_with_logits(x, lucid.zeros_like(x), reduction="sum"), [0.0], [0.5]),
        # Flat ends: nothing overflows on the way.
        (F.gelu, [-1e4, 1e4], [0, 1]),
        (lambda x: F.gelu(x, "tanh"), [-1e4, 1e4], [0, 1]),
        (F.silu, [-1e4, 1e4], [0, 1]),
        (lambda x: F.gelu(x.astype(lucid.float16), "tanh").astype(lucid.float32), [-6e4, 6e4], [0, 1]),
        (lambda x: F.gelu(x, "tanh"), [-3e38, 3e38], [0, 1]),
    ],
)
def test_derivatives_at_corners(function: Any, at: list[float], slope: list[float], device: str) -> None:
    np.testing.assert_array_equal(derivative(function, at, device), slope)


@every_device
@pytest.mark.parametrize(
    ("function", "at", "value"),
    [
        (F.relu, [-inf, inf, nan], [0, inf, nan]),
        (F.leaky_relu, [-inf, inf, nan], [-inf, inf, nan]),
        (F.softmax, [0.0, -inf, 0.0], [0.5, 0, 0.5]),
        (F.softmax, [1e30, -1e30], [1, 0]),
        (F.softmax, [-inf, -inf], [nan, nan]),
        (F.log_softmax, [0.0, -inf], [0, -inf]),
        (F.log_softmax, [0.0, 1e4], [-1e4, 0]),
    ],
)
def test_values_at_corners(function: Any, at: list[float], value: list[float], device: str) -> None:
    np.testing.assert_array_equal(function(Tensor(at, device=device)).numpy(), value)


@every_device
@pytest.mark.parametrize("function", [F.softmax, F.log_softmax])
def test_no_nan_from_masked_elements(function: Any, device: str) -> None:
    """A mask of -inf: those elements get no gradient, the others the one they have without them."""

    def weighted(x: Any) -> Any:
        y = function(x)
        return lucid.where(lucid.isfinite(y), y, 0.0) ** 2

    masked = derivative(weighted, [1.0, -inf, 2.0, -inf], device)
    np.testing.assert_allclose(masked[[0, 2]], derivative(weighted, [1.0, 2.0], device), rtol=1e-6)
    np.testing.assert_array_equal(masked[[1, 3]], 0)


@every_device
def test_second_derivative_through_a_mask_is_finite(device: str) -> None:
    x = Tensor([1.0, -inf, 2.0], device=device, requires_grad=True)
    (first,) = grad((F.softmax(x) ** 2).sum(), x, create_graph=True)
    (second,) = grad(first[0], x)
    assert np.isfinite(second.numpy()).all()


@every_device
def test_cross_entropy_with_masked_logits(device: str) -> None:
    """Classes masked out by -inf cost nothing as long as they are not the target."""
    x = Tensor([[0.0, -inf, 0.0]], device=device, requires_grad=True)
    for target in (Tensor([2], device=device), Tensor([[0.0, 0.0, 1.0]], device=device)):
        loss = F.cross_entropy(x, target)
        np.testing.assert_allclose(loss.item(), math.log(2), rtol=1e-6)
        np.testing.assert_allclose(grad(loss, x)[0].numpy(), [[0.5, 0, -0.5]], rtol=1e-6)


@every_device
def test_losses_of_confident_logits_keep_their_digits(device: str) -> None:
    x = Tensor([[0.0, 30.0]], dtype=lucid.float32, device=device)
    np.testing.assert_allclose(F.cross_entropy(x, Tensor([0], device=device)).item(), 30, rtol=1e-6)
    x = Tensor([40.0, -40.0, 1e4, -1e4], device=device)
    yes = Tensor([1.0, 0.0, 0.0, 1.0], device=device)
    found = F.binary_cross_entropy_with_logits(x, yes, reduction="none").numpy()
    np.testing.assert_allclose(found, [math.exp(-40), math.exp(-40), 1e4, 1e4], rtol=1e-5)


@every_device
def test_mean_over_no_targets_is_nan_and_their_sum_zero(device: str) -> None:
    x, target = lucid.zeros((2, 3), device=device), Tensor([-100, -100], device=device)
    assert math.isnan(F.cross_entropy(x, target).item())
    assert F.cross_entropy(x, target, reduction="sum").item() == 0
    assert math.isnan(F.cross_entropy(x[:0], target[:0]).item())
    assert F.cross_entropy(x[:0], target[:0], reduction="none").shape == (0,)


@every_device
def test_padding_row_gets_no_gradient(device: str) -> None:
    indices = Tensor([[1, 2, 2], [1, 0, 2]], device=device)
    for padding_idx in (2, -1):
        weight = lucid.ones((3, 2), device=device, requires_grad=True)
        F.embedding(indices, weight, padding_idx).sum().backward()
        assert weight.grad is not None
        assert weight.grad.tolist() == [[1, 1], [2, 2], [0, 0]]


@every_device
def test_integers_of_any_width_are_indices(device: str) -> None:
    weight, x = lucid.eye(3, device=device), lucid.eye(3, device=device)
    for dtype in ("uint8", "int8", "int32", "int64"):
        indices = Tensor([2, 0, 1], dtype=dtype, device=device)
        assert F.embedding(indices, weight).tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
        assert F.cross_entropy(x, indices).item() > 0


@every_device
def test_targets_of_integers_and_booleans_where_numbers_are_meant(device: str) -> None:
    x = Tensor([0.0, 2.0], device=device)
    assert F.mse_loss(x, Tensor([1, 1], device=device)).item() == 1
    assert F.mse_loss(x, Tensor([1, 1], device=device)).dtype == lucid.float32
    yes = Tensor([True, False], device=device)
    assert F.binary_cross_entropy_with_logits(x, yes).dtype == lucid.float32


@every_device
def test_numpy_targets_follow_the_input(device: str) -> None:
    x = lucid.zeros((2, 3), device=device)
    assert F.cross_entropy(x, np.array([0, 2]), np.ones(3)).device == device
    assert F.mse_loss(x, np.zeros((2, 3), np.float32)).device == device


def test_integers_become_floats_where_a_function_needs_them() -> None:
    x = Tensor([-1, 0, 2])
    assert F.relu(x).dtype == lucid.int64
    for function in (F.leaky_relu, F.gelu, F.silu, F.softmax, F.log_softmax):
        assert function(x).dtype == lucid.float32


def test_half_precision_stays_half() -> None:
    x = Tensor([[-1.0, 0.5, 2.0]], dtype=lucid.float16, requires_grad=True)
    for function in (F.relu, F.leaky_relu, F.gelu, F.silu, F.softmax, F.log_softmax):
        y = function(x)
        assert y.dtype == lucid.float16
        assert grad(y.sum(), x)[0].dtype == lucid.float16
    assert F.cross_entropy(x, Tensor([1])).dtype == lucid.float16
    assert F.mse_loss(x, x).dtype == lucid.float16


@every_device
@pytest.mark.parametrize(("function", "value"), [(F.softmax, 1 / 70000), (F.log_softmax, -math.log(70000))])
def test_softmax_of_many_in_half_precision(function: Any, value: float, device: str) -> None:
    """The sum is beyond float16, the results are not."""
    x = lucid.zeros((2, 70000), dtype=lucid.float16, device=device, requires_grad=True)
    for axis, many in ((1, x), (0, x.mT)):
        y = function(many, axis)
        assert y.dtype == lucid.float16
        np.testing.assert_allclose(y.numpy().astype(float), value, rtol=3e-3)
        (slope,) = grad(y, x, lucid.ones_like(y))
        assert slope.dtype == lucid.float16
        np.testing.assert_allclose(slope.numpy().astype(float), 0, atol=1e-3)


def test_attention_to_many_in_half_precision() -> None:
    q = lucid.zeros((1, 1), dtype=lucid.float16)
    k = lucid.zeros((70000, 1), dtype=lucid.float16, requires_grad=True)
    y = F.scaled_dot_product_attention(q, k, k + 1)
    assert y.dtype == lucid.float16
    np.testing.assert_allclose(y.numpy(), 1, rtol=3e-3)
    (slope,) = grad(y.sum(), k)
    assert slope.dtype == lucid.float16
    np.testing.assert_allclose(slope.numpy().astype(float), 1 / 70000, rtol=3e-3)


@pytest.mark.parametrize("ignored", [0, 1])
@pytest.mark.parametrize("shape", [(3, 70000), (70000, 3)])
def test_losses_of_many_in_half_precision(shape: tuple[int, int], ignored: int) -> None:
    """Means, over classes or over targets, whose sums are beyond float16."""
    x = lucid.zeros(shape, dtype=lucid.float16, requires_grad=True)
    target = lucid.ones(shape[0], dtype="int64")
    target[:ignored] = 0
    expected = math.log(shape[1])
    for smoothing in (0.0, 0.1):
        loss = F.cross_entropy(x, target, ignore_index=0, label_smoothing=smoothing)
        assert loss.dtype == lucid.float16
        np.testing.assert_allclose(loss.item(), expected, rtol=3e-3)
        assert np.isfinite(grad(loss, x)[0].numpy()).all()
    weight = lucid.ones(shape[1])
    np.testing.assert_allclose(F.cross_entropy(x, target, weight).item(), expected, rtol=3e-3)


@pytest.mark.parametrize("function", [F.softmax, F.log_softmax, F.softmin])
def test_softmax_of_another_dtype(function: Any) -> None:
    x = lucid.ones(3, dtype=lucid.float16, requires_grad=True)
    y = function(x, dtype=lucid.float64)
    assert y.dtype == lucid.float64
    y[0].backward()
    assert x.grad is not None
    assert x.grad.dtype == lucid.float16
