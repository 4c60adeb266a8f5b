"""Rows for the same elements in another shape or order; joining, splitting, repeating."""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid
from lucid.testing import OpCase, complex_normal, normal
from tests.ops.rows import UNARY

CUBE = [((2, 3, 4),), ((2, 0, 1),)]
MATRIX = [((2, 3),), ((0, 3),)]
THIN = [((1, 3, 1),), ((0, 1),)]


def moved(name: str, function: Any, reference: Any, shapes: Any = MATRIX) -> OpCase:
    return OpCase(name=name, function=function, reference=reference, shapes=shapes)


def there_and_back(x: Any) -> Any:
    return lucid.to_device(lucid.to_device(x, "xla:cpu"), x.device)


SHAPES = [
    moved(
        "reshape", lambda x: lucid.reshape(x, (3, -1)), lambda x: x.reshape(3, -1), [((2, 3),), ((3, 0, 2),)]
    ),
    moved("reshape[a number]", lambda x: lucid.reshape(x, -1), lambda x: x.reshape(-1), UNARY),
    moved("reshape[0-d]", lambda x: lucid.reshape(x, ()), lambda x: x.reshape(()), [((1, 1),), ((),)]),
    moved("flatten", lucid.flatten, np.ravel, UNARY),
    moved(
        "flatten[some axes]",
        lambda x: lucid.flatten(x, start_axis=1, end_axis=2),
        lambda x: x.reshape(2, -1, 2),
        [((2, 3, 4, 2),), ((2, 0, 4, 2),)],
    ),
    moved("expand_dims", lambda x: lucid.expand_dims(x, axis=0), lambda x: np.expand_dims(x, 0), UNARY),
    moved("expand_dims[-1]", lambda x: lucid.expand_dims(x, axis=-1), lambda x: np.expand_dims(x, -1), UNARY),
    moved(
        "expand_dims[several]",
        lambda x: lucid.expand_dims(x, axis=(0, -1)),
        lambda x: np.expand_dims(x, (0, -1)),
        UNARY,
    ),
    moved("squeeze", lucid.squeeze, np.squeeze, [((1, 3, 1),), ((),), ((1, 0),), ((2, 3),)]),
    moved(
        "squeeze[axis]",
        lambda x: lucid.squeeze(x, -1),
        lambda x: np.squeeze(x, -1),
        [((1, 3, 1),), ((0, 1),)],
    ),
    moved(
        "squeeze[axes]", lambda x: lucid.squeeze(x, (0, 2)), lambda x: np.squeeze(x, (0, 2)), [((1, 3, 1),)]
    ),
    moved(
        "broadcast_to",
        lambda x: lucid.broadcast_to(x, (2, 4, 3)),
        lambda x: np.broadcast_to(x, (2, 4, 3)),
        [((4, 1),), ((),), ((2, 1, 3),), ((2, 4, 3),)],
    ),
    moved(
        "broadcast_to[no elements]",
        lambda x: lucid.broadcast_to(x, (0, 3)),
        lambda x: np.broadcast_to(x, (0, 3)),
        [((1, 3),), ((),), ((3,),)],
    ),
    moved("broadcast_arrays", lucid.broadcast_arrays, np.broadcast_arrays, [((2, 1), (3,)), ((), (0, 2))]),
    moved("meshgrid", lucid.meshgrid, np.meshgrid, [((2,), (3,)), ((2,), (0,))]),
    OpCase(
        name="meshgrid[ij]",
        function=lucid.meshgrid,
        reference=np.meshgrid,
        shapes=[((2,), (3,), (2,)), ((2,), (), (3,))],
        options={"indexing": "ij"},
    ),
]

