"""Padding with a number, as layers. See ``F.pad``."""

from __future__ import annotations

from typing import Any

from lucid.errors import ShapeError
from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.layers.padding import AXES, _Pad


class _ConstantPad(_Pad):
    """A padding with a number of the user's."""

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        if not isinstance(value, (bool, int, float)):
            checks.number(type(self).__name__, "value", value)
        self.value = value

    def forward(self, x: Any) -> Any:
        """Return ``F.pad(x, padding, value=value)``; ``x`` may have any axes in front."""
        name, n = type(self).__name__, self.axes
        x = checks.as_tensor(name, "x", x)
        if x.ndim < n:
            raise ShapeError(f"{name} expects x of shape (*, {AXES[n]}), got shape {x.shape}")
        return F.pad(x, self.padding, value=self.value)

    def extra_repr(self) -> str:
        return f"{self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    """A padding with zeros."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0)

    def extra_repr(self) -> str:
        return str(self.padding)


class ConstantPad1d(_ConstantPad):
    """Surround sequences by a number.

    Args:
        padding: one integer for both ends, or (left, right). Negative numbers take elements away.
        value: the number.

    Shape:
        ``(*, L) -> (*, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has too few axes.

    Example:
        >>> nn.ConstantPad1d((1, 2), 9.0)(Tensor([[1.0, 2.0]]))
        Tensor([[9.0, 1.0, 2.0, 9.0, 9.0]])
    """

    axes = 1


class ConstantPad2d(_ConstantPad):
    """Surround images by a number.

    Args:
        padding: one integer for all ends, or (left, right, top, bottom). Negative numbers take elements away.
        value: the number.

    Shape:
        ``(*, H, W) -> (*, out, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has too few axes.

    Example:
        >>> nn.ConstantPad2d((1, 0, 0, 1), 9.0)(Tensor([[[1.0, 2.0]]]))
        Tensor([[[9.0, 1.0, 2.0],
                 [9.0, 9.0, 9.0]]])
    """

    axes = 2


class ConstantPad3d(_ConstantPad):
    """Surround volumes by a number.

    Args:
        padding: one integer for all ends, or (left, right, top, bottom, front, back).
            Negative numbers take elements away.
        value: the number.

    Shape:
        ``(*, D, H, W) -> (*, out, out, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has too few axes.

    Example:
        >>> nn.ConstantPad3d(1, 9.0)(lucid.zeros((2, 3, 3, 3))).shape
        (2, 5, 5, 5)
    """

    axes = 3


class ZeroPad1d(_ZeroPad):
    """Surround sequences by zeros.

    Args:
        padding: one integer for both ends, or (left, right). Negative numbers take elements away.

    Shape:
        ``(*, L) -> (*, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has too few axes.

    Example:
        >>> nn.ZeroPad1d(1)(Tensor([[1.0, 2.0]]))
        Tensor([[0.0, 1.0, 2.0, 0.0]])
    """

    axes = 1


class ZeroPad2d(_ZeroPad):
    """Surround images by zeros.

    Args:
        padding: one integer for all ends, or (left, right, top, bottom). Negative numbers take elements away.

    Shape:
        ``(*, H, W) -> (*, out, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has too few axes.

    Example:
        >>> nn.ZeroPad2d((1, 0, 0, 1))(Tensor([[[1.0, 2.0]]]))
        Tensor([[[0.0, 1.0, 2.0],
                 [0.0, 0.0, 0.0]]])
    """

    axes = 2


class ZeroPad3d(_ZeroPad):
    """Surround volumes by zeros.

    Args:
        padding: one integer for all ends, or (left, right, top, bottom, front, back).
            Negative numbers take elements away.

    Shape:
        ``(*, D, H, W) -> (*, out, out, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has too few axes.

    Example:
        >>> nn.ZeroPad3d(1)(lucid.zeros((2, 3, 3, 3))).shape
        (2, 5, 5, 5)
    """

    axes = 3
