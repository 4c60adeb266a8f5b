"""Making Tensors: from data, filled with a value, and by pattern."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lucid import recording
from lucid.engines import dtypes
from lucid.engines.protocol import Array
from lucid.engines.registry import engine_of, is_array, resolve_device
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, GradientError, ShapeError
from lucid.ops.cast import astype

Shape = int | Sequence[int]


def to_array(obj: Any, dtype: Any, device: str | None, copy: bool) -> Array:
    """Return ``obj`` as a raw array on ``device``; the one door through which data comes in."""
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
        array = engine.from_numpy(_from_python(obj, wanted), name, copy=False)
    return array if wanted is None else engine.xp.astype(array, wanted, copy=False)


def _from_python(obj: Any, dtype: dtypes.DType | None) -> np.ndarray[Any, Any]:
    """Return a number, a nested sequence or an object with ``__array__`` as a NumPy array."""
    _refuse_tracked(obj)
    try:
        array = np.array(obj)
    except (ValueError, TypeError, OverflowError) as error:
        raise ArgumentError(f"cannot make a tensor of this {type(obj).__name__}: {error}") from error
    # Python's numbers take the default dtypes; what has a dtype of its own keeps it.
    if dtype is None and not _has_dtype(obj):
        if array.dtype == np.float64:
            array = array.astype(dtypes.default_float)
        elif array.dtype == np.complex128:
            array = array.astype(np.complex64)
    return _numeric(array)


def _has_dtype(obj: Any) -> bool:
    """Whether ``obj`` is an array, or a sequence with an array in it."""
    if isinstance(obj, (list, tuple)):
        return any(_has_dtype(item) for item in obj)
    return hasattr(obj, "__array__") and not isinstance(obj, (float, complex))


def _numeric(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if array.dtype.kind not in "biufc" and array.dtype.name != "bfloat16":
        raise DTypeError(f"a tensor holds booleans or numbers, got {array.dtype} data")
    if array.dtype.byteorder not in "=|":
        array = array.astype(array.dtype.newbyteorder("="))
    return array


def _refuse_tracked(obj: Any) -> None:
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
                _refuse_tracked(item)


def _tensor(array: Array, requires_grad: bool) -> Any:
    tensor = recording.wrap(array)
    return tensor.requires_grad_() if requires_grad else tensor


def _make(call: str, function: Callable[..., Any], *args: Any) -> np.ndarray[Any, Any]:
    """Return what a function of NumPy makes; ``call`` is what the user wrote, shown if it cannot."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(function(*args))
    except TypeError as error:
        raise ArgumentTypeError(f"{call}: {error}") from error
    except (ValueError, OverflowError, MemoryError) as error:
        large = isinstance(error, MemoryError) or "size" in str(error) or "dimension" in str(error)
        hint = " (it does not fit in memory)" if large else ""
        raise ArgumentError(f"{call}: {error}{hint}") from error


def check_room(function: str, shape: tuple[int, ...], dtype: dtypes.DType) -> None:
    """Raise ArgumentError if an array is larger than the memory; the system gives none until it is used."""
    if math.prod(shape) * dtype.itemsize > 2**30:
        _make(f"{function}(shape={shape})", np.empty, shape, dtype)


def _filling(call: str, value: Any, dtype: dtypes.DType) -> np.ndarray[Any, Any]:
    """Return ``value`` as an array of ``dtype``, which must hold it."""
    array = _from_python(value, dtype)
    if array.dtype.kind in "iu" and dtype.kind in "biu" and array.size:
        low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        if array.min() < low or array.max() > high:
            raise ArgumentError(f"{call}: {dtype.name} holds {low} to {high}")
    elif not np.can_cast(array.dtype, dtype, "same_kind"):
        raise DTypeError(
            f"{call} would turn {array.dtype.name} into {dtype.name} and lose information: cast the value"
        )
    return array.astype(dtype)


def _check_number(what: str, value: Any) -> None:
    if not (hasattr(value, "__float__") or hasattr(value, "__complex__")) or getattr(value, "ndim", False):
        raise ArgumentTypeError(f"{what} must be a number, got {value!r}")


