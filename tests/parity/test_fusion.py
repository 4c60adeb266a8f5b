"""Folding batch normalisation against PyTorch, by its weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid.nn as nn
from lucid import Tensor

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.parity

ROWS: list[tuple[str, tuple[Any, ...], dict[str, Any], str, tuple[Any, ...]]] = [
    ("Conv1d", (3, 4, 2), {}, "BatchNorm1d", ()),
    ("Conv2d", (4, 4, 3), {"groups": 2, "bias": False}, "BatchNorm2d", ()),
    ("ConvTranspose2d", (3, 4, 3), {}, "BatchNorm2d", (True,)),
    ("Linear", (3, 4), {}, "BatchNorm1d", ()),
    ("Linear", (3, 4), {"bias": False}, "BatchNorm1d", ()),
]


@pytest.mark.parametrize(("layer", "args", "options", "norm", "more"), ROWS)
def test_weights(layer: str, args: Any, options: Any, norm: str, more: Any) -> None:
    theirs = getattr(torch.nn, layer)(*args, **options).double(), getattr(torch.nn, norm)(4).double()
    rng = np.random.default_rng(0)
    for t in (*theirs[1].parameters(), *theirs[1].buffers()):
        if t.is_floating_point():
            t.data.copy_(torch.tensor(rng.uniform(0.5, 2.0, tuple(t.shape))))
    ours = getattr(nn, layer)(*args, **options, dtype="float64"), getattr(nn, norm)(4, dtype="float64")
    for mine, other in zip(ours, theirs, strict=True):
        mine.load_state_dict({k: v.numpy() for k, v in other.state_dict().items()})
        mine.eval()
        other.eval()
    kind = "linear" if layer == "Linear" else "conv"
    a = getattr(nn.utils.fusion, f"fuse_{kind}_bn_eval")(*ours, *more)
    b = getattr(torch.nn.utils.fusion, f"fuse_{kind}_bn_eval")(*theirs, *more)
    for name, value in b.state_dict().items():
        np.testing.assert_allclose(a.state_dict()[name].numpy(), value.numpy(), rtol=1e-12)
    assert [p.requires_grad for p in a.parameters()] == [p.requires_grad for p in b.parameters()]


def test_vectors() -> None:
    arrays = [np.arange(6.0).reshape(2, 3), np.array(7.0), np.arange(2.0)]
    ours, theirs = [nn.Parameter(a) for a in arrays], [torch.nn.Parameter(torch.tensor(a)) for a in arrays]
    a, b = nn.utils.parameters_to_vector(ours), torch.nn.utils.parameters_to_vector(theirs)
    np.testing.assert_array_equal(a.numpy(), b.detach().numpy())
    nn.utils.vector_to_parameters(Tensor(a.numpy() * 2), ours)
    torch.nn.utils.vector_to_parameters(b.detach() * 2, theirs)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(p.numpy(), q.detach().numpy())
