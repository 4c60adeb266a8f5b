"""The kernels of pooling against their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lucid.nn.functional import windows as wd
from lucid.nn.functional.window_pooling import avg_pool, max_pool
from tests.engines.kernels.agree import LAYOUTS, agree

rng = np.random.default_rng(0)


def windows(shape: tuple[int, ...], *axes: Any) -> wd.Windows:
    """Return windows for the last axes: of (kernel, stride, padding, ...), or as many as an integer says."""
    made = [
        wd.adaptive(size, a) if isinstance(a, int) else wd.regular(size, *a)
        for size, a in zip(shape[-len(axes) :], axes, strict=True)
    ]
    assert None not in made
    return wd.Windows(made)  # type: ignore[arg-type]


CASES = [
    ((2, 5, 6, 7), ((2, 2, 0), (2, 2, 0))),
    ((2, 16, 6, 6), ((2, 2, 0), (3, 3, 0))),
    ((2, 3, 9, 8), ((3, 2, 1), (3, 1, 1))),
    ((3, 9, 8), ((3, 2, 1, 2), (2, 3, 1, 2, True))),  # dilated, up, without a batch
    ((2, 3, 10), ((5, 3, 2),)),
    ((3, 10), (4,)),
    ((2, 3, 7, 5), (3, 5)),
    ((2, 3, 7, 5), (1, 1)),
    ((2, 3, 5, 4, 6), ((2, 1, 0), (3, 2, 1), (2, 2, 0))),
    ((3, 5, 4, 6), (2, 1, 4)),
    ((1, 2, 20, 20), (1, 1)),  # more elements than a byte counts
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("shape", "axes"), CASES[:3])
def test_layouts(shape: tuple[int, ...], axes: Any, layout: str) -> None:
    x, w = rng.standard_normal(shape), windows(shape, *axes)
    agree(max_pool, x, layout=layout, windows=w, return_indices=True)
    agree(avg_pool, x, layout=layout, windows=w, divisor=None)


@pytest.mark.parametrize(("shape", "axes"), CASES)
def test_windows(shape: tuple[int, ...], axes: Any) -> None:
    x, w = rng.standard_normal(shape), windows(shape, *axes)
    agree(max_pool, x, windows=w, return_indices=False)
    agree(max_pool, x, windows=w, return_indices=True)
    if all(each.step == 1 for each in w.axes):  # no average has windows with gaps
        agree(avg_pool, x, windows=w, divisor=None)
        agree(avg_pool, x, windows=w, divisor=-3)


def test_averages_that_leave_the_padding_out() -> None:
    x = rng.standard_normal((2, 3, 6, 6))
    agree(avg_pool, x, windows=windows(x.shape, *[(3, 2, 1, 1, True, False)] * 2), divisor=None)


@pytest.mark.parametrize("values", [(0.0, 1.0), (np.nan, 1.0, 2.0), (-np.inf, -np.inf, np.inf, 1.0)])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # of the definition: inf - inf
def test_ties_and_what_is_not_finite(values: tuple[float, ...]) -> None:
    x = rng.choice(values, (2, 5, 8, 9))
    for axes in ((2, 2, 0), (2, 2, 0)), ((3, 2, 1), (3, 2, 1)), (3, 4):
        w = windows(x.shape, *axes)
        agree(max_pool, x, windows=w, return_indices=True)
        agree(avg_pool, x, windows=w, divisor=None)


axis = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2), st.booleans())


@settings(max_examples=60)
@given(st.data())
def test_any_windows(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 3))
    lead = data.draw(st.sampled_from([(2, 3), (1, 1), (17,)]))
    sizes = tuple(data.draw(st.integers(1, 7)) for _ in range(n))
    made: list[Any] = []
    for size in sizes:
        if data.draw(st.booleans()):
            made.append(data.draw(st.integers(1, 5)))
        else:
            kernel, stride, padding, dilation, ceil = data.draw(axis)
            made.append((kernel, stride, min(padding, kernel // 2), dilation, ceil))
            assume(wd.regular(size, *made[-1]) is not None)
    x = rng.integers(-2, 3, (*lead, *sizes)) / 2
    layout = data.draw(st.sampled_from(list(LAYOUTS)))
    w = windows(x.shape, *made)
    agree(max_pool, x, layout=layout, windows=w, return_indices=True)
    if all(each.step == 1 for each in w.axes):
        agree(avg_pool, x, layout=layout, windows=w, divisor=None)
