"""The whole table of operations."""

from __future__ import annotations

from lucid.testing import OpCase
from tests.ops import (
    cases_comparison,
    cases_elementwise,
    cases_exponential,
    cases_fft,
    cases_indexing,
    cases_linalg,
    cases_reduction,
    cases_searching,
    cases_shape,
    cases_sorting,
)

CASES: list[OpCase] = [
    *cases_elementwise.CASES,
    *cases_exponential.CASES,
    *cases_fft.CASES,
    *cases_comparison.CASES,
    *cases_reduction.CASES,
    *cases_shape.CASES,
    *cases_indexing.CASES,
    *cases_linalg.CASES,
    *cases_sorting.CASES,
    *cases_searching.CASES,
]
