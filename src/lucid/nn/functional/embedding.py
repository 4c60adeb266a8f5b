"""Looking up rows of a table."""

from __future__ import annotations

import math
from typing import Any

from lucid.autograd import no_grad
from lucid.engines.dtypes import float16, float32
from lucid.errors import ArgumentError, ShapeError
from lucid.fused import fused
from lucid.nn.functional import checks
from lucid.ops import astype, expand_dims, getitem, reshape, searchsorted, sort, where
from lucid.ops.linalg import vector_norm
from lucid.recording import primitive

__all__ = ["embedding"]


def embedding(
    indices: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
) -> Any:
    """Return the rows of ``weight`` that ``indices`` name.

    Args:
        indices: a Tensor of integers from 0 to ``num_embeddings - 1``.
        weight: the table, one row for each index.
        padding_idx: a row that gets no gradient; a negative one counts from the end.
        max_norm: how long a row may be. Those named that are longer are first made so long, in
            ``weight`` itself.
        norm_type: which norm measures that, as ``ord`` of ``linalg.vector_norm``.
        scale_grad_by_freq: whether the gradient of a row is divided by how often ``indices`` name it.

    Shape:
        indices ``(*)``, weight ``(num_embeddings, embedding_dim) -> (*, embedding_dim)``

    Raises:
        DTypeError: if the indices are not integers.
        ArgumentError: if one names no row, or ``max_norm`` is not positive.

    Example:
        >>> table = Tensor([[0.0, 0.5], [1.0, 1.5]])
        >>> F.embedding(Tensor([1, 1, 0]), table)
        Tensor([[1.0, 1.5],
                [1.0, 1.5],
                [0.0, 0.5]])
    """
    weight = checks.as_tensor("embedding", "weight", weight)
    if weight.ndim != 2:
        raise ShapeError(
            f"embedding expects weight (num_embeddings, embedding_dim), got shape {weight.shape}"
        )
    indices = checks.whole("embedding", "indices", indices, weight)
    n = weight.shape[0]
    checks.in_range("embedding", "indices", *checks.extremes(indices), n, "num_embeddings")
    row = None if padding_idx is None else checks.row("embedding", "padding_idx", padding_idx, n)
    by_count = checks.truth("embedding", "scale_grad_by_freq", scale_grad_by_freq)
    if max_norm is not None:
        shorten(indices, weight, *norm_limit("embedding", max_norm, norm_type))
    return table_rows(weight, indices, padding=row, by_count=by_count)


def norm_limit(function: str, max_norm: Any, norm_type: Any) -> tuple[float, float]:
    """Return ``max_norm`` and ``norm_type``, which must be a positive number and any but nan."""
    limit = checks.number(function, "max_norm", max_norm)
    if limit <= 0:
        raise ArgumentError(f"{function} expects max_norm to be positive, got {max_norm!r}")
    if norm_type in (math.inf, -math.inf):
        return limit, norm_type
    return limit, checks.number(function, "norm_type", norm_type)


@no_grad()
def shorten(indices: Any, weight: Any, max_norm: float, norm_type: float) -> None:
    """Make the rows of ``weight`` that ``indices`` name no longer than ``max_norm``, in place."""
    rows = in_single(getitem(weight, indices))
    length = vector_norm(rows, axis=-1, keepdims=True, ord=norm_type)
    # Some more than the length: rounding must not leave a row too long.
    short = where(length > max_norm, rows * (max_norm / (length + 1e-7)), rows)
    weight[indices] = astype(short, weight.dtype)


def in_single(x: Any) -> Any:
    """Return ``x`` in float32 if it is of float16, in which norms overflow and long sums stand still."""
    return astype(x, float32) if x.dtype == float16 else x


@fused
def table_rows(weight: Any, indices: Any, *, padding: int | None, by_count: bool) -> Any:
    """Return rows of ``weight``; that of ``padding`` as a constant. See ``embedding`` for ``by_count``."""
    rows = getitem(weight, indices)
    if by_count:
        flat = reshape(indices, (-1,))
        order = sort(flat)
        count = searchsorted(order, flat, side="right") - searchsorted(order, flat, side="left")
        count = reshape(astype(count, weight.dtype), (*indices.shape, 1))
        rows = with_slope(rows, 1 / count)
    if padding is None:
        return rows
    return where(expand_dims(indices == padding, -1), rows.detach(), rows)


@primitive
def with_slope(xp: Any, x: Any, slope: Any, /) -> Any:
    """Return ``x``, whose gradient is to be multiplied by ``slope``: a decision, and no derivative."""
    return x


@with_slope.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, slope: Any) -> Any:
    return g * slope, None
