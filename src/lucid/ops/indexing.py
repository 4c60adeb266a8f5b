"""Reading and writing at an index.

Three primitives are each other's derivatives. ``get_at`` reads ``x[index]``; its derivative
``scatter_add`` puts values back where they were read, adding up what was read twice;
``set_at`` is the write that leaves its argument as it was. An index is a tuple of integers,
slices, None, Ellipsis and arrays, and travels as an option: it has no derivative.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from lucid import recording
from lucid.engines import dtypes
from lucid.engines.protocol import Array
from lucid.engines.registry import engine_of
from lucid.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from lucid.grad_mode import state
from lucid.ops.axes import index_along, normalize_axis
from lucid.ops.cast import as_written
from lucid.ops.creation import asarray
from lucid.recording import primitive


@primitive
def get_at(xp: Any, x: Any, /, *, index: tuple[Any, ...]) -> Any:
    """Return ``x[index]``; see ``getitem``."""
    return xp.get_at(x, index=index)


get_at.name = "getitem"  # in messages


@get_at.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, index: tuple[Any, ...]) -> Any:
    return (xp.scatter_add(g, index=index, shape=_x.shape),)


@primitive
def scatter_add(xp: Any, values: Any, /, *, index: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Return zeros of ``shape`` with ``values`` added at ``index``; duplicates add up."""
    return xp.scatter_add(values, index=index, shape=shape)


@scatter_add.vjp
def _(xp: Any, g: Any, _out: Any, _values: Any, *, index: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    return (xp.get_at(g, index=index),)


@primitive
def set_at(xp: Any, x: Any, value: Any, /, *, index: tuple[Any, ...]) -> Any:
    """Return ``x`` with ``value`` at ``index``; see ``setitem``."""
    return xp.set_at(x, value, index=index)


set_at.name = "setitem"  # in messages


@set_at.vjp
def _(xp: Any, g: Any, out: Any, _x: Any, _value: Any, *, index: tuple[Any, ...]) -> Any:
    def by_value() -> Any:
        at = xp.get_at(g, index=index)
        if not any(hasattr(i, "dtype") and i.dtype != bool and i.ndim for i in index):
            return at
        # An index may name an element twice. Then one of the values was overwritten, and has
        # no gradient: write the values' numbers in their place, and see which are left.
        ones = xp.ones_like(xp.reshape(at, (-1,)), dtype=dtypes.int64)
        numbers = xp.reshape(xp.cumsum(ones, axis=0), at.shape)
        left = xp.set_at(xp.zeros_like(out, dtype=dtypes.int64), numbers, index=index)
        return xp.where(xp.get_at(left, index=index) == numbers, at, 0.0)

    return lambda: xp.set_at(g, 0.0, index=index), by_value


def getitem(x: Any, key: Any, /) -> Any:
    """Return ``x[key]``, by NumPy's rules: integers, slices, ``...``, None, integer and boolean arrays.

    A slice may reach beyond the ends, an integer may not. Tensors are indices too: of integers, of
    booleans, of no axes. The gradient of what is read twice adds up.

    Raises:
        IndexingError: if an index is out of range or no index.

    Example:
        >>> x = lucid.Tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> x[:, -1], x[x > 2], x[lucid.Tensor([1, 0]), 0]
        (Tensor([2.0, 4.0]), Tensor([3.0, 4.0]), Tensor([3.0, 1.0]))
    """
    x = _as_deep_as(key, x if isinstance(x, recording.Tensor) else asarray(x))
    return get_at(x, index=as_index(key, x._array))


def setitem(x: Any, key: Any, value: Any, /) -> Any:
    """Return ``x`` with ``value`` at ``key``: what ``x[key] = value`` makes of ``x``.

    Where an index array names an element twice, one of the values is kept (on the CPU the
    last), and only that one gets a gradient.

    Raises:
        IndexingError: if an index is out of range or no index.
        ShapeError: if ``value`` does not broadcast to the shape of ``x[key]``.
        DTypeError: if ``x`` would not hold ``value``.

    Example:
        >>> lucid.setitem(lucid.Tensor([1.0, 2.0, 3.0]), slice(1, None), 0.0)
        Tensor([1.0, 0.0, 0.0])
    """
    x = _as_deep_as(key, asarray(x))
    index, value = _check_write(x, key, as_written(value, x.dtype, x.device, "setitem"))
    return set_at(x, value, index=index)


def _as_deep_as(key: Any, x: Any) -> Any:
    """Return ``x``; where ``vmap`` made a batch of an index in ``key``, as an array of that ``vmap``."""
    if not state.levels:
        return x
    parts = key if isinstance(key, tuple) else (key,)
    return recording.at_one_depth([x, *(p for p in parts if isinstance(p, recording.Tensor))])[0]


def write_at(x: Any, key: Any, value: Any, /) -> None:
    """Write ``value`` into the array of ``x``, which nobody else may see. See ``Tensor.__setitem__``."""
    index, value = _check_write(x, key, value)
    x._array[index] = value._array


def _check_write(x: Any, key: Any, value: Any) -> tuple[tuple[Any, ...], Any]:
    """Return ``key`` as an index and ``value`` in a shape that fits, or raise before anything is written."""
    index = as_index(key, x._array)
    if state.levels and any(_differs(i) and i.dtype == bool for i in index):
        return index, value  # under vmap, how many elements a mask names is known for each example alone
    try:
        target = shape_at(x.shape, index)
    except IndexError as error:
        raise IndexingError(f"x[{key!r}] = value, x of shape {x.shape}: {error}") from error
    # NumPy lets the value have more axes of size one in front.
    extra = value.ndim - len(target)
    if extra > 0 and all(n == 1 for n in value.shape[:extra]):
        value = value.reshape(value.shape[extra:])
    try:
        fits = np.broadcast_shapes(value.shape, target) == target
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"x[key] = value: value has shape {value.shape}, x[key] {target}")
    return index, value


