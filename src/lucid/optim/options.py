"""Options of optimizers: checked, and as a step computes with them.

A number may be a Tensor of no axes. Whoever holds it can write to it between steps, as a schedule does. A
Tensor on the CPU is read at each step. One that XLA holds goes into the rule as the array that it is, so
that no step waits for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from lucid.engines.dtypes import is_inexact
from lucid.engines.registry import engine_of, transfer
from lucid.errors import ArgumentTypeError
from lucid.nn.functional import checks
from lucid.nn.parameter import Parameter
from lucid.tensor import Tensor

OF_SCHEDULES = ("initial_lr",)  # what a schedule notes in a group beside its options


def rate(
    optimizer: str,
    name: str,
    value: Any,
    low: float = 0.0,
    high: float = math.inf,
    *,
    below: bool = False,
) -> Any:
    """Return ``value``, a number from ``low`` to ``high``, as a float; a Tensor of one as it is.

    What another device than the CPU holds is not looked at.
    """
    if not isinstance(value, Tensor):
        return checks.number(optimizer, name, value, low, high, below=below)
    if value.shape != () or not is_inexact(value.dtype) or value.dtype.kind == "c":
        raise ArgumentTypeError(
            f"{optimizer} expects {name} to be a number, or a Tensor of one real number without axes, "
            f"got a Tensor of shape {value.shape} and {value.dtype.name}"
        )
    if value.device == "cpu":
        checks.number(optimizer, name, float(value._array), low, high, below=below)
    return value


def pair(optimizer: str, name: str, value: Any) -> tuple[Any, Any]:
    """Return ``value``, which must be two of something, as a tuple."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ArgumentTypeError(f"{optimizer} expects {name} to be two numbers, got {value!r}")
    return tuple(value)


def betas(optimizer: str, value: Any, tensors: bool = False) -> tuple[Any, Any]:
    """Return two numbers from 0 to less than 1, which may be Tensors if ``tensors`` says so."""
    check = rate if tensors else checks.number
    first, second = pair(optimizer, "betas", value)
    return (
        check(optimizer, "betas[0]", first, 0, 1, below=True),
        check(optimizer, "betas[1]", second, 0, 1, below=True),
    )


def is_zero(value: Any) -> bool:
    """Whether ``value`` is the number 0. Of an array it is not asked: its device might be at work."""
    return isinstance(value, float) and value == 0


def settled(options: dict[str, Any]) -> Callable[[Parameter], dict[str, Any]]:
    """Return the function that says what the rule computes with for a parameter.

    It is numbers; or, for a parameter that XLA holds, arrays for the Tensors that XLA holds.
    """
    if not any(_holds_tensor(value) for value in options.values()):
        return lambda p: options
    known: dict[Any, dict[str, Any]] = {}  # many parameters share a device and a dtype

    def of(p: Parameter) -> dict[str, Any]:
        home = p.device, p.dtype
        if home not in known:
            known[home] = {name: _settled(value, p) for name, value in options.items()}
        return known[home]

    return of


def _holds_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or (type(value) is tuple and any(map(_holds_tensor, value)))


def _settled(value: Any, p: Parameter) -> Any:
    if type(value) is tuple:
        return tuple(_settled(v, p) for v in value)
    if not isinstance(value, Tensor):
        return value
    if value.device == "cpu" or p.device == "cpu":
        return float(value._array)
    array = transfer(value._array, p.device)
    # In half precision, 1 - lr * weight_decay would be 1.
    return engine_of(array).xp.astype(array, np.float64 if p.dtype == np.float64 else np.float32)


def kept(value: Any) -> Any:
    """Return an option as a state dict holds it: what is written to a Tensor later doesn't show there."""
    if type(value) is tuple:
        return tuple(kept(v) for v in value)
    return value.detach() if isinstance(value, Tensor) else value
