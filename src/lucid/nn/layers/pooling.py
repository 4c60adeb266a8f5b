"""Layers that keep the largest element, or the average, of each window of an image."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional import windows as wd
from lucid.nn.functional.pooling import divisor
from lucid.nn.module import Module


class _Regular(Module):
    """What the layers with windows of one size share."""

    _axes = 0

    def __init__(self, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> None:
        super().__init__()
        layer, n = type(self).__name__, self._axes
        kernel = checks.per_axis(layer, "kernel_size", kernel_size, n, 1)
        steps = checks.per_axis(layer, "dilation", dilation, n, 1)
        stride = kernel_size if stride is None else stride
        checks.per_axis(layer, "stride", stride, n, 1)
        wd.half_padding(layer, kernel, checks.per_axis(layer, "padding", padding, n, 0), steps)
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.ceil_mode = checks.truth(layer, "ceil_mode", ceil_mode)

    def extra_repr(self) -> str:
        shown = [f"kernel_size={self.kernel_size}", f"stride={self.stride}", f"padding={self.padding}"]
        return ", ".join(shown + (["ceil_mode=True"] if self.ceil_mode else []))


class _MaxPool(_Regular):
    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride, padding, dilation, ceil_mode)
        self.dilation = dilation
        self.return_indices = checks.truth(type(self).__name__, "return_indices", return_indices)

    def forward(self, x: Any) -> Any:
        """Return the largest element of each window."""
        function = getattr(F, f"max_pool{self._axes}d")
        return function(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, dilation={self.dilation}"


class MaxPool1d(_MaxPool):
    """Keep the largest element of each window of a sequence. See ``F.max_pool1d``.

    Args:
        kernel_size: how many elements a window has.
        stride: how far it is from one window to the next; by default ``kernel_size``.
        padding: how far windows may reach beyond either end, at most half a window.
        dilation: the step from one element of a window to the next.
        return_indices: whether to return where the largest elements stand, too.
        ceil_mode: whether the last window may reach beyond the padding, if it begins before that.

    Shape:
        ``(N, C, L) -> (N, C, L_out)`` or ``(C, L) -> (C, L_out)``

    Raises:
        ArgumentError: if a size is not positive, or the padding too large.

    Example:
        >>> nn.MaxPool1d(2)(Tensor([[1.0, 3.0, 2.0, 0.0]]))
        Tensor([[3.0, 2.0]])
    """

    _axes = 1


class MaxPool2d(_MaxPool):
    """Keep the largest element of each window of an image. See ``F.max_pool2d``.

    Args:
        kernel_size, stride, padding, dilation, return_indices, ceil_mode: as of ``MaxPool1d``; each size
            is an integer, or a pair for height and width.

    Shape:
        ``(N, C, H, W) -> (N, C, H_out, W_out)`` or ``(C, H, W) -> (C, H_out, W_out)``

    Raises:
        ArgumentError: if a size is not positive, or the padding too large.

    Example:
        >>> nn.MaxPool2d(3, stride=2, padding=1)(lucid.ones((1, 8, 28, 28))).shape
        (1, 8, 14, 14)
    """

    _axes = 2


class MaxPool3d(_MaxPool):
    """Keep the largest element of each window of a volume. See ``F.max_pool3d``.

    Args:
        kernel_size, stride, padding, dilation, return_indices, ceil_mode: as of ``MaxPool1d``; each size
            is an integer, or three for depth, height and width.

    Shape:
        ``(N, C, D, H, W) -> (N, C, D_out, H_out, W_out)`` or
        ``(C, D, H, W) -> (C, D_out, H_out, W_out)``

    Raises:
        ArgumentError: if a size is not positive, or the padding too large.

    Example:
        >>> nn.MaxPool3d((1, 2, 2))(lucid.ones((1, 8, 4, 6, 6))).shape
        (1, 8, 4, 3, 3)
    """

    _axes = 3


class _AvgPool(_Regular):
    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, 1, ceil_mode)
        layer = type(self).__name__
        self.count_include_pad = checks.truth(layer, "count_include_pad", count_include_pad)
        self.divisor_override = divisor(layer, divisor_override)

    def forward(self, x: Any) -> Any:
        """Return the average of each window."""
        function = getattr(F, f"avg_pool{self._axes}d")
        return function(
            x,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        shown = [super().extra_repr()]
        shown += [] if self.count_include_pad else ["count_include_pad=False"]
        shown += [] if self.divisor_override is None else [f"divisor_override={self.divisor_override}"]
        return ", ".join(shown)


class AvgPool1d(_AvgPool):
    """Average each window of a sequence. See ``F.avg_pool1d``.

    Args:
        kernel_size: how many elements a window has.
        stride: how far it is from one window to the next; by default ``kernel_size``.
        padding: how far windows may reach beyond either end, at most half a window; there are zeros.
        ceil_mode: whether the last window may reach beyond the padding, if it begins before that.
        count_include_pad: whether zeros of the padding are counted.

    Shape:
        ``(N, C, L) -> (N, C, L_out)`` or ``(C, L) -> (C, L_out)``

    Raises:
        ArgumentError: if a size is not positive, or the padding too large.

    Example:
        >>> nn.AvgPool1d(2)(Tensor([[1.0, 3.0, 2.0, 0.0]]))
        Tensor([[2.0, 1.0]])
    """

    _axes = 1

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)

    def forward(self, x: Any) -> Any:
        """Return the average of each window."""
        return F.avg_pool1d(
            x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )


class AvgPool2d(_AvgPool):
    """Average each window of an image. See ``F.avg_pool2d``.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad: as of ``AvgPool1d``; each size is an
            integer, or a pair for height and width.
        divisor_override: what to divide by, in the place of the number of elements.

    Shape:
        ``(N, C, H, W) -> (N, C, H_out, W_out)`` or ``(C, H, W) -> (C, H_out, W_out)``

    Raises:
        ArgumentError: if a size is not positive, the padding too large, or the divisor 0.

    Example:
        >>> nn.AvgPool2d(2)(lucid.ones((1, 8, 28, 28))).shape
        (1, 8, 14, 14)
    """

    _axes = 2


class AvgPool3d(_AvgPool):
    """Average each window of a volume. See ``F.avg_pool3d``.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad: as of ``AvgPool1d``; each size is an
            integer, or three for depth, height and width.
        divisor_override: what to divide by, in the place of the number of elements.

    Shape:
        ``(N, C, D, H, W) -> (N, C, D_out, H_out, W_out)`` or
        ``(C, D, H, W) -> (C, D_out, H_out, W_out)``

    Raises:
        ArgumentError: if a size is not positive, the padding too large, or the divisor 0.

    Example:
        >>> nn.AvgPool3d((1, 2, 2))(lucid.ones((1, 8, 4, 6, 6))).shape
        (1, 8, 4, 3, 3)
    """

    _axes = 3
