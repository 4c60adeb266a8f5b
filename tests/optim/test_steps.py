"""Optimizers step by step, against the formulas written out in NumPy, on both engines."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor, optim
from lucid.errors import GradientError
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)

Array = Any


def gradients(shape: tuple[int, ...], steps: int) -> Iterator[Array]:
    rng = np.random.default_rng(1)
    return (rng.standard_normal(shape) for _ in range(steps))


def sgd(
    p: Array,
    gs: Iterator[Array],
    lr: float = 1e-3,
    momentum: float = 0,
    dampening: float = 0,
    weight_decay: float = 0,
    nesterov: bool = False,
    maximize: bool = False,
) -> Iterator[Array]:
    velocity = None
    for g in gs:
        g = (-g if maximize else g) + weight_decay * p
        velocity = g if velocity is None else momentum * velocity + (1 - dampening) * g
        if momentum:
            g = g + momentum * velocity if nesterov else velocity
        p = p - lr * g
        yield p


def adam(
    p: Array,
    gs: Iterator[Array],
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0,
    amsgrad: bool = False,
    maximize: bool = False,
    decoupled: bool = False,
) -> Iterator[Array]:
    m = v = largest = np.zeros_like(p)
    for t, g in enumerate(gs, start=1):
        g = -g if maximize else g
        if decoupled:
            p = p - lr * weight_decay * p
        else:
            g = g + weight_decay * p
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        largest = np.maximum(largest, v)
        m_hat = m / (1 - betas[0] ** t)
        v_hat = (largest if amsgrad else v) / (1 - betas[1] ** t)
        p = p - lr * m_hat / (np.sqrt(v_hat) + eps)
        yield p


def adamw(p: Array, gs: Iterator[Array], weight_decay: float = 1e-2, **options: Any) -> Iterator[Array]:
    return adam(p, gs, weight_decay=weight_decay, decoupled=True, **options)


def each(**options: list[Any]) -> list[dict[str, Any]]:
    """Return every combination of the options' values."""
    return [dict(zip(options, values, strict=True)) for values in itertools.product(*options.values())]


ADAM_OPTIONS = [
    {},
    {"betas": (0.5, 0.9), "eps": 1e-3},
    {"betas": (0.0, 0.0)},
    *each(lr=[0.1], weight_decay=[0.0, 0.2], amsgrad=[False, True], maximize=[False, True]),
]

ROWS = [
    *(
        (optim.SGD, sgd, options)
        for options in [
            {},
            {"momentum": 0.9, "dampening": 0.5},
            *each(lr=[0.1], momentum=[0.0, 0.9], weight_decay=[0.0, 0.2], maximize=[False, True]),
            *each(lr=[0.1], momentum=[0.9], weight_decay=[0.0, 0.2], nesterov=[True]),
        ]
    ),
    *((optim.Adam, adam, options) for options in ADAM_OPTIONS),
    *((optim.AdamW, adamw, options) for options in ADAM_OPTIONS),
]

every_row = pytest.mark.parametrize(
    ("cls", "formula", "options"), ROWS, ids=[f"{cls.__name__}{options}" for cls, _, options in ROWS]
)
every_optimizer = pytest.mark.parametrize("cls", [optim.SGD, optim.Adam, optim.AdamW])


@every_device
@every_row
@pytest.mark.parametrize("shape", [(2, 3), ()])
def test_steps(cls: Any, formula: Any, options: dict[str, Any], shape: tuple[int, ...], device: str) -> None:
    start = np.random.default_rng(0).standard_normal(shape)
    p = nn.Parameter(Tensor(start, device=device))
    node = p._node
    optimizer = cls([p], **options)
    for g, expected in zip(gradients(shape, 5), formula(start, gradients(shape, 5), **options), strict=True):
        p.grad = lucid.asarray(g, dtype=lucid.float64, device=device)
        optimizer.step()
        np.testing.assert_allclose(p.numpy(), expected, rtol=1e-13)
        assert (p.dtype, p.device, p.shape) == (lucid.float64, device, shape)
    assert p._node is node
    assert p.is_leaf


