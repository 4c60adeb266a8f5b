"""What type a result has: where types meet, and what becomes a float."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.errors import ArgumentTypeError, DTypeError, LucidError
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)

# Lucid's table: what `a + b` is, for arrays of two types. Integers as NumPy has them; of an integer
# and a float, the float.
PROMOTIONS = [
    ("bool", "bool", "bool"),
    ("bool", "uint8", "uint8"),
    ("bool", "int64", "int64"),
    ("bool", "float16", "float16"),
    ("bool", "float32", "float32"),
    ("int8", "int8", "int8"),
    ("int8", "int16", "int16"),
    ("int8", "uint8", "int16"),
    ("uint8", "uint16", "uint16"),
    ("int32", "int64", "int64"),
    ("int32", "uint32", "int64"),
    ("int64", "float16", "float16"),
    ("int64", "float32", "float32"),
    ("int8", "float32", "float32"),
    ("uint32", "float32", "float32"),
    ("int64", "float64", "float64"),
    ("float16", "float32", "float32"),
    ("float32", "float64", "float64"),
    ("int64", "complex64", "complex64"),
    ("float32", "complex64", "complex64"),
    ("float64", "complex64", "complex128"),
]


@every_device
@pytest.mark.parametrize(("a", "b", "expected"), PROMOTIONS)
def test_two_arrays(a: str, b: str, expected: str, device: str) -> None:
    x, y = lucid.ones(2, dtype=a, device=device), lucid.ones(2, dtype=b, device=device)
    assert lucid.add(x, y).dtype == expected
    assert lucid.add(y, x).dtype == expected
    assert lucid.where(lucid.ones(2, dtype=bool, device=device), x, y).dtype == expected
    assert lucid.concat([x, y]).dtype == expected


def test_promotion_is_commutative_and_as_in_numpy_within_a_kind() -> None:
    names = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "float16", "float32"]
    for a, b in itertools.product([*names, "float64", "complex64", "complex128"], repeat=2):
        x, y = lucid.ones(1, dtype=a), lucid.ones(1, dtype=b)
        assert (x * y).dtype == (y * x).dtype
        integers = {x.dtype.kind, y.dtype.kind} <= set("biu")
        if integers or x.dtype.kind == y.dtype.kind:
            assert (x * y).dtype == np.promote_types(a, b), (a, b)


# An array's type, a Python number, and the type of their sum: numbers are weak.
SCALARS = [
    ("bool", True, "bool"),
    ("bool", 1, "int64"),
    ("bool", 1.5, "float32"),
    ("int8", True, "int8"),
    ("int8", 3, "int8"),
    ("int8", 1.5, "float32"),
    ("uint8", 3, "uint8"),
    ("int64", 1.5, "float32"),
    ("float16", 3, "float16"),
    ("float16", 1.5, "float16"),
    ("float32", True, "float32"),
    ("float32", 3, "float32"),
    ("float32", 1.5, "float32"),
    ("float32", 1e300, "float32"),
    ("float64", 1.5, "float64"),
    ("float32", 1j, "complex64"),
    ("int64", 1j, "complex64"),
    ("float64", 1j, "complex128"),
]


@every_device
@pytest.mark.parametrize(("dtype", "scalar", "expected"), SCALARS)
def test_an_array_and_a_number(dtype: str, scalar: Any, expected: str, device: str) -> None:
    x = lucid.ones(2, dtype=dtype, device=device)
    assert (x + scalar).dtype == expected
    assert (scalar + x).dtype == expected
    # NumPy agrees on the kind, if not on the width.
    assert (x + scalar).dtype.kind == np.result_type(x.numpy(), scalar).kind


@every_device
@pytest.mark.parametrize(
    "function",
    [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod]
    + [operator.pow, lucid.maximum, lucid.minimum, lucid.atan2, lucid.hypot, lucid.logaddexp],
    ids=lambda f: f.__name__,
)
def test_numbers_leave_float32_as_it_is(function: Callable[..., Any], device: str) -> None:
    x = lucid.full(2, 1.5, device=device, requires_grad=True)
    for result in (function(x, 2), function(2, x), function(x, 2.5), function(2.5, x), function(x, x)):
        assert result.dtype == lucid.float32
        (g,) = lucid.autograd.grad(result.sum(), x, allow_unused=True)
        assert g is None or g.dtype == lucid.float32


def test_numpy_numbers() -> None:
    x = lucid.ones(2)
    assert (x * np.float64(2)).dtype == lucid.float32, "numpy.float64 is a Python float, and weak"
    assert (x * np.float32(2)).dtype == lucid.float32
    assert (lucid.ones(2, dtype="int8") * np.int64(2)).dtype == lucid.int64
    assert (np.float64(2) * x).dtype == lucid.float32
    assert (np.ones(2) * x).dtype == lucid.float64, "a NumPy array of float64 is not weak"


# ----------------------------------------------------------------- what becomes a float

FLOAT_OF_INTEGERS = [
    lucid.exp,
    lucid.exp2,
    lucid.expm1,
    lucid.log,
    lucid.log1p,
    lucid.log2,
    lucid.log10,
    lucid.sqrt,
    lucid.reciprocal,
    lucid.sigmoid,
    lucid.erf,
    lucid.sin,
    lucid.cos,
    lucid.tan,
    lucid.asin,
    lucid.acos,
    lucid.atan,
    lucid.sinh,
    lucid.cosh,
    lucid.tanh,
    lucid.asinh,
    lucid.acosh,
    lucid.atanh,
    lucid.mean,
    lucid.logsumexp,
    lucid.var,
    lucid.std,
    lambda x: lucid.divide(x, x),
    lambda x: lucid.divide(x, 2),
    lambda x: lucid.divide(2, x),
    lambda x: lucid.atan2(x, x),
    lambda x: lucid.hypot(x, 1),
    lambda x: lucid.logaddexp(x, x),
]


@pytest.mark.parametrize("function", FLOAT_OF_INTEGERS, ids=lambda f: getattr(f, "__name__", "function"))
@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64"])
def test_floats_of_integers_are_float32(function: Callable[..., Any], dtype: str) -> None:
    x = lucid.ones(3, dtype=dtype)
    result = function(x)
    assert result.dtype == lucid.float32
    np.testing.assert_array_equal(result.numpy(), function(x.astype("float32")).numpy())


@pytest.mark.parametrize("function", FLOAT_OF_INTEGERS, ids=lambda f: getattr(f, "__name__", "function"))
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_floats_of_floats_keep_their_width(function: Callable[..., Any], dtype: str) -> None:
    assert function(lucid.ones(3, dtype=dtype)).dtype == dtype


@pytest.mark.parametrize(
    "function",
    [lucid.exp, lucid.sqrt, lucid.mean, lucid.var, lambda x: x / x, lambda x: lucid.copysign(x, x)],
    ids=lambda f: f.__name__,
)
def test_floats_of_integers_are_float32_on_xla(function: Callable[..., Any]) -> None:
    assert function(lucid.ones(3, dtype="int8", device="xla:cpu")).dtype == lucid.float32


# An operation, the type of its argument, the type of its result.
KEPT: list[tuple[Callable[..., Any], str, str]] = [
    (lucid.sum, "bool", "int64"),
    (lucid.sum, "int8", "int64"),
    (lucid.sum, "int32", "int64"),
    (lucid.sum, "uint8", "uint64"),
    (lucid.sum, "float16", "float16"),
    (lucid.sum, "float32", "float32"),
    (lucid.prod, "bool", "int64"),
    (lucid.prod, "int8", "int64"),
    (lucid.prod, "uint8", "uint64"),
    (lucid.prod, "float32", "float32"),
    (lucid.cumulative_sum, "int8", "int64"),
    (lucid.cumulative_sum, "uint8", "uint64"),
    (lucid.cumulative_sum, "float16", "float16"),
    (lucid.max, "int8", "int8"),
    (lucid.argmax, "float32", "int64"),
    (lucid.argsort, "float32", "int64"),
    (lucid.sort, "int16", "int16"),
    (lucid.abs, "int8", "int8"),
    (lucid.sign, "int8", "int8"),
    (lucid.floor, "int64", "int64"),
    (lucid.floor, "uint8", "uint8"),
    (lucid.floor, "bool", "bool"),
    (lucid.round, "bool", "bool"),
    (lucid.round, "complex64", "complex64"),
    (lucid.abs, "complex64", "float32"),
    (lucid.abs, "complex128", "float64"),
    (lucid.sign, "complex64", "complex64"),
    (lucid.real, "complex128", "float64"),
    (lucid.real, "int8", "int8"),
    (lucid.imag, "complex64", "float32"),
    (lucid.conj, "uint8", "uint8"),
    (lucid.signbit, "float32", "bool"),
    (lucid.isfinite, "int8", "bool"),
    (lambda x: x == 1, "complex64", "bool"),
    (lambda x: lucid.nextafter(x, 2.0), "float32", "float32"),
    (lambda x: lucid.copysign(-1.0, x), "float64", "float64"),
    (lucid.ceil, "int64", "int64"),
    (lucid.trunc, "int64", "int64"),
    (lucid.round, "int64", "int64"),
    (lucid.square, "int32", "int32"),
    (lucid.negative, "int8", "int8"),
    (lambda x: x // 2, "int8", "int8"),
    (lambda x: x % 2, "int8", "int8"),
    (lambda x: x**2, "int8", "int8"),
    (lambda x: x == 1, "float32", "bool"),
    (lambda x: lucid.clip(x, 0, 1), "int8", "int8"),
    (lambda x: lucid.clip(x, 0.5, 1), "int8", "float32"),
    (lambda x: lucid.where(x == 1, x, 0), "int8", "int8"),
    (lambda x: lucid.where(x == 1, 1, 0), "int8", "int64"),
    (lambda x: lucid.where(x == 1, 1.0, 0), "int8", "float32"),
    (lambda x: lucid.one_hot(x, 3), "uint8", "float32"),
    (lambda x: lucid.one_hot(x, 3, dtype="bool"), "int64", "bool"),
    (lambda x: x @ x, "int8", "int8"),
    (lambda x: lucid.pad(x, 1), "int8", "int8"),
]


@every_device
@pytest.mark.parametrize(("function", "given", "expected"), KEPT)
def test_type_of_the_result(function: Callable[..., Any], given: str, expected: str, device: str) -> None:
    assert function(lucid.ones(2, dtype=given, device=device)).dtype == expected


# ----------------------------------------------------------------- casts


@every_device
def test_the_gradient_of_a_cast_is_cast_back(device: str) -> None:
    x = lucid.ones(2, dtype="float32", device=device, requires_grad=True)
    (3 * x.astype("float64")).sum().backward()
    assert x.grad is not None
    assert x.grad.dtype == lucid.float32
    assert x.grad.tolist() == [3.0, 3.0]


def test_a_cast_to_integers_cuts_the_graph() -> None:
    x = lucid.ones(2, requires_grad=True)
    assert not x.astype("int64").requires_grad
    assert not (x > 0).requires_grad


def test_float32_and_float64_gradients_come_back_in_their_own_type() -> None:
    x = lucid.ones(2, dtype="float32", requires_grad=True)
    y = lucid.ones(2, dtype="float64", requires_grad=True)
    (x * y).sum().backward()
    assert x.grad is not None
    assert y.grad is not None
    assert (x.grad.dtype, y.grad.dtype) == (lucid.float32, lucid.float64)


@every_device
def test_writing_a_float_into_integers_raises(device: str) -> None:
    x = Tensor([1, 2], device=device)
    for write in (
        lambda: x.__setitem__(0, 1.5),
        lambda: x.copy_(Tensor([1.5, 2.5])),
        lambda: x.__iadd__(0.5),
        lambda: x.__itruediv__(2),
        lambda: x.__imul__(Tensor([0.5, 0.5], device=device)),
    ):
        with pytest.raises(DTypeError, match="int64"):
            write()
        assert x.tolist() == [1, 2]
    x[0] = 3
    x += 1
    assert x.tolist() == [4, 3]


def test_writing_a_wider_float_keeps_the_type() -> None:
    x = lucid.zeros(2)
    x[0] = Tensor([1.5], dtype="float64")[0]
    assert x.dtype == lucid.float32
    assert x.tolist() == [1.5, 0.0]
    with pytest.raises(DTypeError, match="complex64"):
        x[0] = 1j


def test_small_integers_wrap_round_as_in_numpy() -> None:
    x = Tensor([250], dtype="uint8")
    assert (x + 10).tolist() == [4]
    assert (Tensor([True]) + Tensor([True])).tolist() == [True]


def test_a_number_that_does_not_fit_raises() -> None:
    with pytest.raises(LucidError, match=r"add.*300"):
        Tensor([1], dtype="uint8") + 300


# What a comparison with a number gives that the array's type cannot hold: the truth.
COMPARED: list[tuple[str, Callable[[Any], Any], bool]] = [
    ("uint8", lambda x: x < 300, True),
    ("uint8", lambda x: x == 300, False),
    ("uint8", lambda x: x != -1, True),
    ("uint8", lambda x: x >= -1, True),
    ("int8", lambda x: lucid.greater(300, x), True),
    ("int8", lambda x: lucid.greater_equal(-300, x), False),
    ("uint64", lambda x: x > -(2**70), True),
    ("float32", lambda x: x < 2**70, True),
]


@every_device
@pytest.mark.parametrize(("dtype", "compare", "expected"), COMPARED)
def test_comparing_with_a_number_out_of_range(
    dtype: str, compare: Callable[[Any], Any], expected: bool, device: str
) -> None:
    result = compare(lucid.ones(2, dtype=dtype, device=device))
    assert result.dtype == lucid.bool
    assert result.tolist() == [expected] * 2


@every_device
def test_large_integers_meet_floats(device: str) -> None:
    x = lucid.ones(2, device=device)
    for result in (x + 2**70, 2**70 * x, lucid.maximum(x, 2**70)):
        assert result.dtype == lucid.float32
        assert result.tolist() == [2.0**70] * 2


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers_pass_through(dtype: str) -> None:
    x = Tensor([1 + 2j, -1j], dtype=dtype)
    for function in (lucid.exp, lucid.abs, lucid.sum, lucid.mean, lucid.square, lucid.sqrt, lucid.isfinite):
        expected = {lucid.abs: np.abs, lucid.isfinite: np.isfinite}.get(function)
        result = function(x)
        if expected is not None:
            np.testing.assert_allclose(result.numpy(), expected(x.numpy()))
        else:
            assert result.dtype == dtype
    assert (x * x).dtype == dtype
    assert (x == x).all().item()


def test_builtin_types_mean_the_defaults() -> None:
    x = lucid.ones(1)
    names = {float: "float32", int: "int64", bool: "bool", complex: "complex64", "complex": "complex64"}
    for given, expected in names.items():
        assert x.astype(given).dtype == expected


@pytest.mark.parametrize("dtype", ["float", float, "f4", np.float32, np.dtype("float64"), lucid.float16])
def test_names_of_types(dtype: Any) -> None:
    assert lucid.zeros(1).astype(dtype).dtype.kind == "f"


@pytest.mark.parametrize("dtype", [None, "flaot32", "str", object, 7, [1]])
def test_what_names_no_type_raises(dtype: Any) -> None:
    with pytest.raises(DTypeError, match="dtype"):
        lucid.zeros(1).astype(dtype)


@pytest.mark.parametrize("values", ["text", [object()], np.array(["a"]), np.array(["2020-01-01"], "M8[D]")])
def test_what_is_not_numeric_is_no_tensor(values: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="booleans or numbers"):
        lucid.asarray(values)
