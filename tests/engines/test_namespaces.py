"""The namespaces of the engines: what they add to NumPy and JAX, and what they silence."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lucid
from lucid.engines.cpu.engine import CPU
from lucid.engines.registry import resolve_device
from lucid.errors import DTypeError
from lucid.testing import DEVICES

every_device = pytest.mark.parametrize("device", DEVICES)


def on(device: str, array: Any) -> tuple[Any, Any]:
    """Return the namespace of a device, and ``array`` there."""
    engine, name = resolve_device(device)
    return engine.xp, engine.from_numpy(np.asarray(array), name, copy=True)


@every_device
def test_set_at_returns_a_copy(device: str) -> None:
    xp, x = on(device, [1.0, 2.0, 3.0])
    y = xp.set_at(x, 9.0, index=(1,))
    assert np.asarray(x).tolist() == [1.0, 2.0, 3.0]
    assert np.asarray(y).tolist() == [1.0, 9.0, 3.0]


@every_device
def test_scatter_add_adds_what_is_named_twice(device: str) -> None:
    xp, values = on(device, [1.0, 10.0, 100.0])
    out = xp.scatter_add(values, index=(np.array([2, 0, 2]),), shape=(4,))
    assert np.asarray(out).tolist() == [10.0, 0.0, 101.0, 0.0]
    out = xp.scatter_add(values, index=(slice(None, None, -1),), shape=(3,))
    assert np.asarray(out).tolist() == [100.0, 10.0, 1.0]


@every_device
def test_python_s_own_functions_are_not_hidden_by_the_array_s(device: str) -> None:
    # A namespace keeps what it has looked up under its name, `any` among them.
    xp, x = on(device, [1.0, 2.0])
    for name in ("any", "all", "max", "min", "abs", "round", "bool"):
        getattr(xp, name)
    assert np.asarray(xp.get_at(x, index=(np.array([1]),))).tolist() == [2.0]
    with pytest.raises(IndexError):
        xp.get_at(x, index=(np.array([2]),))
    assert np.asarray(xp.scatter_add(x, index=(np.array([0, 0]),), shape=(2,))).tolist() == [3.0, 0.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_erf_to_the_last_digits(dtype: Any) -> None:
    points = np.concatenate([np.linspace(-7, 7, 5001), [0.0, -0.0, 1e-30, 5e-324, 1.0, -1.0, 6.0]]).astype(
        dtype
    )
    expected = np.array([math.erf(p) for p in points.tolist()])
    found = CPU.xp.erf(points)
    assert found.dtype == dtype
    # Two units in the last place, and half of one for the reference.
    assert (np.abs(found - expected) <= 2.5 * np.spacing(np.abs(expected).astype(dtype))).all()
    assert CPU.xp.erf(np.array([np.inf, -np.inf, np.nan])).tolist()[:2] == [1.0, -1.0]
    assert np.signbit(CPU.xp.erf(np.array(-0.0)))


@every_device
def test_sigmoid_at_both_ends(device: str) -> None:
    xp, x = on(device, [-800.0, -30.0, 0.0, 30.0, 800.0])
    expected = [0.0, math.exp(-30) / (1 + math.exp(-30)), 0.5, 1 / (1 + math.exp(-30)), 1.0]
    np.testing.assert_allclose(np.asarray(xp.sigmoid(x)), expected, rtol=1e-14)


def test_mean_of_half_precision_is_summed_in_single() -> None:
    x = np.full(5000, 100.0, np.float16)  # the sum, half a million, is beyond half precision
    assert CPU.xp.mean(x) == 100.0
    assert CPU.xp.mean(x).dtype == np.float16


@every_device
@pytest.mark.parametrize("dtype", ["int8", "float64", "complex64"])
def test_numbers_keep_their_type(dtype: str, device: str) -> None:
    engine, name = resolve_device(device)
    array = np.arange(4).astype(dtype)
    there = engine.from_numpy(array, name, copy=True)
    assert there.dtype == dtype
    np.testing.assert_array_equal(engine.to_numpy(there), array)


@every_device
def test_a_cast_does_not_drop_imaginary_parts(device: str) -> None:
    x = lucid.Tensor([1 + 1j], device=device)
    with pytest.raises(DTypeError, match=r"complex64 to float32.*lucid\.real\(x\)"):
        x.astype("float32")
    with pytest.raises(DTypeError, match="complex64 to int64"):
        lucid.asarray(x, dtype="int64")


# ----------------------------------------------------------------- warnings

BIG = np.array([[np.inf, -np.inf, np.nan], [6e4, 6e4, 0.0], [-6e4, 1.0, np.inf]])

SILENT: dict[str, Callable[[Any], Any]] = {
    "mean": lambda x: x.mean(axis=0),
    "mean of nothing": lambda x: x[:0].mean(axis=0),
    "var": lambda x: x.var(),
    "std of nothing": lambda x: x[:0].std(),
    "sum": lambda x: x.sum(),
    "prod": lambda x: lucid.prod(x),
    "cumulative_sum": lambda x: lucid.cumulative_sum(x, axis=0),
    "logsumexp": lambda x: lucid.logsumexp(x, axis=1),
    "matmul": lambda x: x @ x,
    "einsum": lambda x: lucid.einsum("ij,jk->ik", x, x),
    "einsum of three": lambda x: lucid.einsum("ij,jk,kl->il", x, x, x),
    "tensordot": lambda x: lucid.tensordot(x, x, axes=1),
    "erf": lucid.erf,
    "exp": lucid.exp,
    "log": lucid.log,
    "pow": lambda x: x**3,
    "divide": lambda x: x / x,
    "remainder": lambda x: x % x,
    "to integers": lambda x: x.astype("int8"),
    "to a narrower float": lambda x: (x.astype("float64") * 1e300).astype("float32"),
    "sort": lucid.sort,
    "clip": lambda x: lucid.clip(x, -1, 1),
    "a number too large": lambda x: lucid.where(x > 0, x, 1e300),
    "linspace": lambda x: lucid.linspace(0, float("inf"), 3),
    "full": lambda x: lucid.full(2, 1e300),
}


@every_device
@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("function", SILENT.values(), ids=SILENT)
def test_floats_do_what_ieee_754_says_and_nothing_warns(function: Any, dtype: str, device: str) -> None:
    if device != "cpu" and dtype == "float16":
        return  # the same code of JAX's
    x = lucid.Tensor(BIG, dtype=dtype, device=device, requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # What Lucid sets at import, and catch_warnings puts aside.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"lucid\.")
        result = function(x)
        if result.requires_grad:
            result.sum().backward()
    assert not [str(w.message) for w in caught]


def test_the_filter_is_set_at_import() -> None:
    filters = [f for f in warnings.filters if f[2] is RuntimeWarning and f[3] is not None]
    # pytest adds its own copy of it, by pyproject.toml: see that it is there at all.
    assert any("lucid" in str(getattr(f[3], "pattern", f[3])) for f in filters)
