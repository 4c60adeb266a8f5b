"""What data types hold, of which kind they are, how they meet; and what the namespace says of itself."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import lucid
from lucid.errors import ArgumentError, ArgumentTypeError, DeviceError, DTypeError
from lucid.testing import DEVICES

STANDARD = [
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    *("float32", "float64", "complex64", "complex128"),
]


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_limits_of_floats(name: str) -> None:
    info, expected = lucid.finfo(getattr(lucid, name)), np.finfo(name)
    assert info.dtype == name
    assert type(info.bits) is int
    assert info.bits == expected.bits
    for attribute in ("eps", "max", "min", "smallest_normal"):
        value = getattr(info, attribute)
        assert type(value) is float
        assert value == getattr(expected, attribute)


@pytest.mark.parametrize("device", DEVICES)
def test_limits_of_what_a_tensor_holds(device: str) -> None:
    x = lucid.ones(2, dtype="complex128", device=device)
    assert lucid.finfo(x).dtype == lucid.float64, "a complex type stands for its parts"
    assert lucid.iinfo(lucid.ones(2, dtype="int8", device=device)).min == -128


def test_limits_of_bfloat16() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    info, expected = lucid.finfo(ml_dtypes.bfloat16), ml_dtypes.finfo(ml_dtypes.bfloat16)
    for attribute in ("bits", "eps", "max", "min", "smallest_normal"):
        assert getattr(info, attribute) == float(getattr(expected, attribute))


@pytest.mark.parametrize("name", [n for n in STANDARD if "int" in n])
def test_limits_of_integers(name: str) -> None:
    info, expected = lucid.iinfo(getattr(lucid, name)), np.iinfo(name)
    assert (info.bits, info.max, info.min, info.dtype) == (expected.bits, expected.max, expected.min, name)
    assert all(type(v) is int for v in (info.bits, info.max, info.min))


KINDS = ["bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating"]
KINDS += ["numeric"]


@pytest.mark.parametrize("name", STANDARD)
def test_kinds_are_those_of_numpy(name: str) -> None:
    dtype = getattr(lucid, name)
    for kind in KINDS:
        assert lucid.isdtype(dtype, kind) is np.isdtype(dtype, kind)
    for kinds in itertools.combinations(KINDS, 2):
        assert lucid.isdtype(dtype, kinds) is np.isdtype(dtype, kinds)
    for other in STANDARD:
        assert lucid.isdtype(dtype, getattr(lucid, other)) is (name == other)


def test_half_precision_is_a_float() -> None:
    assert lucid.isdtype(lucid.float16, "real floating")
    assert lucid.isdtype(lucid.float16, ("bool", "numeric"))
    assert not lucid.isdtype(lucid.float16, "complex floating")


def test_result_type_says_what_multiplication_gives() -> None:
    for a, b in itertools.product(["bool", "int8", "uint16", "int64", "float32", "complex64"], repeat=2):
        x, y = lucid.ones(1, dtype=a), lucid.ones((), dtype=b)
        expected = (x * y).dtype
        for arguments in ((x, y), (x, lucid.result_type(y)), (lucid.result_type(x), y), (a, y.dtype)):
            assert lucid.result_type(*arguments) == expected


@pytest.mark.parametrize("name", ["bool", "int8", "uint64", "float16", "float32", "float64", "complex64"])
def test_result_type_of_numbers(name: str) -> None:
    x = lucid.ones(1, dtype=name)
    for number in (True, 2, 1.5, 2j, np.float64(1.5)):
        assert lucid.result_type(x, number) == lucid.result_type(number, x.dtype) == (x * number).dtype
    assert lucid.result_type(x, 1, 1.5, 1j).kind == "c"
    assert lucid.result_type(x) == name


def test_casts_that_keep_what_there_is() -> None:
    yes = [("int8", "int16"), ("uint8", "int16"), ("float32", "float64"), ("float32", "complex64")]
    no = [("int16", "int8"), ("int8", "uint8"), ("int64", "uint64"), ("float64", "float32")]
    no += [("float32", "int64"), ("complex64", "float32"), ("float64", "complex64"), ("int8", "bool")]
    for expected, pairs in ((True, yes), (False, no)):
        for a, b in pairs:
            assert lucid.can_cast(getattr(lucid, a), getattr(lucid, b)) is expected, (a, b)
            assert lucid.can_cast(lucid.ones(2, dtype=a), b) is expected
    for name in STANDARD:
        assert lucid.can_cast(name, name) is True


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "finfo of integers": (lambda: lucid.finfo(lucid.int8), DTypeError, r"finfo.*int8.*iinfo"),
    "finfo of a number": (lambda: lucid.finfo(1.0), DTypeError, r"1\.0"),
    "iinfo of floats": (lambda: lucid.iinfo(lucid.float32), DTypeError, r"iinfo.*float32.*finfo"),
    "iinfo of booleans": (lambda: lucid.iinfo(lucid.bool), DTypeError, r"iinfo.*bool"),
    "isdtype, no kind": (lambda: lucid.isdtype(lucid.int8, "whole"), ArgumentError, r"isdtype.*'whole'"),
    "isdtype, no type": (lambda: lucid.isdtype("no", "bool"), DTypeError, r"'no'"),
    "isdtype, nested": (lambda: lucid.isdtype(lucid.int8, (("bool",),)), ArgumentTypeError, r"isdtype.*bool"),
    "result_type, nothing": (lambda: lucid.result_type(), ArgumentError, r"result_type.*\[\]"),
    "result_type, numbers": (lambda: lucid.result_type(1, 2.0), ArgumentError, r"result_type.*\[1, 2\.0\]"),
    "result_type, a list": (lambda: lucid.result_type([1.0]), DTypeError, r"\[1\.0\]"),
    "can_cast, no type": (lambda: lucid.can_cast(lucid.int8, None), DTypeError, r"None"),
    "dtypes, no kind": (
        lambda: lucid.__array_namespace_info__().dtypes(kind="whole"),
        ArgumentError,
        r"kind.*'whole'",
    ),
    "dtypes, no device": (
        lambda: lucid.__array_namespace_info__().dtypes(device="no"),
        DeviceError,
        r"'no'",
    ),
}


@pytest.mark.parametrize("row", BAD.values(), ids=BAD)
def test_bad_input(row: tuple[Any, type[Exception], str]) -> None:
    call, kind, pattern = row
    with pytest.raises(kind, match=pattern):
        call()


# ----------------------------------------------------------------- astype


@pytest.mark.parametrize("device", DEVICES)
def test_astype_copies_if_asked(device: str) -> None:
    x = lucid.zeros(2, device=device)
    again = lucid.astype(x, lucid.float32)
    again += 1
    assert x.tolist() == [0.0, 0.0], "another Tensor: writing to one leaves the other alone"
    assert lucid.astype(x, lucid.float32, copy=False) is x
    assert lucid.astype(x, lucid.int8, copy=False).dtype == lucid.int8


def test_astype_moves() -> None:
    x = lucid.ones(2, requires_grad=True)
    y = lucid.astype(x, lucid.float64, device="xla:cpu")
    assert (y.device, y.dtype) == ("xla:cpu", lucid.float64)
    y.sum().backward()
    assert x.grad is not None
    assert (x.grad.device, x.grad.dtype) == ("cpu", lucid.float32)
    assert lucid.astype(x, lucid.float32, device="xla:cpu").device == "xla:cpu"
    with pytest.raises(DeviceError, match="'no'"):
        lucid.astype(x, lucid.float32, device="no")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8"])
def test_astype_drops_no_imaginary_part(dtype: str, device: str) -> None:
    x = lucid.Tensor([1 + 2j, 0j], device=device)
    with pytest.raises(DTypeError, match=rf"complex64 to {dtype}.*lucid\.real\(x\)"):
        lucid.astype(x, dtype)
    assert lucid.astype(x, lucid.bool).tolist() == [True, False]
    assert lucid.astype(lucid.real(x), dtype).tolist() == [1, 0]


@pytest.mark.parametrize("function", [lucid.real, lucid.conj, lucid.positive, lucid.clip])
def test_what_changes_nothing_is_another_tensor(function: Any) -> None:
    leaf = lucid.zeros(2, requires_grad=True)
    for x in (lucid.zeros(2), leaf, leaf * 1):
        y = function(x)
        y += 1
        assert x.tolist() == [0.0, 0.0]
        assert y.requires_grad is x.requires_grad
    function(leaf).sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.tolist() == [1.0, 1.0]


# ----------------------------------------------------------------- inspection


def test_what_the_namespace_says_of_itself() -> None:
    info = lucid.__array_namespace_info__()
    assert lucid.__array_api_version__ == "2025.12"
    assert info.capabilities() == {
        "boolean indexing": True,
        "data-dependent shapes": True,
        "max dimensions": lucid.zeros((1,) * 64).ndim,
    }
    assert info.default_device() == lucid.ones(1).device
    devices = info.devices()
    assert isinstance(devices, list)
    assert set(DEVICES) <= set(devices)
    for device in (None, *devices):
        defaults = info.default_dtypes(device=device)
        assert defaults["real floating"] == lucid.asarray(1.0, device=device).dtype
        assert defaults["complex floating"] == lucid.asarray(1j, device=device).dtype
        assert defaults["integral"] == lucid.asarray(1, device=device).dtype
        assert defaults["indexing"] == lucid.argsort(lucid.ones(1, device=device)).dtype


def test_dtypes_by_kind() -> None:
    info = lucid.__array_namespace_info__()
    assert info.dtypes() == {name: getattr(lucid, name) for name in STANDARD}
    for kind in KINDS:
        expected = {n: np.dtype(n) for n in STANDARD if np.isdtype(np.dtype(n), kind)}
        assert info.dtypes(kind=kind) == info.dtypes(kind=(kind, kind), device="cpu") == expected
    assert set(info.dtypes(kind=("bool", "complex floating"))) == {"bool", "complex64", "complex128"}
    assert info.dtypes(kind=()) == {}
