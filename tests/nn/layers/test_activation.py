"""Layers of activations: what they show, what they compute, what they keep, and what they refuse."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, LucidError

x = Tensor(3 * np.random.default_rng(0).standard_normal((2, 4, 3)), dtype=lucid.float32)
slopes = lucid.full((4,), 0.25)

ROWS: list[tuple[Callable[[], nn.Module], str, Callable[[Any], Any]]] = [
    (nn.Hardtanh, "Hardtanh(min_val=-1, max_val=1)", F.hardtanh),
    (lambda: nn.Hardtanh(-2, 0.5), "Hardtanh(min_val=-2, max_val=0.5)", lambda v: F.hardtanh(v, -2, 0.5)),
    (nn.ReLU6, "ReLU6()", F.relu6),
    (nn.Hardsigmoid, "Hardsigmoid()", F.hardsigmoid),
    (nn.Hardswish, "Hardswish()", F.hardswish),
    (nn.PReLU, "PReLU(num_parameters=1)", lambda v: F.leaky_relu(v, 0.25)),
    (lambda: nn.PReLU(4), "PReLU(num_parameters=4)", lambda v: F.prelu(v, slopes)),
    (nn.ELU, "ELU(alpha=1)", F.elu),
    (lambda: nn.ELU(0.5), "ELU(alpha=0.5)", lambda v: F.elu(v, 0.5)),
    (nn.SELU, "SELU()", F.selu),
    (lambda: nn.CELU(2.0), "CELU(alpha=2)", lambda v: F.celu(v, 2.0)),
    (nn.Softplus, "Softplus(beta=1, threshold=20)", F.softplus),
    (lambda: nn.Softplus(2, 1), "Softplus(beta=2, threshold=1)", lambda v: F.softplus(v, 2, 1)),
    (nn.LogSigmoid, "LogSigmoid()", F.logsigmoid),
    (nn.Mish, "Mish()", F.mish),
    (nn.Softsign, "Softsign()", F.softsign),
    (lambda: nn.GLU(1), "GLU(axis=1)", lambda v: F.glu(v, 1)),
]


@pytest.mark.parametrize(("make", "shown", "function"), ROWS, ids=[row[1] for row in ROWS])
def test_layer(make: Callable[[], nn.Module], shown: str, function: Callable[[Any], Any]) -> None:
    layer = make()
    assert repr(layer) == shown
    names = ["weight"] if "PReLU" in shown else []
    assert list(layer.state_dict()) == names
    assert [name for name, p in layer.named_parameters() if p.requires_grad] == names
    y = layer(x)
    assert y.dtype == lucid.float32
    np.testing.assert_array_equal(y.numpy(), function(x).numpy())
    other = make()
    other.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(other.eval()(x).numpy(), y.numpy())


def test_slopes_are_learned() -> None:
    layer = nn.PReLU(4, 0.5, dtype=lucid.float64)
    assert layer.weight.dtype == lucid.float64
    layer(x.astype(lucid.float64)).sum().backward()
    assert layer.weight.grad is not None
    expected = np.minimum(x.numpy().astype(np.float64), 0).sum((0, 2))
    np.testing.assert_allclose(layer.weight.grad.numpy(), expected, 1e-12)


def test_linear_with_an_activation() -> None:
    for name in ("relu", "gelu", "gelu_tanh", "silu", "sigmoid", "tanh"):
        layer, plain = nn.Linear(3, 5, activation=name), nn.Linear(3, 5)
        assert repr(layer) == f"Linear(3 -> 5, activation={name!r})"
        plain.load_state_dict(layer.state_dict())
        function = (lambda v: F.gelu(v, "tanh")) if name == "gelu_tanh" else getattr(F, name)
        np.testing.assert_array_equal(layer(x).numpy(), function(plain(x)).numpy())


def test_linear_with_an_activation_learns_as_two_layers_do() -> None:
    """Large enough for kernels."""
    wide = Tensor(np.random.default_rng(0).standard_normal((130, 64)), dtype=lucid.float32)
    one, two = nn.Linear(64, 48, activation="gelu"), nn.Linear(64, 48)
    two.load_state_dict(one.state_dict())
    (one(wide) ** 2).sum().backward()
    (F.gelu(two(wide)) ** 2).sum().backward()
    for p, q in zip(one.parameters(), two.parameters(), strict=True):
        assert p.grad is not None
        assert q.grad is not None
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), 1e-4, 1e-4)


BAD: list[tuple[Callable[[], Any], type[LucidError], str]] = [
    (lambda: nn.Hardtanh(2, 1), ArgumentError, "Hardtanh expects min_val < max_val, got 2 and 1"),
    (lambda: nn.PReLU(0), ArgumentError, "PReLU expects num_parameters to be a positive integer, got 0"),
    (lambda: nn.PReLU(1, math.nan), ArgumentError, "PReLU expects init to be finite"),
    (lambda: nn.PReLU(3)(x), LucidError, r"prelu expects weight of shape \(1,\) or \(4,\)"),
    (lambda: nn.ELU(None), ArgumentTypeError, "ELU expects alpha to be a number, got None"),
    (lambda: nn.CELU(0), ArgumentError, "CELU expects alpha not to be 0, got 0"),
    (lambda: nn.Softplus(0), ArgumentError, "Softplus expects beta not to be 0, got 0"),
    (lambda: nn.GLU(1.0), ArgumentTypeError, "GLU expects axis to be an integer, got 1.0"),
    (lambda: nn.GLU()(x), LucidError, "an axis of even size"),
    (lambda: nn.Linear(2, 3, activation="mish"), ArgumentError, "Linear expects activation to be one of"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call: Callable[[], Any], error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