def as_index(key: Any, array: Array) -> tuple[Any, ...]:
    """Return ``key`` as a tuple of integers, slices, None, Ellipsis and arrays of ``array``'s engine."""
    parts = key if isinstance(key, tuple) else (key,)
    return tuple(p if type(p) in _PLAIN else _as_index_part(p, array) for p in parts)


_PLAIN = frozenset((int, type(None), type(Ellipsis)))


def _as_index_part(part: Any, array: Array) -> Any:
    if isinstance(part, slice):
        bounds = (part.start, part.stop, part.step)
        try:
            result = slice(*(b if b is None else operator.index(b) for b in bounds))
        except TypeError as error:
            raise IndexingError(f"a slice has integer bounds, got {part!r}") from error
        if result.step == 0:
            raise IndexingError(f"a slice has no step of 0, got {part!r}")
        return result
    mine = isinstance(part, recording.Tensor)
    if mine:
        part = part._array
    if isinstance(part, (bool, np.bool_)):
        part = np.asarray(part)
    elif hasattr(part, "__index__") and not hasattr(part, "ndim"):
        return operator.index(part)
    elif isinstance(part, (list, range)):
        try:
            part = np.asarray(part) if len(part) else np.zeros(0, np.int64)
        except ValueError as error:
            raise IndexingError(f"an index is no ragged list, got {part!r}") from error
    if not hasattr(part, "dtype") or part.dtype.kind not in "biu":
        got = f"{part.dtype.name} array" if hasattr(part, "dtype") else repr(part)
        raise IndexingError(
            f"an index is an integer, a slice, ..., None, or an array of integers or booleans, got {got}"
        )
    engine, home = engine_of(array), engine_of(part)
    if engine is not home:
        part = engine.from_numpy(home.to_numpy(part), engine.device_of(array), copy=True)
    elif isinstance(part, np.generic):
        return int(part)
    elif isinstance(part, np.ndarray) and not mine:
        part = part.copy()  # the graph holds on to it, and it is the caller's to write to
    return part


