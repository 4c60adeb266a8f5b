"""Blocks that image models are built of: a few layers that are always used together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from lucid.errors import ArgumentError, ShapeError
from lucid.nn import functional as F
from lucid.nn.containers import ModuleList, Sequential
from lucid.nn.functional import checks
from lucid.nn.layers.activation import ReLU
from lucid.nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from lucid.nn.layers.batch_normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d
from lucid.nn.layers.convolution import Conv1d, Conv2d, Conv3d
from lucid.nn.layers.linear import Linear
from lucid.nn.module import Module
from lucid.ops import stack, sum

_CONVOLUTIONS = (Conv1d, Conv2d, Conv3d)
_NORMS = (BatchNorm1d, BatchNorm2d, BatchNorm3d)

# ----------------------------------------------------------------- convolutions


class _ConvBNReLU(Module):
    axes: ClassVar[int]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        conv_bias: bool = True,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        bn_affine: bool = True,
        track_running_stats: bool = True,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name, n = type(self).__name__, self.axes - 1
        checks.truth(name, "conv_bias", conv_bias)
        checks.truth(name, "bn_affine", bn_affine)
        options = (stride, padding, dilation, groups, conv_bias)
        made_on = {"device": device, "dtype": dtype}
        self.conv = _CONVOLUTIONS[n](in_channels, out_channels, kernel_size, *options, **made_on)
        self.bn = _NORMS[n](
            out_channels, eps, momentum, bn_affine, track_running_stats, activation="relu", **made_on
        )

    def forward(self, x: Any) -> Any:
        """Return ``x`` convolved, normalised, and 0 where it is negative then."""
        return self.bn(self.conv(x))


class ConvBNReLU1d(_ConvBNReLU):
    """Convolve sequences, normalise and apply relu; see ``ConvBNReLU2d`` for the arguments.

    Shape:
        ``(N, in_channels, L) -> (N, out_channels, out)``

    Example:
        >>> nn.ConvBNReLU1d(2, 4, 3, padding=1)(lucid.ones((2, 2, 5))).shape
        (2, 4, 5)
    """

    axes = 1


class ConvBNReLU2d(_ConvBNReLU):
    r"""Convolve images, normalise and apply relu.

    .. math:: y = \max(\operatorname{batchnorm}(\operatorname{conv}(x)), 0)

    The last two are computed in the same pass over memory.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups: as of ``Conv2d``.
        conv_bias: whether the convolution shifts. While training, normalisation takes the shift away again.
        eps, momentum, track_running_stats: as of ``BatchNorm2d``.
        bn_affine: whether the normalisation scales and shifts.
        device, dtype: of the parameters and statistics; by default the CPU and float32.

    Attributes:
        conv: the convolution.
        bn: the normalisation, with its activation.

    Shape:
        ``(N, in_channels, H, W) -> (N, out_channels, out, out)``, sizes as of ``Conv2d``

    Raises:
        ArgumentError: if an option has a value that it can't have.
        ShapeError: if the input has another number of axes or channels.

    Example:
        >>> layer = nn.ConvBNReLU2d(3, 8, 3, padding=1, conv_bias=False)
        >>> layer
        ConvBNReLU2d(
          (conv): Conv2d(3 -> 8, kernel_size=(3, 3), padding=(1, 1), bias=False)
          (bn): BatchNorm2d(8, activation='relu')
        )
        >>> layer(lucid.ones((2, 3, 6, 6))).shape
        (2, 8, 6, 6)

    Ioffe and Szegedy, Batch Normalization, 2015.
    """

    axes = 2


class ConvBNReLU3d(_ConvBNReLU):
    """Convolve volumes, normalise and apply relu; see ``ConvBNReLU2d`` for the arguments.

    Shape:
        ``(N, in_channels, D, H, W) -> (N, out_channels, out, out, out)``

    Example:
        >>> nn.ConvBNReLU3d(2, 4, 3, padding=1)(lucid.ones((2, 2, 3, 4, 4))).shape
        (2, 4, 3, 4, 4)
    """

    axes = 3


class _DepthSeparableConv(Module):
    axes: ClassVar[int]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        bias: bool = True,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name, conv = type(self).__name__, _CONVOLUTIONS[self.axes - 1]
        checks.size(name, "in_channels", in_channels)
        checks.truth(name, "bias", bias)
        options = (stride, padding, dilation, in_channels, bias)
        made_on = {"device": device, "dtype": dtype}
        self.depthwise = conv(in_channels, in_channels, kernel_size, *options, **made_on)
        self.pointwise = conv(in_channels, out_channels, 1, bias=bias, **made_on)

    def forward(self, x: Any) -> Any:
        """Return ``pointwise(depthwise(x))``."""
        return self.pointwise(self.depthwise(x))


class DepthSeparableConv1d(_DepthSeparableConv):
    """Convolve each channel of sequences, then mix them; see ``DepthSeparableConv2d`` for the arguments.

    Shape:
        ``(N, in_channels, L)`` or ``(in_channels, L)`` ``-> (N, out_channels, out)``

    Example:
        >>> nn.DepthSeparableConv1d(2, 4, 3)(lucid.ones((2, 2, 5))).shape
        (2, 4, 3)
    """

    axes = 1


class DepthSeparableConv2d(_DepthSeparableConv):
    """Convolve each channel of images with a kernel of its own, then mix the channels at each place.

    It needs about ``out_channels`` times fewer weights and products than ``Conv2d`` of a large kernel.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation: as of ``Conv2d``.
        bias: whether both convolutions shift.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        depthwise: the convolution of ``in_channels`` groups.
        pointwise: the one with kernels of one element.

    Shape:
        ``(N, in_channels, H, W)`` or ``(in_channels, H, W)`` ``-> (N, out_channels, out, out)``

    Raises:
        ArgumentError: if an option has a value that it can't have.
        ShapeError: if the input has another number of axes or channels.

    Example:
        >>> layer = nn.DepthSeparableConv2d(3, 8, 3, padding="same")
        >>> layer(lucid.ones((2, 3, 6, 6))).shape
        (2, 8, 6, 6)

    Sifre, Rigid-Motion Scattering for Image Classification, 2014. Chollet, Xception: Deep Learning with
    Depthwise Separable Convolutions, 2017.
    """

    axes = 2


class DepthSeparableConv3d(_DepthSeparableConv):
    """Convolve each channel of volumes, then mix them; see ``DepthSeparableConv2d`` for the arguments.

    Shape:
        ``(N, in_channels, D, H, W)`` or ``(in_channels, D, H, W)`` ``-> (N, out_channels, out, out, out)``

    Example:
        >>> nn.DepthSeparableConv3d(2, 4, 2)(lucid.ones((2, 2, 3, 4, 4))).shape
        (2, 4, 2, 3, 3)
    """

    axes = 3


# ----------------------------------------------------------------- gates


class SEModule(Module):
    r"""Multiply each channel of an image by a gate that sees the means of all: squeeze and excitation.

    .. math:: y = x \, \sigma(W_2 \max(W_1 \operatorname{mean}_{h,w}(x) + b_1, 0) + b_2)

    Args:
        in_channels: how many channels there are.
        reduction: by how much fewer the hidden units of the gate are.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        fc1: Linear from the channels to ``in_channels // reduction`` hidden units.
        fc2: Linear back to the channels.

    Shape:
        ``(N, in_channels, H, W) -> (N, in_channels, H, W)``

    Raises:
        ArgumentError: if a size is not positive, or ``reduction`` leaves no hidden unit.
        ShapeError: if the input has other axes or channels.

    Example:
        >>> nn.SEModule(32)(lucid.ones((2, 32, 4, 4))).shape
        (2, 32, 4, 4)

    Hu, Shen and Sun, Squeeze-and-Excitation Networks, 2018.
    """

    def __init__(
        self, in_channels: int, reduction: int = 16, *, device: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_channels = checks.size("SEModule", "in_channels", in_channels)
        hidden = _reduced("SEModule", "in_channels", self.in_channels, reduction)
        self.fc1 = Linear(self.in_channels, hidden, activation="relu", device=device, dtype=dtype)
        self.fc2 = Linear(hidden, self.in_channels, activation="sigmoid", device=device, dtype=dtype)

    def forward(self, x: Any) -> Any:
        """Return ``x`` times the gate of each channel."""
        x = _images("SEModule", x, self.in_channels)
        gate = self.fc2(self.fc1(x.mean(axis=(2, 3))))
        return x * gate.reshape((*gate.shape, 1, 1))


class SelectiveKernel(Module):
    r"""Convolve images with kernels of several sizes, and let each channel choose among the results.

    .. math:: y_c = \sum_b \operatorname{softmax}_b(a_{b,c}) \, u_{b,c}, \qquad
        a = W_2 \max(\operatorname{batchnorm}(W_1 \operatorname{mean}_{h,w} \textstyle\sum_b u_b), 0)

    where :math:`u_b` is the result of branch :math:`b`: convolved, normalised and 0 where negative.

    Args:
        in_channels: the channels of the images that come in.
        out_channels: the channels of those that go out.
        kernel_sizes: the size of each branch's kernel.
        stride: how far the kernels move.
        padding: ``"same"``, an integer, or None for half of each kernel. The results of all branches must
            have one size.
        groups: into how many parts the channels are cut.
        reduction: by how much fewer than ``out_channels`` the hidden units are that the choice is made by.
        device, dtype: of the parameters and statistics; by default the CPU and float32.

    Attributes:
        branches: a ``ConvBNReLU2d`` for each kernel.
        attention: what computes :math:`a`.

    Shape:
        ``(N, in_channels, H, W) -> (N, out_channels, out, out)``

    Raises:
        ArgumentError: if a size is not positive, there are no kernels, ``reduction`` leaves no hidden unit,
            or the branches' results differ in size.
        ShapeError: if the input has other axes or channels, or is one example in training: the hidden units
            are normalised over the batch.

    Example:
        >>> layer = nn.SelectiveKernel(3, 32, [3, 5])
        >>> layer(lucid.ones((2, 3, 6, 6))).shape
        (2, 32, 6, 6)

    Li et al., Selective Kernel Networks, 2019.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_sizes: Sequence[int],
        stride: int = 1,
        padding: Any = None,
        groups: int = 1,
        reduction: int = 16,
        *,
        device: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        name = "SelectiveKernel"
        self.in_channels = checks.size(name, "in_channels", in_channels)
        self.out_channels = checks.size(name, "out_channels", out_channels)
        kernels = _kernels(name, kernel_sizes, padding)
        hidden = _reduced(name, "out_channels", self.out_channels, reduction)
        made_on: dict[str, Any] = {"device": device, "dtype": dtype}
        self.branches = ModuleList(
            ConvBNReLU2d(
                self.in_channels,
                self.out_channels,
                k,
                stride,
                k // 2 if padding is None else padding,
                groups=groups,
                conv_bias=False,
                **made_on,
            )
            for k in kernels
        )
        self.attention = Sequential(
            AdaptiveAvgPool2d(1),
            Conv2d(self.out_channels, hidden, 1, bias=False, **made_on),
            BatchNorm2d(hidden, **made_on),
            ReLU(),
            Conv2d(hidden, len(kernels) * self.out_channels, 1, bias=False, **made_on),
        )

    def forward(self, x: Any) -> Any:
        """Return the sum of the branches' results, weighted by the choice of each channel."""
        x = _images("SelectiveKernel", x, self.in_channels)
        results = stack([branch(x) for branch in self.branches], axis=1)
        scores = self.attention(sum(results, axis=1))
        scores = scores.reshape((x.shape[0], len(self.branches), self.out_channels, 1, 1))
        return sum(results * F.softmax(scores, 1), axis=1)


