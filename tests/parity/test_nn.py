"""Functionals, layers and losses against PyTorch: values and gradients, with every option.

In float64, so that the two can only differ by how they round.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor

torch = pytest.importorskip("torch")
TF = torch.nn.functional

pytestmark = pytest.mark.parity

# Some roundings of float64; sums may be taken in another order.
RTOL = 1e-12


def compare(ours: Callable[..., Any], theirs: Callable[..., Any], arrays: list[Any]) -> None:
    """Compare results, and the gradients of their weighted sum by every argument of floats."""
    mine = [Tensor(a) for a in arrays]
    other = [torch.tensor(a) for a in arrays]
    for a, b in zip(mine, other, strict=True):
        if a.dtype.kind == "f":
            a.requires_grad_()
            b.requires_grad_()
    y, z = ours(*mine), theirs(*other)
    close(y, z)
    weights = np.random.default_rng(9).standard_normal(y.shape)
    (y * Tensor(weights)).sum().backward()
    (z * torch.tensor(weights)).sum().backward()
    for a, b in zip(mine, other, strict=True):
        if b.grad is None:
            assert a.grad is None
        else:
            close(a.grad, b.grad)


def close(a: Any, b: Any) -> None:
    assert a.shape == tuple(b.shape)
    assert str(a.dtype) == str(b.dtype).removeprefix("torch.")
    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=RTOL, atol=RTOL)


# ----------------------------------------------------------------- functionals

rng = np.random.default_rng(0)
x = rng.standard_normal((4, 5))
x3 = rng.standard_normal((4, 5, 3))
at_corners = np.array([-np.inf, -50.0, -1.0, -0.0, 0.0, 1e-3, 1.0, 50.0, 800.0])

FUNCTIONS: list[tuple[str, Callable[..., Any], Callable[..., Any], list[Any]]] = [
    ("relu", F.relu, TF.relu, [at_corners]),
    ("leaky_relu", F.leaky_relu, TF.leaky_relu, [at_corners]),
    ("leaky_relu[0.2]", lambda v: F.leaky_relu(v, 0.2), lambda v: TF.leaky_relu(v, 0.2), [at_corners]),
    ("gelu", F.gelu, TF.gelu, [at_corners[1:]]),
    (
        "gelu[tanh]",
        lambda v: F.gelu(v, approximate="tanh"),
        lambda v: TF.gelu(v, approximate="tanh"),
        [at_corners[1:]],
    ),
    ("silu", F.silu, TF.silu, [at_corners[1:]]),
    ("sigmoid", F.sigmoid, TF.sigmoid, [at_corners]),
    ("tanh", F.tanh, TF.tanh, [at_corners]),
    *(
        (f"{name}[{axis}]", lambda v, f=f, a=axis: f(v, axis=a), lambda v, f=t, a=axis: f(v, dim=a), [x3])
        for name, f, t in (("softmax", F.softmax, TF.softmax), ("log_softmax", F.log_softmax, TF.log_softmax))
        for axis in (0, 1, -1)
    ),
    ("softmax[masked]", lambda v: F.softmax(v), lambda v: TF.softmax(v, dim=-1), [at_corners]),
    ("linear", F.linear, TF.linear, [x, rng.standard_normal((3, 5)), rng.standard_normal(3)]),
    ("linear[no bias]", F.linear, TF.linear, [x, rng.standard_normal((3, 5))]),
    ("linear[3-d]", F.linear, TF.linear, [rng.standard_normal((2, 3, 5)), x, rng.standard_normal(4)]),
    ("linear[1-d]", F.linear, TF.linear, [x[0], x, rng.standard_normal(4)]),
    ("embedding", F.embedding, TF.embedding, [np.array([[1, 1, 3], [0, 3, 3]]), x]),
    (
        "embedding[padding]",
        lambda i, w: F.embedding(i, w, padding_idx=3),
        lambda i, w: TF.embedding(i, w, padding_idx=3),
        [np.array([[1, 1, 3], [0, 3, 3]]), x],
    ),
    (
        "flatten",
        lambda v: F.flatten(v, start_axis=1),
        lambda v: torch.flatten(v, start_dim=1),
        [x3],
    ),
]


@pytest.mark.parametrize(
    ("ours", "theirs", "arrays"), [row[1:] for row in FUNCTIONS], ids=[row[0] for row in FUNCTIONS]
)
def test_function(ours: Callable[..., Any], theirs: Callable[..., Any], arrays: list[Any]) -> None:
    compare(ours, theirs, arrays)


def test_one_hot() -> None:
    classes = np.array([[0, 2], [1, 1]])
    hot = TF.one_hot(torch.tensor(classes), 4).numpy()
    np.testing.assert_array_equal(F.one_hot(Tensor(classes), 4, dtype="int64").numpy(), hot)


# ----------------------------------------------------------------- losses


@dataclass(frozen=True)
class Loss:
    """A loss of both libraries, its arguments, and the arrays among its options."""

    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    arrays: list[Any]
    weights: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        options = [*self.weights, *(f"{k}={v}" for k, v in self.options.items())]
        shapes = " ".join(str(a.shape) for a in self.arrays)
        return f"{self.ours.__name__} {shapes} {', '.join(options)}"


classes = rng.integers(0, 5, 4)
grid = rng.integers(0, 5, (4, 3))
ignoring = np.array([1, -100, 4, 1])
shares = np.exp(x) / np.exp(x).sum(1, keepdims=True)
shares3 = np.exp(x3) / np.exp(x3).sum(1, keepdims=True)
per_class = rng.uniform(0.5, 2, 5)
log_p = np.log(shares)

LOSSES = [
    Loss(F.mse_loss, TF.mse_loss, [x, shares]),
    Loss(F.l1_loss, TF.l1_loss, [x, shares]),
    Loss(F.l1_loss, TF.l1_loss, [np.zeros(3), np.array([-1.0, 0.0, 1.0])]),
    *(
        Loss(F.cross_entropy, TF.cross_entropy, arrays, weights, options)
        for arrays in (
            [x, classes],
            [x3, grid],
            [x[0], np.array(3)],
            [x, ignoring],
            [x, shares],
            [x3, shares3],
            [x[0], shares[0]],
        )
        for weights in ({}, {"weight": per_class})
        for options in ({}, {"label_smoothing": 0.3})
    ),
    Loss(F.cross_entropy, TF.cross_entropy, [x, classes], {}, {"ignore_index": int(classes[0])}),
    Loss(
        F.cross_entropy,
        TF.cross_entropy,
        [x3, grid],
        {"weight": per_class},
        {"ignore_index": int(grid[0, 0]), "label_smoothing": 0.1},
    ),
    *(
        Loss(F.nll_loss, TF.nll_loss, arrays, weights, options)
        for arrays in ([log_p, classes], [np.log(shares3), grid], [log_p[0], np.array(2)])
        for weights in ({}, {"weight": per_class})
        for options in ({}, {"ignore_index": int(grid[0, 0])})
    ),
    Loss(F.nll_loss, TF.nll_loss, [log_p, ignoring], {"weight": per_class}),
    *(
        Loss(F.binary_cross_entropy_with_logits, TF.binary_cross_entropy_with_logits, [x, shares], weights)
        for weights in ({}, {"weight": per_class}, {"weight": shares}, {"pos_weight": per_class})
    ),
    Loss(
        F.binary_cross_entropy_with_logits,
        TF.binary_cross_entropy_with_logits,
        [np.array([-800.0, -30.0, 0.0, 30.0, 800.0]), np.array([0.0, 1.0, 0.5, 1.0, 1.0])],
        {"weight": np.array(2.0), "pos_weight": np.array([3.0])},
    ),
]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_loss(loss: Loss, reduction: str) -> None:
    compare(
        lambda *a: loss.ours(
            *a, reduction=reduction, **loss.options, **{k: Tensor(v) for k, v in loss.weights.items()}
        ),
        lambda *a: loss.theirs(
            *a, reduction=reduction, **loss.options, **{k: torch.tensor(v) for k, v in loss.weights.items()}
        ),
        loss.arrays,
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_of_ignored_targets_alone(reduction: str) -> None:
    target = np.array([-100, -100])
    found = F.cross_entropy(Tensor(x[:2]), Tensor(target), reduction=reduction)
    expected = TF.cross_entropy(torch.tensor(x[:2]), torch.tensor(target), reduction=reduction)
    np.testing.assert_array_equal(found.numpy(), expected.numpy())


# ----------------------------------------------------------------- layers

T = torch.nn

LAYERS: list[tuple[Callable[[], nn.Module], Callable[[], Any], list[Any]]] = [
    (lambda: nn.Linear(5, 3), lambda: T.Linear(5, 3), [x]),
    (lambda: nn.Linear(5, 3, bias=False), lambda: T.Linear(5, 3, bias=False), [x]),
    (lambda: nn.Embedding(5, 2), lambda: T.Embedding(5, 2), [classes]),
    (lambda: nn.Embedding(5, 2, padding_idx=-1), lambda: T.Embedding(5, 2, padding_idx=-1), [grid]),
    (nn.Flatten, T.Flatten, [x3]),
    (lambda: nn.Flatten(0, 1), lambda: T.Flatten(0, 1), [x3]),
    (nn.Identity, T.Identity, [x]),
    (nn.ReLU, T.ReLU, [x]),
    (nn.LeakyReLU, T.LeakyReLU, [x]),
    (lambda: nn.LeakyReLU(0.3), lambda: T.LeakyReLU(0.3), [x]),
    (nn.GELU, T.GELU, [x]),
    (lambda: nn.GELU("tanh"), lambda: T.GELU("tanh"), [x]),
    (nn.SiLU, T.SiLU, [x]),
    (nn.Sigmoid, T.Sigmoid, [x]),
    (nn.Tanh, T.Tanh, [x]),
    (lambda: nn.Softmax(0), lambda: T.Softmax(0), [x]),
    (lambda: nn.LogSoftmax(1), lambda: T.LogSoftmax(1), [x3]),
    (lambda: nn.Dropout(0.3).eval(), lambda: T.Dropout(0.3).eval(), [x]),
    (lambda: nn.Dropout(1.0), lambda: T.Dropout(1.0), [x]),
    (nn.MSELoss, T.MSELoss, [x, shares]),
    (nn.L1Loss, T.L1Loss, [x, shares]),
    (lambda: nn.MSELoss("sum"), lambda: T.MSELoss(reduction="sum"), [x, shares]),
    (nn.CrossEntropyLoss, T.CrossEntropyLoss, [x, classes]),
    (
        lambda: nn.CrossEntropyLoss(Tensor(per_class), ignore_index=2, label_smoothing=0.1),
        lambda: T.CrossEntropyLoss(torch.tensor(per_class), ignore_index=2, label_smoothing=0.1),
        [x3, grid],
    ),
    (
        lambda: nn.NLLLoss(Tensor(per_class), ignore_index=2),
        lambda: T.NLLLoss(torch.tensor(per_class), ignore_index=2),
        [log_p, classes],
    ),
    (
        lambda: nn.BCEWithLogitsLoss(Tensor(per_class), pos_weight=Tensor(per_class)),
        lambda: T.BCEWithLogitsLoss(torch.tensor(per_class), pos_weight=torch.tensor(per_class)),
        [x, shares],
    ),
]


@pytest.mark.parametrize(
    ("ours", "theirs", "arrays"), LAYERS, ids=[repr(ours()).split("(")[0] for ours, _, _ in LAYERS]
)
def test_layer(ours: Callable[[], nn.Module], theirs: Callable[[], Any], arrays: list[Any]) -> None:
    """PyTorch's state dict loads as it is: the names and shapes are the same."""
    other = theirs().double()
    mine = ours().to(dtype=lucid.float64)
    assert list(mine.state_dict()) == list(other.state_dict())
    mine.load_state_dict({name: value.numpy() for name, value in other.state_dict().items()})
    compare(mine, other, arrays)
    for p, q in zip(mine.parameters(), other.parameters(), strict=True):
        assert p.grad is not None
        close(p.grad, q.grad)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda: nn.Linear(300, 200).weight, lambda: T.Linear(300, 200).weight),
        (lambda: nn.Linear(300, 9999).bias, lambda: T.Linear(300, 9999).bias),
        (lambda: nn.Embedding(300, 200).weight, lambda: T.Embedding(300, 200).weight),
    ],
)
def test_parameters_begin_alike(ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    """In distribution: the quantiles agree."""
    torch.manual_seed(0)
    a, b = ours().numpy().reshape(-1), theirs().detach().numpy().reshape(-1)
    at = np.linspace(0.02, 0.98, 25)
    # With 10,000 draws, quantiles so far out have a standard error of 0.03 standard deviations, and
    # the difference of two of 0.04. This is three times as much.
    np.testing.assert_allclose(np.quantile(a, at), np.quantile(b, at), atol=0.12 * b.std())


NAMES = ["linear", "conv1d", "conv_transpose3d", "sigmoid", "tanh", "relu", "selu", "leaky_relu"]


@pytest.mark.parametrize("name", NAMES)
def test_gain(name: str) -> None:
    assert nn.init.calculate_gain(name) == pytest.approx(T.init.calculate_gain(name), rel=1e-15)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("uniform_", {}),
        ("uniform_", {"a": -2, "b": 3}),
        ("normal_", {"mean": 1, "std": 2}),
        ("trunc_normal_", {}),
        ("trunc_normal_", {"mean": 0.5, "std": 2, "a": -1, "b": 1.5}),
        ("xavier_uniform_", {"gain": 2}),
        ("xavier_normal_", {}),
        ("kaiming_uniform_", {"a": 1, "mode": "fan_out"}),
        ("kaiming_normal_", {"nonlinearity": "relu"}),
        ("orthogonal_", {"gain": 2}),
    ],
)
def test_init(name: str, options: dict[str, Any]) -> None:
    torch.manual_seed(0)
    a = getattr(nn.init, name)(lucid.empty((100, 25, 4)), **options).numpy().reshape(-1)
    b = getattr(T.init, name)(torch.empty((100, 25, 4)), **options).numpy().reshape(-1)
    at = np.linspace(0.02, 0.98, 25)
    # As above, for 10,000 draws.
    np.testing.assert_allclose(np.quantile(a, at), np.quantile(b, at), atol=0.12 * b.std())
