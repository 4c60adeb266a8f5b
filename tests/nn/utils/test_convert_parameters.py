"""Parameters as one vector, and modules that are made without values."""

from __future__ import annotations

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, ShapeError
from lucid.nn.utils import parameters_to_vector, skip_init, vector_to_parameters


def test_there_and_back() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1, bias=False))
    vector = parameters_to_vector(model.parameters())
    assert vector.shape == (10,)
    (vector * lucid.arange(10, dtype="float32")).sum().backward()
    assert model[0].bias.grad.tolist() == [6, 7]
    nodes = [p._node for p in model.parameters()]
    vector_to_parameters(lucid.arange(10, dtype="float64"), model.parameters())
    assert model[0].weight.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert model[1].weight.tolist() == [[8, 9]]
    assert [p._node for p in model.parameters()] == nodes  # the same leaves
    assert model[0].weight.dtype == lucid.float32


def test_vectors_are_moved_to_where_the_parameters_are() -> None:
    pytest.importorskip("jax")
    p = (
        nn.Parameter(lucid.zeros((2, 0, 1), device="xla:cpu")),
        nn.Parameter(lucid.zeros((), device="xla:cpu")),
    )
    vector_to_parameters(lucid.ones(1), p)
    assert (p[1].device, p[1].item()) == ("xla:cpu", 1.0)
    assert parameters_to_vector(p).tolist() == [1.0]


def test_bad_vectors() -> None:
    p = nn.Parameter([1.0, 2.0])
    with pytest.raises(ShapeError, match=r"vec of shape \(2,\), got \(3,\)"):
        vector_to_parameters(lucid.zeros(3), p)
    with pytest.raises(ArgumentTypeError, match="vec to be a Tensor, got list"):
        vector_to_parameters([1.0, 2.0], p)
    with pytest.raises(ArgumentError, match="got no parameters"):
        parameters_to_vector([])
    with pytest.raises(ArgumentTypeError, match=r"pass its .parameters\(\)"):
        parameters_to_vector(nn.Linear(2, 1))  # type: ignore[arg-type]
    assert p.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "make", [lambda: (nn.Conv2d, 2, 3, 3), lambda: (nn.LSTM, 2, 3)], ids=["Conv2d", "LSTM"]
)
def test_skip_init(make) -> None:  # type: ignore[no-untyped-def]
    lucid.random.seed(3)
    before = lucid.random.default_generator().state_dict()
    layer = skip_init(*make(), dtype="float64")
    assert lucid.random.default_generator().state_dict() == before
    for p in layer.parameters():
        assert (p.dtype, p.requires_grad) == (np.dtype("float64"), True)
        assert not p.numpy().any()
    assert all(p.numpy().any() for p in make()[0](*make()[1:]).parameters())  # the next one is filled


def test_skip_init_ends_with_an_error() -> None:
    with pytest.raises(ArgumentError):
        skip_init(nn.Linear, 0, 1)
    assert nn.init.ones_(lucid.zeros(1)).item() == 1
    with pytest.raises(ArgumentTypeError, match="a class of Modules, got Linear"):
        skip_init(nn.Linear(1, 1), 0, 1)


def test_gradients_of_second_order_flow_through_the_vector() -> None:
    a, b = nn.Parameter([1.0, 2.0]), nn.Parameter(3.0)
    vector = parameters_to_vector([a, b])
    (first,) = lucid.autograd.grad((vector**3).sum(), a, create_graph=True)
    (second,) = lucid.autograd.grad(first.sum(), a)
    assert second.tolist() == [6.0, 12.0]
    assert isinstance(vector, Tensor)
