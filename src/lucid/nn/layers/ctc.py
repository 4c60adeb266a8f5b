"""The connectionist temporal classification loss, as a layer."""

from __future__ import annotations

from typing import Any, ClassVar

from lucid.errors import ArgumentError
from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.layers.loss import Loss


class CTCLoss(Loss):
    r"""The negative logarithm of the probability of labels, whenever in time they come.

    .. math:: \ell = -\log \sum_{\pi \in B^{-1}(y)} \prod_t p_t(\pi_t)

    where :math:`B` takes a path of classes to its labels: what repeats is one, and blanks are left out.

    Args:
        blank: the class that is no label.
        reduction: ``"mean"`` of the losses, each divided by the number of its labels first, ``"sum"`` or
            ``"none"``.
        zero_infinity: whether an infinite loss, of more labels than there is time for, becomes 0.

    Shape:
        log_probs ``(T, N, C)`` or ``(T, C)``, targets ``(N, S)``, ``(sum(target_lengths),)`` or ``(S,)``,
        lengths ``(N,)`` or ``() -> ()``, or ``(N,)`` or ``()`` without a reduction.

    Raises:
        ShapeError: if the shapes do not fit together.
        ArgumentError: if a label is the blank or does not exist, or a length is too large.

    Example:
        >>> log_probs = F.log_softmax(lucid.zeros((3, 1, 4)), axis=-1)
        >>> loss = nn.CTCLoss(reduction="sum")(log_probs, Tensor([[1, 2]]), (3,), (2,))
        >>> print(f"{loss:.4f}")
        2.5494

    Graves et al., Connectionist Temporal Classification, 2006.
    """

    _usual: ClassVar[dict[str, Any]] = {"blank": 0, "reduction": "mean", "zero_infinity": False}

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction)
        self.blank = checks.integer("CTCLoss", "blank", blank)
        if self.blank < 0:
            raise ArgumentError(f"CTCLoss expects blank to be a class, got {blank}")
        self.zero_infinity = checks.truth("CTCLoss", "zero_infinity", zero_infinity)

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        """Return ``F.ctc_loss(log_probs, targets, input_lengths, target_lengths)``, with these options."""
        return F.ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
        )