ORDERS = [
    moved(
        "permute_dims",
        lambda x: lucid.permute_dims(x, (2, 0, 1)),
        lambda x: np.permute_dims(x, (2, 0, 1)),
        CUBE,
    ),
    moved("permute_dims[-]", lambda x: lucid.permute_dims(x, (-1, 0)), lambda x: x.T, MATRIX),
    moved("permute_dims[0-d]", lambda x: lucid.permute_dims(x, ()), lambda x: x, [((),)]),
    moved(
        "transpose", lambda x: lucid.transpose(x, 0, -1), lambda x: np.swapaxes(x, 0, -1), [*CUBE, ((2,),)]
    ),
    moved("matrix_transpose", lucid.matrix_transpose, np.matrix_transpose, [*CUBE, ((0, 3),)]),
    moved("moveaxis", lambda x: lucid.moveaxis(x, 0, -1), lambda x: np.moveaxis(x, 0, -1), CUBE),
    moved(
        "moveaxis[several]",
        lambda x: lucid.moveaxis(x, (0, 1), (-1, 0)),
        lambda x: np.moveaxis(x, (0, 1), (-1, 0)),
        CUBE,
    ),
    moved("flip", lucid.flip, np.flip, UNARY),
    moved("flip[axis]", lambda x: lucid.flip(x, axis=-1), lambda x: np.flip(x, -1), MATRIX),
    moved("flip[axes]", lambda x: lucid.flip(x, axis=(0, 2)), lambda x: np.flip(x, (0, 2)), CUBE),
    moved("roll", lambda x: lucid.roll(x, 2), lambda x: np.roll(x, 2), UNARY),
    moved("roll[axis]", lambda x: lucid.roll(x, -1, axis=1), lambda x: np.roll(x, -1, 1), MATRIX),
    moved(
        "roll[axes]",
        lambda x: lucid.roll(x, (1, -5), axis=(0, 2)),
        lambda x: np.roll(x, (1, -5), (0, 2)),
        CUBE,
    ),
    moved(
        "roll[an axis twice]",
        lambda x: lucid.roll(x, (1, 1), axis=(1, 1)),
        lambda x: np.roll(x, 2, 1),
        MATRIX,
    ),
]

JOINS = [
    moved(
        "concat",
        lambda *xs: lucid.concat(xs),
        lambda *xs: np.concat(xs),
        [((2, 3), (2, 3)), ((2, 3), (1, 3), (0, 3)), ((2, 3),), ((0, 3), (0, 3))],
    ),
    moved(
        "concat[axis]",
        lambda *xs: lucid.concat(xs, axis=-1),
        lambda *xs: np.concat(xs, axis=-1),
        [((2, 3), (2, 1)), ((2, 3), (2, 0), (2, 3))],
    ),
    moved(
        "concat[flat]",
        lambda *xs: lucid.concat(xs, axis=None),
        lambda *xs: np.concat(xs, axis=None),
        [((2, 3), ()), ((), ())],
    ),
    moved(
        "stack",
        lambda *xs: lucid.stack(xs),
        lambda *xs: np.stack(xs),
        [((2, 3), (2, 3)), ((), (), ()), ((0, 3), (0, 3))],
    ),
    moved(
        "stack[axis]",
        lambda *xs: lucid.stack(xs, axis=-1),
        lambda *xs: np.stack(xs, axis=-1),
        [((2, 3), (2, 3)), ((), ()), ((2, 3),)],
    ),
    OpCase(
        name="concat[complex]",
        function=lambda x, y: lucid.concat([x, y], axis=1),
        reference=lambda x, y: np.concat([x, y], axis=1),
        shapes=[((2, 1), (2, 2))],
        domain=(complex_normal, normal),
    ),
    OpCase(
        name="stack[complex]",
        function=lambda x, y: lucid.stack([x, y], axis=-1),
        reference=lambda x, y: np.stack([x, y], axis=-1),
        shapes=[((2, 3), (2, 3))],
        domain=(normal, complex_normal),
    ),
    moved("split", lambda x: lucid.split(x, 2), lambda x: np.split(x, 2), [((4, 3),), ((4, 0),), ((0, 2),)]),
    moved(
        "split[positions]",
        lambda x: lucid.split(x, [1, 1, 3], axis=1),
        lambda x: np.split(x, [1, 1, 3], axis=1),
        [((2, 4),), ((0, 5),)],
    ),
    moved("split[one is used]", lambda x: lucid.split(x, 3, axis=1)[1], lambda x: x[:, 1:2], [((2, 3),)]),
    moved("unstack", lucid.unstack, lambda x: list(x), [((2, 3),), ((2, 0),), ((3,),)]),
    moved(
        "unstack[axis]",
        lambda x: lucid.unstack(x, axis=-1),
        lambda x: list(np.moveaxis(x, -1, 0)),
        [((2, 3),), ((0, 2),)],
    ),
]

