"""Layers that make columns of the windows of images, and images of columns."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.module import Module


class Unfold(Module):
    r"""Make a column of each window that a convolution would see.

    .. math:: y_{n,\, (c\, K + k),\, l} = x_{n,\, c,\, l s + k d - p}

    with :math:`k`, which runs through :math:`K` elements of a kernel, and :math:`l`, which runs through the
    windows, of two axes each.

    Args:
        kernel_size: the size of a window; like the other options an integer, or a pair for height and width.
        dilation: how far apart its elements lie.
        padding: how many zeros stand before and after each axis.
        stride: from one window to the next.

    Shape:
        ``(N, C, H, W) -> (N, C kH kW, L)`` or ``(C, H, W) -> (C kH kW, L)``, with ``L`` the number of windows

    Raises:
        ArgumentError: if an option has a value that it can't have.
        ShapeError: if the input has other axes, or no window fits into it.

    Example:
        >>> patches = nn.Unfold(16, stride=16)
        >>> patches(lucid.zeros((8, 3, 64, 64))).shape
        (8, 768, 16)
    """

    kernel_size: int | tuple[int, ...]
    dilation: int | tuple[int, ...]
    padding: int | tuple[int, ...]
    stride: int | tuple[int, ...]

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        super().__init__()
        _keep(self, kernel_size, dilation, padding, stride)

    def forward(self, x: Any) -> Any:
        """Return ``F.unfold(x, kernel_size, dilation, padding, stride)``."""
        return F.unfold(x, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return _shown(self)


class Fold(Module):
    r"""Add up columns to images: ``Unfold`` transposed, which sums where windows overlap.

    .. math:: y_{n,\, c,\, m} = \sum_{l,\, k \,:\, l s + k d - p = m} x_{n,\, (c\, K + k),\, l}

    Args:
        output_size: height and width of the images.
        kernel_size, dilation, padding, stride: those of ``Unfold``.

    Shape:
        ``(N, C kH kW, L) -> (N, C, *output_size)`` or ``(C kH kW, L) -> (C, *output_size)``

    Raises:
        ArgumentError: if an option has a value that it can't have.
        ShapeError: if ``Unfold`` doesn't make columns of the input's shape of such images.

    Example:
        >>> nn.Fold((2, 3), 2)(lucid.ones((1, 4, 2)))
        Tensor([[[[1.0, 2.0, 1.0],
                  [1.0, 2.0, 1.0]]]])
    """

    output_size: int | tuple[int, ...]
    kernel_size: int | tuple[int, ...]
    dilation: int | tuple[int, ...]
    padding: int | tuple[int, ...]
    stride: int | tuple[int, ...]

    def __init__(
        self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.output_size = checks.stored(type(self).__name__, "output_size", output_size, 2, 1)
        _keep(self, kernel_size, dilation, padding, stride)

    def forward(self, x: Any) -> Any:
        """Return ``F.fold(x, output_size, kernel_size, dilation, padding, stride)``."""
        return F.fold(x, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}, {_shown(self)}"


def _keep(layer: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> None:
    """Give ``layer`` the options, checked."""
    name = type(layer).__name__
    layer.kernel_size = checks.stored(name, "kernel_size", kernel_size, 2, 1)
    layer.dilation = checks.stored(name, "dilation", dilation, 2, 1)
    layer.padding = checks.stored(name, "padding", padding, 2, 0)
    layer.stride = checks.stored(name, "stride", stride, 2, 1)


def _shown(layer: Any) -> str:
    """Return the options of a layer that aren't the usual ones."""
    parts = [f"kernel_size={layer.kernel_size}"]
    for name, usual in (("dilation", 1), ("padding", 0), ("stride", 1)):
        if getattr(layer, name) != usual:
            parts.append(f"{name}={getattr(layer, name)}")
    return ", ".join(parts)
