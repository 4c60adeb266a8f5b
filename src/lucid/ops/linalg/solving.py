"""Linear equations: solutions, inverses and pseudoinverses, powers, rank."""

from __future__ import annotations

from typing import Any

from lucid import recording
from lucid.engines import dtypes
from lucid.errors import ShapeError
from lucid.ops.axes import as_integer
from lucid.ops.cast import another, common_dtype
from lucid.ops.creation import asarray, zeros_like
from lucid.ops.elementwise import where
from lucid.ops.linalg.decompositions import svdvals
from lucid.ops.linalg.matrices import adjoint, as_matrices, as_row, eps_of, identity_like
from lucid.ops.linalg.products import matmul
from lucid.ops.reduction import sum
from lucid.ops.shape import broadcast_shapes, expand_dims, squeeze
from lucid.recording import primitive

# ----------------------------------------------------------------- inverse and solution


@primitive(promotes="float")
def inverse(xp: Any, x: Any, /) -> Any:
    """Return the inverses of square matrices of floats; see ``inv``."""
    return xp.linalg.inv(x)


inverse.name = "inv"  # in messages


@inverse.vjp
def _(xp: Any, g: Any, out: Any, _x: Any) -> Any:
    adj = adjoint(xp, out)
    return (-adj @ g @ adj,)


def inv(x: Any, /) -> Any:
    r"""Return the inverse of each matrix.

    To apply it to something, ``solve`` is quicker and more precise. Its gradient is
    :math:`-X^{-H} \, G \, X^{-H}`.

    Args:
        x: a Tensor of square matrices; integers become float32.

    Shape:
        ``(*, n, n) -> (*, n, n)``

    Raises:
        ArgumentError: if a matrix is singular. Under ``jax.jit`` its inverse is infinite or nan.
        ShapeError: if the matrices are not square.

    Example:
        >>> lucid.linalg.inv(lucid.Tensor([[2.0, 0.0], [0.0, 4.0]]))
        Tensor([[ 0.5,  0.0],
                [ 0.0, 0.25]])
    """
    return inverse(as_matrices("inv", x, square=True))


@primitive(promotes="float")
def solution(xp: Any, x: Any, y: Any, /) -> Any:
    """Return the matrices that ``x`` takes to the matrices ``y``; see ``solve``."""
    return xp.linalg.solve(x, y)


solution.name = "solve"  # in messages


@solution.vjp
def _(xp: Any, g: Any, out: Any, x: Any, _y: Any) -> Any:
    by_y = xp.linalg.solve(adjoint(xp, x), g)
    return lambda: -by_y @ adjoint(xp, out), by_y


def solve(x1: Any, x2: Any, /) -> Any:
    r"""Return the solution of ``x1 @ out == x2``.

    With :math:`G_2 = X_1^{-H} G` the gradient by ``x2``, that by ``x1`` is :math:`-G_2 \, \text{out}^H`.

    Args:
        x1: a Tensor of square matrices.
        x2: a vector, if it has one axis; else a Tensor of matrices. Integers become float32.

    Shape:
        ``(*, n, n), (n,) -> (*, n)`` or ``(*, n, n), (*, n, k) -> (*, n, k)``, where batches broadcast.

    Raises:
        ArgumentError: if a matrix is singular. Under ``jax.jit`` the solution is infinite or nan.
        ShapeError: if the matrices are not square, or don't fit the right-hand side.

    Example:
        >>> lucid.linalg.solve(lucid.Tensor([[2.0, 0.0], [0.0, 4.0]]), lucid.Tensor([1.0, 1.0]))
        Tensor([0.5, 0.25])
    """
    x1, x2 = common_dtype(x1, x2)
    x1 = as_matrices("solve", x1, square=True)
    vector = x2.ndim == 1
    rows = x2.shape[0 if vector else -2] if x2.ndim else None
    if rows != x1.shape[-1]:
        raise ShapeError(
            f"solve: x1 of shape {x1.shape} takes vectors of {x1.shape[-1]} elements, or matrices of as many "
            f"rows, got x2 of shape {x2.shape}"
        )
    if vector:
        return squeeze(solution(x1, expand_dims(x2, -1)), -1)
    try:
        broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    except ShapeError as error:
        raise ShapeError(f"solve: the batches of {x1.shape} and {x2.shape} do not broadcast") from error
    return solution(x1, x2)


