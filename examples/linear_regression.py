"""Fit a line to points, with nothing but tensors: what every training loop does, bare.

python examples/linear_regression.py
"""

from __future__ import annotations

import lucid
from lucid import Tensor

TRUE_WEIGHT = Tensor([2.0, -1.0, 0.5])
TRUE_BIAS = 4.0
LEARNING_RATE = 0.1


def main(steps: int = 150) -> tuple[Tensor, Tensor]:
    """Return the weight and bias found after ``steps`` steps of gradient descent."""
    lucid.random.seed(0)
    x = lucid.random.normal((200, 3))
    y = x @ TRUE_WEIGHT + TRUE_BIAS + lucid.random.normal((200,), std=0.1)

    weight = lucid.zeros(3, requires_grad=True)
    bias = lucid.zeros((), requires_grad=True)
    for step in range(steps):
        loss = lucid.square(x @ weight + bias - y).mean()
        loss.backward()  # adds d loss / d weight to weight.grad, and the same for bias

        # The update itself is no part of the model, so it isn't recorded.
        with lucid.no_grad():
            weight -= LEARNING_RATE * weight.grad
            bias -= LEARNING_RATE * bias.grad
        weight.grad = bias.grad = None  # or the next gradients would be added to these
        if step % 30 == 0:
            print(f"step {step:3}: loss {loss.item():.4f}")

    weight, bias = weight.detach(), bias.detach()
    print(f"weight {weight}, bias {bias}; the points were made with {TRUE_WEIGHT} and {TRUE_BIAS}")
    return weight, bias


if __name__ == "__main__":
    main()
