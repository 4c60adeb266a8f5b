"""Whole features, in seconds: if one of these fails, look here first."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lucid
import lucid.nn as nn
import lucid.nn.functional as F
from lucid import Tensor, data, io, optim

PARAMETERS = {
    "weight1": [[1.0, 2.0], [3.0, 4.0]],
    "bias1": [1.0, 2.0],
    "weight2": [[5.0, 6.0], [7.0, 8.0]],
    "bias2": [3.0, 4.0],
}


class PageModel(nn.Module):
    """The model of the README."""

    def __init__(self) -> None:
        super().__init__()
        self.param_dict = nn.ParameterDict({k: nn.Parameter(Tensor(v)) for k, v in PARAMETERS.items()})

    def forward(self, x: Tensor) -> Tensor:
        x = x @ self.param_dict["weight1"] + self.param_dict["bias1"]
        x = nn.ReLU()(x)
        return x @ self.param_dict["weight2"] + self.param_dict["bias2"]


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))


def xor() -> tuple[Tensor, Tensor]:
    return Tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), Tensor([[0.0], [1.0], [1.0], [0.0]])


def test_the_model_of_the_readme() -> None:
    model = PageModel()
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    output = model(x)
    assert str(output) == "Tensor([[127.0, 148.0]], grad=None)"
    output.sum().backward()
    assert str(x.grad) == "[[41.0, 93.0]]"
    assert model.param_dict["weight2"].grad.tolist() == [[8.0, 8.0], [12.0, 12.0]]


@pytest.mark.parametrize("device", ["cpu", "xla:cpu"])
def test_first_and_second_derivative(device: str) -> None:
    x = Tensor([0.5, 2.0], device=device, requires_grad=True)
    (first,) = lucid.autograd.grad((x**3).sum(), x, create_graph=True)
    (second,) = lucid.autograd.grad(first.sum(), x)
    assert first.tolist() == [0.75, 12.0]
    assert second.tolist() == [3.0, 12.0]


@pytest.mark.parametrize(
    "make_optimizer",
    [
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
        lambda p: optim.Adam(p, lr=0.05),
        lambda p: optim.AdamW(p, lr=0.05, weight_decay=1e-3),
    ],
    ids=["SGD", "Adam", "AdamW"],
)
def test_a_network_learns_what_a_line_cannot(make_optimizer) -> None:
    x, y = xor()
    model = mlp()
    optimizer = make_optimizer(model.parameters())
    for _ in range(200):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01


@pytest.mark.parametrize("device", ["cpu", "xla:cpu"])
def test_training_runs_on_every_engine(device: str) -> None:
    x, y = (t.to(device) for t in xor())
    model = mlp().to(device)
    optimizer = optim.Adam(model.named_parameters(), lr=0.05)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert next(iter(model.parameters())).device == device


def test_runs_repeat() -> None:
    def run() -> list[float]:
        lucid.random.seed(7)
        return [*mlp().state_dict()["0.weight"].numpy().ravel(), *lucid.random.normal((3,)).tolist()]

    assert run() == run()


def test_saved_weights_come_back(tmp_path: Path) -> None:
    x, _ = xor()
    model, other = mlp(), mlp()
    assert not np.array_equal(model(x).numpy(), other(x).numpy())
    io.save(model.state_dict(), tmp_path / "model.safetensors")
    other.load_state_dict(io.load(tmp_path / "model.safetensors"))
    assert np.array_equal(model(x).numpy(), other(x).numpy())


def test_a_model_pickles() -> None:
    x, _ = xor()
    model = mlp()
    assert np.array_equal(pickle.loads(pickle.dumps(model))(x).numpy(), model(x).numpy())


def test_digits_come_in_batches() -> None:
    train, test = data.digits()
    assert len(train) + len(test) == 1797
    images, labels = next(iter(data.DataLoader(train, batch_size=32, shuffle=True)))
    assert images.shape[0] == 32
    assert labels.shape == (32,)
    assert images.dtype == lucid.float32
    assert set(labels.tolist()) <= set(range(10))


def test_an_error_says_where_it_happened() -> None:
    with pytest.raises(lucid.errors.ShapeError) as caught:
        mlp()(lucid.zeros((4, 3)))
    assert "in_features" in str(caught.value)
    assert any("in 0: Linear(2 -> 16), input (4, 3)" in note for note in caught.value.__notes__)


@pytest.mark.parity
def test_the_model_of_the_readme_against_pytorch() -> None:
    import torch

    model, x = PageModel(), Tensor([[1.0, 2.0]], requires_grad=True)
    model(x).sum().backward()
    theirs = {k: torch.tensor(v, requires_grad=True) for k, v in PARAMETERS.items()}
    their_x = torch.tensor([[1.0, 2.0]], requires_grad=True)
    hidden = torch.relu(their_x @ theirs["weight1"] + theirs["bias1"])
    (hidden @ theirs["weight2"] + theirs["bias2"]).sum().backward()
    assert x.grad.tolist() == their_x.grad.tolist()
    for name, parameter in model.param_dict.items():
        assert parameter.grad.tolist() == theirs[name].grad.tolist()


def test_packages_are_there_after_import_lucid_alone() -> None:
    program = "import lucid; print(lucid.nn.Linear(2, 1), lucid.optim.SGD, lucid.data.digits, lucid.io.load)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Linear(2 -> 1)")
    with pytest.raises(AttributeError, match="nonsense"):
        _ = lucid.nonsense