@every_device
@every_optimizer
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_dtype_is_kept(cls: Any, dtype: str, device: str) -> None:
    p = nn.Parameter(lucid.ones((2, 2), dtype=dtype, device=device))
    # A rate computed with NumPy is a float64, which must not widen the parameter.
    optimizer = cls([p], lr=np.float64(0.1), weight_decay=np.float64(0.1))
    for _ in range(2):
        optimizer.param_groups[0]["lr"] = np.float64(0.05)
        p.grad = lucid.ones((2, 2), dtype=dtype, device=device)
        optimizer.step()
    assert p.dtype == np.dtype(dtype)
    for state in optimizer.state_dict()["state"].values():
        assert all(value.dtype == np.dtype(dtype) for value in state.values() if isinstance(value, Tensor))


@every_device
@every_optimizer
def test_it_learns(cls: Any, device: str) -> None:
    """A linear map from examples without noise, which all of them should find."""
    lucid.random.seed(0)
    x = lucid.random.randn(64, 3, device=device)
    target = x @ Tensor([[1.0], [-2.0], [0.5]], device=device) + 3
    model = nn.Linear(3, 1, device=device)
    optimizer = cls(model.parameters(), lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), target)
        loss.backward()
        optimizer.step()
    assert loss.item() < 1e-2


def test_no_array_is_written_to() -> None:
    """Not the parameter's, nor the gradient's, nor the state's: others may hold them."""
    for cls, options in ((optim.SGD, {"momentum": 0.9}), (optim.Adam, {"amsgrad": True}), (optim.AdamW, {})):
        p = nn.Parameter(lucid.ones(3))
        optimizer = cls([p], **options)
        p.grad = lucid.ones(3)
        optimizer.step()
        state = optimizer.state_dict()["state"]["0"]
        held = [p.detach(), p.grad, *(t for t in state.values() if isinstance(t, Tensor))]
        before = [t.tolist() for t in held]
        optimizer.step()
        assert [t.tolist() for t in held] == before
        assert p.tolist() != before[0]


def test_momentum_does_not_follow_the_array_of_the_first_gradient() -> None:
    p = nn.Parameter(lucid.zeros(2))
    optimizer = optim.SGD([p], lr=1.0, momentum=1.0)
    mine = np.ones(2, np.float32)
    p.grad = lucid.asarray(mine)
    optimizer.step()
    mine[:] = 100
    p.grad = lucid.zeros(2)
    optimizer.step()
    assert p.tolist() == [-2, -2]


@every_optimizer
def test_parameters_without_gradients_stay(cls: Any) -> None:
    p, frozen, unused = nn.Parameter([1.0]), nn.Parameter([1.0], requires_grad=False), nn.Parameter([1.0])
    optimizer = cls([p, frozen, unused], lr=0.5, weight_decay=0.5)
    (p * 2 + frozen).sum().backward()
    optimizer.step()
    assert p.item() != 1
    assert frozen.item() == unused.item() == 1
    assert set(optimizer.state_dict()["state"]) <= {"0"}


@every_optimizer
def test_the_step_is_not_recorded(cls: Any) -> None:
    p = nn.Parameter([1.0])
    optimizer = cls([p])
    loss = (p * p).sum()
    loss.backward(create_graph=True)
    optimizer.step()
    assert p.is_leaf
    before = p.detach()
    optimizer.zero_grad()
    assert p.grad is None
    (p * 3).sum().backward()
    assert p.grad is not None
    assert p.grad.tolist() == [3]
    assert p.tolist() == before.tolist()


@every_optimizer
def test_graphs_made_before_a_step_keep_their_values(cls: Any) -> None:
    p = nn.Parameter([2.0])
    optimizer = cls([p], lr=0.5)
    y = (p * p).sum()
    p.grad = lucid.ones(1)
    optimizer.step()
    optimizer.zero_grad()
    y.backward()
    assert p.grad is not None
    assert p.grad.tolist() == [4]


