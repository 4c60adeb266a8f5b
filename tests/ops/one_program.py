"""A row of a table on XLA, as one program: that is compiled once, where each operation alone would be.

Values, first and second derivatives must be those of the CPU, which are checked against formulas and
differences. What depends on values, as the range of indices does, can't be traced, and runs op by op.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import lucid
from lucid import Tensor
from lucid.autograd import grad
from lucid.recording import wrap
from lucid.testing import OpCase

XLA = "xla:cpu"


def check(case: OpCase) -> None:
    """Compare the row's first set of shapes with the CPU."""
    import jax

    arrays = case.draw(case.shapes[0])
    expected = run(case, [Tensor(x)._array for x in arrays])
    given = [Tensor(x, device=XLA)._array for x in arrays]
    try:
        results = jax.jit(lambda xs: run(case, xs))(given)
        narrow = jax.eval_shape(lambda xs: run(case, xs), [narrowed(x) for x in given])
    except Exception as error:
        if not depends_on_values(error):
            raise
        case.check_forward(XLA, quick=True)
        case.check_derivatives(XLA, quick=True)
        case.check_float32(XLA, quick=True)
        return
    for y, z, single in zip(results, expected, narrow, strict=True):
        assert (y is None) is (z is None), case.name
        if y is None:
            continue
        assert isinstance(y, jax.Array)
        scale = np.abs(z[np.isfinite(z)]).max(initial=1.0) if z.dtype.kind in "fc" else 1.0
        np.testing.assert_allclose(np.asarray(y), z, 1e-9, 1e-11 * scale, err_msg=case.name)
        if z.dtype.kind in "fc":
            assert single.dtype.name in ("float32", "complex64"), (
                f"{case.name}: float32 became {single.dtype}"
            )


def depends_on_values(error: BaseException | None) -> bool:
    """Whether ``error`` came of a value that is not known while a program is traced."""
    import jax

    while error is not None:
        if isinstance(error, (jax.errors.JAXTypeError, jax.errors.JAXIndexError)):
            return True
        error = error.__cause__
    return False


def run(case: OpCase, arrays: list[Any]) -> list[Any]:
    """Return results, first and second derivatives, as arrays."""
    inputs = [wrap(x) for x in arrays]
    floats = [x.detach().requires_grad_() if x.dtype.kind in "fc" else x for x in inputs]
    inputs = floats if case.order else inputs
    found = case.function(*inputs, **case.options)
    outputs = list(found) if isinstance(found, (tuple, list)) else [found]
    results = [*outputs]
    tracked = [x for x in inputs if x.requires_grad]
    for order in range(case.order):
        totals = [total(y) for y in outputs if y.requires_grad]
        if not totals or not tracked:
            break
        outputs = [
            g
            for g in grad(totals, tracked, create_graph=order + 1 < case.order, allow_unused=True)
            if g is not None
        ]
        results += outputs
    return [y._array if isinstance(y, Tensor) else y for y in results]


def total(y: Tensor) -> Tensor:
    """Return one real number of which no element's part is lost."""
    weights = np.linspace(0.5, 1.5, y.size, dtype=y.real.dtype).reshape(y.shape)
    weighed = y * lucid.asarray(weights, device=y.device)
    return (lucid.real(weighed) + lucid.imag(weighed)).sum() if y.dtype.kind == "c" else weighed.sum()


def narrowed(x: Any) -> Any:
    """Return the shape and dtype of ``x`` in single precision."""
    import jax

    names = {"float64": "float32", "complex128": "complex64"}
    return jax.ShapeDtypeStruct(x.shape, names.get(x.dtype.name, x.dtype.name))
