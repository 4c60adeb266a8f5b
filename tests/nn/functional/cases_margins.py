"""Rows for losses that ask for a margin, and for those of sequences; each with its formula."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase, integers, nonzero, normal, positive
from tests.nn.functional.cases_distance import cosine, norm
from tests.ops.rows import with_options

Array = Any

REDUCTIONS = [{"reduction": r} for r in ("mean", "sum", "none")]
PAIRS = [((3, 2), (3, 2)), ((), ()), ((0, 2), (0, 2))]


def reduce(losses: Array, reduction: str = "mean", count: Any = None) -> Array:
    losses = np.asarray(losses)
    if reduction == "none":
        return losses
    with np.errstate(invalid="ignore"):
        return (
            losses.sum() if reduction == "sum" else losses.sum() / (losses.size if count is None else count)
        )


def hinge(x: Array) -> Array:
    return np.maximum(x, 0)


def signs(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(rng.choice([-1, 1], shape))


def far(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw numbers of 2.1 to 3, or of a size of at most 0.2: further than 1 from each other, or nearer."""
    return np.asarray(np.where(rng.integers(0, 2, shape) == 1, rng.uniform(2.1, 3, shape), 0.1))


# ----------------------------------------------------------------- margins


def cosine_embedding(a: Array, b: Array, y: Array, margin: float = 0.0, reduction: str = "mean") -> Array:
    c = cosine(a, b)
    return reduce(np.where(y == 1, 1 - c, hinge(c - margin)), reduction)


