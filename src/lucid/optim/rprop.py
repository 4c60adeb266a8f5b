"""Rprop: steps by the signs of gradients alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lucid.engines.protocol import Array
from lucid.errors import ArgumentError
from lucid.nn.functional import checks
from lucid.optim.optimizer import Optimizer, State, with_kernel
from lucid.optim.options import pair, rate
from lucid.tensor import Tensor


class Rprop(Optimizer):
    r"""Step against the sign of the gradient, further where it stays and less far where it turned.

    .. math::
        s &\leftarrow \begin{cases}
            \min(\eta^+ s, s_{max}) & \text{if } g_{t-1} g_t > 0 \\
            \max(\eta^- s, s_{min}), \text{ and } g_t \leftarrow 0 & \text{if } g_{t-1} g_t < 0 \\
            s & \text{otherwise} \end{cases} \\
        p &\leftarrow p - s \operatorname{sign}(g_t)

    It is for gradients of all examples: those of batches turn by chance.

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups.
        lr: the length of the first step: a number, or a Tensor of one without axes.
        etas: :math:`\eta^-` and :math:`\eta^+`, the factors of the lengths.
        step_sizes: :math:`s_{min}` and :math:`s_{max}`, the shortest and the longest step.
        maximize: step along the gradient.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> w = nn.Parameter(Tensor([1.0]))
        >>> optimizer = lucid.optim.Rprop([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w.tolist())
        [0.5]

    Riedmiller and Braun, A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP
    Algorithm, 1993.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize})

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        shorter, longer = pair("Rprop", "etas", options["etas"])
        shorter = checks.number("Rprop", "etas[0]", shorter, 0, 1, below=True)
        longer = checks.number("Rprop", "etas[1]", longer, 1)
        if shorter == 0 or longer == 1:
            raise ArgumentError(f"Rprop expects 0 < etas[0] < 1 < etas[1], got {(shorter, longer)}")
        least, most = pair("Rprop", "step_sizes", options["step_sizes"])
        least = checks.number("Rprop", "step_sizes[0]", least, 0)
        most = checks.number("Rprop", "step_sizes[1]", most, least)
        return {
            "lr": rate("Rprop", "lr", options["lr"]),
            "etas": (shorter, longer),
            "step_sizes": (least, most),
            "maximize": checks.truth("Rprop", "maximize", options["maximize"]),
        }

    def state_names(self) -> Mapping[str, bool]:
        return {"step": True, "prev": True, "step_size": True}

    @with_kernel("rprop")
    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        return rprop(xp, p, g, state, **options)


def rprop(
    xp: Any,
    p: Array,
    g: Array,
    state: State,
    *,
    lr: Any,
    etas: tuple[float, float],
    step_sizes: tuple[float, float],
    maximize: bool,
) -> tuple[Array, State]:
    """Return a parameter after one step of ``Rprop``, and its state. No array is changed.

    Args:
        xp: the namespace of the arrays.
        p: the parameter.
        g: its gradient.
        state: that of the last step, empty before the first.
        lr, etas, step_sizes, maximize: see ``Rprop``.
    """
    if maximize:
        g = -g
    sign = xp.sign(g)
    length = state["step_size"] if "step_size" in state else xp.zeros_like(p) + lr
    if "prev" in state:
        same = sign * xp.sign(state["prev"])  # the product of small gradients could be 0
        turned = same < 0
        length = length * xp.where(same > 0, etas[1], xp.where(turned, etas[0], xp.ones_like(p)))
        g, sign = xp.where(turned, 0.0, g), xp.where(turned, 0.0, sign)
    else:
        g = xp.asarray(g, copy=True)  # the gradient's array may be the caller's own
    length = xp.clip(length, *step_sizes)
    new = {**state, "step": state.get("step", 0) + 1, "prev": g, "step_size": length}
    return p - sign * length, new
