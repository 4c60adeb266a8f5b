"""Adafactor: Adam's second moment, kept as its sums along rows and columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from lucid.engines.protocol import Array
from lucid.nn.functional import checks
from lucid.ops import finfo
from lucid.optim.optimizer import Optimizer, State
from lucid.optim.options import pair, rate
from lucid.tensor import Tensor


class Adafactor(Optimizer):
    r"""Step by the gradient over the root of its mean square, of which only row and column means are kept.

    .. math::
        \beta &= 1 - t^{\text{beta2\_decay}}, \qquad
            \alpha = \max(\epsilon_2, \text{rms}(p)) \min(\eta, 1 / \sqrt t) \\
        r &\leftarrow \beta r + (1 - \beta) \, \text{mean}_{\text{row}}(g^2), \qquad
            c \leftarrow \beta c + (1 - \beta) \, \text{mean}_{\text{column}}(g^2) \\
        v &= r \, c \, / \max(\text{mean}(r), \epsilon_1), \qquad u = g \, / \max(\sqrt v, \epsilon_1) \\
        p &\leftarrow (1 - \eta \lambda) p - \alpha \, u \, / \max(1, \text{rms}(u) / d)

    Rows and columns are the last two axes. A parameter of fewer axes keeps all of :math:`v`. The root of the
    mean of squares is :math:`\text{rms}`. So a matrix of :math:`n \times m` keeps :math:`n + m` numbers,
    where Adam keeps :math:`2 n m`; and a step's length is relative to the parameter's own.

    Args:
        params: ``model.parameters()``, ``model.named_parameters()``, or a list of groups.
        lr: :math:`\eta`, the longest relative step: a number, or a Tensor of one without axes.
        beta2_decay: the exponent by which the mean becomes slower, at most 0.
        eps: what the mean square of rows and its estimate's root do not fall below, None for the least
            relative difference of the dtype; and the least size that a parameter is taken to have.
        d: updates larger than this, by their rms, are cut down to it.
        weight_decay: :math:`\lambda`, the pull towards 0.
        maximize: step along the gradient.

    Raises:
        ArgumentError: if an option is out of range.

    Example:
        >>> w = nn.Parameter(Tensor([[1.0, 1.0], [1.0, 1.0]]))
        >>> optimizer = lucid.optim.Adafactor([w], lr=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> print(w.tolist())
        [[0.5, 0.5], [0.5, 0.5]]

    Shazeer and Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, 2018.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check(self, options: Mapping[str, Any]) -> dict[str, Any]:
        name = "Adafactor"
        first, second = pair(name, "eps", options["eps"])
        return {
            "lr": rate(name, "lr", options["lr"]),
            "beta2_decay": checks.number(name, "beta2_decay", options["beta2_decay"], -math.inf, 0),
            "eps": (
                None if first is None else checks.number(name, "eps[0]", first, 0),
                checks.number(name, "eps[1]", second, 0),
            ),
            "d": checks.number(name, "d", options["d"], 1),
            "weight_decay": checks.number(name, "weight_decay", options["weight_decay"], 0),
            "maximize": checks.truth(name, "maximize", options["maximize"]),
        }

    def state_names(self) -> Mapping[str, bool]:
        return {"step": True, "row_var": False, "col_var": False, "variance": False}

    def state_shape(self, name: str, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        if name == "row_var":
            return (*shape[:-1], 1)
        return (*shape[:-2], 1, shape[-1]) if name == "col_var" and len(shape) > 1 else shape

    def state_dtype(self, dtype: Any) -> Any:
        return dtype if dtype.itemsize >= 4 else np.dtype(np.float32)  # squares of half precision overflow

    def update(self, xp: Any, p: Array, g: Array, state: State, **options: Any) -> tuple[Array, State]:
        return adafactor(xp, p, g, state, **options)


def adafactor(
    xp: Any,
    p: Array,
    g: Array,
    state: State,
    *,
    lr: Any,
    beta2_decay: float,
    eps: tuple[float | None, float],
    d: float,
    weight_decay: float,
    maximize: bool,
) -> tuple[Array, State]:
    """Return a parameter after one step of ``Adafactor``, and its state. No array is changed.

    Args:
        xp: the namespace of the arrays.
        p: the parameter.
        g: its gradient.
        state: that of the last step, empty before the first.
        lr, beta2_decay, eps, d, weight_decay, maximize: see ``Adafactor``.
    """
    if not p.size:
        return p, {**state, "step": state.get("step", 0) + 1}
    least = finfo(p.dtype).eps if eps[0] is None else eps[0]
    if p.dtype.itemsize < 4:  # squares of half precision overflow
        p, g = xp.astype(p, np.float32), xp.astype(g, np.float32)
    if maximize:
        g = -g
    step = state.get("step", 0) + 1
    share = float(step) ** beta2_decay
    slowing = 1.0 / math.sqrt(step)
    longest = (
        min(lr, slowing) if isinstance(lr, float) else xp.minimum(lr, xp.asarray(slowing, dtype=lr.dtype))
    )
    alpha = _largest(xp, _rms(xp, p), eps[1]) * longest
    if weight_decay:
        p = p - (lr * weight_decay) * p
    square = g * g
    if p.ndim > 1:
        row = _mean(state.get("row_var"), xp.mean(square, axis=-1, keepdims=True), share)
        column = _mean(state.get("col_var"), xp.mean(square, axis=-2, keepdims=True), share)
        new = {**state, "step": step, "row_var": row, "col_var": column}
        estimate = row * column / _largest(xp, xp.mean(row, axis=-2, keepdims=True), least)
    else:
        estimate = _mean(state.get("variance"), square, share)
        new = {**state, "step": step, "variance": estimate}
    u = g / xp.sqrt(_largest(xp, estimate, least * least))
    return p - (alpha / _largest(xp, _rms(xp, u) / d, 1.0)) * u, new


def _mean(old: Array | None, value: Array, share: float) -> Array:
    """Return a running mean that ``value`` moves by ``share``; it begins at 0."""
    return share * value if old is None else old + share * (value - old)


def _rms(xp: Any, x: Array) -> Array:
    return xp.sqrt(xp.mean(x * x))


def _largest(xp: Any, x: Array, least: float) -> Array:
    return xp.maximum(x, xp.asarray(least, dtype=x.dtype))
