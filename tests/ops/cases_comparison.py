"""Rows for comparison, logic and bits, whose results have no derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid
from lucid.testing import Domain, OpCase, booleans, integers, normal
from lucid.testing.domains import NumPyArray
from tests.ops.rows import BINARY, UNARY


def few_values(rng: np.random.Generator, shape: tuple[int, ...]) -> NumPyArray:
    """Draw from -1.0, 0.0 and 1.0, so that many are equal."""
    return np.asarray(rng.integers(-1, 2, shape) * 1.0)


def with_infinities(rng: np.random.Generator, shape: tuple[int, ...]) -> NumPyArray:
    """Draw from 1.0, -0.0, nan and both infinities."""
    return np.asarray(rng.choice(np.array([1.0, -0.0, np.nan, np.inf, -np.inf]), shape))


def comparison(name: str, function: Any, reference: Any, domain: Domain = few_values) -> OpCase:
    return OpCase(
        name=name,
        function=function,
        reference=reference,
        shapes=BINARY,
        domain=domain,
        order=0,
        scalars=True,
    )


def predicate(name: str, function: Any, reference: Any, domain: Domain = with_infinities) -> OpCase:
    return OpCase(name=name, function=function, reference=reference, shapes=UNARY, domain=domain, order=0)


CASES = [
    comparison("equal", lucid.equal, np.equal),
    comparison("not_equal", lucid.not_equal, np.not_equal),
    comparison("less", lucid.less, np.less),
    comparison("less_equal", lucid.less_equal, np.less_equal),
    comparison("greater", lucid.greater, np.greater),
    comparison("greater_equal", lucid.greater_equal, np.greater_equal),
    comparison("less[integers]", lucid.less, np.less, integers(-2, 3)),
    comparison("equal[booleans]", lucid.equal, np.equal, booleans),
    comparison("logical_and", lucid.logical_and, np.logical_and, booleans),
    comparison("logical_or", lucid.logical_or, np.logical_or, booleans),
    comparison("logical_xor", lucid.logical_xor, np.logical_xor, booleans),
    comparison("logical_and[floats]", lucid.logical_and, np.logical_and),
    comparison("bitwise_and", lucid.bitwise_and, np.bitwise_and, integers(-8, 9)),
    comparison("bitwise_or", lucid.bitwise_or, np.bitwise_or, integers(-8, 9)),
    comparison("bitwise_xor", lucid.bitwise_xor, np.bitwise_xor, integers(-8, 9)),
    comparison("bitwise_and[booleans]", lucid.bitwise_and, np.bitwise_and, booleans),
    comparison("bitwise_left_shift", lucid.bitwise_left_shift, np.bitwise_left_shift, integers(0, 9)),
    comparison("bitwise_right_shift", lucid.bitwise_right_shift, np.bitwise_right_shift, integers(0, 9)),
    predicate("isnan", lucid.isnan, np.isnan),
    predicate("isinf", lucid.isinf, np.isinf),
    predicate("isfinite", lucid.isfinite, np.isfinite),
    predicate("isfinite[integers]", lucid.isfinite, np.isfinite, integers(-2, 3)),
    predicate("signbit", lucid.signbit, np.signbit, with_infinities),
    predicate("logical_not", lucid.logical_not, np.logical_not, booleans),
    predicate("bitwise_invert", lucid.bitwise_invert, np.bitwise_invert, integers(-8, 9)),
    predicate("bitwise_invert[booleans]", lucid.bitwise_invert, np.bitwise_invert, booleans),
    OpCase(
        name="astype[int64]",
        function=lambda x: lucid.astype(x, "int64"),
        reference=lambda x: x.astype("int64"),
        shapes=UNARY,
        domain=normal,
        order=0,
    ),
    OpCase(
        name="astype[float64]",
        function=lambda x: lucid.astype(lucid.astype(x, "float64"), x.dtype),
        reference=lambda x: x,
        shapes=UNARY,
    ),
]
