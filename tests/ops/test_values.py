"""Tensors are values: what an operation was given, and what it gave, can be written to without harm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor, fft, linalg
from lucid.errors import DTypeError, GradientError
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)

# Calls that have nothing to do.
IDLE: dict[str, Callable[[Any], Any]] = {
    "diff": lambda x: lucid.diff(x, n=0),
    "reshape": lambda x: lucid.reshape(x, x.shape),
    "squeeze": lambda x: lucid.squeeze(x, ()),
    "broadcast_to": lambda x: lucid.broadcast_to(x, x.shape),
    "broadcast_arrays": lambda x: lucid.broadcast_arrays(x, x)[0],
    "pad": lambda x: lucid.pad(x, 0),
    "tile": lambda x: lucid.tile(x, ()),
    "from_dlpack": lambda x: lucid.from_dlpack(x.detach()),
    "matrix_power": lambda x: linalg.matrix_power(x, 1),
    "fftshift": lambda x: fft.fftshift(x, axes=()),
    "fftn": lambda x: fft.fftn(lucid.astype(x, "complex64"), axes=()),
    "clip": lucid.clip,
    "conj": lucid.conj,
    "real": lucid.real,
}


@pytest.mark.parametrize("name", IDLE)
def test_what_does_nothing_returns_another_tensor(name):
    x = lucid.eye(2)
    y = IDLE[name](x)
    y[0, 0] = 5.0
    y += 1
    assert x.tolist() == [[1.0, 0.0], [0.0, 1.0]]


@every_device
def test_a_numpy_array_may_be_written_to_after_it_was_an_argument(device):
    x = Tensor([[1.0, 2.0, 3.0]], device=device, requires_grad=True)
    i, along = np.array([1, 2]), np.array([[1, 2]])
    condition, ones = np.ones((1, 3), bool), np.ones((1, 3), np.float32)
    y = lucid.take(x, i, axis=1).sum() + lucid.take_along_axis(x, along, axis=1).sum()
    y = y + lucid.where(condition, x, 0.0).sum() + lucid.einsum("ij,ij->", x, ones)
    y = y + lucid.tensordot(x, ones, axes=2) + lucid.concat([x, ones]).sum()
    i[:], along[:], condition[:], ones[:] = 0, 0, False, 0.0
    y.backward()
    assert x.grad.tolist() == [[4.0, 6.0, 6.0]]


# ----------------------------------------------------------------- corners


@every_device
def test_a_nan_takes_the_gradient_of_the_maximum_and_no_other_slice_sees_it(device):
    x = Tensor([[1.0, 2.0], [float("nan"), 4.0]], device=device, requires_grad=True)
    lucid.where(lucid.asarray([True, False], device=device), lucid.max(x, axis=1), 0.0).sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0], [0.0, 0.0]]


@every_device
def test_a_correction_may_be_a_numpy_number(device):
    x = Tensor([1.0, 2.0, 4.0], device=device, requires_grad=True)
    for function in (lucid.var, lucid.std):
        y = function(x, correction=np.float64(1))
        assert y.dtype == lucid.float32
        y.backward()


def test_running_sums_have_no_dtype_of_truth_values():
    with pytest.raises(DTypeError, match="cumulative_sum: dtype must be one of numbers"):
        lucid.cumulative_sum(Tensor([True, True]), dtype=lucid.bool)


def test_the_second_derivative_of_a_norm_at_0_is_0():
    x = lucid.zeros(3, requires_grad=True)
    (g,) = lucid.autograd.grad(linalg.vector_norm(x), x, create_graph=True)
    (h,) = lucid.autograd.grad(g.sum(), x)
    assert h.tolist() == [0.0, 0.0, 0.0]


def test_a_distance_that_tracks_gradients_is_no_number():
    with pytest.raises(GradientError, match="d tracks gradients"):
        fft.fftfreq(4, d=Tensor(0.5, requires_grad=True))


@every_device
def test_small_complex_numbers_keep_their_digits(device):
    for z in (0.5 + 1e-20j, 1e-9 + 1e-9j, 1e-30 + 0j):
        for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh"):
            found = getattr(lucid, name)(Tensor(np.array([z]), device=device)).to("cpu").numpy()
            wanted = getattr(np, name)(np.array([z]))
            np.testing.assert_allclose(found.real, wanted.real, 1e-12)
            np.testing.assert_allclose(found.imag, wanted.imag, 1e-12)


# ----------------------------------------------------------------- matrices that are nearly degenerate


def rotated(rng: Any, values: list[float], other: bool = False) -> Any:
    q, p = (np.linalg.qr(rng.standard_normal((4, 4)))[0] for _ in range(2))
    a = q @ np.diag(values) @ (p if other else q.T)
    return a if other else (a + a.T) / 2


@pytest.mark.parametrize("seed", range(20))
def test_equal_values_are_seen_through_their_rounding(seed):
    rng = np.random.default_rng(seed)
    weights = Tensor(rng.standard_normal((4, 4)))
    losses: list[tuple[Any, Any]] = [
        (rotated(rng, [1, 1, 2, 3]), lambda x: (linalg.eigh(x).eigenvectors ** 2 * weights).sum()),
        (rotated(rng, [3, 2, 2, 1], other=True), lambda x: (linalg.svd(x).U ** 2 * weights).sum()),
        (rotated(rng, [3, 2, 0, 0], other=True), lambda x: (linalg.qr(x).Q * weights).sum()),
    ]
    basis = rng.standard_normal((4, 4))
    jordan = np.diag([1.0, 1.0, 2.0, 3.0]) + np.diag([1.0, 0, 0], 1)
    losses.append((basis @ jordan @ np.linalg.inv(basis), lambda x: lucid.real(linalg.eigvals(x)).max()))
    for matrix, loss in losses:
        x = Tensor(matrix, requires_grad=True)
        with pytest.raises(GradientError):
            loss(x).backward()
