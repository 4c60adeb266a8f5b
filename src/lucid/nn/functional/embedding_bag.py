"""Looking up rows of a table, and summing them up bag by bag."""

from __future__ import annotations

import itertools
import math
from typing import Any

from lucid import ops
from lucid.errors import ArgumentError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.embedding import in_single, norm_limit, shorten, table_rows
from lucid.ops.indexing import as_index
from lucid.tensor import Tensor

__all__ = ["embedding_bag"]

MODES = ("sum", "mean", "max")


def embedding_bag(
    x: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    r"""Return, for each bag of indices, the sum, the mean or the largest numbers of the rows that they name.

    .. math:: y_b = \sum_{i \in \text{bag } b} s_i \, W_{x_i}

    A bag of nothing, or of ``padding_idx`` alone, gives zeros.

    Args:
        x: a Tensor of integers from 0 to ``num_embeddings - 1``: a bag in each row, or all bags in a row.
        weight: the table, one row for each index.
        offsets: where each bag begins, if ``x`` is one row. The first begins at 0; a bag ends where the next
            one begins.
        max_norm, norm_type, scale_grad_by_freq: see ``embedding``.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        per_sample_weights: what each row is multiplied by, for ``"sum"`` alone.
        include_last_offset: whether ``offsets`` ends with where the last bag ends.
        padding_idx: an index that belongs to no bag; a negative one counts from the end.

    Shape:
        x ``(B, N)``, or x ``(N,)`` and offsets ``(B,)`` ``-> (B, embedding_dim)``

    Raises:
        ShapeError: if ``x`` has one axis and there are no offsets, or two and there are some.
        DTypeError: if indices or offsets are not integers.
        ArgumentError: if an index names no row, or the offsets do not begin at 0 and rise up to ``N``.

    Example:
        >>> table = Tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
        >>> F.embedding_bag(Tensor([0, 1, 2]), table, Tensor([0, 2]), mode="sum")
        Tensor([[2.0, 4.0],
                [4.0, 5.0]])
    """
    name = "embedding_bag"
    checks.one_of(name, "mode", mode, MODES)
    weight = checks.as_tensor(name, "weight", weight)
    if weight.ndim != 2:
        raise ShapeError(f"{name} expects weight (num_embeddings, embedding_dim), got shape {weight.shape}")
    x = checks.whole(name, "x", x, weight)
    if x.ndim not in (1, 2) or (x.ndim == 2) is not (offsets is None):
        given = "no offsets" if offsets is None else "offsets"
        raise ShapeError(
            f"{name} expects x of shape (B, N), or (N,) and offsets (B,), got shape {x.shape} and {given}"
        )
    n = weight.shape[0]
    checks.in_range(name, "x", *checks.extremes(x), n, "num_embeddings")
    padding = None if padding_idx is None else checks.row(name, "padding_idx", padding_idx, n)
    by_count = checks.truth(name, "scale_grad_by_freq", scale_grad_by_freq)
    if by_count and mode == "max":
        raise ArgumentError(f'{name} can\'t scale gradients by frequency with mode="max"')
    if max_norm is not None:
        shorten(x, weight, *norm_limit(name, max_norm, norm_type))
    rows = table_rows(weight, x, padding=padding, by_count=by_count)
    counts = ops.ones_like(x, dtype=ops.bool) if padding is None else x != padding
    begin = None if offsets is None else _begins(x, offsets, include_last_offset)
    if mode == "max":
        if begin is not None:
            rows, counts = _in_a_matrix(rows, counts, begin)
        return _largest(rows, counts)
    kind, rows = rows.dtype, in_single(rows)
    if per_sample_weights is not None:
        by = _weights(x, per_sample_weights, mode)
        kind, rows = ops.result_type(kind, by.dtype), rows * ops.expand_dims(by, -1)
    total, number = _along_rows(rows, counts) if begin is None else _bag_by_bag(rows, counts, begin)
    if mode == "mean":
        total = total / ops.expand_dims(ops.maximum(number, 1), -1)
    return total if kind == total.dtype or kind.kind != "f" else ops.astype(total, kind)


def _weights(x: Tensor, weights: Any, mode: str) -> Any:
    if mode != "sum":
        raise ArgumentError(f'embedding_bag takes per_sample_weights with mode="sum", got mode={mode!r}')
    weights = checks.floating("embedding_bag", "per_sample_weights", weights, x)
    if weights.shape != x.shape:
        raise ShapeError(
            f"embedding_bag expects per_sample_weights of the shape of x, {x.shape}, got {weights.shape}"
        )
    return weights


def _begins(x: Tensor, offsets: Any, include_last: Any) -> Any:
    """Return where each bag begins, and at last where the last one ends."""
    offsets = ops.astype(checks.whole("embedding_bag", "offsets", offsets, x), ops.int64)
    if offsets.ndim != 1:
        raise ShapeError(f"embedding_bag expects offsets of one axis, got shape {offsets.shape}")
    if checks.truth("embedding_bag", "include_last_offset", include_last) and not offsets.size:
        raise ArgumentError("embedding_bag with include_last_offset expects an offset for the end, got none")
    n = x.shape[0]
    places = offsets.tolist()
    rising = all(a <= b for a, b in itertools.pairwise([*places, n]))
    if places and (places[0] != 0 or not rising):
        raise ArgumentError(f"embedding_bag expects offsets that rise from 0 to at most {n}, got {places}")
    if include_last:
        if places[-1] != n:
            raise ArgumentError(f"embedding_bag expects the last offset to be {n}, the end, got {places[-1]}")
        return offsets
    if n and not places:
        raise ArgumentError(f"embedding_bag expects an offset for each bag, got none for {n} indices")
    return ops.concat([offsets, ops.full((1,), n, dtype=offsets.dtype, device=x.device)])


def _bag_by_bag(rows: Tensor, counts: Tensor, begin: Tensor) -> tuple[Any, Any]:
    """Return the sum of each bag and how many count, of rows that stand one after the other."""
    bags = begin.shape[0] - 1
    bag = ops.searchsorted(begin[1:], ops.arange(rows.shape[0], device=rows.device), side="right")

    def summed(values: Any) -> Any:
        # Under vmap, either of rows and counts may stand for a batch: each has an index of its own.
        return ops.scatter_add(values, index=as_index(bag, values._array), shape=(bags, *values.shape[1:]))

    kept = ops.where(ops.expand_dims(counts, -1), rows, 0.0)
    return summed(kept), summed(ops.astype(counts, _counted_in(rows)))


def _in_a_matrix(rows: Tensor, counts: Tensor, begin: Tensor) -> tuple[Any, Any]:
    """Return the rows with a bag in each row of a matrix, and which of them belong to a bag."""
    sizes = begin[1:] - begin[:-1]
    longest = int(ops.max(sizes).item()) if sizes.size else 0
    place = ops.arange(longest, device=rows.device)
    inside = place < ops.expand_dims(sizes, -1)
    at = ops.where(inside, ops.expand_dims(begin[:-1], -1) + place, 0)
    if not rows.shape[0]:
        return ops.zeros((*at.shape, rows.shape[1]), dtype=rows.dtype, device=rows.device), inside
    return rows[at], inside & counts[at]


def _along_rows(rows: Tensor, counts: Tensor) -> tuple[Any, Any]:
    """Return the sums along axis 1 of those that count, and how many do."""
    total = ops.sum(ops.where(ops.expand_dims(counts, -1), rows, 0.0), axis=1)
    return total, ops.sum(ops.astype(counts, _counted_in(rows)), axis=1)


def _counted_in(rows: Tensor) -> Any:
    return rows.dtype if rows.dtype.kind == "f" else ops.float32


def _largest(rows: Tensor, counts: Tensor) -> Any:
    """Return the largest along axis 1 of those that count; of equal ones the first has the gradient."""
    if not rows.shape[1]:
        return ops.sum(rows, axis=1)
    masked = ops.where(ops.expand_dims(counts, -1), rows, -math.inf)
    # Where even the largest is -inf, the first of all may be one that doesn't count.
    lowest = ops.max(masked, axis=1, keepdims=True) == -math.inf
    counted = ops.expand_dims(ops.argmax(ops.astype(counts, ops.int8), axis=1, keepdims=True), -1)
    first = ops.where(lowest, counted, ops.argmax(masked, axis=1, keepdims=True))
    largest = ops.squeeze(ops.take_along_axis(masked, first, axis=1), axis=1)
    return ops.where(ops.any(ops.expand_dims(counts, -1), axis=1), largest, 0.0)
