"""Optimizers step by step, against the formulas written out in NumPy, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor, optim
from lucid.errors import GradientError
from lucid.testing import DEVICES
from tests.optim.formulas import CLASSES, ROWS, STEPS, names_of

every_device = pytest.mark.parametrize("device", DEVICES)

Array = Any


def gradients(shape: tuple[int, ...], steps: int) -> Iterator[Array]:
    rng = np.random.default_rng(1)
    return (rng.standard_normal(shape) for _ in range(steps))


every_row = pytest.mark.parametrize(("cls", "formula", "options"), ROWS, ids=names_of(ROWS))
every_optimizer = pytest.mark.parametrize("cls", CLASSES)


@every_device
@every_row
@pytest.mark.parametrize("shape", [(2, 3), ()])
def test_steps(cls: Any, formula: Any, options: dict[str, Any], shape: tuple[int, ...], device: str) -> None:
    start = np.random.default_rng(0).standard_normal(shape)
    p = nn.Parameter(Tensor(start, device=device))
    node = p._node
    optimizer = cls([p], **options)
    for g, expected in zip(
        gradients(shape, STEPS), formula(start, gradients(shape, STEPS), **options), strict=True
    ):
        p.grad = lucid.asarray(g, dtype=lucid.float64, device=device)
        optimizer.step()
        np.testing.assert_allclose(p.numpy(), expected, rtol=1e-13, atol=1e-16)  # one comes close to 0
        assert (p.dtype, p.device, p.shape) == (lucid.float64, device, shape)
    assert p._node is node
    assert p.is_leaf


LARGE: list[tuple[Any, str, dict[str, Any]]] = [
    (optim.Adam, "exp_avg_sq", {}),
    (optim.NAdam, "exp_avg_sq", {}),
    (optim.RAdam, "exp_avg_sq", {}),
    (optim.RMSprop, "square_avg", {"alpha": 0.999}),
    (optim.Adadelta, "square_avg", {"rho": 0.999}),
]


@every_device
@pytest.mark.parametrize(("cls", "name", "options"), LARGE, ids=[cls.__name__ for cls, *_ in LARGE])
def test_a_share_of_a_square_may_be_finite_where_the_square_is_not(
    cls: Any, name: str, options: dict[str, Any], device: str
) -> None:
    p = nn.Parameter(lucid.ones(2, device=device))
    optimizer = cls([p], **options)
    p.grad = lucid.full_like(p, 1e20)
    optimizer.step()
    np.testing.assert_allclose(optimizer.state_dict()["state"]["0"][name].numpy(), 1e37, rtol=1e-6)
    assert lucid.isfinite(p).all()


@every_device
@every_optimizer
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_dtype_is_kept(cls: Any, dtype: str, device: str) -> None:
    p = nn.Parameter(lucid.ones((2, 2), dtype=dtype, device=device))
    # A rate computed with NumPy is a float64, which must not widen the parameter.
    optimizer = cls(
        [p], lr=np.float64(0.1), **({} if cls is optim.Rprop else {"weight_decay": np.float64(0.1)})
    )
    for _ in range(2):
        optimizer.param_groups[0]["lr"] = np.float64(0.05)
        p.grad = lucid.ones((2, 2), dtype=dtype, device=device)
        optimizer.step()
    assert p.dtype == np.dtype(dtype)
    for state in optimizer.state_dict()["state"].values():
        assert all(value.dtype == np.dtype(dtype) for value in state.values() if isinstance(value, Tensor))


LONGER = {"Adagrad": {"lr": 1.0}, "Adadelta": {"lr": 1.0, "eps": 1e-2}, "Lion": {"lr": 0.02}}


@pytest.mark.parametrize(
    ("cls", "device"),
    [*((cls, "cpu") for cls in CLASSES), *((cls, d) for cls in CLASSES[:2] for d in DEVICES[1:])],
)
def test_it_learns(cls: Any, device: str) -> None:
    """A linear map from examples without noise, which all of them should find."""
    lucid.random.seed(0)
    x = lucid.random.randn(64, 3, device=device)
    target = x @ Tensor([[1.0], [-2.0], [0.5]], device=device) + 3
    model = nn.Linear(3, 1, device=device)
    optimizer = cls(model.parameters(), **LONGER.get(cls.__name__, {"lr": 0.1}))
    for _ in range(400 if cls is optim.Lion else 200):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), target)
        loss.backward()
        optimizer.step()
    assert loss.item() < 1e-2


def test_no_array_is_written_to() -> None:
    """Not the parameter's, nor the gradient's, nor the state's: others may hold them."""
    rows = [(cls, {}) for cls in CLASSES] + [(optim.SGD, {"momentum": 0.9}), (optim.Adam, {"amsgrad": True})]
    rows.append((optim.RMSprop, {"momentum": 0.9, "centered": True}))
    for cls, options in rows:
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


