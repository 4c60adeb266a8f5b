"""RMSprop: the gradient over its own size of late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lucid.engines.protocol import Array
from lucid.nn.functional import checks
from lucid.optim.optimizer import Optimizer, State, with_kernel
from lucid.optim.options import rate
from lucid.optim.parts import direction, mean, mean_square
from lucid.tensor import Tensor


class RMSprop(Optimizer):
    r"""Step by the gradient over the root of the mean squared gradient, with momentum if wanted.

    .. math::
        g &\leftarrow g + \lambda p \\
        v &\leftarrow \alpha v + (1 - \alpha) g^2 \\
        a &\leftarrow \alpha a + (1 - \alpha) g \qquad \text{(if centered, else } a = 0) \\
        b &\leftarrow \mu b + g / (\sqrt{v - a^2} + \epsilon) \\
        p &\leftarrow p - \eta b

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups.
        lr: :math:`\eta`, about the length of a step: a number, or a Tensor of one without axes.
        alpha: :math:`\alpha`, how much of the means is kept.
        eps: keeps the quotient finite.
        weight_decay: :math:`\lambda`, the pull towards 0, as a part of the gradient.
        momentum: :math:`\mu`, how much of the last step is kept; a step with 0 leaves the last one as it is.
        centered: divide by the gradient's deviation from its mean.
        maximize: step along the gradient.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> w = nn.Parameter(Tensor([1.0]))
        >>> optimizer = lucid.optim.RMSprop([w], lr=0.05)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(round(w.item(), 3))
        0.5

    Hinton, Srivastava and Swersky, Lecture 6a of Neural Networks for Machine Learning, 2012.
    Graves, Generating Sequences With Recurrent Neural Networks, 2013 (centered).
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "lr": rate("RMSprop", "lr", options["lr"]),
            "momentum": checks.number("RMSprop", "momentum", options["momentum"], 0),
            "alpha": checks.number("RMSprop", "alpha", options["alpha"], 0, 1),
            "eps": checks.number("RMSprop", "eps", options["eps"], 0),
            "centered": checks.truth("RMSprop", "centered", options["centered"]),
            "weight_decay": checks.number("RMSprop", "weight_decay", options["weight_decay"], 0),
            "maximize": checks.truth("RMSprop", "maximize", options["maximize"]),
        }

    def state_names(self) -> Mapping[str, bool]:
        return {"step": True, "square_avg": True, "momentum_buffer": False, "grad_avg": False}

    @with_kernel("rmsprop")
    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        return rmsprop(xp, p, g, state, **options)


def rmsprop(
    xp: Any,
    p: Array,
    g: Array,
    state: State,
    *,
    lr: Any,
    momentum: float,
    alpha: float,
    eps: float,
    centered: bool,
    weight_decay: float,
    maximize: bool,
) -> tuple[Array, State]:
    """Return a parameter after one step of ``RMSprop``, and its state. No array is changed.

    Args:
        xp: the namespace of the arrays.
        p: the parameter.
        g: its gradient.
        state: that of the last step, empty before the first.
        lr, momentum, ...: see ``RMSprop``.
    """
    g = direction(p, g, maximize, weight_decay)
    v = mean_square(state, "square_avg", g, alpha)
    new = {**state, "step": state.get("step", 0) + 1, "square_avg": v}
    if centered:
        new["grad_avg"] = a = mean(state, "grad_avg", g, alpha)
        v = xp.maximum(v - a * a, 0.0)  # of gradients that are all the same, rounding may leave less than 0
    move = g / (xp.sqrt(v) + eps)
    if momentum:
        if "momentum_buffer" in state:
            move = momentum * state["momentum_buffer"] + move
        new["momentum_buffer"] = move
    return p - lr * move, new
