"""Lucid: a deep-learning framework that can be read end to end and is fast anyway.

    import lucid
    import lucid.nn as nn
    from lucid import Tensor

Tensors and their operations are here; modules are in ``lucid.nn``, optimizers in
``lucid.optim``, data sets in ``lucid.data``, files in ``lucid.io``.
"""

import importlib
from typing import Any

from lucid import autograd, errors, linalg, random
from lucid.autograd import enable_grad, no_grad, primitive
from lucid.engines.settings import (
    get_float32_matmul_precision,
    get_num_threads,
    set_float32_matmul_precision,
    set_num_threads,
)
from lucid.hints import hint
from lucid.namespace_info import __array_api_version__ as __array_api_version__
from lucid.namespace_info import __array_namespace_info__ as __array_namespace_info__
from lucid.ops import (
    abs,
    acos,
    acosh,
    add,
    all,
    allclose,
    any,
    arange,
    argmax,
    argmin,
    argsort,
    asarray,
    asin,
    asinh,
    astype,
    atan,
    atan2,
    atanh,
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    bool,
    broadcast_arrays,
    broadcast_shapes,
    broadcast_to,
    ceil,
    clip,
    complex64,
    complex128,
    concat,
    cos,
    cosh,
    cumulative_sum,
    divide,
    einsum,
    empty,
    empty_like,
    equal,
    erf,
    exp,
    exp2,
    expand_dims,
    expm1,
    eye,
    flatten,
    flip,
    float16,
    float32,
    float64,
    floor,
    floor_divide,
    full,
    full_like,
    getitem,
    greater,
    greater_equal,
    hypot,
    int8,
    int16,
    int32,
    int64,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    linspace,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    logsumexp,
    matmul,
    matrix_transpose,
    max,
    maximum,
    mean,
    meshgrid,
    min,
    minimum,
    moveaxis,
    multiply,
    negative,
    not_equal,
    one_hot,
    ones,
    ones_like,
    pad,
    permute_dims,
    positive,
    pow,
    prod,
    reciprocal,
    remainder,
    repeat,
    reshape,
    roll,
    round,
    scatter_add,
    setitem,
    sigmoid,
    sign,
    signbit,
    sin,
    sinh,
    sort,
    split,
    sqrt,
    square,
    squeeze,
    stack,
    std,
    subtract,
    sum,
    take,
    take_along_axis,
    tan,
    tanh,
    tensordot,
    tile,
    to_device,
    topk,
    transpose,
    tril,
    triu,
    trunc,
    uint8,
    uint16,
    uint32,
    uint64,
    unstack,
    var,
    vecdot,
    where,
    zeros,
    zeros_like,
)
from lucid.ops.constants import e, inf, nan, newaxis, pi
from lucid.random import rand, randn
from lucid.tensor import Tensor

__version__ = "0.1.0"

from lucid.ops import (
    can_cast,
    conj,
    copysign,
    count_nonzero,
    cumulative_prod,
    diff,
    finfo,
    from_dlpack,
    iinfo,
    imag,
    isdtype,
    isin,
    nextafter,
    nonzero,
    real,
    result_type,
    searchsorted,
    unique_all,
    unique_counts,
    unique_inverse,
    unique_values,
)

# fmt: off
__all__ = [
    "Tensor", "autograd", "get_float32_matmul_precision", "get_num_threads", "set_float32_matmul_precision",
    "set_num_threads", "show_config", "rand", "randn", "random", "e", "enable_grad", "fft", "inf", "linalg",
    "nan", "newaxis", "no_grad", "pi", "primitive", "abs", "acos", "acosh", "add", "all", "allclose", "any",
    "arange", "argmax", "argmin", "argsort", "asarray", "asin", "asinh", "astype", "atan", "atan2",
    "atanh", "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "bool", "broadcast_arrays", "broadcast_shapes", "broadcast_to", "can_cast", "ceil",
    "clip", "complex128", "complex64", "concat", "conj", "copysign", "cos", "cosh", "count_nonzero",
    "cumulative_prod", "cumulative_sum", "diff", "divide", "einsum", "empty", "empty_like", "equal",
    "erf", "exp", "exp2", "expand_dims", "expm1", "eye", "finfo", "flatten", "flip", "float16",
    "float32", "float64", "floor", "floor_divide", "from_dlpack", "full", "full_like", "getitem",
    "greater", "greater_equal", "hypot", "iinfo", "imag", "int16", "int32", "int64", "int8", "isdtype",
    "isfinite", "isin", "isinf", "isnan", "less", "less_equal", "linspace", "log", "log10", "log1p",
    "log2", "logaddexp", "logical_and", "logical_not", "logical_or", "logical_xor", "logsumexp",
    "matmul", "matrix_transpose", "max", "maximum", "mean", "meshgrid", "min", "minimum", "moveaxis",
    "multiply", "negative", "nextafter", "nonzero", "not_equal", "one_hot", "ones", "ones_like", "pad",
    "permute_dims", "positive", "pow", "prod", "real", "reciprocal", "remainder", "repeat", "reshape",
    "result_type", "roll", "round", "scatter_add", "searchsorted", "setitem", "sigmoid", "sign",
    "signbit", "sin", "sinh", "sort", "split", "sqrt", "square", "squeeze", "stack", "std", "subtract",
    "sum", "take", "take_along_axis", "tan", "tanh", "tensordot", "tile", "to_device", "topk",
    "transpose", "tril", "triu", "trunc", "uint16", "uint32", "uint64", "uint8", "unique_all",
    "unique_counts", "unique_inverse", "unique_values", "unstack", "var", "vecdot", "where", "zeros",
    "zeros_like",
]
# fmt: on


def __getattr__(name: str) -> Any:
    """Import ``lucid.nn`` and its like when they are first used: ``import lucid`` stays quick."""
    if name in ("amp", "nn", "optim", "data", "io", "testing", "fft", "func", "special"):
        return importlib.import_module(f"lucid.{name}")
    if name == "show_config":
        return importlib.import_module("lucid.configuration").show_config
    known = hint(name)
    if not known and not name.startswith("_"):
        for part in ("linalg", "fft", "func", "special"):
            if name in importlib.import_module(f"lucid.{part}").__all__:
                known = f": write lucid.{part}.{name}"
    raise errors.MissingAttributeError(f"module 'lucid' has no attribute {name!r}{known}")
