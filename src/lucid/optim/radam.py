"""RAdam: Adam that waits until it knows how far gradients spread."""

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


class RAdam(Optimizer):
    r"""Step as Adam does, with a factor for how little the first gradients say of their mean square.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        \rho_\infty &= \frac{2}{1 - \beta_2} - 1, \qquad
        \rho_t = \rho_\infty - \frac{2 t \beta_2^t}{1 - \beta_2^t} \\
        p &\leftarrow p - \eta \, \frac{m}{1 - \beta_1^t} \cdot \begin{cases}
            \sqrt{\frac{(\rho_t - 4)(\rho_t - 2) \rho_\infty}{(\rho_\infty - 4)(\rho_\infty - 2) \rho_t}}
            \cdot \frac{\sqrt{1 - \beta_2^t}}{\sqrt v + \epsilon} & \text{if } \rho_t > 5 \\
            1 & \text{otherwise} \end{cases}

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups.
        lr: :math:`\eta`, about the length of a step: a number, or a Tensor of one without axes.
        betas: how much of the two means is kept.
        eps: keeps the quotient finite.
        weight_decay: the pull towards 0, as a part of the gradient.
        decoupled_weight_decay: decay the weights as ``AdamW`` does.
        maximize: step along the gradient.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> w = nn.Parameter(Tensor([1.0]))
        >>> optimizer = lucid.optim.RAdam([w], lr=0.25)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(round(w.item(), 3))
        0.5

    Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, 2020.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        decoupled = options["decoupled_weight_decay"]
        return {
            "lr": rate("RAdam", "lr", options["lr"]),
            "betas": two_betas("RAdam", options["betas"]),
            "eps": checks.number("RAdam", "eps", options["eps"], 0),
            "weight_decay": checks.number("RAdam", "weight_decay", options["weight_decay"], 0),
            "decoupled_weight_decay": checks.truth("RAdam", "decoupled_weight_decay", decoupled),
            "maximize": checks.truth("RAdam", "maximize", options["maximize"]),
        }

    def state_names(self) -> Mapping[str, bool]:
        return {"step": True, "exp_avg": True, "exp_avg_sq": True}

    @with_kernel("radam")
    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        return radam(xp, p, g, state, **options)


def radam(
    xp: Any,
    p: Array,
    g: Array,
    state: State,
    *,
    lr: Any,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    decoupled_weight_decay: bool,
    maximize: bool,
) -> tuple[Array, State]:
    """Return a parameter after one step of ``RAdam``, and its state. No array is changed.

    Args:
        xp: the namespace of the arrays.
        p: the parameter.
        g: its gradient.
        state: that of the last step, empty before the first.
        lr, betas, ...: see ``RAdam``.
    """
    p, g = decayed(p, g, lr, maximize, weight_decay, decoupled_weight_decay)
    step = state.get("step", 0) + 1
    m = mean(state, "exp_avg", g, betas[0])
    v = mean_square(state, "exp_avg_sq", g, betas[1])
    new = {**state, "step": step, "exp_avg": m, "exp_avg_sq": v}
    length = lr / (1 - betas[0] ** step)
    factor = certainty(step, betas[1])
    return p - length * (m if factor is None else m / (xp.sqrt(v) + eps) * factor), new


def certainty(step: int, beta: float) -> float | None:
    """Return by how much to trust the mean square, corrected for its beginning at 0; None if not at all."""
    most = 2 / (1 - beta) - 1
    rest = 1 - beta**step
    known = most - 2 * step * beta**step / rest
    if known <= 5:
        return None
    share = (known - 4) * (known - 2) * most / ((most - 4) * (most - 2) * known)
    return float((share * rest) ** 0.5)
