"""Kernels of normalisation, held to their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lucid
import lucid.nn.functional as F
from lucid import Tensor
from lucid.engines.cpu.kernels import table
from lucid.fused import Fused
from lucid.nn.functional.batch_normalization import batch_normalized, standardized
from lucid.nn.functional.normalization import group_normalized, layer_normalized, rms_normalized
from tests.engines.kernels.agree import LAYOUTS, agree

Array = np.ndarray[Any, Any]

# Square, of one channel, of two values for each channel, of more rows than a block has, of no space.
IMAGES = [(3, 5, 8, 5), (4, 1, 50), (2, 37, 1), (3, 2, 9001), (6, 9), (2, 3, 1, 2, 3)]

every_layout = pytest.mark.parametrize("layout", LAYOUTS)


def draw(*shape: int, seed: int = 0, scale: float = 1.0, offset: float = 0.0) -> Array:
    return np.random.default_rng([seed, *shape]).standard_normal(shape) * scale + offset


def of_channels(n: int, parameters: str = "both") -> tuple[Any, Any]:
    """Return a weight and a bias, or None for those that are not asked for."""
    weight = draw(n, seed=1) if parameters in ("both", "weight") else None
    return weight, draw(n, seed=2) if parameters in ("both", "bias") else None


def far_from_kinks(operation: Fused, x: Array, *rest: Any, eps: float) -> Array:
    """Return a residual with which no result before the ReLU is close to 0, where rounding would decide."""
    out = operation.definition(*map(as_tensor, (x, *rest, None)), eps=eps, activation=None)
    y = (out[0] if isinstance(out, tuple) else out).numpy()
    residual = draw(*x.shape, seed=5)
    near = np.abs(y + residual) < 1e-3
    residual[near] += 0.1
    return residual


def as_tensor(a: Any) -> Any:
    return a if a is None else Tensor(a)


# ----------------------------------------------------------------- over the batch


@every_layout
@pytest.mark.parametrize("shape", IMAGES[:4])
def test_batch_normalization_in_every_layout(shape: tuple[int, ...], layout: str) -> None:
    x, parameters = draw(*shape), of_channels(shape[1])
    residual = far_from_kinks(batch_normalized, x, *parameters, eps=1e-5)
    agree(batch_normalized, x, *parameters, residual, eps=1e-5, activation="relu", layout=layout)


@pytest.mark.parametrize("shape", IMAGES)
@pytest.mark.parametrize("activation", [None, "relu"])
@pytest.mark.parametrize("added", [False, True])
@pytest.mark.parametrize("layout", ["rows", "channels last"])
def test_batch_normalization(shape: tuple[int, ...], activation: Any, added: bool, layout: str) -> None:
    # Of no more than some thousand numbers, none is so close to 0 by chance that rounding decides its sign.
    x, parameters = draw(*shape), of_channels(shape[1], "both" if activation else "weight")
    residual = far_from_kinks(batch_normalized, x, *parameters, eps=0.1) if added else None
    if activation and not added:
        x = away(x, parameters)
    agree(batch_normalized, x, *parameters, residual, eps=0.1, activation=activation, layout=layout)


def away(x: Array, parameters: Any) -> Array:
    """Return ``x`` with what would land near a kink moved a little."""
    for _ in range(3):
        out = batch_normalized.definition(*map(as_tensor, (x, *parameters, None)), eps=0.1, activation=None)
        x = np.where(np.abs(out[0].numpy()) < 1e-4, x + 0.01, x)
    return x


@pytest.mark.parametrize("parameters", ["neither", "weight", "bias"])
def test_batch_normalization_without_parameters(parameters: str) -> None:
    agree(batch_normalized, draw(2, 3, 4), *of_channels(3, parameters), None, eps=1e-5, activation=None)


@every_layout
@pytest.mark.parametrize("activation", [None, "relu"])
def test_by_given_statistics(activation: Any, layout: str) -> None:
    for shape in IMAGES[:4]:
        x, (weight, bias) = draw(*shape), of_channels(shape[1])
        given_ = (draw(shape[1], seed=3), draw(shape[1], seed=4) ** 2 + 0.1, weight, bias)
        residual = far_from_kinks(standardized, x, *given_, eps=1e-3)
        agree(standardized, x, *given_, residual, eps=1e-3, activation=activation, layout=layout)
    agree(standardized, x, *given_[:2], None, None, None, eps=1e-3, activation=None, layout=layout)


# ----------------------------------------------------------------- over parts of each example


@every_layout
@pytest.mark.parametrize("groups", [1, 3, 6])
def test_group_normalization(groups: int, layout: str) -> None:
    for shape in [(2, 6, 3, 2), (2, 6, 7, 5), (4, 6, 1), (1, 6, 9000)]:
        agree(group_normalized, draw(*shape), *of_channels(6), groups=groups, eps=1e-3, layout=layout)
    agree(group_normalized, draw(2, 6, 3, 2), None, None, groups=groups, eps=1e-3, layout=layout)


@every_layout
def test_layer_normalization(layout: str) -> None:
    for shape, axes in [((7, 5), 1), ((2, 3, 4), 2), ((130, 3), 1), ((9001,), 1), ((2, 1, 33), 1)]:
        x, last = draw(*shape), shape[-axes:]
        weight, bias = draw(*last, seed=1), draw(*last, seed=2)
        agree(layer_normalized, x, weight, bias, axes=axes, eps=1e-3, layout=layout)
        agree(rms_normalized, x, weight, axes=axes, eps=1e-3, layout=layout)
    agree(layer_normalized, x, None, bias, axes=1, eps=1e-3, layout=layout)
    agree(layer_normalized, x, weight, None, axes=1, eps=1e-3, layout=layout)
    agree(rms_normalized, x, None, axes=1, eps=1e-3, layout=layout)


# ----------------------------------------------------------------- anything


@settings(max_examples=40)
@given(
    st.lists(st.integers(1, 9), min_size=2, max_size=5),
    st.sampled_from(list(LAYOUTS)),
    st.sampled_from(["both", "weight", "bias", "neither"]),
    st.booleans(),
    st.integers(0, 1000),
)
def test_fuzz(shape: list[int], layout: str, parameters: str, added: bool, seed: int) -> None:
    x = draw(*shape, seed=seed)
    channels = shape[1]
    residual = draw(*shape, seed=seed + 1) if added else None
    weight, bias = of_channels(channels, parameters)
    agree(batch_normalized, x, weight, bias, residual, eps=0.1, activation=None, layout=layout)
    agree(group_normalized, x, weight, bias, groups=channels, eps=0.1, layout=layout)
    weight, bias = of_channels(shape[-1], parameters)
    agree(layer_normalized, x, weight, bias, axes=1, eps=0.1, layout=layout)
    agree(rms_normalized, x, weight, axes=1, eps=0.1, layout=layout)


@pytest.mark.parametrize("layout", ["rows", "channels last"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_in_its_channel_or_row(bad: float, layout: str) -> None:
    x, (weight, bias) = draw(3, 4, 5), of_channels(4)
    x[1, 2, 3] = bad
    agree(batch_normalized, x, weight, bias, None, eps=1e-3, activation="relu", layout=layout)
    agree(standardized, x, bias, weight**2, weight, bias, None, eps=1e-3, activation="relu", layout=layout)
    agree(group_normalized, x, weight, bias, groups=2, eps=1e-3, layout=layout)
    agree(layer_normalized, x, None, None, axes=1, eps=1e-3, layout=layout)
    agree(rms_normalized, x, None, axes=1, eps=1e-3, layout=layout)


@pytest.mark.parametrize("layout", ["rows", "channels last"])
@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 4, 40)])  # channels last in memory, and first
def test_nan_of_a_residual_passes_the_gradient_on(shape: tuple[int, ...], layout: str) -> None:
    x, (weight, bias), residual = draw(*shape), of_channels(4), np.full(shape, 9.0)
    residual[1, 2, 3] = np.nan
    agree(batch_normalized, x, weight, bias, residual, eps=1e-3, activation="relu", layout=layout)
    agree(
        standardized, x, bias, weight**2, weight, bias, residual, eps=1e-3, activation="relu", layout=layout
    )
    t = Tensor(residual, dtype="float32", requires_grad=True)
    F.batch_norm(
        Tensor(x, dtype="float32"), None, None, training=True, activation="relu", residual=t
    ).sum().backward()
    assert t.grad is not None
    assert (t.grad.numpy() == 1).all()


def test_other_dtypes_are_left_to_the_definition() -> None:
    for operation, more, options in [
        (batch_normalized, (None, None, None), {"activation": None}),
        (standardized, (np.zeros(3), np.ones(3), None, None, None), {"activation": None}),
        (group_normalized, (None, None), {"groups": 1}),
        (layer_normalized, (None, None), {"axes": 1}),
        (rms_normalized, (None,), {"axes": 1}),
    ]:
        kernel = table.find(operation.name)
        if kernel is None:
            pytest.skip("no kernels here")
        for dtype in (np.float64, np.float16):
            assert kernel.forward(draw(2, 3, 3).astype(dtype), *more, eps=1e-5, **options) is None


# ----------------------------------------------------------------- rounding


@pytest.mark.parametrize("layout", ["rows", "channels last"])
def test_far_from_0_nothing_is_lost(layout: str) -> None:
    """Numbers around 10,000 that differ by 1: what float32 holds of them is normalised to its last digits."""
    if table.find("batch_normalized") is None:
        pytest.skip("no kernels here")
    x = LAYOUTS[layout](draw(8, 16, 30, 30, offset=1e4).astype(np.float32))
    y = F.batch_norm(Tensor(x), None, None, training=True).numpy()
    exact = F.batch_norm(Tensor(x.astype(float)), None, None, training=True).numpy()
    np.testing.assert_allclose(y, exact, rtol=0, atol=2e-6)
    y = F.layer_norm(Tensor(x), 30).numpy()
    exact = F.layer_norm(Tensor(x.astype(float)), 30).numpy()
    np.testing.assert_allclose(y, exact, rtol=0, atol=2e-6)


def test_the_same_bits_with_any_number_of_threads() -> None:
    x, g = (Tensor(draw(4, 8, 50, 50, seed=i).astype(np.float32)) for i in (0, 1))
    found = []
    before = lucid.get_num_threads()
    for threads in (1, 2):
        lucid.set_num_threads(threads)
        try:
            x.requires_grad_()
            y = F.batch_norm(x, None, None, training=True) + F.layer_norm(x, 50)
            found.append((y, *lucid.autograd.grad(y, x, g)))
        finally:
            lucid.set_num_threads(before)
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
