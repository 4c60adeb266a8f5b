"""Losses between distributions, and of numbers that are taken as drawn from one, as layers."""

from __future__ import annotations

from typing import Any, ClassVar

from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.functional.loss_distributions import KL_REDUCTIONS
from lucid.nn.layers.loss import Loss


class KLDivLoss(Loss):
    r"""The Kullback-Leibler divergence of a distribution from the target, element by element.

    .. math:: \ell = y (\log y - x)

    Args:
        reduction: ``"mean"``, ``"sum"``, ``"none"``, or ``"batchmean"``: the sum over the size of axis 0,
            which is the divergence itself.
        log_target: whether the target holds logarithms.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.

    Example:
        >>> p = Tensor([[0.5, 0.5]])
        >>> loss = nn.KLDivLoss(reduction="batchmean")(lucid.log(Tensor([[0.25, 0.75]])), p)
        >>> print(f"{loss:.4f}")
        0.1438

    Kullback and Leibler, On Information and Sufficiency, 1951.
    """

    _usual: ClassVar[dict[str, Any]] = {"log_target": False, "reduction": "mean"}
    _reductions = KL_REDUCTIONS

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = checks.truth("KLDivLoss", "log_target", log_target)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.kl_div(x, target)``, with the options of this layer."""
        return F.kl_div(x, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(Loss):
    r"""The negative logarithm of the probability of counts that follow a Poisson distribution.

    .. math:: \ell = e^x - y x \qquad \text{or} \qquad \ell = x - y \log(x + \epsilon)

    Args:
        log_input: whether the input is the logarithm of the expected count, and not that count.
        full: whether to add Stirling's approximation of :math:`\log y!`.
        eps: added to the input before its logarithm is taken.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        ``(*), (*) -> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes differ.

    Example:
        >>> nn.PoissonNLLLoss()(Tensor([0.0]), Tensor([3]))
        Tensor(1.0)
    """

    _usual: ClassVar[dict[str, Any]] = {"log_input": True, "full": False, "eps": 1e-8, "reduction": "mean"}

    def __init__(
        self, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.log_input = checks.truth("PoissonNLLLoss", "log_input", log_input)
        self.full = checks.truth("PoissonNLLLoss", "full", full)
        self.eps = checks.number("PoissonNLLLoss", "eps", eps, 0)

    def forward(self, x: Any, target: Any) -> Any:
        """Return ``F.poisson_nll_loss(x, target)``, with the options of this layer."""
        return F.poisson_nll_loss(
            x, target, self.log_input, self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(Loss):
    r"""The negative logarithm of the density of numbers that follow a normal distribution.

    .. math:: \ell = \frac{1}{2} \left( \log v + \frac{(x - y)^2}{v} \right), \qquad v = \max(v_0, \epsilon)

    Args:
        full: whether to add the constant :math:`\log(2 \pi) / 2`.
        eps: the least variance.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Shape:
        x ``(*)``, target ``(*)``, var ``(*)`` or ``(*[:-1])`` ``-> ()``, or ``(*)`` without a reduction.

    Raises:
        ShapeError: if the shapes do not fit.
        ArgumentError: if a variance is negative.

    Example:
        >>> nn.GaussianNLLLoss()(Tensor([1.0]), Tensor([3.0]), Tensor([1.0]))
        Tensor(2.0)

    Nix and Weigend, Estimating the Mean and Variance of the Target Probability Distribution, 1994.
    """

    _usual: ClassVar[dict[str, Any]] = {"full": False, "eps": 1e-6, "reduction": "mean"}

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full = checks.truth("GaussianNLLLoss", "full", full)
        self.eps = checks.number("GaussianNLLLoss", "eps", eps, 0)

    def forward(self, x: Any, target: Any, var: Any) -> Any:
        """Return ``F.gaussian_nll_loss(x, target, var)``, with the options of this layer."""
        return F.gaussian_nll_loss(x, target, var, self.full, self.eps, self.reduction)
