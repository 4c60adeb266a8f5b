"""Whether a kernel does what the definition of its operation says, in every layout of memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import lucid
from lucid import Tensor
from lucid.engines.cpu.kernels import table
from lucid.fused import Fused

Array = np.ndarray[Any, Any]


def unaligned(x: Array) -> Array:
    """Return ``x`` at an address that no element's size divides."""
    raw = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    raw[...] = x
    return raw


def every_second(x: Array) -> Array:
    """Return ``x`` as every second element of a larger array."""
    wide = np.zeros(tuple(2 * n for n in x.shape), x.dtype)
    view = wide[(..., *(slice(None, None, 2),) * x.ndim)]
    view[...] = x
    return view


def backwards(x: Array) -> Array:
    """Return ``x`` with negative strides."""
    return np.flip(np.flip(x).copy())


def channels_last(x: Array) -> Array:
    """Return ``x`` with axis 1 last in memory."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1) if x.ndim > 1 else x


def read_only(x: Array) -> Array:
    """Return ``x`` as it must not be written to."""
    x = x.copy()
    x.flags.writeable = False
    return x


LAYOUTS: Mapping[str, Callable[[Array], Array]] = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "channels last": channels_last,
    "every second": every_second,
    "backwards": backwards,
    "unaligned": unaligned,
    "read-only": read_only,
}


def agree(
    operation: Fused,
    *arrays: Any,
    layout: str = "rows",
    rtol: float = 1e-4,
    atol: float = 1e-5,
    declines: bool = False,
    **options: Any,
) -> None:
    """Check results and gradients of a kernel in float32 against those of the definition in float64.

    Args:
        operation: the fused operation.
        arrays: its arguments, NumPy arrays (floats as float64) or None.
        layout: how they, and the gradient that comes in, lie in memory: a name in ``LAYOUTS``.
        rtol, atol: how close they must be, against the largest element of each result.
        declines: whether the kernel may decline these arguments; by default that fails.
        options: keyword arguments.
    """
    kernel = table.find(operation.name)
    if kernel is None:
        pytest.skip(f"no kernel serves {operation.name} here")
    lay = LAYOUTS[layout]
    narrow = [a if a is None else lay(_narrow(a)) for a in arrays]
    before = [a if a is None else a.copy() for a in narrow]
    ran = kernel.forward(*narrow, **options)
    if ran is None:
        assert declines, f"the kernel of {operation.name} declined {[getattr(a, 'shape', a) for a in arrays]}"
        return
    out, residuals = ran

    tensors = [a if a is None else Tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    expected = operation.definition(*tensors, **options)
    outs = out if isinstance(out, tuple) else (out,)
    wanted = expected if isinstance(expected, tuple) else (expected,)
    assert len(outs) == len(wanted)
    for i, (found, right) in enumerate(zip(outs, wanted, strict=True)):
        _close(f"result {i}", found, right.numpy(), rtol, atol)

    rng = np.random.default_rng(1)
    pairs = [(w, rng.standard_normal(w.shape)) for w in wanted]
    tracked = [(w, g) for w, g in pairs if w.requires_grad]
    leaves = [t for t in tensors if t is not None and t.requires_grad]
    slopes = lucid.autograd.grad(
        [w for w, _ in tracked], leaves, [Tensor(g) for _, g in tracked], allow_unused=True
    )
    g = tuple(
        lay(g.astype(np.float32))
        if w.requires_grad
        else np.zeros(w.shape, w.dtype.name if w.dtype.kind != "f" else np.float32)
        for w, g in pairs
    )
    found = kernel.vjp(g if isinstance(out, tuple) else g[0], out, residuals, *narrow, **options)
    assert len(found) == len(arrays)
    found = [d() if callable(d) else d for d in found]
    of_leaves = [d for d, t in zip(found, tensors, strict=True) if t is not None and t.requires_grad]
    for i, (d, right) in enumerate(zip(of_leaves, slopes, strict=True)):
        if right is None:
            assert d is None or not np.any(d)
        else:
            d = np.zeros(right.shape, np.float32) if d is None else d
            _close(f"gradient {i}", _summed_to(d, right.shape), right.numpy(), rtol, atol)
    for a, b in zip(narrow, before, strict=True):
        assert a is None or np.array_equal(a, b, equal_nan=True), "the kernel wrote into an argument"


def _narrow(a: Array) -> Array:
    return a.astype(np.float32) if a.dtype == np.float64 else a


def _summed_to(d: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes that were broadcast, as the tape does."""
    extra = d.ndim - len(shape)
    d = d.sum(axis=tuple(range(extra)))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and d.shape[i] != 1)
    return d.sum(axis=axes, keepdims=True)


def _close(what: str, found: Any, right: Array, rtol: float, atol: float) -> None:
    assert found.shape == right.shape, f"{what} has shape {found.shape}, not {right.shape}"
    if right.dtype.kind != "f":
        np.testing.assert_array_equal(found, right, err_msg=what)
        return
    assert found.dtype == np.float32, f"{what} is {found.dtype}"
    finite = np.abs(right[np.isfinite(right)])
    scale = float(finite.max()) if finite.size else 0.0
    np.testing.assert_allclose(found, right, rtol, atol + rtol * scale, err_msg=what)
