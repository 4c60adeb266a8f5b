"""Rows for activations beside the most common ones, and for linear maps with one; each with its formula."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase, between, nonzero, normal
from tests.ops.rows import UNARY, with_options

Array = Any

erf = np.vectorize(math.erf, otypes=[float])


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def elu(x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(x))


def celu(x: Array, alpha: float = 1.0) -> Array:
    return np.maximum(0, x) + np.minimum(0, alpha * np.expm1(x / alpha))


def softplus(x: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    return np.where(beta * x > threshold, x, np.log(1 + np.exp(beta * x)) / beta)


def prelu(x: Array, weight: Array) -> Array:
    slopes = weight if x.ndim < 3 else weight.reshape((-1, *(1,) * (x.ndim - 2)))
    return np.maximum(x, 0) + slopes * np.minimum(x, 0)


def glu(x: Array, axis: int = -1) -> Array:
    a, b = np.split(x, 2, axis)
    return a * sigmoid(b)


CURVES: dict[str, Any] = {
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: x * (1 + erf(x / math.sqrt(2))) / 2,
    "gelu_tanh": lambda x: x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    "silu": lambda x: x * sigmoid(x),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
}


def linear(x: Array, weight: Array, bias: Array = 0.0, activation: str = "relu") -> Array:
    return CURVES[activation](x @ weight.T + bias)


MORE_ACTIVATIONS = [
    *with_options(
        OpCase(
            name="hardtanh",
            function=F.hardtanh,
            reference=lambda x, min_val=-1.0, max_val=1.0: np.clip(x, min_val, max_val),
            shapes=UNARY,
            domain=between(-0.9, 0.9),
        ),
        [{}, {"min_val": -0.1003, "max_val": 0.2007}],
    ),
    OpCase(
        name="relu6",
        function=lambda x: F.relu6(4 * x),
        reference=lambda x: np.clip(4 * x, 0, 6),
        shapes=UNARY,
        domain=nonzero,
    ),
    OpCase(
        name="hardsigmoid",
        function=F.hardsigmoid,
        reference=lambda x: np.clip(x + 3, 0, 6) / 6,
        shapes=UNARY,
        domain=between(-2.9, 2.9),
    ),
    OpCase(
        name="hardswish",
        function=F.hardswish,
        reference=lambda x: x * np.clip(x + 3, 0, 6) / 6,
        shapes=UNARY,
        domain=between(-2.9, 2.9),
    ),
    *with_options(
        OpCase(name="elu", function=F.elu, reference=elu, shapes=UNARY, domain=nonzero),
        [{}, {"alpha": 0.3}],
    ),
    OpCase(
        name="selu",
        function=F.selu,
        reference=lambda x: 1.0507009873554804934 * elu(x, 1.6732632423543772848),
        shapes=UNARY,
        domain=nonzero,
    ),
    *with_options(
        OpCase(name="celu", function=F.celu, reference=celu, shapes=UNARY, domain=nonzero),
        [{}, {"alpha": 0.3}],
    ),
    OpCase(
        name="prelu",
        function=F.prelu,
        reference=prelu,
        shapes=[((2, 3), (3,)), ((2, 3, 2), (3,)), ((4,), (1,)), ((), ()), ((0, 3), (1,))],
        domain=(nonzero, normal),
    ),
    *with_options(
        OpCase(name="softplus", function=F.softplus, reference=softplus, shapes=UNARY),
        [{}, {"beta": 2.0, "threshold": 0.123}, {"beta": -1}],
    ),
    OpCase(name="logsigmoid", function=F.logsigmoid, reference=lambda x: np.log(sigmoid(x)), shapes=UNARY),
    OpCase(name="mish", function=F.mish, reference=lambda x: x * np.tanh(softplus(x)), shapes=UNARY),
    OpCase(
        name="softsign",
        function=F.softsign,
        reference=lambda x: x / (1 + np.abs(x)),
        shapes=UNARY,
        domain=nonzero,
    ),
    *with_options(
        OpCase(name="glu", function=F.glu, reference=glu, shapes=[((2, 4),), ((4,),), ((0, 2),)]),
        [{}, {"axis": 0}],
    ),
]

ACTIVATED = [
    *with_options(
        OpCase(
            name="linear[activation]",
            function=F.linear,
            reference=linear,
            shapes=[((4, 5), (3, 5), (3,)), ((5,), (3, 5), (3,))],
        ),
        [{"activation": name} for name in CURVES],
    ),
    OpCase(
        name="linear[activation, no bias]",
        function=F.linear,
        reference=linear,
        shapes=[((4, 5), (3, 5)), ((0, 5), (3, 5))],
        options={"activation": "silu"},
    ),
]