def as_shape(shape: Any) -> tuple[int, ...]:
    """Return ``shape``, an integer or a sequence of them, as a tuple, checked."""
    # An array of integers has __index__ too, whether or not it is one number.
    one = hasattr(shape, "__index__") and not getattr(shape, "ndim", False)
    sizes: Any = (shape,) if one else shape
    try:
        result = tuple(n.__index__() for n in sizes)
    except (TypeError, AttributeError) as error:
        raise ArgumentTypeError(f"a shape is an integer or a tuple of integers, got {shape!r}") from error
    if any(n < 0 for n in result):
        raise ArgumentError(f"a shape has no negative sizes, got {result}")
    return result


def asarray(obj: Any, /, *, dtype: Any = None, device: str | None = None, copy: bool | None = None) -> Any:
    """Return ``obj`` as a Tensor, sharing memory with it where that is possible.

    Args:
        obj: a Tensor, an array of NumPy or JAX, a number, or nested sequences of numbers.
        dtype: by default that of ``obj``; of Python numbers, bool, int64 or float32.
        device: by default where ``obj`` is.
        copy: True always copies, False raises ``ArgumentError`` where that is impossible.

    A Tensor that shares memory with a NumPy array sees what is written to the array.
    ``Tensor(obj)`` always copies.

    Example:
        >>> lucid.asarray([1, 2]).dtype
        dtype('int64')
    """
    if isinstance(obj, recording.Tensor):
        tensor = obj if device is None else obj.to(device)
        if dtype is not None:
            tensor = astype(tensor, dtypes.as_dtype(dtype))
        if copy is False and tensor is not obj:
            raise ArgumentError("asarray: this dtype or device needs a copy, and copy=False forbids it")
        return tensor.copy() if copy and tensor is obj else tensor
    array = to_array(obj, dtype, device, copy=bool(copy))
    if copy is False and not (is_array(obj) and np.shares_memory(np.asarray(array), np.asarray(obj))):
        raise ArgumentError("asarray: this object needs a copy, and copy=False forbids it")
    return recording.wrap(array)


