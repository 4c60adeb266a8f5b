"""Scaled dot-product attention as a layer without parameters."""

from __future__ import annotations

from typing import Any

from lucid.errors import ArgumentError
from lucid.nn import functional as F
from lucid.nn.functional import checks
from lucid.nn.module import Module
from lucid.nn.parameter import Buffer


class ScaledDotProductAttention(Module):
    r"""Return for each query the mean of the values, weighted by the softmax of its products with the keys.

    .. math:: y = \operatorname{softmax}(s \, Q K^\top + M) \, V

    ``F.scaled_dot_product_attention`` with its options kept. Dropout is for training: after ``model.eval()``
    no weight is left out.

    Args:
        attn_mask: a Tensor of booleans, True where a key takes part; or of floats, which are added to the
            products. It moves with the layer, and is no part of its state. None for no mask.
        dropout_p: the probability with which a weight is left out.
        is_causal: whether the query at position ``i`` attends to keys up to position ``i`` only.
        scale: :math:`s`, by default :math:`1 / \sqrt{\text{width}}`.

    Shape:
        query ``(*, queries, width)``, key ``(*, keys, width)``, value ``(*, keys, value_width)``
        ``-> (*, queries, value_width)``

    Raises:
        ArgumentError: if there is both a mask and ``is_causal``, or ``dropout_p`` is no probability.
        ShapeError: if the shapes do not fit together.

    Example:
        >>> attend = nn.ScaledDotProductAttention(is_causal=True)
        >>> attend
        ScaledDotProductAttention(is_causal=True)
        >>> x = Tensor([[1.0], [2.0]])
        >>> attend(x, x, x)[0]
        Tensor([1.0])

    Vaswani et al., Attention Is All You Need, 2017.
    """

    def __init__(
        self,
        attn_mask: Any = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
    ) -> None:
        super().__init__()
        name = "ScaledDotProductAttention"
        self.dropout_p = checks.number(name, "dropout_p", dropout_p, 0, 1)
        self.is_causal = checks.truth(name, "is_causal", is_causal)
        self.scale = None if scale is None else checks.number(name, "scale", scale)
        if attn_mask is not None:
            if is_causal:
                raise ArgumentError(
                    f"{name} expects attn_mask or is_causal=True, got both: put one in the other"
                )
            attn_mask = Buffer(checks.as_tensor(name, "attn_mask", attn_mask), persistent=False)
        self.attn_mask = attn_mask

    def forward(self, query: Any, key: Any, value: Any) -> Any:
        """Return ``F.scaled_dot_product_attention(query, key, value, ...)``."""
        return F.scaled_dot_product_attention(
            query,
            key,
            value,
            self.attn_mask,
            self.dropout_p if self.training else 0.0,
            self.is_causal,
            self.scale,
        )

    def extra_repr(self) -> str:
        options = {
            "attn_mask": None if self.attn_mask is None else f"of shape {self.attn_mask.shape}",
            "dropout_p": self.dropout_p or None,
            "is_causal": self.is_causal or None,
            "scale": self.scale,
        }
        return ", ".join(f"{name}={value}" for name, value in options.items() if value is not None)
