"""What the kernels of recurrence share: where states lie, and products from within loops."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numba.core import types
from numba.extending import intrinsic

from lucid.engines.cpu.kernels.casts import rounded
from lucid.engines.cpu.kernels.loops import inline
from lucid.engines.cpu.onednn import library
from lucid.engines.cpu.onednn.library import OneDNNError
from lucid.engines.cpu.onednn.matmul import matmul
from lucid.engines.cpu.onednn.steps import Calls, steps
from lucid.engines.settings import precision_of

Array = np.ndarray[Any, Any]
Rows = Any  # a slice, or an array of indices

# ----------------------------------------------------------------- where states lie


class Plan(NamedTuple):
    """Where the states of all times lie in one array, so that those a step reads are neighbours.

    A step reads the rows ``before`` and writes the rows ``now``, as many as there are sequences at its
    time. Going forward, that is easy: the first states, then those of each time, one after the other.
    As sequences end, the rest reads fewer rows. Going back, sequences join: there, the first
    states of those that join stand behind the rows of the time that comes after.

    Attributes:
        steps: a row ``before, now, row, count, kind`` for each step in the order of steps: where it reads,
            where it writes, where its input stands, how many rows it has, and which of ``sizes`` that is.
        sizes: the different numbers of rows, the largest first.
        height: how many rows the array has.
        first, last: the rows of each sequence's first and last state.
        output, previous: the rows of what comes out at all times, and of the states that were read there.
    """

    steps: Array
    sizes: tuple[int, ...]
    height: int
    first: Rows
    last: Rows
    output: Rows
    previous: Rows


@functools.lru_cache(maxsize=256)
def plan(batch_sizes: tuple[int, ...], reverse: bool) -> Plan:
    """Return where states lie for sequences of which ``batch_sizes[t]`` have a time ``t``; see ``fits``."""
    counts = np.array(batch_sizes, np.int64)
    rows = np.cumsum(counts) - counts
    if reverse:
        now = np.concatenate([[0], counts[0] + rows[:-1]])
        before = counts[0] + rows
    else:
        now = counts[0] + rows
        before = np.concatenate([[0], now[:-1]])
    sizes = tuple(sorted(set(batch_sizes), reverse=True))
    kinds = np.array([sizes.index(n) for n in batch_sizes])
    steps = np.stack([before, now, rows, counts, kinds], axis=1)
    output = np.concatenate([np.arange(a, a + n) for a, n in zip(now, counts, strict=True)])
    previous = np.concatenate([np.arange(a, a + n) for a, n in zip(before, counts, strict=True)])
    sequences = np.arange(counts[0])
    final = np.searchsorted(-counts, -sequences) - 1  # the last time of each sequence
    begin, end = (final, 0 * final) if reverse else (0 * final, final)
    return Plan(
        np.ascontiguousarray(steps[::-1] if reverse else steps),
        sizes,
        int(counts[0] + counts.sum()),
        _rows(before[begin] + sequences),
        _rows(now[end] + sequences),
        _rows(output),
        _rows(previous),
    )


def _rows(index: Array) -> Rows:
    """Return a slice in the place of an index that counts up by one: it makes views and no copies."""
    begin, end = int(index[0]), int(index[-1]) + 1
    return slice(begin, end) if np.array_equal(index, np.arange(begin, end)) else index


# ----------------------------------------------------------------- products


@intrinsic  # type: ignore[untyped-decorator]
def _call(_context: Any, _address: Any, arguments: Any) -> Any:
    """Call the C function at an address with a tuple of integers; it returns an int."""

    def build(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        from llvmlite import ir  # it comes with Numba

        values = [builder.extract_value(args[1], i) for i in range(len(arguments))]
        function = ir.FunctionType(ir.IntType(32), [v.type for v in values])
        return builder.call(builder.inttoptr(args[0], function.as_pointer()), values)

    return types.int32(types.int64, arguments), build


@inline
def multiply(calls, kind, source, target):  # type: ignore[no-untyped-def]
    """Multiply the rows at the address ``source`` by the packed matrix; see ``onednn/steps.py``.

    Returns 0, or what oneDNN says is wrong.
    """
    set_address, execute, stream, primitive, left, product, arguments = calls[kind]
    _call(set_address, (left, source))
    _call(set_address, (product, target))
    return _call(execute, (primitive, stream, np.int64(3), arguments))


def require(status: int) -> None:
    """Raise if a product in a loop has failed."""
    if status:
        raise OneDNNError(f"a product of recurrence returned status {status}")


class Packed(NamedTuple):
    """A matrix that loops multiply rows by.

    Attributes:
        made: the products.
        calls: how to call them.
        narrow: room for rows rounded to bfloat16, where the precision is "medium"; else of no rows.
    """

    made: Calls | None
    calls: Array
    narrow: Array


NOTHING = Packed(None, np.zeros((0, 7), np.int64), np.zeros((0, 0), np.uint16))


def pack(
    sizes: tuple[int, ...], w: Array, *, row: int | None = None, accumulate: bool = False
) -> Packed | None:
    """Pack ``w`` for loops, in the precision that is set; see ``onednn/steps.py``."""
    found = None
    if precision_of("cpu") == "medium" and supports_bfloat16():
        found = steps(sizes, w, accumulate=accumulate, bf16=True)
    if found is not None:
        return Packed(found, found.numbers, np.empty((sizes[0], w.shape[0]), np.uint16))
    found = steps(sizes, w, row=row, accumulate=accumulate)
    return None if found is None else Packed(found, found.numbers, NOTHING.narrow)


def supports_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 numbers."""
    lib = library.load()
    return lib is not None and lib.bfloat16


