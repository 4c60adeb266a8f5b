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


cholesky = _calm(np.linalg.cholesky, NOT_DEFINITE)
det = _calm(np.linalg.det, SINGULAR)
inv = _calm(np.linalg.inv, SINGULAR)
qr = _calm(np.linalg.qr, NO_CONVERGENCE)
slogdet = _calm(np.linalg.slogdet, SINGULAR)
solve = _calm(np.linalg.solve, SINGULAR)
svd = _calm(np.linalg.svd, NO_CONVERGENCE)
svdvals = _calm(np.linalg.svdvals, NO_CONVERGENCE)
_eig = _calm(np.linalg.eig, NO_CONVERGENCE)
_eigh = _calm(np.linalg.eigh, NO_CONVERGENCE)
_eigvalsh = _calm(np.linalg.eigvalsh, NO_CONVERGENCE)


def eigh(x: Array, /) -> tuple[Array, Array]:
    """``numpy.linalg.eigh``; nan is an error, wherever LAPACK finds it."""
    values, vectors = _eigh(x)
    if np.isnan(values).any():
        raise ArgumentError(NO_CONVERGENCE)
    return values, vectors


def eigvalsh(x: Array, /) -> Array:
    """``numpy.linalg.eigvalsh``; nan is an error, wherever LAPACK finds it."""
    values: Array = _eigvalsh(x)
    if np.isnan(values).any():
        raise ArgumentError(NO_CONVERGENCE)
    return values


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
