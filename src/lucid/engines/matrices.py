"""What the engines' linear algebra shares: how failures are told, and the adjugate."""

from __future__ import annotations

from typing import Any

NOT_DEFINITE = (
    "a matrix is not positive definite: add a small multiple of the identity, or decompose it with eigh"
)
SINGULAR = "a matrix is singular: take pinv, or add a small multiple of the identity"
NO_CONVERGENCE = "the iteration did not converge: does a matrix hold infinities or nan?"


def adjugate(xp: Any, svd: Any, x: Any) -> Any:
    """Return the adjugates of the square matrices ``x``, those of singular ones as well.

    By the singular values, ``adj(U S Vh) = det(U) det(Vh) V adj(S) Uh``, and ``adj(S)`` is diagonal with
    products of all singular values but one (Stewart 1998, "On the adjugate matrix"). So nothing is
    divided by a determinant. Of a matrix with infinities or nan it is nan.
    """
    finite = xp.all(xp.isfinite(x), axis=(-2, -1), keepdims=True)
    u, s, vh = svd(xp.where(finite, x, 0.0))
    phase = xp.linalg.det(u) * xp.linalg.det(vh)
    others = xp.where(xp.eye(s.shape[-1], dtype=bool), 1.0, s[..., None, :])
    out = phase[..., None, None] * xp.conj(vh.mT) * xp.prod(others, axis=-1)[..., None, :] @ xp.conj(u.mT)
    return xp.where(finite, out, float("nan"))
