"""Promotion and broadcasting, against array-api-strict, which allows what the standard defines alone."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lucid

strict = pytest.importorskip("array_api_strict")

few = settings(max_examples=150, deadline=None, derandomize=True)

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS, COMPLEX = ["float32", "float64"], ["complex64", "complex128"]
DTYPES = ["bool", *INTEGERS, *FLOATS, *COMPLEX]
# The standard defines promotion within each of these.
FAMILIES = [["bool"], INTEGERS, FLOATS, [*FLOATS, *COMPLEX]]

FUNCTIONS = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "floor_divide",
    "remainder",
    "pow",
    "maximum",
    "minimum",
]
FUNCTIONS += ["atan2", "hypot", "logaddexp", "copysign", "nextafter", "equal", "not_equal", "less"]
FUNCTIONS += ["less_equal", "greater", "greater_equal", "bitwise_and", "bitwise_or", "bitwise_xor"]
FUNCTIONS += ["bitwise_left_shift", "bitwise_right_shift", "logical_and", "logical_or", "logical_xor"]

OPERATORS = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "eq", "lt", "ge"]
OPERATORS += ["and_", "or_", "xor", "lshift", "rshift"]

UNARY = ["abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "bitwise_invert", "ceil", "conj", "cos"]
UNARY += [
    "cosh",
    "exp",
    "expm1",
    "floor",
    "imag",
    "isfinite",
    "isinf",
    "isnan",
    "log",
    "log10",
    "log1p",
    "log2",
]
UNARY += ["logical_not", "negative", "positive", "real", "reciprocal", "round", "sign", "signbit", "sin"]
UNARY += ["sinh", "sqrt", "square", "tan", "tanh", "trunc"]


def values(dtype: str) -> st.SearchStrategy[Any]:
    """Return a strategy of small numbers: powers of them stay in range."""
    if dtype == "bool":
        return st.booleans()
    whole = st.integers(0 if dtype.startswith("u") else -3, 3)
    if "int" in dtype:
        return whole
    halves = whole.map(lambda n: n / 2)
    return st.builds(complex, halves, halves) if dtype.startswith("complex") else halves


@st.composite
def arrays(draw: Any, shape: Any, dtypes: Sequence[str] = DTYPES) -> Any:
    dtype = draw(st.sampled_from(dtypes))
    return draw(hnp.arrays(dtype, shape, elements=values(dtype), fill=st.nothing()))


def assert_same(found: Any, expected: Any, what: str) -> None:
    expected_dtype = np.asarray(expected).dtype
    assert found.dtype == expected_dtype, what
    assert found.shape == expected.shape, what
    rtol = 1e-5 if expected_dtype in (np.float32, np.complex64) else 1e-13
    np.testing.assert_allclose(found.numpy(), np.asarray(expected), rtol=rtol, atol=rtol, err_msg=what)


def outcome(call: Any) -> Any:
    """Return what array-api-strict gives, or None for what the standard leaves undefined."""
    strict.set_array_api_strict_flags(api_version="2025.12")
    try:
        with np.errstate(all="ignore"):
            return call()
    except (TypeError, ValueError, OverflowError):
        return None


@few
@given(
    st.sampled_from(FUNCTIONS),
    hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3, min_side=0),
    st.data(),
)
def test_two_arrays(name: str, shapes: Any, data: Any) -> None:
    family = data.draw(st.sampled_from(FAMILIES))
    a, b = (data.draw(arrays(shape, family)) for shape in shapes.input_shapes)
    expected = outcome(lambda: getattr(strict, name)(strict.asarray(a), strict.asarray(b)))
    if expected is not None and not _shifts_backwards(name, b):
        assert_same(getattr(lucid, name)(lucid.Tensor(a), lucid.Tensor(b)), expected, f"{name}({a!r}, {b!r})")


@few
@given(st.sampled_from(OPERATORS), arrays((2,)), st.data())
def test_an_array_and_a_number(name: str, a: Any, data: Any) -> None:
    number = data.draw(st.sampled_from(["bool", "int64", "float64", "complex128"]).flatmap(values))
    if name in ("lt", "ge") and isinstance(number, complex):
        return  # complex numbers have no order
    function = getattr(operator, name)
    for flipped in (False, True):
        x, y = strict.asarray(a), lucid.Tensor(a)
        pair = (number, x) if flipped else (x, number)
        expected = outcome(lambda pair=pair: function(*pair))
        if expected is not None and not _shifts_backwards(name, a if flipped else np.asarray(number)):
            found = function(number, y) if flipped else function(y, number)
            assert_same(found, expected, f"{name}({a!r}, {number!r}), flipped: {flipped}")


@few
@given(st.sampled_from(UNARY), hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3), st.data())
def test_one_array(name: str, shape: Any, data: Any) -> None:
    a = data.draw(arrays(shape))
    expected = outcome(lambda: getattr(strict, name)(strict.asarray(a)))
    if expected is not None:
        assert_same(getattr(lucid, name)(lucid.Tensor(a)), expected, f"{name}({a!r})")


@few
@given(
    st.sampled_from(FAMILIES).flatmap(lambda f: st.lists(st.sampled_from(f), min_size=1, max_size=4)),
    st.sampled_from([None, True, 2, 1.5, 2j]),
)
def test_result_type(names: list[str], number: Any) -> None:
    numbers = [] if number is None else [number]
    expected = outcome(lambda: strict.result_type(*(getattr(strict, n) for n in names), *numbers))
    if expected is not None:
        assert lucid.result_type(*(getattr(lucid, n) for n in names), *numbers).name == str(
            expected._np_dtype
        )


def _shifts_backwards(name: str, by: Any) -> bool:
    return "shift" in name and bool((by < 0).any())
