"""Averaged stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lucid.engines.protocol import Array
from lucid.nn.functional import checks
from lucid.optim.optimizer import Optimizer, State, with_kernel
from lucid.optim.options import rate
from lucid.optim.parts import direction
from lucid.tensor import Tensor


class ASGD(Optimizer):
    r"""Step against the gradient, ever less far, and keep the mean of where the parameters were.

    .. math::
        g &\leftarrow g + \lambda' p \\
        p &\leftarrow (1 - \lambda \eta_t) p - \eta_t g, \qquad
            \eta_1 = \eta, \quad \eta_{t+1} = \eta \,/\, (1 + \lambda \eta t)^\alpha \\
        a &\leftarrow a + \mu_t (p - a), \qquad
            \mu_1 = 1, \quad \mu_{t+1} = 1 / \max(1, t - t_0)

    The mean :math:`a` is the ``ax`` of the state: use it in the place of the parameters in the end.

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups.
        lr: :math:`\eta`, the length of the first step: a number, or a Tensor of one without axes.
        lambd: :math:`\lambda`, the pull towards 0, and how fast steps get shorter.
        alpha: :math:`\alpha`, the power by which they do.
        t0: :math:`t_0`, the step at which the mean begins.
        weight_decay: :math:`\lambda'`, the pull towards 0 as a part of the gradient.
        maximize: step along the gradient.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> w = nn.Parameter(Tensor([1.0]))
        >>> optimizer = lucid.optim.ASGD([w], lr=0.25, lambd=0.0)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w.tolist())
        [0.5]

    Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "lr": rate("ASGD", "lr", options["lr"]),
            "lambd": checks.number("ASGD", "lambd", options["lambd"], 0),
            "alpha": checks.number("ASGD", "alpha", options["alpha"]),
            "t0": checks.number("ASGD", "t0", options["t0"]),
            "weight_decay": checks.number("ASGD", "weight_decay", options["weight_decay"], 0),
            "maximize": checks.truth("ASGD", "maximize", options["maximize"]),
        }

    def state_names(self) -> Mapping[str, bool]:
        return {"step": True, "eta": True, "mu": True, "ax": True}

    def state_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        return None if name in ("eta", "mu") else shape

    @with_kernel("asgd")
    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        return asgd(xp, p, g, state, **options)


def asgd(
    xp: Any,
    p: Array,
    g: Array,
    state: State,
    *,
    lr: Any,
    lambd: float,
    alpha: float,
    t0: float,
    weight_decay: float,
    maximize: bool,
) -> tuple[Array, State]:
    """Return a parameter after one step of ``ASGD``, and its state. No array is changed.

    Args:
        xp: the namespace of the arrays.
        p: the parameter.
        g: its gradient.
        state: that of the last step, empty before the first.
        lr, lambd, ...: see ``ASGD``.
    """
    g = direction(p, g, maximize, weight_decay)
    step = state.get("step", 0) + 1
    eta, mu = state.get("eta", lr), state.get("mu", 1.0)
    p = p * (1 - lambd * eta) - eta * g
    mean = p if mu == 1 else state["ax"] + (p - state["ax"]) * mu
    eta, mu = following(step, lr, lambd, alpha, t0)
    return p, {**state, "step": step, "eta": eta, "mu": mu, "ax": mean}


def following(step: int, lr: Any, lambd: float, alpha: float, t0: float) -> tuple[Any, float]:
    """Return the length of the next step, and how much of the mean it will be."""
    return lr / (1 + lambd * lr * step) ** alpha, 1 / max(1, step - t0)
