"""Tables of vectors: those made of given ones, and what bags and bilinear maps refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, LucidError, ShapeError
from lucid.func import vmap

rows = np.arange(12, dtype=np.float32).reshape(6, 2)
table = Tensor(rows)
row = Tensor([0, 1, 2])


@pytest.mark.parametrize("layer", [nn.Embedding, nn.EmbeddingBag])
def test_from_pretrained_holds_a_copy(layer: Any) -> None:
    given = rows.copy()
    made = layer.from_pretrained(given, padding_idx=1)
    given[:] = 0
    assert type(made) is layer
    np.testing.assert_array_equal(made.weight.numpy(), rows)  # the padding row too
    assert made.padding_idx == 1
    assert isinstance(made.weight, nn.Parameter)
    assert not made.weight.requires_grad
    learned = layer.from_pretrained(Tensor(rows.astype(np.float64)), freeze=False)
    assert learned.weight.requires_grad
    assert learned.weight.is_leaf
    assert learned.weight.dtype == lucid.float64


def test_a_subclass_is_made_of_its_own_kind() -> None:
    class Named(nn.Embedding):
        pass

    assert type(Named.from_pretrained(rows)) is Named


def test_a_frozen_table_hands_no_gradient_on() -> None:
    layer = nn.EmbeddingBag.from_pretrained(rows)
    scale = Tensor([1.0, 1.0, 1.0], requires_grad=True)
    layer.mode = "sum"
    layer(row, Tensor([0, 2]), scale).sum().backward()
    assert layer.weight.grad is None
    assert scale.grad is not None
    assert scale.grad.tolist() == [1.0, 5.0, 9.0]


def test_frequency_divides_each_gradient() -> None:
    layer = nn.EmbeddingBag(6, 2, scale_grad_by_freq=True, mode="sum")
    layer(Tensor([[0, 0], [0, 5]])).sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad[:, 0].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]


def test_long_vectors_are_shortened_where_they_are_named() -> None:
    layer = nn.EmbeddingBag.from_pretrained(rows, max_norm=1.0)
    layer(row, Tensor([0]))
    norms = np.linalg.norm(layer.weight.numpy(), axis=1)
    assert (norms[:3] <= 1).all()
    assert (norms[3:] > 1).all()


def test_of_equal_numbers_the_first_has_the_gradient() -> None:
    weight = Tensor([[1.0], [1.0], [0.0]], requires_grad=True)
    F.embedding_bag(Tensor([[2, 1, 0]]), weight, mode="max").sum().backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [[0.0], [1.0], [0.0]]


def test_padding_does_not_tie_with_a_row_of_minus_infinity() -> None:
    weight = Tensor([[9.0], [-np.inf], [1.0]], requires_grad=True)
    F.embedding_bag(Tensor([[0, 1]]), weight, mode="max", padding_idx=0).sum().backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [[0.0], [1.0], [0.0]]


@pytest.mark.parametrize(("mode", "expected"), [("mean", 1.0), ("sum", 5000.0)])
def test_half_precision_is_summed_in_single(mode: str, expected: float) -> None:
    weight = Tensor([[0.5], [1.5]], dtype=lucid.float16)
    x = Tensor(np.arange(5000) % 2)
    for y in (
        F.embedding_bag(x, weight, Tensor([0]), mode=mode),
        F.embedding_bag(x[None], weight, mode=mode),
    ):
        assert (y.dtype, y.tolist()) == (lucid.float16, [[expected]])


def test_half_precision_rows_may_be_long() -> None:
    weight = Tensor([[300.0, 400.0]], dtype=lucid.float16)
    F.embedding(Tensor([0]), weight, max_norm=1.0)
    np.testing.assert_allclose(weight.numpy(), [[0.6, 0.8]], rtol=1e-3)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_under_vmap(mode: str) -> None:
    """Where the indices stand for a batch, or the table, or the weights of rows."""
    x, tables, offsets = Tensor([[0, 1, 2], [3, 4, 5]]), lucid.stack([table, -table]), Tensor([0, 2])
    cases: list[tuple[Callable[[Any], Any], Any]] = [
        (lambda i: F.embedding_bag(i, table, offsets, mode=mode, padding_idx=3), x),
        (lambda t: F.embedding_bag(row, t, offsets, mode=mode), tables),
    ]
    if mode == "sum":
        by = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        cases.append((lambda w: F.embedding_bag(row, table, offsets, mode=mode, per_sample_weights=w), by))
    for function, batch in cases:
        expected = [function(example).numpy() for example in batch]
        np.testing.assert_array_equal(vmap(function)(batch).numpy(), expected)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_offsets_of_no_bags_and_of_few_bits(mode: str) -> None:
    none = np.zeros(0, np.int64)
    assert F.embedding_bag(none, table, none, mode=mode).shape == (0, 2)
    many, at = Tensor(np.arange(300) % 6), np.array([0, 100])
    few = F.embedding_bag(many, table, at.astype(np.int8), mode=mode)
    np.testing.assert_array_equal(few.numpy(), F.embedding_bag(many, table, at, mode=mode).numpy())


def test_arrays_go_where_the_weight_is() -> None:
    pytest.importorskip("jax")
    weight = table.to("xla:cpu")
    y = F.embedding_bag(
        row.numpy(), weight, mode="sum", offsets=np.array([0]), per_sample_weights=rows[:3, 0]
    )
    assert (y.device, y.tolist()) == ("xla:cpu", [[20.0, 26.0]])
    ones = np.ones(1, np.float32)
    z = F.bilinear(ones, ones, lucid.ones((1, 1, 1), device="xla:cpu"), ones)
    assert (z.device, z.tolist()) == ("xla:cpu", [2.0])


def test_it_shows_itself() -> None:
    layer = nn.EmbeddingBag(6, 2, mode="sum", include_last_offset=True, padding_idx=-1)
    assert repr(layer) == "EmbeddingBag(6, 2, padding_idx=5, mode='sum', include_last_offset=True)"
    assert not layer.weight[5].numpy().any()
    assert repr(nn.Bilinear(2, 3, 1, bias=False)) == "Bilinear(2, 3 -> 1, bias=False)"


ROWS: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    (lambda: nn.EmbeddingBag(0, 2), ArgumentError, "EmbeddingBag expects num_embeddings to be a positive"),
    (lambda: nn.EmbeddingBag(6, 2, mode="min"), ArgumentError, "EmbeddingBag expects mode to be one of"),
    (lambda: nn.EmbeddingBag(6, 2, padding_idx=6), ArgumentError, "padding_idx from -6 to 5"),
    (
        lambda: nn.EmbeddingBag(6, 2, scale_grad_by_freq=True, mode="max"),
        ArgumentError,
        'can\'t scale gradients by frequency with mode="max"',
    ),
    (lambda: nn.EmbeddingBag.from_pretrained(rows[0]), ShapeError, r"got shape \(2,\)"),
    (lambda: nn.Embedding.from_pretrained(rows.astype(int)), DTypeError, "Embedding expects embeddings"),
    (lambda: nn.Embedding.from_pretrained(rows, freeze=1), ArgumentTypeError, "freeze to be True or False"),
    (lambda: F.embedding_bag(row, table), ShapeError, r"got shape \(3,\) and no offsets"),
    (lambda: F.embedding_bag(row[None], table, row), ShapeError, r"got shape \(1, 3\) and offsets"),
    (
        lambda: F.embedding_bag(row, table, Tensor([1, 2])),
        ArgumentError,
        r"rise from 0 to at most 3, got \[1",
    ),
    (lambda: F.embedding_bag(row, table, Tensor([0, 2, 1])), ArgumentError, r"got \[0, 2, 1\]"),
    (lambda: F.embedding_bag(row, table, Tensor([0, 4])), ArgumentError, r"at most 3, got \[0, 4\]"),
    (lambda: F.embedding_bag(row, table, Tensor([0.0])), DTypeError, "offsets"),
    (
        lambda: F.embedding_bag(row, table, np.zeros(0, int)),
        ArgumentError,
        "an offset for each bag, got none for 3 indices",
    ),
    (
        lambda: F.embedding_bag(row, table, Tensor([0, 2]), include_last_offset=True),
        ArgumentError,
        "the last offset to be 3, the end, got 2",
    ),
    (lambda: F.embedding_bag(row[None] + 9, table), ArgumentError, "num_embeddings"),
    (
        lambda: F.embedding_bag(row[None], table, per_sample_weights=lucid.ones((1, 3))),
        ArgumentError,
        "per_sample_weights with mode=\"sum\", got mode='mean'",
    ),
    (
        lambda: F.embedding_bag(row[None], table, mode="sum", per_sample_weights=lucid.ones(3)),
        ShapeError,
        r"of the shape of x, \(1, 3\), got \(3,\)",
    ),
    (lambda: nn.Bilinear(2, 0, 1), ArgumentError, "in2_features to be a positive integer, got 0"),
    (
        lambda: nn.Bilinear(2, 3, 1)(lucid.ones((4, 2)), lucid.ones((4, 2))),
        ShapeError,
        r"x1 \(\*, 2\) and x2 \(\*, 3\) .* got \(4, 2\) and \(4, 2\)",
    ),
    (
        lambda: nn.Bilinear(2, 3, 1)(lucid.ones((4, 2)), lucid.ones((1, 3))),
        ShapeError,
        r"got \(4, 2\) and \(1, 3\)",
    ),
    (lambda: F.bilinear(row, row, table), ShapeError, "bilinear expects weight"),
]


@pytest.mark.parametrize(("run", "error", "message"), ROWS)
def test_bad_input(run: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        run()
