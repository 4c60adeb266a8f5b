"""Functions that move elements between channels and space, or part an axis in several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.ops import permute_dims, reshape
from lucid.ops.axes import normalize_axis

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle", "unflatten"]


def pixel_shuffle(x: Any, upscale_factor: int) -> Any:
    r"""Return images with ``upscale_factor`` times as many rows and columns, made of their channels.

    With :math:`r` the factor, channel :math:`c` of the result has in each square of :math:`r \times r`
    elements those of the channels from :math:`c r^2` on:

    .. math:: y_{c,\, h r + i,\, w r + j} = x_{c r^2 + i r + j,\, h,\, w}

    Args:
        x: a Tensor.
        upscale_factor: the factor :math:`r`, a positive integer.

    Shape:
        ``(*, C r^2, H, W) -> (*, C, H r, W r)``

    Raises:
        ShapeError: if the number of channels is no multiple of :math:`r^2`, or there are no channels.
        ArgumentError: if the factor is not positive.

    Example:
        >>> F.pixel_shuffle(Tensor([1.0, 2.0, 3.0, 4.0]).reshape((4, 1, 1)), 2)
        Tensor([[[1.0, 2.0],
                 [3.0, 4.0]]])

    Shi et al., Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
    Neural Network, 2016.
    """
    r = checks.size("pixel_shuffle", "upscale_factor", upscale_factor)
    x = checks.as_tensor("pixel_shuffle", "x", x)
    if x.ndim < 3 or x.shape[-3] % r**2:
        raise ShapeError(
            f"pixel_shuffle expects x of shape (*, C, H, W), C a multiple of {r**2} (upscale_factor={r}), "
            f"got shape {x.shape}"
        )
    *lead, channels, height, width = x.shape
    n, channels = len(lead), channels // r**2
    x = reshape(x, (*lead, channels, r, r, height, width))
    x = permute_dims(x, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return reshape(x, (*lead, channels, height * r, width * r))


def pixel_unshuffle(x: Any, downscale_factor: int) -> Any:
    r"""Return images with as many times fewer rows and columns, and more channels: ``pixel_shuffle`` back.

    .. math:: y_{c r^2 + i r + j,\, h,\, w} = x_{c,\, h r + i,\, w r + j}

    Args:
        x: a Tensor.
        downscale_factor: the factor :math:`r`, a positive integer.

    Shape:
        ``(*, C, H r, W r) -> (*, C r^2, H, W)``

    Raises:
        ShapeError: if height or width are no multiples of :math:`r`, or there are no channels.
        ArgumentError: if the factor is not positive.

    Example:
        >>> F.pixel_unshuffle(Tensor([[[1.0, 2.0], [3.0, 4.0]]]), 2).flatten()
        Tensor([1.0, 2.0, 3.0, 4.0])
    """
    r = checks.size("pixel_unshuffle", "downscale_factor", downscale_factor)
    x = checks.as_tensor("pixel_unshuffle", "x", x)
    if x.ndim < 3 or x.shape[-2] % r or x.shape[-1] % r:
        raise ShapeError(
            f"pixel_unshuffle expects x of shape (*, C, H, W), H and W multiples of {r} "
            f"(downscale_factor={r}), got shape {x.shape}"
        )
    *lead, channels, height, width = x.shape
    n, height, width = len(lead), height // r, width // r
    x = reshape(x, (*lead, channels, height, r, width, r))
    x = permute_dims(x, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return reshape(x, (*lead, channels * r**2, height, width))


def channel_shuffle(x: Any, groups: int) -> Any:
    r"""Return ``x`` with the channels of its ``groups`` mixed: the first of each, then the second of each.

    .. math:: y_{n,\, i g + k} = x_{n,\, k C / g + i}

    Between convolutions with groups, it lets each group see all of the others.

    Args:
        x: a Tensor.
        groups: the number of groups :math:`g`, a positive integer.

    Shape:
        ``(N, C, *) -> (N, C, *)``

    Raises:
        ShapeError: if the number of channels is no multiple of ``groups``, or there is no axis of space.
        ArgumentError: if ``groups`` is not positive.

    Example:
        >>> F.channel_shuffle(lucid.arange(4).reshape((1, 4, 1)), 2).flatten()
        Tensor([0, 2, 1, 3])

    Zhang et al., ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices, 2018.
    """
    groups = checks.size("channel_shuffle", "groups", groups)
    x = checks.as_tensor("channel_shuffle", "x", x)
    if x.ndim < 3 or x.shape[1] % groups:
        raise ShapeError(
            f"channel_shuffle expects x of shape (N, C, *), C a multiple of groups, which is {groups}, "
            f"got shape {x.shape}"
        )
    n, channels, *space = x.shape
    x = reshape(x, (n, groups, channels // groups, *space))
    return reshape(permute_dims(x, (0, 2, 1, *range(3, x.ndim))), (n, channels, *space))


def unflatten(x: Any, axis: int, sizes: Sequence[int]) -> Any:
    """Return ``x`` with one axis made several: ``flatten`` back.

    Args:
        x: a Tensor.
        axis: the axis.
        sizes: the sizes of the axes that come in its place; one of them may be -1 and is worked out.

    Shape:
        ``(*, n, *) -> (*, *sizes, *)``

    Raises:
        ShapeError: if the axis doesn't have as many elements as ``sizes`` multiply to.
        IndexingError: if there is no such axis.

    Example:
        >>> F.unflatten(lucid.zeros((2, 12)), 1, (3, -1)).shape
        (2, 3, 4)
    """
    x = checks.as_tensor("unflatten", "x", x)
    parts = parts_of("unflatten", "sizes", sizes)
    axis = normalize_axis(axis, x.ndim, "unflatten")
    size, known = x.shape[axis], math.prod(n for n in parts if n != -1)
    if -1 in parts and known and size % known == 0:
        parts = tuple(size // known if n == -1 else n for n in parts)
    if math.prod(parts) != size or -1 in parts:
        raise ShapeError(
            f"unflatten expects sizes that multiply to {size}, the size of axis {axis} of x, of shape "
            f"{x.shape}, got {sizes!r}"
        )
    return reshape(x, (*x.shape[:axis], *parts, *x.shape[axis + 1 :]))


def parts_of(function: str, name: str, value: Any) -> tuple[int, ...]:
    """Return the sizes of an ``unflatten``, checked: integers, of which one may be -1."""
    rule = "a tuple of integers"
    values = checks.items(function, name, value, rule)
    if values is None:
        raise ArgumentTypeError(f"{function} expects {name} to be {rule}, got {value!r}")
    parts = tuple(checks.integer(function, name, v) for v in values)
    if not parts or min(parts) < -1 or parts.count(-1) > 1:
        raise ArgumentError(
            f"{function} expects {name} to be one size or more, of which one may be -1, got {value!r}"
        )
    return parts
