"""Padding, resizing and sampling against PyTorch: values and gradients, in many sizes and at the corners."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid.nn.functional as F
from lucid import Tensor

torch = pytest.importorskip("torch")
theirs = torch.nn.functional

pytestmark = pytest.mark.parity

Function = Callable[..., Any]


def compare(name: str, arrays: list[Any], *args: Any, **options: Any) -> None:
    """Compare results and gradients of a function of that name in both libraries."""
    what = f"{name} {[a.shape for a in arrays]} {args} {options}"
    mine = [Tensor(a, requires_grad=True) for a in arrays]
    other = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, z = getattr(F, name)(*mine, *args, **options), getattr(theirs, name)(*other, *args, **options)
    assert y.shape == tuple(z.shape), what
    g = np.random.default_rng(1).standard_normal(y.shape).astype(arrays[0].dtype)
    y.backward(Tensor(g))
    z.backward(torch.tensor(g))
    tolerance = 1e-10 if arrays[0].dtype == np.float64 else 1e-4
    pairs = [(y, z.detach()), *((a.grad, b.grad) for a, b in zip(mine, other, strict=True))]
    for a, b in pairs:
        np.testing.assert_allclose(a.numpy(), b.numpy(), tolerance, tolerance, err_msg=what)


def drawn(*shape: int, dtype: Any = np.float64) -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


# ----------------------------------------------------------------- padding


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_pad(mode: str) -> None:
    for ends in ((-1, 2), (2, -1), (-2, -1), (-1, 4), (4, 0), (0, 0)):
        compare("pad", [drawn(1, 2, 6)], ends, mode)
    for ends in ((1, 2, 3, -1), (0, 0, 1, 1)):
        compare("pad", [drawn(1, 2, 5, 6)], ends, mode)
    for ends in ((2, 1, 0, 1, 1, 0), (-1, 0, 0, -1, 1, 1)):
        compare("pad", [drawn(1, 2, 2, 3, 3)], ends, mode)


# ----------------------------------------------------------------- columns


def test_unfold_and_fold() -> None:
    for kernel, dilation, padding, stride in itertools.product(
        (1, 2, (3, 2)), (1, (2, 1)), (0, (1, 2)), (1, 3)
    ):
        options = {"kernel_size": kernel, "dilation": dilation, "padding": padding, "stride": stride}
        x = drawn(2, 2, 7, 6)
        compare("unfold", [x], **options)
        columns = theirs.unfold(torch.tensor(x), **options).numpy()
        compare("fold", [columns], (7, 6), **options)
        compare("fold", [columns[0]], (7, 6), **options)


# ----------------------------------------------------------------- resizing

MODES = {
    1: ("nearest", "nearest-exact", "linear", "area"),
    2: ("nearest", "nearest-exact", "bilinear", "bicubic", "area"),
    3: ("nearest", "trilinear", "area"),
}


def corners(mode: str) -> tuple[bool | None, ...]:
    return (False, True) if mode in ("linear", "bilinear", "bicubic", "trilinear") else (None,)


@pytest.mark.parametrize(("axes", "mode"), [(n, mode) for n, modes in MODES.items() for mode in modes])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_interpolate_to_a_size(axes: int, mode: str, dtype: str) -> None:
    sizes = {1: (1, 2, 3, 5, 8, 13), 2: (1, 2, 5, 9), 3: (1, 2, 5)}[axes]
    for before, after in itertools.product(sizes, sizes):
        for align in corners(mode):
            x = drawn(1, 2, *(before, before + 1, before)[:axes], dtype=dtype)
            compare("interpolate", [x], (after, after + 2, after)[-axes:], mode=mode, align_corners=align)


@pytest.mark.parametrize(("axes", "mode"), [(n, mode) for n, modes in MODES.items() for mode in modes])
def test_interpolate_by_a_factor(axes: int, mode: str) -> None:
    for factor, again in itertools.product((0.4, 0.5, 1.0, 1.5, 2, 2.6, 3.7), (None, True, False)):
        for align in corners(mode):
            x = drawn(1, 2, *(5, 3, 4)[:axes])
            options = {"mode": mode, "align_corners": align, "recompute_scale_factor": again}
            compare("interpolate", [x], None, factor, **options)


@pytest.mark.parametrize(
    ("axes", "mode"),
    [*((n, mode) for n, modes in MODES.items() for mode in modes), (2, "lanczos"), (2, "bilinear, filtered")],
)
def test_a_factor_that_leaves_the_size_as_it_is(axes: int, mode: str) -> None:
    """Or doubles it. Where PyTorch's gradient isn't that of its result, results alone are compared."""
    mode, _, filtered = mode.partition(", ")
    options = {"mode": mode, "antialias": bool(filtered) or mode == "lanczos"}
    differs = options["antialias"] or mode == "bicubic" or (mode == "nearest" and axes != 2)
    for factor in (1.05, 1.1, 2.05, (1.05, 1.5, 2.05)[-axes:]):
        for size in ((10, 9, 4), (5, 6, 3)):
            x = drawn(1, 2, *size[:axes])
            if differs:
                y = F.interpolate(Tensor(x), None, factor, **options)
                z = theirs.interpolate(torch.tensor(x), None, factor, **options)
                np.testing.assert_allclose(y.numpy(), z.numpy(), 1e-10, 1e-10)
            else:
                compare("interpolate", [x], None, factor, **options)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos"])
def test_interpolate_with_a_filter(mode: str) -> None:
    for before, after in itertools.product(((1, 1), (5, 4), (13, 9)), ((1, 2), (3, 3), (4, 9), (17, 2))):
        for align in (None,) if mode == "lanczos" else (False, True):
            options = {"mode": mode, "align_corners": align, "antialias": True}
            compare("interpolate", [drawn(1, 2, *before)], after, **options)
    for factor in (0.3, 0.5, (1.5, 0.7), 2):
        compare("interpolate", [drawn(1, 2, 9, 8)], None, factor, mode=mode, antialias=True)


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_which_element_is_the_nearest(mode: str, axes: int) -> None:
    """Places often fall on the border between two elements, and rounding decides then.

    Of 2 elements that become 41, PyTorch decides in one way for sequences and in another for images.
    """
    for before, after in itertools.product((1, 2, 3, 5, 6, 7, 10, 15, 28, 30), range(1, 40)):
        x = np.arange(before, dtype=np.float32).reshape((1, 1, *(1,) * (axes - 1), before))
        size = (*(1,) * (axes - 1), after)
        y, z = F.interpolate(Tensor(x), size, mode=mode), theirs.interpolate(torch.tensor(x), size, mode=mode)
        np.testing.assert_array_equal(y.numpy(), z.numpy(), err_msg=f"{before} -> {after}")


# ----------------------------------------------------------------- sampling


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("align", [False, True])
def test_grid_sample(mode: str, padding: str, align: bool) -> None:
    """Also at elements, at ends and between, and on axes of one element."""
    rng = np.random.default_rng(0)
    special = [-1.0, 1.0, 0.0, -0.5, 0.5, 1 / 3, -3, 3, 1.25]
    for shape, out in (
        ((2, 2, 4, 5), (3, 4)),
        ((1, 2, 1, 3), (4, 3)),
        ((1, 1, 1, 1), (2, 5)),
        ((1, 2, 3, 2, 4), (2, 3, 2)),
        ((1, 2, 1, 3, 1), (3, 1, 2)),
    ):
        if mode == "bicubic" and len(out) == 3:
            continue
        places = (shape[0], *out, len(out))
        for grid in (*(rng.uniform(-s, s, places) for s in (0.8, 1.5, 6)), rng.choice(special, places)):
            compare("grid_sample", [drawn(*shape), grid], mode, padding, align)


@pytest.mark.filterwarnings("ignore:.*affine_grid behavior has changed")
def test_affine_grid() -> None:
    for size in ((2, 1, 4, 5), (2, 3, 1, 2), (2, 1, 2, 1, 3)):
        for align in (False, True):
            n = len(size) - 2
            compare("affine_grid", [drawn(2, n, n + 1)], list(size), align_corners=align)


# ----------------------------------------------------------------- channels and pixels


def test_shuffles() -> None:
    compare("pixel_shuffle", [drawn(2, 3, 18, 2, 1)], 3)
    compare("pixel_unshuffle", [drawn(2, 4, 6)], 2)
    compare("channel_shuffle", [drawn(2, 12, 3, 2)], 4)
