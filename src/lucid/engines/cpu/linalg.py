"""``numpy.linalg``, with the standard's dtypes, without warnings, and with errors that say what to do."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from lucid.engines import matrices
from lucid.engines.matrices import NO_CONVERGENCE, NOT_DEFINITE, SINGULAR
from lucid.errors import ArgumentError

Array = np.ndarray[Any, Any]


def __getattr__(name: str) -> Any:
    value = getattr(np.linalg, name)
    globals()[name] = value  # so that the next look-up finds it without coming here
    return value


def _calm(function: Callable[..., Any], failure: str) -> Callable[..., Any]:
    """Let ``function`` raise ArgumentError with the text ``failure``, and warn of nothing."""

    @functools.wraps(function)
    def run(*args: Any, **options: Any) -> Any:
        with np.errstate(all="ignore"):
            try:
                return function(*args, **options)
            except np.linalg.LinAlgError as error:
                raise ArgumentError(failure) from error

    return run


det = _calm(np.linalg.det, SINGULAR)
inv = _calm(np.linalg.inv, SINGULAR)
qr = _calm(np.linalg.qr, NO_CONVERGENCE)
slogdet = _calm(np.linalg.slogdet, SINGULAR)
solve = _calm(np.linalg.solve, SINGULAR)
_cholesky = _calm(np.linalg.cholesky, NOT_DEFINITE)
_eig = _calm(np.linalg.eig, NO_CONVERGENCE)
_eigh = _calm(np.linalg.eigh, NO_CONVERGENCE)
_eigvalsh = _calm(np.linalg.eigvalsh, NO_CONVERGENCE)
_svd = _calm(np.linalg.svd, NO_CONVERGENCE)
_svdvals = _calm(np.linalg.svdvals, NO_CONVERGENCE)


# LAPACK finds some nan, by its version and the matrix's size. Here all are found.


def _check(failure: str, result: Array) -> None:
    if np.isnan(result).any():
        raise ArgumentError(failure)


def _check_triangle(x: Array) -> None:
    if not np.isfinite(np.tril(x)).all():
        raise ArgumentError(NO_CONVERGENCE)


def cholesky(x: Array, /) -> Array:
    """``numpy.linalg.cholesky``."""
    out: Array = _cholesky(x)
    _check(NOT_DEFINITE, np.linalg.diagonal(out))
    return out


def eigh(x: Array, /) -> tuple[Array, Array]:
    """``numpy.linalg.eigh``."""
    _check_triangle(x)
    values, vectors = _eigh(x)
    return values, vectors


def eigvalsh(x: Array, /) -> Array:
    """``numpy.linalg.eigvalsh``."""
    _check_triangle(x)
    values: Array = _eigvalsh(x)
    return values


def svd(x: Array, /, *, full_matrices: bool = True) -> tuple[Array, Array, Array]:
    """``numpy.linalg.svd``."""
    u, s, vh = _svd(x, full_matrices=full_matrices)
    _check(NO_CONVERGENCE, s)
    return u, s, vh


def svdvals(x: Array, /) -> Array:
    """``numpy.linalg.svdvals``."""
    s: Array = _svdvals(x)
    _check(NO_CONVERGENCE, s)
    return s


def eig(x: Array, /) -> tuple[Array, Array]:
    """``numpy.linalg.eig``, whose results are always complex here."""
    values, vectors = _eig(x)
    dtype = np.result_type(values.dtype, np.complex64)
    return values.astype(dtype, copy=False), vectors.astype(dtype, copy=False)


def adjugate(x: Array, /) -> Array:
    """Return the adjugates of square matrices."""
    with np.errstate(all="ignore"):
        result: Array = matrices.adjugate(np, svd, x)
    return result
