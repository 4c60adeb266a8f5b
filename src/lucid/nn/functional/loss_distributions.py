"""Losses between distributions, and of numbers that are taken as drawn from one."""

from __future__ import annotations

import math
from typing import Any

from lucid.errors import ArgumentError, ShapeError
from lucid.nn.functional import checks
from lucid.nn.functional.loss import REDUCTIONS, pair, reduced
from lucid.ops import clip, exp, expand_dims, full_like, log, square, where
from lucid.recording import held

KL_REDUCTIONS = (*REDUCTIONS, "batchmean")


def kl_div(x: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    r"""Return the Kullback-Leibler divergence of a distribution from the target, element by element.

    .. math:: \ell = y (\log y - x)

    It is 0 where :math:`y` is 0.

    Args:
        x: logarithms of probabilities, as ``log_softmax`` gives them.
        target: probabilities, or their logarithms, a Tensor of the same shape.
        reduction: ``"mean"``, ``"sum"``, ``"none"``, or ``"batchmean"``: the sum over the size of axis 0.
            That one is the divergence itself; ``"mean"`` divides it by the number of classes too.
        log_target: whether the target holds logarithms.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.

    Example:
        >>> p = Tensor([[0.5, 0.5]])
        >>> loss = F.kl_div(lucid.log(Tensor([[0.25, 0.75]])), p, reduction="batchmean")
        >>> print(f"{loss:.4f}")
        0.1438

    Kullback and Leibler, On Information and Sufficiency, 1951.
    """
    checks.one_of("kl_div", "reduction", reduction, KL_REDUCTIONS)
    by_batch = reduction == "batchmean"
    x, target = pair("kl_div", x, target, "sum" if by_batch else reduction)
    if checks.truth("kl_div", "log_target", log_target):
        p, log_p, none = exp(target), target, target == -math.inf
    else:
        none = target == 0
        p, log_p = target, log(where(none, 1.0, target))
    # What has no probability costs nothing, even where a logarithm is -inf: 0 * inf would be nan.
    losses = where(none, 0.0, p * (where(none, 0.0, log_p) - where(none, 0.0, x)))
    if not by_batch:
        return reduced(losses, reduction)
    return losses.sum() / (x.shape[0] if x.ndim else 1)


def poisson_nll_loss(
    x: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:
    r"""Return the negative logarithm of the probability of counts that follow a Poisson distribution.

    .. math:: \ell = e^x - y x \qquad \text{or} \qquad \ell = x - y \log(x + \epsilon)

    Args:
        x: the logarithm of the expected count, or that count.
        target: the counts, a Tensor of the same shape.
        log_input: whether ``x`` is the logarithm.
        full: whether to add what doesn't depend on ``x``, Stirling's approximation of :math:`\log y!`,
            which is :math:`y \log y - y + \log(2 \pi y) / 2`, where :math:`y` exceeds 1.
        eps: added to ``x`` before its logarithm is taken.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.

    Example:
        >>> F.poisson_nll_loss(Tensor([0.0]), Tensor([3]))
        Tensor(1.0)
    """
    x, target = pair("poisson_nll_loss", x, target, reduction)
    eps = checks.number("poisson_nll_loss", "eps", eps, 0)
    if checks.truth("poisson_nll_loss", "log_input", log_input):
        losses = exp(x) - target * x
    else:
        losses = x - target * log(x + eps)
    if checks.truth("poisson_nll_loss", "full", full):
        many = target > 1
        y = where(many, target, 1.0)
        losses = losses + where(many, y * log(y) - y + 0.5 * log(2 * math.pi * y), 0.0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    x: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    r"""Return the negative logarithm of the density of numbers that follow a normal distribution.

    .. math:: \ell = \frac{1}{2} \left( \log v + \frac{(x - y)^2}{v} \right), \qquad v = \max(v_0, \epsilon)

    The gradient by the variance is that at :math:`v`, also where :math:`v_0` is less: otherwise a variance
    that was once too small would stay so.

    Args:
        x: the means, a Tensor of floats.
        target: the numbers: a Tensor of the same shape, in which an axis may have size 1.
        var: the variances :math:`v_0`: a Tensor of the same shape, in which an axis may have size 1; one of
            the same shape but for the last axis; or a number.
        full: whether to add the constant :math:`\log(2 \pi) / 2`.
        eps: the least variance.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        x ``(*)``, target ``(*)``, var ``(*)`` or ``(*[:-1])`` ``-> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes do not fit.
        ArgumentError: if a variance is negative.

    Example:
        >>> F.gaussian_nll_loss(Tensor([1.0]), Tensor([3.0]), Tensor([1.0]))
        Tensor(2.0)

    Nix and Weigend, Estimating the Mean and Variance of the Target Probability Distribution, 1994.
    """
    name = "gaussian_nll_loss"
    checks.one_of(name, "reduction", reduction, REDUCTIONS)
    eps = checks.number(name, "eps", eps, 0)
    x = checks.floating(name, "x", x)
    target = checks.real(name, "target", target, x).astype(x.dtype)
    if not _stretches(target, x):
        raise ShapeError(f"{name} expects target of shape {x.shape}, or with axes of 1, got {target.shape}")
    var = _variance(name, var, x)
    var = var + clip(eps - var, 0.0).detach()
    losses = 0.5 * (log(var) + square(x - target) / var)
    if checks.truth(name, "full", full):
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction)


def _stretches(t: Any, x: Any) -> bool:
    return t.ndim == x.ndim and all(n in (1, m) for n, m in zip(t.shape, x.shape, strict=True))


def _variance(name: str, var: Any, x: Any) -> Any:
    """Return the variances as a Tensor of as many axes as ``x``, checked."""
    if isinstance(var, (int, float)):
        return full_like(x, checks.number(name, "var", var, 0))
    var = checks.real(name, "var", var, x).astype(x.dtype)
    if not _stretches(var, x):
        if not x.ndim or var.shape != x.shape[:-1]:
            raise ShapeError(
                f"{name} expects var of shape {x.shape}, without its last axis or with axes of 1, "
                f"got {var.shape}"
            )
        var = expand_dims(var, -1)
    low = float(held(var).min()) if var.size else 0.0
    if low < 0:
        raise ArgumentError(f"{name} expects var not to be negative, got {low:g}")
    return var
