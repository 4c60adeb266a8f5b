"""LBFGS, Adafactor and Muon against PyTorch's: every iterate, with every option."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.optim import LBFGS, Adafactor, Muon

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.parity

# ----------------------------------------------------------------- LBFGS


def rosenbrock(w: Any) -> Any:
    return (100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2).sum()


def bowl(w: Any) -> Any:
    return (w**2 * 0.7).sum() + ((w - 1) ** 4).sum() + w[0] * w[1]


def valley(w: Any) -> Any:
    return ((w * w).sum() + 1) ** 0.5 + 0.1 * (w[0] - 3) ** 2


PROBLEMS = {
    "rosenbrock": (rosenbrock, [-1.2, 1.0, 0.3, -0.7]),
    "bowl": (bowl, [3.0, -2.0, 0.5]),
    "valley": (valley, [-4.0, 2.0]),
}
LBFGS_OPTIONS: list[dict[str, Any]] = [
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "max_iter": 3, "history_size": 2},
    {"line_search_fn": "strong_wolfe", "max_iter": 10, "max_eval": 6, "lr": 0.3},
    {"line_search_fn": "strong_wolfe", "tolerance_grad": 1e-2, "max_iter": 50},
    {"line_search_fn": "strong_wolfe", "tolerance_change": 1e-2, "max_iter": 50},
    {"lr": 0.01},
    {"lr": 0.05, "max_iter": 4, "history_size": 3},
    {"lr": 0.02, "max_iter": 1},
    {"lr": 0.02, "tolerance_change": 1e-3},
]


@pytest.mark.parametrize("options", LBFGS_OPTIONS, ids=str)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_lbfgs(problem: str, options: dict[str, Any]) -> None:
    """The same losses in every call of the closure, and the same parameters after every step."""
    loss_of, start = PROBLEMS[problem]
    w, v = nn.Parameter(Tensor(np.array(start))), torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    a, b = LBFGS([w], **options), torch.optim.LBFGS([v], **options)
    seen: tuple[list[float], list[float]] = ([], [])

    def closure(optimizer: Any, parameter: Any, losses: list[float]) -> Any:
        def compute() -> Any:
            optimizer.zero_grad()
            loss = loss_of(parameter)
            loss.backward()
            losses.append(loss.item())
            return loss

        return compute

    for _ in range(6):
        ours, theirs = a.step(closure(a, w, seen[0])), b.step(closure(b, v, seen[1]))
        assert ours.item() == pytest.approx(theirs.item(), rel=1e-9, abs=1e-12)
        assert len(seen[0]) == len(seen[1])
        # What rounding leaves grows from step to step.
        np.testing.assert_allclose(*seen, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(w.numpy(), v.detach().numpy(), rtol=1e-9, atol=1e-9)
    state = b.state_dict()["state"][0]
    mine = a.state_dict()["state"]["0"]
    assert (mine["func_evals"], mine["n_iter"]) == (state["func_evals"], state["n_iter"])
    assert mine["old_dirs"].shape[0] == len(state["old_dirs"])


def test_lbfgs_of_a_model() -> None:
    """Several parameters, one of which has no gradient, and state that is loaded in between."""
    rng = np.random.default_rng(0)
    x, target = rng.standard_normal((30, 4)), rng.standard_normal((30, 2))
    other = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 2)).double()
    model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2)).to(dtype=lucid.float64)
    model.load_state_dict({key: value.numpy() for key, value in other.state_dict().items()})
    unused = nn.Parameter(Tensor(np.ones(3)))
    theirs = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))

    def make() -> LBFGS:
        named = [*model.named_parameters(), ("unused", unused)]
        return LBFGS(named, max_iter=5, line_search_fn="strong_wolfe")

    a = make()
    b = torch.optim.LBFGS([*other.parameters(), theirs], max_iter=5, line_search_fn="strong_wolfe")

    def ours() -> Any:
        a.zero_grad()
        loss = ((model(Tensor(x)) - Tensor(target)) ** 2).mean()
        loss.backward()
        return loss

    def of_torch() -> Any:
        b.zero_grad()
        loss = ((other(torch.tensor(x)) - torch.tensor(target)) ** 2).mean()
        loss.backward()
        return loss

    for step in range(6):
        assert a.step(ours).item() == pytest.approx(b.step(of_torch).item(), rel=1e-9)
        if step == 2:
            saved, a = a.state_dict(), make()
            a.load_state_dict(saved)
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-9, atol=1e-9)


# ----------------------------------------------------------------- Adafactor and Muon

SHAPES = [(4, 3), (3, 5), (6,), (), (2, 3, 4), (1, 4)]

ADAFACTOR: list[dict[str, Any]] = [
    {},
    {"lr": 0.5, "weight_decay": 0.1},
    {"lr": 0.1, "beta2_decay": -0.5, "eps": (1e-3, 0.1), "d": 1.5},
    {"lr": 0.1, "maximize": True},
    {"beta2_decay": 0.0, "eps": (0.0, 0.0), "weight_decay": 0.5},
]
MUON: list[dict[str, Any]] = [
    {},
    {"lr": 0.1, "weight_decay": 0.0},
    {"lr": 0.1, "nesterov": False, "momentum": 0.5},
    {"lr": 0.1, "adjust_lr_fn": "original"},
    {"lr": 0.1, "adjust_lr_fn": "match_rms_adamw", "weight_decay": 0.3},
    {"lr": 0.1, "ns_steps": 2, "ns_coefficients": (2.0, -1.5, 0.5), "eps": 10.0},
]


def steps_of_both(
    cls: Any, options: dict[str, Any], shapes: Any, dtype: Any, steps: int, tolerance: float
) -> None:
    rng = np.random.default_rng(0)
    starts = [np.asarray(rng.standard_normal(shape), dtype) for shape in shapes]
    ps, qs = [nn.Parameter(Tensor(x)) for x in starts], [torch.nn.Parameter(torch.tensor(x)) for x in starts]
    a, b = cls(ps, **options), getattr(torch.optim, cls.__name__)(qs, **options)
    for _ in range(steps):
        for p, q, x in zip(ps, qs, starts, strict=True):
            g = np.asarray(rng.standard_normal(x.shape), dtype)
            p.grad, q.grad = Tensor(g), torch.tensor(g)
        a.step()
        b.step()
        for p, q in zip(ps, qs, strict=True):
            np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=tolerance, atol=tolerance)
            assert p.dtype == dtype
    theirs = b.state_dict()["state"]
    for i, state in enumerate(a.state_dict()["state"].values()):
        assert set(state) == set(theirs[i])
        for key, value in state.items():
            found = value.numpy() if isinstance(value, Tensor) else value
            np.testing.assert_allclose(found, theirs[i][key].numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("options", ADAFACTOR, ids=str)
def test_adafactor(options: dict[str, Any]) -> None:
    steps_of_both(Adafactor, options, SHAPES, np.float64, 20, 1e-12)


def test_adafactor_in_single_precision() -> None:
    steps_of_both(Adafactor, {"lr": 0.1}, SHAPES, np.float32, 20, 5e-6)


@pytest.mark.parametrize("options", MUON, ids=str)
def test_muon(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """With PyTorch kept from rounding to bfloat16."""
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    steps_of_both(Muon, options, SHAPES[:2], np.float64, 20, 1e-12)


def test_muon_beside_bfloat16() -> None:
    """One step moves each entry by about lr; bfloat16 keeps 8 bits, through five iterations."""
    steps_of_both(Muon, {"lr": 0.1, "weight_decay": 0.0}, SHAPES[:2], np.float32, 1, 5e-3)


@pytest.mark.parametrize("cls", [LBFGS, Adafactor, Muon])
def test_defaults_are_the_same(cls: Any) -> None:
    ours = cls([nn.Parameter(lucid.ones((1, 1)))]).defaults
    theirs = getattr(torch.optim, cls.__name__)([torch.nn.Parameter(torch.ones(1, 1))]).defaults
    assert ours == {key: theirs[key] for key in ours}
