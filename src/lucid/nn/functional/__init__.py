"""Functions that layers are made of: ``import lucid.nn.functional as F``.

Layers own parameters, functions own maths. Read ``activation.py`` first.
"""

from lucid.nn.functional.activation import (
    gelu,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    silu,
    softmax,
    tanh,
)
from lucid.nn.functional.dropout import dropout
from lucid.nn.functional.embedding import embedding
from lucid.nn.functional.linear import flatten, linear, one_hot
from lucid.nn.functional.loss import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    mse_loss,
    nll_loss,
)

__all__ = [
    "relu",
    "leaky_relu",
    "gelu",
    "silu",
    "sigmoid",
    "tanh",
    "softmax",
    "log_softmax",
    "linear",
    "flatten",
    "one_hot",
    "embedding",
    "dropout",
    "mse_loss",
    "l1_loss",
    "cross_entropy",
    "nll_loss",
    "binary_cross_entropy_with_logits",
]
