"""Layers that read sequences, and single steps: shapes, states, names, and what they refuse."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, DeviceError, DTypeError, LucidError, ShapeError
from lucid.nn.utils.rnn import PackedSequence, pack_sequence, unpack_sequence

LAYERS = [nn.LSTM, nn.GRU, nn.RNN]
CELLS = [nn.LSTMCell, nn.GRUCell, nn.RNNCell]
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}

every_layer = pytest.mark.parametrize("make", LAYERS)
every_cell = pytest.mark.parametrize("make", CELLS)


def draw(*shape: int) -> Tensor:
    return Tensor(np.random.default_rng(sum(shape)).standard_normal(shape))


def close(a: Any, b: Any) -> None:
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12, atol=1e-12)


def parts(state: Any) -> tuple[Any, ...]:
    return state if isinstance(state, tuple) else (state,)


# ----------------------------------------------------------------- what they are


@every_layer
def test_names_and_shapes_of_parameters(make: Any) -> None:
    gates = GATES[make.__name__]
    layer = make(5, 4, num_layers=2, bidirectional=True)
    shapes = {name: p.shape for name, p in layer.named_parameters()}
    rows = 4 * gates
    expected: dict[str, tuple[int, ...]] = {}
    for suffix, columns in (("l0", 5), ("l0_reverse", 5), ("l1", 8), ("l1_reverse", 8)):
        expected[f"weight_ih_{suffix}"] = (rows, columns)
        expected[f"weight_hh_{suffix}"] = (rows, 4)
        expected[f"bias_ih_{suffix}"] = expected[f"bias_hh_{suffix}"] = (rows,)
    assert shapes == expected
    assert list(shapes) == list(expected)
    assert all(abs(p.numpy()).max() <= 0.5 for p in layer.parameters())
    assert [name for name, _ in make(5, 4, bias=False).named_parameters()] == ["weight_ih_l0", "weight_hh_l0"]


def test_projection_has_a_weight() -> None:
    shapes = {n: p.shape for n, p in nn.LSTM(5, 4, 2, bias=False, proj_size=3).named_parameters()}
    assert shapes["weight_hh_l0"] == (16, 3)
    assert shapes["weight_ih_l1"] == (16, 3)
    assert shapes["weight_hr_l1"] == (3, 4)


def test_repr() -> None:
    assert repr(nn.LSTM(5, 4)) == "LSTM(5 -> 4)"
    shown = "num_layers=2, bias=False, batch_first=True, dropout=0.5, bidirectional=True, proj_size=3"
    assert repr(nn.LSTM(5, 4, 2, False, True, 0.5, True, 3)) == f"LSTM(5 -> 4, {shown})"
    assert repr(nn.RNN(5, 4, nonlinearity="relu")) == "RNN(5 -> 4, nonlinearity='relu')"
    assert repr(nn.GRUCell(5, 4, bias=False)) == "GRUCell(5 -> 4, bias=False)"
    assert repr(nn.RNNCell(5, 4, nonlinearity="relu")) == "RNNCell(5 -> 4, nonlinearity='relu')"


@every_layer
def test_saved_copied_and_pickled(make: Any) -> None:
    layer = make(3, 4, 2, dtype="float64")
    x = draw(5, 2, 3)
    other = make(3, 4, 2, dtype="float64")
    other.load_state_dict(layer.state_dict())
    for same in (other, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        close(same(x)[0], layer(x)[0])


def test_warns_of_dropout_that_does_nothing() -> None:
    with pytest.warns(UserWarning, match="num_layers is 1"):
        nn.GRU(2, 3, dropout=0.5)


# ----------------------------------------------------------------- what they compute


@every_layer
def test_a_layer_is_its_cell_again_and_again(make: Any) -> None:
    cell_of = dict(zip(LAYERS, CELLS, strict=True))
    layer, cell = make(3, 4, dtype="float64"), cell_of[make](3, 4, dtype="float64")
    cell.load_state_dict({n.removesuffix("_l0"): p for n, p in layer.state_dict().items()})
    x = draw(5, 2, 3)
    output, last = layer(x)
    state = None
    for t in range(5):
        state = cell(x[t], state)
        close(output[t], parts(state)[0])
    for a, b in zip(parts(last), parts(state), strict=True):
        close(a[0], b)


@every_layer
def test_forms_of_the_input(make: Any) -> None:
    layer = make(3, 4, num_layers=2, bidirectional=True, dtype="float64")
    first = make(3, 4, num_layers=2, bidirectional=True, batch_first=True, dtype="float64")
    first.load_state_dict(layer.state_dict())
    x = draw(5, 2, 3)
    output, state = layer(x)
    assert output.shape == (5, 2, 8)
    assert {s.shape for s in parts(state)} == {(4, 2, 4)}
    by_batch, same = first(x.transpose(0, 1))
    close(by_batch, output.transpose(0, 1))
    alone, its = layer(x[:, 1])
    close(alone, output[:, 1])
    for s, a, b in zip(parts(state), parts(same), parts(its), strict=True):
        close(a, s)
        close(b, s[:, 1])
    again, _ = layer(x[:, 1], its)  # a state without the axis of the batch
    assert again.shape == (5, 8)
    assert layer(lucid.zeros((5, 0, 3), dtype="float64"))[0].shape == (5, 0, 8)


@every_layer
def test_a_sequence_in_two_pieces(make: Any) -> None:
    layer = make(3, 4, num_layers=2, dtype="float64")
    x = draw(6, 2, 3)
    whole, last = layer(x)
    first, state = layer(x[:2])
    second, end = layer(x[2:], state)
    close(lucid.concat([first, second]), whole)
    for a, b in zip(parts(end), parts(last), strict=True):
        close(a, b)


@every_layer
@pytest.mark.parametrize("lengths", [(2, 5, 1, 5), (3, 3)])
def test_packed_sequences_are_read_one_by_one(make: Any, lengths: tuple[int, ...]) -> None:
    layer = make(3, 4, num_layers=2, bidirectional=True, dtype="float64")
    sequences = [draw(n, 3).requires_grad_() for n in lengths]
    starts = [draw(4, len(lengths), 4) for _ in range(2 if make is nn.LSTM else 1)]
    start = tuple(starts) if make is nn.LSTM else starts[0]
    packed, state = layer(pack_sequence(sequences, enforce_sorted=False), start)
    outputs = unpack_sequence(packed)
    total = lucid.stack([(o * o).sum() for o in outputs]).sum() + sum((s * s).sum() for s in parts(state))
    found = lucid.autograd.grad(total, [*sequences, layer.weight_hh_l0])
    total = 0.0
    for i, x in enumerate(sequences):
        own = tuple(s[:, i] for s in starts)
        output, last = layer(x, own if make is nn.LSTM else own[0])
        close(outputs[i], output)
        for a, b in zip(parts(state), parts(last), strict=True):
            close(a[:, i], b)
        total = total + (output * output).sum() + sum((s * s).sum() for s in parts(last))
    for a, b in zip(found, lucid.autograd.grad(total, [*sequences, layer.weight_hh_l0]), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-10, atol=1e-10)


def test_dropout_acts_between_layers_in_training_alone() -> None:
    lucid.random.seed(0)
    layer = nn.GRU(3, 50, num_layers=2, dropout=0.5)
    x = lucid.random.randn(4, 2, 3)
    assert (layer(x)[0].numpy() != layer(x)[0].numpy()).any()
    layer.eval()
    first = layer(x)[0]
    assert (first.numpy() == layer(x)[0].numpy()).all()
    # The last layer's own output is not dropped, nor is the state of the first.
    assert (layer.train()(x)[0].numpy() != 0).all()
    layer.dropout = 1.0
    dead, state = layer(x)
    assert (state[0].numpy() != 0).all()
    assert (dead.numpy() != first.numpy()).any()


@every_layer
def test_on_xla(make: Any) -> None:
    pytest.importorskip("jax")
    layer = make(3, 4)
    x = draw(2, 2, 3).astype("float32")
    expected = layer(x)[0]
    output, state = layer.to("xla:cpu")(x.to("xla:cpu"))
    assert {s.device for s in (output, *parts(state))} == {"xla:cpu"}
    np.testing.assert_allclose(output.numpy(), expected.numpy(), 1e-5, 1e-6)


@every_cell
def test_cells_train(make: Any) -> None:
    cell = make(3, 4)
    state = None
    for t in range(3):
        state = cell(draw(2, 3).astype("float32") + t, state)
    parts(state)[0].sum().backward()
    assert all(p.grad is not None and bool((p.grad != 0).any()) for p in cell.parameters())
    assert parts(cell(lucid.zeros(3)))[0].shape == (4,)


def test_batch_sizes_may_be_a_list() -> None:
    layer, packed = nn.GRU(3, 4), pack_sequence([draw(3, 3), draw(1, 3)])
    as_list = packed._replace(batch_sizes=[2, 1, 1])
    close(layer(as_list)[0].data, layer(packed)[0].data)


@every_layer
def test_rows_that_are_not_those_of_the_sizes(make: Any) -> None:
    layer, rows = make(64, 8), lucid.zeros((100, 64))  # so many that kernels serve
    for n, sizes in [(60, (50, 50)), (100, (50, 10)), (100, (40, 60)), (100, (100, 0))]:
        with pytest.raises(ShapeError, match=f"expects batch_sizes .* for {n} rows"):
            layer(PackedSequence(rows[:n], Tensor(sizes)))


# ----------------------------------------------------------------- what they refuse

x = lucid.zeros((5, 2, 3))
state = lucid.zeros((1, 2, 4))

BAD: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    (lambda: nn.LSTM(0, 4), ArgumentError, "LSTM expects input_size to be a positive integer, got 0"),
    (lambda: nn.GRU(3, 4.0), ArgumentTypeError, "GRU expects hidden_size to be an integer, got 4.0"),
    (lambda: nn.RNN(3, 4, 0), ArgumentError, "num_layers to be a positive integer, got 0"),
    (lambda: nn.GRU(3, 4, 1, 1), ArgumentTypeError, "bias to be True or False, got 1"),
    (
        lambda: nn.GRU(3, 4, batch_first="yes"),
        ArgumentTypeError,
        "batch_first to be True or False, got 'yes'",
    ),
    (lambda: nn.LSTM(3, 4, 2, dropout=1.5), ArgumentError, "dropout to be from 0 to 1, got 1.5"),
    (lambda: nn.LSTM(3, 4, bidirectional=None), ArgumentTypeError, "bidirectional to be True or False"),
    (lambda: nn.LSTM(3, 4, proj_size=4), ArgumentError, "less than hidden_size, 4, got 4"),
    (lambda: nn.RNN(3, 4, nonlinearity="gelu"), ArgumentError, "nonlinearity to be one of 'tanh', 'relu'"),
    (lambda: nn.RNNCell(3, 4, nonlinearity="gelu"), ArgumentError, "nonlinearity to be one of"),
    (lambda: nn.GRUCell(3, -1), ArgumentError, "GRUCell expects hidden_size to be a positive integer"),
    (
        lambda: nn.LSTM(3, 4)([[1.0]]),
        ArgumentTypeError,
        "LSTM expects a Tensor or a PackedSequence, got list",
    ),
    (
        lambda: nn.LSTM(4, 4)(x),
        ShapeError,
        r"x of shape \(T, N, 4\) or \(T, 4\) \(input_size\), got shape \(5, 2, 3\)",
    ),
    (lambda: nn.GRU(4, 4, batch_first=True)(x), ShapeError, r"x of shape \(N, T, 4\) or \(T, 4\)"),
    (lambda: nn.GRU(3, 4)(x[0, 0]), ShapeError, r"got shape \(3,\)"),
    (lambda: nn.GRU(3, 4)(pack_sequence([x[0]])[0][:, :2]), ShapeError, r"got shape \(2, 2\)"),
    (
        lambda: nn.GRU(2, 4)(pack_sequence([x[0]])),
        ShapeError,
        r"packed rows of 2 \(input_size\), got shape \(2, 3\)",
    ),
    (
        lambda: nn.GRU(3, 4)(PackedSequence(x[0], [2, 1])),
        ShapeError,
        r"GRU expects batch_sizes to be integers whose sum, 3, is the number .*, got \[2, 1\] for 2 rows",
    ),
    (lambda: nn.RNN(3, 4)(PackedSequence(x[0], Tensor([1]))), ShapeError, r"got \[1\] for 2 rows"),
    (lambda: nn.LSTM(3, 4)(PackedSequence(x[:, 0], [2, 3])), ShapeError, r"not increase, got \[2, 3\] for 5"),
    (lambda: nn.LSTM(3, 4)(PackedSequence(x[0], [2, 0])), ShapeError, r"from 1 on .*, got \[2, 0\] for 2"),
    (lambda: nn.LSTM(3, 4)(PackedSequence(x[0], [])), ShapeError, r"a list of integers .*, got \[\] for 2"),
    (
        lambda: nn.LSTM(3, 4)(PackedSequence(x[0], [1.0, 1.0])),
        ArgumentTypeError,
        r"LSTM expects batch_sizes to be integers, got \[1.0, 1.0\]",
    ),
    (
        lambda: nn.GRU(3, 4)(PackedSequence(x[0], [1, 1], Tensor([0, 0]))),
        ShapeError,
        r"a state for each of 1 sequences, got shape \(2, 4\)",
    ),
    (lambda: nn.GRU(3, 4)(x[:0]), ShapeError, r"at least one time, got shape \(0, 2, 3\)"),
    (lambda: nn.GRU(3, 4)(x, state[0]), ShapeError, r"state of shape \(1, 2, 4\), got \(2, 4\)"),
    (lambda: nn.GRU(3, 4)(x[:, 0], state), ShapeError, r"state of shape \(1, 4\), got \(1, 2, 4\)"),
    (
        lambda: nn.GRU(3, 4, batch_first=True)(x, state),
        ShapeError,
        r"got \(1, 2, 4\): its axes are \(num_layers, N, hidden_size\), also with batch_first",
    ),
    (
        lambda: nn.LSTM(3, 4, bidirectional=True, proj_size=2)(x[:, 0], (state[0], state[0])),
        ShapeError,
        r"its axes are \(2 \* num_layers, proj_size\)",
    ),
    (lambda: nn.GRU(3, 4)(x, [state]), ArgumentTypeError, "hx to be a Tensor, got list"),
    (lambda: nn.LSTM(3, 4)(x, state), ArgumentTypeError, r"hx to be a tuple \(h, c\), got Tensor"),
    (lambda: nn.LSTM(3, 4)(x, (state, state.astype("int64"))), DTypeError, "hx to hold floats, got int64"),
    (lambda: nn.LSTMCell(3, 4)(x), ShapeError, r"\(N, 3\) or \(3,\) \(input_size\), got shape \(5, 2, 3\)"),
    (lambda: nn.LSTMCell(3, 4)(None), ArgumentTypeError, "LSTMCell expects a Tensor, got NoneType"),
    (lambda: nn.LSTMCell(3, 4)(x[0], state[0]), ShapeError, r"hx to be two Tensors, h and c"),
    (lambda: nn.GRUCell(3, 4)(x[0], state), ShapeError, r"a state of shape \(2, 4\)"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_states_on_another_device() -> None:
    pytest.importorskip("jax")
    with pytest.raises(DeviceError, match="hx is on xla:cpu"):
        nn.GRU(3, 4)(x, state.to("xla:cpu"))
