"""Every row of the table of operations, on every engine."""

from __future__ import annotations

import pytest

from lucid.testing import DEVICES, OpCase
from tests.ops.cases import CASES

every_case = pytest.mark.parametrize("case", CASES, ids=str)
every_device = pytest.mark.parametrize("device", DEVICES)


@every_device
@every_case
def test_forward(case: OpCase, device: str) -> None:
    case.check_forward(device)


@every_device
@every_case
def test_derivatives(case: OpCase, device: str) -> None:
    case.check_derivatives(device)


@every_device
@every_case
def test_float32_stays_float32(case: OpCase, device: str) -> None:
    case.check_float32(device)
