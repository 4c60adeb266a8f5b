"""Activations, linear maps with one, and the cross entropy against PyTorch, kernels included."""

from __future__ import annotations

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
x = 3 * rng.standard_normal((6, 4, 10))
at_corners = np.array([-np.inf, -50.0, -6.0, -3.0, -1.0, -0.0, 0.0, 1e-3, 1.0, 3.5, 6.0, 50.0, 800.0])
without_infinity = at_corners[1:]


def compare(ours: Callable[..., Any], theirs: Callable[..., Any], arrays: list[Any], rtol: float) -> None:
    """Compare results, and gradients of a weighted sum by every argument of floats."""
    mine = [Tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    other = [torch.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    y, z = ours(*mine), theirs(*other)
    close(y.detach().numpy(), z.detach().numpy(), rtol)
    weights = np.asarray(np.random.default_rng(9).standard_normal(y.shape), y.dtype.name)
    y.backward(Tensor(weights))
    z.backward(torch.tensor(weights))
    for a, b in zip(mine, other, strict=True):
        if a.requires_grad:
            close(a.grad.numpy(), b.grad.numpy(), rtol)


def close(a: Any, b: Any, rtol: float) -> None:
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    scale = np.abs(b[np.isfinite(b)]).max(initial=0)
    np.testing.assert_allclose(a, b, rtol, rtol * scale)


FUNCTIONS: list[tuple[str, Callable[..., Any], Callable[..., Any], list[Any]]] = [
    ("hardtanh", F.hardtanh, TF.hardtanh, [at_corners]),
    ("hardtanh[bounds]", lambda v: F.hardtanh(v, -3, 1), lambda v: TF.hardtanh(v, -3, 1), [at_corners]),
    ("relu6", F.relu6, TF.relu6, [at_corners]),
    ("hardsigmoid", F.hardsigmoid, TF.hardsigmoid, [at_corners]),
    ("hardswish", F.hardswish, TF.hardswish, [without_infinity]),
    ("elu", F.elu, TF.elu, [at_corners]),
    ("elu[alpha]", lambda v: F.elu(v, 0.3), lambda v: TF.elu(v, 0.3), [at_corners]),
    ("selu", F.selu, TF.selu, [at_corners]),
    ("celu", lambda v: F.celu(v, 0.25), lambda v: TF.celu(v, 0.25), [at_corners]),
    ("softplus", F.softplus, TF.softplus, [without_infinity]),
    ("softplus[options]", lambda v: F.softplus(v, 2, 3), lambda v: TF.softplus(v, 2, 3), [without_infinity]),
    ("logsigmoid", F.logsigmoid, TF.logsigmoid, [without_infinity]),
    ("mish", F.mish, TF.mish, [without_infinity]),
    ("softsign", F.softsign, TF.softsign, [without_infinity]),
    ("prelu", F.prelu, TF.prelu, [x, rng.standard_normal(4)]),
    ("prelu[one]", F.prelu, TF.prelu, [at_corners, np.array([0.25])]),
    ("glu", F.glu, TF.glu, [x]),
    ("glu[axis]", lambda v: F.glu(v, 1), lambda v: TF.glu(v, 1), [x]),
]


@pytest.mark.parametrize(
    ("ours", "theirs", "arrays"), [row[1:] for row in FUNCTIONS], ids=[row[0] for row in FUNCTIONS]
)
def test_function(ours: Callable[..., Any], theirs: Callable[..., Any], arrays: list[Any]) -> None:
    # PyTorch has the 1/6 of hardsigmoid's derivative in float32.
    compare(ours, theirs, arrays, 1e-7 if ours is F.hardsigmoid else 1e-12)


WITH_KERNELS: list[tuple[str, Callable[..., Any], Callable[..., Any]]] = [
    ("relu", F.relu, TF.relu),
    ("leaky_relu", F.leaky_relu, TF.leaky_relu),
    ("gelu", F.gelu, TF.gelu),
    ("gelu[tanh]", lambda v: F.gelu(v, "tanh"), lambda v: TF.gelu(v, approximate="tanh")),
    ("silu", F.silu, TF.silu),
    ("sigmoid", F.sigmoid, TF.sigmoid),
    ("tanh", F.tanh, TF.tanh),
]


@pytest.mark.parametrize(
    ("ours", "theirs"), [row[1:] for row in WITH_KERNELS], ids=[row[0] for row in WITH_KERNELS]
)
def test_kernel(ours: Callable[..., Any], theirs: Callable[..., Any]) -> None:
    compare(ours, theirs, [(3 * rng.standard_normal((50, 60))).astype(np.float32)], 2e-6)


@pytest.mark.parametrize("activation", ["relu", "gelu", "gelu_tanh", "silu", "sigmoid", "tanh"])
def test_linear_with_an_activation(activation: str) -> None:
    their = (lambda v: TF.gelu(v, approximate="tanh")) if activation == "gelu_tanh" else None
    their = their or getattr(TF, activation)
    arrays = [rng.standard_normal(s).astype(np.float32) for s in ((3, 40, 64), (48, 64), (48,))]
    compare(lambda *a: F.linear(*a, activation=activation), lambda *a: their(TF.linear(*a)), arrays, 2e-5)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("shape", [(40, 70), (4, 30, 5, 6), (3000,)], ids=str)
def test_cross_entropy(shape: tuple[int, ...], smoothing: float, reduction: str) -> None:
    classes = shape[min(1, len(shape) - 1)]
    target = np.asarray(rng.integers(0, classes, shape[:1] + shape[2:] if len(shape) > 1 else ()))
    weight = rng.uniform(0.5, 2, classes).astype(np.float32)
    logits = rng.standard_normal(shape).astype(np.float32)
    options: dict[str, Any] = {"label_smoothing": smoothing, "reduction": reduction, "ignore_index": 3}
    compare(
        lambda v: F.cross_entropy(v, Tensor(target), Tensor(weight), **options),
        lambda v: TF.cross_entropy(v, torch.tensor(target), torch.tensor(weight), **options),
        [logits],
        5e-6,
    )


def test_state_dicts_have_the_same_names_and_shapes() -> None:
    for ours, theirs in (
        (nn.PReLU(3), torch.nn.PReLU(3)),
        (nn.PReLU(), torch.nn.PReLU()),
        (nn.Linear(3, 2, activation="relu"), torch.nn.Linear(3, 2)),
    ):
        shapes = {name: tuple(t.shape) for name, t in theirs.state_dict().items()}
        assert {name: tuple(t.shape) for name, t in ours.state_dict().items()} == shapes
    np.testing.assert_array_equal(
        nn.PReLU(3).weight.detach().numpy(), torch.nn.PReLU(3).weight.detach().numpy()
    )
