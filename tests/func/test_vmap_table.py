"""Every row of the table of operations, for a batch at once, against one example after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.func import grad, vmap
from lucid.testing import OpCase
from tests.ops import cases, cases_decompositions

CASES = [*cases.CASES, *cases_decompositions.CASES]
COUNT = 3

# Operations that must see values, or whose results differ in shape between examples: vmap says so.
VALUES = ("one_hot[as many", "nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values")


def examples(case: OpCase, shapes: tuple[Any, ...]) -> list[list[Any]]:
    """Draw arguments for each example: the same for the first, since a draw depends on the shapes alone."""
    rng = np.random.default_rng(0)
    domains = case.domain if isinstance(case.domain, tuple) else (case.domain,) * len(shapes)
    return [[domain(rng, shape) for domain, shape in zip(domains, shapes, strict=True)] for _ in range(COUNT)]


def as_sequence(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (tuple, list)) else [value]


def check(function: Callable[..., Any], drawn: list[list[Any]], axes: tuple[int | None, ...]) -> None:
    """Compare ``vmap(function)`` with a loop; an argument whose axis is None is that of the first example."""
    columns = list(zip(*drawn, strict=True))
    batch = [Tensor(np.stack(c) if a == 0 else c[0]) for c, a in zip(columns, axes, strict=True)]
    found = as_sequence(vmap(function, in_axes=axes)(*batch))
    singles = [
        as_sequence(function(*(Tensor(c[i] if a == 0 else c[0]) for c, a in zip(columns, axes, strict=True))))
        for i in range(COUNT)
    ]
    for k, result in enumerate(found):
        wanted = np.stack([s[k].numpy() for s in singles])
        assert result.shape == wanted.shape
        assert result.dtype == wanted.dtype
        np.testing.assert_allclose(result.numpy(), wanted, 1e-10, 1e-10)


def weighted(case: OpCase) -> Callable[..., Any]:
    """Return the sum of the squares of the results, a real number whose gradients differ everywhere."""

    def scalar(*xs: Any) -> Any:
        results = [r for r in as_sequence(case.function(*xs, **case.options)) if r.dtype.kind in "fc"]
        return sum(lucid.real(r * lucid.conj(r)).sum() for r in results)

    return scalar


@pytest.mark.parametrize("case", [c for c in CASES if c.operation not in VALUES], ids=str)
def test_a_batch_is_as_its_examples(case: OpCase) -> None:
    if case.name == "one_hot[as many as there are]":
        return  # in a batch, as many as there are in all of it
    for shapes in case.shapes[:2]:
        drawn = examples(case, shapes)
        n = len(shapes)
        function = lambda *xs: case.function(*xs, **case.options)  # noqa: E731
        # All arguments batched, and the first or the last alone.
        for axes in {(0,) * n, (0, *(None,) * (n - 1)), (*(None,) * (n - 1), 0)}:
            check(function, drawn, axes)
            which = tuple(i for i in range(n) if np.asarray(drawn[0][i]).dtype.kind in "fc")
            if case.order and which:
                check(grad(weighted(case), argnums=which), drawn, axes)
