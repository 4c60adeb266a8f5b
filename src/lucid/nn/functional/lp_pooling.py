"""Pooling by a norm of each window: between the sum and the largest element."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from lucid import ops
from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.nn.functional import checks
from lucid.nn.functional import windows as wd
from lucid.nn.functional.pooling import fitting_windows
from lucid.nn.functional.window_pooling import avg_pool, max_pool

__all__ = ["lp_pool1d", "lp_pool2d", "lp_pool3d"]


def lp_pool1d(x: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    r"""Return the p-norm of each window of a sequence.

    .. math:: y_{n,c,i} = \Big( \sum_{0 \le j < k} x_{n,c,\,s i + j}^p \Big)^{1/p}

    with the kernel size :math:`k` and the stride :math:`s`. There is no absolute value in it: for an odd
    :math:`p` this is a norm of positive numbers alone, and nan where the sum is negative. With :math:`p = 1`
    it is the sum, with :math:`p = \infty` the largest absolute value. Where the sum is 0 so is the gradient.

    Of a window that reaches beyond the end, in ``ceil_mode``, the average of what it has is taken :math:`k`
    times, as PyTorch does.

    Args:
        x: a Tensor of floats.
        norm_type: :math:`p`, other than 0; ``math.inf`` and ``-math.inf`` too.
        kernel_size: how many elements a window has.
        stride: how far it is from one window to the next; by default ``kernel_size``.
        ceil_mode: whether the last window may reach beyond the end.

    Shape:
        ``(N, C, L) -> (N, C, L_out)`` or ``(C, L) -> (C, L_out)``, where ``L_out`` is
        ``(L - kernel_size) / stride + 1``, rounded down, or up in ``ceil_mode``

    Raises:
        ShapeError: if ``x`` has other axes, or no window fits.
        ArgumentError: if a size is not positive, or ``norm_type`` is 0.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.lp_pool1d(Tensor([[3.0, 4.0, 5.0, 12.0]]), 2, 2)
        Tensor([[5.0, 13.0]])

    Gulcehre et al., Learned-Norm Pooling for Deep Feedforward and Recurrent Neural Networks, 2014.
    """
    return _pooled(1, x, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(x: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """Return the p-norm of each window of an image; see ``lp_pool1d``.

    Args:
        x: a Tensor of floats.
        norm_type: the power, other than 0.
        kernel_size, stride: as of ``lp_pool1d``, for both axes or for each.
        ceil_mode: whether the last windows may reach beyond the ends.

    Shape:
        ``(N, C, H, W) -> (N, C, H_out, W_out)`` or ``(C, H, W) -> (C, H_out, W_out)``

    Raises:
        ShapeError: if ``x`` has other axes, or no window fits.
        ArgumentError: if a size is not positive, or ``norm_type`` is 0.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.lp_pool2d(lucid.ones((1, 2, 2)), 2, 2)
        Tensor([[[2.0]]])
    """
    return _pooled(2, x, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(x: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """Return the p-norm of each window of a volume; see ``lp_pool1d``.

    Args:
        x: a Tensor of floats.
        norm_type: the power, other than 0.
        kernel_size, stride: as of ``lp_pool1d``, for all axes or for each.
        ceil_mode: whether the last windows may reach beyond the ends.

    Shape:
        ``(N, C, D, H, W) -> (N, C, D_out, H_out, W_out)`` or
        ``(C, D, H, W) -> (C, D_out, H_out, W_out)``

    Raises:
        ShapeError: if ``x`` has other axes, or no window fits.
        ArgumentError: if a size is not positive, or ``norm_type`` is 0.
        DTypeError: if ``x`` does not hold floats.

    Example:
        >>> F.lp_pool3d(lucid.ones((1, 2, 2, 4)), 2, (1, 2, 2)).flatten()
        Tensor([2.0, 2.0, 2.0, 2.0])
    """
    return _pooled(3, x, norm_type, kernel_size, stride, ceil_mode)


def _pooled(n: int, x: Any, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Any:
    function = f"lp_pool{n}d"
    x = checks.floating(function, "x", x)
    p = power(function, norm_type)
    wd.image(function, x, n)
    kernel = checks.per_axis(function, "kernel_size", kernel_size, n, 1)
    step = kernel if stride is None else checks.per_axis(function, "stride", stride, n, 1)
    ceil = checks.truth(function, "ceil_mode", ceil_mode)
    windows = fitting_windows(function, x, kernel, step, (0,) * n, (1,) * n, ceil)
    if math.isinf(p):
        sign = math.copysign(1.0, p)
        return sign * max_pool(sign * ops.abs(x), windows=windows, return_indices=False)
    kind = x.dtype
    if kind.itemsize == 2:
        x = ops.astype(x, ops.float32)  # powers of half precision soon are infinite
    total = avg_pool(x**p, windows=windows, divisor=None) * math.prod(kernel)
    nothing = total == 0  # where a root has no derivative
    root = ops.where(nothing, 1.0, total) ** (1 / p)
    return ops.astype(ops.where(nothing, 0.0 if p > 0 else math.inf, root), kind, copy=False)


def power(function: str, value: Any) -> float:
    """Return ``norm_type``, which must be a number other than 0 and nan."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ArgumentTypeError(f"{function} expects norm_type to be a number, got {value!r}")
    if value == 0 or math.isnan(value):
        raise ArgumentError(f"{function} expects norm_type to be a number other than 0, got {value!r}")
    return float(value)