def _reduced(layer: str, name: str, channels: int, reduction: Any) -> int:
    """Return how many hidden units there are."""
    divisor = checks.size(layer, "reduction", reduction)
    if divisor > channels:
        raise ArgumentError(
            f"{layer} expects reduction of at most {name}, got {divisor} and {channels}: "
            "no hidden unit would be left"
        )
    return channels // divisor


def _kernels(layer: str, kernel_sizes: Any, padding: Any) -> list[int]:
    """Return the sizes of the kernels, whose results must be of one size."""
    if not isinstance(kernel_sizes, (tuple, list)) or not kernel_sizes:
        raise ArgumentError(f"{layer} expects kernel_sizes to be a list of integers, got {kernel_sizes!r}")
    kernels = [checks.size(layer, "kernel_sizes", k) for k in kernel_sizes]
    grown = {(2 * (k // 2) if padding is None else 0) - k for k in kernels}
    if padding != "same" and len(grown) > 1:
        raise ArgumentError(
            f"{layer} expects kernel_sizes whose results are of one size, got {kernels} with "
            f"padding={padding!r}: take odd sizes with padding=None, or padding='same'"
        )
    return kernels


def _images(layer: str, x: Any, channels: int) -> Any:
    """Return ``x``, which must be images of so many channels."""
    x = checks.floating(layer, "x", x)
    if x.ndim != 4 or x.shape[1] != channels:
        raise ShapeError(f"{layer} expects x of shape (N, {channels}, H, W), got {x.shape}")
    return x
