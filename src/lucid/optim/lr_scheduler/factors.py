"""Schedules that multiply the rates by a factor of the epoch."""

from __future__ import annotations

from collections.abc import Iterable

from lucid.errors import ArgumentTypeError
from lucid.nn.functional import checks
from lucid.optim.lr_scheduler.base import LRScheduler, an_epoch, positive
from lucid.optim.optimizer import Optimizer


class Factor(LRScheduler):
    """A schedule that multiplies each group's rate by one factor."""

    _anew = True

    def factor_now(self) -> float:
        """Return what the rates of the last epoch are multiplied by to be those of ``last_epoch``."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        factor = self.factor_now()
        return [rate * factor for rate in self._rates()]

    @property
    def _goes_on(self) -> bool:
        """Whether the schedule is being made for rates that are right already."""
        return self._beginning and self.last_epoch > 0


class StepLR(Factor):
    r"""Multiply the rate by ``gamma`` after every ``step_size`` epochs.

    .. math:: \eta_t = \eta_0 \, \gamma^{\lfloor t / \text{step\_size} \rfloor}

    Args:
        optimizer: whose rates to set.
        step_size: how many epochs a rate lasts.
        gamma: the factor.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: if ``step_size`` is not positive, or ``gamma`` negative.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
        >>> rates = []
        >>> for epoch in range(5):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [0.8, 0.8, 0.4, 0.4, 0.2]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = an_epoch("StepLR", "step_size", step_size, 1)
        self.gamma = checks.number("StepLR", "gamma", gamma, 0)
        super().__init__(optimizer, last_epoch)

    def factor_now(self) -> float:
        return self.gamma if self.last_epoch and self.last_epoch % self.step_size == 0 else 1.0


class MultiStepLR(Factor):
    r"""Multiply the rate by ``gamma`` at each milestone.

    .. math:: \eta_t = \eta_0 \, \gamma^{|\{m \in \text{milestones} : m \le t\}|}

    Args:
        optimizer: whose rates to set.
        milestones: epochs, in any order; one that is there twice counts twice.
        gamma: the factor.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: if a milestone or ``gamma`` is negative.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5)
        >>> rates = []
        >>> for epoch in range(5):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [0.8, 0.4, 0.4, 0.2, 0.2]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = epochs("MultiStepLR", "milestones", milestones)
        self.gamma = checks.number("MultiStepLR", "gamma", gamma, 0)
        super().__init__(optimizer, last_epoch)

    def factor_now(self) -> float:
        return self.gamma ** self.milestones.count(self.last_epoch)


class ConstantLR(Factor):
    r"""Multiply the rate by ``factor``, and after ``total_iters`` epochs no longer.

    .. math:: \eta_t = \eta_0 \cdot (\text{factor if } t < \text{total\_iters, else } 1)

    Args:
        optimizer: whose rates to set.
        factor: more than 0, and at most 1.
        total_iters: how many epochs it lasts; with 0 it lasts for ever, as in PyTorch.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: if ``factor`` or ``total_iters`` is out of range.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
        >>> rates = []
        >>> for epoch in range(4):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [0.4, 0.4, 0.8, 0.8]
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        self.factor = positive("ConstantLR", "factor", factor, 1)
        self.total_iters = an_epoch("ConstantLR", "total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def factor_now(self) -> float:
        if self.last_epoch == 0:
            return self.factor
        return 1 / self.factor if self.last_epoch == self.total_iters else 1.0


class LinearLR(Factor):
    r"""Multiply the rate by a factor that goes from one number to another by equal steps: a warm-up.

    .. math::
        \eta_t = \eta_0 \left( \text{start} + (\text{end} - \text{start})
            \frac{\min(t, \text{total\_iters})}{\text{total\_iters}} \right)

    Args:
        optimizer: whose rates to set.
        start_factor: the first factor, more than 0 and at most 1.
        end_factor: the last one, from 0 to 1.
        total_iters: after how many epochs it is reached.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: if a factor or ``total_iters`` is out of range.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
        >>> rates = []
        >>> for epoch in range(4):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> [round(rate, 1) for rate in rates]
        [0.4, 0.6, 0.8, 0.8]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.start_factor = positive("LinearLR", "start_factor", start_factor, 1)
        self.end_factor = checks.number("LinearLR", "end_factor", end_factor, 0, 1)
        self.total_iters = an_epoch("LinearLR", "total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def factor_now(self) -> float:
        if self.last_epoch == 0:
            return self.start_factor
        if self.last_epoch > self.total_iters or self._goes_on:
            return 1.0
        if self.last_epoch == self.total_iters and not self.end_factor:
            return 0.0  # what is computed below may come out a little less
        rise = self.end_factor - self.start_factor
        return 1.0 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)


class ExponentialLR(Factor):
    r"""Multiply the rate by ``gamma`` after every epoch.

    .. math:: \eta_t = \eta_0 \, \gamma^t

    Args:
        optimizer: whose rates to set.
        gamma: the factor.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: if ``gamma`` is negative.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        >>> rates = []
        >>> for epoch in range(4):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [0.8, 0.4, 0.2, 0.1]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = checks.number("ExponentialLR", "gamma", gamma, 0)
        super().__init__(optimizer, last_epoch)

    def factor_now(self) -> float:
        return 1.0 if self._beginning or self.last_epoch == 0 else self.gamma


class PolynomialLR(Factor):
    r"""Let the rate fall to 0 as a power of the epochs that are left.

    .. math::
        \eta_t = \eta_0 \left( 1 - \frac{\min(t, \text{total\_iters})}{\text{total\_iters}}
            \right)^{\text{power}}

    Args:
        optimizer: whose rates to set.
        total_iters: after how many epochs the rate is 0.
        power: the exponent; with 1 the rate falls by equal steps.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: if ``total_iters`` or ``power`` is negative.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=2, power=2.0)
        >>> rates = []
        >>> for epoch in range(4):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [0.8, 0.2, 0.0, 0.0]
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = an_epoch("PolynomialLR", "total_iters", total_iters)
        self.power = checks.number("PolynomialLR", "power", power, 0)
        super().__init__(optimizer, last_epoch)

    def factor_now(self) -> float:
        t, n = self.last_epoch, self.total_iters
        if t == 0 or t > n or self._goes_on:
            return 1.0
        return float(((1.0 - t / n) / (1.0 - (t - 1) / n)) ** self.power)


def epochs(function: str, name: str, value: object) -> list[int]:
    """Return epochs in a list, sorted."""
    if not isinstance(value, Iterable) or isinstance(value, str):
        raise ArgumentTypeError(f"{function} expects {name} to be a list of epochs, got {value!r}")
    return sorted(an_epoch(function, f"{name}[{i}]", epoch) for i, epoch in enumerate(value))
