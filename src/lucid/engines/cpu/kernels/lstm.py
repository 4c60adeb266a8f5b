"""Long short-term memory over whole sequences.

The inputs of all times are multiplied at once, and so are the gradients of all times in the end. In
between, a loop goes from time to time: a product with the state's weights, and the cells.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lucid.engines.cpu.kernels.linear import sum_of_rows
from lucid.engines.cpu.kernels.loops import dense, inline, loop, prange
from lucid.engines.cpu.kernels.maths import sigmoid, tanh
from lucid.engines.cpu.kernels.steps import (
    NOTHING,
    fits,
    multiply,
    narrowed,
    pack,
    plan,
    product,
    require,
    started,
    sum_of,
)
from lucid.engines.cpu.onednn.matmul import matmul

Array = np.ndarray[Any, Any]


def lstm_sequence(
    x: Array,
    h0: Array,
    c0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    w_hr: Array | None,
    *,
    batch_sizes: tuple[int, ...],
    reverse: bool,
) -> tuple[tuple[Array, Array, Array], Any] | None:
    """Return the results, and what the vjp needs beside them; see ``functional/recurrent.py``."""
    if not fits(batch_sizes, 4, x, h0, w_ih, w_hh, b_ih, b_hh, c0, w_hr):
        return None
    where = plan(batch_sizes, reverse)
    by_state = pack(where.sizes, dense(w_hh).T, accumulate=True)
    project = NOTHING if w_hr is None else pack(where.sizes, dense(w_hr).T)
    if by_state is None or project is None:
        return None
    gates = matmul(dense(x), dense(w_ih).T, sum_of(b_ih, b_hh))
    if gates is None:
        return None
    states = started(where.height, where.first, h0)
    cells = started(where.height, where.first, c0)
    hidden = states if w_hr is None else np.empty((len(x), cells.shape[1]), np.float32)
    require(_forward(where.steps, *by_state[1:], *project[1:], gates, states, cells, hidden))
    out = states[where.output], states[where.last], cells[where.last]
    return out, (gates, states, cells, hidden)


@loop
def _forward(steps, calls, narrow, project, narrow_hidden, gates, states, cells, hidden):  # type: ignore[no-untyped-def]
    """Fill ``states`` and ``cells`` from time to time, and put the gates where their inputs were."""
    status = 0
    size = cells.shape[1]
    for t in range(len(steps)):
        before, now, row, count, kind = steps[t]
        source = states[before].ctypes.data
        if len(narrow) > 0:
            for n in prange(count):
                narrowed(states[before + n], narrow[n])
            source = narrow.ctypes.data
        status |= multiply(calls, kind, source, gates[row].ctypes.data)
        place = now if len(project) == 0 else row
        for n in prange(count):
            _cell(gates[row + n], cells[before + n], cells[now + n], hidden[place + n], size)
        if len(project) > 0:
            source = hidden[row].ctypes.data
            if len(narrow_hidden) > 0:
                for n in prange(count):
                    narrowed(hidden[row + n], narrow_hidden[n])
                source = narrow_hidden.ctypes.data
            status |= multiply(project, kind, source, states[now].ctypes.data)
    return status


@inline
def _cell(gates, before, c, h, size):  # type: ignore[no-untyped-def]
    # Loops that write one array each, and count from 0, run on vectors.
    i, f = gates[:size], gates[size : 2 * size]
    u, o = gates[2 * size : 3 * size], gates[3 * size :]
    both = gates[: 2 * size]
    for j in range(2 * size):
        both[j] = sigmoid(both[j])
    for j in range(size):
        u[j] = tanh(u[j])
    for j in range(size):
        o[j] = sigmoid(o[j])
    for j in range(size):
        c[j] = f[j] * before[j] + i[j] * u[j]
    for j in range(size):
        h[j] = o[j] * tanh(c[j])


def lstm_sequence_vjp(
    g: tuple[Array, Array, Array],
    out: tuple[Array, Array, Array],
    residuals: Any,
    x: Array,
    h0: Array,
    c0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    w_hr: Array | None,
    *,
    batch_sizes: tuple[int, ...],
    reverse: bool,
) -> tuple[Any, ...]:
    """Return the gradients by all arguments."""
    gates, states, cells, hidden = residuals
    where = plan(batch_sizes, reverse)
    by_gates = pack(where.sizes, dense(w_hh))
    project = NOTHING if w_hr is None else pack(where.sizes, dense(w_hr))
    assert by_gates is not None
    assert project is not None
    d_states = started(where.height, where.last, g[1])
    d_cells = started(where.height, where.last, g[2])
    d_gates = np.empty_like(gates)
    d_hidden = np.empty((where.sizes[0], cells.shape[1]), np.float32) if w_hr is not None else d_states
    require(
        _backward(
            where.steps,
            *by_gates[1:],
            *project[1:],
            dense(g[0]),
            gates,
            cells,
            d_gates,
            d_states,
            d_cells,
            d_hidden,
        )
    )
    bias = sum_of_rows(d_gates) if b_ih is not None or b_hh is not None else None
    by_rows = d_gates.T
    return (
        lambda: product(d_gates, dense(w_ih)),
        d_states[where.first],
        d_cells[where.first],
        lambda: product(by_rows, dense(x)),
        lambda: product(by_rows, states[where.previous]),
        bias if b_ih is not None else None,
        bias if b_hh is not None else None,
        None if w_hr is None else (lambda: product(d_states[where.output].T, hidden)),
    )


@loop
def _backward(  # type: ignore[no-untyped-def]
    steps, calls, narrow, project, narrow_states, g, gates, cells, d_gates, d_states, d_cells, d_hidden
):
    """Fill the gradients by the gates of all times, and by all states, going back from the last step."""
    status = 0
    size = cells.shape[1]
    for i in range(len(steps)):
        before, now, row, count, kind = steps[len(steps) - 1 - i]
        for n in prange(count):
            _add(d_states[now + n], g[row + n])
        place = now
        if len(project) > 0:
            place = 0
            source = d_states[now].ctypes.data
            if len(narrow_states) > 0:
                for n in prange(count):
                    narrowed(d_states[now + n], narrow_states[n])
                source = narrow_states.ctypes.data
            status |= multiply(project, kind, source, d_hidden.ctypes.data)
        for n in prange(count):
            _cell_vjp(
                d_hidden[place + n],
                d_cells[now + n],
                gates[row + n],
                cells[before + n],
                cells[now + n],
                d_gates[row + n],
                d_cells[before + n],
                size,
            )
        source = d_gates[row].ctypes.data
        if len(narrow) > 0:
            for n in prange(count):
                narrowed(d_gates[row + n], narrow[n])
            source = narrow.ctypes.data
        status |= multiply(calls, kind, source, d_states[before].ctypes.data)
    return status


@inline
def _add(x, y):  # type: ignore[no-untyped-def]
    for j in range(x.size):
        x[j] += y[j]


@inline
def _cell_vjp(dh, dc, gates, before, c, d, d_before, size):  # type: ignore[no-untyped-def]
    # Each loop writes one array. The places of the gates' gradients serve for what comes between.
    i, f = gates[:size], gates[size : 2 * size]
    u, o = gates[2 * size : 3 * size], gates[3 * size :]
    di, df = d[:size], d[size : 2 * size]
    du, do = d[2 * size : 3 * size], d[3 * size :]
    for j in range(size):
        du[j] = tanh(c[j])
    for j in range(size):
        do[j] = dh[j] * du[j] * o[j] * (1 - o[j])
    for j in range(size):
        di[j] = dc[j] + dh[j] * o[j] * (1 - du[j] * du[j])  # by c
    for j in range(size):
        d_before[j] = di[j] * f[j]
    for j in range(size):
        df[j] = di[j] * before[j] * f[j] * (1 - f[j])
    for j in range(size):
        du[j] = di[j] * i[j] * (1 - u[j] * u[j])
    for j in range(size):
        di[j] = di[j] * u[j] * i[j] * (1 - i[j])
