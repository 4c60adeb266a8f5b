r"""Windows of images as columns, and columns added up to images again.

Along one axis of ``size`` elements, window :math:`i` has the elements :math:`i s + k d - p`: with stride
:math:`s`, dilation :math:`d`, and :math:`p` zeros before and after. Both functions go through one axis after
the other, the last one first. Both are linear, and each is the other's gradient.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from lucid.engines.dtypes import is_inexact
from lucid.errors import ShapeError
from lucid.nn.functional import checks
from lucid.ops import reshape
from lucid.recording import primitive

__all__ = ["fold", "unfold"]


class Along(NamedTuple):
    """The windows along one axis."""

    size: int
    kernel: int
    dilation: int
    padding: int
    stride: int

    @property
    def number(self) -> int:
        """How many there are."""
        return (self.size + 2 * self.padding - self.dilation * (self.kernel - 1) - 1) // self.stride + 1


def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    r"""Return the windows that a convolution would see, each as a column.

    .. math:: y_{n,\, (c\, K + k),\, l} = x_{n,\, c,\, l s + k d - p}

    with :math:`k`, which runs through :math:`K` elements of a kernel, and :math:`l`, which runs through the
    windows, of two axes each. A convolution is the product of its weights, as a matrix, and these columns.
    Where windows overlap, ``fold`` adds up what ``unfold`` had copied. An option is an integer, or a tuple
    with one for each axis.

    Args:
        x: images.
        kernel_size: the size of a window.
        dilation: how far apart its elements lie.
        padding: how many zeros stand before and after each axis.
        stride: from one window to the next.

    Shape:
        ``(N, C, H, W) -> (N, C kH kW, L)`` or ``(C, H, W) -> (C kH kW, L)``, with ``L`` the number of windows

    Raises:
        ShapeError: if ``x`` has other axes, or no window fits into it.
        ArgumentError: if an option has a value that it can't have.

    Example:
        >>> F.unfold(lucid.arange(6.0).reshape((1, 1, 2, 3)), 2)
        Tensor([[[0.0, 1.0],
                 [1.0, 2.0],
                 [3.0, 4.0],
                 [4.0, 5.0]]])
    """
    x = checks.as_tensor("unfold", "x", x)
    options = options_of("unfold", kernel_size, dilation, padding, stride)
    if x.ndim not in (3, 4):
        raise ShapeError(f"unfold expects x of shape (N, C, H, W) or (C, H, W), got shape {x.shape}")
    axes = tuple(Along(size, *each) for size, *each in zip(x.shape[-2:], *options, strict=True))
    if min(along.number for along in axes) < 1:
        raise ShapeError(
            f"unfold: windows of {options[0]} elements in steps of {options[1]} do not fit into x of shape "
            f"{x.shape} with padding {options[2]}"
        )
    lead, channels = x.shape[:-3], x.shape[-3]
    _fit("unfold", (*lead, channels), axes, x.dtype.itemsize, padding)
    length = math.prod(along.number for along in axes)
    return reshape(windows(x, axes=axes), (*lead, channels * math.prod(options[0]), length))


def fold(
    x: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    r"""Return images that are the sum of windows, each of which is a column: ``unfold`` transposed.

    .. math:: y_{n,\, c,\, m} = \sum_{l,\, k \,:\, l s + k d - p = m} x_{n,\, (c\, K + k),\, l}

    So ``fold(unfold(x))`` is ``x`` times the number of windows that have an element.

    Args:
        x: columns, as ``unfold`` returns them.
        output_size: height and width of the images.
        kernel_size, dilation, padding, stride: those of ``unfold``.

    Shape:
        ``(N, C kH kW, L) -> (N, C, *output_size)`` or ``(C kH kW, L) -> (C, *output_size)``

    Raises:
        ShapeError: if ``unfold`` doesn't make columns of this shape of such images.
        ArgumentError: if an option has a value that it can't have.

    Example:
        >>> F.fold(lucid.ones((1, 4, 2)), (2, 3), 2)
        Tensor([[[[1.0, 2.0, 1.0],
                  [1.0, 2.0, 1.0]]]])
    """
    x = checks.as_tensor("fold", "x", x)
    size = checks.per_axis("fold", "output_size", output_size, 2, 1)
    options = options_of("fold", kernel_size, dilation, padding, stride)
    axes = tuple(Along(n, *each) for n, *each in zip(size, *options, strict=True))
    counts = tuple(along.number for along in axes)
    area, length = math.prod(options[0]), math.prod(counts) if min(counts) > 0 else 0
    if x.ndim not in (2, 3) or not length or x.shape[-1] != length or x.shape[-2] % area:
        raise ShapeError(
            f"fold expects x of shape (N, C * {area}, {length}) or (C * {area}, {length}) for output_size "
            f"{size}, kernel_size {options[0]} and {max(counts[0], 0)} times {max(counts[1], 0)} windows, "
            f"got shape {x.shape}"
        )
    _fit("fold", (*x.shape[:-2], x.shape[-2] // area), axes, x.dtype.itemsize, padding)
    columns = reshape(x, (*x.shape[:-2], x.shape[-2] // area, *options[0], *counts))
    return images(columns, axes=axes)


def options_of(
    name: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> tuple[tuple[int, ...], ...]:
    """Return the options of a fold for each of two axes, checked."""
    return (
        checks.per_axis(name, "kernel_size", kernel_size, 2, 1),
        checks.per_axis(name, "dilation", dilation, 2, 1),
        checks.per_axis(name, "padding", padding, 2, 0),
        checks.per_axis(name, "stride", stride, 2, 1),
    )


def _fit(name: str, lead: tuple[int, ...], axes: tuple[Along, ...], itemsize: int, padding: Any) -> None:
    """Raise if the padding makes more of an array than can be."""
    around = tuple(along.size + 2 * along.padding for along in axes)
    columns = tuple(along.kernel * along.number for along in axes)
    for shape in (around, columns):
        checks.fits(name, "padding", padding, (*lead, *shape), itemsize)


# ----------------------------------------------------------------- the maths


@primitive
def windows(xp: Any, x: Any, /, *, axes: tuple[Along, ...]) -> Any:
    """Return the windows of the last axes: ``(*, *sizes) -> (*, *kernel, *counts)``."""
    return _windows(xp, x, axes)


@windows.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, axes: tuple[Along, ...]) -> Any:
    return (_images(xp, g, axes),)


@primitive
def images(xp: Any, x: Any, /, *, axes: tuple[Along, ...]) -> Any:
    """Return the sum of windows: ``(*, *kernel, *counts) -> (*, *sizes)``."""
    return _images(xp, x, axes)


@images.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, axes: tuple[Along, ...]) -> Any:
    return (_windows(xp, g, axes),)


def _windows(xp: Any, x: Any, axes: tuple[Along, ...]) -> Any:
    n = len(axes)
    lead = x.ndim - n
    if any(along.padding for along in axes):
        widths = ((0, 0),) * lead + tuple((along.padding, along.padding) for along in axes)
        x = xp.pad(x, widths, value=0)
    for along in reversed(axes):
        # One axis of kernels more each time, so that the next axis always stands here.
        before = (slice(None),) * (lead + n - 1)
        reach = along.stride * (along.number - 1) + 1
        starts = range(0, along.dilation * along.kernel, along.dilation)
        slices = [(*before, slice(k, k + reach, along.stride)) for k in starts]
        x = xp.stack([xp.get_at(x, index=index) for index in slices], axis=lead)
    return x


def _images(xp: Any, x: Any, axes: tuple[Along, ...]) -> Any:
    n, kind = len(axes), x.dtype
    lead = x.ndim - 2 * n
    narrow = kind.itemsize == 2 and is_inexact(kind)
    if narrow:
        x = xp.astype(x, xp.float32)  # sums of half precision lose what is small
    for along in axes:
        x = _added(xp, x, lead, lead + n, along)
    return xp.astype(x, kind) if narrow else x


def _added(xp: Any, x: Any, at: int, axis: int, along: Along) -> Any:
    """Return the windows along ``axis`` added up; axis ``at`` has their elements, and goes.

    Element k of window i belongs to element i s + k d, and k d = q s + r. All that have the same remainder r
    are s apart. So for each r, the sum is of whole arrays that are moved by q, and the sums alternate.
    """
    size, kernel, dilation, padding, stride = along
    if along.number == 1:  # no window follows, however far away
        stride = min(stride, dilation * (kernel - 1) + 1)
    moved = [divmod(k * dilation, stride) for k in range(kernel)]
    most = max(q for q, _ in moved)
    length = -(-(size + 2 * padding) // stride)
    widths = [(0, 0)] * x.ndim
    widths[axis] = (most, length - along.number)
    x = xp.pad(x, tuple(widths), value=0)
    every = (slice(None),)
    sums: dict[int, Any] = {}
    for k, (q, r) in enumerate(moved):
        window = slice(most - q, most - q + length)
        part = xp.get_at(x, index=(*every * at, k, *every * (axis - at - 1), window))
        sums[r] = sums[r] + part if r in sums else part
    zeros = xp.zeros_like(sums[0]) if len(sums) < stride else None
    # Where x had the axis, one in front is gone.
    total = xp.stack([sums.get(r, zeros) for r in range(stride)], axis=axis)
    total = xp.reshape(total, (*total.shape[: axis - 1], length * stride, *total.shape[axis + 1 :]))
    return xp.get_at(total, index=(*every * (axis - 1), slice(padding, padding + size)))
