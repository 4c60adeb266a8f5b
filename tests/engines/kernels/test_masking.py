"""Masks of dropout: the kernel against NumPy's choice, and derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import lucid
import lucid.nn.functional as F
from lucid.engines.cpu.kernels import table
from lucid.ops import masked_scale
from lucid.testing import DEVICES, check_grads
from tests.engines.kernels.agree import LAYOUTS

rng = np.random.default_rng(0)
kernel = table.find("masked_scale")
needs_the_kernel = pytest.mark.skipif(kernel is None, reason="no kernel serves masked_scale here")


@needs_the_kernel
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 3, 4, 5), (3, 20_001)])
def test_layouts(layout: str, shape: tuple[int, ...]) -> None:
    x = LAYOUTS[layout](np.asarray(rng.choice([np.inf, np.nan, 1.0, -2.0], shape), np.float32))
    mask = rng.random(shape) < 0.7
    before = x.copy()
    assert kernel is not None
    found = kernel.forward(x, mask, scale=1.25)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.where(mask, x * np.float32(1.25), 0))
    np.testing.assert_array_equal(x, before)


@needs_the_kernel
def test_channels_stay_last_in_memory() -> None:
    x = lucid.ones((2, 9, 9, 16)).permute_dims((0, 3, 1, 2))
    assert F.dropout(x, 0.5).numpy().strides == x.numpy().strides


@pytest.mark.parametrize("device", DEVICES)
def test_derivatives_and_masks_that_broadcast(device: str) -> None:
    mask = lucid.asarray(rng.random((3, 1)) < 0.5, device=device)
    check_grads(
        lambda x: masked_scale(x, mask, scale=2.0) ** 2, [rng.standard_normal((2, 3, 4))], device=device
    )


def test_a_batch_of_masks() -> None:
    x, mask = lucid.asarray(rng.standard_normal((5, 3, 2))), lucid.asarray(rng.random((5, 2)) < 0.5)
    found = lucid.func.vmap(lambda a, m: masked_scale(a, m, scale=3.0))(x, mask)
    np.testing.assert_array_equal(found.numpy(), np.where(mask.numpy()[:, None], x.numpy() * 3, 0))
