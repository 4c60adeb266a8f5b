"""The namespace over NumPy arrays: NumPy's own, and the few functions that differ.

A name that is not defined here is NumPy's: ``namespace.tanh`` is ``numpy.tanh``. That holds for
``any`` and ``max`` too, so Python's own are written ``builtins.any`` in this file.

Some functions stand here for their warnings: NumPy raises those of a ufunc where it was called,
and Lucid's filter (``engine.py``) knows only calls from its own code.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from lucid.engines.cpu import linalg as linalg
from lucid.engines.cpu import special as special
from lucid.engines.cpu.convolution import conv as conv
from lucid.engines.cpu.convolution import conv_input as conv_input
from lucid.engines.cpu.convolution import conv_weight as conv_weight
from lucid.engines.cpu.elementwise import expm1 as expm1
from lucid.engines.cpu.elementwise import floor_divide as floor_divide
from lucid.engines.cpu.elementwise import log1p as log1p
from lucid.engines.cpu.elementwise import pow as pow
from lucid.engines.cpu.elementwise import sigmoid as sigmoid
from lucid.engines.cpu.elementwise import sign as sign
from lucid.engines.cpu.masking import masked_scale as masked_scale
from lucid.engines.dtypes import DType, check_cast

Array = np.ndarray[Any, Any]

_sum: Any = np.add.reduce
_prod: Any = np.multiply.reduce
_max: Any = np.maximum.reduce
_min: Any = np.minimum.reduce
_sort: Any = np.sort
_argsort: Any = np.argsort


def __getattr__(name: str) -> Any:
    value = getattr(np, name)
    globals()[name] = value  # so that the next look-up finds it without coming here
    return value


def sum(
    x: Array, /, *, axis: int | tuple[int, ...] | None = None, dtype: Any = None, keepdims: bool = False
) -> Any:
    """``numpy.sum`` without the Python that stands before its ufunc."""
    return _sum(x, axis=axis, dtype=dtype, keepdims=keepdims)


def prod(
    x: Array, /, *, axis: int | tuple[int, ...] | None = None, dtype: Any = None, keepdims: bool = False
) -> Any:
    """``numpy.prod`` without the Python that stands before its ufunc."""
    return _prod(x, axis=axis, dtype=dtype, keepdims=keepdims)


def max(x: Array, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """``numpy.max`` without the Python that stands before its ufunc."""
    return _max(x, axis=axis, keepdims=keepdims)


def min(x: Array, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """``numpy.min`` without the Python that stands before its ufunc."""
    return _min(x, axis=axis, keepdims=keepdims)


# With fewer rows or fewer multiplications than these, NumPy's product is done sooner: oneDNN first packs `y`.
FEWEST_ROWS = 2
FEWEST_PRODUCTS = 2**17


def matmul(x: Array, y: Array, /) -> Any:
    """``numpy.matmul``; of large float32 matrices by oneDNN, where that is there."""
    if x.size > 1024 and x.dtype.char == y.dtype.char == "f" and x.ndim > 1 and y.ndim > 1:
        rows = x.shape[-2] if y.ndim > 2 else x.size // x.shape[-1]
        if rows >= FEWEST_ROWS and rows * y.size >= FEWEST_PRODUCTS:
            from lucid.engines.cpu.onednn import matmul as products  # loads the library

            result = products.matmul(x, y)
            if result is not None:
                return result
    return np.matmul(x, y)


def broadcast_to(x: Array, /, shape: tuple[int, ...]) -> Array:
    """``numpy.broadcast_to``, ten times faster for the 0-d arrays that backward begins with."""
    if x.shape == ():
        return np.ndarray(shape, x.dtype, np.asarray(x), 0, (0,) * len(shape))
    return np.broadcast_to(x, shape)


def conj(x: Any, /) -> Any:
    """Return the conjugate; a real array or number is given back as it is, not copied."""
    return x.conjugate()


def get_at(x: Array, /, *, index: Any) -> Array:
    """Return ``x[index]``."""
    return x[index]  # type: ignore[no-any-return]


def set_at(x: Array, value: Any, /, *, index: Any) -> Array:
    """Return a copy of ``x`` in which ``x[index]`` is ``value``."""
    out = np.array(x)  # and not x.copy(): of no axes, a gradient may be a number of NumPy's
    out[index] = value
    return out


def scatter_add(values: Array, /, *, index: Any, shape: tuple[int, ...]) -> Array:
    """Return zeros of ``shape`` with ``values`` added at ``index``, duplicates and all."""
    out = np.zeros(shape, values.dtype)
    if builtins.any(isinstance(i, np.ndarray) and i.dtype.kind != "b" for i in index):
        np.add.at(out, index, values)
    else:
        out[index] = values  # slices, integers and masks name no element twice
    return out


def pad(x: Array, widths: Any, /, *, value: Any) -> Array:
    """Return ``x`` with ``widths`` elements of ``value`` before and after it on each axis."""
    padded: Array = np.pad(x, widths, constant_values=value)
    return padded


def to_device(x: Array, device: str, /) -> Any:
    """Return ``x`` on ``device``, of whichever engine that is."""
    from lucid.engines.registry import transfer  # the registry knows this namespace

    return transfer(x, device)


def mean(x: Array, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """``numpy.mean`` without its overhead; half precision is summed in single."""
    if x.dtype == np.float16:
        return mean(x.astype(np.float32), axis=axis, keepdims=keepdims).astype(np.float16)
    total = _sum(x, axis=axis, keepdims=keepdims)
    if total.size == 0 or x.size == 0:
        return np.asarray(total) / x.dtype.type(0) if x.size == 0 else total
    count = x.size // total.size
    if x.dtype.kind != "c":
        return total / count
    out = np.array(total)  # its parts apart: nan in one of them is none of the other's business
    out.real /= count
    out.imag /= count
    return out


def var(
    x: Array,
    /,
    *,
    axis: int | tuple[int, ...] | None = None,
    correction: float = 0.0,
    keepdims: bool = False,
) -> Any:
    """``numpy.var``, of at least one element; half precision is squared in single."""
    if x.dtype == np.float16:
        wide = var(x.astype(np.float32), axis=axis, correction=correction, keepdims=keepdims)
        return wide.astype(np.float16)
    distance = np.asarray(x - mean(x, axis=axis, keepdims=True))
    if x.dtype.kind == "c":
        distance = np.asarray(distance.real * distance.real + distance.imag * distance.imag)
    else:
        distance *= distance
    total = _sum(distance, axis=axis, keepdims=keepdims)
    return total if total.size == 0 else total / (x.size // total.size - correction)


def std(x: Array, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """``numpy.std``, of at least one element; half precision is squared in single."""
    wide = x.astype(np.float32) if x.dtype == np.float16 else x
    root = np.sqrt(var(wide, axis=axis, correction=correction, keepdims=keepdims))
    return root.astype(np.float16) if wide is not x else root


def astype(x: Any, dtype: DType, /, *, copy: bool = True) -> Array:
    """Return ``x`` with another dtype."""
    check_cast(x.dtype, dtype)
    result: Array = x.astype(dtype, copy=copy)
    return result


def unique_values(x: Array, /) -> Array:
    """Return the distinct elements of ``x`` in order, where ``numpy.unique_values`` promises none."""
    return np.unique(x, equal_nan=False)


def cumsum(x: Array, /, *, axis: int) -> Array:
    """``numpy.cumsum`` by its ufunc; small integers are kept as they are."""
    return np.add.accumulate(x, axis=axis, dtype=x.dtype)


def cumprod(x: Array, /, *, axis: int) -> Array:
    """``numpy.cumprod`` by its ufunc; small integers are kept as they are."""
    return np.multiply.accumulate(x, axis=axis, dtype=x.dtype)


def sort(x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """``numpy.sort`` with the standard's ``descending``."""
    kind: Any = "stable" if stable else None
    if not descending:
        return _sort(x, axis=axis, kind=kind)  # type: ignore[no-any-return]
    # Sorted backwards twice, equal elements (0 and -0) keep their order.
    return np.flip(_sort(np.flip(x, axis), axis=axis, kind=kind), axis)


def argsort(x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """``numpy.argsort`` with the standard's ``descending``."""
    kind = "stable" if stable else None
    if not descending:
        order: Array = _argsort(x, axis=axis, kind=kind)
        return order
    # Sorted backwards twice, equal elements keep their order.
    order = _argsort(np.flip(x, axis), axis=axis, kind=kind)
    backwards: Array = x.shape[axis] - 1 - np.flip(order, axis)
    return backwards


def einsum(subscripts: str, /, *operands: Array) -> Any:
    """``numpy.einsum`` by way of matrix products where there are any."""
    with np.errstate(all="ignore"):  # NumPy calls matmul from its own Python
        return np.einsum(subscripts, *operands, optimize=len(operands) > 1)


def erf(x: Array, /) -> Any:
    """Return the error function, to the last digits of a double."""
    from lucid.engines.cpu import error_function  # imports numpy.polynomial, which takes its time

    return error_function.erf(x)
