"""Making Tensors: from data, filled with a value, and by pattern."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lucid import recording
from lucid.engines import dtypes
from lucid.engines.protocol import Array
from lucid.engines.registry import is_array, resolve_device
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, GradientError, ShapeError
from lucid.ops.axes import as_counts, as_integer
from lucid.ops.cast import astype
from lucid.ops.conversion import as_number, filling, from_python, has_dtype, to_array

Shape = int | Sequence[int]


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


def asarray(obj: Any, /, *, dtype: Any = None, device: str | None = None, copy: bool | None = None) -> Any:
    """Return ``obj`` as a Tensor, sharing memory with it where that is possible.

    Args:
        obj: a Tensor, an array of NumPy, JAX or another library on the CPU, a buffer, a number, or
            nested sequences of numbers.
        dtype: by default that of ``obj``; of Python numbers, bool, int64, float32 or complex64.
        device: by default where ``obj`` is.
        copy: True always copies, False raises ``ArgumentError`` where that is impossible.

    A Tensor that shares memory with a NumPy array sees what is written to the array.
    ``Tensor(obj)`` always copies.

    Raises:
        ArgumentError: if ``obj`` is ragged, an integer does not fit, or ``copy=False`` and a copy is needed.
        DTypeError: if ``obj`` holds no numbers.

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
    if copy is False and not _shares(array, obj):
        raise ArgumentError("asarray: this object needs a copy, and copy=False forbids it")
    return recording.wrap(array)


def _shares(array: Array, obj: Any) -> bool:
    """Whether ``array``, which was made of ``obj``, is its memory."""
    if array is obj:
        return True
    if not isinstance(array, np.ndarray) or isinstance(obj, (list, tuple)) or not has_dtype(obj):
        return False
    source = np.asarray(obj)
    return source.dtype == array.dtype and (source.size == 0 or np.shares_memory(array, source))


_ON_HOST = frozenset((1, 3, 11, 13))  # DLPack's numbers for memory that the CPU reads


def from_dlpack(x: Any, /, *, device: str | None = None, copy: bool | None = None) -> Any:
    """Return the array ``x`` of another library as a Tensor, by the DLPack protocol.

    Args:
        x: any object with ``__dlpack__`` and ``__dlpack_device__``.
        device: by default where ``x`` is; an accelerator's array goes to the XLA engine.
        copy: True always copies, False raises ``ArgumentError`` where a copy is needed, None
            copies only if it is.

    A Tensor that shares memory with ``x`` sees what is written to ``x``; what is written to the
    Tensor, ``x`` never sees. Source: DLPack, https://dmlc.github.io/dlpack/latest/python_spec.html

    Raises:
        ArgumentTypeError: if ``x`` does not speak DLPack.
        GradientError: if ``x`` is a Tensor that tracks gradients.
        BufferError: if the other library cannot export ``x``.

    Example:
        >>> import numpy as np
        >>> lucid.from_dlpack(np.arange(3))
        Tensor([0, 1, 2])
    """
    if not hasattr(x, "__dlpack__") or not hasattr(x, "__dlpack_device__"):
        raise ArgumentTypeError(f"from_dlpack: {type(x).__name__} has no __dlpack__: write lucid.asarray(x)")
    if isinstance(x, recording.Tensor):
        if x._node is not None:
            raise GradientError("from_dlpack: x tracks gradients, which would be lost: write x.detach()")
        x = x.detach()  # another Tensor, of the same memory
    elif not is_array(x):
        engine = resolve_device("cpu" if x.__dlpack_device__()[0] in _ON_HOST else "xla")[0]
        x = _shared(engine, x) if copy is False else engine.xp.from_dlpack(x)
    return asarray(x, device=device, copy=copy)


def _shared(engine: Any, x: Any) -> Array:
    try:
        return engine.xp.from_dlpack(x, copy=False)
    except (BufferError, ValueError) as error:
        raise ArgumentError(f"from_dlpack: copy=False, and {error}") from error


