r"""Eigenvalues and eigenvectors.

In the formulas :math:`\bar{X}` is the gradient by :math:`X`, and :math:`X^H` its conjugate transpose.
"""

from __future__ import annotations

from typing import Any

from lucid.ops.linalg.matrices import (
    adjoint,
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
from lucid.ops.linalg.results import EighResult, EigResult
from lucid.recording import primitive

# ----------------------------------------------------------------- of Hermitian matrices


@primitive(promotes="float")
def hermitian_eigen(xp: Any, x: Any, /) -> Any:
    """Return eigenvalues and eigenvectors of Hermitian matrices of floats; see ``eigh``."""
    return tuple(xp.linalg.eigh(x))


hermitian_eigen.name = "eigh"  # in messages


@hermitian_eigen.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    (values, vectors), (by_values, by_vectors) = out, g
    adj = adjoint(xp, vectors)
    if vectors.size == 0:
        return ((vectors * as_row(xp, by_values)) @ adj,)
    inner = adj @ by_vectors
    refuse_phases(xp, inner, "eigh")
    gaps = inverse_gaps(xp, values, used_columns(xp, by_vectors), "eigh", "eigen")
    d = (vectors @ (gaps * inner) + vectors * as_row(xp, by_values)) @ adj
    return (hermitian(xp, d),)


def eigh(x: Any, /) -> EighResult:
    r"""Return the eigenvalues and eigenvectors of each Hermitian (or real symmetric) matrix.

    Only the lower triangle of ``x`` is read, and the other taken to be its conjugate; so the gradient is a
    Hermitian matrix. With :math:`F_{ij} = 1 / (\lambda_j - \lambda_i)` for :math:`i \ne j` and 0 else, it is
    the Hermitian part of

    .. math:: V \left( \operatorname{diag}(\bar{\lambda}) + F \circ (V^H \bar{V}) \right) V^H

    (Giles 2008, "Collected matrix derivative results for forward and reverse mode algorithmic
    differentiation").

    Eigenvectors are determined up to a sign, or a phase if they are complex. So a loss must not depend on
    these, and one that depends on a phase is refused. Where eigenvalues are equal, only they have
    derivatives and not their vectors.

    Args:
        x: a Tensor of Hermitian matrices; integers become float32.

    Shape:
        ``(*, n, n) -> (*, n), (*, n, n)``

    Returns:
        A named tuple of ``eigenvalues``, real and ascending, and ``eigenvectors``, in columns.

    Raises:
        ArgumentError: if ``x`` holds infinities or nan. Under ``jax.jit`` the result is nan.
        GradientError: in backward, if the loss depends on vectors of equal eigenvalues, or on phases.
        ShapeError: if the matrices are not square.

    Example:
        >>> lucid.linalg.eigh(lucid.Tensor([[3.0, 0.0], [0.0, 1.0]])).eigenvalues
        Tensor([1.0, 3.0])
    """
    return EighResult(*hermitian_eigen(as_matrices("eigh", x, square=True)))


@primitive(promotes="float")
def hermitian_eigenvalues(xp: Any, x: Any, /) -> Any:
    """Return eigenvalues of Hermitian matrices of floats; see ``eigvalsh``."""
    return xp.linalg.eigvalsh(x)


hermitian_eigenvalues.name = "eigvalsh"  # in messages


@hermitian_eigenvalues.vjp
def _(xp: Any, g: Any, _out: Any, x: Any) -> Any:
    vectors = xp.linalg.eigh(x)[1]
    return ((vectors * as_row(xp, g)) @ adjoint(xp, vectors),)


def eigvalsh(x: Any, /) -> Any:
    r"""Return the eigenvalues of each Hermitian (or real symmetric) matrix, in ascending order.

    Only the lower triangle of ``x`` is read. The gradient is
    :math:`V \operatorname{diag}(\bar{\lambda}) V^H`. It is finite, and right for functions in which equal
    eigenvalues can change places.

    Args:
        x: a Tensor of Hermitian matrices; integers become float32.

    Shape:
        ``(*, n, n) -> (*, n)``

    Raises:
        ArgumentError: if ``x`` holds infinities or nan. Under ``jax.jit`` the result is nan.
        ShapeError: if the matrices are not square.

    Example:
        >>> lucid.linalg.eigvalsh(lucid.Tensor([[3.0, 0.0], [0.0, 1.0]]))
        Tensor([1.0, 3.0])
    """
    return hermitian_eigenvalues(as_matrices("eigvalsh", x, square=True))


# ----------------------------------------------------------------- of any matrices


@primitive(promotes="float")
def general_eigen(xp: Any, x: Any, /) -> Any:
    """Return eigenvalues and eigenvectors of matrices of floats; see ``eig``."""
    return tuple(xp.linalg.eig(x))


general_eigen.name = "eig"  # in messages


@general_eigen.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    (values, vectors), (by_values, by_vectors) = out, g
    adj = adjoint(xp, vectors)
    if vectors.size == 0:
        d = (vectors * as_row(xp, by_values)) @ adj
        return (d if _x.dtype.kind == "c" else xp.real(d),)
    refuse_if(
        xp,
        # Rounding makes equal eigenvectors differ by the root of it.
        xp.linalg.svdvals(vectors)[..., -1] <= 10 * eps_of(vectors) ** 0.5,
        "eig: a matrix is defective: it has too few eigenvectors, and its eigenvalues no derivative",
    )
    inner = adj @ by_vectors
    refuse_phases(xp, inner, "eig")
    # The vectors stay of length one: what would make them longer is taken off.
    lengths = xp.real(xp.linalg.diagonal(inner))
    gaps = inverse_gaps(xp, values, used_columns(xp, by_vectors), "eig", "eigen")
    middle = xp.conj(gaps) * (inner - (adj @ vectors) * as_row(xp, lengths))
    middle = middle + identity_like(xp, inner) * as_row(xp, by_values)
    d = xp.linalg.solve(adj, middle @ adj)
    return (d if _x.dtype.kind == "c" else xp.real(d),)


def eig(x: Any, /) -> EigResult:
    r"""Return the eigenvalues and eigenvectors of each matrix. They are complex, also of real matrices.

    With :math:`F_{ij} = 1 / (\lambda_j - \lambda_i)` for :math:`i \ne j` and 0 else, the gradient is

    .. math:: V^{-H} \left( \operatorname{diag}(\bar{\lambda}) + \overline{F} \circ
              \left( A - V^H V \operatorname{Re} \operatorname{diag} A \right) \right) V^H,
              \quad A = V^H \bar{V}

    (Boeddeker et al. 2017, "On the computation of complex-valued gradients with application to statistically
    optimum beamforming"), and the real part of it if ``x`` is real.

    Eigenvectors have length one and an arbitrary phase. So a loss must not depend on the phases, and is
    refused if it does. Where eigenvalues are equal, only they have derivatives and not their vectors.

    Args:
        x: a Tensor of square matrices; integers become float32.

    Shape:
        ``(*, n, n) -> (*, n), (*, n, n)``

    Returns:
        A named tuple of ``eigenvalues``, in no order, and ``eigenvectors``, in columns.

    Raises:
        ArgumentError: if ``x`` holds infinities or nan. Under ``jax.jit`` the result is nan.
        GradientError: in backward, if the loss depends on vectors of equal eigenvalues, or on phases, or if a
            matrix is defective: if its eigenvectors depend on each other.
        ShapeError: if the matrices are not square.

    Example:
        >>> lucid.linalg.eig(lucid.Tensor([[0.0, 1.0], [-1.0, 0.0]])).eigenvalues
        Tensor([0.0+1.0j, 0.0-1.0j])
    """
    return EigResult(*general_eigen(as_matrices("eig", x, square=True)))


def eigvals(x: Any, /) -> Any:
    """Return the eigenvalues of each matrix. They are complex, also of real matrices.

    They are those of ``eig``, which their derivative needs, in its order.

    Args:
        x: a Tensor of square matrices; integers become float32.

    Shape:
        ``(*, n, n) -> (*, n)``

    Raises:
        ArgumentError: if ``x`` holds infinities or nan. Under ``jax.jit`` the result is nan.
        GradientError: in backward, if a matrix is defective; see ``eig``.
        ShapeError: if the matrices are not square.

    Example:
        >>> lucid.linalg.eigvals(lucid.Tensor([[0.0, 1.0], [-1.0, 0.0]]))
        Tensor([0.0+1.0j, 0.0-1.0j])
    """
    return general_eigen(as_matrices("eigvals", x, square=True))[0]
