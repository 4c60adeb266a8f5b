"""Norms of vectors and of matrices."""

from __future__ import annotations

import builtins
import math
from typing import Any, Literal

from lucid.engines import dtypes
from lucid.errors import ArgumentError
from lucid.ops.axes import kept_shape, normalize_axes
from lucid.ops.creation import asarray
from lucid.ops.elementwise import abs, where
from lucid.ops.linalg.decompositions import svdvals
from lucid.ops.linalg.matrices import as_matrices
from lucid.ops.reduction import max, min, sum
from lucid.ops.shape import reshape
from lucid.recording import primitive

INF = math.inf


@primitive(promotes="float")
def euclidean_norm(xp: Any, x: Any, /, *, axis: tuple[int, ...], keepdims: bool) -> Any:
    """Return the square root of the sum of squares; see ``vector_norm``."""
    squares = xp.real(x * xp.conj(x))
    return xp.sqrt(xp.sum(squares, axis=axis, keepdims=keepdims))


euclidean_norm.name = "vector_norm"  # in messages


@euclidean_norm.vjp
def _(xp: Any, g: Any, out: Any, x: Any, *, axis: tuple[int, ...], keepdims: bool) -> Any:
    factor = xp.where(out == 0, 0.0, g / xp.where(out == 0, 1.0, out))
    return (x * xp.reshape(factor, kept_shape(x.shape, axis)),)


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:
    r"""Return the norm of vectors, by default :math:`\left( \sum_i |x_i|^2 \right)^{1/2}`.

    At 0 its derivative is 0, and so is that by an element that is 0.

    Args:
        x: a Tensor; integers become float32.
        axis: the axis of the vectors, or several axes, over which each makes one vector; None for all.
        keepdims: leave these axes, with size one.
        ord: which norm: 2 is the Euclidean one; any other number :math:`p` gives
            :math:`\left( \sum_i |x_i|^p \right)^{1/p}`, infinity and minus infinity the largest and smallest
            absolute value, and 0 the number of elements that are not 0.

    Returns:
        A real Tensor. The norm of no elements is 0, or infinity for a negative ``ord``.

    Example:
        >>> lucid.linalg.vector_norm(lucid.Tensor([3.0, -4.0]))
        Tensor(5.0)
    """
    x = asarray(x)
    axes = normalize_axes(axis, x.ndim, "vector_norm")
    if isinstance(ord, bool) or not isinstance(ord, (int, float)) or math.isnan(ord):
        raise ArgumentError(f"vector_norm: ord must be a number, got {ord!r}")
    if ord == 2:
        return euclidean_norm(x, axis=axes, keepdims=bool(keepdims))
    sizes = abs(x if dtypes.is_inexact(x.dtype) else x.astype(dtypes.default_float))
    if ord == 0:
        return sum(where(sizes == 0, sizes, 1.0), axis=axes, keepdims=keepdims)
    if ord == 1:
        return sum(sizes, axis=axes, keepdims=keepdims)
    if math.isinf(ord):
        return _extreme(sizes, axes, keepdims, ord > 0)
    return _power_norm(sizes, axes, keepdims, float(ord))


def _extreme(sizes: Any, axes: tuple[int, ...], keepdims: bool, largest: bool) -> Any:
    """Return the largest or smallest of sizes; of none at all, 0 or infinity."""
    if builtins.any(sizes.shape[a] == 0 for a in axes):
        return sum(sizes, axis=axes, keepdims=keepdims) + (0.0 if largest else INF)
    return (max if largest else min)(sizes, axis=axes, keepdims=keepdims)


def _power_norm(sizes: Any, axes: tuple[int, ...], keepdims: bool, p: float) -> Any:
    # Measured by the element that matters most, powers neither overflow nor vanish. The norm doesn't
    # depend on this unit, so neither does the derivative.
    unit = _extreme(sizes.detach(), axes, True, p > 0)
    unit = where((unit > 0) & (unit < INF), unit, 1.0)
    zero = sizes == 0
    terms = where(zero, 0.0 if p > 0 else INF, (where(zero, 1.0, sizes) / unit) ** p)
    total = sum(terms, axis=axes, keepdims=True)
    flat = (total == 0) | (total == INF)
    norm = unit * where(flat, total.detach() ** (1 / p), where(flat, 1.0, total) ** (1 / p))
    return norm if keepdims else reshape(norm, tuple(n for a, n in enumerate(norm.shape) if a not in axes))


def matrix_norm(
    x: Any, /, *, keepdims: bool = False, ord: float | Literal["fro", "nuc"] | None = "fro"
) -> Any:
    """Return the norm of each matrix, by default Frobenius's: the root of the sum of squares.

    Args:
        x: a Tensor of matrices; integers become float32.
        keepdims: leave the axes of the matrices, with size one.
        ord: which norm: ``"fro"`` or None for Frobenius's, ``"nuc"`` for the nuclear one, the sum of the
            singular values; 2 and -2 for the largest and smallest of them; 1 and -1 for the largest and
            smallest sum of a column's absolute values, infinity and minus infinity for that of a row's.

    Shape:
        ``(*, n, m) -> (*,)``, or ``(*, 1, 1)``

    Returns:
        A real Tensor. The norm of a matrix of no elements is 0, or infinity for a negative ``ord``.

    Raises:
        ArgumentError: if there is no such norm.
        ShapeError: if ``x`` has less than two axes.

    Example:
        >>> lucid.linalg.matrix_norm(lucid.Tensor([[3.0, 0.0], [0.0, -4.0]]))
        Tensor(5.0)
        >>> lucid.linalg.matrix_norm(lucid.Tensor([[3.0, 0.0], [0.0, -4.0]]), ord="nuc")
        Tensor(7.0)
    """
    known = ord is None or (
        ord in ("fro", "nuc")
        if isinstance(ord, str)
        else isinstance(ord, (int, float)) and builtins.abs(ord) in (1, 2, INF)
    )
    if not known:
        raise ArgumentError(f"matrix_norm: ord must be 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, got {ord!r}")
    by_values = ord in ("nuc", 2, -2)
    x = as_matrices("matrix_norm", x, decomposed=by_values)
    if ord is None or ord == "fro":
        norm = euclidean_norm(x, axis=(x.ndim - 2, x.ndim - 1), keepdims=False)
    elif ord == "nuc":
        norm = sum(svdvals(x), axis=-1)
    else:
        # The norm of one axis, then the extreme of the other.
        sizes = svdvals(x) if by_values else sum(abs(x), axis=-2 if builtins.abs(ord) == 1 else -1)
        norm = _extreme(sizes, (sizes.ndim - 1,), False, ord > 0)
    return reshape(norm, (*norm.shape, 1, 1)) if keepdims else norm