@inline
def narrowed(x, out):  # type: ignore[no-untyped-def]
    """Write the row ``x``, rounded to bfloat16, into ``out``."""
    bits = x.view(np.uint32)
    for j in range(out.size):
        out[j] = rounded(bits[j])


def product(x: Array, y: Array) -> Array:
    """Return ``x @ y``."""
    found = matmul(x, y)
    return x @ y if found is None else found


# ----------------------------------------------------------------- odds and ends


def fits(
    batch_sizes: tuple[int, ...],
    gates: int,
    x: Array,
    h0: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    c0: Array | None = None,
    w_hr: Array | None = None,
) -> bool:
    """Whether the kernels of recurrence can be used: all arrays are of float32, and not empty.

    Loops do not check what they index. So all shapes are checked here; the definition says what is wrong.
    """
    arrays = (x, h0, w_ih, w_hh, b_ih, b_hh, c0, w_hr)
    if not all(a is None or (a.dtype == np.float32 and a.size) for a in arrays):
        return False
    if x.ndim != 2 or w_hh.ndim != 2 or w_hh.shape[0] % gates or len(x) != rows_in(batch_sizes):
        return False
    count, rows, size, out = batch_sizes[0], w_hh.shape[0], w_hh.shape[0] // gates, w_hh.shape[1]
    if w_hr is None and out != size:
        return False
    state, bias = (count, out), (rows,)
    expected = (state, (rows, x.shape[1]), w_hh.shape, bias, bias, (count, size), (out, size))
    return all(a is None or a.shape == s for a, s in zip(arrays[1:], expected, strict=True))


def rows_in(batch_sizes: tuple[int, ...]) -> int:
    """Return how many rows packed sequences have; -1 if there are none of such sizes."""
    return _rows_in(batch_sizes) if isinstance(batch_sizes, tuple) else -1


@functools.lru_cache(maxsize=256)
def _rows_in(batch_sizes: tuple[int, ...]) -> int:
    sizes = np.array(batch_sizes)
    if sizes.ndim != 1 or sizes.dtype.kind not in "iu" or not sizes.size or sizes.min() < 1:
        return -1
    return -1 if (np.diff(sizes) > 0).any() else int(sizes.sum())


def sum_of(a: Array | None, b: Array | None) -> Array | None:
    """Return the sum of two biases, of which both may be missing."""
    if a is None or b is None:
        return a if b is None else b
    return a + b


def started(height: int, first: Rows, initial: Array) -> Array:
    """Return an array for the states of all times, in which the first ones stand."""
    states = np.empty((height, initial.shape[1]), np.float32)
    states[first] = initial
    return states
