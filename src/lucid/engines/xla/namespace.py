"""The namespace over JAX arrays: ``jax.numpy``'s own, and the few functions that differ.

A name that is not defined here is ``jax.numpy``'s. What differs mostly does so because
JAX clamps an index that is out of range, where Lucid raises on every engine. Python's own
``any`` is written ``builtins.any`` here, since ``any`` becomes JAX's when first asked for.
"""

from __future__ import annotations

import builtins
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lucid.engines.dtypes import DType, check_cast

Array = Any


def __getattr__(name: str) -> Any:
    value = getattr(jnp, name)
    globals()[name] = value  # so that the next look-up finds it without coming here
    return value


def astype(x: Array, dtype: DType, /, *, copy: bool = True) -> Array:
    """Return ``x`` with another dtype."""
    check_cast(x.dtype, dtype)
    return x.astype(dtype)


def conj(x: Any, /) -> Any:
    """Return the conjugate; a real array or number is given back as it is, not copied."""
    return x.conjugate()


def get_at(x: Array, /, *, index: Any) -> Array:
    """Return ``x[index]``."""
    index = _wide(index)
    _check_bounds(x.shape, index)
    return x[index]


def set_at(x: Array, value: Any, /, *, index: Any) -> Array:
    """Return a copy of ``x`` in which ``x[index]`` is ``value``."""
    index = _wide(index)
    _check_bounds(x.shape, index)
    return x.at[index].set(value)


def scatter_add(values: Array, /, *, index: Any, shape: tuple[int, ...]) -> Array:
    """Return zeros of ``shape`` with ``values`` added at ``index``, duplicates and all."""
    return jnp.zeros(shape, values.dtype).at[_wide(index)].add(values)


def _wide(index: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return ``index`` with its integer arrays as int64: JAX adds an axis's size in their own dtype."""
    return tuple(
        jnp.asarray(i, np.int64) if hasattr(i, "dtype") and i.dtype.kind in "iu" else i for i in index
    )


def _check_bounds(shape: tuple[int, ...], index: tuple[Any, ...]) -> None:
    """Raise IndexError as NumPy would, by indexing a NumPy array that takes no memory.

    Only what is known can be checked: under ``jax.jit`` index arrays have no values yet.
    """
    if builtins.any(isinstance(i, jax.core.Tracer) for i in index):
        return
    hollow = np.broadcast_to(np.False_, shape)
    hollow[tuple(np.asarray(i) if isinstance(i, jax.Array) else i for i in index)]


def _in_range(function: Any) -> Any:
    """Let ``function`` refuse a Python integer that the other argument's dtype does not hold.

    JAX would wrap it round.
    """

    def checked(x: Any, y: Any, /) -> Array:
        array, number = (y, x) if type(x) is int else (x, y)
        if type(number) is int and array.dtype.kind in "iu":
            np.asarray(number, array.dtype)  # OverflowError, in NumPy's words
        return function(x, y)

    return checked


add = _in_range(jnp.add)
subtract = _in_range(jnp.subtract)
multiply = _in_range(jnp.multiply)
maximum = _in_range(jnp.maximum)
minimum = _in_range(jnp.minimum)
bitwise_and = _in_range(jnp.bitwise_and)
bitwise_or = _in_range(jnp.bitwise_or)
bitwise_xor = _in_range(jnp.bitwise_xor)
bitwise_left_shift = _in_range(jnp.bitwise_left_shift)
bitwise_right_shift = _in_range(jnp.bitwise_right_shift)


@_in_range
def floor_divide(x: Any, y: Any, /) -> Array:
    """Return ``x // y``; of integers by 0 it is 0, as in NumPy."""
    return _zero_by_zero(jnp.floor_divide(x, y), y)


@_in_range
def remainder(x: Any, y: Any, /) -> Array:
    """Return ``x % y``; of integers by 0 it is 0, as in NumPy."""
    return _zero_by_zero(jnp.remainder(x, y), y)


def _zero_by_zero(result: Array, y: Any) -> Array:
    return jnp.where(y == 0, jnp.zeros_like(result), result) if result.dtype.kind in "iu" else result


@_in_range
def pow(x: Any, y: Any, /) -> Array:
    """Return ``x ** y``; integers have no negative powers, as in NumPy."""
    if not builtins.any(isinstance(v, jax.core.Tracer) for v in (x, y)):
        whole = [isinstance(v, int) or getattr(v, "dtype", np.dtype(float)).kind in "iu" for v in (x, y)]
        if builtins.all(whole) and (np.asarray(y) < 0).any():
            raise ValueError("Integers to negative integer powers are not allowed.")
    return x**y


def pad(x: Array, widths: Any, /, *, value: Any) -> Array:
    """Return ``x`` with ``widths`` elements of ``value`` before and after it on each axis."""
    return jnp.pad(x, widths, constant_values=value)


def to_device(x: Array, device: str, /) -> Any:
    """Return ``x`` on ``device``, of whichever engine that is."""
    from lucid.engines.registry import transfer  # the registry knows this namespace

    return transfer(x, device)


def sigmoid(x: Array, /) -> Array:
    """Return ``1 / (1 + exp(-x))``."""
    return jax.nn.sigmoid(x)


def erf(x: Array, /) -> Array:
    """Return the error function."""
    return jax.scipy.special.erf(x)
