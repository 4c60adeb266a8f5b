"""Initialisation against PyTorch: equal numbers where none is drawn, and equal spread where they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid
from lucid.nn import init

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.parity


@pytest.mark.parametrize(
    ("name", "shape", "options"),
    [
        ("eye_", (3, 5), {}),
        ("eye_", (4, 2), {}),
        ("dirac_", (4, 3, 3), {}),
        ("dirac_", (2, 3, 4, 5), {}),
        ("dirac_", (6, 2, 3, 2, 3), {"groups": 3}),
        ("dirac_", (4, 5, 2), {"groups": 2}),
        ("constant_", (2, 3), {"val": 0.3}),
    ],
)
def test_equal(name: str, shape: tuple[int, ...], options: dict[str, Any]) -> None:
    ours = getattr(init, name)(lucid.ones(shape), **options)
    theirs = getattr(torch.nn.init, name)(torch.ones(shape), **options)
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize(
    ("name", "shape", "options"),
    [
        ("sparse_", (300, 100), {"sparsity": 0.3, "std": 2.0}),
        ("xavier_normal_", (100, 100, 3), {"gain": 2.0}),
        ("kaiming_uniform_", (100, 300), {"a": 2.0, "mode": "fan_out"}),
        ("trunc_normal_", (300, 100), {"a": -1.0, "b": 0.5}),
        ("orthogonal_", (200, 10, 10), {"gain": 3.0}),
    ],
)
def test_spread(name: str, shape: tuple[int, ...], options: dict[str, Any]) -> None:
    """Ten quantiles of twenty thousand numbers or more agree to a few standard errors."""
    ours = getattr(init, name)(lucid.empty(shape), **options).numpy().ravel()
    theirs = getattr(torch.nn.init, name)(torch.empty(shape), **options).numpy().ravel()
    points = np.linspace(0.05, 0.95, 10)
    np.testing.assert_allclose(
        np.quantile(ours, points), np.quantile(theirs, points), atol=0.06 * theirs.std()
    )
