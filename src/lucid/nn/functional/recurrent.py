"""Recurrence: what is computed at one time depends on the state that the time before has left.

Every function here runs one layer in one direction over whole sequences. Their rows lie one time after the
other, as in a ``PackedSequence``: ``batch_sizes`` says how many sequences there are at each time, and
as short ones end, they become fewer. A *step* is what happens at one time; ``_through_time`` takes it
from time to time.

Read next: ``engines/cpu/kernels/lstm.py``, the same in loops.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from lucid.errors import ArgumentTypeError, ShapeError
from lucid.fused import fused
from lucid.nn.functional import checks
from lucid.nn.functional.activation import relu
from lucid.nn.functional.linear import linear
from lucid.ops import concat, sigmoid, split, tanh

NONLINEARITIES = ("tanh", "relu")

State = tuple[Any, ...]
Step = Callable[[Any, State], State]

# ----------------------------------------------------------------- whole sequences


@fused
def lstm_sequence(
    x: Any,
    h0: Any,
    c0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    w_hr: Any,
    *,
    batch_sizes: tuple[int, ...],
    reverse: bool,
) -> tuple[Any, Any, Any]:
    """Run a layer of long short-term memory; see ``lstm_cell`` for what happens at each time.

    Args:
        x: the rows of all times; as many as ``batch_sizes`` add up to.
        h0, c0: the state in the beginning, a row for each sequence.
        w_ih, w_hh: weights of the input and of the state, for the four gates one below the other.
        b_ih, b_hh: biases, or None.
        w_hr: projects ``h`` to fewer features; or None.
        batch_sizes: how many rows each time has; they do not increase.
        reverse: whether to go from the last time to the first.

    Returns:
        ``h`` of all times, and the last ``h`` and ``c`` of each sequence.
    """

    def step(gates: Any, state: State) -> State:
        h, c = state
        i, f, g, o = split(gates + linear(h, w_hh, b_hh), 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        return h if w_hr is None else linear(h, w_hr), c

    rows = linear(x, w_ih, b_ih)
    output, (h, c) = _through_time("lstm_sequence", step, rows, (h0, c0), batch_sizes, reverse)
    return output, h, c


@fused
def gru_sequence(
    x: Any,
    h0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    *,
    batch_sizes: tuple[int, ...],
    reverse: bool,
) -> tuple[Any, Any]:
    """Run a layer of gated recurrent units; see ``gru_cell``, and ``lstm_sequence`` for the arguments.

    Returns:
        ``h`` of all times, and the last ``h`` of each sequence.
    """

    def step(gates: Any, state: State) -> State:
        (h,) = state
        r, z, n = split(gates, 3, axis=-1)
        r_h, z_h, n_h = split(linear(h, w_hh, b_hh), 3, axis=-1)
        z = sigmoid(z + z_h)
        n = tanh(n + sigmoid(r + r_h) * n_h)
        return ((1 - z) * n + z * h,)

    rows = linear(x, w_ih, b_ih)
    output, (h,) = _through_time("gru_sequence", step, rows, (h0,), batch_sizes, reverse)
    return output, h


@fused
def rnn_sequence(
    x: Any,
    h0: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    *,
    nonlinearity: str,
    batch_sizes: tuple[int, ...],
    reverse: bool,
) -> tuple[Any, Any]:
    """Run a layer of simple recurrence; see ``rnn_cell``, and ``lstm_sequence`` for the arguments.

    Returns:
        ``h`` of all times, and the last ``h`` of each sequence.
    """
    activate = tanh if nonlinearity == "tanh" else relu

    def step(sums: Any, state: State) -> State:
        return (activate(sums + linear(state[0], w_hh, b_hh)),)

    rows = linear(x, w_ih, b_ih)
    output, (h,) = _through_time("rnn_sequence", step, rows, (h0,), batch_sizes, reverse)
    return output, h


def checked_sizes(function: str, batch_sizes: Any, rows: int) -> tuple[int, ...]:
    """Return how many of some packed ``rows`` each time has, as a tuple.

    Args:
        function: the name that errors give.
        batch_sizes: a Tensor, an array or a list of integers.
        rows: how many there are.

    Raises:
        ArgumentTypeError: if the sizes are no integers.
        ShapeError: if they are not those of packed sequences, or of so many rows.
    """
    sizes = np.asarray(batch_sizes.numpy() if hasattr(batch_sizes, "numpy") else batch_sizes)
    if sizes.size and sizes.dtype.kind not in "iu":
        raise ArgumentTypeError(f"{function} expects batch_sizes to be integers, got {batch_sizes!r}")
    sizes = sizes.astype(np.int64)
    if sizes.ndim != 1 or not sizes.size or sizes.min() < 1 or (np.diff(sizes) > 0).any():
        rule = "a list of integers from 1 on that do not increase"
    elif sizes.sum() != rows:
        rule = f"integers whose sum, {sizes.sum()}, is the number of rows"
    else:
        return tuple(sizes.tolist())
    shown = np.array2string(sizes, separator=", ", threshold=20)
    raise ShapeError(
        f"{function} expects batch_sizes to be {rule}, got {shown} for {rows} rows: "
        "pack_padded_sequence and pack_sequence make what fits together"
    )


def _through_time(
    function: str, step: Step, rows: Any, initial: State, batch_sizes: tuple[int, ...], reverse: bool
) -> tuple[Any, State]:
    """Take ``step(rows of one time, state)`` from time to time; the state is ``(h, ...)``.

    Returns:
        ``h`` of all times, and the last state of each sequence.
    """
    if rows.shape[0] or not len(batch_sizes) or any(batch_sizes):  # times of no sequences are fine
        batch_sizes = checked_sizes(function, batch_sizes, rows.shape[0])
    for part in initial:
        if part.ndim != 2 or part.shape[0] != batch_sizes[0]:
            raise ShapeError(
                f"{function} expects a state for each of {batch_sizes[0]} sequences, got shape {part.shape}"
            )
    ends = list(itertools.accumulate(batch_sizes))
    times = list(zip(split(rows, ends[:-1]), batch_sizes, strict=True))
    outputs: list[Any] = []
    if reverse:  # the longest sequences begin, and others join them
        count = batch_sizes[-1]
        state = tuple(s[:count] for s in initial)
        for now, size in reversed(times):
            if size > count:
                state = tuple(concat([s, s0[count:size]]) for s, s0 in zip(state, initial, strict=True))
                count = size
            state = step(now, state)
            outputs.append(state[0])
        return concat(outputs[::-1]), state

    state = initial
    ended: list[State] = []  # states of sequences that are over, the shortest first
    for now, size in times:
        if size < state[0].shape[0]:
            ended.append(tuple(s[size:] for s in state))
            state = tuple(s[:size] for s in state)
        state = step(now, state)
        outputs.append(state[0])
    if ended:
        state = tuple(concat(parts[::-1]) for parts in zip(*ended, state, strict=True))
    return concat(outputs), state


# ----------------------------------------------------------------- one step


def lstm_cell(
    x: Any, hx: tuple[Any, Any], w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> tuple[Any, Any]:
    r"""Take one step of long short-term memory.

    .. math::
        i, f, g, o &= \text{the four parts of } W_{ih} x + b_{ih} + W_{hh} h + b_{hh} \\
        c' &= \sigma(f) \, c + \sigma(i) \tanh(g) \\
        h' &= \sigma(o) \tanh(c')

    Args:
        x: a Tensor of floats.
        hx: the state: ``h`` and ``c``.
        w_ih, w_hh: weights; the rows for the four gates stand one below the other.
        b_ih, b_hh: biases, or None.

    Shape:
        x ``(N, input_size)``, h and c ``(N, hidden_size)``, w_ih ``(4 * hidden_size, input_size)``,
        w_hh ``(4 * hidden_size, hidden_size)``, biases ``(4 * hidden_size,)``
        ``-> (N, hidden_size), (N, hidden_size)``. The axis ``N`` may be left out.

    Raises:
        ShapeError: if the sizes do not fit together.

    Example:
        >>> h, c = lucid.zeros((1, 2)), lucid.ones((1, 2))
        >>> h, c = F.lstm_cell(lucid.zeros((1, 3)), (h, c), lucid.zeros((8, 3)), lucid.zeros((8, 2)))
        >>> c
        Tensor([[0.5, 0.5]])

    Hochreiter and Schmidhuber, Long Short-Term Memory, 1997.
    """
    if not isinstance(hx, (tuple, list)) or len(hx) != 2:
        raise ShapeError("lstm_cell expects hx to be two Tensors, h and c: write (h, c)")
    x, (h, c), weights = _arguments("lstm_cell", 4, x, tuple(hx), w_ih, w_hh, b_ih, b_hh)
    if x.ndim == 1:
        h, c = lstm_cell(x[None], (h[None], c[None]), *weights)
        return h[0], c[0]
    _, h, c = lstm_sequence(x, h, c, *weights, None, batch_sizes=x.shape[:1], reverse=False)
    return h, c


def gru_cell(x: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    r"""Take one step of a gated recurrent unit.

    .. math::
        r &= \sigma(W_{ir} x + b_{ir} + W_{hr} h + b_{hr}) \\
        z &= \sigma(W_{iz} x + b_{iz} + W_{hz} h + b_{hz}) \\
        n &= \tanh(W_{in} x + b_{in} + r \, (W_{hn} h + b_{hn})) \\
        h' &= (1 - z) \, n + z \, h

    Args:
        x: a Tensor of floats.
        hx: the state ``h``.
        w_ih, w_hh: weights; the rows for r, z and n stand one below the other.
        b_ih, b_hh: biases, or None.

    Shape:
        x ``(N, input_size)``, h ``(N, hidden_size)``, w_ih ``(3 * hidden_size, input_size)``,
        w_hh ``(3 * hidden_size, hidden_size)``, biases ``(3 * hidden_size,)``
        ``-> (N, hidden_size)``. The axis ``N`` may be left out.

    Raises:
        ShapeError: if the sizes do not fit together.

    Example:
        >>> F.gru_cell(lucid.zeros((1, 3)), lucid.ones((1, 2)), lucid.zeros((6, 3)), lucid.zeros((6, 2)))
        Tensor([[0.5, 0.5]])

    Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014.
    """
    x, (h,), weights = _arguments("gru_cell", 3, x, (hx,), w_ih, w_hh, b_ih, b_hh)
    if x.ndim == 1:
        return gru_cell(x[None], h[None], *weights)[0]
    return gru_sequence(x, h, *weights, batch_sizes=x.shape[:1], reverse=False)[1]


def rnn_cell(
    x: Any,
    hx: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any = None,
    b_hh: Any = None,
    nonlinearity: str = "tanh",
) -> Any:
    r"""Take one step of simple recurrence.

    .. math:: h' = \tanh(W_{ih} x + b_{ih} + W_{hh} h + b_{hh})

    Args:
        x: a Tensor of floats.
        hx: the state ``h``.
        w_ih, w_hh: weights.
        b_ih, b_hh: biases, or None.
        nonlinearity: ``"tanh"``, or ``"relu"`` in its place.

    Shape:
        x ``(N, input_size)``, h ``(N, hidden_size)``, w_ih ``(hidden_size, input_size)``,
        w_hh ``(hidden_size, hidden_size)``, biases ``(hidden_size,)``
        ``-> (N, hidden_size)``. The axis ``N`` may be left out.

    Raises:
        ShapeError: if the sizes do not fit together.
        ArgumentError: if there is no such nonlinearity.

    Example:
        >>> one = lucid.ones((1, 1))
        >>> F.rnn_cell(one, one, one, one, nonlinearity="relu")
        Tensor([[2.0]])

    Elman, Finding Structure in Time, 1990.
    """
    checks.one_of("rnn_cell", "nonlinearity", nonlinearity, NONLINEARITIES)
    x, (h,), weights = _arguments("rnn_cell", 1, x, (hx,), w_ih, w_hh, b_ih, b_hh)
    if x.ndim == 1:
        return rnn_cell(x[None], h[None], *weights, nonlinearity=nonlinearity)[0]
    return rnn_sequence(x, h, *weights, nonlinearity=nonlinearity, batch_sizes=x.shape[:1], reverse=False)[1]


def _arguments(
    function: str, gates: int, x: Any, state: State, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any
) -> tuple[Any, State, tuple[Any, Any, Any, Any]]:
    """Return the input, the state and the weights of one step as Tensors whose shapes fit together."""
    x = checks.floating(function, "x", x)
    w_ih = checks.floating(function, "w_ih", w_ih, x)
    w_hh = checks.floating(function, "w_hh", w_hh, x)
    if w_hh.ndim != 2 or w_hh.shape[0] != gates * w_hh.shape[1]:
        rows = f"{gates} * hidden_size" if gates > 1 else "hidden_size"
        raise ShapeError(f"{function} expects w_hh ({rows}, hidden_size), got shape {w_hh.shape}")
    rows, hidden_size = w_hh.shape
    if w_ih.ndim != 2 or w_ih.shape[0] != rows:
        raise ShapeError(
            f"{function} expects w_ih ({rows}, input_size) for w_hh of shape {w_hh.shape}, got {w_ih.shape}"
        )
    if x.ndim not in (1, 2) or x.shape[-1] != w_ih.shape[1]:
        size = w_ih.shape[1]
        raise ShapeError(f"{function} expects x of shape (N, {size}) or ({size},), got {x.shape}")
    expected = (*x.shape[:-1], hidden_size)
    state = tuple(checks.floating(function, "hx", s, x) for s in state)
    for s in state:
        if s.shape != expected:
            raise ShapeError(
                f"{function} expects a state of shape {expected} for x of shape {x.shape}, got {s.shape}"
            )
    b_ih = _bias(function, "b_ih", b_ih, rows, x)
    b_hh = _bias(function, "b_hh", b_hh, rows, x)
    return x, state, (w_ih, w_hh, b_ih, b_hh)


def _bias(function: str, name: str, bias: Any, rows: int, x: Any) -> Any:
    if bias is None:
        return None
    bias = checks.floating(function, name, bias, x)
    if bias.shape != (rows,):
        raise ShapeError(f"{function} expects {name} of shape {(rows,)}, got {bias.shape}")
    return bias
