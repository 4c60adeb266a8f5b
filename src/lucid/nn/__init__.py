"""Neural networks: modules, parameters, containers, layers, and the functions that layers call.

Read ``module.py`` first.
"""

from typing import TYPE_CHECKING

from lucid.nn import functional, init, utils
from lucid.nn.containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from lucid.nn.layers.activation import (
    GELU,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softmax2d,
    Softmin,
    Tanh,
)
from lucid.nn.layers.adaptive_pooling import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
)
from lucid.nn.layers.adaptive_softmax import AdaptiveLogSoftmaxWithLoss
from lucid.nn.layers.attention import MultiheadAttention
from lucid.nn.layers.batch_normalization import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)
from lucid.nn.layers.bilinear import Bilinear
from lucid.nn.layers.blocks import (
    ConvBNReLU1d,
    ConvBNReLU2d,
    ConvBNReLU3d,
    DepthSeparableConv1d,
    DepthSeparableConv2d,
    DepthSeparableConv3d,
    SelectiveKernel,
    SEModule,
)
from lucid.nn.layers.cache import DynamicCache, KVCache, StaticCache
from lucid.nn.layers.cache_pair import EncoderDecoderCache
from lucid.nn.layers.constant_padding import (
    ConstantPad1d,
    ConstantPad2d,
    ConstantPad3d,
    ZeroPad1d,
    ZeroPad2d,
    ZeroPad3d,
)
from lucid.nn.layers.convolution import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)
from lucid.nn.layers.ctc import CTCLoss
from lucid.nn.layers.distance import CosineSimilarity, PairwiseDistance
from lucid.nn.layers.dot_product_attention import ScaledDotProductAttention
from lucid.nn.layers.dropout import (
    AlphaDropout,
    Dropout,
    Dropout1d,
    Dropout2d,
    Dropout3d,
    FeatureAlphaDropout,
)
from lucid.nn.layers.embedding import Embedding, EmbeddingBag
from lucid.nn.layers.fractional_pooling import FractionalMaxPool2d, FractionalMaxPool3d
from lucid.nn.layers.lazy import (
    LazyConv1d,
    LazyConv2d,
    LazyConv3d,
    LazyConvTranspose1d,
    LazyConvTranspose2d,
    LazyConvTranspose3d,
    LazyLinear,
)
from lucid.nn.layers.lazy_normalization import (
    LazyBatchNorm1d,
    LazyBatchNorm2d,
    LazyBatchNorm3d,
    LazyInstanceNorm1d,
    LazyInstanceNorm2d,
    LazyInstanceNorm3d,
)
from lucid.nn.layers.linear import Linear
from lucid.nn.layers.loss import HuberLoss, L1Loss, MSELoss, SmoothL1Loss
from lucid.nn.layers.loss_classes import CrossEntropyLoss, NLLLoss
from lucid.nn.layers.loss_distributions import GaussianNLLLoss, KLDivLoss, PoissonNLLLoss
from lucid.nn.layers.loss_margins import (
    CosineEmbeddingLoss,
    HingeEmbeddingLoss,
    MarginRankingLoss,
    MultiLabelMarginLoss,
    MultiMarginLoss,
    TripletMarginLoss,
    TripletMarginWithDistanceLoss,
)
from lucid.nn.layers.loss_yes_no import BCELoss, BCEWithLogitsLoss, MultiLabelSoftMarginLoss, SoftMarginLoss
from lucid.nn.layers.lp_pooling import LPPool1d, LPPool2d, LPPool3d
from lucid.nn.layers.normalization import GroupNorm, LayerNorm, RMSNorm
from lucid.nn.layers.padding import (
    CircularPad1d,
    CircularPad2d,
    CircularPad3d,
    ReflectionPad1d,
    ReflectionPad2d,
    ReflectionPad3d,
    ReplicationPad1d,
    ReplicationPad2d,
    ReplicationPad3d,
)
from lucid.nn.layers.pooling import AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d
from lucid.nn.layers.positional import (
    LearnedPositionalEmbedding,
    RotaryEmbedding,
    SinusoidalEmbedding,
    SinusoidalEmbedding2D,
)
from lucid.nn.layers.rearrange import Rearrange
from lucid.nn.layers.rectifiers import CELU, ELU, SELU, Hardsigmoid, Hardswish, Hardtanh, PReLU, ReLU6
from lucid.nn.layers.recurrent import GRU, LSTM, RNN
from lucid.nn.layers.recurrent_cells import GRUCell, LSTMCell, RNNCell
from lucid.nn.layers.response_norm import CrossMapLRN2d, GlobalResponseNorm, LocalResponseNorm
from lucid.nn.layers.shape import Flatten, Identity, Unflatten
from lucid.nn.layers.shuffling import ChannelShuffle, PixelShuffle, PixelUnshuffle
from lucid.nn.layers.smooth import GLU, LogSigmoid, Mish, Softplus, Softsign
from lucid.nn.layers.structured_dropout import DropBlock, DropPath
from lucid.nn.layers.thresholds import Hardshrink, RReLU, Softshrink, Tanhshrink, Threshold
from lucid.nn.layers.transformer import Transformer, TransformerDecoder, TransformerEncoder
from lucid.nn.layers.transformer_layers import TransformerDecoderLayer, TransformerEncoderLayer
from lucid.nn.layers.unfolding import Fold, Unfold
from lucid.nn.layers.unpooling import MaxUnpool1d, MaxUnpool2d, MaxUnpool3d
from lucid.nn.layers.upsampling import Upsample, UpsamplingBilinear2d, UpsamplingNearest2d
from lucid.nn.lazy import UninitializedBuffer, UninitializedParameter
from lucid.nn.module import Module
from lucid.nn.parameter import Buffer, Parameter

