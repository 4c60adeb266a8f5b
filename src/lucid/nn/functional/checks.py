"""Checks that several functions and layers make of their arguments.

Each raises an error that names the function, the rule and the value.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Mapping, Set
from numbers import Real
from typing import Any

from lucid import recording
from lucid.engines.dtypes import is_inexact
from lucid.engines.registry import is_array
from lucid.errors import ArgumentError, ArgumentTypeError, DeviceError, DTypeError, ShapeError
from lucid.ops import asarray
from lucid.tensor import Tensor


def as_tensor(function: str, name: str, value: Any, like: Any = None) -> Any:
    """Return ``value``, a Tensor or an array, as a Tensor; an array follows ``like`` to its device.

    Raises:
        ArgumentTypeError: if it is neither.
        DeviceError: if it is a Tensor on another device than ``like``.
    """
    if not isinstance(value, recording.Tensor):
        if not is_array(value):
            raise ArgumentTypeError(
                f"{function} expects {name} to be a Tensor, got {type(value).__name__}: "
                "write lucid.asarray(...) around it"
            )
        return asarray(value, device=None if like is None else like.device)
    if like is not None and value.device != like.device:
        raise DeviceError(
            f"{function}: {name} is on {value.device}, the input on {like.device}: move one with .to(device)"
        )
    return value


def floating(function: str, name: str, value: Any, like: Any = None) -> Any:
    """Return ``value`` as a Tensor, which must be of floats."""
    tensor = as_tensor(function, name, value, like)
    if not is_inexact(tensor.dtype) or tensor.dtype.kind == "c":
        raise DTypeError(
            f"{function} expects {name} to hold floats, got {tensor.dtype.name}: "
            f"write {name}.astype(lucid.float32)"
        )
    return tensor


def real(function: str, name: str, value: Any, like: Any = None) -> Any:
    """Return ``value`` as a Tensor of any numbers but complex ones."""
    tensor = as_tensor(function, name, value, like)
    if tensor.dtype.kind == "c":
        raise DTypeError(f"{function} expects {name} to hold real numbers, got {tensor.dtype.name}")
    return tensor


def whole(function: str, name: str, value: Any, like: Any = None) -> Any:
    """Return ``value`` as a Tensor, which must be of integers."""
    tensor = as_tensor(function, name, value, like)
    if tensor.dtype.kind not in "iu":
        raise DTypeError(
            f"{function} expects {name} to hold integers, got {tensor.dtype.name}: "
            f"write {name}.astype(lucid.int64)"
        )
    return tensor


def extremes(indices: Any) -> tuple[int, int]:
    """Return the smallest and the largest of some integers; 0 and -1 if there are none.

    Of those that stand for a batch, under ``vmap``, these are the extremes of all examples.
    """
    array = recording.held(indices)._array
    return (int(array.min()), int(array.max())) if array.size else (0, -1)


def in_range(function: str, name: str, low: int, high: int, size: int, what: str) -> None:
    """Raise unless indices from ``low`` to ``high`` exist: a negative one would count from the end."""
    if low <= high and (low < 0 or high >= size):
        found = f"got {low}" if low == high else f"got values from {low} to {high}"
        raise ArgumentError(f"{function} expects {name} from 0 to {size - 1} ({what} is {size}), {found}")


def equal_shapes(function: str, x: Tensor, target: Tensor) -> None:
    """Raise unless the shapes are equal: a loss never broadcasts."""
    if x.shape == target.shape:
        return
    fix = ""
    if x.size == target.size:
        fix = ": they hold as many numbers, so reshape one, or the loss would compare each with all"
    raise ShapeError(
        f"{function} expects x and target of one shape, got {tuple(x.shape)} and {tuple(target.shape)}{fix}"
    )


def one_of(function: str, name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raise unless ``value`` is one of ``choices``."""
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ArgumentError(f"{function} expects {name} to be one of {listed}, got {value!r}")


