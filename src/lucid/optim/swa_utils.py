"""Averages of the models along a training, which often are better than the last one.

Either the plain mean of several models (stochastic weight averaging), or one in which the older models
count less and less (an exponential moving average). ``AveragedModel`` keeps either. ``update_bn`` measures
the running statistics that belong to averaged weights, and ``SWALR`` is a rate to average at.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import compress
from typing import Any

from lucid.engines.dtypes import is_inexact
from lucid.errors import ArgumentError, ArgumentTypeError, StateError
from lucid.grad_mode import no_grad
from lucid.nn.functional import checks
from lucid.nn.layers.batch_normalization import BatchNorm1d
from lucid.nn.lazy import Uninitialized
from lucid.nn.module import Module
from lucid.nn.parameter import Buffer
from lucid.ops import asarray, astype, trunc, zeros
from lucid.optim.lr_scheduler.base import LRScheduler, an_epoch, an_optimizer, per_group, rate_of
from lucid.optim.optimizer import Optimizer
from lucid.tensor import Tensor

Average = Callable[[Tensor, Tensor, Any], Any]
MultiAverage = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]

__all__ = [
    "AveragedModel",
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


# ----------------------------------------------------------------- how to average


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    r"""Return the function of an exponential moving average, :math:`\beta a + (1 - \beta) p`.

    Args:
        decay: :math:`\beta`, from 0 to 1: how much of the average is kept.

    Raises:
        ArgumentError: if ``decay`` is out of range.

    Example:
        >>> average = lucid.optim.swa_utils.get_ema_avg_fn(0.75)
        >>> average(Tensor([4.0]), Tensor([8.0]), 1)
        Tensor([5.0])
    """
    return partial(_moving, checks.number("get_ema_avg_fn", "decay", decay, 0, 1))


def _moving(decay: float, averaged: Tensor, current: Tensor, count: Any) -> Any:
    return decay * averaged + (1 - decay) * current


def get_swa_avg_fn() -> Average:
    r"""Return the function of a mean, :math:`a + (p - a) / (n + 1)`, of which :math:`n` are in :math:`a`.

    Example:
        >>> average = lucid.optim.swa_utils.get_swa_avg_fn()
        >>> average(Tensor([4.0]), Tensor([8.0]), 3)
        Tensor([5.0])
    """
    return _mean


def _mean(averaged: Tensor, current: Tensor, count: Any) -> Any:
    return averaged + (current - averaged) / (count + 1)


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    r"""Return ``get_ema_avg_fn`` for lists: it writes to the Tensors of the first.

    Args:
        decay: how much of the averages is kept, from 0 to 1.

    Example:
        >>> averages = [Tensor([4.0])]
        >>> lucid.optim.swa_utils.get_ema_multi_avg_fn(0.75)(averages, [Tensor([8.0])], 1)
        >>> averages
        [Tensor([5.0])]
    """
    return partial(_average_all, get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> MultiAverage:
    r"""Return ``get_swa_avg_fn`` for lists: it writes to the Tensors of the first.

    Example:
        >>> averages = [Tensor([4.0])]
        >>> lucid.optim.swa_utils.get_swa_multi_avg_fn()(averages, [Tensor([8.0])], 3)
        >>> averages
        [Tensor([5.0])]
    """
    return partial(_average_all, _mean)


def _average_all(average: Average, averaged: Sequence[Tensor], current: Sequence[Tensor], count: Any) -> None:
    with no_grad():
        for a, p in zip(averaged, current, strict=True):
            _write(a, average(a, p, count.to(a.device) if isinstance(count, Tensor) else count))


def _write(target: Tensor, value: Tensor) -> None:
    """Write an average; one of whole numbers loses its fraction, as in PyTorch."""
    if is_inexact(value.dtype) and not is_inexact(target.dtype):
        value = astype(trunc(value), target.dtype)
    target.copy_(value)


# ----------------------------------------------------------------- the model


class AveragedModel(Module):
    r"""Keep the average of a model's parameters along its training.

    It begins as a copy of the model, and each ``update_parameters`` takes the model as it is then into the
    average: :math:`a \leftarrow a + (p - a) / (n + 1)`, or what ``avg_fn`` or ``multi_avg_fn`` says. Called,
    it computes what the averaged model does.

    Args:
        model: what to average.
        device: where the average shall be, by default where the model is.
        avg_fn: takes an averaged Tensor, one of the model and ``n_averaged`` to the new averaged one.
        multi_avg_fn: takes lists of these, and writes to the Tensors of the first list.
        use_buffers: average the buffers too. If not, they are copied from the model at each update.

    Attributes:
        module: the averaged model.
        n_averaged: Buffer, how many models are in the average.

    Raises:
        ArgumentTypeError: if ``model`` is no module, or a function can't be called.
        ArgumentError: if both functions are given.

    Example:
        >>> model = nn.Linear(1, 1, bias=False)
        >>> average = lucid.optim.swa_utils.AveragedModel(model)
        >>> for value in (1.0, 3.0, 8.0):
        ...     model.load_state_dict({"weight": Tensor([[value]])})
        ...     average.update_parameters(model)
        LoadResult(missing=(), unexpected=())
        LoadResult(missing=(), unexpected=())
        LoadResult(missing=(), unexpected=())
        >>> average.module.weight.item()
        4.0

    Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, 2018.
    Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992.
    """

    def __init__(
        self,
        model: Module,
        device: str | None = None,
        avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        _check_module("AveragedModel", model)
        if avg_fn is not None and multi_avg_fn is not None:
            raise ArgumentError("AveragedModel expects avg_fn or multi_avg_fn, and not both")
        for name, function in (("avg_fn", avg_fn), ("multi_avg_fn", multi_avg_fn)):
            if function is not None and not callable(function):
                raise ArgumentTypeError(f"AveragedModel expects {name} to be a function, got {function!r}")
        self.n_averaged = Buffer(zeros((), dtype="int64", device=device))
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module.to(device)
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = checks.truth("AveragedModel", "use_buffers", use_buffers)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the averaged model does."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take ``model`` as it is now into the average.

        Raises:
            StateError: if its parameters or buffers don't fit those that are averaged.
        """
        _check_module("AveragedModel.update_parameters", model)
        averaged, current = _state(self.module, True), _state(model, True)
        buffers, others = _state(self.module, False), _state(model, False)
        _check(averaged, current, "parameters")
        _check(buffers, others, "buffers")
        if self.use_buffers:
            moving = [mine.dtype.kind != "b" for mine in buffers]  # of truth values there is no mean
            averaged += compress(buffers, moving)
            current += compress(others, moving)
            fixed = [not moves for moves in moving]
            buffers, others = [*compress(buffers, fixed)], [*compress(others, fixed)]
        current = [p.detach().to(a.device) for a, p in zip(averaged, current, strict=True)]
        with no_grad():
            if int(self.n_averaged) == 0:
                for a, p in zip(averaged, current, strict=True):
                    a.copy_(p)
            elif self.multi_avg_fn is not None and averaged:
                self.multi_avg_fn(averaged, current, self.n_averaged.to(averaged[0].device))
            else:
                average = self.avg_fn or get_swa_avg_fn()
                for a, p in zip(averaged, current, strict=True):
                    _write(a, average(a.detach(), p, self.n_averaged.to(a.device)))
            for mine, theirs in zip(buffers, others, strict=True):
                mine.copy_(theirs)
            self.n_averaged += 1


