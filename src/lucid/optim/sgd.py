"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lucid.engines.protocol import Array
from lucid.errors import ArgumentError
from lucid.nn.functional import checks
from lucid.optim.optimizer import Optimizer, State, with_kernel
from lucid.optim.options import is_zero, rate
from lucid.tensor import Tensor


class SGD(Optimizer):
    r"""Step against the gradient, with momentum if wanted.

    .. math::
        g &\leftarrow g + \lambda p \\
        v &\leftarrow \mu v + (1 - \tau) g \qquad (v = g \text{ in the first step}) \\
        p &\leftarrow p - \eta v \qquad \text{or, by Nesterov, } p - \eta (g + \mu v)

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups.
        lr: :math:`\eta`, the length of a step: a number, or a Tensor of one without axes.
        momentum: :math:`\mu`, how much of the last step is kept; a step with 0 leaves the velocity as it is.
        dampening: :math:`\tau`, how much of the gradient is left out of the momentum.
        weight_decay: :math:`\lambda`, the pull towards 0; it may be a Tensor as well.
        nesterov: look ahead along the momentum; it needs momentum and no dampening.
        maximize: step along the gradient.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> w = nn.Parameter(Tensor([1.0]))
        >>> optimizer = lucid.optim.SGD([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w.tolist())
        [0.800000011920929]

    Sutskever et al., On the Importance of Initialization and Momentum in Deep Learning, 2013.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float | Tensor = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        checked = {
            "lr": rate("SGD", "lr", options["lr"]),
            "momentum": checks.number("SGD", "momentum", options["momentum"], 0),
            "dampening": checks.number("SGD", "dampening", options["dampening"]),
            "weight_decay": rate("SGD", "weight_decay", options["weight_decay"]),
            "nesterov": checks.truth("SGD", "nesterov", options["nesterov"]),
            "maximize": checks.truth("SGD", "maximize", options["maximize"]),
        }
        if checked["nesterov"] and (not checked["momentum"] or checked["dampening"]):
            raise ArgumentError(
                "SGD: nesterov=True needs momentum > 0 and dampening == 0, got "
                f"momentum={checked['momentum']:g}, dampening={checked['dampening']:g}"
            )
        return checked

    def state_names(self) -> Mapping[str, bool]:
        return {"momentum_buffer": False}

    @with_kernel("sgd")
    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        return sgd(xp, p, g, state, **options)


def sgd(
    xp: Any,
    p: Array,
    g: Array,
    state: State,
    *,
    lr: Any,
    momentum: float,
    dampening: float,
    weight_decay: Any,
    nesterov: bool,
    maximize: bool,
) -> tuple[Array, State]:
    """Return a parameter after one step of ``SGD``, and its state. No array is changed.

    Args:
        xp: the namespace of the arrays.
        p: the parameter.
        g: its gradient.
        state: that of the last step, empty before the first.
        lr, momentum, dampening, weight_decay, nesterov, maximize: see ``SGD``.
    """
    if maximize:
        g = -g
    if not is_zero(weight_decay):
        g = g + weight_decay * p
    if not momentum:
        return p - lr * g, state
    if "momentum_buffer" in state:
        velocity = momentum * state["momentum_buffer"] + (1 - dampening) * g
    else:
        velocity = xp.asarray(g, copy=True)  # the gradient's array may be the caller's own
    new = {**state, "momentum_buffer": velocity}
    return p - lr * (g + momentum * velocity if nesterov else velocity), new
