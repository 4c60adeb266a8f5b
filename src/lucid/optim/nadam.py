"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lucid.engines.protocol import Array
from lucid.nn.functional import checks
from lucid.optim.optimizer import Optimizer, State, with_kernel
from lucid.optim.options import betas as two_betas
from lucid.optim.options import rate
from lucid.optim.parts import decayed, mean, mean_square
from lucid.tensor import Tensor


class NAdam(Optimizer):
    r"""Step as Adam does, but look ahead along the momentum, as Nesterov's does.

    .. math::
        \mu_t &= \beta_1 (1 - \tfrac{1}{2} 0.96^{t \psi}) \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        p &\leftarrow p - \eta \left( \frac{\mu_{t+1} \, m}{1 - \prod_{i \le t+1} \mu_i}
            + \frac{(1 - \mu_t) \, g}{1 - \prod_{i \le t} \mu_i} \right)
            \Big/ \left( \sqrt{\frac{v}{1 - \beta_2^t}} + \epsilon \right)

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups.
        lr: :math:`\eta`, about the length of a step: a number, or a Tensor of one without axes.
        betas: how much of the two means is kept.
        eps: keeps the quotient finite.
        weight_decay: the pull towards 0, as a part of the gradient.
        momentum_decay: :math:`\psi`, how fast the momentum grows to :math:`\beta_1`.
        decoupled_weight_decay: decay the weights as ``AdamW`` does.
        maximize: step along the gradient.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> w = nn.Parameter(Tensor([1.0]))
        >>> optimizer = lucid.optim.NAdam([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(round(w.item(), 3))
        0.472

    Dozat, Incorporating Nesterov Momentum into Adam, 2016.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        decoupled = options["decoupled_weight_decay"]
        return {
            "lr": rate("NAdam", "lr", options["lr"]),
            "betas": two_betas("NAdam", options["betas"]),
            "eps": checks.number("NAdam", "eps", options["eps"], 0),
            "weight_decay": checks.number("NAdam", "weight_decay", options["weight_decay"], 0),
            "momentum_decay": checks.number("NAdam", "momentum_decay", options["momentum_decay"], 0),
            "decoupled_weight_decay": checks.truth("NAdam", "decoupled_weight_decay", decoupled),
            "maximize": checks.truth("NAdam", "maximize", options["maximize"]),
        }

    def state_names(self) -> Mapping[str, bool]:
        return {"step": True, "mu_product": True, "exp_avg": True, "exp_avg_sq": True}

    def state_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        return None if name == "mu_product" else shape

    @with_kernel("nadam")
    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        return nadam(xp, p, g, state, **options)


def nadam(
    xp: Any,
    p: Array,
    g: Array,
    state: State,
    *,
    lr: Any,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    momentum_decay: float,
    decoupled_weight_decay: bool,
    maximize: bool,
) -> tuple[Array, State]:
    """Return a parameter after one step of ``NAdam``, and its state. No array is changed.

    Args:
        xp: the namespace of the arrays.
        p: the parameter.
        g: its gradient.
        state: that of the last step, empty before the first.
        lr, betas, ...: see ``NAdam``.
    """
    p, g = decayed(p, g, lr, maximize, weight_decay, decoupled_weight_decay)
    step = state.get("step", 0) + 1
    m = mean(state, "exp_avg", g, betas[0])
    v = mean_square(state, "exp_avg_sq", g, betas[1])
    mu, following = momenta(step, betas[0], momentum_decay)
    product = state.get("mu_product", 1.0) * mu
    new = {**state, "step": step, "mu_product": product, "exp_avg": m, "exp_avg_sq": v}
    root = xp.sqrt(v) * (1 - betas[1] ** step) ** -0.5 + eps
    by_g = lr * ((1 - mu) / (1 - product))
    by_m = lr * (following / (1 - product * following))
    return p - (by_g * g + by_m * m) / root, new


def momenta(step: int, beta: float, decay: float) -> tuple[float, float]:
    """Return the momentum of a step and that of the next."""
    return beta * (1 - 0.5 * 0.96 ** (step * decay)), beta * (1 - 0.5 * 0.96 ** ((step + 1) * decay))