@pytest.mark.parametrize(
    ("cls", "options", "g", "second"),
    [(optim.SGD, {"momentum": 1.0}, 0.0, -2.0), (optim.Rprop, {"etas": (0.5, 2.0)}, 1.0, -3.0)],
)
def test_the_state_does_not_follow_the_array_of_the_first_gradient(
    cls: Any, options: dict[str, Any], g: float, second: float
) -> None:
    p = nn.Parameter(lucid.zeros(2))
    optimizer = cls([p], lr=1.0, **options)
    mine = np.ones(2, np.float32)
    p.grad = lucid.asarray(mine)
    optimizer.step()
    mine[:] = -100
    p.grad = lucid.full((2,), g)
    optimizer.step()
    assert p.tolist() == [second, second]


@every_optimizer
def test_parameters_without_gradients_stay(cls: Any) -> None:
    p, frozen, unused = nn.Parameter([1.0]), nn.Parameter([1.0], requires_grad=False), nn.Parameter([1.0])
    optimizer = cls([p, frozen, unused], lr=0.5)
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
def test_what_rmsprop_keeps_begins_when_it_is_turned_on(size: int) -> None:
    p = nn.Parameter(lucid.zeros(size))
    optimizer = optim.RMSprop([p], lr=1.0, alpha=0.0, eps=1.0)
    found = []
    for momentum, centered, g in ((0.0, False, 1.0), (0.5, False, 1.0), (0.5, True, 3.0), (0.0, False, 0.0)):
        optimizer.param_groups[0] |= {"momentum": momentum, "centered": centered}
        p.grad = lucid.full((size,), g)
        optimizer.step()
        found.append(p.numpy()[-1])
    # The steps are 1 / 2, 1 / 2, (1 / 2) / 2 + 3 / 1 and 0.
    np.testing.assert_allclose(found, [-0.5, -1.0, -4.25, -4.25])
    assert set(optimizer.state_dict()["state"]["0"]) == {"step", "square_avg", "momentum_buffer", "grad_avg"}


def test_equal_gradients_do_not_make_rmsprop_root_less_than_nothing() -> None:
    """The mean of squares less the square of the mean is 0 then, give or take rounding."""
    for size in (3, 4096):
        p = nn.Parameter(lucid.zeros(size))
        optimizer = optim.RMSprop([p], alpha=0.5, centered=True, eps=0.1)
        for _ in range(60):
            p.grad = lucid.full((size,), 0.3)
            optimizer.step()
        assert abs(p.numpy()).max() < 60 * 0.01 * 0.3 / 0.1


def test_asgd_keeps_the_mean() -> None:
    for size in (3, 4096):
        p = nn.Parameter(lucid.zeros(size))
        optimizer = optim.ASGD([p], lr=1.0, lambd=0.0, t0=1.0)
        means = []
        for _ in range(5):
            p.grad = lucid.full((size,), -1.0)
            optimizer.step()
            means.append(optimizer.state_dict()["state"]["0"]["ax"].numpy()[-1])
        # p is 1, 2, 3, 4, 5, and the mean begins at 3.
        np.testing.assert_allclose(means, [1, 2, 3, 3.5, 4], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_rprop_sees_the_sign_of_small_gradients(dtype: str) -> None:
    """Whose product is 0 in their dtype."""
    p = nn.Parameter(lucid.zeros(2, dtype=dtype))
    optimizer = optim.Rprop([p], lr=1.0, etas=(0.5, 2.0))
    g = 1e-4 if dtype == "float16" else 1e-30
    for _ in range(2):
        p.grad = Tensor([g, -g], dtype=dtype)
        optimizer.step()
    assert p.tolist() == [-3.0, 3.0]


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
