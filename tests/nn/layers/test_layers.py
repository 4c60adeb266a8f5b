"""Every layer in one table: shapes, gradients, saving, copying and pickling, on both engines."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.autograd import no_grad
from lucid.testing import DEVICES, check_grads


@dataclass(frozen=True)
class Row:
    """A layer, the shape of what goes in, and what should be true of it."""

    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    out: tuple[int, ...]
    shown: str
    names: tuple[str, ...] = ()
    target: Tensor | None = None
    integers: int = 0  # inputs are indices below this number

    def inputs(self, dtype: Any = None, device: str | None = None) -> list[Tensor]:
        rng = np.random.default_rng(3)
        if self.integers:
            x = Tensor(rng.integers(0, self.integers, self.shape), device=device)
        else:
            x = Tensor(rng.standard_normal(self.shape), dtype=dtype or lucid.float32, device=device)
        return [x] if self.target is None else [x, self.target.to(device or "cpu")]


classes = Tensor([0, 2, 1, 2])
weight = Tensor([0.5, 1.0, 2.0])
half = lucid.full((4, 3), 0.5)

ROWS = [
    Row(lambda: nn.Linear(5, 3), (4, 5), (4, 3), "Linear(5 -> 3)", ("weight", "bias")),
    Row(lambda: nn.Linear(5, 3), (5,), (3,), "Linear(5 -> 3)", ("weight", "bias")),
    Row(lambda: nn.Linear(5, 3), (2, 4, 5), (2, 4, 3), "Linear(5 -> 3)", ("weight", "bias")),
    Row(lambda: nn.Linear(5, 3), (0, 5), (0, 3), "Linear(5 -> 3)", ("weight", "bias")),
    Row(lambda: nn.Linear(1, 1, bias=False), (4, 1), (4, 1), "Linear(1 -> 1, bias=False)", ("weight",)),
    Row(lambda: nn.Embedding(6, 2), (3, 4), (3, 4, 2), "Embedding(6, 2)", ("weight",), integers=6),
    Row(lambda: nn.Embedding(6, 2), (), (2,), "Embedding(6, 2)", ("weight",), integers=6),
    Row(
        lambda: nn.Embedding(6, 2, padding_idx=-1),
        (9,),
        (9, 2),
        "Embedding(6, 2, padding_idx=5)",
        ("weight",),
        integers=6,
    ),
    Row(nn.Flatten, (2, 3, 4), (2, 12), "Flatten(start_axis=1, end_axis=-1)"),
    Row(lambda: nn.Flatten(0, 1), (2, 3, 4), (6, 4), "Flatten(start_axis=0, end_axis=1)"),
    Row(lambda: nn.Identity(7, any="thing"), (2, 3), (2, 3), "Identity()"),
    Row(nn.ReLU, (2, 3), (2, 3), "ReLU()"),
    Row(nn.ReLU, (), (), "ReLU()"),
    Row(nn.LeakyReLU, (2, 3), (2, 3), "LeakyReLU(negative_slope=0.01)"),
    Row(lambda: nn.LeakyReLU(0.3), (2, 3), (2, 3), "LeakyReLU(negative_slope=0.3)"),
    Row(nn.GELU, (2, 3), (2, 3), "GELU()"),
    Row(lambda: nn.GELU("tanh"), (2, 3), (2, 3), "GELU(approximate='tanh')"),
    Row(nn.SiLU, (2, 3), (2, 3), "SiLU()"),
    Row(nn.Sigmoid, (2, 3), (2, 3), "Sigmoid()"),
    Row(nn.Tanh, (2, 3), (2, 3), "Tanh()"),
    Row(nn.Softmax, (2, 3), (2, 3), "Softmax(axis=-1)"),
    Row(lambda: nn.LogSoftmax(0), (2, 3), (2, 3), "LogSoftmax(axis=0)"),
    Row(lambda: nn.Dropout(0.0), (2, 3), (2, 3), "Dropout(p=0)"),
    Row(nn.MSELoss, (4, 3), (), "MSELoss()", target=half),
    Row(lambda: nn.MSELoss("none"), (4, 3), (4, 3), "MSELoss(reduction='none')", target=half),
    Row(lambda: nn.L1Loss("sum"), (4, 3), (), "L1Loss(reduction='sum')", target=half),
    Row(nn.CrossEntropyLoss, (4, 3), (), "CrossEntropyLoss()", target=classes),
    Row(
        lambda: nn.CrossEntropyLoss(weight, ignore_index=1, reduction="none", label_smoothing=0.1),
        (4, 3),
        (4,),
        "CrossEntropyLoss(ignore_index=1, label_smoothing=0.1, reduction='none')",
        ("weight",),
        target=classes,
    ),
    Row(lambda: nn.NLLLoss(weight), (4, 3), (), "NLLLoss()", ("weight",), target=classes),
    Row(nn.BCEWithLogitsLoss, (4, 3), (), "BCEWithLogitsLoss()", target=half),
    Row(
        lambda: nn.BCEWithLogitsLoss(weight, pos_weight=weight, reduction="sum"),
        (4, 3),
        (),
        "BCEWithLogitsLoss(reduction='sum')",
        ("weight", "pos_weight"),
        target=half,
    ),
]

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.shown}{row.shape}")
every_device = pytest.mark.parametrize("device", DEVICES)


def same(a: Tensor, b: Tensor) -> None:
    np.testing.assert_array_equal(a.numpy(), b.numpy())


@every_device
@every_row
def test_shape_dtype_and_device(row: Row, device: str) -> None:
    layer = row.make().to(device)
    y = layer(*row.inputs(device=device))
    assert (y.shape, y.dtype, y.device) == (row.out, lucid.float32, device)


@every_row
def test_repr_and_names(row: Row) -> None:
    layer = row.make()
    assert repr(layer) == row.shown
    assert tuple(layer.state_dict()) == row.names
    assert all(p.requires_grad for p in layer.parameters())


# That a padding row gets no gradient is a decision, and no derivative: test_corners.py has it.
SMOOTH = [row for row in ROWS if "padding_idx" not in row.shown]


@every_device
@pytest.mark.parametrize("row", SMOOTH, ids=lambda row: f"{row.shown}{row.shape}")
def test_gradients(row: Row, device: str) -> None:
    """Of the input and of every parameter, against differences."""
    layer = row.make().to(device, lucid.float64)
    parameters = dict(layer.named_parameters())
    inputs = row.inputs(lucid.float64, device)

    def call(*values: Tensor) -> Tensor:
        for name, value in zip(parameters, values[len(inputs) :], strict=True):
            # Not `module.weight = value`: a Tensor is no Parameter, and this is a test's trick.
            layer.__dict__[name] = value
        return layer(*values[: len(inputs)])

    check_grads(call, [*inputs, *(p.detach() for p in parameters.values())], device=device)


@every_row
def test_training_makes_no_difference(row: Row) -> None:
    """But for dropout, which has tests of its own."""
    layer, inputs = row.make(), row.inputs()
    assert layer.training
    trained = layer(*inputs)
    assert not layer.eval().training
    same(layer(*inputs), trained)


@every_row
def test_state_dict_round_trip(row: Row) -> None:
    layer, other, inputs = row.make(), row.make(), row.inputs()
    other.load_state_dict(layer.state_dict())
    same(other(*inputs), layer(*inputs))


@every_row
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_copies_are_equal_and_apart(row: Row, copied: Callable[[nn.Module], nn.Module]) -> None:
    layer, inputs = row.make(), row.inputs()
    other = copied(layer)
    assert repr(other) == repr(layer)
    before = layer(*inputs)
    same(other(*inputs), before)
    with no_grad():
        for tensor in (*other.parameters(), *other.buffers()):
            tensor.copy_(tensor + 1)
    same(layer(*inputs), before)


@every_device
def test_device_and_dtype_of_parameters(device: str) -> None:
    for layer in (
        nn.Linear(2, 3, device=device, dtype=lucid.float64),
        nn.Embedding(2, 3, device=device, dtype=lucid.float64),
    ):
        for p in layer.parameters():
            assert (p.device, p.dtype) == (device, lucid.float64)


# ----------------------------------------------------------------- how parameters begin


def test_linear_begins_uniform_within_its_bound() -> None:
    layer = nn.Linear(400, 100)
    for p in layer.parameters():
        values = p.numpy()
        assert abs(values).max() <= 1 / 20
        assert abs(values).max() > 0.9 / 20
    # 40,000 draws of U(-b, b): the standard error of the mean is b / sqrt(3 * 40000), or 0.003 b.
    assert abs(layer.weight.numpy().mean()) < 0.015 / 20


def test_embedding_begins_normal_with_a_padding_row_of_zeros() -> None:
    layer = nn.Embedding(200, 50, padding_idx=3)
    values = np.delete(layer.weight.numpy(), 3, axis=0)
    # The standard errors of 9950 draws are 0.01 and 0.007: these bounds are five times as wide.
    assert abs(values.mean()) < 0.05
    assert abs(values.std() - 1) < 0.035
    assert not layer.weight.numpy()[3].any()
    assert layer.weight.is_leaf
    assert layer.weight.requires_grad


def test_seeds_repeat() -> None:
    lucid.random.seed(5)
    first = nn.Linear(3, 2)
    lucid.random.seed(5)
    same(nn.Linear(3, 2).weight, first.weight)
    assert first.weight.tolist() != nn.Linear(3, 2).weight.tolist()


# ----------------------------------------------------------------- dropout


@every_device
def test_dropout_drops_and_scales(device: str) -> None:
    x = lucid.ones((100, 100), device=device, requires_grad=True)
    layer = nn.Dropout(0.2)
    y = layer(x)
    assert y.device == device
    assert set(np.unique(y.numpy())) == {np.float32(0), np.float32(1.25)}
    # 10,000 draws: the standard error of the share is 0.004.
    assert abs((y.numpy() == 0).mean() - 0.2) < 0.02
    assert (layer(x).numpy() != y.numpy()).any()
    y.sum().backward()
    assert x.grad is not None
    same(x.grad, y)  # what was dropped gets no gradient, the rest is scaled alike
    assert layer.eval()(x) is x


def test_dropout_of_all_and_of_none() -> None:
    x = Tensor([1.0, float("inf"), float("nan")])
    assert nn.functional.dropout(x, 1.0).tolist() == [0, 0, 0]
    assert nn.functional.dropout(x, 0.0) is x
    assert nn.functional.dropout(lucid.zeros((0, 3))).shape == (0, 3)


def test_dropout_never_makes_nan_of_infinity() -> None:
    y = nn.functional.dropout(lucid.full(100, float("inf"))).numpy()
    assert set(y) == {0, np.inf}


def test_dropout_follows_its_generator() -> None:
    x = lucid.ones(50)
    draws = [nn.functional.dropout(x, generator=lucid.random.Generator(4)) for _ in range(2)]
    same(*draws)


def test_dropout_stays_half_precision() -> None:
    x = lucid.ones(50, dtype=lucid.float16)
    assert nn.functional.dropout(x, 0.1).dtype == lucid.float16


# ----------------------------------------------------------------- weights of losses


def test_weights_move_with_their_loss() -> None:
    pytest.importorskip("jax")
    layer = nn.CrossEntropyLoss(weight).to("xla:cpu")
    assert layer.weight.device == "xla:cpu"
    assert layer(half.to("xla:cpu"), classes.to("xla:cpu")).device == "xla:cpu"
    assert not list(layer.parameters())


def test_a_loss_trains_through_modules() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.GELU(), nn.Dropout(0.1), nn.Linear(8, 3))
    nn.CrossEntropyLoss()(model(lucid.random.randn(4, 2, 2)), classes).backward()
    assert all(p.grad is not None and bool((p.grad != 0).any()) for p in model.parameters())


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (nn.CrossEntropyLoss, "weight"),
        (nn.NLLLoss, "weight"),
        (nn.BCEWithLogitsLoss, "weight"),
        (lambda w: nn.BCEWithLogitsLoss(pos_weight=w), "pos_weight"),
    ],
)
def test_losses_keep_their_own_copy_of_a_weight(make, name):
    array = np.ones(2, np.float32)
    layer = make(array)
    array[:] = 5
    assert getattr(layer, name).tolist() == [1.0, 1.0]
    assert make(Tensor(array)).state_dict()[name].tolist() == [5.0, 5.0]
