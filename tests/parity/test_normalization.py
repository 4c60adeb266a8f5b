"""Normalisation against PyTorch: results, gradients, running statistics and state dicts, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor

torch = pytest.importorskip("torch")
TF = torch.nn.functional
T = torch.nn

pytestmark = pytest.mark.parity

# Some roundings of float64; sums may be taken in another order.
RTOL = 1e-11

rng = np.random.default_rng(0)


def close(a: Any, b: Any, tolerance: float = RTOL) -> None:
    assert a.shape == tuple(b.shape)
    assert str(a.dtype) == str(b.dtype).removeprefix("torch.")
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=tolerance, atol=tolerance)


def draw(*shape: int) -> Any:
    return rng.standard_normal(shape)


LAYERS: list[tuple[str, dict[str, Any], tuple[Any, ...], tuple[int, ...]]] = [
    ("BatchNorm1d", {}, (3,), (5, 3)),
    ("BatchNorm1d", {}, (3,), (5, 3, 4)),
    ("BatchNorm2d", {"momentum": 0.3, "eps": 0.1}, (3,), (2, 3, 4, 5)),
    ("BatchNorm2d", {"momentum": None}, (3,), (2, 3, 4, 5)),
    ("BatchNorm2d", {"affine": False}, (3,), (2, 3, 4, 5)),
    ("BatchNorm2d", {"bias": False}, (3,), (2, 3, 4, 5)),
    ("BatchNorm2d", {"track_running_stats": False}, (3,), (2, 3, 4, 5)),
    ("BatchNorm3d", {}, (3,), (2, 3, 2, 1, 4)),
    ("InstanceNorm1d", {}, (3,), (2, 3, 4)),
    ("InstanceNorm1d", {"affine": True}, (3,), (3, 4)),
    ("InstanceNorm2d", {"affine": True, "track_running_stats": True}, (3,), (2, 3, 4, 5)),
    ("InstanceNorm3d", {"track_running_stats": True, "momentum": 0.5}, (3,), (2, 3, 2, 1, 4)),
    ("GroupNorm", {}, (2, 6), (3, 6, 4)),
    ("GroupNorm", {"affine": False, "eps": 0.1}, (3, 6), (3, 6)),
    ("GroupNorm", {"bias": False}, (6, 6), (2, 6, 2, 2)),
    ("LayerNorm", {}, (5,), (2, 3, 5)),
    ("LayerNorm", {"bias": False, "eps": 0.1}, ((3, 5),), (2, 3, 5)),
    ("LayerNorm", {"elementwise_affine": False}, ((5,),), (5,)),
    ("RMSNorm", {}, (5,), (2, 3, 5)),
    ("RMSNorm", {"eps": 0.1}, ((3, 5),), (2, 3, 5)),
    ("RMSNorm", {"elementwise_affine": False}, (5,), (2, 5)),
]


@pytest.mark.parametrize(("name", "options", "sizes", "shape"), LAYERS)
def test_layer(name: str, options: dict[str, Any], sizes: tuple[Any, ...], shape: tuple[int, ...]) -> None:
    """Train on three batches and evaluate on one, from a state dict of PyTorch's."""
    theirs = getattr(T, name)(*sizes, **options).double()
    for p in theirs.parameters():
        p.data = torch.tensor(draw(*p.shape))
    mine = getattr(nn, name)(*sizes, **options).to(dtype=lucid.float64)
    assert list(mine.state_dict()) == list(theirs.state_dict())
    mine.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    for training in (True, True, True, False):
        mine.train(training)
        theirs.train(training)
        values, g = draw(*shape), draw(*shape)
        x, z = Tensor(values, requires_grad=True), torch.tensor(values, requires_grad=True)
        y, expected = mine(x), theirs(z)
        close(y, expected)
        y.backward(Tensor(g))
        expected.backward(torch.tensor(g))
        close(x.grad, z.grad)
        for p, q in zip(mine.parameters(), theirs.parameters(), strict=True):
            close(p.grad, q.grad)
        for key, value in theirs.state_dict().items():
            close(mine.state_dict()[key], value)


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize(
    ("ours", "reference"),
    [
        (
            lambda x: F.batch_norm(x, None, None, training=True),
            lambda x: TF.batch_norm(x, None, None, training=True),
        ),
        (lambda x: F.instance_norm(x), lambda x: TF.instance_norm(x)),
        (lambda x: F.group_norm(x, 4), lambda x: TF.group_norm(x, 4)),
        (lambda x: F.layer_norm(x, (9, 9)), lambda x: TF.layer_norm(x, (9, 9))),
        (lambda x: F.rms_norm(x, 9, eps=1e-5), lambda x: TF.rms_norm(x, (9,), eps=1e-5)),
    ],
)
def test_float32(ours: Callable[..., Any], reference: Callable[..., Any], last: bool) -> None:
    """Large enough for kernels, in either layout: against PyTorch's results in float64."""
    values, g = draw(4, 8, 9, 9).astype(np.float32), draw(4, 8, 9, 9).astype(np.float32)
    held = np.moveaxis(np.ascontiguousarray(np.moveaxis(values, 1, -1)), -1, 1) if last else values
    x, z = Tensor(held, requires_grad=True), torch.tensor(values).double().requires_grad_()
    y, expected = ours(x), reference(z)
    y.backward(Tensor(g))
    expected.backward(torch.tensor(g).double())
    close(y, expected.float(), 2e-6)
    close(x.grad, z.grad.float(), 2e-6)


@pytest.mark.parametrize("shape", [(0, 3), (2, 3, 0)])
def test_nothing_leaves_running_statistics_alone(shape: tuple[int, ...]) -> None:
    mean, var = lucid.full(3, 0.5), lucid.full(3, 2.0)
    their_mean, their_var = torch.full((3,), 0.5), torch.full((3,), 2.0)
    close(
        F.batch_norm(lucid.zeros(shape), mean, var, training=True),
        TF.batch_norm(torch.zeros(shape), their_mean, their_var, training=True),
    )
    close(mean, their_mean)
    close(var, their_var)


@pytest.mark.parametrize("name", ["layer_norm", "rms_norm"])
def test_half_precision(name: str) -> None:
    values = draw(4, 9).astype(np.float16)
    found = getattr(F, name)(Tensor(values), 9)
    close(found, getattr(TF, name)(torch.tensor(values), (9,)), 2e-3)
