"""Numbers written as vectors."""

from __future__ import annotations

from typing import Any

from lucid.engines import dtypes
from lucid.errors import ArgumentError
from lucid.ops.creation import arange, asarray
from lucid.recording import held


def one_hot(x: Any, /, num_classes: int | None = None, *, dtype: Any = None) -> Any:
    """Return vectors that are 1 at the position that ``x`` names, and 0 elsewhere.

    Args:
        x: a Tensor of integers from 0 to ``num_classes - 1``.
        num_classes: by default one more than the largest.
        dtype: of the result, float32 by default, as in JAX; PyTorch's is int64.

    Shape:
        ``(*,) -> (*, num_classes)``

    Raises:
        ArgumentError: if a value is out of range.
    """
    x = asarray(x)
    if x.dtype.kind not in "iu":
        raise ArgumentError(f"one_hot: x must hold integers, got {x.dtype.name}")
    values = held(x)
    low, high = (int(values.min()), int(values.max())) if values.size else (0, -1)
    n = high + 1 if num_classes is None else num_classes
    if low < 0 or high >= n:
        raise ArgumentError(f"one_hot: values run from {low} to {high}, and must lie between 0 and {n - 1}")
    # As int64: a narrow dtype may hold all the values of x, and not all the classes.
    hot = x.astype(dtypes.default_int).expand_dims(-1) == arange(n, device=x.device)
    return hot.astype(dtypes.default_float if dtype is None else dtype)
