"""The scale of losses: when it grows and shrinks, and what it leaves alone."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor, optim
from lucid.amp import GradScaler
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, GradientError, StateError


def begin(value: float = 1.0, **options: Any) -> tuple[nn.Parameter, optim.SGD, GradScaler]:
    w = nn.Parameter(Tensor([value, value]))
    return w, optim.SGD([w], lr=1.0), GradScaler(**options)


def step(w: Any, optimizer: Any, scaler: GradScaler, factor: float) -> None:
    optimizer.zero_grad()
    scaler.scale((w * factor).sum()).backward()
    scaler.step(optimizer)
    scaler.update()


def test_a_step_is_that_of_the_loss_itself() -> None:
    w, optimizer, scaler = begin()
    step(w, optimizer, scaler, 0.25)
    assert w.tolist() == [0.75, 0.75]
    assert w.grad is not None
    assert w.grad.tolist() == [0.25, 0.25]


def test_what_half_precision_would_lose_arrives() -> None:
    w, _, scaler = begin()
    for factor, kept in ((1.0, False), (scaler.get_scale(), True)):
        w.grad = None
        half = w.astype(lucid.float16).astype(lucid.float32)
        (half * 1e-8 * factor).sum().backward()
        assert w.grad is not None
        assert bool(w.grad.numpy().any()) is kept


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_a_bad_gradient_leaves_the_step_out_and_shrinks_the_scale(bad: float) -> None:
    w, optimizer, scaler = begin(init_scale=8.0)
    step(w, optimizer, scaler, bad)
    assert w.tolist() == [1.0, 1.0]
    assert scaler.get_scale() == 4.0
    step(w, optimizer, scaler, 1.0)
    assert w.tolist() == [0.0, 0.0]


def test_the_scale_grows_after_steps_in_a_row() -> None:
    w, optimizer, scaler = begin(init_scale=2.0, growth_factor=4.0, growth_interval=2)
    scales = []
    for factor in (1.0, math.inf, 1.0, 1.0, 1.0, 1.0):
        step(w, optimizer, scaler, factor)
        scales.append(scaler.get_scale())
    assert scales == [2.0, 1.0, 1.0, 4.0, 4.0, 16.0]


def test_gradients_may_be_unscaled_before_the_step() -> None:
    w, optimizer, scaler = begin()
    scaler.scale((w * 30.0).sum()).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_([w], math.sqrt(2))
    scaler.step(optimizer)
    np.testing.assert_allclose(w.numpy(), 0, atol=1e-6)


def test_one_bad_optimizer_of_two() -> None:
    w, first, scaler = begin()
    v, second, _ = begin()
    scaler.scale([(w * math.inf).sum(), (v * 0.5).sum()])[0].backward()
    scaler.scale((v * 0.5).sum()).backward()
    for optimizer in (first, second):
        scaler.step(optimizer)
    scaler.update()
    assert (w.tolist(), v.tolist()) == ([1.0, 1.0], [0.5, 0.5])
    assert scaler.get_scale() == 32768.0


def test_half_losses_do_not_overflow() -> None:
    scaled = GradScaler().scale(Tensor([3.0], dtype=lucid.float16))
    assert (scaled.dtype, scaled.tolist()) == (lucid.float32, [3 * 65536.0])


def test_disabled_it_does_nothing() -> None:
    w, optimizer, scaler = begin(enabled=False)
    step(w, optimizer, scaler, 0.5)
    assert w.tolist() == [0.5, 0.5]
    assert (scaler.get_scale(), scaler.state_dict(), scaler.is_enabled()) == (1.0, {}, False)


def test_state_goes_on_where_it_was() -> None:
    w, optimizer, scaler = begin(init_scale=2.0, growth_interval=3)
    for _ in range(2):
        step(w, optimizer, scaler, 1.0)
    other = GradScaler()
    other.load_state_dict(scaler.state_dict())
    assert repr(other) == "GradScaler(scale=2)"
    step(w, optimizer, other, 1.0)
    assert other.get_scale() == 4.0
    with pytest.raises(StateError, match="lacks growth_factor"):
        other.load_state_dict({"scale": 1.0})
    assert other.get_scale() == 4.0


def test_copies() -> None:
    w, optimizer, scaler = begin(init_scale=2.0, growth_interval=2)
    step(w, optimizer, scaler, 1.0)
    for other in (copy.deepcopy(scaler), pickle.loads(pickle.dumps(scaler))):
        assert other.state_dict() == scaler.state_dict()
        step(w, optimizer, other, 1.0)
        assert (other.get_scale(), scaler.get_scale()) == (4.0, 2.0)
    scaler.unscale_(optimizer)
    with pytest.raises(GradientError, match="copied and pickled after update"):
        pickle.dumps(scaler)


@pytest.mark.parametrize("factor", [0.0, math.inf])
def test_the_scale_stays_a_number_of_float32(factor: float) -> None:
    w, optimizer, scaler = begin(growth_factor=1e20, backoff_factor=1e-20, growth_interval=1)
    for _ in range(4):
        step(w, optimizer, scaler, factor)
    scale = np.float32(scaler.get_scale())
    assert 0 < scale < math.inf
    assert 0 < 1 / scale < math.inf


def test_a_named_tuple_of_losses() -> None:
    class Losses(NamedTuple):
        first: Any
        second: Any

    scaled = GradScaler(init_scale=2.0).scale(Losses(Tensor(1.0), Tensor(2.0)))
    assert (type(scaled), scaled.second.item()) == (Losses, 4.0)


def test_the_scale_may_be_set() -> None:
    scaler = GradScaler()
    scaler.update(Tensor(128.0))
    assert scaler.get_scale() == 128.0


def twice(name: str) -> Callable[[], Any]:
    def run() -> None:
        w, optimizer, scaler = begin()
        scaler.scale(w.sum()).backward()
        getattr(scaler, name)(optimizer)
        getattr(scaler, name)(optimizer)

    return run


def half_gradients() -> None:
    w = nn.Parameter(Tensor([1.0], dtype=lucid.float16))
    w.sum().backward()
    GradScaler().step(optim.SGD([w], lr=1.0))


@pytest.mark.parametrize(
    ("run", "error", "message"),
    [
        (twice("step"), GradientError, "step: it was called for this optimizer"),
        (twice("unscale_"), GradientError, "unscale_ was called for this optimizer since update"),
        (GradScaler().update, GradientError, "no optimizer has stepped"),
        (half_gradients, DTypeError, "float32 or float64, got float16"),
        (lambda: GradScaler().step(begin()[1], lambda: 0), ArgumentError, "takes no closure"),
        (lambda: GradScaler().scale(1.0), ArgumentTypeError, "expects Tensors, got float"),
        (lambda: GradScaler(1024.0), ArgumentTypeError, "device to be a name .* got 1024.0: .* init_scale="),
        (
            lambda: GradScaler().step(3),
            ArgumentTypeError,
            "step expects an optimizer of lucid.optim, got int",
        ),
        (lambda: GradScaler().unscale_(3), ArgumentTypeError, "unscale_ expects an optimizer"),
        (lambda: GradScaler().load_state_dict(None), ArgumentTypeError, "expects a dict, got NoneType"),
        (lambda: GradScaler(growth_factor=1.0), ArgumentError, "growth_factor to be above 1, got 1.0"),
        (lambda: GradScaler(backoff_factor=1.0), ArgumentError, "backoff_factor between 0 and 1, got 1.0"),
        (lambda: GradScaler(init_scale=0.0), ArgumentError, "init_scale to be positive, got 0.0"),
        (lambda: GradScaler(growth_interval=0), ArgumentError, "growth_interval to be a positive integer"),
    ],
)
def test_bad_use(run: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        run()
