"""Layers that draw numbers while training: what they draw, how often, and what goes back through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor
from lucid.random import Generator
from lucid.recording import wrap

DRAWS: dict[str, Callable[..., Any]] = {
    "rrelu": lambda x, g: F.rrelu(-x, training=True, generator=g),
    "gumbel_softmax": lambda x, g: F.gumbel_softmax(x, generator=g),
    "feature_alpha_dropout": lambda x, g: F.feature_alpha_dropout(x, training=True, generator=g),
    "drop_path": lambda x, g: F.drop_path(x, 0.5, generator=g),
    "drop_block": lambda x, g: F.drop_block(x, 2, 0.5, generator=g),
}


@pytest.mark.parametrize("name", DRAWS)
def test_generators(name: str) -> None:
    """The same generator gives the same numbers, and another call of it others; the dtype stays."""
    x, draw = lucid.ones((8, 4, 5, 5)), DRAWS[name]
    generator = Generator(3)
    first, second = draw(x, generator), draw(x, generator)
    np.testing.assert_array_equal(draw(x, Generator(3)).numpy(), first.numpy())
    assert (first != second).any()
    for dtype in (lucid.float16, lucid.float64):
        y = draw(x.astype(dtype), Generator(3))
        assert y.dtype == dtype
        assert bool(lucid.isfinite(y).all())


@pytest.mark.parametrize("name", DRAWS)
def test_nothing_at_all(name: str) -> None:
    assert DRAWS[name](lucid.ones((0, 4, 5, 5)), None).shape == (0, 4, 5, 5)


@pytest.mark.parametrize("name", DRAWS)
def test_on_xla(name: str) -> None:
    """As one program, which is sooner compiled."""
    jax = pytest.importorskip("jax")
    x = lucid.ones((4, 2, 3, 3), device="xla:cpu")._array
    y = jax.jit(lambda array: DRAWS[name](wrap(array), Generator(0))._array)(x)
    assert isinstance(y, jax.Array)
    assert y.shape == (4, 2, 3, 3)
    assert len(np.unique(np.asarray(y))) > 1


# ----------------------------------------------------------------- slopes


def test_every_element_has_a_slope_of_its_own() -> None:
    lucid.random.seed(0)
    x = lucid.full((4000,), -2.0, requires_grad=True)
    y = nn.RReLU(0.2, 0.6)(x)
    y.sum().backward()
    assert x.grad is not None
    slopes = x.grad.numpy()
    np.testing.assert_allclose(y.numpy(), -2 * slopes, 1e-6)
    assert 0.2 <= slopes.min() < 0.21
    assert 0.59 < slopes.max() <= 0.6
    np.testing.assert_allclose(slopes.mean(), 0.4, atol=0.01)
    np.testing.assert_allclose(slopes.var(), 0.4**2 / 12, rtol=0.1)
    assert F.rrelu(Tensor([3.0, float("inf")]), training=True).tolist() == [3.0, float("inf")]
    assert F.rrelu(Tensor([-3.0]), 0.5, 0.5, True).tolist() == [-1.5]


# ----------------------------------------------------------------- classes


def test_hard_draws_are_rows_of_one_1_as_often_as_the_softmax_says() -> None:
    lucid.random.seed(0)
    logits = Tensor(np.log([0.5, 0.3, 0.2]), dtype=lucid.float32)
    many = lucid.broadcast_to(logits, (6000, 3))
    drawn = F.gumbel_softmax(many, 0.7, hard=True).numpy()
    assert set(drawn.ravel()) == {0.0, 1.0}
    assert (drawn.sum(1) == 1).all()
    np.testing.assert_allclose(drawn.mean(0), [0.5, 0.3, 0.2], atol=0.02)


def test_hard_draws_have_the_derivative_of_soft_ones() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    results = []
    for hard in (False, True):
        logits = Tensor(x, requires_grad=True)
        y = F.gumbel_softmax(logits, 0.5, hard, axis=1, generator=Generator(1))
        np.testing.assert_allclose(y.sum(axis=1).numpy(), np.ones((2, 4)), 1e-12)
        (y * Tensor(x)).sum().backward()
        assert logits.grad is not None
        results.append((y.numpy(), logits.grad.numpy()))
    (soft, slope), (one, same) = results
    np.testing.assert_array_equal(one.argmax(1), soft.argmax(1))
    np.testing.assert_array_equal(same, slope)


def test_temperature() -> None:
    x = lucid.zeros((200, 3))
    cold, hot = (F.gumbel_softmax(x, tau, generator=Generator(0)).numpy().max(1).mean() for tau in (0.05, 50))
    assert cold > 0.95
    assert hot < 0.4


# ----------------------------------------------------------------- channels and examples


def test_feature_alpha_dropout_leaves_out_whole_channels_and_keeps_mean_and_variance() -> None:
    lucid.random.seed(0)
    x = lucid.random.normal((400, 20, 4))
    y = nn.FeatureAlphaDropout(0.3)(x).numpy()
    a = 1 / np.sqrt(0.7 * (1 + 0.3 * 1.7580993408473766**2))
    low = a * -1.7580993408473766 * 0.7
    dropped = np.isclose(y, low, rtol=1e-5)
    np.testing.assert_array_equal(dropped.all(-1), dropped.any(-1))
    np.testing.assert_allclose(dropped.mean(), 0.3, atol=0.02)
    np.testing.assert_allclose(y.mean(), 0, atol=0.05)
    np.testing.assert_allclose(y.std(), 1, atol=0.05)


def test_drop_path_leaves_out_whole_examples() -> None:
    lucid.random.seed(0)
    x = Tensor(np.arange(1.0, 2001).reshape((1000, 2)), requires_grad=True)
    y = nn.DropPath(0.25)(x)
    y.sum().backward()
    assert x.grad is not None
    slope = x.grad.numpy()
    kept = slope[:, 0] > 0
    np.testing.assert_allclose(slope, np.where(kept, 1 / 0.75, 0.0)[:, None] * np.ones(2))
    np.testing.assert_allclose(y.numpy(), x.numpy() * slope)
    np.testing.assert_allclose(kept.mean(), 0.75, atol=0.04)
    assert set(nn.DropPath(0.25, scale_by_keep=False)(lucid.ones(50)).tolist()) == {0.0, 1.0}
    assert nn.DropPath(1.0)(lucid.full((3, 2), float("nan"))).tolist() == [[0.0, 0.0]] * 3
    assert nn.DropPath(0.5).eval()(x) is x


def test_drop_block_leaves_out_squares() -> None:
    lucid.random.seed(0)
    x = lucid.ones((40, 8, 12, 12), requires_grad=True)
    y = nn.DropBlock(3, 0.15)(x)
    y.sum().backward()
    values, gone = y.numpy(), y.numpy() == 0
    # Every element that was left out lies in a square of 3 by 3 that was, as a whole.
    whole = np.lib.stride_tricks.sliding_window_view(gone, (3, 3), (2, 3)).all((-2, -1))
    covered = np.zeros_like(gone)
    for i in range(3):
        for j in range(3):
            covered[:, :, i : i + 10, j : j + 10] |= whole
    np.testing.assert_array_equal(covered, gone)
    np.testing.assert_allclose(gone.mean(), 0.15, atol=0.03)
    np.testing.assert_allclose(values.sum(), values.size, rtol=1e-4)
    assert x.grad is not None
    np.testing.assert_array_equal(x.grad.numpy(), values)


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax_of_a_number(hard: bool) -> None:
    x = Tensor(3.0, requires_grad=True)
    y = F.gumbel_softmax(x, hard=hard)
    assert (y.shape, y.item()) == ((), 1.0)
    y.backward()
    assert x.grad is not None
    assert x.grad.item() == 0


def test_drop_block_at_its_ends() -> None:
    x = lucid.full((2, 3, 4, 5), float("nan"))
    for eps, dtype in ((1e-7, "float16"), (0.0, "float32")):
        gone = x.detach().astype(dtype).requires_grad_()
        y = F.drop_block(gone, 1, 1.0, eps)
        y.sum().backward()
        assert gone.grad is not None
        assert not y.numpy().any()
        assert not gone.grad.numpy().any()
    assert nn.DropBlock(2, 0.0)(x) is x
    assert nn.DropBlock(2, 0.5).eval()(x) is x
    y = F.drop_block(lucid.ones((1, 1, 4, 4)), 1, 0.5).numpy()  # blocks of one element
    kept = (y > 0).sum()
    np.testing.assert_allclose(y[y > 0], np.full(kept, 16 / max(1, kept)), rtol=1e-6)
