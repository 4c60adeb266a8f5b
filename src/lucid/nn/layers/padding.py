"""Padding with what is there, as layers: mirrored, its ends repeated, or as a ring. See ``F.pad``."""

from __future__ import annotations

from typing import Any, ClassVar

from lucid.errors import ArgumentError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.padding import padded, pairs_of
from lucid.nn.module import Module

AXES = {1: "L", 2: "H, W", 3: "D, H, W"}


class _Pad(Module):
    """What paddings of any number of axes share: the numbers, and the check of what is padded."""

    axes: ClassVar[int]
    mode: ClassVar[str]

    def __init__(self, padding: Any) -> None:
        super().__init__()
        name, ends = type(self).__name__, 2 * self.axes
        if checks.items(name, "padding", padding, "an integer or a tuple of integers") is None:
            padding = (checks.integer(name, "padding", padding),) * ends
        self.pairs = pairs_of(name, "padding", padding)
        self.padding = tuple(end for pair in self.pairs[::-1] for end in pair)
        if len(self.padding) != ends:
            raise ArgumentError(f"{name} expects padding to be one integer or {ends}, got {padding!r}")

    def forward(self, x: Any) -> Any:
        """Return ``F.pad(x, padding, mode)``, mode being that of the layer."""
        name, n = type(self).__name__, self.axes
        x = checks.as_tensor(name, "x", x)
        if x.ndim not in (n + 1, n + 2):
            raise ShapeError(
                f"{name} expects x of shape (N, C, {AXES[n]}) or (C, {AXES[n]}), got shape {x.shape}"
            )
        return padded(name, x, self.pairs, self.mode)

    def extra_repr(self) -> str:
        return str(self.padding)


class ReflectionPad1d(_Pad):
    """Continue sequences as if there were a mirror in the first and in the last element.

    Args:
        padding: one integer for both ends, or (left, right). Negative numbers take elements away.

    Shape:
        ``(N, C, L)`` or ``(C, L)`` ``-> (N, C, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has another number of axes, or an axis
            with no more elements than are added at an end.

    Example:
        >>> nn.ReflectionPad1d(2)(Tensor([[1.0, 2.0, 3.0]]))
        Tensor([[3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]])
    """

    axes = 1
    mode = "reflect"


class ReflectionPad2d(_Pad):
    """Continue images as if there were a mirror in the first and in the last element.

    Args:
        padding: one integer for all ends, or (left, right, top, bottom). Negative numbers take elements away.

    Shape:
        ``(N, C, H, W)`` or ``(C, H, W)`` ``-> (N, C, out, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has another number of axes, or an axis
            with no more elements than are added at an end.

    Example:
        >>> nn.ReflectionPad2d((1, 0, 0, 1))(Tensor([[[1.0, 2.0], [3.0, 4.0]]]))
        Tensor([[[2.0, 1.0, 2.0],
                 [4.0, 3.0, 4.0],
                 [2.0, 1.0, 2.0]]])
    """

    axes = 2
    mode = "reflect"


class ReflectionPad3d(_Pad):
    """Continue volumes as if there were a mirror in the first and in the last element.

    Args:
        padding: one integer for all ends, or (left, right, top, bottom, front, back).
            Negative numbers take elements away.

    Shape:
        ``(N, C, D, H, W)`` or ``(C, D, H, W)`` ``-> (N, C, out, out, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has another number of axes, or an axis
            with no more elements than are added at an end.

    Example:
        >>> nn.ReflectionPad3d(1)(lucid.zeros((2, 3, 3, 3))).shape
        (2, 5, 5, 5)
    """

    axes = 3
    mode = "reflect"


class ReplicationPad1d(_Pad):
    """Continue sequences by repeating the first and the last element.

    Args:
        padding: one integer for both ends, or (left, right). Negative numbers take elements away.

    Shape:
        ``(N, C, L)`` or ``(C, L)`` ``-> (N, C, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has another number of axes.

    Example:
        >>> nn.ReplicationPad1d(2)(Tensor([[1.0, 2.0, 3.0]]))
        Tensor([[1.0, 1.0, 1.0, 2.0, 3.0, 3.0, 3.0]])
    """

    axes = 1
    mode = "replicate"


class ReplicationPad2d(_Pad):
    """Continue images by repeating the first and the last element.

    Args:
        padding: one integer for all ends, or (left, right, top, bottom). Negative numbers take elements away.

    Shape:
        ``(N, C, H, W)`` or ``(C, H, W)`` ``-> (N, C, out, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has another number of axes.

    Example:
        >>> nn.ReplicationPad2d((1, 0, 0, 1))(Tensor([[[1.0, 2.0], [3.0, 4.0]]]))
        Tensor([[[1.0, 1.0, 2.0],
                 [3.0, 3.0, 4.0],
                 [3.0, 3.0, 4.0]]])
    """

    axes = 2
    mode = "replicate"


class ReplicationPad3d(_Pad):
    """Continue volumes by repeating the first and the last element.

    Args:
        padding: one integer for all ends, or (left, right, top, bottom, front, back).
            Negative numbers take elements away.

    Shape:
        ``(N, C, D, H, W)`` or ``(C, D, H, W)`` ``-> (N, C, out, out, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has another number of axes.

    Example:
        >>> nn.ReplicationPad3d(1)(lucid.zeros((2, 3, 3, 3))).shape
        (2, 5, 5, 5)
    """

    axes = 3
    mode = "replicate"


class CircularPad1d(_Pad):
    """Continue sequences at the other end, as if they were rings.

    Args:
        padding: one integer for both ends, or (left, right). Negative numbers take elements away.

    Shape:
        ``(N, C, L)`` or ``(C, L)`` ``-> (N, C, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has another number of axes, or an axis
            with fewer elements than are added at an end.

    Example:
        >>> nn.CircularPad1d(2)(Tensor([[1.0, 2.0, 3.0]]))
        Tensor([[2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0]])
    """

    axes = 1
    mode = "circular"


class CircularPad2d(_Pad):
    """Continue images at the other end, as if they were rings.

    Args:
        padding: one integer for all ends, or (left, right, top, bottom). Negative numbers take elements away.

    Shape:
        ``(N, C, H, W)`` or ``(C, H, W)`` ``-> (N, C, out, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has another number of axes, or an axis
            with fewer elements than are added at an end.

    Example:
        >>> nn.CircularPad2d((1, 0, 0, 1))(Tensor([[[1.0, 2.0], [3.0, 4.0]]]))
        Tensor([[[2.0, 1.0, 2.0],
                 [4.0, 3.0, 4.0],
                 [2.0, 1.0, 2.0]]])
    """

    axes = 2
    mode = "circular"


class CircularPad3d(_Pad):
    """Continue volumes at the other end, as if they were rings.

    Args:
        padding: one integer for all ends, or (left, right, top, bottom, front, back).
            Negative numbers take elements away.

    Shape:
        ``(N, C, D, H, W)`` or ``(C, D, H, W)`` ``-> (N, C, out, out, out)``

    Raises:
        ArgumentError: if there are neither one integer nor one for each end.
        ShapeError: if the input has another number of axes, or an axis
            with fewer elements than are added at an end.

    Example:
        >>> nn.CircularPad3d(1)(lucid.zeros((2, 3, 3, 3))).shape
        (2, 5, 5, 5)
    """

    axes = 3
    mode = "circular"
