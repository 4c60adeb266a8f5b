"""Layers that pool an image into as many windows as are asked for, however large it is."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional import windows as wd
from lucid.nn.module import Module


class _Adaptive(Module):
    """What the layers share."""

    _axes = 0

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        wd.output_sizes(type(self).__name__, output_size, self._axes)
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveAvgPool(_Adaptive):
    def forward(self, x: Any) -> Any:
        """Return the average of each window."""
        return getattr(F, f"adaptive_avg_pool{self._axes}d")(x, self.output_size)


class _AdaptiveMaxPool(_Adaptive):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = checks.truth(type(self).__name__, "return_indices", return_indices)

    def forward(self, x: Any) -> Any:
        """Return the largest element of each window."""
        return getattr(F, f"adaptive_max_pool{self._axes}d")(x, self.output_size, self.return_indices)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Average ``output_size`` windows that cover a sequence. See ``F.adaptive_avg_pool1d``.

    Args:
        output_size: how many windows there are; None stands for as many as elements.

    Shape:
        ``(N, C, L) -> (N, C, output_size)`` or ``(C, L) -> (C, output_size)``

    Raises:
        ArgumentError: if the size is not positive.

    Example:
        >>> nn.AdaptiveAvgPool1d(2)(Tensor([[1.0, 2.0, 3.0]]))
        Tensor([[1.5, 2.5]])
    """

    _axes = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Average windows that cover an image. See ``F.adaptive_avg_pool2d``.

    Args:
        output_size: how many windows there are along each axis, or a pair for height and width; None
            stands for as many as elements.

    Shape:
        ``(N, C, H, W) -> (N, C, *output_size)`` or ``(C, H, W) -> (C, *output_size)``

    Raises:
        ArgumentError: if a size is not positive.

    Example:
        >>> nn.AdaptiveAvgPool2d(1)(lucid.ones((2, 512, 7, 7))).shape
        (2, 512, 1, 1)
    """

    _axes = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Average windows that cover a volume. See ``F.adaptive_avg_pool3d``.

    Args:
        output_size: how many windows there are along each axis, or three for depth, height and width;
            None stands for as many as elements.

    Shape:
        ``(N, C, D, H, W) -> (N, C, *output_size)`` or ``(C, D, H, W) -> (C, *output_size)``

    Raises:
        ArgumentError: if a size is not positive.

    Example:
        >>> nn.AdaptiveAvgPool3d((1, None, 2))(lucid.ones((8, 4, 5, 6))).shape
        (8, 1, 5, 2)
    """

    _axes = 3


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Keep the largest elements of windows that cover a sequence. See ``F.adaptive_max_pool1d``.

    Args:
        output_size: how many windows there are; None stands for as many as elements.
        return_indices: whether to return where the largest elements stand, too.

    Shape:
        ``(N, C, L) -> (N, C, output_size)`` or ``(C, L) -> (C, output_size)``

    Raises:
        ArgumentError: if the size is not positive.

    Example:
        >>> nn.AdaptiveMaxPool1d(2)(Tensor([[1.0, 2.0, 3.0]]))
        Tensor([[2.0, 3.0]])
    """

    _axes = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Keep the largest elements of windows that cover an image. See ``F.adaptive_max_pool2d``.

    Args:
        output_size: how many windows there are along each axis, or a pair for height and width; None
            stands for as many as elements.
        return_indices: whether to return where the largest elements stand, too.

    Shape:
        ``(N, C, H, W) -> (N, C, *output_size)`` or ``(C, H, W) -> (C, *output_size)``

    Raises:
        ArgumentError: if a size is not positive.

    Example:
        >>> nn.AdaptiveMaxPool2d((None, 3))(lucid.ones((8, 5, 7))).shape
        (8, 5, 3)
    """

    _axes = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Keep the largest elements of windows that cover a volume. See ``F.adaptive_max_pool3d``.

    Args:
        output_size: how many windows there are along each axis, or three for depth, height and width;
            None stands for as many as elements.
        return_indices: whether to return where the largest elements stand, too.

    Shape:
        ``(N, C, D, H, W) -> (N, C, *output_size)`` or ``(C, D, H, W) -> (C, *output_size)``

    Raises:
        ArgumentError: if a size is not positive.

    Example:
        >>> nn.AdaptiveMaxPool3d(2)(lucid.ones((8, 4, 5, 6))).shape
        (8, 2, 2, 2)
    """

    _axes = 3
