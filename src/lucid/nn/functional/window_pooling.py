"""What a pooling does in each window: take the largest element, or the average.

Both work along one axis after the other. Windows may overlap as much as they like: memory grows with the
image and with the number of windows, not with the size of each.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lucid import ops
from lucid.fused import fused
from lucid.nn.functional.windows import Axis, Windows

# ----------------------------------------------------------------- largest elements


@fused
def max_pool(x: Any, *, windows: Windows, return_indices: bool) -> Any:
    """Return the largest element of each window of the last axes, and where it stands if that is asked.

    Of equal elements the first one counts, and gets the gradient. The first nan counts as the largest.
    """
    n, lead = len(windows.axes), x.shape[: x.ndim - len(windows.axes)]
    best: Any = x.detach()
    where: Any = None
    for axis, along in reversed(list(enumerate(windows.axes, x.ndim - n))):
        best, where = _best(best, where, axis, along, math.prod(x.shape[axis + 1 :]))
    images = ops.reshape(x, (*lead, math.prod(windows.sizes)))
    indices = ops.reshape(where, (*lead, math.prod(windows.shape)))
    largest = ops.reshape(ops.take_along_axis(images, indices, axis=-1), (*lead, *windows.shape))
    return (largest, ops.reshape(indices, largest.shape)) if return_indices else largest


def _best(x: Any, where: Any, axis: int, along: Axis, stride: int) -> tuple[Any, Any]:
    """Return the largest element of each window along ``axis``, and its number in the image.

    The largest of 2, 4, 8 and more neighbours come from those of half as many. Two such runs, which may
    overlap, make a window. So memory does not grow with the size of windows, and time by its logarithm.

    Args:
        x: the elements.
        where: their numbers, as far as the axes behind this one go; None for none.
        axis: the axis.
        along: its windows.
        stride: how many elements of the image are in one step along the axis.
    """
    numbers = ops.arange(along.size, dtype="int64", device=x.device) * stride
    numbers = ops.reshape(numbers, (along.size, *(1,) * (x.ndim - axis - 1)))
    run = x, ops.broadcast_to(numbers, x.shape) if where is None else where + numbers
    powers = np.array([int(length).bit_length() - 1 for length in along.lengths])
    result: tuple[Any, Any] | None = None
    for power in range(int(powers.max()) + 1):
        if power:  # runs of half as many, and those that begin behind them
            half, left = along.step * 2 ** (power - 1), run[0].shape[axis]
            before = (slice(None),) * axis
            run = _larger(
                *(r[(*before, slice(left - half))] for r in run),
                *(r[(*before, slice(half, None))] for r in run),
            )
        these = powers == power
        if not these.any():
            continue
        # Windows of another length look anywhere: they are not taken.
        begin = np.where(these, along.first, 0)
        end = np.where(these, along.first + (along.lengths - 2**power) * along.step, 0)
        pair = [ops.take(r, at, axis=axis) for at in (begin, end) for r in run]
        found = _larger(*pair)
        if result is None:
            result = found
        else:
            mask = ops.asarray(these.reshape(-1, *(1,) * (x.ndim - axis - 1)), device=x.device)
            result = ops.where(mask, found[0], result[0]), ops.where(mask, found[1], result[1])
    assert result is not None
    return result


def _larger(x: Any, at_x: Any, y: Any, at_y: Any) -> tuple[Any, Any]:
    """Return the larger elements and their numbers; the first of two equal ones, or of two nans."""
    second = ~(y <= x) & (x == x)
    return ops.where(second, y, x), ops.where(second, at_y, at_x)


# ----------------------------------------------------------------- averages


@fused
def avg_pool(x: Any, *, windows: Windows, divisor: int | None) -> Any:
    """Return the sum of each window of the last axes over its number of elements, or over ``divisor``."""
    kind = x.dtype
    if kind == ops.float16:
        x = ops.astype(x, ops.float32)  # many numbers of half precision may sum up to infinity
    for axis, along in enumerate(windows.axes, x.ndim - len(windows.axes)):
        x = _sums(x, axis, along)
    if divisor is not None:
        return ops.astype(x / float(divisor), kind, copy=False)
    by = ops.asarray(windows.divisors.astype(x.dtype.name), device=x.device)
    return ops.astype(x / by, kind, copy=False)


def _sums(x: Any, axis: int, along: Axis) -> Any:
    """Return the sum of each window along ``axis``."""
    before = (slice(None),) * axis
    if not along.kernel:
        intervals = zip(along.first.tolist(), along.end.tolist(), strict=True)
        return ops.stack([ops.sum(x[(*before, slice(a, b))], axis=axis) for a, b in intervals], axis=axis)
    kernel, stride, padding = along.kernel, along.stride, along.padding
    reach = stride * (len(along) - 1) + 1  # from the first element of the first window to that of the last
    widths = [(0, 0)] * x.ndim
    widths[axis] = (padding, max(reach + kernel - 1 - padding - along.size, 0))
    x = ops.pad(x, widths) if any(widths[axis]) else x
    total = x[(*before, slice(0, reach, stride))]
    for i in range(1, kernel):
        total = total + x[(*before, slice(i, i + reach, stride))]
    return total
