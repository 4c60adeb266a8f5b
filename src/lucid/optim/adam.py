"""Adam, and Adam with weight decay done right."""

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


class Adam(Optimizer):
    r"""Step by the mean gradient over the root of the mean squared gradient.

    .. math::
        g &\leftarrow g + \lambda p \\
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        p &\leftarrow p - \eta \, \frac{m}{1 - \beta_1^t} \Big/
            \left( \sqrt{\frac{v}{1 - \beta_2^t}} + \epsilon \right)

    The means begin at 0, which the powers of the betas correct for.

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups.
        lr: :math:`\eta`, about the length of a step: a number, or a Tensor of one without axes.
        betas: how much of the two means is kept; they may be Tensors as well.
        eps: keeps the quotient finite.
        weight_decay: :math:`\lambda`, the pull towards 0, as a part of the gradient.
        amsgrad: divide by the largest :math:`v` so far.
        maximize: step along the gradient.
        decoupled_weight_decay: decay the weights as ``AdamW`` does.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> w = nn.Parameter(Tensor([1.0]))
        >>> optimizer = lucid.optim.Adam([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w.tolist())
        [0.5]

    Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015.
    Reddi, Kale and Kumar, On the Convergence of Adam and Beyond, 2018 (amsgrad).
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        name = type(self).__name__
        return {
            "lr": rate(name, "lr", options["lr"]),
            "betas": two_betas(name, options["betas"], tensors=True),
            "eps": checks.number(name, "eps", options["eps"], 0),
            "weight_decay": checks.number(name, "weight_decay", options["weight_decay"], 0),
            "amsgrad": checks.truth(name, "amsgrad", options["amsgrad"]),
            "maximize": checks.truth(name, "maximize", options["maximize"]),
            "decoupled_weight_decay": checks.truth(
                name, "decoupled_weight_decay", options["decoupled_weight_decay"]
            ),
        }

    def state_names(self) -> Mapping[str, bool]:
        return {"step": True, "exp_avg": True, "exp_avg_sq": True, "max_exp_avg_sq": False}

    @with_kernel("adam")
    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        return adam(xp, p, g, state, **options)


class AdamW(Adam):
    r"""Adam whose weight decay acts on the parameters alone, and not through the means.

    .. math:: p \leftarrow (1 - \eta \lambda) p, \quad \text{then as in Adam with } \lambda = 0

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups.
        lr: :math:`\eta`, about the length of a step: a number, or a Tensor of one without axes.
        betas: how much of the two means is kept; they may be Tensors as well.
        eps: keeps the quotient finite.
        weight_decay: :math:`\lambda`, the pull towards 0.
        amsgrad: divide by the largest :math:`v` so far.
        maximize: step along the gradient.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> w = nn.Parameter(Tensor([1.0]))
        >>> optimizer = lucid.optim.AdamW([w], lr=0.5, weight_decay=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w.tolist())
        [0.25]

    Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True
        )


def adam(
    xp: Any,
    p: Array,
    g: Array,
    state: State,
    *,
    lr: Any,
    betas: tuple[Any, Any],
    eps: float,
    weight_decay: float,
    amsgrad: bool,
    maximize: bool,
    decoupled_weight_decay: bool,
) -> tuple[Array, State]:
    """Return a parameter after one step of ``Adam``, and its state. No array is changed.

    Args:
        xp: the namespace of the arrays.
        p: the parameter.
        g: its gradient.
        state: that of the last step, empty before the first.
        lr, betas, eps, weight_decay, amsgrad, maximize, decoupled_weight_decay: see ``Adam``.
    """
    p, g = decayed(p, g, lr, maximize, weight_decay, decoupled_weight_decay)
    beta1, beta2 = betas
    step = state.get("step", 0) + 1
    m = mean(state, "exp_avg", g, beta1)
    v = mean_square(state, "exp_avg_sq", g, beta2)
    new = {**state, "step": step, "exp_avg": m, "exp_avg_sq": v}
    if amsgrad:
        largest = state.get("max_exp_avg_sq")
        new["max_exp_avg_sq"] = v = v if largest is None else xp.maximum(largest, v)
    # The corrections are numbers, so the arrays are passed over once less.
    root = xp.sqrt(v) * (1 - beta2**step) ** -0.5 + eps
    return p - (lr / (1 - beta1**step)) * (m / root), new
