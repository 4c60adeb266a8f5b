r"""Cholesky, QR and singular value decompositions.

In the formulas :math:`\bar{X}` is the gradient by :math:`X`, and :math:`X^H` its conjugate transpose.
"""

from __future__ import annotations

from typing import Any, Literal

from lucid.errors import ArgumentError
from lucid.ops.complex_numbers import conj
from lucid.ops.linalg.matrices import (
    NAN,
    adjoint,
    as_column,
    as_matrices,
    as_row,
    eps_of,
    hermitian,
    identity_like,
    inverse_gaps,
    refuse_if,
    refuse_phases,
    used_columns,
)
from lucid.ops.linalg.results import QRResult, SVDResult
from lucid.recording import primitive

# ----------------------------------------------------------------- Cholesky


@primitive(promotes="float")
def cholesky_factor(xp: Any, x: Any, /) -> Any:
    """Return the lower Cholesky factors of matrices of floats; see ``cholesky``."""
    return xp.linalg.cholesky(x)


cholesky_factor.name = "cholesky"  # in messages


@cholesky_factor.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    # L^-H P L^-1, where P is the lower triangle of L^H g with half its diagonal. Both solutions are of L^H,
    # which is triangular: nothing is eliminated.
    adj = adjoint(xp, out)
    inner = adj @ g
    half = 0.5 * (xp.tril(inner) + xp.tril(inner, k=-1))
    left = xp.linalg.solve(adj, half)
    return (hermitian(xp, xp.linalg.solve(adj, adjoint(xp, left))),)


def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    r"""Return the lower triangular matrix :math:`L` with :math:`X = L L^H`, of a positive definite matrix.

    Only the lower triangle of ``x`` is read, and the other taken to be its conjugate; so the gradient is a
    Hermitian matrix. With :math:`P` the lower triangle of :math:`L^H \bar{L}`, its diagonal halved,

    .. math:: \bar{X} = \tfrac12 (S + S^H), \quad S = L^{-H} P L^{-1}

    (Murray 2016, "Differentiation of the Cholesky decomposition").

    Args:
        x: a Tensor of Hermitian matrices; integers become float32.
        upper: return :math:`L^H` instead.

    Shape:
        ``(*, n, n) -> (*, n, n)``

    Raises:
        ArgumentError: if a matrix is not positive definite. Under ``jax.jit`` its factor is nan.
        ShapeError: if the matrices are not square.

    Example:
        >>> lucid.linalg.cholesky(lucid.Tensor([[4.0, 2.0], [2.0, 2.0]]))
        Tensor([[2.0, 0.0],
                [1.0, 1.0]])
    """
    factor = cholesky_factor(as_matrices("cholesky", x, square=True))
    return conj(factor.mT) if upper else factor


# ----------------------------------------------------------------- QR


@primitive(promotes="float")
def qr_factors(xp: Any, x: Any, /, *, mode: str) -> Any:
    """Return the factors of matrices of floats; see ``qr``."""
    return tuple(xp.linalg.qr(x, mode=mode))


qr_factors.name = "qr"  # in messages


@qr_factors.vjp
def _(xp: Any, g: Any, out: Any, x: Any, *, mode: str) -> Any:
    (q, r), (by_q, by_r) = out, g
    if x.size == 0:
        return (xp.zeros_like(x),)
    rows, columns = x.shape[-2:]
    if mode == "complete" and rows > columns:
        refuse_if(
            xp,
            by_q[..., columns:] != 0,
            "qr: with mode='complete', the columns of Q beyond those of x are arbitrary, and have no "
            "derivative: use mode='reduced'",
        )
        q, r, by_q, by_r = q[..., :columns], r[..., :columns, :], by_q[..., :columns], by_r[..., :columns, :]
    square, rest, by_rest = r, None, None
    if columns > rows:
        # Beyond the square part of R, it is Q^H times the rest of x.
        square, rest, by_rest = r[..., :rows], x[..., rows:], by_r[..., rows:]
        by_q, by_r = by_q + rest @ adjoint(xp, by_rest), by_r[..., :rows]
    sizes = xp.abs(xp.linalg.diagonal(square))
    refuse_if(
        xp,
        sizes <= 10 * max(rows, columns) * eps_of(x) * xp.max(sizes, axis=-1, keepdims=True),
        "qr: the columns of x (the first ones, if it is wide) depend on each other, so Q is not determined "
        "and has no derivative",
    )
    inner = xp.triu(by_r @ adjoint(xp, square) - adjoint(xp, q) @ by_q)
    above = xp.triu(inner, k=1)
    inner = above + adjoint(xp, above) + xp.tril(xp.real(inner))
    d = adjoint(xp, xp.linalg.solve(square, adjoint(xp, by_q + q @ inner)))
    return (d if by_rest is None else xp.concat([d, q @ by_rest], axis=-1),)


