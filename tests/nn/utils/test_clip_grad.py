"""Clipping gradients: on every engine and dtype, what is passed over, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, GradientError
from lucid.nn.utils import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)


def parameters(device: str = "cpu", dtype: str = "float64") -> list[nn.Parameter]:
    ps = [nn.Parameter(lucid.zeros(s, device=device, dtype=dtype)) for s in ((2,), (), (0, 3))]
    ps[0].grad = Tensor([2.0, -3.0], device=device, dtype=dtype)
    ps[1].grad = Tensor(6.0, device=device, dtype=dtype)
    ps[2].grad = lucid.zeros((0, 3), device=device, dtype=dtype)
    return [*ps, nn.Parameter(lucid.zeros(3, device=device, dtype=dtype))]  # the last has no gradient


ORDERS: list[tuple[str, Any, float]] = [
    ("cpu", 2, 7.0),
    ("cpu", 1.0, 11.0),
    ("cpu", math.inf, 6.0),
    ("cpu", "inf", 6.0),
    ("cpu", -math.inf, 2.0),
    ("cpu", 3, 251 ** (1 / 3)),
    ("xla:cpu", 2, 7.0),
    ("xla:cpu", math.inf, 6.0),
]


@pytest.mark.parametrize(("device", "order", "total"), ORDERS)
def test_orders(device: str, order: Any, total: float) -> None:
    if device != "cpu":
        pytest.importorskip("jax")
    ps = parameters(device)
    tensors = [p.grad for p in ps[:3]]
    found = clip_grad_norm_(ps, 1.0, order)
    assert (found.shape, found.device, found.requires_grad) == ((), device, False)
    assert found.item() == pytest.approx(total)
    factor = min(1.0, 1.0 / (total + 1e-6))
    np.testing.assert_allclose(ps[0].grad.tolist(), [2 * factor, -3 * factor])
    assert ps[1].grad.item() == pytest.approx(6 * factor)
    assert [p.grad for p in ps[:3]] == tensors  # the same Tensors, as after any write
    assert ps[3].grad is None


@every_device
def test_values(device: str) -> None:
    ps = parameters(device)
    clip_grad_value_(ps, 2.5)
    assert (ps[0].grad.tolist(), ps[1].grad.tolist(), ps[2].grad.tolist()) == ([2, -2.5], 2.5, [])
    clip_grad_value_(ps, math.inf)
    assert ps[1].grad.tolist() == 2.5


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes_are_kept(dtype: str) -> None:
    ps = parameters(dtype=dtype)
    assert clip_grad_norm_(ps, 3.5).item() == pytest.approx(7)
    assert ps[0].grad.dtype == np.dtype(dtype)
    np.testing.assert_allclose(ps[0].grad.tolist(), [1, -1.5], rtol=1e-3)


def test_dtypes_and_devices_mix() -> None:
    ps = parameters()[:2] + parameters(dtype="float32")[:2]
    assert get_total_norm([p.grad for p in ps]).item() == pytest.approx(98**0.5)
    pytest.importorskip("jax")
    ps = parameters()[:2] + parameters("xla:cpu")[:2]
    total = clip_grad_norm_(ps, 98**0.5 / 2)
    assert total.device == "cpu"
    assert [p.grad.device for p in ps] == ["cpu", "cpu", "xla:cpu", "xla:cpu"]
    np.testing.assert_allclose([p.grad.sum().item() for p in ps], [-0.5, 3, -0.5, 3], rtol=1e-6)


def test_in_two_steps() -> None:
    ps = parameters()
    total = get_total_norm(p.grad for p in ps if p.grad is not None)
    clip_grads_with_norm_(ps, 3.5, total)
    np.testing.assert_allclose(ps[0].grad.tolist(), [1, -1.5], rtol=1e-6)
    clip_grads_with_norm_(ps, 100.0, total)
    np.testing.assert_allclose(ps[0].grad.tolist(), [1, -1.5], rtol=1e-6)


def test_one_tensor_and_none() -> None:
    p = parameters()[0]
    assert clip_grad_norm_(p, 1.0).item() == pytest.approx(13**0.5)
    assert clip_grad_norm_([], 1.0).item() == 0
    assert clip_grad_norm_([nn.Parameter([1.0])], 1.0).item() == 0
    assert get_total_norm([lucid.zeros((0, 2))], math.inf).item() == 0
    clip_grad_value_([], 1.0)


def test_recorded_gradients_can_be_clipped() -> None:
    x = Tensor([3.0, 4.0], requires_grad=True)
    (x * x).sum().backward(create_graph=True)
    assert clip_grad_norm_(x, 5.0).item() == 10
    np.testing.assert_allclose(x.grad.tolist(), [3, 4], rtol=1e-6)
    clip_grad_value_(x, 3.5)
    np.testing.assert_allclose(x.grad.tolist(), [3, 3.5], rtol=1e-6)
    assert x.grad.is_leaf


def test_what_is_not_finite_may_be_refused() -> None:
    ps = parameters()
    ps[0].grad = Tensor([math.inf, 1.0], dtype="float64")
    with pytest.raises(
        GradientError, match=r"clip_grad_norm_: the norm of order 2 is inf: .*error_if_nonfinite=False"
    ):
        clip_grad_norm_(ps, 1.0, error_if_nonfinite=True)
    assert ps[1].grad.item() == 6
    assert clip_grad_norm_(ps, 1.0).item() == math.inf
    assert (math.isnan(ps[0].grad[0].item()), ps[1].grad.item()) == (True, 0.0)
    with pytest.raises(GradientError, match="get_total_norm: the norm of order 2 is nan"):
        get_total_norm([ps[0].grad], error_if_nonfinite=True)


BAD: list[tuple[Any, type[Exception], str]] = [
    (
        lambda: clip_grad_norm_(nn.Linear(2, 2), 1.0),
        ArgumentTypeError,
        r"got the module Linear: pass its .parameters\(\)",
    ),
    (lambda: clip_grad_norm_(3, 1.0), ArgumentTypeError, "parameters to be a Tensor or several, got int"),
    (lambda: clip_grad_norm_([3], 1.0), ArgumentTypeError, "parameters to be Tensors, got int"),
    (lambda: clip_grad_value_(iter([]), 1.0), ArgumentError, "got no parameters. .* only once"),
    (
        lambda: clip_grad_norm_([], -1),
        ArgumentError,
        "clip_grad_norm_ expects max_norm to be at least 0, got -1",
    ),
    (lambda: clip_grad_norm_([], math.nan), ArgumentError, "max_norm to be at least 0, got nan"),
    (lambda: clip_grad_norm_([], "1"), ArgumentTypeError, "max_norm to be a number, got '1'"),
    (lambda: clip_grad_norm_([], 1.0, "two"), ArgumentTypeError, "norm_type to be a number, got 'two'"),
    (lambda: clip_grad_value_([], True), ArgumentTypeError, "clip_value to be a number, got True"),
    (lambda: get_total_norm([1.0]), ArgumentTypeError, "tensors to be Tensors, got float"),
    (
        lambda: clip_grads_with_norm_([], 1.0, 2.0),
        ArgumentTypeError,
        "total_norm to be a Tensor of one number, got 2.0",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=[m for *_, m in BAD])
def test_bad_arguments(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
