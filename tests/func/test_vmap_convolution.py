"""Convolutions under vmap: a batch at once against one example after the other."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn.functional as F
from lucid import Tensor
from lucid.func import grad, jacobian, vmap

COUNT = 3
BATCHED = [axes for axes in itertools.product((0, None), repeat=3) if axes != (None,) * 3]


@pytest.mark.parametrize("axes", BATCHED, ids=str)
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("function", [F.conv1d, F.conv_transpose1d])
def test_a_batch_is_as_its_examples(function: Any, groups: int, axes: Any) -> None:
    rng = np.random.default_rng(0)
    shapes = [(2, 4, 5), (4, 4 // groups, 2), (4,)]
    args = [
        Tensor(rng.standard_normal((COUNT, *s) if a == 0 else s)) for s, a in zip(shapes, axes, strict=True)
    ]
    run = lambda *xs: function(*xs, stride=2, padding=1, groups=groups)  # noqa: E731
    slopes = grad(lambda *xs: (run(*xs) ** 2).sum(), argnums=(0, 1, 2))
    for f in (run, slopes):
        found = vmap(f, in_axes=axes)(*args)
        found = found if isinstance(found, tuple) else (found,)
        for i in range(COUNT):
            one = f(*(t[i] if a == 0 else t for t, a in zip(args, axes, strict=True)))
            for batch, right in zip(found, one if isinstance(one, tuple) else (one,), strict=True):
                np.testing.assert_allclose(batch[i].numpy(), right.numpy(), 1e-12, 1e-12)


def test_no_examples() -> None:
    out = vmap(lambda x: F.conv1d(x, lucid.ones((1, 1, 2))))(lucid.zeros((0, 2, 1, 4)))
    assert out.shape == (0, 2, 1, 3)


def test_the_jacobian_of_a_convolution_is_its_matrix() -> None:
    weight = Tensor([[[1.0, 2.0, 4.0]]])
    matrix = jacobian(lambda x: F.conv1d(x[None], weight)[0])(lucid.zeros(5))
    assert matrix.tolist() == [[1, 2, 4, 0, 0], [0, 1, 2, 4, 0], [0, 0, 1, 2, 4]]
