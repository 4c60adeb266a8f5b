"""Images read at places that are given: by a grid, or by the grid of an affine map."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lucid import ops
from lucid.errors import ArgumentError, DTypeError, ShapeError
from lucid.grad_mode import state
from lucid.nn.functional import checks
from lucid.nn.functional.embedding import table_rows
from lucid.nn.functional.rectifiers import clamped
from lucid.nn.functional.resampling import keys
from lucid.recording import primitive

__all__ = ["affine_grid", "grid_sample"]

MODES = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")


def grid_sample(
    x: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Any:
    r"""Return the elements of images, or of volumes, at places between them.

    A place has a number for each axis of space, the last axis first: -1 is one end of the axis and 1 the
    other. Of an axis of :math:`n` elements, element :math:`i` lies at :math:`(2 i + 1) / n - 1`, or with
    ``align_corners`` at :math:`2 i / (n - 1) - 1`, so that the first and the last lie at its ends.

    Args:
        x: a Tensor of floats.
        grid: a Tensor of floats, the place of each element of the result.
        mode: how to come by what lies between elements: ``"bilinear"`` by straight lines along each axis,
            ``"bicubic"`` (of images alone) by Keys' cubic with :math:`a = -\tfrac34`, or ``"nearest"`` by the
            nearest element, which leaves the grid a gradient of zeros.
        padding_mode: what lies beyond the ends: ``"zeros"``; ``"border"``, the last element; or
            ``"reflection"``, the image mirrored at its ends as often as need be. Where one of the last two
            makes a place another, a gradient is that of the other: 0 beyond a border.
        align_corners: whether the ends of an axis are in the middle of its first and last element; False by
            default.

    Shape:
        x ``(N, C, H, W)``, grid ``(N, *out, 2)`` ``-> (N, C, *out)``;
        x ``(N, C, D, H, W)``, grid ``(N, *out, 3)`` ``-> (N, C, *out)``, with as many axes of ``out``

    Raises:
        ShapeError: if the shapes do not fit together, or ``x`` has an axis of space without elements.
        ArgumentError: if ``mode`` is ``"bicubic"`` for volumes, or an option has a value that it can't have.
        DTypeError: if ``x`` or ``grid`` do not hold floats of one type.

    Example:
        >>> x = Tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
        >>> F.grid_sample(x, Tensor([[[[0.0, 0.0], [-0.5, -0.5], [0.0, 0.5]]]]))
        Tensor([[[[2.5, 1.0, 3.5]]]])

    Jaderberg et al., Spatial Transformer Networks, 2015.
    """
    x = checks.floating("grid_sample", "x", x)
    grid = checks.floating("grid_sample", "grid", grid, x)
    checks.one_of("grid_sample", "mode", mode, MODES)
    checks.one_of("grid_sample", "padding_mode", padding_mode, PADDINGS)
    corners = align_corners is not None and checks.truth("grid_sample", "align_corners", align_corners)
    n = x.ndim - 2
    if n not in (2, 3) or 0 in x.shape[2:]:
        raise ShapeError(
            f"grid_sample expects x of shape (N, C, H, W) or (N, C, D, H, W), with elements, got {x.shape}"
        )
    if grid.ndim != x.ndim or grid.shape[0] != x.shape[0] or grid.shape[-1] != n:
        out = ", ".join(("oD", "oH", "oW")[-n:])
        raise ShapeError(
            f"grid_sample expects grid of shape ({x.shape[0]}, {out}, {n}) for x of shape {x.shape}, "
            f"got {grid.shape}"
        )
    if x.dtype != grid.dtype:
        raise DTypeError(
            f"grid_sample expects x and grid of one dtype, got {x.dtype.name} and {grid.dtype.name}"
        )
    if mode == "bicubic" and n == 3:
        raise ArgumentError(f"grid_sample expects mode 'bicubic' for images, got x of shape {x.shape}")
    dtype = x.dtype
    if dtype.itemsize == 2:  # half precision is too coarse for places
        x, grid = ops.astype(x, ops.float32), ops.astype(grid, ops.float32)
    return ops.astype(_sampled(x, grid, mode, padding_mode, corners), dtype, copy=False)


def affine_grid(theta: Any, size: Sequence[int], align_corners: bool | None = None) -> Any:
    r"""Return the grid that makes ``grid_sample`` turn, move, stretch and shear images, or volumes.

    Each place of the result has coordinates from -1 to 1, the last axis first. The grid is where an affine
    map takes them:

    .. math:: g_{n,\, i} = \theta_n \, (x_i, y_i, 1)

    Args:
        theta: matrices of floats, one for each image.
        size: the shape of what will be sampled, ``(N, C, H, W)`` or ``(N, C, D, H, W)``.
        align_corners: as of ``grid_sample``; False by default.

    Shape:
        theta ``(N, 2, 3) -> (N, H, W, 2)``, or ``(N, 3, 4) -> (N, D, H, W, 3)``

    Raises:
        ShapeError: if ``theta`` isn't of that shape.
        ArgumentError: if ``size`` isn't, or one of it is not positive.
        DTypeError: if ``theta`` does not hold floats.

    Example:
        >>> half_turn = Tensor([[[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]])
        >>> grid = F.affine_grid(half_turn, (1, 1, 2, 2))
        >>> F.grid_sample(Tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), grid)
        Tensor([[[[4.0, 3.0],
                  [2.0, 1.0]]]])

    Jaderberg et al., Spatial Transformer Networks, 2015.
    """
    theta = checks.floating("affine_grid", "theta", theta)
    corners = align_corners is not None and checks.truth("affine_grid", "align_corners", align_corners)
    if not hasattr(size, "__len__") or len(size) not in (4, 5):
        raise ArgumentError(f"affine_grid expects size (N, C, H, W) or (N, C, D, H, W), got {size!r}")
    batch, _, *space = checks.per_axis("affine_grid", "size", size, len(size), 1)
    n = len(space)
    if theta.shape != (batch, n, n + 1):
        raise ShapeError(
            f"affine_grid expects theta of shape ({batch}, {n}, {n + 1}) for size {tuple(size)}, "
            f"got {theta.shape}"
        )
    ends = [(m - 1) / m if not corners else min(m - 1.0, 1.0) for m in space]
    axes = [np.linspace(-end, end, m) if m > 1 else np.zeros(1) for end, m in zip(ends, space, strict=True)]
    places = np.stack([*np.meshgrid(*axes, indexing="ij")[::-1], np.ones(space)], axis=-1)
    dtype = theta.dtype
    if dtype.itemsize == 2:
        theta = ops.astype(theta, ops.float32)
    places = ops.asarray(places.reshape(-1, n + 1).astype(theta.dtype), device=theta.device)
    grid = ops.reshape(ops.matmul(places, theta.mT), (batch, *space, n))
    return ops.astype(grid, dtype, copy=False)


# ----------------------------------------------------------------- along each axis


class Tap(NamedTuple):
    """One of the elements along an axis that a place is a sum of: which, whether it is there, its weight."""

    index: Any
    inside: Any
    weight: Any


def _sampled(x: Any, grid: Any, mode: str, padding_mode: str, corners: bool) -> Any:
    batch, channels, *sizes = x.shape
    n, out = len(sizes), grid.shape[1:-1]
    grid = ops.reshape(grid, (batch, math.prod(out), n))
    along = [
        _taps(grid[..., n - 1 - axis], size, mode, padding_mode, corners) for axis, size in enumerate(sizes)
    ]
    channels_last = ops.permute_dims(x, (0, *range(2, n + 2), 1))
    pixels = ops.reshape(channels_last, (batch * math.prod(sizes), channels))
    first = ops.asarray(np.arange(batch).reshape(-1, 1) * math.prod(sizes), device=x.device)
    # Every combination of a tap of each axis. Each time that pixels are read makes a gradient of all of them:
    # so they are read once where there is one, and else tap by tap, which takes far less memory.
    around = (_joined(taps, sizes) for taps in itertools.product(*along))
    parts = [list(around)] if x.requires_grad and state.recording else ([tap] for tap in around)
    y: Any = None
    for taps in parts:
        tap = taps[0] if len(taps) == 1 else Tap(*(ops.stack(each) for each in zip(*taps, strict=True)))
        found = table_rows(pixels, tap.index + first, padding=None, by_count=False)
        if padding_mode == "zeros":
            found = ops.where(tap.inside[..., None], found, 0.0)
        if tap.weight is not None:
            found = found * tap.weight[..., None]
        if len(taps) > 1:
            found = ops.sum(found, axis=0)
        y = found if y is None else y + found
    y = ops.reshape(ops.permute_dims(y, (0, 2, 1)), (batch, channels, *out))
    return flat_along(y, grid) if mode == "nearest" else y


def _taps(place: Any, size: int, mode: str, padding_mode: str, corners: bool) -> list[Tap]:
    """Return the elements of an axis around each place, which is given from -1 to 1."""
    place = (place + 1.0) / 2.0 * (size - 1.0) if corners else ((place + 1.0) * float(size) - 1.0) / 2.0
    if mode == "nearest":
        near = ops.round(_bounded(place.detach(), size, padding_mode, corners))
        return [_tap(near, size, None)]
    if mode == "bilinear":
        place = _bounded(place, size, padding_mode, corners)
    first = ops.floor(place.detach())
    part = place - first
    if mode == "bilinear":
        return [_tap(first, size, 1.0 - part), _tap(first + 1.0, size, part)]
    return [
        _tap(_bounded(first + float(offset), size, padding_mode, corners), size, weight)
        for offset, weight in zip((-1, 0, 1, 2), keys(part, -0.75), strict=True)
    ]


def _tap(at: Any, size: int, weight: Any) -> Tap:
    inside = (at >= 0.0) & (at <= size - 1.0)
    return Tap(ops.astype(ops.where(inside, at, 0.0), "int64"), inside, weight)


def _joined(taps: tuple[Tap, ...], sizes: list[int]) -> Tap:
    """Return taps of all axes as one of the image, whose elements are numbered."""
    index, inside, weight = taps[0]
    for size, tap in zip(sizes[1:], taps[1:], strict=True):
        index, inside = index * size + tap.index, inside & tap.inside
        weight = None if weight is None else weight * tap.weight
    return Tap(index, inside, weight)


def _bounded(place: Any, size: int, padding_mode: str, corners: bool) -> Any:
    """Return places that lie in the image: what is beyond an end is moved there, or mirrored."""
    if padding_mode == "zeros":
        return place
    low, span = (0.0, size - 1.0) if corners else (-0.5, float(size))
    if padding_mode == "reflection" and span:
        past = place - low
        past = ops.where(past < 0.0, -past, past)
        times = ops.floor(past.detach() / span)
        rest = past - times * span
        place = ops.where(times % 2.0 == 0.0, rest, span - rest) + low
    place = ops.where(ops.isnan(place), 0.0, place)
    return clamped(place, low=0.0, high=size - 1.0)


@primitive
def flat_along(_xp: Any, y: Any, _place: Any, /) -> Any:
    """Return ``y``, as a function that is constant along ``place``: the gradient of that is zeros."""
    return y


@flat_along.vjp
def _(xp: Any, g: Any, _out: Any, _y: Any, place: Any) -> Any:
    return g, lambda: xp.zeros_like(place)