def number(
    function: str,
    name: str,
    value: Any,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    below: bool = False,
) -> float:
    """Return ``value`` as a finite float from ``low`` to ``high``; with ``below`` less than ``high``.

    A NumPy float becomes a Python one, which is weak: it must not widen a float32 result.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ArgumentTypeError(f"{function} expects {name} to be a number, got {value!r}")
    result = float(value)
    if not math.isfinite(result) or result < low or result > high or (below and result == high):
        if high == math.inf:
            rule = "finite" if low == -math.inf else f"finite and at least {low:g}"
        else:
            rule = f"from {low:g} to less than {high:g}" if below else f"from {low:g} to {high:g}"
        raise ArgumentError(f"{function} expects {name} to be {rule}, got {value!r}")
    return result


def integer(function: str, name: str, value: Any) -> int:
    """Return ``value``, which must be an integer and no truth value."""
    try:
        if not isinstance(value, bool):
            return operator.index(value)
    except TypeError:
        pass
    raise ArgumentTypeError(f"{function} expects {name} to be an integer, got {value!r}")


def size(layer: str, name: str, value: Any) -> int:
    """Return ``value``, which must be a positive integer: the size of an axis of a parameter."""
    result = integer(layer, name, value)
    if result < 1:
        raise ArgumentError(f"{layer} expects {name} to be a positive integer, got {value!r}")
    return result


def items(function: str, name: str, value: Any, rule: str = "an integer") -> tuple[Any, ...] | None:
    """Return the items of ``value``, or None if it is one thing: an array of no axes is.

    What has no order, or is text, is neither.
    """
    if type(value) is tuple:
        return value
    if isinstance(value, (str, bytes, Mapping, Set)):
        raise ArgumentTypeError(f"{function} expects {name} to be {rule}, got {value!r}")
    if not hasattr(value, "__iter__") or getattr(value, "ndim", 1) == 0:
        return None
    return tuple(value)


def per_axis(function: str, name: str, value: Any, n: int, least: int) -> tuple[int, ...]:
    """Return ``value``, an integer for all of ``n`` axes or one for each, as ``n`` of at least ``least``."""
    values = items(function, name, value) if type(value) is not int else None
    if values is None:
        values = (value,) * n
    elif len(values) == 1:
        values *= n
    if len(values) != n:
        raise ArgumentError(f"{function} expects {name} to be one integer or {n}, got {value!r}")
    result = tuple(v if type(v) is int else integer(function, name, v) for v in values)
    if min(result) < least:
        raise ArgumentError(f"{function} expects {name} of at least {least}, got {value!r}")
    return result


def stored(layer: str, name: str, value: Any, n: int, least: int) -> int | tuple[int, ...]:
    """Return ``value`` checked by ``per_axis``, for a layer to keep: one integer stays one."""
    found = per_axis(layer, name, value, n, least)
    return found[0] if items(layer, name, value) is None else found


def fits(function: str, option: str, value: Any, shape: tuple[int, ...], itemsize: int) -> None:
    """Raise if ``option`` asks for an array of more bytes than can be counted."""
    if math.prod(shape) * itemsize > sys.maxsize:
        raise ArgumentError(f"{function}: {option}={value!r} asks for an array of shape {shape}, too large")


def row(function: str, name: str, value: Any, rows: int) -> int:
    """Return ``value``, an index that may count from the end, as one that counts from the front."""
    result = integer(function, name, value)
    if not -rows <= result < rows:
        raise ArgumentError(
            f"{function} expects {name} from {-rows} to {rows - 1} (there are {rows} rows), got {value!r}"
        )
    return result % rows


def truth(function: str, name: str, value: Any) -> bool:
    """Return ``value``, which must be True or False: a number there is a slip of position."""
    if not isinstance(value, bool):
        raise ArgumentTypeError(f"{function} expects {name} to be True or False, got {value!r}")
    return value