def shape_at(shape: tuple[int, ...], index: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the shape of what ``index`` reads from an array of ``shape``, by one that takes no memory.

    Raises:
        IndexError: NumPy's, if an index is out of range.
    """
    on_host = tuple(_on_host(i) if hasattr(i, "dtype") else i for i in index)
    hollow: Any = np.broadcast_to(np.False_, shape)
    result: tuple[int, ...] = hollow[on_host].shape
    return result


def _on_host(part: Any) -> np.ndarray[Any, Any]:
    # Where examples of a batch differ, zeros do as well: only shapes are asked for.
    return np.zeros(part.shape, np.int64) if _differs(part) else engine_of(part).to_numpy(part)


def _differs(part: Any) -> bool:
    """Whether an index is an array that differs between the examples of a ``vmap``."""
    return bool(hasattr(part, "dtype") and engine_of(part).depth and part.batched)


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    """Return the slices of ``x`` at ``indices`` along ``axis``.

    Args:
        x: a Tensor.
        indices: integers, a Tensor or a sequence; negative ones count from the end.
        axis: the axis; may be left out if there is only one.

    Shape:
        that of ``x``, with ``indices.shape`` in the place of ``axis``.

    Raises:
        IndexingError: if an index or the axis does not exist.
        DTypeError: if ``indices`` are no integers.

    Example:
        >>> lucid.take(lucid.Tensor([1.0, 2.0, 3.0]), [2, 0])
        Tensor([3.0, 1.0])
    """
    x = asarray(x)
    if axis is None:
        if x.ndim != 1:
            raise ArgumentError(f"take: a tensor of shape {x.shape} needs an axis")
        axis = 0
    axis = normalize_axis(axis, x.ndim, "take")
    key = index_along(axis, _integers("take", indices, x.device))
    return _read("take", x, key, indices, axis)


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    """Return ``x[..., indices[..., j, ...], ...]``: for each slice along ``axis``, its own indices.

    Args:
        x: a Tensor.
        indices: a Tensor of integers of as many axes; it broadcasts against ``x`` but for ``axis``.
        axis: the axis along which the indices point. PyTorch calls this ``gather``.

    Raises:
        IndexingError: if an index or the axis does not exist.
        ShapeError: if the shapes do not broadcast.
        DTypeError: if ``indices`` are no integers.

    Example:
        >>> x = lucid.Tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> lucid.take_along_axis(x, lucid.Tensor([[1], [0]]), axis=1)
        Tensor([[2.0],
                [3.0]])
    """
    x = asarray(x)
    indices = _integers("take_along_axis", indices, x.device)
    if indices.ndim != x.ndim:
        raise ShapeError(
            f"take_along_axis: indices have {indices.ndim} axes, x has {x.ndim}: they must be equal"
        )
    axis = normalize_axis(axis, x.ndim)
    if any(
        n != m and 1 not in (n, m)
        for a, (n, m) in enumerate(zip(x.shape, indices.shape, strict=True))
        if a != axis
    ):
        raise ShapeError(
            f"take_along_axis: indices of shape {indices.shape} and x of {x.shape} "
            f"must broadcast together but for axis {axis}"
        )
    key: list[Any] = []
    for a, n in enumerate(x.shape):
        if a == axis:
            key.append(indices)
        else:
            key.append(np.arange(n).reshape(tuple(-1 if b == a else 1 for b in range(x.ndim))))
    return _read("take_along_axis", x, tuple(key), indices, axis)


def _integers(function: str, indices: Any, device: str) -> Any:
    """Return ``indices`` as a Tensor of integers: booleans would be a mask."""
    if isinstance(indices, (list, tuple, range)) and not len(indices):
        return asarray(np.zeros(0, np.int64), device=device)
    if not isinstance(indices, recording.Tensor):  # a copy: the graph holds on to it
        indices = recording.Tensor(indices, device=device)
    if indices.dtype.kind not in "iu":
        raise DTypeError(f"{function}: indices must be integers, got {indices.dtype.name}")
    return indices


def _read(function: str, x: Any, key: tuple[Any, ...], indices: Any, axis: int) -> Any:
    """Return ``x[key]``; if ``indices`` point beyond ``axis``, say so in the name of ``function``."""
    try:
        return getitem(x, key)
    except IndexingError as error:
        n = x.shape[axis]
        try:
            wrong = [i for i in np.ravel(indices).tolist() if not -n <= i < n]
        except ArgumentError:  # under vmap an index has no value that could be shown
            wrong = []
        if not wrong:
            raise
        raise IndexingError(
            f"{function}: index {wrong[0]} is out of bounds for axis {axis} of size {n}, "
            f"x has shape {x.shape}"
        ) from error