def full(
    shape: Shape,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> Any:
    """Return a Tensor of ``shape`` filled with ``fill_value``.

    Example:
        >>> lucid.full((2, 2), 7.0)
        Tensor([[7.0, 7.0],
                [7.0, 7.0]])
    """
    engine, name = resolve_device(device)
    call = f"full({shape}, {fill_value!r})"
    if dtype is None:
        value = _from_python(fill_value, None)
    else:
        value = _filling(call, fill_value, dtypes.as_dtype(dtype))
    array = _make(call, np.full, as_shape(shape), value, value.dtype)
    return _tensor(engine.from_numpy(array, name, copy=False), requires_grad)


def zeros(shape: Shape, *, dtype: Any = None, device: str | None = None, requires_grad: bool = False) -> Any:
    """Return a Tensor of zeros, float32 by default."""
    engine, name = resolve_device(device)
    kind = dtypes.default_float if dtype is None else dtypes.as_dtype(dtype)
    array = _make(f"zeros({shape})", np.zeros, as_shape(shape), kind)
    return _tensor(engine.from_numpy(array, name, copy=False), requires_grad)


def ones(shape: Shape, *, dtype: Any = None, device: str | None = None, requires_grad: bool = False) -> Any:
    """Return a Tensor of ones, float32 by default."""
    return full(
        shape,
        1,
        dtype=dtypes.default_float if dtype is None else dtype,
        device=device,
        requires_grad=requires_grad,
    )


def empty(shape: Shape, *, dtype: Any = None, device: str | None = None, requires_grad: bool = False) -> Any:
    """Return a Tensor whose values mean nothing. Here they are zeros, so that runs repeat."""
    return zeros(shape, dtype=dtype, device=device, requires_grad=requires_grad)


def full_like(x: Any, /, fill_value: Any, *, dtype: Any = None, device: str | None = None) -> Any:
    """Return a Tensor of the shape, dtype and device of ``x``, filled with ``fill_value``."""
    x = asarray(x)
    return full(x.shape, fill_value, dtype=dtype or x.dtype, device=device or x.device)


def zeros_like(x: Any, /, *, dtype: Any = None, device: str | None = None) -> Any:
    """Return zeros of the shape, dtype and device of ``x``."""
    x = asarray(x)
    return zeros(x.shape, dtype=dtype or x.dtype, device=device or x.device)


def ones_like(x: Any, /, *, dtype: Any = None, device: str | None = None) -> Any:
    """Return ones of the shape, dtype and device of ``x``."""
    x = asarray(x)
    return ones(x.shape, dtype=dtype or x.dtype, device=device or x.device)


def empty_like(x: Any, /, *, dtype: Any = None, device: str | None = None) -> Any:
    """Return a Tensor of the shape, dtype and device of ``x`` whose values mean nothing."""
    return zeros_like(x, dtype=dtype, device=device)


def arange(
    start: float,
    /,
    stop: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> Any:
    """Return ``start, start + step, ...`` up to and without ``stop``; ``arange(n)`` counts from 0.

    Example:
        >>> lucid.arange(0, 1, 0.25)
        Tensor([0.0, 0.25, 0.5, 0.75])
    """
    if stop is None:
        start, stop = 0, start
    for label, value in (("start", start), ("stop", stop), ("step", step)):
        _check_number(f"arange: {label}", value)
    if step == 0:
        raise ArgumentError("arange: step must not be 0")
    engine, name = resolve_device(device)
    if dtype is None:
        whole = all(isinstance(v, (int, np.integer)) for v in (start, stop, step))
        dtype = dtypes.default_int if whole else dtypes.default_float
    array = _make(f"arange({start}, {stop}, {step})", np.arange, start, stop, step)
    array = array.astype(dtypes.as_dtype(dtype))
    return _tensor(engine.from_numpy(array, name, copy=False), requires_grad)


def linspace(
    start: float,
    stop: float,
    /,
    num: int,
    *,
    dtype: Any = None,
    device: str | None = None,
    endpoint: bool = True,
    requires_grad: bool = False,
) -> Any:
    """Return ``num`` values from ``start`` to ``stop``, evenly spaced.

    Example:
        >>> lucid.linspace(0, 1, 3)
        Tensor([0.0, 0.5, 1.0])
    """
    _check_number("linspace: start", start)
    _check_number("linspace: stop", stop)
    if not hasattr(num, "__index__"):
        raise ArgumentTypeError(f"linspace: num must be an integer, got {num!r}")
    if num < 0:
        raise ArgumentError(f"linspace: num must not be negative, got {num}")
    engine, name = resolve_device(device)
    array = _make(f"linspace({start}, {stop}, {num})", np.linspace, start, stop, num, endpoint)
    kind = dtypes.complex64 if array.dtype.kind == "c" else dtypes.default_float
    array = array.astype(kind if dtype is None else dtypes.as_dtype(dtype))
    return _tensor(engine.from_numpy(array, name, copy=False), requires_grad)


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: Any = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> Any:
    """Return a matrix with ones on the ``k``-th diagonal and zeros elsewhere.

    Example:
        >>> lucid.eye(2)
        Tensor([[1.0, 0.0],
                [0.0, 1.0]])
    """
    engine, name = resolve_device(device)
    rows, cols = as_shape((n_rows, n_rows if n_cols is None else n_cols))
    kind = dtypes.default_float if dtype is None else dtypes.as_dtype(dtype)
    array = _make(f"eye({rows}, {cols}, k={k!r})", np.eye, rows, cols, k, kind)
    return _tensor(engine.from_numpy(array, name, copy=False), requires_grad)


def meshgrid(*arrays: Any, indexing: str = "xy") -> list[Any]:
    """Return coordinate Tensors, one for each of the 1-d ``arrays``.

    Args:
        arrays: n Tensors of one axis, or of none, which count as one element.
        indexing: ``"xy"`` (the first two axes are swapped, as in a plot) or ``"ij"``.

    Shape:
        each result: ``(len(arrays[1]), len(arrays[0]), ...)``, with ``"ij"`` in the order given.

    Raises:
        ShapeError: if an array has more axes.
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"meshgrid: indexing must be 'xy' or 'ij', got {indexing!r}")
    tensors = [asarray(a) for a in arrays]
    for i, t in enumerate(tensors):
        if t.ndim > 1:
            raise ShapeError(f"meshgrid: array {i} has shape {t.shape}, and may have one axis at most")
    n = len(tensors)
    axes = list(range(n))
    if indexing == "xy" and n > 1:
        axes[0], axes[1] = 1, 0
    shape = [0] * n
    for t, axis in zip(tensors, axes, strict=True):
        shape[axis] = t.size
    results = []
    for t, axis in zip(tensors, axes, strict=True):
        column = t.reshape(tuple(-1 if i == axis else 1 for i in range(n)))
        results.append(column.broadcast_to(tuple(shape)))
    return results
