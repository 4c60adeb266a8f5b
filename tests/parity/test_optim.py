"""Optimizers against PyTorch's, twenty steps of each, with every option."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor, optim
from tests.optim.formulas import OPTIONS, each

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.parity

STEPS = 20


# What PyTorch's have and formulas in NumPy need not: rows for each option, alone and with others.
ROWS = [
    *((name, options) for name, rows in OPTIONS.items() if name != "Lion" for options in rows),
    *(
        ("SGD", options)
        for options in each(
            lr=[0.1], momentum=[0.9], dampening=[0.4], weight_decay=[0.2], maximize=[False, True]
        )
    ),
    *(
        (name, options)
        for name in ("NAdam", "RAdam")
        for options in each(
            lr=[0.1], weight_decay=[0.0, 0.2], decoupled_weight_decay=[False, True], maximize=[False, True]
        )
    ),
    *(
        (name, options)
        for name in ("Adamax", "Adagrad", "Adadelta", "ASGD")
        for options in each(lr=[0.1], weight_decay=[0.0, 0.2], maximize=[False, True])
    ),
    ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.3}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.5, "eps": 1e-3, "momentum": 0.5, "centered": True}),
    ("Rprop", {"lr": 0.1, "etas": (0.1, 2.0), "maximize": True}),
    ("Rprop", {"lr": 10.0, "step_sizes": (0.01, 1.0)}),
    ("ASGD", {"lr": 0.1, "lambd": 0.1, "alpha": 0.9, "t0": 5.0}),
]
NAMES = [name for name in OPTIONS if name != "Lion"]

every_row = pytest.mark.parametrize(("name", "options"), ROWS, ids=[f"{n}{o}" for n, o in ROWS])
every_name = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def precise() -> Any:
    """Let PyTorch keep the numbers of its states in float64, as Lucid does."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def step_both(a: Any, p: Any, b: Any, q: Any, gradients: Any, rtol: float) -> None:
    for g in gradients:
        p.grad = Tensor(g)
        q.grad = torch.tensor(g)
        a.step()
        b.step()
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=rtol, atol=rtol)


@every_row
def test_steps(name: str, options: dict[str, Any], precise: None) -> None:
    rng = np.random.default_rng(0)
    start, gradients = rng.standard_normal((3, 4)), rng.standard_normal((STEPS, 3, 4))
    p, q = nn.Parameter(Tensor(start)), torch.nn.Parameter(torch.tensor(start))
    a, b = getattr(optim, name)([p], **options), getattr(torch.optim, name)([q], **options)
    # float64 and twenty steps: the two differ only by how they round.
    step_both(a, p, b, q, gradients, 1e-12)
    state = a.state_dict()["state"].get("0", {})
    theirs = {k: v for k, v in b.state_dict()["state"].get(0, {}).items() if v is not None}
    assert set(state) == set(theirs)
    for key, value in theirs.items():
        mine = state[key].numpy() if isinstance(state[key], Tensor) else state[key]
        np.testing.assert_allclose(mine, value.numpy(), rtol=1e-12, atol=1e-12)


@every_name
def test_steps_in_float32(name: str) -> None:
    rng = np.random.default_rng(1)
    start = rng.standard_normal((3, 4)).astype(np.float32)
    gradients = rng.standard_normal((STEPS, 3, 4)).astype(np.float32)
    p, q = nn.Parameter(Tensor(start)), torch.nn.Parameter(torch.tensor(start))
    a, b = getattr(optim, name)([p], lr=0.1), getattr(torch.optim, name)([q], lr=0.1)
    # Twenty steps that each round by 6e-8 of numbers up to 4.
    step_both(a, p, b, q, gradients, 5e-6)


@every_row
def test_steps_of_kernels(name: str, options: dict[str, Any]) -> None:
    """Large enough that a kernel moves all of them: of several shapes, and one by columns."""
    rng = np.random.default_rng(3)
    starts = [rng.standard_normal(shape).astype(np.float32) for shape in ((70, 41), (41,), (3, 5, 7), ())]
    ps = [nn.Parameter(Tensor(x)) for x in starts]
    ps[0] = nn.Parameter(lucid.asarray(np.asfortranarray(starts[0])))
    qs = [torch.nn.Parameter(torch.tensor(x)) for x in starts]
    a, b = getattr(optim, name)(ps, **options), getattr(torch.optim, name)(qs, **options)
    for step in range(5):
        for p, q, x in zip(ps, qs, starts, strict=True):
            g = rng.standard_normal(x.shape).astype(np.float32)
            p.grad, q.grad = Tensor(g), torch.tensor(g)
        for optimizer in (a, b):
            optimizer.param_groups[0]["lr"] = 0.1 / (1 + step)
            optimizer.step()
        for p, q in zip(ps, qs, strict=True):
            np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=5e-6, atol=5e-6)
    theirs = b.state_dict()["state"]
    for i, state in enumerate(a.state_dict()["state"].values()):
        for key, value in state.items():
            found = value.numpy() if isinstance(value, Tensor) else value
            np.testing.assert_allclose(found, theirs[i][key].numpy(), rtol=5e-6, atol=5e-6)


