"""Data types and how they meet.

A dtype is a ``numpy.dtype`` on every engine. Two rules go beyond NumPy's table:

- floats and integers of mixed kinds promote to the float: ``int64 + float32`` is
  float32 (NumPy says float64; PyTorch and JAX say float32, and so do we);
- whatever must become a float and is none yet becomes ``default_float``, float32.

Python scalars are weak: they take the dtype of the array that they meet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from lucid.errors import DTypeError

DType = np.dtype[Any]

bool_ = np.dtype("bool")
int8 = np.dtype("int8")
int16 = np.dtype("int16")
int32 = np.dtype("int32")
int64 = np.dtype("int64")
uint8 = np.dtype("uint8")
uint16 = np.dtype("uint16")
uint32 = np.dtype("uint32")
uint64 = np.dtype("uint64")
float16 = np.dtype("float16")
float32 = np.dtype("float32")
float64 = np.dtype("float64")
complex64 = np.dtype("complex64")
complex128 = np.dtype("complex128")

default_float = float32
default_int = int64

KINDS: dict[str, tuple[DType, ...]] = {
    "bool": (bool_,),
    "signed integer": (int8, int16, int32, int64),
    "unsigned integer": (uint8, uint16, uint32, uint64),
    "integral": (int8, int16, int32, int64, uint8, uint16, uint32, uint64),
    "real floating": (float32, float64),
    "complex floating": (complex64, complex128),
}
"""The kinds of data types, in the words of the Array API, and the standard's types of each."""
KINDS["numeric"] = KINDS["integral"] + KINDS["real floating"] + KINDS["complex floating"]

_DEFAULTS = frozenset((bool_, default_int, default_float, complex64))
_KIND_ORDER = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3, "V": 2}
_SCALAR_KINDS: dict[type, str] = {bool: "b", int: "i", float: "f", complex: "c"}


def as_dtype(dtype: Any) -> DType:
    """Return ``dtype`` as a ``numpy.dtype``; ``float``, ``int``, ``complex`` mean the defaults.

    Raises:
        DTypeError: if ``dtype`` names no data type of numbers.
    """
    if dtype is float or (isinstance(dtype, str) and dtype == "float"):
        return default_float
    if dtype is complex or (isinstance(dtype, str) and dtype == "complex"):
        return complex64
    if dtype is int:
        return default_int
    try:
        result: DType = np.dtype(dtype)
    except TypeError as error:
        raise DTypeError(f"dtype must name a data type such as 'float32', got {dtype!r}") from error
    if dtype is None or (result.kind not in "biufc" and result.name != "bfloat16"):
        raise DTypeError(f"dtype must be boolean or numeric, got {dtype!r}")
    return result


def is_default(dtype: DType) -> bool:
    """Whether ``dtype`` is what a Python scalar of its kind would become."""
    return dtype in _DEFAULTS


def is_inexact(dtype: DType) -> bool:
    """Whether ``dtype`` is a float or complex one, so that derivatives make sense."""
    return dtype.kind in "fcV"


def check_cast(source: DType, target: DType) -> None:
    """Raise DTypeError for a cast that would drop imaginary parts.

    Raises:
        DTypeError: for a cast from complex to real numbers.
    """
    if source.kind == "c" and target.kind not in "cb":
        raise DTypeError(
            f"a cast from {source.name} to {target.name} would drop the imaginary part: "
            "write lucid.real(x) for the real part, or lucid.abs(x) for the size"
        )


def kind_of(x: Any, y: Any) -> str:
    """Return the kind of two arguments of one dtype, of which one may be a Python number."""
    kind: str = (x if hasattr(x, "dtype") else y).dtype.kind
    return kind


def check_kind(name: str, refused: str, *values: Any) -> None:
    """Raise DTypeError if an array among ``values`` has one of the ``refused`` kinds, such as ``"bc"``.

    Args:
        name: of the function, for the message.
        refused: ``"b"`` for booleans, ``"f"`` for floats, ``"c"`` for complex numbers, or several of them.
        values: arrays, and Python numbers, which went the way of the arrays.

    Raises:
        DTypeError: naming the function and the dtype.
    """
    for value in values:
        dtype = getattr(value, "dtype", None)
        if dtype is not None and dtype.kind in refused:
            raise DTypeError(_WHY[dtype.kind].format(name=name, dtype=dtype.name))


_WHY = {
    "f": "{name} works on the bits of integers and booleans, not of {dtype}: cast with .astype(lucid.int64)",
    "b": "{name} computes with numbers, got {dtype}: write x.astype(lucid.int64), or use a logical_ function",
    "c": "{name} is not defined for complex numbers, got {dtype}: take lucid.real(x) or lucid.abs(x) first",
}


def promote(dtypes: Iterable[DType], scalars: Iterable[Any] = ()) -> DType:
    """Return the dtype in which arrays of ``dtypes`` and Python ``scalars`` meet.

    Example:
        >>> promote([int64, float32])
        dtype('float32')
        >>> promote([int64], [1.5])
        dtype('float32')
        >>> promote([int8], [3])
        dtype('int8')
    """
    dtypes = list(dtypes)
    rank = max(_KIND_ORDER[d.kind] for d in dtypes)
    # Only the arrays of the highest kind have a say in the width.
    result = np.result_type(*[d for d in dtypes if _KIND_ORDER[d.kind] == rank])
    if rank == 1 and result.kind == "f":
        result = default_float  # uint64 and int64 meet in no integer
    if rank == 3:
        for d in dtypes:
            if d.kind == "f":
                result = np.promote_types(result, d)
    scalar_rank = max((_KIND_ORDER[_SCALAR_KINDS[type(s)]] for s in scalars), default=0)
    if scalar_rank > rank:
        if scalar_rank == 1:
            return default_int
        if scalar_rank == 2:
            return default_float
        return np.result_type(result if rank == 2 else default_float, np.complex64)
    return result
