"""What stands around images while a kernel slides over them, and the options that are given for each axis."""

from __future__ import annotations

import operator
from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.ops import broadcast_to, concat, flip


def sizes(name: str, what: str, value: Any, n: int, *, least: int) -> tuple[int, ...]:
    """Return an option, an integer or one for each of ``n`` axes, as a tuple."""
    try:
        one = hasattr(value, "__index__")
        found = tuple(map(operator.index, (value,) if one else value))
        if isinstance(value, bool) or (not one and any(isinstance(v, bool) for v in value)):
            raise TypeError
    except TypeError:
        raise ArgumentTypeError(
            f"{name} expects {what} to be an integer or {n} of them, got {value!r}"
        ) from None
    found = found * n if len(found) == 1 else found
    if len(found) != n:
        raise ArgumentError(f"{name} expects {what} to be an integer or {n} of them, got {value!r}")
    if min(found) < least:
        raise ArgumentError(f"{name} expects {what} of at least {least}, got {value!r}")
    return found


def paddings(
    name: str, padding: Any, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """Return the padding before and after each axis."""
    if not isinstance(padding, str):
        return tuple((p, p) for p in sizes(name, "padding", padding, len(kernel), least=0))
    checks.one_of(name, "padding", padding, ("valid", "same"))
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if max(stride) > 1:
        raise ArgumentError(f"{name} expects a stride of 1 with padding='same', got {stride}")
    totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return tuple((total // 2, total - total // 2) for total in totals)


def padded(name: str, x: Any, pairs: tuple[tuple[int, int], ...], mode: str) -> Any:
    """Return ``x`` with its last axes continued before and after.

    Args:
        name: of the layer, for messages.
        x: a Tensor.
        pairs: how many elements come before and after each of the last axes.
        mode: ``"reflect"`` mirrors at the first and last element, ``"replicate"`` repeats them, and
            ``"circular"`` goes on at the other end.

    Raises:
        ShapeError: if an axis has too few elements for it.
    """
    for axis, (before, after) in enumerate(pairs, start=x.ndim - len(pairs)):
        size = x.shape[axis]
        most = {"reflect": size - 1, "circular": size, "replicate": before + after if size else 0}[mode]
        if max(before, after) > most:
            raise ShapeError(
                f"{name}: padding_mode={mode!r} with padding {(before, after)} needs a longer axis, "
                f"got x of shape {x.shape}"
            )
        if before or after:
            x = concat(_continued(x, axis, before, after, mode), axis=axis)
    return x


def _continued(x: Any, axis: int, before: int, after: int, mode: str) -> list[Any]:
    size = x.shape[axis]

    def part(start: int, stop: int) -> Any:
        return x[(*(slice(None),) * axis, slice(start, stop))]

    def repeated(start: int, count: int) -> Any:
        shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
        return broadcast_to(part(start, start + 1), shape)

    if mode == "circular":
        return [part(size - before, size), x, part(0, after)]
    if mode == "reflect":
        head, tail = part(1, before + 1), part(size - 1 - after, size - 1)
        return [flip(head, axis=axis), x, flip(tail, axis=axis)]
    return [repeated(0, before), x, repeated(size - 1, after)]