__all__ = [
    "Buffer",
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "ParameterDict",
    "ParameterList",
    "Sequential",
    "UninitializedBuffer",
    "UninitializedParameter",
    # layers
    "Linear",
    "Embedding",
    "Flatten",
    "Identity",
    "Dropout",
    "ReLU",
    "LeakyReLU",
    "GELU",
    "SiLU",
    "Sigmoid",
    "Tanh",
    "Softmax",
    "LogSoftmax",
    # losses
    "MSELoss",
    "L1Loss",
    "CrossEntropyLoss",
    "NLLLoss",
    "BCEWithLogitsLoss",
    # families
    "functional",
    "init",
    "utils",
    "LayerNorm",
    "RMSNorm",
    "GroupNorm",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "LSTM",
    "GRU",
    "RNN",
    "LSTMCell",
    "GRUCell",
    "RNNCell",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "CELU",
    "ELU",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "PReLU",
    "ReLU6",
    "SELU",
    "GLU",
    "LogSigmoid",
    "Mish",
    "Softplus",
    "Softsign",
    "AlphaDropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "MultiheadAttention",
    "EmbeddingBag",
    "Bilinear",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
    "LazyLinear",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "SmoothL1Loss",
    "HuberLoss",
    "BCELoss",
    "SoftMarginLoss",
    "MultiLabelSoftMarginLoss",
    "KLDivLoss",
    "PoissonNLLLoss",
    "GaussianNLLLoss",
    "MarginRankingLoss",
    "HingeEmbeddingLoss",
    "CosineEmbeddingLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
    "MultiMarginLoss",
    "MultiLabelMarginLoss",
    "CTCLoss",
    "AdaptiveLogSoftmaxWithLoss",
    "CosineSimilarity",
    "PairwiseDistance",
    "Hardshrink",
    "RReLU",
    "Softshrink",
    "Tanhshrink",
    "Threshold",
    "Softmin",
    "Softmax2d",
    "FeatureAlphaDropout",
    "PixelShuffle",
    "PixelUnshuffle",
    "ChannelShuffle",
    "Unflatten",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "KVCache",
    "DynamicCache",
    "StaticCache",
    "RotaryEmbedding",
    "SinusoidalEmbedding",
    "SinusoidalEmbedding2D",
    "LearnedPositionalEmbedding",
    "DropPath",
    "DropBlock",
    "LocalResponseNorm",
    "CrossMapLRN2d",
    "GlobalResponseNorm",
    "Fold",
    "Unfold",
    "ConvBNReLU1d",
    "ConvBNReLU2d",
    "ConvBNReLU3d",
    "DepthSeparableConv1d",
    "DepthSeparableConv2d",
    "DepthSeparableConv3d",
    "SEModule",
    "SelectiveKernel",
    "Rearrange",
    "ScaledDotProductAttention",
    "EncoderDecoderCache",
    "TransformerEncoderLayer",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerDecoder",
    "Transformer",
    "Upsample",
    "UpsamplingNearest2d",
    "UpsamplingBilinear2d",
]

if not TYPE_CHECKING:  # a type checker knows by itself what is here
    from lucid.hints import in_nn as __getattr__  # noqa: F401
