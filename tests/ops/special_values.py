"""What functions give at infinities, NaN and signed zeros: the special cases of the Array API standard.

Each function has a list of rows: the values of its arguments, and the result. Where an argument is a
list, the row holds for each of its values. A result that is a function is called with the arguments.
For complex functions the rows hold real and imaginary parts, and ``Either`` marks a result whose
sign the standard leaves open.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

INF, NAN, PI = math.inf, math.nan, math.pi


class Either(NamedTuple):
    """A result of either sign."""

    size: float


ZEROS = [0.0, -0.0]
INFINITE = [INF, -INF]
POSITIVE = [0.25, 1.0, 1.5, 3.0]
NEGATIVE = [-x for x in POSITIVE]
NONZERO = [*POSITIVE, *NEGATIVE]
FINITE = [*NONZERO, *ZEROS]
MORE_THAN_0 = [*POSITIVE, INF]
LESS_THAN_0 = [*NEGATIVE, -INF]
NUMBERS = [*FINITE, *INFINITE]
ALL = [*NUMBERS, NAN]

first: Callable[..., float] = lambda x, *_: x  # noqa: E731
second: Callable[..., float] = lambda _, y: y  # noqa: E731
minus_zero = -0.0


def signed(x: float, y: float) -> float:
    """Return infinity with the sign of the product."""
    return math.copysign(INF, math.copysign(1, x) * math.copysign(1, y))


def integral(x: float) -> list[tuple[float, float]]:
    return [(v, v) for v in (-3.0, -0.0, 0.0, 1.0, INF, -INF)] + [(x, x)]


# ----------------------------------------------------------------- real functions of one argument

ROUNDING = [*[(v, v) for v in (-3.0, -0.0, 0.0, 1.0, INF, -INF)], (NAN, NAN)]
ODD = [(0.0, 0.0), (-0.0, -0.0), (NAN, NAN)]

UNARY: dict[str, list[tuple[Any, Any]]] = {
    "abs": [(NAN, NAN), (-0.0, 0.0), (0.0, 0.0), (INFINITE, INF)],
    "acos": [(NAN, NAN), ([1.5, 3.0, INF, -1.5, -INF], NAN), (1.0, 0.0), (-1.0, PI)],
    "acosh": [(NAN, NAN), ([0.5, 0.0, -1.0, -INF], NAN), (1.0, 0.0), (INF, INF)],
    "asin": [*ODD, ([1.5, 3.0, INF, -1.5, -INF], NAN)],
    "asinh": [*ODD, (INF, INF), (-INF, -INF)],
    "atan": [*ODD, (INF, PI / 2), (-INF, -PI / 2)],
    "atanh": [*ODD, ([1.5, INF, -1.5, -INF], NAN), (1.0, INF), (-1.0, -INF)],
    "ceil": [*ROUNDING, (-0.5, -0.0), (0.5, 1.0)],
    "cos": [(NAN, NAN), (ZEROS, 1.0), (INFINITE, NAN)],
    "cosh": [(NAN, NAN), (ZEROS, 1.0), (INFINITE, INF)],
    "exp": [(NAN, NAN), (ZEROS, 1.0), (INF, INF), (-INF, 0.0)],
    "exp2": [(NAN, NAN), (ZEROS, 1.0), (INF, INF), (-INF, 0.0)],
    "expm1": [*ODD, (INF, INF), (-INF, -1.0)],
    "floor": [*ROUNDING, (0.5, 0.0), (-0.5, -1.0)],
    "log": [(NAN, NAN), (LESS_THAN_0, NAN), (ZEROS, -INF), (1.0, 0.0), (INF, INF)],
    "log10": [(NAN, NAN), (LESS_THAN_0, NAN), (ZEROS, -INF), (1.0, 0.0), (INF, INF)],
    "log1p": [*ODD, ([-1.5, -3.0, -INF], NAN), (-1.0, -INF), (INF, INF)],
    "log2": [(NAN, NAN), (LESS_THAN_0, NAN), (ZEROS, -INF), (1.0, 0.0), (INF, INF)],
    "negative": [(NAN, NAN), (NUMBERS, lambda x: -x)],
    "positive": [(ALL, first)],
    "reciprocal": [(NAN, NAN), (0.0, INF), (-0.0, -INF), (INF, 0.0), (-INF, -0.0)],
    "round": [*ROUNDING, (0.5, 0.0), (-0.5, -0.0), (1.5, 2.0), (2.5, 2.0), (-1.5, -2.0), (-2.5, -2.0)],
    "sigmoid": [(NAN, NAN), (INF, 1.0), (-INF, 0.0), (ZEROS, 0.5)],
    "sign": [(NAN, NAN), (LESS_THAN_0, -1.0), (ZEROS, 0.0), (MORE_THAN_0, 1.0)],
    "sin": [*ODD, (INFINITE, NAN)],
    "sinh": [*ODD, (INF, INF), (-INF, -INF)],
    "sqrt": [*ODD, (LESS_THAN_0, NAN), (INF, INF)],
    "square": [(NAN, NAN), (ZEROS, 0.0), (INFINITE, INF)],
    "tan": [*ODD, (INFINITE, NAN)],
    "tanh": [*ODD, (INF, 1.0), (-INF, -1.0)],
    "trunc": [*ROUNDING, (0.5, 0.0), (-0.5, -0.0)],
}

# ----------------------------------------------------------------- real functions of two arguments

EITHER_NAN = [(NAN, ALL, NAN), (ALL, NAN, NAN)]

DIVISION = [
    *EITHER_NAN,
    (INFINITE, INFINITE, NAN),
    (ZEROS, ZEROS, NAN),
    (0.0, MORE_THAN_0, 0.0),
    (-0.0, MORE_THAN_0, -0.0),
    (0.0, LESS_THAN_0, -0.0),
    (-0.0, LESS_THAN_0, 0.0),
    (MORE_THAN_0, 0.0, INF),
    (MORE_THAN_0, -0.0, -INF),
    (LESS_THAN_0, 0.0, -INF),
    (LESS_THAN_0, -0.0, INF),
    (INFINITE, NONZERO, signed),
    (POSITIVE, INF, 0.0),
    (POSITIVE, -INF, -0.0),
    (NEGATIVE, INF, -0.0),
    (NEGATIVE, -INF, 0.0),
]

BINARY: dict[str, list[tuple[Any, Any, Any]]] = {
    "add": [
        *EITHER_NAN,
        (INF, -INF, NAN),
        (-INF, INF, NAN),
        (INF, [*FINITE, INF], INF),
        (-INF, [*FINITE, -INF], -INF),
        (FINITE, INFINITE, second),
        (-0.0, -0.0, -0.0),
        (-0.0, 0.0, 0.0),
        (0.0, ZEROS, 0.0),
        (ZEROS, NONZERO, second),
        (NONZERO, ZEROS, first),
        (1.5, -1.5, 0.0),
    ],
    "subtract": [
        *EITHER_NAN,
        (INF, INF, NAN),
        (-INF, -INF, NAN),
        (INF, [*FINITE, -INF], INF),
        (-INF, [*FINITE, INF], -INF),
        (-0.0, 0.0, -0.0),
        (-0.0, -0.0, 0.0),
        (0.0, ZEROS, 0.0),
        (1.5, 1.5, 0.0),
    ],
    "multiply": [
        *EITHER_NAN,
        (INFINITE, ZEROS, NAN),
        (ZEROS, INFINITE, NAN),
        (INFINITE, [*INFINITE, *NONZERO], signed),
        (NONZERO, INFINITE, signed),
        (ZEROS, FINITE, lambda x, y: x * y),
    ],
    "divide": DIVISION,
    "floor_divide": [*DIVISION, (0.25, 3.0, 0.0), (0.25, -3.0, -1.0), (-0.25, -3.0, 0.0), (-0.25, 3.0, -1.0)],
    "remainder": [
        *EITHER_NAN,
        (INFINITE, ALL, NAN),
        (ALL, ZEROS, NAN),
        (ZEROS, MORE_THAN_0, 0.0),
        (ZEROS, LESS_THAN_0, -0.0),
        (POSITIVE, INF, first),
        (POSITIVE, -INF, second),
        (NEGATIVE, INF, second),
        (NEGATIVE, -INF, first),
        (FINITE, NONZERO, lambda x, y: x % y),
    ],
    "pow": [
        ([*LESS_THAN_0, *ZEROS, 0.25, 1.5, INF, NAN], NAN, NAN),
        (ALL, ZEROS, 1.0),
        (NAN, [*NONZERO, *INFINITE], NAN),
        ([1.5, -1.5, INF, -INF], INF, INF),
        ([1.5, -1.5, INF, -INF], -INF, 0.0),
        ([1.0, -1.0], INFINITE, 1.0),
        (1.0, NUMBERS, 1.0),
        ([0.5, -0.5, 0.0, -0.0], INF, 0.0),
        ([0.5, -0.5, 0.0, -0.0], -INF, INF),
        (INF, MORE_THAN_0, INF),
        (INF, LESS_THAN_0, 0.0),
        (-INF, [1.0, 3.0, 101.0], -INF),
        (-INF, [0.5, 1.5, 2.0, 4.0, 0.25, INF], INF),
        (-INF, [-1.0, -3.0], -0.0),
        (-INF, [-0.5, -1.5, -2.0, -INF], 0.0),
        (0.0, [0.5, *MORE_THAN_0], 0.0),
        (0.0, LESS_THAN_0, INF),
        (-0.0, [1.0, 3.0], -0.0),
        (-0.0, [0.5, 1.5, 2.0, INF], 0.0),
        (-0.0, [-1.0, -3.0], -INF),
        (-0.0, [-0.5, -1.5, -2.0, -INF], INF),
        (NEGATIVE, [0.5, 1.5, -0.5, 0.25], NAN),
        ([-1.5, 1.5], [2.0, 3.0, -1.0, 1.0], lambda x, y: x**y),
    ],
    "atan2": [
        *EITHER_NAN,
        (MORE_THAN_0, ZEROS, PI / 2),
        (LESS_THAN_0, ZEROS, -PI / 2),
        (0.0, [*MORE_THAN_0, 0.0], 0.0),
        (-0.0, [*MORE_THAN_0, 0.0], -0.0),
        (0.0, [*LESS_THAN_0, -0.0], PI),
        (-0.0, [*LESS_THAN_0, -0.0], -PI),
        (POSITIVE, INF, 0.0),
        (POSITIVE, -INF, PI),
        (NEGATIVE, INF, -0.0),
        (NEGATIVE, -INF, -PI),
        (INF, FINITE, PI / 2),
        (-INF, FINITE, -PI / 2),
        (INF, INF, PI / 4),
        (INF, -INF, 3 * PI / 4),
        (-INF, INF, -PI / 4),
        (-INF, -INF, -3 * PI / 4),
    ],
    "hypot": [
        (INFINITE, ALL, INF),
        (ALL, INFINITE, INF),
        (ZEROS, FINITE, lambda x, y: abs(y)),
        (FINITE, ZEROS, lambda x, y: abs(x)),
        ([*FINITE, NAN], NAN, NAN),
        (NAN, [*FINITE, NAN], NAN),
    ],
    "logaddexp": [
        *EITHER_NAN,
        (INF, NUMBERS, INF),
        (NUMBERS, INF, INF),
        (-INF, [*NONZERO, -INF], second),
        ([*NONZERO, -INF], -INF, first),
    ],
    "copysign": [
        (NUMBERS, [*MORE_THAN_0, 0.0], lambda x, y: abs(x)),
        (NUMBERS, [*LESS_THAN_0, -0.0], lambda x, y: -abs(x)),
        (NUMBERS, NAN, lambda x, y: abs(x)),
        (NAN, ALL, NAN),
    ],
    "nextafter": [
        *EITHER_NAN,
        (-0.0, 0.0, 0.0),
        (0.0, -0.0, -0.0),
        (INF, INF, INF),
        (NONZERO, NONZERO, None),
    ],
    "maximum": [*EITHER_NAN, (INF, NUMBERS, INF), (-INF, NUMBERS, second)],
    "minimum": [*EITHER_NAN, (-INF, NUMBERS, -INF), (INF, NUMBERS, second)],
}
BINARY["nextafter"].pop()

# ----------------------------------------------------------------- complex functions

# Of (a, b) with a >= 0 and b >= 0; the other quadrants follow from f(conj(z)) = conj(f(z)) and, for
# the odd and the even ones, from f(-z) = -f(z) and f(-z) = f(z).
Part = float | Either
NAN_NAN = (NAN, NAN)


def cis(size: float) -> Callable[[float, float], tuple[float, float]]:
    return lambda _, b: (size * math.cos(b), size * math.sin(b))


COMPLEX: dict[str, list[tuple[Any, Any, Any]]] = {
    "acos": [
        (ZEROS, 0.0, (PI / 2, -0.0)),
        (ZEROS, NAN, (PI / 2, NAN)),
        (FINITE, INF, (PI / 2, -INF)),
        (NONZERO, NAN, NAN_NAN),
        (-INF, POSITIVE, (PI, -INF)),
        (INF, POSITIVE, (0.0, -INF)),
        (-INF, INF, (3 * PI / 4, -INF)),
        (INF, INF, (PI / 4, -INF)),
        (INFINITE, NAN, (NAN, Either(INF))),
        (NAN, FINITE, NAN_NAN),
        (NAN, INF, (NAN, -INF)),
        (NAN, NAN, NAN_NAN),
    ],
    "acosh": [
        (ZEROS, 0.0, (0.0, PI / 2)),
        (FINITE, INF, (INF, PI / 2)),
        (NONZERO, NAN, NAN_NAN),
        (0.0, NAN, (NAN, Either(PI / 2))),
        (-INF, POSITIVE, (INF, PI)),
        (INF, POSITIVE, (INF, 0.0)),
        (-INF, INF, (INF, 3 * PI / 4)),
        (INF, INF, (INF, PI / 4)),
        (INFINITE, NAN, (INF, NAN)),
        (NAN, FINITE, NAN_NAN),
        (NAN, INF, (INF, NAN)),
        (NAN, NAN, NAN_NAN),
    ],
    "asinh": [
        (0.0, 0.0, (0.0, 0.0)),
        (POSITIVE, INF, (INF, PI / 2)),
        (FINITE, NAN, NAN_NAN),
        (INF, POSITIVE, (INF, 0.0)),
        (INF, INF, (INF, PI / 4)),
        (NAN, 0.0, (NAN, 0.0)),
        (NAN, NONZERO, NAN_NAN),
        (NAN, INF, (Either(INF), NAN)),
        (NAN, NAN, NAN_NAN),
    ],
    "atanh": [
        (0.0, 0.0, (0.0, 0.0)),
        (0.0, NAN, (0.0, NAN)),
        (1.0, 0.0, (INF, 0.0)),
        (POSITIVE, INF, (0.0, PI / 2)),
        (NONZERO, NAN, NAN_NAN),
        (INF, POSITIVE, (0.0, PI / 2)),
        (INF, INF, (0.0, PI / 2)),
        (INF, NAN, (0.0, NAN)),
        (NAN, FINITE, NAN_NAN),
        (NAN, INF, (Either(0.0), PI / 2)),
        (NAN, NAN, NAN_NAN),
    ],
    "cosh": [
        (0.0, 0.0, (1.0, 0.0)),
        (0.0, [INF, NAN], (NAN, Either(0.0))),
        (NONZERO, [INF, NAN], NAN_NAN),
        (INF, 0.0, (INF, 0.0)),
        (INF, NONZERO, cis(INF)),
        (INF, INF, (Either(INF), NAN)),
        (INF, NAN, (INF, NAN)),
        (NAN, ZEROS, (NAN, Either(0.0))),
        (NAN, [*NONZERO, NAN], NAN_NAN),
    ],
    "exp": [
        (ZEROS, 0.0, (1.0, 0.0)),
        (FINITE, [INF, NAN], NAN_NAN),
        (INF, 0.0, (INF, 0.0)),
        (-INF, FINITE, cis(0.0)),
        (INF, NONZERO, cis(INF)),
        (-INF, [INF, NAN], (Either(0.0), Either(0.0))),
        (INF, [INF, NAN], (Either(INF), NAN)),
        (NAN, 0.0, (NAN, 0.0)),
        (NAN, [*NONZERO, INF, NAN], NAN_NAN),
    ],
    "expm1": [
        (ZEROS, 0.0, (Either(0.0), 0.0)),
        (FINITE, [INF, NAN], NAN_NAN),
        (INF, 0.0, (INF, 0.0)),
        (-INF, FINITE, lambda _, b: (-1.0, 0.0 * math.sin(b))),
        (INF, NONZERO, cis(INF)),
        (-INF, [INF, NAN], (-1.0, Either(0.0))),
        (INF, [INF, NAN], (Either(INF), NAN)),
        (NAN, 0.0, (NAN, 0.0)),
        (NAN, [*NONZERO, INF, NAN], NAN_NAN),
    ],
    "log": [
        (-0.0, 0.0, (-INF, PI)),
        (0.0, 0.0, (-INF, 0.0)),
        (FINITE, INF, (INF, PI / 2)),
        (FINITE, NAN, NAN_NAN),
        (-INF, POSITIVE, (INF, PI)),
        (INF, POSITIVE, (INF, 0.0)),
        (-INF, INF, (INF, 3 * PI / 4)),
        (INF, INF, (INF, PI / 4)),
        (INFINITE, NAN, (INF, NAN)),
        (NAN, FINITE, NAN_NAN),
        (NAN, INF, (INF, NAN)),
        (NAN, NAN, NAN_NAN),
    ],
    "log1p": [
        (-1.0, 0.0, (-INF, 0.0)),
        (FINITE, INF, (INF, PI / 2)),
        (FINITE, NAN, NAN_NAN),
        (-INF, POSITIVE, (INF, PI)),
        (INF, POSITIVE, (INF, 0.0)),
        (-INF, INF, (INF, 3 * PI / 4)),
        (INF, INF, (INF, PI / 4)),
        (INFINITE, NAN, (INF, NAN)),
        (NAN, FINITE, NAN_NAN),
        (NAN, INF, (INF, NAN)),
        (NAN, NAN, NAN_NAN),
    ],
    "sinh": [
        (0.0, 0.0, (0.0, 0.0)),
        (0.0, [INF, NAN], (Either(0.0), NAN)),
        (POSITIVE, [INF, NAN], NAN_NAN),
        (INF, 0.0, (INF, 0.0)),
        (INF, POSITIVE, cis(INF)),
        (INF, [INF, NAN], (Either(INF), NAN)),
        (NAN, 0.0, (NAN, 0.0)),
        (NAN, [*NONZERO, NAN], NAN_NAN),
    ],
    "sqrt": [
        (ZEROS, 0.0, (0.0, 0.0)),
        (ALL, INF, (INF, INF)),
        (FINITE, NAN, NAN_NAN),
        (-INF, POSITIVE, (0.0, INF)),
        (INF, POSITIVE, (INF, 0.0)),
        (-INF, NAN, (NAN, Either(INF))),
        (INF, NAN, (INF, NAN)),
        (NAN, [*FINITE, NAN], NAN_NAN),
    ],
    "tanh": [
        (0.0, 0.0, (0.0, 0.0)),
        (NONZERO, [INF, NAN], NAN_NAN),
        (0.0, [INF, NAN], (0.0, NAN)),
        (INF, POSITIVE, (1.0, lambda b: 0.0 * math.sin(2 * b))),
        (INF, [INF, NAN], (1.0, Either(0.0))),
        (NAN, 0.0, (NAN, 0.0)),
        (NAN, [*NONZERO, NAN], NAN_NAN),
    ],
    "sign": [(ZEROS, ZEROS, (0.0, 0.0)), (NAN, ALL, NAN_NAN), (ALL, NAN, NAN_NAN)],
    "round": [
        ([0.5, -0.0, NAN, INF, 2.5, -1.5], [0.5, -0.0, NAN, INF, 2.5, -1.5], lambda a, b: (even(a), even(b)))
    ],
}


def even(x: float) -> float:
    """Return ``x`` rounded to the nearest integer, halves to the even one, with its sign."""
    return math.copysign(float(round(x)), x) if math.isfinite(x) else x


# f(-z) is -f(z), or f(z)
ODD_ONES = {"asinh", "atanh", "sinh", "tanh"}
EVEN_ONES = {"cosh"}
AS_WRITTEN = {"sign", "round"}  # their rows hold for all quadrants

# f(z) is -i g(iz) or, for cos, g(iz)
ROTATED = {"asin": "asinh", "atan": "atanh", "sin": "sinh", "tan": "tanh", "cos": "cosh"}

# Real results of complex numbers.
ABS = [
    (INFINITE, ALL, INF),
    (ALL, INFINITE, INF),
    (ZEROS, [*FINITE, NAN], lambda a, b: abs(b)),
    ([*FINITE, NAN], ZEROS, lambda a, b: abs(a)),
    (NAN, [*FINITE, NAN], NAN),
    ([*FINITE, NAN], NAN, NAN),
]