def gradients(dtype: Any, scale: float = 1.0) -> tuple[list[Any], list[Any]]:
    rng = np.random.default_rng(4)
    arrays = [scale * rng.standard_normal(shape) for shape in ((70, 41), (41,), (), (2, 3))]
    ps = [nn.Parameter(Tensor(a, dtype=dtype)) for a in arrays]
    qs = [torch.nn.Parameter(torch.tensor(p.numpy())) for p in ps]
    for p, q in zip(ps[:3], qs, strict=False):  # the last has none
        p.grad, q.grad = Tensor(p.numpy()), torch.tensor(p.numpy())
    return ps, qs


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("order", [2.0, 1.0, float("inf"), -float("inf"), 0.5, 3, 0])
@pytest.mark.parametrize("most", [0.0, 1e-3, 1.0, 1e9, float("inf")])
def test_clip_grad_norm(dtype: str, order: float, most: float) -> None:
    rtol = 1e-12 if dtype == "float64" else 2e-5
    ps, qs = gradients(dtype)
    theirs = torch.nn.utils
    wanted = theirs.get_total_norm([q.grad for q in qs[:3]], order)
    total = nn.utils.get_total_norm([p.grad for p in ps[:3]], order)
    assert total.dtype.name == dtype
    np.testing.assert_allclose(total.numpy(), wanted.numpy(), rtol=rtol)
    found, wanted = nn.utils.clip_grad_norm_(ps, most, order), theirs.clip_grad_norm_(qs, most, order)
    np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=rtol)
    for p, q in zip(ps[:3], qs, strict=False):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=rtol)
    nn.utils.clip_grads_with_norm_(ps, 0.5, found)
    theirs.clip_grads_with_norm_(qs, 0.5, wanted)
    for p, q in zip(ps[:3], qs, strict=False):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=rtol)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1.0])
def test_clip_grad_value(dtype: str, value: float) -> None:
    ps, qs = gradients(dtype)
    ps[1].grad[3] = value
    qs[1].grad[3] = value
    for most in (0.7, 0.0):
        nn.utils.clip_grad_value_(ps, most)
        torch.nn.utils.clip_grad_value_(qs, most)
        for p, q in zip(ps[:3], qs, strict=False):
            np.testing.assert_array_equal(p.grad.numpy(), q.grad.numpy())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_clip_what_is_not_finite(value: float) -> None:
    ps, qs = gradients("float32")
    ps[1].grad[3] = value
    qs[1].grad[3] = value
    for utils, tensors in ((nn.utils, ps), (torch.nn.utils, qs)):
        with pytest.raises(RuntimeError):
            utils.clip_grad_norm_(tensors, 1.0, error_if_nonfinite=True)
    found, wanted = nn.utils.clip_grad_norm_(ps, 1.0), torch.nn.utils.clip_grad_norm_(qs, 1.0)
    np.testing.assert_equal(found.numpy(), wanted.numpy())
    for p, q in zip(ps[:3], qs, strict=False):
        np.testing.assert_array_equal(p.grad.numpy(), q.grad.numpy())


@every_name
def test_defaults_are_the_same(name: str) -> None:
    ours = getattr(optim, name)([nn.Parameter([1.0])]).defaults
    theirs = getattr(torch.optim, name)([torch.nn.Parameter(torch.ones(1))]).defaults
    assert ours == {key: theirs[key] for key in ours}


@every_name
def test_training_a_model(name: str, precise: None) -> None:
    """Groups with rates of their own, through a model and its losses, closure and all."""
    rng = np.random.default_rng(2)
    x, target = rng.standard_normal((16, 5)), rng.integers(0, 3, 16)
    other = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.GELU(), torch.nn.Linear(8, 3)).double()
    model = nn.Sequential(nn.Linear(5, 8), nn.GELU(), nn.Linear(8, 3)).to(dtype=lucid.float64)
    model.load_state_dict({key: value.numpy() for key, value in other.state_dict().items()})

    def groups(m: Any) -> list[dict[str, Any]]:
        decay = {} if name == "Rprop" else {"weight_decay": 0.1}
        return [{"params": m[0].parameters()}, {"params": m[2].parameters(), "lr": 0.02, **decay}]

    a = getattr(optim, name)(groups(model), lr=0.05)
    b = getattr(torch.optim, name)(groups(other), lr=0.05)

    def ours() -> Any:
        a.zero_grad()
        loss = nn.functional.cross_entropy(model(Tensor(x)), Tensor(target))
        loss.backward()
        return loss

    def theirs() -> Any:
        b.zero_grad()
        loss = torch.nn.functional.cross_entropy(other(torch.tensor(x)), torch.tensor(target))
        loss.backward()
        return loss

    for _ in range(STEPS):
        # Adam divides by the root of small numbers, which enlarges what rounding leaves.
        assert a.step(ours).item() == pytest.approx(b.step(theirs).item(), rel=1e-10)
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-9, atol=1e-10)
