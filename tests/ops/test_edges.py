"""Arguments at the edge of what an operation takes: one answer, or one clear error, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    GradientError,
    IndexingError,
    LucidError,
    ShapeError,
)
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)


# ----------------------------------------------------------------- derivatives


@every_device
def test_mean_of_many_in_half_precision_has_a_gradient(device: str) -> None:
    x = lucid.zeros(70_000, dtype="float16", device=device, requires_grad=True)
    lucid.mean(x).backward()
    # 1 / 70000 is subnormal in half precision, which leaves it two digits.
    np.testing.assert_allclose(x.grad.numpy(), 1 / 70_000, rtol=5e-3)


@every_device
def test_mixed_second_derivative_of_pow_at_exponent_0(device: str) -> None:
    x = Tensor([2.0, 0.0], device=device, requires_grad=True)
    y = Tensor([0.0, 0.0], device=device, requires_grad=True)
    (by_x,) = lucid.autograd.grad((x**y).sum(), [x], create_graph=True)
    assert by_x.tolist() == [0.0, 0.0]
    (mixed,) = lucid.autograd.grad(by_x.sum(), [y])
    assert mixed.tolist() == [0.5, 0.0]


# ----------------------------------------------------------------- dtypes


@every_device
@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint64"])
def test_one_hot_of_more_classes_than_the_dtype_holds(dtype: str, device: str) -> None:
    hot = lucid.one_hot(Tensor([5], dtype=dtype, device=device), 300)
    assert hot.sum().item() == 1
    assert hot[0, 5].item() == 1


def test_numpy_floats_are_weak_in_where_too() -> None:
    x = Tensor([1.0, -1.0])
    assert lucid.where(x > 0, x, np.float64(2)).dtype == lucid.float32
    assert lucid.where(x > 0, x, np.complex128(2)).dtype == lucid.complex64


@every_device
@pytest.mark.parametrize("function", [lucid.sum, lucid.prod, lambda x, **o: lucid.cumulative_sum(x, **o)])
def test_dtype_float_is_the_default_float(function: Callable[..., Any], device: str) -> None:
    assert function(lucid.arange(3, device=device), dtype=float).dtype == lucid.float32


@every_device
def test_integers_that_meet_in_a_float_meet_in_float32(device: str) -> None:
    a, b = Tensor([1], dtype="uint64", device=device), Tensor([2], dtype="int64", device=device)
    assert (a + b).dtype == lucid.float32
    with pytest.raises(DTypeError, match="bitwise_and"):
        a & b


def test_pad_takes_a_number_that_the_dtype_holds() -> None:
    whole = Tensor([1, 2], dtype="int8")
    assert lucid.pad(whole, 1, value=7).tolist() == [7, 1, 2, 7]
    assert lucid.pad(whole, 1, value=Tensor(7, dtype="int8")).tolist() == [7, 1, 2, 7]
    assert lucid.pad(whole > 1, 1).tolist() == [False, False, True, False]
    with pytest.raises(DTypeError, match="pad would turn"):
        lucid.pad(whole, 1, value=0.5)
    with pytest.raises(ArgumentError, match="300 is out of range"):
        lucid.pad(whole, 1, value=300)
    with pytest.raises(ShapeError, match="one number"):
        lucid.pad(whole, 1, value=[1, 2])
    with pytest.raises(GradientError, match="pad: value tracks gradients"):
        lucid.pad(Tensor([1.0]), 1, value=Tensor(1.0, requires_grad=True))


# ----------------------------------------------------------------- the same on every engine


@every_device
@pytest.mark.parametrize(
    "function",
    [
        lambda x: x + 300,
        lambda x: 300 - x,
        lambda x: x * 300,
        lambda x: x // 300,
        lambda x: x**300,
        lambda x: lucid.maximum(x, 300),
        lambda x: x & 300,
    ],
)
def test_a_number_that_the_dtype_does_not_hold(function: Callable[[Any], Any], device: str) -> None:
    with pytest.raises(ArgumentError, match="300"):
        function(Tensor([45], dtype="int8", device=device))
    with pytest.raises(ArgumentError, match="-1"):
        Tensor([45], dtype="uint8", device=device) + -1


@every_device
def test_integers_have_no_negative_powers(device: str) -> None:
    for exponent in (-1, Tensor([-1], device=device)):
        with pytest.raises(ArgumentError, match="negative integer powers"):
            Tensor([2], device=device) ** exponent
    assert (2 ** Tensor([3], device=device)).tolist() == [8]
    assert (Tensor([2.0], device=device) ** -1).tolist() == [0.5]
    assert (2.0 ** Tensor([-1.0], device=device)).tolist() == [0.5]


@every_device
def test_integers_divided_by_zero(device: str) -> None:
    x = Tensor([5, -5, 0], device=device)
    for zero in (0, x * 0):
        assert (x // zero).tolist() == [0, 0, 0]
        assert (x % zero).tolist() == [0, 0, 0]


REDUCTIONS = ["sum", "mean", "max", "min", "all", "any", "argmax", "argmin", "logsumexp", "var", "prod"]


@every_device
@pytest.mark.parametrize("name", REDUCTIONS)
def test_axis_of_a_reduction_must_exist(name: str, device: str) -> None:
    function = getattr(lucid, name)
    with pytest.raises(IndexingError, match="axis 5 does not exist"):
        function(lucid.ones((2, 3), device=device), axis=5)
    with pytest.raises(IndexingError, match="axis 0 does not exist"):
        function(Tensor(1.0, device=device), axis=0)


@every_device
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "logsumexp", "var", "prod"])
def test_axes_of_a_reduction_may_be_a_list(name: str, device: str) -> None:
    x = Tensor(np.arange(6.0).reshape(1, 2, 3), device=device, requires_grad=True)
    function = getattr(lucid, name)
    a, b = function(x, axis=[0, -1]), function(x, axis=(0, 2))
    assert a.tolist() == b.tolist()
    (by_a,), (by_b,) = lucid.autograd.grad(a.sum(), [x]), lucid.autograd.grad(b.sum(), [x])
    assert by_a.tolist() == by_b.tolist()


@every_device
def test_an_index_of_a_narrow_dtype_counts_from_the_end(device: str) -> None:
    x = lucid.arange(300, device=device).astype("float32").requires_grad_()
    y = x[Tensor([-1], dtype="int8", device=device)]
    assert y.tolist() == [299.0]
    y.sum().backward()
    assert x.grad[299].item() == 1


# ----------------------------------------------------------------- clear errors

x = lucid.ones((2, 3))


def write_with_step_0() -> None:
    lucid.ones(3)[0:2:0] = 1.0


ERRORS: dict[str, tuple[Callable[[], Any], type[LucidError], str]] = {
    "concat, other ndim": (
        lambda: lucid.concat([x, lucid.zeros(2)], axis=1),
        ShapeError,
        "tensor 1 has shape",
    ),
    "read with step 0": (lambda: x[0:2:0], IndexingError, "step of 0"),
    "write with step 0": (write_with_step_0, IndexingError, "step of 0"),
    "einsum of no string": (lambda: lucid.einsum(3, x), ArgumentTypeError, "einsum: subscripts"),
    "einsum, ... twice": (lambda: lucid.einsum("......->...", x), ArgumentError, "einsum: .* twice"),
    "sort of no axes": (lambda: lucid.sort(Tensor(1.0)), IndexingError, "sort"),
    "allclose": (lambda: lucid.allclose(lucid.zeros(2), lucid.zeros(3)), ShapeError, "allclose"),
    "full, a fraction": (lambda: lucid.full((2,), 1.5, dtype="int64"), DTypeError, "full.*lose information"),
    "full, out of range": (
        lambda: lucid.full((2,), 300, dtype="int8"),
        ArgumentError,
        "full.*300.*int8",
    ),
    "full, no number": (lambda: lucid.full((2,), "a", dtype="int8"), DTypeError, "numbers"),
    "full, a shape": (lambda: lucid.full((2,), [1, 2, 3]), ArgumentError, r"full\(\(2,\), \[1, 2, 3\]\)"),
    "zeros, huge": (lambda: lucid.zeros(2**62), ArgumentError, "4611686018427387904.*fit in memory"),
    "zeros, too large": (lambda: lucid.zeros(2**45), ArgumentError, "35184372088832.*fit in memory"),
    "arange, huge": (lambda: lucid.arange(2**62), ArgumentError, "4611686018427387904.*fit in memory"),
    "eye, huge": (lambda: lucid.eye(2**40), ArgumentError, "1099511627776.*fit in memory"),
    "uniform, huge": (lambda: lucid.random.rand(2**62), ArgumentError, "uniform.*fit in memory"),
    "normal, huge": (lambda: lucid.random.normal(2**45), ArgumentError, "normal.*fit in memory"),
    "integers, huge": (
        lambda: lucid.random.integers(5, None, 2**45),
        ArgumentError,
        "integers.*fit in memory",
    ),
    "permutation, huge": (lambda: lucid.random.permutation(2**45), ArgumentError, "permutation.*in memory"),
    "reshape, None": (lambda: lucid.reshape(x, None), ArgumentTypeError, "None"),
    "reshape, a float": (lambda: lucid.reshape(x, 6.0), ArgumentTypeError, "6.0"),
    "broadcast_to names itself": (lambda: lucid.broadcast_to(x, (3, 3)), ShapeError, "^broadcast_to"),
    "an index names itself": (lambda: x[5], IndexingError, "^getitem"),
    "where names itself": (lambda: lucid.where(x > 0, x, lucid.ones(4)), ShapeError, "^where"),
    "topk of no integer": (lambda: lucid.topk(x, "a"), ArgumentTypeError, "topk: k must be an integer"),
}


@pytest.mark.parametrize("row", ERRORS.values(), ids=ERRORS)
def test_error(row: tuple[Callable[[], Any], type[LucidError], str]) -> None:
    function, kind, message = row
    with pytest.raises(kind, match=message):
        function()


def test_a_draw_that_fails_leaves_the_stream() -> None:
    lucid.random.seed(3)
    before = lucid.random.default_generator().state_dict()
    with pytest.raises(ArgumentError):
        lucid.random.rand(2**62)
    assert lucid.random.default_generator().state_dict() == before


def test_an_array_of_integers_is_a_shape() -> None:
    for shape in (np.array([2, 3]), Tensor([2, 3])):
        assert lucid.zeros(shape).shape == (2, 3)
        assert lucid.ones(6).reshape(shape).shape == (2, 3)
        assert lucid.random.rand(shape).shape == (2, 3)
    assert lucid.zeros(np.array([2])).shape == (2,)
    assert lucid.zeros(np.int64(2)).shape == (2,)
    with pytest.raises(ArgumentTypeError, match="a shape is"):
        lucid.zeros(np.array([2.0, 3.0]))


def test_full_of_booleans() -> None:
    assert lucid.ones(2, dtype=bool).tolist() == [True, True]
    assert lucid.full_like(Tensor([True]), 0).tolist() == [False]
