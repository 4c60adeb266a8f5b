"""Adafactor and Muon step by step, against their formulas in NumPy, on both engines."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor
from lucid.errors import ArgumentError, ArgumentTypeError, StateError
from lucid.optim.adafactor import Adafactor
from lucid.optim.muon import COEFFICIENTS, Muon, orthogonal

Array = Any


def gradients(shape: tuple[int, ...], steps: int) -> Iterator[Array]:
    rng = np.random.default_rng(1)
    return (rng.standard_normal(shape) for _ in range(steps))


def rms(x: Array) -> Any:
    return np.sqrt((x**2).mean())


def adafactor(
    p: Array,
    gs: Iterator[Array],
    lr: float = 1e-2,
    beta2_decay: float = -0.8,
    eps: tuple[float | None, float] = (None, 1e-3),
    d: float = 1.0,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> Iterator[Array]:
    least = np.finfo(p.dtype).eps if eps[0] is None else eps[0]
    r = c = v = 0.0
    for t, g in enumerate(gs, start=1):
        g = -g if maximize else g
        beta = 1 - t**beta2_decay
        alpha = max(eps[1], rms(p)) * min(lr, t**-0.5)
        if p.ndim > 1:
            r = beta * r + (1 - beta) * (g**2).mean(-1)
            c = beta * c + (1 - beta) * (g**2).mean(-2)
            v = r[..., None] * c[..., None, :] / np.maximum(r.mean(-1), least)[..., None, None]
        else:
            v = beta * v + (1 - beta) * g**2
        u = g / np.maximum(np.sqrt(v), least)
        p = p * (1 - lr * weight_decay) - alpha * u / max(1, rms(u) / d)
        yield p


def muon(
    p: Array,
    gs: Iterator[Array],
    lr: float = 1e-3,
    weight_decay: float = 0.1,
    momentum: float = 0.95,
    nesterov: bool = True,
    ns_coefficients: tuple[float, ...] = COEFFICIENTS,
    eps: float = 1e-7,
    ns_steps: int = 5,
    adjust_lr_fn: str | None = None,
) -> Iterator[Array]:
    """By the singular values: an odd polynomial of a matrix is one of these."""
    b = 0.0
    n, m = p.shape
    gamma = 0.2 * max(n, m) ** 0.5 if adjust_lr_fn == "match_rms_adamw" else max(1, n / m) ** 0.5
    for g in gs:
        b = momentum * b + (1 - momentum) * g
        left, s, right = np.linalg.svd(
            (1 - momentum) * g + momentum * b if nesterov else b, full_matrices=False
        )
        s = s / max(np.linalg.norm(s), eps)
        for _ in range(ns_steps):
            s = sum(k * s**e for k, e in zip(ns_coefficients, (1, 3, 5), strict=True))
        p = (1 - lr * weight_decay) * p - lr * gamma * (left * s) @ right
        yield p


ROWS: list[tuple[Any, Any, dict[str, Any], tuple[int, ...]]] = [
    (Adafactor, adafactor, {}, (3, 4)),
    (Adafactor, adafactor, {"lr": 0.5, "weight_decay": 0.1, "maximize": True}, (3, 4)),
    (Adafactor, adafactor, {"beta2_decay": -0.5, "eps": (1e-2, 0.5), "d": 1.2}, (3, 4)),
    (Adafactor, adafactor, {"lr": 0.1}, (2, 3, 4)),
    (Adafactor, adafactor, {"lr": 0.1}, (5,)),
    (Adafactor, adafactor, {"lr": 0.1}, ()),
    (Muon, muon, {"lr": 0.1}, (3, 4)),
    (Muon, muon, {"lr": 0.1, "weight_decay": 0.0, "nesterov": False, "momentum": 0.5}, (4, 3)),
    (Muon, muon, {"lr": 0.1, "adjust_lr_fn": "match_rms_adamw", "ns_steps": 3}, (4, 3)),
    (Muon, muon, {"lr": 0.1, "ns_coefficients": (2.0, -1.5, 0.5), "eps": 10.0}, (3, 4)),
]
CASES = [(*row, "cpu") for row in ROWS] + [(*ROWS[i], "xla:cpu") for i in (1, 6)]


@pytest.mark.parametrize(("cls", "formula", "options", "shape", "device"), CASES)
def test_steps(cls: Any, formula: Any, options: dict[str, Any], shape: tuple[int, ...], device: str) -> None:
    start = np.asarray(np.random.default_rng(0).standard_normal(shape))
    p = nn.Parameter(Tensor(start, device=device))
    optimizer = cls([p], **options)
    for g, expected in zip(gradients(shape, 4), formula(start, gradients(shape, 4), **options), strict=True):
        p.grad = Tensor(np.asarray(g), device=device)
        optimizer.step()
        np.testing.assert_allclose(p.numpy(), expected, rtol=1e-11)
        assert (p.dtype, p.device, p.shape) == (lucid.float64, device, shape)


@pytest.mark.parametrize("cls", [Adafactor, Muon])
@pytest.mark.parametrize("dtype", ["float16", "float32", "bfloat16"])
def test_dtype_is_kept(cls: Any, dtype: str) -> None:
    p = nn.Parameter(lucid.ones((2, 2), dtype=dtype))
    optimizer = cls([p], lr=np.float64(0.125), weight_decay=0.5)
    for _ in range(2):
        p.grad = lucid.full((2, 2), 30.0, dtype=dtype)
        optimizer.step()
    assert p.dtype == lucid.ones(1, dtype=dtype).dtype
    assert 0 < p[0, 0].item() < 1
    for key, value in optimizer.state_dict()["state"]["0"].items():
        assert key == "step" or value.dtype == (lucid.float32 if cls is Adafactor else p.dtype)


@pytest.mark.parametrize("gradient", [300.0, 1e-4])  # whose squares float16 has not
def test_adafactor_of_half_precision_is_as_of_single(gradient: float) -> None:
    found = []
    for dtype in ("float16", "float32"):
        p = nn.Parameter(lucid.ones((2, 3), dtype=dtype))
        optimizer = Adafactor([p], lr=0.125, eps=(1e-20, 1e-3))
        for step in range(4):
            p.grad = lucid.full((2, 3), gradient, dtype=dtype)
            optimizer.step()
            if step == 1:
                saved = optimizer.state_dict()
                optimizer = Adafactor([p], lr=0.125, eps=(1e-20, 1e-3))
                optimizer.load_state_dict(saved)
        found.append(p.numpy())
    np.testing.assert_allclose(found[0], found[1], rtol=2e-3)


@pytest.mark.parametrize("cls", [Adafactor, Muon])
def test_a_rate_may_be_a_tensor(cls: Any) -> None:
    rate = Tensor(0.5)
    ends = []
    for lr in (rate, 0.5):
        p = nn.Parameter(lucid.ones((2, 3)))
        optimizer = cls([p], lr=lr)
        for _ in range(2):
            p.grad = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
            optimizer.step()
            optimizer.param_groups[0]["lr"] = rate.copy_(0.25) if lr is rate else 0.25
        ends.append(p.tolist())
    assert ends[0] == ends[1]


@pytest.mark.parametrize("cls", [Adafactor, Muon])
def test_going_on_is_as_if_never_stopped(cls: Any) -> None:
    shapes = [(3, 4), (4, 2)] if cls is Muon else [(3, 4), (5,), (), (2, 2, 3)]
    whole = [(f"p{i}", nn.Parameter(lucid.ones(shape))) for i, shape in enumerate(shapes)]
    optimizer = cls(whole, lr=0.1)

    def train(o: Any, named: Any, steps: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(steps):
            for _, p in named:
                p.grad = Tensor(np.asarray(rng.standard_normal(p.shape)), dtype="float32")
            o.step()

    train(optimizer, whole, 3, 0)
    saved = pickle.loads(pickle.dumps(optimizer.state_dict()))
    other = [(name, nn.Parameter(p.detach())) for name, p in whole]
    again = cls(other)
    again.load_state_dict(saved)
    train(optimizer, whole, 2, 1)
    train(again, other, 2, 1)
    assert [p.tolist() for _, p in whole] == [p.tolist() for _, p in other]
    key = "momentum_buffer" if cls is Muon else "row_var"
    saved["state"]["p0"][key] = lucid.zeros((9, 9))
    with pytest.raises(StateError, match=rf"state of 'p0': {key} has shape \(9, 9\)"):
        again.load_state_dict(saved)


def test_adafactor_keeps_rows_and_columns() -> None:
    for shape, expected in (
        ((3, 4), {"row_var": (3, 1), "col_var": (1, 4)}),
        ((2, 3, 4), {"row_var": (2, 3, 1), "col_var": (2, 1, 4)}),
        ((4,), {"variance": (4,)}),
        ((), {"variance": ()}),
    ):
        p = nn.Parameter(lucid.ones(shape))
        p.grad = lucid.ones(shape)
        optimizer = Adafactor([p])
        optimizer.step()
        state = optimizer.state_dict()["state"]["0"]
        assert state.pop("step") == 1
        assert {key: value.shape for key, value in state.items()} == expected


def test_of_nothing() -> None:
    ps = [nn.Parameter(lucid.zeros(shape)) for shape in ((0, 3), (3, 0))]
    for p in ps:
        p.grad = lucid.zeros(p.shape)
    for cls in (Adafactor, Muon):
        optimizer = cls(ps)
        optimizer.step()
        optimizer.load_state_dict(optimizer.state_dict())
        optimizer.step()
    assert [p.shape for p in ps] == [(0, 3), (3, 0)]


def test_muon_turns_singular_values_into_ones() -> None:
    rng = np.random.default_rng(0)
    left, _ = np.linalg.qr(rng.standard_normal((6, 4)))
    right, _ = np.linalg.qr(rng.standard_normal((4, 4)))
    u = (left * np.array([1.0, 0.5, 0.2, 0.05])) @ right.T
    found = orthogonal(np, u, COEFFICIENTS, 5, 1e-7)
    assert np.abs(np.linalg.svd(found, compute_uv=False) - 1).max() < 0.35
    np.testing.assert_allclose(orthogonal(np, u.T, COEFFICIENTS, 5, 1e-7), found.T, rtol=1e-12)


@pytest.mark.parametrize(
    ("cls", "options", "error", "message"),
    [
        (Adafactor, {"lr": -1}, ArgumentError, "Adafactor expects lr"),
        (Adafactor, {"beta2_decay": 0.5}, ArgumentError, "Adafactor expects beta2_decay to be .*got 0.5"),
        (Adafactor, {"eps": 1e-3}, ArgumentTypeError, "eps to be two numbers, got 0.001"),
        (Adafactor, {"eps": (-1, 1e-3)}, ArgumentError, r"eps\[0\] to be finite and at least 0, got -1"),
        (Adafactor, {"eps": (None, None)}, ArgumentTypeError, r"eps\[1\] to be a number, got None"),
        (Adafactor, {"d": 0.5}, ArgumentError, "d to be finite and at least 1, got 0.5"),
        (Adafactor, {"weight_decay": -1}, ArgumentError, "weight_decay to be finite and at least 0"),
        (Adafactor, {"maximize": 1}, ArgumentTypeError, "maximize to be True or False"),
        (Muon, {"lr": -1}, ArgumentError, "Muon expects lr"),
        (Muon, {"momentum": -1}, ArgumentError, "momentum to be finite and at least 0"),
        (Muon, {"nesterov": 1}, ArgumentTypeError, "nesterov to be True or False"),
        (Muon, {"ns_coefficients": (1, 2)}, ArgumentTypeError, "ns_coefficients to be three numbers"),
        (Muon, {"ns_coefficients": (1, 2, "x")}, ArgumentTypeError, r"ns_coefficients\[2\] to be a number"),
        (Muon, {"eps": -1}, ArgumentError, "eps to be finite and at least 0"),
        (Muon, {"ns_steps": 100}, ArgumentError, "ns_steps to be less than 100, got 100"),
        (Muon, {"ns_steps": -1}, ArgumentError, "ns_steps to be a positive integer, got -1"),
        (Muon, {"adjust_lr_fn": "x"}, ArgumentError, "adjust_lr_fn to be one of 'original'"),
    ],
)
def test_bad_options(cls: Any, options: dict[str, Any], error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        cls([nn.Parameter(lucid.ones((2, 2)))], **options)


def test_muon_takes_matrices_alone() -> None:
    model = nn.Linear(2, 3)
    with pytest.raises(ArgumentError, match=r"Muon expects matrices, and 'bias' has shape \(3,\)"):
        Muon(model.named_parameters())
    optimizer = Muon([model.weight])
    with pytest.raises(ArgumentError, match="give it to another optimizer"):
        optimizer.add_param_group({"params": [model.bias]})
    assert len(optimizer.param_groups) == 1