# ----------------------------------------------------------------- pseudoinverse and rank


@primitive
def pseudoinverse(xp: Any, x: Any, rtol: Any, /) -> Any:
    """Return the pseudoinverses of matrices, by their singular values; see ``pinv``."""
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    large = s > rtol * s[..., :1]
    inverses = xp.where(large, 1.0 / xp.where(large, s, 1.0), 0.0)
    return adjoint(xp, vh) * as_row(xp, inverses) @ adjoint(xp, u)


pseudoinverse.name = "pinv"  # in messages


@pseudoinverse.vjp
def _(xp: Any, g: Any, out: Any, x: Any, _rtol: Any) -> Any:
    adj, gh = adjoint(xp, out), adjoint(xp, g)
    # What the inverse would have, and two terms for the spaces that the matrix doesn't reach.
    below = gh @ out @ adj
    right = adj @ out @ gh
    return -adj @ g @ adj + below - x @ (out @ below) + right - right @ out @ x, None


def pinv(x: Any, /, *, rtol: Any = None) -> Any:
    r"""Return the pseudoinverse of each matrix, that of Moore and Penrose.

    Its derivative (Golub & Pereyra 1973, "The differentiation of pseudo-inverses and nonlinear least
    squares problems whose variables separate") is that within the matrices of the same rank: where the
    rank can change, the pseudoinverse jumps.

    Args:
        x: a Tensor of matrices; integers become float32.
        rtol: singular values up to ``rtol`` times the largest count as 0: a number, or one for each
            matrix. By default ``max(n, m)`` times the precision of the dtype.

    Shape:
        ``(*, n, m) -> (*, m, n)``

    Example:
        >>> lucid.linalg.pinv(lucid.Tensor([[2.0, 0.0], [0.0, 0.0]]))
        Tensor([[0.5, 0.0],
                [0.0, 0.0]])
    """
    x = as_matrices("pinv", x)
    return pseudoinverse(x, _tolerance(x, rtol))


def matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    """Return the rank of each matrix, the number of its singular values that are not 0, as int64.

    Args:
        x: a Tensor of matrices; integers become float32.
        rtol: singular values up to ``rtol`` times the largest count as 0: a number, or one for each
            matrix. By default ``max(n, m)`` times the precision of the dtype.

    Shape:
        ``(*, n, m) -> (*,)``

    Example:
        >>> lucid.linalg.matrix_rank(lucid.Tensor([[1.0, 2.0], [2.0, 4.0]]))
        Tensor(1)
    """
    x = as_matrices("matrix_rank", x).detach()
    s = svdvals(x)
    return sum(s > _tolerance(x, rtol) * s[..., :1], axis=-1)


def _tolerance(x: Any, rtol: Any) -> Any:
    """Return ``rtol``, a number or one for each matrix, so that it broadcasts against singular values."""
    if rtol is None:
        return eps_of(x) * max(x.shape[-2:])
    if isinstance(rtol, (int, float)):
        return float(rtol)
    rtol = asarray(rtol, device=None if isinstance(rtol, recording.Tensor) else x.device)
    return expand_dims(rtol.detach(), -1)


# ----------------------------------------------------------------- powers


def matrix_power(x: Any, n: int, /) -> Any:
    """Return each matrix multiplied with itself ``n`` times, by squaring.

    Args:
        x: a Tensor of square matrices; integers become float32.
        n: an integer; of a negative one, the power of the inverse is taken, and 0 gives identities.

    Shape:
        ``(*, n, n) -> (*, n, n)``

    Raises:
        ArgumentError: if ``n`` is negative and a matrix is singular.
        ShapeError: if the matrices are not square.

    Example:
        >>> lucid.linalg.matrix_power(lucid.Tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
        Tensor([[1.0, 3.0],
                [0.0, 1.0]])
    """
    n = as_integer("matrix_power: n", n)
    x = as_matrices("matrix_power", x, square=True, decomposed=n < 0)
    if n == 0:
        # Recorded, as a power that does not depend on `x`: its gradient is zero.
        return where(zeros_like(x, dtype=dtypes.bool_), x, identity_like(recording.namespace, x))
    if n < 0:
        x, n = inverse(x), -n
    if n == 1:
        return another(x)
    result = None
    while True:
        if n % 2:
            result = x if result is None else matmul(result, x)
        n //= 2
        if not n:
            return result
        x = matmul(x, x)
