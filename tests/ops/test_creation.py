"""Making Tensors, and the functions that answer questions about them."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.errors import ArgumentError, GradientError
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)

# What is made, by Lucid on a device and by NumPy.
Row = tuple[Callable[..., Any], Any]
MADE: dict[str, Row] = {
    "zeros": (lambda **o: lucid.zeros((2, 3), **o), np.zeros((2, 3), np.float32)),
    "zeros, a number as shape": (lambda **o: lucid.zeros(3, **o), np.zeros(3, np.float32)),
    "zeros, 0-d": (lambda **o: lucid.zeros((), **o), np.zeros((), np.float32)),
    "zeros, no elements": (lambda **o: lucid.zeros((2, 0), **o), np.zeros((2, 0), np.float32)),
    "zeros, dtype": (lambda **o: lucid.zeros(2, dtype="int8", **o), np.zeros(2, np.int8)),
    "ones": (lambda **o: lucid.ones([2, 1], **o), np.ones((2, 1), np.float32)),
    "ones, bool": (lambda **o: lucid.ones(2, dtype=bool, **o), np.ones(2, bool)),
    "full, a float": (lambda **o: lucid.full((2, 2), 7.5, **o), np.full((2, 2), 7.5, np.float32)),
    "full, an integer": (lambda **o: lucid.full(2, 7, **o), np.full(2, 7)),
    "full, a boolean": (lambda **o: lucid.full(2, True, **o), np.full(2, True)),
    "full, infinite": (lambda **o: lucid.full(2, -np.inf, dtype="float64", **o), np.full(2, -np.inf)),
    "arange": (lambda **o: lucid.arange(5, **o), np.arange(5)),
    "arange, from and to": (lambda **o: lucid.arange(2, 9, 3, **o), np.arange(2, 9, 3)),
    "arange, down": (lambda **o: lucid.arange(3, -3, -2, **o), np.arange(3, -3, -2)),
    "arange, floats": (lambda **o: lucid.arange(0, 1, 0.25, **o), np.arange(0, 1, 0.25, np.float32)),
    "arange, nothing": (lambda **o: lucid.arange(3, 3, **o), np.arange(0)),
    "arange, dtype": (lambda **o: lucid.arange(3, dtype="float64", **o), np.arange(3.0)),
    "linspace": (lambda **o: lucid.linspace(0, 1, 5, **o), np.linspace(0, 1, 5, dtype=np.float32)),
    "linspace, half open": (
        lambda **o: lucid.linspace(0, 1, 4, endpoint=False, **o),
        np.float32([0, 0.25, 0.5, 0.75]),
    ),
    "linspace, one": (lambda **o: lucid.linspace(3, 4, 1, **o), np.float32([3])),
    "linspace, none": (lambda **o: lucid.linspace(3, 4, 0, **o), np.zeros(0, np.float32)),
    "linspace, complex": (lambda **o: lucid.linspace(0, 1j, 2, **o), np.complex64([0, 1j])),
    "eye": (lambda **o: lucid.eye(2, **o), np.eye(2, dtype=np.float32)),
    "eye, a diagonal": (lambda **o: lucid.eye(2, 3, k=1, **o), np.eye(2, 3, 1, np.float32)),
    "asarray, a number": (lambda **o: lucid.asarray(1.5, **o), np.array(1.5, np.float32)),
    "asarray, a list": (lambda **o: lucid.asarray([[1, 2], [3, 4]], **o), np.array([[1, 2], [3, 4]])),
    "asarray, an empty list": (lambda **o: lucid.asarray([], **o), np.zeros(0, np.float32)),
    "asarray, booleans": (lambda **o: lucid.asarray([True, False], **o), np.array([True, False])),
    "asarray, complex": (lambda **o: lucid.asarray([1j], **o), np.array([1j], np.complex64)),
    "asarray, an array": (lambda **o: lucid.asarray(np.arange(3.0), **o), np.arange(3.0)),
    "asarray, a NumPy number": (lambda **o: lucid.asarray(np.float64(1.5), **o), np.array(1.5)),
    "asarray, big-endian": (
        lambda **o: lucid.asarray(np.arange(3, dtype=">i4"), **o),
        np.arange(3, dtype="i4"),
    ),
    "asarray, nested": (lambda **o: lucid.asarray([(1, 2.5), [3, 4]], **o), np.float32([[1, 2.5], [3, 4]])),
    "asarray, a range": (lambda **o: lucid.asarray(range(3), **o), np.arange(3)),
    "asarray, integers beyond int64": (
        lambda **o: lucid.asarray([1, 2**64 - 1], dtype="uint64", **o),
        np.array([1, 2**64 - 1], np.uint64),
    ),
    "asarray, integers beyond all": (
        lambda **o: lucid.asarray(2**70, dtype="float64", **o),
        np.array(2.0**70),
    ),
    "asarray, a buffer": (lambda **o: lucid.asarray(array("d", [1, 2]), **o), np.array([1.0, 2.0])),
    "asarray, bytes that can be written to": (
        lambda **o: lucid.asarray(bytearray(b"ab"), **o),
        np.array([97, 98], np.uint8),
    ),
    "zeros, complex": (lambda **o: lucid.zeros(2, dtype="complex128", **o), np.zeros(2, complex)),
    "ones, unsigned": (lambda **o: lucid.ones((0, 2), dtype="uint16", **o), np.ones((0, 2), np.uint16)),
    "full, complex": (lambda **o: lucid.full(2, 1j, **o), np.full(2, 1j, np.complex64)),
    "full, a tensor": (lambda **o: lucid.full(2, Tensor(3, dtype="int8"), **o), np.full(2, 3, np.int8)),
    "full, the largest": (
        lambda **o: lucid.full((), 2**64 - 1, dtype="uint64", **o),
        np.array(2**64 - 1, np.uint64),
    ),
    "arange, unsigned": (
        lambda **o: lucid.arange(5, 0, -2, dtype="uint8", **o),
        np.array([5, 3, 1], np.uint8),
    ),
    "arange, beyond int64": (
        lambda **o: lucid.arange(2**64 - 3, 2**64, 2, dtype="uint64", **o),
        np.array([2**64 - 3, 2**64 - 1], np.uint64),
    ),
    "arange, tensors": (lambda **o: lucid.arange(Tensor(1), Tensor(3), **o), np.arange(1, 3)),
    "arange, integers as floats": (
        lambda **o: lucid.arange(3, dtype="complex64", **o),
        np.arange(3, dtype="c8"),
    ),
    "linspace, integers": (
        lambda **o: lucid.linspace(-3, 0, 3, dtype="int64", **o),
        np.linspace(-3, 0, 3, dtype=np.int64),
    ),
    "linspace, beyond floats": (
        lambda **o: lucid.linspace(0, 2**64 - 1, 3, dtype="uint64", **o),
        np.array([0, 2**63 - 1, 2**64 - 1], np.uint64),
    ),
    "linspace, all of float64": (
        lambda **o: lucid.linspace(-1.5e308, 1.5e308, 3, dtype="float64", **o),
        np.array([-1.5e308, 0, 1.5e308]),
    ),
    "eye, a diagonal far away": (lambda **o: lucid.eye(2, k=-(10**30), **o), np.zeros((2, 2), np.float32)),
    "tril, unsigned": (
        lambda **o: lucid.tril(lucid.ones((2, 2, 2), dtype="uint8", **o), k=-1),
        np.tril(np.ones((2, 2, 2), np.uint8), -1),
    ),
    "triu, booleans": (
        lambda **o: lucid.triu(lucid.ones((2, 3), dtype=bool, **o)),
        np.triu(np.ones((2, 3), bool)),
    ),
    "meshgrid": (
        lambda **o: lucid.meshgrid(lucid.arange(2, **o), lucid.arange(3, **o), indexing="ij")[1],
        np.meshgrid(np.arange(2), np.arange(3), indexing="ij")[1],
    ),
    "asarray, dtype": (lambda **o: lucid.asarray([1, 2], dtype="float16", **o), np.float16([1, 2])),
}


@every_device
@pytest.mark.parametrize("row", MADE.values(), ids=MADE)
def test_made(row: Row, device: str) -> None:
    make, expected = row
    result = make(device=device)
    assert isinstance(result, Tensor)
    assert result.device == device
    assert not result.requires_grad
    assert (result.shape, result.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-6)


@every_device
@pytest.mark.parametrize(
    ("like", "value"),
    [
        (lucid.zeros_like, 0),
        (lucid.ones_like, 1),
        (lucid.empty_like, 0),
        (lambda x, **o: lucid.full_like(x, 3, **o), 3),
    ],
)
def test_like_another(like: Callable[..., Any], value: int, device: str) -> None:
    x = lucid.asarray(np.arange(6, dtype=np.int16).reshape(2, 3), device=device)
    result = like(x)
    assert (result.shape, result.dtype, result.device) == (x.shape, x.dtype, device)
    assert (result == value).all().item()
    assert like(x, dtype="float64").dtype == lucid.float64
    assert like(x, device="cpu").device == "cpu"


@pytest.mark.parametrize(
    "make",
    [
        lambda **o: lucid.zeros(2, **o),
        lambda **o: lucid.ones(2, **o),
        lambda **o: lucid.empty(2, **o),
        lambda **o: lucid.full(2, 1.5, **o),
        lambda **o: lucid.arange(0.0, 2.0, **o),
        lambda **o: lucid.linspace(0, 1, 2, **o),
        lambda **o: lucid.eye(2, **o),
    ],
)
def test_made_to_track_gradients(make: Callable[..., Any]) -> None:
    x = make(requires_grad=True)
    x.sum().backward()
    assert x.grad.tolist() == lucid.ones_like(x).tolist()


def test_a_tensor_copies_and_asarray_shares() -> None:
    source = np.zeros(2)
    copied, shared, kept = Tensor(source), lucid.asarray(source), lucid.asarray(source, copy=True)
    source[0] = 1.0
    assert copied.tolist() == [0.0, 0.0]
    assert kept.tolist() == [0.0, 0.0]
    assert shared.tolist() == [1.0, 0.0]
    assert lucid.asarray(shared) is shared
    assert lucid.asarray(shared, copy=True) is not shared


def test_digits_are_not_lost_on_the_way_to_float64() -> None:
    assert Tensor(0.1, dtype="float64").item() == 0.1
    assert Tensor([0.1], dtype="float64").item() == 0.1
    assert lucid.asarray(2**53 + 1).item() == 2**53 + 1


def test_tracked_tensors_in_a_list_are_not_silently_cut_off() -> None:
    x = Tensor(1.0, requires_grad=True)
    with pytest.raises(GradientError, match=r"lucid\.stack"):
        lucid.asarray([x, x])
    assert lucid.asarray([x.detach(), 2.0]).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("copy", [None, False, True])
def test_whether_a_buffer_is_shared(copy: bool | None) -> None:
    source = array("d", [1.0, 2.0])
    x = lucid.asarray(source, copy=copy)
    y = lucid.from_dlpack(np.asarray(source), copy=copy)
    source[0] = 5.0
    assert x.tolist() == y.tolist() == [1.0 if copy else 5.0, 2.0]
    x[1] = 7.0
    assert source[1] == 2.0, "a write to a tensor is nobody else's business"


@every_device
@pytest.mark.parametrize(
    "make",
    [
        lambda x: lucid.asarray([1.0], copy=False),
        lambda x: lucid.asarray(x, dtype="float64", copy=False),
        lambda x: lucid.asarray(array("d", [1.0]), dtype="float32", copy=False),
        lambda x: lucid.asarray(x, device="cpu" if x.device != "cpu" else "xla:cpu", copy=False),
        lambda x: lucid.from_dlpack(x, device="cpu" if x.device != "cpu" else "xla:cpu", copy=False),
        lambda x: lucid.asarray([300], dtype="uint8"),
        lambda x: lucid.asarray([float("nan")], dtype="int64"),
        lambda x: lucid.arange(0, 300, dtype="int8"),
        lambda x: lucid.linspace(0, 300, 3, dtype="int8"),
    ],
)
def test_what_cannot_be_made_as_asked_is_an_error(make: Callable[..., Any], device: str) -> None:
    with pytest.raises(ArgumentError, match=r"copy=False|out of bounds|nan|int8"):
        make(lucid.ones(1, device=device))


def test_nothing_that_tracks_gradients_is_lost_on_the_way() -> None:
    x = Tensor(2.0, requires_grad=True)
    y = lucid.full((2, 3), x)
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.item() == 6.0
    for make in (lucid.arange, lucid.from_dlpack, lambda x: lucid.linspace(0, x, 3)):
        with pytest.raises(GradientError, match="detach"):
            make(x)


def test_jax_arrays_come_in_where_they_are() -> None:
    jax = pytest.importorskip("jax")
    x = lucid.asarray(jax.numpy.ones(2))
    assert x.device == "xla:cpu"
    assert lucid.asarray(jax.numpy.ones(2), device="cpu").device == "cpu"


# ----------------------------------------------------------------- questions


@every_device
def test_allclose(device: str) -> None:
    x = Tensor([1.0, float("nan")], device=device)
    assert lucid.allclose(x[:1], x[:1] + 1e-7)
    assert not lucid.allclose(x[:1], x[:1] + 1e-3)
    assert lucid.allclose(x[:1], x[:1] + 1e-3, atol=1e-2)
    assert not lucid.allclose(x, x)
    assert lucid.allclose(x, x, equal_nan=True)
    assert lucid.allclose(lucid.zeros((0, 3)), 1.0)


def test_broadcast_shapes() -> None:
    assert lucid.broadcast_shapes((2, 1), (3,), ()) == (2, 3)
    assert lucid.broadcast_shapes((0, 1), (1, 3)) == (0, 3)
    assert lucid.broadcast_shapes() == ()


def test_comparison_with_what_is_no_number_is_left_to_python() -> None:
    x = Tensor([1.0, 2.0])
    assert (x == "a") is False
    assert (x != None) is True  # noqa: E711  (it is what is tested)
    with pytest.raises(TypeError):
        x < "a"  # noqa: B015
    assert (x == np.array([1.0, 3.0])).tolist() == [True, False]
    assert (x < 2).tolist() == [True, False]
