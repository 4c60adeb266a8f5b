"""Bags of embeddings against PyTorch's, with every option."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import lucid.nn.functional as F
from lucid import Tensor

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.parity

rng = np.random.default_rng(0)
table = rng.standard_normal((6, 3))
table[2] = table[1]  # so that there are ties
ENDS = np.array([0, 3, 3, 4, 11])


@pytest.mark.parametrize(
    ("mode", "padding", "ragged", "weighted"),
    [
        row
        for row in itertools.product(("sum", "mean", "max"), (None, 2, -1), (False, True), (False, True))
        if row[0] == "sum" or not row[3]
    ],
)
def test_embedding_bag(mode: str, padding: int | None, ragged: bool, weighted: bool) -> None:
    x = rng.integers(0, 6, 11 if ragged else (4, 5))
    scale = rng.standard_normal(x.shape) if weighted else None
    results = []
    for make, function in ((Tensor, F.embedding_bag), (torch.tensor, torch.nn.functional.embedding_bag)):
        weight = make(table, requires_grad=True)
        by = None if scale is None else make(scale, requires_grad=True)
        options: dict[str, Any] = {"mode": mode, "padding_idx": padding, "per_sample_weights": by}
        y = function(make(x), weight, make(ENDS) if ragged else None, **options)
        (y * y).sum().backward()
        grads = [weight.grad] if by is None else [weight.grad, by.grad]
        results.append([y.detach().numpy(), *(g.numpy() for g in grads)])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
