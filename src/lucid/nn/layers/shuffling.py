"""Layers that move elements between channels and space."""

from __future__ import annotations

from typing import Any

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.module import Module


class PixelShuffle(Module):
    r"""Make images larger by their channels: each square of elements comes of as many channels.

    .. math:: y_{c,\, h r + i,\, w r + j} = x_{c r^2 + i r + j,\, h,\, w}

    Args:
        upscale_factor: the factor :math:`r`, a positive integer.

    Shape:
        ``(*, C r^2, H, W) -> (*, C, H r, W r)``

    Raises:
        ArgumentError: if the factor is not positive.
        ShapeError: if the number of channels is no multiple of :math:`r^2`.

    Example:
        >>> upscale = nn.Sequential(nn.Conv2d(8, 3 * 4, 3, padding=1), nn.PixelShuffle(2))
        >>> upscale(lucid.zeros((1, 8, 5, 5))).shape
        (1, 3, 10, 10)

    Shi et al., Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
    Neural Network, 2016.
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = checks.size("PixelShuffle", "upscale_factor", upscale_factor)

    def forward(self, x: Any) -> Any:
        """Return ``F.pixel_shuffle(x, upscale_factor)``."""
        return F.pixel_shuffle(x, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    r"""Make images smaller and give them more channels: ``PixelShuffle`` back.

    .. math:: y_{c r^2 + i r + j,\, h,\, w} = x_{c,\, h r + i,\, w r + j}

    Args:
        downscale_factor: the factor :math:`r`, a positive integer.

    Shape:
        ``(*, C, H r, W r) -> (*, C r^2, H, W)``

    Raises:
        ArgumentError: if the factor is not positive.
        ShapeError: if height or width are no multiples of :math:`r`.

    Example:
        >>> nn.PixelUnshuffle(2)(lucid.zeros((1, 3, 10, 10))).shape
        (1, 12, 5, 5)
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = checks.size("PixelUnshuffle", "downscale_factor", downscale_factor)

    def forward(self, x: Any) -> Any:
        """Return ``F.pixel_unshuffle(x, downscale_factor)``."""
        return F.pixel_unshuffle(x, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    r"""Mix the channels of groups: the first of each, then the second of each.

    .. math:: y_{n,\, i g + k} = x_{n,\, k C / g + i}

    Args:
        groups: the number of groups :math:`g`, a positive integer.

    Shape:
        ``(N, C, *) -> (N, C, *)``

    Raises:
        ArgumentError: if ``groups`` is not positive.
        ShapeError: if the number of channels is no multiple of ``groups``.

    Example:
        >>> nn.ChannelShuffle(2)(lucid.arange(4).reshape((1, 4, 1))).flatten()
        Tensor([0, 2, 1, 3])

    Zhang et al., ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices, 2018.
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = checks.size("ChannelShuffle", "groups", groups)

    def forward(self, x: Any) -> Any:
        """Return ``F.channel_shuffle(x, groups)``."""
        return F.channel_shuffle(x, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
