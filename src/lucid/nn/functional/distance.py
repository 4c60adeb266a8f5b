"""Distances and similarities of vectors."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from lucid import ops
from lucid.engines.dtypes import float16, float32
from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.ops.axes import normalize_axis
from lucid.ops.linalg import vector_norm

__all__ = ["cdist", "cosine_similarity", "pairwise_distance", "pdist"]

# From so many rows on, `cdist` may find distances by a product of matrices.
_MANY = 25
# Into so many parts `pdist` divides many rows.
_PARTS = 8
_MODES = (
    "use_mm_for_euclid_dist_if_necessary",
    "use_mm_for_euclid_dist",
    "donot_use_mm_for_euclid_dist",
)


def cosine_similarity(x1: Any, x2: Any, axis: int = 1, eps: float = 1e-8) -> Any:
    r"""Return the cosine of the angle between vectors, from -1 to 1.

    .. math:: s = \frac{x_1 \cdot x_2}{\max(\|x_1\|, \epsilon) \max(\|x_2\|, \epsilon)}

    Args:
        x1, x2: Tensors of floats that broadcast together.
        axis: the axis of the vectors.
        eps: the least length to divide by: the similarity to a vector of zeros is 0.

    Shape:
        ``(*, D, *), (*, D, *) -> (*, *)``

    Raises:
        ShapeError: if the shapes do not broadcast.
        IndexingError: if there is no such axis.

    Example:
        >>> F.cosine_similarity(Tensor([[1.0, 0.0]]), Tensor([[4.0, 3.0]]))
        Tensor([0.8])
    """
    name = "cosine_similarity"
    eps = checks.number(name, "eps", eps, 0)
    x1, x2 = _together(name, x1, x2)
    axis = normalize_axis(axis, max(x1.ndim, x2.ndim), name)
    _check_meeting(name, x1, x2, "that broadcast")
    x1, x2 = ops.broadcast_arrays(x1, x2)
    first, second = _wide(x1), _wide(x2)
    products = _unit(first, axis, eps) * _unit(second, axis, eps)
    return ops.astype(ops.sum(products, axis=axis), x1.dtype, copy=False)


def _unit(x: Any, axis: int, eps: float) -> Any:
    return x / ops.clip(vector_norm(x, axis=axis, keepdims=True), eps)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdims: bool = False) -> Any:
    r"""Return the distance of each vector of ``x1`` from the vector of ``x2`` in the same place.

    .. math:: d = \left( \sum_i |x_{1i} - x_{2i} + \epsilon|^p \right)^{1/p}

    Where the norm is of 0, which ``eps`` makes rare, its gradient is 0.

    Args:
        x1, x2: Tensors of floats, vectors along the last axis, that broadcast together.
        p: the norm: 2 is the Euclidean one, infinity the largest difference, 0 the number of differences.
        eps: added to every difference.
        keepdims: leave the last axis, with size one.

    Shape:
        ``(*, D), (*, D) -> (*)``

    Raises:
        ShapeError: if the shapes do not broadcast, or there is no axis.

    Example:
        >>> F.pairwise_distance(Tensor([[0.0, 0.0]]), Tensor([[3.0, 4.0]]))
        Tensor([5.0])
    """
    name = "pairwise_distance"
    p = norm_order(name, p)
    eps = checks.number(name, "eps", eps)
    keepdims = checks.truth(name, "keepdims", keepdims)
    x1, x2 = _together(name, x1, x2)
    if not (x1.ndim and x2.ndim):
        raise ShapeError(f"{name} expects vectors along the last axis, got {x1.shape} and {x2.shape}")
    _check_meeting(name, x1, x2, "that broadcast")
    d = vector_norm(_wide(x1) - _wide(x2) + eps, axis=-1, keepdims=keepdims, ord=p)
    return ops.astype(d, x1.dtype, copy=False)


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = _MODES[0]) -> Any:
    r"""Return the distance of each vector of ``x1`` from each of ``x2``.

    .. math:: d_{ij} = \left( \sum_k |x_{1ik} - x_{2jk}|^p \right)^{1/p}

    Where two vectors are equal their distance has the gradient 0.

    Args:
        x1, x2: Tensors of floats, vectors along the last axis; the axes before the last two broadcast.
        p: the norm, at least 0: 2 is the Euclidean one, infinity the largest difference, 0 the number of
            differences.
        compute_mode: ``"use_mm_for_euclid_dist"`` finds Euclidean distances by a product of matrices,
            :math:`\|x\|^2 + \|y\|^2 - 2 x \cdot y`, which is fast, and in float32 wrong by some thousandths
            of the length for vectors that are nearly equal. ``"donot_use_mm_for_euclid_dist"`` subtracts
            first. ``"use_mm_for_euclid_dist_if_necessary"`` does so for at most 25 vectors on either side.

    Shape:
        ``(*, P, D), (*, R, D) -> (*, P, R)``

    Raises:
        ShapeError: if the vectors are not of one size.
        ArgumentError: if ``p`` is negative.

    Example:
        >>> F.cdist(Tensor([[0.0, 0.0], [3.0, 0.0]]), Tensor([[3.0, 4.0]]))
        Tensor([[5.0],
                [4.0]])
    """
    p = norm_order("cdist", p, 0)
    checks.one_of("cdist", "compute_mode", compute_mode, _MODES)
    x1, x2 = _together("cdist", x1, x2)
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(f"cdist expects x1 (*, P, D) and x2 (*, R, D), got {x1.shape} and {x2.shape}")
    _check_meeting("cdist", x1, x2, "that broadcast before their last two axes", 2)
    first, second = _wide(x1), _wide(x2)
    many = max(x1.shape[-2], x2.shape[-2]) > _MANY
    if p == 2 and (compute_mode == _MODES[1] or (many and compute_mode == _MODES[0])):
        d = _by_products(first, second)
    else:
        d = vector_norm(ops.expand_dims(first, -2) - ops.expand_dims(second, -3), axis=-1, ord=p)
    return ops.astype(d, x1.dtype, copy=False)


def _by_products(x1: Any, x2: Any) -> Any:
    """Return Euclidean distances by a product of matrices; see ``cdist``."""
    squares = ops.sum(ops.square(x1), axis=-1, keepdims=True)
    others = ops.sum(ops.square(x2), axis=-1, keepdims=True)
    d2 = squares + ops.matrix_transpose(others) - 2 * (x1 @ ops.matrix_transpose(x2))
    apart = d2 > 0  # rounding may make it negative
    return ops.where(apart, ops.sqrt(ops.where(apart, d2, 1.0)), 0.0)


def pdist(x: Any, p: float = 2.0) -> Any:
    r"""Return the distance of each pair of rows, without their order.

    .. math:: d_{ij} = \left( \sum_k |x_{ik} - x_{jk}|^p \right)^{1/p}, \qquad i < j

    Args:
        x: a matrix of floats.
        p: the norm, at least 0; see ``cdist``.

    Shape:
        ``(N, D) -> (N (N - 1) / 2,)``: the part of ``cdist(x, x)`` above the diagonal, row by row.

    Raises:
        ShapeError: if ``x`` is no matrix.
        ArgumentError: if ``p`` is negative.

    Example:
        >>> F.pdist(Tensor([[0.0, 0.0], [3.0, 4.0], [3.0, 0.0]]))
        Tensor([5.0, 3.0, 4.0])
    """
    p = norm_order("pdist", p, 0)
    x = checks.floating("pdist", "x", x)
    if x.ndim != 2:
        raise ShapeError(f"pdist expects x of shape (N, D), got {x.shape}")
    wide, n = _wide(x), x.shape[0]
    # Some rows at a time against those from the first of them on: little is computed that is cut off, and
    # no row is copied for each pair that it is in. XLA would compile for each part.
    step = max(_MANY, -(-n // _PARTS)) if isinstance(wide._array, np.ndarray) else max(n, 1)
    parts = []
    for start in range(0, max(n, 1), step):
        rows, others = wide[start : start + step], wide[start:]
        d = vector_norm(ops.expand_dims(rows, 1) - others, axis=-1, ord=p)
        above = np.flatnonzero(np.triu(np.ones(d.shape, bool), 1))
        parts.append(ops.reshape(d, (-1,))[above])
    return ops.astype(ops.concat(parts) if len(parts) > 1 else parts[0], x.dtype, copy=False)


def norm_order(function: str, p: Any, low: float = -math.inf) -> float:
    """Return the ``p`` of a norm, checked; infinity is one."""
    if isinstance(p, bool) or not isinstance(p, Real):
        raise ArgumentTypeError(f"{function} expects p to be a number, got {p!r}")
    order = float(p)
    if math.isnan(order) or order < low:
        rule = "a number" if low == -math.inf else f"at least {low:g}"
        raise ArgumentError(f"{function} expects p to be {rule}, got {p!r}")
    return order


def _together(function: str, x1: Any, x2: Any) -> tuple[Any, Any]:
    x1 = checks.floating(function, "x1", x1)
    x2 = checks.floating(function, "x2", x2, x1)
    return x1, x2


def _check_meeting(function: str, x1: Any, x2: Any, rule: str, vectors: int = 0) -> None:
    """Raise unless the shapes broadcast together; the last ``vectors`` axes are not asked."""
    shapes = [x.shape[: x.ndim - vectors] for x in (x1, x2)]
    if shapes[0] == shapes[1]:
        return
    try:
        ops.broadcast_shapes(*shapes)
    except ShapeError:
        message = f"{function} expects x1 and x2 of shapes {rule}, got {x1.shape} and {x2.shape}"
        raise ShapeError(message) from None


def _wide(x: Any) -> Any:
    """Return ``x``; of half precision in single, in which sums of squares belong."""
    return ops.astype(x, float32) if x.dtype == float16 else x
