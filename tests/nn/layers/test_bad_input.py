"""What layers refuse: arguments at construction, shapes and types when called."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, DeviceError, DTypeError, LucidError, ShapeError

x = lucid.zeros((4, 7))
three = lucid.zeros((4, 3, 7))
attend = nn.MultiheadAttention(7, 1)

ROWS: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    # constructors
    (lambda: nn.Linear(0, 1), ArgumentError, "Linear expects in_features to be a positive integer, got 0"),
    (lambda: nn.Linear(2, -3), ArgumentError, "out_features to be a positive integer, got -3"),
    (lambda: nn.Linear(2.0, 1), ArgumentTypeError, "in_features to be an integer, got 2.0"),
    (lambda: nn.Linear(True, 1), ArgumentTypeError, "in_features to be an integer, got True"),
    (lambda: nn.Linear((2, 3), 1), ArgumentTypeError, r"in_features to be an integer, got \(2, 3\)"),
    (lambda: nn.Linear(2, 1, dtype="int64"), DTypeError, "int64"),
    (lambda: nn.Linear(2, 1, device="abacus"), DeviceError, "abacus"),
    (lambda: nn.Embedding(0, 2), ArgumentError, "num_embeddings to be a positive integer, got 0"),
    (lambda: nn.Embedding(2, None), ArgumentTypeError, "embedding_dim to be an integer, got None"),
    (lambda: nn.Embedding(3, 2, 3), ArgumentError, "padding_idx from -3 to 2"),
    (lambda: nn.Flatten("1"), ArgumentTypeError, "Flatten expects start_axis to be an integer, got '1'"),
    (lambda: nn.Flatten(1, None), ArgumentTypeError, "end_axis to be an integer, got None"),
    (lambda: nn.Dropout(2), ArgumentError, "Dropout expects p to be from 0 to 1, got 2"),
    (lambda: nn.Dropout("0.5"), ArgumentTypeError, "p to be a number, got '0.5'"),
    (lambda: nn.LeakyReLU(math.nan), ArgumentError, "LeakyReLU expects negative_slope to be finite"),
    (lambda: nn.GELU("sigmoid"), ArgumentError, "GELU expects approximate to be one of 'none', 'tanh'"),
    (lambda: nn.Softmax(None), ArgumentTypeError, "Softmax expects axis to be an integer, got None"),
    (lambda: nn.LogSoftmax(0.5), ArgumentTypeError, "LogSoftmax expects axis to be an integer"),
    (lambda: nn.MSELoss("average"), ArgumentError, "MSELoss expects reduction to be one of"),
    (lambda: nn.L1Loss(None), ArgumentError, "L1Loss expects reduction to be one of"),
    (lambda: nn.CrossEntropyLoss([1.0, 2.0]), ArgumentTypeError, "weight to be a Tensor, got list"),
    (lambda: nn.CrossEntropyLoss(label_smoothing=-0.1), ArgumentError, "label_smoothing to be from 0 to 1"),
    (lambda: nn.CrossEntropyLoss(ignore_index="none"), ArgumentTypeError, "ignore_index to be an integer"),
    (lambda: nn.NLLLoss(reduction="avg"), ArgumentError, "NLLLoss expects reduction to be one of"),
    (lambda: nn.BCEWithLogitsLoss(pos_weight=2.0), ArgumentTypeError, "pos_weight to be a Tensor, got float"),
    (lambda: nn.MultiheadAttention(0, 1), ArgumentError, "embed_dim to be a positive integer, got 0"),
    (lambda: nn.MultiheadAttention(6, 4), ArgumentError, "divide embed_dim evenly, got 4 heads and 6"),
    (lambda: nn.MultiheadAttention(6, 2, 1.5), ArgumentError, "dropout to be from 0 to 1, got 1.5"),
    (lambda: nn.MultiheadAttention(6, 2, kdim=0), ArgumentError, "kdim to be a positive integer, got 0"),
    (
        lambda: nn.MultiheadAttention(6, 2, batch_first=1),
        ArgumentTypeError,
        "batch_first to be True or False",
    ),
    # calls
    (lambda: attend(x, x, [1.0]), ArgumentTypeError, "expects value to be a Tensor, got list"),
    (
        lambda: attend(x, x[0], x),
        ShapeError,
        r"key of 3 axes, .* got shape \(7,\) with a query of shape \(4, 7\)",
    ),
    (lambda: attend(x[:, :6], x, x), ShapeError, r"of size 7 \(embed_dim\), got shape \(4, 6\)\n"),
    (lambda: attend(x, x, x[:3]), ShapeError, r"one value for each key, got \(4, 7\) and \(3, 7\)"),
    (lambda: attend(x[:, None], x[:2, None, :], x), ShapeError, "value of 3 axes"),
    (
        lambda: attend(three, three[:, :1], three[:, :1]),
        ShapeError,
        r"one size in axis 1 \(batch_first=False\)",
    ),
    (lambda: attend(x, x, x, x[0] > 0), ShapeError, r"key_padding_mask of shape \(4,\), got \(7,\)"),
    (lambda: attend(x, x, x, attn_mask=x), ShapeError, r"of shape \(4, 4\) or \(1, 4, 4\), got \(4, 7\)"),
    (lambda: attend(x, x, x, Tensor([1, 0, 0, 0])), DTypeError, "key_padding_mask != 0 for True"),
    (
        lambda: nn.Linear(8, 2)(x),
        ShapeError,
        r"Linear expects x.shape\[-1\] == 8 \(in_features\), got shape \(4, 7\)",
    ),
    (lambda: nn.Linear(8, 2)(lucid.zeros(())), ShapeError, r"\(in_features\), got shape \(\)"),
    (lambda: nn.Linear(8, 2)([[1.0] * 8]), ArgumentTypeError, "Linear expects a Tensor, got list"),
    (lambda: nn.Linear(8, 2)(None), ArgumentTypeError, "Linear expects a Tensor, got NoneType"),
    (lambda: nn.Embedding(3, 2)(Tensor([3])), ArgumentError, "indices from 0 to 2"),
    (lambda: nn.Embedding(3, 2)(lucid.zeros(2)), DTypeError, "indices to hold integers, got float32"),
    (lambda: nn.Flatten(3)(x), LucidError, "axis 3 does not exist"),
    (lambda: nn.Softmax(2)(x), LucidError, "axis 2 does not exist"),
    (lambda: nn.ReLU()("x"), ArgumentTypeError, "relu expects Tensors, got str"),
    (lambda: nn.Dropout()(Tensor([1])), DTypeError, "x to hold floats, got int64"),
    (lambda: nn.MSELoss()(x, x[:, :1]), ShapeError, r"got \(4, 7\) and \(4, 1\)"),
    (lambda: nn.CrossEntropyLoss(lucid.ones(3))(x, Tensor([0, 1, 2, 3])), ShapeError, r"of shape \(7,\)"),
]


@pytest.mark.parametrize(("call", "error", "message"), ROWS)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_the_error_says_which_layer_it_was() -> None:
    model = nn.Sequential(nn.Linear(7, 9), nn.ReLU(), nn.Linear(8, 1))
    with pytest.raises(ShapeError, match=r"8 \(in_features\), got shape \(4, 9\)") as caught:
        model(x)
    assert "in 2: Linear(8 -> 1), input (4, 9)" in caught.value.__notes__[0]


def test_a_layer_that_failed_is_as_it_was() -> None:
    layer = nn.Linear(8, 2)
    before = layer.weight.tolist()
    with pytest.raises(ShapeError):
        layer(x)
    assert layer.weight.tolist() == before
    assert layer(lucid.zeros((1, 8))).shape == (1, 2)
