"""Products of small matrices inside loops, by vectors that stay in the processor's registers.

``tile`` multiplies ``ROWS`` rows by ``LANES`` columns. The sums stay in registers while it walks along what
is summed over: all that the processor reads is one row of ``b`` and one column of ``a`` for each step, and
it multiplies at nearly its full speed. Numba would keep the sums in memory. So this one function is written
as the instructions themselves, of LLVM's own language. They name no processor; vectors wider than a
processor's are cut up for it.

Memory is given by addresses, and steps are counted in elements. So it may lie in any order, and there is
one compiled form for all.
"""

from __future__ import annotations

from typing import Any

from lucid.engines.cpu.kernels import loops  # noqa: F401  (first, for its settings)

import llvmlite.binding  # isort: skip
from llvmlite import ir  # isort: skip
from numba import types  # isort: skip
from numba.core import cgutils  # isort: skip
from numba.extending import intrinsic  # isort: skip


def _has_avx512() -> bool:
    try:
        return bool(llvmlite.binding.get_host_cpu_features().get("avx512f", False))
    except RuntimeError:  # LLVM does not know this kind of processor so well
        return False


# Sums for all registers but those that hold the factors: 8 x 2 of 32 with AVX-512, 4 x 2 of 16 with AVX2.
ROWS, LANES = (8, 32) if _has_avx512() else (4, 16)
_WIDTH = LANES // 2  # floats in a vector

_float, _int, _count = ir.FloatType(), ir.IntType(64), ir.IntType(32)
_vector = ir.VectorType(_float, _WIDTH)


@intrinsic  # type: ignore[untyped-decorator]
def tile(
    typing_context: Any,
    a: Any,
    a_row: Any,
    a_step: Any,
    rows: Any,
    b: Any,
    b_step: Any,
    c: Any,
    c_row: Any,
    steps: Any,
    add: Any,
) -> Any:
    """Set ``c[i, j] = sum(a[i, p] * b[p, j] for p in range(steps))`` for all ROWS and LANES.

    Args:
        a, b, c: addresses of float32 numbers.
        a_row: from a row of ``a`` to the next.
        a_step: from an element of a row to the next.
        rows: how many rows ``a`` has, at least 1. Where it has fewer than ROWS, its last one is read
            in their place; ``c`` must have room for all.
        b_step: from a row of ``b`` to the next; the elements of one stand side by side.
        c_row: from a row of ``c`` to the next.
        steps: how many products are summed.
        add: whether to add to what ``c`` holds.
    """
    signature = types.void(*[types.intp] * 9, types.boolean)
    return signature, _generate


def _generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    a, a_row, a_step, rows, b, b_step, c, c_row, steps, add = arguments
    vector_at = ir.PointerType(_vector)
    fma = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(_vector, [_vector] * 3), f"llvm.fma.v{_WIDTH}f32"
    )
    nothing, zero = ir.Constant(_vector, ir.Undefined), ir.Constant(_vector, [0.0] * _WIDTH)
    everywhere = ir.Constant(ir.VectorType(_count, _WIDTH), [0] * _WIDTH)

    def move(address: Any, elements: Any) -> Any:
        return builder.add(address, builder.mul(elements, _int(4)))

    def halves(address: Any) -> list[Any]:
        return [builder.inttoptr(move(address, _int(i * _WIDTH)), vector_at) for i in range(2)]

    last = builder.sub(rows, _int(1))
    rows_of_a, rows_of_c = [], []
    for i in range(ROWS):
        there = builder.icmp_signed("<", _int(i), rows)
        rows_of_a.append(move(a, builder.mul(builder.select(there, _int(i), last), a_row)))
        rows_of_c.append(halves(move(c, builder.mul(_int(i), c_row))))
    # Variables that LLVM puts into registers.
    sums = [[cgutils.alloca_once(builder, _vector) for _ in range(2)] for _ in range(ROWS)]
    each = [(s, p) for s2, p2 in zip(sums, rows_of_c, strict=True) for s, p in zip(s2, p2, strict=True)]
    with builder.if_else(add) as (adding, setting):
        with adding:
            for variable, place in each:
                builder.store(builder.load(place, align=4), variable)
        with setting:
            for variable, _ in each:
                builder.store(zero, variable)
    with cgutils.for_range(builder, steps) as loop:
        right = [builder.load(p, align=4) for p in halves(move(b, builder.mul(loop.index, b_step)))]
        along = builder.mul(loop.index, a_step)
        for i in range(ROWS):
            number = builder.load(builder.inttoptr(move(rows_of_a[i], along), ir.PointerType(_float)))
            first = builder.insert_element(nothing, number, _count(0))
            left = builder.shuffle_vector(first, nothing, everywhere)
            for variable, factor in zip(sums[i], right, strict=True):
                builder.store(builder.call(fma, [left, factor, builder.load(variable)]), variable)
    for variable, place in each:
        builder.store(builder.load(variable), place, align=4)
    return context.get_dummy_value()


@intrinsic  # type: ignore[untyped-decorator]
def floats_at(typing_context: Any, address: Any) -> Any:
    """Return ``address`` as a pointer to float32 numbers, of which ``numba.carray`` makes an array."""
    return types.CPointer(types.float32)(types.intp), _as_pointer


@intrinsic  # type: ignore[untyped-decorator]
def bytes_at(typing_context: Any, address: Any) -> Any:
    """Return ``address`` as a pointer to bytes."""
    return types.CPointer(types.uint8)(types.intp), _as_pointer


def _as_pointer(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))
