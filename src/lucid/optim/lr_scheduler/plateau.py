"""The schedule that looks at how training goes."""

from __future__ import annotations

import math
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.nn.functional import checks
from lucid.optim.lr_scheduler.base import (
    LRScheduler,
    an_epoch,
    an_optimizer,
    per_group,
    write,
)
from lucid.optim.optimizer import Optimizer
from lucid.tensor import Tensor


class ReduceLROnPlateau(LRScheduler):
    r"""Multiply the rate by ``factor`` when a metric has not become better for more than ``patience`` epochs.

    Better is, of a metric that is to fall (``mode="min"``), less than
    :math:`\text{best} \cdot (1 - \text{threshold})`, or with ``threshold_mode="abs"`` less than
    :math:`\text{best} - \text{threshold}`. With ``mode="max"`` it is more than
    :math:`\text{best} \cdot (1 + \text{threshold})` or :math:`\text{best} + \text{threshold}`. nan is never
    better.

    Args:
        optimizer: whose rates to set.
        mode: ``"min"`` if the metric is to fall, as a loss is, ``"max"`` if it is to rise.
        factor: less than 1.
        patience: for how many epochs nothing happens while the metric is no better.
        threshold: how much better is better.
        threshold_mode: ``"rel"`` or ``"abs"``, as above.
        cooldown: for how many epochs after that none is counted.
        min_lr: what no rate falls below, or one number for each group.
        eps: a rate that would change by no more than this stays.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
        >>> rates = []
        >>> for loss in (3.0, 2.0, 2.0, 2.0, 1.0):
        ...     optimizer.step()
        ...     scheduler.step(loss)
        ...     rates += scheduler.get_last_lr()
        >>> rates
        [0.8, 0.8, 0.8, 0.4, 0.4]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: list[float] | float = 0,
        eps: float = 1e-8,
    ) -> None:
        name = "ReduceLROnPlateau"
        self.optimizer = an_optimizer(name, optimizer)
        checks.one_of(name, "mode", mode, ("min", "max"))
        checks.one_of(name, "threshold_mode", threshold_mode, ("rel", "abs"))
        self.mode, self.threshold_mode = mode, threshold_mode
        self.factor = checks.number(name, "factor", factor, 0, 1, below=True)
        self.patience = an_epoch(name, "patience", patience)
        self.threshold = checks.number(name, "threshold", threshold)
        self.cooldown = an_epoch(name, "cooldown", cooldown)
        self.min_lrs = per_group(name, "min_lr", optimizer, min_lr)
        self.eps = checks.number(name, "eps", eps)
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0
        self.last_epoch, self._step_count = 0, 1
        self._last_lr = self._rates()

    def step(self, metrics: Any = None, epoch: int | None = None) -> None:  # type: ignore[override]
        """Look at the metric of the epoch that is over, and set the rates of the next.

        Args:
            metrics: a number, or a Tensor of one.
            epoch: what ``last_epoch`` is set to, in the place of one more than it is.
        """
        value = metrics.item() if isinstance(metrics, Tensor) and metrics.size == 1 else metrics
        try:
            current = float(value)
        except (TypeError, ValueError) as error:
            raise ArgumentTypeError(
                f"ReduceLROnPlateau.step expects the metric as a number, got {metrics!r}: write "
                "scheduler.step(loss)"
            ) from error
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._step_count += 1
        if self._is_better(current):
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._rates()

    def get_lr(self) -> list[float]:
        return self._rates()

    def _is_better(self, current: float) -> bool:
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            bound = self.best * (1 + sign * self.threshold)
        else:
            bound = self.best + sign * self.threshold
        return current < bound if self.mode == "min" else current > bound

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        least = list(self.min_lrs)
        if len(groups) > len(least):
            if len(set(least)) > 1:
                raise ArgumentError(
                    f"ReduceLROnPlateau has min_lr for {len(least)} groups, and the optimizer has "
                    f"{len(groups)}: give the others one in scheduler.min_lrs"
                )
            least += least[:1] * (len(groups) - len(least))
        rates = self._rates()  # before any is written: groups may share a Tensor
        for group, old, bottom in zip(groups, rates, least, strict=False):
            new = max(old * self.factor, bottom)
            if old - new > self.eps:
                write(group, "lr", new)
