"""Schedules rate by rate against formulas, saving, and what they say to bad arguments."""

from __future__ import annotations

import copy
import json
import math
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor, optim
from lucid.errors import ArgumentError, ArgumentTypeError, MissingAttributeError, StateError
from lucid.optim import lr_scheduler as S
from lucid.optim.swa_utils import SWALR

Optimizer = optim.Optimizer
RATES = (0.8, 0.3)


class Power:
    def __init__(self, base: float) -> None:
        self.base = base

    def __call__(self, epoch: float) -> float:
        return float(self.base**epoch)


def optimizer(cls: Any = optim.SGD, rates: Any = RATES) -> Optimizer:
    options = {"momentum": 0.9} if cls is optim.SGD else {}
    groups = [{"params": [nn.Parameter([1.0])], "lr": rate} for rate in rates]
    made: Optimizer = cls(groups, **options)
    return made


def rates(o: Optimizer) -> list[float]:
    return [float(group["lr"]) for group in o.param_groups]


def cosine(a: float, b: float, u: float) -> float:
    return b + (a - b) * (1 + math.cos(math.pi * u)) / 2


def one_cycle(t: int) -> float:
    return cosine(0.04, 1.0, t / 5) if t <= 5 else cosine(1.0, 4e-6, (t - 5) / 14)


def triangle(t: int, up: int, down: int) -> float:
    t %= up + down
    return t / up if t <= up else (up + down - t) / down


def restarts(t: int) -> float:
    length = 3
    while t >= length:
        t, length = t - length, length * 2
    return t / length


def sequence(o: Optimizer) -> S.SequentialLR:
    return S.SequentialLR(o, [S.LinearLR(o, 0.1, 1.0, 4), S.ExponentialLR(o, 0.9)], [4])


def chain(o: Optimizer) -> S.ChainedScheduler:
    return S.ChainedScheduler([S.ConstantLR(o, 0.5, 4), S.ExponentialLR(o, 0.9)])


def nested(o: Optimizer) -> S.SequentialLR:
    return S.SequentialLR(o, [sequence(o), S.StepLR(o, 2, 0.5), chain(o), sequence(o)], [6, 9, 11])


