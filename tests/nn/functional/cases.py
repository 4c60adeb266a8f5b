"""Rows for the functions that layers are made of, each with its formula in NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase, between, integers, nonzero, normal, positive
from tests.nn.functional.cases_activation import ACTIVATED, MORE_ACTIVATIONS
from tests.nn.functional.cases_attention import ATTENTION
from tests.nn.functional.cases_bags import BAGS
from tests.nn.functional.cases_convolution import CONVOLUTION
from tests.nn.functional.cases_distance import DISTANCES
from tests.nn.functional.cases_loss import MORE_LOSSES
from tests.nn.functional.cases_normalization import NORMALIZATION
from tests.nn.functional.cases_pooling import POOLING
from tests.nn.functional.cases_pooling_more import MORE_POOLING
from tests.nn.functional.cases_positional import POSITIONAL
from tests.nn.functional.cases_recurrent import RECURRENT
from tests.nn.functional.cases_resizing import RESIZING
from tests.nn.functional.cases_response_norm import RESPONSE_NORMS
from tests.nn.functional.cases_space import SPACE
from tests.nn.functional.cases_thresholds import THRESHOLDS
from tests.ops.rows import UNARY, with_options

Array = Any

# ----------------------------------------------------------------- formulas

erf = np.vectorize(math.erf, otypes=[float])


def gelu(x: Array, approximate: str) -> Array:
    if approximate == "none":
        return x * (1 + erf(x / math.sqrt(2))) / 2
    return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


def log_softmax(x: Array, axis: int = -1) -> Array:
    if not x.ndim:
        return np.zeros(())
    return x - np.log(np.exp(x).sum(axis, keepdims=True)) if x.size else x


def softmax(x: Array, axis: int = -1) -> Array:
    return np.exp(log_softmax(x, axis))


def reduce(losses: Array, reduction: str, count: Any = None) -> Array:
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.sum() / (losses.size if count is None else count)


def nll_loss(
    x: Array, target: Array, weight: Array = None, ignore_index: int = -100, reduction: str = "mean"
) -> Array:
    """Go through the targets one by one: slow, and plainly what the words say."""
    classes_last = np.moveaxis(x, min(1, x.ndim - 1), -1)
    losses, count = np.zeros(target.shape), 0.0
    for place in np.ndindex(target.shape):
        label = target[place]
        if label != ignore_index:
            w = 1.0 if weight is None else weight[label]
            losses[place] = -w * classes_last[place][label]
            count += w
    return reduce(losses, reduction, count)


def cross_entropy(
    x: Array,
    target: Array,
    weight: Array = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Array:
    axis = min(1, x.ndim - 1)
    classes = x.shape[axis]
    log_p = log_softmax(x, axis)
    if target.dtype.kind == "f":
        shape = [-1 if a == axis else 1 for a in range(x.ndim)]
        weights = 1.0 if weight is None else weight.reshape(shape)
        smoothed = (1 - label_smoothing) * target + label_smoothing / classes
        return reduce(-(weights * smoothed * log_p).sum(axis), reduction)

    def against(labels: Array) -> Array:
        return nll_loss(log_p, np.where(target == ignore_index, -100, labels), weight, reduction="none")

    everyone = sum(against(label) for label in range(classes)) / classes
    losses = (1 - label_smoothing) * against(target) + label_smoothing * everyone
    kept = target[target != ignore_index]
    return reduce(losses, reduction, kept.size if weight is None else weight[kept].sum())


def bce(
    x: Array, target: Array, pos_weight: Array = 1.0, weight: Array = 1.0, reduction: str = "mean"
) -> Array:
    p = 1 / (1 + np.exp(-x))
    return reduce(-weight * (pos_weight * target * np.log(p) + (1 - target) * np.log(1 - p)), reduction)


# ----------------------------------------------------------------- activations

ALONG_AN_AXIS = [((2, 3),), ((3,),), ((2, 3, 2),), ((0, 3),), ((3, 0),), ((),)]

ACTIVATIONS = [
    OpCase(name="relu", function=F.relu, reference=lambda x: np.maximum(x, 0), shapes=UNARY, domain=nonzero),
    *with_options(
        OpCase(
            name="leaky_relu",
            function=F.leaky_relu,
            reference=lambda x, negative_slope=0.01: np.where(x > 0, x, negative_slope * x),
            shapes=UNARY,
            domain=nonzero,
        ),
        [{}, {"negative_slope": 0.2}, {"negative_slope": -1}],
    ),
    *with_options(
        OpCase(name="gelu", function=F.gelu, reference=gelu, shapes=UNARY),
        [{"approximate": "none"}, {"approximate": "tanh"}],
    ),
    OpCase(name="silu", function=F.silu, reference=lambda x: x / (1 + np.exp(-x)), shapes=UNARY),
    *with_options(
        OpCase(name="softmax", function=F.softmax, reference=softmax, shapes=ALONG_AN_AXIS),
        [{}, {"axis": 0}],
    ),
    *with_options(
        OpCase(name="log_softmax", function=F.log_softmax, reference=log_softmax, shapes=ALONG_AN_AXIS),
        [{}, {"axis": 0}],
    ),
]

# ----------------------------------------------------------------- linear maps and tables

LINEAR = [
    OpCase(
        name="linear",
        function=F.linear,
        reference=lambda x, weight, bias: x @ weight.T + bias,
        shapes=[
            ((4, 5), (3, 5), (3,)),
            ((5,), (3, 5), (3,)),
            ((2, 3, 5), (1, 5), (1,)),
            ((0, 5), (3, 5), (3,)),
            ((4, 0), (3, 0), (3,)),
        ],
    ),
    OpCase(
        name="linear[no bias]",
        function=F.linear,
        reference=lambda x, weight: x @ weight.T,
        shapes=[((4, 5), (3, 5)), ((5,), (3, 5)), ((2, 2, 5), (5, 5))],
    ),
    OpCase(
        name="embedding",
        function=F.embedding,
        reference=lambda indices, weight: weight[indices],
        shapes=[((2, 6), (4, 3)), ((), (4, 3)), ((0,), (4, 3))],
        domain=(integers(0, 4), normal),
    ),
    OpCase(
        name="embedding[padding_idx=1]",
        function=F.embedding,
        reference=lambda indices, weight, padding_idx: weight[indices],
        shapes=[((2, 6), (4, 3))],
        domain=(integers(0, 4), normal),
        options={"padding_idx": 1},
        order=0,  # that the padding row gets no gradient is a decision, and no derivative
    ),
]

# ----------------------------------------------------------------- losses

REDUCTIONS = [{"reduction": r} for r in ("mean", "sum", "none")]
PAIRS = [((3, 2), (3, 2)), ((), ()), ((2, 1, 2), (2, 1, 2))]
CLASSES = [((4, 5), (4,)), ((5,), ()), ((2, 5, 3), (2, 3)), ((2, 5, 1, 2), (2, 1, 2))]

probability = between(0.05, 0.95)


def with_ignored(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw classes of which the first is 2, the class to be ignored in these rows."""
    classes = np.array(rng.integers(0, 5, shape))
    classes.reshape(-1)[:1] = 2
    return classes


