"""Recomputing in the backward pass against PyTorch: gradients, buffers, and pieces of a Sequential."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor

torch = pytest.importorskip("torch")
recompute = pytest.importorskip("torch.utils.checkpoint")

pytestmark = pytest.mark.parity


def pair() -> tuple[Any, Any]:
    """Return a model here and there, with the same weights."""
    torch.manual_seed(0)

    def make(lib: Any) -> Any:
        layers = [lib.Linear(3, 4), lib.Tanh(), lib.Linear(4, 4), lib.GELU(), lib.Linear(4, 2)]
        return lib.Sequential(*layers)

    theirs = make(torch.nn).double()
    ours = make(nn).to(dtype=lucid.float64)
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    return ours, theirs


@pytest.mark.parametrize("segments", [None, 1, 2, 5])
def test_gradients(segments: int | None) -> None:
    ours, theirs = pair()
    array = np.random.default_rng(0).normal(size=(5, 3))
    x, z = Tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
    if segments is None:
        y = nn.utils.checkpoint(ours, x, use_reentrant=False)
        w = recompute.checkpoint(theirs, z, use_reentrant=False)
    else:
        y = nn.utils.checkpoint_sequential(ours, segments, x, use_reentrant=False)
        w = recompute.checkpoint_sequential(theirs, segments, z, use_reentrant=False)
    np.testing.assert_allclose(y.numpy(), w.detach().numpy(), rtol=1e-12)
    (g,) = lucid.autograd.grad((y**2).sum(), x, create_graph=True)
    (h,) = torch.autograd.grad((w**2).sum(), z, create_graph=True)
    np.testing.assert_allclose(g.numpy(), h.detach().numpy(), rtol=1e-10)
    (g**2).sum().backward()
    (h**2).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), z.grad.numpy(), rtol=1e-9)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert (p.grad is None) == (q.grad is None)
        if q.grad is not None:
            np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-9, atol=1e-14)


def test_buffers_move_once_here_and_twice_there() -> None:
    """In PyTorch running statistics see the batch again in the backward pass; here they do not."""
    array = np.random.default_rng(0).normal(size=(5, 3)) + 1
    ours, theirs = nn.BatchNorm1d(3, dtype="float64"), torch.nn.BatchNorm1d(3).double()
    nn.utils.checkpoint(ours, Tensor(array)).sum().backward()
    recompute.checkpoint(theirs, torch.tensor(array), use_reentrant=False).sum().backward()
    assert ours.num_batches_tracked.item() == 1
    assert theirs.num_batches_tracked.item() == 2
    plain = torch.nn.BatchNorm1d(3).double()
    plain(torch.tensor(array)).sum().backward()
    np.testing.assert_allclose(ours.running_mean.numpy(), plain.running_mean.numpy(), rtol=1e-12)
