"""Convolutions with weights to learn. What layers share comes first; each adds its number of axes."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn import functional as F
from lucid.nn import init
from lucid.nn.functional import checks
from lucid.nn.functional.padding import padded, paddings
from lucid.nn.module import Module
from lucid.nn.parameter import Parameter
from lucid.ops import empty
from lucid.tensor import Tensor

MODES = ("zeros", "reflect", "replicate", "circular")


class _Convolution(Module):
    """What convolutions of any number of axes share: options, weight and bias."""

    axes: ClassVar[int]
    transposed: ClassVar[bool] = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: str | None,
        dtype: Any,
    ) -> None:
        super().__init__()
        name, n = type(self).__name__, self.axes
        self.in_channels = checks.size(name, "in_channels", in_channels)
        self.out_channels = checks.size(name, "out_channels", out_channels)
        self.groups = checks.size(name, "groups", groups)
        for what, count in (("in_channels", self.in_channels), ("out_channels", self.out_channels)):
            if count % self.groups:
                raise ArgumentError(
                    f"{name} expects {what} to be a multiple of groups, got {count} and {self.groups}"
                )
        self.kernel_size = checks.per_axis(name, "kernel_size", kernel_size, n, 1)
        self.stride = checks.per_axis(name, "stride", stride, n, 1)
        self.dilation = checks.per_axis(name, "dilation", dilation, n, 1)
        checks.one_of(name, "padding_mode", padding_mode, MODES)
        self.padding_mode = padding_mode
        # As one number for each axis, or the word; and as what comes before and after each axis.
        self.pairs = paddings(name, padding, self.kernel_size, self.stride, self.dilation)
        self.padding = padding if isinstance(padding, str) else tuple(before for before, _ in self.pairs)
        of, to = self.in_channels, self.out_channels
        shape = (of, to // self.groups) if self.transposed else (to, of // self.groups)
        self.weight = Parameter(empty((*shape, *self.kernel_size), dtype=dtype, device=device))
        self.bias = Parameter(empty((to,), dtype=dtype, device=device)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights."""
        bound = 1 / math.sqrt(math.prod(self.weight.shape[1:]))
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def _check(self, x: Any) -> None:
        name, n = type(self).__name__, self.axes
        if not isinstance(x, Tensor):
            raise ArgumentTypeError(
                f"{name} expects a Tensor, got {type(x).__name__}: write lucid.asarray(...) around it"
            )
        if x.ndim not in (n + 1, n + 2) or x.shape[-n - 1] != self.in_channels:
            space = ", ".join("LHWDHW"[n * (n - 1) // 2 :][:n])
            raise ShapeError(
                f"{name} expects x of shape (N, {self.in_channels}, {space}) or "
                f"({self.in_channels}, {space}), got shape {x.shape}{self._fix(x)}"
            )

    def _fix(self, x: Any) -> str:
        """Return what would bring ``x``, whose shape is wrong, in order, as the end of an error message."""
        n = self.axes
        if self.in_channels == 1 and x.ndim == n + 1:
            return ": write x[:, None] for a batch without an axis of channels"
        if x.ndim in (n + 1, n + 2) and x.shape[-1] == self.in_channels:
            order = (*range(x.ndim - n - 1), x.ndim - 1, *range(x.ndim - n - 1, x.ndim - 1))
            return f": channels come before space, so write lucid.permute_dims(x, {order})"
        return ""

    def extra_repr(self) -> str:
        parts = [f"{self.in_channels} -> {self.out_channels}", f"kernel_size={self.kernel_size}"]
        n = self.axes
        usual = {
            "stride": (1,) * n,
            "padding": (0,) * n,
            "output_padding": (0,) * n,
            "dilation": (1,) * n,
            "groups": 1,
            "padding_mode": "zeros",
        }
        for name, value in usual.items():
            if getattr(self, name, value) != value:
                parts.append(f"{name}={getattr(self, name)!r}")
        if self.bias is None:
            parts.append("bias=False")
        return ", ".join(parts)


class _Conv(_Convolution):
    """A convolution: see ``Conv2d``."""

    def __init__(
        self,
        in_channels: int,
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
        options = (stride, padding, dilation, groups, bias, padding_mode, device, dtype)
        super().__init__(in_channels, out_channels, kernel_size, *options)

    def forward(self, x: Any) -> Any:
        """Return ``x`` padded and convolved."""
        self._check(x)
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            x = padded(type(self).__name__, x, self.pairs, self.padding_mode)
            padding = 0
        function = _FUNCTIONS[self.axes - 1]
        return function(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class _ConvTranspose(_Convolution):
    """A transposed convolution: see ``ConvTranspose2d``."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
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
        name = type(self).__name__
        checks.one_of(name, "padding_mode", padding_mode, MODES[:1])
        padding = checks.per_axis(name, "padding", padding, self.axes, 0)
        options = (stride, padding, dilation, groups, bias, padding_mode, device, dtype)
        super().__init__(in_channels, out_channels, kernel_size, *options)
        self.output_padding = checks.per_axis(name, "output_padding", output_padding, self.axes, 0)
        for a, s, d in zip(self.output_padding, self.stride, self.dilation, strict=True):
            if a >= max(s, d):
                raise ArgumentError(
                    f"{name} expects output_padding to be smaller than stride or dilation, got "
                    f"output_padding={self.output_padding}, stride={self.stride}, dilation={self.dilation}"
                )

    def forward(self, x: Any, output_size: Any = None) -> Any:
        """Return ``x`` spread by the kernel.

        Args:
            x: a Tensor.
            output_size: the sizes of the result along the axes of space, or its whole shape. Of the sizes
                that the convolution makes equal it picks one; by default ``output_padding`` does.

        Raises:
            ArgumentError: if the result can't have that size.
        """
        self._check(x)
        more = self.output_padding if output_size is None else self._output_padding(x, output_size)
        function = _TRANSPOSED[self.axes - 1]
        options = (self.stride, self.padding, more, self.groups, self.dilation)
        return function(x, self.weight, self.bias, *options)

    def _output_padding(self, x: Any, output_size: Any) -> tuple[int, ...]:
        name, n = type(self).__name__, self.axes
        whole = isinstance(output_size, (tuple, list)) and len(output_size) == x.ndim
        wanted = checks.per_axis(name, "output_size", output_size[-n:] if whole else output_size, n, 1)
        each = zip(x.shape[-n:], self.kernel_size, self.stride, self.pairs, self.dilation, strict=True)
        smallest = tuple((m - 1) * s - 2 * p + d * (k - 1) + 1 for m, k, s, (p, _), d in each)
        largest = tuple(m + s - 1 for m, s in zip(smallest, self.stride, strict=True))
        if any(not low <= m <= high for low, m, high in zip(smallest, wanted, largest, strict=True)):
            raise ArgumentError(
                f"{name} expects output_size from {smallest} to {largest} for x of shape {x.shape}, "
                f"got {wanted}"
            )
        return tuple(m - low for m, low in zip(wanted, smallest, strict=True))


_FUNCTIONS = (F.conv1d, F.conv2d, F.conv3d)
_TRANSPOSED = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)


class Conv1d(_Conv):
    """Convolve sequences; see ``Conv2d`` for the arguments.

    Attributes:
        weight: Parameter of shape ``(out_channels, in_channels / groups, kL)``.
        bias: Parameter of shape ``(out_channels,)``, or None.

    Shape:
        ``(N, in_channels, L)`` or ``(in_channels, L)`` ``-> (N, out_channels, out)``

    Raises:
        ArgumentError: if an option has a value that it can't have.
        ShapeError: if the input has another number of axes or channels.

    Example:
        >>> nn.Conv1d(2, 4, 3, padding="same")(lucid.zeros((8, 2, 10))).shape
        (8, 4, 10)
    """

    axes = 1


class Conv2d(_Conv):
    r"""Convolve images with kernels to learn, and shift each channel; the formula is with ``F.conv2d``.

    Both weight and bias begin uniform in :math:`\pm 1 / \sqrt{n}`, with n the number of weights of an output
    channel.

    Args:
        in_channels: the channels of the images that come in.
        out_channels: the channels of those that go out.
        kernel_size, stride, padding, dilation: an integer, or a tuple with one for each axis. ``padding`` may
            also be ``"valid"``, which is none, or ``"same"``, which keeps the size.
        groups: into how many parts the channels are cut. Each part of the output sees one part of the input.
        bias: whether to shift.
        padding_mode: what the padding is: ``"zeros"``; ``"reflect"``, the image mirrored at its first and
            last element; ``"replicate"``, these repeated; ``"circular"``, the other end of the image.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        weight: Parameter of shape ``(out_channels, in_channels / groups, kH, kW)``.
        bias: Parameter of shape ``(out_channels,)``, or None.

    Shape:
        ``(N, in_channels, H, W)`` or ``(in_channels, H, W)`` ``-> (N, out_channels, out, out)``, where
        ``out = (size + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1``

    Raises:
        ArgumentError: if an option has a value that it can't have.
        ShapeError: if the input has another number of axes or channels.

    Example:
        >>> layer = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        >>> layer
        Conv2d(3 -> 16, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1))
        >>> layer(lucid.zeros((8, 3, 32, 32))).shape
        (8, 16, 16, 16)

    LeCun et al., Backpropagation Applied to Handwritten Zip Code Recognition, 1989.
    """

    axes = 2


class Conv3d(_Conv):
    """Convolve volumes; see ``Conv2d`` for the arguments.

    Attributes:
        weight: Parameter of shape ``(out_channels, in_channels / groups, kD, kH, kW)``.
        bias: Parameter of shape ``(out_channels,)``, or None.

    Shape:
        ``(N, in_channels, D, H, W)`` or ``(in_channels, D, H, W)`` ``-> (N, out_channels, out, out, out)``

    Raises:
        ArgumentError: if an option has a value that it can't have.
        ShapeError: if the input has another number of axes or channels.

    Example:
        >>> nn.Conv3d(1, 2, (1, 3, 3))(lucid.zeros((1, 4, 8, 8))).shape
        (2, 4, 6, 6)
    """

    axes = 3


class ConvTranspose1d(_ConvTranspose):
    """Spread sequences by a kernel; see ``ConvTranspose2d`` for the arguments.

    Attributes:
        weight: Parameter of shape ``(in_channels, out_channels / groups, kL)``.
        bias: Parameter of shape ``(out_channels,)``, or None.

    Shape:
        ``(N, in_channels, L)`` or ``(in_channels, L)`` ``-> (N, out_channels, out)``

    Raises:
        ArgumentError: if an option has a value that it can't have.
        ShapeError: if the input has another number of axes or channels.

    Example:
        >>> nn.ConvTranspose1d(4, 2, 4, stride=2, padding=1)(lucid.zeros((8, 4, 5))).shape
        (8, 2, 10)
    """

    axes = 1


class ConvTranspose2d(_ConvTranspose):
    r"""Spread images by kernels to learn; the formula is with ``F.conv_transpose2d``.

    It is the gradient of ``Conv2d`` by its input, and makes images larger where that makes them smaller.
    Both weight and bias begin uniform in :math:`\pm 1 / \sqrt{n}`, with n the number of weights of an input
    channel.

    Args:
        in_channels: the channels of the images that come in.
        out_channels: the channels of those that go out.
        kernel_size, stride, padding, output_padding, dilation: an integer, or a tuple with one for each axis.
            ``padding`` is cut off from both ends of the result, ``output_padding`` less from the last.
        groups: into how many parts the channels are cut. Each part of the output sees one part of the input.
        bias: whether to shift.
        padding_mode: ``"zeros"``; there is no other.
        device, dtype: of the parameters; by default the CPU and float32.

    Attributes:
        weight: Parameter of shape ``(in_channels, out_channels / groups, kH, kW)``.
        bias: Parameter of shape ``(out_channels,)``, or None.

    Shape:
        ``(N, in_channels, H, W)`` or ``(in_channels, H, W)`` ``-> (N, out_channels, out, out)``, where
        ``out = (size - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1``

    Raises:
        ArgumentError: if an option has a value that it can't have.
        ShapeError: if the input has another number of axes or channels.

    Example:
        >>> layer = nn.ConvTranspose2d(16, 3, 3, stride=2, padding=1)
        >>> layer(lucid.zeros((8, 16, 16, 16))).shape
        (8, 3, 31, 31)
        >>> layer(lucid.zeros((8, 16, 16, 16)), output_size=(32, 32)).shape
        (8, 3, 32, 32)

    Zeiler et al., Deconvolutional Networks, 2010.
    """

    axes = 2


class ConvTranspose3d(_ConvTranspose):
    """Spread volumes by a kernel; see ``ConvTranspose2d`` for the arguments.

    Attributes:
        weight: Parameter of shape ``(in_channels, out_channels / groups, kD, kH, kW)``.
        bias: Parameter of shape ``(out_channels,)``, or None.

    Shape:
        ``(N, in_channels, D, H, W)`` or ``(in_channels, D, H, W)`` ``-> (N, out_channels, out, out, out)``

    Raises:
        ArgumentError: if an option has a value that it can't have.
        ShapeError: if the input has another number of axes or channels.

    Example:
        >>> nn.ConvTranspose3d(4, 2, 2, stride=2)(lucid.zeros((1, 4, 3, 3, 3))).shape
        (1, 2, 6, 6, 6)
    """

    axes = 3
