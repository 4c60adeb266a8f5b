"""Pooling, embedding and dropout against PyTorch: values, indices and gradients, with every option."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor

torch = pytest.importorskip("torch")
TF = torch.nn.functional

pytestmark = pytest.mark.parity

rng = np.random.default_rng(0)
IMAGES = {1: (2, 3, 11), 2: (2, 3, 9, 8), 3: (2, 3, 5, 6, 7)}
MAX = [
    {"kernel_size": k, "stride": s, "padding": p, "dilation": d, "ceil_mode": c}
    for k, s, p, d, c in itertools.product((2, 3), (None, 1, 2), (0, 1), (1, 2), (False, True))
]
AVG = [
    {"kernel_size": k, "stride": s, "padding": p, "ceil_mode": c, "count_include_pad": i}
    for k, s, p, c, i in itertools.product((2, 3), (None, 1, 2), (0, 1), (False, True), (False, True))
]


def compare(ours: Callable[..., Any], theirs: Callable[..., Any], x: Any, dtype: str = "float64") -> None:
    a, b = Tensor(x.astype(dtype)).requires_grad_(), torch.tensor(x.astype(dtype)).requires_grad_()
    y, z = ours(a), theirs(b)
    if isinstance(y, tuple):
        np.testing.assert_array_equal(y[1].numpy(), z[1].numpy())
        y, z = y[0], z[0]
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), tolerance, tolerance)
    weights = rng.standard_normal(y.shape).astype(dtype)
    (y * Tensor(weights)).sum().backward()
    (z * torch.tensor(weights)).sum().backward()
    assert a.grad is not None
    np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), tolerance, tolerance)


@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_functions(n: int, batched: bool) -> None:
    shape = IMAGES[n] if batched else IMAGES[n][1:]
    x = np.round(2 * rng.standard_normal(shape)) / 2  # with ties
    for options in MAX:
        compare(
            lambda v, o=options: getattr(F, f"max_pool{n}d")(v, **o, return_indices=True),
            lambda v, o=options: getattr(TF, f"max_pool{n}d")(v, **o, return_indices=True),
            x,
        )
    for options in [*AVG, *([{**AVG[0], "divisor_override": 3}] if n > 1 else [])]:
        compare(
            lambda v, o=options: getattr(F, f"avg_pool{n}d")(v, **o),
            lambda v, o=options: getattr(TF, f"avg_pool{n}d")(v, **o),
            x,
        )
    for size in (1, 3, 5, *([(None,) + (2,) * (n - 1)] if n > 1 else [])):
        for name, more in (("avg", ()), ("max", (True,))):
            function = f"adaptive_{name}_pool{n}d"
            compare(
                lambda v, f=function, m=more, s=size: getattr(F, f)(v, s, *m),
                lambda v, f=function, m=more, s=size: getattr(TF, f)(v, s, *m),
                x,
            )


@pytest.mark.parametrize("name", ["MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_layers_of_float32(n: int, name: str) -> None:
    """In images large enough for the kernels."""
    x = rng.standard_normal((2, 16, *(10,) * n))
    arguments = [(3,)] if name.startswith("Adaptive") else [(2,), (3, 2, 1)]
    for args in arguments:
        compare(getattr(nn, f"{name}{n}d")(*args), getattr(torch.nn, f"{name}{n}d")(*args), x, "float32")


OPTIONS: list[dict[str, Any]] = [
    {"scale_grad_by_freq": True},
    {"scale_grad_by_freq": True, "padding_idx": 2},
    {"max_norm": 1.0},
    {"max_norm": 2.0, "norm_type": 1.0},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("rows", [6, 3000])
def test_embedding(options: dict[str, Any], rows: int) -> None:
    weight = rng.standard_normal((rows, 4)).astype(np.float32)
    names, slopes = rng.integers(0, 6, (3, 5)), rng.standard_normal((3, 5, 4)).astype(np.float32)
    ours, theirs = nn.Embedding(rows, 4, **options), torch.nn.Embedding(rows, 4, **options)
    ours.load_state_dict({"weight": Tensor(weight)})
    theirs.load_state_dict({"weight": torch.tensor(weight)})
    y, z = ours(Tensor(names)), theirs(torch.tensor(names))
    (y * Tensor(slopes)).sum().backward()
    (z * torch.tensor(slopes)).sum().backward()
    assert ours.weight.grad is not None
    for a, b in ((y, z), (ours.weight, theirs.weight), (ours.weight.grad, theirs.weight.grad)):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), 1e-5, 1e-6)


@pytest.mark.parametrize("name", ["Dropout", "AlphaDropout"])
def test_dropout_takes_the_same_two_values(name: str) -> None:
    x = rng.standard_normal(100)
    ours, theirs = getattr(nn, name)(0.5), getattr(torch.nn, name)(0.5)
    # In 60 draws an element is as good as always kept once and dropped once.
    mine = np.stack([ours(Tensor(x)).numpy() for _ in range(60)])
    other = np.stack([theirs(torch.tensor(x)).numpy() for _ in range(60)])
    np.testing.assert_allclose(mine.min(0), other.min(0), 1e-12, 1e-12)
    np.testing.assert_allclose(mine.max(0), other.max(0), 1e-12, 1e-12)