def _state(model: Module, parameters: bool) -> list[Tensor]:
    return [*model.parameters()] if parameters else [*model.buffers()]


def _check_module(function: str, model: Any) -> None:
    if not isinstance(model, Module):
        raise ArgumentTypeError(f"{function} expects a module, got {type(model).__name__}")


def _check(averaged: Sequence[Tensor], current: Sequence[Tensor], what: str) -> None:
    if any(isinstance(x, Uninitialized) for x in (*averaged, *current)):
        raise StateError(
            "AveragedModel.update_parameters: a lazy layer has no shape yet: call the model once with an "
            "input before AveragedModel copies it"
        )
    mine, theirs = [a.shape for a in averaged], [p.shape for p in current]
    if mine != theirs:
        raise StateError(
            f"AveragedModel.update_parameters: the model's {what} have the shapes {theirs}, the averaged "
            f"model's {mine}"
        )


def update_bn(loader: Iterable[Any], model: Module, device: str | None = None) -> None:
    """Measure the running statistics of all batch normalisation in ``model`` anew, from the data.

    Averaged weights were never trained with, so there are no statistics for them. The data go through the
    model once, in training mode and unrecorded, and the statistics become the mean of all batches.

    Args:
        loader: batches, each the model's input, or a tuple or list that begins with it.
        model: whose statistics to measure; its modules are in training or not as before, then.
        device: where to take the batches first.

    Example:
        >>> model = nn.BatchNorm1d(1)
        >>> lucid.optim.swa_utils.update_bn([Tensor([[1.0], [3.0]]), Tensor([[5.0], [7.0]])], model)
        >>> model.running_mean
        Buffer([4.0])
    """
    _check_module("update_bn", model)
    norms = [(m, m.momentum) for m in model.modules() if isinstance(m, BatchNorm1d)]
    if not norms:
        return
    if any(isinstance(buffer, Uninitialized) for norm, _ in norms for buffer in norm.buffers()):
        raise StateError("update_bn: a lazy layer has no shape yet: call the model once with an input first")
    modes = [(m, m.training) for m in model.modules()]
    try:
        for norm, _ in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the mean of all batches
        model.train()
        with no_grad():
            for batch in loader:
                x = batch[0] if isinstance(batch, (list, tuple)) else batch
                model(x if device is None else _on(x, device))
    finally:
        for norm, momentum in norms:
            norm.momentum = momentum
        for module, mode in modes:
            module.training = mode


