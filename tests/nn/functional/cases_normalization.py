"""Rows for normalisation, each with its formula in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.testing import OpCase, between, normal, positive
from tests.ops.rows import with_options

Array = Any


def over(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def channels(x: Array, *values: Array) -> list[Array]:
    return [v.reshape((-1, *(1,) * (x.ndim - 2))) for v in values]


def batch_norm(
    x: Array, weight: Array, bias: Array, residual: Array = 0.0, eps: float = 1e-5, activation: Any = None
) -> Array:
    weight, bias = channels(x, weight, bias)
    y = over(x, (0, *range(2, x.ndim)), eps) * weight + bias + residual
    return y if activation is None else np.maximum(y, 0)


def batch_norm_in_use(
    x: Array,
    mean: Array,
    var: Array,
    weight: Array,
    bias: Array,
    residual: Array = 0.0,
    eps: float = 1e-5,
    activation: Any = None,
) -> Array:
    mean, var, weight, bias = channels(x, mean, var, weight, bias)
    y = (x - mean) / np.sqrt(var + eps) * weight + bias + residual
    return y if activation is None else np.maximum(y, 0)


def layer_norm(x: Array, weight: Array, bias: Array = 0.0, eps: float = 1e-5) -> Array:
    return over(x, tuple(range(-weight.ndim, 0)), eps) * weight + bias


def rms_norm(x: Array, weight: Array, eps: float = float(np.finfo(float).eps)) -> Array:
    axes = tuple(range(-weight.ndim, 0))
    return x / np.sqrt((x * x).mean(axes, keepdims=True) + eps) * weight


def group_norm(x: Array, weight: Array, bias: Array, num_groups: int, eps: float = 1e-5) -> Array:
    weight, bias = channels(x, weight, bias)
    grouped = x.reshape((x.shape[0], num_groups, -1)) if x.size else x
    return over(grouped, (-1,), eps).reshape(x.shape) * weight + bias if x.size else x


def instance_norm(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
    weight, bias = channels(x, weight, bias)
    return over(x, tuple(range(2, x.ndim)), eps) * weight + bias


def far_from_0(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw residuals beside which the normalised values are small: the sum stays away from the kink."""
    return rng.choice([-1.0, 1.0], shape) * (9 + rng.random(shape))


C = (3,)
ALL_RANKS = [((4, 3), C, C), ((2, 3, 4), C, C), ((2, 3, 2, 2), C, C), ((2, 3, 2, 1, 2), C, C)]
LAST = [((3, 4), (4,), (4,)), ((4,), (4,), (4,)), ((2, 3, 4), (3, 4), (3, 4)), ((0, 4), (4,), (4,))]

NORMALIZATION = [
    *with_options(
        OpCase(
            name="batch_norm",
            function=lambda x, weight, bias, **options: F.batch_norm(
                x, None, None, weight, bias, True, **options
            ),
            reference=batch_norm,
            shapes=ALL_RANKS,
        ),
        [{}, {"eps": 0.5}],
    ),
    OpCase(
        name="batch_norm[no weight]",
        function=lambda x: F.batch_norm(x, None, None, training=True),
        reference=lambda x: over(x, (0, 2), 1e-5),
        shapes=[((2, 3, 4),)],
    ),
    OpCase(
        name="batch_norm[relu, residual]",
        function=lambda x, weight, bias, residual, **options: F.batch_norm(
            x, None, None, weight, bias, True, residual=residual, **options
        ),
        reference=batch_norm,
        shapes=[((4, 3), C, C, (4, 3)), ((2, 3, 2, 2), C, C, (2, 3, 2, 2))],
        domain=(normal, between(0.5, 1), normal, far_from_0),
        options={"activation": "relu"},
    ),
    OpCase(
        name="batch_norm[in use]",
        function=F.batch_norm,
        reference=batch_norm_in_use,
        shapes=[(x, C, C, *rest) for x, *rest in [*ALL_RANKS, ((0, 3, 2), C, C)]],
        domain=(normal, normal, positive, normal, normal),
    ),
    OpCase(
        name="batch_norm[in use, relu, residual]",
        function=lambda x, mean, var, weight, bias, residual, **options: F.batch_norm(
            x, mean, var, weight, bias, residual=residual, **options
        ),
        reference=batch_norm_in_use,
        shapes=[((2, 3, 4), C, C, C, C, (2, 3, 4))],
        domain=(normal, normal, positive, between(0.5, 1), normal, far_from_0),
        options={"activation": "relu", "eps": 1.0},
    ),
    *with_options(
        OpCase(
            name="layer_norm",
            function=lambda x, weight, bias, **options: F.layer_norm(
                x, weight.shape, weight, bias, **options
            ),
            reference=layer_norm,
            shapes=LAST,
        ),
        [{}, {"eps": 0.5}],
    ),
    OpCase(
        name="layer_norm[no weight]",
        function=lambda x: F.layer_norm(x, 4),
        reference=lambda x: over(x, (-1,), 1e-5),
        shapes=[((3, 4),)],
    ),
    *with_options(
        OpCase(
            name="rms_norm",
            function=lambda x, weight, **options: F.rms_norm(x, weight.shape, weight, **options),
            reference=rms_norm,
            shapes=[shapes[:2] for shapes in LAST],
        ),
        [{"eps": 0.5}, {"eps": 1e-5}],
    ),
    *with_options(
        OpCase(
            name="group_norm",
            function=lambda x, weight, bias, num_groups, **options: F.group_norm(
                x, num_groups, weight, bias, **options
            ),
            reference=group_norm,
            shapes=[
                ((2, 6, 2, 2), (6,), (6,)),
                ((3, 6), (6,), (6,)),
                ((2, 6, 1, 2, 1), (6,), (6,)),
                ((0, 6, 2), (6,), (6,)),
            ],
        ),
        [{"num_groups": 2}, {"num_groups": 3, "eps": 0.5}, {"num_groups": 1}],
    ),
    OpCase(
        name="instance_norm",
        function=lambda x, weight, bias: F.instance_norm(x, None, None, weight, bias),
        reference=instance_norm,
        shapes=ALL_RANKS[1:],
    ),
]
