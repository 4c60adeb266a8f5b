"""What stands around images: zeros or a number, or the image itself, continued."""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.ops import broadcast_to, concat, flip
from lucid.ops import pad as surrounded
from lucid.ops.cast import another

__all__ = ["pad"]

MODES = ("constant", "reflect", "replicate", "circular")


def pad(x: Any, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    """Return ``x`` with more elements, or fewer, before and after its last axes.

    The numbers begin with the last axis: ``(left, right, top, bottom)`` for images. A negative one takes
    elements away. ``lucid.pad`` has its pairs in the order of the axes, and one for each of them.

    Args:
        x: a Tensor.
        pad: integers, one for each end: before and after the last axis, then the one before it, and so on.
        mode: ``"constant"`` adds ``value``; ``"reflect"`` mirrors at the first and last element;
            ``"replicate"`` repeats these; ``"circular"`` goes on at the other end.
        value: the number to add, by default 0; for ``"constant"`` alone.

    Shape:
        ``(*, n) -> (*, before + n + after)``

    Raises:
        ArgumentError: if ``pad`` has an odd count of numbers, or ``value`` is given with another mode.
        ShapeError: if ``x`` has too few axes, or too few elements along one of them.

    Example:
        >>> x = Tensor([[1.0, 2.0, 3.0]])
        >>> F.pad(x, (1, 2))
        Tensor([[0.0, 1.0, 2.0, 3.0, 0.0, 0.0]])
        >>> F.pad(x, (2, -1), mode="reflect")
        Tensor([[3.0, 2.0, 1.0, 2.0]])
        >>> F.pad(x, (0, 0, 0, 1), value=9.0)
        Tensor([[1.0, 2.0, 3.0],
                [9.0, 9.0, 9.0]])
    """
    x = checks.as_tensor("pad", "x", x)
    checks.one_of("pad", "mode", mode, MODES)
    pairs = pairs_of("pad", "pad", pad)
    if len(pairs) > x.ndim:
        raise ShapeError(
            f"pad expects two numbers for each of at most {x.ndim} axes (x is {x.shape}), got {pad!r}"
        )
    if mode != "constant":
        if value is not None:
            raise ArgumentError(f"pad expects value for mode='constant' alone, got {value!r} and {mode!r}")
        return padded("pad", x, pairs, mode)
    for axis, (before, after) in enumerate(pairs, start=x.ndim - len(pairs)):
        x = cropped("pad", x, axis, before, after)
    around = [(max(before, 0), max(after, 0)) for before, after in pairs]
    widths = [(0, 0)] * (x.ndim - len(pairs)) + around
    return surrounded(x, widths or 0, value=0 if value is None else value)


def pairs_of(name: str, what: str, value: Any) -> tuple[tuple[int, int], ...]:
    """Return numbers as they are given to ``pad`` as pairs, (before, after), in the order of the axes."""
    rule = "a tuple of integers"
    values = checks.items(name, what, value, rule)
    if values is None:
        raise ArgumentTypeError(f"{name} expects {what} to be {rule}, got {value!r}")
    ends = tuple(checks.integer(name, what, v) for v in values)
    if len(ends) % 2:
        raise ArgumentError(f"{name} expects {what} to have two numbers for each axis, got {value!r}")
    return tuple(zip(ends[::2], ends[1::2], strict=True))[::-1]


def paddings(
    name: str, padding: Any, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """Return the padding before and after each axis."""
    if not isinstance(padding, str):
        return tuple((p, p) for p in checks.per_axis(name, "padding", padding, len(kernel), 0))
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
        name: of the function or layer, for messages.
        x: a Tensor.
        pairs: how many elements come before and after each of the last axes; negative, how many go.
        mode: ``"reflect"`` mirrors at the first and last element, ``"replicate"`` repeats them, and
            ``"circular"`` goes on at the other end.

    Raises:
        ShapeError: if an axis has too few elements for it.
    """
    given = x
    for axis, (before, after) in enumerate(pairs, start=x.ndim - len(pairs)):
        kept = cropped(name, x, axis, before, after)
        around = kept if mode == "circular" else x
        size = around.shape[axis]
        more = max(before, after, 0)
        most = {"reflect": max(size - 1, 0), "circular": size, "replicate": more if size else 0}
        if more > most[mode]:
            raise ShapeError(
                f"{name}: padding_mode={mode!r} with padding {(before, after)} needs a longer axis, "
                f"got x of shape {x.shape}"
            )
        if more:
            head, tail = _ends(around, axis, max(before, 0), max(after, 0), mode)
            kept = concat([head, kept, tail], axis=axis)
        x = kept
    return another(x) if x is given else x


def cropped(name: str, x: Any, axis: int, before: int, after: int) -> Any:
    """Return ``x`` without the elements that a negative ``before`` or ``after`` takes away along ``axis``."""
    size = x.shape[axis]
    start, stop = max(-before, 0), size - max(-after, 0)
    if start > stop:
        raise ShapeError(
            f"{name}: padding {(before, after)} takes away more than the {size} elements of axis {axis} "
            f"of x, of shape {x.shape}"
        )
    return x if stop - start == size else _part(x, axis, start, stop)


def _ends(x: Any, axis: int, before: int, after: int, mode: str) -> tuple[Any, Any]:
    """Return what comes before and after ``x`` along ``axis``."""
    size = x.shape[axis]
    if mode == "circular":
        return _part(x, axis, size - before, size), _part(x, axis, 0, after)
    if mode == "reflect":
        head, tail = _part(x, axis, 1, before + 1), _part(x, axis, size - 1 - after, size - 1)
        return flip(head, axis=axis), flip(tail, axis=axis)
    lead, rest = x.shape[:axis], x.shape[axis + 1 :]
    first, last = _part(x, axis, 0, 1), _part(x, axis, size - 1, size)
    return broadcast_to(first, (*lead, before, *rest)), broadcast_to(last, (*lead, after, *rest))


def _part(x: Any, axis: int, start: int, stop: int) -> Any:
    return x[(*(slice(None),) * axis, slice(start, stop))]
