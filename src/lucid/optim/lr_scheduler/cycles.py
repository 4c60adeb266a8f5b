"""Schedules that let the rate rise and fall, and the momentum the other way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.nn.functional import checks
from lucid.optim.lr_scheduler.base import (
    LRScheduler,
    an_epoch,
    an_optimizer,
    per_group,
    positive,
    write,
    written,
)
from lucid.optim.optimizer import Optimizer


class MomentumCycle(LRScheduler):
    """A schedule that also sets each group's momentum: ``momentum``, or the first of its ``betas``."""

    cycle_momentum: bool

    def get_momentum(self) -> list[float]:
        """Return the momentums of ``last_epoch``, one for each group."""
        raise NotImplementedError

    def _check_momentum(self, optimizer: Optimizer, value: Any) -> None:
        name = type(self).__name__
        self.cycle_momentum = checks.truth(name, "cycle_momentum", value)
        if self.cycle_momentum and not {"momentum", "betas"} & optimizer.defaults.keys():
            raise ArgumentError(
                f"{name}: {type(optimizer).__name__} has neither momentum nor betas: "
                "write cycle_momentum=False"
            )

    def _advance(self) -> None:
        super()._advance()
        self._set_momentum()

    def _restart(self) -> None:
        super()._restart()
        self._set_momentum()

    def _set_momentum(self) -> None:
        if not self.cycle_momentum:
            return
        for group, momentum in self._by_group(self.get_momentum()):
            if "betas" in self.optimizer.defaults:
                first, *rest = group["betas"]
                group["betas"] = (written(first, momentum), *rest)
            else:
                write(group, "momentum", momentum)


