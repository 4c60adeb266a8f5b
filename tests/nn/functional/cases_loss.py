"""Rows for losses beside the most common ones; each with its formula."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase, between, normal, positive
from tests.nn.functional.cases_margins import MARGINS, PAIRS, REDUCTIONS, SEQUENCES, far, reduce, signs
from tests.ops.rows import with_options

Array = Any

probability = between(0.05, 0.95)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def near_zero(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(rng.uniform(-0.1, 0.05, shape))


# ----------------------------------------------------------------- numbers


def smooth_l1(x: Array, y: Array, reduction: str = "mean", beta: float = 1.0) -> Array:
    d = np.abs(x - y)
    return reduce(np.where(d < beta, d**2 / (2 * beta or 1), d - beta / 2), reduction)


def huber(x: Array, y: Array, weight: Array = 1.0, reduction: str = "mean", delta: float = 1.0) -> Array:
    d = np.abs(x - y)
    return reduce(weight * np.where(d < delta, d**2 / 2, delta * (d - delta / 2)), reduction)


NUMBERS = [
    *with_options(
        OpCase(
            name="smooth_l1_loss",
            function=F.smooth_l1_loss,
            reference=smooth_l1,
            shapes=PAIRS,
            domain=(far, near_zero),
        ),
        [*REDUCTIONS, {"beta": 0.01, "reduction": "none"}, {"beta": 0.0}],
    ),
    *with_options(
        OpCase(
            name="huber_loss", function=F.huber_loss, reference=huber, shapes=PAIRS, domain=(far, near_zero)
        ),
        [*REDUCTIONS, {"delta": 1.5, "reduction": "none"}],
    ),
    *with_options(
        OpCase(
            name="huber_loss[weight]",
            function=lambda x, y, weight, **options: F.huber_loss(x, y, weight=weight, **options),
            reference=huber,
            shapes=[((3, 2),) * 3],
            domain=(far, near_zero, positive),
        ),
        [{}, {"reduction": "none"}],
    ),
    *(
        OpCase(
            name=f"{function.__name__}[weight, {reduction}]",
            function=lambda x, y, w, f=function, r=reduction: f(x, y, r, weight=w),
            reference=lambda x, y, w, p=power, r=reduction: reduce(w * np.abs(x - y) ** p, r, w.sum()),
            shapes=[((3, 2),) * 3],
            domain=(between(0, 1), between(1.1, 2), positive),
        )
        for function, power in ((F.mse_loss, 2), (F.l1_loss, 1))
        for reduction in ("mean", "sum", "none")
    ),
]

# ----------------------------------------------------------------- yes or no


def bce(x: Array, y: Array, weight: Array = 1.0, reduction: str = "mean") -> Array:
    return reduce(-weight * (y * np.log(x) + (1 - y) * np.log(1 - x)), reduction)


YES_OR_NO = [
    *with_options(
        OpCase(
            name="binary_cross_entropy",
            function=F.binary_cross_entropy,
            reference=bce,
            shapes=PAIRS,
            domain=probability,
        ),
        REDUCTIONS,
    ),
    OpCase(
        name="binary_cross_entropy[weight]",
        function=F.binary_cross_entropy,
        reference=bce,
        shapes=[((3, 2), (3, 2), (2,)), ((3, 2), (3, 2), (3, 1))],
        domain=(probability, probability, positive),
    ),
    *with_options(
        OpCase(
            name="soft_margin_loss",
            function=F.soft_margin_loss,
            reference=lambda x, y, reduction: reduce(np.log(1 + np.exp(-y * x)), reduction),
            shapes=PAIRS,
            domain=(normal, signs),
        ),
        REDUCTIONS,
    ),
    *with_options(
        OpCase(
            name="multilabel_soft_margin_loss",
            function=F.multilabel_soft_margin_loss,
            reference=lambda x, y, w, reduction: reduce(
                bce(sigmoid(x), y, w, reduction="none").mean(-1), reduction
            ),
            shapes=[((3, 2), (3, 2), (2,)), ((2,), (2,), ()), ((2, 3, 2), (2, 3, 2), (2,))],
            domain=(normal, probability, positive),
        ),
        REDUCTIONS,
    ),
]

# ----------------------------------------------------------------- distributions


def kl(x: Array, y: Array, reduction: str = "mean", log_target: bool = False) -> Array:
    p, log_p = (np.exp(y), y) if log_target else (y, np.log(y))
    losses = p * (log_p - x)
    return losses.sum() / len(x) if reduction == "batchmean" else reduce(losses, reduction)


def poisson(
    x: Array, y: Array, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
) -> Array:
    losses = np.exp(x) - y * x if log_input else x - y * np.log(x + eps)
    if full:
        losses = losses + np.where(y > 1, y * np.log(y) - y + np.log(2 * np.pi * y) / 2, 0)
    return reduce(losses, reduction)


def gaussian(
    x: Array, y: Array, v: Array, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Array:
    v = v[..., None] if v.ndim < x.ndim else v
    constant = math.log(2 * math.pi) / 2 if full else 0.0
    return reduce((np.log(v) + (x - y) ** 2 / v) / 2 + constant, reduction)


DISTRIBUTIONS = [
    *with_options(
        OpCase(name="kl_div", function=F.kl_div, reference=kl, shapes=PAIRS, domain=probability),
        REDUCTIONS,
    ),
    *with_options(
        OpCase(name="kl_div[logarithms]", function=F.kl_div, reference=kl, shapes=[((3, 2), (3, 2))]),
        [{"log_target": True, "reduction": r} for r in ("batchmean", "none")],
    ),
    *with_options(
        OpCase(
            name="poisson_nll_loss",
            function=F.poisson_nll_loss,
            reference=poisson,
            shapes=PAIRS,
            domain=(positive, far),
        ),
        [*REDUCTIONS, {"full": True, "reduction": "none"}, {"log_input": False, "eps": 0.1}],
    ),
    *with_options(
        OpCase(
            name="gaussian_nll_loss",
            function=F.gaussian_nll_loss,
            reference=gaussian,
            shapes=[((3, 2), (3, 2), (3, 2)), ((3, 2), (1, 2), (3,)), ((3, 2), (3, 1), (1, 1)), ((), (), ())],
            domain=positive,
        ),
        [*REDUCTIONS, {"full": True, "reduction": "none"}],
    ),
]

# On XLA the rows of the layers are run, and here the values and derivatives are checked once.
MORE_LOSSES = [
    replace(case, devices=("cpu",)) for case in (*NUMBERS, *YES_OR_NO, *DISTRIBUTIONS, *MARGINS, *SEQUENCES)
]
