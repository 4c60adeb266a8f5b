"""Sequences of different lengths in one Tensor: padded, with what means nothing after their ends; or packed.

*Packed*, the rows of all sequences lie one time after the other, without padding: all first ones, all second
ones of the sequences that have one, and so on. With the longest sequence first, the sequences
that still go on are always the first few.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.recurrent import checked_sizes
from lucid.ops import asarray, concat, reshape, unstack, where
from lucid.recording import primitive

SIDES = ("right", "left")


class PackedSequence(NamedTuple):
    """Sequences of different lengths, packed. Made by ``pack_padded_sequence`` and ``pack_sequence``.

    Attributes:
        data: the rows of all times, one time after the other.
        batch_sizes: how many rows each time has; int64, on the CPU. They do not increase, and add up to the
            number of rows: what takes packed sequences checks it.
        sorted_indices: the sequences' positions, the longest first; None if they were in that order.
        unsorted_indices: where each sequence stands among the sorted ones; or None.

    Example:
        >>> nn.utils.rnn.pack_sequence([Tensor([1, 2, 3]), Tensor([4])])[:2]
        (Tensor([1, 4, 2, 3]), Tensor([2, 1, 1]))
    """

    data: Any
    batch_sizes: Any
    sorted_indices: Any = None
    unsorted_indices: Any = None

    def to(self, device: str | None) -> PackedSequence:
        """Return the sequences with their data on ``device``."""
        return self._replace(data=self.data.to(device))


@primitive
def gather_rows(xp: Any, x: Any, *, index: Any, back: Any) -> Any:
    """Return the rows ``x[index]``, and zeros where the index is ``len(x)``.

    No row is taken twice. So going back is the same, by the index ``back``.
    """
    return _gather(xp, x, index)


@gather_rows.vjp
def _(xp: Any, g: Any, _out: Any, _x: Any, *, index: Any, back: Any) -> Any:
    return (_gather(xp, g, back),)


def _gather(xp: Any, x: Any, index: Any) -> Any:
    if index.size and index.max() == x.shape[0]:
        x = xp.concat([x, xp.zeros_like(x[:1])])
    return xp.take(x, index, axis=0)


def _inverse(index: Any, rows: int) -> Any:
    """Return where each of ``rows`` rows went to by ``index``; the length of the index if it was left out."""
    back = np.full(rows, index.size)
    back[index] = np.arange(index.size)
    return back


def pack_padded_sequence(
    x: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack padded sequences.

    Args:
        x: padded sequences.
        lengths: of each sequence, at least 1.
        batch_first: whether ``x`` is ``(N, T, *)``.
        enforce_sorted: whether the longest must come first and so on. If not, they are sorted.

    Shape:
        ``(T, N, *) -> (sum(lengths), *)``

    Raises:
        ShapeError: if there is not one length for each sequence.
        ArgumentError: if a length is not from 1 to ``T``, or the lengths increase, unless that is allowed.

    Example:
        >>> padded = Tensor([[1.0, 2.0, 3.0], [4.0, 0.0, 0.0]])
        >>> nn.utils.rnn.pack_padded_sequence(padded, [3, 1], batch_first=True).data
        Tensor([1.0, 4.0, 2.0, 3.0])
    """
    name = "pack_padded_sequence"
    x = checks.as_tensor(name, "x", x)
    if x.ndim < 2:
        raise ShapeError(f"{name} expects x of shape (T, N, ...) or (N, T, ...), got {x.shape}")
    count, times = x.shape[:2] if batch_first else (x.shape[1], x.shape[0])
    sizes = _lengths(name, lengths, count, times)
    order = None
    if (np.diff(sizes) > 0).any():
        if enforce_sorted:
            raise ArgumentError(
                f"{name} expects lengths that do not increase, got {sizes.tolist()}: "
                "pass enforce_sorted=False to have the sequences sorted"
            )
        order = np.argsort(-sizes, kind="stable")
    elif not enforce_sorted:
        order = np.arange(count)
    index, batch_sizes = _places(sizes, order, batch_first, count, times)
    rows = reshape(x, (count * times, *x.shape[2:]))
    data = gather_rows(rows, index=index, back=_inverse(index, count * times))
    if order is None:
        return PackedSequence(data, asarray(batch_sizes))
    return PackedSequence(data, asarray(batch_sizes), asarray(order), asarray(np.argsort(order)))