def qr(x: Any, /, *, mode: Literal["reduced", "complete"] = "reduced") -> QRResult:
    r"""Return :math:`Q` with orthonormal columns and :math:`R`, upper triangular, with :math:`X = Q R`.

    For matrices that are not wide,

    .. math:: \bar{X} = (\bar{Q} + Q \operatorname{copyltu}(M)) R^{-H},
              \quad M = R \bar{R}^H - \bar{Q}^H Q

    where copyltu makes a matrix Hermitian by its lower triangle (Walter & Lehmann 2010, "Algorithmic
    differentiation of linear algebra functions"; for complex ones Roberts & Roberts 2020, "QR and LQ
    decomposition matrix backpropagation algorithms"). Of wide ones, that holds for the square part.

    Args:
        x: a Tensor of matrices; integers become float32.
        mode: ``"reduced"``, or ``"complete"`` for a square :math:`Q`.

    Shape:
        ``(*, n, m) -> (*, n, k), (*, k, m)`` with ``k = min(n, m)``, or ``k = n`` if complete

    Returns:
        A named tuple of ``Q`` and ``R``.

    Raises:
        GradientError: in backward, if the first ``min(n, m)`` columns depend on each other, or the loss
            depends on columns of a complete ``Q`` that are arbitrary.

    Example:
        >>> q, r = lucid.linalg.qr(lucid.Tensor([[3.0, 1.0], [4.0, 2.0]]))
        >>> lucid.allclose(q @ r, lucid.Tensor([[3.0, 1.0], [4.0, 2.0]]))
        True
    """
    if mode not in ("reduced", "complete"):
        raise ArgumentError(f"qr: mode must be 'reduced' or 'complete', got {mode!r}")
    return QRResult(*qr_factors(as_matrices("qr", x), mode=mode))


# ----------------------------------------------------------------- singular values


@primitive(promotes="float")
def svd_factors(xp: Any, x: Any, /, *, full_matrices: bool) -> Any:
    """Return the factors of matrices of floats; see ``svd``."""
    return tuple(xp.linalg.svd(x, full_matrices=full_matrices))


svd_factors.name = "svd"  # in messages


@svd_factors.vjp
def _(xp: Any, g: Any, out: Any, _x: Any, *, full_matrices: bool) -> Any:
    (u, s, vh), (by_u, by_s, by_vh) = out, g
    rows, columns = u.shape[-2], vh.shape[-1]
    k = s.shape[-1]
    if full_matrices and rows != columns:
        arbitrary = by_u[..., k:] if rows > columns else by_vh[..., k:, :]
        refuse_if(
            xp,
            arbitrary != 0,
            "svd: with full_matrices=True, the vectors beyond the singular values are arbitrary, and have "
            "no derivative: use full_matrices=False",
        )
        u, by_u, vh, by_vh = u[..., :k], by_u[..., :k], vh[..., :k, :], by_vh[..., :k, :]
    if u.size == 0 or vh.size == 0:
        return ((u * as_row(xp, by_s)) @ vh,)
    by_values = (u * as_row(xp, by_s * _is_positive(xp, s, rows, columns))) @ vh
    v, by_v = adjoint(xp, vh), adjoint(xp, by_vh)
    used = xp.logical_or(used_columns(xp, by_u), used_columns(xp, by_v))
    by_u_inner, by_v_inner = adjoint(xp, u) @ by_u, vh @ by_v
    refuse_phases(xp, by_u_inner + by_v_inner, "svd")
    # 1 / (s[j]^2 - s[i]^2), by the difference and the sum.
    sums = as_row(xp, s) + as_column(xp, s)
    gaps = inverse_gaps(xp, s, used, "svd", "singular ") / xp.where(sums == 0, 1.0, sums)
    middle = gaps * _skew(xp, by_u_inner) * as_row(xp, s) + as_column(xp, s) * gaps * _skew(xp, by_v_inner)
    if rows == columns and u.dtype.kind != "c":
        return (u @ middle @ vh + by_values,)
    # What follows divides by singular values.
    zero = s <= eps_of(s) * xp.max(s, axis=-1, keepdims=True)
    bad = xp.logical_and(zero, used)
    refuse_if(
        xp, bad, "svd: a singular value is 0, so its singular vectors are arbitrary and have no derivative"
    )
    inverses = xp.where(bad, NAN, xp.where(zero, 0.0, 1.0 / xp.where(zero, 1.0, s)))
    if u.dtype.kind == "c":
        turning = xp.imag(xp.linalg.diagonal(by_u_inner)) * inverses
        middle = middle + 1j * identity_like(xp, gaps) * as_row(xp, turning)
    d = u @ middle @ vh + by_values
    if rows > columns:
        outside = by_u * as_row(xp, inverses)
        d = d + (outside - u @ (adjoint(xp, u) @ outside)) @ vh
    elif columns > rows:
        outside = by_v * as_row(xp, inverses)
        d = d + u @ adjoint(xp, outside - v @ (vh @ outside))
    return (d,)


