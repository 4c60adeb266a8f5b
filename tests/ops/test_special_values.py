"""Infinities, NaN and signed zeros: every special case that the Array API standard lists."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest

import lucid
from lucid.testing import DEVICES
from tests.ops.special_values import (
    ABS,
    AS_WRITTEN,
    BINARY,
    COMPLEX,
    EVEN_ONES,
    ODD_ONES,
    ROTATED,
    UNARY,
    Either,
)

every_device = pytest.mark.parametrize("device", DEVICES)

# XLA compiles anew for every dtype, so there only Lucid's default is tried.
DTYPES = [("cpu", "float32"), ("cpu", "float64"), ("xla:cpu", "float32")]
every_dtype = pytest.mark.parametrize(("device", "dtype"), DTYPES, ids=lambda v: v)
OF_COMPLEX = {"float32": "complex64", "float64": "complex128"}

Row = tuple[tuple[float, ...], Any]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def spread(rows: Iterable[tuple[Any, ...]]) -> Iterator[Row]:
    """Yield the arguments and the result of each row, for all values of arguments that are lists."""
    for *arguments, result in rows:
        for values in itertools.product(*map(as_list, arguments)):
            yield values, result(*values) if callable(result) else result


def agrees(found: float, wanted: Any, dtype: str) -> bool:
    if isinstance(wanted, Either):
        found, wanted = abs(found), wanted.size
    if math.isnan(wanted):
        return math.isnan(found)
    if wanted == 0 or math.isinf(wanted):
        return found == wanted and math.copysign(1, found) == math.copysign(1, wanted)
    return math.isclose(found, wanted, rel_tol=1e-6 if dtype == "float32" else 1e-14)


def tensors(rows: list[Row], device: str, dtype: str) -> list[Any]:
    return [
        lucid.asarray(np.array(column, dtype), device=device)
        for column in zip(*(arguments for arguments, _ in rows), strict=True)
    ]


def compare(name: str, rows: list[Row], result: Any, dtype: str) -> None:
    wrong = [
        f"{name}{arguments} gives {found}, not {wanted}"
        for (arguments, wanted), found in zip(rows, result.tolist(), strict=True)
        if not agrees(found, wanted, dtype)
    ]
    assert not wrong, "\n".join(wrong[:10])


@every_dtype
@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_real_arguments(name: str, device: str, dtype: str) -> None:
    rows = list(spread({**UNARY, **BINARY}[name]))
    compare(name, rows, getattr(lucid, name)(*tensors(rows, device, dtype)), dtype)


# ----------------------------------------------------------------- operators, and Python's numbers

OPERATORS = {
    "floor_divide": (operator.floordiv, operator.ifloordiv),
    "pow": (operator.pow, operator.ipow),
    "remainder": (operator.mod, operator.imod),
    "divide": (operator.truediv, operator.itruediv),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators(name: str) -> None:
    rows = list(spread(BINARY[name]))
    for apply in OPERATORS[name]:
        compare(name, rows, apply(*tensors(rows, "cpu", "float32")), "float32")


@pytest.mark.parametrize(
    ("name", "number", "device"),
    [
        *itertools.product(["floor_divide"], [3.0, -1.0, math.inf, -math.inf, -0.0], ["cpu"]),
        *itertools.product(["pow"], [0.5, 2.0, 3.0, -1.0, math.inf, -math.inf, -0.0], ["cpu"]),
        ("pow", 0.5, "xla:cpu"),
        ("floor_divide", 3.0, "xla:cpu"),
    ],
)
def test_a_number_as_second_argument(name: str, number: float, device: str) -> None:
    """NumPy takes other paths for numbers: a square root for the power of a half."""
    rows = [row for row in spread(BINARY[name]) if same(row[0][1], number)]
    x, y = tensors(rows, device, "float32")
    function = getattr(lucid, name)
    compare(name, rows, function(x, number), "float32")
    compare(name, rows, function(x, y[0]), "float32")
    compare(name, rows, function(x[None], y[0][None, None])[0], "float32")
    assert function(x[:0], number).shape == (0,)


def same(x: float, y: float) -> bool:
    return x == y and math.copysign(1, x) == math.copysign(1, y)


@pytest.mark.parametrize("device", DEVICES)
def test_whole_numbers_as_exponents(device: str) -> None:
    x = lucid.Tensor([-math.inf, -0.0, math.nan], device=device)
    compare("pow", [((), v) for v in (-math.inf, -0.0, math.nan)], x**3, "float32")
    compare("pow", [((), v) for v in (-0.0, -math.inf, math.nan)], x**-1, "float32")
    compare("pow", [((), 1.0)] * 3, x**0, "float32")


# ----------------------------------------------------------------- complex arguments


def minus(part: Any) -> Any:
    return part if isinstance(part, Either) else -part


def quadrants(name: str) -> Iterator[Row]:
    """Yield the rows of a complex function, and those that follow by symmetry."""
    for (a, b), parts in spread(COMPLEX[name]):
        re, im = (part(b) if callable(part) else part for part in parts)
        yield (a, b), (re, im)
        if name not in AS_WRITTEN:
            yield (a, -b), (re, minus(im))
        if name in ODD_ONES:
            yield (-a, -b), (minus(re), minus(im))
            yield (-a, b), (minus(re), im)
        if name in EVEN_ONES:
            yield (-a, -b), (re, im)
            yield (-a, b), (re, minus(im))


def rotated(name: str) -> Iterator[Row]:
    """Yield the rows of a function that is another one's, turned: ``sin(z) = -i sinh(iz)``."""
    for (a, b), (re, im) in quadrants(ROTATED[name]):
        yield (b, -a), (re, im) if name == "cos" else (im, minus(re))


