"""The door through which data comes in: numbers, lists, buffers and arrays become raw arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid import recording
from lucid.engines import dtypes
from lucid.engines.protocol import Array
from lucid.engines.registry import engine_of, is_array, resolve_device
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, GradientError, RangeError

NumPyArray = np.ndarray[Any, Any]


def to_array(obj: Any, dtype: Any, device: str | None, copy: bool) -> Array:
    """Return ``obj`` as a raw array on ``device``; without ``copy`` it may share memory with ``obj``."""
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    engine, name = resolve_device(device)
    if isinstance(obj, recording.Tensor):
        obj = obj._array
    if is_array(obj):
        home = engine_of(obj)
        if device is None:
            engine, name = home, home.device_of(obj)
        if home is not engine:
            array = engine.from_numpy(_numeric(home.to_numpy(obj)), name, copy=copy)
        elif engine.device_of(obj) != name:
            array = engine.move(obj, name)
        elif isinstance(obj, (np.ndarray, np.generic)):
            array = engine.from_numpy(_numeric(np.asarray(obj)), name, copy=copy)
        else:
            array = obj  # an engine's own array that is not NumPy's never changes
    else:
        array = engine.from_numpy(from_python(obj, wanted, copy=copy), name, copy=False)
    return array if wanted is None else engine.xp.astype(array, wanted, copy=False)


def from_python(obj: Any, dtype: dtypes.DType | None, *, copy: bool = True) -> NumPyArray:
    """Return a number, a nested sequence, a buffer or another library's array as a NumPy array.

    Python's numbers take the default dtypes if ``dtype`` is None. If it is not, they keep their
    digits on the way to it, and integers must fit.
    """
    refuse_tracked(obj)
    typed = has_dtype(obj)
    try:
        if typed and not hasattr(obj, "__array__") and hasattr(obj, "__dlpack__"):
            obj = np.from_dlpack(obj)
        array = np.asarray(obj) if typed and not copy else np.array(obj)
        if dtype is not None and not typed and _must_fit(obj, array, dtype):
            array = np.array(obj, dtype)
    except (ValueError, TypeError, OverflowError, RuntimeError, BufferError) as error:
        kind = RangeError if isinstance(error, OverflowError) else ArgumentError
        raise kind(f"cannot make a tensor of this {type(obj).__name__}: {error}") from error
    if dtype is None and not typed:
        if array.dtype == np.float64:
            array = array.astype(dtypes.default_float)
        elif array.dtype == np.complex128:
            array = array.astype(np.complex64)
    elif (
        dtype is not None and dtype.kind in "iu" and array.dtype.kind == "f" and not np.isfinite(array).all()
    ):
        raise ArgumentError(f"{dtype.name} has no infinity and no nan, got {obj!r}")
    return _numeric(array)


def _must_fit(obj: Any, array: NumPyArray, dtype: dtypes.DType) -> bool:
    """Whether NumPy has to know the dtype beforehand, or digits of integers would be lost."""
    if array.dtype.kind in "Of":  # integers that int64 does not hold became objects, or floats
        return dtype.kind in "iufc" and _whole(obj)
    return dtype.kind in "iu" and array.dtype.kind in "biu"


def _whole(obj: Any) -> bool:
    """Whether ``obj`` is an integer, or a nested sequence of integers alone."""
    return all(map(_whole, obj)) and bool(obj) if isinstance(obj, (list, tuple)) else isinstance(obj, int)


def has_dtype(obj: Any) -> bool:
    """Whether ``obj`` is an array or a buffer, or a sequence with an array in it."""
    if isinstance(obj, (list, tuple)):
        return any(has_dtype(item) for item in obj)
    if isinstance(obj, (bool, int, float, complex, str, bytes)):
        return False
    if hasattr(obj, "__array__") or hasattr(obj, "__dlpack__"):
        return True
    try:
        memoryview(obj)
    except TypeError:
        return False
    return True


def _numeric(array: NumPyArray) -> NumPyArray:
    if array.dtype.kind not in "biufc" and array.dtype.name != "bfloat16":
        raise DTypeError(f"a tensor holds booleans or numbers, got {array.dtype} data")
    if array.dtype.byteorder not in "=|":
        array = array.astype(array.dtype.newbyteorder("="))
    return array


def refuse_tracked(obj: Any) -> None:
    """Raise if a nested list holds a Tensor whose gradient would be lost."""
    if isinstance(obj, recording.Tensor):
        if obj._node is not None:
            raise GradientError(
                "a Tensor in a list tracks gradients, which a new Tensor would lose: "
                "join them with lucid.stack([...]), or detach them"
            )
    elif isinstance(obj, (list, tuple)):
        for item in obj:
            if isinstance(item, (list, tuple, recording.Tensor)):
                refuse_tracked(item)


def filling(call: str, value: Any, dtype: dtypes.DType) -> np.ndarray[Any, Any]:
    """Return ``value`` as an array of ``dtype``, which must hold it."""
    try:
        array = from_python(value, dtype)
    except ArgumentError as error:
        raise type(error)(f"{call}: {error}") from error
    if array.dtype.kind in "iu" and dtype.kind in "biu" and array.size:
        low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        if array.min() < low or array.max() > high:
            raise RangeError(f"{call}: {dtype.name} holds {low} to {high}")
    elif not np.can_cast(array.dtype, dtype, "same_kind"):
        raise DTypeError(
            f"{call} would turn {array.dtype.name} into {dtype.name} and lose information: cast the value"
        )
    return array.astype(dtype)


def as_number(what: str, value: Any) -> Any:
    """Return ``value``, a number or an array of no axes, as a number of Python's."""
    if isinstance(value, recording.Tensor) and value._node is not None:
        raise GradientError(
            f"{what} tracks gradients, which the result would lose: write .item() or .detach()"
        )
    if hasattr(value, "item") and not getattr(value, "ndim", 0):
        value = value.item()
    if not isinstance(value, (int, float, complex)):
        raise ArgumentTypeError(f"{what} must be a number, got {value!r}")
    return value
