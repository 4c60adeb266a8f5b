"""Rows for arithmetic and the functions that work on each element alone."""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid
from lucid.testing import OpCase, booleans, complex_normal, distinct, nonzero, normal, positive
from tests.ops.rows import BINARY, COMPLEX_BINARY, COMPLEX_UNARY, UNARY, off_axes

ARITHMETIC = [
    OpCase(name="add", function=lucid.add, reference=np.add, shapes=BINARY, scalars=True),
    OpCase(name="subtract", function=lucid.subtract, reference=np.subtract, shapes=BINARY, scalars=True),
    OpCase(name="multiply", function=lucid.multiply, reference=np.multiply, shapes=BINARY, scalars=True),
    OpCase(
        name="divide",
        function=lucid.divide,
        reference=np.divide,
        shapes=BINARY,
        domain=(normal, nonzero),
        scalars=True,
    ),
    OpCase(
        name="floor_divide",
        function=lucid.floor_divide,
        reference=np.floor_divide,
        shapes=BINARY,
        domain=(distinct, nonzero),
        scalars=True,
    ),
    OpCase(
        name="remainder",
        function=lucid.remainder,
        reference=np.remainder,
        shapes=BINARY,
        domain=(distinct, nonzero),
        scalars=True,
    ),
    OpCase(
        name="pow",
        function=lucid.pow,
        reference=np.power,
        shapes=BINARY,
        domain=(positive, nonzero),
        scalars=True,
    ),
    OpCase(name="pow[2]", function=lambda x: x**2, reference=np.square, shapes=UNARY),
    OpCase(name="pow[-1]", function=lambda x: x**-1, reference=np.reciprocal, shapes=UNARY, domain=nonzero),
    OpCase(name="pow[0.5]", function=lambda x: x**0.5, reference=np.sqrt, shapes=UNARY, domain=positive),
    OpCase(name="pow[2 ** x]", function=lambda x: 2**x, reference=np.exp2, shapes=UNARY),
    OpCase(name="negative", function=lucid.negative, reference=np.negative, shapes=UNARY),
    OpCase(name="positive", function=lucid.positive, reference=np.positive, shapes=UNARY),
    OpCase(name="square", function=lucid.square, reference=np.square, shapes=UNARY),
    OpCase(name="sqrt", function=lucid.sqrt, reference=np.sqrt, shapes=UNARY, domain=positive),
    OpCase(
        name="reciprocal", function=lucid.reciprocal, reference=np.reciprocal, shapes=UNARY, domain=nonzero
    ),
]

ROUNDING = [
    OpCase(name="abs", function=lucid.abs, reference=np.abs, shapes=UNARY, domain=nonzero),
    OpCase(name="sign", function=lucid.sign, reference=np.sign, shapes=UNARY, domain=nonzero),
    OpCase(name="floor", function=lucid.floor, reference=np.floor, shapes=UNARY, domain=distinct),
    OpCase(name="ceil", function=lucid.ceil, reference=np.ceil, shapes=UNARY, domain=distinct),
    OpCase(name="trunc", function=lucid.trunc, reference=np.trunc, shapes=UNARY, domain=distinct),
    OpCase(name="round", function=lucid.round, reference=np.round, shapes=UNARY, domain=distinct),
]


WHERE = [
    ((2, 3), (2, 3), (2, 3)),
    ((3,), (2, 1), (1, 3)),
    ((2, 3), (), (2, 3)),
    ((), (), ()),
    ((0, 3), (1, 3), (3,)),
]

