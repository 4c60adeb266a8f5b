"""``python -m lucid demo``: the reference example, and a first model trained, saved, loaded and drawn."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import lucid
import lucid.io
from lucid import Tensor, nn, optim
from lucid.cli.example import show_example
from lucid.cli.plot import draw
from lucid.data import DataLoader, TensorDataset, digits
from lucid.nn import functional as F

# Chosen by five-fold cross-validation within the images to train with: the test images had no say.
LEARNING_RATE = 8e-3
EPOCHS = 40
DROPOUT_PIXELS, DROPOUT_HIDDEN = 0.1, 0.3


class DigitClassifier(nn.Module):
    """An image of 8 by 8 pixels in, ten scores out; the weights live in a ParameterDict."""

    def __init__(self, hidden: int = 128) -> None:
        super().__init__()
        self.params = nn.ParameterDict(
            {
                "weight1": nn.Parameter(lucid.zeros((hidden, 64))),
                "bias1": nn.Parameter(lucid.zeros(hidden)),
                "weight2": nn.Parameter(lucid.zeros((10, hidden))),
                "bias2": nn.Parameter(lucid.zeros(10)),
            }
        )
        nn.init.kaiming_uniform_(self.params["weight1"], nonlinearity="relu")
        nn.init.xavier_uniform_(self.params["weight2"])

    def forward(self, images: Tensor) -> Tensor:
        """``(N, 8, 8) -> (N, 10)``"""
        x = F.dropout(images.flatten(1), DROPOUT_PIXELS, self.training)  # (N, 64)
        x = F.relu(F.linear(x, self.params["weight1"], self.params["bias1"]))  # (N, hidden)
        x = F.dropout(x, DROPOUT_HIDDEN, self.training)
        scores: Tensor = F.linear(x, self.params["weight2"], self.params["bias2"])  # (N, 10)
        return scores


class Epoch(NamedTuple):
    """How well the model does after one pass through the data."""

    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float


def demo(out: Path, *, epochs: int = EPOCHS, seed: int = 0) -> float:
    """Run the demo, write its files to the folder ``out``, and return the accuracy on the test images."""
    out.mkdir(parents=True, exist_ok=True)  # fails before the work, not after it
    print("The example of nn.ParameterDict:\n")
    show_example()
    lucid.random.seed(seed)
    train, test = digits()
    model = DigitClassifier()
    count = sum(p.size for p in model.parameters())
    print(f"\nA classifier of handwritten digits: {len(train)} images to train with, {count} parameters.")

    start = time.perf_counter()
    history = fit(model, train, test, epochs)
    seconds = time.perf_counter() - start
    accuracy = history[-1].test_accuracy
    print(f"Trained in {seconds:.1f} s: {accuracy:.2%} of the {len(test)} test images are right.")

    path = out / "model.safetensors"
    lucid.io.save(model.state_dict(), path)
    again = DigitClassifier()
    again.load_state_dict(lucid.io.load(path))
    print(f"Saved to {path}, and loaded into a fresh model: {evaluate(again, test)[1]:.2%}.")

    images, labels = test.tensors
    drawn = draw(out / "training.png", history, images, labels, predict(again, test))
    print(f"Drawn: {drawn}" if drawn else "Not drawn: that needs matplotlib, pip install 'lucid-nn[viz]'.")
    return accuracy


def fit(model: nn.Module, train: TensorDataset, test: TensorDataset, epochs: int) -> list[Epoch]:
    """Train ``model``, print a line after each epoch, and return how well it did."""
    from tqdm import tqdm

    optimizer = optim.Adam(model.named_parameters(), lr=LEARNING_RATE)
    loader = DataLoader(train, batch_size=32, shuffle=True)
    history = []
    with tqdm(total=epochs * len(loader), unit="batch", leave=False) as bar:
        for epoch in range(1, epochs + 1):
            for group in optimizer.param_groups:
                group["lr"] = LEARNING_RATE * (1 - (epoch - 1) / epochs)  # smaller steps towards the end
            model.train()
            for images, labels in loader:
                optimizer.zero_grad()
                loss = F.cross_entropy(model(images), labels)
                loss.backward()
                optimizer.step()
                bar.update()
            history.append(Epoch(*evaluate(model, train), *evaluate(model, test)))
            line = "epoch {:2}: train loss {:.4f}, accuracy {:.2%}; test loss {:.4f}, accuracy {:.2%}"
            bar.write(line.format(epoch, *history[-1]))
    return history


@lucid.no_grad()
def evaluate(model: nn.Module, data: TensorDataset) -> tuple[float, float]:
    """Return the mean loss and the accuracy of ``model`` on all of ``data``."""
    model.eval()
    images, labels = data.tensors
    scores = model(images)
    correct = (scores.argmax(axis=1) == labels).astype(lucid.float32)
    return F.cross_entropy(scores, labels).item(), correct.mean().item()


@lucid.no_grad()
def predict(model: nn.Module, data: TensorDataset) -> Tensor:
    """Return the digits that ``model`` sees in the images of ``data``."""
    model.eval()
    predictions: Tensor = model(data.tensors[0]).argmax(axis=1)
    return predictions
