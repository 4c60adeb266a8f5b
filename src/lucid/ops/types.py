"""Questions about data types: what they can hold, of which kind they are, and how they meet."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lucid import recording
from lucid.engines import dtypes
from lucid.engines.dtypes import DType, as_dtype
from lucid.engines.registry import is_array
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError

_SCALARS = (bool, int, float, complex)


class FloatInfo(NamedTuple):
    """The limits of a data type of floats, as Python numbers. See ``finfo``."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


class IntegerInfo(NamedTuple):
    """The limits of a data type of integers, as Python numbers. See ``iinfo``."""

    bits: int
    max: int
    min: int
    dtype: DType


def finfo(type: Any, /) -> FloatInfo:
    """Return the limits of a data type of floats.

    Args:
        type: a dtype, or a Tensor for its dtype. A complex one stands for that of its two parts.

    Returns:
        an object with ``bits``, ``eps`` (the gap between 1 and the next float), ``max``, ``min``,
        ``smallest_normal`` and ``dtype``.

    Raises:
        DTypeError: if it is a dtype of integers or booleans.

    Example:
        >>> lucid.finfo(lucid.float32).eps
        1.1920928955078125e-07
    """
    dtype = _dtype_of(type)
    if not dtypes.is_inexact(dtype):
        raise DTypeError(
            f"finfo expects a data type of floats, got {dtype.name}: use lucid.iinfo for integers"
        )
    if dtype.name == "bfloat16":  # as wide as float32, with 7 digits behind the point
        largest, smallest = (2 - 2.0**-7) * 2.0**127, 2.0**-126
        return FloatInfo(16, 2.0**-7, largest, -largest, smallest, dtype)
    limits: Any = np.finfo(dtype)
    eps, largest, smallest = float(limits.eps), float(limits.max), float(limits.smallest_normal)
    return FloatInfo(limits.bits, eps, largest, -largest, smallest, limits.dtype)


def iinfo(type: Any, /) -> IntegerInfo:
    """Return the limits of a data type of integers.

    Args:
        type: a dtype, or a Tensor for its dtype.

    Returns:
        an object with ``bits``, ``max``, ``min`` and ``dtype``.

    Raises:
        DTypeError: if it is no dtype of integers.

    Example:
        >>> lucid.iinfo(lucid.uint8).max
        255
    """
    dtype = _dtype_of(type)
    if dtype.kind not in "iu":
        raise DTypeError(
            f"iinfo expects a data type of integers, got {dtype.name}: use lucid.finfo for floats"
        )
    limits = np.iinfo(dtype)
    return IntegerInfo(limits.bits, int(limits.max), int(limits.min), dtype)


def isdtype(dtype: Any, kind: Any) -> bool:
    """Return whether ``dtype`` is of a kind.

    Args:
        dtype: a data type.
        kind: ``"bool"``, ``"signed integer"``, ``"unsigned integer"``, ``"integral"``, ``"real floating"``,
            ``"complex floating"`` or ``"numeric"``; a dtype, for that one alone; or a tuple of these,
            for any of them.

    Raises:
        ArgumentError: if there is no such kind.

    Example:
        >>> lucid.isdtype(lucid.float32, "real floating")
        True
        >>> lucid.isdtype(lucid.int8, ("bool", lucid.int64))
        False
    """
    dtype = as_dtype(dtype)
    for one in kind if isinstance(kind, tuple) else (kind,):
        if isinstance(one, tuple):
            raise ArgumentTypeError(f"isdtype: a tuple of kinds holds names and dtypes, got {one!r} in it")
        if isinstance(one, str):
            if one not in dtypes.KINDS:
                raise ArgumentError(f"isdtype: kind must be one of {', '.join(dtypes.KINDS)}, got {one!r}")
            # float16 and bfloat16 are not in the standard, but are floats all the same.
            half = dtype.itemsize == 2 and dtypes.is_inexact(dtype) and one in ("real floating", "numeric")
            if half or dtype in dtypes.KINDS[one]:
                return True
        elif dtype == as_dtype(one):
            return True
    return False


def result_type(*arrays_and_dtypes: Any) -> DType:
    """Return the dtype in which arrays, dtypes and Python numbers meet.

    Integers and floats meet in the float, and Python numbers are weak: they take the dtype of what
    they meet, unless they are of a higher kind.

    Args:
        arrays_and_dtypes: Tensors, dtypes and numbers; not numbers alone.

    Raises:
        ArgumentError: if there are only numbers, or nothing at all.
        DTypeError: if something is no dtype.

    Example:
        >>> lucid.result_type(lucid.int64, lucid.float32)
        dtype('float32')
        >>> lucid.result_type(lucid.Tensor([1], dtype="int8"), 2)
        dtype('int8')
    """
    scalars = [_builtin(v) for v in arrays_and_dtypes if isinstance(v, _SCALARS)]
    found = [_dtype_of(v) for v in arrays_and_dtypes if not isinstance(v, _SCALARS)]
    if not found:
        raise ArgumentError(f"result_type needs an array or a dtype among its arguments, got {scalars}")
    return dtypes.promote(found, scalars)


def can_cast(from_: Any, to: Any, /) -> bool:
    """Return whether ``from_`` becomes ``to`` where the two meet.

    Args:
        from_: a dtype, or a Tensor for its dtype.
        to: a dtype.

    Example:
        >>> lucid.can_cast(lucid.int8, lucid.int16), lucid.can_cast(lucid.float64, lucid.float32)
        (True, False)
    """
    wanted = as_dtype(to)
    return dtypes.promote([_dtype_of(from_), wanted]) == wanted


def _dtype_of(value: Any) -> DType:
    """Return the dtype of an array, or a dtype itself."""
    if isinstance(value, recording.Tensor) or is_array(value):
        dtype: DType = value.dtype
        return dtype
    return as_dtype(value)


def _builtin(value: Any) -> Any:
    """Return a number as one of Python's own types: numpy.float64 is a float, and weak like one."""
    kinds: tuple[Any, ...] = _SCALARS
    return next(kind(value) for kind in kinds if isinstance(value, kind))
