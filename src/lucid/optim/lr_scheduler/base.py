"""What schedules share: one rate for each group of an optimizer, set anew after every epoch.

A schedule is its ``get_lr``, which says the rates of ``last_epoch``. Most of them multiply the rates that
are there, as PyTorch's do. So several can act on one optimizer, and a rate that was set by hand in between
is what they go on from.

Rates are Python floats. A group whose rate is a Tensor keeps this Tensor: it is read, and written to.

Read next: ``factors.py``.
"""

from __future__ import annotations

import contextlib
import functools
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from lucid.errors import ArgumentError, ArgumentTypeError, LucidError, MissingAttributeError, StateError
from lucid.grad_mode import no_grad
from lucid.nn.functional import checks
from lucid.nn.signatures import speak_plainly
from lucid.optim.optimizer import Group, Optimizer
from lucid.tensor import Tensor

T = TypeVar("T")

# Of functions themselves nothing is saved, as of an object that can be called.
_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    functools.partial,
    type,
)


class LRScheduler:
    """The base of all schedules.

    To write one, define ``get_lr``. What is set on ``self`` is saved and loaded with it.

    ``step`` is called once after each epoch (or each step of the optimizer: an epoch is whatever lies
    between two calls) and **after** the optimizer's ``step``. The schedule sets the rates of epoch 0 when it
    is made. Each group's rate at that time is kept in it as ``"initial_lr"``.

    To go on from a checkpoint, make the optimizer and the schedule as at first, and give
    ``load_state_dict`` of both what ``state_dict`` returned; this is exact.

    Args:
        optimizer: whose rates to set.
        last_epoch: the epoch to go on after, of an optimizer whose groups have ``"initial_lr"`` from an
            earlier schedule; PyTorch's older way. Schedules that multiply rates, but for ``StepLR`` and
            ``MultiStepLR``, take those that are there for the next epoch's.

    Attributes:
        base_lrs: the rates to begin with, one for each group.
        last_epoch: the epoch whose rates are set.

    Raises:
        ArgumentTypeError: if ``optimizer`` is none, or ``last_epoch`` no integer.
        ArgumentError: if ``last_epoch`` is given, and a group has no ``"initial_lr"``.

    Example:
        >>> class Halving(lucid.optim.lr_scheduler.LRScheduler):
        ...     def get_lr(self):
        ...         return [rate / 2**self.last_epoch for rate in self.base_lrs]
        >>> optimizer = lucid.optim.SGD([nn.Parameter([1.0])], lr=0.8)
        >>> scheduler = Halving(optimizer)
        >>> for epoch in range(3):
        ...     print(scheduler.get_last_lr())
        ...     optimizer.step()
        ...     scheduler.step()
        [0.8]
        [0.4]
        [0.2]
    """

    optimizer: Optimizer
    base_lrs: list[float]
    last_epoch: int
    _step_count: int
    _last_lr: list[float]

    _beginning = False  # while the first rates are set
    _anew = False  # whether ``get_lr`` at epoch 0 takes the rates for ``base_lrs``

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        speak_plainly(cls)

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        name = type(self).__name__
        self.optimizer = an_optimizer(name, optimizer)
        last_epoch = an_epoch(name, "last_epoch", last_epoch, -1)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", rate_of(group))
            elif "initial_lr" not in group:
                raise ArgumentError(
                    f'{name}: last_epoch={last_epoch} needs "initial_lr" in group {i}: load the state of an '
                    "optimizer that had a schedule, or leave last_epoch out and call load_state_dict"
                )
        self.base_lrs = [float(group["initial_lr"]) for group in optimizer.param_groups]
        self._begin(last_epoch)

    # ------------------------------------------------------------- what a subclass says

    def get_lr(self) -> Sequence[float]:
        """Return the rates of ``last_epoch``, one for each group: what ``step`` sets.

        It may be computed from ``base_lrs``, or from the rates that are there. To see the rates, read
        ``get_last_lr()``.
        """
        raise MissingAttributeError(f"{type(self).__name__} has no rule: define get_lr(self)")

    # ------------------------------------------------------------- stepping

    def step(self, epoch: None = None) -> None:
        """Go to the next epoch, and set its rates.

        Args:
            epoch: not taken; PyTorch gave up that one could go to an epoch so.

        Raises:
            ArgumentTypeError: if anything is passed.
            ArgumentError: if a rate comes out that the optimizer does not take, such as one below 0; then
                schedule and rates stay as they are.
        """
        if epoch is not None:
            raise ArgumentTypeError(
                f"{type(self).__name__}.step goes on by one epoch, whichever it is: write scheduler.step(). "
                "ReduceLROnPlateau alone takes a metric"
            )
        self._warn_of_order()
        with self._all_or_nothing():
            self._advance()

    def get_last_lr(self) -> list[float]:
        """Return the rates that were set last, one for each group."""
        return list(self._last_lr)

    def _begin(self, last_epoch: int) -> None:
        """Set the rates of the epoch after ``last_epoch``, as the first ones."""
        self.last_epoch = last_epoch
        self._step_count = 0
        self._beginning = True
        try:
            self._advance()
        finally:
            del self._beginning

    def _advance(self) -> None:
        self._step_count += 1
        self.last_epoch += 1
        self._set(self.get_lr())

    def _restart(self) -> None:
        """Set the rates of epoch 0, in the middle of a training."""
        if self._anew:
            self._write(self.base_lrs)
        self.last_epoch = 0
        self._set(self.get_lr())

    def _set(self, rates: Sequence[float]) -> None:
        self._write(rates)
        self._last_lr = self._rates()

    def _rates(self) -> list[float]:
        return [rate_of(group) for group in self.optimizer.param_groups]

    def _write(self, rates: Sequence[float]) -> None:
        pairs = self._by_group(rates)
        optimizer = self.optimizer
        for i, (_, rate) in enumerate([] if self._is_over() else pairs):
            try:
                optimizer.check({**optimizer.defaults, "lr": number_of(rate)})
            except LucidError as error:
                raise ArgumentError(
                    f"{type(self).__name__} comes to the rate {number_of(rate):g} for group {i} in epoch "
                    f"{self.last_epoch}: {error}"
                ) from error
        for group, rate in pairs:
            write(group, "lr", rate)

    def _is_over(self) -> bool:
        """Whether the schedule has ended, so that no step is to be made with the rates that it sets."""
        return False

    @contextlib.contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Have schedules and groups stay as they are if what is done within fails."""
        schedules = [(schedule, vars(schedule).copy()) for schedule in self._all()]
        groups = [(group, rate_of(group), group.copy()) for group in self.optimizer.param_groups]
        try:
            yield
        except Exception:
            for schedule, attributes in schedules:
                vars(schedule).update(attributes)
            for group, rate, options in groups:
                group.update(options)
                write(group, "lr", rate)  # into a Tensor, too
            raise

    def _all(self) -> Iterator[LRScheduler]:
        """Yield this schedule and those that it is made of."""
        yield self

    def _by_group(self, values: Sequence[T]) -> list[tuple[Group, T]]:
        """Return the groups, each with its value."""
        groups = self.optimizer.param_groups
        if len(values) != len(groups):
            raise ArgumentError(
                f"{type(self).__name__} was made for {len(values)} groups, and the optimizer has "
                f"{len(groups)}: make it when all groups are there"
            )
        return list(zip(groups, values, strict=True))

    def _warn_of_order(self) -> None:
        """Warn in the place of who calls ``step`` if the optimizer was to step first."""
        if self._step_count == 1 and not self.optimizer._stepped:
            warnings.warn(
                f"{type(self).__name__}.step() before {type(self.optimizer).__name__}.step(): call it after, "
                "or the first rate is never used",
                stacklevel=3,
            )

    # ------------------------------------------------------------- saving

    def state_dict(self) -> dict[str, Any]:
        """Return all that the schedule is but the optimizer: options, epoch and rates.

        It holds numbers, strings, lists and dicts alone. A function is saved as None. An object that can be
        called, given in the place of one, is saved as the dict of its attributes.
        """
        return {key: _saved(value) for key, value in vars(self).items() if key != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what ``state_dict`` returned, of the same schedule of as many groups.

        The rates of the groups stay as they are: the optimizer's own state dict has them.

        Raises:
            StateError: if anything doesn't fit; it lists all that doesn't, and nothing is loaded.
        """
        problems = self._problems(state_dict)
        if problems:
            raise StateError(
                f"{type(self).__name__}.load_state_dict: nothing was loaded, as the state does not fit:\n  "
                + "\n  ".join(problems)
            )
        self._load(state_dict)

    def _problems(self, state: Any, where: str = "") -> list[str]:
        """Return what keeps ``state`` from being loaded."""
        if not isinstance(state, Mapping):
            return [f"{where}expected a dict as state_dict gives, got {type(state).__name__}"]
        mine = self.state_dict()
        problems = [f"{where}lacks {key!r}" for key in mine if key not in state]
        problems += [f"{where}has an unknown {key!r}" for key in state if key not in mine]
        for key in mine.keys() & state.keys():
            problem = _misfit(key, mine[key], state[key])
            if problem:
                problems.append(f"{where}{key} {problem}")
        return problems

    def _load(self, state: Mapping[str, Any]) -> None:
        for key, value in state.items():
            setattr(self, key, _loaded(getattr(self, key), value))

    def __repr__(self) -> str:
        rates = ", ".join(f"{rate:g}" for rate in self._last_lr)
        return f"{type(self).__name__}(last_epoch={self.last_epoch}, rates: {rates})"


