"""Layers that keep the largest elements of windows whose places are drawn."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional.fractional_pooling import output
from lucid.nn.module import Module
from lucid.nn.parameter import Buffer


class _FractionalMaxPool(Module):
    """What the layers share."""

    _axes = 0

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        layer = type(self).__name__
        self.kernel_size = checks.per_axis(layer, "kernel_size", kernel_size, self._axes, 1)
        size, ratio = output(layer, output_size, output_ratio, self._axes)
        self.output_size, self.output_ratio = size or None, ratio or None
        self.return_indices = checks.truth(layer, "return_indices", return_indices)
        self._random_samples = None if _random_samples is None else Buffer(_random_samples)

    def forward(self, x: Any) -> Any:
        """Return the largest element of each window, of which the places are drawn anew."""
        function = getattr(F, f"fractional_max_pool{self._axes}d")
        return function(
            x,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            _random_samples=self._random_samples,
        )

    def extra_repr(self) -> str:
        size, ratio = f"output_size={self.output_size}", f"output_ratio={self.output_ratio}"
        return f"kernel_size={self.kernel_size}, {ratio if self.output_size is None else size}"


class FractionalMaxPool2d(_FractionalMaxPool):
    """Keep the largest elements of windows whose places are drawn. See ``F.fractional_max_pool2d``.

    They are drawn in evaluation, too.

    Args:
        kernel_size: how many elements a window has: an integer, or a pair for height and width.
        output_size: how many windows there are, in the same way.
        output_ratio: the same as a part of the image's size, between 0 and 1.
        return_indices: whether to return where the largest elements stand, too.
        _random_samples: numbers from 0 to 1 of shape ``(N, C, 2)``, to place the windows by and not draw.

    Shape:
        ``(N, C, H, W) -> (N, C, *output_size)`` or ``(C, H, W) -> (C, *output_size)``

    Raises:
        ArgumentError: if a size or ratio is out of range, or not one of ``output_size`` and ``output_ratio``
            is given.

    Example:
        >>> layer = nn.FractionalMaxPool2d(2, output_ratio=(0.5, 0.7))
        >>> layer
        FractionalMaxPool2d(kernel_size=(2, 2), output_ratio=(0.5, 0.7))
        >>> layer(lucid.ones((8, 3, 20, 20))).shape
        (8, 3, 10, 14)

    Graham, Fractional Max-Pooling, 2014.
    """

    _axes = 2


class FractionalMaxPool3d(_FractionalMaxPool):
    """Keep the largest elements of windows of a volume whose places are drawn.

    See ``F.fractional_max_pool2d`` for how they are drawn; they are in evaluation, too.

    Args:
        kernel_size: how many elements a window has: an integer, or three for depth, height and width.
        output_size: how many windows there are, in the same way.
        output_ratio: the same as a part of the volume's size, between 0 and 1.
        return_indices: whether to return where the largest elements stand, too.
        _random_samples: numbers from 0 to 1 of shape ``(N, C, 3)``, to place the windows by and not draw.

    Shape:
        ``(N, C, D, H, W) -> (N, C, *output_size)`` or ``(C, D, H, W) -> (C, *output_size)``

    Raises:
        ArgumentError: if a size or ratio is out of range, or not one of ``output_size`` and ``output_ratio``
            is given.

    Example:
        >>> nn.FractionalMaxPool3d(2, output_size=(3, 4, 5))(lucid.ones((2, 8, 8, 8))).shape
        (2, 3, 4, 5)
    """

    _axes = 3
