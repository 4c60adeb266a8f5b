"""Layers that keep a norm of each window of an image."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional.lp_pooling import power
from lucid.nn.module import Module


class _LPPool(Module):
    """What the layers share."""

    _axes = 0

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        layer = type(self).__name__
        power(layer, norm_type)
        checks.per_axis(layer, "kernel_size", kernel_size, self._axes, 1)
        if stride is not None:
            checks.per_axis(layer, "stride", stride, self._axes, 1)
        self.norm_type, self.kernel_size, self.stride = norm_type, kernel_size, stride
        self.ceil_mode = checks.truth(layer, "ceil_mode", ceil_mode)

    def forward(self, x: Any) -> Any:
        """Return the norm of each window."""
        function = getattr(F, f"lp_pool{self._axes}d")
        return function(x, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        stride = self.kernel_size if self.stride is None else self.stride
        shown = [f"norm_type={self.norm_type}", f"kernel_size={self.kernel_size}", f"stride={stride}"]
        return ", ".join(shown + (["ceil_mode=True"] if self.ceil_mode else []))


class LPPool1d(_LPPool):
    """Take the p-norm of each window of a sequence. See ``F.lp_pool1d``.

    Args:
        norm_type: the power, other than 0: 1 for the sum, ``math.inf`` for the largest absolute value.
        kernel_size: how many elements a window has.
        stride: how far it is from one window to the next; by default ``kernel_size``.
        ceil_mode: whether the last window may reach beyond the end.

    Shape:
        ``(N, C, L) -> (N, C, L_out)`` or ``(C, L) -> (C, L_out)``

    Raises:
        ArgumentError: if a size is not positive, or ``norm_type`` is 0.

    Example:
        >>> nn.LPPool1d(2, 2)(Tensor([[3.0, 4.0, 5.0, 12.0]]))
        Tensor([[5.0, 13.0]])
    """

    _axes = 1


class LPPool2d(_LPPool):
    """Take the p-norm of each window of an image. See ``F.lp_pool2d``.

    Args:
        norm_type, kernel_size, stride, ceil_mode: as of ``LPPool1d``; each size is an integer, or a pair for
            height and width.

    Shape:
        ``(N, C, H, W) -> (N, C, H_out, W_out)`` or ``(C, H, W) -> (C, H_out, W_out)``

    Raises:
        ArgumentError: if a size is not positive, or ``norm_type`` is 0.

    Example:
        >>> nn.LPPool2d(2, 3, stride=2)(lucid.ones((1, 8, 29, 29))).shape
        (1, 8, 14, 14)
    """

    _axes = 2


class LPPool3d(_LPPool):
    """Take the p-norm of each window of a volume. See ``F.lp_pool3d``.

    Args:
        norm_type, kernel_size, stride, ceil_mode: as of ``LPPool1d``; each size is an integer, or three for
            depth, height and width.

    Shape:
        ``(N, C, D, H, W) -> (N, C, D_out, H_out, W_out)`` or
        ``(C, D, H, W) -> (C, D_out, H_out, W_out)``

    Raises:
        ArgumentError: if a size is not positive, or ``norm_type`` is 0.

    Example:
        >>> nn.LPPool3d(2, (1, 2, 2))(lucid.ones((1, 8, 4, 6, 6))).shape
        (1, 8, 4, 3, 3)
    """

    _axes = 3
