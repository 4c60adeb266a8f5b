"""Packing and padding sequences of different lengths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, LucidError, ShapeError
from lucid.nn.utils.rnn import (
    PackedSequence,
    gather_rows,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpack_sequence,
    unpad_sequence,
)
from lucid.testing import check_grads

a, b, c = Tensor([1, 2, 3]), Tensor([4]), Tensor([5, 6])


def test_pack_sequence() -> None:
    packed = pack_sequence([a, c, b])
    assert packed.data.tolist() == [1, 5, 4, 2, 6, 3]
    assert packed.batch_sizes.tolist() == [3, 2, 1]
    assert packed.sorted_indices is packed.unsorted_indices is None
    packed = pack_sequence([b, a, c], enforce_sorted=False)
    assert packed.data.tolist() == [1, 5, 4, 2, 6, 3]
    assert packed.sorted_indices.tolist() == [1, 2, 0]
    assert packed.unsorted_indices.tolist() == [2, 0, 1]
    assert [s.tolist() for s in unpack_sequence(packed)] == [[4], [1, 2, 3], [5, 6]]


@pytest.mark.parametrize("batch_first", [False, True])
def test_there_and_back(batch_first: bool) -> None:
    rng = np.random.default_rng(0)
    padded = rng.standard_normal((4, 5, 2) if batch_first else (5, 4, 2))
    lengths = [3, 5, 1, 5]
    packed = pack_padded_sequence(Tensor(padded), lengths, batch_first, enforce_sorted=False)
    assert packed.data.shape == (14, 2)
    back, sizes = pad_packed_sequence(packed, batch_first, padding_value=-7.0, total_length=6)
    assert sizes.tolist() == lengths
    by_batch = back.numpy() if batch_first else back.numpy().swapaxes(0, 1)
    whole = padded if batch_first else padded.swapaxes(0, 1)
    for n, length in enumerate(lengths):
        np.testing.assert_array_equal(by_batch[n, :length], whole[n, :length])
        assert (by_batch[n, length:] == -7).all()
    assert by_batch.shape == (4, 6, 2)


def test_pad_sequence() -> None:
    assert pad_sequence([a, b]).tolist() == [[1, 4], [2, 0], [3, 0]]
    assert pad_sequence([a, b], True, 9).tolist() == [[1, 2, 3], [4, 9, 9]]
    assert pad_sequence([a, b], True, padding_side="left").tolist() == [[1, 2, 3], [0, 0, 4]]
    wide = pad_sequence([lucid.ones((1, 2, 3)), lucid.ones((4, 2, 3))])
    assert wide.shape == (4, 2, 2, 3)
    assert wide.sum().item() == 30
    assert [s.tolist() for s in unpad_sequence(pad_sequence([b, a]), Tensor([1, 3]))] == [[4], [1, 2, 3]]


def test_padding_that_is_nan_stays_out() -> None:
    padded = Tensor([[1.0, 2.0], [3.0, float("nan")]], requires_grad=True)
    packed = pack_padded_sequence(padded, [2, 1], batch_first=True)
    assert packed.data.tolist() == [1, 3, 2]
    (packed.data * packed.data).sum().backward()
    assert padded.grad is not None
    assert padded.grad.tolist() == [[2, 4], [6, 0]]


@pytest.mark.parametrize("device", ["cpu", "xla:cpu"])
def test_derivatives(device: str) -> None:
    if device != "cpu":
        pytest.importorskip("jax")
    rng = np.random.default_rng(0)

    def there_and_back(x: Any) -> Any:
        packed = pack_padded_sequence(x, [2, 3], enforce_sorted=False)
        padded, _ = pad_packed_sequence(packed._replace(data=packed.data**2), padding_value=2.0)
        return padded

    order = 2 if device == "cpu" else 1
    check_grads(there_and_back, [rng.standard_normal((3, 2))], order=order, device=device)
    if device == "cpu":
        sequences = [rng.standard_normal((n, 2)) for n in (1, 3)]
        check_grads(lambda *s: pad_sequence(s, padding_value=1.0) ** 2, sequences, order=2)


def test_sizes_in_a_list() -> None:
    padded, lengths = pad_packed_sequence(PackedSequence(a, [2, 1]), batch_first=True)
    assert padded.tolist() == [[1, 3], [2, 0]]
    assert lengths.tolist() == [2, 1]


def test_packed_sequences_move() -> None:
    pytest.importorskip("jax")
    packed = pack_sequence([a, b]).to("xla:cpu")
    assert isinstance(packed, PackedSequence)
    assert packed.data.device == "xla:cpu"
    padded, lengths = pad_packed_sequence(packed)
    assert padded.device == "xla:cpu"
    assert padded.tolist() == [[1, 4], [2, 0], [3, 0]]
    assert lengths.tolist() == [3, 1]


def test_rows_taken_and_put_back() -> None:
    x = Tensor([[1.0], [2.0], [3.0]])
    index, back = np.array([2, 0]), np.array([1, 2, 0])
    assert gather_rows(x, index=index, back=back).tolist() == [[3], [1]]
    assert gather_rows(x[:2], index=back, back=index).tolist() == [[2], [0], [1]]


padded = lucid.zeros((3, 2))

BAD: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    (lambda: pack_padded_sequence(padded, [1, 3]), ArgumentError, r"got \[1, 3\]: pass enforce_sorted=False"),
    (lambda: pack_padded_sequence(padded, [3]), ShapeError, r"a length for each of 2 sequences, got \[3\]"),
    (lambda: pack_padded_sequence(padded, [4, 1]), ArgumentError, r"lengths from 1 to 3, got \[4, 1\]"),
    (lambda: pack_padded_sequence(padded, [3, 0]), ArgumentError, r"lengths from 1 to 3, got \[3, 0\]"),
    (lambda: pack_padded_sequence(padded, [3.0, 1.0]), ArgumentTypeError, "lengths to be integers"),
    (lambda: pack_padded_sequence(padded[0], [1]), ShapeError, r"got \(2,\)"),
    (lambda: pack_padded_sequence([[1.0]], [1]), ArgumentTypeError, "x to be a Tensor, got list"),
    (lambda: pad_packed_sequence(padded), ArgumentTypeError, "expects a PackedSequence, got Tensor"),
    (
        lambda: pad_packed_sequence(pack_sequence([a]), total_length=2),
        ArgumentError,
        "at least 3, the longest",
    ),
    (
        lambda: pad_packed_sequence(PackedSequence(a, [2, 2])),
        ShapeError,
        r"integers whose sum, 4, is the number of rows, got \[2, 2\] for 3 rows",
    ),
    (lambda: pad_packed_sequence(PackedSequence(a, [1, 2])), ShapeError, r"do not increase, got \[1, 2\]"),
    (lambda: pad_packed_sequence(PackedSequence(a, [3, 0])), ShapeError, r"from 1 on .* got \[3, 0\] for 3"),
    (lambda: pad_packed_sequence(PackedSequence(a, [])), ShapeError, r"a list of integers .* got \[\] for 3"),
    (lambda: pad_packed_sequence(PackedSequence(a, 3)), ShapeError, "a list of integers .* got 3 for 3 rows"),
    (lambda: pad_packed_sequence(PackedSequence(a, [3.0])), ArgumentTypeError, "batch_sizes to be integers"),
    (
        lambda: pad_packed_sequence(PackedSequence([1], [1])),
        ArgumentTypeError,
        "data to be a Tensor, got list",
    ),
    (lambda: pad_sequence([]), ArgumentTypeError, "a list of Tensors, at least one"),
    (lambda: pad_sequence(padded), ArgumentTypeError, "a list of Tensors"),
    (lambda: pad_sequence([a, padded]), ShapeError, r"got \(3, 2\) for sequences\[1\]"),
    (lambda: pad_sequence([a], padding_side="middle"), ArgumentError, "padding_side to be one of"),
    (lambda: pack_sequence([b, a]), ArgumentError, "pass enforce_sorted=False"),
    (lambda: pack_sequence([a, a[:0]]), ArgumentError, r"lengths from 1 to 3, got \[3, 0\]"),
    (lambda: unpad_sequence(padded, [1]), ShapeError, "a length for each of 2 sequences"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
