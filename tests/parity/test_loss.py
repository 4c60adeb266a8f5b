"""Losses and distances against PyTorch where its choices matter: kinks, zeros, infinities, shapes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import lucid.nn.functional as F
from lucid import Tensor

torch = pytest.importorskip("torch")
TF = pytest.importorskip("torch.nn.functional")

pytestmark = pytest.mark.parity

rng = np.random.default_rng(0)
NAMES = {"axis": "dim", "keepdims": "keepdim"}


def compare(name: str, *arrays: Any, rtol: float = 1e-9, **options: Any) -> None:
    """Compare a function of both libraries: the result, and the gradients by arrays of floats."""
    floats = [isinstance(a, np.ndarray) and a.dtype.kind == "f" for a in arrays]
    ours = [
        Tensor(a, requires_grad=f) if isinstance(a, np.ndarray) else a
        for a, f in zip(arrays, floats, strict=True)
    ]
    theirs = [
        torch.tensor(a, requires_grad=f) if isinstance(a, np.ndarray) else a
        for a, f in zip(arrays, floats, strict=True)
    ]
    weights = {k: v for k, v in options.items() if isinstance(v, np.ndarray)}
    function = getattr(TF, name, None) or getattr(torch, name)
    y = getattr(F, name)(*ours, **{**options, **{k: Tensor(v) for k, v in weights.items()}})
    renamed = {NAMES.get(k, k): torch.tensor(v) if k in weights else v for k, v in options.items()}
    z = function(*theirs, **renamed)
    assert y.shape == z.shape
    np.testing.assert_allclose(y.numpy(), z.detach().numpy(), rtol, rtol)
    if not z.requires_grad:
        return
    ramp = np.linspace(0.5, 1.5, z.numel()).reshape(z.shape)
    (y * ramp).sum().backward()
    (z * torch.tensor(ramp)).sum().backward()
    for a, b, tracked in zip(ours, theirs, floats, strict=True):
        if tracked and b.grad is not None:
            np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol, rtol)


def log_probabilities(*shape: int, dtype: str = "float64") -> Any:
    x = rng.standard_normal(shape)
    return (x - np.log(np.exp(x).sum(-1, keepdims=True))).astype(dtype)


# ----------------------------------------------------------------- CTC

LENGTHS = [([8, 5, 6, 8], [3, 2, 1, 0]), ([8, 2, 1, 0], [3, 3, 1, 0])]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("concatenated", [False, True])
@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize(("steps", "counts"), LENGTHS)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_ctc(dtype: str, concatenated: bool, blank: int, steps: Any, counts: Any, reduction: str) -> None:
    y = rng.integers(0, 4, (4, 3))
    y += y >= blank
    y = np.concatenate([row[:n] for row, n in zip(y, counts, strict=True)]) if concatenated else y
    lengths = [np.array(steps), np.array(counts)]
    options = {"blank": blank, "reduction": reduction, "zero_infinity": True}
    x = log_probabilities(8, 4, 5, dtype=dtype)
    compare("ctc_loss", x, y, *lengths, rtol=1e-9 if dtype == "float64" else 1e-4, **options)


def test_ctc_without_a_way_is_infinite() -> None:
    """PyTorch's gradient is nan then, ours 0."""
    x, y = log_probabilities(2, 1, 3), np.array([[1, 1]])
    theirs = TF.ctc_loss(torch.tensor(x), torch.tensor(y), (2,), (2,))
    assert F.ctc_loss(Tensor(x), Tensor(y), (2,), (2,)).item() == theirs.item() == math.inf


def test_ctc_of_usual_size() -> None:
    x, y = log_probabilities(100, 16, 50, dtype="float32"), rng.integers(1, 50, (16, 20))
    compare("ctc_loss", x, y, (100,) * 16, (20,) * 16, rtol=2e-4)


# ----------------------------------------------------------------- corners

ONES = np.ones((3, 2))
KINK = np.array([1.0, -1.0, 1.0, -1.0])
BOTH = np.array([1, 1, -1, -1])

SINGLE = {"rtol": 1e-8}  # PyTorch's 1e-12 is one of single precision

