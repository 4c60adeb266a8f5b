"""Schedules along a cosine."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from lucid.errors import ArgumentError
from lucid.nn.functional import checks
from lucid.optim.lr_scheduler.base import LRScheduler, an_epoch, positive, rate_of
from lucid.optim.optimizer import Optimizer


class CosineAnnealingLR(LRScheduler):
    r"""Let the rate fall along half a cosine to ``eta_min``, and rise again if training goes on.

    .. math::
        \eta_t = \eta_{\min} + \frac{1}{2} (\eta_0 - \eta_{\min})
            \left( 1 + \cos \frac{\pi t}{T_{\max}} \right)

    Each rate is computed from the one before, of which a factor stretches what it is above ``eta_min``. So
    beside a schedule that takes the rate below ``eta_min``, as ``StepLR`` in a ``ChainedScheduler``, it can
    come out below 0, where ``step`` raises: leave ``eta_min`` at 0 then.

    Args:
        optimizer: whose rates to set.
        T_max: after how many epochs the rate is at its least.
        eta_min: the least rate.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: if ``T_max`` is not positive, or ``eta_min`` negative.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
        >>> rates = []
        >>> for epoch in range(6):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> [round(rate, 3) for rate in rates]
        [0.8, 0.683, 0.4, 0.117, 0.0, 0.117]

    Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017.
    """

    _anew = True

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = positive("CosineAnnealingLR", "T_max", T_max)
        self.eta_min = checks.number("CosineAnnealingLR", "eta_min", eta_min, 0)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        t, half = self.last_epoch, self.T_max
        if self._beginning or t == 0:
            return self._rates()
        if (t - 1 - half) % (2 * half) == 0:  # from the least rate no factor leads on
            rise = (1 - math.cos(math.pi / half)) / 2
            pairs = self._by_group(self.base_lrs)
            return [rate_of(group) + (base - self.eta_min) * rise for group, base in pairs]
        factor = (1 + math.cos(math.pi * t / half)) / (1 + math.cos(math.pi * (t - 1) / half))
        return [factor * (rate - self.eta_min) + self.eta_min for rate in self._rates()]


class CosineAnnealingWarmRestarts(LRScheduler):
    r"""Let the rate fall along half a cosine to ``eta_min``, and begin again, with longer and longer falls.

    .. math::
        \eta_t = \eta_{\min} + \frac{1}{2} (\eta_0 - \eta_{\min})
            \left( 1 + \cos \frac{\pi T_{\text{cur}}}{T_i} \right)

    where :math:`T_{\text{cur}}` counts from the last restart. The next one is :math:`T_i` epochs after that.

    Args:
        optimizer: whose rates to set.
        T_0: how many epochs the first fall lasts.
        T_mult: how many times as long as the last each further one is.
        eta_min: the least rate.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: if ``T_0`` or ``T_mult`` is not positive, or ``eta_min`` negative.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2)
        >>> rates = []
        >>> for epoch in range(7):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> [round(rate, 3) for rate in rates]
        [0.8, 0.4, 0.8, 0.683, 0.4, 0.117, 0.8]

    Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        name = "CosineAnnealingWarmRestarts"
        self.T_0 = self.T_i = an_epoch(name, "T_0", T_0, 1)
        self.T_mult = an_epoch(name, "T_mult", T_mult, 1)
        self.eta_min = checks.number(name, "eta_min", eta_min, 0)
        self.T_cur = 0.0
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        part = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * part for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go to the next epoch, or to ``epoch``, and set its rates.

        Args:
            epoch: where to go. It may be between two epochs: after batch ``i`` of ``n``,
                ``scheduler.step(epoch + i / n)``.
        """
        self._warn_of_order()
        with self._all_or_nothing():
            if epoch is None:
                self._advance()
                return
            self._step_count += 1
            self._go_to(an_instant(epoch))
            self._set(self.get_lr())

    def _begin(self, last_epoch: int) -> None:
        self.T_cur, self.T_i = float(last_epoch), self.T_0
        super()._begin(last_epoch)

    def _advance(self) -> None:
        self.T_cur += 1
        self._wrap()
        super()._advance()

    def _restart(self) -> None:
        self._go_to(0)
        super()._restart()

    def _go_to(self, epoch: float) -> None:
        self.last_epoch = math.floor(epoch)
        self.T_cur, self.T_i = float(epoch), self.T_0
        self._wrap()

    def _wrap(self) -> None:
        """Have ``T_cur`` count from the last restart."""
        if self.T_mult == 1:
            self.T_cur %= self.T_0
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult


def an_instant(epoch: Any) -> float:
    """Return ``epoch``, a number that is not negative."""
    if isinstance(epoch, Real) and not isinstance(epoch, bool) and epoch < 0:
        raise ArgumentError(f"CosineAnnealingWarmRestarts.step expects epoch to be at least 0, got {epoch!r}")
    return checks.number("CosineAnnealingWarmRestarts.step", "epoch", epoch)
