"""Rows for exponentials and logarithms, trigonometric and hyperbolic functions."""

from __future__ import annotations

import math

import numpy as np

import lucid
from lucid.testing import OpCase, between, complex_normal, nonzero, positive
from tests.ops.rows import BINARY, COMPLEX_UNARY, UNARY, off_axes

APART = "XLA's polynomial differs from NumPy's in the last digits"

EXPONENTIAL = [
    OpCase(name="exp", function=lucid.exp, reference=np.exp, shapes=UNARY),
    OpCase(name="exp2", function=lucid.exp2, reference=np.exp2, shapes=UNARY),
    OpCase(name="expm1", function=lucid.expm1, reference=np.expm1, shapes=UNARY),
    OpCase(name="log", function=lucid.log, reference=np.log, shapes=UNARY, domain=positive),
    OpCase(name="log1p", function=lucid.log1p, reference=np.log1p, shapes=UNARY, domain=positive),
    OpCase(name="log2", function=lucid.log2, reference=np.log2, shapes=UNARY, domain=positive),
    OpCase(name="log10", function=lucid.log10, reference=np.log10, shapes=UNARY, domain=positive),
    OpCase(name="logaddexp", function=lucid.logaddexp, reference=np.logaddexp, shapes=BINARY, scalars=True),
    OpCase(
        name="sigmoid",
        function=lucid.sigmoid,
        reference=lambda x: 1 / (1 + np.exp(-x)),
        shapes=UNARY,
        domain=between(-5, 5),
    ),
    OpCase(
        name="erf",
        function=lucid.erf,
        reference=np.vectorize(math.erf, otypes=[float]),
        shapes=UNARY,
        domain=between(-3, 3),
    ),
]

TRIGONOMETRIC = [
    OpCase(name="sin", function=lucid.sin, reference=np.sin, shapes=UNARY),
    OpCase(name="cos", function=lucid.cos, reference=np.cos, shapes=UNARY),
    OpCase(name="tan", function=lucid.tan, reference=np.tan, shapes=UNARY, domain=between(-1, 1)),
    OpCase(name="asin", function=lucid.asin, reference=np.asin, shapes=UNARY, domain=between(-0.8, 0.8)),
    OpCase(name="acos", function=lucid.acos, reference=np.acos, shapes=UNARY, domain=between(-0.8, 0.8)),
    OpCase(name="atan", function=lucid.atan, reference=np.atan, shapes=UNARY),
    OpCase(
        name="atan2",
        function=lucid.atan2,
        reference=np.atan2,
        shapes=BINARY,
        domain=nonzero,
        scalars=True,
    ),
    OpCase(name="sinh", function=lucid.sinh, reference=np.sinh, shapes=UNARY),
    OpCase(name="cosh", function=lucid.cosh, reference=np.cosh, shapes=UNARY),
    OpCase(name="tanh", function=lucid.tanh, reference=np.tanh, shapes=UNARY),
    OpCase(name="asinh", function=lucid.asinh, reference=np.asinh, shapes=UNARY),
    OpCase(name="acosh", function=lucid.acosh, reference=np.acosh, shapes=UNARY, domain=between(1.5, 3)),
    OpCase(name="atanh", function=lucid.atanh, reference=np.atanh, shapes=UNARY, domain=between(-0.8, 0.8)),
    OpCase(
        name="hypot", function=lucid.hypot, reference=np.hypot, shapes=BINARY, domain=nonzero, scalars=True
    ),
]

# Entire functions anywhere, those with branch cuts or poles away from them.
ENTIRE = {
    "exp": (lucid.exp, np.exp),
    "exp2": (lucid.exp2, np.exp2),
    "expm1": (lucid.expm1, np.expm1),
    "sin": (lucid.sin, np.sin),
    "cos": (lucid.cos, np.cos),
    "sinh": (lucid.sinh, np.sinh),
    "cosh": (lucid.cosh, np.cosh),
}
CUT = {
    "log": (lucid.log, np.log),
    "log1p": (lucid.log1p, np.log1p),
    "log2": (lucid.log2, np.log2),
    "log10": (lucid.log10, np.log10),
    "sigmoid": (lucid.sigmoid, lambda x: 1 / (1 + np.exp(-x))),
    "tan": (lucid.tan, np.tan),
    "tanh": (lucid.tanh, np.tanh),
    "asin": (lucid.asin, np.asin),
    "acos": (lucid.acos, np.acos),
    "atan": (lucid.atan, np.atan),
    "asinh": (lucid.asinh, np.asinh),
    "acosh": (lucid.acosh, np.acosh),
    "atanh": (lucid.atanh, np.atanh),
}
COMPLEX = [
    OpCase(
        name=f"{name}[complex]",
        function=function,
        reference=reference,
        shapes=COMPLEX_UNARY,
        domain=complex_normal if name in ENTIRE else off_axes,
    )
    for name, (function, reference) in {**ENTIRE, **CUT}.items()
]

CASES = [*EXPONENTIAL, *TRIGONOMETRIC, *COMPLEX]
