"""Pooling into as many windows as are asked for, however large the image."""

from __future__ import annotations

from typing import Any

from lucid.errors import ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional import windows as wd
from lucid.nn.functional.window_pooling import avg_pool, max_pool

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
]


def adaptive_avg_pool1d(x: Any, output_size: Any) -> Any:
    r"""Return the averages of ``output_size`` windows that cover a sequence.

    Window :math:`i` of :math:`m` reaches from :math:`\lfloor i L / m \rfloor` to just before
    :math:`\lceil (i + 1) L / m \rceil`. So windows are of one size where ``L`` is a multiple of ``m``,
    and else may differ by one and share an element with the next.

    Args:
        x: a Tensor of floats.
        output_size: how many windows there are; None stands for as many as elements.

    Shape:
        ``(N, C, L) -> (N, C, output_size)`` or ``(C, L) -> (C, output_size)``

    Raises:
        ShapeError: if ``x`` has other axes, or no elements along one of them.
        ArgumentError: if a size is not positive.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.adaptive_avg_pool1d(Tensor([[1.0, 2.0, 3.0]]), 2)
        Tensor([[1.5, 2.5]])
    """
    return _avg(1, x, output_size)


def adaptive_avg_pool2d(x: Any, output_size: Any) -> Any:
    """Return the averages of windows that cover an image. See ``adaptive_avg_pool1d``.

    Args:
        x: a Tensor of floats.
        output_size: how many windows there are along each axis, or a pair for height and width; None
            stands for as many as elements.

    Shape:
        ``(N, C, H, W) -> (N, C, *output_size)`` or ``(C, H, W) -> (C, *output_size)``

    Raises:
        ShapeError: if ``x`` has other axes, or no elements along one of them.
        ArgumentError: if a size is not positive.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.adaptive_avg_pool2d(Tensor([[[1.0, 2.0], [4.0, 3.0]]]), (1, None))
        Tensor([[[2.5, 2.5]]])
    """
    return _avg(2, x, output_size)


def adaptive_avg_pool3d(x: Any, output_size: Any) -> Any:
    """Return the averages of windows that cover a volume. See ``adaptive_avg_pool1d``.

    Args:
        x: a Tensor of floats.
        output_size: how many windows there are along each axis, or three for depth, height and width;
            None stands for as many as elements.

    Shape:
        ``(N, C, D, H, W) -> (N, C, *output_size)`` or ``(C, D, H, W) -> (C, *output_size)``

    Raises:
        ShapeError: if ``x`` has other axes, or no elements along one of them.
        ArgumentError: if a size is not positive.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.adaptive_avg_pool3d(lucid.ones((4, 5, 6, 7)), 2).shape
        (4, 2, 2, 2)
    """
    return _avg(3, x, output_size)


def adaptive_max_pool1d(x: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Return the largest elements of ``output_size`` windows that cover a sequence.

    The windows are those of ``adaptive_avg_pool1d``. Of equal elements the first one gets the gradient, and
    nan is larger than any number.

    Args:
        x: a Tensor of real numbers.
        output_size: how many windows there are; None stands for as many as elements.
        return_indices: whether to return where the largest elements stand, too.

    Returns:
        The largest elements; with ``return_indices`` also their positions along the axis, as int64.

    Shape:
        ``(N, C, L) -> (N, C, output_size)`` or ``(C, L) -> (C, output_size)``

    Raises:
        ShapeError: if ``x`` has other axes, or no elements along one of them.
        ArgumentError: if a size is not positive.

    Example:
        >>> F.adaptive_max_pool1d(Tensor([[1.0, 2.0, 3.0]]), 2)
        Tensor([[2.0, 3.0]])
    """
    return _max(1, x, output_size, return_indices)


def adaptive_max_pool2d(x: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Return the largest elements of windows that cover an image. See ``adaptive_max_pool1d``.

    Args:
        x: a Tensor of real numbers.
        output_size: how many windows there are along each axis, or a pair for height and width; None
            stands for as many as elements.
        return_indices: whether to return where the largest elements stand, too: row times the width of
            the image, plus column.

    Shape:
        ``(N, C, H, W) -> (N, C, *output_size)`` or ``(C, H, W) -> (C, *output_size)``

    Raises:
        ShapeError: if ``x`` has other axes, or no elements along one of them.
        ArgumentError: if a size is not positive.

    Example:
        >>> F.adaptive_max_pool2d(Tensor([[[1.0, 2.0], [4.0, 3.0]]]), 1)
        Tensor([[[4.0]]])
    """
    return _max(2, x, output_size, return_indices)


def adaptive_max_pool3d(x: Any, output_size: Any, return_indices: bool = False) -> Any:
    """Return the largest elements of windows that cover a volume. See ``adaptive_max_pool1d``.

    Args:
        x: a Tensor of real numbers.
        output_size: how many windows there are along each axis, or three for depth, height and width;
            None stands for as many as elements.
        return_indices: whether to return where the largest elements stand, too, counted through the
            volume.

    Shape:
        ``(N, C, D, H, W) -> (N, C, *output_size)`` or ``(C, D, H, W) -> (C, *output_size)``

    Raises:
        ShapeError: if ``x`` has other axes, or no elements along one of them.
        ArgumentError: if a size is not positive.

    Example:
        >>> F.adaptive_max_pool3d(lucid.arange(8.0).reshape((1, 2, 2, 2)), (2, 1, 1)).flatten()
        Tensor([3.0, 7.0])
    """
    return _max(3, x, output_size, return_indices)


def _avg(n: int, x: Any, output_size: Any) -> Any:
    function = f"adaptive_avg_pool{n}d"
    x = checks.floating(function, "x", x)
    return avg_pool(x, windows=_windows(function, x, output_size, n), divisor=None)


def _max(n: int, x: Any, output_size: Any, return_indices: bool) -> Any:
    function = f"adaptive_max_pool{n}d"
    x = checks.real(function, "x", x)
    windows = _windows(function, x, output_size, n)
    return max_pool(
        x, windows=windows, return_indices=checks.truth(function, "return_indices", return_indices)
    )


def _windows(function: str, x: Any, output_size: Any, n: int) -> wd.Windows:
    """Return as many windows along each of the last ``n`` axes of ``x`` as ``output_size`` says."""
    wd.image(function, x, n)
    counts = wd.output_sizes(function, output_size, n)
    windows = wd.adaptive_windows(x.shape[x.ndim - n :], counts)
    if windows is None:
        raise ShapeError(f"{function} expects axes with elements to pool, got shape {x.shape}")
    return windows
