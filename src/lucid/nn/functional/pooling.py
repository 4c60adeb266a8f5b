"""Pooling: the largest element, or the average, of each window of an image.

The twelve functions differ in how they say where the windows lie. What is then done in each window is one
of two fused operations, ``max_pool`` and ``avg_pool``.

Read next: ``windows.py``, then ``window_pooling.py``.
"""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional import windows as wd
from lucid.nn.functional.window_pooling import avg_pool, max_pool
from lucid.nn.functional.windows import Windows

__all__ = ["avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool1d", "max_pool2d", "max_pool3d"]


# ----------------------------------------------------------------- largest elements


def max_pool1d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    r"""Return the largest element of each window of a sequence.

    .. math:: y_{n,c,i} = \max_{0 \le j < k} x_{n,c,\,s i - p + d j}

    with the kernel size :math:`k`, the stride :math:`s`, the padding :math:`p` and the dilation :math:`d`.
    Elements of the padding are never the largest. Of equal elements the first one gets the gradient, and
    nan is larger than any number.

    Args:
        x: a Tensor of real numbers.
        kernel_size: how many elements a window has.
        stride: how far it is from one window to the next; by default ``kernel_size``.
        padding: how far windows may reach beyond either end, at most half a window.
        dilation: the step from one element of a window to the next.
        ceil_mode: whether the last window may reach beyond the padding, if it begins before that.
        return_indices: whether to return where the largest elements stand, too.

    Returns:
        The largest elements; with ``return_indices`` also their positions along the axis, as int64.

    Shape:
        ``(N, C, L) -> (N, C, L_out)`` or ``(C, L) -> (C, L_out)``, where ``L_out`` is
        ``(L + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1``, rounded down, or up in
        ``ceil_mode``

    Raises:
        ShapeError: if ``x`` has other axes, or no window fits.
        ArgumentError: if a size is not positive, or the padding too large.

    Example:
        >>> F.max_pool1d(Tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        Tensor([[3.0, 2.0]])
    """
    return _max(1, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest element of each window of an image.

    Each size is an integer, or a pair for height and width. See ``max_pool1d``.

    Args:
        x: a Tensor of real numbers.
        kernel_size, stride, padding, dilation: as of ``max_pool1d``, for both axes or for each.
        ceil_mode: whether the last windows may reach beyond the padding, if they begin before that.
        return_indices: whether to return where the largest elements stand, too: row times the width of
            the image, plus column.

    Shape:
        ``(N, C, H, W) -> (N, C, H_out, W_out)`` or ``(C, H, W) -> (C, H_out, W_out)``

    Raises:
        ShapeError: if ``x`` has other axes, or no window fits.
        ArgumentError: if a size is not positive, or the padding too large.

    Example:
        >>> largest, at = F.max_pool2d(Tensor([[[1.0, 2.0], [4.0, 3.0]]]), 2, return_indices=True)
        >>> print(largest, at)
        [[[4.0]]] [[[2]]]
    """
    return _max(2, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest element of each window of a volume.

    Each size is an integer, or three for depth, height and width. See ``max_pool1d``.

    Args:
        x: a Tensor of real numbers.
        kernel_size, stride, padding, dilation: as of ``max_pool1d``, for all axes or for each.
        ceil_mode: whether the last windows may reach beyond the padding, if they begin before that.
        return_indices: whether to return where the largest elements stand, too, counted through the
            volume.

    Shape:
        ``(N, C, D, H, W) -> (N, C, D_out, H_out, W_out)`` or
        ``(C, D, H, W) -> (C, D_out, H_out, W_out)``

    Raises:
        ShapeError: if ``x`` has other axes, or no window fits.
        ArgumentError: if a size is not positive, or the padding too large.

    Example:
        >>> F.max_pool3d(lucid.arange(8.0).reshape((1, 2, 2, 2)), (1, 2, 2)).flatten()
        Tensor([3.0, 7.0])
    """
    return _max(3, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _max(
    n: int,
    x: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    function = f"max_pool{n}d"
    x = checks.real(function, "x", x)
    wd.image(function, x, n)
    kernel = checks.per_axis(function, "kernel_size", kernel_size, n, 1)
    step = kernel if stride is None else checks.per_axis(function, "stride", stride, n, 1)
    pad = checks.per_axis(function, "padding", padding, n, 0)
    dilate = checks.per_axis(function, "dilation", dilation, n, 1)
    wd.half_padding(function, kernel, pad, dilate)
    ceil = checks.truth(function, "ceil_mode", ceil_mode)
    windows = fitting_windows(function, x, kernel, step, pad, dilate, ceil)
    return max_pool(
        x, windows=windows, return_indices=checks.truth(function, "return_indices", return_indices)
    )


# ----------------------------------------------------------------- averages


def avg_pool1d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    r"""Return the average of each window of a sequence.

    .. math:: y_{n,c,i} = \frac{1}{k} \sum_{0 \le j < k} x_{n,c,\,s i - p + j}

    with the kernel size :math:`k`, the stride :math:`s` and the padding :math:`p`, which is of zeros. What a
    window has beyond the padding, in ``ceil_mode``, is not counted.

    Args:
        x: a Tensor of floats.
        kernel_size: how many elements a window has.
        stride: how far it is from one window to the next; by default ``kernel_size``.
        padding: how far windows may reach beyond either end, at most half a window.
        ceil_mode: whether the last window may reach beyond the padding, if it begins before that.
        count_include_pad: whether zeros of the padding are counted.

    Shape:
        ``(N, C, L) -> (N, C, L_out)`` or ``(C, L) -> (C, L_out)``, where ``L_out`` is
        ``(L + 2 * padding - kernel_size) / stride + 1``, rounded down, or up in ``ceil_mode``

    Raises:
        ShapeError: if ``x`` has other axes, or no window fits.
        ArgumentError: if a size is not positive, or the padding too large.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.avg_pool1d(Tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        Tensor([[2.0, 1.0]])
    """
    return _avg(1, x, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """Return the average of each window of an image.

    Each size is an integer, or a pair for height and width. See ``avg_pool1d``.

    Args:
        x: a Tensor of floats.
        kernel_size, stride, padding: as of ``avg_pool1d``, for both axes or for each.
        ceil_mode: whether the last windows may reach beyond the padding, if they begin before that.
        count_include_pad: whether zeros of the padding are counted.
        divisor_override: what to divide by, in the place of the number of elements.

    Shape:
        ``(N, C, H, W) -> (N, C, H_out, W_out)`` or ``(C, H, W) -> (C, H_out, W_out)``

    Raises:
        ShapeError: if ``x`` has other axes, or no window fits.
        ArgumentError: if a size is not positive, the padding too large, or the divisor 0.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.avg_pool2d(Tensor([[[1.0, 2.0], [4.0, 3.0]]]), 2)
        Tensor([[[2.5]]])
    """
    return _avg(2, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """Return the average of each window of a volume.

    Each size is an integer, or three for depth, height and width. See ``avg_pool1d``.

    Args:
        x: a Tensor of floats.
        kernel_size, stride, padding: as of ``avg_pool1d``, for all axes or for each.
        ceil_mode: whether the last windows may reach beyond the padding, if they begin before that.
        count_include_pad: whether zeros of the padding are counted.
        divisor_override: what to divide by, in the place of the number of elements.

    Shape:
        ``(N, C, D, H, W) -> (N, C, D_out, H_out, W_out)`` or
        ``(C, D, H, W) -> (C, D_out, H_out, W_out)``

    Raises:
        ShapeError: if ``x`` has other axes, or no window fits.
        ArgumentError: if a size is not positive, the padding too large, or the divisor 0.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.avg_pool3d(lucid.arange(8.0).reshape((1, 2, 2, 2)), 2).item()
        3.5
    """
    return _avg(3, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def _avg(
    n: int,
    x: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    function = f"avg_pool{n}d"
    x = checks.floating(function, "x", x)
    wd.image(function, x, n)
    kernel = checks.per_axis(function, "kernel_size", kernel_size, n, 1)
    step = kernel if stride is None else checks.per_axis(function, "stride", stride, n, 1)
    pad = checks.per_axis(function, "padding", padding, n, 0)
    wd.half_padding(function, kernel, pad)
    ceil = checks.truth(function, "ceil_mode", ceil_mode)
    count = checks.truth(function, "count_include_pad", count_include_pad)
    windows = fitting_windows(function, x, kernel, step, pad, (1,) * n, ceil, count)
    return avg_pool(x, windows=windows, divisor=divisor(function, divisor_override))


def divisor(function: str, value: Any) -> int | None:
    """Return ``divisor_override``, which must be an integer other than 0, or None."""
    if value is None:
        return None
    result = checks.integer(function, "divisor_override", value)
    if result == 0:
        raise ArgumentError(f"{function} expects divisor_override to be other than 0, got {value!r}")
    return result


def fitting_windows(function: str, x: Any, kernel: tuple[int, ...], *how: Any) -> Windows:
    """Return the windows of the last axes of ``x``, of which there must be some."""
    sizes = x.shape[x.ndim - len(kernel) :]
    windows = wd.regular_windows(sizes, kernel, *how)
    if windows is None:
        _stride, padding, dilation, *_ = how
        each = zip(sizes, kernel, padding, dilation, strict=True)
        fit = all(n and n + 2 * p > d * (k - 1) for n, k, p, d in each)
        why = "a window lies in the padding alone: " if fit else ""
        raise ShapeError(
            f"{function}: {why}windows of {kernel} elements in steps of {dilation} do not fit into an image "
            f"of {sizes} with padding {padding}: x has shape {x.shape}"
        )
    return windows