# ----------------------------------------------------------------- rates in groups


def rate_of(group: Group) -> float:
    """Return a group's rate as a Python float."""
    return number_of(group["lr"])


def number_of(value: Any) -> float:
    """Return a number, or that of a Tensor, as a Python float."""
    return float(value.item()) if isinstance(value, Tensor) else float(value)


def write(group: Group, name: str, value: Any) -> None:
    """Set an option of a group; one that is a Tensor is written to."""
    group[name] = written(group[name], number_of(value))


def written(old: Any, value: float) -> Any:
    """Return ``value``; or ``old`` after writing to it, if it is a Tensor."""
    if not isinstance(old, Tensor):
        return value
    with no_grad():
        return old.copy_(value)


def per_group(function: str, name: str, optimizer: Optimizer, value: Any) -> list[float]:
    """Return a number for each group: ``value`` itself, or a list of as many."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [checks.number(function, name, _plain(value))] * count
    if len(value) != count:
        raise ArgumentError(
            f"{function} expects {name} to be a number or one for each of {count} groups, got {len(value)}"
        )
    return [checks.number(function, f"{name}[{i}]", _plain(v)) for i, v in enumerate(value)]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, Tensor) and value.size == 1 else value


# ----------------------------------------------------------------- checks


def an_optimizer(function: str, value: Any) -> Optimizer:
    """Return ``value``, which must be an optimizer."""
    if not isinstance(value, Optimizer):
        raise ArgumentTypeError(f"{function} expects an optimizer, got {type(value).__name__}")
    return value


def an_epoch(function: str, name: str, value: Any, least: int = 0) -> int:
    """Return ``value``, which must be an integer and at least ``least``."""
    result = checks.integer(function, name, value)
    if result < least:
        raise ArgumentError(f"{function} expects {name} to be at least {least}, got {value!r}")
    return result


def positive(function: str, name: str, value: Any, high: float = float("inf")) -> float:
    """Return ``value`` as a float that is more than 0 and at most ``high``."""
    result = checks.number(function, name, value, 0, high)
    if not result:
        raise ArgumentError(f"{function} expects {name} to be more than 0, got {value!r}")
    return result


# ----------------------------------------------------------------- state


def _saved(value: Any) -> Any:
    """Return a value of a schedule's attribute as a state dict holds it."""
    if isinstance(value, (list, tuple)):
        return [_saved(v) for v in value]
    if isinstance(value, dict):
        return {key: _saved(v) for key, v in value.items()}
    if callable(value):
        return None if isinstance(value, _FUNCTIONS) else _saved(dict(getattr(value, "__dict__", {})))
    return value


def _loaded(mine: Any, value: Any) -> Any:
    """Return what an attribute that is ``mine`` becomes with what was saved of another."""
    if isinstance(mine, list) and any(map(callable, mine)):
        return [_loaded(m, v) for m, v in zip(mine, value, strict=True)]
    if callable(mine):
        if value is not None:
            vars(mine).update(_saved(value))
        return mine
    return _saved(value)


def _misfit(key: str, mine: Any, theirs: Any) -> str:
    """Return why what was saved under a name can't be loaded; nothing if it can."""
    if isinstance(mine, list):
        if not isinstance(theirs, (list, tuple)):
            return f"must be a list, got {theirs!r}"
        for_groups = key == "_last_lr" or key.endswith(("lrs", "momentums", "lambdas"))
        if for_groups and len(theirs) != len(mine):
            return f"is for {len(theirs)} groups, the optimizer has {len(mine)}"
        return ""
    for kind, word in ((bool, "True or False"), ((int, float), "a number"), (str, "a string")):
        if isinstance(mine, kind):
            fits = isinstance(theirs, kind) and isinstance(theirs, bool) == (kind is bool)
            return "" if fits else f"must be {word}, got {theirs!r}"
    return ""
