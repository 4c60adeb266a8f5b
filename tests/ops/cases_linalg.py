"""Rows for products of matrices and of more axes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import lucid
from lucid.testing import OpCase, complex_normal, integers


def einsum(subscripts: str, *shapes: tuple[tuple[int, ...], ...]) -> OpCase:
    return OpCase(
        name=f"einsum[{subscripts}]",
        function=lambda *xs: lucid.einsum(subscripts, *xs),
        reference=lambda *xs: np.einsum(subscripts, *xs),
        shapes=shapes,
    )


def tensordot(axes: object, *shapes: tuple[tuple[int, ...], ...]) -> OpCase:
    return OpCase(
        name=f"tensordot[{axes}]",
        function=lucid.tensordot,
        reference=np.tensordot,
        shapes=shapes,
        options={"axes": axes},
    )


MATMUL = OpCase(name="matmul", function=lucid.matmul, reference=np.matmul, shapes=[((3, 3), (3, 3))])
ONE_HOT = OpCase(
    name="one_hot",
    function=lambda x: lucid.one_hot(x, 4),
    reference=lambda x: np.eye(4)[x],
    shapes=[((2, 3),), ((),), ((0,),)],
    domain=integers(0, 4),
    order=0,
)

# A complex factor is conjugated in derivatives, and in vecdot.
COMPLEX = [
    replace(MATMUL, name="matmul[complex]", shapes=[((2, 3), (3, 4)), ((3,), (3, 2)), ((2, 2, 3), (3,))]),
    OpCase(
        name="vecdot[complex]",
        function=lucid.vecdot,
        reference=np.vecdot,
        shapes=[((2, 3), (2, 3)), ((3,), (2, 3)), ((3,), (3,))],
    ),
    replace(tensordot(1, ((2, 3), (3, 2))), name="tensordot[complex]"),
    replace(einsum("ij,jk,i->ki", ((2, 3), (3, 4), (2,))), name="einsum[complex]"),
    replace(einsum("ii->i", ((3, 3),)), name="einsum[complex, ii->i]"),
]

CASES = [
    replace(MATMUL, name="matmul[matrices]", shapes=[((2, 3), (3, 4)), ((0, 3), (3, 2)), ((2, 0), (0, 3))]),
    replace(MATMUL, name="matmul[square]"),
    replace(MATMUL, name="matmul[vectors]", shapes=[((3,), (3,)), ((0,), (0,))]),
    replace(MATMUL, name="matmul[matrix, vector]", shapes=[((2, 3), (3,)), ((4, 2, 3), (3,))]),
    replace(MATMUL, name="matmul[vector, matrix]", shapes=[((3,), (3, 2)), ((3,), (4, 3, 2))]),
    replace(
        MATMUL,
        name="matmul[batches]",
        shapes=[
            ((2, 2, 3), (2, 3, 4)),
            ((2, 3), (5, 3, 4)),
            ((4, 1, 2, 3), (5, 3, 2)),
            ((0, 2, 3), (3, 4)),
        ],
    ),
    OpCase(
        name="vecdot",
        function=lucid.vecdot,
        reference=np.vecdot,
        shapes=[((2, 3), (2, 3)), ((3,), (2, 3)), ((3,), (3,)), ((2, 0), (2, 0))],
    ),
    OpCase(
        name="vecdot[axis]",
        function=lambda x, y: lucid.vecdot(x, y, axis=-2),
        reference=lambda x, y: np.sum(x * y, axis=-2),
        shapes=[((2, 3), (2, 3)), ((2, 3), (4, 2, 3))],
    ),
    tensordot(2, ((4, 2, 3), (2, 3, 5)), ((2, 3), (2, 3))),
    tensordot(1, ((2, 3), (3, 2)), ((2, 0), (0, 3))),
    tensordot(0, ((2, 3), (2,)), ((), ())),
    tensordot(((0, 2), (1, -2)), ((2, 4, 3), (5, 2, 3, 2))),
    einsum("ij,jk->ik", ((2, 3), (3, 4)), ((2, 3), (3, 3))),
    einsum("ij,jk", ((2, 3), (3, 4))),
    einsum("bij,bjk->bik", ((4, 2, 3), (4, 3, 2))),
    einsum("i,j->ij", ((2,), (3,)), ((0,), (3,))),
    einsum("i,i->", ((3,), (3,))),
    einsum("ij->ji", ((2, 3),)),
    einsum("ij->", ((2, 3),), ((2, 0),)),
    einsum("ij->i", ((2, 3),), ((2, 0),)),
    einsum("ij->j", ((2, 3),)),
    einsum("ii->i", ((3, 3),)),
    einsum("ii", ((3, 3),)),
    einsum("ii,i->i", ((3, 3), (3,))),
    einsum("iij->ji", ((2, 2, 3),)),
    einsum("...i,i->...", ((2, 3), (3,)), ((4, 2, 3), (3,))),
    einsum("...ij,...jk->...ik", ((4, 2, 3), (4, 3, 2)), ((2, 3), (4, 3, 2))),
    einsum("i...->...", ((2, 3, 4),)),
    einsum("ij,jk,kl->il", ((2, 3), (3, 4), (4, 2))),
    einsum("ij,i,j->", ((2, 3), (2,), (3,))),
    einsum("bhqd,bhkd->bhqk", ((2, 2, 3, 4), (2, 2, 5, 4))),
    einsum(",->", ((), ())),
    einsum(",i->i", ((), (3,))),
    einsum("ij,j->ij", ((2, 3), (3,))),
    ONE_HOT,
    replace(
        ONE_HOT,
        name="one_hot[as many as there are]",
        function=lucid.one_hot,
        reference=lambda x: np.eye(x.max() + 1)[x],
        shapes=[((2, 3),)],
    ),
    *(replace(case, domain=complex_normal) for case in COMPLEX),
]
