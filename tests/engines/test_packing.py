"""What is made of an array is kept, and never stale."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np

import lucid
from lucid import Tensor
from lucid.engines.cpu import packing
from lucid.engines.cpu.memory import is_alone
from lucid.engines.cpu.packing import packed


def total(array: Any) -> Any:
    """Return what is kept of ``array``: here, its sum."""
    return packed(array, "sum", lambda: array.sum())


def test_from_the_third_use_on_it_is_kept() -> None:
    x = np.ones(2048)
    assert [total(x) for _ in range(4)] == [None, None, 2048.0, 2048.0]
    assert packed(x, "another", lambda: 1) is None


def test_it_dies_with_the_array() -> None:
    x = np.ones(2048)
    for _ in range(3):
        total(x)
    key = id(x)
    assert key in packing._entries
    del x
    gc.collect()
    assert key not in packing._entries


def test_views_are_told_apart() -> None:
    x = np.stack([np.ones(2048), np.zeros(2048)])
    for _ in range(3):
        total(x[0]), total(x[1])
    assert total(x[0]) == 2048.0
    assert total(x[1]) == 0.0


def test_a_write_is_seen() -> None:
    t = lucid.rand(64, 64)
    for _ in range(3):
        total(t._array)
    t[0, 0] = 100.0  # in place: nobody else holds the array
    assert total(t._array) is None
    assert is_alone(t)


def test_memory_that_others_can_write_to_is_left_alone() -> None:
    theirs = np.ones((64, 64))
    small = np.ones((8, 3, 3, 3))
    for t in (
        lucid.asarray(theirs),
        lucid.asarray(theirs).T,
        lucid.from_dlpack(theirs),
        lucid.asarray(small),
    ):
        assert [total(t._array) for _ in range(4)] == [None] * 4
    mine = Tensor(theirs)
    assert [total(mine._array) for _ in range(3)] == [None, None, 4096.0]


def test_of_one_array_only_so_much_is_kept() -> None:
    x = np.ones(2048)
    made = 0
    for key in range(5):
        for _ in range(3):
            value = packed(x, key, lambda: 1)
        made += value is not None
    assert made == packing.MOST


def test_what_is_counted_is_bounded() -> None:
    x = np.ones(2048)
    for key in range(1000):
        packed(x, key, lambda: 1)
    assert len(packing._entries[id(x)].uses) <= packing.MOST_USES + 1


def test_a_number_of_threads_has_layouts_of_its_own() -> None:
    before = lucid.get_num_threads()
    x = np.ones(2048)
    for _ in range(3):
        total(x)
    lucid.set_num_threads(before + 1)
    try:
        assert total(x) is None
    finally:
        lucid.set_num_threads(before)
    assert total(x) == 2048.0


def test_products_with_weights_in_oneDNNs_layout_are_the_same() -> None:
    w = lucid.randn(96, 64)
    for rows in (2, 30, 200):
        x = lucid.randn(rows, 64)
        first, *rest = [(x @ w.T).numpy() for _ in range(5)]
        for again in rest:
            np.testing.assert_allclose(again, first, 1e-5, 1e-5)
    for _ in range(4):
        before = (x @ w.T).numpy()
    w[0] = 0.0
    after = (x @ w.T).numpy()
    assert not after[:, 0].any()
    np.testing.assert_allclose(after[:, 1:], before[:, 1:], 1e-5, 1e-5)
