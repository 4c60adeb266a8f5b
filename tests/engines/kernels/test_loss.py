"""The kernel of the cross entropy against its definition."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lucid
import lucid.nn.functional as F
from lucid import Tensor
from lucid.engines.cpu.kernels import table
from lucid.nn.functional.loss_classes import class_entropy
from tests.engines.kernels.agree import LAYOUTS, agree

REDUCTIONS = ("mean", "sum", "none")
TOLERANCE = {"rtol": 1e-6, "atol": 1e-6}


def arguments(shape: tuple[int, ...], weighted: bool, seed: int = 0) -> list[Any]:
    """Draw logits of ``shape``, targets and, with ``weighted``, weights."""
    rng = np.random.default_rng(seed)
    axis = min(1, len(shape) - 1)
    classes = shape[axis]
    target = np.asarray(rng.integers(0, classes, (*shape[:axis], *shape[axis + 1 :])))
    return [2 * rng.standard_normal(shape), target, rng.uniform(0.5, 2, classes) if weighted else None]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(7, 33), (3, 5, 4), (2, 5, 3, 3)], ids=str)
def test_every_layout(shape: tuple[int, ...], layout: str) -> None:
    options = {"ignore_index": None, "smoothing": 0.1, "reduction": "none"}
    agree(class_entropy, *arguments(shape, True), layout=layout, **TOLERANCE, **options)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_every_option(reduction: str) -> None:
    for weighted, ignore, smoothing in itertools.product((False, True), (None, 2), (0.0, 0.3, 1.0)):
        args = arguments((40, 5), weighted)
        agree(
            class_entropy, *args, **TOLERANCE, ignore_index=ignore, smoothing=smoothing, reduction=reduction
        )


@settings(max_examples=30, deadline=None)
@given(
    shape=st.lists(st.integers(1, 5), min_size=2, max_size=4).map(tuple),
    weighted=st.booleans(),
    ignore=st.sampled_from([None, 0, 3, -1, -100]),
    smoothing=st.sampled_from([0.0, 0.2]),
    reduction=st.sampled_from(REDUCTIONS),
    layout=st.sampled_from(list(LAYOUTS)),
    scale=st.sampled_from([1e-20, 1.0, 100.0, 1e5]),
    seed=st.integers(0, 99),
)
def test_any_shape(
    shape: tuple[int, ...],
    weighted: bool,
    ignore: int | None,
    smoothing: float,
    reduction: str,
    layout: str,
    scale: float,
    seed: int,
) -> None:
    x, target, weight = arguments(shape, weighted, seed)
    if ignore is not None and ignore < 0:
        target = np.where(np.random.default_rng(seed).random(target.shape) < 0.3, ignore, target)
    x = np.float32(scale * x).astype(np.float64)
    options = {"ignore_index": ignore, "smoothing": smoothing, "reduction": reduction}
    agree(class_entropy, x, target, weight, layout=layout, **options)


def test_many_classes_and_targets_of_any_integers() -> None:
    x, target, weight = arguments((3, 50_001), True)
    options = {"ignore_index": None, "smoothing": 0.1, "reduction": "mean"}
    agree(class_entropy, x, target, weight, **TOLERANCE, **options)
    for dtype in (np.uint8, np.int8, np.int32, np.uint64):
        agree(class_entropy, x[:, :100], (target % 100).astype(dtype), None, **TOLERANCE, **options)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_what_is_not_finite(smoothing: float) -> None:
    x = np.zeros((7, 4))
    x[0, 1] = math.nan
    x[1, 0] = math.inf
    x[2, 3] = -math.inf
    x[3] = -math.inf
    x[4, 1] = -math.inf
    x[5, 2] = -math.nan
    x[6] = [3e37, -3e37, 0, 1]
    options = {"ignore_index": None, "smoothing": smoothing, "reduction": "none"}
    agree(class_entropy, x, np.array([1, 1, 0, 2, 1, 0, 0]), None, **options)


def test_digits_of_large_logits() -> None:
    """What all logits have in common takes no digits from the loss."""
    x, target, _ = arguments((300, 8), False)
    x = np.round(x * 64) / 64 + 4096  # exact in float32
    options = {"ignore_index": None, "smoothing": 0.0, "reduction": "none"}
    agree(class_entropy, x, target, None, rtol=2e-7, atol=2e-7, **options)


def test_other_dtypes_go_to_the_definition() -> None:
    kernel = table.find("class_entropy")
    if kernel is None:
        pytest.skip("no kernel")
    x, target, weight = arguments((4, 3), True)
    options = {"ignore_index": None, "smoothing": 0.0, "reduction": "mean"}
    assert kernel.forward(x, target, None, **options) is None
    assert kernel.forward(x.astype(np.float16), target, None, **options) is None
    assert kernel.forward(x.astype(np.float32), target, weight, **options) is None


def test_the_kernel_runs_from_the_function_and_repeats_itself() -> None:
    x, target, weight = arguments((64, 70), True)
    grads = []
    for dtype in (lucid.float64, lucid.float32, lucid.float32):
        a = Tensor(x, dtype=dtype, requires_grad=True)
        w = Tensor(weight, dtype=dtype, requires_grad=True)
        F.cross_entropy(a, Tensor(target), w, ignore_index=3, label_smoothing=0.1).backward()
        assert a.grad is not None
        assert w.grad is not None
        grads.append((a.grad.numpy(), w.grad.numpy()))
    for right, once, again in zip(*grads, strict=True):
        np.testing.assert_allclose(once, right, 1e-5, 1e-7)
        np.testing.assert_array_equal(once, again)


def test_second_derivatives_where_the_kernel_ran() -> None:
    x, target, _ = arguments((32, 70), False)
    seconds = []
    for dtype in (lucid.float64, lucid.float32):
        a = Tensor(x, dtype=dtype, requires_grad=True)
        (d,) = lucid.autograd.grad(F.cross_entropy(a, Tensor(target)), a, create_graph=True)
        seconds.append(lucid.autograd.grad((d * d).sum(), a)[0].numpy())
    np.testing.assert_allclose(seconds[1], seconds[0], 1e-4, 1e-7)
