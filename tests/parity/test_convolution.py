"""Convolutions against PyTorch, in float64: results, gradients, and state dicts."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor

torch = pytest.importorskip("torch")

pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel"),
]

RTOL = 1e-12  # some roundings of float64; sums may be taken in another order


def close(a: Any, b: Any) -> None:
    assert a.shape == tuple(b.shape)
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), RTOL, RTOL)


def compare(ours: Any, theirs: Any, arrays: list[Any]) -> None:
    mine = [Tensor(a, requires_grad=True) for a in arrays]
    other = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, z = ours(*mine), theirs(*other)
    close(y, z)
    weights = np.random.default_rng(9).standard_normal(y.shape)
    (y * Tensor(weights)).sum().backward()
    (z * torch.tensor(weights)).sum().backward()
    for a, b in zip(mine, other, strict=True):
        close(a.grad, b.grad)


SIZES = (2, 4, 9, 8, 7)


@pytest.mark.parametrize(("n", "batched"), [(1, True), (1, False), (2, True), (2, False), (3, True)])
def test_convolution(n: int, batched: bool) -> None:
    rng = np.random.default_rng(n)
    ours, theirs = getattr(F, f"conv{n}d"), getattr(torch.nn.functional, f"conv{n}d")
    for stride, padding, dilation, groups in itertools.product(
        (1, 2), (0, 2, "same", "valid"), (1, 2), (1, 2)
    ):
        if padding == "same" and stride == 2:
            continue
        x = rng.standard_normal(SIZES[: n + 2])[0 if not batched else slice(None)]
        arrays = [x, rng.standard_normal((6, 4 // groups, 3, 2, 3)[: n + 2]), rng.standard_normal(6)]
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        compare(lambda *a, o=options: ours(*a, **o), lambda *a, o=options: theirs(*a, **o), arrays)


@pytest.mark.parametrize(("n", "batched"), [(1, True), (1, False), (2, True), (2, False), (3, True)])
def test_transposed(n: int, batched: bool) -> None:
    rng = np.random.default_rng(n)
    ours, theirs = (getattr(module, f"conv_transpose{n}d") for module in (F, torch.nn.functional))
    choices = itertools.product((1, 2), (0, 1), (0, 1, 2), (1, 3), (1, 2))
    for stride, padding, output_padding, dilation, groups in choices:
        if output_padding >= max(stride, dilation):
            continue
        x = rng.standard_normal((2, 4, 3, 4, 2)[: n + 2])[0 if not batched else slice(None)]
        arrays = [x, rng.standard_normal((4, 3, 3, 2, 3)[: n + 2]), rng.standard_normal(3 * groups)]
        options = {
            "stride": stride,
            "padding": padding,
            "output_padding": output_padding,
            "groups": groups,
            "dilation": dilation,
        }
        compare(lambda *a, o=options: ours(*a, **o), lambda *a, o=options: theirs(*a, **o), arrays)


LAYERS = [
    ("Conv1d", (4, 6, 3), {"padding": 2, "padding_mode": "reflect"}, (2, 4, 7)),
    (
        "Conv2d",
        (4, 6, (4, 3)),
        {"padding": "same", "padding_mode": "circular", "dilation": (1, 2)},
        (2, 4, 7, 6),
    ),
    ("Conv2d", (4, 6, 3, 2, 1, 1, 2, False, "replicate"), {}, (2, 4, 7, 6)),
    ("Conv3d", (2, 4, 2), {"padding": 1, "padding_mode": "circular"}, (1, 2, 3, 4, 3)),
    ("ConvTranspose1d", (4, 6, 3, 2, 1, 1), {}, (2, 4, 5)),
    ("ConvTranspose2d", (4, 6, 3, 2, 1, 1, 2, True, 2), {}, (2, 4, 5, 4)),
    ("ConvTranspose3d", (2, 4, 2, 2), {"bias": False}, (1, 2, 3, 2, 3)),
]


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS)
def test_layer(name: str, args: Any, options: Any, shape: Any) -> None:
    mine, other = getattr(nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
    mine.to(dtype="float64"), other.to(torch.float64)
    theirs = other.state_dict()
    assert list(mine.state_dict()) == list(theirs)
    mine.load_state_dict({key: Tensor(value.numpy()) for key, value in theirs.items()})
    compare(mine, other, [np.random.default_rng(0).standard_normal(shape)])
    for p, q in zip(mine.parameters(), other.parameters(), strict=True):
        close(p.grad, q.grad)


def test_output_size() -> None:
    mine, other = nn.ConvTranspose2d(2, 3, 3, 2, 1), torch.nn.ConvTranspose2d(2, 3, 3, 2, 1)
    x = np.zeros((1, 2, 4, 4), np.float32)
    for size in ((7, 8), [1, 3, 8, 7]):
        assert mine(Tensor(x), size).shape == tuple(other(torch.tensor(x), size).shape)


def test_parameters_begin_alike() -> None:
    for name in ("Conv2d", "ConvTranspose2d"):
        mine, other = (getattr(module, name)(32, 64, 5, groups=2) for module in (nn, torch.nn))
        for p, q in zip(mine.parameters(), other.parameters(), strict=True):
            assert abs(p.numpy()).max() == pytest.approx(q.abs().max().item(), rel=0.1)
            assert p.numpy().std() == pytest.approx(q.std().item(), rel=0.3)
