"""Schedules that a function gives, and the one of the first transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.nn.functional import checks
from lucid.optim.lr_scheduler.base import LRScheduler, an_optimizer, positive, rate_of
from lucid.optim.optimizer import Optimizer

Rule = Callable[[int], float]


class LambdaLR(LRScheduler):
    r"""Multiply the first rate by a function of the epoch.

    .. math:: \eta_t = \eta_0 \, \lambda(t)

    Args:
        optimizer: whose rates to set.
        lr_lambda: takes the epoch to the factor; or a list of functions, one for each group.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentTypeError: if ``lr_lambda`` can't be called.
        ArgumentError: if it is a list that is not as long as there are groups.

    Functions are not saved with the schedule. Objects that can be called are, by their attributes.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
        >>> rates = []
        >>> for epoch in range(3):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> [round(rate, 3) for rate in rates]
        [0.8, 0.4, 0.267]
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Rule | list[Rule], last_epoch: int = -1) -> None:
        self.lr_lambdas = rules("LambdaLR", optimizer, lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [rate * float(rule(self.last_epoch)) for rate, rule in pairs]


class MultiplicativeLR(LRScheduler):
    r"""Multiply the rate by a function of the epoch, after each.

    .. math:: \eta_t = \eta_{t - 1} \, \lambda(t)

    Args:
        optimizer: whose rates to set.
        lr_lambda: takes the epoch, from 1 on, to the factor; or a list of functions, one for each group.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentTypeError: if ``lr_lambda`` can't be called.
        ArgumentError: if it is a list that is not as long as there are groups.

    Functions are not saved with the schedule. Objects that can be called are, by their attributes.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: 0.5)
        >>> rates = []
        >>> for epoch in range(3):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [0.8, 0.4, 0.2]
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Rule | list[Rule], last_epoch: int = -1) -> None:
        self.lr_lambdas = rules("MultiplicativeLR", optimizer, lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self._beginning:
            return self._rates()
        pairs = self._by_group(self.lr_lambdas)
        return [rate_of(group) * float(rule(self.last_epoch)) for group, rule in pairs]


class NoamScheduler(LRScheduler):
    r"""Let the rate rise by equal steps, and then fall as the root of the epoch: how transformers began.

    .. math::
        \eta_t = \text{factor} \cdot \text{model\_size}^{-1/2}
            \min(t^{-1/2}, \; t \cdot \text{warmup\_steps}^{-3/2}), \qquad t \ge 1

    The optimizer's own rate has no part in it. Epoch 0 has the rate of epoch 1. An epoch is here a step of
    the optimizer.

    Args:
        optimizer: whose rates to set.
        model_size: the number of features of the model.
        warmup_steps: how long the rate rises.
        factor: multiplies all of it.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: if any of them is not positive.

    Example:
        >>> optimizer = lucid.optim.Adam([nn.Parameter([1.0])], betas=(0.9, 0.98), eps=1e-9)
        >>> scheduler = lucid.optim.lr_scheduler.NoamScheduler(optimizer, model_size=4, warmup_steps=4)
        >>> rates = []
        >>> for step in range(6):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> [round(rate, 4) for rate in rates]
        [0.0625, 0.0625, 0.125, 0.1875, 0.25, 0.2236]

    Vaswani et al., Attention Is All You Need, 2017, section 5.3.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        model_size: int,
        warmup_steps: int,
        factor: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        self.model_size = checks.size("NoamScheduler", "model_size", model_size)
        self.warmup_steps = checks.size("NoamScheduler", "warmup_steps", warmup_steps)
        self.factor = positive("NoamScheduler", "factor", factor)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        step = max(self.last_epoch, 1)
        least = min(step**-0.5, step * self.warmup_steps**-1.5)
        return [self.factor * self.model_size**-0.5 * least] * len(self.base_lrs)


def rules(function: str, optimizer: Any, value: Any) -> list[Rule]:
    """Return a function for each group: ``value`` itself, or a list of as many."""
    count = len(an_optimizer(function, optimizer).param_groups)
    found = list(value) if isinstance(value, (list, tuple)) else [value] * count
    if len(found) != count:
        raise ArgumentError(
            f"{function} expects lr_lambda to be a function or one for each of {count} groups, "
            f"got {len(found)}"
        )
    for rule in found:
        if not callable(rule):
            raise ArgumentTypeError(
                f"{function} expects lr_lambda to be a function of the epoch, got {rule!r}"
            )
    return found
