"""An operation of one's own: its derivative, a check of it, and a model that uses it.

    python examples/custom_operation.py

The Huber loss is a square near zero and a straight line further out, so that a few wild points do
not decide the fit. Composed of Lucid's operations it needs no rule at all. Written as a primitive
it is one node on the tape, and shows what a rule looks like.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid
from lucid import Tensor
from lucid.autograd import primitive
from lucid.testing import check_grads


@primitive
def huber(xp: Any, x: Any, /, *, delta: float = 1.0) -> Any:
    """Return x**2 / 2 where abs(x) <= delta, and the line that continues it beyond.

    ``xp`` is the namespace of the array's engine: NumPy's here, jax.numpy's on a GPU, Lucid itself
    when the derivative is differentiated.
    """
    inside = xp.clip(x, -delta, delta)
    return inside * (x - inside / 2)


@huber.vjp
def _(xp: Any, g: Any, _out: Any, x: Any, *, delta: float = 1.0) -> Any:
    return (g * xp.clip(x, -delta, delta),)  # one gradient for each array


def fit(x: Tensor, y: Tensor, loss: Any) -> float:
    """Return the slope of the line through 0 that makes ``loss`` of the distances least."""
    slope = Tensor(0.0, requires_grad=True)
    for _ in range(200):
        loss(slope * x - y).mean().backward()
        with lucid.no_grad():
            slope -= 0.2 * slope.grad
        slope.grad = None
    return slope.item()


def main() -> dict[str, float]:
    """Check the rule, then fit points of which some are wild, with squares and with Huber's loss."""
    # First and second derivatives against differences, away from the kinks at -delta and delta.
    check_grads(lambda x: huber(x, delta=0.5), [np.array([-2.0, -0.3, 0.1, 0.4, 3.0])])
    print("the rule agrees with differences")

    lucid.random.seed(0)
    x = lucid.linspace(-1, 1, 50)
    y = 3 * x + lucid.random.normal((50,), std=0.1)
    y[-5:] = -10.0
    slopes = {"squares": fit(x, y, lucid.square), "huber": fit(x, y, huber)}
    for name, slope in slopes.items():
        print(f"slope 3, five points of fifty wild: {name} gives {slope:.2f}")
    return slopes


if __name__ == "__main__":
    main()
