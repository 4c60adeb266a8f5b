"""Reading and writing at an index: what the table of cases has no place for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.errors import IndexingError
from lucid.testing import DEVICES, check_grads

every_device = pytest.mark.parametrize("device", DEVICES)


@every_device
def test_an_element_read_twice_gathers_both_gradients(device: str) -> None:
    x = Tensor([1.0, 2.0, 3.0], device=device, requires_grad=True)
    (x[[0, 0, 2]] * Tensor([1.0, 10.0, 100.0], device=device)).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [11.0, 0.0, 100.0]


@every_device
def test_where_several_values_are_written_to_one_place_one_stays_and_has_the_gradient(device: str) -> None:
    x = Tensor([0.0, 0.0, 0.0], device=device, requires_grad=True)
    values = Tensor([1.0, 2.0, 3.0], device=device, requires_grad=True)
    y = lucid.setitem(x, [1, 1, 2], values)
    stayed = y[1].item()
    assert stayed in (1.0, 2.0)
    if device == "cpu":
        assert stayed == 2.0, "the last one, as in NumPy"
    y.backward(Tensor([1.0, 10.0, 100.0], device=device))
    assert x.grad is not None
    assert values.grad is not None
    assert x.grad.tolist() == [1.0, 0.0, 0.0]
    assert values.grad.tolist() == ([10.0, 0.0, 100.0] if stayed == 1.0 else [0.0, 10.0, 100.0])


def test_derivatives_of_a_write_with_duplicates() -> None:
    rows, columns = np.array([0, 2, 0]), np.array([1, 0, 1])
    check_grads(
        lambda x, v: lucid.setitem(x, (rows, columns), v) ** 2,
        [np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0, 3.0])],
    )


@every_device
def test_a_value_broadcast_into_duplicates_has_the_gradient_of_each_place_once(device: str) -> None:
    x = lucid.zeros((3, 2), device=device)
    value = Tensor(5.0, device=device, requires_grad=True)
    y = lucid.setitem(x, [0, 0, 2], value)
    assert y.tolist() == [[5.0, 5.0], [0.0, 0.0], [5.0, 5.0]]
    y.sum().backward()
    assert value.grad is not None
    assert value.grad.item() == 4.0


@every_device
def test_tensors_as_indices(device: str) -> None:
    x = lucid.arange(12, device=device).reshape(3, 4)
    i = Tensor([2, 0], device=device)
    assert x[i, i].tolist() == [10, 0]
    assert x[Tensor(1, device=device)].tolist() == [4, 5, 6, 7]
    assert x[x > 9].tolist() == [10, 11]
    assert x[x[:, 0] > 0, 1].tolist() == [5, 9]


def test_an_index_on_another_device_is_taken_along() -> None:
    x = lucid.arange(4, device="xla:cpu")
    assert x[Tensor([3, 0])].tolist() == [3, 0]
    assert lucid.arange(4)[Tensor([3, 0], device="xla:cpu")].tolist() == [3, 0]


@every_device
@pytest.mark.parametrize("key", [3, -4, [0, 3], [-4], np.array([[0, 1], [2, 3]])], ids=str)
def test_an_index_out_of_range_is_an_error_on_every_engine(key: Any, device: str) -> None:
    x = Tensor([1.0, 2.0, 3.0], device=device, requires_grad=True)
    with pytest.raises(IndexingError, match="out of bounds"):
        x[key]
    with pytest.raises(IndexingError, match="out of bounds"):
        x[key] = 0.0
    with pytest.raises(IndexingError, match="out of bounds"):
        lucid.take(x, key)
    with pytest.raises(IndexingError, match="out of bounds"):
        lucid.take_along_axis(x, np.atleast_1d(key).reshape(-1))
    assert x.tolist() == [1.0, 2.0, 3.0]
    assert x.is_leaf, "a write that failed was recorded"


def test_the_graph_keeps_the_index_that_was_given() -> None:
    index = np.array([0, 1])
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x[index].sum()
    index[:] = 2
    y.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1.0, 1.0, 0.0]


def test_what_was_read_is_not_changed_by_a_later_write() -> None:
    x = lucid.zeros((2, 2))
    row, mirrored, whole = x[0], x[::-1], x[...]
    x[0] = 1.0
    assert row.tolist() == [0.0, 0.0]
    assert mirrored.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert whole.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert x.tolist() == [[1.0, 1.0], [0.0, 0.0]]


@every_device
def test_a_write_of_a_tensor_into_itself(device: str) -> None:
    x = lucid.arange(4, device=device)
    x[1:] = x[:-1]
    assert x.tolist() == [0, 0, 1, 2]


@every_device
def test_writes_are_recorded(device: str) -> None:
    x = Tensor([1.0, 2.0], device=device, requires_grad=True)
    y = x * 3
    y[0] = x[1] * 10
    assert y.tolist() == [20.0, 6.0]
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 13.0]


@every_device
def test_iteration_and_unstack_read_in_order(device: str) -> None:
    x = lucid.arange(6, device=device).reshape(3, 2)
    assert [row.tolist() for row in x] == [[0, 1], [2, 3], [4, 5]]
    assert [c.tolist() for c in lucid.unstack(x, axis=1)] == [[0, 2, 4], [1, 3, 5]]