CHOOSING = [
    OpCase(
        name="maximum",
        function=lucid.maximum,
        reference=np.maximum,
        shapes=BINARY,
        domain=(normal, distinct),
        scalars=True,
    ),
    OpCase(
        name="minimum",
        function=lucid.minimum,
        reference=np.minimum,
        shapes=BINARY,
        domain=(normal, distinct),
        scalars=True,
    ),
    OpCase(
        name="clip",
        function=lambda x: lucid.clip(x, -0.5, 0.5),
        reference=lambda x: np.clip(x, -0.5, 0.5),
        shapes=UNARY,
        domain=distinct,
    ),
    OpCase(
        name="clip[min only]",
        function=lambda x: lucid.clip(x, min=0),
        reference=lambda x: np.maximum(x, 0),
        shapes=UNARY,
        domain=distinct,
    ),
    OpCase(
        name="clip[max only]",
        function=lambda x: lucid.clip(x, max=0),
        reference=lambda x: np.minimum(x, 0),
        shapes=UNARY,
        domain=distinct,
    ),
    OpCase(
        name="clip[bounds that are tensors]",
        function=lucid.clip,
        reference=lambda x, low, high: np.minimum(np.maximum(x, low), high),
        shapes=[((2, 3), (2, 3), (2, 3)), ((2, 3), (3,), ()), ((), (), ()), ((0, 3), (3,), (3,))],
        domain=(distinct, normal, positive),
        scalars=True,
    ),
    OpCase(
        name="where",
        function=lucid.where,
        reference=np.where,
        shapes=WHERE,
        domain=(booleans, normal, normal),
    ),
    OpCase(
        name="where[a scalar if so]",
        function=lambda c, x: lucid.where(c, 2.5, x),
        reference=lambda c, x: np.where(c, 2.5, x),
        shapes=BINARY,
        domain=(booleans, normal),
    ),
    OpCase(
        name="where[a scalar if not]",
        function=lambda c, x: lucid.where(c, x, 0),
        reference=lambda c, x: np.where(c, x, 0),
        shapes=BINARY,
        domain=(booleans, normal),
    ),
]

FLOATS = [
    OpCase(
        name="copysign",
        function=lucid.copysign,
        reference=np.copysign,
        shapes=BINARY,
        domain=nonzero,
        scalars=True,
    ),
    OpCase(name="nextafter", function=lucid.nextafter, reference=np.nextafter, shapes=BINARY, scalars=True),
]


def unary(name: str, function: Any, reference: Any, **more: Any) -> OpCase:
    row = {"shapes": COMPLEX_UNARY, "domain": off_axes, **more}
    return OpCase(name=f"{name}[complex]", function=function, reference=reference, **row)


def binary(name: str, function: Any, reference: Any, **more: Any) -> OpCase:
    row = {"shapes": COMPLEX_BINARY, "domain": off_axes, **more}
    return OpCase(name=f"{name}[complex]", function=function, reference=reference, **row)


COMPLEX = [
    binary("add", lucid.add, np.add, domain=(normal, complex_normal)),
    binary("subtract", lucid.subtract, np.subtract, scalars=True),
    binary("multiply", lucid.multiply, np.multiply, scalars=True),
    binary("divide", lucid.divide, np.divide, domain=(normal, off_axes)),
    binary("pow", lucid.pow, np.power),
    unary("pow[2]", lambda x: x**2, np.square),
    unary("pow[1j]", lambda x: x**1j, lambda x: np.power(x, 1j)),
    unary("negative", lucid.negative, np.negative),
    unary("square", lucid.square, np.square),
    unary("sqrt", lucid.sqrt, np.sqrt),
    unary("reciprocal", lucid.reciprocal, np.reciprocal),
    unary("abs", lucid.abs, np.abs),
    unary("sign", lucid.sign, np.sign),
    unary("conj", lucid.conj, np.conj),
    unary("real", lucid.real, np.real),
    unary("imag", lucid.imag, np.imag),
    OpCase(name="conj[real]", function=lucid.conj, reference=np.conj, shapes=COMPLEX_UNARY),
    OpCase(name="real[real]", function=lucid.real, reference=np.real, shapes=COMPLEX_UNARY),
    OpCase(name="imag[real]", function=lucid.imag, reference=np.imag, shapes=COMPLEX_UNARY, order=0),
    unary("round", lucid.round, np.round, order=0),
    OpCase(
        name="where[complex]",
        function=lucid.where,
        reference=np.where,
        shapes=[((2, 3), (3,), (2, 1))],
        domain=(booleans, complex_normal, normal),
    ),
]

CASES = [*ARITHMETIC, *ROUNDING, *CHOOSING, *FLOATS, *COMPLEX]
