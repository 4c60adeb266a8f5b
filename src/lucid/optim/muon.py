"""Muon: momentum whose matrix is made orthogonal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from lucid.engines.protocol import Array
from lucid.errors import ArgumentError, ArgumentTypeError
from lucid.nn.functional import checks
from lucid.optim.optimizer import Optimizer, State
from lucid.optim.options import rate
from lucid.tensor import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


class Muon(Optimizer):
    r"""Step by the momentum, after setting its singular values to about 1. For the matrices of hidden layers.

    .. math::
        b &\leftarrow \mu b + (1 - \mu) g, \qquad
            u = b \quad \text{or, by Nesterov,} \quad (1 - \mu) g + \mu b \\
        p &\leftarrow (1 - \eta \lambda) p - \gamma \eta \; \text{NS}(u)

    NS is a few Newton-Schulz iterations of the matrix divided by its norm,

    .. math:: X \leftarrow a X + b (X X^T) X + c (X X^T)^2 X

    They bring :math:`U S V^T` near to :math:`U V^T`. By ``adjust_lr_fn``, of a matrix of :math:`n \times m`,
    :math:`\gamma` is :math:`\sqrt{\max(1, n / m)}` (``"original"``), or :math:`0.2 \sqrt{\max(n, m)}`
    (``"match_rms_adamw"``), which makes steps as large as those of AdamW: its rate and decay can be kept.

    Embeddings, the last layer, biases and all else are better left to AdamW. PyTorch iterates in bfloat16,
    whatever the parameter is. Here it is done in the parameter's own precision, at least float32: so the
    steps are those of the formula, and differ from PyTorch's by how bfloat16 rounds.

    Args:
        params: matrices; ``model.parameters()`` of such, named ones, or a list of groups.
        lr: :math:`\eta`: a number, or a Tensor of one without axes.
        weight_decay: :math:`\lambda`, the pull towards 0.
        momentum: :math:`\mu`, how much of the last momentum is kept.
        nesterov: look ahead along the momentum.
        ns_coefficients: :math:`a`, :math:`b` and :math:`c`.
        eps: what the norm that is divided by does not fall below.
        ns_steps: how many iterations there are, less than 100.
        adjust_lr_fn: None, which is ``"original"``, or either of the two above.

    Raises:
        ArgumentError: if an option is out of range, or a parameter is no matrix.

    Example:
        >>> w = nn.Parameter(Tensor([[1.0, 0.0], [0.0, 1.0]]))
        >>> optimizer = lucid.optim.Muon([w], lr=0.5, weight_decay=0.0)
        >>> (w * Tensor([[1.0, 0.0], [0.0, 0.01]])).sum().backward()
        >>> optimizer.step()  # both directions move, though the gradients are far apart
        >>> print([round(value, 1) for value in (w[0, 0].item(), w[1, 1].item())])
        [0.7, 0.7]

    Jordan et al., Muon: An Optimizer for Hidden Layers in Neural Networks, 2024.
    Liu et al., Muon Is Scalable for LLM Training, 2025 (``"match_rms_adamw"``).
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = COEFFICIENTS,
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        coefficients = options["ns_coefficients"]
        if not isinstance(coefficients, (tuple, list)) or len(coefficients) != 3:
            raise ArgumentTypeError(f"Muon expects ns_coefficients to be three numbers, got {coefficients!r}")
        steps = checks.size("Muon", "ns_steps", options["ns_steps"])
        if steps >= 100:
            raise ArgumentError(f"Muon expects ns_steps to be less than 100, got {steps}")
        if options["adjust_lr_fn"] is not None:
            checks.one_of("Muon", "adjust_lr_fn", options["adjust_lr_fn"], ("original", "match_rms_adamw"))
        return {
            "lr": rate("Muon", "lr", options["lr"]),
            "weight_decay": checks.number("Muon", "weight_decay", options["weight_decay"], 0),
            "momentum": checks.number("Muon", "momentum", options["momentum"], 0),
            "nesterov": checks.truth("Muon", "nesterov", options["nesterov"]),
            "ns_coefficients": tuple(
                checks.number("Muon", f"ns_coefficients[{i}]", c) for i, c in enumerate(coefficients)
            ),
            "eps": checks.number("Muon", "eps", options["eps"], 0),
            "ns_steps": steps,
            "adjust_lr_fn": options["adjust_lr_fn"],
        }

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters with options of their own; all must be matrices."""
        super().add_param_group(group)
        added = self.param_groups[-1]
        for name, p in zip(added["param_names"], added["params"], strict=True):
            if p.ndim != 2:
                self.param_groups.pop()
                raise ArgumentError(
                    f"Muon expects matrices, and {name!r} has shape {p.shape}: give it to another optimizer"
                )

    def state_names(self) -> Mapping[str, bool]:
        return {"momentum_buffer": True}

    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        return muon(xp, p, g, state, **options)


def muon(
    xp: Any,
    p: Array,
    g: Array,
    state: State,
    *,
    lr: Any,
    weight_decay: float,
    momentum: float,
    nesterov: bool,
    ns_coefficients: tuple[float, float, float],
    eps: float,
    ns_steps: int,
    adjust_lr_fn: str | None,
) -> tuple[Array, State]:
    """Return a parameter after one step of ``Muon``, and its state. No array is changed.

    Args:
        xp: the namespace of the arrays.
        p: the parameter.
        g: its gradient.
        state: that of the last step, empty before the first.
        lr, weight_decay, momentum, nesterov, ns_coefficients, eps, ns_steps, adjust_lr_fn: see ``Muon``.
    """
    if "momentum_buffer" in state:
        buffer = momentum * state["momentum_buffer"] + (1 - momentum) * g
    else:
        buffer = (1 - momentum) * g
    u = (1 - momentum) * g + momentum * buffer if nesterov else buffer
    u = orthogonal(xp, u, ns_coefficients, ns_steps, eps)
    rows, columns = p.shape
    if adjust_lr_fn == "match_rms_adamw":
        gamma = 0.2 * math.sqrt(max(rows, columns))
    else:
        gamma = math.sqrt(max(1.0, rows / columns)) if columns else 1.0
    if weight_decay:
        p = p - (lr * weight_decay) * p
    return p - (lr * gamma) * u, {**state, "momentum_buffer": buffer}


def orthogonal(xp: Any, u: Array, coefficients: tuple[float, float, float], steps: int, eps: float) -> Array:
    """Return a matrix with its singular values brought near to 1 by Newton-Schulz iterations."""
    a, b, c = coefficients
    if u.dtype.itemsize < 4:
        u = xp.astype(u, np.float32)
    wide = u.shape[0] <= u.shape[1]
    x = u if wide else u.T  # so that the product is the smaller of the two
    x = x / xp.maximum(xp.sqrt(xp.sum(x * x)), xp.asarray(eps, dtype=x.dtype))
    for _ in range(steps):
        square = xp.matmul(x, x.T)
        x = a * x + xp.matmul(b * square + c * xp.matmul(square, square), x)
    return x if wide else x.T
