"""array-api-compat finds Lucid by itself, and array-api-extra and Hypothesis run on Tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import array_api_compat as compat
import array_api_extra as xpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.array_api import make_strategies_namespace

import lucid
from lucid import Tensor
from lucid.testing import check_grads

NUMBERS = np.random.default_rng(0).normal(size=(3, 4))
POSITIVE = np.abs(NUMBERS) + 0.5


def test_namespace() -> None:
    x = lucid.ones(2)
    assert compat.is_array_api_obj(x)
    assert compat.array_namespace(x, 1.0, None) is lucid
    assert compat.array_namespace(x, api_version="2024.12") is lucid
    with pytest.raises(TypeError, match="namespaces"):
        compat.array_namespace(x, np.ones(2))


def test_an_array_of_its_own_kind() -> None:
    x = lucid.ones(2)
    kinds = ("numpy", "cupy", "torch", "dask", "jax", "pydata_sparse", "ndonnx")
    assert not any(getattr(compat, f"is_{kind}_array")(x) for kind in kinds)
    assert not any(getattr(compat, f"is_{kind}_namespace")(lucid) for kind in kinds)
    assert not compat.is_lazy_array(x)
    assert compat.is_writeable_array(x)


def test_device_and_size() -> None:
    x = lucid.ones((2, 3))
    assert compat.device(x) == "cpu"
    assert compat.size(x) == 6
    assert compat.to_device(x, "cpu").device == "cpu"
    moved = compat.to_device(x, "xla:cpu")
    assert compat.device(moved) == "xla:cpu"


EXTRA: list[tuple[str, Callable[..., Any], tuple[Any, ...]]] = [
    ("atleast_nd", lambda x: xpx.atleast_nd(x, ndim=3), (NUMBERS,)),
    ("cov", xpx.cov, (NUMBERS,)),
    ("create_diagonal", xpx.create_diagonal, (NUMBERS[0],)),
    ("kron", xpx.kron, (NUMBERS, NUMBERS[:2])),
    ("pad", lambda x: xpx.pad(x, 1), (NUMBERS,)),
    ("sinc", xpx.sinc, (NUMBERS,)),
    (
        "apply_where",
        lambda x, y: xpx.apply_where(x > 0, (x, y), lambda x, y: x * y, lambda x, y: x - y),
        (NUMBERS, POSITIVE),
    ),
    ("at.set", lambda x: xpx.at(x, slice(1, None)).set(2.0, copy=True), (NUMBERS,)),
    ("at.add", lambda x: xpx.at(x, slice(1, None)).add(x[:2, :], copy=True), (NUMBERS,)),
    ("at.multiply", lambda x: xpx.at(x, x > 0).multiply(3.0, copy=True), (NUMBERS,)),
    ("nan_to_num", xpx.nan_to_num, (NUMBERS,)),
    ("isclose", lambda x: xpx.isclose(x, x + 1e-12), (NUMBERS,)),
    ("nunique", lambda x: xpx.nunique(x > 0), (NUMBERS,)),
    ("setdiff1d", lambda x: xpx.setdiff1d(x[0, :], x[0, :2]), (NUMBERS,)),
    ("one_hot", lambda x: xpx.one_hot(xpx.argpartition(x[0, :], 1), 4), (np.sort(NUMBERS),)),
]
COUNTED = ("isclose", "nunique", "one_hot")  # what has no derivative


@pytest.mark.parametrize(("name", "function", "arrays"), EXTRA, ids=[name for name, *_ in EXTRA])
def test_array_api_extra(name: str, function: Callable[..., Any], arrays: tuple[Any, ...]) -> None:
    result = function(*map(Tensor, arrays))
    assert isinstance(result, Tensor)
    np.testing.assert_allclose(result.numpy(), function(*arrays), rtol=1e-12)
    if name not in COUNTED:
        check_grads(function, arrays)


def test_at_writes_to_what_it_was_given_unless_told_to_copy() -> None:
    x = lucid.ones(3)
    assert xpx.at(x, 0).set(5.0, copy=True).tolist() == [5.0, 1.0, 1.0]
    assert x.tolist() == [1.0, 1.0, 1.0]
    assert xpx.at(x, 0).set(5.0) is x
    assert x.tolist() == [5.0, 1.0, 1.0]


def test_a_function_of_numpy_is_applied_where_it_is_asked_for() -> None:
    result = xpx.lazy_apply(np.cbrt, Tensor(POSITIVE), as_numpy=True)
    assert isinstance(result, Tensor)
    np.testing.assert_array_equal(result.numpy(), np.cbrt(POSITIVE))


xps = make_strategies_namespace(lucid)


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_hypothesis_draws_tensors_and_indices(data: st.DataObject) -> None:
    x = data.draw(xps.arrays(xps.scalar_dtypes(), xps.array_shapes(min_dims=0, min_side=0)))
    assert isinstance(x, Tensor)
    key = data.draw(xps.indices(x.shape, allow_newaxis=True))
    np.testing.assert_array_equal(x[key].numpy(), x.numpy()[key])
