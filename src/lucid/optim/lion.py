"""Lion: the sign of the momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lucid.engines.protocol import Array
from lucid.nn.functional import checks
from lucid.optim.optimizer import Optimizer, State, with_kernel
from lucid.optim.options import betas as two_betas
from lucid.optim.options import rate
from lucid.optim.parts import mean
from lucid.tensor import Tensor


class Lion(Optimizer):
    r"""Step by the sign of a mean of gradients, so that all steps are of one length.

    .. math::
        c &= \beta_1 m + (1 - \beta_1) g \\
        p &\leftarrow (1 - \eta \lambda) p - \eta \operatorname{sign}(c) \\
        m &\leftarrow \beta_2 m + (1 - \beta_2) g

    It keeps one array for each parameter, where Adam keeps two. Rates that are good for it are three to ten
    times smaller than for AdamW, and weight decays as many times larger.

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups.
        lr: :math:`\eta`, the length of a step: a number, or a Tensor of one without axes.
        betas: how much of the mean counts for the step, and how much of it is kept.
        weight_decay: :math:`\lambda`, the pull towards 0, on the parameters alone.
        maximize: step along the gradient.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> w = nn.Parameter(Tensor([1.0]))
        >>> optimizer = lucid.optim.Lion([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w.tolist())
        [0.5]

    Chen et al., Symbolic Discovery of Optimization Algorithms, 2023.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, defaults)

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "lr": rate("Lion", "lr", options["lr"]),
            "betas": two_betas("Lion", options["betas"]),
            "weight_decay": checks.number("Lion", "weight_decay", options["weight_decay"], 0),
            "maximize": checks.truth("Lion", "maximize", options["maximize"]),
        }

    def state_names(self) -> Mapping[str, bool]:
        return {"exp_avg": True}

    @with_kernel("lion")
    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        return lion(xp, p, g, state, **options)


def lion(
    xp: Any,
    p: Array,
    g: Array,
    state: State,
    *,
    lr: Any,
    betas: tuple[float, float],
    weight_decay: float,
    maximize: bool,
) -> tuple[Array, State]:
    """Return a parameter after one step of ``Lion``, and its state. No array is changed.

    Args:
        xp: the namespace of the arrays.
        p: the parameter.
        g: its gradient.
        state: that of the last step, empty before the first.
        lr, betas, weight_decay, maximize: see ``Lion``.
    """
    if maximize:
        g = -g
    if weight_decay:
        p = p * (1 - lr * weight_decay)
    sign = xp.sign(mean(state, "exp_avg", g, betas[0]))
    return p - lr * sign, {**state, "exp_avg": mean(state, "exp_avg", g, betas[1])}
