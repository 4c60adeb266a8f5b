"""Rows for sums, means, extremes and running sums."""

from __future__ import annotations

import numpy as np

import lucid
from lucid.testing import OpCase, booleans, complex_normal, distinct, nonzero, normal
from tests.ops.rows import with_options

CUBE = [((2, 3, 4),), ((0, 3, 2),)]
AXES = [
    {"axis": None},
    {"axis": 0},
    {"axis": -1},
    {"axis": (0, 2)},
    {"axis": 1, "keepdims": True},
    {"axis": None, "keepdims": True},
]
# Of nothing there is no largest element.
LONG = [((2, 3, 4),), ((3, 2, 0),), ((2, 1, 5),)]
ONE_AXIS = [{"axis": 0}, {"axis": 1}, {"axis": -2, "keepdims": True}]


def reference_logsumexp(x: np.ndarray, axis: object = None, keepdims: bool = False) -> np.ndarray:
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))  # type: ignore[arg-type]


def reference_var(x: np.ndarray, axis: object = None, correction: float = 0, keepdims: bool = False):
    return np.var(x, axis=axis, ddof=correction, keepdims=keepdims)


def reference_std(x: np.ndarray, axis: object = None, correction: float = 0, keepdims: bool = False):
    return np.std(x, axis=axis, ddof=correction, keepdims=keepdims)


def reference_cumulative_prod(x: np.ndarray, axis: int | None = None, include_initial: bool = False):
    return np.cumulative_prod(x, axis=axis, include_initial=include_initial)


