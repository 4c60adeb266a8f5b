"""What losses and distances refuse: which error, and that it names the rule and the value."""

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
column = row.reshape((4, 1))
signs = Tensor([1, -1, 1, 1])
classes = Tensor([0, 1, 2, 0])
scores = lucid.zeros((5, 2, 3))
labels = Tensor([[1, 2], [2, 0]])
adaptive = nn.AdaptiveLogSoftmaxWithLoss(4, 6, [3], div_value=2.0)
four = lucid.zeros((2, 4))


def ctc(x: Any = scores, y: Any = labels, times: Any = (5, 4), counts: Any = (2, 1), **options: Any) -> Any:
    return F.ctc_loss(x, y, times, counts, **options)


ROWS: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    # numbers
    (lambda: F.smooth_l1_loss(row, column), ShapeError, r"got \(4,\) and \(4, 1\): they hold as many"),
    (lambda: F.smooth_l1_loss(x, x, beta=-1), ArgumentError, "beta to be finite and at least 0, got -1"),
    (lambda: F.huber_loss(x, x, delta=0), ArgumentError, "huber_loss expects delta to be positive, got 0"),
    (lambda: F.huber_loss(x, x, "avg"), ArgumentError, "one of 'mean', 'sum', 'none', got 'avg'"),
    (lambda: F.mse_loss(x, x, weight=row), ShapeError, r"weight of the shape of x, \(4, 3\), got \(4,\)"),
    (lambda: F.l1_loss(x, x, weight=2.0), ArgumentTypeError, "weight to be a Tensor, got float"),
    (lambda: nn.SmoothL1Loss(beta=-1.0), ArgumentError, "SmoothL1Loss expects beta"),
    (lambda: nn.HuberLoss(delta=-1.0), ArgumentError, "HuberLoss expects delta to be positive, got -1"),
    # yes or no
    (
        lambda: F.binary_cross_entropy(x + 2, x),
        ArgumentError,
        "expects x to hold probabilities .* from 2 to 2",
    ),
    (lambda: F.binary_cross_entropy(x - 1e-5, x), ArgumentError, "expects x to hold probabilities"),
    (lambda: F.binary_cross_entropy(x + math.nan, x), ArgumentError, "got values from nan to nan"),
    (lambda: F.binary_cross_entropy(x, x + 2), ArgumentError, "target to hold probabilities"),
    (lambda: F.binary_cross_entropy(x, x, row), ShapeError, "a weight that broadcasts to x"),
    (lambda: F.soft_margin_loss(x, row), ShapeError, r"one shape, got \(4, 3\) and \(4,\)"),
    (
        lambda: F.multilabel_soft_margin_loss(x, x + 2),
        ArgumentError,
        "multilabel_soft_margin_loss expects tar",
    ),
    (lambda: F.multilabel_soft_margin_loss(row[0], row[0]), ShapeError, r"x of shape \(\*, C\), got \(\)"),
    (lambda: nn.BCELoss([1.0]), ArgumentTypeError, "BCELoss expects weight to be a Tensor, got list"),
    (lambda: nn.SoftMarginLoss(reduction="all"), ArgumentError, "SoftMarginLoss expects reduction"),
    # distributions
    (lambda: F.kl_div(x, row), ShapeError, "one shape"),
    (lambda: F.kl_div(x, x, reduction="batch"), ArgumentError, "'none', 'batchmean', got 'batch'"),
    (lambda: F.kl_div(x, x, log_target=1), ArgumentTypeError, "log_target to be True or False, got 1"),
    (lambda: nn.MSELoss("batchmean"), ArgumentError, "MSELoss expects reduction to be one of"),
    (lambda: F.poisson_nll_loss(x, x, eps=-1), ArgumentError, "eps to be finite and at least 0, got -1"),
    (lambda: F.poisson_nll_loss(row, column), ShapeError, "one shape"),
    (lambda: F.gaussian_nll_loss(x, row, x), ShapeError, r"target of shape \(4, 3\), or with axes of 1"),
    (lambda: F.gaussian_nll_loss(x, x, row[:3]), ShapeError, r"var of shape \(4, 3\), .* got \(3,\)"),
    (lambda: F.gaussian_nll_loss(x, x, row[0]), ShapeError, r"got \(\)"),
    (lambda: F.gaussian_nll_loss(x, x, x - 1), ArgumentError, "var not to be negative, got -1"),
    (lambda: F.gaussian_nll_loss(x, x, -1.0), ArgumentError, "var to be finite and at least 0, got -1"),
    # margins
    (
        lambda: F.margin_ranking_loss(row, column, row),
        ShapeError,
        r"x1, x2 of one shape, got \(4,\) and \(4, 1\)",
    ),
    (lambda: F.margin_ranking_loss(row, row, column), ShapeError, r"target of shape \(4,\), got \(4, 1\)"),
    (
        lambda: F.hinge_embedding_loss(row, signs * 2),
        ArgumentError,
        "target to hold 1 and -1, got values from -2",
    ),
    (lambda: F.cosine_embedding_loss(x, x, classes), ArgumentError, "target to hold 1 and -1"),
    (lambda: F.cosine_embedding_loss(x, x, signs[:3]), ShapeError, r"target of shape \(4,\), got \(3,\)"),
    (
        lambda: F.cosine_embedding_loss(scores, scores, signs),
        ShapeError,
        r"\(N, D\) or \(D,\), got \(5, 2, 3\)",
    ),
    (lambda: F.triplet_margin_loss(x, x, row), ShapeError, "anchor, positive, negative of one shape"),
    (lambda: F.triplet_margin_loss(x, x, x, margin=0), ArgumentError, "margin to be positive, got 0"),
    (lambda: F.triplet_margin_loss(x, x, x, p="2"), ArgumentTypeError, "p to be a number, got '2'"),
    (
        lambda: F.triplet_margin_with_distance_loss(x, x, x, distance_function=2),
        ArgumentTypeError,
        "distance_function to be a function, got 2",
    ),
    *(
        (
            lambda value=value: F.triplet_margin_with_distance_loss(
                x, x, x, distance_function=lambda a, b: value
            ),
            ArgumentTypeError,
            f"what distance_function returns to be a Tensor, got {type(value).__name__}",
        )
        for value in (None, 1.0)
    ),
    (lambda: nn.TripletMarginLoss(-1.0), ArgumentError, "TripletMarginLoss expects margin to be positive"),
    (lambda: nn.TripletMarginLoss(swap=1), ArgumentTypeError, "swap to be True or False, got 1"),
    (lambda: nn.TripletMarginWithDistanceLoss(distance_function=2), ArgumentTypeError, "got 2"),
    (lambda: F.multi_margin_loss(x, classes + 1), ArgumentError, r"target from 0 to 2 .* from 1 to 3"),
    (lambda: F.multi_margin_loss(x, classes[:3]), ShapeError, r"target of shape \(4,\), got \(3,\)"),
    (lambda: F.multi_margin_loss(x, row), DTypeError, "target to hold integers"),
    (lambda: F.multi_margin_loss(x, classes, 3), ArgumentError, "p to be 1 or 2, got 3"),
    (lambda: F.multi_margin_loss(x, classes, np.ones(2)), ArgumentError, "p to be 1 or 2, got array"),
    (lambda: F.multi_margin_loss(x, classes, weight=row), ShapeError, r"weight of shape \(3,\)"),
    (lambda: F.multi_margin_loss(scores, classes), ShapeError, r"x of shape \(N, C\) or \(C,\)"),
    (lambda: nn.MultiMarginLoss(True), ArgumentError, "MultiMarginLoss expects p to be 1 or 2, got True"),
    (lambda: F.multilabel_margin_loss(x, classes), ShapeError, r"target of shape \(4, 3\), got \(4,\)"),
    (lambda: F.multilabel_margin_loss(row, classes - 2), ArgumentError, "got values from -2 to 0"),
    (lambda: F.multilabel_margin_loss(row, classes + 3), ArgumentError, "got values from 3 to 5"),
    # sequences
    (lambda: ctc(row), ShapeError, r"log_probs of shape \(T, N, C\) or \(T, C\), got \(4,\)"),
    (lambda: ctc(labels), DTypeError, "log_probs to hold floats, got int64"),
    (lambda: ctc(y=scores), DTypeError, "targets to hold integers, got float32"),
    (lambda: ctc(y=labels[:1]), ShapeError, r"targets of shape \(N, S\) = \(2, S\)"),
    (lambda: ctc(y=labels[0, 0], counts=(0, 0)), ShapeError, r"got \(\)"),
    (lambda: ctc(y=Tensor([1, 2, 1, 1])), ShapeError, r"\(sum\(target_lengths\),\) = \(3,\), got \(4,\)"),
    (lambda: ctc(y=labels + 1), ArgumentError, r"targets from 0 to 2 .* from 0 to 3"),
    (lambda: ctc(counts=(2, 2)), ArgumentError, "targets without the blank, which is 0"),
    (
        lambda: ctc(counts=(3, 1)),
        ArgumentError,
        "target_lengths from 0 to 2, the number of targets, got 1 to 3",
    ),
    (lambda: ctc(times=(6, 1)), ArgumentError, "input_lengths from 0 to 5, the number of steps"),
    (lambda: ctc(times=(-1, 1)), ArgumentError, "got -1 to 1"),
    (lambda: ctc(times=5), ShapeError, r"input_lengths of shape \(2,\), got \(1,\)"),
    (lambda: ctc(times=(5.0, 4.0)), ArgumentTypeError, "input_lengths to be an integer, got 5.0"),
    (lambda: ctc(counts=np.array([1.0, 1.0])), DTypeError, "target_lengths to hold integers"),
    (lambda: ctc(blank=3), ArgumentError, "blank from 0 to 2, a class, got 3"),
    (lambda: ctc(zero_infinity=0), ArgumentTypeError, "zero_infinity to be True or False, got 0"),
    (lambda: nn.CTCLoss(-1), ArgumentError, "CTCLoss expects blank to be a class, got -1"),
    # the adaptive softmax
    (
        lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 6, []),
        ArgumentError,
        r"increase from 1 to at most 5, got \[\]",
    ),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 6, [3, 3]), ArgumentError, r"increase .* got \[3, 3\]"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 6, [6]), ArgumentError, r"at most 5, got \[6\]"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 6, 3), ArgumentTypeError, "a list of integers, got 3"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2, 4]), ArgumentError, "2 times leaves no feature"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2], 0), ArgumentError, "div_value to be positive, got 0"),
    (lambda: adaptive(x, classes), ShapeError, r"x \(N, 4\) or \(4,\), got shape \(4, 3\)"),
    (lambda: adaptive(four, classes), ShapeError, r"target of shape \(2,\)"),
    (lambda: adaptive(four, Tensor([0, 6])), ArgumentError, r"target from 0 to 5 \(n_classes is 6\)"),
    (lambda: adaptive.log_prob(four[0]), ShapeError, r"x \(N, 4\), got shape \(4,\)"),
    # distances
    (lambda: F.cosine_similarity(x, four), ShapeError, "cosine_similarity expects x1 and x2 of shapes that"),
    (lambda: F.cosine_similarity(row, row), IndexingError, "cosine_similarity: axis 1 does not exist"),
    (lambda: F.cosine_similarity(x, x, eps=-1), ArgumentError, "eps to be finite and at least 0, got -1"),
    (lambda: F.cosine_similarity(classes, classes), DTypeError, "x1 to hold floats, got int64"),
    (lambda: F.pairwise_distance(row[0], row), ShapeError, r"vectors along the last axis, got \(\) and"),
    (lambda: F.pairwise_distance(x, row), ShapeError, r"that broadcast, got \(4, 3\) and \(4,\)"),
    (lambda: F.pairwise_distance(x, x, math.nan), ArgumentError, "p to be a number, got nan"),
    (lambda: F.cdist(x, row), ShapeError, r"x1 \(\*, P, D\) and x2 \(\*, R, D\), got \(4, 3\) and \(4,\)"),
    (lambda: F.cdist(scores, scores[:2]), ShapeError, r"before their last two axes, got \(5, 2, 3\) and"),
    (lambda: F.cdist(x, lucid.zeros((4, 2))), ShapeError, r"got \(4, 3\) and \(4, 2\)"),
    (lambda: F.cdist(x, x, -1), ArgumentError, "cdist expects p to be at least 0, got -1"),
    (lambda: F.cdist(x, x, compute_mode="mm"), ArgumentError, "compute_mode to be one of"),
    (lambda: F.pdist(row), ShapeError, r"x of shape \(N, D\), got \(4,\)"),
    (lambda: nn.CosineSimilarity(0.5), ArgumentTypeError, "CosineSimilarity expects axis to be an integer"),
    (lambda: nn.PairwiseDistance("2"), ArgumentTypeError, "PairwiseDistance expects p to be a number"),
    (lambda: nn.PairwiseDistance(keepdims=1), ArgumentTypeError, "keepdims to be True or False, got 1"),
]


@pytest.mark.parametrize(("call", "error", "message"), ROWS)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
