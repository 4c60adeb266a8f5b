"""``python -m lucid demo``: the reference example, and a first model trained, saved, loaded and drawn."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import NamedTuple

import lucid
import lucid.io
from lucid import Tensor, nn, optim
from lucid.cli.example import show_example
from lucid.cli.plot import draw
from lucid.data import DataLoader, TensorDataset, digits
from lucid.engines.cpu.kernels import table
from lucid.nn import functional as F

# Chosen by five-fold cross-validation within the images to train with: the test images had no say.
LEARNING_RATE = 3e-3
EPOCHS = 8
BATCH_SIZE = 32
DROPOUT = 0.5


class DigitClassifier(nn.Module):
    """An image of 8 by 8 pixels in, ten scores out."""

    def __init__(self, channels: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(  # from (N, 1, 8, 8)
            nn.Conv2d(1, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels, activation="relu"),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels, activation="relu"),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels, activation="relu"),
            nn.MaxPool2d(2),  # (N, channels, 4, 4)
            nn.Flatten(),
            nn.Dropout(DROPOUT),
            nn.Linear(16 * channels, 10),
        )

    def forward(self, images: Tensor) -> Tensor:
        """``(N, 8, 8) -> (N, 10)``"""
        scores: Tensor = self.layers(images.expand_dims(1))
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
    train, test = digits()
    model = DigitClassifier()
    count = sum(p.size for p in model.parameters())
    print(f"\nA classifier of handwritten digits: {len(train)} images to train with, {count} parameters.")
    if table.find("adam") is not None:  # otherwise NumPy does all
        print("Kernels are compiled once, at the first run, which takes some seconds, and kept.", flush=True)
        logging.getLogger("lucid.kernels").setLevel(logging.ERROR)  # they would say the same
        start = time.perf_counter()
        warm_up(train)
        print(f"They are ready after {time.perf_counter() - start:.1f} s.")

    lucid.random.seed(seed)
    model = DigitClassifier()
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


def warm_up(data: TensorDataset) -> None:
    """Train and ask a model that is thrown away, once: whatever has to be compiled is compiled now."""
    model = DigitClassifier()
    optimizer = optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    images, labels = (t[:BATCH_SIZE] for t in data.tensors)
    step(model, optimizer, images, labels)
    evaluate(model, data)


def fit(model: nn.Module, train: TensorDataset, test: TensorDataset, epochs: int) -> list[Epoch]:
    """Train ``model``, print a line after each epoch, and return how well it did."""
    from tqdm import tqdm

    optimizer = optim.AdamW(model.named_parameters(), lr=LEARNING_RATE)
    loader = DataLoader(train, batch_size=BATCH_SIZE, shuffle=True)
    history = []
    # disable=None: no bar where there is no terminal to draw it on.
    with tqdm(total=epochs * len(loader), unit="batch", leave=False, disable=None) as bar:
        for epoch in range(1, epochs + 1):
            for group in optimizer.param_groups:
                group["lr"] = LEARNING_RATE * (1 - (epoch - 1) / epochs)  # smaller steps towards the end
            model.train()
            for images, labels in loader:
                step(model, optimizer, images, labels)
                bar.update()
            history.append(Epoch(*evaluate(model, train), *evaluate(model, test)))
            line = "epoch {:2}: train loss {:.4f}, accuracy {:.2%}; test loss {:.4f}, accuracy {:.2%}"
            bar.write(line.format(epoch, *history[-1]))
    return history


def step(model: nn.Module, optimizer: optim.Optimizer, images: Tensor, labels: Tensor) -> None:
    """Make ``model`` a little better at telling ``labels`` from ``images``."""
    optimizer.zero_grad()
    F.cross_entropy(model(images), labels).backward()
    optimizer.step()


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
