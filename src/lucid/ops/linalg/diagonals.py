"""Diagonals of matrices, and their sum."""

from __future__ import annotations

import builtins
from typing import Any

from lucid.errors import ShapeError
from lucid.ops.axes import as_integer
from lucid.ops.creation import asarray
from lucid.ops.reduction import sum
from lucid.recording import primitive


@primitive
def diagonals(xp: Any, x: Any, /, *, offset: int) -> Any:
    """Return one diagonal of each matrix; see ``diagonal``."""
    return xp.linalg.diagonal(x, offset=offset)


diagonals.name = "diagonal"  # in messages


@diagonals.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, offset: int) -> Any:
    # In the flattened matrix, a diagonal is every element at a distance of one row and one more.
    *batch, rows, columns = _x.shape
    first = offset if offset >= 0 else -offset * columns
    count = g.shape[-1]
    places = slice(first, first + (count - 1) * (columns + 1) + 1, columns + 1) if count else slice(0, 0)
    flat = xp.scatter_add(g, index=(..., places), shape=(*batch, rows * columns))
    return (xp.reshape(flat, _x.shape),)


def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """Return the diagonal of each matrix.

    Args:
        x: a Tensor of matrices.
        offset: which diagonal: above the main one if positive, below it if negative.

    Shape:
        ``(*, n, m) -> (*, k)``; beyond the matrix a diagonal has no elements.

    Raises:
        ShapeError: if ``x`` has less than two axes.

    Example:
        >>> lucid.linalg.diagonal(lucid.Tensor([[1, 2], [3, 4]]))
        Tensor([1, 4])
    """
    return _diagonal("diagonal", x, offset)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Return the sum of the diagonal of each matrix.

    Args:
        x: a Tensor of matrices.
        offset: which diagonal; see ``diagonal``.
        dtype: of the result; by default as ``sum`` chooses it: small integers are summed as int64.

    Shape:
        ``(*, n, m) -> (*,)``

    Example:
        >>> lucid.linalg.trace(lucid.Tensor([[1, 2], [3, 4]]))
        Tensor(5)
    """
    return sum(_diagonal("trace", x, offset), axis=-1, dtype=dtype)


def _diagonal(name: str, x: Any, offset: Any) -> Any:
    x = asarray(x)
    if x.ndim < 2:
        raise ShapeError(f"{name} works on matrices, the last two axes of a tensor, got shape {x.shape}")
    offset = as_integer(f"{name}: offset", offset)
    # Beyond the corner there is nothing, however far; engines overflow.
    offset = builtins.max(-x.shape[-2], builtins.min(offset, x.shape[-1]))
    return diagonals(x, offset=offset)