def of_nested(base: float, t: int) -> float:
    def of_sequence(t: int) -> float:
        return base * (0.1 + 0.9 * t / 4 if t < 4 else 0.9 ** (t - 4))

    if t < 6:
        return of_sequence(t)
    if t < 9:
        return base * 0.5 ** ((t - 6) // 2)
    return base * 0.5 * 0.9 ** (t - 9) if t < 11 else of_sequence(t - 11)


# What makes a schedule, and the rate of an epoch given the first rate.
ROWS: list[tuple[Callable[[Optimizer], S.LRScheduler], Callable[[float, int], float]]] = [
    (lambda o: S.StepLR(o, 3), lambda base, t: base * 0.1 ** (t // 3)),
    (lambda o: S.MultiStepLR(o, [5, 2, 5], 0.5), lambda base, t: base * 0.5 ** ((t >= 2) + 2 * (t >= 5))),
    (lambda o: S.ConstantLR(o), lambda base, t: base / 3 if t < 5 else base),
    (lambda o: S.LinearLR(o, 0.1, 0.7, 8), lambda base, t: base * (0.1 + 0.6 * min(t, 8) / 8)),
    (lambda o: S.ExponentialLR(o, 0.9), lambda base, t: base * 0.9**t),
    (lambda o: S.PolynomialLR(o, 10, 2.0), lambda base, t: base * (1 - min(t, 10) / 10) ** 2),
    (lambda o: S.CosineAnnealingLR(o, 7, 0.01), lambda base, t: cosine(base, 0.01, t / 7)),
    (lambda o: S.CosineAnnealingWarmRestarts(o, 4), lambda base, t: cosine(base, 0, t % 4 / 4)),
    (lambda o: S.CosineAnnealingWarmRestarts(o, 3, 2, 0.01), lambda base, t: cosine(base, 0.01, restarts(t))),
    (lambda o: S.CyclicLR(o, 0.1, 1.0, 4, 2), lambda base, t: 0.1 + 0.9 * triangle(t, 4, 2)),
    (
        lambda o: S.CyclicLR(o, 0.1, 1.0, 3, mode="triangular2"),
        lambda base, t: 0.1 + 0.9 * triangle(t, 3, 3) / 2 ** (t // 6),
    ),
    (
        lambda o: S.CyclicLR(o, 0.1, 1.0, 3, mode="exp_range", gamma=0.9),
        lambda base, t: 0.1 + 0.9 * triangle(t, 3, 3) * 0.9**t,
    ),
    (
        lambda o: S.CyclicLR(o, 0.1, 1.0, 3, scale_fn=Power(0.7)),
        lambda base, t: 0.1 + 0.9 * triangle(t, 3, 3) * 0.7 ** (1 + t // 6),
    ),
    (lambda o: S.OneCycleLR(o, 1.0, 20), lambda base, t: one_cycle(t)),
    (lambda o: S.OneCycleLR(o, 1.0, epochs=4, steps_per_epoch=5), lambda base, t: one_cycle(t)),
    (lambda o: S.LambdaLR(o, Power(0.9)), lambda base, t: base * 0.9**t),
    (lambda o: S.MultiplicativeLR(o, lambda t: t / (t + 1)), lambda base, t: base / (t + 1)),
    (
        lambda o: S.NoamScheduler(o, 16, 5, 2.0),
        lambda base, t: 0.5 * min(max(t, 1) ** -0.5, max(t, 1) * 5**-1.5),
    ),
    (lambda o: SWALR(o, 0.05, 4), lambda base, t: cosine(base, 0.05, min(t, 4) / 4)),
    (
        lambda o: SWALR(o, 0.05, 4, anneal_strategy="linear"),
        lambda base, t: base + (0.05 - base) * min(t, 4) / 4,
    ),
    (sequence, lambda base, t: base * (0.1 + 0.9 * t / 4 if t < 4 else 0.9 ** (t - 4))),
    (chain, lambda base, t: base * (0.5 if t < 4 else 1) * 0.9**t),
    (nested, of_nested),
]
MAKERS = [make for make, _ in ROWS]


def name(value: Any) -> str:
    made = type(value(optimizer())).__name__
    return f"{made}{MAKERS.index(value)}"


every_row = pytest.mark.parametrize(("make", "formula"), ROWS, ids=[name(make) for make in MAKERS])
every_maker = pytest.mark.parametrize("make", MAKERS, ids=name)


def advance(schedule: S.LRScheduler, steps: int) -> list[list[float]]:
    found = []
    for _ in range(steps):
        schedule.optimizer.step()
        schedule.step()
        found.append(rates(schedule.optimizer))
    return found


@every_row
def test_rates(make: Any, formula: Any) -> None:
    o = optimizer()
    schedule = make(o)
    for t in range(19):
        expected = [formula(base, t) for base in RATES]
        np.testing.assert_allclose(rates(o), expected, rtol=1e-12, atol=1e-15)
        assert schedule.get_last_lr() == rates(o)
        assert schedule.last_epoch == t
        advance(schedule, 1)


@every_maker
def test_the_rate_of_a_tensor_is_written_to(make: Any) -> None:
    held = [Tensor(rate) for rate in RATES]
    o, other = optimizer(rates=held), optimizer()
    schedule, reference = make(o), make(other)
    for _ in range(6):
        np.testing.assert_allclose([t.item() for t in held], rates(other), rtol=2e-6, atol=1e-9)
        advance(schedule, 1)
        advance(reference, 1)
    assert all(group["lr"] is t for group, t in zip(o.param_groups, held, strict=True))
    json.dumps(schedule.state_dict())


@pytest.mark.parametrize("cls", [optim.SGD, optim.Adam])
def test_momentum_goes_against_the_rate(cls: Any) -> None:
    def momentums(o: Optimizer) -> list[float]:
        return [group["betas"][0] if cls is optim.Adam else group["momentum"] for group in o.param_groups]

    o = optimizer(cls)
    schedule: S.LRScheduler = S.CyclicLR(o, 0.1, 1.0, 4, base_momentum=0.5, max_momentum=0.9)
    for t in range(9):
        np.testing.assert_allclose(momentums(o), 0.9 - 0.4 * triangle(t, 4, 4), rtol=1e-12)
        advance(schedule, 1)
    o = optimizer(cls)
    schedule = S.OneCycleLR(o, 1.0, 20, base_momentum=[0.5, 0.6], max_momentum=0.9)
    for t in range(19):
        u = [t / 5, (t - 5) / 14][t > 5]
        expected = [cosine(0.9, low, u) if t <= 5 else cosine(low, 0.9, u) for low in (0.5, 0.6)]
        np.testing.assert_allclose(momentums(o), expected, rtol=1e-12)
        advance(schedule, 1)
    if cls is optim.Adam:
        assert o.param_groups[0]["betas"][1] == 0.999


def test_rates_that_multiply_go_on_from_what_was_set_by_hand() -> None:
    o = optimizer()
    schedule = S.ExponentialLR(o, 0.5)
    o.param_groups[0]["lr"] = 0.1
    assert advance(schedule, 2) == [[0.05, 0.15], [0.025, 0.075]]
    o = optimizer()
    schedule = S.LambdaLR(o, Power(0.5))  # type: ignore[assignment]
    o.param_groups[0]["lr"] = 0.1
    assert advance(schedule, 1) == [[0.4, 0.15]]


def test_groups_that_come_later() -> None:
    for make, works in ((lambda o: S.StepLR(o, 1, 0.5), True), (lambda o: S.LambdaLR(o, Power(0.5)), False)):
        o = optimizer()
        schedule = make(o)
        o.add_param_group({"params": [nn.Parameter([1.0])], "lr": 1.0})
        o.step()
        if works:
            schedule.step()
            assert rates(o) == [0.4, 0.15, 0.5]
        else:
            with pytest.raises(ArgumentError, match="made for 2 groups, and the optimizer has 3"):
                schedule.step()


def test_warm_restarts_between_epochs() -> None:
    o = optimizer()
    schedule = S.CosineAnnealingWarmRestarts(o, 4, 2)
    o.step()
    for epoch in (0.5, 3.25, 4, 11.5, 12, 30.75):
        schedule.step(epoch)
        t, length = epoch, 4
        while t >= length:
            t, length = t - length, 2 * length
        np.testing.assert_allclose(rates(o)[0], cosine(0.8, 0, t / length), rtol=1e-12)
        assert schedule.last_epoch == int(epoch)
    with pytest.raises(ArgumentError, match="epoch to be at least 0, got -1"):
        schedule.step(-1)


def test_one_cycle_ends() -> None:
    o = optimizer()
    schedule = S.OneCycleLR(o, 1.0, 3)
    advance(schedule, 3)  # PyTorch allows the step after the last, too
    before = rates(o)
    with pytest.raises(ArgumentError, match="made for 3 steps, and this is step 5: pass a larger"):
        schedule.step()
    assert rates(o) == before


@pytest.mark.parametrize(("pct_start", "three_phase"), [(0.1, False), (1.0, False), (0.1, True), (0.0, True)])
def test_one_cycle_with_phases_of_no_length(pct_start: float, three_phase: bool) -> None:
    o = optimizer()
    schedule = S.OneCycleLR(o, 1.0, 10, pct_start=pct_start, three_phase=three_phase)
    found = [rates(o)[0], *(r[0] for r in advance(schedule, 9))]
    assert all(math.isfinite(rate) and 0 < rate <= 1 for rate in found)
    assert found[-1] == pytest.approx(1.0 if pct_start == 1 else 4e-6)


def test_a_line_to_nothing_ends_there() -> None:
    for n in range(1, 12):
        for start in (1.0, 0.5, 0.1, 1 / 3):
            o = optimizer(rates=(1e-3,))
            found = [rate for (rate,) in advance(S.LinearLR(o, start, 0.0, n), n + 1)]
            assert found[n - 1 :] == [0.0, 0.0]
            for t, rate in enumerate(found[: n - 1], start=1):
                assert rate == pytest.approx(1e-3 * start * (1 - t / n), rel=1e-12)


def test_a_rate_that_the_optimizer_refuses_is_refused_by_the_schedule() -> None:
    lr = Tensor(0.8)
    o = optimizer(rates=(0.5, lr))
    first = S.StepLR(o, 1, 0.5)
    bad = S.LambdaLR(o, lambda epoch: 1.0 if epoch < 2 else -1.0)
    schedule = S.ChainedScheduler([first, bad])
    advance(schedule, 1)
    states, found = [s.state_dict() for s in (schedule, first)], rates(o)
    with pytest.raises(
        ArgumentError,
        match=r"LambdaLR comes to the rate -0\.5 for group 0 in epoch 2: SGD expects lr to be .* got -0\.5",
    ):
        schedule.step()
    assert [s.state_dict() for s in (schedule, first)] == states
    assert rates(o) == found
    assert o.param_groups[1]["lr"] is lr
    o.step()


def test_what_a_cosine_comes_to_below_its_least_rate() -> None:
    o = optimizer(rates=(0.1,))
    schedule = S.ChainedScheduler([S.StepLR(o, 3, 0.1), S.CosineAnnealingLR(o, 8, eta_min=0.01)])
    with pytest.raises(ArgumentError, match="CosineAnnealingLR comes to the rate -"):
        advance(schedule, 20)
    advance(S.OneCycleLR(o, 1.0, 9, anneal_strategy="linear"), 9)  # of which the last rate is never used


# ----------------------------------------------------------------- the plateau


def test_plateau() -> None:
    o = optimizer()
    schedule = S.ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=1, min_lr=[0.3, 0.0], eps=1e-3)
    found = []
    for loss in (1.0, 0.9, 0.9, Tensor(0.9), 0.9, np.float32(0.9), 0.9, math.nan, 0.5, 0.5):
        schedule.step(loss)
        found.append(rates(o))
    a, b, c = [0.8, 0.3], [0.4, 0.15], [0.3, 0.075]
    assert found == [a, a, a, b, b, b, c, c, c, c]
    assert schedule.best == 0.5
    with pytest.raises(ArgumentTypeError, match="expects the metric as a number, got 'low'"):
        schedule.step("low")


def test_a_plateau_reduces_a_rate_that_groups_share_once() -> None:
    lr = Tensor(0.8)
    schedule = S.ReduceLROnPlateau(optimizer(rates=(lr, lr)), factor=0.5, patience=0)
    for _ in range(2):
        schedule.step(1.0)
    assert lr.item() == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("mode", "threshold_mode", "better", "worse"),
    [
        ("min", "rel", 7.9, 8.1),
        ("min", "abs", 9.7, 9.9),
        ("max", "rel", 12.1, 11.9),
        ("max", "abs", 10.3, 10.1),
    ],
)
def test_plateau_knows_what_is_better(mode: str, threshold_mode: str, better: float, worse: float) -> None:
    schedule = S.ReduceLROnPlateau(optimizer(), mode, threshold=0.2, threshold_mode=threshold_mode)
    for metric, best in ((10.0, 10.0), (worse, 10.0), (better, better)):
        schedule.step(metric)
        assert schedule.best == best


# ----------------------------------------------------------------- saving


@every_maker
def test_going_on_is_as_if_never_stopped(make: Any) -> None:
    o = optimizer()
    schedule = make(o)
    advance(schedule, 5)
    text = json.dumps(schedule.state_dict())
    groups = pickle.loads(pickle.dumps(o.state_dict()))
    other = optimizer(rates=(0.1, 0.1))
    resumed = make(other)
    other.load_state_dict(groups)
    resumed.load_state_dict(json.loads(text))
    assert json.dumps(resumed.state_dict()) == text
    assert advance(resumed, 10) == advance(schedule, 10)


@every_maker
def test_state_is_a_value_and_copies_are_apart(make: Any) -> None:
    schedule = make(optimizer())
    advance(schedule, 2)
    saved = schedule.state_dict()
    before = json.dumps(saved)
    twin = copy.deepcopy(schedule)
    assert twin.optimizer is not schedule.optimizer
    expected = advance(schedule, 4)
    assert json.dumps(saved) == before
    assert advance(twin, 4) == expected


def test_the_plateau_goes_on() -> None:
    o = optimizer()
    schedule = S.ReduceLROnPlateau(o, patience=1)
    schedule.step(1.0)
    schedule.step(1.0)
    resumed = S.ReduceLROnPlateau(optimizer())
    resumed.load_state_dict(json.loads(json.dumps(schedule.state_dict())))
    resumed.step(1.0)
    assert rates(resumed.optimizer)[0] == pytest.approx(0.08)


def test_functions_are_not_saved_and_objects_are() -> None:
    schedule = S.LambdaLR(optimizer(), [lambda t: 1.0, Power(0.5)])
    saved = schedule.state_dict()
    assert saved["lr_lambdas"] == [None, {"base": 0.5}]
    other = S.LambdaLR(optimizer(), [lambda t: 0.5, Power(0.1)])
    other.load_state_dict(saved)
    assert advance(other, 1) == [[0.4, 0.15]]
    cyclic = S.CyclicLR(optimizer(), 0.1, 1.0, 2, scale_fn=Power(0.5))
    again = S.CyclicLR(optimizer(), 0.1, 1.0, 2, scale_fn=Power(0.1))
    again.load_state_dict(cyclic.state_dict())
    assert advance(again, 3) == advance(cyclic, 3)


PROGRAM = """
import json, sys
import lucid, lucid.nn as nn
from lucid import optim
kept = json.load(sys.stdin)
w = nn.Parameter(lucid.Tensor(kept["w"]))
optimizer = optim.SGD([w], lr=0.1, momentum=0.1)
schedule = optim.lr_scheduler.OneCycleLR(optimizer, 9.0, 3)
state = kept["optimizer"]["state"]["0"]
state["momentum_buffer"] = lucid.Tensor(state["momentum_buffer"])
optimizer.load_state_dict(kept["optimizer"])
schedule.load_state_dict(kept["schedule"])
for _ in range(6):
    optimizer.zero_grad()
    (w * w).sum().backward()
    optimizer.step()
    schedule.step()
print(json.dumps([w.tolist(), schedule.get_last_lr(), optimizer.param_groups[0]["momentum"]]))
"""


def test_going_on_in_another_process() -> None:
    w = nn.Parameter([1.0, -2.0])
    o = optim.SGD([w], lr=0.5, momentum=0.9)
    schedule = S.OneCycleLR(o, 0.5, 12)
    for t in range(11):
        if t == 5:
            state = o.state_dict()
            state["state"]["0"]["momentum_buffer"] = state["state"]["0"]["momentum_buffer"].tolist()
            kept = json.dumps({"w": w.tolist(), "optimizer": state, "schedule": schedule.state_dict()})
        o.zero_grad()
        (w * w).sum().backward()
        o.step()
        schedule.step()
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=kept, capture_output=True, text=True, check=True
    )
    assert json.loads(run.stdout) == [w.tolist(), schedule.get_last_lr(), o.param_groups[0]["momentum"]]


def spoil(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda state: state.update(changes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("gamma"), "lacks 'gamma'"),
        (spoil(junk=1), "has an unknown 'junk'"),
        (spoil(gamma="x"), "gamma must be a number, got 'x'"),
        (spoil(last_epoch=True), "last_epoch must be a number, got True"),
        (spoil(base_lrs=[0.1]), "base_lrs is for 1 groups, the optimizer has 2"),
        (spoil(_last_lr=0.1), "_last_lr must be a list, got 0.1"),
    ],
)
def test_what_does_not_fit_is_refused_whole(change: Any, message: str) -> None:
    schedule = S.StepLR(optimizer(), 2)
    saved = S.StepLR(optimizer(), 5, 0.7).state_dict()
    change(saved)
    before = schedule.state_dict()
    with pytest.raises(StateError, match=message):
        schedule.load_state_dict(saved)
    assert schedule.state_dict() == before


def test_what_does_not_fit_in_a_part_is_refused_whole() -> None:
    schedule = sequence(optimizer())
    saved = schedule.state_dict()
    saved["_schedulers"][1]["gamma"] = None
    saved["last_epoch"] = 3
    with pytest.raises(StateError, match="schedule 1: gamma must be a number, got None"):
        schedule.load_state_dict(saved)
    assert schedule.last_epoch == 0
    del saved["_schedulers"][1]
    with pytest.raises(StateError, match="has 1 schedules, and this one 2"):
        schedule.load_state_dict(saved)
    with pytest.raises(StateError, match="expected a dict as state_dict gives, got int"):
        schedule.load_state_dict(3)  # type: ignore[arg-type]


# ----------------------------------------------------------------- last_epoch


def test_made_for_a_later_epoch() -> None:
    o = optimizer()
    S.LambdaLR(o, Power(0.5))
    again = optimizer(rates=(7.0, 7.0))
    again.load_state_dict(o.state_dict())
    schedule = S.LambdaLR(again, Power(0.5), last_epoch=2)
    assert schedule.last_epoch == 3
    assert rates(again) == [0.1, 0.0375]
    with pytest.raises(ArgumentError, match='last_epoch=2 needs "initial_lr" in group 0'):
        S.LambdaLR(optimizer(), Power(0.5), last_epoch=2)


# ----------------------------------------------------------------- refused


def test_a_schedule_that_steps_first_warns() -> None:
    for make in (lambda o: S.StepLR(o, 2), sequence, chain):
        schedule = make(optimizer())
        with pytest.warns(
            UserWarning, match=r"LR.step\(\) before SGD.step|Scheduler.step\(\) before"
        ) as caught:
            schedule.step()
        assert caught[0].filename == __file__
        schedule.step()  # once is enough


def test_what_step_and_schedules_do_not_take_is_explained() -> None:
    o = optimizer()
    with pytest.raises(ArgumentTypeError, match=r"^StepLR\(\) got .* 'verbose': print what get_last_lr"):
        S.StepLR(o, 1, verbose=True)  # type: ignore[call-arg]
    with pytest.raises(ArgumentTypeError, match=r"^StepLR.step goes on by one epoch.*: write scheduler.step"):
        S.StepLR(o, 1).step(3)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match=r"got None: write scheduler\.step\(loss\)"):
        S.ReduceLROnPlateau(o).step()


