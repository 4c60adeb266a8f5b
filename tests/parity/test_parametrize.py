"""Parametrized modules against PyTorch: names, outputs, gradients, buffers, and what is left of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lucid
import lucid.nn as nn
from lucid import Tensor

torch = pytest.importorskip("torch")
parametrize = pytest.importorskip("torch.nn.utils.parametrize")

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:.*weight_norm.*deprecated")]

LAYERS: dict[str, tuple[str, tuple[Any, ...], tuple[int, ...]]] = {
    "linear": ("Linear", (4, 3), (2, 4)),
    "tall": ("Linear", (3, 5), (2, 3)),
    "square": ("Linear", (4, 4), (2, 4)),
    "conv": ("Conv2d", (3, 4, 2), (2, 3, 4, 4)),
    "up": ("ConvTranspose1d", (3, 4, 2), (2, 3, 4)),
}
WEIGHT, SPECTRAL, ORTHOGONAL = "weight_norm", "spectral_norm", "orthogonal"
# The function, old or new; the layer; the options.
ROWS: list[tuple[str, str, dict[str, Any]]] = [
    ("new " + WEIGHT, "linear", {}),
    ("new " + WEIGHT, "linear", {"axis": None}),
    ("new " + WEIGHT, "conv", {"axis": 1}),
    ("new " + WEIGHT, "linear", {"name": "bias"}),
    ("new " + SPECTRAL, "linear", {}),
    ("new " + SPECTRAL, "conv", {"n_power_iterations": 3, "axis": 2}),
    ("new " + SPECTRAL, "up", {"eps": 1e-3}),
    ("new " + SPECTRAL, "linear", {"name": "bias"}),
    ("new " + ORTHOGONAL, "square", {}),
    ("new " + ORTHOGONAL, "linear", {}),
    ("new " + ORTHOGONAL, "tall", {}),
    ("new " + ORTHOGONAL, "tall", {"orthogonal_map": "cayley"}),
    ("new " + ORTHOGONAL, "linear", {"orthogonal_map": "matrix_exp"}),
    ("new " + ORTHOGONAL, "conv", {"orthogonal_map": "householder"}),
    ("new " + ORTHOGONAL, "tall", {"orthogonal_map": "householder", "use_trivialization": False}),
    ("new " + ORTHOGONAL, "linear", {"orthogonal_map": "cayley", "use_trivialization": False}),
    ("old " + WEIGHT, "linear", {}),
    ("old " + WEIGHT, "linear", {"axis": None}),
    ("old " + WEIGHT, "up", {"axis": 1}),
    ("old " + SPECTRAL, "linear", {}),
    ("old " + SPECTRAL, "conv", {"n_power_iterations": 2}),
    ("old " + SPECTRAL, "up", {}),
]


def pair(function: str, layer: str, options: dict[str, Any]) -> tuple[Any, Any]:
    """Return the layer here with PyTorch's state, and PyTorch's."""
    age, name = function.split()
    kind, args, _ = LAYERS[layer]
    here, there = nn.utils, torch.nn.utils
    if age == "new":
        here, there = nn.utils.parametrizations, torch.nn.utils.parametrizations  # type: ignore[assignment]
    torch.manual_seed(0)
    spelled = {{"axis": "dim"}.get(key, key): value for key, value in options.items()}
    theirs = getattr(there, name)(getattr(torch.nn, kind)(*args).double(), **spelled)
    ours = getattr(here, name)(getattr(nn, kind)(*args, dtype="float64"), **options)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert {k: v.shape for k, v in ours.state_dict().items()} == {
        k: tuple(v.shape) for k, v in theirs.state_dict().items()
    }
    rng = np.random.default_rng(0)
    with torch.no_grad():
        for key, p in theirs.named_parameters():
            if name != ORTHOGONAL or "bias" in key:
                p.copy_(torch.tensor(rng.uniform(0.5, 1.5, tuple(p.shape))))
            else:  # the diagonal holds signs
                p.add_(torch.tensor(rng.normal(size=tuple(p.shape))).tril(-1))
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    return ours, theirs


@pytest.mark.parametrize(("function", "layer", "options"), ROWS)
@pytest.mark.parametrize("training", [True, False])
def test_outputs_gradients_and_buffers(
    function: str, layer: str, options: dict[str, Any], training: bool
) -> None:
    ours, theirs = pair(function, layer, options)
    ours.train(training)
    theirs.train(training)
    array = np.random.default_rng(1).normal(size=LAYERS[layer][2])
    for _ in range(2):  # the second call goes on from the buffers of the first
        x, z = Tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
        y, w = ours(x), theirs(z)
        np.testing.assert_allclose(y.numpy(), w.detach().numpy(), rtol=1e-9, atol=1e-12)
        (y**2).sum().backward()
        (w**2).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), z.grad.numpy(), rtol=1e-9, atol=1e-12)
    mine = dict(ours.named_parameters())
    for key, p in theirs.named_parameters():
        np.testing.assert_allclose(mine[key].grad.numpy(), p.grad.numpy(), rtol=1e-8, atol=1e-10, err_msg=key)
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key].numpy(), value.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("function", "layer", "options"), ROWS)
def test_removal(function: str, layer: str, options: dict[str, Any]) -> None:
    ours, theirs = pair(function, layer, options)
    ours.eval()
    theirs.eval()
    name = options.get("name", "weight")
    if function.startswith("new"):
        nn.utils.parametrize.remove_parametrizations(ours, name)
        parametrize.remove_parametrizations(theirs, name)
    else:
        if SPECTRAL in function:  # PyTorch's weight is that of the last call
            theirs(torch.ones(LAYERS[layer][2], dtype=torch.float64))
        getattr(nn.utils, f"remove_{function[4:]}")(ours, name)
        getattr(torch.nn.utils, f"remove_{function[4:]}")(theirs, name)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key].numpy(), value.numpy(), rtol=1e-9, atol=1e-12)
    assert type(ours).__name__ == type(theirs).__name__
    assert [p.requires_grad for p in ours.parameters()] == [p.requires_grad for p in theirs.parameters()]


@pytest.mark.parametrize("orthogonal_map", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("layer", ["linear", "tall", "square"])
def test_an_orthogonal_weight_can_be_set(layer: str, orthogonal_map: str) -> None:
    ours, theirs = pair("new " + ORTHOGONAL, layer, {"orthogonal_map": orthogonal_map})
    shape = ours.weight.shape
    q = np.linalg.qr(np.random.default_rng(3).normal(size=(5, 5)))[0][: shape[0], : shape[1]]
    q = np.linalg.qr(q)[0] if shape[0] >= shape[1] else np.linalg.qr(q.T)[0].T
    ours.weight = Tensor(q)
    theirs.weight = torch.tensor(q)
    np.testing.assert_allclose(theirs.weight.detach().numpy(), q, atol=1e-12)
    np.testing.assert_allclose(ours.weight.numpy(), q, atol=1e-12)


def test_a_weight_of_reflections_can_be_set() -> None:
    """Without a base, what is set is told by the reflections alone."""
    options = {"orthogonal_map": "householder", "use_trivialization": False}
    ours, theirs = pair("new " + ORTHOGONAL, "tall", options)
    q = np.linalg.qr(np.random.default_rng(3).normal(size=(5, 3)))[0]
    for value in (q, np.eye(5, 3), -np.eye(5, 3)):
        ours.weight, theirs.weight = Tensor(value), torch.tensor(value)
        np.testing.assert_allclose(ours.weight.numpy(), value, atol=1e-12)
        np.testing.assert_allclose(theirs.weight.detach().numpy(), value, atol=1e-12)
        key = "parametrizations.weight.original"
        np.testing.assert_allclose(
            ours.state_dict()[key].numpy(),
            np.tril(theirs.state_dict()[key].numpy()) + np.triu(ours.state_dict()[key].numpy(), 1),
            atol=1e-12,
        )


def test_second_derivatives_of_the_exponential() -> None:
    a = np.random.default_rng(0).normal(size=(2, 4, 4)) * np.array([0.1, 6.0]).reshape(2, 1, 1)
    ours, theirs = Tensor(a, requires_grad=True), torch.tensor(a, requires_grad=True)
    from lucid.nn.utils.orthogonal_maps import matrix_exp

    y, z = matrix_exp(ours), torch.linalg.matrix_exp(theirs)
    scale = abs(z.detach().numpy()).max()
    np.testing.assert_allclose(y.numpy(), z.detach().numpy(), rtol=1e-11, atol=1e-12 * scale)
    (g,) = lucid.autograd.grad((y**2).sum() / scale, ours, create_graph=True)
    (h,) = torch.autograd.grad((z**2).sum() / scale, theirs, create_graph=True)
    np.testing.assert_allclose(g.numpy(), h.detach().numpy(), rtol=1e-9)
    (g,) = lucid.autograd.grad((g**2).sum(), ours)
    (h,) = torch.autograd.grad((h**2).sum(), theirs)
    np.testing.assert_allclose(g.numpy(), h.numpy(), rtol=1e-8)


class Symmetric:
    """A parametrization of both libraries, for a class that is a Module of one of them."""

    def forward(self, x: Any) -> Any:
        """Return a symmetric matrix."""
        upper = lucid.triu(x) if isinstance(x, Tensor) else x.triu()
        return upper + upper.mT

    def right_inverse(self, x: Any) -> Any:
        """Return a triangle."""
        return lucid.triu(x) / 2 if isinstance(x, Tensor) else x.triu() / 2


class Ours(Symmetric, nn.Module):
    """Of Lucid."""


class Theirs(Symmetric, torch.nn.Module):
    """Of PyTorch."""


def test_two_parametrizations_one_upon_the_other() -> None:
    array = np.random.default_rng(0).normal(size=(3, 3))
    ours, theirs = nn.Linear(3, 3, dtype="float64"), torch.nn.Linear(3, 3).double()
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    nn.utils.parametrize.register_parametrization(ours, "weight", Ours())
    parametrize.register_parametrization(theirs, "weight", Theirs())
    np.testing.assert_allclose(ours.weight.numpy(), theirs.weight.detach().numpy())
    nn.utils.parametrize.register_parametrization(ours, "weight", Ours())
    parametrize.register_parametrization(theirs, "weight", Theirs())
    np.testing.assert_allclose(ours.weight.numpy(), theirs.weight.detach().numpy())
    ours.weight, theirs.weight = Tensor(array), torch.tensor(array)
    np.testing.assert_allclose(ours.weight.numpy(), theirs.weight.detach().numpy())
    assert list(ours.state_dict()) == list(theirs.state_dict())
    other, another = nn.Linear(3, 3, dtype="float64"), torch.nn.Linear(3, 3).double()
    nn.utils.parametrize.transfer_parametrizations_and_params(ours, other)
    parametrize.transfer_parametrizations_and_params(theirs, another)
    np.testing.assert_allclose(other.weight.numpy(), another.weight.detach().numpy())
    nn.utils.parametrize.remove_parametrizations(ours, "weight", leave_parametrized=False)
    parametrize.remove_parametrizations(theirs, "weight", leave_parametrized=False)
    np.testing.assert_allclose(ours.weight.numpy(), theirs.weight.detach().numpy())
