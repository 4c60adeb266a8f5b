"""Every row of the table of functionals, on every engine.

XLA compiles anew for every operation and shape: there the first row of each function runs, with its first
shapes. ``LUCID_TEST_ALL=1``, or ``make thorough``, runs all of all rows there.
"""

from __future__ import annotations

import pytest

from lucid.testing import OpCase
from tests.nn.functional.cases import CASES
from tests.ops import one_program
from tests.ops.rows import EVERYTHING, first_rows

FIRST = first_rows(CASES)

every_case = pytest.mark.parametrize("case", CASES, ids=str)


@every_case
def test_forward(case: OpCase) -> None:
    case.check_forward()


@every_case
def test_derivatives(case: OpCase) -> None:
    case.check_derivatives()


@every_case
def test_float32_stays_float32(case: OpCase) -> None:
    case.check_float32()


@pytest.mark.parametrize(
    "case", [case for case in FIRST.values() if one_program.XLA in case.devices], ids=str
)
def test_on_xla(case: OpCase) -> None:
    pytest.importorskip("jax")
    one_program.check(case)


if EVERYTHING:

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_forward_on_xla(case: OpCase) -> None:
        case.check_forward("xla:cpu")

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_derivatives_on_xla(case: OpCase) -> None:
        case.check_derivatives("xla:cpu")

    @pytest.mark.parametrize("case", CASES, ids=str)
    def test_float32_stays_float32_on_xla(case: OpCase) -> None:
        case.check_float32("xla:cpu")
