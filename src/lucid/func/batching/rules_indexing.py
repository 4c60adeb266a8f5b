"""Batching rules for reading and writing at an index.

What makes them long is NumPy's rule for index arrays: the axes that they make stand where the
arrays stood if these stood side by side, and else in front. An index array may differ between
examples as well, and the array that is read may not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid import ops
from lucid.engines.registry import engine_of
from lucid.func.batching.example import Example, batched, count_of, unwrapped
from lucid.func.batching.loop import in_a_loop
from lucid.ops.indexing import as_index, shape_at
from lucid.tensor import Tensor


def get_at(function: Any, x: Any, /, *, index: tuple[Any, ...]) -> Any:
    """Read ``x[index]`` of every example."""
    if _masks_differ(index):
        return in_a_loop("getitem", ops.getitem, _examples(x, *index), (x, index), {})
    plan = _Plan(index, x.ndim, count_of(x, *index), shared=not isinstance(x, Example))
    return plan.to_example(function(unwrapped(x), index=plan.index))


def set_at(function: Any, x: Any, value: Any, /, *, index: tuple[Any, ...]) -> Any:
    """Write ``value`` into every example."""
    if _masks_differ(index):
        return in_a_loop("setitem", ops.setitem, _examples(x, value, *index), (x, index, value), {})
    count = count_of(x, value, *index)
    plan = _Plan(index, x.ndim, count, shared=False)
    if not isinstance(value, (Example, Tensor)):  # a number
        return function(batched(x, count), value, index=plan.index)
    x = batched(x, count)
    shape = plan.example_shape(shape_at(x.shape, plan.index))
    if isinstance(value, Example):
        n, *rest = value.tensor.shape
        value = ops.reshape(value.tensor, (n, *(1,) * (len(shape) - 1 - len(rest)), *rest))
    return function(x, plan.from_example(ops.broadcast_to(value, shape)), index=plan.index)


def scatter_add(function: Any, values: Any, /, *, index: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Add ``values`` up where they belong in every example."""
    if _masks_differ(index):

        def one(values: Any, index: Any) -> Any:
            return function(values, index=as_index(index, values._array), shape=shape)

        return in_a_loop("getitem", one, _examples(values, *index), (values, index), {})
    count = count_of(values, *index)
    plan = _Plan(index, len(shape), count, shared=False)
    values = plan.from_example(batched(values, count))
    return function(values, index=plan.index, shape=(count, *shape))


def _masks_differ(index: tuple[Any, ...]) -> bool:
    """Whether a mask differs between examples, so that one index can't read them all."""
    return any(isinstance(i, Example) and i.tensor.dtype == bool for i in index)


def _examples(*args: Any) -> list[Example]:
    return [a for a in args if isinstance(a, Example)]


class _Plan:
    """An index of an example, made one of the batch; and how the axes of what is read are moved.

    Attributes:
        index: the index of the batch: raw arrays, slices, integers.
        source, destination: the axes of what is read there, and where an example's belong.
    """

    def __init__(self, index: tuple[Any, ...], ndim: int, count: int, shared: bool) -> None:
        parts = _spelled_out(index, ndim)
        arrays = [i for i, p in enumerate(parts) if isinstance(p, (Example, Tensor))]
        self.source: list[int] = []
        self.destination: list[int] = []
        if not arrays:
            self.index: tuple[Any, ...] = tuple(parts) if shared else (slice(None), *parts)
            return
        # Next to an index array, an integer counts as one.
        advanced = [i for i, p in enumerate(parts) if isinstance(p, (Example, Tensor, int))]
        together = advanced == list(range(advanced[0], advanced[-1] + 1))
        before = len([p for p in parts[: advanced[0]] if not isinstance(p, int)]) if together else 0
        width = max(1 if _is_flag(parts[i]) else parts[i].ndim for i in arrays)  # axes that they make
        differ = any(isinstance(p, Example) for p in parts)
        if differ:
            parts = [_widened(p, width) if isinstance(p, Example) else unwrapped(p) for p in parts]
        raw = [p._array if isinstance(p, Tensor) else p for p in parts]
        if differ and not shared:
            # Each example's index reads that example: one array more, that counts them.
            like = next(p for p in parts if isinstance(p, Tensor))
            counter = np.arange(count).reshape(-1, *(1,) * width)
            engine = engine_of(like._array)
            self.index = (engine.from_numpy(counter, like.device, copy=False), *raw)
            first = advanced[0] == 0 and together  # they stand side by side, in front
            self._move(range(1, 1 + width), before) if before and not first else None
        elif differ:
            self.index = tuple(raw)
            self.source, self.destination = [before], [0]  # where the arrays stood, the batch is first
        else:
            self.index = tuple(raw) if shared else (slice(None), *raw)
            if not together and not shared:
                self.source, self.destination = [width], [0]  # the arrays' axes went in front of the batch

    def _move(self, axes: range, before: int) -> None:
        self.source, self.destination = list(axes), [a + before for a in axes]

    def to_example(self, x: Any) -> Any:
        """Return what was read with the batch in front, and an example's axes after it."""
        return ops.moveaxis(x, tuple(self.source), tuple(self.destination)) if self.source else x

    def from_example(self, x: Any) -> Any:
        """Return what is to be written as the index wants it: the inverse of ``to_example``."""
        return ops.moveaxis(x, tuple(self.destination), tuple(self.source)) if self.source else x

    def example_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape that ``to_example`` gives what is of ``shape``."""
        return np.moveaxis(np.broadcast_to(np.False_, shape), self.source, self.destination).shape


def _spelled_out(index: tuple[Any, ...], ndim: int) -> list[Any]:
    """Return ``index`` with slices for an ellipsis, and the positions that a mask names for the mask."""
    parts: list[Any] = []
    for part in index:
        if isinstance(part, Tensor) and part.dtype == bool and part.ndim:
            parts.extend(ops.asarray(f, device=part.device) for f in np.nonzero(part.numpy()))
        elif isinstance(part, Tensor) and part.ndim == 0 and part.dtype != bool:
            parts.append(int(part))
        else:
            parts.append(part)
    used = sum(not (p is None or p is Ellipsis or _is_flag(p)) for p in parts)
    if Ellipsis not in [p for p in parts if not isinstance(p, (Tensor, Example))]:
        parts.append(Ellipsis)
    at = next(i for i, p in enumerate(parts) if p is Ellipsis)
    return [*parts[:at], *[slice(None)] * (ndim - used), *parts[at + 1 :]]


def _is_flag(part: Any) -> bool:
    """Whether ``part`` is a single truth value, which reads no axis and makes one."""
    return isinstance(part, Tensor) and part.dtype == bool and part.ndim == 0


def _widened(x: Example, width: int) -> Any:
    """Return an index array with the batch in front, and ``width`` axes after it."""
    n, *rest = x.tensor.shape
    return ops.reshape(x.tensor, (n, *(1,) * (width - len(rest)), *rest))