def triplet(
    anchor: Array,
    near: Array,
    far: Array,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Array:
    def d(x: Array, y: Array) -> Array:
        return norm(x - y + eps, p)

    wrong = np.minimum(d(anchor, far), d(near, far)) if swap else d(anchor, far)
    return reduce(hinge(margin + d(anchor, near) - wrong), reduction)


def multi_margin(
    x: Array, y: Array, weight: Array = None, p: int = 1, margin: float = 1.0, reduction: str = "mean"
) -> Array:
    rows, labels = np.atleast_2d(x), np.atleast_1d(y)
    losses = np.zeros(len(rows))
    for n, (row, label) in enumerate(zip(rows, labels, strict=True)):
        w = 1.0 if weight is None else weight[label]
        losses[n] = sum(w * hinge(margin - row[label] + s) ** p for c, s in enumerate(row) if c != label)
    losses /= x.shape[-1]
    return reduce(losses if x.ndim == 2 else losses[0], reduction)


def multilabel_margin(x: Array, y: Array, reduction: str = "mean") -> Array:
    rows, targets = np.atleast_2d(x), np.atleast_2d(y)
    losses = np.zeros(len(rows))
    for n, (row, target) in enumerate(zip(rows, targets, strict=True)):
        right = list(itertools.takewhile(lambda label: label >= 0, target))
        wrong = [c for c in range(len(row)) if c not in right]
        losses[n] = sum(hinge(1 - row[label] + row[c]) for label in right for c in wrong)
    losses /= x.shape[-1]
    return reduce(losses if x.ndim == 2 else losses[0], reduction)


def several(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw some labels, one of them maybe twice, and -1 after them."""
    labels = np.asarray(rng.integers(0, shape[-1], shape))
    labels[..., -2] = -1
    return labels


TRIPLES = [((3, 2),) * 3, ((2,),) * 3, ((2, 2, 3),) * 3]

MARGINS = [
    *with_options(
        OpCase(
            name="margin_ranking_loss",
            function=F.margin_ranking_loss,
            reference=lambda a, b, y, margin=0.0, reduction="mean": reduce(
                hinge(-y * (a - b) + margin), reduction
            ),
            shapes=[((3, 2),) * 3, ((), (), ()), ((0,),) * 3],
            domain=(normal, normal, signs),
        ),
        [*REDUCTIONS, {"margin": 0.7}],
    ),
    *with_options(
        OpCase(
            name="hinge_embedding_loss",
            function=F.hinge_embedding_loss,
            reference=lambda x, y, margin=1.0, reduction="mean": reduce(
                np.where(y == 1, x, hinge(margin - x)), reduction
            ),
            shapes=PAIRS,
            domain=(far, signs),
        ),
        [*REDUCTIONS, {"margin": 0.7}],
    ),
    *with_options(
        OpCase(
            name="cosine_embedding_loss",
            function=F.cosine_embedding_loss,
            reference=cosine_embedding,
            shapes=[((3, 2), (3, 2), (3,)), ((2,), (2,), ())],
            domain=(nonzero, nonzero, signs),
            rtol=1e-11,
            reason="1e-12 is added to the squared lengths",
        ),
        [*REDUCTIONS, {"margin": -0.2}],
    ),
    *with_options(
        OpCase(
            name="triplet_margin_loss", function=F.triplet_margin_loss, reference=triplet, shapes=TRIPLES[:2]
        ),
        [*REDUCTIONS, {"margin": 2.0, "swap": True}, {"p": 1.0}, {"p": 3.0, "eps": 0.1}],
    ),
    *with_options(
        OpCase(
            name="triplet_margin_with_distance_loss",
            function=F.triplet_margin_with_distance_loss,
            reference=triplet,
            shapes=TRIPLES,
        ),
        [{"margin": 3.0, "swap": True}, {"reduction": "none"}],
    ),
    *with_options(
        OpCase(
            name="multi_margin_loss",
            function=F.multi_margin_loss,
            reference=multi_margin,
            shapes=[((4, 3), (4,)), ((3,), ())],
            domain=(normal, integers(0, 3)),
        ),
        [*REDUCTIONS, {"p": 2, "margin": 0.7}],
    ),
    OpCase(
        name="multi_margin_loss[weight]",
        function=lambda x, y, weight: F.multi_margin_loss(x, y, weight=weight),
        reference=multi_margin,
        shapes=[((4, 3), (4,), (3,))],
        domain=(normal, integers(0, 3), positive),
    ),
    *with_options(
        OpCase(
            name="multilabel_margin_loss",
            function=F.multilabel_margin_loss,
            reference=multilabel_margin,
            shapes=[((3, 4), (3, 4)), ((4,), (4,))],
            domain=(normal, several),
        ),
        REDUCTIONS,
    ),
]

# ----------------------------------------------------------------- sequences


def collapsed(path: tuple[int, ...], blank: int) -> tuple[int, ...]:
    """Return the labels of a path: what repeats is one, and blanks are left out."""
    return tuple(c for c, _ in itertools.groupby(path) if c != blank)


def paths(x: Array, labels: tuple[int, ...], blank: int) -> Iterator[float]:
    """Yield the probability of each path of these labels: all paths are tried."""
    for path in itertools.product(range(x.shape[1]), repeat=len(x)):
        if collapsed(path, blank) == labels:
            yield math.exp(sum(x[t, c] for t, c in enumerate(path)))


def ctc(x: Array, blank: int, reduction: str) -> Array:
    """Of 4 and 3 steps, and 2 labels and 1."""
    x = x - np.log(np.exp(x).sum(-1, keepdims=True))
    losses = []
    for n, (steps, count) in enumerate(((4, 2), (3, 1))):
        labels = tuple(int(label) for label in LABELS[blank][n, :count])
        losses.append(-math.log(sum(paths(x[:steps, n], labels, blank))))
    return np.mean(np.array(losses) / (2, 1)) if reduction == "mean" else reduce(np.array(losses), reduction)


LABELS = {0: np.array([[1, 1], [2, 0]]), 2: np.array([[1, 0], [0, 2]])}

SEQUENCES = with_options(
    OpCase(
        name="ctc_loss",
        function=lambda x, **options: F.ctc_loss(x, LABELS[options["blank"]], (4, 3), (2, 1), **options),
        reference=ctc,
        shapes=[((4, 2, 3),)],
    ),
    [{"blank": 0, **reduction} for reduction in REDUCTIONS] + [{"blank": 2, "reduction": "none"}],
)
