"""The kernel of embedding against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lucid.nn.functional.embedding import table_rows
from tests.engines.kernels.agree import LAYOUTS, agree

rng = np.random.default_rng(0)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 3, 2)])
def test_layouts(layout: str, shape: tuple[int, ...]) -> None:
    weight, names = rng.standard_normal((9, 5)), rng.integers(0, 9, shape)
    agree(table_rows, weight, names, layout=layout, padding=None, by_count=False)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64", "int64"])
@pytest.mark.parametrize("padding", [None, 0, 3])
@pytest.mark.parametrize("by_count", [False, True])
def test_options(dtype: str, padding: int | None, by_count: bool) -> None:
    weight, names = rng.standard_normal((4, 17)), rng.integers(0, 4, 20).astype(dtype)
    agree(table_rows, weight, names, padding=padding, by_count=by_count)


def test_what_is_not_finite_stays_in_its_row() -> None:
    weight = rng.standard_normal((5, 3))
    weight[1], weight[3, 0] = np.nan, np.inf
    agree(table_rows, weight, np.array([3, 1, 4, 3]), padding=None, by_count=False)


@settings(max_examples=40)
@given(st.integers(1, 200), st.integers(1, 40), st.integers(1, 100), st.booleans(), st.booleans())
def test_any_sizes(rows: int, width: int, count: int, by_count: bool, pad: bool) -> None:
    weight = rng.standard_normal((rows, width))
    names = rng.integers(0, rows, count) // rng.integers(1, 5)
    agree(table_rows, weight, names, padding=rows // 3 if pad else None, by_count=by_count)
