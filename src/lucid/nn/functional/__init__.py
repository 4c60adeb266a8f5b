"""Functions that layers are made of: ``import lucid.nn.functional as F``.

Layers own parameters, functions own maths. Read ``activation.py`` first.
"""

from typing import TYPE_CHECKING

from lucid.nn.functional.activation import (
    gelu,
    leaky_relu,
    relu,
    sigmoid,
    silu,
    tanh,
)
from lucid.nn.functional.adaptive_pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
)
from lucid.nn.functional.attention import scaled_dot_product_attention
from lucid.nn.functional.batch_normalization import batch_norm, instance_norm
from lucid.nn.functional.bilinear import bilinear
from lucid.nn.functional.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from lucid.nn.functional.ctc import ctc_loss
from lucid.nn.functional.distance import cdist, cosine_similarity, pairwise_distance, pdist
from lucid.nn.functional.dropout import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
)
from lucid.nn.functional.embedding import embedding
from lucid.nn.functional.embedding_bag import embedding_bag
from lucid.nn.functional.fractional_pooling import fractional_max_pool2d, fractional_max_pool3d
from lucid.nn.functional.grid_sampling import affine_grid, grid_sample
from lucid.nn.functional.interpolation import interpolate
from lucid.nn.functional.linear import flatten, linear, one_hot
from lucid.nn.functional.loss import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from lucid.nn.functional.loss_classes import cross_entropy, nll_loss
from lucid.nn.functional.loss_distributions import gaussian_nll_loss, kl_div, poisson_nll_loss
from lucid.nn.functional.loss_margins import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from lucid.nn.functional.loss_yes_no import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    multilabel_soft_margin_loss,
    soft_margin_loss,
)
from lucid.nn.functional.lp_pooling import lp_pool1d, lp_pool2d, lp_pool3d
from lucid.nn.functional.multihead import multi_head_attention_forward
from lucid.nn.functional.normalization import group_norm, layer_norm, rms_norm
from lucid.nn.functional.padding import pad
from lucid.nn.functional.pooling import avg_pool1d, avg_pool2d, avg_pool3d, max_pool1d, max_pool2d, max_pool3d
from lucid.nn.functional.positional import (
    apply_rotary_emb,
    rotary_tables,
    sinusoidal_embedding,
    sinusoidal_embedding_2d,
)
from lucid.nn.functional.rectifiers import celu, elu, hardsigmoid, hardswish, hardtanh, prelu, relu6, selu
from lucid.nn.functional.recurrent import gru_cell, lstm_cell, rnn_cell
from lucid.nn.functional.response_norm import (
    cross_map_lrn2d,
    global_response_norm,
    local_response_norm,
    normalize,
)
from lucid.nn.functional.shuffling import channel_shuffle, pixel_shuffle, pixel_unshuffle, unflatten
from lucid.nn.functional.smooth import glu, logsigmoid, mish, softplus, softsign
from lucid.nn.functional.softmax import gumbel_softmax, log_softmax, softmax, softmin
from lucid.nn.functional.structured_dropout import drop_block, drop_path
from lucid.nn.functional.thresholds import hardshrink, rrelu, softshrink, tanhshrink, threshold
from lucid.nn.functional.unfolding import fold, unfold
from lucid.nn.functional.unpooling import max_unpool1d, max_unpool2d, max_unpool3d

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
    "batch_norm",
    "layer_norm",
    "group_norm",
    "instance_norm",
    "rms_norm",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "scaled_dot_product_attention",
    "lstm_cell",
    "gru_cell",
    "rnn_cell",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "celu",
    "elu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "prelu",
    "relu6",
    "selu",
    "glu",
    "logsigmoid",
    "mish",
    "softplus",
    "softsign",
    "alpha_dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "embedding_bag",
    "bilinear",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "fractional_max_pool2d",
    "fractional_max_pool3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "smooth_l1_loss",
    "huber_loss",
    "binary_cross_entropy",
    "soft_margin_loss",
    "multilabel_soft_margin_loss",
    "kl_div",
    "poisson_nll_loss",
    "gaussian_nll_loss",
    "margin_ranking_loss",
    "hinge_embedding_loss",
    "cosine_embedding_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "ctc_loss",
    "cosine_similarity",
    "pairwise_distance",
    "cdist",
    "pdist",
    "pad",
    "hardshrink",
    "rrelu",
    "softshrink",
    "tanhshrink",
    "threshold",
    "softmin",
    "gumbel_softmax",
    "feature_alpha_dropout",
    "channel_shuffle",
    "pixel_shuffle",
    "pixel_unshuffle",
    "unflatten",
    "apply_rotary_emb",
    "rotary_tables",
    "sinusoidal_embedding",
    "sinusoidal_embedding_2d",
    "multi_head_attention_forward",
    "drop_block",
    "drop_path",
    "cross_map_lrn2d",
    "global_response_norm",
    "local_response_norm",
    "normalize",
    "fold",
    "unfold",
    "interpolate",
    "affine_grid",
    "grid_sample",
]

if not TYPE_CHECKING:  # a type checker knows by itself what is here
    from lucid.hints import in_functional as __getattr__  # noqa: F401
