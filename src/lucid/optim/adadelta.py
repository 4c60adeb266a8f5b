"""Adadelta: steps as long as the last ones were, so that no rate need be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lucid.engines.protocol import Array
from lucid.nn.functional import checks
from lucid.optim.optimizer import Optimizer, State, with_kernel
from lucid.optim.options import rate
from lucid.optim.parts import direction, mean_square
from lucid.tensor import Tensor


class Adadelta(Optimizer):
    r"""Step by the gradient times the root of the mean squared step over that of the mean squared gradient.

    .. math::
        g &\leftarrow g + \lambda p \\
        v &\leftarrow \rho v + (1 - \rho) g^2 \\
        \Delta &= g \, \sqrt{u + \epsilon} \,/ \sqrt{v + \epsilon} \\
        u &\leftarrow \rho u + (1 - \rho) \Delta^2 \\
        p &\leftarrow p - \eta \Delta

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups.
        lr: :math:`\eta`, a factor of the steps: a number, or a Tensor of one without axes.
        rho: :math:`\rho`, how much of the two means is kept.
        eps: keeps the quotient finite, and is where steps begin.
        weight_decay: :math:`\lambda`, the pull towards 0, as a part of the gradient.
        maximize: step along the gradient.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> w = nn.Parameter(Tensor([1.0]))
        >>> optimizer = lucid.optim.Adadelta([w], eps=1e-2)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(round(w.item(), 3))
        0.688

    Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, defaults)

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "lr": rate("Adadelta", "lr", options["lr"]),
            "rho": checks.number("Adadelta", "rho", options["rho"], 0, 1),
            "eps": checks.number("Adadelta", "eps", options["eps"], 0),
            "weight_decay": checks.number("Adadelta", "weight_decay", options["weight_decay"], 0),
            "maximize": checks.truth("Adadelta", "maximize", options["maximize"]),
        }

    def state_names(self) -> Mapping[str, bool]:
        return {"step": True, "square_avg": True, "acc_delta": True}

    @with_kernel("adadelta")
    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        return adadelta(xp, p, g, state, **options)


def adadelta(
    xp: Any,
    p: Array,
    g: Array,
    state: State,
    *,
    lr: Any,
    rho: float,
    eps: float,
    weight_decay: float,
    maximize: bool,
) -> tuple[Array, State]:
    """Return a parameter after one step of ``Adadelta``, and its state. No array is changed.

    Args:
        xp: the namespace of the arrays.
        p: the parameter.
        g: its gradient.
        state: that of the last step, empty before the first.
        lr, rho, ...: see ``Adadelta``.
    """
    g = direction(p, g, maximize, weight_decay)
    v = mean_square(state, "square_avg", g, rho)
    last = state["acc_delta"] if "acc_delta" in state else xp.zeros_like(p)
    delta = xp.sqrt(last + eps) / xp.sqrt(v + eps) * g
    new = {**state, "step": state.get("step", 0) + 1, "square_avg": v}
    new["acc_delta"] = mean_square(state, "acc_delta", delta, rho)
    return p - lr * delta, new
