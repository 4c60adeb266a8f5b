"""Schedules against PyTorch's, rate by rate: alone, after a rate was set by hand, resumed, and joined."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import optim

torch = pytest.importorskip("torch")

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:.*lr_scheduler.step:UserWarning")]

SIDES = (optim, torch.optim)
STEPS = 40


class Power:
    """A factor of the epoch that a state dict can hold."""

    def __init__(self, base: float) -> None:
        self.base = base

    def __call__(self, epoch: float) -> float:
        return float(self.base**epoch)

    def __repr__(self) -> str:
        return f"Power({self.base})"


def inverse(epoch: int) -> float:
    return 1 / (1 + epoch)


def rising(epoch: int) -> float:
    return 1 - 0.5 / (1 + epoch)


def s(name: str, *args: Any, **options: Any) -> Callable[..., Any]:
    """Return what makes a schedule of either side, given the side and the optimizer."""

    def make(side: Any, optimizer: Any, **more: Any) -> Any:
        home = side.swa_utils if name == "SWALR" else side.lr_scheduler
        return getattr(home, name)(optimizer, *args, **options, **more)

    # Without the addresses of functions: two processes must give a row the same name.
    make.__name__ = re.sub(r"<function (\w+) at \w+>", r"\1", f"{name}{args}{options}")
    return make


ROWS = [
    s("StepLR", 3),
    s("StepLR", step_size=1, gamma=0.9),
    s("MultiStepLR", [2, 5, 5, 9]),
    s("MultiStepLR", milestones=[7, 0, 3], gamma=0.5),
    s("MultiStepLR", []),
    s("ConstantLR"),
    s("ConstantLR", factor=0.25, total_iters=3),
    s("ConstantLR", 0.5, 0),
    s("ConstantLR", 1.0, 1),
    s("LinearLR"),
    s("LinearLR", start_factor=0.01, end_factor=0.7, total_iters=8),
    s("LinearLR", 1.0, 0.0, 4),
    s("LinearLR", 0.5, 1.0, 0),
    s("ExponentialLR", 0.9),
    s("ExponentialLR", gamma=1.02),
    s("PolynomialLR"),
    s("PolynomialLR", total_iters=20, power=2.5),
    s("PolynomialLR", 3, 0.0),
    s("PolynomialLR", 0),
    s("CosineAnnealingLR", 10),
    s("CosineAnnealingLR", T_max=7, eta_min=0.01),
    s("CosineAnnealingLR", 1),
    s("CosineAnnealingLR", 1000, 0.3),
    s("CosineAnnealingWarmRestarts", 4),
    s("CosineAnnealingWarmRestarts", T_0=3, T_mult=2, eta_min=0.01),
    s("CosineAnnealingWarmRestarts", 1, 3),
    s("CyclicLR", 0.1, 1.0, 4),
    s("CyclicLR", base_lr=0.1, max_lr=1.0, step_size_up=3, step_size_down=5, mode="triangular2"),
    s("CyclicLR", 0.1, 1.0, 2, 3, mode="exp_range", gamma=0.97, base_momentum=0.5, max_momentum=0.95),
    s("CyclicLR", 0.1, 1.0, 2, scale_fn=Power(0.8)),
    s("CyclicLR", 0.1, 1.0, 2, scale_fn=Power(0.9), scale_mode="iterations", cycle_momentum=False),
    s("CyclicLR", [0.1, 0.2], [1.0, 3.0], 4),
    s("CyclicLR", 1.0, 0.1, 2.5, 0),
    s("OneCycleLR", 1.0, STEPS),
    s("OneCycleLR", [1.0, 2.0], epochs=5, steps_per_epoch=8, anneal_strategy="linear"),
    s("OneCycleLR", 1.0, STEPS, pct_start=0.4, three_phase=True, div_factor=10.0, final_div_factor=5.0),
    s("OneCycleLR", 1.0, STEPS, pct_start=0.0, cycle_momentum=False),
    s("OneCycleLR", 1.0, STEPS, pct_start=0.01, base_momentum=[0.1, 0.2], max_momentum=0.9),
    s("OneCycleLR", 1.0, STEPS, pct_start=0.7, three_phase=True),
    s("LambdaLR", inverse),
    s("LambdaLR", lr_lambda=[Power(0.9), Power(0.5)]),
    s("MultiplicativeLR", rising),
    s("MultiplicativeLR", [Power(0.99), rising]),
    s("SWALR", 0.05),
    s("SWALR", swa_lr=2.0, anneal_epochs=4, anneal_strategy="linear"),
    s("SWALR", 0.05, 0),
    s("SWALR", [0.05, 0.5], 3),
]

every_row = pytest.mark.parametrize("make", ROWS, ids=lambda make: make.__name__)


def optimizer(side: Any, name: str = "SGD", initial: bool = False, lr: Any = None) -> Any:
    """Return an optimizer of two groups."""
    groups = []
    for i, rate in enumerate((0.8, 0.3) if lr is None else lr):
        p = nn.Parameter([1.0]) if side is optim else torch.nn.Parameter(torch.ones(1))
        groups.append({"params": [p], "lr": rate} | ({"initial_lr": (0.8, 0.3)[i]} if initial else {}))
    return getattr(side, name)(groups, **({"momentum": 0.9} if name == "SGD" else {}))


def found(o: Any) -> list[Any]:
    """Return the rates and momentums of an optimizer."""
    return [
        [float(group["lr"]), *map(float, group["betas"] if "betas" in group else [group["momentum"]])]
        for group in o.param_groups
    ]


def same(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)


def pairs(make: Any, **options: Any) -> tuple[list[Any], list[Any]]:
    both = [optimizer(side, **options) for side in SIDES]
    return both, [make(side, o) for side, o in zip(SIDES, both, strict=True)]


def compare(both: list[Any], schedules: list[Any], steps: int) -> Iterator[int]:
    """Compare and step; at each yield the caller may do as it likes."""
    for step in range(steps):
        same(*map(found, both))
        same(*(schedule.get_last_lr() for schedule in schedules))
        assert schedules[0].last_epoch == getattr(schedules[1], "last_epoch", schedules[0].last_epoch)
        yield step
        for o, schedule in zip(both, schedules, strict=True):
            o.step()
            schedule.step()
    same(*map(found, both))


@every_row
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_rates_and_momentums(make: Any, name: str) -> None:
    both, schedules = pairs(make, name=name)
    for _ in compare(both, schedules, STEPS):
        pass
    same(*([group["initial_lr"] for group in o.param_groups] for o in both))
    same(schedules[0].base_lrs, schedules[1].base_lrs)


@every_row
def test_after_a_rate_was_set_by_hand(make: Any) -> None:
    both, schedules = pairs(make)
    for step in compare(both, schedules, STEPS):
        if step in (1, 4, 5, 17):
            for o in both:
                o.param_groups[1]["lr"] = 0.123 * (1 + step)


@every_row
@pytest.mark.parametrize("at", [0, 4, 11])
def test_made_for_a_later_epoch(make: Any, at: int) -> None:
    """Of an optimizer whose groups have their first rates, and whatever rates the checkpoint had."""
    both = [optimizer(side, initial=True, lr=(0.5, 0.2)) for side in SIDES]
    if "OneCycleLR" in make.__name__:
        # PyTorch's reads what it left in the groups the first time.
        make(torch.optim, both[1])
        for ours, theirs in zip(both[0].param_groups, both[1].param_groups, strict=True):
            ours["initial_lr"] = theirs["initial_lr"]
            ours["lr"], ours["momentum"] = theirs["lr"], theirs["momentum"]
    schedules = [make(side, o, last_epoch=at) for side, o in zip(SIDES, both, strict=True)]
    if "WarmRestarts" in make.__name__ and at:
        # PyTorch's counts one restart at most; ours are those of a schedule that was never stopped.
        whole = make(optim, optimizer(optim))
        for _ in range(at + 1):
            whole.optimizer.step()
            whole.step()
        same(schedules[0].get_last_lr(), whole.get_last_lr())
        return
    for _ in compare(both, schedules, 15):
        pass


@every_row
def test_rates_that_are_tensors(make: Any) -> None:
    """They are written to; single precision rounds in both."""
    rates = [lucid.Tensor(0.8), lucid.Tensor(0.3)]
    ours = optimizer(optim, "Adam", lr=rates)
    theirs = optimizer(torch.optim, "Adam", lr=[torch.tensor(0.8), torch.tensor(0.3)])
    schedules = [make(side, o) for side, o in zip(SIDES, (ours, theirs), strict=True)]
    for _ in range(12):
        np.testing.assert_allclose(found(ours), found(theirs), rtol=2e-6, atol=1e-8)
        for schedule in schedules:
            schedule.optimizer.step()
            schedule.step()
    assert [group["lr"] for group in ours.param_groups] == rates
    assert all(group["lr"] is rate for group, rate in zip(ours.param_groups, rates, strict=True))


def test_warm_restarts_between_epochs() -> None:
    both, schedules = pairs(s("CosineAnnealingWarmRestarts", 3, 2, 0.1))
    for o in both:
        o.step()
    for epoch in (0.5, 1.25, None, None, 2.9, 3.0, 8.75, 9, 20.5, None, 0, None, 44.4):
        for schedule in schedules:
            schedule.step(epoch)
        same(*map(found, both))
        assert schedules[0].last_epoch == schedules[1].last_epoch
        assert schedules[0].T_cur == pytest.approx(schedules[1].T_cur, abs=1e-12)


# ----------------------------------------------------------------- joined


def joined(name: str, parts: list[Any], *args: Any) -> Callable[..., Any]:
    def make(side: Any, o: Any) -> Any:
        schedules = [part(side, o) for part in parts]
        if name == "SequentialLR":
            return side.lr_scheduler.SequentialLR(o, schedules, *args)
        return side.lr_scheduler.ChainedScheduler(schedules, *args)

    make.__name__ = f"{name}{[part.__name__ for part in parts]}{args}"
    return make


WARM = s("LinearLR", 0.1, 1.0, 4)
DECAY = s("ExponentialLR", 0.9)
KINDS = [
    s("StepLR", 2, 0.5),
    s("MultiStepLR", [0, 2], 0.5),
    s("ConstantLR", 0.5, 3),
    s("PolynomialLR", 6, 2.0),
    s("CosineAnnealingLR", 4, 0.01),
    s("CosineAnnealingWarmRestarts", 3, 2),
    s("CyclicLR", 0.1, 1.0, 3),
    s("OneCycleLR", 1.0, STEPS),
    s("LambdaLR", Power(0.9)),
    s("MultiplicativeLR", rising),
    s("SWALR", 0.05, 3),
]
JOINED = [
    *(joined("SequentialLR", [WARM, kind], [3]) for kind in KINDS),
    *(joined("SequentialLR", [kind, WARM], [5]) for kind in KINDS),
    joined("SequentialLR", [WARM, DECAY, KINDS[4]], [2, 9]),
    joined("SequentialLR", [DECAY, WARM], [0]),
    joined("SequentialLR", [DECAY, WARM, KINDS[0]], [4, 4]),
    joined("SequentialLR", [DECAY], []),
    *(joined("ChainedScheduler", [WARM, kind]) for kind in KINDS),
    *(joined("ChainedScheduler", [kind, DECAY]) for kind in KINDS),
    joined("ChainedScheduler", [WARM, DECAY, s("ConstantLR")]),
]

every_joined = pytest.mark.parametrize("make", JOINED, ids=lambda make: make.__name__)


@pytest.mark.parametrize("at", [0, 2, 3, 7])
@pytest.mark.parametrize("milestones", [[0], [3], [5], [0, 2]], ids=str)
def test_sequence_made_for_a_later_epoch(at: int, milestones: list[int]) -> None:
    make = joined("SequentialLR", [DECAY, KINDS[2], KINDS[0]][: len(milestones) + 1], milestones, at)
    for _ in compare(*pairs(make), 8):
        pass


@every_joined
def test_joined(make: Any) -> None:
    both, schedules = pairs(make)
    for _ in compare(both, schedules, 20):
        pass


# ----------------------------------------------------------------- the plateau

PLATEAUS: list[dict[str, Any]] = [
    {},
    {"patience": 0, "factor": 0.5},
    {"mode": "max", "patience": 1, "threshold": 0.2},
    {"patience": 2, "threshold_mode": "abs", "threshold": 0.1, "cooldown": 3, "factor": 0.3},
    {"mode": "max", "threshold_mode": "abs", "patience": 1, "cooldown": 1},
    {"patience": 0, "min_lr": [0.2, 0.01]},
    {"patience": 0, "eps": 0.1},
]


@pytest.mark.parametrize("options", PLATEAUS, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_plateau(options: dict[str, Any], seed: int) -> None:
    both, schedules = pairs(s("ReduceLROnPlateau", **options))
    metrics = np.round(np.random.default_rng(seed).standard_normal(60), 1)
    metrics[20] = np.nan
    for i, metric in enumerate(metrics):
        if i == 30:
            for o in both:
                o.param_groups[0]["lr"] = 0.7
        for schedule in schedules:
            schedule.step(float(metric))
        same(*map(found, both))
        ours, theirs = schedules
        for name in ("best", "num_bad_epochs", "cooldown_counter", "last_epoch"):
            assert getattr(ours, name) == getattr(theirs, name)


# ----------------------------------------------------------------- going on


@pytest.mark.parametrize("make", [*ROWS, *JOINED], ids=lambda make: make.__name__)
def test_state_goes_on_exactly(make: Any) -> None:
    """Through text, as into another process; with the rates of PyTorch, which never stopped."""
    both, schedules = pairs(make)
    for _ in compare(both, schedules, 7):
        pass
    saved, groups = schedules[0].state_dict(), both[0].state_dict()
    again = optimizer(optim, lr=(0.1, 0.1))
    resumed = make(optim, again)
    again.load_state_dict(groups)
    resumed.load_state_dict(json.loads(json.dumps(saved)))
    for _ in compare([again, both[1]], [resumed, schedules[1]], 12):
        pass


@pytest.mark.parametrize("side", SIDES, ids=["lucid", "torch"])
def test_both_warn_of_the_wrong_order(side: Any) -> None:
    schedule = s("StepLR", 2)(side, optimizer(side))
    with pytest.warns(UserWarning, match=r"before .*step\(\)"):
        schedule.step()
