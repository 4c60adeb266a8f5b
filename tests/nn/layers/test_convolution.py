"""Layers that convolve: shapes, padding, output sizes, how they begin, and what they refuse."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, LucidError, ShapeError
from lucid.testing import check_grads

LAYERS: list[tuple[Callable[[], Any], tuple[int, ...], tuple[int, ...], str]] = [
    (lambda: nn.Conv1d(2, 4, 3), (5, 2, 8), (5, 4, 6), "Conv1d(2 -> 4, kernel_size=(3,))"),
    (lambda: nn.Conv1d(2, 4, 3), (2, 8), (4, 6), "Conv1d(2 -> 4, kernel_size=(3,))"),
    (
        lambda: nn.Conv2d(2, 4, (3, 1), 2, "valid", 1, 2, False),
        (1, 2, 7, 6),
        (1, 4, 3, 3),
        "Conv2d(2 -> 4, kernel_size=(3, 1), stride=(2, 2), padding='valid', groups=2, bias=False)",
    ),
    (
        lambda: nn.Conv2d(2, 4, 4, padding="same", dilation=(1, 2), padding_mode="circular"),
        (1, 2, 7, 6),
        (1, 4, 7, 6),
        "Conv2d(2 -> 4, kernel_size=(4, 4), padding='same', dilation=(1, 2), padding_mode='circular')",
    ),
    (
        lambda: nn.Conv3d(1, 2, 2, padding=(0, 1, 2)),
        (0, 1, 3, 3, 3),
        (0, 2, 2, 4, 6),
        "Conv3d(1 -> 2, kernel_size=(2, 2, 2), padding=(0, 1, 2))",
    ),
    (
        lambda: nn.ConvTranspose1d(4, 2, 3, 2, 1, 1),
        (3, 4, 5),
        (3, 2, 10),
        "ConvTranspose1d(4 -> 2, kernel_size=(3,), stride=(2,), padding=(1,), output_padding=(1,))",
    ),
    (
        lambda: nn.ConvTranspose2d(4, 6, 2, groups=2, dilation=2),
        (4, 3, 3),
        (6, 5, 5),
        "ConvTranspose2d(4 -> 6, kernel_size=(2, 2), dilation=(2, 2), groups=2)",
    ),
    (
        lambda: nn.ConvTranspose3d(1, 1, 1, 2, bias=False),
        (1, 1, 2, 2, 2),
        (1, 1, 3, 3, 3),
        "ConvTranspose3d(1 -> 1, kernel_size=(1, 1, 1), stride=(2, 2, 2), bias=False)",
    ),
]


@pytest.mark.parametrize(("make", "shape", "out", "shown"), LAYERS, ids=[shown for *_, shown in LAYERS])
def test_shapes_names_and_copies(make: Callable[[], Any], shape: Any, out: Any, shown: str) -> None:
    layer, x = make(), lucid.ones(shape)
    assert repr(layer) == shown
    y = layer(x)
    assert (y.shape, y.dtype) == (out, lucid.float32)
    names = ["weight"] if layer.bias is None else ["weight", "bias"]
    assert list(layer.state_dict()) == names
    other = make()
    other.load_state_dict(layer.state_dict())
    for same in (other, copy.deepcopy(layer), layer.eval()):
        np.testing.assert_array_equal(same(x).numpy(), y.numpy())
    double = make().to(dtype=lucid.float64)
    assert double(x.astype("float64")).dtype == lucid.float64


def test_parameters_begin_uniform_within_their_bound() -> None:
    for layer, fan in ((nn.Conv2d(40, 60, 5, groups=2), 20 * 25), (nn.ConvTranspose2d(60, 40, 5), 40 * 25)):
        bound = 1 / math.sqrt(fan)
        for p in layer.parameters():
            assert 0.8 * bound < abs(p.numpy()).max() <= bound
        # Of 30,000 draws or more, the standard error of the mean is 0.0033 of the bound.
        assert abs(layer.weight.numpy().mean()) < 0.017 * bound


MODES = [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")]


@pytest.mark.parametrize(("mode", "theirs"), MODES)
@pytest.mark.parametrize("padding", [(2, 1), (0, 3), "same"])
def test_padding_is_what_numpy_calls_it(mode: str, theirs: Any, padding: Any) -> None:
    layer = nn.Conv2d(2, 3, (4, 3), padding=padding, padding_mode=mode, dtype=lucid.float64)
    x = np.random.default_rng(0).standard_normal((2, 2, 4, 5))
    rows, columns = ((1, 2), (1, 1)) if padding == "same" else ((p, p) for p in padding)
    expected = F.conv2d(
        Tensor(np.pad(x, ((0, 0), (0, 0), rows, columns), mode=theirs)), layer.weight, layer.bias
    )
    np.testing.assert_array_equal(layer(Tensor(x)).numpy(), expected.numpy())


@pytest.mark.parametrize(("mode", "theirs"), MODES)
def test_gradients_through_padding(mode: str, theirs: str) -> None:
    layer = nn.Conv1d(2, 2, 2, padding=2, padding_mode=mode, dtype=lucid.float64)
    check_grads(layer, [np.random.default_rng(1).standard_normal((1, 2, 3))])


def test_output_size_picks_one_of_those_that_the_convolution_makes_equal() -> None:
    layer = nn.ConvTranspose2d(2, 3, 3, stride=(2, 3), padding=1)
    x = Tensor(np.random.default_rng(0).standard_normal((1, 2, 4, 4)), dtype="float32")
    for size in ((7, 10), (8, 12), [1, 3, 8, 11]):
        y = layer(x, output_size=size)
        assert y.shape[2:] == tuple(size[-2:])
        more = (y.shape[2] - 7, y.shape[3] - 10)
        expected = F.conv_transpose2d(x, layer.weight, layer.bias, (2, 3), 1, more)
        np.testing.assert_array_equal(y.numpy(), expected.numpy())
    assert layer(x[0], (3, 8, 11)).shape == (3, 8, 11)
    for wrong in ((6, 10), (9, 10), (7, 13)):
        with pytest.raises(ArgumentError, match=r"output_size from \(7, 10\) to \(8, 12\)"):
            layer(x, wrong)


def test_transposed_is_the_gradient() -> None:
    x = Tensor(np.random.default_rng(0).standard_normal((2, 3, 6, 5)), requires_grad=True)
    weight = Tensor(np.random.default_rng(1).standard_normal((4, 3, 3, 2)))
    y = F.conv2d(x, weight, stride=2, padding=1)
    y.sum().backward()
    more = tuple((n + 2 - k) % 2 for n, k in zip((6, 5), (3, 2), strict=True))
    spread = F.conv_transpose2d(lucid.ones_like(y), weight, stride=2, padding=1, output_padding=more)
    np.testing.assert_allclose(spread.numpy(), x.grad.numpy(), 1e-13, 1e-13)


def test_complex_numbers() -> None:
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal(s) + 1j * rng.standard_normal(s) for s in ((1, 2, 4), (2, 1, 2)))
    y = F.conv1d(Tensor(x), Tensor(w), groups=2)
    parts = [
        [F.conv1d(Tensor(a), Tensor(b), groups=2).numpy() for b in (w.real, w.imag)] for a in (x.real, x.imag)
    ]
    expected = parts[0][0] - parts[1][1] + 1j * (parts[0][1] + parts[1][0])
    np.testing.assert_allclose(y.numpy(), expected, 1e-13)
    check_grads(lambda *a: F.conv1d(*a, groups=2, padding=1), [x, w])
    check_grads(lambda *a: F.conv_transpose1d(*a, stride=2), [x, w])


# ----------------------------------------------------------------- refusals

x = lucid.zeros((2, 4, 8))
w = lucid.zeros((6, 4, 3))
images = lucid.zeros((2, 4, 8, 8))

BAD: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    (lambda: nn.Conv2d(0, 1, 1), ArgumentError, "Conv2d expects in_channels to be a positive integer, got 0"),
    (
        lambda: nn.Conv1d(3, 4, 1, groups=2),
        ArgumentError,
        "in_channels to be a multiple of groups, got 3 and 2",
    ),
    (lambda: nn.Conv1d(4, 3, 1, groups=2), ArgumentError, "out_channels to be a multiple of groups"),
    (
        lambda: nn.Conv2d(1, 1, (2, 2, 2)),
        ArgumentError,
        r"kernel_size to be one integer or 2, got \(2, 2",
    ),
    (lambda: nn.Conv2d(1, 1, 0), ArgumentError, "kernel_size of at least 1, got 0"),
    (lambda: nn.Conv2d(1, 1, 1.5), ArgumentTypeError, "kernel_size to be an integer, got 1.5"),
    (lambda: nn.Conv2d(1, 1, True), ArgumentTypeError, "kernel_size to be an integer"),
    (lambda: nn.Conv2d(1, 1, 1, stride=0), ArgumentError, "stride of at least 1, got 0"),
    (lambda: nn.Conv2d(1, 1, 1, padding=-1), ArgumentError, "padding of at least 0, got -1"),
    (
        lambda: nn.Conv2d(1, 1, 1, padding="full"),
        ArgumentError,
        "padding to be one of 'valid', 'same', got 'full'",
    ),
    (
        lambda: nn.Conv2d(1, 1, 3, 2, "same"),
        ArgumentError,
        r"a stride of 1 with padding='same', got \(2, 2\)",
    ),
    (
        lambda: nn.Conv2d(1, 1, 1, padding_mode="mirror"),
        ArgumentError,
        "padding_mode to be one of 'zeros', 'reflect'",
    ),
    (
        lambda: nn.ConvTranspose2d(1, 1, 1, padding_mode="reflect"),
        ArgumentError,
        "padding_mode to be one of 'zeros'",
    ),
    (lambda: nn.ConvTranspose2d(1, 1, 1, padding="same"), ArgumentTypeError, "padding to be an integer"),
    (
        lambda: nn.ConvTranspose2d(1, 1, 1, output_padding=1),
        ArgumentError,
        "output_padding to be smaller than stride",
    ),
    (
        lambda: nn.Conv1d(3, 1, 1)(x),
        ShapeError,
        r"Conv1d expects x of shape \(N, 3, L\) or \(3, L\), got .*2, 4, 8",
    ),
    (
        lambda: nn.Conv3d(4, 1, 1)(x),
        ShapeError,
        r"\(N, 4, D, H, W\) or \(4, D, H, W\), got shape \(2, 4, 8\)",
    ),
    (lambda: nn.Conv1d(4, 1, 1)([1.0]), ArgumentTypeError, "Conv1d expects a Tensor, got list"),
    (
        lambda: nn.Conv1d(4, 1, 9)(x),
        ShapeError,
        r"the kernel \(9,\) with dilation \(1,\) is larger than x of shape",
    ),
    (
        lambda: nn.Conv1d(4, 1, 9, padding=8, padding_mode="reflect")(x),
        ShapeError,
        r"Conv1d: padding_mode='reflect' with padding \(8, 8\) needs a longer axis, got x of shape \(2, 4",
    ),
    (lambda: nn.Conv2d(1, 2, 3)(images[:, 0]), ShapeError, r": write x\[:, None\] for a batch without"),
    (
        lambda: nn.Conv2d(3, 2, 3)(lucid.ones((2, 8, 8, 3))),
        ShapeError,
        r"write lucid.permute_dims\(x, \(0, 3, 1, 2\)\)",
    ),
    (lambda: nn.Conv1d(3, 2, 3)(lucid.ones((8, 3))), ShapeError, r"write lucid.permute_dims\(x, \(1, 0\)\)"),
    (lambda: nn.Conv1d(4, 1, 1, padding=9, padding_mode="circular")(x), ShapeError, "needs a longer axis"),
    (
        lambda: F.conv1d(x, w[:, :3]),
        ShapeError,
        r"x of 3 channels \(weight is \(6, 3, 3\), groups 1\), got .*\(2, 4, 8",
    ),
    (
        lambda: F.conv1d(x, w[:5, :2], groups=2),
        ShapeError,
        r"out_channels to be a multiple of groups, got \(5, 2, 3\)",
    ),
    (lambda: F.conv1d(x, w, lucid.zeros(5)), ShapeError, r"bias of shape \(6,\), got \(5,\)"),
    (lambda: F.conv1d(images, w), ShapeError, r"x \(N, C, L\) or \(C, L\), got shape \(2, 4, 8, 8\)"),
    (lambda: F.conv2d(images, w), ShapeError, r"weight \(out_channels, in_channels / groups, kH, kW\), got"),
    (lambda: F.conv1d(x, w[:, :, :0]), ShapeError, "a kernel of at least one element"),
    (lambda: F.conv1d(x, w, groups=0), ArgumentError, "groups to be a positive integer, got 0"),
    (lambda: F.conv1d(x.astype("int64"), w), DTypeError, "x to hold floats, got int64"),
    (lambda: F.conv1d(x, [1.0]), ArgumentTypeError, "weight to be a Tensor, got list"),
    (
        lambda: F.conv_transpose1d(x, w),
        ShapeError,
        r"x of 6 channels \(weight is \(6, 4, 3\)\), got .*\(2, 4, 8\)",
    ),
    (lambda: F.conv_transpose1d(x, w[:4], groups=3), ShapeError, "in_channels to be a multiple of groups"),
    (
        lambda: F.conv_transpose1d(x, w[:4], padding=5),
        ShapeError,
        r"a result of size \(0,\) .* cuts off too much",
    ),
    (lambda: F.conv_transpose1d(x, w[:4], output_padding=1), ArgumentError, "output_padding to be smaller"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
