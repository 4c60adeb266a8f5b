"""What all tests share: random numbers that begin anew, and no setting left changed by another test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

import lucid

# SciPy reads this when it is first imported, and JAX imports SciPy: so here, before any test.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

# Beside other processes with tests, more threads than one would only wait for the cores.
if "PYTEST_XDIST_WORKER" in os.environ:
    lucid.set_num_threads(1)

# How long an example takes says how busy the machine is, and nothing about Lucid.
settings.register_profile("lucid", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lucid")


@pytest.fixture(autouse=True)
def _fresh_state() -> Iterator[None]:
    """Seed Lucid's random numbers, and see that the test leaves recording switched on."""
    lucid.random.seed(0)
    yield
    assert lucid.autograd.is_recording(), "the test left gradient recording switched off"
    assert lucid.get_float32_matmul_precision() == "highest", "the test left the precision lowered"
