"""Padding, resizing, sampling and what else moves elements in space: what rows can't show, and refusals."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn.functional as F
from lucid import Tensor, nn
from lucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    IndexingError,
    LucidError,
    RangeError,
    ShapeError,
)
from lucid.func import grad, vmap
from lucid.nn.functional.resampling import taps_of

# ----------------------------------------------------------------- one layer is another's inverse


def test_fold_counts_the_windows_of_each_element() -> None:
    x = Tensor(np.random.default_rng(0).standard_normal((2, 3, 5, 6)))
    options: dict[str, Any] = {"kernel_size": (2, 3), "padding": 1, "stride": (1, 2)}
    counts = F.fold(F.unfold(lucid.ones_like(x), **options), (5, 6), **options)
    np.testing.assert_allclose(
        F.fold(F.unfold(x, **options), (5, 6), **options).numpy(), (x * counts).numpy()
    )


def test_a_convolution_is_the_product_of_weights_and_columns() -> None:
    rng = np.random.default_rng(0)
    x, w = Tensor(rng.standard_normal((2, 3, 6, 5))), Tensor(rng.standard_normal((4, 3, 3, 2)))
    columns = F.unfold(x, (3, 2), dilation=2, padding=1)
    expected = F.conv2d(x, w, dilation=2, padding=1)
    np.testing.assert_allclose(
        (w.reshape((4, -1)) @ columns).reshape(expected.shape).numpy(), expected.numpy()
    )


def test_there_and_back() -> None:
    x = lucid.arange(48.0).reshape((1, 8, 2, 3))
    for there, back in (
        (nn.PixelShuffle(2), nn.PixelUnshuffle(2)),
        (nn.ChannelShuffle(2), nn.ChannelShuffle(4)),
        (nn.Unflatten(1, (2, -1)), nn.Flatten(1, 2)),
        (nn.ZeroPad2d((1, 2, 3, 0)), nn.ZeroPad2d((-1, -2, -3, 0))),
        (nn.Unfold(1), nn.Fold((2, 3), 1)),
    ):
        np.testing.assert_array_equal(back(there(x)).numpy(), x.numpy())


def test_the_grid_of_the_identity_gives_the_image_back() -> None:
    x = Tensor(np.random.default_rng(0).standard_normal((2, 3, 4, 5)))
    identity = Tensor(np.tile(np.eye(2, 3), (2, 1, 1)))
    for corners in (False, True):
        grid = F.affine_grid(identity, x.shape, corners)
        for mode in ("bilinear", "nearest", "bicubic"):
            y = F.grid_sample(x, grid, mode, "border", corners)
            np.testing.assert_allclose(y.numpy(), x.numpy(), 1e-12, 1e-12)


def test_sampling_without_gradients_reads_one_neighbour_after_the_other() -> None:
    rng = np.random.default_rng(0)
    x = Tensor(rng.standard_normal((1, 8, 32, 32)))
    tracked, grid = Tensor(x, requires_grad=True), Tensor(rng.uniform(-1.2, 1.2, (1, 32, 32, 2)))
    for mode in ("bilinear", "bicubic"):
        for padding in ("zeros", "border"):
            y, z = F.grid_sample(x, grid, mode, padding), F.grid_sample(tracked, grid, mode, padding)
            np.testing.assert_allclose(y.numpy(), z.numpy(), 1e-12, 1e-12)
    tracemalloc.start()
    F.grid_sample(x, grid, "bicubic")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * x.nbytes  # and not 32: all 16 neighbours, and these times their weights


# ----------------------------------------------------------------- corners


def test_what_changes_nothing_gives_another_tensor() -> None:
    x = lucid.ones((1, 1, 2, 2))
    for y in (
        F.pad(x, (0, 0)),
        F.pad(x, (0, 0), "reflect"),
        F.interpolate(x, scale_factor=1),
        F.interpolate(x, 2, mode="bilinear"),
        F.pixel_shuffle(x, 1),
        F.channel_shuffle(x, 1),
    ):
        y += 1
    np.testing.assert_array_equal(x.numpy(), 1.0)


def test_elements_that_are_not_read_do_not_matter() -> None:
    """A nan or an infinity stays where it is: it is not multiplied by 0 elsewhere."""
    x = np.ones((1, 1, 4, 4))
    x[0, 0, 0, 0] = np.nan
    x[0, 0, 3, 3] = np.inf
    t = Tensor(x)
    middle = (..., slice(3, 5), slice(3, 5))
    for mode in ("nearest", "bilinear", "area"):
        assert lucid.isfinite(F.interpolate(t, 8, mode=mode)[middle]).all()
    assert (F.grid_sample(t, lucid.zeros((1, 1, 1, 2), dtype="float64")) == 1).all()
    far = lucid.full((1, 1, 1, 2), -9.0, dtype="float64")
    assert (F.grid_sample(t, far) == 0).all()
    columns = F.unfold(t, 2).numpy()
    assert np.isnan(columns).sum() == np.isinf(columns).sum() == 1


def test_gradients_that_do_not_belong_to_an_element_do_not_matter() -> None:
    """Elements go to fewer results, or none, than others: what fills up the table counts for nothing."""
    inf = np.inf
    for n, size, mode, expected in (
        (4, 2, "nearest", [inf, 0.0, 1.0, 0.0]),
        (8, 2, "linear", [0.0, inf, inf, 0.0, 0.0, 0.5, 0.5, 0.0]),
        (1, 20, "linear", [inf]),  # many at once
    ):
        t = Tensor(np.ones((1, 1, n)), requires_grad=True)
        g = np.array([[[inf, *[1.0] * (size - 1)]]])
        F.interpolate(t, size, mode=mode).backward(Tensor(g))
        assert t.grad is not None
        assert t.grad.flatten().tolist() == expected
    t = Tensor(np.array([1.0, 2.0, 3.0, 4.0, 5.0, -inf]).reshape((1, 1, 1, 6)))
    y = F.interpolate(t, (1, 4), mode="bilinear", antialias=True).flatten()
    assert lucid.isfinite(y[:3]).all()
    assert y[3] == -inf


def test_a_factor_that_leaves_the_size_leaves_lines_as_they_are() -> None:
    t = lucid.arange(10.0).reshape((1, 1, 10))
    np.testing.assert_array_equal(F.interpolate(t, scale_factor=1.05, mode="linear").numpy(), t.numpy())
    assert F.interpolate(t, scale_factor=1.05).flatten()[1] == 0  # the nearest lie by the factor
    twice = F.interpolate(t[None], scale_factor=(1, 2.05)).flatten()
    np.testing.assert_array_equal(twice.numpy(), np.repeat(np.arange(10.0), 2))


def test_the_tables_of_long_axes_are_not_kept() -> None:
    options = {"corners": False, "antialias": False, "single": True}
    assert taps_of("linear", 20, 10, 2.0, **options) is taps_of("linear", 20, 10, 2.0, **options)
    long = ("linear", 200_000, 10, 20_000.0)
    assert taps_of(*long, **options) is not taps_of(*long, **options)


def test_a_long_step_from_the_only_window_takes_no_time() -> None:
    """It takes no memory either: a gradient is as large as the image, whatever the step is."""
    t = Tensor(np.arange(16.0).reshape((1, 1, 4, 4)), requires_grad=True)
    y = F.unfold(t, 2, 2, stride=10**9)
    assert y.flatten().tolist() == [0.0, 2.0, 8.0, 10.0]
    y.sum().backward()
    assert t.grad is not None
    np.testing.assert_array_equal(np.flatnonzero(t.grad.numpy()), [0, 2, 8, 10])


def test_arrays_as_options_are_kept_as_numbers() -> None:
    one, two = np.array(2), np.array([2, 1])
    for layer, shown in (
        (nn.Unfold(one, padding=two), "Unfold(kernel_size=2, padding=(2, 1))"),
        (nn.Fold(two, Tensor(1)), "Fold(output_size=(2, 1), kernel_size=1)"),
        (nn.Upsample(two), "Upsample(size=(2, 1), mode='nearest')"),
        (nn.Upsample(one), "Upsample(size=2, mode='nearest')"),
        (nn.Upsample(None, two), "Upsample(scale_factor=(2.0, 1.0), mode='nearest')"),
        (nn.ZeroPad1d(one), "ZeroPad1d((2, 2))"),
        (nn.MaxPool2d(one), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1)"),
    ):
        assert repr(layer) == shown
    assert nn.Conv2d(1, 1, one).kernel_size == (2, 2)


def test_places_that_are_no_numbers() -> None:
    """They are taken for the first element; with zeros around, the result is no number either."""
    x = lucid.arange(1.0, 10.0).reshape((1, 1, 3, 3))
    grid = Tensor([[[[np.nan, -1.0], [0.0, np.inf]]]])
    assert F.grid_sample(x, grid, padding_mode="border").flatten().tolist() == [1.0, 8.0]
    assert F.grid_sample(x, grid, "nearest").flatten().tolist() == [0.0, 0.0]
    assert np.isnan(F.grid_sample(x, grid).numpy()).all()


def test_the_nearest_element_leaves_the_grid_zeros() -> None:
    grid = Tensor(np.full((1, 1, 2, 2), 0.3), requires_grad=True)
    F.grid_sample(lucid.ones((1, 1, 3, 3), dtype="float64"), grid, "nearest").sum().backward()
    assert grid.grad is not None
    assert not grid.grad.numpy().any()


def test_half_precision_sums_in_single() -> None:
    third = np.float16(1 / 3)
    x = Tensor(np.full((1, 1, 1), third), requires_grad=True)
    F.interpolate(x, 4096).sum().backward()  # one by one, halves would stop growing at 2048
    assert x.grad is not None
    assert x.grad.item() == 4096
    columns = Tensor(np.full((1, 256, 256), third))  # each window has the one element there is
    assert F.fold(columns, 1, 16, padding=15).item() == np.float16(256 * float(third))
    assert F.interpolate(lucid.full((1, 1, 64, 64), 100.0, dtype="float16"), 1, mode="area").item() == 100


def test_a_batch_of_batches() -> None:
    rng = np.random.default_rng(0)
    x, g = Tensor(rng.standard_normal((2, 1, 2, 4, 5))), Tensor(rng.uniform(-1.2, 1.2, (2, 1, 2, 2, 2)))
    functions: list[tuple[Callable[..., Tensor], tuple[Tensor, ...]]] = [
        (lambda a: F.fold(F.unfold(a, 2, padding=1), (4, 5), 2, padding=1), (x,)),
        (lambda a: F.interpolate(a, scale_factor=1.7, mode="bilinear"), (x,)),
        (lambda a: F.pad(a, (1, -1, 2, 1), "reflect"), (x,)),
        (lambda a, b: F.grid_sample(a, b, padding_mode="reflection"), (x, g)),
        (lambda a, b: F.grid_sample(a, b, "nearest"), (x, g)),
        (lambda b: F.grid_sample(x[0], b), (g,)),
    ]
    for function, arguments in functions:
        for f in (function, grad(lambda *a, f=function: (f(*a) ** 2).sum())):
            each = [f(*(a[i] for a in arguments)) for i in range(2)]
            np.testing.assert_allclose(vmap(f)(*arguments).numpy(), lucid.stack(each).numpy(), 1e-12)


def test_a_mode_of_padding_needs_elements_to_continue() -> None:
    empty = lucid.zeros((1, 2, 0))
    for mode in ("reflect", "replicate", "circular"):
        assert F.pad(empty, (0, 0), mode).shape == (1, 2, 0)
        with pytest.raises(ShapeError, match="needs a longer axis"):
            F.pad(empty, (1, 0), mode)
    assert F.pad(empty, (1, 0)).shape == (1, 2, 1)


def test_how_layers_show_themselves() -> None:
    for layer, shown in (
        (nn.ReflectionPad1d(2), "ReflectionPad1d((2, 2))"),
        (nn.ConstantPad2d((1, 0, 2, 0), 3.5), "ConstantPad2d((1, 0, 2, 0), value=3.5)"),
        (nn.ZeroPad1d(1), "ZeroPad1d((1, 1))"),
        (nn.Unfold(3, padding=1), "Unfold(kernel_size=3, padding=1)"),
        (nn.Fold((4, 5), 2, stride=2), "Fold(output_size=(4, 5), kernel_size=2, stride=2)"),
        (nn.Upsample(scale_factor=2), "Upsample(scale_factor=2, mode='nearest')"),
        (nn.UpsamplingBilinear2d(8), "UpsamplingBilinear2d(size=8, mode='bilinear', align_corners=True)"),
        (nn.PixelShuffle(2), "PixelShuffle(upscale_factor=2)"),
        (nn.Unflatten(1, [2, 3]), "Unflatten(axis=1, unflattened_size=(2, 3))"),
    ):
        assert repr(layer) == shown


# ----------------------------------------------------------------- refusals

x = lucid.zeros((2, 4, 3, 5))
whole = Tensor([[[[1, 2]]]])
grid = lucid.zeros((2, 3, 3, 2))
theta = lucid.zeros((2, 2, 3))

BAD: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    # padding
    (lambda: F.pad(x, (1,)), ArgumentError, r"pad expects pad to have two numbers for each axis, got \(1,\)"),
    (lambda: F.pad(x, 1), ArgumentTypeError, "pad expects pad to be a tuple of integers, got 1"),
    (lambda: F.pad(x, (1.0, 0)), ArgumentTypeError, "pad to be an integer, got 1.0"),
    (lambda: F.pad(x, (1,) * 10), ShapeError, r"two numbers for each of at most 4 axes"),
    (lambda: F.pad(x, (1, 1), "mirror"), ArgumentError, "mode to be one of 'constant', 'reflect'"),
    (lambda: F.pad(x, (1, 1), "reflect", 0.0), ArgumentError, "value for mode='constant' alone, got 0.0"),
    (lambda: F.pad(x, (5, 0), "reflect"), ShapeError, r"'reflect' with padding \(5, 0\) needs a longer axis"),
    (lambda: F.pad(x, (0, 6), "circular"), ShapeError, r"'circular' with padding \(0, 6\) needs"),
    (lambda: F.pad(x, (-3, -3)), ShapeError, r"\(-3, -3\) takes away more than the 5 elements of axis 3"),
    (lambda: F.pad(x, {1: 2}), ArgumentTypeError, r"pad to be a tuple of integers, got \{1: 2\}"),
    (lambda: F.pad(x, np.array(1)), ArgumentTypeError, r"pad to be a tuple of integers, got array\(1\)"),
    (lambda: F.pad(x, (1, 1), value=-1e300), RangeError, r"pad: -1e\+300 is out of range for float32"),
    (lambda: nn.ZeroPad1d({1, 2}), ArgumentTypeError, r"an integer or a tuple of integers, got \{1, 2\}"),
    (lambda: F.pad([1.0], (1, 1)), ArgumentTypeError, "x to be a Tensor, got list"),
    (
        lambda: nn.ZeroPad2d((1, 1)),
        ArgumentError,
        "ZeroPad2d expects padding to be one integer or 4, got",
    ),
    (lambda: nn.ReflectionPad1d(1.5), ArgumentTypeError, "ReflectionPad1d expects padding to be an integer"),
    (lambda: nn.CircularPad3d("1"), ArgumentTypeError, "an integer or a tuple of integers, got '1'"),
    (lambda: nn.ConstantPad1d(1, "0"), ArgumentTypeError, "ConstantPad1d expects value to be a number"),
    (lambda: nn.ReplicationPad1d(1)(x), ShapeError, r"ReplicationPad1d expects x of shape \(N, C, L\)"),
    (
        lambda: nn.ReflectionPad2d(3)(x),
        ShapeError,
        r"ReflectionPad2d: .*\(3, 3\) needs a longer axis",
    ),
    (lambda: nn.ZeroPad3d(1)(x[0, 0]), ShapeError, r"ZeroPad3d expects x of shape \(\*, D, H, W\), got"),
    # channels and pixels, and shapes
    (lambda: nn.PixelShuffle(0), ArgumentError, "upscale_factor to be a positive integer, got 0"),
    (lambda: nn.PixelShuffle(3)(x), ShapeError, r"C a multiple of 9 \(upscale_factor=3\), got shape \(2, 4"),
    (lambda: nn.PixelUnshuffle(1.0), ArgumentTypeError, "downscale_factor to be an integer"),
    (lambda: nn.PixelUnshuffle(2)(x), ShapeError, r"H and W multiples of 2 .*, got shape \(2, 4, 3, 5\)"),
    (lambda: nn.ChannelShuffle(-1), ArgumentError, "groups to be a positive integer, got -1"),
    (lambda: nn.ChannelShuffle(3)(x), ShapeError, "C a multiple of groups, which is 3, got shape"),
    (lambda: nn.Unflatten(1, (2, -2)), ArgumentError, r"Unflatten expects unflattened_size to be one size"),
    (lambda: nn.Unflatten(1, (-1, -1)), ArgumentError, r"of which one may be -1, got \(-1, -1\)"),
    (lambda: nn.Unflatten(1, 4), ArgumentTypeError, "unflattened_size to be a tuple of integers, got 4"),
    (lambda: nn.Unflatten(1, (3, 2))(x), ShapeError, r"sizes that multiply to 4, the size of axis 1"),
    (lambda: nn.Unflatten(1, (3, -1))(x), ShapeError, r"sizes that multiply to 4"),
    (lambda: nn.Unflatten(9, (1,))(x), IndexingError, "axis 9 does not exist"),
    (lambda: nn.Unflatten(1, np.array(4)), ArgumentTypeError, "unflattened_size to be a tuple of integers"),
    (lambda: nn.Flatten()(x[0, 0, 0, 0]), IndexingError, "start_axis 1 does not exist: .* 0 axes"),
    # columns
    (lambda: nn.Unfold({1, 2}), ArgumentTypeError, r"kernel_size to be an integer, got \{1, 2\}"),
    (lambda: nn.Unfold(1, padding=10**9)(x), ArgumentError, "unfold: padding=1000000000 asks for an array"),
    (lambda: F.fold(x[0, 0], 1, 1, padding=10**19), ShapeError, "fold expects x of shape"),
    (lambda: nn.Unfold(0), ArgumentError, "Unfold expects kernel_size of at least 1, got 0"),
    (lambda: nn.Unfold((1, 2, 3)), ArgumentError, r"kernel_size to be one integer or 2, got \(1, 2, 3\)"),
    (lambda: nn.Unfold(2, padding=-1), ArgumentError, "padding of at least 0, got -1"),
    (lambda: nn.Fold(0, 1), ArgumentError, "Fold expects output_size of at least 1, got 0"),
    (lambda: nn.Unfold(4)(x), ShapeError, r"windows of \(4, 4\) elements .* do not fit into x of shape"),
    (lambda: nn.Unfold(1)(x[0, 0]), ShapeError, r"\(N, C, H, W\) or \(C, H, W\), got shape \(3, 5\)"),
    (lambda: F.fold(x[0], 4, 2), ShapeError, r"\(N, C \* 4, 9\) or \(C \* 4, 9\) for output_size \(4, 4\)"),
    (lambda: F.fold(x[0], 4, 5), ShapeError, "0 times 0 windows, got shape"),
    # resizing
    (lambda: nn.Upsample(), ArgumentError, "Upsample expects either size or scale_factor, got size=None and"),
    (lambda: F.interpolate(x, 2, 2), ArgumentError, "size or scale_factor, got size=2 and scale_factor=2"),
    (lambda: nn.Upsample(0), ArgumentError, "size of at least 1, got 0"),
    (lambda: nn.Upsample(()), ArgumentError, r"size to be one integer or one for each axis, got \(\)"),
    (lambda: nn.Upsample(10**19)(x), ArgumentError, "size=10000000000000000000 asks for an array"),
    (lambda: nn.Upsample(scale_factor=1e308)(x), ArgumentError, r"scale_factor=1e\+308 asks for more"),
    (lambda: nn.Upsample(scale_factor=()), ArgumentError, r"one number or one for each axis, got \(\)"),
    (lambda: nn.UpsamplingNearest2d(2)(x[0]), ShapeError, r"UpsamplingNearest2d expects x of shape"),
    (lambda: nn.Upsample(scale_factor=0), ArgumentError, "scale_factor to be positive, got 0"),
    (lambda: nn.Upsample(scale_factor="2"), ArgumentTypeError, "scale_factor to be a number, got '2'"),
    (lambda: nn.Upsample(2, mode="cubic"), ArgumentError, "mode to be one of 'nearest', 'nearest-exact'"),
    (
        lambda: nn.Upsample(2, align_corners=True),
        ArgumentError,
        "'nearest': leave align_corners out",
    ),
    (lambda: nn.Upsample(2, None, "bilinear", 1), ArgumentTypeError, "align_corners to be True or False"),
    (lambda: nn.Upsample(2, recompute_scale_factor=True), ArgumentError, "recompute_scale_factor with"),
    (lambda: F.interpolate(x, 2, antialias=True), ArgumentError, "antialias with one of 'bilinear'"),
    (lambda: F.interpolate(x, 2, mode="lanczos"), ArgumentError, "antialias=True and no align_corners=True"),
    (lambda: F.interpolate(x, 2, mode="linear"), ShapeError, r"\(N, C, L\) for mode 'linear', got shape"),
    (lambda: F.interpolate(x[0, 0], 2), ShapeError, r"\(N, C, L\) or \(N, C, H, W\) or \(N, C, D, H, W\)"),
    (lambda: F.interpolate(x, (2, 2, 2)), ArgumentError, "size to be one integer or 2"),
    (lambda: F.interpolate(x, scale_factor=(2,)), ArgumentError, "scale_factor to be one number or 2"),
    (lambda: F.interpolate(x, scale_factor=0.1), ShapeError, r"a result of \(0, 0\) elements can't be made"),
    (lambda: F.interpolate(whole, 2, mode="bilinear"), DTypeError, "x to hold floats, got int64"),
    # sampling
    (lambda: F.grid_sample(x[0], grid), ShapeError, r"x of shape \(N, C, H, W\) or .*, got \(4, 3, 5\)"),
    (lambda: F.grid_sample(x[..., :0], grid), ShapeError, "with elements, got"),
    (
        lambda: F.grid_sample(x, grid[:1]),
        ShapeError,
        r"grid of shape \(2, oH, oW, 2\) .*, got \(1, 3",
    ),
    (lambda: F.grid_sample(x, grid, "cubic"), ArgumentError, "mode to be one of 'bilinear', 'nearest'"),
    (
        lambda: F.grid_sample(x, grid, padding_mode="reflect"),
        ArgumentError,
        "padding_mode to be one of",
    ),
    (lambda: F.grid_sample(x, grid, align_corners=1), ArgumentTypeError, "align_corners to be True or False"),
    (lambda: F.grid_sample(x, grid.astype("float64")), DTypeError, "one dtype, got float32 and float64"),
    (lambda: F.grid_sample(whole, grid), DTypeError, "x to hold floats, got int64"),
    (
        lambda: F.grid_sample(x[..., None], lucid.zeros((2, 1, 1, 1, 3)), "bicubic"),
        ArgumentError,
        "'bicubic' for images",
    ),
    (lambda: F.affine_grid(theta, (2, 1, 3)), ArgumentError, r"size \(N, C, H, W\) or .*, got \(2, 1, 3\)"),
    (lambda: F.affine_grid(theta, (2, 1, 3, 0)), ArgumentError, "size of at least 1"),
    (lambda: F.affine_grid(theta, (1, 1, 3, 3)), ShapeError, r"theta of shape \(1, 2, 3\) for size .*, got"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
