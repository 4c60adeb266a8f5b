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

Array = Any


def __getattr__(name: str) -> Any:
    value = getattr(jnp, name)
    globals()[name] = value  # so that the next look-up finds it without coming here
    return value


def get_at(x: Array, /, *, index: Any) -> Array:
    """Return ``x[index]``."""
    _check_bounds(x.shape, index)
    return x[index]


def set_at(x: Array, value: Any, /, *, index: Any) -> Array:
    """Return a copy of ``x`` in which ``x[index]`` is ``value``."""
    _check_bounds(x.shape, index)
    return x.at[index].set(value)


def scatter_add(values: Array, /, *, index: Any, shape: tuple[int, ...]) -> Array:
    """Return zeros of ``shape`` with ``values`` added at ``index``, duplicates and all."""
    return jnp.zeros(shape, values.dtype).at[index].add(values)


def _check_bounds(shape: tuple[int, ...], index: tuple[Any, ...]) -> None:
    """Raise IndexError as NumPy would, by indexing a NumPy array that takes no memory.

    Only what is known can be checked: under ``jax.jit`` index arrays have no values yet.
    """
    if builtins.any(isinstance(i, jax.core.Tracer) for i in index):
        return
    hollow = np.broadcast_to(np.False_, shape)
    hollow[tuple(np.asarray(i) if isinstance(i, jax.Array) else i for i in index)]


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
