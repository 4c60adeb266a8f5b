"""Initialisation: the distributions, the spread by sizes, and that a parameter stays what it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, DTypeError, LucidError, ShapeError
from lucid.nn import init
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)

SHAPE = (100, 50, 2)  # 10,000 numbers, fan_in 100, fan_out 200
N = math.prod(SHAPE)


def spread(low: float, high: float) -> float:
    """Return the standard deviation of a uniform distribution."""
    return (high - low) / math.sqrt(12)


RANDOM: list[tuple[str, Callable[..., Any], float, float]] = [
    # name, function, mean, standard deviation
    ("uniform_", init.uniform_, 0.5, spread(0, 1)),
    ("uniform_[-1, 3]", lambda t, **g: init.uniform_(t, -1, 3, **g), 1, spread(-1, 3)),
    ("normal_", init.normal_, 0, 1),
    ("normal_[2, 3]", lambda t, **g: init.normal_(t, 2, 3, **g), 2, 3),
    ("xavier_uniform_", init.xavier_uniform_, 0, math.sqrt(2 / 300)),
    ("xavier_uniform_[gain=2]", lambda t, **g: init.xavier_uniform_(t, 2, **g), 0, 2 * math.sqrt(2 / 300)),
    ("xavier_normal_", init.xavier_normal_, 0, math.sqrt(2 / 300)),
    ("kaiming_uniform_", init.kaiming_uniform_, 0, math.sqrt(2 / 100)),
    (
        "kaiming_uniform_[a=sqrt(5)]",
        lambda t, **g: init.kaiming_uniform_(t, math.sqrt(5), **g),
        0,
        math.sqrt(2 / 6 / 100),
    ),
    ("kaiming_normal_", init.kaiming_normal_, 0, math.sqrt(2 / 100)),
    (
        "kaiming_normal_[fan_out, tanh]",
        lambda t, **g: init.kaiming_normal_(t, mode="fan_out", nonlinearity="tanh", **g),
        0,
        5 / 3 / math.sqrt(200),
    ),
    # The standard deviation of a normal number that lies within two of them is 0.8796.
    ("trunc_normal_", init.trunc_normal_, 0, 0.87962566),
    ("orthogonal_", init.orthogonal_, 0, 1 / 10),
]

every_random = pytest.mark.parametrize(
    ("fill", "mean", "std"), [row[1:] for row in RANDOM], ids=[row[0] for row in RANDOM]
)


@every_device
@every_random
def test_moments(fill: Callable[..., Any], mean: float, std: float, device: str) -> None:
    tensor = lucid.empty(SHAPE, device=device)
    assert fill(tensor) is tensor
    assert (tensor.shape, tensor.dtype, tensor.device) == (SHAPE, lucid.float32, device)
    values = tensor.numpy()
    # Five standard errors: of the mean std / sqrt(n), of the deviation at most std / sqrt(2 n).
    assert abs(values.mean() - mean) < 5 * std / math.sqrt(N)
    assert abs(values.std() - std) < 5 * std / math.sqrt(2 * N)


@every_device
@every_random
def test_a_generator_repeats(fill: Callable[..., Any], mean: float, std: float, device: str) -> None:
    def draw(seed: int) -> list[float]:
        generator = lucid.random.Generator(seed)
        result: list[float] = fill(lucid.empty((4, 3), device=device), generator=generator).tolist()
        return result

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


@every_random
def test_a_parameter_stays_the_leaf_it_was(fill: Callable[..., Any], mean: float, std: float) -> None:
    p = nn.Parameter(lucid.zeros((4, 3)))
    node = p._node
    fill(p)
    assert p._node is node
    (p * 2).sum().backward()
    assert p.grad is not None
    assert p.grad.tolist() == lucid.full((4, 3), 2.0).tolist()


@every_random
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_dtype_is_kept(fill: Callable[..., Any], mean: float, std: float, dtype: str) -> None:
    assert fill(lucid.empty((4, 3), dtype=dtype)).dtype == np.dtype(dtype)


@every_random
def test_nothing_to_fill(fill: Callable[..., Any], mean: float, std: float) -> None:
    assert fill(lucid.empty((0, 3))).shape == (0, 3)
    assert fill(lucid.empty((3, 0))).shape == (3, 0)


def test_constants() -> None:
    p = nn.Parameter(lucid.zeros(2))
    assert init.constant_(p, 0.5).tolist() == [0.5, 0.5]
    assert init.ones_(p).tolist() == [1, 1]
    assert init.zeros_(p).tolist() == [0, 0]
    assert p.is_leaf
    assert p.requires_grad


def test_views_of_an_array_are_left_alone() -> None:
    x = lucid.zeros(3)
    other = x.detach()
    init.ones_(x)
    assert other.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("name", "param", "gain"),
    [
        ("linear", None, 1),
        ("conv2d", None, 1),
        ("sigmoid", None, 1),
        ("tanh", None, 5 / 3),
        ("relu", None, math.sqrt(2)),
        ("selu", None, 0.75),
        ("leaky_relu", None, math.sqrt(2 / 1.0001)),
        ("leaky_relu", 2.0, math.sqrt(0.4)),
    ],
)
def test_calculate_gain(name: str, param: float | None, gain: float) -> None:
    assert init.calculate_gain(name, param) == pytest.approx(gain, rel=1e-14)


# ----------------------------------------------------------------- normal within bounds


def normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


@pytest.mark.parametrize(
    ("mean", "std", "a", "b"),
    [
        (0.0, 1.0, -2.0, 2.0),
        (1.0, 0.5, 0.0, math.inf),
        (0.0, 1.0, -math.inf, math.inf),
        (0.0, 1.0, 3.0, 9.0),  # a tail
        (0.0, 1.0, -6.0, -5.0),
        (0.0, 0.02, -2.0, 2.0),  # wide bounds, as in many models
        (5.0, 1.0, 0.0, 0.001),  # narrow ones
    ],
)
def test_trunc_normal_has_the_right_distribution(mean: float, std: float, a: float, b: float) -> None:
    n = 4000
    drawn = init.trunc_normal_(lucid.empty(n, dtype=lucid.float64), mean, std, a, b).numpy()
    assert drawn.min() >= a
    assert drawn.max() <= b
    low, high = normal_cdf((a - mean) / std), normal_cdf((b - mean) / std)
    expected = [(normal_cdf((x - mean) / std) - low) / (high - low) for x in np.sort(drawn)]
    # Kolmogorov and Smirnov: the largest distance exceeds 1.95 / sqrt(n) once in a thousand times.
    distance = abs(np.array(expected) - (np.arange(n) + 0.5) / n).max()
    assert distance < 1.95 / math.sqrt(n)


def test_trunc_normal_far_out_in_a_tail() -> None:
    """Beyond 40 standard deviations a density is 0 in float64, and the bounds hold all the same."""
    drawn = init.trunc_normal_(lucid.empty(1000, dtype=lucid.float64), 0, 1, 50, 60).numpy()
    # There the tail is exponential, of rate 50: the mean is 50 + 1 / 50, up to 1 in 2500.
    assert drawn.min() >= 50
    assert abs(drawn.mean() - 50.02) < 5 * 0.02 / math.sqrt(1000)


@pytest.mark.parametrize("mean", [1e300, 1e20, 3e5])
@pytest.mark.parametrize("std", [1.0, 1e-300])
def test_trunc_normal_so_far_out_that_a_bound_is_left(mean: float, std: float) -> None:
    for sign, bound in ((1, 1.0), (-1, 0.0)):
        drawn = init.trunc_normal_(lucid.empty(100, dtype=lucid.float64), sign * mean, std, 0, 1).numpy()
        np.testing.assert_allclose(drawn, bound, atol=1e-4)
    if (mean, std) == (3e5, 1.0):  # how far a value is from the bound falls off exponentially, by mean
        assert 0.5 < drawn.mean() * mean < 2


def test_trunc_normal_without_spread() -> None:
    assert init.trunc_normal_(lucid.empty(2), mean=5.0, std=0.0).tolist() == [2, 2]


# ----------------------------------------------------------------- orthogonal


@every_device
@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3), (3, 2, 4), (1, 1)])
def test_orthogonal(shape: tuple[int, ...], device: str) -> None:
    q = init.orthogonal_(lucid.empty(shape, dtype=lucid.float64, device=device), gain=2.0).numpy()
    q = q.reshape(shape[0], -1) / 2
    product = q @ q.T if q.shape[0] <= q.shape[1] else q.T @ q
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-14)


def test_orthogonal_has_no_preferred_sign() -> None:
    signs = [init.orthogonal_(lucid.empty((1, 1))).item() for _ in range(200)]
    assert 60 < signs.count(1.0) < 140  # five standard deviations of 7 around 100


# ----------------------------------------------------------------- patterns


@every_device
def test_eye_is_a_map_that_changes_nothing(device: str) -> None:
    w = init.eye_(nn.Parameter(lucid.empty((3, 3), device=device)))
    assert w.is_leaf
    np.testing.assert_array_equal(w.numpy(), np.eye(3))
    np.testing.assert_array_equal(init.eye_(lucid.ones((2, 3), dtype="float64")).numpy(), np.eye(2, 3))
    assert init.eye_(lucid.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(("layer", "size"), [(nn.Conv1d, (5,)), (nn.Conv2d, (4, 5)), (nn.Conv3d, (3, 3, 3))])
@pytest.mark.parametrize("groups", [1, 2])
def test_dirac_hands_channels_on(layer: Any, size: tuple[int, ...], groups: int) -> None:
    conv = layer(4, 4, 3, padding=1, groups=groups, bias=False)
    init.dirac_(conv.weight, groups)
    x = lucid.random.normal((2, 4, *size))
    np.testing.assert_allclose(conv(x).numpy(), x.numpy(), rtol=1e-6)


@every_device
def test_sparse_has_zeros_in_each_column_at_random_rows(device: str) -> None:
    w = init.sparse_(lucid.empty((200, 30), device=device), 0.252, std=2.0).numpy()
    np.testing.assert_array_equal((w == 0).sum(axis=0), np.full(30, 51))
    assert abs(w[w != 0].std() - 2.0) < 5 * 2 / math.sqrt(2 * 149 * 30)
    # 30 draws of 51 among 200 rows: about 7.65 zeros in each row, and all in one place by chance never.
    assert 0 < (w == 0).sum(axis=1).std() < 5
    again = [
        init.sparse_(lucid.empty((4, 3)), 0.5, generator=lucid.random.Generator(1)).tolist() for _ in "ab"
    ]
    assert again[0] == again[1]
    assert init.sparse_(lucid.empty((0, 3)), 0.5).shape == (0, 3)


# ----------------------------------------------------------------- bad input

x = lucid.zeros((3, 2))

ROWS: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    (lambda: init.uniform_([1.0]), ArgumentTypeError, "uniform_ expects a Tensor to fill, got list"),
    (lambda: init.normal_(Tensor([1])), DTypeError, "normal_ expects a Tensor of floats to fill, got int64"),
    (lambda: init.zeros_(None), ArgumentTypeError, "zeros_ expects a Tensor to fill, got NoneType"),
    (lambda: init.ones_(Tensor([True])), DTypeError, "ones_ .* got bool"),
    (lambda: init.constant_(x, "1"), ArgumentTypeError, "val to be a number, got '1'"),
    (lambda: init.uniform_(x, 2, 1), ArgumentError, "a <= b, got a=2 and b=1"),
    (lambda: init.uniform_(x, math.nan), ArgumentError, "a to be finite, got nan"),
    (lambda: init.normal_(x, 0, -1), ArgumentError, "std to be finite and at least 0, got -1"),
    (lambda: init.trunc_normal_(x, a=2, b=2), ArgumentError, "a < b, got a=2 and b=2"),
    (lambda: init.trunc_normal_(x, b="2"), ArgumentError, "a < b, got a=-2.0 and b='2'"),
    (lambda: init.trunc_normal_(x, a=math.nan), ArgumentError, "a < b, got a=nan"),
    (lambda: init.xavier_uniform_(lucid.zeros(3)), ShapeError, r"\(fan_out, fan_in, ...\), got shape \(3,\)"),
    (lambda: init.kaiming_normal_(lucid.zeros(())), ShapeError, r"kaiming_normal_ .* got shape \(\)"),
    (lambda: init.orthogonal_(lucid.zeros(3)), ShapeError, "orthogonal_ expects a weight"),
    (lambda: init.xavier_normal_(x, gain=-1), ArgumentError, "gain to be finite and at least 0, got -1"),
    (lambda: init.kaiming_uniform_(x, mode="in"), ArgumentError, "mode to be one of 'fan_in', 'fan_out'"),
    (lambda: init.kaiming_uniform_(x, nonlinearity="elu"), ArgumentError, "nonlinearity to be one of"),
    (lambda: init.eye_(lucid.zeros(3)), ShapeError, r"eye_ expects a matrix, of two axes, got shape \(3,\)"),
    (
        lambda: init.dirac_(x),
        ShapeError,
        r"dirac_ expects the weight of a convolution, .* got shape \(3, 2\)",
    ),
    (lambda: init.dirac_(lucid.zeros((3, 2, 1)), 2), ArgumentError, "a multiple of groups, got 3 and 2"),
    (lambda: init.dirac_(lucid.zeros((3, 2, 1)), 0), ArgumentError, "groups to be a positive integer, got 0"),
    (lambda: init.sparse_(x, 1.5), ArgumentError, "sparsity to be from 0 to 1, got 1.5"),
    (lambda: init.sparse_(x, 0.5, -1), ArgumentError, "std to be finite and at least 0, got -1"),
    (lambda: init.sparse_(lucid.zeros(3), 0.5), ShapeError, "sparse_ expects a matrix"),
    (lambda: init.normal_(x, generator=3), ArgumentTypeError, "generator must be a lucid.random.Generator"),
]


@pytest.mark.parametrize(("call", "error", "message"), ROWS)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
    assert not x.numpy().any()
