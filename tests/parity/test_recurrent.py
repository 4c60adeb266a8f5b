"""Recurrence against PyTorch: state dicts by name, outputs, states and gradients, padded and packed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor

torch = pytest.importorskip("torch")

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:LSTM with projections")]

T, N, INPUTS, SIZE = 7, 4, 5, 6
LENGTHS = [3, 7, 1, 7]

OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("LSTM", {}),
    ("LSTM", {"num_layers": 2, "bidirectional": True, "batch_first": True}),
    ("LSTM", {"num_layers": 2, "bidirectional": True, "proj_size": 3}),
    ("LSTM", {"bias": False}),
    ("GRU", {}),
    ("GRU", {"num_layers": 2, "bidirectional": True, "batch_first": True}),
    ("GRU", {"bias": False}),
    ("RNN", {}),
    ("RNN", {"num_layers": 2, "bidirectional": True, "batch_first": True}),
    ("RNN", {"nonlinearity": "relu", "bias": False}),
]


def pair(kind: str, dtype: str, *sizes: int, **options: Any) -> tuple[Any, Any]:
    """Return a layer of ours and one of theirs, with equal weights."""
    theirs = getattr(torch.nn, kind)(*sizes, **options, dtype=getattr(torch, dtype))
    ours = getattr(nn, kind)(*sizes, **options, dtype=dtype)
    weights = {name: p.detach().numpy() for name, p in theirs.state_dict().items()}
    ours.load_state_dict(weights)
    assert list(ours.state_dict()) == list(weights)
    assert [p.shape for p in ours.parameters()] == [tuple(p.shape) for p in theirs.parameters()]
    return ours, theirs


def both(rng: np.random.Generator, dtype: str, *shape: int) -> tuple[Any, Any]:
    array = rng.standard_normal(shape).astype(dtype)
    return Tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)


def close(a: Any, b: Any, tolerance: float) -> None:
    assert a.shape == tuple(b.shape)
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), tolerance, tolerance)


def flat(value: Any) -> list[Any]:
    return [leaf for v in value for leaf in flat(v)] if isinstance(value, tuple) else [value]


def compare(ours: Any, theirs: Any, inputs: list[tuple[Any, Any]], results: Any, dtype: str) -> None:
    """Compare results, and the gradients of their weighted sum by inputs and parameters."""
    rtol = 1e-11 if dtype == "float64" else 2e-5
    rng = np.random.default_rng(5)
    mine, other = (flat(r) for r in results)
    assert len(mine) == len(other)
    total, their_total = 0.0, 0.0
    for a, b in zip(mine, other, strict=True):
        close(a, b, rtol)
        if a.dtype.kind == "f":
            weight = rng.standard_normal(a.shape).astype(dtype)
            total = total + (a * Tensor(weight)).sum()
            their_total = their_total + (b * torch.tensor(weight)).sum()
    total.backward()
    their_total.backward()
    their_parameters = dict(theirs.named_parameters())
    for a, b in [*inputs, *((p, their_parameters[name]) for name, p in ours.named_parameters())]:
        close(a.grad, b.grad, 10 * rtol)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("kind", "options"), OPTIONS, ids=str)
def test_layer(kind: str, options: dict[str, Any], packed: bool, dtype: str) -> None:
    sizes = (INPUTS, SIZE) if dtype == "float64" else (128, SIZE)  # the latter is large enough for the kernel
    ours, theirs = pair(kind, dtype, *sizes, **options)
    rng = np.random.default_rng(0)
    first = options.get("batch_first", False)
    x, other_x = both(rng, dtype, *((N, T) if first else (T, N)), sizes[0])
    layers = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    states = [both(rng, dtype, layers, N, options.get("proj_size") or SIZE)]
    if kind == "LSTM":
        states.append(both(rng, dtype, layers, N, SIZE))
    hx, other_hx = ((s[0] if kind != "LSTM" else tuple(s)) for s in zip(*states, strict=True))
    given, other_given = x, other_x
    if packed:
        packing = {"batch_first": first, "enforce_sorted": False}
        given = nn.utils.rnn.pack_padded_sequence(x, LENGTHS, **packing)
        other_given = torch.nn.utils.rnn.pack_padded_sequence(other_x, torch.tensor(LENGTHS), **packing)
        for a, b in zip(given, other_given, strict=True):
            close(a, b, 0)
    results = [ours(given, hx), theirs(other_given, other_hx)]
    if packed:
        padding = {"batch_first": first, "padding_value": 2.0, "total_length": 9}
        results = [
            (module.pad_packed_sequence(output, **padding), state)
            for module, (output, state) in zip((nn.utils.rnn, torch.nn.utils.rnn), results, strict=True)
        ]
    compare(ours, theirs, [(x, other_x), *states], results, dtype)


@pytest.mark.parametrize(
    ("kind", "options"),
    [("LSTMCell", {}), ("GRUCell", {"bias": False}), ("RNNCell", {"nonlinearity": "relu"}), ("GRUCell", {})],
    ids=str,
)
@pytest.mark.parametrize("batch", [(), (3,)])
def test_cell(kind: str, options: dict[str, Any], batch: tuple[int, ...]) -> None:
    ours, theirs = pair(kind, "float64", INPUTS, SIZE, **options)
    rng = np.random.default_rng(0)
    x = both(rng, "float64", *batch, INPUTS)
    h, c = both(rng, "float64", *batch, SIZE), both(rng, "float64", *batch, SIZE)
    if kind == "LSTMCell":
        results = (ours(x[0], (h[0], c[0])), theirs(x[1], (h[1], c[1])))
        compare(ours, theirs, [x, h, c], results, "float64")
    else:
        compare(ours, theirs, [x, h], (ours(x[0], h[0]), theirs(x[1], h[1])), "float64")


def test_padding() -> None:
    lengths = [2, 4, 1]
    ours = [lucid.ones((n, 2)) * n for n in lengths]
    theirs = [torch.ones((n, 2)) * n for n in lengths]
    for options in (
        {},
        {"batch_first": True, "padding_value": 3.0},
        {"padding_side": "left"},
    ):
        a = nn.utils.rnn.pad_sequence(ours, **options)
        close(a, torch.nn.utils.rnn.pad_sequence(theirs, **options), 0)
    a = nn.utils.rnn.pack_sequence(ours, enforce_sorted=False)
    for mine, other in zip(a, torch.nn.utils.rnn.pack_sequence(theirs, enforce_sorted=False), strict=True):
        close(mine, other, 0)
