"""What the tables of cases share: sets of shapes, and rows that differ in their options."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lucid.testing import OpCase, nonzero
from lucid.testing.domains import NumPyArray

# Whether all of all rows runs on XLA too, which compiles anew for every operation and shape: `make thorough`.
EVERYTHING = bool(os.environ.get("LUCID_TEST_ALL"))

# An ordinary shape, one of no axes, one of no elements.
UNARY = [((2, 3),), ((),), ((0, 3),)]

# An ordinary pair, broadcasting pairs of all sorts, no axes, no elements.
BINARY = [
    ((2, 3), (2, 3)),
    ((2, 1), (1, 3)),
    ((3,), (2, 3)),
    ((2, 3), ()),
    ((), ()),
    ((0, 3), (1, 3)),
]


# Complex rows go without broadcasting and empty arrays, which are the same for all dtypes.
COMPLEX_UNARY = [((2, 3),), ((),)]
COMPLEX_BINARY = [((2, 3), (2, 3)), ((2, 1), (3,))]


def off_axes(rng: np.random.Generator, shape: tuple[int, ...]) -> NumPyArray:
    """Draw complex numbers whose two parts are 0.3 or more away from 0: branch cuts lie on the axes."""
    return np.asarray(nonzero(rng, shape) + 1j * nonzero(rng, shape))


def with_options(row: OpCase, options: Sequence[Mapping[str, Any]]) -> list[OpCase]:
    """Return ``row`` once for each of ``options``, which the names then show."""
    return [replace(row, name=f"{row.name}[{_shown(o)}]", options=o) for o in options]


def first_rows(cases: Sequence[OpCase]) -> dict[str, OpCase]:
    """Return the first row of each operation."""
    return {case.operation: case for case in reversed(cases)}


def _shown(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in options.items())
