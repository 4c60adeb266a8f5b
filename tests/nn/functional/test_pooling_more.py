"""Pooling by norms and at drawn places, and undoing a max pooling: corners, drawing, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn.functional as F
from lucid import Tensor, nn
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, LucidError, ShapeError
from lucid.func import vmap

x = lucid.zeros((2, 3, 6, 5))
whole = Tensor([[1, 2, 3]])

# ----------------------------------------------------------------- norms


def test_where_the_sum_is_nothing_so_is_the_gradient() -> None:
    for p in (1, 2, 3):
        v = Tensor([[0.0, 0.0, 3.0, 4.0]], requires_grad=True)
        y = F.lp_pool1d(v, p, 2)
        y.sum().backward()
        assert v.grad is not None
        assert y.tolist()[0][0] == 0
        assert v.grad.tolist()[0][:2] == [0, 0]
        assert all(g > 0 for g in v.grad.tolist()[0][2:])


def test_odd_powers_have_no_root_of_a_negative_sum() -> None:
    y = F.lp_pool1d(Tensor([[-1.0, -2.0, 1.0, 2.0]]), 3, 2)
    np.testing.assert_allclose(y.numpy(), [[math.nan, 9 ** (1 / 3)]], 1e-6)


def test_powers_beyond_half_precision() -> None:
    y = F.lp_pool1d(lucid.full((1, 4), 300.0, dtype="float16"), 2, 4)
    assert (y.dtype, y.tolist()) == (lucid.float16, [[600]])


# ----------------------------------------------------------------- drawn places


def test_places_are_drawn_for_each_channel_from_the_generator() -> None:
    image = lucid.arange(400.0).reshape((1, 1, 20, 20)) * lucid.ones((4, 3, 1, 1))

    def drawn(seed: int) -> Any:
        return F.fractional_max_pool2d(image, 2, 12, generator=lucid.random.Generator(seed)).numpy()

    first = drawn(0)
    np.testing.assert_array_equal(first, drawn(0))
    assert (first != drawn(1)).any()
    assert len({plane.tobytes() for plane in first.reshape(12, -1)}) > 1
    rows = first[..., 0] // 20
    assert set(np.diff(rows, axis=-1).ravel().tolist()) == {1, 2}  # steps of 18 / 11, rounded either way
    assert (first[..., -1, -1] == 399).all()  # the last window lies at the end
    lucid.random.seed(3)
    before = F.fractional_max_pool2d(image, 2, output_ratio=0.6).numpy()
    lucid.random.seed(3)
    np.testing.assert_array_equal(nn.FractionalMaxPool2d(2, output_ratio=0.6).eval()(image).numpy(), before)


def test_indices_lead_back_into_the_image() -> None:
    volume = lucid.random.normal((2, 2, 4, 5, 6))
    y, at = F.fractional_max_pool3d(volume, (1, 2, 2), (3, 3, 4), return_indices=True)
    flat = volume.reshape((2, 2, -1)).numpy()
    found = np.take_along_axis(flat, at.numpy().reshape(2, 2, -1), -1)
    np.testing.assert_array_equal(found.reshape(y.shape), y.numpy())


def test_nan_and_the_first_of_equal_elements() -> None:
    samples = lucid.zeros((1, 1, 2))
    image = Tensor([[[1.0, 1.0, math.nan, 0.0]]], requires_grad=True)
    y, at = F.fractional_max_pool2d(image, (1, 2), (1, 2), None, True, samples)
    np.testing.assert_array_equal(y.detach().numpy(), [[[1, math.nan]]])
    assert at.tolist() == [[[0, 2]]]
    y.sum().backward()
    assert image.grad is not None
    assert image.grad.tolist() == [[[1, 0, 1, 0]]]


def test_half_precision_and_vmap() -> None:
    samples = lucid.random.uniform((2, 3, 2))
    image = lucid.random.normal((2, 3, 7, 8))
    y = F.fractional_max_pool2d(image, 2, 4, _random_samples=samples)
    half = F.fractional_max_pool2d(image.astype("float16"), 2, 4, _random_samples=samples)
    np.testing.assert_array_equal(half.numpy(), y.numpy().astype("float16"))
    mapped = vmap(lambda v, s: F.fractional_max_pool2d(v, 2, 4, _random_samples=s[None]))(image, samples)
    np.testing.assert_array_equal(mapped.numpy(), y.numpy())


# ----------------------------------------------------------------- undoing


def test_what_was_pooled_comes_back_to_its_place() -> None:
    image = lucid.random.normal((2, 3, 5, 7))
    y, at = F.max_pool2d(image, 2, return_indices=True)
    back = F.max_unpool2d(y, at, 2, output_size=image.shape)
    kept = back.numpy() != 0
    assert kept.sum() == y.size
    np.testing.assert_array_equal(back.numpy()[kept], image.numpy()[kept])
    np.testing.assert_array_equal(
        vmap(lambda a, b: F.max_unpool2d(a, b, 2, output_size=(5, 7)))(y, at).numpy(), back.numpy()
    )
    assert F.max_unpool1d(Tensor([[3, 4]]), Tensor([[1, 2]]), 2).tolist() == [[0, 3, 4, 0]]


def test_each_of_two_elements_in_one_place_has_a_gradient() -> None:
    v = Tensor([[1.0, 2.0]], requires_grad=True)
    y = F.max_unpool1d(v, Tensor([[2, 2]]), 2)
    assert y.tolist() == [[0, 0, 2, 0]]
    (y * Tensor([0.0, 0.0, 5.0, 0.0])).sum().backward()
    assert v.grad is not None
    assert v.grad.tolist() == [[5, 5]]


# ----------------------------------------------------------------- what is refused

at = lucid.zeros((2, 3, 6, 5), dtype="int64")
ROWS: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    (lambda: F.lp_pool1d(x, 2, 2), ShapeError, r"lp_pool1d expects x of shape \(N, C, L\) or \(C, L\), got"),
    (lambda: F.lp_pool2d(x, 0, 2), ArgumentError, "norm_type to be a number other than 0, got 0"),
    (lambda: F.lp_pool2d(x, math.nan, 2), ArgumentError, "norm_type to be a number other than 0, got nan"),
    (lambda: F.lp_pool2d(x, "2", 2), ArgumentTypeError, "norm_type to be a number, got '2'"),
    (lambda: F.lp_pool2d(x, 2, 7), ShapeError, "lp_pool2d: windows of .* do not fit"),
    (lambda: F.lp_pool1d(whole, 2, 2), DTypeError, "lp_pool1d expects x to hold floats"),
    (lambda: nn.LPPool2d(2, 0), ArgumentError, "LPPool2d expects kernel_size of at least 1, got 0"),
    (lambda: nn.LPPool2d(True, 2), ArgumentTypeError, "LPPool2d expects norm_type to be a number"),
    (lambda: nn.LPPool3d(2, 2, (1, 2)), ArgumentError, "LPPool3d expects stride to be one integer or 3"),
    (lambda: nn.LPPool1d(2, 2, ceil_mode=1), ArgumentTypeError, "LPPool1d expects ceil_mode to be True"),
    (
        lambda: F.fractional_max_pool2d(x, 2),
        ArgumentError,
        "either output_size or output_ratio, got None and",
    ),
    (
        lambda: F.fractional_max_pool2d(x, 2, 3, 0.5),
        ArgumentError,
        "either output_size or output_ratio, got 3",
    ),
    (
        lambda: F.fractional_max_pool2d(x, 3, 5),
        ShapeError,
        r"\(5, 5\) windows of \(3, 3\) elements do not fit",
    ),
    (lambda: F.fractional_max_pool2d(x, 2, output_ratio=0.1), ShapeError, r"\(0, 0\) windows"),
    (
        lambda: F.fractional_max_pool2d(x, 2, output_ratio=1),
        ArgumentError,
        "output_ratio between 0 and 1, got 1",
    ),
    (
        lambda: F.fractional_max_pool2d(x, 2, output_ratio="1"),
        ArgumentTypeError,
        "output_ratio to be numbers",
    ),
    (
        lambda: F.fractional_max_pool2d(x, 2, 3, _random_samples=lucid.zeros((3, 2))),
        ShapeError,
        r"_random_samples of shape \(2, 3, 2\) for x of \(2, 3, 6, 5\), got \(3, 2\)",
    ),
    (lambda: F.fractional_max_pool2d(whole[None], 1, 1), DTypeError, "x to hold floats"),
    (lambda: nn.FractionalMaxPool2d(2), ArgumentError, "FractionalMaxPool2d expects either output_size or"),
    (
        lambda: nn.FractionalMaxPool3d(2, output_ratio=(0.5, 0.5)),
        ArgumentError,
        "output_ratio to be one number or 3",
    ),
    (
        lambda: nn.FractionalMaxPool2d(0, 2),
        ArgumentError,
        "FractionalMaxPool2d expects kernel_size of at least 1",
    ),
    (lambda: F.max_unpool2d(x, at[..., :2], 2), ShapeError, "expects x and indices of one shape"),
    (
        lambda: F.max_unpool2d(x, x, 2),
        DTypeError,
        "max_unpool2d expects indices to hold integers, got float32",
    ),
    (
        lambda: F.max_unpool2d(x, at + 120, 2),
        ArgumentError,
        r"indices from 0 to 119 \(the number of elements",
    ),
    (lambda: F.max_unpool2d(x, at - 1, 2), ArgumentError, "indices from 0 to 119 .*, got -1"),
    (lambda: F.max_unpool1d(x, at, 2), ShapeError, r"\(N, C, L\) or \(C, L\)"),
    (
        lambda: F.max_unpool2d(x, at, 2, output_size=(14, 10)),
        ArgumentError,
        r"output_size to differ from \(12, 10\) by less than stride, \(2, 2\), got \(14, 10\)",
    ),
    (lambda: F.max_unpool2d(x[..., :1], at[..., :1], 2, 1, 1), ShapeError, "never give x of shape"),
    (lambda: nn.MaxUnpool2d(0), ArgumentError, "MaxUnpool2d expects kernel_size of at least 1, got 0"),
    (
        lambda: nn.MaxUnpool1d(2, padding=-1),
        ArgumentError,
        "MaxUnpool1d expects padding of at least 0, got -1",
    ),
    (lambda: nn.MaxUnpool3d((2, 2)), ArgumentError, "MaxUnpool3d expects kernel_size to be one integer or 3"),
]


@pytest.mark.parametrize(("call", "error", "message"), ROWS)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_how_they_show() -> None:
    assert (
        repr(nn.LPPool2d(2, 3, ceil_mode=True))
        == "LPPool2d(norm_type=2, kernel_size=3, stride=3, ceil_mode=True)"
    )
    assert repr(nn.FractionalMaxPool2d(2, 3)) == "FractionalMaxPool2d(kernel_size=(2, 2), output_size=(3, 3))"
    assert repr(nn.MaxUnpool1d(2, 1)) == "MaxUnpool1d(kernel_size=(2,), stride=(1,), padding=(0,))"
