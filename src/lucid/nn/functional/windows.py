"""Where the windows of a pooling lie, and the checks of what says so.

Along each axis, windows are intervals. That is all a pooling needs to know: whether they came from a kernel
size and a stride, or from a number of results, makes no difference to it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lucid.errors import ArgumentError, ShapeError
from lucid.nn.functional import checks

Array = np.ndarray[Any, Any]

# Windows are kept for the next image of the same shape: of so many shapes, each with axes of no more elements
# together than so many. One takes less than 64 bytes an element, so that all together take less than 16 MiB.
_SHAPES, _SMALL = 128, 2048

AXES = ("L", "HW", "DHW")  # how the axes of images are called: of one axis, two, three


class Axis:
    """The windows along one axis: window ``i`` has the elements ``range(first[i], end[i], step)``.

    Attributes:
        size: how many elements the axis has.
        first, end: int64 arrays; what lies in the padding is cut off.
        step: from one element of a window to the next.
        lengths: how many elements each window has.
        counts: how many it has for an average, which may count the padding.
        kernel, stride, padding: what regular windows were made of; 0 if they differ in size.
    """

    def __init__(
        self,
        size: int,
        first: Array,
        end: Array,
        step: int = 1,
        counts: Array | None = None,
        regular: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        self.size, self.first, self.end, self.step = size, first, end, step
        self.lengths = -(-(end - first) // step)
        self.counts = self.lengths if counts is None else counts
        self.kernel, self.stride, self.padding = regular

    def __len__(self) -> int:
        return self.first.size

    @property
    def tiles(self) -> bool:
        """Whether each element of the axis is in exactly one window."""
        whole = self.first[0] == 0 and self.end[-1] == self.size and self.step == 1
        return bool(whole and (self.first[1:] == self.end[:-1]).all())


class Windows:
    """The windows of an image: every combination of those of its axes, the last axis running fastest.

    Attributes:
        axes: the windows along each axis.
        shape: how many there are along each axis.
        tiles: whether each element of the image is in exactly one window.
    """

    def __init__(self, axes: Sequence[Axis]) -> None:
        self.axes = tuple(axes)
        self.shape = tuple(map(len, axes))
        self.sizes = tuple(axis.size for axis in axes)
        self.tiles = all(axis.tiles for axis in axes)

    def __repr__(self) -> str:
        along = [[range(*r) for r in zip(a.first, a.end, [a.step] * len(a), strict=True)] for a in self.axes]
        return f"Windows({along})"

    @property
    def divisors(self) -> Array:
        """By what the sum of each window is divided for its average, float64 of shape ``shape``."""
        return np.asarray(
            functools.reduce(np.multiply.outer, [axis.counts for axis in self.axes]), np.float64
        )

    @functools.cached_property
    def longest(self) -> int:
        """How many elements the longest window has."""
        return math.prod(int(axis.lengths.max()) for axis in self.axes)

    @functools.cached_property
    def spans(self) -> tuple[Array, ...]:
        """Where the windows are along each of three axes, counted in elements of the whole image, int64.

        First where they begin, three arrays; then how long they are, three arrays; then the steps along
        the axes from one element to the next, one array. In front of fewer axes there are some of size 1.
        """
        one = Axis(1, np.zeros(1, np.int64), np.ones(1, np.int64))
        axes = (one,) * (3 - len(self.axes)) + self.axes
        strides = [math.prod(axis.size for axis in axes[i + 1 :]) for i in range(3)]
        first = [
            np.ascontiguousarray(axis.first * by, np.int64) for axis, by in zip(axes, strides, strict=True)
        ]
        lengths = [np.ascontiguousarray(axis.lengths, np.int64) for axis in axes]
        steps = np.array([axis.step * by for axis, by in zip(axes, strides, strict=True)], np.int64)
        return (*first, *lengths, steps)


def regular(
    size: int,
    kernel: int,
    stride: int,
    padding: int,
    dilation: int = 1,
    ceil_mode: bool = False,
    count_padding: bool = True,
) -> Axis | None:
    """Return windows of ``kernel`` elements, one every ``stride``; None if there are none.

    Args:
        size: of the axis.
        kernel, stride, padding, dilation: as of ``max_pool1d``.
        ceil_mode: whether a window may reach beyond the padding, as long as it begins before that.
        count_padding: whether an average counts elements of the padding.
    """
    reach = dilation * (kernel - 1) + 1
    room = size + 2 * padding - reach
    count = (-(-room // stride) if ceil_mode else room // stride) + 1
    if ceil_mode and (count - 1) * stride >= size + padding:
        count -= 1
    if size == 0 or count < 1:
        return None
    begin = stride * np.arange(count) - padding
    end = np.minimum(begin + reach, size)
    first = begin + dilation * -(np.minimum(begin, 0) // dilation)
    if (first >= end).any():  # steps so wide that they jump from padding to padding
        return None
    counts = np.minimum(begin + kernel, size + padding) - begin if count_padding else None
    return Axis(size, first, end, dilation, counts, (kernel, stride, padding))


def adaptive(size: int, count: int) -> Axis | None:
    """Return ``count`` windows of nearly equal size that cover the axis; None if it has no elements.

    Window ``i`` begins at ``floor(i * size / count)`` and ends at ``ceil((i + 1) * size / count)``.
    """
    if size == 0:
        return None
    if size % count == 0:
        return regular(size, size // count, size // count, 0)
    i = np.arange(count)
    return Axis(size, i * size // count, -(-(i + 1) * size // count))


def regular_windows(
    sizes: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    ceil_mode: bool,
    count_padding: bool = True,
) -> Windows | None:
    """Return the windows of an image of ``sizes``; None if there are none."""
    make = _regular_windows if sum(sizes) <= _SMALL else _regular_windows.__wrapped__
    return make(sizes, kernel, stride, padding, dilation, ceil_mode, count_padding)


@functools.lru_cache(maxsize=_SHAPES)
def _regular_windows(
    sizes: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    ceil_mode: bool,
    count_padding: bool,
) -> Windows | None:
    each = zip(sizes, kernel, stride, padding, dilation, strict=True)
    axes = [regular(*numbers, ceil_mode, count_padding) for numbers in each]
    found = [axis for axis in axes if axis is not None]
    return Windows(found) if len(found) == len(axes) else None


def adaptive_windows(sizes: tuple[int, ...], counts: tuple[int | None, ...]) -> Windows | None:
    """Return ``counts`` windows of an image of ``sizes``; None if it has no elements.

    Along an axis whose count is None, every element is a window.
    """
    small = sum(n if c is None else max(n, c) for n, c in zip(sizes, counts, strict=True)) <= _SMALL
    make = _adaptive_windows if small else _adaptive_windows.__wrapped__
    return make(sizes, counts)


@functools.lru_cache(maxsize=_SHAPES)
def _adaptive_windows(sizes: tuple[int, ...], counts: tuple[int | None, ...]) -> Windows | None:
    axes = [adaptive(n, n if c is None else c) for n, c in zip(sizes, counts, strict=True)]
    found = [axis for axis in axes if axis is not None]
    return Windows(found) if len(found) == len(axes) else None


# ----------------------------------------------------------------- checks


def image(function: str, x: Any, n: int) -> None:
    """Raise unless ``x`` has channels and ``n`` axes of an image, in a batch or alone."""
    if x.ndim not in (n + 1, n + 2):
        axes = ", ".join(AXES[n - 1])
        raise ShapeError(f"{function} expects x of shape (N, C, {axes}) or (C, {axes}), got {tuple(x.shape)}")


def half_padding(
    function: str, kernel: Sequence[int], padding: Sequence[int], dilation: Sequence[int] | None = None
) -> None:
    """Raise if a window could lie in the padding alone."""
    steps = dilation or [1] * len(kernel)
    for k, p, d in zip(kernel, padding, steps, strict=True):
        if p > (d * (k - 1) + 1) // 2:
            raise ArgumentError(
                f"{function} expects padding of at most half a window ({k} elements in steps of {d}), got {p}"
            )


def output_sizes(function: str, value: Any, n: int) -> tuple[int | None, ...]:
    """Return ``value``, a size for all of ``n`` axes or one for each; None stands for that of the input."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * n
    if len(values) != n:
        raise ArgumentError(f"{function} expects output_size to be one integer or {n}, got {value!r}")
    result = tuple(None if v is None else checks.integer(function, "output_size", v) for v in values)
    if any(v is not None and v < 1 for v in result):
        raise ArgumentError(f"{function} expects output_size of at least 1, got {value!r}")
    return result
