"""What activations with thresholds, dropout of parts and response norms refuse; and their half precision."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, IndexingError, LucidError, ShapeError

x = lucid.zeros((4, 3))
whole = Tensor([1, 2])
images = lucid.zeros((2, 3, 4, 5))
one = lucid.zeros(3)

BAD: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    (lambda: F.hardshrink(x, -1), ArgumentError, "hardshrink expects lambd to be finite and at least 0"),
    (lambda: F.softshrink(x, -0.5), ArgumentError, "softshrink expects lambd to be finite and at least 0"),
    (lambda: F.softshrink([1.0]), ArgumentTypeError, "softshrink expects x to be a Tensor, got list"),
    (lambda: F.tanhshrink(None), ArgumentTypeError, "tanhshrink expects x to be a Tensor, got NoneType"),
    (lambda: F.threshold(x, math.nan, 0), ArgumentError, "threshold expects threshold to be finite, got nan"),
    (lambda: F.threshold(x, 0, "1"), ArgumentTypeError, "threshold expects value to be a number, got '1'"),
    (lambda: F.rrelu(x, 0.5, 0.25), ArgumentError, "rrelu expects lower <= upper, got 0.5 and 0.25"),
    (lambda: F.rrelu(whole), DTypeError, "rrelu expects x to hold floats, got int64"),
    (lambda: F.softmin(x, 2), IndexingError, "axis 2 does not exist"),
    (lambda: F.gumbel_softmax(x, 0), ArgumentError, "gumbel_softmax expects tau to be positive, got 0"),
    (lambda: F.gumbel_softmax(x, -1), ArgumentError, "tau to be finite and at least 0, got -1"),
    (lambda: F.gumbel_softmax(x, eps=0), ArgumentError, "eps to be positive, got 0"),
    (lambda: F.gumbel_softmax(x, 1, 1), ArgumentTypeError, "hard to be True or False, got 1"),
    (lambda: F.gumbel_softmax(whole), DTypeError, "logits to hold floats, got int64"),
    (lambda: F.feature_alpha_dropout(one), ShapeError, r"x of shape \(N, C, ...\), got \(3,\)"),
    (lambda: F.feature_alpha_dropout(x, 2), ArgumentError, "p to be from 0 to 1, got 2"),
    (lambda: F.drop_path(lucid.zeros(())), ShapeError, r"drop_path expects x of shape \(N, ...\), got \(\)"),
    (lambda: F.drop_path(x, 1.5), ArgumentError, "drop_prob to be from 0 to 1, got 1.5"),
    (lambda: F.drop_path(x, 0.5, 1), ArgumentTypeError, "scale_by_keep to be True or False, got 1"),
    (lambda: F.drop_path(whole), DTypeError, "drop_path expects x to hold floats, got int64"),
    (lambda: F.drop_block(x, 1), ShapeError, r"x of shape \(N, C, H, W\), got \(4, 3\)"),
    (lambda: F.drop_block(images, 5), ShapeError, "block_size=5 to fit into the image, got x of shape"),
    (lambda: F.drop_block(images, 0), ArgumentError, "block_size to be a positive integer, got 0"),
    (lambda: F.normalize(one), IndexingError, "axis 1"),
    (lambda: F.normalize(whole, axis=0), DTypeError, "normalize expects x to hold floats, got int64"),
    (lambda: F.normalize(x, eps=-1), ArgumentError, "eps to be finite and at least 0, got -1"),
    (lambda: F.normalize(x, "2"), ArgumentError, "ord must be a number, got '2'"),
    (lambda: F.local_response_norm(x, 3), ShapeError, r"x of shape \(N, C, ...\) of 3 axes or more, got"),
    (lambda: F.local_response_norm(images, 0), ArgumentError, "size to be a positive integer, got 0"),
    (lambda: F.local_response_norm(images, 3, math.inf), ArgumentError, "alpha to be finite, got inf"),
    (lambda: F.cross_map_lrn2d(images[0], 3), ShapeError, r"x of shape \(N, C, H, W\), got \(3, 4, 5\)"),
    (lambda: F.global_response_norm(images[0], one, one), ShapeError, r"\(N, C, H, W\), got \(3, 4, 5\)"),
    (lambda: F.global_response_norm(images, x, one), ShapeError, r"gamma of shape \(3,\) or \(1, 3, 1, 1\)"),
    (lambda: F.global_response_norm(images, one, whole), DTypeError, "beta to hold floats, got int64"),
    # layers
    (
        lambda: nn.Hardshrink(-1),
        ArgumentError,
        "Hardshrink expects lambd to be finite and at least 0",
    ),
    (lambda: nn.Softshrink(None), ArgumentTypeError, "Softshrink expects lambd to be a number, got None"),
    (lambda: nn.Threshold(0, math.inf), ArgumentError, "Threshold expects value to be finite, got inf"),
    (
        lambda: nn.Threshold(0),
        ArgumentTypeError,
        "Threshold.* missing 1 required .*: 'value'",
    ),
    (lambda: nn.Threshold(0, 1, inplace=True), ArgumentTypeError, "leave inplace out"),
    (lambda: nn.RReLU(1, 0), ArgumentError, "RReLU expects lower <= upper, got 1 and 0"),
    (lambda: nn.Softmin(0.5), ArgumentTypeError, "Softmin expects axis to be an integer, got 0.5"),
    (lambda: nn.Softmin(dim=1), ArgumentTypeError, "write axis="),
    (lambda: nn.Softmax2d()(x), ShapeError, r"\(N, C, H, W\) or \(C, H, W\), got \(4, 3\)"),
    (lambda: nn.FeatureAlphaDropout(-1), ArgumentError, "FeatureAlphaDropout expects p to be from 0 to 1"),
    (lambda: nn.DropPath(2), ArgumentError, "DropPath expects drop_prob to be from 0 to 1, got 2"),
    (lambda: nn.DropBlock(1.5), ArgumentTypeError, "DropBlock expects block_size to be an integer, got 1.5"),
    (lambda: nn.DropBlock(5)(images), ShapeError, "block_size=5 to fit into the image"),
    (lambda: nn.LocalResponseNorm(0), ArgumentError, "LocalResponseNorm expects size to be a positive"),
    (lambda: nn.LocalResponseNorm(3, k="1"), ArgumentTypeError, "LocalResponseNorm expects k to be a number"),
    (lambda: nn.CrossMapLRN2d(-1), ArgumentError, "CrossMapLRN2d expects size to be a positive integer"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


SHOWN = {
    "Hardshrink(lambd=0.5)": nn.Hardshrink,
    "Softshrink(lambd=2)": lambda: nn.Softshrink(2),
    "Tanhshrink()": nn.Tanhshrink,
    "Threshold(threshold=0.5, value=-3)": lambda: nn.Threshold(0.5, -3),
    "RReLU(lower=0.125, upper=0.333333)": nn.RReLU,
    "Softmin(axis=-1)": nn.Softmin,
    "Softmax2d()": nn.Softmax2d,
    "FeatureAlphaDropout(p=0.5)": nn.FeatureAlphaDropout,
    "DropPath(drop_prob=0.1)": nn.DropPath,
    "DropPath(drop_prob=0.2, scale_by_keep=False)": lambda: nn.DropPath(0.2, False),
    "DropBlock(block_size=7, p=0.1)": lambda: nn.DropBlock(7),
    "LocalResponseNorm(5, k=2.0)": lambda: nn.LocalResponseNorm(5, k=2),
    "CrossMapLRN2d(5)": lambda: nn.CrossMapLRN2d(5),
    "GlobalResponseNorm(8, eps=0.1)": lambda: nn.GlobalResponseNorm(8, 0.1),
}


@pytest.mark.parametrize("shown", SHOWN)
def test_repr(shown: str) -> None:
    assert repr(SHOWN[shown]()) == shown


def test_half_precision_is_computed_in_single() -> None:
    """Squares of these overflow float16, and its smallest numbers are larger than eps."""
    big = lucid.full((1, 3, 2, 2), 300.0, dtype=lucid.float16)
    for y, expected in [
        (F.normalize(big), 1 / math.sqrt(3)),
        (F.normalize(0 * big), 0.0),
        (F.local_response_norm(big, 3, 1.0, 0.5, 0.0)[:, 1:2], 1.0),
        (F.cross_map_lrn2d(big, 3, 1.0, 0.5, 0.0)[:, 1:2], 1.0),
        (F.global_response_norm(big, lucid.ones(3), lucid.zeros(3)), 600.0),
    ]:
        assert y.dtype == lucid.float16
        np.testing.assert_allclose(y.numpy(), np.full(y.shape, expected), 1e-3)


def test_not_a_number_stays_one() -> None:
    nan = Tensor([math.nan])
    for y in (F.hardshrink(nan), F.softshrink(nan), F.threshold(nan, 0.0, 1.0), F.rrelu(nan)):
        assert bool(lucid.isnan(y).all())
