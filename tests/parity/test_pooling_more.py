"""Pooling by norms and at drawn places, and what undoes a max pooling, against PyTorch with every option."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid.nn.functional as F
from lucid import Tensor

torch = pytest.importorskip("torch")
TF = torch.nn.functional

pytestmark = pytest.mark.parity

rng = np.random.default_rng(0)
IMAGES = {1: (2, 3, 11), 2: (2, 3, 9, 8), 3: (2, 3, 5, 6, 7)}


def compare(ours: Callable[..., Any], theirs: Callable[..., Any], x: Any) -> None:
    """Compare values, indices and gradients."""
    a, b = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = ours(a), theirs(b)
    if isinstance(y, tuple):
        np.testing.assert_array_equal(y[1].numpy(), z[1].numpy())
        y, z = y[0], z[0]
    tolerance = 1e-12 if x.dtype == np.float64 else 1e-5
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), tolerance, tolerance)
    weights = rng.standard_normal(y.shape).astype(x.dtype)
    (y * Tensor(weights)).sum().backward()
    (z * torch.tensor(weights)).sum().backward()
    assert a.grad is not None
    np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), tolerance, tolerance)


@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_norms(n: int, batched: bool) -> None:
    shape = IMAGES[n] if batched else IMAGES[n][1:]
    x = np.round(2 * rng.standard_normal(shape)) / 2
    x[..., :3] = 0  # windows of nothing
    for k, s, c in itertools.product((2, 3), (None, 1, 2), (False, True)):
        for p in (1, 2, 4, math.inf, -math.inf):
            compare(
                lambda v, o=(p, k, s, c): getattr(F, f"lp_pool{n}d")(v, *o),
                lambda v, o=(p, k, s, c): getattr(TF, f"lp_pool{n}d")(v, *o),
                x,
            )
        for p in (3, 1.5, -2):
            compare(
                lambda v, o=(p, k, s, c): getattr(F, f"lp_pool{n}d")(v, *o),
                lambda v, o=(p, k, s, c): getattr(TF, f"lp_pool{n}d")(v, *o),
                np.abs(x) + 0.1,
            )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n", [2, 3])
def test_drawn_places(n: int, dtype: str) -> None:
    """The same windows for the same numbers: they are rounded alike."""
    for _ in range(60):
        sizes = [int(m) for m in rng.integers(4, 30 if n == 2 else 12, n)]
        kernel = [int(k) for k in rng.integers(1, 4, n)]
        count = [int(rng.integers(1, max(m - k, 1) + 1)) for m, k in zip(sizes, kernel, strict=True)]
        x = rng.standard_normal((2, 3, *sizes)).astype(dtype)
        samples = rng.random((2, 3, n)).astype(dtype)
        function = f"fractional_max_pool{n}d"
        options = (tuple(kernel), tuple(count), None, True)
        compare(
            lambda v, o=options, s=samples, f=function: getattr(F, f)(v, *o, Tensor(s)),
            lambda v, o=options, s=samples, f=function: getattr(TF, f)(v, *o, torch.tensor(s)),
            x,
        )


@pytest.mark.parametrize("n", [1, 2, 3])
def test_undoing(n: int) -> None:
    """Also where windows overlap, and two of them have one largest element."""
    image = rng.standard_normal(IMAGES[n])
    for k, s, p in itertools.product((2, 3), (None, 1, 2), (0, 1)):
        _, at = getattr(TF, f"max_pool{n}d")(torch.tensor(image), k, s, p, return_indices=True)
        function = f"max_unpool{n}d"
        for size in (None, tuple(IMAGES[n][2:]), IMAGES[n]):
            if size is None and int(at.max()) >= math.prod(
                (m - 1) * (s or k) - 2 * p + k for m in at.shape[2:]
            ):
                continue
            values = np.take_along_axis(image.reshape(2, 3, -1), at.numpy().reshape(2, 3, -1), -1).reshape(
                at.shape
            )
            compare(
                lambda v, o=(k, s, p, size), f=function, at=at: getattr(F, f)(v, Tensor(at.numpy()), *o),
                lambda v, o=(k, s, p, size), f=function, at=at: getattr(TF, f)(v, at, *o),
                values,
            )
