"""Rows for decompositions, equations and norms: ``lucid.linalg`` but for plain products.

Vectors of a decomposition have an arbitrary sign or phase. So what is compared is built from them such
that it does not depend on these. Functions that read one triangle get the Hermitian part of their
argument: a difference in one element alone would show otherwise.

All rows begin with matrices of three rows and columns: XLA compiles anew for every shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import lucid
from lucid import linalg
from lucid.testing import OpCase, complex_normal, normal
from lucid.testing.domains import Domain, NumPyArray

SQUARE = [((3, 3),), ((2, 2, 2),), ((0, 0),), ((0, 2, 2),)]
ANY = [((3, 3),), ((3, 2),), ((2, 2, 4),), ((0, 3),), ((0, 3, 2),)]


# ----------------------------------------------------------------- domains


def matrices(*, hermitian: bool = False, definite: bool = False, dtype: type = float) -> Domain:
    """Return the domain of matrices whose singular values, or eigenvalues, are about 1, 2, 3."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> NumPyArray:
        *batch, n, m = shape
        k = min(n, m)
        numbers = complex_normal if dtype is complex else normal
        u = np.linalg.qr(numbers(rng, (*batch, n, n)))[0][..., :k]
        v = np.linalg.qr(numbers(rng, (*batch, m, m)))[0][..., :k]
        sizes = np.arange(1, k + 1) + rng.uniform(-0.3, 0.3, (*batch, k))
        if hermitian:
            v = u
            sizes = sizes if definite else sizes * (-1) ** np.arange(k)
        return np.asarray((u * sizes[..., None, :]) @ v.conj().swapaxes(-1, -2))

    return draw


# ----------------------------------------------------------------- what does not depend on phases


def adjoint(x: Any) -> Any:
    return (lucid if isinstance(x, lucid.Tensor) else np).conj(x.mT)


def halved(x: Any) -> Any:
    return (x + adjoint(x)) / 2


def spectrum(eigh: Any, sin: Any, abs: Any) -> Any:
    """Return a function that decomposes Hermitian matrices, and puts them together again."""

    def function(x: Any) -> Any:
        values, vectors = eigh(halved(x))
        return values, abs(vectors), (vectors * sin(values)[..., None, :]) @ adjoint(vectors)

    return function


def general_spectrum(eig: Any, solve: Any, abs: Any) -> Any:
    """Return a function of eigenvalues, in whichever order they come, and eigenvectors."""

    def function(x: Any) -> Any:
        values, vectors = eig(x)
        rebuilt = solve(vectors.mT, (vectors * (values * values)[..., None, :]).mT)
        return rebuilt, (abs(vectors) * abs(values)[..., None, :]).sum(axis=-1)

    return function


def singular(svd: Any, sin: Any, abs: Any, full: bool = False) -> Any:
    """Return a function that decomposes matrices, and puts them together again."""

    def function(x: Any) -> Any:
        u, s, vh = svd(x, full_matrices=full)
        k = s.shape[-1]
        u, vh = u[..., :k], vh[..., :k, :]
        return s, abs(u), abs(vh), (u * sin(s)[..., None, :]) @ vh

    return function


# ----------------------------------------------------------------- rows


def rows(
    name: str,
    function: Any,
    reference: Any,
    shapes: Sequence[Any],
    *,
    domain: Any = None,
    options: Sequence[dict[str, Any]] = ({},),
    **fields: Any,
) -> list[OpCase]:
    """Return a real row and a complex one for each of ``options``; of all but the first, few shapes."""
    made: list[OpCase] = []
    for chosen in options:
        for dtype in (float, complex):
            marks = [f"{k}={v}" for k, v in chosen.items()] + ["complex"] * (dtype is complex)
            made.append(
                OpCase(
                    name=name + (f"[{', '.join(marks)}]" if marks else ""),
                    function=function,
                    reference=reference,
                    shapes=shapes if not made else shapes[:2],
                    domain=domain(dtype) if domain else matrices(dtype=dtype),
                    options=chosen,
                    rtol=1e-11,
                    reason="two versions of LAPACK round differently, and errors grow with the condition",
                    **fields,
                )
            )
    return made


def vectors(dtype: type) -> Domain:
    return complex_normal if dtype is complex else normal


def with_vectors(dtype: type) -> tuple[Domain, Domain]:
    return matrices(dtype=dtype), vectors(dtype)


def hermitian(dtype: type) -> Domain:
    return matrices(hermitian=True, dtype=dtype)


def definite(dtype: type) -> Domain:
    return matrices(hermitian=True, definite=True, dtype=dtype)


def np_eig(x: Any) -> Any:
    values, vectors = np.linalg.eig(x)
    return values.astype(complex), vectors.astype(complex)


def np_adjugate(x: Any) -> Any:
    return np.linalg.inv(x) * np.linalg.det(x)[..., None, None]


def np_vector_norm(x: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:
    return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)


MATRIX_ORDS = ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]
VECTOR_NORM = OpCase(
    name="vector_norm",
    function=linalg.vector_norm,
    reference=np_vector_norm,
    shapes=[((3, 3),), ((),), ((0,),), ((0, 2),)],
    options={"ord": 2},
)

