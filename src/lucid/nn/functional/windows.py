"""Where the windows of a pooling lie, and the checks of what says so.

Along each axis, windows are a list of intervals. That is all a pooling needs to know: whether they came
from a kernel size and a stride, or from a number of results, makes no difference to it.
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

AXES = ("L", "HW", "DHW")  # how the axes of images are called: of one axis, two, three


class Windows:
    """The windows along one axis: window ``i`` has the elements ``range(first[i], end[i], step)``.

    Attributes:
        first, end: int64 arrays; what lies in the padding is cut off.
        step: from one element of a window to the next.
        counts: how many elements each window has for an average, as float64.
        kernel, stride, padding: what regular windows were made of; 0 if they differ in size.
    """

    def __init__(
        self, first: Array, end: Array, step: int, counts: Array, regular: tuple[int, int, int] = (0, 0, 0)
    ) -> None:
        self.first, self.end, self.step, self.counts = first, end, step, counts
        self.kernel, self.stride, self.padding = regular
        for array in (first, end, counts):
            array.flags.writeable = False  # one object serves all calls

    def __len__(self) -> int:
        return self.first.size

    def __repr__(self) -> str:
        shown = [f"{a}:{b}" for a, b in zip(self.first, self.end, strict=True)]
        return f"Windows({', '.join(shown)}, step={self.step})"

    def positions(self) -> Array:
        """Return the elements of each window, one window a row; short ones repeat their last element."""
        sizes = -(-(self.end - self.first) // self.step)
        steps = np.arange(int(sizes.max(initial=1)))
        return np.asarray(self.first[:, None] + self.step * np.minimum(steps, sizes[:, None] - 1))


@functools.lru_cache(maxsize=1024)
def regular(
    size: int,
    kernel: int,
    stride: int,
    padding: int,
    dilation: int = 1,
    ceil_mode: bool = False,
    count_padding: bool = True,
) -> Windows | None:
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
    counted = np.minimum(begin + kernel, size + padding) - begin if count_padding else end - first
    return Windows(first, end, dilation, counted.astype(np.float64), (kernel, stride, padding))


@functools.lru_cache(maxsize=1024)
def adaptive(size: int, count: int) -> Windows | None:
    """Return ``count`` windows of nearly equal size that cover the axis; None if it has no elements.

    Window ``i`` begins at ``floor(i * size / count)`` and ends at ``ceil((i + 1) * size / count)``.
    """
    if size == 0:
        return None
    if size % count == 0:
        return regular(size, size // count, size // count, 0)
    i = np.arange(count)
    first, end = i * size // count, -(-(i + 1) * size // count)
    return Windows(first, end, 1, (end - first).astype(np.float64))


# ----------------------------------------------------------------- checks


def per_axis(function: str, name: str, value: Any, n: int, least: int) -> tuple[int, ...]:
    """Return ``value``, an integer for all of ``n`` axes or one for each, as ``n`` of at least ``least``."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * n
    if len(values) == 1:
        values *= n
    if len(values) != n:
        raise ArgumentError(f"{function} expects {name} to be one integer or {n}, got {value!r}")
    result = tuple(checks.integer(function, name, v) for v in values)
    if min(result) < least:
        raise ArgumentError(f"{function} expects {name} of at least {least}, got {value!r}")
    return result


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


def regular_windows(
    function: str,
    x: Any,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    ceil_mode: bool,
    count_padding: bool = True,
) -> tuple[Windows, ...]:
    """Return the windows of ``x`` along each of its last axes, of which there must be some."""
    result = []
    sizes = x.shape[x.ndim - len(kernel) :]
    for size, k, s, p, d in zip(sizes, kernel, stride, padding, dilation, strict=True):
        windows = regular(size, k, s, p, d, ceil_mode, count_padding)
        if windows is None:
            raise ShapeError(
                f"{function}: windows of {k} elements in steps of {d} do not fit into an axis of size {size} "
                f"with padding {p}: x has shape {tuple(x.shape)}"
            )
        result.append(windows)
    return tuple(result)


def adaptive_windows(function: str, x: Any, output_size: Any, n: int) -> tuple[Windows, ...]:
    """Return as many windows along each of the last ``n`` axes of ``x`` as ``output_size`` says."""
    counts = output_sizes(function, output_size, n)
    result = []
    for size, count in zip(x.shape[x.ndim - n :], counts, strict=True):
        windows = adaptive(size, size if count is None else count)
        if windows is None:
            raise ShapeError(f"{function} expects axes with elements to pool, got shape {tuple(x.shape)}")
        result.append(windows)
    return tuple(result)


def output_sizes(function: str, value: Any, n: int) -> tuple[int | None, ...]:
    """Return ``value``, a size for all of ``n`` axes or one for each; None stands for that of the input."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * n
    if len(values) != n:
        raise ArgumentError(f"{function} expects output_size to be one integer or {n}, got {value!r}")
    result = tuple(None if v is None else checks.integer(function, "output_size", v) for v in values)
    if any(v is not None and v < 1 for v in result):
        raise ArgumentError(f"{function} expects output_size of at least 1, got {value!r}")
    return result


def table(windows: Sequence[Windows], sizes: Sequence[int]) -> Array:
    """Return the elements of each window of several axes, one window a row, numbered as in memory."""
    numbers = np.zeros((1, 1), np.int64)
    for w, size in zip(windows, sizes, strict=True):
        positions = w.positions()
        numbers = numbers[:, None, :, None] * size + positions[None, :, None, :]
        numbers = numbers.reshape(numbers.shape[0] * numbers.shape[1], -1)
    return numbers


def divisors(windows: Sequence[Windows]) -> Array | float:
    """Return by what the sum of each window is divided; one number if it is the same for all."""
    if all((w.counts == w.counts[0]).all() for w in windows):
        return math.prod(float(w.counts[0]) for w in windows)
    product: Array = functools.reduce(np.multiply.outer, [w.counts for w in windows])
    return product
