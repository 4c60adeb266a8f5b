"""LBFGS against BFGS with a whole matrix, its line search against the conditions, and saving."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, DeviceError, StateError
from lucid.optim.lbfgs import LBFGS
from lucid.optim.line_search import Point, strong_wolfe

START = [-1.2, 1.0, 0.5]


def rosenbrock(w: Any) -> Any:
    return (100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2).sum()


def closure_of(optimizer: Any, loss_of: Callable[[], Any], losses: list[float]) -> Callable[[], Any]:
    def closure() -> Any:
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        losses.append(loss.item())
        return loss

    return closure


def made(dtype: str = "float64", **options: Any) -> tuple[Any, LBFGS, Any, list[float]]:
    w = nn.Parameter(Tensor(START, dtype=dtype))
    optimizer = LBFGS([w], **options)
    losses: list[float] = []
    return w, optimizer, closure_of(optimizer, lambda: rosenbrock(w), losses), losses


def gradient(w: Any) -> Any:
    g = np.zeros_like(w)
    fall = w[1:] - w[:-1] ** 2
    g[:-1] += -400 * w[:-1] * fall - 2 * (1 - w[:-1])
    g[1:] += 200 * fall
    return g


def bfgs(w: Any, lr: float, steps: int, history: int) -> Any:
    """Yield the iterates of BFGS with the matrix written out, from the scaled identity each time."""
    pairs: list[tuple[Any, Any]] = []
    g = gradient(w)
    for i in range(steps):
        h = np.eye(len(w))
        if pairs:
            s, y = pairs[-1]
            h *= (s @ y) / (y @ y)
        for s, y in pairs[-history:]:
            turn = np.eye(len(w)) - np.outer(s, y) / (s @ y)
            h = turn @ h @ turn.T + np.outer(s, s) / (s @ y)
        step = -(h @ g) * (lr if i else lr * min(1, 1 / abs(g).sum()))
        w = w + step
        yield w
        before, g = g, gradient(w)
        if step @ (g - before) > 1e-10:
            pairs.append((step, g - before))


def test_it_is_bfgs() -> None:
    w, optimizer, closure, _ = made(lr=0.5, max_iter=1, history_size=3)
    for expected in bfgs(np.array(START), 0.5, 8, 3):
        optimizer.step(closure)
        np.testing.assert_allclose(w.numpy(), expected, rtol=1e-9)
    assert w.is_leaf


def test_many_iterations_in_a_step_are_as_many_steps_of_one() -> None:
    w, optimizer, closure, losses = made(lr=0.5, max_iter=8)
    other, steps, one, _ = made(lr=0.5, max_iter=1)
    first = optimizer.step(closure)
    for _ in range(8):
        steps.step(one)
    np.testing.assert_allclose(w.numpy(), other.numpy(), rtol=1e-12)
    assert first.item() == losses[0]
    assert len(losses) == 8  # what the last iteration leads to is computed when it is needed
    assert optimizer.state_dict()["state"]["0"]["func_evals"] == 8


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_finds_the_valley(dtype: str) -> None:
    w, optimizer, closure, losses = made(dtype=dtype, line_search_fn="strong_wolfe")
    for _ in range(5):
        optimizer.step(closure)
    np.testing.assert_allclose(w.numpy(), 1, atol=1e-4)
    assert losses[-1] < 1e-8
    assert w.dtype == dtype
    assert len(losses) < 100


def test_half_precision_is_summed_in_single() -> None:
    w = nn.Parameter(lucid.full((3,), 200.0, dtype="float16"))  # whose squares are too large for it
    optimizer = LBFGS([w], line_search_fn="strong_wolfe")
    optimizer.step(closure_of(optimizer, lambda: (w.astype("float32") ** 2).sum(), []))
    assert w.dtype == lucid.float16
    assert max(map(abs, w.tolist())) < 1e-2


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_a_gradient_that_is_nan_is_forgotten(search: str | None) -> None:
    w, optimizer, closure, losses = made(lr=0.5 if search is None else 1.0, line_search_fn=search)
    optimizer.step(closure)
    before = w.detach()

    def broken() -> Any:
        loss = closure()
        w.grad = lucid.full_like(w, math.nan)
        return loss * math.nan

    optimizer.step(broken)
    with lucid.no_grad():
        w.copy_(before)
    for _ in range(8):
        optimizer.step(closure)
    assert losses[-1] < 1e-6


def test_when_it_stops() -> None:
    for options, calls in (
        ({"tolerance_grad": 1e9}, 1),
        ({"max_eval": 3, "max_iter": 50, "lr": 1e-3}, 3),
        ({"max_iter": 4, "lr": 1e-3}, 4),
        ({"tolerance_change": 1e9}, 1),
    ):
        _, optimizer, closure, losses = made(**options)
        optimizer.step(closure)
        assert len(losses) == calls, options


def test_parameters_without_gradients_stay_and_integers_of_calls_are_counted() -> None:
    a, b, none = nn.Parameter([3.0]), nn.Parameter([1.0]), nn.Parameter(lucid.zeros((0, 2)))
    optimizer = LBFGS([a, b, none], line_search_fn="strong_wolfe")
    losses: list[float] = []
    optimizer.step(closure_of(optimizer, lambda: ((a - 1) ** 2).sum(), losses))
    assert a.item() == pytest.approx(1)
    assert b.item() == 1
    assert optimizer.state_dict()["state"]["0"]["func_evals"] == len(losses)


def test_a_loss_that_is_a_number_and_no_grad_outside() -> None:
    w = nn.Parameter([3.0])
    optimizer = LBFGS([w])

    def closure() -> float:
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return float(loss.item())

    with lucid.no_grad():
        assert optimizer.step(closure) == 9.0
    assert abs(w.item()) < 1


def test_a_closure_that_fails_leaves_everything_as_it_was() -> None:
    w, optimizer, closure, losses = made(line_search_fn="strong_wolfe", max_iter=9)
    optimizer.step(closure)
    before, saved = w.tolist(), pickle.dumps(optimizer.state_dict())
    count = len(losses)

    def failing() -> Any:
        if len(losses) > count + 2:
            raise KeyboardInterrupt
        return closure()

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(failing)
    assert w.tolist() == before
    assert pickle.dumps(optimizer.state_dict()) == saved
    optimizer.step(closure)


def test_parameters_that_move_take_the_memory_along() -> None:
    pytest.importorskip("jax")
    models = [nn.ParameterList([nn.Parameter(Tensor(START, dtype="float64"))]) for _ in range(2)]
    optimizers = [LBFGS(m.parameters(), lr=0.1, max_iter=2) for m in models]
    for device in ("cpu", "xla:cpu", "cpu"):
        models[0].to(device)
        for m, o in zip(models, optimizers, strict=True):
            o.step(closure_of(o, lambda m=m: (m[0] * m[0]).sum(), []))
        assert models[0][0].device == device
    np.testing.assert_allclose(models[0][0].numpy(), models[1][0].numpy(), rtol=1e-9)


# ----------------------------------------------------------------- the line search


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (lambda t: (t - 3) ** 2, lambda t: 2 * (t - 3)),
        (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),
        (
            lambda t: (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4,
            lambda t: 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3,
        ),
        (lambda t: math.exp(t) - 4 * t, lambda t: math.exp(t) - 4),
        (lambda t: abs(t - 1) ** 1.5, lambda t: 1.5 * math.copysign(abs(t - 1) ** 0.5, t - 1)),
    ],
)
@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 10.0, 100.0])
def test_the_conditions_hold(function: Any, derivative: Any, first: float) -> None:
    """The second and third are from Moré and Thuente, Line Search Algorithms, 1994."""
    calls = 0

    def at(t: float) -> Point:
        nonlocal calls
        calls += 1
        return Point(t, function(t), None, derivative(t))

    start = at(0.0)
    found = strong_wolfe(at, start, first, 1.0, 25)
    assert found.loss <= start.loss + 1e-4 * found.t * start.slope
    assert abs(found.slope) <= 0.9 * abs(start.slope)
    assert found.t > 0
    assert calls < 25


def test_it_ends_where_there_is_nothing_to_find() -> None:
    for function, slope in ((lambda t: -t, -1.0), (lambda t: math.nan if t else 0.0, -1.0)):
        calls: list[float] = []

        def at(t: float, function: Any = function, slope: float = slope, calls: Any = calls) -> Point:
            calls.append(t)
            return Point(t, function(t), None, slope)

        strong_wolfe(at, Point(0.0, 0.0, None, slope), 1.0, 1.0, 10)
        assert len(calls) <= 11


# ----------------------------------------------------------------- saving


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_going_on_is_as_if_never_stopped(steps: int) -> None:
    whole, optimizer, closure, _ = made(line_search_fn="strong_wolfe", max_iter=4, history_size=4)
    for _ in range(steps):
        optimizer.step(closure)
    saved = pickle.loads(pickle.dumps(optimizer.state_dict()))
    other, again, one, _ = made()
    with lucid.no_grad():
        other.copy_(whole)
    again.load_state_dict(saved)
    twin, copied = copy.deepcopy((whole, optimizer))
    for _ in range(2):
        optimizer.step(closure)
        again.step(one)
        copied.step(closure_of(copied, lambda: rosenbrock(twin), []))
    assert whole.tolist() == other.tolist() == twin.tolist()


def test_state_is_a_value() -> None:
    _, optimizer, closure, _ = made(line_search_fn="strong_wolfe", max_iter=4)
    optimizer.step(closure)
    saved = optimizer.state_dict()
    before = pickle.dumps(saved)
    optimizer.step(closure)
    assert pickle.dumps(saved) == before
    kept = saved["state"]["0"]
    assert kept["d"].shape == kept["prev_flat_grad"].shape == (3,)
    assert kept["old_dirs"].shape == kept["old_stps"].shape == (len(kept["ro"]), 3)
    assert kept["ro"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s["state"].update({"1": {}}), "state of an unknown '1'"),
        (lambda s: s["state"]["0"].pop("d"), "state of '0' lacks 'd'"),
        (lambda s: s["state"]["0"].update(junk=1), "state of '0' has an unknown 'junk'"),
        (
            lambda s: s["state"]["0"].update(d=lucid.zeros(4)),
            r"d must be a Tensor of shape \(3,\), got \(4,\)",
        ),
        (lambda s: s["state"]["0"].update(d=[1.0]), r"d must be a Tensor of shape \(3,\), got \[1.0\]"),
        (lambda s: s["state"]["0"].update(ro=[]), "old_dirs, old_stps and ro must be of as many pairs"),
        (lambda s: s["state"]["0"].update(ro=3), "ro must be a list of numbers, got 3"),
        (lambda s: s["state"]["0"].update(t="x"), "t must be a number, got 'x'"),
        (lambda s: s["state"].update({"0": 3}), "state of '0' must be a dict, got int"),
        (lambda s: s["param_groups"][0].update(lr=-1), "group 0: LBFGS expects lr"),
        (lambda s: s.pop("state"), 'expects a dict with "param_groups" and "state"'),
    ],
)
def test_what_does_not_fit_is_refused_whole(change: Any, message: str) -> None:
    _, optimizer, closure, _ = made(line_search_fn="strong_wolfe", max_iter=4)
    optimizer.step(closure)
    saved = optimizer.state_dict()
    saved["param_groups"][0]["max_iter"] = 9
    change(saved)
    before = pickle.dumps(optimizer.state_dict())
    with pytest.raises(StateError, match=message):
        optimizer.load_state_dict(saved)
    assert pickle.dumps(optimizer.state_dict()) == before


# ----------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1}, "LBFGS expects lr"),
        ({"max_iter": 0}, "max_iter to be a positive integer, got 0"),
        ({"max_eval": 0}, "max_eval to be a positive integer, got 0"),
        ({"history_size": 0}, "history_size to be a positive integer, got 0"),
        ({"tolerance_grad": -1.0}, "tolerance_grad to be finite and at least 0"),
        ({"tolerance_change": -1.0}, "tolerance_change to be finite and at least 0"),
        ({"line_search_fn": "wolfe"}, "line_search_fn to be one of 'strong_wolfe', got 'wolfe'"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        LBFGS([nn.Parameter([1.0])], **options)


def test_refused() -> None:
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    with pytest.raises(ArgumentError, match="it can have only one group"):
        LBFGS([{"params": [a]}, {"params": [b]}])
    optimizer = LBFGS([a])
    with pytest.raises(ArgumentTypeError, match=r"LBFGS.step expects a closure"):
        optimizer.step()
    with pytest.raises(ArgumentTypeError, match="expects the closure to return the loss, got NoneType"):
        optimizer.step(lambda: None)


def test_one_device() -> None:
    pytest.importorskip("jax")
    optimizer = LBFGS([nn.Parameter([1.0]), nn.Parameter(lucid.ones(1, device="xla:cpu"))])
    with pytest.raises(DeviceError, match="must be on one device, got cpu, xla:cpu"):
        optimizer.step(lambda: 1.0)
