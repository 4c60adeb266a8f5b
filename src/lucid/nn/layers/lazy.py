"""Layers that learn from their first input how many features or channels come in, and then are plain ones.

Read next: ``lazy_normalization.py``.
"""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.linear import ACTIVATIONS
from lucid.nn.layers.convolution import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)
from lucid.nn.layers.linear import Linear
from lucid.nn.lazy import LazyModule, Shape
from lucid.nn.module import Module
from lucid.tensor import Tensor

# ----------------------------------------------------------------- linear maps


class LazyLinear(LazyModule, Linear):
    """A ``Linear`` that takes ``in_features`` from its first input.

    Until then its parameters have no shape, ``nn.UninitializedParameter``. They may be listed, moved, frozen
    and given to an optimizer, but not read. The first call, or state that is loaded, makes it a ``Linear``;
    its parameters stay the same objects, and those that had values keep them. After a call that fails it is
    as it was before, but for the state of the random generator.

    Args:
        out_features: the size of the vectors that go out.
        bias, activation, device, dtype: as of ``Linear``.

    Shape:
        ``(*, in_features) -> (*, out_features)``

    Raises:
        ArgumentError: if a size is not positive, or there is no such activation.

    Example:
        >>> layer = nn.LazyLinear(1)
        >>> layer
        LazyLinear(? -> 1)
        >>> layer(lucid.zeros((2, 9))).shape
        (2, 1)
        >>> layer
        Linear(9 -> 1)
    """

    cls_to_become = Linear
    _size_name = "in_features"

    def __init__(
        self,
        out_features: int,
        bias: bool = True,
        *,
        activation: str | None = None,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        checks.size("LazyLinear", "out_features", out_features)
        if activation is not None:
            checks.one_of("LazyLinear", "activation", activation, tuple(ACTIVATIONS))
        Linear.__init__(self, 1, out_features, bias, activation=activation, device=device, dtype=dtype)
        self._forget()

    def _size_of_input(self, x: Any) -> int:
        expect_tensor("LazyLinear", x)
        if not x.ndim:
            raise ShapeError("LazyLinear expects x of shape (*, in_features), got shape ()")
        return checks.size("LazyLinear", "in_features", x.shape[-1])

    def _size_of_state(self, name: str, shape: Shape) -> int | None:
        return shape[1] if name == "weight" and len(shape) == 2 else None

    def _state_shapes(self, size: int) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {"weight": (self.out_features, size)}
        return shapes if self.bias is None else {**shapes, "bias": (self.out_features,)}


# ----------------------------------------------------------------- convolutions


class _LazyConvolution(LazyModule, Module):
    """What lazy convolutions share, transposed or not."""

    _size_name = "in_channels"

    def _size_of_input(self, x: Any) -> int:
        layer: Any = self
        name, n = type(self).__name__, layer.axes
        expect_tensor(name, x)
        if x.ndim not in (n + 1, n + 2):
            space = ", ".join("LHWDHW"[n * (n - 1) // 2 :][:n])
            raise ShapeError(
                f"{name} expects x of shape (N, in_channels, {space}) or (in_channels, {space}), "
                f"got shape {x.shape}"
            )
        size = checks.size(name, "in_channels", x.shape[-n - 1])
        if size % layer.groups:
            raise ArgumentError(
                f"{name} expects in_channels to be a multiple of groups, got {size} and {layer.groups}"
            )
        return size

    def _size_of_state(self, name: str, shape: Shape) -> int | None:
        layer: Any = self
        if name != "weight" or len(shape) != layer.axes + 2:
            return None
        groups: int = layer.groups
        if layer.transposed:
            return None if shape[0] % groups else shape[0]
        return shape[1] * groups

    def _state_shapes(self, size: int) -> dict[str, Shape]:
        layer: Any = self
        out = layer.out_channels
        ends = (size, out // layer.groups) if layer.transposed else (out, size // layer.groups)
        shapes: dict[str, Shape] = {"weight": (*ends, *layer.kernel_size)}
        return shapes if layer.bias is None else {**shapes, "bias": (out,)}


class _LazyConv(_LazyConvolution):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        channels = checks.size(type(self).__name__, "groups", groups)  # the fewest that can be
        options: Any = (stride, padding, dilation, groups, bias, padding_mode)
        self.cls_to_become.__init__(  # type: ignore[misc]
            self, channels, out_channels, kernel_size, *options, device=device, dtype=dtype
        )
        self._forget()


class _LazyConvTranspose(_LazyConvolution):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        channels = checks.size(type(self).__name__, "groups", groups)
        options: Any = (stride, padding, output_padding, groups, bias, dilation, padding_mode)
        self.cls_to_become.__init__(  # type: ignore[misc]
            self, channels, out_channels, kernel_size, *options, device=device, dtype=dtype
        )
        self._forget()


class LazyConv1d(_LazyConv, Conv1d):
    """A ``Conv1d`` that takes ``in_channels`` from its first input; see ``LazyLinear``, ``LazyConv2d``.

    Shape:
        ``(N, in_channels, L)`` or ``(in_channels, L)`` ``-> (N, out_channels, out)``

    Example:
        >>> nn.LazyConv1d(4, 3)(lucid.zeros((8, 2, 10))).shape
        (8, 4, 8)
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """A ``Conv2d`` that takes ``in_channels`` from its first input; see ``LazyLinear``.

    Args:
        out_channels: the channels of the images that go out.
        kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype: as of ``Conv2d``.

    Shape:
        ``(N, in_channels, H, W)`` or ``(in_channels, H, W)`` ``-> (N, out_channels, out, out)``

    Raises:
        ArgumentError: if an option has a value that it can't have.

    Example:
        >>> model = nn.Sequential(nn.LazyConv2d(16, 3), nn.LazyConv2d(8, 1))
        >>> model(lucid.zeros((8, 3, 6, 6))).shape
        (8, 8, 4, 4)
        >>> model
        Sequential(
          (0): Conv2d(3 -> 16, kernel_size=(3, 3))
          (1): Conv2d(16 -> 8, kernel_size=(1, 1))
        )
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """A ``Conv3d`` that takes ``in_channels`` from its first input; see ``LazyLinear``, ``LazyConv2d``.

    Shape:
        ``(N, in_channels, D, H, W)`` or ``(in_channels, D, H, W)`` ``-> (N, out_channels, out, out, out)``

    Example:
        >>> nn.LazyConv3d(2, (1, 3, 3))(lucid.zeros((1, 4, 8, 8))).shape
        (2, 4, 6, 6)
    """

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A ``ConvTranspose1d`` that takes ``in_channels`` from its first input; see ``LazyConvTranspose2d``.

    Shape:
        ``(N, in_channels, L)`` or ``(in_channels, L)`` ``-> (N, out_channels, out)``

    Example:
        >>> nn.LazyConvTranspose1d(2, 4, stride=2, padding=1)(lucid.zeros((8, 4, 5))).shape
        (8, 2, 10)
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A ``ConvTranspose2d`` that takes ``in_channels`` from its first input; see ``LazyLinear``.

    Args:
        out_channels: the channels of the images that go out.
        kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, device, dtype: as
            of ``ConvTranspose2d``.

    Shape:
        ``(N, in_channels, H, W)`` or ``(in_channels, H, W)`` ``-> (N, out_channels, out, out)``

    Raises:
        ArgumentError: if an option has a value that it can't have.

    Example:
        >>> layer = nn.LazyConvTranspose2d(3, 2, stride=2)
        >>> layer
        LazyConvTranspose2d(? -> 3, kernel_size=(2, 2), stride=(2, 2))
        >>> layer(lucid.zeros((8, 16, 5, 5))).shape
        (8, 3, 10, 10)
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A ``ConvTranspose3d`` that takes ``in_channels`` from its first input; see ``LazyConvTranspose2d``.

    Shape:
        ``(N, in_channels, D, H, W)`` or ``(in_channels, D, H, W)`` ``-> (N, out_channels, out, out, out)``

    Example:
        >>> nn.LazyConvTranspose3d(2, 2, stride=2)(lucid.zeros((1, 4, 3, 3, 3))).shape
        (1, 2, 6, 6, 6)
    """

    cls_to_become = ConvTranspose3d


def expect_tensor(layer: str, x: Any) -> None:
    """Raise unless ``x`` is a Tensor."""
    if not isinstance(x, Tensor):
        raise ArgumentTypeError(
            f"{layer} expects a Tensor, got {type(x).__name__}: write lucid.asarray(...) around it"
        )
