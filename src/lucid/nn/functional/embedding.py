"""Looking up rows of a table."""

from __future__ import annotations

from typing import Any

from lucid.errors import ShapeError
from lucid.nn.functional import checks
from lucid.ops import getitem, where


def embedding(indices: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """Return the rows of ``weight`` that ``indices`` name.

    Args:
        indices: a Tensor of integers from 0 to ``num_embeddings - 1``.
        weight: the table, one row for each index.
        padding_idx: a row that gets no gradient; a negative one counts from the end.

    Shape:
        indices ``(*)``, weight ``(num_embeddings, embedding_dim) -> (*, embedding_dim)``

    Raises:
        DTypeError: if the indices are not integers.
        ArgumentError: if one names no row.

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
    if padding_idx is None:
        return getitem(weight, indices)
    row = checks.row("embedding", "padding_idx", padding_idx, n)
    padding = (indices == row).expand_dims(-1)  # (*, 1)
    # The padding row is still looked up, but as a constant.
    return where(padding, getitem(weight.detach(), indices), getitem(weight, indices))