CASES = [
    # Products
    *rows(
        "cross",
        linalg.cross,
        np.cross,
        [((3, 3), (3, 3)), ((3,), (2, 3)), ((0, 3), (1, 3))],
        domain=vectors,
    ),
    *rows("outer", linalg.outer, np.outer, [((3,), (3,)), ((2,), (0,))], domain=vectors),
    *rows(
        "kron",
        linalg.kron,
        np.kron,
        [((3, 3), (3, 3)), ((2, 3), (4,)), ((2, 0), (3, 3))],
        domain=vectors,
    ),
    # Diagonals
    *rows(
        "diagonal",
        linalg.diagonal,
        np.linalg.diagonal,
        [((3, 3),), ((2, 2, 4),), ((4, 2),), ((0, 3),)],
        domain=vectors,
        options=[{"offset": n} for n in (0, 1, -1, 7, -7)],
    ),
    *rows("trace", linalg.trace, np.linalg.trace, ANY, domain=vectors, options=[{}, {"offset": 1}]),
    # Equations
    *rows("inv", linalg.inv, np.linalg.inv, SQUARE),
    *rows(
        "solve",
        linalg.solve,
        np.linalg.solve,
        [((3, 3), (3, 3)), ((2, 2), (3, 2, 1)), ((2, 2, 2), (2, 1)), ((0, 0), (0, 2)), ((2, 2), (2, 0))],
    ),
    *(
        replace(r, name=r.name.replace("solve", "solve[vector]"))
        for r in rows(
            "solve", linalg.solve, np.linalg.solve, [((3, 3), (3,)), ((4, 2, 2), (2,))], domain=with_vectors
        )
    ),
    *rows("pinv", linalg.pinv, lambda x: np.linalg.pinv(x, rtol=1e-14), ANY),
    *rows("matrix_rank", linalg.matrix_rank, np.linalg.matrix_rank, ANY[:3], order=0),
    *rows(
        "matrix_power",
        lambda x, n: linalg.matrix_power(x, n),
        np.linalg.matrix_power,
        SQUARE,
        options=[{"n": n} for n in (3, 0, 1, 6, -1, -2)],
    ),
    # Determinants
    *rows("det", linalg.det, np.linalg.det, SQUARE),
    *rows("slogdet", linalg.slogdet, np.linalg.slogdet, SQUARE),
    *rows("adjugate", linalg.adjugate, np_adjugate, SQUARE),
    # Decompositions
    *rows(
        "cholesky",
        lambda x, **options: linalg.cholesky(halved(x), **options),
        lambda x, **options: np.linalg.cholesky(halved(x), **options),
        SQUARE,
        domain=definite,
        options=[{}, {"upper": True}],
    ),
    *rows(
        "qr", linalg.qr, np.linalg.qr, [((3, 3),), ((3, 2),), ((2, 4),), ((2, 3, 2),), ((3, 0),), ((0, 3),)]
    ),
    *rows("qr", linalg.qr, np.linalg.qr, [((3, 3),), ((2, 4),), ((0, 3),)], options=[{"mode": "complete"}]),
    *rows("svd", singular(linalg.svd, lucid.sin, lucid.abs), singular(np.linalg.svd, np.sin, np.abs), ANY),
    *(
        replace(r, name=r.name.replace("svd", "svd[full]"))
        for r in rows(
            "svd",
            singular(linalg.svd, lucid.sin, lucid.abs, full=True),
            singular(np.linalg.svd, np.sin, np.abs, full=True),
            [((3, 3),), ((4, 2),), ((2, 4),)],
        )
    ),
    *rows("svdvals", linalg.svdvals, np.linalg.svdvals, ANY),
    *rows(
        "eigh",
        spectrum(linalg.eigh, lucid.sin, lucid.abs),
        spectrum(np.linalg.eigh, np.sin, np.abs),
        SQUARE,
        domain=hermitian,
    ),
    *rows(
        "eigvalsh",
        lambda x: linalg.eigvalsh(halved(x)),
        lambda x: np.linalg.eigvalsh(halved(x)),
        SQUARE,
        domain=hermitian,
    ),
    *rows(
        "eig",
        general_spectrum(linalg.eig, linalg.solve, lucid.abs),
        general_spectrum(np_eig, np.linalg.solve, np.abs),
        SQUARE,
    ),
    *rows(
        "eigvals",
        lambda x: (linalg.eigvals(x) ** 2).sum(axis=-1),
        lambda x: (np_eig(x)[0] ** 2).sum(axis=-1),
        SQUARE,
    ),
    # Norms
    *rows(
        "matrix_norm",
        linalg.matrix_norm,
        np.linalg.matrix_norm,
        [((3, 3),), ((2, 4),), ((2, 3, 2),)],
        options=[{"ord": o} for o in MATRIX_ORDS],
    ),
    replace(VECTOR_NORM, domain=vectors(float)),
    replace(VECTOR_NORM, name="vector_norm[complex]", domain=complex_normal),
    *(
        replace(
            VECTOR_NORM,
            name=f"vector_norm[{options}]",
            shapes=[((3, 3),), ((2, 3),)],
            domain=vectors(complex if i % 2 else float),
            options=options,
        )
        for i, options in enumerate(
            [{"ord": o} for o in (0, 1, 3, 2.5, -1, 0.5, np.inf, -np.inf)]
            + [
                {"axis": 0},
                {"axis": (1, 0), "keepdims": True},
                {"axis": -1, "ord": 3, "keepdims": True},
                {"axis": (), "ord": 3},
                {"axis": 1, "ord": np.inf},
            ]
        )
    ),
]
