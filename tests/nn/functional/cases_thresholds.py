"""Rows for activations with thresholds and for softmin, each with its formula in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase, between, nonzero
from tests.ops.rows import UNARY, with_options

Array = Any


def softmin(x: Array, axis: int = -1) -> Array:
    return np.exp(-x) / np.exp(-x).sum(axis, keepdims=True)


THRESHOLDS = [
    *with_options(
        OpCase(
            name="hardshrink",
            function=F.hardshrink,
            reference=lambda x, lambd=0.5: np.where(np.abs(x) > lambd, x, 0.0),
            shapes=UNARY,
            domain=nonzero,
        ),
        [{}, {"lambd": 1.0}, {"lambd": 0}],
    ),
    *with_options(
        OpCase(
            name="softshrink",
            function=F.softshrink,
            reference=lambda x, lambd=0.5: np.sign(x) * np.maximum(np.abs(x) - lambd, 0),
            shapes=UNARY,
            domain=nonzero,
        ),
        [{}, {"lambd": 1.0}, {"lambd": 0}],
    ),
    OpCase(
        name="tanhshrink",
        function=F.tanhshrink,
        reference=lambda x: x - np.tanh(x),
        shapes=UNARY,
        domain=between(-3, 3),
    ),
    *with_options(
        OpCase(
            name="threshold",
            function=F.threshold,
            reference=lambda x, threshold, value: np.where(x > threshold, x, value),
            shapes=UNARY,
            domain=nonzero,
        ),
        [{"threshold": 0.1, "value": 20}, {"threshold": -1.0, "value": -2.0}],
    ),
    *with_options(
        OpCase(
            name="rrelu",
            function=F.rrelu,
            reference=lambda x, lower=1 / 8, upper=1 / 3: np.where(x > 0, x, (lower + upper) / 2 * x),
            shapes=UNARY,
            domain=nonzero,
        ),
        [{}, {"lower": -1, "upper": 0.5}],
    ),
    *with_options(
        OpCase(
            name="softmin",
            function=F.softmin,
            reference=softmin,
            shapes=[((2, 3),), ((3,),), ((0, 3),), ((3, 0),)],
        ),
        [{}, {"axis": 0}],
    ),
]
