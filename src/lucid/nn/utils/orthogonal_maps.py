"""From any matrix to one with orthogonal columns: three maps, all of them smooth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid import ops, recording
from lucid.ops import linalg

# Of the rational function of degree 13 that is nearest to the exponential: (13, 12, ..., 0), the last one 1.
_ORDER = 13
_PADE = [
    math.comb(_ORDER, k) / math.perm(2 * _ORDER, k) if k else 1.0 for k in range(_ORDER + 1)
]  # c_k = q! (2q - k)! / ((2q)! k! (q - k)!)
_LARGEST = 5.37  # matrices of a larger norm are halved first


def matrix_exp(x: Any) -> Any:
    """Return the exponentials of square matrices.

    By scaling and squaring, with a quotient of polynomials in between. So of a skew-symmetric matrix it is
    orthogonal to the last digits. Higham, The Scaling and Squaring Method for the Matrix Exponential
    Revisited, 2005.
    """
    array = recording.held(x)._array  # under vmap, of all examples
    norm = float(abs(array).sum(axis=-2).max()) if x.size else 0.0
    halvings = max(0, math.ceil(math.log2(norm / _LARGEST))) if 0 < norm < math.inf else 0
    x = x / 2.0**halvings
    one = eye_like(x)
    c = _PADE
    x2 = x @ x
    x4 = x2 @ x2
    x6 = x4 @ x2
    odd = x6 @ (c[13] * x6 + c[11] * x4 + c[9] * x2) + c[7] * x6 + c[5] * x4 + c[3] * x2 + c[1] * one
    odd = x @ odd
    even = x6 @ (c[12] * x6 + c[10] * x4 + c[8] * x2) + c[6] * x6 + c[4] * x4 + c[2] * x2 + c[0] * one
    result = linalg.solve(even - odd, even + odd)
    for _ in range(halvings):
        result = result @ result
    return result


def cayley(x: Any) -> Any:
    """Return Cayley's transforms of square matrices, ``(1 - x/2)^-1 (1 + x/2)``."""
    one = eye_like(x)
    return linalg.solve(one - x / 2, one + x / 2)


def skew(x: Any) -> Any:
    """Return a skew-symmetric (skew-Hermitian) matrix made of the lower triangle of a tall ``x``."""
    n, k = x.shape[-2:]
    x = ops.tril(x)
    if n > k:
        x = ops.concat([x, ops.zeros((*x.shape[:-1], n - k), dtype=x.dtype, device=x.device)], axis=-1)
    return x - adjoint(x)


def householder(x: Any) -> Any:
    r"""Return the first columns of the product of the reflections that a tall ``x`` holds below its diagonal.

    Each is :math:`1 - 2 v v^\top / |v|^2` with a one on the diagonal of v. All of them together are
    :math:`1 - V T V^\top`, where the inverse of T is the upper triangle of :math:`V^\top V` with half of its
    diagonal. Joffrain et al., Accumulating Householder Transformations, Revisited, 2006.
    """
    k = x.shape[-1]
    first = ops.eye(x.shape[-2], k, dtype=x.dtype, device=x.device)
    v = ops.tril(x, k=-1) + first
    products = ops.matrix_transpose(v) @ v
    # Under the diagonal of one half, on it one half of the other: no triangle need be cut twice.
    inverse = ops.triu(products, k=1) + 0.5 * products * eye_like(products)
    return first - v @ linalg.solve(inverse, ops.matrix_transpose(v[..., :k, :]))


# ----------------------------------------------------------------- and back, in NumPy


def orthogonalized(array: Any) -> Any:
    """Return Q of the decomposition QR of a NumPy array of tall matrices, with R's diagonal positive."""
    q, r = np.linalg.qr(array)
    d = np.diagonal(r, axis1=-2, axis2=-1)
    size = abs(d)
    return q * np.where(size > 0, d / np.where(size > 0, size, 1), 1)[..., None, :]


def is_orthogonal(array: Any) -> bool:
    """Whether the columns of all matrices of a NumPy array are orthonormal, to rounding."""
    n = array.shape[-2]
    product = np.swapaxes(array.conj(), -1, -2) @ array
    return bool(np.all(abs(product - np.eye(product.shape[-1])) <= 10 * n * np.finfo(array.dtype).eps))


def reflections(array: Any) -> Any:
    """Return of what ``householder`` makes ``array``, with the signs of its columns on the diagonal."""
    q = array.reshape(-1, *array.shape[-2:])
    found = np.empty_like(q)
    for i, matrix in enumerate(q):
        h, tau = np.linalg.qr(matrix, mode="raw")
        found[i] = h.T
        signs = np.where(np.diagonal(found[i]) < 0, -1, 1)
        # Where nothing had to be reflected there is no reflection, and `householder` makes one.
        np.fill_diagonal(found[i], np.where(tau == 0, -signs, signs))
    return found.reshape(array.shape)


def adjoint(x: Any) -> Any:
    """Return the transposes of matrices, conjugated if they are complex."""
    x = ops.matrix_transpose(x)
    return ops.conj(x) if x.dtype.kind == "c" else x


def eye_like(x: Any) -> Any:
    """Return the identity of the size of square matrices."""
    return ops.eye(x.shape[-1], dtype=x.dtype, device=x.device)
