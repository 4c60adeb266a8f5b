"""Rows of layers that read sequences, and of their cells."""

from __future__ import annotations

from typing import Any

from tests.nn.layers.table import LayerCase

X, STATE = (2, 2, 3), (1, 2, 2)  # two times, two sequences, three features; a state of two


def row(layer: str, options: dict[str, Any], *inputs: Any, out: Any, order: int = 1) -> LayerCase:
    xla = not layer.endswith("Cell")  # whose functions run there
    return LayerCase(layer=layer, args=(3, 2), options=options, inputs=inputs, out=out, order=order, xla=xla)


STACKED = {"num_layers": 2, "bidirectional": True, "dropout": 0.0}

RECURRENT = [
    row("RNN", {}, X, out=((2, 2, 2), STATE), order=2),
    row("RNN", {"nonlinearity": "relu", "bias": False}, X, STATE, out=((2, 2, 2), STATE)),
    row("RNN", {**STACKED, "batch_first": True}, X, (4, 2, 2), out=((2, 2, 4), (4, 2, 2))),
    row("RNN", {"num_layers": 2}, (3, 3), (2, 2), out=((3, 2), (2, 2))),
    row("GRU", {}, X, out=((2, 2, 2), STATE), order=2),
    row("GRU", {"bias": False}, X, STATE, out=((2, 2, 2), STATE)),
    row("GRU", {**STACKED, "batch_first": True}, X, (4, 2, 2), out=((2, 2, 4), (4, 2, 2))),
    row("GRU", {"bidirectional": True}, (3, 3), (2, 2), out=((3, 4), (2, 2))),
    row("LSTM", {}, X, out=((2, 2, 2), STATE, STATE), order=2),
    row("LSTM", {"bias": False, "num_layers": 2}, X, out=((2, 2, 2), (2, 2, 2), (2, 2, 2))),
    row("LSTM", {**STACKED, "batch_first": True}, X, out=((2, 2, 4), (4, 2, 2), (4, 2, 2))),
    row("LSTM", {"proj_size": 1}, X, out=((2, 2, 1), (1, 2, 1), STATE)),
    row("LSTM", {**STACKED, "proj_size": 1}, (3, 3), out=((3, 2), (4, 1), (4, 2))),
    row("RNNCell", {}, (2, 3), (2, 2), out=(2, 2), order=2),
    row("RNNCell", {"nonlinearity": "relu", "bias": False}, (2, 3), out=(2, 2)),
    row("GRUCell", {}, (2, 3), (2, 2), out=(2, 2), order=2),
    row("GRUCell", {"bias": False}, (3,), out=(2,)),
    row("LSTMCell", {}, (2, 3), out=((2, 2), (2, 2)), order=2),
    row("LSTMCell", {"bias": False}, (3,), out=((2,), (2,))),
]