CORNERS = [
    ("smooth_l1_loss", (KINK, 0 * KINK), {"reduction": "none"}),
    ("smooth_l1_loss", (KINK, KINK), {"beta": 0.0}),
    ("huber_loss", (KINK, 0 * KINK), {"reduction": "none"}),
    ("huber_loss", (KINK, 3 * KINK), {"weight": np.arange(4.0)}),
    ("mse_loss", (KINK, 3 * KINK), {"weight": np.arange(4.0)}),
    ("l1_loss", (KINK, 3 * KINK), {"weight": np.arange(4.0), "reduction": "sum"}),
    ("soft_margin_loss", (500 * KINK, BOTH), {"reduction": "none"}),
    ("multilabel_soft_margin_loss", (np.ones((2, 3, 4)), np.ones((2, 3, 4))), {"reduction": "none"}),
    ("multilabel_soft_margin_loss", (np.ones(3), np.zeros(3)), {"reduction": "none"}),
    ("kl_div", (KINK, np.array([0.1, 0.2, 0.3, 0.4])), {"reduction": "batchmean"}),
    ("kl_div", (np.array(-1.0), np.array(0.2)), {"reduction": "batchmean"}),
    ("poisson_nll_loss", (KINK, np.array([0.5, 1.0, 1.5, 3.0])), {"full": True, "reduction": "none"}),
    ("gaussian_nll_loss", (KINK, 0 * KINK, np.array([0.0, 1e-8, 1e-3, 1.0])), {"reduction": "none"}),
    ("gaussian_nll_loss", (ONES, np.zeros((1, 2)), np.ones((3, 1))), {"reduction": "none"}),
    ("gaussian_nll_loss", (ONES, 0 * ONES, np.ones(3)), {"reduction": "none"}),
    ("gaussian_nll_loss", (ONES, 0 * ONES, 2.0), {"full": True}),
    ("margin_ranking_loss", (KINK, KINK, BOTH), {"reduction": "none"}),
    ("hinge_embedding_loss", (KINK, BOTH), {"reduction": "none"}),
    ("cosine_embedding_loss", (np.zeros((4, 2)), np.ones((4, 2)), BOTH), {"reduction": "none", **SINGLE}),
    (
        "cosine_embedding_loss",
        (np.eye(2)[[0, 0, 0, 0]], np.eye(2)[[1, 1, 1, 0]], BOTH),
        {"reduction": "none"},
    ),
    ("triplet_margin_loss", (0 * ONES, ONES, -ONES), {"margin": 1e-9, "reduction": "none"}),
    ("triplet_margin_loss", (0 * ONES, ONES, ONES), {"swap": True, "eps": 0.0, "reduction": "none"}),
    ("triplet_margin_loss", (0 * ONES, ONES, -ONES), {"p": math.inf, "margin": 3.0}),
    ("multi_margin_loss", (np.array([[1.0, 0.0, 2.0]]), np.array([0])), {"p": 2, "reduction": "none"}),
    ("multi_margin_loss", (np.array([1.0, 0.0, 2.0]), np.array(0)), {"weight": np.array([2.0, 1.0, 1.0])}),
    (
        "multilabel_margin_loss",
        (np.array([1.0, 0.0, 1.0, 0.5]), np.array([1, 1, -1, 2])),
        {"reduction": "none"},
    ),
    ("multilabel_margin_loss", (np.ones((2, 3)), np.array([[-1, 0, 1], [2, 0, 1]])), {"reduction": "none"}),
    ("cosine_similarity", (np.zeros((2, 3)), np.ones((2, 3))), {}),
    ("cosine_similarity", (np.ones((2, 3, 1)), np.ones((3, 4))), {"axis": -1}),
    *(
        (
            "pairwise_distance",
            (np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]), np.zeros((3, 2))),
            {"p": p, "eps": 0.0},
        )
        for p in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, math.inf)
    ),
    ("pairwise_distance", (np.ones((2, 3)), np.zeros(3)), {"keepdims": True}),
    *(
        ("cdist", (np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 1.0]]), np.zeros((1, 2))), {"p": p})
        for p in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, math.inf)
    ),
    ("cdist", (rng.standard_normal((2, 1, 30, 4)), rng.standard_normal((3, 26, 4))), {}),
    ("cdist", (rng.standard_normal((0, 4)), rng.standard_normal((3, 4))), {}),
    *(
        ("pdist", (np.array([[0.0, 0.0], [0.0, 0.0], [2.0, 1.0]]),), {"p": p})
        for p in (1.0, 1.5, 2.0, math.inf)
    ),
    ("pdist", (np.zeros((1, 3)),), {}),
]


@pytest.mark.parametrize(("name", "arrays", "options"), CORNERS)
def test_corner(name: str, arrays: Any, options: dict[str, Any]) -> None:
    compare(name, *arrays, **options)


def test_sure_answers_that_are_wrong() -> None:
    """By the target, PyTorch's gradient is infinite there; ours is that of logarithms held above -100."""
    x, y = np.array([0.0, 1e-20, 0.3, 1.0]), np.array([1.0, 0.0, 1.0, 0.0])
    a, b = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    ours, theirs = F.binary_cross_entropy(a, Tensor(y)), TF.binary_cross_entropy(b, torch.tensor(y))
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-12)
    ours.backward()
    theirs.backward()
    np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), **SINGLE)
