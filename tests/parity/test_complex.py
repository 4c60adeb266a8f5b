"""Complex gradients against PyTorch's: the same convention, in every rule that has a complex input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.testing import complex_normal

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.parity

UNARY = ["abs", "exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "asinh"]
UNARY += ["acosh", "atanh", "sqrt", "square", "reciprocal", "real", "imag", "sigmoid", "expm1", "log1p"]
UNARY += ["log2", "log10", "sum", "prod", "mean"]
BINARY = ["add", "subtract", "multiply", "divide", "pow"]


def draw(*shape: int) -> Any:
    return complex_normal(np.random.default_rng(3), shape)


def compare(ours: Any, theirs: Any, *arrays: Any) -> None:
    """Compare a function's values and gradients, the result weighted by a complex gradient."""
    xs = [Tensor(a, requires_grad=True) for a in arrays]
    ts = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, t = ours(*xs), theirs(*ts)
    np.testing.assert_allclose(y.detach().numpy(), t.detach().numpy(), 1e-12, 1e-13)
    g = draw(*y.shape).astype(y.dtype) if y.dtype.kind == "c" else draw(*y.shape).real
    y.backward(Tensor(g))
    t.backward(torch.tensor(g))
    for x, u in zip(xs, ts, strict=True):
        assert x.grad is not None
        np.testing.assert_allclose(x.grad.numpy(), u.grad.resolve_conj().numpy(), 1e-10, 1e-12)


@pytest.mark.parametrize("name", UNARY)
def test_unary(name: str) -> None:
    compare(getattr(lucid, name), getattr(torch, name), draw(2, 3))


@pytest.mark.parametrize("name", BINARY)
def test_binary(name: str) -> None:
    compare(getattr(lucid, name), getattr(torch, name), draw(2, 3), draw(3) + 3)
    compare(getattr(lucid, name), getattr(torch, name), draw(2, 3), draw(3).real + 3)
    compare(getattr(lucid, name), getattr(torch, name), np.abs(draw(2, 3)), draw(3))


def test_products() -> None:
    compare(lucid.matmul, torch.matmul, draw(2, 3), draw(3, 2))
    compare(lambda x: lucid.einsum("ij,kj->ik", x, x), lambda x: torch.einsum("ij,kj->ik", x, x), draw(2, 3))
