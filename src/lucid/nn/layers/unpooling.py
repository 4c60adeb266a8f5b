"""Layers that put the largest elements of windows back where they stood."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.module import Module


class _MaxUnpool(Module):
    """What the layers share."""

    _axes = 0

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        layer, n = type(self).__name__, self._axes
        self.kernel_size = checks.per_axis(layer, "kernel_size", kernel_size, n, 1)
        self.stride = self.kernel_size if stride is None else checks.per_axis(layer, "stride", stride, n, 1)
        self.padding = checks.per_axis(layer, "padding", padding, n, 0)

    def forward(self, x: Any, indices: Any, output_size: Any = None) -> Any:
        """Return zeros with the elements of ``x`` where they stood.

        Args:
            x: the largest elements.
            indices: where they stood, as a ``MaxPool`` with ``return_indices=True`` returned it.
            output_size: the sizes of the image that was pooled, or its whole shape; needed if the pooling
                makes images of several sizes equally large.
        """
        function = getattr(F, f"max_unpool{self._axes}d")
        return function(x, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Undo ``MaxPool1d``, with zeros for what was lost. See ``F.max_unpool1d``.

    Args:
        kernel_size, stride, padding: as of the ``MaxPool1d``.

    Shape:
        ``(N, C, L) -> (N, C, L_out)`` or ``(C, L) -> (C, L_out)``

    Raises:
        ArgumentError: if a size is not positive.

    Example:
        >>> pool, unpool = nn.MaxPool1d(2, return_indices=True), nn.MaxUnpool1d(2)
        >>> unpool(*pool(Tensor([[1.0, 3.0, 2.0, 0.0]])))
        Tensor([[0.0, 3.0, 2.0, 0.0]])
        >>> x = Tensor([[1.0, 3.0, 2.0, 0.0, 5.0]])
        >>> unpool(*pool(x), output_size=x.shape)
        Tensor([[0.0, 3.0, 2.0, 0.0, 0.0]])
    """

    _axes = 1


class MaxUnpool2d(_MaxUnpool):
    """Undo ``MaxPool2d``, with zeros for what was lost. See ``F.max_unpool2d``.

    Args:
        kernel_size, stride, padding: as of the ``MaxPool2d``.

    Shape:
        ``(N, C, H, W) -> (N, C, H_out, W_out)`` or ``(C, H, W) -> (C, H_out, W_out)``

    Raises:
        ArgumentError: if a size is not positive.

    Example:
        >>> largest, at = nn.MaxPool2d(2, return_indices=True)(Tensor([[[1.0, 2.0], [4.0, 3.0]]]))
        >>> nn.MaxUnpool2d(2)(largest, at)
        Tensor([[[0.0, 0.0],
                 [4.0, 0.0]]])
    """

    _axes = 2


class MaxUnpool3d(_MaxUnpool):
    """Undo ``MaxPool3d``, with zeros for what was lost. See ``F.max_unpool3d``.

    Args:
        kernel_size, stride, padding: as of the ``MaxPool3d``.

    Shape:
        ``(N, C, D, H, W) -> (N, C, D_out, H_out, W_out)`` or
        ``(C, D, H, W) -> (C, D_out, H_out, W_out)``

    Raises:
        ArgumentError: if a size is not positive.

    Example:
        >>> largest, at = nn.MaxPool3d(2, return_indices=True)(lucid.ones((8, 4, 6, 6)))
        >>> nn.MaxUnpool3d(2)(largest, at).shape
        (8, 4, 6, 6)
    """

    _axes = 3
