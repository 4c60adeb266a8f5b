"""``jax.numpy.linalg``, with the errors of NumPy's, in which a matrix is read by its lower triangle.

JAX returns nan where NumPy raises. Here both raise, unless a function is being traced: then nothing
has a value yet, and nan it is.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.linalg

from lucid.engines import matrices
from lucid.engines.matrices import NO_CONVERGENCE, NOT_DEFINITE, SINGULAR
from lucid.errors import ArgumentError

Array = Any


def __getattr__(name: str) -> Any:
    value = getattr(jnp.linalg, name)
    globals()[name] = value  # so that the next look-up finds it without coming here
    return value


def _has_nan(x: Array) -> bool:
    return not isinstance(x, jax.core.Tracer) and bool(jnp.isnan(x).any())


def cholesky(x: Array, /) -> Array:
    """Return the lower Cholesky factor."""
    out = jnp.linalg.cholesky(x, symmetrize_input=False)
    if _has_nan(out):
        raise ArgumentError(NOT_DEFINITE)
    return out


def _checked(out: Array, x: Array) -> Array:
    """Return ``out``, what came of solving with ``x``, unless that is singular."""
    if isinstance(out, jax.core.Tracer) or bool(jnp.isfinite(out).all()):
        return out
    pivots = jnp.linalg.diagonal(jax.scipy.linalg.lu_factor(x)[0])
    if bool((pivots == 0).any()):
        raise ArgumentError(SINGULAR)
    return out


def inv(x: Array, /) -> Array:
    """Return the inverse."""
    return _checked(jnp.linalg.inv(x), x)


def solve(x: Array, y: Array, /) -> Array:
    """Return the solution of ``x @ out == y``."""
    return _checked(jnp.linalg.solve(x, y), x)


def svd(x: Array, /, *, full_matrices: bool = True) -> tuple[Array, Array, Array]:
    """Return the singular value decomposition."""
    u, s, vh = jnp.linalg.svd(x, full_matrices=full_matrices)
    if _has_nan(s):
        raise ArgumentError(NO_CONVERGENCE)
    return u, s, vh


def svdvals(x: Array, /) -> Array:
    """Return the singular values."""
    s = jnp.linalg.svdvals(x)
    if _has_nan(s):
        raise ArgumentError(NO_CONVERGENCE)
    return s


def _check_triangle(x: Array) -> None:
    if not isinstance(x, jax.core.Tracer) and not bool(jnp.isfinite(jnp.tril(x)).all()):
        raise ArgumentError(NO_CONVERGENCE)


def eigh(x: Array, /) -> tuple[Array, Array]:
    """Return the eigenvalues and eigenvectors of Hermitian matrices."""
    _check_triangle(x)
    values, vectors = jnp.linalg.eigh(x, symmetrize_input=False)
    return values, vectors


def eigvalsh(x: Array, /) -> Array:
    """Return the eigenvalues of Hermitian matrices."""
    _check_triangle(x)
    return jnp.linalg.eigvalsh(x, symmetrize_input=False)


def eig(x: Array, /) -> tuple[Array, Array]:
    """Return the eigenvalues and eigenvectors, which are complex."""
    values, vectors = jnp.linalg.eig(x)
    if _has_nan(values):
        raise ArgumentError(NO_CONVERGENCE)
    return values, vectors


def adjugate(x: Array, /) -> Array:
    """Return the adjugates of square matrices."""
    return matrices.adjugate(jnp, svd, x)