def compare_complex(name: str, rows: list[Row], device: str, dtype: str) -> None:
    z = np.empty(len(rows), OF_COMPLEX[dtype])  # not a + b * 1j, which loses signs and infinities
    z.real, z.imag = (np.array(column) for column in zip(*(args for args, _ in rows), strict=True))
    result = getattr(lucid, name)(lucid.asarray(z, device=device)).numpy()
    for part in (0, 1):
        wanted = [(args, parts[part]) for args, parts in rows]
        compare(
            f"{'imaginary' if part else 'real'} part of {name}",
            wanted,
            (result.real, result.imag)[part],
            dtype,
        )


@every_dtype
@pytest.mark.parametrize("name", [*COMPLEX, *ROTATED])
def test_complex_arguments(name: str, device: str, dtype: str) -> None:
    of: Callable[[str], Iterator[Row]] = quadrants if name in COMPLEX else rotated
    compare_complex(name, list(of(name)), device, dtype)


@every_dtype
def test_the_size_of_complex_numbers(device: str, dtype: str) -> None:
    rows = [(args, (result, 0.0)) for args, result in spread(ABS)]
    compare_complex("abs", rows, device, dtype)


@every_device
@pytest.mark.parametrize("base", [2, 10])
def test_logarithms_are_those_of_another_base(base: int, device: str) -> None:
    rows = list(quadrants("log"))
    scaled = []
    for args, (re, im) in rows:
        scaled.append((args, (re / math.log(base), im / math.log(base))))
    compare_complex(f"log{base}", scaled, device, "float32")


def test_small_complex_numbers_keep_their_digits() -> None:
    z = lucid.Tensor([1e-12 + 1e-12j, 3e-9 - 2e-12j], dtype="complex128")
    np.testing.assert_allclose(lucid.log1p(z).numpy(), (z - z * z / 2).numpy(), rtol=1e-15)
    np.testing.assert_allclose(lucid.expm1(z).numpy(), (z + z * z / 2).numpy(), rtol=1e-15)


# ----------------------------------------------------------------- predicates


@every_device
def test_predicates_of_complex_numbers(device: str) -> None:
    parts = [1.0, -0.0, math.inf, -math.inf, math.nan]
    pairs = list(itertools.product(parts, repeat=2))
    z = np.empty(len(pairs), np.complex64)
    z.real, z.imag = (np.array(p) for p in zip(*pairs, strict=True))
    x = lucid.asarray(z, device=device)
    assert lucid.isnan(x).tolist() == [math.isnan(a) or math.isnan(b) for a, b in pairs]
    assert lucid.isinf(x).tolist() == [math.isinf(a) or math.isinf(b) for a, b in pairs]
    assert lucid.isfinite(x).tolist() == [math.isfinite(a) and math.isfinite(b) for a, b in pairs]
    assert lucid.equal(x, x).tolist() == [not (math.isnan(a) or math.isnan(b)) for a, b in pairs]
    assert lucid.not_equal(x, x).tolist() == [math.isnan(a) or math.isnan(b) for a, b in pairs]


@every_device
@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite"])
def test_predicates_of_integers_and_booleans(name: str, device: str) -> None:
    for dtype in ("bool", "uint8", "int64"):
        result = getattr(lucid, name)(lucid.ones(2, dtype=dtype, device=device))
        assert result.dtype == lucid.bool
        assert result.tolist() == [name == "isfinite"] * 2


@every_device
def test_the_next_float(device: str) -> None:
    x = lucid.Tensor([1.0, -1.0, 0.0, math.inf], device=device)
    tiny = np.nextafter(np.float32(0), np.float32(1))
    up = lucid.nextafter(x, math.inf).numpy()
    np.testing.assert_array_equal(up, np.float32([1 + 2**-23, -1 + 2**-24, tiny, np.inf]))
