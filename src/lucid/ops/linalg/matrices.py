"""What the rules of linear algebra share: checks of arguments, adjoints, and gaps between eigenvalues."""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines import dtypes
from lucid.errors import DTypeError, GradientError, ShapeError
from lucid.ops.creation import asarray

# What LAPACK, and so every engine, decomposes.
_DTYPES = (dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128)
NAN = float("nan")

# ----------------------------------------------------------------- arguments


def as_matrices(name: str, x: Any, *, square: bool = False, decomposed: bool = True) -> Any:
    """Return ``x`` as a Tensor of matrices of floats; integers become float32.

    Args:
        name: the function that was called, for messages.
        x: its argument.
        square: whether the matrices must be square.
        decomposed: whether LAPACK will see them, which knows single and double precision alone.

    Raises:
        ShapeError: if ``x`` has less than two axes, or its matrices are not square.
        DTypeError: if ``x`` is of half precision.
    """
    x = asarray(x)
    if x.ndim < 2:
        raise ShapeError(f"{name} works on matrices, the last two axes of a tensor, got shape {x.shape}")
    if square and x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{name} needs square matrices, got shape {x.shape}")
    if not dtypes.is_inexact(x.dtype):
        x = x.astype(dtypes.default_float)
    if decomposed and x.dtype not in _DTYPES:
        raise DTypeError(f"{name}: {x.dtype.name} is too short for LAPACK: write x.astype(lucid.float32)")
    return x


# ----------------------------------------------------------------- parts of rules


def adjoint(xp: Any, x: Any) -> Any:
    """Return the conjugate transposes of the matrices ``x``."""
    return xp.conj(x.mT)


def hermitian(xp: Any, x: Any) -> Any:
    """Return the Hermitian part of ``x``, the gradient of what is read as a Hermitian matrix."""
    return 0.5 * (x + adjoint(xp, x))


def identity_like(xp: Any, x: Any) -> Any:
    """Return identity matrices of the shape and dtype of the square matrices ``x``."""
    return xp.tril(xp.triu(xp.ones_like(x)))


def as_row(xp: Any, x: Any) -> Any:
    """Return the vectors ``x`` as matrices of one row: a product with them scales columns."""
    return xp.expand_dims(x, axis=-2)


def as_column(xp: Any, x: Any) -> Any:
    """Return the vectors ``x`` as matrices of one column: a product with them scales rows."""
    return xp.expand_dims(x, axis=-1)


def eps_of(x: Any) -> float:
    """Return the distance from 1 to the next number of the dtype of ``x``."""
    return float(np.finfo(x.dtype).eps)


def used_columns(xp: Any, g: Any) -> Any:
    """Return which columns, of the matrices whose gradients are ``g``, the loss depends on."""
    return xp.any(g != 0, axis=-2)


def refuse_if(xp: Any, condition: Any, message: str) -> None:
    """Raise GradientError with ``message`` if ``condition`` holds anywhere.

    Under ``jax.jit`` and ``vmap`` it has no value yet, and nothing can be raised.
    """
    try:
        holds = bool(float(xp.any(condition)))
    except (TypeError, ValueError):
        return
    if holds:
        raise GradientError(message)


def inverse_gaps(xp: Any, values: Any, used: Any, name: str, what: str) -> Any:
    """Return ``1 / (values[j] - values[i])`` for every pair, and 0 for ``i == j``.

    Vectors that belong to equal values can be turned into each other, and have no derivative. So it is
    an error if the loss depends on them, and nan where it can't be one; if the loss does not, 0.

    Args:
        xp: the namespace.
        values: eigenvalues or singular values.
        used: which of their vectors the loss depends on.
        name: the function, for the message.
        what: what it computes, for the message.
    """
    gaps = as_row(xp, values) - as_column(xp, values)
    scale = xp.max(xp.abs(as_row(xp, values)), axis=-1, keepdims=True)
    # Rounding moves values by about this much, so whatever lies closer may be equal.
    near = xp.abs(gaps) <= 10 * values.shape[-1] * eps_of(values) * scale
    pairs = xp.logical_or(as_row(xp, used), as_column(xp, used))
    bad = xp.logical_and(xp.logical_and(near, pairs), identity_like(xp, gaps) == 0)
    refuse_if(
        xp,
        bad,
        f"{name}: {what}values that are equal have no {what}vectors of their own, so the derivative by "
        f"these does not exist. A loss of the {what}values alone has a first derivative, and for a second "
        "they must differ",
    )
    return xp.where(bad, NAN, xp.where(near, 0.0, 1.0 / xp.where(near, 1.0, gaps)))


def refuse_phases(xp: Any, inner: Any, name: str) -> None:
    """Raise if the loss depends on the phases of complex vectors, on which nothing depends.

    Args:
        xp: the namespace.
        inner: products of the vectors with their gradients.
        name: the function, for the message.
    """
    if inner.dtype.kind != "c":
        return
    turning = xp.abs(xp.imag(xp.linalg.diagonal(inner)))
    scale = xp.max(xp.abs(inner), axis=(-2, -1))
    refuse_if(
        xp,
        turning > 100 * eps_of(inner) ** 0.5 * xp.expand_dims(scale, axis=-1),
        f"{name}: the loss depends on the phases of complex vectors, which are arbitrary: "
        "use only what stays when a vector is multiplied by exp(i t), such as its absolute values",
    )
