"""What functionals refuse: which error, and that it names the rule and the value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import lucid
import lucid.nn.functional as F
from lucid import Tensor
from lucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    IndexingError,
    LucidError,
    ShapeError,
)

x = lucid.zeros((4, 3))
row = lucid.zeros(4)
table = lucid.zeros((5, 2))
classes = Tensor([0, 1, 2, 0])
bce = F.binary_cross_entropy_with_logits
attend = F.scaled_dot_product_attention
heads = lucid.zeros((6, 4, 3))

ROWS: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    # activations
    (lambda: F.relu([1.0]), ArgumentTypeError, "relu expects Tensors, got list"),
    (lambda: F.gelu([1.0]), ArgumentTypeError, "gelu expects x to be a Tensor, got list"),
    (lambda: F.silu(None), ArgumentTypeError, "silu expects x to be a Tensor, got NoneType"),
    (lambda: F.gelu(x, "erf"), ArgumentError, "approximate to be one of 'none', 'tanh', got 'erf'"),
    (lambda: F.gelu(x, None), ArgumentError, "approximate to be one of"),
    (lambda: F.leaky_relu(x, math.nan), ArgumentError, "negative_slope to be finite, got nan"),
    (lambda: F.hardtanh(x, 1, 1), ArgumentError, "hardtanh expects min_val < max_val, got 1 and 1"),
    (lambda: F.hardtanh(x, -math.inf), ArgumentError, "min_val to be finite, got -inf"),
    (lambda: F.relu6(None), ArgumentTypeError, "relu6 expects x to be a Tensor, got NoneType"),
    (lambda: F.elu(x, "1"), ArgumentTypeError, "elu expects alpha to be a number, got '1'"),
    (lambda: F.celu(x, 0), ArgumentError, "celu expects alpha not to be 0, got 0"),
    (lambda: F.softplus(x, 0.0), ArgumentError, "softplus expects beta not to be 0, got 0.0"),
    (lambda: F.prelu(x, row), ShapeError, r"weight of shape \(1,\) or \(3,\) for x .* \(4, 3\), got \(4,\)"),
    (lambda: F.prelu(row, x), ShapeError, r"weight of shape \(1,\) or \(1,\) .* got \(4, 3\)"),
    (lambda: F.prelu(x, 0.5), ArgumentTypeError, "weight to be a Tensor, got float"),
    (lambda: F.glu(x), ShapeError, r"an axis of even size, got shape \(4, 3\) and axis 1"),
    (lambda: F.glu(x, 2), IndexingError, "axis 2 does not exist"),
    (
        lambda: F.linear(x, x, activation="elu"),
        ArgumentError,
        "linear expects activation to be one of 'relu'",
    ),
    (lambda: F.leaky_relu(x, math.inf), ArgumentError, "negative_slope to be finite, got inf"),
    (lambda: F.leaky_relu(x, "0.1"), ArgumentTypeError, "negative_slope to be a number, got '0.1'"),
    (lambda: F.softmax(x, 2), IndexingError, "axis 2 does not exist: the tensor has 2 axes"),
    (lambda: F.relu(), ArgumentTypeError, r"relu\(\): arrays are positional"),
    (lambda: F.sigmoid(x=x), ArgumentTypeError, r"arrays are positional, .* sigmoid\(x"),
    (lambda: F.softmax(lucid.zeros(()), axis=1), IndexingError, "the tensor has 1 ax"),
    (lambda: F.log_softmax(x, None), ArgumentTypeError, "axis must be an integer, got None"),
    (lambda: F.log_softmax(x, 0.5), ArgumentTypeError, "axis must be an integer, got 0.5"),
    # attention
    (lambda: attend(x, x, [1.0]), ArgumentTypeError, "attention expects value to be a Tensor, got list"),
    (lambda: attend(x, x, classes), DTypeError, "value to hold floats, got int64"),
    (lambda: attend(x, x, x.astype("float64")), DTypeError, "one dtype, got float32, float32 and float64"),
    (lambda: attend(row, x, x), ShapeError, r"at least 2 axes, .* got query \(4,\), key \(4, 3\)"),
    (lambda: attend(x, table, table), ShapeError, r"query.shape\[-1\] == key.shape\[-1\]"),
    (lambda: attend(x, x, x[:3]), ShapeError, "one value for each key"),
    (lambda: attend(heads, heads[:2], heads[:2]), ShapeError, "enable_gqa=True for fewer heads of keys"),
    (lambda: attend(heads, heads[:4], heads[:4], enable_gqa=True), ShapeError, "a positive multiple of"),
    (lambda: attend(heads[:0], heads, heads, enable_gqa=True), ShapeError, "a positive multiple of"),
    (lambda: attend(x, x, x, enable_gqa=True), ShapeError, "heads in axis -3"),
    (lambda: attend(x, x, x, row[:3]), ShapeError, r"attn_mask to broadcast to \(4, 4\), got \(3,\)"),
    (lambda: attend(x, x, x, heads[0, 0, 0] > heads), ShapeError, "attn_mask to broadcast"),
    (lambda: attend(x, x, x, classes), DTypeError, "attn_mask to hold booleans or floats, got int64"),
    (lambda: attend(x, x, x, row, is_causal=True), ArgumentError, "attn_mask or is_causal=True, got both"),
    (lambda: attend(x, x, x, None, 2), ArgumentError, "dropout_p to be from 0 to 1, got 2"),
    (lambda: attend(x, x, x, None, 0.0, 1), ArgumentTypeError, "is_causal to be True or False, got 1"),
    (lambda: attend(x, x, x, scale=math.inf), ArgumentError, "scale to be finite, got inf"),
    # linear
    (
        lambda: F.linear(x, lucid.zeros((2, 4))),
        ShapeError,
        r"x.shape\[-1\] == 4 \(weight is \(2, 4\)\), got shape \(4, 3\)",
    ),
    (lambda: F.linear(lucid.zeros(()), lucid.zeros((2, 4))), ShapeError, r"got shape \(\)"),
    (lambda: F.linear(x, lucid.zeros(3)), ShapeError, r"\(out_features, in_features\), got shape \(3,\)"),
    (
        lambda: F.linear(x, lucid.zeros((2, 3)), lucid.zeros(3)),
        ShapeError,
        r"bias of shape \(2,\), got \(3,\)",
    ),
    (lambda: F.linear([[1.0]], lucid.zeros((1, 1))), ArgumentTypeError, "x to be a Tensor, got list"),
    # embedding
    (
        lambda: F.embedding(Tensor([5]), table),
        ArgumentError,
        r"indices from 0 to 4 \(num_embeddings is 5\), got 5$",
    ),
    (lambda: F.embedding(Tensor([3, -1]), table), ArgumentError, "got values from -1 to 3"),
    (
        lambda: F.embedding(Tensor([1.0]), table),
        DTypeError,
        r"integers, got float32: .*astype\(lucid.int64\)",
    ),
    (lambda: F.embedding(Tensor([True]), table), DTypeError, "integers, got bool"),
    (lambda: F.embedding([1], table), ArgumentTypeError, "indices to be a Tensor, got list"),
    (lambda: F.embedding(Tensor([1]), row), ShapeError, r"weight \(num_embeddings, embedding_dim\)"),
    (lambda: F.embedding(Tensor([1]), table, 5), ArgumentError, "padding_idx from -5 to 4"),
    (lambda: F.embedding(Tensor([1]), table, 1.0), ArgumentTypeError, "padding_idx to be an integer"),
    # dropout
    (lambda: F.dropout(x, 1.5), ArgumentError, "p to be from 0 to 1, got 1.5"),
    (lambda: F.dropout(x, -0.1), ArgumentError, "p to be from 0 to 1, got -0.1"),
    (lambda: F.dropout(x, math.nan), ArgumentError, "p to be from 0 to 1, got nan"),
    (lambda: F.dropout(x, True), ArgumentTypeError, "p to be a number, got True"),
    (lambda: F.dropout(classes), DTypeError, "x to hold floats, got int64"),
    (lambda: F.dropout([1.0]), ArgumentTypeError, "x to be a Tensor, got list"),
    # losses of numbers
    (
        lambda: F.mse_loss(row.reshape((4, 1)), row),
        ShapeError,
        r"one shape, got \(4, 1\) and \(4,\): they hold as many numbers, so reshape one",
    ),
    (lambda: F.mse_loss(row, lucid.zeros(())), ShapeError, r"got \(4,\) and \(\)"),
    (lambda: F.l1_loss(x, lucid.zeros((1, 3))), ShapeError, r"got \(4, 3\) and \(1, 3\)"),
    (lambda: F.mse_loss(classes, classes), DTypeError, "x to hold floats, got int64"),
    (lambda: F.l1_loss(row, 0.0), ArgumentTypeError, "target to be a Tensor, got float"),
    (lambda: F.mse_loss(row, row.astype("complex64")), DTypeError, "target to hold real numbers"),
    (lambda: F.mse_loss(x, x, "avg"), ArgumentError, "one of 'mean', 'sum', 'none', got 'avg'"),
    (lambda: F.l1_loss(x, x, None), ArgumentError, "reduction to be one of"),
    # yes or no
    (lambda: bce(row, row.reshape((4, 1))), ShapeError, r"got \(4,\) and \(4, 1\)"),
    (lambda: bce(row, row + 2), ArgumentError, "probabilities from 0 to 1, got values from 2 to 2"),
    (lambda: bce(row, row - 1), ArgumentError, "got values from -1 to -1"),
    (lambda: bce(row, row + math.nan), ArgumentError, "got values from nan to nan"),
    (lambda: bce(x, x, lucid.zeros(4)), ShapeError, r"a weight that broadcasts to x of shape \(4, 3\)"),
    (lambda: bce(x, x, pos_weight=lucid.zeros((2, 4, 3))), ShapeError, "a pos_weight that broadcasts"),
    # classes
    (
        lambda: F.cross_entropy(x, Tensor([0, 1, 2, 3])),
        ArgumentError,
        r"target from 0 to 2 \(the number of classes is 3\), got values from 0 to 3",
    ),
    (lambda: F.cross_entropy(x, Tensor([0, 1, 2, -1])), ArgumentError, "got values from -1 to 2"),
    (lambda: F.nll_loss(x, Tensor([0, 1, 2, 9])), ArgumentError, "nll_loss .* got values from 0 to 9"),
    (
        lambda: F.cross_entropy(x, classes.reshape((4, 1))),
        ShapeError,
        r"target of shape \(4,\) for x of shape \(4, 3\), got \(4, 1\)",
    ),
    (
        lambda: F.cross_entropy(lucid.zeros((4, 2, 3)), lucid.zeros((4, 2), dtype=int)),
        ShapeError,
        r"got \(4, 2\): classes are axis 1, so write x.reshape\(\(-1, 3\)\) and target.reshape\(-1\)$",
    ),
    (lambda: F.cross_entropy(x, classes[:3]), ShapeError, r"target of shape \(4,\) .* got \(3,\)"),
    (lambda: F.cross_entropy(x, row), DTypeError, "target to hold integers, got float32"),
    (lambda: F.nll_loss(x, x), DTypeError, "target to hold integers, got float32"),
    (
        lambda: F.cross_entropy(x, x.astype("int64")),
        DTypeError,
        r"probabilities, which are floats, got int64: write target.astype\(lucid.float32\)",
    ),
    (lambda: F.cross_entropy(x, x + 3), ArgumentError, "probabilities from 0 to 1"),
    (lambda: F.cross_entropy(classes, classes[0]), DTypeError, "x to hold floats, got int64"),
    (
        lambda: F.cross_entropy(x[0, 0], classes[0]),
        ShapeError,
        r"x of shape \(N, C, ...\) or \(C,\), got \(\)",
    ),
    (lambda: F.cross_entropy(x, [0, 1, 2, 0]), ArgumentTypeError, "target to be a Tensor, got list"),
    (lambda: F.cross_entropy(x, classes, row), ShapeError, r"weight of shape \(3,\), .* got \(4,\)"),
    (lambda: F.nll_loss(x, classes, [1, 1, 1]), ArgumentTypeError, "weight to be a Tensor, got list"),
    (lambda: F.cross_entropy(x, classes, label_smoothing=1.1), ArgumentError, "from 0 to 1, got 1.1"),
    (lambda: F.cross_entropy(x, classes, ignore_index=0.0), ArgumentTypeError, "ignore_index to be an int"),
    (lambda: F.cross_entropy(x, x, ignore_index=1), ArgumentError, "ignore_index=1 needs classes"),
    (lambda: F.cross_entropy(x, classes, reduction="max"), ArgumentError, "reduction to be one of"),
    # one_hot and flatten
    (lambda: F.one_hot(Tensor([3]), 3), ArgumentError, "must lie between 0 and 2"),
    (lambda: F.one_hot(row), ArgumentError, "integers, got float32"),
    (lambda: F.flatten(x, start_axis=1, end_axis=0), ArgumentError, "start_axis 1 comes after end_axis 0"),
]


@pytest.mark.parametrize(("call", "error", "message"), ROWS)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_devices_do_not_mix() -> None:
    pytest.importorskip("jax")
    with pytest.raises(lucid.errors.DeviceError, match="target is on xla:cpu, the input on cpu"):
        F.mse_loss(row, row.to("xla:cpu"))