def _on(x: Any, device: str) -> Any:
    return x.to(device) if isinstance(x, Tensor) else asarray(x, device=device)


# ----------------------------------------------------------------- the rate


class SWALR(LRScheduler):
    r"""Go from the rate that there is to a constant one in ``anneal_epochs`` epochs, and stay there.

    .. math:: \eta_t = (1 - \alpha_t) \, \eta_0 + \alpha_t \, \text{swa\_lr}

    where :math:`\alpha_t` goes from 0 to 1 along half a cosine, or by equal steps.

    Args:
        optimizer: whose rates to set.
        swa_lr: the constant rate, or one for each group.
        anneal_epochs: after how many epochs it is reached; with 0 at once.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        last_epoch: see ``LRScheduler``.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = lucid.optim.swa_utils.SWALR(
        ...     optimizer, swa_lr=0.2, anneal_epochs=2, anneal_strategy="linear"
        ... )
        >>> rates = []
        >>> for epoch in range(4):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [0.8, 0.5, 0.2, 0.2]

    Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, 2018.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        self.swa_lrs = per_group("SWALR", "swa_lr", an_optimizer("SWALR", optimizer), swa_lr)
        self.anneal_epochs = an_epoch("SWALR", "anneal_epochs", anneal_epochs)
        checks.one_of("SWALR", "anneal_strategy", anneal_strategy, ("cos", "linear"))
        self.anneal_strategy = anneal_strategy
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        step = self._step_count - 1  # since the schedule was made, which may be after many epochs
        if not self.anneal_epochs:
            step = max(1, step)
        before, now = self._alpha(step - 1), self._alpha(step)
        rates = []
        for group, rate in self._by_group(self.swa_lrs):
            first = rate if before == 1 else (rate_of(group) - before * rate) / (1 - before)
            rates.append(rate * now + first * (1 - now))
        return rates

    def _alpha(self, step: int) -> float:
        """Return how much of the way is behind after ``step`` steps."""
        u = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return u if self.anneal_strategy == "linear" else (1 - math.cos(math.pi * u)) / 2
