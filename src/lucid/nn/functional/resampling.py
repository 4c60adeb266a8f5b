r"""Resizing one axis: each element of the result is a weighted sum of a few elements, its taps.

Which they are, and with which weights, is worked out once for each pair of sizes. The gradient goes along the
same taps backwards, and these are taps again. So there is one primitive, which gathers and never scatters,
and it is its own derivative.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from lucid.recording import primitive

Array = np.ndarray[Any, Any]


class Taps:
    """Which elements of an axis of ``size`` each element of the result is a sum of.

    Attributes:
        size: how many elements there are.
        index: where they are read, int64 of shape ``(taps, result)``.
        weights: what they are multiplied by, float64 of that shape; None for ones.
        used: which of them count, booleans of that shape; None for all. Others may read anything, and an
            infinity or a nan must not matter there: it is left out, and not multiplied by 0.
    """

    def __init__(
        self, size: int, index: Array, weights: Array | None = None, used: Array | None = None
    ) -> None:
        self.size, self.index, self.weights = size, index, weights
        self.used = None if used is None or used.all() else used

    def __len__(self) -> int:
        return int(self.index.shape[1])

    def __repr__(self) -> str:
        return f"Taps({self.size} -> {len(self)}, {len(self.index)} each)"

    @functools.cached_property
    def transposed(self) -> Taps:
        """Which elements of the result each element goes to: what the gradient is a sum of."""
        weights = np.ones(self.index.shape) if self.weights is None else self.weights
        if self.used is not None:
            weights = np.where(self.used, weights, 0.0)
        to = np.broadcast_to(np.arange(len(self)), self.index.shape)
        # Along the edges of an axis, several taps of one element may be at one place: they count together.
        pairs, which = np.unique(self.index * len(self) + to, return_inverse=True)
        total = np.bincount(which.reshape(-1), weights.reshape(-1), minlength=pairs.size)
        pairs, total = pairs[total != 0], total[total != 0]
        at, to = np.divmod(pairs, len(self))
        counts = np.bincount(at, minlength=self.size)
        slot = np.arange(at.size) - np.repeat(np.cumsum(counts) - counts, counts)
        taps = max(int(counts.max(initial=0)), 1)
        index = np.zeros((taps, self.size), np.int64)
        index[slot, at] = to
        back = np.ones(index.shape)
        back[slot, at] = total
        used = np.arange(taps)[:, None] < counts  # some elements have fewer taps than others
        return Taps(len(self), index, None if (back == 1).all() else back, used)


@primitive
def resampled(xp: Any, x: Any, /, *, axis: int, taps: Taps) -> Any:
    """Return ``x`` with the sums of ``taps`` along ``axis``, which counts from the front."""
    return _resampled(xp, x, axis, taps)


@resampled.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, axis: int, taps: Taps) -> Any:
    return (_resampled(xp, g, axis, taps.transposed),)


def _resampled(xp: Any, x: Any, axis: int, taps: Taps) -> Any:
    behind = (1,) * (x.ndim - axis - 1)
    weights = None if taps.weights is None else taps.weights.astype(x.dtype)
    if len(taps.index) > _FEW:  # read all at once
        every = xp.take(x, taps.index.reshape(-1), axis=axis)
        every = xp.reshape(every, (*x.shape[:axis], *taps.index.shape, *x.shape[axis + 1 :]))
        every = every if weights is None else every * weights.reshape(*weights.shape, *behind)
        if taps.used is not None:
            every = xp.where(taps.used.reshape(*taps.used.shape, *behind), every, 0)
        return xp.sum(every, axis=axis)
    total: Any = None
    for t, index in enumerate(taps.index):
        part = xp.take(x, index, axis=axis)
        part = part if weights is None else part * weights[t].reshape(-1, *behind)
        if taps.used is not None and not taps.used[t].all():
            part = xp.where(taps.used[t].reshape(-1, *behind), part, 0)
        total = part if total is None else total + part
    return total


_FEW = 8  # so many taps are read and added one by one, which takes no memory for all of them


# ----------------------------------------------------------------- which taps


_LONGEST = 2**13  # of a longer axis the taps aren't kept: of many lengths they would fill the memory


def taps_of(mode: str, size: int, count: int, step: float, **options: bool) -> Taps:
    """Return the taps that resize an axis, as ``_taps_of`` does, and keep them for another time."""
    found = _kept if max(size, count) <= _LONGEST else _taps_of
    return found(mode, size, count, step, **options)


def _taps_of(
    mode: str, size: int, count: int, step: float, *, corners: bool, antialias: bool, single: bool
) -> Taps:
    """Return the taps that resize an axis.

    Args:
        mode: ``"nearest"``, ``"nearest-exact"``, ``"linear"``, ``"cubic"`` or ``"lanczos"``.
        size, count: how many elements there are and will be.
        step: from one element of the result to the next, counted in elements that there are.
        corners: whether the first and last elements stay where they are; else the ends of the axis do.
        antialias: whether a filter is made wider where the axis shrinks, so that no element is passed over.
        single: whether places are computed in single precision, as those of elements of float32 are.
    """
    i = np.arange(count)
    if mode.startswith("nearest"):
        return Taps(size, nearest(size, i, step, 0.0 if mode == "nearest" else 0.5, single)[None])
    if corners:
        step = (size - 1) / (count - 1) if count > 1 else 0.0
    if antialias:
        return _filtered(size, i, step, *_FILTERS[mode])
    place = i * step if corners else (i + 0.5) * step - 0.5
    if mode == "linear":
        place = np.maximum(place, 0.0)
    first = np.floor(place)
    part = place - first
    if mode == "linear":
        offsets, weights = [0, 1], [1 - part, part]
    else:
        offsets, weights = [-1, 0, 1, 2], keys(part, -0.75)
    index = np.clip([first.astype(np.int64) + offset for offset in offsets], 0, size - 1)
    return Taps(size, index, np.array(weights))


_kept = functools.lru_cache(maxsize=64)(_taps_of)


def nearest(size: int, i: Array, step: float, shift: float, single: bool) -> Array:
    """Return where the nearest elements lie, rounded down.

    Places are rounded to single precision first, so that five steps of a fifth are a whole one.
    """
    kind: Any = np.float32 if single else np.float64
    place = ((i.astype(kind) + kind(shift)) * kind(step)).astype(np.float32)
    found: Array = np.minimum(np.floor(place).astype(np.int64), size - 1)
    return found


def _filtered(size: int, i: Array, step: float, filtered: Callable[[Array], Array], reach: float) -> Taps:
    """Return taps with the weights of a filter that reaches so far, or further where the axis shrinks."""
    wider = max(step, 1.0)
    center, reach = step * (i + 0.5), reach * wider
    first = np.maximum(np.floor(center - reach + 0.5), 0).astype(np.int64)
    last = np.minimum(np.floor(center + reach + 0.5), size).astype(np.int64)
    offsets = np.arange(math.ceil(reach) * 2 + 1)[:, None]
    index = first + offsets
    inside = index < last
    weights = np.where(inside, filtered(np.abs(index - center + 0.5) / wider), 0.0)
    some = weights.any(axis=1)
    index, weights = np.minimum(index, last - 1), weights / weights.sum(axis=0)
    return Taps(size, index[some], weights[some], inside[some])


def keys(part: Any, a: float) -> list[Any]:
    """Return the weights of Keys' cubic for the elements at -1, 0, 1 and 2, of a place between 0 and 1."""

    def near(x: Any) -> Any:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Any) -> Any:  # of the distance 1 + x
        return a * x * (x - 1) * (x - 1)

    return [far(part), near(part), near(1 - part), far(1 - part)]


def _cubic(x: Array) -> Array:
    """Return Keys' cubic of distances."""
    whole = np.minimum(np.floor(x), 2).astype(np.int64)
    return np.choose(whole, [*keys(x - whole, -0.5)[1::-1], np.zeros_like(x)])


_FILTERS: dict[str, tuple[Callable[[Array], Array], float]] = {
    "linear": (lambda x: np.maximum(1 - x, 0), 1.0),
    "cubic": (_cubic, 2.0),
    "lanczos": (lambda x: np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0.0), 3.0),
}