LOSSES = [
    *with_options(
        OpCase(
            name="mse_loss",
            function=F.mse_loss,
            reference=lambda x, target, reduction: reduce((x - target) ** 2, reduction),
            shapes=PAIRS,
        ),
        REDUCTIONS,
    ),
    *with_options(
        OpCase(
            name="l1_loss",
            function=F.l1_loss,
            reference=lambda x, target, reduction: reduce(np.abs(x - target), reduction),
            shapes=PAIRS,
            domain=(between(0, 1), between(1.1, 2)),
        ),
        REDUCTIONS,
    ),
    *with_options(
        OpCase(
            name="cross_entropy",
            function=F.cross_entropy,
            reference=cross_entropy,
            shapes=CLASSES,
            domain=(normal, integers(0, 5)),
        ),
        [*REDUCTIONS, {"label_smoothing": 0.2}, {"label_smoothing": 1}],
    ),
    *with_options(
        OpCase(
            name="cross_entropy[weight]",
            function=F.cross_entropy,
            reference=cross_entropy,
            shapes=[(*shapes, (5,)) for shapes in CLASSES[:3]],
            domain=(normal, integers(0, 5), positive),
        ),
        [*REDUCTIONS, {"label_smoothing": 0.2}],
    ),
    *with_options(
        OpCase(
            name="cross_entropy[ignored]",
            function=F.cross_entropy,
            reference=cross_entropy,
            shapes=[(*CLASSES[0], (5,)), (*CLASSES[2], (5,))],
            domain=(normal, with_ignored, positive),
        ),
        [{"ignore_index": 2, "label_smoothing": s, **r} for s in (0.0, 0.2) for r in REDUCTIONS],
    ),
    *with_options(
        OpCase(
            name="cross_entropy[probabilities]",
            function=F.cross_entropy,
            reference=cross_entropy,
            shapes=[((4, 5), (4, 5)), ((5,), (5,)), ((2, 3, 4), (2, 3, 4))],
            domain=probability,
        ),
        [*REDUCTIONS, {"label_smoothing": 0.2}],
    ),
    *with_options(
        OpCase(
            name="cross_entropy[probabilities, weight]",
            function=F.cross_entropy,
            reference=cross_entropy,
            shapes=[((4, 5), (4, 5), (5,)), ((2, 3, 4), (2, 3, 4), (3,))],
            domain=(normal, probability, positive),
        ),
        [*REDUCTIONS, {"label_smoothing": 0.2}],
    ),
    *with_options(
        OpCase(
            name="nll_loss",
            function=F.nll_loss,
            reference=nll_loss,
            shapes=CLASSES,
            domain=(normal, integers(0, 5)),
        ),
        REDUCTIONS,
    ),
    *with_options(
        OpCase(
            name="nll_loss[weight]",
            function=F.nll_loss,
            reference=nll_loss,
            shapes=[(*shapes, (5,)) for shapes in CLASSES],
            domain=(normal, integers(0, 5), positive),
        ),
        [*REDUCTIONS, {"ignore_index": 3}],
    ),
    *with_options(
        OpCase(
            name="binary_cross_entropy_with_logits",
            function=F.binary_cross_entropy_with_logits,
            reference=bce,
            shapes=PAIRS,
            domain=probability,
        ),
        REDUCTIONS,
    ),
    *with_options(
        OpCase(
            name="binary_cross_entropy_with_logits[weights]",
            function=lambda x, target, pos_weight, weight, reduction: F.binary_cross_entropy_with_logits(
                x, target, weight, pos_weight=pos_weight, reduction=reduction
            ),
            reference=bce,
            shapes=[((3, 2), (3, 2), (2,), (3, 1)), ((3, 2), (3, 2), (), (3, 2))],
            domain=(normal, probability, positive, positive),
        ),
        REDUCTIONS,
    ),
]

CASES: list[OpCase] = [
    *ACTIVATIONS,
    *MORE_ACTIVATIONS,
    *ATTENTION,
    *POSITIONAL,
    *LINEAR,
    *BAGS,
    *ACTIVATED,
    *LOSSES,
    *MORE_LOSSES,
    *DISTANCES,
    *NORMALIZATION,
    *CONVOLUTION,
    *POOLING,
    *MORE_POOLING,
    *RECURRENT,
    *SPACE,
    *RESIZING,
    *RESPONSE_NORMS,
    *THRESHOLDS,
]
