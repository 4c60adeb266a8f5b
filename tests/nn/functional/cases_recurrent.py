"""Rows for recurrence: single steps, and whole sequences of different lengths, read one by one in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid.nn.functional as F
from lucid.nn.functional.recurrent import gru_sequence, lstm_sequence, rnn_sequence
from lucid.testing import OpCase, positive

Array = Any

# ----------------------------------------------------------------- formulas


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def lstm_cell(
    x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array = 0, b_hh: Array = 0
) -> Any:
    i, f, g, o = np.split(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru_cell(x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array = 0, b_hh: Array = 0) -> Array:
    r, z, n = np.split(x @ w_ih.T + b_ih, 3, axis=-1)
    r_h, z_h, n_h = np.split(h @ w_hh.T + b_hh, 3, axis=-1)
    r, z = sigmoid(r + r_h), sigmoid(z + z_h)
    return (1 - z) * np.tanh(n + r * n_h) + z * h


def rnn_cell(
    x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array = 0, b_hh: Array = 0, nonlinearity: str = "tanh"
) -> Array:
    y = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh
    return np.tanh(y) if nonlinearity == "tanh" else np.maximum(y, 0)


def sequences(
    cell: Any, x: Array, state: tuple[Array, ...], batch_sizes: tuple[int, ...], reverse: bool
) -> Any:
    """Read each sequence by itself: ``cell(x, *state)`` returns the next state."""
    begins = np.cumsum([0, *batch_sizes])
    output = np.zeros((len(x), state[0].shape[1]))
    final = tuple(np.zeros_like(s) for s in state)
    for n in range(batch_sizes[0]):
        now = tuple(s[n] for s in state)
        rows = [begins[t] + n for t, size in enumerate(batch_sizes) if n < size]
        for row in reversed(rows) if reverse else rows:
            now = cell(x[row], *now)
            output[row] = now[0]
        for s, last in zip(final, now, strict=True):
            s[n] = last
    return output, *final


def lstm(
    x: Array,
    h: Array,
    c: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array,
    b_hh: Array,
    w_hr: Array,
    batch_sizes: tuple[int, ...],
    reverse: bool,
) -> Any:
    def cell(x: Array, h: Array, c: Array) -> Any:
        h, c = lstm_cell(x, h, c, w_ih, w_hh, b_ih, b_hh)
        return h @ w_hr.T, c

    return sequences(cell, x, (h, c), batch_sizes, reverse)


def gru(x: Array, h: Array, w_ih: Array, w_hh: Array, batch_sizes: tuple[int, ...], reverse: bool) -> Any:
    return sequences(lambda x, h: (gru_cell(x, h, w_ih, w_hh),), x, (h,), batch_sizes, reverse)


def rnn(x: Array, h: Array, w_ih: Array, w_hh: Array, batch_sizes: tuple[int, ...], reverse: bool) -> Any:
    return sequences(lambda x, h: (rnn_cell(x, h, w_ih, w_hh),), x, (h,), batch_sizes, reverse)


# ----------------------------------------------------------------- rows


def cell_shapes(gates: int, state: int) -> list[Any]:
    """Return shapes of the arguments of a cell: a batch, one without its axis, one of no rows."""
    weights = ((gates * 2, 3), (gates * 2, 2), (gates * 2,), (gates * 2,))
    return [((*n, 3), *(((*n, 2),) * state), *weights) for n in ((2,), (), (0,))]


ENDING = {"batch_sizes": (2, 1, 1), "reverse": False}
JOINING = {"batch_sizes": (2, 2, 1), "reverse": True}

RECURRENT = [
    OpCase(
        name="lstm_cell",
        function=lambda x, h, c, *weights: F.lstm_cell(x, (h, c), *weights),
        reference=lstm_cell,
        shapes=cell_shapes(4, 2),
    ),
    OpCase(
        name="lstm_cell[no bias]",
        function=lambda x, h, c, *weights: F.lstm_cell(x, (h, c), *weights),
        reference=lstm_cell,
        shapes=[shapes[:-2] for shapes in cell_shapes(4, 2)],
    ),
    OpCase(name="gru_cell", function=F.gru_cell, reference=gru_cell, shapes=cell_shapes(3, 1)),
    OpCase(name="rnn_cell", function=F.rnn_cell, reference=rnn_cell, shapes=cell_shapes(1, 1)),
    OpCase(
        name="rnn_cell[relu]",
        function=F.rnn_cell,
        reference=rnn_cell,
        shapes=cell_shapes(1, 1),
        options={"nonlinearity": "relu"},
        domain=positive,  # away from the kink
    ),
    *(
        OpCase(
            name=f"lstm_cell[sequences, {options}]",
            function=lstm_sequence,
            reference=lstm,
            shapes=[((4 + joins, 2), (2, 1), (2, 2), (8, 2), (8, 1), (8,), (8,), (1, 2))],
            options=options,
        )
        for joins, options in enumerate((ENDING, JOINING))
    ),
    *(
        OpCase(
            name=f"gru_cell[sequences, {options}]",
            function=lambda x, h, w_ih, w_hh, **options: gru_sequence(
                x, h, w_ih, w_hh, None, None, **options
            ),
            reference=gru,
            shapes=[((4 + joins, 2), (2, 2), (6, 2), (6, 2))],
            options=options,
        )
        for joins, options in enumerate((ENDING, JOINING))
    ),
    *(
        OpCase(
            name=f"rnn_cell[sequences, {options}]",
            function=lambda x, h, w_ih, w_hh, **options: rnn_sequence(
                x, h, w_ih, w_hh, None, None, nonlinearity="tanh", **options
            ),
            reference=rnn,
            shapes=[((4 + joins, 2), (2, 2), (2, 2), (2, 2))],
            options=options,
        )
        for joins, options in enumerate((ENDING, JOINING))
    ),
]
