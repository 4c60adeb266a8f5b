"""Calls that cannot work, and what the error must say: for every family of operations.

Each row is a function of the device, and a pattern that the message matches: it names the function
and the value received. What is given is wrong in type, in shape, in dtype, or far too large.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import lucid
from lucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    IndexingError,
    LucidError,
    ShapeError,
)

Call = Callable[[Any, Any, Any], Any]
Row = tuple[Call, type[LucidError], str]

HUGE = 10**13  # elements: 40 terabytes

# x is of shape (2, 3), v of shape (3,), i is the integers 0 and 1; all on one device.
ELEMENTWISE: dict[str, Row] = {
    "add, shapes": (lambda x, v, i: x + x[:, :2], ShapeError, r"add.*\(2, 3\).*\(2, 2\)"),
    "add, a string": (lambda x, v, i: x + "a", ArgumentTypeError, r"add.*str"),
    "add, None": (lambda x, v, i: x + None, ArgumentTypeError, r"add.*NoneType"),
    "add, a list": (lambda x, v, i: lucid.add(x, [1, 2, 3]), ArgumentTypeError, r"add.*list.*asarray"),
    "add, an array of strings": (lambda x, v, i: x + np.array("a"), LucidError, r"add|booleans or numbers"),
    "add, an array of objects": (lambda x, v, i: x + np.array(None), LucidError, r"add|booleans or numbers"),
    "exp, a string": (lambda x, v, i: lucid.exp("a"), ArgumentTypeError, r"exp.*str"),
    "negative, booleans": (lambda x, v, i: -(x > 0), DTypeError, r"negative.*bool"),
    "subtract, booleans": (lambda x, v, i: (x > 0) - (x > 0), DTypeError, r"subtract.*bool"),
    "bitwise_and, floats": (lambda x, v, i: x & x, DTypeError, r"bitwise_and.*float32"),
    "bitwise_or, a float": (lambda x, v, i: i | 1.5, DTypeError, r"bitwise_or.*float32|bitwise_or.*1\.5"),
    "bitwise_invert, floats": (lambda x, v, i: ~x, DTypeError, r"bitwise_invert.*float32"),
    "bitwise_left_shift, floats": (lambda x, v, i: x << 1, DTypeError, r"bitwise_left_shift.*float32"),
    "less, shapes": (lambda x, v, i: x < x[:, :2], ShapeError, r"less.*\(2, 2\)"),
    "where, no booleans": (lambda x, v, i: lucid.where(x, x, x), DTypeError, r"where.*boolean.*float32"),
    "where, shapes": (
        lambda x, v, i: lucid.where(x > 0, x[:, :2], x),
        ShapeError,
        r"(select|where).*\(2, 2\)",
    ),
    "where, a string": (lambda x, v, i: lucid.where(x > 0, "a", x), LucidError, r"where|number"),
    "clip, a string": (lambda x, v, i: lucid.clip(x, "a"), ArgumentTypeError, r"clip.*str"),
    "clip, shapes": (lambda x, v, i: lucid.clip(x, v[:2], 1), ShapeError, r"clip.*\(2,\)"),
    "integers to a negative power": (lambda x, v, i: i**-1, ArgumentError, r"pow.*-1"),
    "astype, no type": (lambda x, v, i: x.astype("no"), DTypeError, r"dtype.*'no'"),
    "matmul, a number": (lambda x, v, i: x @ 2, LucidError, r"matmul"),
    "x // None": (lambda x, v, i: x // None, ArgumentTypeError, r"floor_divide.*NoneType"),
    "x < None": (lambda x, v, i: lucid.less(x, None), ArgumentTypeError, r"less.*NoneType"),
}

REDUCTION: dict[str, Row] = {
    "sum, axis": (lambda x, v, i: lucid.sum(x, axis=2), IndexingError, r"sum.*axis.*2"),
    "sum, negative axis": (lambda x, v, i: lucid.sum(x, axis=-3), IndexingError, r"sum.*axis.*-3"),
    "sum, an axis twice": (lambda x, v, i: lucid.sum(x, axis=(0, 0)), ArgumentError, r"sum.*axis.*\(0, 0\)"),
    "sum, the same axis": (lambda x, v, i: lucid.sum(x, axis=(0, -2)), ArgumentError, r"sum.*axis"),
    "sum, a float as axis": (lambda x, v, i: lucid.sum(x, axis=0.5), ArgumentTypeError, r"sum.*axis.*0\.5"),
    "sum, a string as axis": (lambda x, v, i: lucid.sum(x, axis="a"), ArgumentTypeError, r"sum.*axis.*'a'"),
    "sum, axis of 0-d": (lambda x, v, i: lucid.sum(x[0, 0], axis=0), IndexingError, r"sum.*axis.*0"),
    "sum, a list": (lambda x, v, i: lucid.sum([1, 2]), ArgumentTypeError, r"sum.*list"),
    "sum, dtype": (lambda x, v, i: lucid.sum(x, dtype="no"), DTypeError, r"'no'"),
    "mean, axis": (lambda x, v, i: lucid.mean(x, axis=5), IndexingError, r"mean.*axis.*5"),
    "var, axis": (lambda x, v, i: lucid.var(x, axis=5), IndexingError, r"axis.*5"),
    "std, axis": (lambda x, v, i: lucid.std(x, axis=(0, 0)), ArgumentError, r"axis.*\(0, 0\)"),
    "prod, axis": (lambda x, v, i: lucid.prod(x, axis=2), IndexingError, r"axis.*2"),
    "max, axis": (lambda x, v, i: lucid.max(x, axis=-4), IndexingError, r"max.*axis.*-4"),
    "max of nothing": (lambda x, v, i: lucid.max(x[:0]), ArgumentError, r"max.*\(0, 3\)"),
    "min of nothing by axis": (lambda x, v, i: lucid.min(x[:0], axis=0), ArgumentError, r"min.*\(0, 3\)"),
    "argmax of nothing": (lambda x, v, i: lucid.argmax(x[:0]), ArgumentError, r"argmax.*\(0, 3\)"),
    "argmin, axes": (lambda x, v, i: lucid.argmin(x, axis=(0, 1)), ArgumentTypeError, r"argmin.*\(0, 1\)"),
    "argmax, axis": (lambda x, v, i: lucid.argmax(x, axis=2), IndexingError, r"argmax.*axis.*2"),
    "any, axis": (lambda x, v, i: lucid.any(x, axis=2), IndexingError, r"any.*axis.*2"),
    "all, axis": (lambda x, v, i: lucid.all(x, axis=(0, 0)), ArgumentError, r"all.*axis"),
    "logsumexp, axis": (lambda x, v, i: lucid.logsumexp(x, axis=2), IndexingError, r"logsumexp.*axis.*2"),
    "logsumexp of nothing": (lambda x, v, i: lucid.logsumexp(x[:0], axis=2), IndexingError, r"axis.*2"),
    "cumulative_sum, axis": (lambda x, v, i: lucid.cumulative_sum(x, axis=2), IndexingError, r"axis 2"),
    "cumulative_sum, no axis": (
        lambda x, v, i: lucid.cumulative_sum(x),
        ArgumentError,
        r"cumulative_sum.*\(2, 3\)",
    ),
    "cumulative_sum of 0-d": (
        lambda x, v, i: lucid.cumulative_sum(x[0, 0]),
        ArgumentError,
        r"cumulative_sum",
    ),
}

SHAPE: dict[str, Row] = {
    "reshape": (lambda x, v, i: x.reshape(4, 2), ShapeError, r"reshape.*\(2, 3\).*\(4, 2\)"),
    "reshape, -1 does not fit": (lambda x, v, i: x.reshape(4, -1), ShapeError, r"reshape.*\(4, -1\)"),
    "reshape, two -1": (lambda x, v, i: x.reshape(-1, -1), ShapeError, r"reshape.*\(-1, -1\)"),
    "reshape, -2": (lambda x, v, i: x.reshape(-2, -3), ShapeError, r"reshape.*\(-2, -3\)"),
    "reshape, a float": (lambda x, v, i: x.reshape(2.0, 3), ArgumentTypeError, r"shape.*2\.0"),
    "reshape, None": (lambda x, v, i: lucid.reshape(x, None), ArgumentTypeError, r"shape.*None"),
    "reshape, huge": (lambda x, v, i: x.reshape(10**30, 1), ShapeError, r"reshape"),
    "flatten": (lambda x, v, i: lucid.flatten(x, start_axis=1, end_axis=0), ArgumentError, r"flatten.*1.*0"),
    "expand_dims, axis": (lambda x, v, i: lucid.expand_dims(x, axis=4), IndexingError, r"axis 4"),
    "expand_dims, None": (lambda x, v, i: lucid.expand_dims(x, axis=None), ArgumentTypeError, r"axis.*None"),
    "squeeze": (lambda x, v, i: lucid.squeeze(x, 1), ShapeError, r"squeeze.*\(2, 3\)"),
    "squeeze, axis": (lambda x, v, i: lucid.squeeze(x, 2), IndexingError, r"axis 2"),
    "broadcast_to": (lambda x, v, i: x.broadcast_to((2, 4)), ShapeError, r"\(2, 3\).*\(2, 4\)"),
    "broadcast_to, fewer axes": (lambda x, v, i: x.broadcast_to((3,)), ShapeError, r"\(2, 3\).*\(3,\)"),
    "broadcast_to, negative": (lambda x, v, i: x.broadcast_to((-1, 3)), ArgumentError, r"-1"),
    "broadcast_arrays": (lambda x, v, i: lucid.broadcast_arrays(x, v[:2]), ShapeError, r"\(2, 3\).*\(2,\)"),
    "broadcast_shapes": (lambda x, v, i: lucid.broadcast_shapes((2,), (3,)), ShapeError, r"\(2,\).*\(3,\)"),
    "permute_dims": (lambda x, v, i: x.permute_dims(0), ArgumentError, r"permute_dims.*2 axes"),
    "permute_dims, twice": (lambda x, v, i: x.permute_dims(0, 0), ArgumentError, r"\(0, 0\)"),
    "permute_dims, axis": (lambda x, v, i: x.permute_dims(0, 2), IndexingError, r"axis 2"),
    "permute_dims, a number": (lambda x, v, i: lucid.permute_dims(x, 1), LucidError, r"permute_dims|axes"),
    "transpose": (lambda x, v, i: x.transpose(0, 2), IndexingError, r"axis 2"),
    "matrix_transpose": (lambda x, v, i: v.mT, ShapeError, r"matrix_transpose.*\(3,\)"),
    ".T": (lambda x, v, i: v.T, ShapeError, r"\.T.*\(3,\)"),
    "moveaxis": (lambda x, v, i: lucid.moveaxis(x, (0, 1), 0), ArgumentError, r"moveaxis.*2.*1"),
    "flip": (lambda x, v, i: lucid.flip(x, axis=2), IndexingError, r"axis 2"),
    "roll, axis": (lambda x, v, i: lucid.roll(x, 1, axis=2), IndexingError, r"axis 2"),
    "roll, shifts": (lambda x, v, i: lucid.roll(x, (1, 2, 3), axis=(0, 1)), ArgumentError, r"roll.*3.*2"),
    "roll, a float": (lambda x, v, i: lucid.roll(x, 1.5), ArgumentTypeError, r"1\.5"),
    "concat, nothing": (lambda x, v, i: lucid.concat([]), ArgumentError, r"concat"),
    "concat, shapes": (lambda x, v, i: lucid.concat([x, x[:, :2]]), ShapeError, r"concat.*\(2, 2\)"),
    "concat, axes": (lambda x, v, i: lucid.concat([x, v]), ShapeError, r"concat.*\(3,\)"),
    "concat, 0-d": (lambda x, v, i: lucid.concat([x[0, 0], x[0, 0]]), LucidError, r"axis 0|concat"),
    "concat, axis": (lambda x, v, i: lucid.concat([x, x], axis=2), IndexingError, r"axis 2"),
    "concat, a number": (lambda x, v, i: lucid.concat(5), ArgumentTypeError, r"concat.*int"),
    "stack, nothing": (lambda x, v, i: lucid.stack([]), ArgumentError, r"stack"),
    "stack, shapes": (lambda x, v, i: lucid.stack([x, v]), ShapeError, r"stack.*\(3,\)"),
    "stack, axis": (lambda x, v, i: lucid.stack([x, x], axis=4), IndexingError, r"axis 4"),
    "split, pieces": (lambda x, v, i: lucid.split(v, 2), ShapeError, r"split.*3.*2"),
    "split, no pieces": (lambda x, v, i: lucid.split(v, 0), ShapeError, r"split.*0"),
    "split, positions": (lambda x, v, i: lucid.split(v, [2, 1]), ArgumentError, r"split.*\(2, 1\)"),
    "split, axis": (lambda x, v, i: lucid.split(v, 3, axis=1), IndexingError, r"axis 1"),
    "split, a float": (lambda x, v, i: lucid.split(v, 1.5), ArgumentTypeError, r"split.*1\.5"),
    "unstack, axis": (lambda x, v, i: lucid.unstack(v, axis=1), IndexingError, r"axis 1"),
    "repeat, negative": (lambda x, v, i: lucid.repeat(v, -1), ArgumentError, r"repeat.*-1"),
    "repeat, a float": (lambda x, v, i: lucid.repeat(v, 1.5), ArgumentError, r"repeat.*1\.5"),
    "repeat, lengths": (lambda x, v, i: lucid.repeat(v, [1, 2]), ShapeError, r"repeat.*3.*\(2,\)"),
    "tile, negative": (lambda x, v, i: lucid.tile(v, -1), ArgumentError, r"-1"),
    "tile, a float": (lambda x, v, i: lucid.tile(v, 1.5), ArgumentTypeError, r"1\.5"),
    "pad, negative": (lambda x, v, i: lucid.pad(v, -1), ArgumentError, r"pad.*-1"),
    "pad, pairs": (lambda x, v, i: lucid.pad(x, [(1, 1)] * 3), ShapeError, r"pad.*2 axes"),
    "pad, a float": (lambda x, v, i: lucid.pad(v, 0.5), ArgumentError, r"pad.*0\.5"),
    "pad, a string": (lambda x, v, i: lucid.pad(v, 1, value="a"), LucidError, r"number"),
    "tril of a vector": (lambda x, v, i: lucid.tril(v), ShapeError, r"tril.*\(3,\)"),
    "triu of a number": (lambda x, v, i: lucid.triu(x[0, 0]), ShapeError, r"triu.*\(\)"),
    "meshgrid": (lambda x, v, i: lucid.meshgrid(v, v, indexing="no"), ArgumentError, r"meshgrid.*'no'"),
    "meshgrid, a matrix": (lambda x, v, i: lucid.meshgrid(x, v), ShapeError, r"meshgrid.*\(2, 3\)"),
    "to a device that isn't": (lambda x, v, i: x.to("no"), LucidError, r"'no'"),
    "to no device": (lambda x, v, i: x.to(7), LucidError, r"7"),
}

INDEXING: dict[str, Row] = {
    "beyond the end": (lambda x, v, i: x[2], IndexingError, r"2"),
    "before the start": (lambda x, v, i: x[-3], IndexingError, r"-3"),
    "too many": (lambda x, v, i: x[0, 0, 0], IndexingError, r"indices"),
    "0-d": (lambda x, v, i: x[0, 0][0], IndexingError, r"indices"),
    "no elements": (lambda x, v, i: x[:0][0], IndexingError, r"0"),
    "an array, beyond": (lambda x, v, i: v[[0, 3]], IndexingError, r"3"),
    "an array, before": (lambda x, v, i: v[[-4]], IndexingError, r"-4"),
    "a tensor, beyond": (lambda x, v, i: x[i, i + 2], IndexingError, r"3"),
    "arrays that do not broadcast": (lambda x, v, i: x[[0, 1], [0, 1, 2]], IndexingError, r"broadcast|shape"),
    "a mask, too short": (lambda x, v, i: x[[True]], IndexingError, r"boolean|2|bool"),
    "a mask, too many axes": (lambda x, v, i: v[x > 0], IndexingError, r"indices|boolean"),
    "a float": (lambda x, v, i: x[0.5], IndexingError, r"0\.5"),
    "a tensor of floats": (lambda x, v, i: x[v], IndexingError, r"float32"),
    "a string": (lambda x, v, i: x["a"], IndexingError, r"'a'"),
    "a slice of floats": (lambda x, v, i: x[0.5:], IndexingError, r"0\.5"),
    "a step of 0": (lambda x, v, i: x[::0], LucidError, r"step|slice"),
    "two ...": (lambda x, v, i: x[..., ...], IndexingError, r"ellips"),
    "a ragged list": (
        lambda x, v, i: x[[[0], [0, 1]]],
        LucidError,
        r"\[\[0\], \[0, 1\]\]|ragged|inhomogeneous",
    ),
    "huge": (lambda x, v, i: x[10**30], IndexingError, r"getitem.*\(2, 3\)"),
    "write beyond": (lambda x, v, i: x.__setitem__(2, 0.0), IndexingError, r"2"),
    "write, shape": (lambda x, v, i: x.__setitem__(0, v[:2]), ShapeError, r"\(2,\).*\(3,\)"),
    "write, more axes": (lambda x, v, i: v.__setitem__(0, v), ShapeError, r"\(3,\).*\(\)"),
    "write, a string": (lambda x, v, i: x.__setitem__(0, "a"), LucidError, r"number"),
    "write, None": (lambda x, v, i: x.__setitem__(0, None), LucidError, r"number|NoneType"),
    "write, a float into integers": (lambda x, v, i: i.__setitem__(0, 0.5), DTypeError, r"float32.*int64"),
    "write, a mask": (lambda x, v, i: x.__setitem__(x > 1e9, v), ShapeError, r"\(3,\).*\(0,\)"),
    "take, beyond": (lambda x, v, i: lucid.take(v, [3]), IndexingError, r"3"),
    "take, no axis": (lambda x, v, i: lucid.take(x, [0]), ArgumentError, r"take.*\(2, 3\)"),
    "take, axis": (lambda x, v, i: lucid.take(x, [0], axis=2), IndexingError, r"axis 2"),
    "take, floats": (lambda x, v, i: lucid.take(v, [0.5]), IndexingError, r"float"),
    "take_along_axis, axes": (
        lambda x, v, i: lucid.take_along_axis(x, i),
        ShapeError,
        r"take_along_axis.*1.*2",
    ),
    "take_along_axis, beyond": (
        lambda x, v, i: lucid.take_along_axis(v, i + 2),
        IndexingError,
        r"3",
    ),
    "take_along_axis, shapes": (
        lambda x, v, i: lucid.take_along_axis(x, lucid.zeros((3, 1), dtype="int64", device=x.device), axis=1),
        LucidError,
        r"take_along_axis.*\(3, 1\)",
    ),
    "take_along_axis, floats": (lambda x, v, i: lucid.take_along_axis(v, v), LucidError, r"float32"),
    "one_hot, floats": (lambda x, v, i: lucid.one_hot(v), LucidError, r"one_hot.*float32"),
    "one_hot, beyond": (lambda x, v, i: lucid.one_hot(i, 1), ArgumentError, r"one_hot.*0 to 1"),
    "one_hot, negative": (lambda x, v, i: lucid.one_hot(-i, 2), ArgumentError, r"one_hot.*-1"),
}

LINALG: dict[str, Row] = {
    "matmul": (lambda x, v, i: x @ x, ShapeError, r"matmul.*\(2, 3\).*\(2, 3\)"),
    "matmul, a vector": (lambda x, v, i: v @ x, ShapeError, r"matmul.*\(3,\).*\(2, 3\)"),
    "matmul, 0-d": (lambda x, v, i: x @ x[0, 0], ShapeError, r"matmul.*\(2, 3\).*\(\)"),
    "matmul, batches": (
        lambda x, v, i: lucid.ones((2, 1, 3), device=x.device) @ lucid.ones((3, 3, 1), device=x.device),
        ShapeError,
        r"matmul.*\(2, 1, 3\).*\(3, 3, 1\)",
    ),
    "matmul, a list": (lambda x, v, i: lucid.matmul(x, [1.0]), ArgumentTypeError, r"matmul.*list"),
    "vecdot": (lambda x, v, i: lucid.vecdot(x, v[:2]), ShapeError, r"\(2, 3\).*\(2,\)"),
    "vecdot, axis": (lambda x, v, i: lucid.vecdot(x, x, axis=2), IndexingError, r"axis.*2"),
    "tensordot": (lambda x, v, i: lucid.tensordot(x, x, axes=1), ShapeError, r"tensordot.*\(2, 3\)"),
    "tensordot, axes": (lambda x, v, i: lucid.tensordot(x, x, axes=3), ArgumentError, r"tensordot.*axes=3"),
    "tensordot, lengths": (
        lambda x, v, i: lucid.tensordot(x, x, axes=([0, 1], [0])),
        LucidError,
        r"tensordot",
    ),
    "tensordot, an axis twice": (
        lambda x, v, i: lucid.tensordot(x, x, axes=([0, 0], [0, 0])),
        LucidError,
        r"\(0, 0\)|\[0, 0\]",
    ),
    "tensordot, a string": (lambda x, v, i: lucid.tensordot(x, x, axes="ab"), LucidError, r"'ab'|'a'"),
    "tensordot, None": (lambda x, v, i: lucid.tensordot(x, x, axes=None), ArgumentTypeError, r"None"),
    "einsum, sizes": (lambda x, v, i: lucid.einsum("ij,jk->ik", x, x), ShapeError, r"einsum.*'?j'?"),
    "einsum, operands": (lambda x, v, i: lucid.einsum("ij,jk", x), ArgumentError, r"einsum.*2 groups.*1"),
    "einsum, axes": (lambda x, v, i: lucid.einsum("ijk->i", x), ArgumentError, r"einsum.*'ijk'.*2 axes"),
    "einsum, letters": (lambda x, v, i: lucid.einsum("i1->i", x), ArgumentError, r"einsum.*'i1->i'"),
    "einsum, result": (lambda x, v, i: lucid.einsum("ij->k", x), ArgumentError, r"einsum.*'k'"),
    "einsum, result twice": (lambda x, v, i: lucid.einsum("ij->ii", x), ArgumentError, r"einsum.*'i'"),
    "einsum, diagonal": (lambda x, v, i: lucid.einsum("ii->i", x), ShapeError, r"einsum.*'?i'?"),
    "einsum, no string": (lambda x, v, i: lucid.einsum(x, x), ArgumentTypeError, r"einsum.*Tensor"),
    "einsum, nothing": (lambda x, v, i: lucid.einsum("->"), ArgumentError, r"einsum"),
    "einsum, dots": (lambda x, v, i: lucid.einsum("..ij->i", x), ArgumentError, r"einsum"),
    "einsum, two arrows": (lambda x, v, i: lucid.einsum("ij->i->j", x), ArgumentError, r"einsum"),
    "einsum, a result with ... that no group has": (
        lambda x, v, i: lucid.einsum("ij->...i", x).sum() and lucid.einsum("i->", x),
        ArgumentError,
        r"einsum",
    ),
}

SORTING: dict[str, Row] = {
    "sort, axis": (lambda x, v, i: lucid.sort(x, axis=2), IndexingError, r"axis.*2"),
    "sort, 0-d": (lambda x, v, i: lucid.sort(x[0, 0]), LucidError, r"axis"),
    "argsort, axis": (lambda x, v, i: lucid.argsort(x, axis=2), IndexingError, r"argsort.*axis.*2"),
    "argsort, a float": (lambda x, v, i: lucid.argsort(x, axis=0.5), ArgumentTypeError, r"axis.*0\.5"),
    "topk, too many": (lambda x, v, i: lucid.topk(v, 4), ArgumentError, r"topk.*3.*4"),
    "topk, negative": (lambda x, v, i: lucid.topk(v, -1), ArgumentError, r"topk.*-1"),
    "topk, a float": (lambda x, v, i: lucid.topk(v, 1.5), ArgumentTypeError, r"topk.*1\.5"),
    "topk, axis": (lambda x, v, i: lucid.topk(v, 1, axis=1), IndexingError, r"axis 1"),
}

CREATION: dict[str, Row] = {
    "zeros, negative": (lambda x, v, i: lucid.zeros(-1, device=x.device), ArgumentError, r"-1"),
    "zeros, a float": (lambda x, v, i: lucid.zeros(1.5, device=x.device), ArgumentTypeError, r"1\.5"),
    "zeros, floats": (lambda x, v, i: lucid.zeros((1, 1.5), device=x.device), ArgumentTypeError, r"1\.5"),
    "zeros, a string": (lambda x, v, i: lucid.zeros("a", device=x.device), ArgumentTypeError, r"'a'"),
    "zeros, None": (lambda x, v, i: lucid.zeros(None, device=x.device), ArgumentTypeError, r"None"),
    "zeros, type": (lambda x, v, i: lucid.zeros(1, dtype="no", device=x.device), DTypeError, r"'no'"),
    "zeros, gradients of integers": (
        lambda x, v, i: lucid.zeros(1, dtype="int64", device=x.device, requires_grad=True),
        DTypeError,
        r"int64",
    ),
    "zeros, huge": (
        lambda x, v, i: lucid.zeros((HUGE, HUGE), device=x.device),
        ArgumentError,
        r"zeros.*1000000",
    ),
    "ones, huge": (
        lambda x, v, i: lucid.ones(10**30, device=x.device),
        ArgumentError,
        r"(full|ones).*1000000",
    ),
    "full, a string": (lambda x, v, i: lucid.full(2, "a", device=x.device), LucidError, r"number"),
    "full, values that do not fit": (
        lambda x, v, i: lucid.full(2, [1, 2, 3], device=x.device),
        LucidError,
        r"full.*\(3,\)|fill_value",
    ),
    "full, None": (lambda x, v, i: lucid.full(2, None, device=x.device), LucidError, r"number|NoneType"),
    "full, too large for the type": (
        lambda x, v, i: lucid.full(2, 300, dtype="uint8", device=x.device),
        LucidError,
        r"full.*300",
    ),
    "full_like, a string": (lambda x, v, i: lucid.full_like(x, "a"), LucidError, r"'a'|number"),
    "arange, step": (lambda x, v, i: lucid.arange(0, 3, 0, device=x.device), ArgumentError, r"arange.*0"),
    "arange, a string": (
        lambda x, v, i: lucid.arange("a", device=x.device),
        ArgumentTypeError,
        r"arange.*'a'",
    ),
    "arange, None": (lambda x, v, i: lucid.arange(None, device=x.device), ArgumentTypeError, r"arange.*None"),
    "arange, nan": (
        lambda x, v, i: lucid.arange(0, float("nan"), device=x.device),
        ArgumentError,
        r"arange.*nan",
    ),
    "arange, endless": (
        lambda x, v, i: lucid.arange(0, float("inf"), device=x.device),
        ArgumentError,
        r"arange.*inf",
    ),
    "arange, huge": (
        lambda x, v, i: lucid.arange(10**18, device=x.device),
        ArgumentError,
        r"arange.*10000000",
    ),
    "linspace, num": (
        lambda x, v, i: lucid.linspace(0, 1, -1, device=x.device),
        ArgumentError,
        r"linspace.*-1",
    ),
    "linspace, a float": (
        lambda x, v, i: lucid.linspace(0, 1, 2.5, device=x.device),
        ArgumentTypeError,
        r"linspace.*2\.5",
    ),
    "linspace, a string": (
        lambda x, v, i: lucid.linspace("a", 1, 3, device=x.device),
        ArgumentTypeError,
        r"linspace.*'a'",
    ),
    "eye, negative": (lambda x, v, i: lucid.eye(-1, device=x.device), ArgumentError, r"-1"),
    "eye, k": (lambda x, v, i: lucid.eye(2, k=0.5, device=x.device), ArgumentTypeError, r"eye.*0\.5"),
    "asarray, ragged": (
        lambda x, v, i: lucid.asarray([[1], [1, 2]], device=x.device),
        ArgumentError,
        r"list",
    ),
    "asarray, a string": (lambda x, v, i: lucid.asarray("a", device=x.device), LucidError, r"number"),
    "asarray, None": (lambda x, v, i: lucid.asarray(None, device=x.device), LucidError, r"number"),
    "asarray, an object": (lambda x, v, i: lucid.asarray(object(), device=x.device), LucidError, r"number"),
    "asarray, a set": (lambda x, v, i: lucid.asarray({1, 2}, device=x.device), LucidError, r"number|set"),
    "asarray, too large": (
        lambda x, v, i: lucid.asarray(2**70, device=x.device),
        LucidError,
        r"tensor|number",
    ),
    "asarray, device": (lambda x, v, i: lucid.asarray(x, device="no"), LucidError, r"'no'"),
    "asarray, no copy": (
        lambda x, v, i: lucid.asarray([1], copy=False, device=x.device),
        ArgumentError,
        r"copy",
    ),
}

BAD_INPUT: dict[str, Row] = {
    f"{family}: {label}": row
    for family, rows in {
        "elementwise": ELEMENTWISE,
        "reduction": REDUCTION,
        "shape": SHAPE,
        "indexing": INDEXING,
        "linalg": LINALG,
        "sorting": SORTING,
        "creation": CREATION,
    }.items()
    for label, row in rows.items()
}
