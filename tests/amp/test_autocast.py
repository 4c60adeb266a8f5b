"""What autocast lowers, where, and for how long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor
from lucid.amp import autocast, is_autocast_enabled
from lucid.engines.settings import precision_of
from lucid.errors import ArgumentError, ArgumentTypeError

rng = np.random.default_rng(0)
# Large enough to be worth rounding.
left, right = (rng.standard_normal((512, 512)).astype(np.float32) for _ in range(2))
image, kernel = (rng.standard_normal(shape).astype(np.float32) for shape in ((4, 32, 16, 16), (64, 32, 3, 3)))
PRODUCTS: list[tuple[str, Callable[..., Any], tuple[Any, ...]]] = [
    ("matmul", lambda x, y: x @ y, (left, right)),
    ("linear", lambda x, y: F.linear(x, y), (left, right)),
    ("conv2d", lambda x, y: F.conv2d(x, y), (image, kernel)),
]
every_product = pytest.mark.parametrize(
    ("function", "arrays"), [row[1:] for row in PRODUCTS], ids=[row[0] for row in PRODUCTS]
)


def both_ways(function: Callable[..., Any], arrays: Any, forward: bool, back: bool) -> list[Any]:
    """Return the result and the gradients, each way in autocast or not."""
    tensors = [Tensor(array, requires_grad=True) for array in arrays]
    with autocast(enabled=forward):
        y = function(*tensors)
    with autocast(enabled=back):
        (y * y).sum().backward()
    return [t.numpy() for t in (y, *(t.grad for t in tensors if t.grad is not None))]


@every_product
def test_the_way_back_is_computed_as_the_way_forward(function: Callable[..., Any], arrays: Any) -> None:
    plain = both_ways(function, arrays, False, False)
    inside = both_ways(function, arrays, True, True)
    for after, wanted in ((True, plain), (False, inside)):
        for a, b in zip(both_ways(function, arrays, not after, after), wanted, strict=True):
            np.testing.assert_array_equal(a, b)


@every_product
def test_it_is_the_medium_precision(function: Callable[..., Any], arrays: Any) -> None:
    inside = both_ways(function, arrays, True, False)
    lucid.set_float32_matmul_precision("medium")
    try:
        medium = both_ways(function, arrays, False, False)
    finally:
        lucid.set_float32_matmul_precision("highest")
    for a, b in zip(inside, medium, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == np.float32


@every_product
def test_results_are_near(function: Callable[..., Any], arrays: Any) -> None:
    """The factors have 8 bits of mantissa, so a product is off by 2**-8 at most; sums average that out."""
    plain, inside = (both_ways(function, arrays, mode, False) for mode in (False, True))
    for a, b in zip(plain, inside, strict=True):
        assert np.abs(a - b).max() <= 2**-7 * np.abs(a).max()


def test_second_derivatives_are_lowered_too() -> None:
    """What a derivative computes is recorded with the precision that it had."""
    x = Tensor(left, requires_grad=True)
    with autocast("cpu"):
        y = x @ x
    (g,) = lucid.autograd.grad((y * y).sum(), x, create_graph=True)
    assert g._node is not None
    seen = {node.lowered for node in lucid.autograd.ancestors([g._node])}
    assert seen == {(), ("cpu",)}
    (g * g).sum().backward()
    assert not is_autocast_enabled()


def test_double_precision_stays() -> None:
    x = Tensor(left.astype(np.float64))
    with autocast():
        y = x @ x
    np.testing.assert_array_equal(y.numpy(), (x @ x).numpy())


def test_nesting_and_errors_leave_what_was() -> None:
    with autocast():
        assert is_autocast_enabled("cpu")
        assert is_autocast_enabled("gpu")
        with autocast("cpu", enabled=False):
            assert not is_autocast_enabled("cpu")
            assert is_autocast_enabled("xla")
        with pytest.raises(ZeroDivisionError), autocast(enabled=False):
            raise ZeroDivisionError
        assert is_autocast_enabled("cpu")
    assert not is_autocast_enabled()
    mode = autocast("xla:cpu")
    with mode, mode:
        assert precision_of("xla") == "medium"
        assert precision_of("cpu") == "highest"
    assert not is_autocast_enabled()


def test_of_one_thread_alone() -> None:
    seen: list[bool] = []
    with autocast():
        thread = threading.Thread(target=lambda: seen.append(is_autocast_enabled()))
        thread.start()
        thread.join()
    assert seen == [False]


def test_one_object_serves_two_threads() -> None:
    mode = autocast("cpu")
    with autocast("xla"):
        with mode:
            other = threading.Thread(target=mode.__enter__)  # what was before it there is not what was here
            other.start()
            other.join()
        assert (is_autocast_enabled("cpu"), is_autocast_enabled("xla")) == (False, True)
    assert not is_autocast_enabled()


def test_a_function_that_runs_in_it() -> None:
    @autocast("cpu")
    def product(depth: int) -> list[bool]:
        """Return whether it is enabled."""
        return [is_autocast_enabled("cpu"), *(product(depth - 1) if depth else [])]

    assert product(2) == [True] * 3
    assert product.__doc__ == "Return whether it is enabled."
    assert not is_autocast_enabled()
    with pytest.raises(ArgumentTypeError, match="generator function"):

        @autocast()
        def several() -> Any:
            yield 1


def test_a_model_trains_in_it() -> None:
    lucid.random.seed(0)
    model = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 1))
    optimizer = lucid.optim.Adam(model.parameters(), 1e-2)
    x = lucid.random.randn(256, 64)
    target = x[:, :1]
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        with autocast():
            loss = F.mse_loss(model(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 20


def test_on_xla() -> None:
    pytest.importorskip("jax")
    x = Tensor(left, device="xla:cpu")
    with autocast("xla"):
        y = x @ x
    np.testing.assert_allclose(y.numpy(), left @ left, rtol=2e-2, atol=1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: autocast("cuda"), "device_type to be one of .* got 'cuda': CUDA devices are \"gpu\" here"),
        (lambda: autocast(0), "device_type to be one of"),
        (lambda: autocast(dtype="float16"), "computes in \"bfloat16\", got dtype='float16'"),
        (lambda: autocast(dtype=lucid.float64), 'computes in "bfloat16"'),
        (lambda: is_autocast_enabled("npu"), "got 'npu'"),
    ],
)
def test_bad_input(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


def test_dtype_may_be_named() -> None:
    with autocast("cpu", "bfloat16"):
        assert is_autocast_enabled("cpu")