class CyclicLR(MomentumCycle):
    r"""Let the rate go up and down between two numbers, by equal steps.

    .. math::
        \eta_t = \text{base} + (\text{max} - \text{base}) \cdot h_t \cdot s

    where :math:`h_t` goes from 0 to 1 in ``step_size_up`` epochs and back in ``step_size_down``. The scale
    :math:`s` is by ``mode``, in cycle :math:`c = 1, 2, ...`: always 1 (``"triangular"``),
    :math:`2^{1 - c}` (``"triangular2"``) or :math:`\gamma^t` (``"exp_range"``). The momentum is
    :math:`\text{max} - (\text{max} - \text{base}) \cdot h_t \cdot s`. An epoch is here a step of the
    optimizer.

    Args:
        optimizer: whose rates to set.
        base_lr: the rate at the ends of a cycle, or one for each group.
        max_lr: the rate at its top, or one for each group.
        step_size_up: how long the rate rises.
        step_size_down: how long it falls, by default as long.
        mode: ``"triangular"``, ``"triangular2"`` or ``"exp_range"``.
        gamma: of ``"exp_range"``.
        scale_fn: the scale :math:`s` in the place of ``mode``'s.
        scale_mode: whether ``scale_fn`` takes the number of the ``"cycle"`` or that of the epoch,
            ``"iterations"``.
        cycle_momentum: also set the momentum.
        base_momentum: the least momentum, or one for each group.
        max_momentum: the largest, or one for each group.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: if an option is out of range, or the optimizer has no momentum to cycle.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], momentum=0.9)
        >>> scheduler = lucid.optim.lr_scheduler.CyclicLR(optimizer, 0.2, 1.0, step_size_up=2)
        >>> rates = []
        >>> for step in range(6):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> [round(rate, 1) for rate in rates]
        [0.2, 0.6, 1.0, 0.6, 0.2, 0.6]

    Smith, Cyclical Learning Rates for Training Neural Networks, 2017.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float = 0.8,
        max_momentum: float = 0.9,
        last_epoch: int = -1,
    ) -> None:
        name = "CyclicLR"
        an_optimizer(name, optimizer)
        bases = per_group(name, "base_lr", optimizer, base_lr)
        self.max_lrs = per_group(name, "max_lr", optimizer, max_lr)
        self.step_size_up = positive(name, "step_size_up", step_size_up)
        down = self.step_size_up if step_size_down is None else step_size_down
        self.step_size_down = checks.number(name, "step_size_down", down, 0)
        checks.one_of(name, "mode", mode, ("triangular", "triangular2", "exp_range"))
        checks.one_of(name, "scale_mode", scale_mode, ("cycle", "iterations"))
        if scale_fn is not None and not callable(scale_fn):
            raise ArgumentTypeError(f"{name} expects scale_fn to be a function, got {scale_fn!r}")
        self.mode, self.scale_mode, self.scale_fn = mode, scale_mode, scale_fn
        self.gamma = checks.number(name, "gamma", gamma)
        self._check_momentum(optimizer, cycle_momentum)
        self.base_momentums = per_group(name, "base_momentum", optimizer, base_momentum)
        self.max_momentums = per_group(name, "max_momentum", optimizer, max_momentum)
        if an_epoch(name, "last_epoch", last_epoch, -1) == -1:
            for group, base in zip(optimizer.param_groups, bases, strict=True):
                write(group, "lr", base)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = bases

    def get_lr(self) -> list[float]:
        height = self._height()
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def get_momentum(self) -> list[float]:
        height = self._height()
        pairs = zip(self.base_momentums, self.max_momentums, strict=True)
        return [high - (high - low) * height for low, high in pairs]

    def _height(self) -> float:
        """Return how far from the base the rate is, as a part of the distance to the top."""
        t, length = self.last_epoch, self.step_size_up + self.step_size_down
        cycle = math.floor(1 + t / length)
        x, top = 1.0 + t / length - cycle, self.step_size_up / length
        height = x / top if x <= top else (x - 1) / (top - 1)
        if self.scale_fn is not None:
            return height * float(self.scale_fn(cycle if self.scale_mode == "cycle" else t))
        if self.mode == "triangular2":
            return height * 2.0 ** (1 - cycle)
        return height * self.gamma**t if self.mode == "exp_range" else height


class OneCycleLR(MomentumCycle):
    r"""Let the rate rise to ``max_lr`` and then fall far below what it was at first, once in a training.

    It goes from :math:`\text{max\_lr} / \text{div\_factor}` to :math:`\text{max\_lr}`, and on to
    :math:`\text{max\_lr} / (\text{div\_factor} \cdot \text{final\_div\_factor})`. With ``three_phase`` it
    falls to where it began in as many steps as it rose, and then to the end. Between :math:`a` and
    :math:`b` it goes along half a cosine, or by equal steps:

    .. math::
        b + \frac{a - b}{2} (1 + \cos \pi u) \qquad \text{or} \qquad a + (b - a) u, \qquad 0 \le u \le 1

    The momentum goes the other way. An epoch is here a step of the optimizer.

    Args:
        optimizer: whose rates to set.
        max_lr: the largest rate, or one for each group.
        total_steps: how many steps there are; if not given, ``epochs * steps_per_epoch``.
        epochs: how often the data are gone through.
        steps_per_epoch: how many steps that is.
        pct_start: the part of the steps in which the rate rises, from 0 to 1.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        cycle_momentum: also set the momentum.
        base_momentum: the least momentum, or one for each group.
        max_momentum: the largest, or one for each group.
        div_factor: how many times the largest rate is as large as the first.
        final_div_factor: how many times the first rate is as large as the last.
        three_phase: fall in two phases.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: if an option is out of range, or the optimizer has no momentum to cycle; from
            ``step``, if there were as many steps as there are in all.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], momentum=0.9)
        >>> scheduler = lucid.optim.lr_scheduler.OneCycleLR(
        ...     optimizer, max_lr=1.0, total_steps=6, pct_start=0.5, anneal_strategy="linear"
        ... )
        >>> rates = []
        >>> for step in range(6):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> [round(rate, 2) for rate in rates]
        [0.04, 0.52, 1.0, 0.67, 0.33, 0.0]

    Smith and Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates,
    2018.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        name = "OneCycleLR"
        an_optimizer(name, optimizer)
        if total_steps is not None:
            self.total_steps = checks.size(name, "total_steps", total_steps)
        elif epochs is not None and steps_per_epoch is not None:
            self.total_steps = checks.size(name, "epochs", epochs)
            self.total_steps *= checks.size(name, "steps_per_epoch", steps_per_epoch)
        else:
            raise ArgumentError(f"{name} expects total_steps, or epochs and steps_per_epoch")
        self.pct_start = checks.number(name, "pct_start", pct_start, 0, 1)
        checks.one_of(name, "anneal_strategy", anneal_strategy, ("cos", "linear"))
        self.anneal_strategy = anneal_strategy
        self.three_phase = checks.truth(name, "three_phase", three_phase)
        self.max_lrs = per_group(name, "max_lr", optimizer, max_lr)
        self.div_factor = positive(name, "div_factor", div_factor)
        self.final_div_factor = positive(name, "final_div_factor", final_div_factor)
        self._check_momentum(optimizer, cycle_momentum)
        self.base_momentums = per_group(name, "base_momentum", optimizer, base_momentum)
        self.max_momentums = per_group(name, "max_momentum", optimizer, max_momentum)
        if an_epoch(name, "last_epoch", last_epoch, -1) == -1:
            for group, top in zip(optimizer.param_groups, self.max_lrs, strict=True):
                group["initial_lr"] = top / self.div_factor
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        phase, u = self._phase()
        rates = []
        for top in self.max_lrs:
            first = top / self.div_factor
            stations = [first, top, first, first / self.final_div_factor]
            if not self.three_phase:
                del stations[2]
            rates.append(self._between(stations[phase], stations[phase + 1], u))
        return rates

    def _is_over(self) -> bool:
        return self.last_epoch >= self.total_steps  # a loop's last call; PyTorch's rate there may be below 0

    def get_momentum(self) -> list[float]:
        phase, u = self._phase()
        momentums = []
        for low, high in zip(self.base_momentums, self.max_momentums, strict=True):
            stations = [high, low, high, high]
            momentums.append(self._between(stations[phase], stations[phase + 1], u))
        return momentums

    def _phase(self) -> tuple[int, float]:
        """Return the phase that ``last_epoch`` is in, and how much of it has gone by."""
        t, last = self.last_epoch, self.total_steps
        if t > last:
            raise ArgumentError(
                f"OneCycleLR was made for {last} steps, and this is step {t + 1}: pass a larger total_steps"
            )
        rise = self.pct_start * last
        ends = [rise - 1, 2 * rise - 2, last - 1] if self.three_phase else [rise - 1, last - 1]
        start = 0.0
        for phase, end in enumerate(ends):
            if t <= end or phase == len(ends) - 1:
                return phase, (t - start) / (end - start) if end != start else 1.0
            start = end
        raise AssertionError("the last phase takes all that is left")

    def _between(self, a: float, b: float, u: float) -> float:
        if self.anneal_strategy == "linear":
            return a + (b - a) * u
        return b + (a - b) / 2.0 * (1 + math.cos(math.pi * u))
