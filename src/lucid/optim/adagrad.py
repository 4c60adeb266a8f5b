"""Adagrad: shorter steps where gradients have been large."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lucid.engines.protocol import Array
from lucid.nn.functional import checks
from lucid.optim.optimizer import Optimizer, State, with_kernel
from lucid.optim.options import rate
from lucid.optim.parts import direction
from lucid.tensor import Tensor


class Adagrad(Optimizer):
    r"""Step by the gradient over the root of the sum of all squared gradients.

    .. math::
        g &\leftarrow g + \lambda p \\
        s &\leftarrow s + g^2 \\
        p &\leftarrow p - \frac{\eta}{1 + (t - 1) \gamma} \cdot \frac{g}{\sqrt s + \epsilon}

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups.
        lr: :math:`\eta`, the length of the first step: a number, or a Tensor of one without axes.
        lr_decay: :math:`\gamma`, how fast steps get shorter.
        weight_decay: :math:`\lambda`, the pull towards 0, as a part of the gradient.
        initial_accumulator_value: what the sums begin at.
        eps: keeps the quotient finite.
        maximize: step along the gradient.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> w = nn.Parameter(Tensor([1.0]))
        >>> optimizer = lucid.optim.Adagrad([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w.tolist())
        [0.5]

    Duchi, Hazan and Singer, Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization, 2011.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        begin = options["initial_accumulator_value"]
        return {
            "lr": rate("Adagrad", "lr", options["lr"]),
            "lr_decay": checks.number("Adagrad", "lr_decay", options["lr_decay"], 0),
            "eps": checks.number("Adagrad", "eps", options["eps"], 0),
            "weight_decay": checks.number("Adagrad", "weight_decay", options["weight_decay"], 0),
            "initial_accumulator_value": checks.number("Adagrad", "initial_accumulator_value", begin, 0),
            "maximize": checks.truth("Adagrad", "maximize", options["maximize"]),
        }

    def state_names(self) -> Mapping[str, bool]:
        return {"step": True, "sum": True}

    @with_kernel("adagrad")
    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        return adagrad(xp, p, g, state, **options)


def adagrad(
    xp: Any,
    p: Array,
    g: Array,
    state: State,
    *,
    lr: Any,
    lr_decay: float,
    eps: float,
    weight_decay: float,
    initial_accumulator_value: float,
    maximize: bool,
) -> tuple[Array, State]:
    """Return a parameter after one step of ``Adagrad``, and its state. No array is changed.

    Args:
        xp: the namespace of the arrays.
        p: the parameter.
        g: its gradient.
        state: that of the last step, empty before the first.
        lr, lr_decay, ...: see ``Adagrad``.
    """
    g = direction(p, g, maximize, weight_decay)
    step = state.get("step", 0) + 1
    total = state.get("sum", initial_accumulator_value) + g * g
    length = lr / (1 + (step - 1) * lr_decay)
    return p - length * (g / (xp.sqrt(total) + eps)), {**state, "step": step, "sum": total}
