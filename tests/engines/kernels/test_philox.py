"""The kernel of random bits against NumPy's generator, number by number."""

from __future__ import annotations

import numpy as np
import pytest

from lucid.engines.cpu.engine import CPU
from lucid.engines.cpu.kernels import table


@pytest.mark.parametrize("key", [0, 1, 2**64, 2**128 - 1, 0x0123456789ABCDEF_FEDCBA9876543210])
@pytest.mark.parametrize("count", [1, 4, 1001])
def test_the_numbers_are_those_of_numpy(key: int, count: int) -> None:
    kernel = table.find("philox")
    if kernel is None:
        pytest.skip("no kernel serves philox here")
    np.testing.assert_array_equal(kernel.forward(key, count), np.random.Philox(key=key).random_raw(count))


def test_masks_do_not_depend_on_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    with_it = CPU.bernoulli(5, 0.3, (300, 101), "cpu")
    monkeypatch.setitem(table._found, "philox", None)
    np.testing.assert_array_equal(CPU.bernoulli(5, 0.3, (300, 101), "cpu"), with_it)
    assert CPU.bernoulli(5, 0.3, (0, 3), "cpu").shape == (0, 3)
