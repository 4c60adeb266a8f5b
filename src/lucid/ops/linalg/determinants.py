"""Determinants, their logarithms, and the adjugate, which is a determinant's derivative."""

from __future__ import annotations

from typing import Any

from lucid.ops.linalg.matrices import (
    NAN,
    adjoint,
    as_column,
    as_matrices,
    as_row,
    identity_like,
    refuse_if,
)
from lucid.ops.linalg.results import SlogdetResult
from lucid.recording import primitive


def _on_matrices(xp: Any, x: Any) -> Any:
    """Give numbers, one for each matrix, the two axes of a matrix."""
    return xp.expand_dims(xp.expand_dims(x, axis=-1), axis=-1)


@primitive(promotes="float")
def determinant(xp: Any, x: Any, /) -> Any:
    """Return the determinants of square matrices of floats; see ``det``."""
    return xp.linalg.det(x)


determinant.name = "det"  # in messages


@determinant.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    return (_on_matrices(xp, g) * adjoint(xp, xp.linalg.adjugate(x)),)


def det(x: Any, /) -> Any:
    r"""Return the determinant of each matrix.

    Its gradient is that of Jacobi's formula, :math:`g \operatorname{adj}(X)^H`. The adjugate is taken from
    singular values, and not as the inverse times the determinant, so that it is right for singular
    matrices as well; so is the second derivative. For large matrices ``slogdet`` doesn't overflow.

    Args:
        x: a Tensor of square matrices; integers become float32.

    Shape:
        ``(*, n, n) -> (*,)``

    Raises:
        ShapeError: if the matrices are not square.

    Example:
        >>> lucid.linalg.det(lucid.Tensor([[1.0, 2.0], [0.0, 3.0]]))
        Tensor(3.0)
    """
    return determinant(as_matrices("det", x, square=True))


@primitive(promotes="float")
def adjugate_matrix(xp: Any, x: Any, /) -> Any:
    """Return the adjugates of square matrices of floats; see ``adjugate``."""
    return xp.linalg.adjugate(x)


adjugate_matrix.name = "adjugate"  # in messages


@adjugate_matrix.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    # Between the singular vectors everything is diagonal: adj(S) has e[i], the product of all singular
    # values but s[i]. Let e2[i, j] be that of all but s[i] and s[j]. A small change M of S changes adj(S)
    # by -e2[i, j] * M[i, j] off the diagonal, and by the sum over k of e2[i, k] * M[k, k] on it.
    u, s, vh = xp.linalg.svd(x)
    phase = _on_matrices(xp, xp.linalg.det(u) * xp.linalg.det(vh))
    unit = identity_like(xp, xp.real(x))
    on_diagonal = unit != 0
    rows, columns = as_row(xp, s), as_column(xp, s)
    but_one = xp.prod(xp.where(on_diagonal, 1.0, rows), axis=-1)
    # Leave out one more by dividing, by one that isn't 0; if both are, only the others are left.
    zero, zero_too = rows == 0, columns == 0
    others = xp.prod(xp.where(s == 0, 1.0, s), axis=-1, keepdims=True)
    others = xp.where(xp.sum(xp.astype(s == 0, s.dtype), axis=-1, keepdims=True) > 2, 0.0, others)
    but_two = xp.where(
        zero,
        xp.where(zero_too, as_row(xp, others), as_row(xp, but_one) / xp.where(zero_too, 1.0, columns)),
        as_column(xp, but_one) / xp.where(zero, 1.0, rows),
    )
    but_two = xp.where(on_diagonal, 0.0, but_two)
    inner = xp.conj(phase) * (vh @ g @ u)
    change = unit * as_row(xp, xp.sum(but_two * as_row(xp, xp.linalg.diagonal(inner)), axis=-1))
    return (u @ (change - but_two * inner) @ vh,)


def adjugate(x: Any, /) -> Any:
    """Return the adjugate of each matrix: the transposed matrix of its cofactors.

    It is the inverse times the determinant where there is an inverse, and there where there is none.

    Args:
        x: a Tensor of square matrices; integers become float32.

    Shape:
        ``(*, n, n) -> (*, n, n)``

    Example:
        >>> lucid.linalg.adjugate(lucid.Tensor([[1.0, 0.0], [0.0, 3.0]]))
        Tensor([[3.0, 0.0],
                [0.0, 1.0]])
    """
    return adjugate_matrix(as_matrices("adjugate", x, square=True))


@primitive(promotes="float")
def sign_and_logarithm(xp: Any, x: Any, /) -> Any:
    """Return signs of determinants, and logarithms of their sizes; see ``slogdet``."""
    return tuple(xp.linalg.slogdet(x))


sign_and_logarithm.name = "slogdet"  # in messages


@sign_and_logarithm.vjp
def _(xp: Any, g: Any, out: Any, x: Any) -> Any:
    sign = out[0]
    by_sign, by_logarithm = g
    # Where a matrix is singular, only a loss that does not look there has a derivative: zero.
    singular = sign == 0
    bad = xp.logical_and(singular, by_logarithm != 0)
    refuse_if(xp, bad, "slogdet: a matrix is singular, and the logarithm of 0 has no derivative: use det")
    x = xp.where(_on_matrices(xp, singular), identity_like(xp, x), x)
    factor = xp.where(bad, NAN, by_logarithm)
    if sign.dtype.kind == "c":  # it turns with the imaginary part of the trace of the inverse times dx
        factor = factor + 1j * xp.imag(by_sign * xp.conj(sign))
    return (_on_matrices(xp, factor) * adjoint(xp, xp.linalg.inv(x)),)


def slogdet(x: Any, /) -> SlogdetResult:
    r"""Return the sign of each matrix's determinant, and the logarithm of its absolute value.

    A complex determinant has a complex sign, of absolute value 1. That of a singular matrix is 0, and the
    logarithm minus infinity. The gradient by the logarithm is :math:`g X^{-H}`.

    Args:
        x: a Tensor of square matrices; integers become float32.

    Shape:
        ``(*, n, n) -> (*,), (*,)``

    Returns:
        A named tuple of ``sign`` and ``logabsdet``, which is real.

    Raises:
        ShapeError: if the matrices are not square.
        GradientError: in backward, if a matrix is singular.

    Example:
        >>> lucid.linalg.slogdet(lucid.Tensor([[1.0, 0.0], [0.0, -1.0]]))
        SlogdetResult(sign=Tensor(-1.0), logabsdet=Tensor(0.0))
    """
    return SlogdetResult(*sign_and_logarithm(as_matrices("slogdet", x, square=True)))