def test_closure_computes_the_loss_even_under_no_grad() -> None:
    p = nn.Parameter([3.0])
    optimizer = optim.SGD([p], lr=0.5)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with lucid.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 9
    assert p.item() == 0
    assert optimizer.step() is None


def test_parameters_that_move_take_their_state_along() -> None:
    pytest.importorskip("jax")
    model = nn.Linear(2, 1)
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    there = nn.Linear(2, 1)
    there.load_state_dict(model.state_dict())
    reference = optim.Adam(there.parameters(), lr=0.1)
    for device in ("cpu", "xla:cpu", "cpu"):
        model.to(device)
        for m, o, d in ((model, optimizer, device), (there, reference, "cpu")):
            o.zero_grad()
            m(lucid.ones((1, 2), device=d)).sum().backward()
            o.step()
        assert model.weight.device == device
        np.testing.assert_allclose(model.weight.numpy(), there.weight.numpy(), rtol=1e-6)


def test_a_gradient_that_does_not_fit_moves_nothing() -> None:
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.SGD([("a", a), ("b", b)], lr=0.5)
    a.grad = b.grad = lucid.ones(1)
    b._array = b._array.astype("float64")
    with pytest.raises(GradientError, match=r"gradient of 'b' is \(1,\) float32 .* call zero_grad\(\)"):
        optimizer.step()
    assert a.item() == 1


@pytest.mark.parametrize("with_gradient", [True, False])
def test_a_parameter_that_was_written_to_while_recording_moves_nothing(with_gradient: bool) -> None:
    a, b = nn.Parameter([1.0]), nn.Parameter([2.0])
    optimizer = optim.SGD([("a", a), ("b", b)], lr=1.0)
    if with_gradient:
        (a * b).sum().backward()
    b *= 2
    with pytest.raises(GradientError, match=r"SGD: 'b' was written to .*no_grad"):
        optimizer.step()
    assert (a.item(), b.item()) == (1.0, 4.0)


def test_an_option_that_went_bad_moves_nothing() -> None:
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.SGD([{"params": [a]}, {"params": [b]}], lr=0.5)
    a.grad = b.grad = lucid.ones(1)
    optimizer.param_groups[1]["lr"] = float("nan")
    with pytest.raises(lucid.errors.ArgumentError, match="lr to be finite and at least 0, got nan"):
        optimizer.step()
    assert a.item() == 1


# ----------------------------------------------------------------- options that come and go


@every_device
@pytest.mark.parametrize("size", [3, 4096])
def test_a_step_without_momentum_leaves_the_velocity(size: int, device: str) -> None:
    p = nn.Parameter(lucid.ones(size, device=device))
    optimizer = optim.SGD([p], lr=0.1)
    found = []
    for momentum in (0.9, 0.9, 0.0, 0.9, 0.9):
        optimizer.param_groups[0]["momentum"] = momentum
        p.grad = lucid.ones_like(p)
        optimizer.step()
        found.append(p.numpy()[-1])
    np.testing.assert_allclose(found, [0.9, 0.71, 0.61, 0.339, -0.0049], atol=1e-6)


@pytest.mark.parametrize("size", [3, 4096])
def test_the_largest_square_stays_while_amsgrad_is_off(size: int) -> None:
    p = nn.Parameter(lucid.ones(size))
    optimizer = optim.Adam([p], betas=(0.0, 0.5))
    largest = []
    for amsgrad, g in ((True, 2.0), (False, 4.0), (True, 0.0)):
        optimizer.param_groups[0]["amsgrad"] = amsgrad
        p.grad = lucid.full((size,), g)
        optimizer.step()
        largest.append(optimizer.state_dict()["state"]["0"]["max_exp_avg_sq"].numpy()[-1])
    assert largest == [2.0, 2.0, 4.5]  # of v = 2, 9, 4.5