def _lengths(function: str, lengths: Any, count: int, times: int) -> Any:
    """Return the lengths of ``count`` sequences as an array of integers from 1 to ``times``."""
    sizes = np.asarray(lengths.numpy() if hasattr(lengths, "numpy") else lengths)
    if sizes.dtype.kind not in "iu":
        raise ArgumentTypeError(f"{function} expects lengths to be integers, got {lengths!r}")
    if sizes.shape != (count,):
        raise ShapeError(f"{function} expects a length for each of {count} sequences, got {sizes.tolist()}")
    if not count or sizes.min() < 1 or sizes.max() > times:
        raise ArgumentError(
            f"{function} expects sequences with lengths from 1 to {times}, got {sizes.tolist()}"
        )
    return sizes.astype(np.int64)


def _places(sizes: Any, order: Any, batch_first: bool, count: int, times: int) -> tuple[Any, Any]:
    """Return which rows of a padded batch the packed ones are, and how many there are at each time."""
    order = np.arange(count) if order is None else order
    going_on = np.arange(sizes.max())[:, None] < sizes[order]
    time, place = np.nonzero(going_on)
    sequence = order[place]
    index = sequence * times + time if batch_first else time * count + sequence
    return index, going_on.sum(axis=1)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Any, Any]:
    """Undo ``pack_padded_sequence``.

    Args:
        sequence: packed sequences.
        batch_first: whether to return ``(N, T, *)``.
        padding_value: what to fill up with.
        total_length: ``T``, by default that of the longest sequence.

    Returns:
        The padded sequences in their first order, and their lengths.

    Raises:
        ArgumentTypeError: if ``sequence`` is not packed.
        ShapeError: if its ``batch_sizes`` are not those of its rows.
        ArgumentError: if ``total_length`` is less than the longest.

    Example:
        >>> packed = nn.utils.rnn.pack_sequence([Tensor([1.0, 2.0]), Tensor([3.0])])
        >>> padded, lengths = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
        >>> padded.tolist(), lengths.tolist()
        ([[1.0, 2.0], [3.0, 0.0]], [2, 1])
    """
    name = "pad_packed_sequence"
    if not isinstance(sequence, PackedSequence):
        raise ArgumentTypeError(f"{name} expects a PackedSequence, got {type(sequence).__name__}")
    data = checks.as_tensor(name, "data", sequence.data)
    batch_sizes = np.array(checked_sizes(name, sequence.batch_sizes, len(data)))
    count, times = int(batch_sizes[0]), len(batch_sizes)
    if total_length is not None:
        if checks.integer(name, "total_length", total_length) < times:
            raise ArgumentError(
                f"{name} expects total_length to be at least {times}, the longest length, got {total_length}"
            )
        times = total_length
    sizes = (batch_sizes[:, None] > np.arange(count)).sum(axis=0)
    order = None
    if sequence.sorted_indices is not None:
        order = sequence.sorted_indices.numpy()
        sizes = sizes[np.argsort(order)]
    places, _ = _places(sizes, order, batch_first, count, times)
    index = _inverse(places, count * times)
    padded = gather_rows(data, index=index, back=places)
    padded = reshape(padded, (*((count, times) if batch_first else (times, count)), *data.shape[1:]))
    return _filled(padded, index == places.size, padding_value), asarray(sizes)


def _filled(padded: Any, missing: Any, value: float) -> Any:
    """Return ``padded`` with ``value`` in the rows that are ``missing``, which hold zeros."""
    if value == 0 or not missing.any():
        return padded
    mask = missing.reshape(*padded.shape[:2], *(1,) * (padded.ndim - 2))
    return where(asarray(mask, device=padded.device), value, padded)


