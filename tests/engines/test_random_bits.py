"""The random numbers that an engine offers: functions of their key alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lucid.engines.registry import resolve_device
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)

DRAWS: dict[str, Any] = {
    "uniform": lambda e, key, d: e.uniform(key, (50,), np.dtype("float32"), d),
    "normal": lambda e, key, d: e.normal(key, (50,), np.dtype("float64"), d),
    "integers": lambda e, key, d: e.integers(key, -5, 5, (50,), np.dtype("int64"), d),
    "permutation": lambda e, key, d: e.permutation(key, 50, d),
}


@every_device
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_the_same_key_gives_the_same_numbers_and_another_others(draw: Any, device: str) -> None:
    engine, name = resolve_device(device)

    def numbers(key: int) -> list[float]:
        return engine.to_numpy(draw(engine, key, name)).tolist()  # type: ignore[no-any-return]

    key = 2**100 + 12345  # of 128 bits
    assert numbers(key) == numbers(key)
    assert numbers(key) != numbers(key + 1)
    assert numbers(key) != numbers(key - 2**100), "the upper half counts too"


@every_device
def test_ranges_and_types(device: str) -> None:
    engine, name = resolve_device(device)
    uniform = engine.to_numpy(engine.uniform(1, (2000,), np.dtype("float32"), name))
    assert uniform.dtype == np.float32
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < 0.05
    normal = engine.to_numpy(engine.normal(1, (2000,), np.dtype("float16"), name))
    assert normal.dtype == np.float16
    assert abs(normal.astype(float).mean()) < 0.1
    assert abs(normal.astype(float).std() - 1) < 0.1
    integers = engine.to_numpy(engine.integers(1, -2, 3, (500,), np.dtype("int8"), name))
    assert integers.dtype == np.int8
    assert sorted(set(integers.tolist())) == [-2, -1, 0, 1, 2]
    assert sorted(engine.to_numpy(engine.permutation(1, 9, name)).tolist()) == list(range(9))


@every_device
def test_no_numbers(device: str) -> None:
    engine, name = resolve_device(device)
    assert engine.uniform(1, (0, 3), np.dtype("float32"), name).shape == (0, 3)
    assert engine.normal(1, (), np.dtype("float32"), name).shape == ()
    assert engine.permutation(1, 0, name).shape == (0,)
