"""The same elements in another shape or order: dtypes pass through, and copies are made when asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
from lucid.errors import ArgumentError, ShapeError
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)

MOVING: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "flip": (lucid.flip, np.flip),
    "roll": (lambda x: lucid.roll(x, (1, -4), axis=(0, 1)), lambda x: np.roll(x, (1, -4), (0, 1))),
    "roll, one shift": (lambda x: lucid.roll(x, 1, axis=(0, 1)), lambda x: np.roll(x, 1, (0, 1))),
    "tile": (lambda x: lucid.tile(x, (2, 1)), lambda x: np.tile(x, (2, 1))),
    "repeat": (lambda x: lucid.repeat(x, 2), lambda x: np.repeat(x, 2)),
    "tril": (lucid.tril, np.tril),
    "triu": (lambda x: lucid.triu(x, k=1), lambda x: np.triu(x, 1)),
    "concat": (lambda x: lucid.concat([x, x]), lambda x: np.concat([x, x])),
    "stack": (lambda x: lucid.stack([x, x], axis=-1), lambda x: np.stack([x, x], axis=-1)),
}


@every_device
@pytest.mark.parametrize("name", MOVING)
def test_dtypes_pass_through(name: str, device: str) -> None:
    function, reference = MOVING[name]
    for dtype in ("bool", "int8", "uint64", "complex64") if device == "cpu" else ("bool", "uint64"):
        x = np.array([[1, 0, 3], [2, 1, 0]]).astype(dtype)
        result, wanted = function(lucid.asarray(x, device=device)), reference(x)
        assert result.dtype == dtype
        assert np.array_equal(result.numpy(), wanted)


def test_joined_dtypes_promote() -> None:
    small, wide, z = lucid.ones(1, dtype="int8"), lucid.ones(1, dtype="uint8"), lucid.ones(1) * 1j
    for join in (lucid.concat, lucid.stack):
        assert join([small, wide]).dtype == "int16"
        assert join([lucid.ones(1), z]).dtype == "complex64"
        assert join([lucid.ones(1, dtype="float64"), z]).dtype == "complex128"


def test_the_copy_of_a_reshape() -> None:
    array = np.arange(6.0)
    x = lucid.asarray(array)
    shared, kept, copied = (lucid.reshape(x, (2, 3), copy=copy) for copy in (None, False, True))
    same = lucid.reshape(x, (6,), copy=True)
    array[0] = 9.0
    assert shared[0, 0].item() == kept[0, 0].item() == 9.0
    assert copied[0, 0].item() == same[0].item() == 0.0
    with pytest.raises(ArgumentError, match=r"^reshape.*copy=False"):
        lucid.reshape(kept.T, (6,), copy=False)
    tracked = lucid.ones(6, requires_grad=True)
    lucid.reshape(tracked, (2, 3), copy=True).sum().backward()
    assert tracked.grad is not None
    assert tracked.grad.shape == (6,)


def test_shapes_that_meet() -> None:
    assert lucid.broadcast_shapes() == ()
    assert lucid.broadcast_shapes((), (2, 1), (1, 3), (1,)) == (2, 3)
    assert lucid.broadcast_shapes((0, 1), (1, 4)) == (0, 4)
    assert lucid.broadcast_arrays() == ()
    with pytest.raises(ShapeError, match=r"^broadcast_shapes: shapes \(0,\) and \(2,\)"):
        lucid.broadcast_shapes((0,), (2,))
    with pytest.raises(ShapeError, match=r"^broadcast_arrays: shapes \(3,\) and \(2,\)"):
        lucid.broadcast_arrays(lucid.ones(3), lucid.ones(2))
    one, whole = lucid.broadcast_arrays(lucid.ones((2, 1)), lucid.arange(3))
    assert one.shape == whole.shape == (2, 3)
    assert (one.dtype, whole.dtype) == ("float32", "int64")


@every_device
def test_repeats_on_a_device(device: str) -> None:
    x = lucid.asarray(np.arange(3.0), device=device)
    for dtype in ("int8", "uint64"):
        counts = lucid.Tensor([0, 2, 1], dtype=dtype, device=device)
        assert lucid.repeat(x, counts).tolist() == [1.0, 1.0, 2.0]
    assert lucid.repeat(x, lucid.Tensor(2, device=device)).shape == (6,)