def pad_sequence(
    sequences: Sequence[Any],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Any:
    """Put sequences of different lengths into one Tensor, filled up.

    Args:
        sequences: Tensors that differ in the first axis alone.
        batch_first: whether to return ``(N, T, *)``.
        padding_value: what to fill up with.
        padding_side: ``"right"``, behind the ends, or ``"left"``.

    Shape:
        ``N`` times ``(L, *) -> (T, N, *)`` with the greatest ``L`` as ``T``

    Raises:
        ShapeError: if they differ in other axes too.

    Example:
        >>> nn.utils.rnn.pad_sequence([Tensor([1, 2]), Tensor([3])], batch_first=True).tolist()
        [[1, 2], [3, 0]]
    """
    name = "pad_sequence"
    checks.one_of(name, "padding_side", padding_side, SIDES)
    data, sizes = _joined(name, sequences)
    count, times = len(sizes), int(sizes.max())
    sequence = np.repeat(np.arange(count), sizes)
    time = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    if padding_side == "left":
        time += np.repeat(times - sizes, sizes)
    places = sequence * times + time if batch_first else time * count + sequence
    index = _inverse(places, count * times)
    padded = gather_rows(data, index=index, back=places)
    padded = reshape(padded, (*((count, times) if batch_first else (times, count)), *data.shape[1:]))
    return _filled(padded, index == places.size, padding_value)


def _joined(function: str, sequences: Any) -> tuple[Any, Any]:
    """Return sequences one behind the other, and their lengths."""
    if not isinstance(sequences, (list, tuple)) or not sequences:
        raise ArgumentTypeError(f"{function} expects a list of Tensors, at least one, got {sequences!r}")
    tensors = [checks.as_tensor(function, f"sequences[{i}]", s) for i, s in enumerate(sequences)]
    tail = tensors[0].shape[1:]
    for i, t in enumerate(tensors):
        if t.ndim == 0 or t.shape[1:] != tail:
            raise ShapeError(
                f"{function} expects sequences of shape (L, {', '.join(map(str, tail))}), "
                f"got {t.shape} for sequences[{i}]"
            )
    return concat(tensors), np.array([len(t) for t in tensors])


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """Return the sequences of a padded Tensor as a list, without the padding behind their ends.

    Args:
        padded_sequences: as ``pad_sequence`` returns them.
        lengths: of each sequence.
        batch_first: whether they are ``(N, T, *)``.

    Raises:
        ShapeError: if there is not one length for each sequence.
        ArgumentError: if a length is not from 1 to ``T``.

    Example:
        >>> nn.utils.rnn.unpad_sequence(Tensor([[1, 2], [3, 0]]), [2, 1], batch_first=True)
        [Tensor([1, 2]), Tensor([3])]
    """
    name = "unpad_sequence"
    x = checks.as_tensor(name, "padded_sequences", padded_sequences)
    if x.ndim < 2:
        raise ShapeError(f"{name} expects shape (T, N, ...) or (N, T, ...), got {x.shape}")
    axis = 0 if batch_first else 1
    sizes = _lengths(name, lengths, x.shape[axis], x.shape[1 - axis])
    return [s[:n] for s, n in zip(unstack(x, axis=axis), sizes.tolist(), strict=True)]


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of different lengths.

    Args:
        sequences: Tensors that differ in the first axis alone, none of them empty.
        enforce_sorted: whether the longest must come first and so on. If not, they are sorted.

    Raises:
        ShapeError: if they differ in other axes too.
        ArgumentError: if one is empty, or they get longer, unless that is allowed.

    Example:
        >>> nn.utils.rnn.pack_sequence([Tensor([1]), Tensor([2, 3])], enforce_sorted=False).data
        Tensor([2, 1, 3])
    """
    padded = pad_sequence(sequences)
    return pack_padded_sequence(padded, [len(s) for s in sequences], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """Return packed sequences as a list, in their first order.

    Example:
        >>> packed = nn.utils.rnn.pack_sequence([Tensor([1]), Tensor([2, 3])], enforce_sorted=False)
        >>> nn.utils.rnn.unpack_sequence(packed)
        [Tensor([1]), Tensor([2, 3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
