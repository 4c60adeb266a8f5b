"""Schedules made of schedules: one after another, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.optim.lr_scheduler.base import LRScheduler, an_epoch, an_optimizer
from lucid.optim.lr_scheduler.factors import epochs
from lucid.optim.lr_scheduler.plateau import ReduceLROnPlateau
from lucid.optim.optimizer import Optimizer


class Joined(LRScheduler):
    """A schedule that holds others, and saves them with it."""

    _schedulers: list[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        kept = {key: value for key, value in super().state_dict().items() if key != "_schedulers"}
        return {**kept, "_schedulers": [s.state_dict() for s in self._schedulers]}

    def get_lr(self) -> list[float]:
        return self._rates()

    def _all(self) -> Iterator[LRScheduler]:
        yield self
        for schedule in self._schedulers:
            yield from schedule._all()

    def _problems(self, state: Any, where: str = "") -> list[str]:
        problems = super()._problems(state, where)
        theirs = state.get("_schedulers") if isinstance(state, Mapping) else None
        if not isinstance(theirs, (list, tuple)):
            return problems
        if len(theirs) != len(self._schedulers):
            return [*problems, f"{where}has {len(theirs)} schedules, and this one {len(self._schedulers)}"]
        for i, (mine, kept) in enumerate(zip(self._schedulers, theirs, strict=True)):
            problems += mine._problems(kept, f"{where}schedule {i}: ")
        return problems

    def _load(self, state: Mapping[str, Any]) -> None:
        for mine, kept in zip(self._schedulers, state["_schedulers"], strict=True):
            mine._load(kept)
        super()._load({key: value for key, value in state.items() if key != "_schedulers"})

    def _reset(self) -> None:
        """Give the groups the rates with which they began."""
        self._write([float(group["initial_lr"]) for group in self.optimizer.param_groups])


class SequentialLR(Joined):
    r"""Follow one schedule after another: each from a milestone on, as if training began there.

    Args:
        optimizer: whose rates to set.
        schedulers: the schedules, all of this optimizer.
        milestones: the epochs at which the second one begins, the third one and so on.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: if there is not one milestone less than schedules, milestones fall, a schedule is of
            another optimizer, or is a ``ReduceLROnPlateau``, which needs a metric.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.lr_scheduler.SequentialLR(
        ...     optimizer,
        ...     [
        ...         lucid.optim.lr_scheduler.ConstantLR(optimizer, factor=0.1),
        ...         lucid.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5),
        ...     ],
        ...     milestones=[2],
        ... )
        >>> rates = []
        >>> for epoch in range(5):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> [round(rate, 2) for rate in rates]
        [0.08, 0.08, 0.8, 0.4, 0.2]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = an_optimizer("SequentialLR", optimizer)
        self._schedulers = schedules("SequentialLR", schedulers, optimizer)
        given = list(milestones) if isinstance(milestones, (list, tuple)) else milestones
        self._milestones = epochs("SequentialLR", "milestones", given)
        if given != self._milestones:
            raise ArgumentError(f"SequentialLR expects milestones that rise, got {milestones}")
        if len(self._schedulers) != len(self._milestones) + 1:
            raise ArgumentError(
                f"SequentialLR expects one milestone less than schedules, got {len(self._milestones)} "
                f"milestones for {len(self._schedulers)} schedules"
            )
        for scheduler in self._schedulers:
            if scheduler is not self._first():
                scheduler.last_epoch -= 1  # it has not begun
        self._begin(an_epoch("SequentialLR", "last_epoch", last_epoch, -1))

    def _begin(self, last_epoch: int) -> None:
        self._reset()
        first = self._first()
        first._begin(first.last_epoch - 1)
        self.last_epoch, self._step_count, self._last_lr = last_epoch + 1, 1, self._rates()

    def _restart(self) -> None:
        self._reset()
        self._first()._restart()
        self.last_epoch, self._last_lr = 0, self._rates()

    def _first(self) -> LRScheduler:
        return self._schedulers[bisect_right(self._milestones, 0)]

    def _advance(self) -> None:
        self._step_count += 1
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        if i and self._milestones[i - 1] == self.last_epoch:
            self._schedulers[i]._restart()
        else:
            self._schedulers[i]._advance()
        self._last_lr = self._rates()


class ChainedScheduler(Joined):
    r"""Step several schedules at once: each goes on from what the one before it has set.

    So the factors of those that multiply the rates are multiplied with each other.

    Args:
        schedulers: the schedules, all of one optimizer.
        optimizer: this optimizer, if it is to be said.

    Raises:
        ArgumentError: if there are none, they are of several optimizers, or one is a
            ``ReduceLROnPlateau``, which needs a metric.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.lr_scheduler.ChainedScheduler([
        ...     lucid.optim.lr_scheduler.ConstantLR(optimizer, factor=0.1, total_iters=2),
        ...     lucid.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5),
        ... ])
        >>> rates = []
        >>> for epoch in range(4):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> [round(rate, 2) for rate in rates]
        [0.08, 0.04, 0.2, 0.1]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._schedulers = schedules("ChainedScheduler", schedulers, optimizer)
        self.optimizer = self._schedulers[0].optimizer
        self.last_epoch, self._step_count, self._last_lr = 0, 1, self._rates()

    def _begin(self, last_epoch: int) -> None:
        self._reset()
        for scheduler in self._schedulers:
            scheduler._begin(scheduler.last_epoch - 1)
        self.last_epoch, self._step_count, self._last_lr = last_epoch + 1, 1, self._rates()

    def _restart(self) -> None:
        self._reset()
        for scheduler in self._schedulers:
            scheduler._begin(-1)
        self.last_epoch, self._last_lr = 0, self._rates()

    def _advance(self) -> None:
        self._step_count += 1
        self.last_epoch += 1
        for scheduler in self._schedulers:
            scheduler._advance()
        self._last_lr = self._rates()


def schedules(function: str, given: Any, optimizer: Optimizer | None) -> list[LRScheduler]:
    """Return schedules, all of one optimizer, in a list."""
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ArgumentTypeError(f"{function} expects a list of schedules, got {given!r}")
    if not given:
        raise ArgumentError(f"{function} expects at least one schedule, got none")
    for i, scheduler in enumerate(given):
        if not isinstance(scheduler, LRScheduler):
            raise ArgumentTypeError(
                f"{function} expects schedules, got {type(scheduler).__name__} at position {i}"
            )
        name = type(scheduler).__name__
        if isinstance(scheduler, ReduceLROnPlateau):
            raise ArgumentError(f"{function}: {name}, at position {i}, needs a metric: step it by itself")
        if optimizer is None:
            optimizer = scheduler.optimizer
        if scheduler.optimizer is not optimizer:
            raise ArgumentError(
                f"{function} expects schedules of one optimizer, and {name}, at position {i}, is of another"
            )
    return list(given)
