"""The kernel of dropout against its definition."""

from __future__ import annotations

import numpy as np
import pytest

import lucid
import lucid.nn.functional as F
from lucid.nn.functional.dropout import kept
from tests.engines.kernels.agree import LAYOUTS, agree

rng = np.random.default_rng(0)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 3, 4, 5), (3, 20_001)])
def test_layouts(layout: str, shape: tuple[int, ...]) -> None:
    agree(kept, rng.standard_normal(shape), rng.random(shape) < 0.7, layout=layout, scale=1.25)


def test_what_is_not_finite_is_left_out_like_all_else() -> None:
    x = rng.choice([np.inf, -np.inf, np.nan, 1.0], 500)
    agree(kept, x, rng.random(500) < 0.5, scale=2.0)


def test_masks_of_channels_are_left_to_the_definition() -> None:
    agree(kept, rng.standard_normal((2, 3, 4)), rng.random((2, 3, 1)) < 0.5, scale=2.0, declines=True)


def test_channels_stay_last_in_memory() -> None:
    x = lucid.ones((2, 9, 9, 16)).permute_dims((0, 3, 1, 2))
    assert F.dropout(x, 0.5).numpy().strides == x.numpy().strides
