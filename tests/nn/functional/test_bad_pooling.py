"""What pooling, channel dropout and bounded embeddings refuse, as functions and as layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import lucid
import lucid.nn.functional as F
from lucid import Tensor, nn
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, LucidError, ShapeError

x = lucid.zeros((2, 3, 6, 5))
whole = Tensor([[1, 2, 3]])
table = lucid.zeros((5, 2))
names = Tensor([1])

ROWS: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    # what is pooled
    (lambda: F.max_pool1d(x, 2), ShapeError, r"max_pool1d expects x of shape \(N, C, L\) or \(C, L\), got"),
    (lambda: F.avg_pool2d(x[0, 0], 2), ShapeError, r"\(N, C, H, W\) or \(C, H, W\), got \(6, 5\)"),
    (lambda: F.adaptive_max_pool3d(x[0], 2), ShapeError, r"\(N, C, D, H, W\) or \(C, D, H, W\)"),
    (lambda: F.max_pool2d([[1.0]], 2), ArgumentTypeError, "x to be a Tensor, got list"),
    (lambda: F.avg_pool1d(whole, 2), DTypeError, "avg_pool1d expects x to hold floats, got int64"),
    (lambda: F.adaptive_avg_pool1d(whole, 2), DTypeError, "x to hold floats, got int64"),
    (lambda: F.max_pool1d(whole.astype("complex64"), 2), DTypeError, "x to hold real numbers"),
    # windows
    (lambda: F.max_pool2d(x, 0), ArgumentError, "kernel_size of at least 1, got 0"),
    (lambda: F.max_pool2d(x, 2.0), ArgumentTypeError, "kernel_size to be an integer, got 2.0"),
    (
        lambda: F.max_pool2d(x, (2, 2, 2)),
        ArgumentError,
        r"kernel_size to be one integer or 2, got \(2, 2, 2\)",
    ),
    (lambda: F.max_pool2d(x, 2, 0), ArgumentError, "stride of at least 1, got 0"),
    (lambda: F.max_pool2d(x, 2, padding=-1), ArgumentError, "padding of at least 0, got -1"),
    (lambda: F.max_pool2d(x, 2, dilation=(1, 0)), ArgumentError, r"dilation of at least 1, got \(1, 0\)"),
    (lambda: F.max_pool2d(x, 2, padding=2), ArgumentError, "padding of at most half a window .*, got 2"),
    (lambda: F.avg_pool2d(x, 3, padding=(1, 2)), ArgumentError, "padding of at most half a window"),
    (
        lambda: F.max_pool2d(x, 7),
        ShapeError,
        r"max_pool2d: windows of \(7, 7\) elements in steps of \(1, 1\) do not fit into an image of \(6, 5\)",
    ),
    (lambda: F.max_pool1d(x[0, :, :1, 0], 2, 1, 1, 2), ShapeError, "a window lies in the padding alone"),
    (lambda: F.avg_pool2d(x[:, :, :0], 1), ShapeError, "do not fit"),
    (lambda: F.max_pool2d(x, 2, ceil_mode=1), ArgumentTypeError, "ceil_mode to be True or False, got 1"),
    (
        lambda: F.max_pool2d(x, 2, return_indices=None),
        ArgumentTypeError,
        "return_indices to be True or False",
    ),
    (lambda: F.avg_pool2d(x, 2, count_include_pad=2), ArgumentTypeError, "count_include_pad to be True"),
    (lambda: F.avg_pool2d(x, 2, divisor_override=0), ArgumentError, "divisor_override to be other than 0"),
    (
        lambda: F.avg_pool2d(x, 2, divisor_override=0.5),
        ArgumentTypeError,
        "divisor_override to be an integer",
    ),
    # as many windows as are asked for
    (lambda: F.adaptive_avg_pool2d(x, 0), ArgumentError, "output_size of at least 1, got 0"),
    (
        lambda: F.adaptive_avg_pool2d(x, (1,)),
        ArgumentError,
        r"output_size to be one integer or 2, got \(1,\)",
    ),
    (lambda: F.adaptive_avg_pool2d(x, "all"), ArgumentTypeError, "output_size to be an integer, got 'all'"),
    (lambda: F.adaptive_max_pool2d(x[..., :0], 1), ShapeError, "axes with elements to pool"),
    (lambda: F.adaptive_max_pool2d(x, 1, 1), ArgumentTypeError, "return_indices to be True or False, got 1"),
    # layers
    (lambda: nn.MaxPool2d(-1), ArgumentError, "MaxPool2d expects kernel_size of at least 1, got -1"),
    (lambda: nn.MaxPool1d(2, padding=2), ArgumentError, "MaxPool1d expects padding of at most half a window"),
    (lambda: nn.MaxPool3d((2, 2)), ArgumentError, "MaxPool3d expects kernel_size to be one integer or 3"),
    (lambda: nn.AvgPool2d(2, "2"), ArgumentTypeError, "AvgPool2d expects stride to be an integer"),
    (lambda: nn.AvgPool3d(2, divisor_override=0), ArgumentError, "AvgPool3d expects divisor_override"),
    (lambda: nn.AdaptiveAvgPool2d((1, 2, 3)), ArgumentError, "AdaptiveAvgPool2d expects output_size"),
    (lambda: nn.AdaptiveMaxPool1d(0), ArgumentError, "AdaptiveMaxPool1d expects output_size of at least 1"),
    (lambda: nn.MaxPool2d(2)(x[0, 0]), ShapeError, r"got \(6, 5\)"),
    # dropout
    (lambda: F.dropout1d(x), ShapeError, r"dropout1d expects x of shape \(N, C, L\) or \(C, L\), got"),
    (lambda: F.dropout2d(x[0]), ShapeError, r"dropout2d expects x of shape \(N, C, H, W\), got \(3, 6, 5\)"),
    (lambda: F.dropout3d(x[0], training=False), ShapeError, r"\(N, C, D, H, W\) or \(C, D, H, W\)"),
    (lambda: F.dropout1d(whole), DTypeError, "dropout1d expects x to hold floats"),
    (lambda: F.alpha_dropout(whole), DTypeError, "alpha_dropout expects x to hold floats"),
    (lambda: F.alpha_dropout(x, 1.5), ArgumentError, "alpha_dropout expects p to be from 0 to 1, got 1.5"),
    (lambda: nn.Dropout2d(-1), ArgumentError, "Dropout2d expects p to be from 0 to 1, got -1"),
    (lambda: nn.AlphaDropout("1"), ArgumentTypeError, "AlphaDropout expects p to be a number"),
    # embedding
    (lambda: F.embedding(names, table, max_norm=0), ArgumentError, "max_norm to be positive, got 0"),
    (
        lambda: F.embedding(names, table, max_norm=1, norm_type=math.nan),
        ArgumentError,
        "norm_type to be finite",
    ),
    (lambda: F.embedding(names, table, scale_grad_by_freq=1), ArgumentTypeError, "scale_grad_by_freq to be"),
    (lambda: nn.Embedding(3, 2, max_norm=-1), ArgumentError, "Embedding expects max_norm to be positive"),
    (lambda: nn.Embedding(3, 2, scale_grad_by_freq=None), ArgumentTypeError, "Embedding expects scale_grad"),
]


@pytest.mark.parametrize(("call", "error", "message"), ROWS)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