def _skew(xp: Any, x: Any) -> Any:
    return x - adjoint(xp, x)


def _is_positive(xp: Any, s: Any, rows: int, columns: int) -> Any:
    """Return 1 where a singular value is positive, and 0 where it is 0 but for rounding.

    There it has a kink, like an absolute value, and its derivative is taken to be 0.
    """
    smallest = eps_of(s) * max(rows, columns) * xp.max(s, axis=-1, keepdims=True)
    return xp.astype(s > smallest, s.dtype)


def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult:
    r"""Return :math:`U`, :math:`S` and :math:`V^H` with :math:`X = U \operatorname{diag}(S) V^H`.

    The columns of :math:`U` and :math:`V` are orthonormal, the singular values descend. With
    :math:`F_{ij} = 1 / (s_j^2 - s_i^2)` for :math:`i \ne j` and 0 else, and for square real matrices,

    .. math:: \bar{X} = U \left( F \circ (A - A^T) S + S F \circ (B - B^T) + \bar{S} \right) V^T,
              \quad A = U^T \bar{U}, \; B = V^T \bar{V}

    (Townsend 2016, "Differentiating the singular value decomposition"; for complex ones Wan & Zhang 2019,
    "Automatic differentiation for complex valued SVD").

    Singular vectors are determined up to a sign, or a phase if they are complex. So a loss must not depend
    on these, and one that depends on a phase is refused. Where singular values are equal, only they have
    derivatives and not their vectors. At 0, their derivative is taken to be 0.

    Args:
        x: a Tensor of matrices; integers become float32.
        full_matrices: whether :math:`U` and :math:`V` are square. What is then added to them is arbitrary,
            and has no derivative.

    Shape:
        ``(*, n, m) -> (*, n, n), (*, k), (*, m, m)`` with ``k = min(n, m)``, or
        ``(*, n, k), (*, k), (*, k, m)``

    Returns:
        A named tuple of ``U``, ``S`` and ``Vh``.

    Raises:
        ArgumentError: if ``x`` holds infinities or nan. Under ``jax.jit`` the result is nan.
        GradientError: in backward, if the loss depends on what is not determined.

    Example:
        >>> lucid.linalg.svd(lucid.Tensor([[0.0, 2.0], [1.0, 0.0]])).S
        Tensor([2.0, 1.0])
    """
    return SVDResult(*svd_factors(as_matrices("svd", x), full_matrices=bool(full_matrices)))


@primitive(promotes="float")
def singular_values(xp: Any, x: Any, /) -> Any:
    """Return the singular values of matrices of floats; see ``svdvals``."""
    return xp.linalg.svdvals(x)


singular_values.name = "svdvals"  # in messages


@singular_values.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    if x.size:
        g = g * _is_positive(xp, s, *x.shape[-2:])
    return ((u * as_row(xp, g)) @ vh,)


def svdvals(x: Any, /) -> Any:
    r"""Return the singular values of each matrix, in descending order.

    The gradient is :math:`U \operatorname{diag}(\bar{S}) V^H`. It is finite, and right for functions in
    which equal singular values can change places; at 0 it is taken to be 0.

    Args:
        x: a Tensor of matrices; integers become float32.

    Shape:
        ``(*, n, m) -> (*, min(n, m))``

    Raises:
        ArgumentError: if ``x`` holds infinities or nan. Under ``jax.jit`` the result is nan.

    Example:
        >>> lucid.linalg.svdvals(lucid.Tensor([[0.0, 2.0], [1.0, 0.0]]))
        Tensor([2.0, 1.0])
    """
    return singular_values(as_matrices("svdvals", x))
