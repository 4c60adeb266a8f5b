"""Recognise handwritten digits: modules, a loss, an optimizer and batches of data.

python examples/digits.py
"""

from __future__ import annotations

import lucid
import lucid.nn as nn
from lucid import optim
from lucid.data import DataLoader, digits


def main(epochs: int = 15) -> float:
    """Return the accuracy on the test images after ``epochs`` times through the others."""
    lucid.random.seed(0)
    train, test = digits()
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    loss_function = nn.CrossEntropyLoss()
    optimizer = optim.AdamW(model.parameters(), lr=3e-3)
    print(model.summary((1, 8, 8)))

    accuracy = 0.0
    for epoch in range(1, epochs + 1):
        model.train()
        for images, labels in DataLoader(train, batch_size=32, shuffle=True):
            optimizer.zero_grad()
            loss = loss_function(model(images), labels)
            loss.backward()
            optimizer.step()

        model.eval()
        images, labels = test.tensors
        with lucid.no_grad():
            accuracy = (model(images).argmax(axis=1) == labels).astype("float32").mean().item()
        print(f"epoch {epoch}: {accuracy:.1%} of {len(test)} test images are right")
    return accuracy


if __name__ == "__main__":
    main()