def test_a_schedule_without_a_rule_says_so() -> None:
    with pytest.raises(MissingAttributeError, match=r"LRScheduler has no rule: define get_lr\(self\)"):
        S.LRScheduler(optimizer())


BAD: list[tuple[Callable[[Optimizer], Any], type[Exception], str]] = [
    (lambda o: S.StepLR(3, 1), ArgumentTypeError, "StepLR expects an optimizer, got int"),  # type: ignore[arg-type]
    (lambda o: S.StepLR(o, 0), ArgumentError, "StepLR expects step_size to be at least 1, got 0"),
    (lambda o: S.StepLR(o, 2.5), ArgumentTypeError, "step_size to be an integer, got 2.5"),  # type: ignore[arg-type]
    (lambda o: S.StepLR(o, 2, -0.1), ArgumentError, "gamma to be finite and at least 0, got -0.1"),
    (lambda o: S.StepLR(o, 2, last_epoch=-2), ArgumentError, "last_epoch to be at least -1, got -2"),
    (lambda o: S.MultiStepLR(o, 3), ArgumentTypeError, "milestones to be a list of epochs, got 3"),  # type: ignore[arg-type]
    (lambda o: S.MultiStepLR(o, [1, -1]), ArgumentError, r"milestones\[1\] to be at least 0, got -1"),
    (lambda o: S.ConstantLR(o, 0.0), ArgumentError, "ConstantLR expects factor to be more than 0, got 0.0"),
    (lambda o: S.ConstantLR(o, 1.5), ArgumentError, "factor to be from 0 to 1, got 1.5"),
    (lambda o: S.LinearLR(o, 0.0), ArgumentError, "start_factor to be more than 0"),
    (lambda o: S.LinearLR(o, end_factor=2.0), ArgumentError, "end_factor to be from 0 to 1, got 2.0"),
    (lambda o: S.LinearLR(o, total_iters=-1), ArgumentError, "total_iters to be at least 0, got -1"),
    (lambda o: S.ExponentialLR(o, -1), ArgumentError, "gamma to be finite and at least 0, got -1"),
    (lambda o: S.PolynomialLR(o, power=-1), ArgumentError, "power to be finite and at least 0"),
    (lambda o: S.CosineAnnealingLR(o, 0), ArgumentError, "T_max to be more than 0, got 0"),
    (lambda o: S.CosineAnnealingLR(o, 2, -1.0), ArgumentError, "eta_min to be finite and at least 0"),
    (lambda o: S.CosineAnnealingWarmRestarts(o, 0), ArgumentError, "T_0 to be at least 1, got 0"),
    (lambda o: S.CosineAnnealingWarmRestarts(o, 2, 0), ArgumentError, "T_mult to be at least 1, got 0"),
    (
        lambda o: S.CyclicLR(o, [0.1], 1.0),
        ArgumentError,
        "base_lr to be a number or one for each of 2 groups",
    ),
    (lambda o: S.CyclicLR(o, 0.1, 1.0, 0), ArgumentError, "step_size_up to be more than 0, got 0"),
    (lambda o: S.CyclicLR(o, 0.1, 1.0, mode="x"), ArgumentError, "mode to be one of 'triangular'"),
    (lambda o: S.CyclicLR(o, 0.1, 1.0, scale_mode="x"), ArgumentError, "scale_mode to be one of 'cycle'"),
    (lambda o: S.CyclicLR(o, 0.1, 1.0, scale_fn=3), ArgumentTypeError, "scale_fn to be a function, got 3"),  # type: ignore[arg-type]
    (lambda o: S.OneCycleLR(o, 1.0), ArgumentError, "expects total_steps, or epochs and steps_per_epoch"),
    (lambda o: S.OneCycleLR(o, 1.0, 0), ArgumentError, "total_steps to be a positive integer, got 0"),
    (lambda o: S.OneCycleLR(o, 1.0, 9, pct_start=2.0), ArgumentError, "pct_start to be from 0 to 1"),
    (lambda o: S.OneCycleLR(o, 1.0, 9, anneal_strategy="x"), ArgumentError, "anneal_strategy to be one of"),
    (lambda o: S.OneCycleLR(o, 1.0, 9, div_factor=0.0), ArgumentError, "div_factor to be more than 0"),
    (lambda o: S.LambdaLR(o, 0.5), ArgumentTypeError, "lr_lambda to be a function of the epoch, got 0.5"),  # type: ignore[arg-type]
    (lambda o: S.MultiplicativeLR(o, [Power(1)]), ArgumentError, "one for each of 2 groups, got 1"),
    (lambda o: S.NoamScheduler(o, 0, 5), ArgumentError, "model_size to be a positive integer, got 0"),
    (lambda o: S.NoamScheduler(o, 5, 5, 0.0), ArgumentError, "factor to be more than 0, got 0.0"),
    (lambda o: SWALR(o, 0.1, -1), ArgumentError, "anneal_epochs to be at least 0, got -1"),
    (lambda o: SWALR(o, 0.1, anneal_strategy="x"), ArgumentError, "anneal_strategy to be one of 'cos'"),
    (lambda o: S.ReduceLROnPlateau(o, "x"), ArgumentError, "mode to be one of 'min', 'max', got 'x'"),
    (lambda o: S.ReduceLROnPlateau(o, factor=1.0), ArgumentError, "factor to be from 0 to less than 1"),
    (lambda o: S.ReduceLROnPlateau(o, threshold_mode="x"), ArgumentError, "threshold_mode to be one of"),
    (lambda o: S.ReduceLROnPlateau(o, min_lr=[0.1]), ArgumentError, "min_lr to be a number or one for each"),
    (lambda o: S.SequentialLR(o, [], []), ArgumentError, "SequentialLR expects at least one schedule"),
    (lambda o: S.SequentialLR(o, [S.StepLR(o, 1)], [2]), ArgumentError, "got 1 milestones for 1 schedules"),
    (
        lambda o: S.SequentialLR(o, [S.StepLR(o, 1)] * 3, [4, 2]),
        ArgumentError,
        r"milestones that rise, got \[4, 2\]",
    ),
    (lambda o: S.SequentialLR(o, [3], []), ArgumentTypeError, "schedules, got int at position 0"),  # type: ignore[list-item]
    (
        lambda o: S.ChainedScheduler([S.StepLR(o, 1), S.StepLR(optimizer(), 1)]),
        ArgumentError,
        "StepLR, at position 1, is of another",
    ),
    (
        lambda o: S.ChainedScheduler([S.ReduceLROnPlateau(o)]),
        ArgumentError,
        "ReduceLROnPlateau, at position 0, needs a metric: step it by itself",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD, ids=[message[:30] for _, _, message in BAD])
def test_bad_arguments(make: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        make(optimizer())


def test_momentum_needs_an_optimizer_that_has_some() -> None:
    class Plain(optim.Optimizer):
        def __init__(self, params: Any) -> None:
            super().__init__(params, {"lr": 1.0})

    o = Plain([nn.Parameter(lucid.ones(1))])
    for make in (lambda **k: S.CyclicLR(o, 0.1, 1.0, **k), lambda **k: S.OneCycleLR(o, 1.0, 9, **k)):
        with pytest.raises(ArgumentError, match="Plain has neither momentum nor betas: write cycle_momentum"):
            make()
        make(cycle_momentum=False)
