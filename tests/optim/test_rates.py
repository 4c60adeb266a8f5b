"""Options that are Tensors: read at each step, or handed to the rule as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor, optim
from lucid.errors import ArgumentError, ArgumentTypeError, LucidError
from lucid.testing import DEVICES
from tests.optim.formulas import CLASSES

every_optimizer = pytest.mark.parametrize("cls", CLASSES)
HOMES = [("cpu", "cpu"), *(pair for d in DEVICES[1:] for pair in (("cpu", d), (d, "cpu"), (d, d)))]


def step(optimizer: optim.Optimizer) -> None:
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = lucid.ones_like(p)
    optimizer.step()


@every_optimizer
@pytest.mark.parametrize(("home", "device"), HOMES, ids=[f"{a} for {b}" for a, b in HOMES])
def test_a_rate_that_is_written_to(cls: Any, home: str, device: str) -> None:
    """Wherever it is, and wherever the parameters are, those of half precision too."""
    kinds = ["float32", "float16"] if device == "cpu" else ["float32"]
    rate = Tensor(0.5, device=home)
    ps = [nn.Parameter(lucid.ones(3, dtype=d, device=device)) for d in kinds]
    qs = [nn.Parameter(lucid.ones(3, dtype=d, device=device)) for d in kinds]
    a, b = cls(ps, lr=rate), cls(qs, lr=0.5)
    for value in (0.5, 0.25, 0.0):
        rate.copy_(Tensor(value, device=home))
        b.param_groups[0]["lr"] = value
        step(a)
        step(b)
        for p, q in zip(ps, qs, strict=True):
            assert (p.dtype, p.device) == (q.dtype, q.device)
            np.testing.assert_allclose(p.numpy(), q.numpy(), rtol=2e-6, atol=2e-7)  # of about 1
    assert a.param_groups[0]["lr"] is rate


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("cls", [optim.AdamW, optim.ASGD, optim.Rprop])
def test_a_rate_keeps_the_dtype_of_parameters_and_states(cls: Any, dtype: str) -> None:
    """And counts in full precision: in half, a decay of 1 - 1e-3 * 1e-2 would be none."""
    pytest.importorskip("jax")
    p = nn.Parameter(lucid.ones(2, dtype=dtype, device="xla:cpu"))
    optimizer = cls([p], lr=Tensor(0.1, device="xla:cpu"))
    for _ in range(2):
        step(optimizer)
    kept = optimizer.state_dict()["state"]["0"]
    assert p.dtype.name == dtype
    assert {t.dtype.name for k, t in kept.items() if isinstance(t, Tensor) and k != "eta"} == {dtype}


@every_optimizer
def test_no_step_waits_for_a_rate(cls: Any) -> None:
    """JAX would say so if the value of one that it is only tracing were asked for."""
    jax = pytest.importorskip("jax")
    p = nn.Parameter(lucid.ones(3, device="xla:cpu"))
    rate = Tensor(0.5, device="xla:cpu")
    optimizer = cls([p], lr=rate)
    step(optimizer)

    def traced(value: Any) -> Any:
        rate._array = value
        step(optimizer)
        step(optimizer)
        return p._array

    assert jax.eval_shape(traced, rate._array).shape == (3,)


@pytest.mark.parametrize("cls", [optim.Adam, optim.AdamW])
@pytest.mark.parametrize("device", DEVICES)
def test_betas_may_be_tensors(cls: Any, device: str) -> None:
    p, q = (nn.Parameter(lucid.ones(3, device=device)) for _ in range(2))
    betas = Tensor(0.5, device=device), Tensor(0.75, device=device)
    a, b = (
        cls([p], lr=0.1, betas=betas, weight_decay=0.1),
        cls([q], lr=0.1, betas=(0.5, 0.75), weight_decay=0.1),
    )
    for _ in range(3):
        step(a)
        step(b)
    np.testing.assert_allclose(p.numpy(), q.numpy(), rtol=1e-6)


@pytest.mark.parametrize("device", DEVICES)
def test_weight_decay_of_sgd_may_be_a_tensor(device: str) -> None:
    p = nn.Parameter(lucid.ones(3, device=device))
    decay = Tensor(1.0, device=device)
    optimizer = optim.SGD([p], lr=0.25, weight_decay=decay)
    step(optimizer)
    assert p.tolist() == [0.5] * 3
    decay.copy_(Tensor(0.0, device=device))
    step(optimizer)
    assert p.tolist() == [0.25] * 3


@pytest.mark.parametrize("device", DEVICES)
def test_a_state_dict_has_the_rate_of_its_time(device: str) -> None:
    p = nn.Parameter(lucid.ones(3, device=device))
    rate = Tensor(0.5, device=device)
    optimizer = optim.ASGD([p], lr=rate)
    step(optimizer)
    saved = optimizer.state_dict()
    rate.copy_(Tensor(0.25, device=device))
    assert saved["param_groups"][0]["lr"].item() == 0.5
    other = optim.ASGD([nn.Parameter(lucid.ones(3, device=device))])
    other.load_state_dict(saved)
    assert other.param_groups[0]["lr"].item() == 0.5
    saved["param_groups"][0]["lr"].copy_(Tensor(0.0, device=device))
    assert other.param_groups[0]["lr"].item() == 0.5
    assert float(other.state_dict()["state"]["0"]["eta"]) == pytest.approx(0.5, rel=1e-3)


REFUSED: list[tuple[Any, type[LucidError], str]] = [
    (Tensor([0.1]), ArgumentTypeError, r"lr to be a number, or a Tensor .* shape \(1,\) and float32"),
    (Tensor(1), ArgumentTypeError, r"lr to be a number.* shape \(\) and int64"),
    (Tensor(1j), ArgumentTypeError, "one real number"),
    (Tensor(-0.1), ArgumentError, "lr to be finite and at least 0, got -0.1"),
    (Tensor(float("nan")), ArgumentError, "lr to be finite"),
]


@pytest.mark.parametrize(("rate", "error", "message"), REFUSED)
def test_rates_that_are_refused(rate: Tensor, error: type[LucidError], message: str) -> None:
    with pytest.raises(error, match=message):
        optim.RMSprop([nn.Parameter([1.0])], lr=rate)


def test_a_rate_that_went_bad_moves_nothing() -> None:
    p, rate = nn.Parameter([1.0]), Tensor(0.5)
    optimizer = optim.SGD([p], lr=rate)
    rate.copy_(Tensor(-1.0))
    with pytest.raises(ArgumentError, match="lr to be finite and at least 0, got -1"):
        step(optimizer)
    assert p.item() == 1