def full(
    shape: Shape,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> Any:
    """Return a Tensor of ``shape`` filled with ``fill_value``, a number or a Tensor of one.

    The dtype is by default that of the number: bool, int64, float32 or complex64. The gradient of
    a Tensor that fills is the sum over all elements.

    Raises:
        ArgumentError: if the dtype does not hold the number.
        DTypeError: if the dtype would lose a fraction or an imaginary part.

    Example:
        >>> lucid.full((2, 2), 7.0)
        Tensor([[7.0, 7.0],
                [7.0, 7.0]])
    """
    call = f"full({shape}, {fill_value!r})"
    sizes = as_counts(shape)
    if isinstance(fill_value, recording.Tensor):
        kind = fill_value.dtype if dtype is None else dtypes.as_dtype(dtype)
        device = fill_value.device if device is None else device
        if fill_value._node is not None:
            if not np.can_cast(fill_value.dtype, kind, "same_kind"):
                raise DTypeError(
                    f"{call} would turn {fill_value.dtype.name} into {kind.name}: cast the value"
                )
            return recording.namespace.broadcast_to(asarray(fill_value, dtype=kind, device=device), sizes)
        fill_value = fill_value.numpy()
    engine, name = resolve_device(device)
    if dtype is None:
        value = from_python(fill_value, None)
    else:
        value = filling(call, fill_value, dtypes.as_dtype(dtype))
    array = _make(call, np.full, sizes, value, value.dtype)
    return _tensor(engine.from_numpy(array, name, copy=False), requires_grad)


def zeros(shape: Shape, *, dtype: Any = None, device: str | None = None, requires_grad: bool = False) -> Any:
    """Return a Tensor of zeros, float32 by default."""
    engine, name = resolve_device(device)
    kind = dtypes.default_float if dtype is None else dtypes.as_dtype(dtype)
    array = _make(f"zeros({shape})", np.zeros, as_counts(shape), kind)
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
    return full(asarray(x).shape, fill_value, **_like(x, dtype, device))


def zeros_like(x: Any, /, *, dtype: Any = None, device: str | None = None) -> Any:
    """Return zeros of the shape, dtype and device of ``x``."""
    return zeros(asarray(x).shape, **_like(x, dtype, device))


def ones_like(x: Any, /, *, dtype: Any = None, device: str | None = None) -> Any:
    """Return ones of the shape, dtype and device of ``x``."""
    return ones(asarray(x).shape, **_like(x, dtype, device))


def empty_like(x: Any, /, *, dtype: Any = None, device: str | None = None) -> Any:
    """Return a Tensor of the shape, dtype and device of ``x`` whose values mean nothing."""
    return zeros_like(x, dtype=dtype, device=device)


def _like(x: Any, dtype: Any, device: str | None) -> dict[str, Any]:
    x = asarray(x)
    return {
        "dtype": x.dtype if dtype is None else dtype,
        "device": x.device if device is None else device,
    }


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
    given = (0, start, step) if stop is None else (start, stop, step)
    numbers = [as_number(f"arange: {n}", v) for n, v in zip(("start", "stop", "step"), given, strict=True)]
    call = f"arange({', '.join(map(str, numbers))})"
    if any(isinstance(v, complex) for v in numbers):
        raise ArgumentTypeError(f"{call}: complex numbers are in no order")
    if numbers[2] == 0:
        raise ArgumentError("arange: step must not be 0")
    engine, name = resolve_device(device)
    whole = all(isinstance(v, int) for v in numbers)
    if dtype is None:
        dtype = dtypes.default_int if whole else dtypes.default_float
    kind = dtypes.as_dtype(dtype)
    if whole and kind.kind in "iu":
        array = _make(call, _integers, range(*numbers), kind)
    else:
        array = _make(call, np.arange, *numbers).astype(kind)
    return _tensor(engine.from_numpy(array, name, copy=False), requires_grad)


def _integers(numbers: range, dtype: dtypes.DType) -> np.ndarray[Any, Any]:
    """Return a range as an array, exactly: by way of uint64, which counts modulo 2**64."""
    limits = np.iinfo(dtype)
    if numbers and not all(limits.min <= end <= limits.max for end in (numbers[0], numbers[-1])):
        raise ValueError(f"{dtype.name} holds {limits.min} to {limits.max}")
    count = np.arange(len(numbers), dtype=np.uint64)
    return (count * np.uint64(numbers.step % 2**64) + np.uint64(numbers.start % 2**64)).astype(dtype)


def linspace(
    start: complex,
    stop: complex,
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
    start, stop = as_number("linspace: start", start), as_number("linspace: stop", stop)
    num = as_integer("linspace: num", num)
    if num < 0:
        raise ArgumentError(f"linspace: num must not be negative, got {num}")
    engine, name = resolve_device(device)
    call = f"linspace({start}, {stop}, {num})"
    if dtype is None:
        turned = isinstance(start, complex) or isinstance(stop, complex)
        dtype = dtypes.complex64 if turned else dtypes.default_float
    kind = dtypes.as_dtype(dtype)
    array = _make(call, _evenly, start, stop, num, endpoint, kind)
    return _tensor(engine.from_numpy(array, name, copy=False), requires_grad)


def _evenly(start: Any, stop: Any, num: int, endpoint: bool, dtype: dtypes.DType) -> np.ndarray[Any, Any]:
    """Return ``num`` numbers from ``start`` to ``stop``; integers are rounded down, as NumPy does."""
    whole = dtype.kind in "iu" and isinstance(start, int) and isinstance(stop, int)
    if whole and max(abs(start), abs(stop)) > 2**53:  # no float holds them
        steps = max(num - endpoint, 1)
        return np.array([start + (stop - start) * i // steps for i in range(num)], dtype)
    start, stop = (v if isinstance(v, complex) else float(v) for v in (start, stop))
    array = np.linspace(start, stop, num, endpoint)
    if not np.isfinite(array).all() and np.isfinite([start, stop]).all():
        array = 2 * np.linspace(start / 2, stop / 2, num, endpoint)  # stop - start was infinite
    dtypes.check_cast(array.dtype, dtype)
    if dtype.kind in "iu":
        array = np.floor(array)
        if not ((array >= np.iinfo(dtype).min) & (array <= np.iinfo(dtype).max)).all():
            raise ValueError(f"{dtype.name} does not hold these numbers")
    return array.astype(dtype)


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
    rows, cols = as_counts((n_rows, n_rows if n_cols is None else n_cols))
    kind = dtypes.default_float if dtype is None else dtypes.as_dtype(dtype)
    array = _make(f"eye({rows}, {cols}, k={k!r})", np.eye, rows, cols, k, kind)
    return _tensor(engine.from_numpy(array, name, copy=False), requires_grad)


def meshgrid(*arrays: Any, indexing: str = "xy") -> tuple[Any, ...]:
    """Return a tuple of coordinate Tensors, one for each of the 1-d ``arrays``.

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
    return tuple(results)
