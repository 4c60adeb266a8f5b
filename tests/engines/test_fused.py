"""Fused operations: when the kernel runs and when the definition does, and their derivatives."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn.functional as F
from lucid import Tensor
from lucid.engines.cpu.kernels import table
from lucid.engines.protocol import Kernel
from lucid.fused import fused


@fused
def slope(x: Any, weight: Any, *, power: int) -> Any:
    """Return ``weight * x ** power``; a weight of None is 1."""
    y = x**power
    return y if weight is None else weight * y


@fused(aside=1)
def halves(x: Any, *, axis: int) -> Any:
    """Return the two halves of ``x``, and their mean on the side."""
    first, second = lucid.split(x, 2, axis=axis)
    return first, second, ((first + second) / 2).detach()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give both operations a kernel, and list what ran."""
    ran: list[str] = []

    def forward(x: Any, weight: Any, *, power: int) -> Any:
        if power < 0:
            return None
        ran.append("forward")
        return (x**power if weight is None else weight * x**power), None

    def vjp(g: Any, out: Any, residuals: Any, x: Any, weight: Any, *, power: int) -> Any:
        ran.append("vjp")
        d = g * power * x ** (power - 1)
        return (d, None) if weight is None else (lambda: weight * d, lambda: g * x**power)

    def parts(x: Any, *, axis: int) -> Any:
        ran.append("forward")
        first, second = np.split(x, 2, axis)
        return (first, second, (first + second) / 2), axis

    def parts_vjp(g: Any, out: Any, residuals: Any, x: Any, *, axis: int) -> Any:
        ran.append("vjp")
        assert residuals == axis
        return (np.concatenate(g[:2], axis),)

    monkeypatch.setitem(table._found, "slope", Kernel(forward, vjp))
    monkeypatch.setitem(table._found, "halves", Kernel(parts, parts_vjp))
    monkeypatch.setattr(table, "SMALLEST", 2)
    return ran


def test_the_kernel_runs_and_so_does_its_vjp(calls: list[str]) -> None:
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0], requires_grad=True)
    y = slope(x, w, power=3)
    assert calls == ["forward"]
    y.sum().backward()
    assert calls == ["forward", "vjp"]
    assert x.grad is not None
    assert w.grad is not None
    assert x.grad.tolist() == [9.0, 36.0]
    assert w.grad.tolist() == [9.0]  # summed over what it was broadcast to


def test_second_derivatives_go_through_the_definition(calls: list[str]) -> None:
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0], requires_grad=True)
    (d,) = lucid.autograd.grad(slope(x, w, power=3).sum(), x, create_graph=True)
    assert calls == ["forward"]
    assert d.tolist() == [9.0, 36.0]
    dx, dw = lucid.autograd.grad(d.sum(), [x, w])
    assert dx.tolist() == [18.0, 36.0]
    assert dw.tolist() == [15.0]


def test_second_derivatives_where_one_argument_was_computed_from_the_other(calls: list[str]) -> None:
    x = Tensor([2.0, 3.0], requires_grad=True)
    y = slope(x, x * x, power=2)  # x ** 4
    (d,) = lucid.autograd.grad(y.sum(), x, create_graph=True)
    assert d.tolist() == [32.0, 108.0]
    (d2,) = lucid.autograd.grad(d.sum(), x)
    assert d2.tolist() == [48.0, 108.0]


def test_one_tensor_twice(calls: list[str]) -> None:
    x = Tensor([2.0, 3.0], requires_grad=True)
    (d,) = lucid.autograd.grad(slope(x, x, power=2).sum(), x, create_graph=True)
    assert d.tolist() == [12.0, 27.0]
    (d2,) = lucid.autograd.grad(d.sum(), x)
    assert d2.tolist() == [12.0, 18.0]


def test_the_definition_serves_where_the_kernel_declines_or_does_not_pay(calls: list[str]) -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    slope(x, None, power=-1).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [-1.0, -0.25]
    slope(Tensor([1.0]), None, power=2)  # too small
    slope(Tensor([1.0, 2.0], device="xla:cpu"), None, power=2)
    lucid.func.vmap(lambda row: slope(row, None, power=2))(lucid.ones((2, 2)))
    assert calls == []


def test_several_results_of_which_one_is_aside(calls: list[str]) -> None:
    x = Tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    first, second, middle = halves(x, axis=0)
    assert (first.requires_grad, middle.requires_grad) == (True, False)
    assert middle.tolist() == [2.0, 3.0]
    (2 * second).sum().backward()
    assert calls == ["forward", "vjp"]
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 0.0, 2.0, 2.0]
    first, second, _ = halves(x, axis=0)
    (d,) = lucid.autograd.grad((first * second).sum(), x, create_graph=True)
    assert d.tolist() == [3.0, 4.0, 1.0, 2.0]
    (d2,) = lucid.autograd.grad((d * d).sum(), x)
    assert d2.tolist() == [2.0, 4.0, 6.0, 8.0]


def test_nothing_is_kept_without_recording(calls: list[str]) -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    with lucid.no_grad():
        assert not slope(x, None, power=2).requires_grad
    assert not slope(x.detach(), None, power=2).requires_grad


def test_the_environment_turns_kernels_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUCID_KERNELS", "numpy")
    assert not table.allowed("numba")
    assert not table.allowed("onednn")
    monkeypatch.setenv("LUCID_KERNELS", "onednn")
    assert table.allowed("onednn")
    assert not table.allowed("numba")
    monkeypatch.setenv("LUCID_KERNELS", "")
    assert table.allowed("onednn")


def test_a_slip_in_the_environment_is_told_by_the_first_operation_and_not_by_the_import() -> None:
    code = "import lucid; x = lucid.ones(9999); print('imported'); lucid.nn.functional.relu(x)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "LUCID_KERNELS": "bogus"},
    )
    assert done.stdout.strip() == "imported"
    assert "ArgumentError: the environment variable LUCID_KERNELS is 'bogus': set it to numpy" in done.stderr


def test_jacobians_where_the_forward_pass_ran_by_a_kernel(calls: list[str]) -> None:
    x = Tensor([1.0, 2.0])
    found = lucid.func.jacobian(lambda x: slope(x, None, power=3))(x)
    assert "forward" in calls
    assert found.tolist() == [[3.0, 0.0], [0.0, 12.0]]
    found = lucid.func.jacobian(lambda x: halves(x, axis=0)[1])(Tensor([1.0, 2.0, 3.0, 4.0]))
    assert found.tolist() == [[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]


def test_a_kernel_that_no_longer_serves_leaves_the_way_back_to_the_definition(calls: list[str]) -> None:
    x, w = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0], requires_grad=True)
    y = slope(x, w, power=3)
    kernel = table.find("slope")
    assert kernel is not None
    kernel.serves = False
    y.sum().backward()
    assert calls == ["forward"]
    assert x.grad is not None
    assert w.grad is not None
    assert x.grad.tolist() == [9.0, 36.0]
    assert w.grad.tolist() == [9.0]


def test_operations_are_pickled_by_name() -> None:
    for operation in (F.relu, F.elu, lucid.tanh):
        assert pickle.loads(pickle.dumps(operation)) is operation
        assert copy.deepcopy(operation) is operation
