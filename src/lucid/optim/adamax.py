"""Adamax: Adam by the largest gradient in the place of the mean square."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lucid.engines.protocol import Array
from lucid.nn.functional import checks
from lucid.optim.optimizer import Optimizer, State, with_kernel
from lucid.optim.options import betas as two_betas
from lucid.optim.options import rate
from lucid.optim.parts import direction, mean
from lucid.tensor import Tensor


class Adamax(Optimizer):
    r"""Step by the mean gradient over the largest one, which is slowly forgotten.

    .. math::
        g &\leftarrow g + \lambda p \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        u &\leftarrow \max(\beta_2 u, |g| + \epsilon) \\
        p &\leftarrow p - \frac{\eta}{1 - \beta_1^t} \cdot \frac{m}{u}

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups.
        lr: :math:`\eta`, about the length of a step: a number, or a Tensor of one without axes.
        betas: how much of the mean and of the largest gradient is kept.
        eps: keeps the quotient finite.
        weight_decay: :math:`\lambda`, the pull towards 0, as a part of the gradient.
        maximize: step along the gradient.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> w = nn.Parameter(Tensor([1.0]))
        >>> optimizer = lucid.optim.Adamax([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w.tolist())
        [0.5]

    Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "lr": rate("Adamax", "lr", options["lr"]),
            "betas": two_betas("Adamax", options["betas"]),
            "eps": checks.number("Adamax", "eps", options["eps"], 0),
            "weight_decay": checks.number("Adamax", "weight_decay", options["weight_decay"], 0),
            "maximize": checks.truth("Adamax", "maximize", options["maximize"]),
        }

    def state_names(self) -> Mapping[str, bool]:
        return {"step": True, "exp_avg": True, "exp_inf": True}

    @with_kernel("adamax")
    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        return adamax(xp, p, g, state, **options)


def adamax(
    xp: Any,
    p: Array,
    g: Array,
    state: State,
    *,
    lr: Any,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    maximize: bool,
) -> tuple[Array, State]:
    """Return a parameter after one step of ``Adamax``, and its state. No array is changed.

    Args:
        xp: the namespace of the arrays.
        p: the parameter.
        g: its gradient.
        state: that of the last step, empty before the first.
        lr, betas, ...: see ``Adamax``.
    """
    g = direction(p, g, maximize, weight_decay)
    step = state.get("step", 0) + 1
    m = mean(state, "exp_avg", g, betas[0])
    largest = xp.abs(g) + eps
    if step > 1:
        largest = xp.maximum(betas[1] * state["exp_inf"], largest)
    new = {**state, "step": step, "exp_avg": m, "exp_inf": largest}
    return p - lr / (1 - betas[0] ** step) * (m / largest), new