def some_zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw numbers away from zero, and about every third a zero."""
    return np.where(np.arange(np.prod(shape, dtype=int)).reshape(shape) % 3 == 1, 0.0, nonzero(rng, shape))


def reference_cumulative_sum(x: np.ndarray, axis: int | None = None, include_initial: bool = False):
    return np.cumulative_sum(x, axis=axis, include_initial=include_initial)


SUMS = [
    *with_options(OpCase(name="sum", function=lucid.sum, reference=np.sum, shapes=CUBE), AXES),
    OpCase(name="sum[0-d]", function=lucid.sum, reference=np.sum, shapes=[((),), ((3,),)]),
    OpCase(
        name="sum[no axes]",
        function=lucid.sum,
        reference=np.sum,
        shapes=[((2, 3),), ((),)],
        options={"axis": ()},
    ),
    OpCase(
        name="sum[dtype]",
        function=lambda x: lucid.sum(x, axis=0, dtype="float64").astype(x.dtype),
        reference=lambda x: np.sum(x, axis=0),
        shapes=[((2, 3),)],
    ),
    # Two axes of no elements: NumPy's mean of nothing warns, so the empty shapes are in test_corners.
    *with_options(OpCase(name="mean", function=lucid.mean, reference=np.mean, shapes=CUBE[:1]), AXES),
    OpCase(name="mean[0-d]", function=lucid.mean, reference=np.mean, shapes=[((),), ((3,),)]),
    OpCase(
        name="mean[empty, but not along the axis]",
        function=lucid.mean,
        reference=np.mean,
        shapes=[((0, 3),), ((0, 2),)],
        options={"axis": 1},
    ),
    *with_options(
        OpCase(name="prod", function=lucid.prod, reference=np.prod, shapes=CUBE, domain=nonzero), AXES
    ),
    OpCase(
        name="prod[0-d]", function=lucid.prod, reference=np.prod, shapes=[((),), ((1,),), ((0,),), ((7,),)]
    ),
    *with_options(
        OpCase(name="logsumexp", function=lucid.logsumexp, reference=reference_logsumexp, shapes=CUBE[:1]),
        AXES,
    ),
    OpCase(
        name="logsumexp[0-d]",
        function=lucid.logsumexp,
        reference=reference_logsumexp,
        shapes=[((),), ((3,),)],
    ),
    *with_options(
        OpCase(
            name="var",
            function=lucid.var,
            reference=reference_var,
            shapes=CUBE[:1],
            grad_rtol=2e-6,
            reason="the mean is subtracted, so a few digits cancel in the differences",
        ),
        [*AXES, {"axis": 2, "correction": 1}],
    ),
    *with_options(
        OpCase(
            name="std",
            function=lucid.std,
            reference=reference_std,
            shapes=CUBE[:1],
            grad_rtol=2e-6,
            reason="the mean is subtracted, so a few digits cancel in the differences",
        ),
        [*AXES, {"axis": 2, "correction": 1}],
    ),
    *with_options(
        OpCase(
            name="cumulative_sum",
            function=lucid.cumulative_sum,
            reference=reference_cumulative_sum,
            shapes=[((2, 3, 4),), ((0, 3),)],
        ),
        [{"axis": 0}, {"axis": -1}, {"axis": 1, "include_initial": True}],
    ),
    OpCase(
        name="cumulative_sum[no axis]",
        function=lucid.cumulative_sum,
        reference=np.cumulative_sum,
        shapes=[((5,),), ((0,),)],
    ),
    *with_options(
        OpCase(
            name="cumulative_prod",
            function=lucid.cumulative_prod,
            reference=reference_cumulative_prod,
            shapes=[((2, 3, 4),), ((0, 3),)],
            domain=nonzero,
        ),
        [{"axis": 0}, {"axis": -1}, {"axis": 1, "include_initial": True}],
    ),
    OpCase(
        name="cumulative_prod[no axis]",
        function=lucid.cumulative_prod,
        reference=np.cumulative_prod,
        shapes=[((7,),), ((1,),), ((0,),)],
    ),
    OpCase(
        name="cumulative_prod[zeros]",
        function=lucid.cumulative_prod,
        reference=np.cumulative_prod,
        shapes=[((8,),)],
        domain=some_zeros,
    ),
    OpCase(
        name="prod[zeros]",
        function=lucid.prod,
        reference=np.prod,
        shapes=[((4, 2),), ((2, 1),)],
        domain=some_zeros,
        options={"axis": 0},
    ),
    OpCase(
        name="prod[dtype]",
        function=lambda x: lucid.prod(x, axis=0, dtype="float64").astype(x.dtype),
        reference=lambda x: np.prod(x, axis=0),
        shapes=[((2, 3),)],
    ),
    OpCase(
        name="diff", function=lucid.diff, reference=np.diff, shapes=[((2, 4),), ((3,),), ((2, 1),), ((2, 0),)]
    ),
    *with_options(
        OpCase(name="diff", function=lucid.diff, reference=np.diff, shapes=[((3, 4),)]),
        [{"axis": 0}, {"n": 2}, {"n": 0}, {"axis": 0, "n": 5}, {"prepend": 1.0, "append": 2.0}],
    ),
    OpCase(
        name="diff[tensors at the ends]",
        function=lambda x, p, a: lucid.diff(x, axis=0, n=2, prepend=p, append=a),
        reference=lambda x, p, a: np.diff(x, axis=0, n=2, prepend=p, append=a),
        shapes=[((3, 2), (1, 2), (2, 2)), ((3,), (2,), ())],
    ),
]

# Of complex numbers: all but what needs an order.
COMPLEX = [
    OpCase(
        name=f"{name}[complex]",
        function=function,
        reference=reference,
        shapes=[((2, 3),), ((0, 2),)],
        options={"axis": 1},
        domain=complex_normal,
    )
    for name, function, reference in [
        ("sum", lucid.sum, np.sum),
        ("mean", lucid.mean, np.mean),
        ("prod", lucid.prod, np.prod),
        ("var", lucid.var, np.var),
        ("std", lucid.std, np.std),
        ("cumulative_sum", lucid.cumulative_sum, np.cumulative_sum),
        ("cumulative_prod", lucid.cumulative_prod, np.cumulative_prod),
        ("diff", lucid.diff, np.diff),
    ]
]

EXTREMES = [
    *with_options(
        OpCase(name="max", function=lucid.max, reference=np.max, shapes=CUBE[:1], domain=distinct), AXES
    ),
    *with_options(
        OpCase(name="min", function=lucid.min, reference=np.min, shapes=CUBE[:1], domain=distinct), AXES
    ),
    OpCase(name="max[0-d]", function=lucid.max, reference=np.max, shapes=[((),), ((3,),)], domain=distinct),
    OpCase(
        name="max[empty, but not along the axis]",
        function=lucid.max,
        reference=np.max,
        shapes=[((0, 3),)],
        options={"axis": 1},
    ),
    *with_options(
        OpCase(
            name="argmax",
            function=lucid.argmax,
            reference=np.argmax,
            shapes=LONG[::2],
            domain=distinct,
            order=0,
        ),
        [{"axis": None}, *ONE_AXIS],
    ),
    *with_options(
        OpCase(
            name="argmin",
            function=lucid.argmin,
            reference=np.argmin,
            shapes=LONG[::2],
            domain=distinct,
            order=0,
        ),
        [{"axis": None}, *ONE_AXIS],
    ),
    OpCase(name="argmax[0-d]", function=lucid.argmax, reference=np.argmax, shapes=[((),)], order=0),
    *with_options(
        OpCase(name="all", function=lucid.all, reference=np.all, shapes=CUBE, domain=booleans, order=0), AXES
    ),
    *with_options(
        OpCase(name="any", function=lucid.any, reference=np.any, shapes=CUBE, domain=booleans, order=0), AXES
    ),
    OpCase(name="all[floats]", function=lucid.all, reference=np.all, shapes=[((2, 3),), ((),)], order=0),
    OpCase(name="any[0-d]", function=lucid.any, reference=np.any, shapes=[((),)], domain=normal, order=0),
]

CASES = [*SUMS, *COMPLEX, *EXTREMES]