REPEATS = [
    moved("repeat", lambda x: lucid.repeat(x, 2), lambda x: np.repeat(x, 2), UNARY),
    moved("repeat[axis]", lambda x: lucid.repeat(x, 3, axis=-1), lambda x: np.repeat(x, 3, -1), MATRIX),
    moved("repeat[none]", lambda x: lucid.repeat(x, 0, axis=0), lambda x: np.repeat(x, 0, 0), MATRIX),
    moved(
        "repeat[one each]",
        lambda x: lucid.repeat(x, [2, 0, 3], axis=1),
        lambda x: np.repeat(x, [2, 0, 3], 1),
        MATRIX,
    ),
    moved(
        "repeat[a tensor]",
        lambda x: lucid.repeat(x, lucid.Tensor([1, 0, 2], dtype="uint64", device=x.device), axis=-1),
        lambda x: np.repeat(x, [1, 0, 2], -1),
        [((2, 3),)],
    ),
    moved(
        "repeat[a tensor of one]",
        lambda x: lucid.repeat(x, lucid.Tensor([2], device=x.device), axis=0),
        lambda x: np.repeat(x, 2, 0),
    ),
    moved("tile", lambda x: lucid.tile(x, 2), lambda x: np.tile(x, 2), UNARY),
    moved("tile[more]", lambda x: lucid.tile(x, (2, 1, 3)), lambda x: np.tile(x, (2, 1, 3)), UNARY),
    moved("tile[fewer]", lambda x: lucid.tile(x, (2,)), lambda x: np.tile(x, (2,)), CUBE),
    moved("tile[none]", lambda x: lucid.tile(x, (0, 1)), lambda x: np.tile(x, (0, 1)), MATRIX),
    moved("pad", lambda x: lucid.pad(x, 1), lambda x: np.pad(x, 1), UNARY[:2]),
    moved(
        "pad[a pair]", lambda x: lucid.pad(x, (1, 2), value=3), lambda x: np.pad(x, (1, 2), constant_values=3)
    ),
    moved("pad[pairs]", lambda x: lucid.pad(x, [(0, 1), (2, 0)]), lambda x: np.pad(x, [(0, 1), (2, 0)])),
    moved("pad[nothing]", lambda x: lucid.pad(x, 0), lambda x: x),
    moved("tril", lucid.tril, np.tril, CUBE),
    moved("tril[k]", lambda x: lucid.tril(x, k=1), lambda x: np.tril(x, 1), [((3, 3),)]),
    moved("triu", lucid.triu, np.triu, CUBE),
    moved("triu[k]", lambda x: lucid.triu(x, k=-1), lambda x: np.triu(x, -1), [((3, 3),)]),
    moved(
        "to_device", lambda x: lucid.to_device(lucid.to_device(x, "xla:cpu"), x.device), lambda x: x, UNARY
    ),
]

# Elements of any kind change places by the same rules: one row of each sort of rule.
COMPLEX = [
    OpCase(
        name=f"{name}[complex]",
        function=function,
        reference=reference,
        shapes=[((2, 3),)],
        domain=complex_normal,
    )
    for name, function, reference in [
        ("permute_dims", lambda x: lucid.permute_dims(x, (1, 0)), np.transpose),
        ("broadcast_to", lambda x: lucid.broadcast_to(x, (2, 2, 3)), lambda x: np.broadcast_to(x, (2, 2, 3))),
        ("roll", lambda x: lucid.roll(x, 1), lambda x: np.roll(x, 1)),
        ("unstack", lambda x: lucid.unstack(x, axis=1), lambda x: list(x.T)),
        ("pad", lambda x: lucid.pad(x, 1, value=1j), lambda x: np.pad(x, 1, constant_values=1j)),
        ("tril", lucid.tril, np.tril),
    ]
]

CASES = [*COMPLEX, *SHAPES, *ORDERS, *JOINS, *REPEATS]
