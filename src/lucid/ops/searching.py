"""Where elements are: those that are not zero, and where numbers belong in an order.

Positions are integers, so nothing here has a derivative. ``argmax`` and ``argmin`` are in
``reduction.py``, ``argsort`` is in ``sorting.py``, ``where`` in ``elementwise.py``.
"""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentError, DTypeError, ShapeError
from lucid.ops.axes import checked_axes
from lucid.ops.cast import common_dtype
from lucid.ops.creation import asarray
from lucid.ops.indexing import take
from lucid.recording import primitive


def nonzero(x: Any, /) -> tuple[Any, ...]:
    """Return the positions of the elements that are not zero, row by row: a Tensor for each axis.

    ``x[nonzero(x)]`` are these elements. NaN is not zero.

    Args:
        x: a Tensor of one axis or more.

    Shape:
        each result: ``(count_nonzero(x),)``, int64.

    Raises:
        ShapeError: if ``x`` has no axes.

    Example:
        >>> lucid.nonzero(lucid.Tensor([[0.0, 3.0], [4.0, 0.0]]))
        (Tensor([0, 1]), Tensor([1, 0]))
    """
    x = asarray(x)
    if not x.ndim:
        raise ShapeError("nonzero needs an axis or more, got shape (): write x != 0")
    found: tuple[Any, ...] = positions(x.detach())
    return found


@primitive
def positions(xp: Any, x: Any, /) -> tuple[Any, ...]:
    """Return the positions of the elements that are not zero; see ``nonzero``."""
    return xp.nonzero(x)  # type: ignore[no-any-return]


positions.name = "nonzero"  # in messages


@primitive
def count_nonzero(xp: Any, x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Return how many elements over ``axis`` are not zero, as int64. NaN is not zero.

    Example:
        >>> lucid.count_nonzero(lucid.Tensor([[0.0, 3.0], [4.0, 5.0]]), axis=0)
        Tensor([1, 2])
    """
    return xp.count_nonzero(x, axis=checked_axes(axis, x.ndim), keepdims=keepdims)


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    r"""Return before which elements of ``x1`` those of ``x2`` would have to stand, to keep the order.

    .. math:: \text{left: } x1_{i-1} < x2 \le x1_i, \qquad \text{right: } x1_{i-1} \le x2 < x1_i

    Args:
        x1: a Tensor of one axis, in ascending order; NaN counts as the largest number.
        x2: a Tensor of any shape, or a number.
        side: ``"left"`` or ``"right"`` of elements that are equal.
        sorter: positions that bring ``x1`` into order, as ``argsort`` gives them.

    Shape:
        that of ``x2``, int64.

    Raises:
        ShapeError: if ``x1`` or ``sorter`` has not one axis.
        DTypeError: for complex numbers, which are in no order.
        ArgumentError: if ``side`` is another word.

    Example:
        >>> lucid.searchsorted(lucid.Tensor([1.0, 2.0, 3.0]), lucid.Tensor([0.0, 2.0, 9.0]))
        Tensor([0, 1, 3])
    """
    if side not in ("left", "right"):
        raise ArgumentError(f"searchsorted: side must be 'left' or 'right', got {side!r}")
    x1 = asarray(x1)
    if x1.ndim != 1:
        raise ShapeError(f"searchsorted: x1 must have one axis, got shape {x1.shape}")
    if sorter is not None:
        sorter = asarray(sorter)
        if sorter.shape != x1.shape:
            raise ShapeError(
                f"searchsorted: sorter has shape {sorter.shape}, x1 {x1.shape}: they must be equal"
            )
        x1 = take(x1, sorter)
    x1, x2 = common_dtype(x1, x2)
    if x1.dtype.kind == "c":
        raise DTypeError(f"searchsorted: complex numbers are in no order, got {x1.dtype.name}")
    return places(x1, x2, side=side)


@primitive
def places(xp: Any, x1: Any, x2: Any, /, *, side: str) -> Any:
    """Return where ``x2`` belongs in ``x1``; see ``searchsorted``."""
    return xp.searchsorted(x1, x2, side=side)


places.name = "searchsorted"  # in messages
