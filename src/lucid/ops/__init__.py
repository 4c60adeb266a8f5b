"""Operations: each forward function with its derivative below it, one file per family.

``lucid.ops`` is a namespace in the sense of the Array API: the ``xp`` of derivatives of
derivatives. Read ``elementwise.py`` first.
"""

from lucid.engines.dtypes import (
    bool_ as bool,
)
from lucid.engines.dtypes import (
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from lucid.ops.cast import astype, cast
from lucid.ops.comparison import (
    allclose,
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    comparable,
    equal,
    greater,
    greater_equal,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
    signbit,
)
from lucid.ops.complex_numbers import conj, conjugate, imag, imag_part, real, real_part
from lucid.ops.conversion import to_array
from lucid.ops.convolution import conv, conv_input, conv_weight
from lucid.ops.creation import (
    arange,
    asarray,
    empty,
    empty_like,
    eye,
    from_dlpack,
    full,
    full_like,
    linspace,
    meshgrid,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from lucid.ops.cumulative import cumprod, cumsum, cumulative_prod, cumulative_sum, diff
from lucid.ops.device import (
    move,
    to_device,
)
from lucid.ops.elementwise import (
    abs,
    add,
    clip,
    clip_above,
    clip_below,
    divide,
    floor_divide,
    maximum,
    minimum,
    multiply,
    negative,
    positive,
    pow,
    reciprocal,
    remainder,
    select,
    sign,
    sqrt,
    square,
    subtract,
    where,
)
from lucid.ops.encoding import one_hot
from lucid.ops.exponential import (
    erf,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    sigmoid,
)
from lucid.ops.indexing import get_at, getitem, scatter_add, set_at, setitem, take, take_along_axis
from lucid.ops.joining import (
    concat,
    join,
    pad,
    pieces,
    repeat,
    split,
    stack,
    surround,
    tile,
    unstack,
)
from lucid.ops.linalg import einsum, matmul, sum_of_products, tensordot, vecdot
from lucid.ops.masking import masked_scale
from lucid.ops.reduction import (
    all,
    any,
    argmax,
    argmin,
    logsumexp,
    max,
    mean,
    min,
    prod,
    std,
    sum,
    var,
)
from lucid.ops.rounding import ceil, copysign, floor, nextafter, round, trunc
from lucid.ops.searching import count_nonzero, nonzero, places, positions, searchsorted
from lucid.ops.sets import (
    distinct,
    distinct_values,
    isin,
    member,
    unique_all,
    unique_counts,
    unique_inverse,
    unique_values,
)
from lucid.ops.shape import (
    broadcast_arrays,
    broadcast_shapes,
    broadcast_to,
    expand,
    expand_dims,
    flatten,
    flip,
    matrix_transpose,
    moveaxis,
    permute,
    permute_dims,
    reshape,
    reverse,
    roll,
    rotate,
    squeeze,
    transpose,
    tril,
    triu,
    view,
)
from lucid.ops.sorting import argsort, sort, topk
from lucid.ops.trigonometry import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    hypot,
    sin,
    sinh,
    tan,
    tanh,
)
from lucid.ops.types import can_cast, finfo, iinfo, isdtype, result_type

# fmt: off
__all__ = [
    "abs", "acos", "acosh", "add", "all", "allclose", "any", "arange", "argmax", "argmin", "argsort",
    "asarray", "asin", "asinh", "astype", "atan", "atan2", "atanh", "bitwise_and", "bitwise_invert",
    "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "bool",
    "broadcast_arrays", "broadcast_shapes", "broadcast_to", "can_cast", "cast", "ceil", "clip",
    "clip_above", "clip_below", "comparable", "complex128", "complex64", "concat", "conj", "conjugate",
    "conv", "conv_input", "conv_weight", "copysign", "cos", "cosh", "count_nonzero", "cumprod",
    "cumsum", "cumulative_prod", "cumulative_sum", "diff", "distinct", "distinct_values", "divide",
    "einsum", "empty", "empty_like", "equal", "erf", "exp", "exp2", "expand", "expand_dims", "expm1",
    "eye", "finfo", "flatten", "flip", "float16", "float32", "float64", "floor", "floor_divide",
    "from_dlpack", "full", "full_like", "get_at", "getitem", "greater", "greater_equal", "hypot",
    "iinfo", "imag", "imag_part", "int16", "int32", "int64", "int8", "isdtype", "isfinite", "isin",
    "isinf", "isnan", "join", "less", "less_equal", "linspace", "log", "log10", "log1p", "log2",
    "logaddexp", "logical_and", "logical_not", "logical_or", "logical_xor", "logsumexp", "masked_scale",
    "matmul", "matrix_transpose", "max", "maximum", "mean", "member", "meshgrid", "min", "minimum",
    "move", "moveaxis", "multiply", "negative", "nextafter", "nonzero", "not_equal", "one_hot", "ones",
    "ones_like", "pad", "permute", "permute_dims", "pieces", "places", "positions", "positive", "pow",
    "prod", "real", "real_part", "reciprocal", "remainder", "repeat", "reshape", "result_type",
    "reverse", "roll", "rotate", "round", "scatter_add", "searchsorted", "select", "set_at", "setitem",
    "sigmoid", "sign", "signbit", "sin", "sinh", "sort", "split", "sqrt", "square", "squeeze", "stack",
    "std", "subtract", "sum", "sum_of_products", "surround", "take", "take_along_axis", "tan", "tanh",
    "tensordot", "tile", "to_array", "to_device", "topk", "transpose", "tril", "triu", "trunc",
    "uint16", "uint32", "uint64", "uint8", "unique_all", "unique_counts", "unique_inverse",
    "unique_values", "unstack", "var", "vecdot", "view", "where", "zeros", "zeros_like",
]
# fmt: on
